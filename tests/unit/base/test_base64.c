// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <string.h>

#include "base/base64.h"

Test(base64, is_what_the_rfc_says) {
    static const struct {
        const char *bytes, *text;
    } rows[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},       {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"\xfb\xff", "-_8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = strlen(rows[i].bytes);
        char text[16], bytes[16];
        lct_base64_write(rows[i].bytes, n, text);
        cr_expect_str_eq(text, rows[i].text);
        cr_expect_eq(strlen(text) + 1, LCT_BASE64_SIZE(n));
        cr_expect(lct_base64_read(text, strlen(text), bytes, n));
        cr_expect_eq(memcmp(bytes, rows[i].bytes, n), 0);
    }
}

Test(base64, takes_one_text_for_one_value) {
    static const char *const wrong[] = {"Zm9", "Zm9vYg", "Zm=v", "Zm+v", "Zm/v", "Zm v", "Zm\x80v"};
    char bytes[4];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_not(lct_base64_read(wrong[i], strlen(wrong[i]), bytes, 3), "%s", wrong[i]);
    }
    cr_expect(lct_base64_read("Zg", 2, bytes, 1));
    cr_expect_not(lct_base64_read("Zh", 2, bytes, 1), "bits left over");
}

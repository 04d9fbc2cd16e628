// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "control/server/notice.h"

Test(notice, finds_by_what_others_come) {
    static const struct {
        const char *configured, *name;
        struct lct_notice_place place;
        const char *url;
    } rows[] = {
        {"", NULL, {false, "192.0.2.7", 8080}, "http://192.0.2.7:8080"},
        {"", NULL, {false, "2001:db8::7", 8080}, "http://[2001:db8::7]:8080"},
        {"", "school.example", {false, "0.0.0.0", 8080}, "http://school.example:8080"},
        {"", "school.example", {true, "::", 8443}, "https://school.example:8443"},
        {"https://live.example.org", "x", {false, "::", 80}, "https://live.example.org"},
        {"https://example.org/rooms/", NULL, {true, "::", 80}, "https://example.org/rooms"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        LCT_FREE char *url = lct_notice_find(rows[i].configured, rows[i].name, &rows[i].place);
        cr_expect_str_eq(url, rows[i].url);
    }
    LCT_FREE char *own = lct_notice_find("", NULL, &rows[2].place);
    cr_expect(strncmp(own, "http://", 7) == 0 && !strstr(own, "0.0.0.0"), "%s", own);
}

Test(notice, refuses_what_is_no_address) {
    static const char *const wrong[] = {"live.example.org", "ftp://x", "//x", "http:/x",
                                        " http://x"};
    struct lct_fault fault;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(lct_notice_check(wrong[i], &fault), -EINVAL, "%s", wrong[i]);
    }
    cr_expect_eq(lct_notice_check("", &fault), 0);
    cr_expect_eq(lct_notice_check("http://x", &fault), 0);
}

Test(notice, is_kept) {
    char folder[] = "/tmp/lct-notice-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    LCT_FREE char *path = lct_format("%s/address", folder);
    LCT_FREE char *none = lct_notice_read(folder);
    cr_assert_str_eq(none, "");
    cr_assert_eq(lct_notice_write(folder, "http://192.0.2.7:8080"), 0);
    LCT_FREE char *kept = lct_notice_read(folder);
    cr_assert_str_eq(kept, "http://192.0.2.7:8080");
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rmdir(folder), 0);
    cr_assert_eq(lct_notice_write(folder, "x"), -ENOENT);
}

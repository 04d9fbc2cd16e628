// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <jansson.h>
#include <string.h>

#include "base/fault.h"
#include "base/text.h"

static void check_tamed(const char *text, const char *wanted) {
    char out[64];
    lct_text_copy(out, sizeof out, text);
    cr_assert_str_eq(out, wanted, "\"%s\" became \"%s\"", text, out);
}

Test(text, tames_what_is_no_text) {
    check_tamed("", "");
    check_tamed("圆的面积 🎓", "圆的面积 🎓");
    check_tamed("a\tb\x7f\n", "a?b??");
    check_tamed("caf\xe9 noir", "caf? noir");  /* Latin-1 */
    check_tamed("\xbd\xcc\xca\xd2.", "????."); /* GBK */
    check_tamed("\xc0\xaf", "??");             /* an overlong form */
    check_tamed("\xed\xa0\x80 x", "??? x");    /* half a surrogate */
    check_tamed("\xf4\x90\x80\x80.", "????."); /* above U+10FFFF */
    check_tamed("\xe5\x9c x", "?? x");         /* one that breaks off before others */
    check_tamed("课\xe5\x9c", "课");           /* and one at the end */
}

Test(text, cuts_between_characters) {
    for (size_t size = 1; size <= 20; size++) {
        char out[20];
        lct_text_copy(out, size, "a课🎓é圆");
        cr_assert(strlen(out) < size);
        cr_assert_eq(memcmp(out, "a课🎓é圆", strlen(out)), 0);
        cr_assert(lct_text_is_utf8(out, strlen(out)), "cut to %zu bytes", size);
    }
}

/* jansson is the judge of what may go into JSON. */
Test(text, agrees_with_json) {
    for (unsigned i = 0; i < 1U << 16; i++) {
        char bytes[] = {(char)(0xe0 + i % 24), (char)(i / 24), (char)(0x7e + i % 7), '\x85', 0};
        json_t *json = json_stringn(bytes, strlen(bytes));
        cr_assert_eq(lct_text_is_utf8(bytes, strlen(bytes)), json != NULL, "%x", i);
        json_decref(json);
        lct_text_tame(bytes);
        json = json_string(bytes);
        cr_assert_not_null(json, "%x", i);
        json_decref(json);
    }
}

Test(text, a_fault_stays_text_however_long) {
    char path[1000];
    struct lct_fault fault;
    for (size_t shift = 0; shift < 3; shift++) {
        memset(path, 0, sizeof path);
        memset(path, '/', shift);
        for (size_t at = shift; at + 4 < sizeof path; at += 3) {
            memcpy(path + at, "课", 3);
        }
        (void)lct_fault_set(&fault, -1, "test", "No %s.", "没有 %s。", path);
        cr_assert(lct_text_is_utf8(fault.en, strlen(fault.en)));
        cr_assert(lct_text_is_utf8(fault.zh, strlen(fault.zh)));
    }
}

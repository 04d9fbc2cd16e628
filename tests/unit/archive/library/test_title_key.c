// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "archive/library/title_key.h"

static int compare(const struct lct_title_keys *keys, const char *a, const char *b) {
    char one[LCT_TITLE_KEY_SIZE], other[LCT_TITLE_KEY_SIZE];
    lct_title_key(keys, a, one);
    lct_title_key(keys, b, other);
    return strcmp(one, other);
}

Test(title_key, orders_as_people_expect) {
    static const char *const titles[] = {
        "",          "2 的平方根",  "10 以内的加法", "Air pressure",
        "algebra",   "Béla Bartók", "Unit 2",        "Unit 10",
        "Zoology",   "阿基米德",    "第1课 光",      "第2课 光",
        "第10课 光", "电流",        "二次函数",      "光的反射",
        "光的折射",  "力",          "牛顿第一定律",  "运动和力",
    };
    struct lct_title_keys *keys = lct_title_keys_create();
    for (size_t i = 0; i + 1 < sizeof titles / sizeof *titles; i++) {
        cr_assert_lt(compare(keys, titles[i], titles[i + 1]), 0, "%s, %s", titles[i],
                     titles[i + 1]);
        cr_assert_gt(compare(keys, titles[i + 1], titles[i]), 0, "%s, %s", titles[i],
                     titles[i + 1]);
    }
    lct_title_keys_destroy(keys);
}

Test(title_key, knows_neither_case_nor_width) {
    struct lct_title_keys *keys = lct_title_keys_create();
    cr_assert_eq(compare(keys, "UNIT 3", "unit 3"), 0);
    cr_assert_eq(compare(keys, "Ｕｎｉｔ ３", "unit 3"), 0);
    lct_title_keys_destroy(keys);
}

/* Of a title of whatever length a key is a text of bounded length, and what is no UTF-8 has one. */
Test(title_key, is_cut_off) {
    struct lct_title_keys *keys = lct_title_keys_create();
    char title[4000], key[LCT_TITLE_KEY_SIZE + 1];
    memset(title, 'z', sizeof title);
    title[sizeof title - 1] = '\0';
    key[LCT_TITLE_KEY_SIZE] = 'x';
    lct_title_key(keys, title, key);
    cr_assert_gt(strlen(key), 60);
    cr_assert_eq(key[LCT_TITLE_KEY_SIZE], 'x');
    for (size_t i = 0; i + 3 < sizeof title; i += 3) {
        memcpy(title + i, "课", 3);
    }
    title[sizeof title / 3 * 3 - 3] = '\0';
    lct_title_key(keys, title, key);
    cr_assert_gt(strlen(key), 60);
    cr_assert_gt(compare(keys, "\xff\xfe", ""), 0);
    lct_title_keys_destroy(keys);
}

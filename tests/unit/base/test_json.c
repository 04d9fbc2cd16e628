// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static int parse(const char *text) {
    LCT_JSON json_t *json = NULL;
    struct lct_fault fault;
    return lct_json_parse(text, strlen(text), &json, &fault);
}

Test(json, refuses_what_is_not_proper) {
    cr_assert_eq(parse("{\"a\":1}"), 0);
    cr_assert_eq(parse("{\"a\":1,\"a\":2}"), -EINVAL, "a key twice");
    cr_assert_eq(parse("{\"a\":\"\\u0000\"}"), -EINVAL, "a zero in text");
    cr_assert_eq(parse("{\"a\":\"\\ud800\"}"), -EINVAL, "a lone surrogate");
    cr_assert_eq(parse("{\"a\":\"\xc0\xaf\"}"), -EINVAL, "an overlong form");
    cr_assert_eq(parse("{\"a\":1e999}"), -EINVAL, "beyond a double");
    cr_assert_eq(parse("{} x"), -EINVAL, "something behind it");
    cr_assert_eq(parse(""), -EINVAL, "nothing");
    cr_assert_eq(parse("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}"), 0);
}

Test(json, refuses_depth) {
    char *deep = lct_new(200001);
    memset(deep, '[', 100000);
    memset(deep + 100000, ']', 100000);
    cr_assert_eq(parse(deep), -EINVAL);
    free(deep);
}

Test(json, names_the_field_that_is_wrong) {
    struct lct_fault fault;
    const char *text = "";
    int64_t number = 5;
    LCT_JSON json_t *json = json_pack("{s:s, s:i, s:s}", "title", "数学课", "n", 700, "bell", "\a");
    cr_assert_eq(lct_json_read_text(json, "title", 1, 3, &text, &fault), 0);
    cr_assert_str_eq(text, "数学课");
    cr_assert_eq(lct_json_read_text(json, "title", 1, 2, &text, &fault), -EINVAL);
    cr_assert(strstr(fault.en, "\"title\"") && strstr(fault.zh, "title"));
    cr_assert_eq(lct_json_read_text(json, "bell", 1, 2, &text, &fault), -EINVAL);
    cr_assert_eq(lct_json_read_text(json, "n", 1, 2, &text, &fault), -EINVAL);
    cr_assert_eq(lct_json_read_int(json, "none", 0, 9, &number, &fault), 0);
    cr_assert_eq(number, 5);
    cr_assert_eq(lct_json_read_int(json, "n", 0, 699, &number, &fault), -EINVAL);
    cr_assert(strstr(fault.en, "699"));
    bool flag = true;
    cr_assert_eq(lct_json_read_flag(json, "n", &flag, &fault), -EINVAL);
    cr_assert_eq(lct_json_read_flag(json, "none", &flag, &fault), -EINVAL);
    json_object_set_new(json, "n", json_false());
    cr_assert_eq(lct_json_read_flag(json, "n", &flag, &fault), 0);
    cr_assert_not(flag);
    cr_assert_eq(lct_json_only(json, (const char *[]){"title", "n", NULL}, &fault), -EINVAL);
    cr_assert(strstr(fault.en, "bell"));
}

Test(json, carries_a_fault_there_and_back) {
    struct lct_fault one, two;
    (void)lct_fault_set(&one, -ENOSPC, "tape", "Full: %d.", "已满：%d。", 3);
    LCT_JSON json_t *json = lct_json_of_fault(&one);
    cr_assert_str_eq(lct_json_text(json, "code", ""), "no-space");
    cr_assert_eq(lct_json_to_fault(json, "api", &two), -ENOSPC);
    cr_assert_str_eq(two.en, "Full: 3.");
    cr_assert_str_eq(two.zh, "已满：3。");
    LCT_JSON json_t *empty = json_object();
    cr_assert_neq(lct_json_to_fault(empty, "api", &two), 0);
}

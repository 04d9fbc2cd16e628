// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/sticks.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/lesson/lesson.h"
#include "base/io.h"
#include "base/lock.h"
#include "base/mem.h"
#include "tests/support/disk.h"
#include "tests/support/lesson.h"

static char *data;
static struct lct_fault fault;

static void setup(void) {
    data = lct_test_folder();
    LCT_FREE char *sticks = lct_format("%s/sticks", data);
    cr_assert_eq(lct_io_make_folder(sticks), 0);
}

static void teardown(void) {
    lct_test_remove(data);
    free(data);
}

TestSuite(sticks, .init = setup, .fini = teardown, .timeout = 30);

static char began[32]; /* the lesson made last */

static void make_lesson(const char *id, enum lct_lesson_state state) {
    LCT_FREE char *folder = lct_format("%s/lessons/%s", data, id);
    struct lct_lesson_info info;
    cr_assert_eq(lct_io_make_folder(folder), 0);
    lct_test_lesson_begin(folder, &info);
    info.state = state;
    lct_wall_format(info.zero_wall, began, sizeof began);
    cr_assert_eq(lct_lesson_save(&lct_io_system, folder, &info), 0);
}

static void write_file(const char *name, const char *text) {
    LCT_FREE char *path = lct_format("%s/sticks/%s", data, name);
    cr_assert_eq(lct_io_replace(&lct_io_system, path, text, strlen(text)), 0);
}

/* The only one of the list; borrowed from it. */
static json_t *only(json_t *list) {
    cr_assert_eq(json_array_size(list), 1);
    return json_array_get(list, 0);
}

Test(sticks, are_asked_for_once_and_dropped) {
    make_lesson("20260301-080000-main-0001", LCT_LESSON_ENDED);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(lct_sticks_ask(data, "20260301-080000-main-0001", "圆", &fault), 0, "%s",
                     fault.en);
    }
    LCT_JSON json_t *list = lct_sticks_list(data);
    cr_expect_str_eq(lct_json_text(only(list), "item", ""), "20260301-080000-main-0001");
    cr_expect_str_eq(lct_json_text(only(list), "title", ""), "圆");
    cr_expect_str_eq(lct_json_text(only(list), "created", ""), began);
    cr_expect_str_eq(lct_json_text(only(list), "state", ""), "waiting");
    cr_expect_eq(lct_sticks_drop(data, "20260301-080000-main-0001", &fault), 0);
    cr_expect_eq(lct_sticks_drop(data, "20260301-080000-main-0001", &fault), -ENOENT);
    cr_expect_eq(lct_sticks_say(data, only(list)), -ENOENT, "what nobody wants came back");
    LCT_JSON json_t *none = lct_sticks_list(data);
    cr_expect_eq(json_array_size(none), 0);
}

Test(sticks, take_no_lesson_that_is_not_there_or_not_over) {
    make_lesson("20260301-080000-main-0002", LCT_LESSON_RECORDING);
    cr_expect_eq(lct_sticks_ask(data, "20260301-080000-main-0002", "", &fault), -EAGAIN);
    cr_expect_eq(lct_sticks_ask(data, "20260301-080000-main-0003", "", &fault), -ENOENT);
    cr_expect_eq(lct_sticks_ask(data, "../../etc", "", &fault), -ENOENT);
    cr_expect_eq(lct_sticks_drop(data, "../lessons/x", &fault), -ENOENT);
}

/* What a job that died left copying waits for the next. */
Test(sticks, are_copied_while_a_job_holds_its_turn) {
    write_file("20260301-080000-main-0001.json",
               "{\"title\":\"圆\",\"state\":\"copying\",\"progress\":0.25,\"file\":\"a.mp4\","
               "\"asked\":\"2026-03-01T08:00:00.000Z\"}");
    int turn = lct_sticks_turn(data);
    cr_assert_geq(turn, 0);
    LCT_JSON json_t *during = lct_sticks_list(data);
    cr_expect_str_eq(lct_json_text(only(during), "state", ""), "copying");
    cr_expect_eq(lct_json_real(only(during), "progress", 0), 0.25);
    cr_expect_str_eq(lct_json_text(only(during), "file", ""), "a.mp4");
    lct_unlock(turn);
    LCT_JSON json_t *after = lct_sticks_list(data);
    cr_expect_str_eq(lct_json_text(only(after), "state", ""), "waiting");
    cr_expect_null(json_object_get(only(after), "progress"));
    cr_expect_null(json_object_get(only(after), "file"));
}

Test(sticks, of_whatever_stands_in_a_file_show_only_what_is_one) {
    static const char *const bad[] = {"",
                                      "x",
                                      "[]",
                                      "{}",
                                      "{\"state\":\"waiting\"}",
                                      "{\"state\":1,\"asked\":\"a\"}",
                                      "{\"state\":\"eaten\",\"asked\":\"a\"}",
                                      "{\"state\":\"waiting\",\"asked\":[]}",
                                      "{\"state\":\"waiting\",\"asked\":\"a\",\"asked\":\"b\"}",
                                      "{\"state\":\"waiting\",\"ask"};
    write_file("lock", "");
    write_file("..json", "{\"state\":\"waiting\",\"asked\":\"a\"}");
    write_file("a b.json", "{\"state\":\"waiting\",\"asked\":\"a\"}");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_file("20260301-080000-main-0001.json", bad[i]);
        LCT_JSON json_t *list = lct_sticks_list(data);
        cr_expect_eq(json_array_size(list), 0, "%s", bad[i]);
    }
    write_file(
        "20260301-080000-main-0001.json",
        "{\"item\":\"another\",\"title\":7,\"state\":\"waiting\",\"asked\":\"a\",\"progress\":"
        "\"x\",\"fault\":{\"code\":5,\"en\":[]},\"file\":\"b\",\"more\":{}}");
    LCT_JSON json_t *list = lct_sticks_list(data);
    LCT_FREE char *text = lct_json_dump(list, NULL);
    cr_expect_str_eq(text,
                     "[{\"item\":\"20260301-080000-main-0001\",\"title\":\"\",\"created\":\"a\","
                     "\"state\":\"waiting\","
                     "\"asked\":\"a\",\"fault\":{\"code\":\"io\",\"en\":\"It failed.\",\"zh\":"
                     "\"操作失败。\"}}]");
}

Test(sticks, are_so_many_and_of_those_that_were_copied_the_first_goes) {
    char name[64];
    make_lesson("20260301-080000-main-0001", LCT_LESSON_ENDED);
    for (int i = 0; i < LCT_STICKS_MAX; i++) {
        (void)snprintf(name, sizeof name, "20260301-080000-main-1%03d.json", i);
        write_file(name, "{\"state\":\"waiting\",\"asked\":\"b\"}");
    }
    cr_expect_eq(lct_sticks_ask(data, "20260301-080000-main-0001", "", &fault), -EUSERS);
    write_file(name, "{\"state\":\"done\",\"asked\":\"c\",\"at\":\"d\",\"file\":\"e\"}");
    cr_expect_eq(lct_sticks_ask(data, "20260301-080000-main-0001", "", &fault), 0, "%s", fault.en);
    LCT_JSON json_t *list = lct_sticks_list(data);
    cr_expect_eq(json_array_size(list), LCT_STICKS_MAX);
    cr_expect_str_eq(lct_json_text(json_array_get(list, 0), "item", ""),
                     "20260301-080000-main-0001", "what is asked for first is not first");
    name[strlen(name) - strlen(".json")] = '\0';
    cr_expect_eq(lct_sticks_drop(data, name, &fault), -ENOENT);
}

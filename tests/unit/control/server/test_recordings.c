// SPDX-License-Identifier: GPL-3.0-or-later
/* Lessons' folders as a list: order, parts, what is remembered. (Thousands of them, and how long
 * that takes: tests/integration/test_library.py.) */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/lesson/lesson.h"
#include "base/mem.h"
#include "control/server/recordings.h"

static char root[64];
static struct lct_recordings *recordings;
static const char *running = "";
static struct lct_fault fault;

static bool is_recording(void *arg, const char *lesson) {
    (void)arg;
    return strcmp(lesson, running) == 0;
}

static void start(void) {
    (void)snprintf(root, sizeof root, "/tmp/lectern-recordings-XXXXXX");
    cr_assert_not_null(mkdtemp(root));
    recordings = lct_recordings_create(root, is_recording, NULL);
}

static void stop(void) {
    lct_recordings_destroy(recordings);
    LCT_FREE char *command = lct_format("rm -rf %s", root);
    cr_assert_eq(system(command), 0);
}

TestSuite(recordings, .init = start, .fini = stop);

static char *folder_of(const char *id) { return lct_format("%s/%s", root, id); }

/* lesson.json as a recorder writes it. */
static void put(const char *id, const char *title, enum lct_lesson_state state) {
    struct lct_lesson_info info;
    LCT_FREE char *folder = folder_of(id);
    lct_lesson_new("main", title, &info);
    (void)snprintf(info.id, sizeof info.id, "%s", id);
    info.state = state;
    info.end = state == LCT_LESSON_ENDED ? 5 * LCT_SECOND : 0;
    cr_assert(mkdir(folder, 0700) == 0 || errno == EEXIST);
    cr_assert_eq(lct_lesson_save(&lct_io_system, folder, &info), 0);
}

/* The ids behind before, joined by spaces. */
static void expect_ids(const char *before, const char *expected) {
    LCT_JSON json_t *ids = NULL;
    char text[512] = "";
    size_t i;
    json_t *id;
    cr_assert_eq(lct_recordings_ids(recordings, before, &ids, &fault), 0);
    json_array_foreach(ids, i, id) {
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
                       json_string_value(id));
    }
    cr_assert_str_eq(text, expected, "behind %s: %s", before ? before : "nothing", text);
}

static json_t *get(const char *id) {
    json_t *lesson = NULL;
    cr_assert_eq(lct_recordings_get(recordings, id, &lesson, &fault), 0, "%s", fault.en);
    return lesson;
}

static void expect_title(const char *id, const char *title) {
    LCT_JSON json_t *lesson = get(id);
    cr_assert_str_eq(lct_json_text(lesson, "title", ""), title);
}

Test(recordings, is_listed_newest_first_and_goes_on_behind_any_id) {
    static const char *const ids[] = {"20260302-080000-a-0001", "by-hand", "20260301-090000-a-0002",
                                      "20251231-235959-b-0003", "20260301-090000-b-0002"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        put(ids[i], "", LCT_LESSON_ENDED);
    }
    LCT_FREE char *odd = folder_of("no id");
    cr_assert_eq(mkdir(odd, 0700), 0);
    expect_ids(NULL, "20260302-080000-a-0001 20260301-090000-b-0002 20260301-090000-a-0002 "
                     "20251231-235959-b-0003 by-hand");
    expect_ids("20260301-090000-b-0002", "20260301-090000-a-0002 20251231-235959-b-0003 by-hand");
    expect_ids("20260301-090000-aa", "20260301-090000-a-0002 20251231-235959-b-0003 by-hand");
    expect_ids("20251231-235959-b-0003", "by-hand");
    expect_ids("by-hand", "");
    cr_assert_eq(rmdir(odd), 0);
}

Test(recordings, says_when_its_folder_cannot_be_read) {
    LCT_JSON json_t *ids = NULL;
    cr_assert_eq(rmdir(root), 0);
    cr_assert_eq(lct_recordings_ids(recordings, NULL, &ids, &fault), -EIO);
    cr_assert(strstr(fault.en, root) && strstr(fault.zh, root));
    cr_assert_eq(mkdir(root, 0700), 0); /* for stop */
}

Test(recordings, remembers_an_ended_lesson_until_its_files_change) {
    LCT_FREE char *folder = folder_of("L1");
    const struct lct_mark mark = {.time = LCT_SECOND, .label = "x"};
    put("L1", "one", LCT_LESSON_ENDED);
    LCT_JSON json_t *first = get("L1");
    LCT_JSON json_t *again = get("L1");
    cr_assert_eq(first, again, "not read twice");
    put("L1", "two", LCT_LESSON_ENDED);
    expect_title("L1", "two");
    cr_assert_eq(lct_lesson_mark(&lct_io_system, folder, &mark), 0);
    LCT_JSON json_t *summary = NULL;
    cr_assert_eq(lct_recordings_summary(recordings, "L1", &summary, &fault), 0);
    cr_assert_eq(lct_json_int(summary, "mark_count", 0), 1);
    cr_assert_null(json_object_get(summary, "marks"));
    LCT_JSON json_t *whole = get("L1");
    cr_assert_eq(json_array_size(json_object_get(whole, "marks")), 1, "a summary spoils nothing");
    LCT_FREE char *moved = folder_of("L2");
    cr_assert_eq(rename(folder, moved), 0);
    LCT_JSON json_t *none = NULL;
    cr_assert_eq(lct_recordings_get(recordings, "L1", &none, &fault), -ENOENT);
    expect_title("L2", "two");
}

Test(recordings, tells_what_runs_from_what_was_interrupted) {
    put("L1", "", LCT_LESSON_RECORDING);
    LCT_JSON json_t *left = get("L1");
    cr_assert_str_eq(lct_json_text(left, "state", ""), "interrupted");
    running = "L1";
    LCT_JSON json_t *goes_on = get("L1");
    cr_assert_str_eq(lct_json_text(goes_on, "state", ""), "recording");
    running = "";
    put("L1", "", LCT_LESSON_ENDED);
    LCT_JSON json_t *ended = get("L1");
    cr_assert_str_eq(lct_json_text(ended, "state", ""), "ended");
    cr_assert_eq(lct_json_int(ended, "duration_ns", 0), 5 * LCT_SECOND);
}

Test(recordings, forgets_rather_than_grows) {
    put("L", "", LCT_LESSON_ENDED);
    LCT_JSON json_t *first = get("L");
    for (int i = 0; i < 1000; i++) { /* as many as are remembered: docs/limits.md */
        LCT_FREE char *folder = lct_format("%s/M%d", root, i);
        LCT_FREE char *copy = lct_format("%s/lesson.json", folder);
        LCT_FREE char *original = lct_format("%s/L/lesson.json", root);
        cr_assert(mkdir(folder, 0700) == 0 && link(original, copy) == 0);
        json_decref(get(strrchr(folder, '/') + 1));
    }
    LCT_JSON json_t *again = get("L");
    cr_assert_neq(first, again, "forgotten, and read anew");
    cr_assert(json_equal(first, again));
}

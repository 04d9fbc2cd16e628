// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/lesson.h"
#include "base/lock.h"
#include "base/mem.h"
#include "tests/support/disk.h"

static char *folder;
static struct lct_fault fault;

static void begin(void) { folder = lct_test_folder(); }

static void end(void) {
    lct_test_remove(folder);
    free(folder);
}

TestSuite(lesson, .init = begin, .fini = end, .timeout = 20);

static void put(const char *name, const char *bytes, size_t n) {
    LCT_FREE char *path = lct_format("%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    cr_assert(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
}

static int load(struct lct_lesson_info *info) { return lct_lesson_load(folder, info, &fault); }

Test(lesson, goes_there_and_back) {
    struct lct_lesson_info one, two;
    lct_lesson_new("a-1", "数学 “课” \\ \"1\"", &one);
    one.track_count = LCT_TAPE_TRACKS_MAX;
    for (size_t i = 0; i < one.track_count; i++) {
        struct lct_lesson_track *t = &one.tracks[i];
        (void)snprintf(t->name, sizeof t->name, "camera-%u", (unsigned)i % 100U);
        (void)snprintf(t->kind, sizeof t->kind, "camera");
        (void)snprintf(t->source, sizeof t->source, "camera:/dev/video%u", (unsigned)i % 100U);
        t->id = (uint32_t)i + 1;
        t->width = 1920;
        t->demo = i == 3;
    }
    one.end = 12345;
    cr_assert_eq(lct_lesson_save(&lct_io_system, folder, &one), 0);
    cr_assert_eq(load(&two), 0, "%s", fault.en);
    cr_assert_str_eq(two.id, one.id);
    cr_assert_str_eq(two.title, one.title);
    cr_assert_str_eq(two.boot, one.boot);
    cr_assert_eq(two.zero_wall, one.zero_wall);
    cr_assert_eq(two.zero_monotonic, one.zero_monotonic);
    cr_assert_eq(two.state, LCT_LESSON_RECORDING);
    cr_assert_eq(two.end, 12345);
    cr_assert_eq(two.track_count, LCT_TAPE_TRACKS_MAX);
    cr_assert_str_eq(two.tracks[15].name, "camera-15");
    cr_assert(two.tracks[3].demo && !two.tracks[4].demo);
    one.state = LCT_LESSON_ENDED;
    cr_assert_eq(lct_lesson_save(&lct_io_system, folder, &one), 0);
    cr_assert_eq(load(&two), 0);
    cr_assert_eq(two.state, LCT_LESSON_ENDED);
}

Test(lesson, zero_survives_a_new_boot_by_the_wall_clock) {
    struct lct_lesson_info info;
    lct_lesson_new("a", "", &info);
    cr_assert_eq(lct_lesson_zero(&info), info.zero_monotonic);
    info.boot[0] = info.boot[0] == 'x' ? 'y' : 'x';
    info.zero_monotonic = 77; /* of another boot: means nothing now */
    lct_ns hour = 3600 * LCT_SECOND;
    info.zero_wall = lct_wall() - hour;
    lct_ns since = lct_monotonic() - lct_lesson_zero(&info);
    cr_assert_float_eq((double)since, (double)hour, (double)LCT_SECOND);
}

/* Strangers may have written the file: nothing but what lectern writes becomes a path or a number.
 */
Test(lesson, refuses_hostile_json) {
#define LESSON(tracks) "{\"version\":1,\"id\":\"x\",\"tracks\":" tracks "}"
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "{}",
        "null",
        "{\"version\":1,\"version\":1,\"id\":\"x\",\"tracks\":[]}",
        "{\"version\":2,\"id\":\"x\",\"tracks\":[]}",
        "{\"version\":1,\"id\":\"\",\"tracks\":[]}",
        "{\"version\":\"1\",\"id\":\"x\",\"tracks\":[]}",
        LESSON("[{\"name\":\"../../etc\",\"id\":1}]"),
        LESSON("[{\"name\":\"a/b\",\"id\":1}]"),
        LESSON("[{\"name\":\"\",\"id\":1}]"),
        LESSON("[{\"name\":\".\",\"id\":1}]"),
        LESSON("[{\"name\":\"camera\"}]"),
        LESSON("[{\"name\":\"camera\",\"id\":0}]"),
        LESSON("[5]"),
        LESSON("[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]"),
    };
    struct lct_lesson_info info = {.end = 99};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put("lesson.json", bad[i], strlen(bad[i]));
        cr_assert_lt(load(&info), 0, "%s", bad[i]);
        cr_assert(strstr(fault.en, "damaged") && strstr(fault.zh, "损坏"));
        cr_assert_eq(info.end, 99, "outputs stay as they were");
    }
    LCT_FREE char *big = lct_new(400000);
    memset(big, ' ', 400000);
    put("lesson.json", big, 400000);
    cr_assert_lt(load(&info), 0);
    LCT_FREE char *path = lct_format("%s/lesson.json", folder);
    cr_assert_eq(remove(path), 0);
    cr_assert_eq(load(&info), -ENOENT);
}

Test(lesson, begins_only_in_an_empty_folder) {
    struct lct_lesson_info info;
    lct_lesson_new("a", NULL, &info);
    LCT_FREE char *deep = lct_format("%s/x/y", folder);
    cr_assert_eq(lct_lesson_begin(&lct_io_system, deep, &info, &fault), 0, "%s", fault.en);
    cr_assert_eq(lct_lesson_begin(&lct_io_system, deep, &info, &fault), -EEXIST);
    cr_assert(strstr(fault.en, "not empty"));
}

static size_t marks(struct lct_mark **ret) { return lct_lesson_marks(folder, ret); }

Test(lesson, keeps_marks_with_any_label) {
    struct lct_mark *read = NULL;
    cr_assert_eq(marks(&read), 0);
    const char *const labels[] = {"重点", "a \"b\" \\", ""};
    for (int i = 0; i < 3; i++) {
        struct lct_mark mark = {.time = i * LCT_SECOND, .wall = 5};
        (void)snprintf(mark.label, sizeof mark.label, "%s", labels[i]);
        cr_assert_eq(lct_lesson_mark(&lct_io_system, folder, &mark), 0);
    }
    cr_assert_eq(marks(&read), 3);
    for (int i = 0; i < 3; i++) {
        cr_assert_str_eq(read[i].label, labels[i]);
        cr_assert_eq(read[i].time, i * LCT_SECOND);
    }
    free(read);
}

Test(lesson, a_torn_mark_swallows_no_other) {
    struct lct_mark *read = NULL;
    const struct lct_mark mark = {.time = 7, .label = "after"};
    const char torn[] = "\n{\"time_ns\":1,\"label\":\"a\"}\n{\"time_ns\":2,\"la";
    put("marks.jsonl", torn, strlen(torn));
    cr_assert_eq(marks(&read), 1);
    free(read);
    cr_assert_eq(lct_lesson_mark(&lct_io_system, folder, &mark), 0);
    cr_assert_eq(marks(&read), 2);
    cr_assert_str_eq(read[1].label, "after");
    free(read);
    const char hostile[] = "\n[]\n{\"time_ns\":-5}\n\0\0\n{\"time_ns\":\"x\"}\n{\"time_ns\":3}\n";
    put("marks.jsonl", hostile, sizeof hostile - 1);
    cr_assert_eq(marks(&read), 1);
    cr_assert_eq(read[0].time, 3);
    free(read);
}

/* A mark that was refused must not be there later, one that was taken must be. */
Test(lesson, a_mark_is_durable_or_not_there) {
    struct lct_test_disk disk;
    lct_test_disk_init(&disk);
    size_t taken = 0;
    for (int call = 0; call < LCT_DISK_CALLS; call++) {
        for (int after = 0; after < 3; after++) {
            const struct lct_mark mark = {.time = 1};
            struct lct_mark *read = NULL;
            disk.torn = after % 2;
            lct_test_disk_fail(&disk, (enum lct_disk_call)call, after, ENOSPC);
            taken += lct_lesson_mark(&disk.io, folder, &mark) == 0;
            cr_assert_eq(marks(&read), taken, "call %d number %d", call, after);
            free(read);
        }
    }
}

Test(lesson, a_first_mark_without_a_durable_name_is_refused) {
    struct lct_test_disk disk;
    struct lct_mark *read = NULL;
    const struct lct_mark mark = {.time = 1};
    lct_test_disk_init(&disk);
    lct_test_disk_fail(&disk, LCT_DISK_SYNC_FOLDER, 0, EIO);
    cr_assert_eq(lct_lesson_mark(&disk.io, folder, &mark), -EIO);
    cr_assert_eq(marks(&read), 0);
    free(read);
}

Test(lesson, begins_with_a_durable_name) {
    struct lct_test_disk disk;
    struct lct_lesson_info info;
    LCT_FREE char *path = lct_format("%s/x", folder);
    lct_test_disk_init(&disk);
    lct_test_disk_fail(&disk, LCT_DISK_SYNC_FOLDER, 1, EIO); /* after the one that is in it */
    lct_lesson_new("a", NULL, &info);
    cr_assert_eq(lct_lesson_begin(&disk.io, path, &info, &fault), -EIO);
}

Test(lesson, a_lock_is_seen_by_others) {
    cr_assert_not(lct_lesson_is_locked(folder));
    int lock = lct_lock_folder(folder);
    cr_assert_geq(lock, 0);
    cr_assert(lct_lesson_is_locked(folder));
    lct_unlock(lock);
    cr_assert_not(lct_lesson_is_locked(folder));
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/uploads.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/tape/guard.h"
#include "base/mem.h"
#include "tests/support/disk.h"

static char *data;
static struct lct_test_disk disk;
static struct lct_fault fault;
static struct lct_calm *calm;
static lct_ns passed, leapt; /* since the begin; by the wall clock alone */

static lct_ns wall(void) { return 1000 * LCT_SECOND + passed + leapt; }

static lct_ns boot(void) { return passed; }

static void setup(void) {
    data = lct_test_folder();
    passed = leapt = 0;
    calm = lct_calm_create(data, wall, boot);
    lct_test_disk_init(&disk);
}

static void teardown(void) {
    lct_test_disk_forget(&disk);
    lct_calm_destroy(calm);
    lct_test_remove(data);
    free(data);
}

TestSuite(uploads, .init = setup, .fini = teardown, .timeout = 30);

static struct lct_upload begin(const char *name, uint64_t size) {
    struct lct_upload upload;
    cr_assert_eq(lct_uploads_add(&disk.io, data, name, size, NULL, &upload, &fault), 0, "%s",
                 fault.en);
    return upload;
}

static int put(const char *id, uint64_t at, const char *bytes, struct lct_upload *ret_upload) {
    return lct_uploads_put(&disk.io, data, id, at, bytes, strlen(bytes), ret_upload, &fault);
}

Test(uploads, grow_at_their_end_and_nowhere_else) {
    struct lct_upload one = begin("课.mp4", 6), seen;
    cr_assert_eq(put(one.id, 1, "abc", &seen), -EAGAIN);
    cr_assert_eq(put(one.id, 0, "abc", &seen), 0);
    cr_assert_eq(seen.have, 3);
    cr_assert_eq(put(one.id, 0, "abc", &seen), -EAGAIN);
    cr_assert_not_null(strstr(fault.en, "3 bytes"), "%s", fault.en);
    cr_assert_eq(put(one.id, 3, "defg", &seen), -EINVAL);
    cr_assert_eq(put(one.id, 3, "def", &seen), 0);
    cr_assert_eq(put(one.id, 6, "g", &seen), -EINVAL);
    LCT_FREE char *path = lct_uploads_path(data, one.id);
    LCT_FREE char *text = NULL;
    size_t n;
    cr_assert_eq(lct_io_slurp(path, 100, &text, &n), 0);
    cr_assert_str_eq(text, "abcdef");
    cr_assert_eq(lct_uploads_find(data, one.id, &seen, &fault), 0);
    cr_assert_str_eq(seen.name, "课.mp4");
    cr_assert_eq(seen.size, 6);
}

Test(uploads, of_one_name_are_two) {
    struct lct_upload one = begin("a.mp4", 3), two = begin("a.mp4", 3), seen, *all = NULL;
    cr_assert_str_neq(one.id, two.id);
    cr_assert_eq(put(one.id, 0, "abc", &seen), 0);
    cr_assert_eq(lct_uploads_all(data, &all), 2);
    cr_assert_eq(all[0].have + all[1].have, 3);
    free(all);
    cr_assert_eq(lct_uploads_remove(data, one.id, &fault), 0);
    cr_assert_eq(lct_uploads_remove(data, one.id, &fault), -ENOENT);
    cr_assert_eq(lct_uploads_all(data, &all), 1);
    free(all);
}

Test(uploads, of_one_lesson_stay_together) {
    struct lct_upload seen, *parts = NULL, screen = begin("屏幕.mp4", 3), camera, other;
    cr_assert_eq(lct_uploads_add(&disk.io, data, "10.mp4", 3, screen.id, &other, &fault), 0);
    cr_assert_eq(lct_uploads_add(&disk.io, data, "9.mp4", 3, screen.id, &camera, &fault), 0);
    struct lct_upload alone = begin("a.mp4", 3);
    cr_assert_eq(lct_uploads_of(data, screen.id, &parts), 3);
    cr_assert_str_eq(parts[0].name, "9.mp4");
    cr_assert_str_eq(parts[1].name, "10.mp4");
    cr_assert_str_eq(parts[2].id, screen.id);
    free(parts);
    cr_assert_eq(lct_uploads_of(data, alone.id, &parts), 1);
    free(parts);
    cr_assert_eq(lct_uploads_add(&disk.io, data, "x", 3, camera.id, &seen, &fault), -EINVAL);
    cr_assert_eq(lct_uploads_add(&disk.io, data, "x", 3, "none", &seen, &fault), -ENOENT);
    cr_assert_eq(lct_uploads_remove(data, screen.id, &fault), -EBUSY);
    cr_assert_eq(lct_uploads_remove(data, camera.id, &fault), 0);
    cr_assert_eq(lct_uploads_remove(data, other.id, &fault), 0);
    cr_assert_eq(lct_uploads_remove(data, screen.id, &fault), 0);
}

Test(uploads, are_no_way_out_of_the_folder) {
    struct lct_upload seen;
    cr_assert_eq(lct_uploads_find(data, "../lessons", &seen, &fault), -ENOENT);
    cr_assert_eq(put("..", 0, "a", &seen), -ENOENT);
    cr_assert_eq(lct_uploads_remove(data, ".", &fault), -ENOENT);
}

Test(uploads, lose_nothing_to_a_disk_that_fails) {
    static const struct {
        enum lct_disk_call call;
        int error;
    } ways[] = {{LCT_DISK_OPEN, EIO},
                {LCT_DISK_PWRITE, ENOSPC},
                {LCT_DISK_PWRITE, EIO},
                {LCT_DISK_FDATASYNC, EIO}};
    struct lct_upload one = begin("a.mp4", 100), seen;
    disk.torn = true; /* a write that fails has written half */
    uint64_t at = 0;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        cr_assert_eq(put(one.id, at, "abcd", &seen), 0);
        at += 4;
        lct_test_disk_fail(&disk, ways[i].call, 0, ways[i].error);
        cr_assert_eq(put(one.id, at, "efgh", &seen), -ways[i].error);
        cr_assert(lct_test_disk_failed(&disk));
        cr_assert_eq(lct_uploads_find(data, one.id, &seen, &fault), 0);
        cr_assert_eq(seen.have, at, "way %zu", i);
    }
    cr_assert_eq(put(one.id, at, "efgh", &seen), 0);
}

Test(uploads, are_not_begun_by_halves) {
    for (int call = LCT_DISK_OPEN; call < LCT_DISK_CALLS; call++) {
        struct lct_upload upload, *all = NULL;
        lct_test_disk_fail(&disk, (enum lct_disk_call)call, 0, EIO);
        int rc = lct_uploads_add(&disk.io, data, "a.mp4", 1, NULL, &upload, &fault);
        if (lct_test_disk_failed(&disk)) {
            cr_assert_eq(rc, -EIO, "call %d", call);
            cr_assert_eq(lct_uploads_all(data, &all), 0, "call %d", call);
            free(all);
        } else {
            lct_test_disk_fail(&disk, LCT_DISK_OPEN, -1, 0);
            cr_assert_eq(lct_uploads_remove(data, upload.id, &fault), 0);
        }
    }
}

Test(uploads, are_bounded) {
    struct lct_upload seen;
    for (unsigned i = 0; i < LCT_UPLOADS_MAX; i++) {
        (void)begin("a.mp4", 3);
    }
    cr_assert_eq(lct_uploads_add(&disk.io, data, "a.mp4", 3, NULL, &seen, &fault), -EUSERS);
}

static bool used; /* the one that is asked about */

static bool is_used(void *id, const char *asked) { return used && strcmp(asked, id) == 0; }

static void age(const char *id) {
    LCT_FREE char *path = lct_uploads_path(data, id);
    const struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    cr_assert_eq(utimensat(AT_FDCWD, path, old, 0), 0);
}

static bool stays(struct lct_upload *one) {
    struct lct_upload seen;
    lct_uploads_tidy(data, calm, is_used, one->id);
    return lct_uploads_find(data, one->id, &seen, &fault) == 0;
}

Test(uploads, grow_old) {
    struct lct_upload one = begin("a.mp4", 3), seen;
    cr_assert_eq(put(one.id, 0, "abc", &seen), 0);
    passed = LCT_UPLOADS_KEPT;
    cr_assert(stays(&one), "it came just now");
    age(one.id);
    passed = 0;
    leapt = 2 * LCT_UPLOADS_KEPT;
    cr_assert(stays(&one), "a clock that was set makes nothing old");
    passed = LCT_UPLOADS_KEPT - 1;
    cr_assert(stays(&one));
    passed = LCT_UPLOADS_KEPT;
    used = true;
    cr_assert(stays(&one), "a lesson is being made of it");
    used = false;
    cr_assert_not(stays(&one));
}

Test(uploads, of_one_lesson_grow_old_together) {
    struct lct_upload camera = begin("a.mp4", 3), screen, seen;
    passed = LCT_UPLOADS_KEPT;
    cr_assert_eq(lct_uploads_add(&disk.io, data, "b.mp4", 3, camera.id, &screen, &fault), 0);
    cr_assert_eq(put(camera.id, 0, "abc", &seen), 0);
    cr_assert_eq(put(screen.id, 0, "a", &seen), 0);
    age(camera.id);
    cr_assert(stays(&camera), "its screen is still coming");
    age(screen.id);
    cr_assert_not(stays(&camera));
    cr_assert_eq(lct_uploads_find(data, screen.id, &seen, &fault), -ENOENT);
}

Test(uploads, that_come_after_their_lesson_are_refused) {
    struct lct_upload one = begin("a.mp4", 3), late;
    LCT_FREE char *lesson = lct_format("%s/lessons/%s", data, one.id);
    cr_assert_eq(lct_io_make_folder(lesson), 0);
    cr_assert_eq(lct_uploads_add(&disk.io, data, "b.mp4", 3, one.id, &late, &fault), -EBUSY);
}

Test(uploads, are_whole_when_all_of_a_lesson_have_come) {
    struct lct_upload both[2] = {begin("a.mp4", 3), begin("b.mp4", 3)};
    cr_assert_eq(put(both[0].id, 0, "abc", &both[0]), 0);
    cr_assert_eq(put(both[1].id, 0, "ab", &both[1]), 0);
    cr_assert_eq(lct_uploads_whole(both, 2, &fault), -EBUSY);
    cr_assert_not_null(strstr(fault.en, "b.mp4"));
    cr_assert_eq(put(both[1].id, 2, "c", &both[1]), 0);
    cr_assert_eq(lct_uploads_whole(both, 2, &fault), 0);
}

static int nearly_full(const struct lct_io *io, const char *path, uint64_t *ret_free_bytes) {
    (void)io;
    *ret_free_bytes = LCT_GUARD_SPARE + strnlen(path, 3);
    return 0;
}

Test(uploads, wait_when_the_disk_fills_up_meanwhile) {
    struct lct_upload one = begin("a.mp4", 6), seen;
    cr_assert_eq(put(one.id, 0, "ab", &seen), 0);
    disk.io.space = nearly_full;
    cr_assert_eq(put(one.id, 2, "cdef", &seen), -ENOSPC);
    cr_assert_eq(put(one.id, 2, "cde", &seen), 0);
    cr_assert_eq(seen.have, 5);
}

Test(uploads, leave_room_for_recordings) {
    struct lct_upload seen;
    uint64_t free_bytes;
    cr_assert_eq(disk.io.space(&disk.io, data, &free_bytes), 0);
    cr_assert_eq(lct_uploads_add(&disk.io, data, "a.mp4", free_bytes, NULL, &seen, &fault),
                 -ENOSPC);
}

Test(uploads, leave_nothing_that_a_killed_worker_made) {
    struct lct_upload gone = begin("a.mp4", 3), kept = begin("b.mp4", 3);
    const char *const ids[] = {gone.id, kept.id, "20260101-080000-import-dead"};
    char *parts[3];
    for (size_t i = 0; i < 3; i++) {
        parts[i] = lct_format("%s/lessons/.%s.part", data, ids[i]);
        LCT_FREE char *track = lct_format("%s/camera", parts[i]);
        cr_assert_eq(lct_io_make_folder(track), 0);
    }
    cr_assert_eq(lct_uploads_remove(data, gone.id, &fault), 0);
    cr_assert_neq(access(parts[0], F_OK), 0);
    lct_uploads_tidy(data, calm, is_used, "");
    cr_assert_eq(access(parts[1], F_OK), 0, "of one that is still there");
    cr_assert_neq(access(parts[2], F_OK), 0, "of one that is not");
    for (size_t i = 0; i < 3; i++) {
        free(parts[i]);
    }
}

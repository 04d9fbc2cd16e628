// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/mend.h"
#include "archive/recover.h"
#include "archive/reels.h"
#include "archive/verify.h"
#include "base/mem.h"
#include "tests/support/disk.h"
#include "tests/support/lesson.h"

/* A lesson with one reel a track, made chunk by chunk. */
static struct lct_test_disk disk;
static struct lct_test_lesson *lesson;
static char *folder, *camera;

static void write_track(const char *name, struct lct_format *format, bool closed) {
    static const struct lct_index_head clocks = {.wall = 1};
    struct lct_reel *reel = NULL;
    LCT_FREE char *path = lct_format("%s/%s", folder, name);
    cr_assert_eq(lct_io_make_folder(path), 0);
    cr_assert_eq(lct_reel_open(&lct_io_system, path, 1, format, &clocks, &reel), 0);
    for (size_t i = 0; i < lesson->count; i++) {
        if (lesson->chunks[i]->format == format) {
            cr_assert_eq(lct_reel_append(reel, lesson->chunks[i], false), 0);
        }
    }
    if (closed) {
        cr_assert_eq(lct_reel_close(reel, 0), 0);
    } else {
        cr_assert_eq(lct_reel_sync(reel), 0);
        lct_reel_abandon(reel);
    }
}

static void write_lesson(bool closed) {
    struct lct_lesson_info info;
    folder = lct_test_folder();
    camera = lct_format("%s/camera", folder);
    lct_test_lesson_begin(folder, &info);
    write_track("camera", lesson->picture, closed);
    write_track("sound", lesson->sound, closed);
}

static void begin(void) {
    lct_test_disk_init(&disk);
    lesson = lct_test_lesson(LCT_SECOND);
}

static void drop_lesson(void) {
    lct_test_remove(folder);
    free(folder);
    free(camera);
    folder = camera = NULL;
}

static void end(void) { lct_test_lesson_free(lesson); }

TestSuite(recover, .init = begin, .fini = end, .timeout = 60);

static size_t rows_of(const char *track_folder) {
    struct lct_reel_view view;
    lct_reel_view_load(track_folder, 1, &view);
    size_t count = view.count;
    lct_reel_view_free(&view);
    return count;
}

static void patch(const char *name, off_t at, const void *bytes, size_t n) {
    LCT_FREE char *path = lct_format("%s/%s", camera, name);
    int fd = open(path, O_RDWR);
    cr_assert(fd >= 0 && pwrite(fd, bytes, n, at) == (ssize_t)n);
    close(fd);
}

static size_t damage(void) {
    struct lct_verify v;
    lct_verify_lesson(folder, &v);
    size_t count = v.damage;
    lct_verify_free(&v);
    return count;
}

static void mend(void) {
    struct lct_recovery report;
    struct lct_fault fault;
    cr_assert_eq(lct_mend_lesson(&lct_io_system, folder, &report, &fault), 0, "%s", fault.en);
    cr_assert_eq(damage(), 0);
}

Test(recover, closes_what_was_interrupted) {
    write_lesson(false);
    size_t rows = rows_of(camera);
    cr_assert_eq(damage(), 0, "an interrupted lesson is no damage");
    mend();
    cr_assert_eq(rows_of(camera), rows);
    drop_lesson();
}

/* The writes of mending fail one by one, also torn: the next try ends it, and nothing is lost. */
Test(recover, may_be_interrupted_anywhere) {
    static const uint8_t spoil[] = {0xde, 0xad};
    for (int call = 0; call < LCT_DISK_CALLS; call++) {
        for (int after = 0;; after++) {
            struct lct_recovery report;
            struct lct_fault fault;
            write_lesson(after % 2);
            size_t rows = rows_of(camera);
            patch("0001.mp4", 2000, spoil, sizeof spoil); /* one chunk */
            patch("0001.index", LCT_INDEX_HEAD_BYTES + 5 * LCT_INDEX_ROW_BYTES, spoil,
                  2); /* a row */
            cr_assert_gt(damage(), 0);
            disk.torn = after % 3 == 0;
            lct_test_disk_fail(&disk, (enum lct_disk_call)call, after, EIO);
            int rc = lct_mend_lesson(&disk.io, folder, &report, &fault);
            bool came = lct_test_disk_failed(&disk);
            cr_assert(rc == 0 || came, "%s", fault.en);
            mend();
            cr_assert_eq(rows_of(camera), rows - 1, "call %d number %d", call, after);
            drop_lesson();
            if (!came) {
                break;
            }
        }
    }
}

Test(recover, keeps_what_cannot_be_read_now) {
    write_lesson(true);
    struct lct_recovery report = {.error = 0};
    size_t rows = rows_of(camera);
    /* A file that is longer than its disk can read: a row beyond the end is thrown out, others
     * stay. */
    LCT_FREE char *path = lct_format("%s/0001.mp4", camera);
    cr_assert_eq(truncate(path, 3000), 0);
    cr_assert_eq(lct_recover_reel(&lct_io_system, camera, 1, &report), 1);
    cr_assert_gt(report.chunks_bad, 0);
    cr_assert_eq(rows_of(camera), rows - report.chunks_bad);
    drop_lesson();
}

Test(recover, a_lost_reel_stays_known) {
    write_lesson(true);
    LCT_FREE char *mp4 = lct_format("%s/0001.mp4", camera);
    cr_assert_eq(truncate(mp4, 0), 0);
    mend();
    struct lct_reel_view view;
    lct_reel_view_load(camera, 1, &view);
    cr_assert(view.has_index);
    cr_assert_eq(view.count + view.file_bytes, 0);
    lct_reel_view_free(&view);
    cr_assert_eq(lct_reels_last(camera), 1);
    drop_lesson();
}

Test(recover, a_lesson_is_made_again_out_of_its_tapes) {
    struct lct_lesson_info info;
    struct lct_fault fault;
    write_lesson(true);
    LCT_FREE char *json = lct_format("%s/lesson.json", folder);
    cr_assert_eq(unlink(json), 0);
    cr_assert_gt(damage(), 0);
    mend();
    cr_assert_eq(lct_lesson_load(folder, &info, &fault), 0);
    cr_assert_eq(info.state, LCT_LESSON_ENDED);
    cr_assert_eq(info.track_count, 2);
    cr_assert_str_eq(info.tracks[0].name, "camera");
    cr_assert_str_eq(info.tracks[0].kind, "camera");
    cr_assert_eq(info.tracks[0].width, 64);
    cr_assert_eq(info.tracks[1].id, 2);
    cr_assert_eq(info.zero_wall, 1);
    drop_lesson();
}

Test(recover, says_what_is_no_lesson) {
    struct lct_recovery report;
    struct lct_fault fault;
    char *empty = lct_test_folder();
    cr_assert_eq(lct_mend_lesson(&lct_io_system, empty, &report, &fault), -ENOENT);
    lct_test_remove(empty);
    free(empty);
}

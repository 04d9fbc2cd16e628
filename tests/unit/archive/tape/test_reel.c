// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/recover.h"
#include "archive/tape/reel.h"
#include "archive/tape/reels.h"
#include "archive/tape/scan.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "tests/support/disk.h"
#include "tests/support/lesson.h"

static struct lct_test_disk disk;
static struct lct_test_lesson *lesson;
static char *place, *folder;
static const struct lct_index_head clocks = {.lesson = 5, .monotonic = 6, .wall = 7};

static void begin(void) {
    lct_test_disk_init(&disk);
    lesson = lct_test_lesson(LCT_SECOND);
    place = lct_test_folder();
    folder = lct_format("%s/camera", place); /* its name is the track's */
    cr_assert_eq(lct_io_make_folder(folder), 0);
}

static void end(void) {
    lct_test_remove(place);
    free(place);
    free(folder);
    lct_test_lesson_free(lesson);
}

TestSuite(reel, .init = begin, .fini = end, .timeout = 30);

/* Appends every picture; one that fails is tried again. Returns how many there are. */
static size_t append_all(struct lct_reel *reel) {
    size_t count = 0;
    for (size_t i = 0; i < lesson->count; i++) {
        const struct lct_chunk *chunk = lesson->chunks[i];
        if (chunk->format != lesson->picture) {
            continue;
        }
        int rc = lct_reel_append(reel, chunk, count == 3);
        if (rc < 0) {
            rc = lct_reel_append(reel, chunk, count == 3);
        }
        cr_assert_eq(rc, 0);
        count++;
    }
    return count;
}

static int open_reel(struct lct_reel **ret_reel) {
    return lct_reel_open(&disk.io, folder, 1, lesson->picture, &clocks, ret_reel);
}

/* All chunks stand in the reel as they were, and it is a plain MP4 when closed. */
static void judge(size_t expected, bool closed) {
    struct lct_reel_view view;
    struct lct_scan scan;
    char path[LCT_PATH_SIZE];
    lct_reel_view_load(folder, 1, &view);
    lct_reel_path(folder, 1, ".mp4", path);
    cr_assert(view.has_index && view.format && view.format_right);
    cr_assert_eq(view.head.wall, 7);
    cr_assert_eq(view.count, expected);
    cr_assert_eq(lct_scan_open(&lct_io_system, path, O_RDONLY, &scan), 0);
    for (size_t i = 0; i < view.count; i++) {
        const struct lct_index_row *row = &view.rows[i];
        const uint8_t *bytes = lct_scan_read(&scan, row->offset, row->n);
        cr_assert(bytes && lct_crc32c(0, bytes, row->n) == row->crc);
        cr_assert_eq(row->info.gap_before, i == 3);
    }
    uint64_t after = view.rows[view.count - 1].offset + view.rows[view.count - 1].n;
    size_t n = (size_t)(scan.n - after);
    const uint8_t *moov = lct_scan_read(&scan, after, n);
    cr_assert_eq(moov && lct_reel_moov_is_right(view.format, view.rows, view.count, moov, n),
                 closed);
    const uint8_t *box = lct_scan_read(&scan, 36, 4);
    cr_assert(box && memcmp(box, closed ? "mdat" : "free", 4) == 0);
    lct_scan_close(&scan);
    lct_reel_view_free(&view);
}

Test(reel, becomes_a_plain_movie) {
    struct lct_reel *reel = NULL;
    struct lct_reel_state state;
    cr_assert_eq(open_reel(&reel), 0);
    cr_assert_eq(open_reel(&(struct lct_reel *){NULL}), -EEXIST);
    cr_assert_eq(lct_reel_open(&disk.io, folder, LCT_REEL_NUMBER_MAX + 1, lesson->picture, &clocks,
                               &(struct lct_reel *){NULL}),
                 -EOVERFLOW);
    size_t count = append_all(reel);
    lct_reel_state(reel, &state);
    cr_assert_eq(state.synced_rows, 0);
    cr_assert_eq(lct_reel_sync(reel), 0);
    lct_reel_state(reel, &state);
    cr_assert_eq(state.rows, count);
    cr_assert_eq(state.synced_rows, count);
    judge(count, false);
    cr_assert_eq(lct_reel_close(reel, 85000), 0);
    judge(count, true);
}

/* Each call of opening fails: nothing is left, and the same number can be tried again. */
Test(reel, leaves_nothing_when_it_does_not_open) {
    for (int call = 0; call < LCT_DISK_CALLS; call++) {
        for (int after = 0;; after++) {
            struct lct_reel *reel = NULL;
            lct_test_disk_fail(&disk, (enum lct_disk_call)call, after, after % 2 ? EIO : ENOSPC);
            int rc = open_reel(&reel);
            bool came = lct_test_disk_failed(&disk);
            cr_assert_eq(rc < 0, came && call != LCT_DISK_RESERVE, "call %d number %d", call,
                         after);
            lct_test_disk_fail(&disk, LCT_DISK_OPEN, -1, 0);
            if (rc < 0) {
                cr_assert_eq(open_reel(&reel), 0, "call %d number %d", call, after);
            }
            size_t count = append_all(reel);
            cr_assert_eq(lct_reel_close(reel, 0), 0);
            judge(count, true);
            lct_test_remove(folder);
            cr_assert_eq(lct_io_make_folder(folder), 0);
            if (!came) {
                break;
            }
        }
    }
}

/* Each write of appending fails, whole or torn: the reel is as it was, the chunk is tried again. */
Test(reel, appends_again_after_a_torn_write) {
    for (int after = 0;; after++) {
        struct lct_reel *reel = NULL;
        disk.torn = after % 2;
        cr_assert_eq(open_reel(&reel), 0);
        lct_test_disk_fail(&disk, LCT_DISK_PWRITE, after, ENOSPC);
        size_t count = append_all(reel);
        bool came = lct_test_disk_failed(&disk);
        lct_test_disk_fail(&disk, LCT_DISK_OPEN, -1, 0);
        cr_assert_eq(lct_reel_close(reel, 0), 0);
        judge(count, true);
        lct_test_remove(folder);
        cr_assert_eq(lct_io_make_folder(folder), 0);
        if (!came) {
            break;
        }
    }
}

/* The disk fills up inside a row, and the lesson ends: what is closed ends with a whole one. */
Test(reel, closes_without_the_row_that_was_torn) {
    struct lct_reel *reel = NULL;
    struct lct_reel_view view;
    cr_assert_eq(open_reel(&reel), 0);
    size_t count = append_all(reel);
    disk.torn = true;
    lct_test_disk_fail(&disk, LCT_DISK_PWRITE, 1, ENOSPC);
    cr_assert_eq(lct_reel_append(reel, lesson->chunks[0], false), -ENOSPC);
    cr_assert_eq(lct_reel_close(reel, 0), 0);
    judge(count, true);
    lct_reel_view_load(folder, 1, &view);
    cr_assert_not(view.torn);
    lct_reel_view_free(&view);
}

/* Closing fails anywhere: the chunks are safe, and recovery makes the same file of it. */
Test(reel, that_does_not_close_is_closed_by_recovery) {
    for (int call = 0; call < LCT_DISK_CALLS; call++) {
        for (int after = 0;; after++) {
            struct lct_reel *reel = NULL;
            struct lct_recovery report = {.error = 0};
            cr_assert_eq(open_reel(&reel), 0);
            size_t count = append_all(reel);
            cr_assert_eq(lct_reel_sync(reel), 0);
            disk.torn = after % 2;
            lct_test_disk_fail(&disk, (enum lct_disk_call)call, after, EIO);
            bool failed = lct_reel_close(reel, 0) < 0;
            bool came = lct_test_disk_failed(&disk);
            lct_test_disk_fail(&disk, LCT_DISK_OPEN, -1, 0);
            cr_assert_eq(failed, came);
            cr_assert_geq(lct_recover_reel(&disk.io, folder, 1, &report), 0);
            cr_assert_eq(report.chunks_bad, 0);
            judge(count, true);
            lct_test_remove(folder);
            cr_assert_eq(lct_io_make_folder(folder), 0);
            if (!came) {
                break;
            }
        }
    }
}

Test(reel, reads_only_its_own_names) {
    const char *what = NULL;
    char path[LCT_PATH_SIZE];
    static const char *const ours[] = {"0001.mp4", "12345.index", "0002.init.mp4"};
    static const char *const others[] = {
        "1.mp4",          "0001.mp4.new", "0000.mp4",  "0001.index.bak", "99999999999.mp4",
        "4294967295.mp4", "x0001.mp4",    "00001.mp4", "20260301.mp4",   "100000.index"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        cr_assert_eq(lct_reel_number(folder, ours[i], &what), 0, "it is not there");
        (void)snprintf(path, sizeof path, "%s/%s", folder, ours[i]);
        fclose(fopen(path, "w"));
        cr_assert_gt(lct_reel_number(folder, ours[i], &what), 0);
    }
    cr_assert_str_eq(what, ".init.mp4");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, others[i]);
        fclose(fopen(path, "w"));
        cr_assert_eq(lct_reel_number(folder, others[i], &what), 0, "%s", others[i]);
    }
}

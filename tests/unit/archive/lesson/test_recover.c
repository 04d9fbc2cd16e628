// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/lesson/mend.h"
#include "archive/lesson/recover.h"
#include "archive/lesson/verify.h"
#include "archive/tape/reels.h"
#include "base/mem.h"
#include "tests/support/disk.h"
#include "tests/support/lesson.h"

/* A lesson with one reel a track, made chunk by chunk. */
static struct lct_test_disk disk;
static struct lct_test_lesson *lesson;
static char *folder, *camera;

static void write_track(struct lct_format *track, bool closed) {
    struct lct_reel *reel = lct_test_lesson_reel(folder, lesson, track);
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
    write_track(lesson->picture, closed);
    write_track(lesson->sound, closed);
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
    LCT_FREE char *index = lct_format("%s/0001.index", camera);
    cr_assert_eq(truncate(index, (off_t)(LCT_INDEX_HEAD_BYTES + (rows - 4) * LCT_INDEX_ROW_BYTES)),
                 0);
    cr_assert_eq(damage(), 0, "nor are chunks whose rows a power cut has not let come");
    mend();
    cr_assert_eq(rows_of(camera), rows);
    drop_lesson();
}

#define MARKS "\n{\"time_ns\":1}\n\n{\"time_ns\":\n{\"time_ns\":2}\n" /* one damaged */

static void put_marks(void) {
    LCT_FREE char *path = lct_format("%s/marks.jsonl", folder);
    FILE *f = fopen(path, "w");
    cr_assert(f && fputs(MARKS, f) >= 0 && fclose(f) == 0);
}

static size_t marks(void) {
    LCT_FREE struct lct_mark *read = NULL;
    return lct_lesson_marks(folder, &read);
}

/* The writes of mending fail one by one, also torn: the next try ends it, and nothing is lost. */
Test(recover, may_be_interrupted_anywhere) {
    static const uint8_t spoil[] = {0xde, 0xad};
    for (int call = 0; call < LCT_DISK_CALLS; call++) {
        for (int after = 0;; after++) {
            struct lct_recovery report;
            struct lct_fault fault;
            write_lesson(after % 2);
            put_marks();
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
            cr_assert_eq(marks(), 2, "call %d number %d", call, after);
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

/* Mending ends the lesson: a track that ends long before is known to have lost something. */
Test(recover, a_lost_end_is_known_at_once) {
    lct_test_lesson_free(lesson);
    lesson = lct_test_lesson(7 * LCT_SECOND);
    write_lesson(false);
    LCT_FREE char *mp4 = lct_format("%s/0001.mp4", camera);
    cr_assert_eq(truncate(mp4, 9000), 0);
    mend();
    cr_assert_leq(rows_of(camera), 20);
    drop_lesson();
}

/* ---- single chunks and rows ---- */

static struct lct_index_row row_at(size_t i) {
    struct lct_reel_view view;
    lct_reel_view_load(camera, 1, &view);
    cr_assert_lt(i, view.count);
    struct lct_index_row row = view.rows[i];
    lct_reel_view_free(&view);
    return row;
}

static void spoil_chunk(size_t i) {
    struct lct_index_row row = row_at(i);
    patch("0001.mp4", (off_t)(row.offset + row.n - 9), "spoilt", 6);
}

static void spoil_row(size_t i) {
    patch("0001.index", (off_t)(LCT_INDEX_HEAD_BYTES + i * LCT_INDEX_ROW_BYTES), "spoilt", 6);
}

/* A row that is right for itself and speaks of bytes that are others'. */
Test(recover, a_wrong_row_costs_its_own_chunk_only) {
    write_lesson(true);
    size_t rows = rows_of(camera);
    struct lct_index_row row = row_at(3);
    uint8_t bytes[LCT_INDEX_ROW_BYTES];
    row.info.sample_bytes[0] += 100000;
    row.n += 100000;
    lct_index_write_row(&row, bytes);
    patch("0001.index", LCT_INDEX_HEAD_BYTES + 3 * LCT_INDEX_ROW_BYTES, bytes, sizeof bytes);
    mend();
    cr_assert_eq(rows_of(camera), rows - 1);
    drop_lesson();
}

Test(recover, a_gap_stands_where_the_chunk_is_missing) {
    write_lesson(true);
    size_t rows = rows_of(camera);
    spoil_chunk(3);
    spoil_row(4); /* found again by its boxes */
    mend();
    cr_assert_eq(rows_of(camera), rows - 1);
    for (size_t i = 0; i < rows - 1; i++) {
        cr_assert_eq(row_at(i).info.gap_before, i == 3, "row %zu", i);
    }
    drop_lesson();
}

/* No row can hold it, so it would be found anew by each mending. */
Test(recover, a_chunk_of_a_time_that_cannot_be_is_none) {
    write_lesson(false);
    size_t rows = rows_of(camera);
    struct lct_index_row last = row_at(rows - 1);
    LCT_FREE char *index = lct_format("%s/0001.index", camera);
    cr_assert_eq(truncate(index, LCT_INDEX_HEAD_BYTES), 0);
    patch("0001.mp4", (off_t)last.offset + 61, "\4", 1); /* tfdt becomes 2^50 and more */
    mend();
    cr_assert_eq(rows_of(camera), rows - 1);
    drop_lesson();
}

Test(recover, times_are_known_without_an_index_head) {
    struct lct_lesson_info info;
    struct lct_lesson_media media;
    struct lct_fault fault;
    write_lesson(true);
    patch("0001.index", 0, "spoilt", 6);
    cr_assert_eq(lct_lesson_load(folder, &info, &fault), 0);
    lct_lesson_media(folder, &info, &media);
    cr_assert_eq(media.duration, LCT_SECOND + LCT_SECOND / 10, "the last picture promises 200 ms");
    cr_assert_eq(media.gap_count, 0);
    free(media.gaps);
    drop_lesson();
}

/* ---- a disk that does not read, a power cut in between ---- */

static ssize_t read_nothing(const struct lct_io *io, int fd, void *bytes, size_t n, off_t offset) {
    (void)io;
    (void)fd;
    (void)bytes;
    (void)n;
    (void)offset;
    return -EIO;
}

/* What the disk does not give now it may give later: nothing is removed. */
Test(recover, what_cannot_be_read_is_not_lost) {
    write_lesson(false);
    struct lct_recovery report = {.error = 0};
    LCT_FREE char *index = lct_format("%s/0001.index", camera);
    size_t rows = rows_of(camera);
    cr_assert_eq(unlink(index), 0);
    disk.io.pread = read_nothing;
    cr_assert_eq(lct_recover_open_reel(&disk.io, camera, 1, &report), -EIO);
    cr_assert_eq(lct_recover_open_reel(&lct_io_system, camera, 1, &report), 1);
    cr_assert_eq(rows_of(camera), rows);
    drop_lesson();
}

static int struck = -1; /* the file in which that is not yet durable */

static ssize_t note_write(const struct lct_io *io, int fd, const void *bytes, size_t n, off_t at) {
    struck = n == 4 && memcmp(bytes, "free", 4) == 0 ? fd : struck;
    return lct_io_system.pwrite(io, fd, bytes, n, at);
}

static int note_sync(const struct lct_io *io, int fd) {
    struck = fd == struck ? -1 : struck;
    return lct_io_system.fdatasync(io, fd);
}

static int note_rename(const struct lct_io *io, const char *from, const char *to) {
    cr_assert(struck < 0 || !strstr(to, ".index"), "the row goes before its chunk is struck out");
    return lct_io_system.rename(io, from, to);
}

Test(recover, a_wrong_chunk_is_gone_before_its_row) {
    write_lesson(false);
    struct lct_recovery report = {.error = 0};
    spoil_chunk(3);
    disk.io.pwrite = note_write;
    disk.io.fdatasync = note_sync;
    disk.io.rename = note_rename;
    cr_assert_eq(lct_recover_open_reel(&disk.io, camera, 1, &report), 1);
    cr_assert_eq(report.chunks_bad, 1);
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

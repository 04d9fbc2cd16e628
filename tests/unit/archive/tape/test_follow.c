// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/tape/follow.h"
#include "base/io.h"
#include "base/mem.h"
#include "encode/mp4.h"
#include "tests/support/format.h"
#include "tests/support/reel.h"

static char folder[64], camera[80];
static struct lct_format *format;
static struct lct_follow *tape;

static void make(void) {
    strcpy(folder, "/tmp/lectern-follow-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(camera, sizeof camera, "%s/camera", folder);
    format = lct_test_picture_format();
    tape = lct_follow_create(camera);
}

static void clean(void) {
    char command[128];
    lct_follow_destroy(tape);
    lct_format_unref(format);
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(follow, .init = make, .fini = clean);

/* Ten pictures a second, a key each two. */
static struct lct_test_run run_of(uint32_t number, int64_t seconds, size_t count) {
    return (struct lct_test_run){.format = format,
                                 .number = number,
                                 .tick = seconds * 90000,
                                 .step = 9000,
                                 .count = count,
                                 .keys = 20};
}

static void update(bool ended, lct_ns end) { cr_assert_eq(lct_follow_update(tape, ended, end), 0); }

static struct lct_segment *copy(size_t *ret_n) {
    *ret_n = tape->segments.count;
    struct lct_segment *list = lct_new((*ret_n + 1) * sizeof *list);
    memcpy(list, tape->segments.list, *ret_n * sizeof *list);
    return list;
}

/* What was told while it was written is what somebody finds who comes later. */
Test(follow, as_it_is_written) {
    size_t told = 0;
    update(false, 0);
    cr_assert_eq(tape->segments.count, 0, "there is no folder yet");
    for (uint32_t number = 1; number <= 3; number++) {
        struct lct_test_run run = run_of(number, 15 * (number - 1), 150);
        struct lct_reel *reel = lct_test_reel_open(folder, &run);
        for (int i = 0; i < 50; i++) {
            lct_test_reel_append(reel, &run, 3);
            update(false, 0);
            cr_assert_geq(tape->segments.count, told);
            told = tape->segments.count;
        }
        cr_assert_eq(lct_reel_close(reel, 0), 0);
    }
    LCT_FREE struct lct_segment *before = copy(&told);
    cr_assert_eq(told, 11, "%zu segments", told);
    lct_follow_destroy(tape);
    tape = lct_follow_create(camera);
    update(true, 45 * LCT_SECOND);
    cr_assert_eq(tape->segments.count, 12);
    cr_assert_eq(memcmp(tape->segments.list, before, told * sizeof *before), 0);
    for (size_t i = 0; i < 12; i++) {
        cr_assert_eq(tape->segments.list[i].number, i);
        cr_assert_eq(tape->segments.list[i].until,
                     i + 1 < 12 ? tape->segments.list[i + 1].time : 45 * LCT_SECOND);
    }
}

Test(follow, a_reel_says_how_far_it_can_be_served) {
    struct lct_test_run run = run_of(1, 0, 10);
    struct lct_reel *reel = lct_test_reel_open(folder, &run);
    struct lct_reel_state state;
    lct_test_reel_append(reel, &run, 10);
    lct_reel_state(reel, &state);
    update(false, 0);
    const struct lct_follow_reel *shown = lct_follow_find(tape, 1);
    cr_assert(shown && !shown->whole);
    cr_assert_eq(shown->bytes, state.last.offset, "the newest chunk's duration is not known");
    cr_assert_eq(shown->end_tick, 9 * 9000);
    cr_assert_eq(lct_reel_close(reel, 0), 0);
    lct_test_reel(folder, run_of(2, 1, 5));
    update(false, 0);
    shown = lct_follow_find(tape, 1);
    cr_assert(shown->whole);
    cr_assert_eq(shown->bytes, state.bytes);
    cr_assert_eq(shown->end_tick, 10 * 9000, "until the next reel");
    cr_assert_null(lct_follow_find(tape, 3));
    update(true, 1450 * LCT_MS);
    shown = lct_follow_find(tape, 2);
    cr_assert(shown->whole);
    cr_assert_eq(shown->end_tick, 1450 * 90, "until the lesson's end");
}

Test(follow, the_same_init_is_found_again) {
    lct_test_reel(folder, run_of(1, 0, 20));
    lct_test_reel(folder, run_of(2, 2, 20));
    struct lct_format *other = lct_test_picture_format();
    other->width = 960;
    cr_assert_eq(lct_mp4_make_init(other), 0);
    struct lct_test_run run = run_of(3, 4, 20);
    run.format = other;
    lct_test_reel(folder, run);
    lct_format_unref(other);
    lct_test_reel(folder, run_of(4, 6, 20));
    update(true, 0);
    static const size_t wanted[] = {0, 0, 2, 0};
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(tape->reels[i].init_of, wanted[i]);
    }
    cr_assert_eq(tape->reels[2].time, 4 * LCT_SECOND);
}

Test(follow, rows_with_true_durations) {
    struct lct_index_row *rows = NULL;
    struct lct_segment tail;
    struct lct_test_run run = run_of(1, 0, 60);
    struct lct_reel *reel = lct_test_reel_open(folder, &run);
    lct_test_reel_append(reel, &run, 60);
    update(false, 0);
    cr_assert_eq(lct_follow_rows(tape, &tape->segments.list[0], &rows), 40);
    for (size_t i = 0; i < 40; i++) {
        cr_assert_eq(rows[i].info.duration, 9000);
        cr_assert_eq(rows[i].info.key, i % 20 == 0);
    }
    free(rows);
    cr_assert(lct_segments_tail(&tape->segments, &tail));
    cr_assert_eq(lct_follow_rows(tape, &tail, &rows), 19);
    cr_assert_eq(rows[18].info.duration, 9000);
    free(rows);
    cr_assert_eq(lct_reel_close(reel, 0), 0);
}

static void path_of(const char *name, char *out, size_t size) {
    (void)snprintf(out, size, "%s/%s", camera, name);
}

/* As a machine leaves it that lost its power. */
Test(follow, what_is_not_whole_does_not_count) {
    char index[128], file[128];
    struct stat s;
    lct_test_reel(folder, run_of(1, 0, 60));
    path_of("0001.index", index, sizeof index);
    path_of("0001.mp4", file, sizeof file);
    cr_assert_eq(stat(index, &s), 0);
    cr_assert_eq(truncate(index, s.st_size - 10), 0);
    update(true, 0);
    cr_assert_eq(tape->segments.list[1].rows, 19, "a row is torn");
    struct lct_index_row *rows;
    cr_assert_eq(lct_follow_rows(tape, &tape->segments.list[1], &rows), 19);
    uint64_t middle = rows[5].offset + 1;
    free(rows);
    cr_assert_eq(truncate(file, (off_t)middle), 0);
    lct_follow_destroy(tape);
    tape = lct_follow_create(camera);
    update(true, 0);
    cr_assert_eq(tape->segments.list[1].rows, 5, "a chunk is torn");
}

/* Mending writes the index anew, and something else in it. */
Test(follow, a_mended_reel_is_read_again) {
    char index[128];
    char *bytes = NULL;
    size_t n = 0;
    lct_test_reel(folder, run_of(1, 0, 60));
    lct_test_reel(folder, run_of(2, 6, 60));
    update(true, 0);
    cr_assert_eq(tape->segments.count, 4);
    path_of("0001.index", index, sizeof index);
    cr_assert_eq(lct_io_slurp(index, 1 << 20, &bytes, &n), 0);
    size_t kept = LCT_INDEX_HEAD_BYTES + 30 * LCT_INDEX_ROW_BYTES;
    cr_assert_eq(lct_io_replace(&lct_io_system, index, bytes, kept), 0);
    free(bytes);
    update(true, 0);
    cr_assert_eq(tape->segments.count, 3);
    cr_assert_eq(tape->segments.list[0].rows, 30);
    cr_assert_eq(tape->segments.list[0].until, 3100 * LCT_MS);
    cr_assert_eq(tape->segments.list[1].number, 2, "the hole has a number");
    cr_assert_eq(remove(index), 0);
    update(true, 0);
    cr_assert_eq(tape->segments.count, 2);
    path_of("0001.mp4", index, sizeof index);
    cr_assert_eq(remove(index), 0);
    update(true, 0);
    cr_assert_eq(tape->reel_count, 1, "all of the reel is gone");
    cr_assert_eq(tape->segments.list[0].number, 0);
}

/* Writes the first n bytes into a file that is there, as a copy is sent anew. */
static void put(const char *path, const char *bytes, size_t n) {
    FILE *file = fopen(path, "we");
    cr_assert(file && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
}

static void is_as_read_from_the_start(void) {
    struct lct_follow *fresh = lct_follow_create(camera);
    cr_assert_eq(lct_follow_update(fresh, false, 0), 0);
    update(false, 0);
    cr_assert_eq(tape->segments.count, fresh->segments.count);
    cr_assert(fresh->segments.count == 0 ||
              memcmp(tape->segments.list, fresh->segments.list,
                     fresh->segments.count * sizeof *fresh->segments.list) == 0);
    lct_follow_destroy(fresh);
}

/* Of two reels one becomes another: in the same files, and nobody looks while they are short. */
static void send_anew(uint32_t number) {
    char index[2][128], reel[2][128];
    LCT_FREE char *rows = NULL, *bytes = NULL;
    size_t n = 0, m = 0;
    lct_test_reel(folder, run_of(1, 0, 60));
    lct_test_reel(folder, run_of(2, 6, 60));
    struct lct_test_run other = run_of(3, number == 1 ? 0 : 6, 60);
    other.keys = 30;
    lct_test_reel(folder, other);
    for (int i = 0; i < 2; i++) {
        uint32_t which = i == 0 ? number : 3;
        (void)snprintf(index[i], sizeof index[i], "%s/%04u.index", camera, which);
        (void)snprintf(reel[i], sizeof reel[i], "%s/%04u.mp4", camera, which);
    }
    cr_assert_eq(lct_io_slurp(index[1], 1 << 20, &rows, &n), 0);
    cr_assert_eq(lct_io_slurp(reel[1], 1 << 20, &bytes, &m), 0);
    cr_assert(remove(index[1]) == 0 && remove(reel[1]) == 0);
    is_as_read_from_the_start();
    put(reel[0], bytes, m);
    put(index[0], rows, n);
    is_as_read_from_the_start();
    cr_assert_eq(tape->segments.list[number == 1 ? 0 : 2].rows, 30);
    put(reel[0], bytes, m / 2); /* its rows are of what is not there yet */
    is_as_read_from_the_start();
    put(reel[0], bytes, m);
    is_as_read_from_the_start();
    cr_assert_eq(tape->segments.list[number == 1 ? 0 : 2].rows, 30);
}

Test(follow, a_whole_reel_that_was_sent_anew_is_read_again) { send_anew(1); }

Test(follow, the_newest_reel_that_was_sent_anew_is_read_again) { send_anew(2); }

Test(follow, a_damaged_row_is_left_out) {
    char index[128];
    lct_test_reel(folder, run_of(1, 0, 60));
    path_of("0001.index", index, sizeof index);
    FILE *file = fopen(index, "r+");
    cr_assert_not_null(file);
    cr_assert_eq(fseek(file, LCT_INDEX_HEAD_BYTES + 45 * LCT_INDEX_ROW_BYTES + 3, SEEK_SET), 0);
    cr_assert_neq(fputc(0x55, file), EOF);
    cr_assert_eq(fclose(file), 0);
    update(true, 6 * LCT_SECOND);
    struct lct_index_row *rows;
    cr_assert_eq(tape->segments.count, 2);
    cr_assert_eq(lct_follow_rows(tape, &tape->segments.list[1], &rows), 19);
    cr_assert_eq(rows[4].info.duration, 18000, "the one before it stands as long as it may");
    free(rows);
}

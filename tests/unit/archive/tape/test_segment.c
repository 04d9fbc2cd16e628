// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <stdlib.h>

#include "archive/tape/segment.h"

#define RATE 90000
#define BYTES 1000

static struct lct_segments segments;
static uint32_t reel, place;
static uint64_t offset;

static void begin(void) {
    segments = (struct lct_segments){.count = 0};
    reel = place = 0;
    offset = 700;
}

static void end(void) { lct_segments_free(&segments); }

TestSuite(segment, .init = begin, .fini = end);

/* A picture at ms that promises to stand so long. */
static void add(int64_t ms, int64_t promise_ms, bool key, bool gap) {
    struct lct_index_row row = {.offset = offset, .n = BYTES};
    row.info.tfdt = ms * RATE / 1000;
    row.info.duration = (uint32_t)(promise_ms * RATE / 1000);
    row.info.samples = 1;
    row.info.key = key;
    row.info.gap_before = gap;
    cr_assert_eq(lct_segments_add(&segments, reel, place++, RATE, &row), 0);
    offset += BYTES;
}

/* Ten pictures a second from from up to until, a key each gop ms. */
static void add_run(int64_t from, int64_t until, int64_t gop) {
    for (int64_t ms = from; ms < until; ms += 100) {
        add(ms, 200, (ms - from) % gop == 0, false);
    }
}

static void next_reel(void) {
    reel++;
    place = 0;
    offset = 700;
}

static void check(size_t i, uint32_t number, int64_t from_ms, int64_t until_ms) {
    cr_assert_lt(i, segments.count, "there are only %zu", segments.count);
    const struct lct_segment *s = &segments.list[i];
    cr_assert_eq(s->number, number, "segment %zu has number %u", i, s->number);
    cr_assert_eq(s->time, from_ms * LCT_MS, "%zu begins at %lld", i, (long long)s->time);
    cr_assert_eq(s->until, until_ms * LCT_MS, "%zu ends at %lld", i, (long long)s->until);
}

Test(segment, two_gops_of_a_camera) {
    add_run(0, 12300, 2000);
    cr_assert_eq(segments.count, 3);
    check(0, 0, 0, 4000);
    check(1, 1, 4000, 8000);
    check(2, 2, 8000, 12000);
    cr_assert_eq(segments.list[1].offset, 700 + 40 * BYTES);
    cr_assert_eq(segments.list[1].bytes, 40 * BYTES);
    cr_assert_eq(segments.list[1].first, 40);
    cr_assert_eq(segments.list[1].rows, 40);
    cr_assert_eq(segments.list[1].end_tick, 8 * RATE);
}

/* A key at 3 s is too early, the next at 6 s too late. */
Test(segment, not_longer_than_it_may_be) {
    add_run(0, 5100, 3000);
    cr_assert_eq(segments.count, 0);
    add(5100, 200, false, false);
    cr_assert_eq(segments.count, 1);
    check(0, 0, 0, 3000);
}

/* Only what has no key inside is longer. */
Test(segment, a_screen_that_stands) {
    add(0, 300, true, false);
    add(1200, 2000, true, false);
    for (int64_t ms = 2200; ms < 11200; ms += 1000) {
        add(ms, 2000, false, false);
    }
    add(11200, 2000, true, false);
    cr_assert_eq(segments.count, 2);
    check(0, 0, 0, 1200);
    check(1, 1, 1200, 11200);
}

Test(segment, a_reel_ends_it) {
    add_run(0, 5000, 2000);
    next_reel();
    add_run(5000, 9500, 2000);
    cr_assert_eq(segments.count, 3);
    check(1, 1, 4000, 5000);
    check(2, 2, 5000, 9000);
    cr_assert_eq(segments.list[1].reel, 0);
    cr_assert_eq(segments.list[2].reel, 1);
    cr_assert_eq(segments.list[2].first, 0);
}

/* The last picture promises 200 ms; the hole is not longer than what a segment may reach over. */
Test(segment, a_small_hole_belongs_to_the_segment_before) {
    add_run(0, 1000, 2000);
    next_reel();
    add(3000, 200, true, true);
    cr_assert_eq(segments.count, 1);
    check(0, 0, 0, 3000);
    cr_assert_eq(segments.list[0].end_tick, 1100 * RATE / 1000);
}

Test(segment, a_large_hole_has_numbers_of_its_own) {
    add_run(0, 1000, 2000);
    next_reel();
    add(12000, 200, true, true);
    add(12100, 200, false, false);
    cr_assert_eq(lct_segments_end(&segments, 0), 0);
    cr_assert_eq(segments.count, 2);
    check(0, 0, 0, 1100);
    check(1, 4, 12000, 12300);
    cr_assert_eq(lct_segment_hole(&segments.list[0], &segments.list[1]), 3);
    cr_assert_null(lct_segments_number(&segments, 2));
    cr_assert_eq(lct_segments_number(&segments, 4), &segments.list[1]);
    cr_assert_null(lct_segments_number(&segments, 5));
}

Test(segment, a_hole_of_years_has_not_more_pieces_than_it_may) {
    add_run(0, 1000, 2000);
    next_reel();
    add(INT64_C(86400000) * 365, 200, true, true);
    cr_assert_eq(lct_segments_end(&segments, 0), 0);
    cr_assert_eq(segments.list[1].number, LCT_SEGMENT_HOLE_PIECES + 1);
}

/* What was left of a reel whose beginning is damaged, and a clock that was set back. */
Test(segment, what_cannot_be_shown_is_passed_over) {
    add(100, 200, false, false);
    add(200, 200, true, false);
    add(300, 200, false, false);
    next_reel();
    add(100, 200, true, false);
    add(400, 200, false, false);
    add(500, 200, true, false);
    cr_assert_eq(lct_segments_end(&segments, 0), 0);
    cr_assert_eq(segments.count, 2);
    check(0, 0, 200, 500);
    cr_assert_eq(segments.list[0].first, 1);
    cr_assert_eq(segments.list[0].rows, 2);
    check(1, 1, 500, 700);
}

Test(segment, the_end_of_a_lesson) {
    add_run(0, 6000, 2000);
    cr_assert_eq(lct_segments_end(&segments, 6050 * LCT_MS), 0);
    check(1, 1, 4000, 6050);
    cr_assert_eq(segments.list[1].end_tick, 6050 * RATE / 1000);
    cr_assert_eq(lct_segments_end(&segments, 6050 * LCT_MS), 0);
    cr_assert_eq(segments.count, 2, "the end ends it once");
}

/* The newest chunk's duration is not known. */
Test(segment, the_tail) {
    struct lct_segment tail;
    cr_assert(!lct_segments_tail(&segments, &tail));
    add_run(0, 4000, 2000);
    add(4000, 200, true, false);
    cr_assert(!lct_segments_tail(&segments, &tail));
    add(4100, 200, false, false);
    cr_assert(lct_segments_tail(&segments, &tail));
    cr_assert_eq(tail.number, 1);
    cr_assert_eq(tail.first, 40);
    cr_assert_eq(tail.rows, 1);
    cr_assert_eq(tail.bytes, BYTES);
    cr_assert_eq(tail.end_tick, 4100 * RATE / 1000);
}

Test(segment, found_by_time) {
    add_run(1000, 13100, 2000);
    cr_assert_eq(lct_segments_find(&segments, 0), 0);
    cr_assert_eq(lct_segments_find(&segments, 4999 * LCT_MS), 0);
    cr_assert_eq(lct_segments_find(&segments, 5000 * LCT_MS), 1);
    cr_assert_eq(lct_segments_find(&segments, 3600 * LCT_SECOND), 2);
}

/* Whatever the keys: nothing is lost, nothing overlaps, each begins with a key, and none is too
 * long that could be shorter. */
Test(segment, any_keys) {
    srand(1);
    for (int turn = 0; turn < 200; turn++) {
        bool keys[600];
        int rate = 1 + rand() % 80;
        begin();
        for (int i = 0; i < 600; i++) {
            keys[i] = i == 0 || rand() % rate == 0;
            add(i * 100, 200, keys[i], false);
        }
        cr_assert_eq(lct_segments_end(&segments, 60 * LCT_SECOND), 0);
        uint32_t at = 0;
        for (size_t k = 0; k < segments.count; k++) {
            const struct lct_segment *s = &segments.list[k];
            bool one_gop = true;
            cr_assert_eq(s->first, at);
            cr_assert(keys[at]);
            for (uint32_t i = at + 1; i < at + s->rows; i++) {
                one_gop = one_gop && !keys[i];
            }
            cr_assert(one_gop || s->until - s->time <= LCT_SEGMENT_MOST);
            cr_assert_eq(s->time, at * 100 * LCT_MS);
            at += s->rows;
            cr_assert_eq(s->until, at * 100 * LCT_MS);
        }
        cr_assert_eq(at, 600);
        end();
    }
}

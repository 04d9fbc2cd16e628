// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include "stream/ws_line.h"

static lct_ns now = 1000 * LCT_SECOND; /* one test a process */
static struct lct_ws_line line;

static void begin(void) { line = lct_ws_line_begin(0); }

TestSuite(ws_line, .init = begin);

/* Chunks for so long, each of which waited for so long. */
static void flow(lct_ns length, lct_ns waited) {
    for (lct_ns end = now + length; now < end; now += 20 * LCT_MS) {
        (void)lct_ws_line_note(&line, now, waited);
    }
}

/* How long until the full pictures come back; the line is wide. */
static lct_ns time_to_full(void) {
    lct_ns began = now;
    while (line.level != LCT_WS_FULL) {
        flow(100 * LCT_MS, 0);
        cr_assert_lt(now - began, 1000 * LCT_SECOND);
    }
    return now - began;
}

static void judge_patience(lct_ns took, lct_ns patience) {
    cr_assert_geq(took, patience);
    cr_assert_leq(took, patience + LCT_SECOND);
}

Test(ws_line, is_wide_until_a_chunk_is_late) {
    flow(100 * LCT_SECOND, LCT_WS_LINE_LATE - 1);
    cr_assert_eq(line.level, LCT_WS_FULL);
    cr_assert(lct_ws_line_note(&line, now, LCT_WS_LINE_LATE));
    cr_assert_eq(line.level, LCT_WS_SMALL);
    cr_assert_not(lct_ws_line_note(&line, now, LCT_WS_LINE_LATE), "it is so already");
}

Test(ws_line, is_wide_again_when_nothing_waits_for_a_while) {
    flow(LCT_SECOND, LCT_WS_LINE_LATE);
    judge_patience(time_to_full(), LCT_WS_LINE_PATIENCE);
}

Test(ws_line, is_not_wide_while_chunks_wait) {
    flow(LCT_SECOND, LCT_WS_LINE_LATE);
    flow(LCT_WS_LINE_PATIENCE - LCT_SECOND, 0);
    flow(100 * LCT_SECOND, LCT_WS_LINE_CLEAN);
    cr_assert_eq(line.level, LCT_WS_SMALL);
    judge_patience(time_to_full(), LCT_WS_LINE_PATIENCE);
}

Test(ws_line, is_tried_ever_more_seldom) {
    static const int patience[] = {8, 16, 32, 64, 128, 128, 128};
    for (size_t i = 0; i < sizeof patience / sizeof *patience; i++) {
        flow(LCT_SECOND, LCT_WS_LINE_LATE);
        judge_patience(time_to_full(), patience[i] * LCT_SECOND);
        flow(2 * LCT_SECOND, 0);
    }
    flow(LCT_WS_LINE_TRIAL, 0); /* this time it holds */
    flow(LCT_SECOND, LCT_WS_LINE_LATE);
    judge_patience(time_to_full(), LCT_WS_LINE_PATIENCE);
}

Test(ws_line, of_many_each_is_patient_for_a_time_of_its_own) {
    line = lct_ws_line_begin(0.5);
    for (int i = 1; i <= 4; i *= 2) {
        flow(LCT_SECOND, LCT_WS_LINE_LATE);
        judge_patience(time_to_full(), i * 3 * LCT_WS_LINE_PATIENCE / 2);
        flow(2 * LCT_SECOND, 0);
    }
}

Test(ws_line, is_hopeless_when_small_pictures_are_late_again_and_again) {
    flow(3 * LCT_SECOND, LCT_WS_LINE_LATE);
    flow(LCT_WS_LINE_PATIENCE - LCT_SECOND, 0); /* the small ones fit */
    for (int i = 0; i < 3; i++) {
        cr_assert_not(lct_ws_line_is_hopeless(&line));
        flow(2 * LCT_SECOND, 0); /* it was moved ahead */
        flow(2 * LCT_SECOND, LCT_WS_LINE_LATE);
    }
    flow(LCT_SECOND, LCT_WS_LINE_LATE);
    cr_assert(lct_ws_line_is_hopeless(&line));
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include "stream/rtc/level.h"

#define CAMERA 0
#define SCREEN 1
#define WIDE 15000000U

static struct lct_levels levels;
static struct lct_level_picture pictures[2];
static lct_ns now;

static void begin(void) {
    levels = lct_levels_begin(0);
    pictures[CAMERA] = (struct lct_level_picture){LCT_LEVEL_FULL, {0, 500000, 3000000}};
    pictures[SCREEN] = (struct lct_level_picture){LCT_LEVEL_FULL, {0, 50000, 200000}};
    now = 100 * LCT_SECOND;
}

TestSuite(level, .init = begin);

static int move(lct_ns clean, uint32_t bps) {
    return lct_levels_move(&levels, pictures, 2, clean, bps, now);
}

/* Seconds, of a line that is full, or clean since the first of them: moves made. */
static int pass(double seconds, bool full, uint32_t bps) {
    lct_ns from = now, end = now + (lct_ns)(seconds * (double)LCT_SECOND);
    int moves = 0;
    for (; now < end; now += 100 * LCT_MS) {
        moves += move(full ? 0 : now - from + 1, bps) >= 0;
    }
    return moves;
}

Test(level, a_clean_line_moves_nothing) { cr_assert_eq(pass(600, false, WIDE), 0); }

Test(level, down_goes_at_once_what_takes_most) {
    cr_assert_eq(move(0, 1000000), CAMERA);
    cr_assert_eq(pictures[CAMERA].level, LCT_LEVEL_SMALL);
    cr_assert_eq(pass(1.9, true, 1000000), 0, "it is given time");
    cr_assert_eq(pass(0.3, true, 1000000), 1);
    cr_assert_eq(pictures[SCREEN].level, LCT_LEVEL_SMALL, "before any is taken away");
    cr_assert_eq(pass(3.7, true, 1000000), 0);
    cr_assert_eq(pass(0.5, true, 1000000), 1);
    cr_assert_eq(pictures[CAMERA].level, LCT_LEVEL_NONE);
    cr_assert_eq(pass(60, true, 1000000), 1);
    cr_assert_eq(pictures[SCREEN].level, LCT_LEVEL_NONE);
}

Test(level, what_has_no_small_one_ends_last) {
    pictures[CAMERA].bps[LCT_LEVEL_SMALL] = 0;
    cr_assert_eq(move(0, 1000000), SCREEN);
    cr_assert_eq(pass(4.5, true, 1000000), 1);
    cr_assert_eq(pictures[CAMERA].level, LCT_LEVEL_NONE);
    cr_assert_eq(pass(10.5, false, WIDE), 1);
    cr_assert_eq(pictures[CAMERA].level, LCT_LEVEL_FULL);
}

/* Somebody else on the same line tries a larger one, and gives it up. */
Test(level, a_short_squeeze_ends_no_picture) {
    pictures[CAMERA].level = pictures[SCREEN].level = LCT_LEVEL_SMALL;
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(pass(10, false, 600000), 0);
        cr_assert_eq(pass(3.5, true, 600000), 0);
    }
    cr_assert_eq(pass(1, true, 600000), 1);
    cr_assert_eq(pictures[CAMERA].level, LCT_LEVEL_NONE);
}

Test(level, of_equals_the_one_asked_for_first_stays) {
    pictures[SCREEN] = pictures[CAMERA];
    cr_assert_eq(move(0, 1000000), SCREEN);
    cr_assert_eq(pass(2.1, true, 1000000), 1);
    cr_assert_eq(pass(10.5, false, WIDE), 1);
    cr_assert_eq(pictures[CAMERA].level, LCT_LEVEL_FULL);
    cr_assert_eq(pictures[SCREEN].level, LCT_LEVEL_SMALL);
}

Test(level, up_goes_what_fits_and_nothing_else) {
    cr_assert_eq(move(0, 1000000), CAMERA);
    now += LCT_SECOND;
    cr_assert_eq(pass(120, false, 3100000), 0, "3.2 Mbit/s do not fit");
    cr_assert_eq(pass(10.5, false, 3300000), 1);
    cr_assert_eq(pictures[CAMERA].level, LCT_LEVEL_FULL);
}

Test(level, up_goes_first_what_is_not_shown) {
    (void)pass(20, true, 100000);
    cr_assert_eq(pictures[CAMERA].level, LCT_LEVEL_NONE);
    cr_assert_eq(pictures[SCREEN].level, LCT_LEVEL_NONE);
    (void)pass(10.5, false, WIDE);
    cr_assert_eq(pictures[SCREEN].level, LCT_LEVEL_SMALL);
    (void)pass(10.5, false, WIDE);
    cr_assert_eq(pictures[CAMERA].level, LCT_LEVEL_SMALL, "before the other one is full");
}

/* Up, and down again soon after: how long the line was clean before. */
static double try_in_vain(void) {
    lct_ns from = now;
    while (pictures[CAMERA].level != LCT_LEVEL_FULL) {
        (void)move(now - from + 1, WIDE);
        now += 100 * LCT_MS;
        cr_assert_lt(now - from, 1000 * LCT_SECOND);
    }
    double waited = (double)(now - from) / 1e9;
    now += 5 * LCT_SECOND;
    cr_assert_eq(move(0, 1000000), CAMERA);
    return waited;
}

Test(level, a_try_in_vain_doubles_the_wait) {
    cr_assert_eq(move(0, 1000000), CAMERA);
    double wait = 10;
    for (int i = 0; i < 5; i++, wait *= 2) {
        double waited = try_in_vain();
        cr_assert_float_eq(waited, wait, 0.3);
    }
    double waited = try_in_vain();
    cr_assert_float_eq(waited, 300, 0.3, "but no longer");
}

Test(level, of_many_on_one_line_each_waits_a_time_of_its_own) {
    static const double shares[] = {0, 0.25, 1};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        begin();
        levels = lct_levels_begin(shares[i]);
        cr_assert_eq(move(0, 1000000), CAMERA);
        for (double wait = 10 + 10 * shares[i]; wait < 100; wait *= 2) {
            double waited = try_in_vain();
            cr_assert_float_eq(waited, wait, 0.3);
        }
    }
}

Test(level, a_try_that_held_makes_it_short_again) {
    cr_assert_eq(move(0, 1000000), CAMERA);
    (void)try_in_vain();
    (void)pass(20.5, false, WIDE);
    cr_assert_eq(pictures[CAMERA].level, LCT_LEVEL_FULL);
    (void)pass(31, false, WIDE);
    cr_assert_eq(move(0, 1000000), CAMERA);
    double waited = try_in_vain();
    cr_assert_float_eq(waited, 10, 0.3);
}

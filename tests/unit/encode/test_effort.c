// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include "encode/effort.h"

/* Pictures 30 a second for so long, each taking share of its time. Returns the steps taken. */
static int run(struct lct_effort *e, lct_ns *now, lct_ns length, double share, bool lost) {
    int changes = 0;
    lct_ns each = LCT_SECOND / 30;
    for (lct_ns end = *now + length; *now < end; *now += each) {
        changes += lct_effort_note(e, *now, (lct_ns)((double)each * share), lost);
    }
    return changes;
}

Test(effort, goes_down_the_stated_steps) {
    static const enum lct_preset presets[] = {LCT_PRESET_VERYFAST, LCT_PRESET_SUPERFAST,
                                              LCT_PRESET_ULTRAFAST, LCT_PRESET_ULTRAFAST,
                                              LCT_PRESET_ULTRAFAST};
    static const int divisors[] = {1, 1, 1, 2, 4};
    struct lct_effort e = {0};
    lct_ns now = LCT_SECOND;
    for (int step = 0; step < LCT_EFFORT_STEPS; step++) {
        cr_assert_eq(e.step, step);
        cr_assert_eq(lct_effort_preset(&e), presets[step]);
        cr_assert_eq(lct_effort_divisor(&e), divisors[step]);
        int changes = run(&e, &now, 2 * LCT_SECOND + LCT_SECOND / 20, 0.95, false);
        cr_assert_eq(changes, step + 1 < LCT_EFFORT_STEPS ? 1 : 0);
    }
}

Test(effort, a_lost_picture_counts_like_a_busy_encoder) {
    struct lct_effort e = {0};
    lct_ns now = LCT_SECOND;
    cr_assert_eq(run(&e, &now, 3 * LCT_SECOND, 0.1, true), 1);
    cr_assert_eq(e.step, 1);
}

Test(effort, comes_back_only_after_a_calm_while) {
    struct lct_effort e = {.step = 2};
    lct_ns now = LCT_SECOND;
    cr_assert_eq(run(&e, &now, 25 * LCT_SECOND, 0.3, false), 0);
    (void)run(&e, &now, 4 * LCT_SECOND, 0.6, false); /* not calm, not too busy */
    cr_assert_eq(run(&e, &now, 28 * LCT_SECOND, 0.3, false), 0, "calm begins anew");
    cr_assert_eq(run(&e, &now, 8 * LCT_SECOND, 0.3, false), 1);
    cr_assert_eq(e.step, 1);
}

Test(effort, stays_where_it_is_well) {
    struct lct_effort e = {0};
    lct_ns now = LCT_SECOND;
    cr_assert_eq(run(&e, &now, 300 * LCT_SECOND, 0.6, false), 0);
    cr_assert_eq(run(&e, &now, 300 * LCT_SECOND, 0.01, false), 0);
    cr_assert_float_eq(e.busy, 0.01, 0.005);
}

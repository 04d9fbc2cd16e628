// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include "encode/effort.h"

/* Pictures 30 a second for so long, each taking share of its time and having a processor for cpu of
 * it. Returns the steps taken. */
static int run_on(struct lct_effort *e, lct_ns *now, lct_ns length, double share, double cpu) {
    int changes = 0;
    lct_ns each = LCT_SECOND / 30;
    const struct lct_effort_work work = {
        .took = (lct_ns)((double)each * share),
        .cpu = (lct_ns)((double)each * cpu),
    };
    for (lct_ns end = *now + length; *now < end; *now += each) {
        changes += lct_effort_note(e, *now, &work);
    }
    return changes;
}

static int run(struct lct_effort *e, lct_ns *now, lct_ns length, double share) {
    return run_on(e, now, length, share, share);
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
        int changes = run(&e, &now, 2 * LCT_SECOND + LCT_SECOND / 20, 0.95);
        cr_assert_eq(changes, step + 1 < LCT_EFFORT_STEPS ? 1 : 0);
    }
}

Test(effort, a_lost_picture_counts_like_a_busy_encoder) {
    struct lct_effort e = {0};
    lct_ns now = LCT_SECOND;
    (void)run(&e, &now, LCT_SECOND, 0.1);
    const struct lct_effort_work lost = {.lost = true};
    cr_assert_not(lct_effort_note(&e, now, &lost));
    cr_assert_eq(run(&e, &now, 4 * LCT_SECOND, 0.1), 1);
    cr_assert_eq(e.step, 1);
}

Test(effort, waiting_for_a_processor_counts_like_a_busy_encoder) {
    struct lct_effort e = {0};
    lct_ns now = LCT_SECOND;
    cr_assert_eq(run_on(&e, &now, 60 * LCT_SECOND, 0.5, 0.1), 0); /* others run too */
    cr_assert_float_eq(e.starved, 0.4, 0.02);
    cr_assert_eq(run_on(&e, &now, 12 * LCT_SECOND, 0.6, 0.04), 4);
    cr_assert_float_eq(e.starved, 0.56, 0.02);
}

Test(effort, comes_back_only_after_a_calm_while) {
    struct lct_effort e = {.step = 2};
    lct_ns now = LCT_SECOND;
    cr_assert_eq(run(&e, &now, 25 * LCT_SECOND, 0.3), 0);
    (void)run(&e, &now, 4 * LCT_SECOND, 0.6); /* not calm, not too busy */
    cr_assert_eq(run(&e, &now, 28 * LCT_SECOND, 0.3), 0, "calm begins anew");
    cr_assert_eq(run(&e, &now, 8 * LCT_SECOND, 0.3), 1);
    cr_assert_eq(e.step, 1);
}

Test(effort, stays_where_it_is_well) {
    struct lct_effort e = {0};
    lct_ns now = LCT_SECOND;
    cr_assert_eq(run(&e, &now, 300 * LCT_SECOND, 0.6), 0);
    cr_assert_eq(run(&e, &now, 300 * LCT_SECOND, 0.01), 0);
    cr_assert_float_eq(e.busy, 0.01, 0.005);
}

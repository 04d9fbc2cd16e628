// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <stdlib.h>

#include "capture/pace.h"

static uint64_t seed = 7;

static lct_ns jitter(lct_ns most) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (lct_ns)((seed >> 33) % (uint64_t)most);
}

/* Runs 10 ms buffers for a while; true capture time of device time d is 50 s + d * (1 + ppm / 1e6).
   Returns the largest error after settling, in ns; *ret_step: the largest deviation of a step. */
static lct_ns run(struct lct_pace *pace, lct_ns from, lct_ns to, double ppm, lct_ns *ret_step) {
    lct_ns worst = 0, step = 0, last = LCT_NS_NONE;
    for (lct_ns d = from; d < to; d += 10 * LCT_MS) {
        lct_ns captured = 50 * LCT_SECOND + d + (lct_ns)((double)d * ppm / 1e6);
        lct_pace_see(pace, d, captured + 2 * LCT_MS + jitter(15 * LCT_MS));
        lct_ns time = lct_pace_time(pace, d);
        if (d - from > LCT_SECOND) {
            worst = llabs(time - captured) > worst ? llabs(time - captured) : worst;
            lct_ns off = llabs(time - last - 10 * LCT_MS);
            step = last != LCT_NS_NONE && off > step ? off : step;
        }
        last = time;
    }
    *ret_step = step;
    return worst;
}

Test(pace, jitter_of_arrival_does_not_show_and_drift_is_followed) {
    static const double drifts[] = {-100, 0, 100};
    for (size_t i = 0; i < 3; i++) {
        struct lct_pace pace = {0};
        lct_ns step, worst = run(&pace, 0, 600 * LCT_SECOND, drifts[i], &step);
        cr_expect_lt(worst, 5 * LCT_MS, "%.0f ppm: %.2f ms", drifts[i], (double)worst / 1e6);
        cr_expect_leq(step, 300 * LCT_US, "%.0f ppm: a step off by %.3f ms", drifts[i],
                      (double)step / 1e6);
    }
}

Test(pace, a_frozen_device_comes_back_in_time) {
    struct lct_pace pace = {0};
    lct_ns step;
    (void)run(&pace, 0, 5 * LCT_SECOND, 0, &step);
    for (lct_ns d = 5 * LCT_SECOND; d < 9 * LCT_SECOND; d += 10 * LCT_MS) {
        lct_pace_see(&pace, d, 51 * LCT_SECOND + d); /* all a second later from now on */
    }
    cr_expect_lt(llabs(lct_pace_time(&pace, 9 * LCT_SECOND) - 60 * LCT_SECOND), 30 * LCT_MS);
}

Test(pace, nothing_is_captured_after_it_came) {
    struct lct_pace pace = {0};
    lct_pace_see(&pace, 0, LCT_SECOND); /* the first is late by half a second */
    lct_pace_see(&pace, 550 * LCT_MS, 1050 * LCT_MS);
    cr_expect_eq(lct_pace_time(&pace, 550 * LCT_MS), 1050 * LCT_MS);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include "archive/tape/guard.h"

#define MINUTE (60 * LCT_SECOND)
#define RATE 1e6 /* bytes a second */

static lct_ns left(const struct lct_guard *guard, double seconds) {
    return lct_guard_judge(guard, (uint64_t)(RATE * seconds)).left;
}

Test(guard, believes_what_is_expected_at_first) {
    struct lct_guard guard = lct_guard(RATE);
    cr_assert_eq(left(&guard, 600), 10 * MINUTE);
    cr_assert_lt(left(&guard, 119), LCT_GUARD_REFUSE);
    cr_assert_geq(left(&guard, 121), LCT_GUARD_REFUSE);
}

Test(guard, raises_each_alarm_at_its_minute) {
    struct lct_guard guard = lct_guard(RATE);
    cr_assert_eq(lct_guard_judge(&guard, (uint64_t)(RATE * 1801)).alarm, LCT_GUARD_NONE);
    cr_assert_eq(lct_guard_judge(&guard, (uint64_t)(RATE * 1799)).alarm, LCT_GUARD_ALARM_LOW);
    cr_assert_eq(lct_guard_judge(&guard, (uint64_t)(RATE * 601)).alarm, LCT_GUARD_ALARM_LOW);
    cr_assert_eq(lct_guard_judge(&guard, (uint64_t)(RATE * 599)).alarm, LCT_GUARD_ALARM_VERY_LOW);
    cr_assert_eq(lct_guard_judge(&guard, 0).left, 0);
}

Test(guard, follows_the_rate_slowly) {
    struct lct_guard guard = lct_guard(RATE);
    uint64_t bytes = 0;
    for (int second = 1; second <= 600; second++) {
        bytes += (uint64_t)(2 * RATE);
        lct_guard_note(&guard, second * LCT_SECOND, bytes);
        if (second == 10) {
            cr_assert_gt(left(&guard, 600), 8 * MINUTE, "ten seconds do not say much yet");
        }
    }
    cr_assert_float_eq((double)left(&guard, 600), 5.0 * MINUTE, (double)LCT_SECOND);
}

Test(guard, a_still_slide_promises_no_days) {
    struct lct_guard guard = lct_guard(RATE);
    for (int second = 1; second <= 3600; second++) {
        lct_guard_note(&guard, second * LCT_SECOND, 1);
    }
    cr_assert_eq(left(&guard, 600), 40 * MINUTE);
}

Test(guard, bears_a_new_count_and_a_clock_that_stands) {
    struct lct_guard guard = lct_guard(RATE);
    lct_guard_note(&guard, LCT_SECOND, 1000);
    lct_guard_note(&guard, LCT_SECOND, 2000);
    lct_guard_note(&guard, 2 * LCT_SECOND, 10);
    cr_assert_eq(left(&guard, 60), MINUTE);
    struct lct_guard nothing = lct_guard(0);
    cr_assert_gt(lct_guard_judge(&nothing, UINT64_MAX).left, 24 * 3600 * LCT_SECOND);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/tape/guard.h"

/* The rate follows the tape with this time constant, but never falls below a quarter of what was
 * expected: a still slide must not promise hours that the first moving picture takes back. */
#define SMOOTH_SECONDS 60.0
#define FLOOR_SHARE 0.25

struct lct_guard lct_guard(double expected_bytes_per_second) {
    return (struct lct_guard){.expected_bps = expected_bytes_per_second};
}

void lct_guard_note(struct lct_guard *guard, lct_ns now, uint64_t bytes) {
    if (guard->last_time > 0 && now > guard->last_time && bytes >= guard->last_bytes) {
        double dt = (double)(now - guard->last_time) / LCT_SECOND;
        double rate = (double)(bytes - guard->last_bytes) / dt;
        double share = dt / SMOOTH_SECONDS < 1 ? dt / SMOOTH_SECONDS : 1;
        double before = guard->rate > 0 ? guard->rate : guard->expected_bps;
        guard->rate = before + (rate - before) * share;
    }
    guard->last_time = now;
    guard->last_bytes = bytes;
}

static double rate_of(const struct lct_guard *guard) {
    double least = guard->expected_bps * FLOOR_SHARE;
    double rate = guard->rate > 0 ? guard->rate : guard->expected_bps;
    return rate > least ? rate : least;
}

uint64_t lct_guard_bytes(const struct lct_guard *guard, lct_ns time) {
    return (uint64_t)(rate_of(guard) * (double)time / LCT_SECOND);
}

struct lct_guard_verdict lct_guard_judge(const struct lct_guard *guard, uint64_t free_bytes) {
    double rate = rate_of(guard);
    struct lct_guard_verdict v = {.left = INT64_MAX / 2};
    if (rate > 0) {
        double seconds = (double)free_bytes / rate;
        v.left = seconds > 1e9 ? INT64_MAX / 2 : (lct_ns)(seconds * LCT_SECOND);
    }
    v.alarm = v.left < LCT_GUARD_VERY_LOW ? LCT_GUARD_ALARM_VERY_LOW
              : v.left < LCT_GUARD_LOW    ? LCT_GUARD_ALARM_LOW
                                          : LCT_GUARD_NONE;
    return v;
}

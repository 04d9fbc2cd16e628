// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The disk guard: how long the disk lasts at the present rate, and when to raise an alarm. Pure;
 * the caller looks at the disk and the clock.
 *
 *     lct_guard_note(&guard, now, bytes_written_so_far);
 *     struct lct_guard_verdict v = lct_guard_judge(&guard, free_bytes);
 */
#pragma once

#include <stdint.h>

#include "base/time.h"

/** A lesson is not begun with less space than for so long. */
#define LCT_GUARD_REFUSE (120 * LCT_SECOND)
/** Alarms while recording. */
#define LCT_GUARD_LOW (30 * 60 * LCT_SECOND)
#define LCT_GUARD_VERY_LOW (10 * 60 * LCT_SECOND)
/** What a lesson usually needs: a start with less is warned about. */
#define LCT_GUARD_LESSON (45 * 60 * LCT_SECOND)

/** Bytes that all else (uploads, imports, exports) leaves free: a recording is dearer. */
#define LCT_GUARD_SPARE (UINT64_C(2) << 30)

enum lct_guard_alarm { LCT_GUARD_NONE, LCT_GUARD_ALARM_LOW, LCT_GUARD_ALARM_VERY_LOW };

struct lct_guard {
    double expected_bps; /**< bytes a second before anything is known: from the encoders' caps */
    double rate;         /**< bytes a second, smoothed over a minute; 0: not known */
    lct_ns last_time;
    uint64_t last_bytes;
};

struct lct_guard_verdict {
    lct_ns left; /**< at the present (or expected) rate */
    enum lct_guard_alarm alarm;
};

/** A guard that expects so many bytes a second. */
struct lct_guard lct_guard(double expected_bytes_per_second);

/** At now (CLOCK_MONOTONIC) so many bytes have been written since the lesson began. */
void lct_guard_note(struct lct_guard *guard, lct_ns now, uint64_t bytes);

/** What free_bytes mean. */
struct lct_guard_verdict lct_guard_judge(const struct lct_guard *guard, uint64_t free_bytes);

/** Bytes that recording for so long (not negative) takes at the present rate. */
uint64_t lct_guard_bytes(const struct lct_guard *guard, lct_ns time);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a person sees of a source that runs: how loud the sound is and how many pictures come. Plain
 * structs; who shares one between threads guards it himself.
 *
 *     lct_meter_add(&level, frame->sound, frame->samples, frame->time);
 *     lct_rate_add(&rate, frame->time);
 *     fps = lct_rate_per_second(&rate, lct_monotonic());
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

/** What is shown for silence, and when there is no sound. */
#define LCT_METER_SILENCE_DB (-100.0F)

struct lct_meter {
    float peak_db; /**< of the last whole window of 200 ms, dBFS; valid after the first add */
    float rms_db;
    lct_ns time; /**< end of that window; 0: there was none */
    /* the window that is being filled */
    size_t samples;
    float peak;
    double squares;
};

/** Adds samples x LCT_SOUND_CHANNELS floats whose first was captured at time. */
void lct_meter_add(struct lct_meter *level, const float *sound, size_t samples, lct_ns time);

/** What to show at now: LCT_METER_SILENCE_DB for both when no sound came in the last half second.
 */
void lct_meter_read(const struct lct_meter *level, lct_ns now, float *ret_peak_db,
                    float *ret_rms_db);

#define LCT_RATE_TIMES 256 /* 2 s of 120 pictures a second */

struct lct_rate {
    lct_ns times[LCT_RATE_TIMES]; /**< a ring; 0: not used yet */
    unsigned next;
};

/** Notes one picture. */
void lct_rate_add(struct lct_rate *rate, lct_ns time);

/** Pictures a second over the two seconds before now (over less when it began later). */
double lct_rate_per_second(const struct lct_rate *rate, lct_ns now);

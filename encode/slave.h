// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Slaves a sound device to the one clock. A microphone's crystal and CLOCK_MONOTONIC differ by up
 * to a few hundred ppm; over a school day that is seconds. The slave counts samples against their
 * capture times, estimates the rate in ppm and resamples softly, so that its output is a grid of
 * exactly 48000 samples a monotonic second: sample n of the grid belongs to grid zero + n/48000 s.
 * It never jumps: only a gap longer than LCT_SLAVE_GAP (device lost) is filled with silence, and
 * said.
 *
 *   error = where the samples are - where the grid puts them, smoothed over some seconds
 *   ppm   = integral part (the crystal) + proportional part (what is left to catch up), slewed
 *
 * One thread. The clock is the caller's: hours run in seconds in a test.
 *
 *     lct_slave_push(slave, frame->time, frame->sound, frame->samples);
 *     while (lct_slave_pull(slave, 1024, out)) …            // 1024 stereo samples of the grid
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/time.h"

struct lct_slave;

/** A hole in a device's sound longer than this is silence; a shorter one is jitter. */
#define LCT_SLAVE_GAP (100 * LCT_MS)

struct lct_slave_status {
    double ppm;      /**< how much faster (+) than the clock the device counts */
    double error_ms; /**< smoothed distance of the sound from its true time now */
    uint64_t gaps;   /**< holes filled with silence */
    lct_ns gap_time; /**< silence put into holes in all */
};

/** A grid that begins (sample 0) at capture time zero. Returns owned. */
struct lct_slave *lct_slave_create(lct_ns zero) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_slave_destroy(struct lct_slave *slave);

/**
 * Takes in samples stereo samples (interleaved floats, borrows) whose first was captured at time.
 * Sound from before grid zero is dropped. 0 or -ENOMEM.
 */
int lct_slave_push(struct lct_slave *slave, lct_ns time, const float *sound,
                   size_t samples) LCT_MUST_USE;

/**
 * The device gives nothing: fills the grid with silence up to time. What comes later begins anew.
 */
int lct_slave_silence(struct lct_slave *slave, lct_ns time) LCT_MUST_USE;

/** Takes samples stereo samples out of the grid into out; false (and nothing taken) when fewer are
 * there. */
bool lct_slave_pull(struct lct_slave *slave, size_t samples, float *out);

/** Number of the grid's sample that pull returns next. */
int64_t lct_slave_position(const struct lct_slave *slave);

/** Capture time up to which the grid is filled. */
lct_ns lct_slave_filled_to(const struct lct_slave *slave);

/** What the estimator knows now. */
void lct_slave_status(const struct lct_slave *slave, struct lct_slave_status *ret_status);

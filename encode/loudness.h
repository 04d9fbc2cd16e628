// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Brings a sound to a loudness: integrated loudness by EBU R 128 / ITU-R BS.1770-4 (libebur128),
 * one gain for all of it, and a limiter that keeps true peaks at or below -2 dBTP (coding adds
 * some: R 128 wants -1). The sound is heard twice or more, always from its begin to its end: once
 * to measure it, again as long as what the limiter took away must be made up for, then to change
 * it. Memory: 4 bytes each 128 samples. One thread.
 *
 *     struct lct_loudness *l = lct_loudness_create(-16);
 *     do {
 *         for (…) lct_loudness_add(l, sound, 1024);
 *     } while (lct_loudness_settle(l));
 *     for (…) lct_loudness_apply(l, at, sound, 1024);      // any place, any order
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/** Targets that make sense, in LUFS; the web's is -16, broadcast's -23. */
#define LCT_LOUDNESS_MIN (-40.0)
#define LCT_LOUDNESS_MAX (-5.0)

struct lct_loudness;

/** For a target in LUFS, LCT_LOUDNESS_MIN to LCT_LOUDNESS_MAX. Returns owned. */
struct lct_loudness *lct_loudness_create(double target) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_loudness_destroy(struct lct_loudness *loudness);

/** The next samples (48 kHz stereo, interleaved, a multiple of 128) of the sound as it was. 0 or
 * -ENOMEM. */
int lct_loudness_add(struct lct_loudness *loudness, const float *sound,
                     size_t samples) LCT_MUST_USE;

/** The sound is at its end. True: it must be heard once more. */
bool lct_loudness_settle(struct lct_loudness *loudness);

/** Changes samples from place at on. */
void lct_loudness_apply(const struct lct_loudness *loudness, int64_t at, float *sound,
                        size_t samples);

/** LUFS before and after; false: it is silent, and left alone. */
bool lct_loudness_result(const struct lct_loudness *loudness, double *ret_before,
                         double *ret_after);

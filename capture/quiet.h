// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Does a picture from a card differ from the one given last, or is it only the noise of its
 * analogue way and of its compression? Blocks of 16 x 16 luma samples are compared; the noise is
 * measured from the pictures themselves (most blocks of a still screen hold nothing else). Pure;
 * any thread.
 *
 *     if (lct_quiet_changed(now, now_stride, last, last_stride, 1920, 1080) == 0) …   // still
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * Compares two luma planes of width x height (2 to LCT_PICTURE_SIDE_MAX). Returns the share of
 * blocks that changed, in 1/1000, at least 1 when any did; 0: quiet.
 */
unsigned lct_quiet_changed(const uint8_t *now, int now_stride, const uint8_t *last, int last_stride,
                           int width, int height);

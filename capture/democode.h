// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The capture time of a picture of the demo classroom, written into the picture as a row of black
 * and white blocks, and read back: by tests and benchmarks that want to know from pixels when
 * something was captured, after it was encoded, scaled, sent and shown.
 *
 * One unit u is width / 40 (32 pixels of 1280, 48 of 1920). A black band covers the whole width,
 * from 3 u above the lower edge down to it. In it stand 28 square blocks of one unit, block i from
 * x = (6 + i) u to (7 + i) u and from 2 u to 1 u above the lower edge:
 *
 *   | block   | is                                                                       |
 *   |---------|--------------------------------------------------------------------------|
 *   | 0       | white (the start; tells what white is)                                   |
 *   | 1       | black (tells what black is)                                              |
 *   | 2 … 25  | 24 bits, the highest first, white for 1: milliseconds of capture time    |
 *   |         | (CLOCK_MONOTONIC, rounded down) modulo 2^24                              |
 *   | 26      | parity: white when the number of ones among the 24 is odd                |
 *   | 27      | white (the end)                                                          |
 *
 * White is luma 235, black 16. A reader takes the mean of the middle half (each way) of every
 * block; white and black must be 80 apart, each block farther than a quarter of that from the
 * threshold in the middle, the end white and the parity right; else there is no code.
 */
#pragma once

#include <stdint.h>

#include "base/time.h"
#include "capture/frame.h"

#define LCT_DEMOCODE_BLOCKS 28
#define LCT_DEMOCODE_BITS 24

/** Draws the code of frame->time into frame (at least 160 wide and 16 high). */
void lct_democode_draw(struct lct_frame *frame);

/**
 * Reads the code out of a luma plane of width x height pixels, stride bytes a row. Returns the
 * milliseconds modulo 2^24, or -1 when there is no readable code. Pure.
 */
int32_t lct_democode_read(const uint8_t *luma, int stride, int width, int height);

/** The capture time nearest to near that has this code (as read). Pure. */
lct_ns lct_democode_time(int32_t code, lct_ns near);

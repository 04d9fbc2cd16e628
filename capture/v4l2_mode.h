// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a V4L2 device offers, which of it we take, and how its bytes become pictures. The rule:
 * - H.264 at 1280x720 or more and 25 fps or more, if it may be passed through (capture/verdict.h);
 * - else the largest size up to the limit with 25 fps or more, in the format that costs least there
 *   (NV12, I420, YUYV, UYVY, BGR, RGB, MJPEG): over USB 2 that is MJPEG at 1080p30;
 * - else what is fastest.
 * Of several rates from 25 up the one nearest to 30 is taken. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"
#include "capture/frame.h"

struct lct_v4l2_mode {
    uint32_t fourcc; /**< V4L2_PIX_FMT_… */
    int width, height;
    double fps; /**< 0: not told */
};

#define LCT_V4L2_MODES_MAX 512

/** True when we can read that format. */
bool lct_v4l2_known(uint32_t fourcc);

/** The best of n modes no larger than limit pixels wide (of those larger than it, if all are); n
 * when there is none we can read. */
size_t lct_v4l2_choose(const struct lct_v4l2_mode *modes, size_t n, bool with_h264, int limit);

/**
 * Makes a picture of n bytes in that mode (not H.264), rows of stride bytes. Owned; NULL when the
 * bytes are too few or a damaged JPEG.
 */
struct lct_frame *lct_v4l2_picture(const struct lct_v4l2_mode *mode, int stride,
                                   const uint8_t *bytes, size_t n, lct_ns time) LCT_MUST_USE;

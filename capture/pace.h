// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A device's own line of time (samples counted, RTP timestamps) laid onto CLOCK_MONOTONIC. What was
 * captured at d on the device's line came into our hands at a, never before it was captured: the
 * smallest a - d of a while is the offset between the lines, the rest is delay on the way. The
 * offset follows the device's drift by at most 1 %, so that times neither jitter nor jump; only a
 * hole (a device that froze, samples lost) moves it at once. Pure; one thread.
 *
 *     struct lct_pace pace = {0};
 *     lct_pace_see(&pace, device_time, lct_monotonic());
 *     frame->time = lct_pace_time(&pace, device_time);
 */
#pragma once

#include <stdbool.h>

#include "base/time.h"

/** After so long the offset is worth using: before it, the first arrivals are often late. */
#define LCT_PACE_SETTLE (300 * LCT_MS)

struct lct_pace {
    bool begun;
    lct_ns since;  /**< arrival of the first */
    lct_ns last;   /**< arrival of the last */
    lct_ns offset; /**< add to the device's time */
    lct_ns aim;    /**< where offset goes */
    lct_ns lowest; /**< smallest delay of this window */
    lct_ns window; /**< arrival at which the window ends */
};

/** What has device time d is here at arrival. */
void lct_pace_see(struct lct_pace *pace, lct_ns device, lct_ns arrival);

/** When it was captured. */
lct_ns lct_pace_time(const struct lct_pace *pace, lct_ns device);

/** True once LCT_PACE_SETTLE has passed. */
bool lct_pace_settled(const struct lct_pace *pace);

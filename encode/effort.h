// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * How hard a picture encoder tries when the computer is short of CPU: one step at a time down the
 * stated list, and back up when there has been room for a while. Never size, never sound. Pure
 * state, no clock.
 *
 *   step 0 veryfast   1 superfast   2 ultrafast   3 ultrafast, half the frames   4 and a quarter
 *
 *     if (lct_effort_note(&effort, now, &work)) reopen(lct_effort_preset(&effort));
 */
#pragma once

#include <stdbool.h>

#include "base/time.h"
#include "encode/video.h"

#define LCT_EFFORT_STEPS 5

struct lct_effort {
    int step;
    lct_ns window_start; /**< 0: no window yet */
    lct_ns took;         /**< in this window, as in struct lct_effort_work */
    lct_ns waited;       /**< of that without a processor */
    bool lost;           /**< frames were lost in this window */
    lct_ns calm_since;   /**< since when there has been room; 0: not now */
    double busy;         /**< share of the last whole window that encoding took, 0 to 1 */
    double starved;      /**< share in which it had no processor, 0 to busy */
};

/** What one frame cost the encoder, which works on one thread. */
struct lct_effort_work {
    lct_ns took; /**< from its beginning to its end */
    lct_ns cpu;  /**< CPU time of that; the rest it waited for a processor */
    bool lost;   /**< frames were lost on the way to the encoder since the one before */
};

/**
 * Notes what the encoder did until now. True when the step changed. Windows of 2 s: down when it
 * was at work for 85 %, waited for a processor for half of the time, or lost a frame; up after 30 s
 * in which it was at work for less than 45 %.
 */
bool lct_effort_note(struct lct_effort *effort, lct_ns now, const struct lct_effort_work *work);

/** The preset of the present step. */
enum lct_preset lct_effort_preset(const struct lct_effort *effort);

/** Of so many frames one is encoded: 1, 2 or 4. */
int lct_effort_divisor(const struct lct_effort *effort);

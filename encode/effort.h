// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * How hard a picture encoder tries when the computer is short of CPU: one step at a time down the
 * stated list, and back up when there has been room for a while. Never size, never sound. Pure
 * state, no clock.
 *
 *   step 0 veryfast   1 superfast   2 ultrafast   3 ultrafast, half the frames   4 a quarter of
 * them
 *
 *     if (lct_effort_note(&effort, now, worked, lost)) reopen(lct_effort_preset(&effort));
 */
#pragma once

#include <stdbool.h>

#include "base/time.h"
#include "encode/video.h"

#define LCT_EFFORT_STEPS 5

struct lct_effort {
    int step;
    lct_ns window_start; /**< 0: no window yet */
    lct_ns worked;       /**< in this window */
    bool lost;           /**< frames were lost in this window */
    lct_ns calm_since;   /**< since when there has been room; 0: not now */
    double busy;         /**< of the last whole window, 0 to 1 */
};

/**
 * Notes that until now the encoder worked for so long on a frame, and whether frames were lost on
 * the way to it. True when the step changed. Windows of 2 s: down at 85 % or a loss, up after 30 s
 * below 45 %.
 */
bool lct_effort_note(struct lct_effort *effort, lct_ns now, lct_ns worked, bool lost);

/** The preset of the present step. */
enum lct_preset lct_effort_preset(const struct lct_effort *effort);

/** Of so many frames one is encoded: 1, 2 or 4. */
int lct_effort_divisor(const struct lct_effort *effort);

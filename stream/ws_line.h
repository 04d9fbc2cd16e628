// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Which pictures fit through the line of one viewer, judged by how long chunks had to wait before
 * the line took them. Pure state, no clock.
 *
 *   LCT_WS_FULL --a chunk waited for LCT_WS_LINE_LATE--> LCT_WS_SMALL
 *   LCT_WS_SMALL --none waited for LCT_WS_LINE_CLEAN, for the patience--> LCT_WS_FULL
 *
 * The patience is LCT_WS_LINE_PATIENCE at first, and up to twice that, so that of many viewers on
 * one line not all try at once. It is doubled, up to LCT_WS_LINE_PATIENCE_MAX, each time a step up
 * does not hold for LCT_WS_LINE_TRIAL, and is what it was at first when one does: a line that is
 * narrow for good is tried ever more seldom.
 *
 *     struct lct_ws_line line = lct_ws_line_begin(dice);     // 0 to 1
 *     if (lct_ws_line_note(&line, now, waited)) {
 *         …                                                  // line.level is another one
 *     }
 */
#pragma once

#include <stdbool.h>

#include "base/time.h"

/** A chunk that waited for so long says that the line is too narrow: half of what a viewer may be
 *  late (LCT_WS_BACKLOG), so that there is time to move it before pictures are left out. */
#define LCT_WS_LINE_LATE (750 * LCT_MS)

/** And one that waited for so long that it is not wide either: a key frame takes its time. */
#define LCT_WS_LINE_CLEAN (250 * LCT_MS)

#define LCT_WS_LINE_PATIENCE (8 * LCT_SECOND)
#define LCT_WS_LINE_PATIENCE_MAX (128 * LCT_SECOND)
#define LCT_WS_LINE_TRIAL (30 * LCT_SECOND)

/** Chunks that are late again and again for so long, never more than a lull apart, say that the
 * line does not even carry small pictures. */
#define LCT_WS_LINE_HOPELESS (10 * LCT_SECOND)
#define LCT_WS_LINE_LULL (6 * LCT_SECOND)

enum lct_ws_level { LCT_WS_FULL, LCT_WS_SMALL };

struct lct_ws_line {
    enum lct_ws_level level;
    lct_ns clean_since; /**< CLOCK_MONOTONIC; 0: nothing noted yet */
    lct_ns up_since;    /**< of the last step up; 0: there was none */
    lct_ns late_since;  /**< since when chunks are late again and again; 0: none was */
    lct_ns late;        /**< the last one that was */
    lct_ns first;       /**< patience at first, */
    lct_ns patience;    /**< and now */
};

/** A wide one. share: how much longer than LCT_WS_LINE_PATIENCE it waits at first, 0 to 1 of it. */
struct lct_ws_line lct_ws_line_begin(double share);

/** Notes that at this time (CLOCK_MONOTONIC) the line took a chunk that had waited for so long.
 * True when the level has changed. */
bool lct_ws_line_note(struct lct_ws_line *line, lct_ns now, lct_ns waited);

/** True when the line is too narrow for small pictures, too. */
bool lct_ws_line_is_hopeless(const struct lct_ws_line *line);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Which of its sizes each picture of a viewer comes in. Pure: times come in. One thread.
 *
 *   FULL --too much--> SMALL --too much still--> NONE     (a picture that has no SMALL: FULL ->
 * NONE) NONE --clean for its patience, and it fits--> SMALL --the same--> FULL
 *
 * One picture moves at a time. Down goes the one that takes most: that one move helps most, and it
 * spares the slides, which cost next to nothing and are to be read. None goes before all are small
 * that can be. Up goes first what is not shown at all, then what needs least; of equals the one
 * asked for first. Sound is no part of this: it goes on always.
 *
 * A step up is a try: if the line carries too much within LCT_LEVEL_TRY, the next one has to wait
 * twice as long as this one had. Of many viewers on one line each waits a time of its own, so that
 * not all try at once; and no picture ends for somebody else's try, which is over sooner.
 *
 *     levels = lct_levels_begin(dice);                           // 0 to 1
 *     i = lct_levels_move(&levels, pictures, n, clean, bps, now);
 *     if (i >= 0) … pictures[i].level is another one now …
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

enum lct_level { LCT_LEVEL_NONE, LCT_LEVEL_SMALL, LCT_LEVEL_FULL, LCT_LEVELS };

/** What a step down has to show for itself before the next one; and before a picture ends, for
 * which the line must have been too narrow for so long, too. */
#define LCT_LEVEL_SETTLE (2 * LCT_SECOND)
#define LCT_LEVEL_LAST (4 * LCT_SECOND)

/** A line has to be clean for so long before a step up, at first and at most. */
#define LCT_LEVEL_PATIENCE (10 * LCT_SECOND)
#define LCT_LEVEL_PATIENCE_MAX (300 * LCT_SECOND)

/** A step up that held for so long was right. */
#define LCT_LEVEL_TRY (30 * LCT_SECOND)

struct lct_level_picture {
    enum lct_level level;
    uint32_t bps[LCT_LEVELS]; /**< what it takes; of SMALL 0: it has none */
};

struct lct_levels {
    lct_ns moved;    /**< the last step; LCT_NS_NONE: none yet */
    lct_ns tried;    /**< the last one when it was up; LCT_NS_NONE otherwise */
    lct_ns narrow;   /**< since when the line was never clean for long; LCT_NS_NONE: it is */
    lct_ns first;    /**< patience at first, */
    lct_ns patience; /**< and now */
};

/** No step yet. share: how much longer than LCT_LEVEL_PATIENCE it waits at first, 0 to 1 of it. */
struct lct_levels lct_levels_begin(double share);

/**
 * Moves at most one of n pictures, in the order asked for: its place, or -1. clean and bps as the
 * estimate says them (stream/rtc/estimate.h), bps without what sound takes.
 */
int lct_levels_move(struct lct_levels *levels, struct lct_level_picture *pictures, size_t n,
                    lct_ns clean, uint32_t bps, lct_ns now);

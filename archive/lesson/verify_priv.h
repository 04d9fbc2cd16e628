// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Verifying: verify.c (a lesson) looks by verify_reel.c (one reel), and both say what they see by
 * verify_say.c.
 */
#pragma once

#include "archive/lesson/verify.h"
#include "encode/still.h"

/** One track while it is verified. */
struct lct_verify_walk {
    struct lct_verify *verify;
    struct lct_verify_track *track;
    const char *folder;      /**< the track's */
    struct lct_still *still; /**< one for all reels */
    bool recorded;           /**< somebody writes this lesson now */
    bool interrupted;        /**< lesson.json says it is recorded, and nobody does */
    uint32_t last_reel;      /**< the highest number of the track */
    lct_ns end;              /**< of the last right chunk by its promise; LCT_NS_NONE */
    int64_t last_tick;       /**< tfdt of the last row; -1 */
};

/** The track of that name; NULL when there is none, or name is. */
struct lct_verify_track *lct_verify_track_named(struct lct_verify *verify, const char *name);

/** Adds a finding about name in the track's folder (NULL: about the lesson), or joins it to the
 * last one, when that was about the same. */
void lct_verify_say(struct lct_verify *verify, const char *track, const char *name,
                    enum lct_finding_kind kind, uint64_t at, uint64_t count);

/** Adds a hole in a track, if it is one worth showing. */
void lct_verify_gap(struct lct_verify *verify, const char *track, lct_ns from, lct_ns to);

/** The next right chunk of the track lasts from begin to end: counts it and the hole before it. */
void lct_verify_time(struct lct_verify_walk *walk, lct_ns begin, lct_ns end);

/** Verifies one reel. */
void lct_verify_reel(struct lct_verify_walk *walk, uint32_t number);

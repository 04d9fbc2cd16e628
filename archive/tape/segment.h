// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The segments of a track: what playlists list, cut out of the rows of its indexes. The rule looks
 * at the rows and at nothing else, so whoever reads a tape, while it is written or years later,
 * finds the same segments under the same numbers.
 *
 * A segment ends before the first key frame that comes LCT_SEGMENT_AIM or later after its start. If
 * it would become longer than LCT_SEGMENT_MOST, it ends before the last key frame that lies within
 * it; only pictures without a key frame between them make a longer one. It ends with its reel. Over
 * a hole some numbers are left out, as many as a playlist needs to say that there is one.
 *
 * Pure: rows in, segments out. One thread.
 *
 *     struct lct_segments segments = {.count = 0};
 *     rc = lct_segments_add(&segments, reel, place, timescale, &row);     // each row, in order
 *     rc = lct_segments_end(&segments, end);                              // when the lesson ended
 *     lct_segments_free(&segments);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/tape/index.h"
#include "base/attr.h"
#include "base/time.h"

/** Two GOPs of a camera, which come some milliseconds early or late. */
#define LCT_SEGMENT_AIM (3900 * LCT_MS)

/** Longest segment of more than one GOP, and longest piece of a hole. */
#define LCT_SEGMENT_MOST (5 * LCT_SECOND)

/** A hole has at most so many pieces; one above 83 minutes has longer ones. */
#define LCT_SEGMENT_HOLE_PIECES 1000

struct lct_segment {
    uint32_t number; /**< 0 and up; behind a hole more than one above the last */
    uint32_t reel;   /**< as it was given to add */
    uint32_t first;  /**< place of its first row in the reel's index */
    uint32_t rows;   /**< places of its rows */
    uint64_t offset; /**< in the reel */
    uint64_t bytes;
    lct_ns time;      /**< lesson time of its first sample */
    lct_ns until;     /**< where the next one or a hole begins */
    int64_t end_tick; /**< true end of its last sample, in the reel's timescale */
};

/** A row on its way into a segment. */
struct lct_segment_row {
    uint32_t place, n;
    uint64_t offset;
    int64_t tick;
    uint32_t promise;
    lct_ns time;
};

/** Plain data: begins all zero. Readers look at list and count. */
struct lct_segments {
    struct lct_segment *list; /**< owned; moves when segments are added */
    size_t count;
    /* what is not a segment yet; add's own */
    size_t room;
    uint32_t reel, timescale;
    bool running;                 /* first and last are set */
    bool has_cut;                 /* cut is set: a key frame at which it may be ended yet */
    struct lct_segment_row first; /* of the run */
    struct lct_segment_row last;  /* the newest row of all */
    struct lct_segment_row cut, before_cut;
};

/**
 * Takes the next row of the track: reel is any number that changes from reel to reel, place the
 * row's in the reel's index. Rows that cannot be shown (no key frame before them, time that runs
 * back) are passed over. 0 or -ENOMEM.
 */
int lct_segments_add(struct lct_segments *segments, uint32_t reel, uint32_t place,
                     uint32_t timescale, const struct lct_index_row *row) LCT_MUST_USE;

/**
 * No more rows come: the rest becomes a segment. end is the lesson's (0: the last promise counts).
 * 0 or -ENOMEM.
 */
int lct_segments_end(struct lct_segments *segments, lct_ns end) LCT_MUST_USE;

/**
 * The rows behind the last segment as a segment that has not ended: without the newest, whose
 * duration nobody knows. False when there are none.
 */
bool lct_segments_tail(const struct lct_segments *segments, struct lct_segment *ret_tail);

/** Pieces of equal length in which the hole between two neighbours is told; 0: there is none. */
uint32_t lct_segment_hole(const struct lct_segment *before, const struct lct_segment *after);

/** The segment that covers lesson time, or the last before it, or the first; count must not be 0.
 */
size_t lct_segments_find(const struct lct_segments *segments, lct_ns time);

/** The segment of that number, NULL: there is none (yet), or it lies in a hole. Borrows. */
const struct lct_segment *lct_segments_number(const struct lct_segments *segments, uint32_t number);

/** Frees what it holds; it is all zero again. */
void lct_segments_free(struct lct_segments *segments);

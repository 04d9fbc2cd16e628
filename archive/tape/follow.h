// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The tape of one track as players see it, followed while it is written: its reels, its segments,
 * and true durations. Each row is read once; a segment is kept in 56 bytes. What was told once
 * stays true but for what a crash leaves: mending it may take away chunks that do not sum up, and
 * of a copy a reel that differs is sent anew. Then all is read again.
 *
 * Nothing is counted that is not whole in the file, and of a reel that is being written the newest
 * chunk is not counted: its duration is a promise until the next one is there.
 *
 * One thread: one that may read the disk.
 *
 *     struct lct_follow *tape = lct_follow_create("/data/lessons/ID/camera");
 *     rc = lct_follow_update(tape, ended, end);
 *     for (size_t i = 0; i < tape->segments.count; i++) … tape->reels[segment->reel] …
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "archive/tape/segment.h"
#include "base/attr.h"
#include "encode/chunk.h"

/** Most rows that are read at once: half an hour of pictures without a key frame. */
#define LCT_FOLLOW_ROWS_MAX 65536U

struct lct_follow_reel {
    uint32_t number;
    bool whole;                /**< nothing is appended any more */
    struct lct_format *format; /**< NULL: it has no rows yet, or nobody can read them */
    size_t init_of;            /**< place of the first reel whose init is the same to the byte */
    lct_ns time;               /**< lesson time of its first chunk */
    uint64_t bytes;            /**< of its file, up to the last chunk that is counted */
    int64_t end_tick;          /**< true end of that chunk */
    /* what has been read */
    uint32_t places, last_place;
    struct lct_index_row last; /**< the newest, of last_place */
    struct lct_follow_files {
        ino_t index;
        off_t index_bytes, bytes; /**< of the index and of the reel; 0: there is none */
        struct timespec changed;  /**< the index */
    } files;                      /**< as they were before that */
};

/** Readers only look. */
struct lct_follow {
    char *folder;
    struct lct_follow_reel *reels; /**< by number */
    size_t reel_count;
    struct lct_segments segments;
};

/** Follows the tape in a track's folder (copied), which may not be there yet. Owned. */
struct lct_follow *lct_follow_create(const char *folder) LCT_MUST_USE;

/**
 * Reads what was appended since. ended: the lesson is, and nothing will be appended; end is its
 * lesson time then (0: unknown). 0 or -ENOMEM: then it holds nothing, and may be tried again.
 */
int lct_follow_update(struct lct_follow *follow, bool ended, lct_ns end) LCT_MUST_USE;

/** The reel of that number, NULL when there is none. Borrows until the next update. */
const struct lct_follow_reel *lct_follow_find(const struct lct_follow *follow, uint32_t number);

/**
 * Reads the rows of a segment (or of the tail) with true durations; damaged ones are left out. How
 * many, or -errno; *ret_rows is owned (free).
 */
ssize_t lct_follow_rows(const struct lct_follow *follow, const struct lct_segment *segment,
                        struct lct_index_row **ret_rows) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_follow_destroy(struct lct_follow *follow);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Reading the reels of a track: what players, downloads, verification and recovery stand on. A reel
 * that is still being written may be read: one sees the whole rows that are there.
 *
 *     struct lct_reels reels;
 *     lct_reels_load(track_folder, &reels);  …  lct_reels_free(&reels);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/tape/index.h"
#include "archive/tape/reel.h"
#include "base/attr.h"
#include "encode/chunk.h"

struct lct_reel_view {
    uint32_t number;
    struct lct_index_head head; /**< of a damaged one codec and timescale, as the rows tell them */
    struct lct_index_row *rows; /**< whole rows in file order; bad ones are left out */
    size_t count;
    size_t bad_rows;           /**< rows in the file whose check sum is wrong */
    bool torn;                 /**< the index ends inside a row */
    bool has_index;            /**< head and file are there and right */
    uint64_t file_bytes;       /**< of the .mp4; 0 when it is missing */
    struct lct_format *format; /**< from either init; NULL when there is none to be read */
    bool format_right;         /**< it is to the byte what we write for such a track */
};

struct lct_reels {
    struct lct_reel_view *views; /**< by number */
    size_t count;
};

/** A reel's init, which lies in two places; each NULL when it cannot be read there. */
struct lct_reel_inits {
    struct lct_format *beside;       /**< of the .init.mp4 */
    struct lct_format *inside;       /**< of the .mp4 */
    bool beside_right, inside_right; /**< it is to the byte what we write for such a track */
};

/** Loads both inits of a reel. */
void lct_reel_inits_load(const char *folder, uint32_t number, struct lct_reel_inits *ret_inits);

/** Frees what it holds. */
void lct_reel_inits_free(struct lct_reel_inits *inits);

/**
 * The number of the reel to which the file of that name in a track's folder belongs; 0: to none
 * (another name, or no ordinary file). *ret_what (borrows) is ".mp4", ".index" or ".init.mp4".
 */
uint32_t lct_reel_number(const char *folder, const char *name, const char **ret_what);

/** The highest number of which a file is there; 0: none, or no folder. */
uint32_t lct_reels_last(const char *folder);

/** True when the last reel of a track's folder is one that is known to be lost. */
bool lct_reels_end_is_lost(const char *folder);

/** What its chunks are to be read with, from the better of both inits. NULL when neither can be
 * read; returns owned. *ret_right: either is to the byte what we write for such a track. */
struct lct_format *lct_reel_format(const char *folder, uint32_t number,
                                   bool *ret_right) LCT_MUST_USE;

/** The numbers in a track's folder for which there is a reel or an index, in order. How many;
 * *ret_numbers is owned (free). */
size_t lct_reels_numbers(const char *folder, uint32_t **ret_numbers);

/** Loads all reels of a track's folder. A folder that is missing has none. */
void lct_reels_load(const char *folder, struct lct_reels *ret_reels);

/** Loads one reel. */
void lct_reel_view_load(const char *folder, uint32_t number, struct lct_reel_view *ret_view);

/** Frees what it holds. */
void lct_reels_free(struct lct_reels *reels);

/** Frees what it holds. */
void lct_reel_view_free(struct lct_reel_view *view);

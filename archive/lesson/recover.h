// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Mends what a crash, a power cut or a bad disk left of a lesson's tapes: cuts torn tails, throws
 * out rows whose chunk is not what its CRC says, keeps every other chunk, makes missing rows out of
 * the reel's boxes and a missing init out of the reel or its parameter sets, and turns reels that
 * were not closed into plain MP4s. At a recorder's start finished reels are left alone;
 * archive/lesson/mend.h looks into those too. Doing it again after any interruption gives the same
 * result.
 *
 *     lct_recover_lesson(folder, 0, &report);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "archive/lesson/lesson.h"
#include "base/attr.h"
#include "base/io.h"

/** What was found and done. */
struct lct_recovery {
    size_t reels_closed; /**< made plain MP4 */
    size_t indexes_made; /**< out of the boxes */
    size_t inits_made;
    uint64_t chunks_kept; /**< in the mended reels */
    uint64_t chunks_bad;  /**< rows whose chunk was not right, or had no bytes */
    uint64_t bytes_cut;   /**< torn tails */
    size_t reels_empty;   /**< reels without one whole chunk: an index without rows stays */
    int error;            /**< first -errno of the disk; the rest was done all the same */
};

/**
 * Mends all tracks of the lesson in folder; of each track only reels with a number below that of
 * the reel which is being written now, given by skip_from (same order as info's tracks; NULL:
 * nothing is being written). Blocking; any one thread.
 */
void lct_recover_lesson(const struct lct_io *io, const char *folder,
                        const struct lct_lesson_info *info, const uint32_t *skip_from,
                        struct lct_recovery *ret_report);

/**
 * Mends one reel whatever its state, a finished one too: it is written down anew from what holds.
 * 1: it was written; 0: it is known to be lost already; -errno.
 */
int lct_recover_reel(const struct lct_io *io, const char *track_folder, uint32_t number,
                     struct lct_recovery *report) LCT_MUST_USE;

/** Mends one reel if it was not closed. Returns as lct_recover_reel; 0 also when it was closed. */
int lct_recover_open_reel(const struct lct_io *io, const char *track_folder, uint32_t number,
                          struct lct_recovery *report) LCT_MUST_USE;

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A lesson as one MP4 that exists nowhere on the disk: ftyp and moov are made, the samples are read
 * out of the reels as they are asked for. Any byte range can be read in any order, so that it
 * serves a download, a player that seeks, and an export alike. Tracks lie interleaved by half
 * seconds. A hole in the tapes is a picture that stands still and silence, so that the movie's time
 * is lesson time.
 *
 * Open reads the indexes (tens of milliseconds for three hours); read may be called from any
 * thread, also from several at once. A lesson that is still recorded gives what is there at open.
 *
 *     lct_movie_open(folder, NULL, 0, &movie, &fault);        // all tracks
 *     n = lct_movie_read(movie, offset, buffer, size);
 *     lct_movie_close(movie);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/fault.h"

struct lct_movie;

/**
 * Opens tracks (names; none: all of the lesson's) of the lesson in folder. 0; -ENOENT: no such
 * lesson or track; -ENODATA: nothing recorded yet; -ENOMEM; with a fault.
 */
int lct_movie_open(const char *folder, const char *const *names, size_t count,
                   struct lct_movie **ret_movie, struct lct_fault *fault) LCT_MUST_USE;

/** Bytes of the whole MP4. */
uint64_t lct_movie_size(const struct lct_movie *movie);

/** Bytes of memory that it takes, but for names. */
size_t lct_movie_memory(const struct lct_movie *movie) LCT_MUST_USE;

/** Reads up to n bytes at offset into out: how many (0 at the end), or -errno. Any thread. */
ssize_t lct_movie_read(const struct lct_movie *movie, uint64_t offset, void *out, size_t n);

/** Frees it, or lets go of it when it is shared (archive/cut/movies.h); who closes is not in read
 * any more. NULL is allowed. */
void lct_movie_close(struct lct_movie *movie);

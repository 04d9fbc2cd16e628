// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Movies (archive/cut/movie.h) that were asked for lately, kept open: a player that asks for one
 * mebibyte after the other has the movie laid out once, and a class that plays one lesson shares
 * it. One is shared only while its files are what they were (their places, sizes and times of
 * change), so that a lesson that is mended, copied on or deleted is never told from memory. Any
 * thread.
 *
 *     struct lct_movies *movies = lct_movies_create(LCT_MOVIES_BYTES, LCT_MOVIES_QUIET,
 * lct_monotonic); rc = lct_movies_open(movies, folder, names, n, &movie, &fault);   //
 * lct_movie_close lct_movies_tidy(movies);                                          // each second
 * or so
 */
#pragma once

#include <stddef.h>

#include "archive/cut/movie.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/time.h"

struct lct_movies;

/** Movies kept at most, and bytes of memory that they take together: 36 MB are three hours of three
 * tracks. */
#define LCT_MOVIES_MAX 16
#define LCT_MOVIES_BYTES (64U << 20)

/** A movie that nobody asked for so long is let go of. */
#define LCT_MOVIES_IDLE (60 * LCT_SECOND)

/** A movie of files that changed so short a time before it was opened is not kept: they may be
 * growing, and a change within one tick of the file system's clock shows in no time. */
#define LCT_MOVIES_QUIET (2 * LCT_SECOND)

/** Keeps none yet. bytes: LCT_MOVIES_BYTES; quiet: LCT_MOVIES_QUIET; clock: lct_monotonic; but for
 * tests, which neither fill that nor wait. Owned. */
struct lct_movies *lct_movies_create(size_t bytes, lct_ns quiet, lct_clock_fn clock) LCT_MUST_USE;

/** Lets go of all; those that are still shared stay until they are closed. NULL is allowed. */
void lct_movies_destroy(struct lct_movies *movies);

/** As lct_movie_open, but shared while it is kept. */
int lct_movies_open(struct lct_movies *movies, const char *folder, const char *const *names,
                    size_t count, struct lct_movie **ret_movie,
                    struct lct_fault *fault) LCT_MUST_USE;

/** As lct_movie_load, but shared while it is kept. */
int lct_movies_load(struct lct_movies *movies, const char *path, const char *data,
                    struct lct_movie **ret_movie) LCT_MUST_USE;

/** Lets go of what nobody has asked for. */
void lct_movies_tidy(struct lct_movies *movies);

/** How many are kept. */
size_t lct_movies_count(struct lct_movies *movies);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A movie (archive/cut/movie.h) kept as a small file: its head, where its samples lie, and the
 * bytes that lie nowhere else (the heads of a cut). So what a worker has cut once is served by byte
 * ranges from then on by whoever opens the file, which decodes nothing. Format:
 * docs/formats/cut.md.
 *
 * Reels are named below a data folder, which may move; and with how far the movie reaches into
 * them, so that a movie of reels that have become shorter since, or are gone, is not opened. A reel
 * that is being recorded grows, and no byte in it moves (docs/formats/tape.md).
 *
 *     rc = lct_movie_save(&lct_io_system, movie, "/data", path);        // a worker
 *     rc = lct_movie_load(path, "/data", &movie);                       // a server
 */
#pragma once

#include "archive/cut/movie.h"
#include "base/attr.h"
#include "base/io.h"

/** Bytes of such a file at most: eight hours of three tracks and 10,000 heads. */
#define LCT_MOVIE_FILE_MAX (256U << 20)

/** Writes a movie whose reels lie below data into the file at path, all or nothing. 0; -EINVAL: a
 *  reel lies elsewhere; -EFBIG; or another -errno. */
int lct_movie_save(const struct lct_io *io, const struct lct_movie *movie, const char *data,
                   const char *path) LCT_MUST_USE;

/** Opens a movie that was saved. 0, with *ret_movie owned (lct_movie_close); -ESTALE: its reels
 * have become shorter or are gone; -EBADMSG: it is damaged; or another -errno (-ENOENT: there is
 * none). */
int lct_movie_load(const char *path, const char *data, struct lct_movie **ret_movie) LCT_MUST_USE;

/** Reads n bytes of such a file; its reels are neither looked for nor opened, names are below data.
 *  0 or -EBADMSG, -ENOMEM. Pure. */
int lct_movie_parse(const uint8_t *bytes, size_t n, const char *data,
                    struct lct_movie **ret_movie) LCT_MUST_USE;

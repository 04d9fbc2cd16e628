// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * One reel being written: LESSON/TRACK/0001.mp4 with 0001.index and 0001.init.mp4 beside it. Chunks
 * are appended as they come, made durable by sync, and close turns the file in place into a plain
 * MP4. Everything goes through a lct_io, so that tests run it over failing disks. One thread (the
 * tape's).
 *
 *     rc = lct_reel_open(io, folder, 1, format, &clocks, &reel);
 *     rc = lct_reel_append(reel, chunk, gap);   …   rc = lct_reel_sync(reel);
 *     rc = lct_reel_close(reel, end_tick);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "archive/tape/index.h"
#include "base/attr.h"
#include "base/io.h"
#include "encode/chunk.h"

struct lct_reel;

/** Most bytes of a path lectern makes. */
#define LCT_PATH_SIZE 1024

/** The highest number of a reel: two years of ten minutes each. A file of a larger number
 * ("20260301.mp4") is somebody else's. */
#define LCT_REEL_NUMBER_MAX 99999U

/** Writes "folder/0001.mp4" and so on: what is ".mp4", ".index" or ".init.mp4". */
void lct_reel_path(const char *folder, uint32_t number, const char *what,
                   char ret_path[LCT_PATH_SIZE]);

/**
 * Begins a reel in the track's folder (which is there): writes init, heads, and makes the names
 * durable. head gives the clocks; track, timescale, codec and number are filled in. 0; -EEXIST or
 * -EISDIR: the number is taken; -EOVERFLOW: it is above LCT_REEL_NUMBER_MAX; or the disk's -errno;
 * then nothing is left open.
 */
int lct_reel_open(const struct lct_io *io, const char *folder, uint32_t number,
                  struct lct_format *format, const struct lct_index_head *head,
                  struct lct_reel **ret_reel) LCT_MUST_USE;

/**
 * Appends a chunk (borrows) and its row. On failure the reel is as it was before, so that the same
 * chunk can be tried again: 0, -ENOSPC and its kin, -EIO …
 */
int lct_reel_append(struct lct_reel *reel, const struct lct_chunk *chunk,
                    bool gap_before) LCT_MUST_USE;

/** Makes all appended chunks durable (fdatasync of file and index). 0 or -errno. */
int lct_reel_sync(struct lct_reel *reel) LCT_MUST_USE;

/**
 * Ends the reel: end_tick is where its last sample ends in true time (0: by its promise). The file
 * becomes a plain MP4. Frees the reel whatever happens. 0 or -errno: then the chunks are safe, and
 * recovery can close it.
 */
int lct_reel_close(struct lct_reel *reel, int64_t end_tick) LCT_MUST_USE;

/** Gives the reel up as it is (a disk that fails); frees it. NULL is allowed. */
void lct_reel_abandon(struct lct_reel *reel);

/** Gives up a reel into which nothing was put, and removes its files from the track's folder: its
 * number is free again. */
void lct_reel_discard(struct lct_reel *reel, const char *folder);

/** What has been appended so far. */
struct lct_reel_state {
    uint32_t number;
    uint32_t rows;        /**< appended */
    uint32_t synced_rows; /**< durable */
    uint64_t bytes;       /**< of the file */
    struct lct_index_row first, last;
    struct lct_format *format; /**< borrows */
};

/** Copies the reel's state. */
void lct_reel_state(const struct lct_reel *reel, struct lct_reel_state *ret_state);

/**
 * Turns the reel's file with these rows into a plain MP4: cuts it at end_offset, appends a moov,
 * syncs, flips the 16 bytes, syncs. Doing it again after any interruption gives the same file. 0 or
 * -errno.
 */
int lct_reel_finalize(const struct lct_io *io, int fd, const struct lct_format *format,
                      const struct lct_index_row *rows, size_t count,
                      int64_t end_tick) LCT_MUST_USE;

/** True when these n bytes are the moov that finalize writes for these rows, whatever its end_tick
 * was. Pure. */
bool lct_reel_moov_is_right(const struct lct_format *format, const struct lct_index_row *rows,
                            size_t count, const uint8_t *moov, size_t n);

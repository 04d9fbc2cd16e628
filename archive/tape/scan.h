// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The bytes of a reel on a disk that may be failing, and the chunks that are found in them by their
 * boxes alone, without an index. Such a chunk has no check sum to be proved by, so it must be
 * plausible to its last byte: boxes of our making, NAL units that fill the sample and hold nothing
 * that a coded picture cannot hold, AAC frames without a hole. One thread.
 *
 *     struct lct_scan scan;
 *     if (lct_scan_open(io, path, O_RDONLY, &scan) == 0) bytes = lct_scan_read(&scan, offset, n);
 *     while (lct_scan_next(&scan, &at, end, &found)) …                 // whole chunks in [at, end)
 *     lct_scan_close(&scan);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/tape/index.h"
#include "base/attr.h"
#include "base/io.h"

/** A file being read. Read through the buffer, not mapped: a bad sector of a mapped file is a
 * signal. */
struct lct_scan {
    const struct lct_io *io;
    int fd;          /**< -1: not open */
    uint64_t n;      /**< bytes of the file when it was opened */
    int error;       /**< the first -errno of reading what is there; 0: all could be read */
    uint8_t *buffer; /**< what was read last */
    size_t room;
};

/** A chunk that was found: the row it should have (its CRC taken from the bytes as they are). */
struct lct_scan_chunk {
    struct lct_index_row row;
    uint32_t track_id;
};

/** Opens path with flags. 0, -EISDIR when it is no ordinary file, or -errno; then nothing is open.
 */
int lct_scan_open(const struct lct_io *io, const char *path, int flags,
                  struct lct_scan *ret_scan) LCT_MUST_USE;

/** Closes and frees; also what was never opened (zeroed, fd -1). */
void lct_scan_close(struct lct_scan *scan);

/** n bytes at offset, valid until the next call; NULL when they are not there or cannot be read. */
const uint8_t *lct_scan_read(struct lct_scan *scan, uint64_t offset, size_t n);

/**
 * Finds the next whole, plausible chunk that lies in [*at, end); *at moves behind it. False when
 * there is none.
 */
bool lct_scan_next(struct lct_scan *scan, uint64_t *at, uint64_t end,
                   struct lct_scan_chunk *ret_chunk);

/** Where among n bytes of a chunk whose check sum is wrong a hole of zeros seems to begin; n when
 * there is none. Pure. */
size_t lct_scan_zeros(const uint8_t *bytes, size_t n);

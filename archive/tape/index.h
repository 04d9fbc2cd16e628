// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The index of a reel: a header and one row a chunk, appended as the chunk is. It is what makes a
 * torn or damaged reel whole again: each row says where its chunk lies, when it is shown and what
 * its bytes sum up to. Byte format (docs/formats/tape.md), all numbers big-endian; pure functions.
 *
 *     lct_index_write_row(&row, bytes);  …  if (lct_index_read_row(bytes, &row) == 0) …
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/time.h"
#include "encode/chunk.h"

#define LCT_INDEX_HEAD_BYTES 80U
#define LCT_INDEX_ROW_BYTES 44U
#define LCT_INDEX_VERSION 1U

/** Which reel this is, and which clocks its lesson time was taken from. */
struct lct_index_head {
    uint32_t track_id;
    uint32_t timescale;
    enum lct_codec codec;
    uint32_t number;  /**< of the reel, 1 and up */
    lct_ns lesson;    /**< lesson time at which the two clocks below were read */
    lct_ns monotonic; /**< CLOCK_MONOTONIC, of the boot below */
    lct_ns wall;      /**< CLOCK_REALTIME */
    uint8_t boot[16]; /**< the kernel's boot id */
};

/** One chunk. */
struct lct_index_row {
    uint64_t offset; /**< in the reel's file */
    uint32_t n;      /**< bytes of the chunk */
    uint32_t crc;    /**< CRC-32C of those bytes */
    struct lct_chunk_info info;
};

/** Writes a header. */
void lct_index_write_head(const struct lct_index_head *head, uint8_t out[LCT_INDEX_HEAD_BYTES]);

/** Reads a header. 0; -EBADMSG: not a header, or damaged; -ENOTSUP: of a later version. */
int lct_index_read_head(const uint8_t bytes[LCT_INDEX_HEAD_BYTES],
                        struct lct_index_head *ret_head) LCT_MUST_USE;

/** Writes a row. */
void lct_index_write_row(const struct lct_index_row *row, uint8_t out[LCT_INDEX_ROW_BYTES]);

/** Reads a row. 0, or -EBADMSG when its own check sum or a field is wrong. */
int lct_index_read_row(const uint8_t bytes[LCT_INDEX_ROW_BYTES],
                       struct lct_index_row *ret_row) LCT_MUST_USE;

/** Bytes of boxes before the row's first sample. */
uint32_t lct_index_payload_at(const struct lct_index_row *row);

/** True when it is a picture's, by the length of its boxes. */
bool lct_index_is_picture(const struct lct_index_row *row);

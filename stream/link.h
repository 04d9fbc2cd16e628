// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The link joins a recorder and the server: one framing and a handful of message types, over a Unix
 * socket here, over TLS from another building. The recorder always connects; it never listens. The
 * recorder goes on without the server and tells it everything again when it returns.
 *
 *   message   u32 length of what follows (big-endian, at most LCT_LINK_MESSAGE_MAX)
 *             u8  type
 *             u8  0, u8 0, u8 0
 *             payload
 *
 *   HELLO     JSON, first message of both sides: {"version":1,"program":"…","room":"main"}
 *   COMMAND   JSON, server to recorder: {"id":7,"do":"start","title":"…"}, "stop", "mark", "look"
 *   REPLY     JSON, recorder to server: {"id":7,"ok":true,…} or {"id":7,"fault":{…}}
 *   STATUS    JSON, recorder to server: the whole state, once a second and at changes
 *   FORMAT    binary: what lct_format holds; before the first chunk of each format
 *   CHUNK     binary: lct_chunk_info and the chunk's own bytes
 *   REFUSED   JSON, server to recorder, and the end: {"code":…,"en":…,"zh":…}
 *   COPY      JSON, both: how a lesson's files are copied (control/recorder/copy_out.h, copy_in.h)
 *   PART      binary, recorder to server: some bytes of a lesson's file
 *
 * A wrong version, a length out of range or a second HELLO closes the connection.
 *
 * This file: the bytes, in pure functions. stream/link_peer.h talks over a descriptor,
 * stream/link_join.h connects and listens. docs/formats/link.md says all of it in one place.
 *
 *     lct_link_put_head(head, LCT_LINK_CHUNK, LCT_LINK_CHUNK_HEAD_SIZE + chunk->n);
 *     lct_link_put_chunk_head(chunk, chunk_head);         // then chunk->bytes as they are
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "encode/chunk.h"

#define LCT_LINK_VERSION 1

/** A message's largest length: the largest chunk and its header. */
#define LCT_LINK_MESSAGE_MAX (17U << 20)

/** Largest JSON payload. */
#define LCT_LINK_JSON_MAX (256U << 10)

/** Largest FORMAT payload, and the largest init and config within it. */
#define LCT_LINK_FORMAT_MAX (1U << 20)

/** Bytes of a message's head: length, type, three zeros. */
#define LCT_LINK_HEAD_SIZE 8

/** Bytes of a CHUNK's payload before the chunk's own bytes. */
#define LCT_LINK_CHUNK_HEAD_SIZE 64

/** Most bytes of a file that one PART carries, and of its payload. */
#define LCT_LINK_PART_BYTES (64U << 10)
#define LCT_LINK_PART_MAX (LCT_LINK_PART_BYTES + 256)

/** Tracks that one connection may carry. */
#define LCT_LINK_TRACKS_MAX 32

enum lct_link_type {
    LCT_LINK_HELLO = 1,
    LCT_LINK_COMMAND = 2,
    LCT_LINK_REPLY = 3,
    LCT_LINK_STATUS = 4,
    LCT_LINK_FORMAT = 5,
    LCT_LINK_CHUNK = 6,
    LCT_LINK_REFUSED = 7,
    LCT_LINK_COPY = 8,
    LCT_LINK_PART = 9,
};

/** Writes the head of a message with n bytes of payload (within the type's limit). Pure. */
void lct_link_put_head(uint8_t out[LCT_LINK_HEAD_SIZE], enum lct_link_type type, size_t n);

/**
 * Reads a message's head: its type and the bytes of payload that follow. 0, or -EBADMSG for an
 * unknown type, a length out of the type's range, or bytes that must be zero and are not. Pure.
 */
int lct_link_get_head(const uint8_t in[LCT_LINK_HEAD_SIZE], enum lct_link_type *ret_type,
                      size_t *ret_n) LCT_MUST_USE;

/** The payload of FORMAT; *ret_bytes is owned. -EMSGSIZE when it is above the limit. Pure. */
int lct_link_pack_format(const struct lct_format *format, uint8_t **ret_bytes,
                         size_t *ret_n) LCT_MUST_USE;

/** Reads the payload of FORMAT. 0, -EBADMSG or -ENOMEM; *ret_format is owned. Pure. */
int lct_link_unpack_format(const uint8_t *bytes, size_t n,
                           struct lct_format **ret_format) LCT_MUST_USE;

/** Writes the part of a CHUNK's payload that stands before the chunk's bytes. Pure. */
void lct_link_put_chunk_head(const struct lct_chunk *chunk, uint8_t out[LCT_LINK_CHUNK_HEAD_SIZE]);

/** The track id a CHUNK's payload begins with: the receiver finds the format by it. Pure. */
uint32_t lct_link_chunk_track(const uint8_t in[LCT_LINK_CHUNK_HEAD_SIZE]);

/**
 * Reads a CHUNK's head into a new chunk of n bytes, which shares format and whose bytes the caller
 * fills. 0, -EBADMSG (samples that do not lie within n bytes, times of more than 36 years, flags we
 * do not know) or -ENOMEM;
 * *ret_chunk is owned. Pure.
 */
int lct_link_get_chunk_head(const uint8_t in[LCT_LINK_CHUNK_HEAD_SIZE], size_t n,
                            struct lct_format *format, struct lct_chunk **ret_chunk) LCT_MUST_USE;

/** Bytes of a file of a lesson. */
struct lct_link_part {
    char lesson[64];      /**< its id, not yet looked at */
    char name[64];        /**< of the file, as in "camera/0001.mp4", not yet looked at */
    uint64_t offset;      /**< where they lie in it */
    bool cut;             /**< first the file is cut off at offset: what lay there was wrong */
    bool whole;           /**< they are the whole file, which they replace at one stroke */
    const uint8_t *bytes; /**< borrowed */
    size_t n;             /**< up to LCT_LINK_PART_BYTES */
};

/** Writes the payload of PART into out; how many bytes. Pure. */
size_t lct_link_pack_part(const struct lct_link_part *part, uint8_t out[LCT_LINK_PART_MAX]);

/** Reads the payload of PART, of which *ret_part borrows. 0, or -EBADMSG (no texts, an offset above
 * 2^62, too many bytes, flags we do not know). Pure. */
int lct_link_unpack_part(const uint8_t *bytes, size_t n,
                         struct lct_link_part *ret_part) LCT_MUST_USE;

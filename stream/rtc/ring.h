// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * One track's RTP payloads of the last seconds, cut once and shared by all its viewers: what is sent
 * at once, sent again (NACK) and sent to who joins (from the last key frame on) is read from here.
 * Packets are numbered from 0 without end; a viewer's sequence number is its number plus the
 * viewer's own offset. One thread.
 *
 *     lct_ring_add(ring, chunk);                          // cuts it, the oldest fall out
 *     for (n = viewer->next; n < lct_ring_end(ring); n++)
 *         packet = lct_ring_at(ring, n);                  // NULL: fallen out already
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "encode/chunk.h"
#include "stream/rtc/rtp.h"

/** Seconds of a track that stay, and bytes at most (whichever is less). */
#define LCT_RING_SPAN (12 * LCT_SECOND)
#define LCT_RING_BYTES_MAX (12U << 20)

/** One payload. Borrowed until the next lct_ring_add. */
struct lct_ring_packet {
    const uint8_t *payload;
    uint16_t n;
    bool marker; /**< last of its picture */
    bool first;  /**< first of its picture */
    bool key;    /**< of a key frame (pictures) */
    uint32_t timestamp; /**< RTP clock (90 kHz, 48 kHz), lesson time */
    lct_ns captured;    /**< CLOCK_MONOTONIC */
    lct_ns added;       /**< CLOCK_MONOTONIC, when its chunk was cut */
};

struct lct_ring;

/** An empty ring. Returns owned. */
struct lct_ring *lct_ring_create(void) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_ring_destroy(struct lct_ring *ring);

/**
 * Cuts a chunk of H.264 or Opus (borrows). A chunk with a gap before it or of another format than
 * the one before begins with a key frame by the bus's rule. 0; -EBADMSG: the sample's lengths are
 * wrong, nothing was added; -ENOTSUP: another codec.
 */
int lct_ring_add(struct lct_ring *ring, const struct lct_chunk *chunk) LCT_MUST_USE;

/** The oldest number kept and the number after the newest. */
uint64_t lct_ring_begin(const struct lct_ring *ring);
uint64_t lct_ring_end(const struct lct_ring *ring);

/** Packet number of the newest key frame's first packet that is still here; lct_ring_end when there
 * is none. Sound: the newest packet. */
uint64_t lct_ring_key(const struct lct_ring *ring);

/** A packet; false when it has fallen out or is not there yet. */
bool lct_ring_at(const struct lct_ring *ring, uint64_t number, struct lct_ring_packet *ret_packet);

/** Mean rate of the last seconds, bytes per second. */
double lct_ring_rate(const struct lct_ring *ring);

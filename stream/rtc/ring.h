// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * One track's RTP payloads of the last seconds, cut once and shared by all its viewers: what is
 * sent at once, sent again (NACK) and sent to who joins (from the last key frame on) is read from
 * here. Packets are numbered from 0 without end; a viewer's sequence number is its number plus the
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
#include "base/time.h"
#include "encode/chunk.h"
#include "stream/rtc/rtp.h"

/** How long packets stay, and how many bytes of memory they take at most (whichever is less). */
#define LCT_RING_SPAN (12 * LCT_SECOND)
#define LCT_RING_BYTES_MAX (12U << 20)

/** One payload. Borrowed until the next lct_ring_add. */
struct lct_ring_packet {
    const uint8_t *payload;
    uint16_t n;
    bool marker;        /**< last of its picture; never of sound */
    bool first;         /**< first of its picture; always of sound */
    bool key;           /**< of a key frame; always of sound */
    uint32_t timestamp; /**< RTP clock (90 kHz, 48 kHz), lesson time */
    lct_ns captured;    /**< as the chunk says */
    lct_ns added;       /**< by the ring's clock, when its chunk was cut */
};

struct lct_ring;

/** An empty ring that tells time by clock (lct_monotonic). Returns owned. */
struct lct_ring *lct_ring_create(lct_clock_fn clock) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_ring_destroy(struct lct_ring *ring);

/**
 * Cuts a chunk of H.264 (90 kHz) or Opus (48 kHz, 20 ms a sample); borrows. What has become too old
 * falls out. A chunk with a gap before it or of another format than the one before begins with a
 * key frame by the bus's rule. 0; -EBADMSG: the sample's lengths are wrong or it cannot be sent,
 * nothing was added; -ENOTSUP: another codec or clock.
 */
int lct_ring_add(struct lct_ring *ring, const struct lct_chunk *chunk) LCT_MUST_USE;

/** Number of the oldest packet that is kept. */
uint64_t lct_ring_begin(const struct lct_ring *ring);

/** Number after the newest packet's. */
uint64_t lct_ring_end(const struct lct_ring *ring);

/** Number of the newest key frame's first packet, of sound the newest packet; lct_ring_end when it
 * has fallen out or there was none. */
uint64_t lct_ring_key(const struct lct_ring *ring);

/** A packet; NULL when it has fallen out or is not there yet. Borrows until the next lct_ring_add.
 */
const struct lct_ring_packet *lct_ring_at(const struct lct_ring *ring, uint64_t number);

/** Mean rate of the payloads that are kept, bytes per second; over one second at least. */
double lct_ring_rate(const struct lct_ring *ring);

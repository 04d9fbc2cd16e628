// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The bus: tracks publish chunks, engines (tape, link, later rtc and ws) read them. One subscriber
 * an engine, never one a viewer. A publisher never waits: a reader that is too slow loses chunks by
 * its own policy, and knows it, because the next chunk it gets of that track starts at a key frame.
 *
 *     struct lct_bus_reader *r = lct_bus_subscribe(bus, &limits, wake, me);
 *     while ((chunk = lct_bus_take(r, deadline, NULL))) { …; lct_chunk_unref(chunk); }
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/time.h"
#include "encode/chunk.h"

struct lct_bus;
struct lct_bus_reader;

/** When a reader counts as too slow. Then, track by track, chunks are dropped up to the next key.
 */
struct lct_bus_limits {
    lct_ns span; /**< most lesson time of one track waiting, e.g. 60 s for the tape, 2 s for live */
    size_t bytes;  /**< most bytes waiting, of all tracks */
    bool keep_old; /**< true (tape): what waits stays, what comes is lost; false (live): what waits
                      of that track is lost, the reader goes on with the newest key */
};

/** An empty bus; returns owned. */
struct lct_bus *lct_bus_create(void) LCT_MUST_USE;

/** Frees the bus; all readers must be unsubscribed. NULL is allowed. */
void lct_bus_destroy(struct lct_bus *bus);

/** Shares chunk with every reader. Any thread, never waits for a reader. */
void lct_bus_publish(struct lct_bus *bus, struct lct_chunk *chunk);

/**
 * Begins to read: from the next key frame of each track. wake (may be NULL) is told from the
 * publisher's thread that something is there; it may only signal. Returns owned.
 */
struct lct_bus_reader *lct_bus_subscribe(struct lct_bus *bus, const struct lct_bus_limits *limits,
                                         void (*wake)(void *), void *opaque) LCT_MUST_USE;

/** Ends reading and frees what waits; NULL is allowed. Not while another thread is in take. */
void lct_bus_unsubscribe(struct lct_bus_reader *reader);

/**
 * The oldest waiting chunk (returns owned), waiting until deadline (0: not at all, LCT_NS_NONE: for
 * ever); NULL at the deadline or when woken. *ret_lost (may be NULL): how many chunks of this track
 * were dropped for this reader just before this one. One thread.
 */
struct lct_chunk *lct_bus_take(struct lct_bus_reader *reader, lct_ns deadline, unsigned *ret_lost);

/** Makes a waiting (or the next) take return NULL once. Any thread. */
void lct_bus_wake(struct lct_bus_reader *reader);

struct lct_bus_stats {
    uint64_t taken;
    uint64_t dropped; /**< chunks lost to this reader's limits */
    size_t waiting_bytes;
    lct_ns waiting_span;
};

/** Copies the reader's counters. Any thread. */
void lct_bus_stats(struct lct_bus_reader *reader, struct lct_bus_stats *ret_stats);

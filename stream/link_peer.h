// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * One end of a link over a connected stream (base/stream.h): the recorder's and the server's are
 * the same. Everything here belongs to the thread of its loop, callbacks included.
 *
 * Sending never waits. What the other side has not yet taken is bounded: a new STATUS replaces one
 * that still waits; chunks beyond LCT_LINK_CHUNKS_BYTES or older than LCT_LINK_CHUNKS_SPAN are
 * dropped, track by track up to the next key frame, and counted; too much other JSON (a peer that
 * does not read) closes the connection. PART and COPY go in their order, when nothing else waits:
 * live first; they are refused while too many wait.
 *
 *     peer = lct_link_peer_create(loop, stream, hello, &events, me); // sends HELLO, waits for one
 *     rc = lct_link_peer_send(peer, LCT_LINK_STATUS, json);
 *     lct_link_peer_send_chunk(peer, chunk);                     // FORMAT first, where it is due
 *     lct_link_peer_destroy(peer);
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/stream.h"
#include "stream/link.h"

struct lct_link_peer;

/** Waiting chunks: most bytes, most age. */
#define LCT_LINK_CHUNKS_BYTES (8U << 20)
#define LCT_LINK_CHUNKS_SPAN (2 * LCT_SECOND)

/** Most bytes of JSON that may wait. */
#define LCT_LINK_JSON_WAITING (1U << 20)

/** Most bytes of PARTs and COPYs that may wait. */
#define LCT_LINK_PARTS_WAITING (1U << 20)

/** The other side's address as text, IPv6 included. */
#define LCT_LINK_FROM_SIZE 46

/** The other side's HELLO must be there in this time. */
#define LCT_LINK_HELLO_DEADLINE (5 * LCT_SECOND)

/** What a peer tells its owner. Each may be NULL; each may destroy the peer. JSON is borrowed. */
struct lct_link_events {
    /** The other side said HELLO of the right version: commands may be sent. */
    void (*opened)(void *arg, struct lct_link_peer *peer, const json_t *hello);
    /** A COMMAND, REPLY, STATUS, REFUSED or COPY: an object. */
    void (*message)(void *arg, struct lct_link_peer *peer, enum lct_link_type type,
                    const json_t *message);
    /** A chunk, borrowed (ref it to keep it). */
    void (*chunk)(void *arg, struct lct_link_peer *peer, struct lct_chunk *chunk);
    /** A PART, whose bytes are borrowed. Where there is no reader of them they end the link. */
    void (*part)(void *arg, struct lct_link_peer *peer, const struct lct_link_part *part);
    /** The connection ended; why is one English word for the log. The owner destroys the peer. */
    void (*closed)(void *arg, struct lct_link_peer *peer, const char *why);
};

/**
 * Takes stream and sends hello (shares). events and arg must outlive the peer. Returns owned.
 */
struct lct_link_peer *lct_link_peer_create(struct lct_loop *loop, struct lct_stream *stream,
                                           json_t *hello, const struct lct_link_events *events,
                                           void *arg) LCT_MUST_USE;

/** Closes and frees, without calling closed; NULL is allowed. */
void lct_link_peer_destroy(struct lct_link_peer *peer);

/** Ends the connection: closed is told, why and all, before this returns. Once; later: nothing. */
void lct_link_peer_close(struct lct_link_peer *peer, const char *why);

/** Keeps a pointer of the owner's beside the peer. */
void lct_link_peer_set_user(struct lct_link_peer *peer, void *user);

/** The pointer kept by set_user, or NULL. */
void *lct_link_peer_user(const struct lct_link_peer *peer);

/**
 * Closes the connection, with closed told, when nothing was heard for that long (LCT_NS_NONE:
 * never, as it begins). For the server: a recorder says something every second.
 */
void lct_link_peer_set_patience(struct lct_link_peer *peer, lct_ns span);

/**
 * Sends a JSON message (the value is turned into text at once). 0; -ENOTCONN after the connection
 * ended, be it by this call (then closed was told, and the owner has destroyed the peer); -EMSGSIZE
 * when it is above LCT_LINK_JSON_MAX; -ENOBUFS for a COPY when more than LCT_LINK_PARTS_WAITING are
 * waiting.
 */
int lct_link_peer_send(struct lct_link_peer *peer, enum lct_link_type type, const json_t *message);

/** Sends a chunk (shares) by writev from its own bytes, or drops it as said above. When the
 * connection ends by it closed was told, and the owner has destroyed the peer. */
void lct_link_peer_send_chunk(struct lct_link_peer *peer, struct lct_chunk *chunk);

/**
 * Sends bytes of a file (copied) when nothing else waits. 0; -ENOTCONN after the connection ended;
 * -ENOBUFS: LCT_LINK_PARTS_WAITING are waiting.
 */
int lct_link_peer_send_part(struct lct_link_peer *peer,
                            const struct lct_link_part *part) LCT_MUST_USE;

/** Where the other side is: an address, or "" when it is on this machine. Borrows. */
const char *lct_link_peer_from(const struct lct_link_peer *peer);

/** So long nothing was heard of the other side. */
lct_ns lct_link_peer_silence(const struct lct_link_peer *peer);

/** Chunks dropped so far because the other side was slow. */
uint64_t lct_link_peer_drops(const struct lct_link_peer *peer);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A viewer by WHEP as a browser is one, on a socket of its own: offer, ICE checks, DTLS by OpenSSL,
 * SRTP by libsrtp. One thread.
 *
 *     struct viewer *v = viewer_create(tracks, 2, taken, me);
 *     char *offer = viewer_offer(v);                     … POST it …
 *     viewer_answer(v, answer, "127.0.0.1");
 *     while (…) viewer_serve(v);                         // its socket is viewer_fd
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIEWER_TRACKS_MAX 4

/** Payload types it offers. */
#define VIEWER_H264 96
#define VIEWER_RTX 97
#define VIEWER_OPUS 111
#define VIEWER_RED 63

/** Ids of header extensions it offers, beside those of the mid and the time sent. */
#define VIEWER_TRANSPORT_CC 3
#define VIEWER_PLAYOUT 4

enum viewer_state { VIEWER_NEW, VIEWER_CHECKING, VIEWER_SHAKING, VIEWER_WATCHING, VIEWER_OVER };

struct viewer;

/** What stands in an RTP packet that came; still protected. Borrowed until the function returns. */
struct viewer_packet {
    uint32_t ssrc, timestamp;
    uint16_t sequence;
    uint8_t type;
    bool marker;
    int64_t arrived; /**< when the kernel got it, ns of CLOCK_REALTIME */
    uint8_t *bytes;
    size_t n;
};

typedef void (*viewer_taken_fn)(void *arg, struct viewer *viewer, struct viewer_packet *packet);

/** Wants these tracks ("sound…" is audio, the rest video), in this order. Owned. */
struct viewer *viewer_create(const char *const *tracks, size_t n, viewer_taken_fn taken, void *arg);

/** Closes its socket without a word, frees; NULL is allowed. */
void viewer_destroy(struct viewer *viewer);

/** It takes sound with earlier packets in each (RED), and says so in its offer. Before that. */
void viewer_want_red(struct viewer *viewer);

/** Its SDP. Owned. */
char *viewer_offer(const struct viewer *viewer);

/** Takes the answer and begins; of its candidates that at host, else the first. False: none. */
bool viewer_answer(struct viewer *viewer, const char *answer, const char *host);

/**
 * Where the server offers (Janus does): takes the offer of one picture and begins; the answer,
 * owned, or NULL. The server must be ICE-lite, too.
 */
char *viewer_answer_offer(struct viewer *viewer, const char *offer, const char *host);

/**
 * Without ICE and DTLS: calls a server of tests/bench/bareloop by a datagram that holds the key (16
 * bytes) and salt (12) of AES-128-GCM, and watches.
 */
void viewer_call(struct viewer *viewer, const char *host, int port);

/** Takes what came and does what is due. */
void viewer_serve(struct viewer *viewer);

/** Goes on from another port, as behind another Wi-Fi. */
void viewer_move(struct viewer *viewer);

/** Its socket; -1 before the answer. Another one after viewer_move. */
int viewer_fd(const struct viewer *viewer);

enum viewer_state viewer_state(const struct viewer *viewer);

/** Opens a packet in place by libsrtp: the plain length, 0 when it does not open. */
size_t viewer_open(struct viewer *viewer, struct viewer_packet *packet);

/** The payload within an opened packet of n bytes: behind header and extension. */
const uint8_t *viewer_payload(const struct viewer_packet *packet, size_t n, size_t *ret_n);

/** The bytes of the header extension (RFC 8285, one-byte form) with this id; NULL: it has none.
 *  Borrowed with the packet. */
const uint8_t *viewer_extension(const struct viewer_packet *packet, unsigned id, size_t *ret_n);

/** Sends plain RTCP, protected; n at most 1000. */
void viewer_report(struct viewer *viewer, const uint8_t *packet, size_t n);

/** Says goodbye by DTLS. */
void viewer_leave(struct viewer *viewer);

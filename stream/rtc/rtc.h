// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Live by WebRTC: all rooms and all viewers on one thread and one UDP port, viewers only watch.
 *
 *   bus of a room -> ring (payloads, cut once) -> per viewer: header, encryption, batch -> socket
 *   socket -> STUN, DTLS, RTCP -> the viewer by its user name fragment or address
 *
 * ICE-lite, one candidate a local address; a viewer's state and what moves it stand in
 * stream/rtc/rtc_priv.h. What a viewer gets is paced: LCT_RTC_BURST bytes at once, the rest at
 * LCT_RTC_PACE, so that a line of 20 Mbit/s is never flooded, and less on a line that is seen to be
 * narrower (stream/rtc/estimate.h); there pictures come small, or only sound (stream/rtc/level.h);
 * who joins gets the newest key frame and what came after it, paced alike. Sound goes first, then
 * the tracks in the order asked for.
 *
 *     rc = lct_rtc_create(&settings, &rtc, &fault);
 *     lct_rtc_add_room(rtc, "main", bus, &wishes);
 *     lct_rtc_join(rtc, &join, joined, request);               // joined(request, id, answer, NULL)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/time.h"
#include "encode/bus.h"
#include "stream/wishes.h"

/** What a viewer may get at once, in bytes (8 ms of a line of 20 Mbit/s, and most pictures of a 3
 *  Mbit/s camera in one message), and after that, in bytes per second. */
#define LCT_RTC_BURST (20U << 10)
#define LCT_RTC_PACE (15000000 / 8)

/**
 * A burst costs some 25 us of CPU, and the last of so many viewers would wait 4 ms until all others
 * have theirs: from here on everybody gets one packet of a picture first (which costs 4 to 14 %
 * more).
 */
#define LCT_RTC_MANY 150

/** Tracks one viewer may watch in one connection. */
#define LCT_RTC_STREAMS_MAX 4

/** Length of a viewer's id with its end. */
#define LCT_RTC_ID_SIZE 25

/** Room for what a viewer watches by, and how often it is asked whether it still may. */
#define LCT_RTC_PASS_SIZE 24
#define LCT_RTC_PASS_INTERVAL LCT_SECOND

/** A viewer that is not heard of for so long is gone (RFC 7675). */
#define LCT_RTC_CONSENT (30 * LCT_SECOND)

/** Key frames are asked of a track at most this often, however many viewers ask. */
#define LCT_RTC_KEY_INTERVAL (500 * LCT_MS)

/** And one viewer gets so many for what it says it lost, then one each so often: they make
 * everybody's picture worse. */
#define LCT_RTC_KEYS_AT_ONCE 4
#define LCT_RTC_KEY_PACE (2 * LCT_SECOND)

struct lct_rtc;

struct lct_rtc_settings {
    const char *address;      /**< "0.0.0.0", "::" (both families), or one of this machine's */
    int port;                 /**< UDP; 0: any free one */
    const char *const *hosts; /**< further addresses by which it is reached (NAT), ended by NULL */
    unsigned viewers_max;     /**< more are refused with -EUSERS */
    /**
     * May who came in by a pass (a revocable link, say) watch the room still? Asked again and
     * again, in the engine's thread; false ends the viewer. NULL: everybody may.
     */
    bool (*may_watch)(void *arg, const char *room, const char *pass);
    void *arg; /**< may_watch's */
};

/** Opens the port and starts the thread "rtc". 0 or -errno with a fault; *ret_rtc is owned. Borrows
 *  settings. */
int lct_rtc_create(const struct lct_rtc_settings *settings, struct lct_rtc **ret_rtc,
                   struct lct_fault *fault) LCT_MUST_USE;

/** Says goodbye to all viewers, ends the thread and frees; NULL is allowed. */
void lct_rtc_destroy(struct lct_rtc *rtc);

/** The UDP port. Any thread. */
int lct_rtc_port(const struct lct_rtc *rtc);

/**
 * Makes a room known; its bus must outlive the engine. wishes (copied) go to the room's recorder.
 * Any thread.
 */
void lct_rtc_add_room(struct lct_rtc *rtc, const char *room, struct lct_bus *bus,
                      const struct lct_wishes *wishes);

/** Who wants to watch what. */
struct lct_rtc_join {
    const char *room;
    const char *tracks[LCT_RTC_STREAMS_MAX]; /**< in the order of the offer's media lines */
    size_t n_tracks;                         /**< 0: camera, screen and sound, as many as fit */
    const char *pass;  /**< by what it watches, for may_watch; NULL or "": that never ends */
    bool near;         /**< the client is on this machine: 127.0.0.1 is a candidate too */
    const char *offer; /**< SDP */
    size_t offer_n;
};

/**
 * Told once, in the engine's thread: the viewer's id and the answer, or NULL and a fault: -EINVAL
 * (offer), -ENOENT (room), -EAGAIN (nothing live there now), -ENOTSUP (no line fits a track: 406),
 * -EUSERS (full: 503). All borrowed.
 */
typedef void (*lct_rtc_joined_fn)(void *arg, const char *id, const char *answer,
                                  const struct lct_fault *fault);

/** Lets a viewer in; everything is copied. Any thread. */
void lct_rtc_join(struct lct_rtc *rtc, const struct lct_rtc_join *join, lct_rtc_joined_fn joined,
                  void *arg);

/** Ends a viewer; left(arg, found) is told once, in the engine's thread. Any thread. */
void lct_rtc_leave(struct lct_rtc *rtc, const char *id, void (*left)(void *arg, bool found),
                   void *arg);

/** Counters since the start, and how it is now. */
struct lct_rtc_counters {
    uint64_t packets, bytes; /**< sent, RTP */
    uint64_t sends;          /**< system calls for them */
    uint64_t again;          /**< packets sent again (RTX) */
    uint64_t skipped;        /**< times a viewer was moved to a newer key frame */
    uint64_t smaller;        /**< times a picture was sent smaller, or no more, for a narrow line */
    uint64_t larger;         /**< times one was sent larger again */
    uint64_t keys_asked;     /**< key frames asked of recorders */
    uint64_t refused;        /**< datagrams that were not for us, or forged */
    uint64_t dropped;        /**< packets the kernel would not take */
    uint64_t joins, viewers; /**< let in since the start; connected now */
};

/** Copies them. Any thread. */
void lct_rtc_count(struct lct_rtc *rtc, struct lct_rtc_counters *ret_counters);

/** Connected viewers of a room. Any thread. */
unsigned lct_rtc_viewers(struct lct_rtc *rtc, const char *room);

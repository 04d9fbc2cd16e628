// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What the engine's files share: rtc.c (thread, rooms, who comes and goes), rtc_viewer.c (what a
 * viewer sends us), rtc_send.c (what it gets) and rtc_adapt.c (how much, and of which size). All of
 * it belongs to the engine's thread, but for the block marked in struct lct_rtc.
 *
 * A viewer's state, moved by rtc_viewer.c alone:
 *
 *   CHECKING --a signed STUN check--> SHAKING --DTLS open, keys--> WATCHING
 *   any --goodbye, wrong certificate, no consent, too slow, left--> gone (freed)
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/loop.h"
#include "base/thread.h"
#include "stream/rtc/batch.h"
#include "stream/rtc/dtls.h"
#include "stream/rtc/estimate.h"
#include "stream/rtc/level.h"
#include "stream/rtc/ring.h"
#include "stream/rtc/rtc.h"
#include "stream/rtc/rtcp.h"
#include "stream/rtc/sdp.h"
#include "stream/rtc/srtp.h"
#include "stream/rtc/stun.h"

/** Tracks a room may have live. */
#define LCT_RTC_TRACKS_MAX 32

/** Addresses of one viewer that passed a check: Wi-Fi, cable, both families. */
#define LCT_RTC_ADDRESSES_MAX 4

/** Who has something left to get is looked at again after so long. */
#define LCT_RTC_TICK (5 * LCT_MS)

/** Chains of the tables by address and by user name fragment; a power of two. */
#define LCT_RTC_CHAINS 1024

struct lct_rtc_track {
    char name[LCT_TRACK_NAME_SIZE];
    uint32_t id;
    enum lct_codec codec;
    struct lct_ring *ring;
    lct_ns fed;          /**< when the last chunk came */
    lct_ns key_asked;    /**< when its last key frame was asked for */
    lct_ns small_wished; /**< when its small twin was; LCT_NS_NONE: never, */
    lct_ns small_missed; /**< and when that came to nothing */
};

struct lct_rtc_room {
    struct lct_rtc *rtc;
    char id[40];
    struct lct_bus *bus;
    struct lct_bus_reader *reader;
    atomic_bool woken; /**< a letter "there are chunks" is under way */
    struct lct_wishes wishes;
    lct_ns zero; /**< CLOCK_MONOTONIC of lesson time 0; LCT_NS_NONE before the first chunk */
    struct lct_rtc_track tracks[LCT_RTC_TRACKS_MAX];
    size_t n_tracks;
    struct lct_rtc_room *next;
    atomic_uint viewers;
};

/** One track on its way to one viewer. */
struct lct_rtc_stream {
    struct lct_rtc_track *track; /**< whose packets it sends now: full, or its small twin */
    struct lct_rtc_track *full;
    enum lct_level level; /**< what it is to send; the track follows at a key frame */
    lct_ns moved;         /**< when the level was set */
    struct lct_sdp_codec codec;
    uint8_t extensions[LCT_SDP_EXTENSIONS];
    char mid[LCT_SDP_MID_SIZE];
    uint32_t ssrc, rtx_ssrc;
    uint64_t next;  /**< number of the ring's packet to be sent next */
    uint64_t since; /**< packets before this number were sent under another offset, or never */
    uint64_t index; /**< SRTP index of packet next: rollovers << 16 | sequence */
    uint64_t rtx_index;
    lct_ns sent;        /**< when the newest packet went out */
    lct_ns keys_paid;   /**< when what its viewer asked for is paid for; see LCT_RTC_KEY_PACE */
    bool probed;        /**< and was sent once more, because none followed it */
    uint16_t playout;   /**< what pictures wait at the viewer's, at least, in 10 ms */
    bool waiting;       /**< for a key frame that was asked for: nothing is sent before */
    uint32_t timestamp; /**< of the newest packet */
    uint32_t packets, bytes; /**< for the reports */
};

enum lct_rtc_state { LCT_RTC_CHECKING, LCT_RTC_SHAKING, LCT_RTC_WATCHING };

struct lct_rtc_viewer {
    struct lct_rtc *rtc;
    struct lct_rtc_room *room;
    enum lct_rtc_state state;
    char id[LCT_RTC_ID_SIZE];
    char ufrag[9], password[33]; /**< ours */
    uint8_t fingerprint[32];     /**< of their certificate */
    struct sockaddr_storage to;  /**< the nominated address */
    struct lct_rtc_address {
        struct sockaddr_storage address;
        struct lct_rtc_viewer *viewer;
        struct lct_rtc_address *next; /**< in the table's chain */
    } addresses[LCT_RTC_ADDRESSES_MAX];
    size_t n_addresses, oldest_address;
    lct_ns born, heard; /**< heard: last signed check */
    char pass[LCT_RTC_PASS_SIZE];
    lct_ns pass_due; /**< when to ask whether it is good still */
    struct lct_dtls *dtls;
    struct lct_srtp *srtp;
    struct lct_rtc_stream streams[LCT_RTC_STREAMS_MAX];
    size_t n_streams;
    uint16_t transport_cc; /**< next transport-wide number */
    struct lct_estimate estimate;
    struct lct_levels levels;
    int64_t tokens;       /**< bytes that may be sent now; may be below 0 */
    int64_t again_tokens; /**< bytes that may be sent again */
    lct_ns refilled;
    lct_ns missed; /**< when it last asked for something again; LCT_NS_NONE: never */
    lct_ns report_due;
    struct lct_rtc_viewer *next_by_ufrag;
    struct lct_rtc_viewer *previous, *next; /**< of all */
};

struct lct_rtc {
    /* fixed after create */
    struct lct_thread thread;
    struct lct_loop *loop;
    struct lct_dtls_ctx *dtls;
    int fd, port;
    bool any; /* listens on all addresses */
    struct sockaddr_storage own;
    char (*hosts)[64];
    size_t n_hosts;
    unsigned viewers_max;
    bool (*may_watch)(void *arg, const char *room, const char *pass);
    void *may_watch_arg;
    /* the engine's thread */
    struct lct_batch *batch;
    struct lct_watch *watch;
    struct lct_timer *pacing, *keeping;
    bool pacing_set;
    struct lct_rtc_viewer *viewers;
    unsigned n_viewers;
    struct lct_rtc_address *by_address[LCT_RTC_CHAINS];
    struct lct_rtc_viewer *by_ufrag[LCT_RTC_CHAINS];
    uint64_t salt; /* of the tables, so that nobody can choose his chain */
    struct lct_rtc_counters counting;
    struct lct_rtc_room *rooms; /* others read it under lock */
    /* guarded by lock */
    pthread_mutex_t lock;
    struct lct_rtc_counters told;
};

/* rtc.c */

/** Frees a viewer and all that names it. */
void lct_rtc_viewer_free(struct lct_rtc_viewer *viewer);

/** Has lct_rtc_send called again for all viewers, a tick from now. */
void lct_rtc_pace_later(struct lct_rtc *rtc, lct_ns now);

/** Asks the room's recorder for a key frame; false: that was just done. */
bool lct_rtc_ask_key(struct lct_rtc_viewer *viewer, struct lct_rtc_track *track);

/* rtc_viewer.c */

/** Makes a viewer findable by its user name fragment, later by its addresses; and ends that. */
void lct_rtc_viewer_list(struct lct_rtc_viewer *viewer);
void lct_rtc_viewer_unlist(struct lct_rtc_viewer *viewer);

/** One datagram from the socket. */
void lct_rtc_take(struct lct_rtc *rtc, const struct sockaddr_storage *from, uint8_t *bytes,
                  size_t n);

/** What is due by time: handshakes, consent, reports. False when the viewer is gone (freed). */
bool lct_rtc_viewer_keep(struct lct_rtc_viewer *viewer, lct_ns now);

/* rtc_adapt.c */

/** Looks what size each picture is to have, and has those that are needed made. */
void lct_rtc_adapt(struct lct_rtc_viewer *viewer, lct_ns now);

/** The track that a picture of this level is of; NULL: none, or a twin that is not there yet. */
struct lct_rtc_track *lct_rtc_track_now(struct lct_rtc_viewer *viewer,
                                        const struct lct_rtc_stream *stream, lct_ns now);

/** What the viewer's line is sent: bytes a second, and bytes at once. */
struct lct_rtc_pace {
    int64_t rate, burst;
};
struct lct_rtc_pace lct_rtc_pace(const struct lct_rtc_viewer *viewer);

/* rtc_send.c */

/** Starts all streams at the newest key frames. */
void lct_rtc_start(struct lct_rtc_viewer *viewer);

/** Sends what is there and what the pace allows, at most so many packets a stream. True when
 * pictures are left for later. */
bool lct_rtc_send(struct lct_rtc_viewer *viewer, lct_ns now, unsigned most);

/** Sends again what was asked for, as far as it is still there and the allowance goes. */
void lct_rtc_send_again(struct lct_rtc_viewer *viewer, uint32_t ssrc, const uint16_t *sequences,
                        size_t n);

/**
 * Sends the newest packet of each picture track once more when none has followed it for a while: of
 * a still screen nobody would notice that its last packets were lost until the next picture comes.
 */
void lct_rtc_probe(struct lct_rtc_viewer *viewer, lct_ns now);

/** Sends the sender reports. */
void lct_rtc_report(struct lct_rtc_viewer *viewer, lct_ns now);

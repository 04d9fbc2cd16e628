// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Live by WebSocket: the chunks of a room's bus as they are, one a message, behind a greeting. All
 * of it runs in the HTTP thread.
 *
 *   bus of a room -> a list of its last chunks, shared -> per viewer: a number in it -> socket
 *
 * Messages are binary (a chunk: moof+mdat; the track_ID in it says whose) or JSON text:
 *
 *   {"tracks":[{"name","kind","id","small","codecs","width","height","init"}],"zero_ns","now_ns"}
 *                                                 the greeting: inits in base64url, lesson time now
 *   {"tracks":[{…}]}                              the chunks of this track have this id and init
 * from here on, beginning with a key frame
 *   {"skip":{"track","from_ns","to_ns"}}          nothing of the track comes between these times
 *   {"narrow":true}                               once: the line does not even carry small pictures
 *   {"end":true}                                  the bell; the socket is closed with 1000
 *
 * A viewer begins at the newest key frame of each picture, and a little before now with sound.
 * Whose line is too narrow (stream/ws_line.h) gets the pictures' small twins, where there are any,
 * and full ones again when it is wide. Who is LCT_WS_BACKLOG late all the same goes on with the
 * newest key frame; whom that happens again and again is told, and had better ask for sound alone.
 *
 *     ws = lct_ws_create(&settings);
 *     lct_ws_add_room(ws, "main", bus, &wishes);        // before the server starts
 *     rc = lct_ws_join(ws, request, &join, &fault);     // in a route of LCT_HTTP_SOCKET
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/time.h"
#include "encode/bus.h"
#include "stream/http/http.h"
#include "stream/wishes.h"

/** Tracks one viewer may watch. */
#define LCT_WS_TRACKS_MAX 4

/** How late what is sent to a viewer may be. */
#define LCT_WS_BACKLOG (1500 * LCT_MS)

/** Chunks of a room are held so long at most, for who joins: a screen has a key frame each 10 s. */
#define LCT_WS_HELD (12 * LCT_SECOND)
#define LCT_WS_HELD_BYTES (32U << 20)

/** A joiner's sound begins so long before now: players are a little behind. */
#define LCT_WS_SOUND_BEFORE (500 * LCT_MS)

/** Room for what a viewer watches by, and how often it is asked whether it still may. */
#define LCT_WS_PASS_SIZE 24
#define LCT_WS_PASS_INTERVAL LCT_SECOND

struct lct_ws;

struct lct_ws_settings {
    struct lct_http_server *http; /**< its thread is this engine's */
    unsigned viewers_max;         /**< more are refused with -EUSERS */
    /**
     * May who came in by a pass (a revocable link, say) watch the room still? Asked again and
     * again, in the HTTP thread; false closes the socket. NULL: everybody may.
     */
    bool (*may_watch)(void *arg, const char *room, const char *pass);
    void *arg; /**< may_watch's */
};

/** An engine without rooms; before lct_http_start. Borrows settings. Returns owned. */
struct lct_ws *lct_ws_create(const struct lct_ws_settings *settings) LCT_MUST_USE;

/** Ends reading and frees: after lct_http_stop, and while nobody publishes. NULL is allowed. */
void lct_ws_destroy(struct lct_ws *ws);

/** Makes a room known; its bus outlives the engine. wishes (copied) go to the room's recorder.
 * Before lct_http_start. */
void lct_ws_add_room(struct lct_ws *ws, const char *room, struct lct_bus *bus,
                     const struct lct_wishes *wishes);

/** Who wants to watch what. */
struct lct_ws_join {
    const char *room;
    const char *tracks[LCT_WS_TRACKS_MAX];
    size_t n_tracks;  /**< 0: camera, screen and sound, as there are */
    const char *pass; /**< by what it watches, for may_watch; "": that never ends */
};

/**
 * Lets a viewer in: answers the request with a socket. 0; else the request is the caller's still,
 * with a fault: -ENOENT (room), -EAGAIN (nothing of that is live now), -EUSERS (full). HTTP thread.
 */
int lct_ws_join(struct lct_ws *ws, struct lct_http_request *request, const struct lct_ws_join *join,
                struct lct_fault *fault) LCT_MUST_USE;

/** The bell of a room: its viewers are told, and closed. Any thread. */
void lct_ws_end(struct lct_ws *ws, const char *room);

/** Viewers of a room now. Any thread. */
unsigned lct_ws_viewers(const struct lct_ws *ws, const char *room);

/** Counters since the start, and how it is now. */
struct lct_ws_counters {
    uint64_t chunks, bytes;  /**< sent to viewers */
    uint64_t skipped;        /**< times a viewer was moved to a newer key frame */
    uint64_t narrowed;       /**< times a viewer's line was found too narrow for full pictures */
    uint64_t joins, viewers; /**< let in since the start; there now */
};

/** Copies them. Any thread. */
void lct_ws_count(struct lct_ws *ws, struct lct_ws_counters *ret_counters);

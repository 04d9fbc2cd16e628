// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The rooms on air: the two engines of live viewers, fed from the rooms' buses. What the engines
 * wish of a room's recorder is carried to it, and where a lesson ends the bell is rung. The loop's
 * thread, but for the engines themselves.
 *
 *     rc = lct_on_air_open(&settings, &on_air, &fault);      // WebRTC
 *     lct_on_air_add_http(on_air, http);                     // and WebSocket, before http starts
 *     lct_on_air_look(on_air);                               // a room changed
 */
#pragma once

#include "base/attr.h"
#include "base/config.h"
#include "base/fault.h"
#include "base/loop.h"
#include "control/server/rooms.h"
#include "stream/http/http.h"
#include "stream/rtc/rtc.h"
#include "stream/ws.h"

struct lct_on_air;

struct lct_on_air_settings {
    const struct lct_config *config; /**< its rooms, and [live]; outlives it */
    const char *address;             /**< where WebRTC listens unless [live] says */
    int port;
    struct lct_rooms *rooms; /**< outlive it */
    struct lct_loop *loop;   /**< of the rooms */
    /** As lct_rtc_settings and lct_ws_settings have it. */
    bool (*may_watch)(void *arg, const char *room, const char *pass);
    void *arg;
};

/** Opens the UDP port. 0; -EINVAL: [live] is wrong; or lct_rtc_create's; with a fault. *ret_on_air
 *  is owned. */
int lct_on_air_open(const struct lct_on_air_settings *settings, struct lct_on_air **ret_on_air,
                    struct lct_fault *fault) LCT_MUST_USE;

/** Viewers may come by WebSocket too. Before http starts. */
void lct_on_air_add_http(struct lct_on_air *on_air, struct lct_http_server *http);

/** The engine of WebRTC. Borrows. */
struct lct_rtc *lct_on_air_rtc(struct lct_on_air *on_air);

/** The engine of WebSocket; NULL before lct_on_air_add_http. Borrows. */
struct lct_ws *lct_on_air_ws(struct lct_on_air *on_air);

/** Rings the bell where a lesson is over: after each change of a room. */
void lct_on_air_look(struct lct_on_air *on_air);

/** Sends the viewers by WebRTC away and rings no bell any more. The loop must turn once more before
 *  it is destroyed: wishes lie in it. NULL is allowed. */
void lct_on_air_end(struct lct_on_air *on_air);

/** Frees; it has ended, and the HTTP server has stopped. NULL is allowed. */
void lct_on_air_destroy(struct lct_on_air *on_air);

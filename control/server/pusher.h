// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Pushes lessons to the addresses of control/server/pushes.h: while a room records, a process of
 * its own
 * ("lectern-worker push", control/worker/worker_push.h) for each that is switched on, so that
 * neither media nor a platform that stands still comes near the server's threads. A worker that
 * dies is started again; they die with the server, however it dies. Main loop.
 *
 *     off        switched off                     no worker
 *     ready      there is no lesson               no worker, or one that sends a lesson's rest
 *     connecting the worker is, or begins
 *     sending    the platform takes the lesson
 *     waiting    it did not, or the worker died; tried again by itself
 *
 *     off <-> ready          by lct_pushes_switch
 *     ready -> connecting    at a lesson's begin; from there as the worker says
 *     any -> ready           at the lesson's end
 *
 *     struct lct_pusher *pusher = lct_pusher_create(loop, rooms, pushes, data, changed, me);
 *     lct_pusher_look(pusher);                   // rooms or pushes have changed
 *     lct_pusher_reap(pusher);                   // SIGCHLD
 */
#pragma once

#include "base/attr.h"
#include "base/json.h"
#include "base/loop.h"
#include "control/server/pushes.h"
#include "control/server/rooms.h"

struct lct_pusher;

/** After SIGTERM a worker may take so long to end its stream; then it is killed. */
#define LCT_PUSHER_END_PATIENCE (5 * LCT_SECOND)

/** A worker that died is started again after a second, then twice as long each time up to this. */
#define LCT_PUSHER_WAIT_MOST (30 * LCT_SECOND)

/** Pushes the lessons in DATA/lessons of data (copied). changed(arg) is told when a state has
 *  changed. Borrows rooms and pushes. Returns owned. */
struct lct_pusher *lct_pusher_create(struct lct_loop *loop, struct lct_rooms *rooms,
                                     struct lct_pushes *pushes, const char *data,
                                     void (*changed)(void *arg), void *arg) LCT_MUST_USE;

/** Starts and ends workers as rooms and pushes now want it. */
void lct_pusher_look(struct lct_pusher *pusher);

/** Looks which workers have ended: the process has no other children. */
void lct_pusher_reap(struct lct_pusher *pusher);

/** The pushes of a room as docs/api.yaml says. Returns owned. */
json_t *lct_pusher_json(const struct lct_pusher *pusher, const char *room) LCT_MUST_USE;

/** One of them; NULL: there is none. Returns owned. */
json_t *lct_pusher_json_of(const struct lct_pusher *pusher, const char *id) LCT_MUST_USE;

/** Ends all streams, waits for that at most LCT_PUSHER_END_PATIENCE, and frees; the loop does not
 *  run any more. NULL is allowed. */
void lct_pusher_destroy(struct lct_pusher *pusher);

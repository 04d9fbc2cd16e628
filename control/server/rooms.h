// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The server's model of the rooms: what each recorder said last, and the commands under way to it.
 * Bound to one loop and its thread, but for what says "any thread". Each room has a bus on which
 * the chunks of its recorder are published, for the engines that show them live.
 *
 *     rc = lct_rooms_create(loop, "/data/link", changed, me, &rooms, &fault);
 *     rc = lct_rooms_open_door(rooms, &door, &fault);     // for recorders in other buildings
 *     lct_rooms_add(rooms, "main", "Room 1");
 *     lct_rooms_command(rooms, "main", json_pack("{s:s}", "do", "stop"), done, request);
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/tls.h"
#include "encode/bus.h"
#include "stream/link.h"

struct lct_rooms;

/** Rooms a server knows at most. */
#define LCT_ROOMS_MAX 64

/** Room for the id of a lesson. */
#define LCT_ROOMS_LESSON_SIZE 72

/**
 * A command is answered in this time: a recorder that is still busy then goes on with it. A
 * recorder must be heard this often, busy or not.
 */
#define LCT_ROOMS_REPLY (20 * LCT_SECOND)
#define LCT_ROOMS_SILENCE (10 * LCT_SECOND)

/**
 * Listens for recorders at the socket path. changed(arg) is told, in the loop's thread, whenever
 * something of a room changed. 0 or -errno with a fault; *ret_rooms is owned.
 */
int lct_rooms_create(struct lct_loop *loop, const char *path, void (*changed)(void *arg), void *arg,
                     struct lct_rooms **ret_rooms, struct lct_fault *fault) LCT_MUST_USE;

/** A recorder from outside that was heard so lately is there: a second one is sent away. One that
 * is silent has lost its line, and calls again. */
#define LCT_ROOMS_LOST (1500 * LCT_MS)

/** Tells lesson(arg, id), in the loop's thread, whenever a room's recorder begins or ends to record
 * the lesson, or goes away meanwhile; arg is that of lct_rooms_create. Once, before the loop runs.
 */
void lct_rooms_tell_lessons(struct lct_rooms *rooms, void (*lesson)(void *arg, const char *id));

/** How recorders in other buildings come in. */
struct lct_rooms_door {
    const char *address;
    int port;            /**< TCP; 0: any */
    struct lct_tls *tls; /**< must outlive the rooms */
    /** Whether this is the room's secret; loop's thread. */
    bool (*is_right)(void *arg, const char *room, const char *secret);
    /** Bytes of a lesson's file, of the room's recorder (borrowed). False: it sends more than it
     * may, and is closed. */
    bool (*part)(void *arg, const char *room, const struct lct_link_part *part);
    /** A COPY of the room's recorder (borrowed). */
    void (*copy)(void *arg, const char *room, const json_t *message);
    void *arg;
};

/** Listens for them, too. 0 or -errno with a fault. */
int lct_rooms_open_door(struct lct_rooms *rooms, const struct lct_rooms_door *door,
                        struct lct_fault *fault) LCT_MUST_USE;

/** The door's port. */
int lct_rooms_door_port(const struct lct_rooms *rooms);

/** Sends a COPY to the room's recorder, if it is in another building and there. */
void lct_rooms_send_copy(struct lct_rooms *rooms, const char *room, const json_t *message);

/** Secrets have changed: recorders whose secret is not right any more are sent away. */
void lct_rooms_look_at_door(struct lct_rooms *rooms);

/** Ends the links; commands under way are answered with "away". NULL is allowed. */
void lct_rooms_destroy(struct lct_rooms *rooms);

/** Makes a room known before its recorder calls; name "": it has none. False when there are too
 * many. */
bool lct_rooms_add(struct lct_rooms *rooms, const char *id, const char *name);

/** True when there is such a room. Any thread. */
bool lct_rooms_has(struct lct_rooms *rooms, const char *id);

/** All rooms as docs/api.yaml says. Returns owned. */
json_t *lct_rooms_json(const struct lct_rooms *rooms) LCT_MUST_USE;

/** One room as docs/api.yaml says, NULL when there is none. Returns owned. */
json_t *lct_rooms_json_of(const struct lct_rooms *rooms, const char *id) LCT_MUST_USE;

/**
 * Called once for each command: reply is the recorder's (borrowed), or NULL with fault when it is
 * away (-ENOTCONN), still busy (-ETIMEDOUT), or refused (its own fault).
 */
typedef void (*lct_rooms_done_fn)(void *arg, const json_t *reply, const struct lct_fault *fault);

/** Sends a command (takes it; its id is set here) to the room's recorder. done may come at once. */
void lct_rooms_command(struct lct_rooms *rooms, const char *room, json_t *command,
                       lct_rooms_done_fn done, void *arg);

/** Somebody looks at the rooms, or nobody any more: told to the recorders. */
void lct_rooms_look(struct lct_rooms *rooms, bool on);

/** The bus of a room's chunks; NULL when there is no such room. Borrows. */
struct lct_bus *lct_rooms_bus(struct lct_rooms *rooms, const char *room);

/** What the room's recorder says that it does: "idle", "recording" and so on as docs/api.yaml says,
 *  "away" when there is none. Borrows, until the next turn of the loop. */
const char *lct_rooms_state(struct lct_rooms *rooms, const char *room);

/** True when a recorder on this machine is recording and says that it is short of CPU
 * ("cpu":{"step"} of docs/formats/link.md above 0). */
bool lct_rooms_are_short_of_cpu(const struct lct_rooms *rooms);

/** True when a recorder says that it is recording the lesson now. Any thread. */
bool lct_rooms_is_recording(struct lct_rooms *rooms, const char *lesson);

/** Copies the id of the lesson that the room's recorder says it is recording now; false: none. Any
 * thread. */
bool lct_rooms_lesson(struct lct_rooms *rooms, const char *room,
                      char ret_lesson[LCT_ROOMS_LESSON_SIZE]);

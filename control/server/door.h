// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The server's door for recorders in other buildings: its port, its certificate, the rooms' tokens,
 * the copies of their lessons, and the file DATA/door by which commands know what to write into a
 * new token.
 *
 *     rc = lct_door_open(&settings, &door, &fault);   // before the rooms' loop runs
 *     lct_door_look(door);                            // from time to time, in the disk's thread
 *     lct_door_stop(door);
 *     lct_door_close(door);                           // after the rooms are destroyed
 */
#pragma once

#include "base/attr.h"
#include "base/cert.h"
#include "base/fault.h"
#include "base/loop.h"
#include "control/room_token.h"
#include "control/server/rooms.h"

struct lct_door;

/** Texts are borrowed. */
struct lct_door_settings {
    const char *data;
    const char *address;   /**< to listen at */
    int port;              /**< TCP; 0: any */
    struct lct_cert *cert; /**< to be shown; NULL: it makes its own in data */
    const char *url;       /**< the pages' address: its host is the one that tokens name */
    struct lct_rooms *rooms;
    struct lct_loop *loop; /**< of the rooms */
};

/** Opens it. 0, or -errno with a fault; *ret_door is owned. Blocks on the disk. */
int lct_door_open(const struct lct_door_settings *settings, struct lct_door **ret_door,
                  struct lct_fault *fault) LCT_MUST_USE;

/** Sees changed tokens, and logs it. One thread, which may wait for the disk. */
void lct_door_look(struct lct_door *door);

/** Shows another certificate (borrows) to whoever calls from now on. The same thread. */
void lct_door_show(struct lct_door *door, const struct lct_cert *cert);

/** Writes what was received of copies, and receives no more. NULL is allowed. */
void lct_door_stop(struct lct_door *door);

/** Frees; nobody looks any more. NULL is allowed. */
void lct_door_close(struct lct_door *door);

/** Fills host, port and sum of a token from what a server left in the data folder. 0; -ENOENT: no
 * server there has had a door; or -EBADMSG; with a fault. Blocks on the disk. */
int lct_door_find(const char *data, struct lct_room_token *ret_token,
                  struct lct_fault *fault) LCT_MUST_USE;

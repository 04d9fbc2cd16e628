// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Where rooms' lessons are pushed to: addresses of regional platforms. DATA/pushes.json (mode 0600:
 * they hold stream keys) is all there is of it. Server and commands change the same file, one at a
 * time (they lock the folder); the server reads it again when it has changed. Who sends is
 * control/server/pusher.h.
 *
 *     pushes = lct_pushes_create("/data");
 *     rc = lct_pushes_refresh(pushes, &fault);           // now, and from time to time
 *     rc = lct_pushes_add(pushes, &push, &fault);        // room, name, url, screen
 *     list = lct_pushes_list(pushes, "main", &n);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"
#include "encode/push_address.h"

struct lct_pushes;

/** Addresses of a room. */
#define LCT_PUSHES_ROOM_MAX 8

/** An id as text: 16 hexadecimal digits and the end. */
#define LCT_PUSHES_ID_SIZE 17

/** Room for the id of a room. */
#define LCT_PUSHES_ROOM_SIZE 40

/** 80 characters of at most 4 bytes, and the end. */
#define LCT_PUSHES_NAME_MAX 80
#define LCT_PUSHES_NAME_SIZE 321

struct lct_pushes_push {
    char id[LCT_PUSHES_ID_SIZE];
    char room[LCT_PUSHES_ROOM_SIZE];
    char name[LCT_PUSHES_NAME_SIZE]; /**< "": it has none */
    char url[LCT_PUSH_URL_SIZE];     /**< secret: shown to nobody, logged nowhere */
    char shown[LCT_PUSH_SHOWN_SIZE]; /**< what people see of it */
    bool screen;                     /**< the screen's picture, not the camera's */
    bool on;
};

/** The pushes of a data folder; none before the first refresh. Returns owned. */
struct lct_pushes *lct_pushes_create(const char *data) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_pushes_destroy(struct lct_pushes *pushes);

/** Those of a room (NULL: of all), the oldest first. Any thread. Returns owned (free). */
struct lct_pushes_push *lct_pushes_list(struct lct_pushes *pushes, const char *room,
                                        size_t *ret_n) LCT_MUST_USE;

/** {"id","room","name","address","picture","on"}: what everybody may know of one. Returns owned. */
json_t *lct_pushes_json(const struct lct_pushes_push *push) LCT_MUST_USE;

/* Changes. They lock, read and write the disk; one thread at a time. Durable when they return. */

/** Reads the file if it has changed. 1: it had; 0: it had not; -errno with a fault: it cannot be
 *  read (-EBADMSG: it is damaged), and what was known stays. */
int lct_pushes_refresh(struct lct_pushes *pushes, struct lct_fault *fault) LCT_MUST_USE;

/**
 * Adds one: room, name, url, screen and on are read, id and shown filled in. 0; -EINVAL: no room's
 * id, or the address is none; -EALREADY: the room has it; -EUSERS: it has LCT_PUSHES_ROOM_MAX;
 * -EBUSY: another program changes them just now; or another -errno; with a fault.
 */
int lct_pushes_add(struct lct_pushes *pushes, struct lct_pushes_push *push,
                   struct lct_fault *fault) LCT_MUST_USE;

/** Takes one of a room (NULL: of whichever) away. 0; -ENOENT: there is none; -EBUSY … as above. */
int lct_pushes_remove(struct lct_pushes *pushes, const char *room, const char *id,
                      struct lct_fault *fault) LCT_MUST_USE;

/** Switches one on or off. 0; -ENOENT; -EBUSY … as above. */
int lct_pushes_switch(struct lct_pushes *pushes, const char *room, const char *id, bool on,
                      struct lct_fault *fault) LCT_MUST_USE;

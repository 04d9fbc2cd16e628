// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Who may watch a room live beside those who have the access code: everybody when the room is
 * public, else who has one of its watch links. DATA/watch-links.json (mode 0600) is all there is of
 * it: the key that signs links, the links that are good, the public rooms. A link is good while it
 * stands there and its time has not come, so revoking one takes it out, and a lost file closes
 * rooms and opens none. Server and commands change the same file, one at a time (they lock the
 * folder); the server reads it again when it has changed.
 *
 *     links = lct_links_create("/data", LCT_LINKS_OF_ROOMS, lct_wall);
 *     rc = lct_links_refresh(links, &fault);                       // now, and from time to time
 *     rc = lct_links_make(links, "main", 3600, &link, &fault);     // link.token
 *     switch (lct_links_try(links, "main", token, id)) …           // somebody comes with one
 *     if (!lct_links_is_good(links, "main", id)) …                 // and watches: still?
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/time.h"
#include "control/server/links_token.h"

struct lct_links;

/** What links open: a room's live, or a lesson or microlesson of the library (a share; then "room"
 *  below is its id, its file is DATA/shares.json, and nothing is public). */
enum lct_links_of { LCT_LINKS_OF_ROOMS, LCT_LINKS_OF_ITEMS };

/** Links that are good at once, of all rooms. */
#define LCT_LINKS_MAX 1024

/** How long a link may be good, and is when nobody says. */
#define LCT_LINKS_SECONDS_MAX INT64_C(315360000) /* ten years */
#define LCT_LINKS_SECONDS (30 * 86400)

/** A link's id as text: 16 hexadecimal digits and the end. */
#define LCT_LINKS_ID_SIZE 17

/** Room for the id of a room or an item. */
#define LCT_LINKS_ROOM_SIZE 64

struct lct_links_link {
    char id[LCT_LINKS_ID_SIZE];
    char room[LCT_LINKS_ROOM_SIZE];
    int64_t expires; /**< seconds since 1970 (UTC) */
    char token[LCT_LINKS_TOKEN_SIZE];
};

/** Who may watch the rooms of a data folder; nobody before the first refresh. wall is the clock
 * that ends links. Returns owned. */
struct lct_links *lct_links_create(const char *data, enum lct_links_of of,
                                   lct_clock_fn wall) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_links_destroy(struct lct_links *links);

/* Questions. Memory only, any thread. */

enum lct_links_answer {
    LCT_LINKS_GOOD,
    LCT_LINKS_WRONG,   /**< no token, of another room, or of another key */
    LCT_LINKS_EXPIRED, /**< its time is over */
    LCT_LINKS_REVOKED, /**< it was one of ours */
};

/** What a token is worth in a room; of a good one also its id. */
enum lct_links_answer lct_links_try(struct lct_links *links, const char *room, const char *token,
                                    char ret_id[LCT_LINKS_ID_SIZE]);

/** True while the link of that id is good in the room. */
bool lct_links_is_good(struct lct_links *links, const char *room, const char *id);

/** True when everybody may watch the room. */
bool lct_links_is_public(struct lct_links *links, const char *room);

/** The good links of a room (NULL: of all), the one that ends last first. Returns owned (free). */
struct lct_links_link *lct_links_list(struct lct_links *links, const char *room,
                                      size_t *ret_n) LCT_MUST_USE;

/** A link of a room as {"id","room","expires","url"}, the address made of base ("http://host:8080",
 * "": to be read on the server's own pages). Returns owned. */
json_t *lct_links_json(const struct lct_links_link *link, const char *base) LCT_MUST_USE;

/* Changes. They lock, read and write the disk; one thread at a time. Durable when they return. */

/**
 * Reads the file if it has changed. 1: it had; 0: it had not; -errno with a fault: it cannot be
 * read
 * (-EBADMSG: it is damaged), and what was known stays.
 */
int lct_links_refresh(struct lct_links *links, struct lct_fault *fault) LCT_MUST_USE;

/**
 * Makes a link that is good for some seconds from now on. 0; -EINVAL: not 1 to
 * LCT_LINKS_SECONDS_MAX, or no room's id; -EUSERS: there are LCT_LINKS_MAX; -EBUSY: another program
 * changes them just now; or another -errno; with a fault.
 */
int lct_links_make(struct lct_links *links, const char *room, int64_t seconds,
                   struct lct_links_link *ret_link, struct lct_fault *fault) LCT_MUST_USE;

/** Ends a link of a room (NULL: of whichever). 0; -ENOENT: there is none; -EBUSY … as above. */
int lct_links_revoke(struct lct_links *links, const char *room, const char *id,
                     struct lct_fault *fault) LCT_MUST_USE;

/** Opens a room to everybody, or ends that. 0; -EINVAL: no room's id; -EBUSY … as above. */
int lct_links_set_public(struct lct_links *links, const char *room, bool on,
                         struct lct_fault *fault) LCT_MUST_USE;

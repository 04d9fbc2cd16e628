// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Which recorders may come in from other buildings: of each room one secret, of which
 * DATA/room-tokens.json (mode 0600) keeps the SHA-256 alone. A new one ends the one before. Server
 * and commands change the same file, one at a time (they lock the folder); the server reads it
 * again when it has changed.
 *
 *     tokens = lct_room_tokens_create("/data");
 *     rc = lct_room_tokens_refresh(tokens, &fault);                 // now, and from time to time
 *     rc = lct_room_tokens_make(tokens, "lab", secret, &fault);
 *     if (!lct_room_tokens_is_right(tokens, "lab", given)) …
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"
#include "control/room_token.h"

struct lct_room_tokens;

/** The tokens of a data folder; none before the first refresh. Returns owned. */
struct lct_room_tokens *lct_room_tokens_create(const char *data) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_room_tokens_destroy(struct lct_room_tokens *tokens);

/** True for the room's secret; in a time that says nothing about it. Memory only, any thread. */
bool lct_room_tokens_is_right(struct lct_room_tokens *tokens, const char *room, const char *secret);

/** Reads the file if it has changed. 1: it had; 0; or -errno with a fault (-EBADMSG: it is
 * damaged), and what was known stays. One thread at a time; blocks on the disk, as do those that
 * follow. */
int lct_room_tokens_refresh(struct lct_room_tokens *tokens, struct lct_fault *fault) LCT_MUST_USE;

/** Makes the room's secret anew. 0; -EINVAL: no room's id; -EUSERS: there are LCT_ROOMS_MAX rooms;
 * -EBUSY: another program changes them just now; or another -errno; with a fault. Durable. */
int lct_room_tokens_make(struct lct_room_tokens *tokens, const char *room,
                         char ret_secret[LCT_ROOM_SECRET_SIZE],
                         struct lct_fault *fault) LCT_MUST_USE;

/** Ends the room's secret. 0; -ENOENT: it has none; -EBUSY … as above. Durable. */
int lct_room_tokens_revoke(struct lct_room_tokens *tokens, const char *room,
                           struct lct_fault *fault) LCT_MUST_USE;

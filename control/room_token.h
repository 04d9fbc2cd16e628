// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A room's token as one line of text: all that a recorder in another building needs.
 *
 *     HOST:PORT/ROOM/SECRET            the server's certificate is vouched for by an authority
 *     HOST:PORT/ROOM/SECRET/SUM        it is the one of this SHA-256
 *
 * HOST is a name, an IPv4 address, or an IPv6 address in []. SECRET is 32 random bytes, SUM 32
 * bytes, both as 43 letters of base64url. Pure but for the file; any thread.
 *
 *     if (lct_room_token_read(text, &token) < 0) …
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/base64.h"
#include "base/fault.h"
#include "base/secret.h"

/** A secret's letters and the end. */
#define LCT_ROOM_SECRET_SIZE LCT_BASE64_SIZE(32)

/** A token's letters at most, and the end. */
#define LCT_ROOM_TOKEN_SIZE 420

struct lct_room_token {
    char host[254]; /**< without [] */
    int port;       /**< 1 to 65535 */
    char room[40];
    char secret[LCT_ROOM_SECRET_SIZE];
    bool pinned;
    uint8_t sum[LCT_DIGEST_SIZE]; /**< when pinned */
};

/** Writes it, without an end of line. */
void lct_room_token_write(const struct lct_room_token *token, char out[LCT_ROOM_TOKEN_SIZE]);

/** Reads it; white space around it does not count. 0, or -EINVAL. */
int lct_room_token_read(const char *text, struct lct_room_token *ret_token) LCT_MUST_USE;

/** Reads the file of a room's token. 0; -EINVAL: it holds none, or that of another room; or another
 * -errno; with a fault. */
int lct_room_token_load(const char *path, const char *room, struct lct_room_token *ret_token,
                        struct lct_fault *fault) LCT_MUST_USE;

/** Reads "HOST:PORT" into host and port. 0, or -EINVAL. */
int lct_room_token_read_place(const char *text, struct lct_room_token *ret_token) LCT_MUST_USE;

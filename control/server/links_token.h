// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The token of a watch link: 30 bytes as 40 letters of base64url.
 *
 *     | 1 version | 5 expires, seconds since 1970 | 8 id | 16 signature |
 *
 * The signature is the first half of HMAC-SHA256 by the server's key over the bytes before it and
 * the room's id, which is not told again: the address has it. So a token is good for its room
 * alone. Numbers are big-endian. Pure; any thread.
 *
 *     lct_links_token_write(key, "main", &(struct lct_links_token){id, expires}, text);
 *     if (lct_links_token_read(key, "main", text, &token) < 0) …        // not one of this room
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/base64.h"

/** Bytes of the server's key. */
#define LCT_LINKS_KEY_SIZE 32

/** A token's letters and the end. */
#define LCT_LINKS_TOKEN_SIZE LCT_BASE64_SIZE(30)

struct lct_links_token {
    uint64_t id;
    int64_t expires; /**< seconds since 1970 (UTC), 0 to 2^40 - 1 */
};

/** Writes a token of the room, or of the item that is shared (lct_lesson_is_id); it is good before
 *  its end (whether it has come is the caller's to see). */
void lct_links_token_write(const uint8_t key[LCT_LINKS_KEY_SIZE], const char *room,
                           const struct lct_links_token *token, char out[LCT_LINKS_TOKEN_SIZE]);

/**
 * Reads what a client gave: 0, or -EINVAL when it is not a token that this key signed for this
 * room. In a time that says nothing about the signature.
 */
int lct_links_token_read(const uint8_t key[LCT_LINKS_KEY_SIZE], const char *room, const char *text,
                         struct lct_links_token *ret_token) LCT_MUST_USE;

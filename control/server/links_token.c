// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/links_token.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "archive/lesson/lesson.h"
#include "base/bytes.h"
#include "base/secret.h"

#define VERSION 1
#define EXPIRES_BYTES 5
#define HEAD (1 + EXPIRES_BYTES + 8) /* what is signed, before the room */
#define SIGNATURE 16
#define ROOM_MAX (LCT_LESSON_ID_SIZE - 1) /* a room's id is shorter */

static_assert(LCT_BASE64_SIZE(HEAD + SIGNATURE) == LCT_LINKS_TOKEN_SIZE, "as the header says");

static void sign(const uint8_t key[LCT_LINKS_KEY_SIZE], const char *room, const uint8_t head[HEAD],
                 uint8_t sum[LCT_DIGEST_SIZE]) {
    uint8_t text[HEAD + ROOM_MAX];
    size_t n = strlen(room);
    memcpy(text, head, HEAD);
    memcpy(text + HEAD, room, n);
    lct_hmac_sha256(key, LCT_LINKS_KEY_SIZE, text, HEAD + n, sum);
}

void lct_links_token_write(const uint8_t key[LCT_LINKS_KEY_SIZE], const char *room,
                           const struct lct_links_token *token, char out[LCT_LINKS_TOKEN_SIZE]) {
    uint8_t bytes[HEAD + SIGNATURE], sum[LCT_DIGEST_SIZE];
    struct lct_writer w = lct_writer(bytes, sizeof bytes);
    assert(lct_lesson_is_id(room) && token->expires >= 0 &&
           token->expires >> 8 * EXPIRES_BYTES == 0);
    lct_put_u8(&w, VERSION);
    lct_put_be(&w, (uint64_t)token->expires, EXPIRES_BYTES);
    lct_put_u64(&w, token->id);
    sign(key, room, bytes, sum);
    lct_put(&w, sum, SIGNATURE);
    lct_base64_write(bytes, sizeof bytes, out);
}

int lct_links_token_read(const uint8_t key[LCT_LINKS_KEY_SIZE], const char *room, const char *text,
                         struct lct_links_token *ret_token) {
    uint8_t bytes[HEAD + SIGNATURE], sum[LCT_DIGEST_SIZE];
    if (!lct_lesson_is_id(room) ||
        !lct_base64_read(text, strnlen(text, LCT_LINKS_TOKEN_SIZE), bytes, sizeof bytes)) {
        return -EINVAL;
    }
    sign(key, room, bytes, sum);
    struct lct_reader r = lct_reader(bytes, sizeof bytes);
    uint8_t version = lct_get_u8(&r);
    struct lct_links_token token;
    token.expires = (int64_t)lct_get_be(&r, EXPIRES_BYTES);
    token.id = lct_get_u64(&r);
    if (!lct_secret_equal(sum, bytes + HEAD, SIGNATURE) || version != VERSION) {
        return -EINVAL;
    }
    *ret_token = token;
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The token of a watch link as a client gives it: none is good that the key did not sign; what it
 * signed is read as it was, for its room, and with a letter changed it is not.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "control/server/links_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[LCT_LINKS_KEY_SIZE] = "a key that only this test knows";

static void read_strange(const char *text) {
    struct lct_links_token token = {.id = 1, .expires = 2};
    assert(lct_links_token_read(key, "main", text, &token) == -EINVAL);
    assert(token.id == 1 && token.expires == 2);
}

static void read_own(const uint8_t *data, size_t size) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char text[LCT_LINKS_TOKEN_SIZE];
    struct lct_reader r = lct_reader(data, size);
    unsigned at = lct_get_u8(&r) % (LCT_LINKS_TOKEN_SIZE - 1), letter = lct_get_u8(&r) % 64;
    const struct lct_links_token token = {.expires = (int64_t)(lct_get_u64(&r) >> 24),
                                          .id = lct_get_u64(&r)};
    struct lct_links_token again;
    lct_links_token_write(key, "main", &token, text);
    assert(lct_links_token_read(key, "main", text, &again) == 0);
    assert(again.id == token.id && again.expires == token.expires);
    assert(lct_links_token_read(key, "maim", text, &again) == -EINVAL);
    bool same = text[at] == letters[letter];
    text[at] = letters[letter];
    assert(lct_links_token_read(key, "main", text, &again) == (same ? 0 : -EINVAL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    LCT_FREE char *text = lct_new(size + 1);
    memcpy(text, data, size);
    read_strange(text);
    if (size >= 18) {
        read_own(data, size);
    }
    return 0;
}

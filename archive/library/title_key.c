// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/library/title_key.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/ucol.h>
#include <unicode/ustring.h>

#include "base/log.h"
#include "base/mem.h"

LCT_LOG_TOPIC("catalogue");

/* co: pinyin; kn: numbers by what they are worth; ks: neither case nor width; kr: Latin letters
 * before Chinese. */
#define RULES "zh-u-co-pinyin-kn-true-kr-latn-hani-ks-level2"

/* Characters of a title that count: more than fit into a key. */
#define TITLE_MAX 64
#define KEY_MAX 1024

struct lct_title_keys {
    UCollator *rules; /* NULL: there are none */
};

struct lct_title_keys *lct_title_keys_create(void) {
    struct lct_title_keys *keys = lct_new(sizeof *keys);
    UErrorCode error = U_ZERO_ERROR;
    keys->rules = ucol_open(RULES, &error);
    if (U_FAILURE(error)) {
        lct_warn("titles cannot be put in order", "why=%s", u_errorName(error));
    }
    return keys;
}

void lct_title_keys_destroy(struct lct_title_keys *keys) {
    if (keys) {
        ucol_close(keys->rules);
        free(keys);
    }
}

void lct_title_key(const struct lct_title_keys *keys, const char *title,
                   char ret_key[LCT_TITLE_KEY_SIZE]) {
    UChar text[TITLE_MAX];
    uint8_t whole[KEY_MAX] = {0};
    int32_t n = 0;
    UErrorCode error = U_ZERO_ERROR;
    memset(ret_key, 0, LCT_TITLE_KEY_SIZE);
    u_strFromUTF8WithSub(text, TITLE_MAX, &n, title, -1, 0xfffd, NULL, &error);
    if (keys->rules && (U_SUCCESS(error) || error == U_BUFFER_OVERFLOW_ERROR)) {
        (void)ucol_getSortKey(keys->rules, text, n < TITLE_MAX ? n : TITLE_MAX, whole, KEY_MAX);
    }
    memcpy(ret_key, whole, LCT_TITLE_KEY_SIZE - 1);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/library/encoding.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* How much is looked at to find UTF-16 without a mark. */
#define LOOK 512

static bool begins(const uint8_t *bytes, size_t n, const char *mark, size_t length) {
    return n >= length && memcmp(bytes, mark, length) == 0;
}

/* Digits, arrows and line ends of UTF-16 have a zero byte each, Chinese has none. */
static const char *guess_utf16(const uint8_t *bytes, size_t n) {
    size_t zeros[2] = {0, 0}, look = n < LOOK ? n : LOOK;
    for (size_t i = 0; i < look; i++) {
        zeros[i % 2] += bytes[i] == 0;
    }
    return zeros[1] > look / 8 && zeros[0] == 0   ? "UTF-16LE"
           : zeros[0] > look / 8 && zeros[1] == 0 ? "UTF-16BE"
                                                  : NULL;
}

/* The encoding; *ret_skip are the bytes of its mark. */
static const char *encoding_of(const uint8_t *bytes, size_t n, size_t *ret_skip) {
    *ret_skip = 0;
    if (begins(bytes, n, "\xef\xbb\xbf", 3)) {
        *ret_skip = 3;
        return "UTF-8";
    }
    if (begins(bytes, n, "\xff\xfe", 2) || begins(bytes, n, "\xfe\xff", 2)) {
        *ret_skip = 2;
        return bytes[0] == 0xff ? "UTF-16LE" : "UTF-16BE";
    }
    const char *wide = guess_utf16(bytes, n);
    return wide ? wide : lct_text_is_utf8((const char *)bytes, n) ? "UTF-8" : "GB18030";
}

/* *ret_text has room for all that can become of it: three bytes of UTF-8 for two of UTF-16 or
 * GB18030 at most. */
static int convert(const char *encoding, const uint8_t *bytes, size_t n, char **ret_text,
                   size_t *ret_n) {
    iconv_t with = iconv_open("UTF-8", encoding);
    if (with == (iconv_t)-1) {
        return -EILSEQ;
    }
    size_t room = 2 * n;
    LCT_FREE char *text = lct_new(room + 1);
    char *in = (char *)(uintptr_t)bytes, *out = text;
    size_t rc = iconv(with, &in, &n, &out, &room);
    iconv_close(with);
    if (rc == (size_t)-1) {
        return -EILSEQ;
    }
    *ret_n = (size_t)(out - text);
    *ret_text = text;
    text = NULL;
    return 0;
}

int lct_encoding_to_utf8(const void *bytes, size_t n, char **ret_text, size_t *ret_n) {
    size_t skip, length = 0;
    char *text = NULL;
    const char *encoding = encoding_of(bytes, n, &skip);
    const uint8_t *from = (const uint8_t *)bytes + skip;
    n -= skip;
    if (strcmp(encoding, "UTF-8") != 0) {
        int rc = convert(encoding, from, n, &text, &length);
        if (rc < 0) {
            return rc;
        }
    } else {
        text = lct_new(n + 1);
        memcpy(text, from, n);
        length = n;
    }
    if (memchr(text, 0, length) || !lct_text_is_utf8(text, length)) {
        free(text);
        return -EILSEQ;
    }
    *ret_text = text;
    *ret_n = length;
    return 0;
}

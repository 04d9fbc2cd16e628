// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What begins at p, of n bytes (1 and more). */
struct character {
    size_t bytes;  /* as far as they are right, 1 to 4; 0: no character begins so */
    size_t wanted; /* its whole length */
};

/* RFC 3629 sec. 4: the second byte's range is narrower where an overlong form, half a surrogate or
 * something above U+10FFFF would begin. */
static struct character look(const uint8_t *p, size_t n) {
    size_t wanted = p[0] < 0x80                   ? 1
                    : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
                    : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
                    : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                                                  : 0;
    uint8_t least = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t most = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    size_t bytes = wanted > 0;
    while (bytes > 0 && bytes < wanted && bytes < n && p[bytes] >= least && p[bytes] <= most) {
        bytes++;
        least = 0x80;
        most = 0xbf;
    }
    return (struct character){bytes, wanted};
}

bool lct_text_is_utf8(const char *bytes, size_t n) {
    const uint8_t *p = (const uint8_t *)bytes;
    for (size_t at = 0; at < n;) {
        struct character c = look(p + at, n - at);
        if (c.bytes == 0 || c.bytes < c.wanted) {
            return false;
        }
        at += c.bytes;
    }
    return true;
}

void lct_text_tame(char *text) {
    uint8_t *p = (uint8_t *)text;
    size_t n = strlen(text);
    for (size_t at = 0; at < n;) {
        struct character c = look(p + at, n - at);
        if (c.bytes > 0 && c.bytes < c.wanted && at + c.bytes == n) {
            p[at] = '\0';
            return;
        }
        bool good = c.bytes > 0 && c.bytes == c.wanted && p[at] >= 0x20 && p[at] != 0x7f;
        if (good) {
            at += c.bytes;
        } else {
            p[at++] = '?';
        }
    }
}

void lct_text_copy(char *out, size_t size, const char *text) {
    (void)snprintf(out, size, "%s", text); /* cut off anywhere */
    lct_text_tame(out);
}

void lct_text_file_name(char *text) {
    for (char *c = text; *c; c++) {
        if (strchr("/\\:*?\"<>|", *c)) {
            *c = '_';
        }
    }
    lct_text_tame(text);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/base64.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void lct_base64_write(const void *bytes, size_t n, char *out) {
    const uint8_t *p = bytes;
    uint32_t held = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < n; i++) {
        held = held << 8 | p[i];
        for (bits += 8; bits >= 6; bits -= 6) {
            *out++ = letters[held >> (bits - 6) & 63];
        }
    }
    if (bits > 0) {
        *out++ = letters[held << (6 - bits) & 63];
    }
    *out = '\0';
}

/* The letter's six bits, or -1. */
static int value_of(char letter) {
    for (int i = 0; i < 64; i++) {
        if (letters[i] == letter) {
            return i;
        }
    }
    return -1;
}

bool lct_base64_read(const char *text, size_t length, void *ret_bytes, size_t n) {
    uint8_t *out = ret_bytes;
    uint32_t held = 0;
    unsigned bits = 0;
    if (length != LCT_BASE64_SIZE(n) - 1) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        int value = value_of(text[i]);
        if (value < 0) {
            return false;
        }
        held = held << 6 | (uint32_t)value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *out++ = (uint8_t)(held >> bits);
        }
    }
    return (held & ((1U << bits) - 1)) == 0;
}

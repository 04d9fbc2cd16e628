// SPDX-License-Identifier: GPL-3.0-or-later
/* A logo that somebody sends: every chunk's CRC is put right first, or nothing would be read. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/logo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t number(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Bit by bit, as the standard says it. */
static void put_right(uint8_t *chunk, size_t n) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < 8 * n; i++) {
        uint32_t bit = (crc ^ (uint32_t)(chunk[i / 8] >> i % 8)) & 1;
        crc = crc >> 1 ^ (bit ? UINT32_C(0xedb88320) : 0);
    }
    for (size_t i = 0; i < 4; i++) {
        chunk[n + i] = (uint8_t)(~crc >> (24 - 8 * i));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *bytes = malloc(size + 1);
    if (!bytes) {
        return 0;
    }
    memcpy(bytes, data, size);
    for (size_t at = 8; at + 12 <= size && number(bytes + at) <= size - at - 12;
         at += 12 + number(bytes + at)) {
        put_right(bytes + at + 4, 4 + number(bytes + at));
    }
    if (lct_logo_check(bytes, size, NULL) == 0) {
        assert(memcmp(bytes, "\x89PNG", 4) == 0 && memcmp(bytes + size - 8, "IEND", 4) == 0);
        assert(number(bytes + 16) - 1 < 4096 && number(bytes + 20) - 1 < 4096);
    }
    free(bytes);
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
//
// The time a test picture was made at, drawn into the picture itself: CLOCK_MONOTONIC in
// milliseconds as a row of black and white blocks in the top left corner, the most significant bit
// first, then a sum that tells a stamp from anything else.
//
//   | 34 bits of milliseconds | 6 bits: sum of the six 6-bit digits of it, plus 21, modulo 64 |
//
// Blocks are as large as a macroblock's quarter and survive any usual encoding.
// Read back by tests/fault/media.py (`stamps`).

#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum {
    STAMP_TIME_BITS = 34,
    STAMP_BITS = 40,
    STAMP_BLOCK = 8,   // pixels wide
    STAMP_HEIGHT = 16, // pixels
    STAMP_WIDTH = STAMP_BITS * STAMP_BLOCK
};

static inline uint64_t stamp_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static inline uint64_t stamp_bits(uint64_t ms) {
    ms &= (UINT64_C(1) << STAMP_TIME_BITS) - 1;
    uint64_t sum = 21;
    for (uint64_t digits = ms; digits; digits >>= 6)
        sum += digits & 63;
    return ms << 6 | (sum & 63);
}

static inline int stamp_is_white(uint64_t bits, int block) {
    return (int)(bits >> (STAMP_BITS - 1 - block) & 1);
}

/** Draws `ms` into a luma plane (limited range) of at least STAMP_WIDTH x STAMP_HEIGHT pixels. */
static inline void stamp_luma(uint8_t *plane, size_t stride, uint64_t ms) {
    uint64_t bits = stamp_bits(ms);
    for (int block = 0; block < STAMP_BITS; block++)
        for (size_t y = 0; y < STAMP_HEIGHT; y++)
            memset(plane + y * stride + (size_t)block * STAMP_BLOCK,
                   stamp_is_white(bits, block) ? 235 : 16, STAMP_BLOCK);
}

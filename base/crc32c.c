// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/crc32c.h"

#include <pthread.h>
#include <string.h>

#define POLYNOMIAL 0x82f63b78U /* 0x1edc6f41, bits reversed */

static uint32_t table[8][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 1U ? (crc >> 1) ^ POLYNOMIAL : crc >> 1;
        }
        table[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++) {
        for (int k = 1; k < 8; k++) {
            uint32_t before = table[k - 1][i];
            table[k][i] = (before >> 8) ^ table[0][before & 0xffU];
        }
    }
}

static uint32_t by_table(uint32_t crc, const uint8_t *p, size_t n) {
    pthread_once(&once, make_table);
    for (; n >= 8; n -= 8, p += 8) { /* slicing by eight bytes */
        uint32_t low, high;
        memcpy(&low, p, 4);
        memcpy(&high, p + 4, 4);
        low ^= crc;
        crc = table[7][low & 0xffU] ^ table[6][(low >> 8) & 0xffU] ^ table[5][(low >> 16) & 0xffU] ^
              table[4][low >> 24] ^ table[3][high & 0xffU] ^ table[2][(high >> 8) & 0xffU] ^
              table[1][(high >> 16) & 0xffU] ^ table[0][high >> 24];
    }
    for (; n > 0; n--, p++) {
        crc = (crc >> 8) ^ table[0][(crc ^ *p) & 0xffU];
    }
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *p,
                                                                 size_t n) {
    unsigned long long wide = crc;
    for (; n >= 8; n -= 8, p += 8) {
        unsigned long long word;
        memcpy(&word, p, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; n > 0; n--, p++) {
        crc = __builtin_ia32_crc32qi(crc, *p);
    }
    return crc;
}
#endif

uint32_t lct_crc32c(uint32_t crc, const void *bytes, size_t n) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) {
        return ~by_instruction(~crc, bytes, n);
    }
#endif
    return ~by_table(~crc, bytes, n);
}

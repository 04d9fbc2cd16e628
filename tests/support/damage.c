// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/damage.h"

#include <stdlib.h>
#include <string.h>

#define HOLE_BYTES 512
#define TURNS_MAX 20

/* xorshift, below most. */
static size_t chance(uint64_t *seed, size_t most) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (size_t)(*seed % most);
}

size_t lct_test_damage(uint8_t *bytes, size_t n, uint64_t seed) {
    seed = (seed + 1) * 0x9e3779b97f4a7c15U;
    size_t kind = chance(&seed, 4), at = chance(&seed, n);
    if (kind == 0) {
        return at;
    }
    if (kind == 1) {
        memset(bytes + at, 0, n - at < HOLE_BYTES ? n - at : HOLE_BYTES);
        return n;
    }
    size_t within = kind == 2 ? n : 1 + n / 8;
    for (size_t turns = 1 + chance(&seed, TURNS_MAX); turns > 0; turns--) {
        bytes[chance(&seed, within)] ^= (uint8_t)(1U << chance(&seed, 8));
    }
    return n;
}

int lct_test_damages(int few, int many) {
    const char *deep = getenv("LCT_DEEP");
    return deep && *deep == '1' ? many : few;
}

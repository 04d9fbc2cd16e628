// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <string.h>

#include "base/crc32c.h"

/* RFC 3720, appendix B.4; the first is the usual check value. */
Test(crc32c, known_values) {
    uint8_t bytes[32];
    cr_assert_eq(lct_crc32c(0, "123456789", 9), 0xe3069283U);
    cr_assert_eq(lct_crc32c(0, "", 0), 0);
    memset(bytes, 0, 32);
    cr_assert_eq(lct_crc32c(0, bytes, 32), 0x8a9136aaU);
    memset(bytes, 0xff, 32);
    cr_assert_eq(lct_crc32c(0, bytes, 32), 0x62a8ab43U);
    for (int i = 0; i < 32; i++) {
        bytes[i] = (uint8_t)i;
    }
    cr_assert_eq(lct_crc32c(0, bytes, 32), 0x46dd794eU);
}

/* Bit by bit, as the polynomial says. */
static uint32_t slow(const uint8_t *bytes, size_t n) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
        }
    }
    return ~crc;
}

Test(crc32c, any_length_any_alignment_in_any_pieces) {
    uint8_t bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * i * 7 + i);
    }
    for (size_t from = 0; from < 9; from++) {
        for (size_t n = 0; n + from <= sizeof bytes; n += 1 + n / 9) {
            uint32_t right = slow(bytes + from, n);
            cr_assert_eq(lct_crc32c(0, bytes + from, n), right);
            uint32_t first = lct_crc32c(0, bytes + from, n / 3);
            cr_assert_eq(lct_crc32c(first, bytes + from + n / 3, n - n / 3), right);
        }
    }
}

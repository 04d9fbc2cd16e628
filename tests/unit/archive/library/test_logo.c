// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/logo.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "tests/support/disk.h"

/* Two red pixels, as zlib and its CRC made them; the sides stand at 16 and 20, their CRC at 29. */
static const uint8_t two[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44,
    0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0xf4,
    0x22, 0x7f, 0x8a, 0x00, 0x00, 0x00, 0x0e, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x38,
    0x20, 0xa0, 0xf0, 0x1f, 0x84, 0x01, 0x10, 0xa3, 0x03, 0xdf, 0xc3, 0xe7, 0xe0, 0x5c, 0x00,
    0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};

static struct lct_fault fault;

static int check_sides(uint32_t w, uint32_t h, uint32_t crc) {
    uint8_t other[sizeof two];
    memcpy(other, two, sizeof two);
    struct lct_writer sides = lct_writer(other + 16, 8), sum = lct_writer(other + 29, 4);
    lct_put_u32(&sides, w);
    lct_put_u32(&sides, h);
    lct_put_u32(&sum, crc);
    return lct_logo_check(other, sizeof other, &fault);
}

Test(logo, is_a_whole_png) {
    cr_assert_eq(lct_logo_check(two, sizeof two, &fault), 0);
    for (size_t n = 0; n < sizeof two; n++) {
        cr_assert_eq(lct_logo_check(two, n, &fault), -EINVAL, "%zu bytes of it", n);
    }
    for (size_t bit = 0; bit < 8 * sizeof two; bit++) {
        uint8_t other[sizeof two];
        memcpy(other, two, sizeof two);
        other[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_assert_eq(lct_logo_check(other, sizeof other, &fault), -EINVAL, "bit %zu", bit);
    }
    uint8_t longer[sizeof two + 1] = {0};
    memcpy(longer, two, sizeof two);
    cr_assert_eq(lct_logo_check(longer, sizeof longer, &fault), -EINVAL);
    cr_assert(fault.en[0] && fault.zh[0]);
}

Test(logo, is_not_too_large) {
    cr_assert_eq(check_sides(4096, 4096, 0xf2a32417), 0);
    cr_assert_eq(check_sides(4097, 1, 0xb1e30042), -EINVAL);
    cr_assert_eq(check_sides(1, 4097, 0x78cb5847), -EINVAL);
    cr_assert_eq(check_sides(0, 1, 0xf0d7afb7), -EINVAL);
    cr_assert_eq(check_sides(1, 0, 0xd449172c), -EINVAL);
}

Test(logo, is_replaced_whole_or_not_at_all) {
    LCT_FREE char *data = lct_test_folder();
    struct lct_test_disk disk;
    lct_test_disk_init(&disk);
    char *bytes;
    size_t n;
    cr_assert_eq(lct_logo_load(data, &bytes, &n), -ENOENT);
    cr_assert_eq(lct_logo_remove(&disk.io, data), -ENOENT);
    cr_assert_eq(lct_logo_save(&disk.io, data, two, sizeof two), 0);
    lct_test_disk_fill(&disk, true);
    cr_assert_eq(lct_logo_save(&disk.io, data, two, 1), -ENOSPC);
    cr_assert_eq(lct_logo_load(data, &bytes, &n), 0);
    cr_assert(n == sizeof two && memcmp(bytes, two, n) == 0);
    free(bytes);
    cr_assert_eq(lct_logo_remove(&disk.io, data), 0);
    cr_assert_eq(lct_logo_load(data, &bytes, &n), -ENOENT);
    lct_test_remove(data);
}

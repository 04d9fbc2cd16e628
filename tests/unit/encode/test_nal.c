// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <string.h>

#include "encode/nal.h"

#define SPS                                                                                        \
    0x67, 0x42, 0xc0, 0x1e, 0xda, 0x02, 0x80, 0xbf, 0xe5, 0x9a, 0x83, 0x03, 0x03, 0x20, 0x00,      \
        0x00, 0x03, 0x00, 0x20, 0x00, 0x00, 0x07, 0x91, 0xe2, 0xc5, 0xd4
#define PPS 0x68, 0xce, 0x3c, 0x80
#define IDR 0x65, 0x11, 0x22

/* AUD, SPS, PPS, IDR behind start codes of both lengths, with zeros between; then filler. */
static const uint8_t unit[] = {0,   0, 0, 1, 0x09, 0x10, 0,   0,    0, 1, SPS, 0,    0,    1,
                               PPS, 0, 0, 0, 0,    1,    IDR, 0x00, 0, 0, 1,   0x0c, 0xff, 0x80};

Test(nal, finds_units) {
    static const unsigned types[] = {LCT_NAL_AUD, LCT_NAL_SPS, LCT_NAL_PPS, LCT_NAL_IDR,
                                     LCT_NAL_FILLER};
    static const size_t sizes[] = {2, 26, 4, 3, 3};
    struct lct_nal_cursor cursor = {unit, sizeof unit, 0};
    const uint8_t *nal;
    size_t n;
    for (size_t i = 0; i < 5; i++) {
        cr_assert(lct_nal_next(&cursor, &nal, &n));
        cr_assert_eq(lct_nal_type_of(nal), types[i]);
        cr_assert_eq(n, sizes[i], "unit %zu has %zu bytes", i, n);
    }
    cr_assert_not(lct_nal_next(&cursor, &nal, &n));
}

Test(nal, nothing_in_nothing) {
    static const uint8_t zeros[8] = {0, 0, 0, 1, 0, 0, 1, 0};
    struct lct_nal_sets sets;
    for (size_t n = 0; n <= sizeof zeros; n++) {
        cr_assert_not(lct_nal_find_sets(zeros, n, &sets));
        cr_assert_not(lct_nal_is_key(zeros, n));
        cr_assert_eq(lct_nal_sample_bytes(zeros, n), 0);
    }
}

Test(nal, sample_keeps_sets_and_slices) {
    static const uint8_t wanted[] = {0, 0, 0, 26, SPS, 0, 0, 0, 4, PPS, 0, 0, 0, 3, IDR};
    uint8_t sample[sizeof wanted];
    cr_assert_eq(lct_nal_sample_bytes(unit, sizeof unit), sizeof wanted);
    lct_nal_write_sample(unit, sizeof unit, sample);
    cr_assert_eq(memcmp(sample, wanted, sizeof wanted), 0);
    cr_assert(lct_nal_is_key(unit, sizeof unit));
}

Test(nal, sets_of_both_forms) {
    uint8_t sample[64];
    struct lct_nal_sets a, b;
    int width, height;
    cr_assert(lct_nal_find_sets(unit, sizeof unit, &a));
    lct_nal_write_sample(unit, sizeof unit, sample);
    cr_assert(lct_nal_sets_of_sample(sample, lct_nal_sample_bytes(unit, sizeof unit), &b));
    cr_assert_eq(a.sps_bytes, 26);
    cr_assert_eq(a.pps_bytes, 4);
    cr_assert_eq(memcmp(a.sps, b.sps, 26), 0);
    cr_assert_eq(memcmp(a.pps, b.pps, 4), 0);
    lct_nal_picture_size(&a, &width, &height);
    cr_assert_eq(width, 640);
    cr_assert_eq(height, 360);
}

Test(nal, avcc) {
    static const uint8_t wanted[] = {1, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0, 26, SPS, 1, 0, 4, PPS};
    struct lct_nal_sets sets;
    uint8_t avcc[64];
    cr_assert(lct_nal_find_sets(unit, sizeof unit, &sets));
    cr_assert_eq(lct_nal_write_avcc(&sets, avcc, sizeof avcc), sizeof wanted);
    cr_assert_eq(memcmp(avcc, wanted, sizeof wanted), 0);
    cr_assert_eq(lct_nal_write_avcc(&sets, avcc, sizeof wanted - 1), 0, "does not fit");
}

static size_t record(uint8_t sps_id, uint8_t profile, uint8_t *out) {
    /* ue(v): 1 is 0, 010 is 1, 011 is 2 */
    static const uint8_t ids[] = {0x80, 0x40, 0x60};
    struct lct_nal_sets sets = {.sps = {0x67, profile, 0xc0, 30, ids[sps_id], 0xaa},
                                .pps = {0x68, ids[sps_id], 0xbb},
                                .sps_bytes = 6,
                                .pps_bytes = 3};
    return lct_nal_write_avcc(&sets, out, 64);
}

Test(nal, avcc_of_two_encoders) {
    uint8_t a[64], b[64], both[128], all[128];
    size_t a_bytes = record(0, 66, a), b_bytes = record(2, 77, b);
    cr_assert_eq(lct_nal_avcc_ids(a, a_bytes), 1);
    cr_assert_eq(lct_nal_avcc_ids(b, b_bytes), 4);
    size_t n = lct_nal_merge_avcc(a, a_bytes, b, b_bytes, both, sizeof both);
    cr_assert_eq(n, a_bytes + 2 + 6 + 2 + 3);
    cr_assert_eq(lct_nal_avcc_ids(both, n), 5);
    cr_assert_eq(both[1], 77, "the higher profile");
    cr_assert_eq(both[5], 0xe2, "two SPS");
    /* what has the same id is not taken twice */
    b_bytes = record(0, 77, b);
    cr_assert_eq(lct_nal_merge_avcc(both, n, b, b_bytes, all, sizeof all), n);
    cr_assert_eq(lct_nal_merge_avcc(a, a_bytes, both, n, all, n - 1), 0, "does not fit");
    for (size_t cut = 0; cut < a_bytes; cut++) {
        cr_assert_eq(lct_nal_merge_avcc(a, cut, b, b_bytes, all, sizeof all), 0, "%zu", cut);
    }
}

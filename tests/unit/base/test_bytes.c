// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include "base/bytes.h"

Test(bytes, numbers_go_there_and_back) {
    uint8_t out[32];
    struct lct_writer w = lct_writer(out, sizeof out);
    lct_put_u8(&w, 0x1ff);
    lct_put_u16(&w, 0x12345);
    lct_put_u32(&w, 0xdeadbeefU);
    lct_put_u64(&w, UINT64_C(0x0102030405060708));
    lct_put_be(&w, 0xabcdef, 3);
    lct_put_zeros(&w, 2);
    cr_assert_not(w.failed);
    cr_assert_eq(w.at, 20);
    struct lct_reader r = lct_reader(out, w.at);
    cr_assert_eq(lct_get_u8(&r), 0xff);
    cr_assert_eq(lct_get_u16(&r), 0x2345);
    cr_assert_eq(lct_get_u32(&r), 0xdeadbeefU);
    cr_assert_eq(lct_get_u64(&r), UINT64_C(0x0102030405060708));
    cr_assert_eq(lct_get_be(&r, 3), 0xabcdef);
    cr_assert_eq(lct_left(&r), 2);
    cr_assert_not(r.failed);
}

Test(bytes, a_writer_stops_at_its_end) {
    uint8_t out[6] = {9, 9, 9, 9, 9, 9};
    struct lct_writer w = lct_writer(out, 5);
    lct_put_u32(&w, 1);
    lct_put_u16(&w, 2);
    cr_assert(w.failed);
    lct_put_u8(&w, 3);
    lct_put_zeros(&w, 1);
    cr_assert_eq(w.at, 4, "what failed once writes no more");
    cr_assert_eq(out[4], 9);
    cr_assert_eq(out[5], 9);
    lct_end_box(&w, 0);
    cr_assert_eq(out[3], 1);
}

Test(bytes, a_reader_stops_at_its_end) {
    const uint8_t in[3] = {1, 2, 3};
    struct lct_reader r = lct_reader(in, 3);
    cr_assert_eq(lct_get_u16(&r), 0x102);
    cr_assert_eq(lct_get_u16(&r), 0);
    cr_assert(r.failed);
    cr_assert_eq(lct_get_u8(&r), 0, "what failed once reads no more");
    cr_assert_eq(lct_left(&r), 0);
    r = lct_reader(in, 3);
    cr_assert_null(lct_get(&r, SIZE_MAX));
    r = lct_reader(NULL, 0);
    cr_assert_not_null(&r);
    cr_assert_null(lct_get(&r, 1));
}

Test(bytes, boxes_know_their_size) {
    uint8_t out[64];
    struct lct_writer w = lct_writer(out, sizeof out);
    size_t outer = lct_put_box(&w, "moof");
    size_t inner = lct_put_box(&w, "mfhd");
    lct_put_u32(&w, 7);
    lct_end_box(&w, inner);
    lct_end_box(&w, outer);
    struct lct_reader r = lct_reader(out, w.at);
    cr_assert_eq(lct_get_u32(&r), 20);
    cr_assert_arr_eq(lct_get(&r, 4), "moof", 4);
    cr_assert_eq(lct_get_u32(&r), 12);
}

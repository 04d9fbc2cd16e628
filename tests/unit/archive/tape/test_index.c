// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>

#include "archive/tape/index.h"
#include "base/crc32c.h"

static const struct lct_index_head some_head = {
    .track_id = 3,
    .timescale = 48000,
    .codec = LCT_CODEC_AAC,
    .number = 17,
    .lesson = 1234567890123,
    .monotonic = 2234567890123,
    .wall = INT64_C(1700000000123456789),
    .boot = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
};

static const struct lct_index_row picture_row = {
    .offset = 5000000000U,
    .n = 1104,
    .crc = 0xdeadbeef,
    .info = {.tfdt = 900000,
             .duration = 180000,
             .samples = 1,
             .key = true,
             .gap_before = true,
             .sample_bytes = {1000}},
};

static const struct lct_index_row sound_row = {
    .offset = 704,
    .n = 804,
    .crc = 1,
    .info = {.tfdt = 1024,
             .duration = 2048,
             .samples = 2,
             .key = true,
             .sample_bytes = {300, 400},
             .peaks = {-127, 126, -1, 0}},
};

Test(index, head_there_and_back) {
    uint8_t bytes[LCT_INDEX_HEAD_BYTES];
    struct lct_index_head head;
    lct_index_write_head(&some_head, bytes);
    cr_assert_eq(lct_index_read_head(bytes, &head), 0);
    cr_assert_eq(head.track_id, 3);
    cr_assert_eq(head.timescale, 48000);
    cr_assert_eq(head.codec, LCT_CODEC_AAC);
    cr_assert_eq(head.number, 17);
    cr_assert_eq(head.lesson, some_head.lesson);
    cr_assert_eq(head.monotonic, some_head.monotonic);
    cr_assert_eq(head.wall, some_head.wall);
    cr_assert_eq(memcmp(head.boot, some_head.boot, 16), 0);
}

static void check_row(const struct lct_index_row *row, uint32_t payload_at) {
    uint8_t bytes[LCT_INDEX_ROW_BYTES];
    struct lct_index_row back;
    lct_index_write_row(row, bytes);
    cr_assert_eq(lct_index_read_row(bytes, &back), 0);
    cr_assert_eq(back.offset, row->offset);
    cr_assert_eq(back.n, row->n);
    cr_assert_eq(back.crc, row->crc);
    cr_assert_eq(memcmp(&back.info, &row->info, sizeof back.info), 0);
    cr_assert_eq(lct_index_payload_at(&back), payload_at);
}

Test(index, rows_there_and_back) {
    check_row(&picture_row, 104);
    check_row(&sound_row, 104);
}

/* docs/formats/tape.md shows these bytes: who changes them changes the version. */
Test(index, bytes_are_as_documented) {
    uint8_t bytes[LCT_INDEX_ROW_BYTES], head[LCT_INDEX_HEAD_BYTES];
    static const uint8_t wanted[40] = {
        0,    0,    0,    1,    0x2a, 0x05, 0xf2, 0,    /* offset */
        0,    0,    0,    0,    0,    0x0d, 0xbb, 0xa0, /* tfdt */
        0,    0,    4,    0x50, 0,    2,    0xbf, 0x20, /* n, duration */
        0xde, 0xad, 0xbe, 0xef, 3,    1,    0,    0,    /* crc, flags, samples, 0 */
        0,    0,    3,    0xe8, 0,    0,    0,    0,    /* first sample, peaks */
    };
    lct_index_write_row(&picture_row, bytes);
    cr_assert_eq(memcmp(bytes, wanted, sizeof wanted), 0);
    lct_index_write_head(&some_head, head);
    cr_assert_eq(memcmp(head, "LCTINDEX\0\0\0\1\0\0\0\54\0\0\0\3\0\0\xbb\x80\0\0\0\1\0\0\0\21", 32),
                 0);
    cr_assert_eq(lct_crc32c(0, "123456789", 9), 0xe3069283, "CRC-32C");
}

/* One wrong bit anywhere, and the row or the head counts for nothing. */
Test(index, any_wrong_bit_is_noticed) {
    uint8_t row[LCT_INDEX_ROW_BYTES], head[LCT_INDEX_HEAD_BYTES];
    struct lct_index_row r;
    struct lct_index_head h;
    lct_index_write_row(&sound_row, row);
    for (size_t bit = 0; bit < 8 * sizeof row; bit++) {
        row[bit / 8] ^= (uint8_t)(1U << bit % 8);
        cr_assert_eq(lct_index_read_row(row, &r), -EBADMSG, "bit %zu", bit);
        row[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    lct_index_write_head(&some_head, head);
    for (size_t bit = 0; bit < 8 * sizeof head; bit++) {
        head[bit / 8] ^= (uint8_t)(1U << bit % 8);
        cr_assert_eq(lct_index_read_head(head, &h), -EBADMSG, "bit %zu", bit);
        head[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

/* A right check sum over a wrong row: of a later version, or of somebody's making. */
static int read_with(struct lct_index_row row) {
    uint8_t bytes[LCT_INDEX_ROW_BYTES];
    lct_index_write_row(&row, bytes);
    return lct_index_read_row(bytes, &row);
}

Test(index, refuses_rows_out_of_range) {
    struct lct_index_row row = sound_row;
    cr_assert_eq(read_with(row), 0);
    row.info.samples = 3;
    cr_assert_eq(read_with(row), -EBADMSG);
    row = sound_row;
    row.info.tfdt = -1;
    cr_assert_eq(read_with(row), -EBADMSG);
    row = sound_row;
    row.info.duration = 0;
    cr_assert_eq(read_with(row), -EBADMSG);
    row = sound_row;
    row.info.sample_bytes[0] = 701;
    cr_assert_eq(read_with(row), -EBADMSG, "no room for the second sample");
    row = picture_row;
    row.info.sample_bytes[0] = 1104;
    cr_assert_eq(read_with(row), -EBADMSG, "no room for boxes");
    row = picture_row;
    row.n = LCT_CHUNK_BYTES_MAX + 1;
    cr_assert_eq(read_with(row), -EBADMSG);
}

Test(index, a_later_version_is_said) {
    uint8_t head[LCT_INDEX_HEAD_BYTES];
    struct lct_index_head h;
    lct_index_write_head(&some_head, head);
    head[11] = 2;
    uint32_t crc = lct_crc32c(0, head, sizeof head - 4);
    for (size_t i = 0; i < 4; i++) {
        head[sizeof head - 4 + i] = (uint8_t)(crc >> (24 - 8 * i));
    }
    cr_assert_eq(lct_index_read_head(head, &h), -ENOTSUP);
}

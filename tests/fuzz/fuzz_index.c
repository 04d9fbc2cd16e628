// SPDX-License-Identifier: GPL-3.0-or-later
/* An index: its head, then rows. The check sums are put right first, or nothing would be read. */
#include <assert.h>
#include <string.h>

#include "archive/tape/index.h"
#include "base/crc32c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_right(uint8_t *bytes, size_t n) {
    uint32_t crc = lct_crc32c(0, bytes, n - 4);
    for (size_t i = 0; i < 4; i++) {
        bytes[n - 4 + i] = (uint8_t)(crc >> (24 - 8 * i));
    }
}

static void read_row(uint8_t bytes[LCT_INDEX_ROW_BYTES]) {
    struct lct_index_row row, again;
    uint8_t written[LCT_INDEX_ROW_BYTES];
    if (lct_index_read_row(bytes, &row) < 0) {
        return;
    }
    assert(row.info.sample_bytes[0] < row.n && lct_index_payload_at(&row) <= row.n);
    lct_index_write_row(&row, written);
    assert(lct_index_read_row(written, &again) == 0);
    assert(again.offset == row.offset && memcmp(&again.info, &row.info, sizeof row.info) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t head_bytes[LCT_INDEX_HEAD_BYTES], row[LCT_INDEX_ROW_BYTES];
    struct lct_index_head head;
    if (size < sizeof head_bytes) {
        return 0;
    }
    memcpy(head_bytes, data, sizeof head_bytes);
    put_right(head_bytes, sizeof head_bytes);
    if (lct_index_read_head(head_bytes, &head) == 0) {
        assert(head.timescale > 0);
    }
    for (size_t at = sizeof head_bytes; at + sizeof row <= size; at += sizeof row) {
        memcpy(row, data + at, sizeof row);
        put_right(row, sizeof row);
        read_row(row);
    }
    return 0;
}

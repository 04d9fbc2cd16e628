// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/tape/index.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "encode/mp4.h"

static const char magic[8] = {'L', 'C', 'T', 'I', 'N', 'D', 'E', 'X'};

/* So that no sum of times can overflow: some 180 years at sound's 48000 Hz. */
#define TFDT_MAX (INT64_C(1) << 48)

enum flag { FLAG_KEY = 1, FLAG_GAP_BEFORE = 2, FLAGS_KNOWN = 3 };

static void put_crc(struct lct_writer *w) { lct_put_u32(w, lct_crc32c(0, w->bytes, w->at)); }

static bool crc_is_right(const uint8_t *bytes, size_t n) {
    struct lct_reader r = lct_reader(bytes + n - 4, 4);
    return lct_get_u32(&r) == lct_crc32c(0, bytes, n - 4);
}

void lct_index_write_head(const struct lct_index_head *head, uint8_t out[LCT_INDEX_HEAD_BYTES]) {
    struct lct_writer w = lct_writer(out, LCT_INDEX_HEAD_BYTES);
    lct_put(&w, magic, sizeof magic);
    lct_put_u32(&w, LCT_INDEX_VERSION);
    lct_put_u32(&w, LCT_INDEX_ROW_BYTES);
    lct_put_u32(&w, head->track_id);
    lct_put_u32(&w, head->timescale);
    lct_put_u32(&w, (uint32_t)head->codec);
    lct_put_u32(&w, head->number);
    lct_put_u64(&w, (uint64_t)head->lesson);
    lct_put_u64(&w, (uint64_t)head->monotonic);
    lct_put_u64(&w, (uint64_t)head->wall);
    lct_put(&w, head->boot, sizeof head->boot);
    lct_put_u32(&w, 0);
    put_crc(&w);
}

int lct_index_read_head(const uint8_t bytes[LCT_INDEX_HEAD_BYTES],
                        struct lct_index_head *ret_head) {
    struct lct_reader r = lct_reader(bytes, LCT_INDEX_HEAD_BYTES);
    if (memcmp(lct_get(&r, sizeof magic), magic, sizeof magic) != 0 ||
        !crc_is_right(bytes, LCT_INDEX_HEAD_BYTES)) {
        return -EBADMSG;
    }
    if (lct_get_u32(&r) != LCT_INDEX_VERSION || lct_get_u32(&r) != LCT_INDEX_ROW_BYTES) {
        return -ENOTSUP;
    }
    struct lct_index_head head = {.track_id = lct_get_u32(&r)};
    head.timescale = lct_get_u32(&r);
    head.codec = (enum lct_codec)lct_get_u32(&r);
    head.number = lct_get_u32(&r);
    head.lesson = (lct_ns)lct_get_u64(&r);
    head.monotonic = (lct_ns)lct_get_u64(&r);
    head.wall = (lct_ns)lct_get_u64(&r);
    memcpy(head.boot, lct_get(&r, sizeof head.boot), sizeof head.boot);
    if (head.timescale < LCT_TIMESCALE_MIN || head.codec > LCT_CODEC_OPUS) {
        return -EBADMSG;
    }
    *ret_head = head;
    return 0;
}

void lct_index_write_row(const struct lct_index_row *row, uint8_t out[LCT_INDEX_ROW_BYTES]) {
    const struct lct_chunk_info *info = &row->info;
    struct lct_writer w = lct_writer(out, LCT_INDEX_ROW_BYTES);
    lct_put_u64(&w, row->offset);
    lct_put_u64(&w, (uint64_t)info->tfdt);
    lct_put_u32(&w, row->n);
    lct_put_u32(&w, info->duration);
    lct_put_u32(&w, row->crc);
    lct_put_u8(&w, (info->key ? FLAG_KEY : 0) | (info->gap_before ? FLAG_GAP_BEFORE : 0));
    lct_put_u8(&w, info->samples);
    lct_put_u16(&w, 0);
    lct_put_u32(&w, info->sample_bytes[0]);
    lct_put(&w, info->peaks, sizeof info->peaks);
    put_crc(&w);
}

uint32_t lct_index_payload_at(const struct lct_index_row *row) {
    uint32_t payload = 0;
    for (unsigned i = 0; i < row->info.samples; i++) {
        payload += row->info.sample_bytes[i];
    }
    return row->n - payload;
}

bool lct_index_is_picture(const struct lct_index_row *row) {
    return lct_index_payload_at(row) == lct_mp4_head_bytes(LCT_CODEC_H264, 1, row->info.key);
}

/* The second sample of a sound chunk is what is left behind boxes of known length: 104 bytes
 * (mp4.c). */
#define SOUND_HEAD_BYTES 104U

static bool read_sizes(struct lct_index_row *row, uint32_t first) {
    row->info.sample_bytes[0] = first;
    if (row->info.samples == 2) {
        if (row->n < SOUND_HEAD_BYTES || first > row->n - SOUND_HEAD_BYTES) {
            return false;
        }
        row->info.sample_bytes[1] = row->n - SOUND_HEAD_BYTES - first;
    }
    return first < row->n;
}

int lct_index_read_row(const uint8_t bytes[LCT_INDEX_ROW_BYTES], struct lct_index_row *ret_row) {
    if (!crc_is_right(bytes, LCT_INDEX_ROW_BYTES)) {
        return -EBADMSG;
    }
    struct lct_reader r = lct_reader(bytes, LCT_INDEX_ROW_BYTES);
    struct lct_index_row row = {.offset = lct_get_u64(&r)};
    row.info.tfdt = (int64_t)lct_get_u64(&r);
    row.n = lct_get_u32(&r);
    row.info.duration = lct_get_u32(&r);
    row.crc = lct_get_u32(&r);
    unsigned flags = lct_get_u8(&r);
    row.info.key = flags & FLAG_KEY;
    row.info.gap_before = flags & FLAG_GAP_BEFORE;
    row.info.samples = lct_get_u8(&r);
    (void)lct_get_u16(&r);
    uint32_t first = lct_get_u32(&r);
    memcpy(row.info.peaks, lct_get(&r, sizeof row.info.peaks), sizeof row.info.peaks);
    bool sane = flags <= FLAGS_KNOWN && row.info.samples >= 1 &&
                row.info.samples <= LCT_CHUNK_SAMPLES_MAX && row.info.tfdt >= 0 &&
                row.info.tfdt <= TFDT_MAX && row.info.duration > 0 && row.offset <= INT64_MAX / 2 &&
                row.n <= LCT_CHUNK_BYTES_MAX && read_sizes(&row, first);
    if (!sane) {
        return -EBADMSG;
    }
    *ret_row = row;
    return 0;
}

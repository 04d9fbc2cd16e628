// SPDX-License-Identifier: GPL-3.0-or-later
/* The MP4 bytes that are read back from a disk: a chunk, an init, the head of a reel. */
#include <assert.h>

#include "encode/mp4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_chunk(const uint8_t *data, size_t size) {
    struct lct_mp4_chunk c;
    if (lct_mp4_parse_chunk(data, size, &c) == 0) {
        size_t payload = c.info.sample_bytes[0];
        payload += c.info.samples == 2 ? c.info.sample_bytes[1] : 0;
        assert(c.n <= size && c.payload_at + payload == c.n && c.info.duration > 0);
        assert(lct_mp4_chunk_bytes(data, size) == c.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct lct_format *format;
    read_chunk(data, size);
    if (lct_mp4_parse_init(data, size, &format) == 0) {
        assert(format->config_bytes > 0 && format->timescale >= LCT_TIMESCALE_MIN &&
               format->track_id > 0);
        lct_format_unref(format);
    }
    if (lct_mp4_parse_reel_init(data, size, &format) == 0) {
        lct_format_unref(format);
    }
    return 0;
}

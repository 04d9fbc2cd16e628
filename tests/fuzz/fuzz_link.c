// SPDX-License-Identifier: GPL-3.0-or-later
/* A stream of link messages, as a peer reads it: heads, formats, chunk heads, parts of files. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "stream/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_chunk(const uint8_t *bytes, size_t n, struct lct_format *format) {
    struct lct_chunk *chunk;
    uint8_t again[LCT_LINK_CHUNK_HEAD_SIZE];
    size_t rest = n - LCT_LINK_CHUNK_HEAD_SIZE;
    if (!format || lct_link_chunk_track(bytes) != format->track_id ||
        lct_link_get_chunk_head(bytes, rest, format, &chunk) < 0) {
        return;
    }
    memcpy(chunk->bytes, bytes + LCT_LINK_CHUNK_HEAD_SIZE, rest);
    lct_link_put_chunk_head(chunk, again);
    assert(memcmp(again, bytes, sizeof again) == 0);
    lct_chunk_unref(chunk);
}

static void on_part(const uint8_t *bytes, size_t n) {
    struct lct_link_part part;
    static uint8_t again[LCT_LINK_PART_MAX];
    if (lct_link_unpack_part(bytes, n, &part) == 0) {
        assert(lct_link_pack_part(&part, again) == n && memcmp(again, bytes, n) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct lct_format *format = NULL, *next;
    enum lct_link_type type;
    size_t n;
    while (size >= LCT_LINK_HEAD_SIZE && lct_link_get_head(data, &type, &n) == 0) {
        data += LCT_LINK_HEAD_SIZE;
        size -= LCT_LINK_HEAD_SIZE;
        if (n > size) {
            break;
        }
        if (type == LCT_LINK_FORMAT && lct_link_unpack_format(data, n, &next) == 0) {
            uint8_t *bytes;
            size_t length;
            assert(lct_link_pack_format(next, &bytes, &length) == 0);
            assert(length == n && memcmp(bytes, data, n) == 0);
            free(bytes);
            lct_format_unref(format);
            format = next;
        } else if (type == LCT_LINK_CHUNK) {
            on_chunk(data, n, format);
        } else if (type == LCT_LINK_PART) {
            on_part(data, n);
        }
        data += n;
        size -= n;
    }
    lct_format_unref(format);
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/chunk.h"

#include <stdlib.h>

#include "base/mem.h"

struct lct_format *lct_format_ref(struct lct_format *format) {
    lct_ref_inc(&format->ref);
    return format;
}

void lct_format_unref(struct lct_format *format) {
    if (format && lct_ref_dec(&format->ref)) {
        free(format->init);
        free(format->config);
        free(format);
    }
}

struct lct_chunk *lct_chunk_create(struct lct_format *format, size_t n) {
    if (n == 0 || n > LCT_CHUNK_BYTES_MAX) {
        return NULL;
    }
    uint8_t *memory = malloc(sizeof(struct lct_chunk) + LCT_CHUNK_HEADROOM + n);
    if (!memory) {
        return NULL;
    }
    struct lct_chunk *chunk = (struct lct_chunk *)(void *)memory;
    *chunk = (struct lct_chunk){
        .format = lct_format_ref(format),
        .bytes = memory + sizeof *chunk + LCT_CHUNK_HEADROOM,
        .n = n,
    };
    lct_ref_init(&chunk->ref);
    return chunk;
}

struct lct_chunk *lct_chunk_ref(struct lct_chunk *chunk) {
    lct_ref_inc(&chunk->ref);
    return chunk;
}

void lct_chunk_unref(struct lct_chunk *chunk) {
    if (chunk && lct_ref_dec(&chunk->ref)) {
        lct_format_unref(chunk->format);
        free(chunk);
    }
}

lct_ns lct_chunk_end(const struct lct_chunk *chunk) {
    return lct_ticks_to_ns(chunk->info.tfdt + chunk->info.duration, chunk->format->timescale);
}

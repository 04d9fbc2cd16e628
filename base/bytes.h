// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Byte formats are written and read through these two cursors and nothing else. Both are bounded:
 * a writer that would pass its end, or a reader that would pass its end, sets its error flag, does
 * nothing further and returns zeros, so that a parser checks once at its end.
 *
 *     struct lct_writer w = lct_writer(buffer, sizeof buffer);
 *     size_t box = lct_put_box(&w, "mfhd");
 *     lct_put_u32(&w, 0);
 *     lct_put_u32(&w, sequence);
 *     lct_end_box(&w, box);
 *
 *     struct lct_reader r = lct_reader(bytes, n);
 *     uint32_t size = lct_get_u32(&r);
 *     if (r.failed) …
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct lct_writer {
    uint8_t *bytes;
    size_t size;
    size_t at;
    bool failed;
};

struct lct_reader {
    const uint8_t *bytes;
    size_t size;
    size_t at;
    bool failed;
};

/** Begins at the start of size bytes, which must outlive the writer. */
static inline struct lct_writer lct_writer(void *bytes, size_t size) {
    return (struct lct_writer){.bytes = bytes, .size = size};
}

/** Writes n bytes. */
static inline void lct_put(struct lct_writer *w, const void *bytes, size_t n) {
    if (w->failed || n > w->size - w->at) {
        w->failed = true;
        return;
    }
    if (n > 0) {
        memcpy(w->bytes + w->at, bytes, n);
    }
    w->at += n;
}

/** Writes the lowest n bytes (1 to 8) of value, the highest first. */
static inline void lct_put_be(struct lct_writer *w, uint64_t value, size_t n) {
    uint8_t out[8];
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
    }
    lct_put(w, out, n);
}

/** Writes one byte. */
static inline void lct_put_u8(struct lct_writer *w, unsigned value) { lct_put_be(w, value, 1); }

/** Writes two bytes, big-endian. */
static inline void lct_put_u16(struct lct_writer *w, unsigned value) { lct_put_be(w, value, 2); }

/** Writes four bytes, big-endian. */
static inline void lct_put_u32(struct lct_writer *w, uint32_t value) { lct_put_be(w, value, 4); }

/** Writes eight bytes, big-endian. */
static inline void lct_put_u64(struct lct_writer *w, uint64_t value) { lct_put_be(w, value, 8); }

/** Writes n zero bytes. */
static inline void lct_put_zeros(struct lct_writer *w, size_t n) {
    if (w->failed || n > w->size - w->at) {
        w->failed = true;
        return;
    }
    memset(w->bytes + w->at, 0, n);
    w->at += n;
}

/** Begins an ISO BMFF box (ISO 14496-12 sec. 4.2) of four characters; returns what end needs. */
static inline size_t lct_put_box(struct lct_writer *w, const char *type) {
    size_t start = w->at;
    lct_put_u32(w, 0);
    lct_put(w, type, 4);
    return start;
}

/** Ends the box begun at start: writes its size. */
static inline void lct_end_box(struct lct_writer *w, size_t start) {
    if (!w->failed) {
        uint32_t size = (uint32_t)(w->at - start);
        for (size_t i = 0; i < 4; i++) {
            w->bytes[start + i] = (uint8_t)(size >> (24 - 8 * i));
        }
    }
}

/** Begins at the start of size bytes, which must outlive the reader. */
static inline struct lct_reader lct_reader(const void *bytes, size_t size) {
    return (struct lct_reader){.bytes = bytes, .size = size};
}

/** Bytes not yet read. */
static inline size_t lct_left(const struct lct_reader *r) {
    return r->failed ? 0 : r->size - r->at;
}

/** Returns the next n bytes (borrows), or NULL when there are not so many. */
static inline const uint8_t *lct_get(struct lct_reader *r, size_t n) {
    if (r->failed || n > r->size - r->at) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *here = r->bytes + r->at;
    r->at += n;
    return here;
}

/** Reads n bytes (1 to 8) as a big-endian number; 0 when there are not so many. */
static inline uint64_t lct_get_be(struct lct_reader *r, size_t n) {
    const uint8_t *p = lct_get(r, n);
    uint64_t value = 0;
    for (size_t i = 0; p && i < n; i++) {
        value = (value << 8) | p[i];
    }
    return value;
}

/** Reads one byte. */
static inline uint8_t lct_get_u8(struct lct_reader *r) { return (uint8_t)lct_get_be(r, 1); }

/** Reads two bytes, big-endian. */
static inline uint16_t lct_get_u16(struct lct_reader *r) { return (uint16_t)lct_get_be(r, 2); }

/** Reads four bytes, big-endian. */
static inline uint32_t lct_get_u32(struct lct_reader *r) { return (uint32_t)lct_get_be(r, 4); }

/** Reads eight bytes, big-endian. */
static inline uint64_t lct_get_u64(struct lct_reader *r) { return lct_get_be(r, 8); }

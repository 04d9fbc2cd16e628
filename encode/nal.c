// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/nal.h"

#include <string.h>

#include "base/bytes.h"
#include "capture/h264.h"

/* Offset of the next 00 00 01 at or after at, or n. */
static size_t start_code(const uint8_t *p, size_t n, size_t at) {
    while (at + 3 <= n) {
        const uint8_t *one = memchr(p + at + 2, 1, n - at - 2);
        if (!one) {
            break;
        }
        at = (size_t)(one - p) - 2;
        if (p[at] == 0 && p[at + 1] == 0) {
            return at;
        }
        at++;
    }
    return n;
}

bool lct_nal_next(struct lct_nal_cursor *c, const uint8_t **ret_nal, size_t *ret_n) {
    for (;;) {
        size_t start = start_code(c->bytes, c->n, c->at);
        if (start >= c->n) {
            return false;
        }
        size_t from = start + 3;
        size_t to = start_code(c->bytes, c->n, from);
        c->at = to;
        while (to > from && c->bytes[to - 1] == 0) { /* trailing_zero_8bits, next zero_byte */
            to--;
        }
        if (to > from) {
            *ret_nal = c->bytes + from;
            *ret_n = to - from;
            return true;
        }
    }
}

static bool keep_set(uint8_t *set, size_t *set_bytes, const uint8_t *nal, size_t n) {
    if (*set_bytes == 0 && n <= LCT_NAL_SET_MAX) {
        memcpy(set, nal, n);
        *set_bytes = n;
    }
    return *set_bytes > 0;
}

bool lct_nal_find_sets(const uint8_t *au, size_t n, struct lct_nal_sets *ret_sets) {
    struct lct_nal_sets sets = {.sps_bytes = 0};
    struct lct_nal_cursor cursor = {au, n, 0};
    const uint8_t *nal;
    size_t size;
    while (lct_nal_next(&cursor, &nal, &size)) {
        if (lct_nal_type_of(nal) == LCT_NAL_SPS && size >= 4) {
            keep_set(sets.sps, &sets.sps_bytes, nal, size);
        } else if (lct_nal_type_of(nal) == LCT_NAL_PPS) {
            keep_set(sets.pps, &sets.pps_bytes, nal, size);
        }
    }
    if (sets.sps_bytes == 0 || sets.pps_bytes == 0) {
        return false;
    }
    *ret_sets = sets;
    return true;
}

bool lct_nal_is_key(const uint8_t *au, size_t n) {
    struct lct_nal_cursor cursor = {au, n, 0};
    const uint8_t *nal;
    size_t size;
    while (lct_nal_next(&cursor, &nal, &size)) {
        if (lct_nal_type_of(nal) == LCT_NAL_IDR) {
            return true;
        }
    }
    return false;
}

static bool wanted(const uint8_t *nal) {
    unsigned type = lct_nal_type_of(nal);
    return type != LCT_NAL_AUD && type != LCT_NAL_FILLER;
}

size_t lct_nal_sample_bytes(const uint8_t *au, size_t n) {
    struct lct_nal_cursor cursor = {au, n, 0};
    const uint8_t *nal;
    size_t size, total = 0;
    while (lct_nal_next(&cursor, &nal, &size)) {
        total += wanted(nal) ? 4 + size : 0;
    }
    return total;
}

void lct_nal_write_sample(const uint8_t *au, size_t n, uint8_t *out) {
    struct lct_writer w = lct_writer(out, lct_nal_sample_bytes(au, n));
    struct lct_nal_cursor cursor = {au, n, 0};
    const uint8_t *nal;
    size_t size;
    while (lct_nal_next(&cursor, &nal, &size)) {
        if (wanted(nal)) {
            lct_put_u32(&w, (uint32_t)size);
            lct_put(&w, nal, size);
        }
    }
}

/* profile_idc of 100 and its kin carry chroma format and bit depths; ours and every camera's is
 * 4:2:0, 8 bit. */
static bool has_high_fields(unsigned profile) {
    return profile == 100 || profile == 110 || profile == 122 || profile == 144;
}

size_t lct_nal_write_avcc(const struct lct_nal_sets *sets, uint8_t *out, size_t size) {
    struct lct_writer w = lct_writer(out, size);
    lct_put_u8(&w, 1);
    lct_put(&w, sets->sps + 1, 3); /* profile, compatibility, level */
    lct_put_u8(&w, 0xfc | 3);      /* 4-byte lengths */
    lct_put_u8(&w, 0xe0 | 1);
    lct_put_u16(&w, (unsigned)sets->sps_bytes);
    lct_put(&w, sets->sps, sets->sps_bytes);
    lct_put_u8(&w, 1);
    lct_put_u16(&w, (unsigned)sets->pps_bytes);
    lct_put(&w, sets->pps, sets->pps_bytes);
    if (has_high_fields(sets->sps[1])) {
        lct_put_u8(&w, 0xfc | 1);
        lct_put_u8(&w, 0xf8);
        lct_put_u8(&w, 0xf8);
        lct_put_u8(&w, 0);
    }
    return w.failed ? 0 : w.at;
}

bool lct_nal_sets_of_sample(const uint8_t *sample, size_t n, struct lct_nal_sets *ret_sets) {
    struct lct_nal_sets sets = {.sps_bytes = 0};
    struct lct_reader r = lct_reader(sample, n);
    while (lct_left(&r) > 4) {
        uint32_t size = lct_get_u32(&r);
        const uint8_t *nal = size > 0 ? lct_get(&r, size) : NULL;
        if (!nal) {
            break;
        }
        if (lct_nal_type_of(nal) == LCT_NAL_SPS && size >= 4) {
            keep_set(sets.sps, &sets.sps_bytes, nal, size);
        } else if (lct_nal_type_of(nal) == LCT_NAL_PPS) {
            keep_set(sets.pps, &sets.pps_bytes, nal, size);
        }
    }
    if (sets.sps_bytes == 0 || sets.pps_bytes == 0) {
        return false;
    }
    *ret_sets = sets;
    return true;
}

void lct_nal_picture_size(const struct lct_nal_sets *sets, int *ret_width, int *ret_height) {
    struct lct_h264_sps sps = {.width = 0};
    bool read = lct_h264_sps_parse(sets->sps, sets->sps_bytes, &sps);
    *ret_width = read ? sps.width : 0;
    *ret_height = read ? sps.height : 0;
}

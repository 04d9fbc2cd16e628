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

/* ---- avcC records of several encoders ---- */

#define AVCC_SETS_MAX 31 /* numOfSequenceParameterSets has five bits */

struct avcc_set {
    const uint8_t *nal;
    size_t n;
    uint32_t id;
};

struct avcc {
    uint8_t head[4];                       /* version, profile, compatibility, level */
    struct avcc_set set[2][AVCC_SETS_MAX]; /* SPS, PPS */
    size_t count[2];
    const uint8_t *rest; /* the fields of High profiles */
    size_t rest_bytes;
};

/* The ue(v) (ISO 14496-10 sec. 9.1) that begins at this byte. */
static uint32_t read_ue(const uint8_t *bytes, size_t n) {
    size_t zeros = 0;
    while (zeros < 8 * n && !(bytes[zeros / 8] & (0x80U >> zeros % 8))) {
        zeros++;
    }
    uint32_t value = 0;
    for (size_t bit = zeros; zeros < 16 && bit <= 2 * zeros && bit < 8 * n; bit++) {
        value = value << 1 | ((unsigned)bytes[bit / 8] >> (7 - bit % 8) & 1U);
    }
    return value - 1; /* what cannot be read has an id that nothing has */
}

static bool read_sets(struct lct_reader *r, struct avcc *record, int kind, size_t count) {
    const size_t id_at = kind == 0 ? 4 : 1; /* behind profile and level; behind the header */
    for (size_t i = 0; i < count; i++) {
        size_t n = lct_get_u16(r);
        const uint8_t *nal = lct_get(r, n);
        if (!nal || n <= id_at || i == AVCC_SETS_MAX) {
            return false;
        }
        record->set[kind][i] = (struct avcc_set){nal, n, read_ue(nal + id_at, n - id_at)};
    }
    record->count[kind] = count;
    return true;
}

static bool read_avcc(const uint8_t *bytes, size_t n, struct avcc *ret_record) {
    struct avcc record = {.count = {0, 0}};
    struct lct_reader r = lct_reader(bytes, n);
    const uint8_t *head = lct_get(&r, sizeof record.head);
    if (!head || lct_get_u8(&r) != 0xff) { /* 4-byte lengths */
        return false;
    }
    memcpy(record.head, head, sizeof record.head);
    if (!read_sets(&r, &record, 0, lct_get_u8(&r) & 0x1fU) ||
        !read_sets(&r, &record, 1, lct_get_u8(&r)) || r.failed) {
        return false;
    }
    record.rest_bytes = lct_left(&r);
    record.rest = lct_get(&r, record.rest_bytes);
    *ret_record = record;
    return true;
}

static bool has_id(const struct avcc *record, int kind, uint32_t id) {
    for (size_t i = 0; i < record->count[kind]; i++) {
        if (record->set[kind][i].id == id) {
            return true;
        }
    }
    return false;
}

uint32_t lct_nal_avcc_ids(const uint8_t *avcc, size_t n) {
    struct avcc record;
    uint32_t ids = 0;
    for (int kind = 0; kind < 2 && read_avcc(avcc, n, &record); kind++) {
        for (size_t i = 0; i < record.count[kind]; i++) {
            uint32_t id = record.set[kind][i].id;
            ids |= id < 32 ? 1U << id : 0;
        }
    }
    return ids;
}

static void put_sets(struct lct_writer *w, const struct avcc *record, int kind) {
    lct_put_u8(w, (kind == 0 ? 0xe0U : 0U) | (unsigned)record->count[kind]);
    for (size_t i = 0; i < record->count[kind]; i++) {
        lct_put_u16(w, (unsigned)record->set[kind][i].n);
        lct_put(w, record->set[kind][i].nal, record->set[kind][i].n);
    }
}

size_t lct_nal_merge_avcc(const uint8_t *a, size_t a_bytes, const uint8_t *b, size_t b_bytes,
                          uint8_t *out, size_t size) {
    struct avcc both, other;
    if (!read_avcc(a, a_bytes, &both) || !read_avcc(b, b_bytes, &other)) {
        return 0;
    }
    for (int kind = 0; kind < 2; kind++) {
        for (size_t i = 0; i < other.count[kind]; i++) {
            if (has_id(&both, kind, other.set[kind][i].id)) {
                continue;
            }
            if (both.count[kind] == AVCC_SETS_MAX) {
                return 0;
            }
            both.set[kind][both.count[kind]++] = other.set[kind][i];
        }
    }
    bool higher = other.head[1] > both.head[1];
    both.head[2] = both.head[1] == other.head[1] ? both.head[2] & other.head[2]
                   : higher                      ? other.head[2]
                                                 : both.head[2];
    both.head[1] = higher ? other.head[1] : both.head[1];
    both.head[3] = other.head[3] > both.head[3] ? other.head[3] : both.head[3];
    bool rest_of_other = both.rest_bytes == 0;
    struct lct_writer w = lct_writer(out, size);
    lct_put(&w, both.head, sizeof both.head);
    lct_put_u8(&w, 0xff);
    put_sets(&w, &both, 0);
    put_sets(&w, &both, 1);
    lct_put(&w, rest_of_other ? other.rest : both.rest,
            rest_of_other ? other.rest_bytes : both.rest_bytes);
    return w.failed ? 0 : w.at;
}

unsigned lct_nal_free_id(uint32_t taken) {
    unsigned id = 0;
    while (id < 31 && taken & (1U << id)) {
        id++;
    }
    return id;
}

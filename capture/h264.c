// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/h264.h"

#include <stdlib.h>
#include <string.h>

enum { NAL_SLICE = 1, NAL_IDR = 5, NAL_SPS = 7, NAL_PPS = 8 };

/* Bits of a NAL unit without its emulation prevention bytes (7.3.1). */
struct bits {
    uint8_t bytes[LCT_H264_SET_MAX];
    size_t n;  /* bits in all */
    size_t at; /* next bit */
    bool failed;
};

static void unescape(struct bits *bits, const uint8_t *nal, size_t n) {
    size_t out = 0;
    unsigned zeros = 0;
    for (size_t i = 0; i < n && out < sizeof bits->bytes; i++) {
        if (zeros >= 2 && nal[i] == 3) {
            zeros = 0;
            continue;
        }
        zeros = nal[i] == 0 ? zeros + 1 : 0;
        bits->bytes[out++] = nal[i];
    }
    bits->n = out * 8;
    bits->at = 0;
    bits->failed = false;
}

static unsigned get(struct bits *bits, unsigned n) {
    unsigned value = 0;
    while (n-- > 0) {
        if (bits->at >= bits->n) {
            bits->failed = true;
            return 0;
        }
        value = value << 1 | ((unsigned)bits->bytes[bits->at / 8] >> (7 - bits->at % 8) & 1U);
        bits->at++;
    }
    return value;
}

/* ue(v), 9.1 */
static unsigned get_ue(struct bits *bits) {
    unsigned zeros = 0;
    while (get(bits, 1) == 0) {
        if (bits->failed || ++zeros > 30) {
            bits->failed = true;
            return 0;
        }
    }
    return (1U << zeros) - 1U + get(bits, zeros);
}

/* se(v), 9.1.1 */
static int get_se(struct bits *bits) {
    unsigned code = get_ue(bits);
    int half = (int)(code / 2 + code % 2);
    return code % 2 ? half : -half;
}

/* 7.3.2.1.1.1 */
static void skip_scaling_list(struct bits *bits, unsigned size) {
    int last = 8, next = 8;
    for (unsigned i = 0; i < size && next != 0 && !bits->failed; i++) {
        int delta = get_se(bits);
        next = (delta < -128 || delta > 127) ? 0 : (last + delta + 256) % 256;
        last = next ? next : last;
    }
}

static bool has_chroma_fields(int profile) {
    static const int high[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
    for (size_t i = 0; i < sizeof high / sizeof *high; i++) {
        if (profile == high[i]) {
            return true;
        }
    }
    return false;
}

static unsigned get_chroma(struct bits *bits, struct lct_h264_sps *sps) {
    unsigned chroma = get_ue(bits);
    if (chroma == 3) {
        get(bits, 1);
    }
    unsigned luma_depth = get_ue(bits), chroma_depth = get_ue(bits);
    sps->plain = chroma == 1 && luma_depth == 0 && chroma_depth == 0;
    get(bits, 1);
    if (get(bits, 1)) {
        for (unsigned i = 0; i < (chroma == 3 ? 12U : 8U); i++) {
            if (get(bits, 1)) {
                skip_scaling_list(bits, i < 6 ? 16 : 64);
            }
        }
    }
    return chroma;
}

/* Returns pic_order_cnt_type. */
static unsigned skip_order(struct bits *bits) {
    unsigned type = get_ue(bits);
    if (type == 0) {
        get_ue(bits);
    } else if (type == 1) {
        get(bits, 1);
        get_se(bits);
        get_se(bits);
        unsigned cycle = get_ue(bits);
        for (unsigned i = 0; i < cycle && i < 256 && !bits->failed; i++) {
            get_se(bits);
        }
    }
    return type;
}

static void get_size(struct bits *bits, struct lct_h264_sps *sps, unsigned chroma) {
    unsigned width = get_ue(bits) + 1, height = get_ue(bits) + 1;
    unsigned frames = get(bits, 1);
    sps->interlaced = frames == 0;
    if (sps->interlaced) {
        get(bits, 1);
    }
    get(bits, 1);
    unsigned crop[4] = {0};
    for (unsigned i = 0, cropped = get(bits, 1); cropped && i < 4; i++) {
        crop[i] = get_ue(bits);
    }
    unsigned x = chroma == 1 || chroma == 2 ? 2 : 1;
    unsigned y = (chroma == 1 ? 2 : 1) * (2 - frames);
    const unsigned limit = LCT_PICTURE_SIDE_MAX;
    if (width > limit / 16 || height > limit / 16 || crop[0] > limit || crop[1] > limit ||
        crop[2] > limit || crop[3] > limit) {
        bits->failed = true;
        return;
    }
    sps->width = (int)(width * 16) - (int)(x * (crop[0] + crop[1]));
    sps->height = (int)(height * 16 * (2 - frames)) - (int)(y * (crop[2] + crop[3]));
}

/* E.1.1, colour */
static void get_video_signal(struct bits *bits, struct lct_h264_sps *sps) {
    get(bits, 3);
    bool full = get(bits, 1);
    unsigned matrix = 2;
    if (get(bits, 1)) {
        get(bits, 16);
        matrix = get(bits, 8);
    }
    sps->colour = full ? LCT_COLOUR_BT601_FULL : matrix == 1 ? LCT_COLOUR_BT709 : LCT_COLOUR_BT601;
}

/* E.1.2 */
static void skip_hrd(struct bits *bits) {
    unsigned count = get_ue(bits) + 1;
    get(bits, 8);
    for (unsigned i = 0; i < count && i < 32 && !bits->failed; i++) {
        get_ue(bits);
        get_ue(bits);
        get(bits, 1);
    }
    get(bits, 20);
}

/* E.1.1; tells the colour and how many pictures may stand out of order. */
static void get_vui(struct bits *bits, struct lct_h264_sps *sps) {
    if (get(bits, 1) && get(bits, 8) == 255) {
        get(bits, 32);
    }
    if (get(bits, 1)) {
        get(bits, 1);
    }
    if (get(bits, 1)) {
        get_video_signal(bits, sps);
    }
    if (get(bits, 1)) {
        get_ue(bits);
        get_ue(bits);
    }
    if (get(bits, 1)) {
        get(bits, 32);
        get(bits, 32);
        get(bits, 1);
    }
    bool nal = get(bits, 1);
    if (nal) {
        skip_hrd(bits);
    }
    bool vcl = get(bits, 1);
    if (vcl) {
        skip_hrd(bits);
    }
    get(bits, nal || vcl ? 2 : 1);
    if (get(bits, 1)) {
        get(bits, 1);
        for (unsigned i = 0; i < 4; i++) {
            get_ue(bits);
        }
        unsigned reorder = get_ue(bits);
        sps->reorder = bits->failed || reorder > 16 ? sps->reorder : (int)reorder;
    }
}

bool lct_h264_sps_parse(const uint8_t *nal, size_t n, struct lct_h264_sps *ret_sps) {
    struct bits bits;
    struct lct_h264_sps sps = {.plain = true, .reorder = -1};
    if (n < 4 || (nal[0] & 0x1f) != NAL_SPS) {
        return false;
    }
    unescape(&bits, nal + 1, n - 1);
    sps.profile = (int)get(&bits, 8);
    get(&bits, 8);
    sps.level = (int)get(&bits, 8);
    get_ue(&bits);
    unsigned chroma = has_chroma_fields(sps.profile) ? get_chroma(&bits, &sps) : 1;
    get_ue(&bits);
    unsigned order = skip_order(&bits);
    get_ue(&bits);
    get(&bits, 1);
    get_size(&bits, &sps, chroma);
    if (bits.failed || sps.width < 2 || sps.height < 2) {
        return false;
    }
    if (sps.profile == 66 || order == 2) {
        sps.reorder = 0; /* A.2.1: no B slices; 8.2.1.3: output order is decoding order */
    }
    if (get(&bits, 1)) {
        get_vui(&bits, &sps);
    }
    *ret_sps = sps;
    return true;
}

/* The next start code at or after at (its position), or n. */
static size_t next_start(const uint8_t *bytes, size_t n, size_t at) {
    for (; at + 3 <= n; at++) {
        if (bytes[at] == 0 && bytes[at + 1] == 0 && bytes[at + 2] == 1) {
            return at;
        }
    }
    return n;
}

static bool is_b_slice(const uint8_t *nal, size_t n) {
    struct bits bits;
    unescape(&bits, nal + 1, n - 1 < 16 ? n - 1 : 16);
    get_ue(&bits); /* first_mb_in_slice */
    unsigned type = get_ue(&bits);
    return !bits.failed && type % 5 == 1;
}

/* Calls see(opaque, nal, n) for each NAL unit, trailing zeros cut. */
static void each_nal(const uint8_t *bytes, size_t n,
                     void (*see)(void *opaque, const uint8_t *nal, size_t n), void *opaque) {
    size_t at = next_start(bytes, n, 0);
    while (at + 3 < n) {
        size_t next = next_start(bytes, n, at + 3);
        size_t end = next;
        while (end > at + 3 && bytes[end - 1] == 0) {
            end--;
        }
        if (end > at + 4) {
            see(opaque, bytes + at + 3, end - at - 3);
        }
        at = next;
    }
}

static void look_at_nal(void *opaque, const uint8_t *nal, size_t n) {
    struct lct_h264_unit *unit = opaque;
    switch (nal[0] & 0x1f) {
    case NAL_IDR:
        unit->idr = true;
        unit->slice = true;
        break;
    case NAL_SLICE:
        unit->slice = true;
        unit->b_slice |= is_b_slice(nal, n);
        break;
    case NAL_SPS:
        unit->has_sps = lct_h264_sps_parse(nal, n, &unit->sps);
        break;
    case NAL_PPS:
        unit->has_pps = true;
        break;
    default:
        break;
    }
}

void lct_h264_look(const uint8_t *bytes, size_t n, struct lct_h264_unit *ret_unit) {
    *ret_unit = (struct lct_h264_unit){0};
    each_nal(bytes, n, look_at_nal, ret_unit);
}

static void keep_set(void *opaque, const uint8_t *nal, size_t n) {
    struct lct_h264_sets *sets = opaque;
    int type = nal[0] & 0x1f;
    if ((type == NAL_SPS || type == NAL_PPS) && n <= LCT_H264_SET_MAX) {
        size_t which = type == NAL_PPS;
        memcpy(sets->bytes[which], "\0\0\0\1", 4);
        memcpy(sets->bytes[which] + 4, nal, n);
        sets->n[which] = 4 + n;
    }
}

struct lct_frame *lct_h264_frame(struct lct_h264_sets *sets, const struct lct_h264_unit *unit,
                                 const uint8_t *bytes, size_t n, lct_ns time) {
    if (unit->has_sps || unit->has_pps) {
        each_nal(bytes, n, keep_set, sets);
    }
    if (!unit->idr || (unit->has_sps && unit->has_pps)) {
        struct lct_frame *frame = lct_frame_coded(bytes, n, time);
        if (frame) {
            frame->key = unit->idr;
        }
        return frame;
    }
    size_t before = sets->n[0] + sets->n[1];
    uint8_t *joined = sets->n[0] && sets->n[1] ? malloc(before + n) : NULL;
    if (!joined) {
        return NULL;
    }
    memcpy(joined, sets->bytes[0], sets->n[0]);
    memcpy(joined + sets->n[0], sets->bytes[1], sets->n[1]);
    memcpy(joined + before, bytes, n);
    struct lct_frame *frame = lct_frame_coded(joined, before + n, time);
    free(joined);
    if (frame) {
        frame->key = 1;
    }
    return frame;
}

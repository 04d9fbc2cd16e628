// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CODED_BYTES_MAX (8U << 20)

static struct lct_frame *new_frame(enum lct_frame_kind kind, lct_ns time) {
    struct lct_frame *frame = lct_new(sizeof *frame);
    lct_ref_init(&frame->ref);
    frame->kind = kind;
    frame->time = time;
    return frame;
}

static size_t padded(size_t n) { return (n + 63U) & ~(size_t)63U; }

struct lct_frame *lct_frame_picture(int width, int height, lct_ns time) {
    assert(width >= 2 && width <= LCT_PICTURE_SIDE_MAX && width % 2 == 0);
    assert(height >= 2 && height <= LCT_PICTURE_SIDE_MAX && height % 2 == 0);
    struct lct_frame *frame = new_frame(LCT_FRAME_PICTURE, time);
    frame->width = width;
    frame->height = height;
    frame->changed_permille = 1000;
    size_t luma_stride = padded((size_t)width);
    size_t chroma_stride = padded((size_t)width / 2);
    size_t luma = luma_stride * (size_t)height;
    size_t chroma = chroma_stride * (size_t)height / 2;
    uint8_t *memory = aligned_alloc(64, padded(luma + 2 * chroma));
    if (!memory) {
        abort();
    }
    frame->owner = memory;
    frame->release = free;
    frame->plane[0] = memory;
    frame->plane[1] = memory + luma;
    frame->plane[2] = memory + luma + chroma;
    frame->stride[0] = (int)luma_stride;
    frame->stride[1] = frame->stride[2] = (int)chroma_stride;
    return frame;
}

struct lct_frame *lct_frame_sound(size_t samples, lct_ns time) {
    assert(samples > 0 && samples <= LCT_SOUND_RATE);
    struct lct_frame *frame = new_frame(LCT_FRAME_SOUND, time);
    frame->samples = samples;
    frame->sound = lct_new(samples * LCT_SOUND_CHANNELS * sizeof *frame->sound);
    frame->owner = frame->sound;
    frame->release = free;
    return frame;
}

struct lct_frame *lct_frame_coded(const uint8_t *bytes, size_t n, lct_ns time) {
    if (n == 0 || n > CODED_BYTES_MAX) {
        return NULL;
    }
    struct lct_frame *frame = new_frame(LCT_FRAME_CODED, time);
    frame->coded = lct_new(n);
    memcpy(frame->coded, bytes, n);
    frame->coded_bytes = n;
    frame->owner = frame->coded;
    frame->release = free;
    return frame;
}

struct lct_frame *lct_frame_lost(lct_ns time) {
    return new_frame(LCT_FRAME_LOST, time);
}

struct lct_frame *lct_frame_ref(struct lct_frame *frame) {
    lct_ref_inc(&frame->ref);
    return frame;
}

void lct_frame_unref(struct lct_frame *frame) {
    if (frame && lct_ref_dec(&frame->ref)) {
        if (frame->release) {
            frame->release(frame->owner);
        }
        free(frame);
    }
}

void lct_frame_unref_item(void *frame) { lct_frame_unref(frame); }

// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/frame.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

/* ---- memory of pictures ----
 *
 * Pictures of 3 MB that are made on one thread and freed on another, 60 a second, leave malloc's
 * arenas full of holes: with other large blocks (see lct_mem_large_apart) a recorder took 384 MB
 * instead of 227. So a large picture has pages of its own, and huge ones, for the kernel to fill
 * two and not 760 (0.13 ms a picture instead of 1.5).
 */

#define HUGE_PAGE ((size_t)2 << 20)
#define LARGE (HUGE_PAGE / 2)

static size_t picture_bytes(const struct lct_frame *frame) {
    size_t luma = (size_t)frame->stride[0] * (size_t)frame->height;
    size_t chroma = (size_t)frame->stride[1] * (size_t)frame->height / 2;
    return padded(luma + 2 * chroma);
}

static size_t whole_pages(size_t bytes) { return (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE; }

/* n bytes, a multiple of HUGE_PAGE, at such an address; NULL when there are none. */
static uint8_t *map_pages(size_t n) {
    uint8_t *all =
        mmap(NULL, n + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) {
        return NULL;
    }
    size_t before = (HUGE_PAGE - (uintptr_t)all % HUGE_PAGE) % HUGE_PAGE;
    if (before > 0) {
        munmap(all, before);
    }
    munmap(all + before + n, HUGE_PAGE - before);
    (void)madvise(all + before, n, MADV_HUGEPAGE); /* a kernel without them has small ones */
    return all + before;
}

static void unmap_picture(void *owner) {
    const struct lct_frame *frame = owner;
    munmap(frame->plane[0], whole_pages(picture_bytes(frame)));
}

static uint8_t *picture_memory(struct lct_frame *frame) {
    size_t bytes = picture_bytes(frame);
    bool large = bytes >= LARGE;
    uint8_t *memory = large ? map_pages(whole_pages(bytes)) : aligned_alloc(64, bytes);
    if (!memory) {
        abort();
    }
    frame->owner = large ? (void *)frame : memory;
    frame->release = large ? unmap_picture : free;
    return memory;
}

struct lct_frame *lct_frame_picture(int width, int height, lct_ns time) {
    assert(width >= 2 && width <= LCT_PICTURE_SIDE_MAX && width % 2 == 0);
    assert(height >= 2 && height <= LCT_PICTURE_SIDE_MAX && height % 2 == 0);
    struct lct_frame *frame = new_frame(LCT_FRAME_PICTURE, time);
    frame->width = width;
    frame->height = height;
    frame->changed_permille = 1000;
    frame->stride[0] = (int)padded((size_t)width);
    frame->stride[1] = frame->stride[2] = (int)padded((size_t)width / 2);
    frame->plane[0] = picture_memory(frame);
    frame->plane[1] = frame->plane[0] + (size_t)frame->stride[0] * (size_t)height;
    frame->plane[2] = frame->plane[1] + (size_t)frame->stride[1] * (size_t)height / 2;
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

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a source hands over: a picture, a run of sound, one coded access unit of a pass-through
 * camera, or the word that the source is lost. Immutable and shared once it is in a queue; every
 * frame carries its capture time on CLOCK_MONOTONIC, stamped as near to the device as we can.
 *
 *     struct lct_frame *f = lct_frame_picture(1920, 1080, time);   // writable until pushed
 *     fill(f->plane, f->stride);
 *     lct_source_give(sink, f);                                     // takes
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/ref.h"
#include "base/time.h"

enum lct_frame_kind {
    LCT_FRAME_PICTURE, /**< I420 */
    LCT_FRAME_SOUND,   /**< 48 kHz stereo float, interleaved */
    LCT_FRAME_CODED,   /**< H.264 Annex B access unit, to be passed through */
    LCT_FRAME_LOST,    /**< the source gives nothing now: slate or silence until the next frame */
};

/** How Y'CbCr is to be read; goes into the stream's VUI (ISO 14496-10 table E-5). */
enum lct_colour {
    LCT_COLOUR_BT601,      /**< limited range, smpte170m */
    LCT_COLOUR_BT709,      /**< limited range */
    LCT_COLOUR_BT601_FULL, /**< full range, as MJPEG cameras give */
};

#define LCT_SOUND_RATE 48000
#define LCT_SOUND_CHANNELS 2

/** Largest picture taken from any source, in pixels a side (a 4K screen with room to spare). */
#define LCT_PICTURE_SIDE_MAX 8192

struct lct_frame {
    struct lct_ref ref;
    enum lct_frame_kind kind;
    lct_ns time; /**< capture; of sound: of its first sample; of LOST: when it was noticed */

    /* PICTURE and CODED */
    int width;  /**< pixels, even for PICTURE */
    int height; /**< pixels, even for PICTURE */
    enum lct_colour colour;
    uint8_t *plane[3];         /**< PICTURE: Y of width x height, U and V of half each way */
    int stride[3];             /**< bytes a row, multiples of 64 */
    unsigned changed_permille; /**< PICTURE: share of the area that differs from the last frame;
                                    1000 when unknown */

    /* SOUND: samples x LCT_SOUND_CHANNELS floats in -1…1 */
    float *sound;
    size_t samples; /**< per channel */

    /* CODED */
    uint8_t *coded;
    size_t coded_bytes;
    int key; /**< 1: an IDR with its parameter sets in front */

    void *owner; /**< memory behind the planes when it is not the frame's own */
    void (*release)(void *owner);
};

/** A writable picture of width x height (even, 2 to LCT_PICTURE_SIDE_MAX); contents undefined.
 * Owned. */
struct lct_frame *lct_frame_picture(int width, int height, lct_ns time) LCT_MUST_USE;

/** Writable sound of samples (1 to 48000) per channel, zeroed. Owned. */
struct lct_frame *lct_frame_sound(size_t samples, lct_ns time) LCT_MUST_USE;

/** A coded access unit of n bytes (at most 8 MiB), copied from bytes. NULL when n is 0 or too
 * large. */
struct lct_frame *lct_frame_coded(const uint8_t *bytes, size_t n, lct_ns time) LCT_MUST_USE;

/** The word that a source is lost since time. Owned. */
struct lct_frame *lct_frame_lost(lct_ns time) LCT_MUST_USE;

/** Shares. Returns frame. Any thread. */
struct lct_frame *lct_frame_ref(struct lct_frame *frame);

/** Gives one reference back; NULL is allowed. Any thread. */
void lct_frame_unref(struct lct_frame *frame);

/** The same with the type lct_queue_create wants. */
void lct_frame_unref_item(void *frame);

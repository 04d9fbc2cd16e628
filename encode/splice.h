// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Joins AAC without a click and without encoding it anew: a new sound is a row of slots of one
 * frame, filled by runs of frames of old ones. Each frame of AAC overlaps the next by half, so at
 * every join two frames are wrong whatever one does: these are decoded, cross-faded over 10 ms
 * where the cut lies, and encoded again; all others are copied. A frame that is missing is silence,
 * with a fade of 10 ms at either end.
 *
 * An encoded frame stands beside a copied one only when both use the same window, so that their
 * halves add up: otherwise the encoded run is made longer, up to LCT_SPLICE_REACH frames.
 *
 * Which slots need a frame of their own is decided first (pure but for the questions it asks), then
 * they are made. One thread.
 *
 *     lct_splice_make(&plan, &fault);          // calls plan.put for each slot that is not a copy
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "encode/chunk.h"

/** Frames by which an encoded run grows at either end in search of a window that fits. */
#define LCT_SPLICE_REACH 8

/** Largest frame of AAC: 6144 bits a channel (ISO 14496-3 sec. 4.5.1), with room to spare. */
#define LCT_SPLICE_FRAME_MAX 8192U

/** A run of slots that plays frames of one old sound, from slot up to the next run's. */
struct lct_splice_run {
    int64_t slot;  /**< its first; of the first run 0; each run has one at least */
    int64_t frame; /**< of the old sound, in its first slot; may be below 0 */
    unsigned cut;  /**< where in its first slot the cut lies, 0 to 1023 samples */
};

struct lct_splice_plan {
    const struct lct_format *format; /**< AAC, of all old sounds */
    const struct lct_splice_run *runs;
    size_t run_count;
    int64_t slots; /**< in all */
    /** Of what is made: for a few frames between copied ones more than the old sound has, because
     * a join is harder to code than either side. */
    int bits_per_s;
    /** Is that frame of the run's old sound there? *ret_follows: and belongs behind the one before
     * it. May be asked of any frame, in any order. */
    bool (*has)(void *opaque, size_t run, int64_t frame, bool *ret_follows);
    /** Copies such a frame into out, *ret_n at most LCT_SPLICE_FRAME_MAX. 0 or -errno. */
    int (*read)(void *opaque, size_t run, int64_t frame, uint8_t *out, size_t *ret_n);
    /** This slot's frame was encoded anew (borrows); slots come in order. 0 or -errno. */
    int (*put)(void *opaque, int64_t slot, const uint8_t *bytes, size_t n);
    /** Is the new sound in that slot to be changed (a fade, a gain)? NULL: none is. Any order. */
    bool (*changes)(void *opaque, int64_t slot);
    /** Changes such a slot's LCT_AAC_SAMPLES stereo floats. A slot may be changed more than once,
     * in any order, always alike. */
    void (*change)(void *opaque, int64_t slot, float *sound);
    void *opaque;
};

/** Hears the new sound from its begin to its end, decoded (LCT_AAC_SAMPLES stereo floats a slot,
 * borrowed); nothing is encoded. 0, or what read and take gave; with a fault. */
int lct_splice_hear(const struct lct_splice_plan *plan,
                    int (*take)(void *opaque, int64_t slot, const float *sound),
                    struct lct_fault *fault) LCT_MUST_USE;

/** Makes what is not copied. 0, or what read and put gave, or the codec's -errno; with a fault. */
int lct_splice_make(const struct lct_splice_plan *plan, struct lct_fault *fault) LCT_MUST_USE;

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The heads of a smart cut. Of a kept range only what lies before its first key frame must be
 * encoded anew: the pictures from there on are copied. Samples of one track are handed in from a
 * key frame on; those that are wanted come back encoded as the rest of the reel was (by its option
 * string, encode/video.h). Where the headers are not those of the reel all the same (a camera with
 * an encoder of its own), the heads get parameter sets of an id of their own, so that all sets fit
 * into one avcC. Pictures of another size are fitted onto the canvas. One thread.
 *
 *     r = lct_recode_open(&settings);
 *     lct_recode_decode(r, format, sample, n, true);      // a key frame, then those after it
 *     lct_recode_encode(r, &picture, &head, &fault);      // the picture decoded last
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "encode/chunk.h"

struct lct_recode;

/** Names the rules by which heads are encoded (options, effort, sets). Another one when they
 * change: heads that are kept are those of the rules before (archive/cut/cut_paint.c). */
#define LCT_RECODE_RULES "heads 1"

/** What all samples of the track that is made have in common. */
struct lct_recode_settings {
    const struct lct_format *format; /**< canvas, option string and avcC; borrows until close */
    bool screen;                     /**< for a track without an option string: what it shows */
    uint32_t ids_taken; /**< ids of all parameter sets of the copied pictures (lct_nal_avcc_ids) */
};

/** A head's sample: as in MP4, with its parameter sets before each key. */
struct lct_recoded {
    uint8_t *sample; /**< owned by who asked (free) */
    size_t n;
    bool key;
};

/** Opens; the encoder only with its first picture. Returns owned. */
struct lct_recode *lct_recode_open(const struct lct_recode_settings *settings) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_recode_close(struct lct_recode *recode);

/**
 * Decodes the next sample (borrows) of format; key: it is one, what came before is forgotten. 0;
 * -EBADMSG: it does not decode, and nothing before the next key does; -ENOMEM.
 */
int lct_recode_decode(struct lct_recode *recode, const struct lct_format *format,
                      const uint8_t *sample, size_t n, bool key) LCT_MUST_USE;

/** Takes a slate for the picture decoded last: for a range in which the track shows nothing. */
void lct_recode_slate(struct lct_recode *recode);

/** How the picture decoded last is to be encoded. */
struct lct_recode_picture {
    int64_t tick; /**< of 1/90000 s; grows from call to call */
    bool key;     /**< make it an IDR */
    float level;  /**< 1: as it is, 0: black */
};

/** Encodes the picture decoded last. 0; -ENODATA: nothing was decoded; or -errno; with a fault. */
int lct_recode_encode(struct lct_recode *recode, const struct lct_recode_picture *picture,
                      struct lct_recoded *ret_recoded, struct lct_fault *fault) LCT_MUST_USE;

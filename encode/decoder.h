// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Decoders for what is made anew out of a tape: pictures one after the other from a key frame on,
 * and single frames of sound. One thread each.
 *
 *     lct_picture_decoder_open(format, &d);
 *     lct_picture_decoder_decode(d, sample, n, &frame);   // the key frame, then those after it
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "capture/frame.h"
#include "encode/chunk.h"

struct lct_picture_decoder;

/** Opens a decoder for samples of that H.264 format (borrows). 0, -EBADMSG or -ENOMEM. */
int lct_picture_decoder_open(const struct lct_format *format,
                             struct lct_picture_decoder **ret_decoder) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_picture_decoder_close(struct lct_picture_decoder *decoder);

/** Forgets what came before: the next sample is a key frame. */
void lct_picture_decoder_reset(struct lct_picture_decoder *decoder);

/**
 * Decodes the next sample (as in MP4, 4-byte lengths) into *ret_frame, owned, whose time is 0. As
 * tapes hold no reordered pictures each sample gives its picture at once. 0; -EBADMSG: it does not
 * decode, is of no size that pictures have, or not 4:2:0 of 8 bits; -ENOMEM.
 */
int lct_picture_decoder_decode(struct lct_picture_decoder *decoder, const uint8_t *sample, size_t n,
                               struct lct_frame **ret_frame) LCT_MUST_USE;

struct lct_sound_decoder;

/** Samples per channel of a frame of AAC. */
#define LCT_AAC_SAMPLES 1024

/** Opens a decoder for frames of that AAC format (borrows). 0, -EBADMSG or -ENOMEM. */
int lct_sound_decoder_open(const struct lct_format *format,
                           struct lct_sound_decoder **ret_decoder) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_sound_decoder_close(struct lct_sound_decoder *decoder);

/** Forgets what came before. */
void lct_sound_decoder_reset(struct lct_sound_decoder *decoder);

/**
 * Decodes the next frame into out: LCT_AAC_SAMPLES stereo floats, interleaved. The first one after
 * open or reset is not the sound yet: it lacks the overlap of the frame before. 0, -EBADMSG.
 */
int lct_sound_decoder_decode(struct lct_sound_decoder *decoder, const uint8_t *frame, size_t n,
                             float *out) LCT_MUST_USE;

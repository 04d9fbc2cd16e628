// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Sound encoders: AAC-LC for tape, MSE and HLS; Opus for live WebRTC. One owner thread each.
 *
 *     lct_sound_open(LCT_CODEC_AAC, 128000, &enc, &fault);
 *     lct_sound_encode(enc, pcm, ret_packets, &n);    // frame_samples stereo floats in
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "encode/chunk.h"

struct lct_sound_encoder;

/** A coded frame of sound. bytes are the encoder's until the next call. */
struct lct_sound_packet {
    const uint8_t *bytes;
    size_t n;
};

/** Opens an encoder for 48 kHz stereo at bit_rate bits a second. 0 or -errno and fault. */
int lct_sound_open(enum lct_codec codec, int bit_rate, struct lct_sound_encoder **ret_encoder,
                   struct lct_fault *fault) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_sound_close(struct lct_sound_encoder *encoder);

/** Samples per channel in each frame: 1024 (AAC), 960 (Opus). */
size_t lct_sound_frame_samples(const struct lct_sound_encoder *encoder);

/** Samples by which a packet's sound comes before the frame that was put in (priming, pre-skip). */
size_t lct_sound_delay(const struct lct_sound_encoder *encoder);

/**
 * Encodes one frame of lct_sound_frame_samples stereo floats (interleaved, borrows). 1 and
 * *ret_packet, 0 when the encoder wants more first, or -errno.
 */
int lct_sound_encode(struct lct_sound_encoder *encoder, const float *sound,
                     struct lct_sound_packet *ret_packet) LCT_MUST_USE;

/** A format for this encoder's packets, init included; owned. NULL when memory is short. */
struct lct_format *lct_sound_format(const struct lct_sound_encoder *encoder, const char *track,
                                    uint32_t track_id) LCT_MUST_USE;

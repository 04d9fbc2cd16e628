// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The picture encoder: x264 through libavcodec, H.264 constrained baseline, no B-frames, closed
 * GOP, fixed headers, SPS and PPS before each IDR; capped quality. One owner thread.
 *
 *     struct lct_video_settings s = lct_video_camera(1920, 1080, 30);
 *     lct_video_open(&s, &enc, &fault);
 *     lct_video_encode(enc, picture, ticks, key, &packet);    // every call gives one packet
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "capture/frame.h"
#include "encode/chunk.h"

/** Steps of effort; headers stay identical, so that a change needs no new reel. */
enum lct_preset { LCT_PRESET_VERYFAST, LCT_PRESET_SUPERFAST, LCT_PRESET_ULTRAFAST, LCT_PRESETS };

struct lct_video_settings {
    int width, height;  /**< the track's canvas, even */
    double fps;         /**< nominal frames a second, for the rate control's first guess */
    double crf;         /**< x264's constant rate factor: smaller is better and larger */
    int max_bps;        /**< cap, over one second */
    double key_seconds; /**< an IDR at least so often */
    int threads;        /**< 1: least CPU; more: sliced threads, each picture sooner */
    enum lct_preset preset;
    enum lct_colour colour;
    unsigned sets_id; /**< id of SPS and PPS, 0 to 31: a head between pictures of another encoder
                         has its own */
};

/** Stated defaults for a camera: CRF 23, at most 4 Mbit/s at 1080p (less for smaller), IDR each 2
 * s. */
struct lct_video_settings lct_video_camera(int width, int height, double fps);

/** Stated defaults for a screen: CRF 21, at most 6 Mbit/s at 1080p, IDR at slide changes and each
 * 10 s. */
struct lct_video_settings lct_video_screen(int width, int height);

/** Stated defaults for the small twin of a camera or screen (full, of the twin's size): CRF 25, at
 *  most 500 kbit/s, IDR each 2 s. */
struct lct_video_settings lct_video_small(struct lct_video_settings full);

struct lct_video_encoder;

/** Opens an encoder. 0 or -errno and fault. */
int lct_video_open(const struct lct_video_settings *settings,
                   struct lct_video_encoder **ret_encoder, struct lct_fault *fault) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_video_close(struct lct_video_encoder *encoder);

/** A coded picture in Annex B; bytes are the encoder's until the next call. */
struct lct_video_packet {
    const uint8_t *bytes;
    size_t n;
    bool key;
};

/**
 * Encodes a picture of exactly the canvas' size (shares) shown at ticks of 1/90000 s, which must
 * grow from call to call; key: make it an IDR. 0 or -errno.
 */
int lct_video_encode(struct lct_video_encoder *encoder, struct lct_frame *picture, int64_t ticks,
                     bool key, struct lct_video_packet *ret_packet) LCT_MUST_USE;

/** The whole option string the pictures were encoded with, for the reel. Borrows. */
const char *lct_video_options(const struct lct_video_encoder *encoder);

/**
 * Reads settings back out of such an option string, so that a picture encoded with them has the
 * same headers. False when it is none of ours; then *ret_settings is as it was. Pure.
 */
bool lct_video_read_options(const char *options, struct lct_video_settings *ret_settings);

/** "veryfast", "superfast", "ultrafast". */
const char *lct_preset_name(enum lct_preset preset);

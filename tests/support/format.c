// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "encode/mp4.h"

/* AVCDecoderConfigurationRecord of x264, constrained baseline, 640 x 360 */
static const uint8_t avcc[] = {
    0x01, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0x00, 0x1a, 0x67, 0x42, 0xc0, 0x1e, 0xda, 0x02,
    0x80, 0xbf, 0xe5, 0x9a, 0x83, 0x03, 0x03, 0x20, 0x00, 0x00, 0x03, 0x00, 0x20, 0x00,
    0x00, 0x07, 0x91, 0xe2, 0xc5, 0xd4, 0x01, 0x00, 0x04, 0x68, 0xce, 0x3c, 0x80,
};

/* AudioSpecificConfig: AAC-LC, 48 kHz, stereo */
static const uint8_t aac[] = {0x11, 0x90, 0x56, 0xe5, 0x00};

static struct lct_format *make(const char *track, enum lct_codec codec, const uint8_t *config,
                               size_t n) {
    struct lct_format *f = lct_new(sizeof *f);
    lct_ref_init(&f->ref);
    (void)snprintf(f->track, sizeof f->track, "%s", track);
    f->codec = codec;
    f->track_id = codec == LCT_CODEC_H264 ? 1 : 2;
    f->timescale = codec == LCT_CODEC_H264 ? 90000 : 48000;
    f->width = codec == LCT_CODEC_H264 ? 640 : 0;
    f->height = codec == LCT_CODEC_H264 ? 360 : 0;
    f->channels = codec == LCT_CODEC_H264 ? 0 : 2;
    f->config = lct_new(n);
    memcpy(f->config, config, n);
    f->config_bytes = n;
    lct_mp4_codec_string(f);
    if (lct_mp4_make_init(f) < 0) {
        abort();
    }
    return f;
}

struct lct_format *lct_test_picture_format(void) {
    return make("camera", LCT_CODEC_H264, avcc, sizeof avcc);
}

struct lct_format *lct_test_sound_format(void) {
    return make("sound", LCT_CODEC_AAC, aac, sizeof aac);
}

struct lct_chunk *lct_test_chunk(struct lct_format *format, int64_t tick, uint32_t duration,
                                 bool key, uint32_t n) {
    struct lct_chunk_info info = {.tfdt = tick, .duration = duration, .key = key};
    info.samples = format->codec == LCT_CODEC_H264 ? 1 : 2;
    LCT_FREE uint8_t *payload = lct_new(2 * (size_t)n);
    for (uint32_t i = 0; i < 2 * n; i++) {
        payload[i] = (uint8_t)(i * 31 + (uint32_t)tick * 7);
    }
    info.sample_bytes[0] = n;
    info.sample_bytes[1] = info.samples == 2 ? n : 0;
    struct lct_chunk *chunk =
        lct_mp4_pack(format, &info, (const uint8_t *const[]){payload, payload + n});
    if (!chunk) {
        abort();
    }
    return chunk;
}

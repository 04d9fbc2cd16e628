// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/sound.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>

#include "base/mem.h"
#include "encode/mp4.h"

#define RATE 48000
#define CHANNELS 2

struct lct_sound_encoder {
    enum lct_codec codec;
    AVCodecContext *context;
    AVFrame *frame;
    AVPacket *packet;
    int64_t pts;
};

static int refused(struct lct_fault *fault, const char *name, int rc) {
    return lct_fault_set(fault, rc == AVERROR(ENOMEM) ? -ENOMEM : -EINVAL, "encode",
                         "The %s sound encoder of FFmpeg does not open (%d). Run 'lectern doctor'.",
                         "FFmpeg 的 %s 音频编码器无法打开（%d）。请运行 lectern doctor。", name,
                         rc);
}

static int open_context(struct lct_sound_encoder *e, const char *name, int bit_rate,
                        struct lct_fault *fault) {
    av_log_set_level(FFMIN(av_log_get_level(), AV_LOG_ERROR)); /* its notes are not for our log */
    const AVCodec *codec = avcodec_find_encoder_by_name(name);
    e->context = codec ? avcodec_alloc_context3(codec) : NULL;
    e->frame = av_frame_alloc();
    e->packet = av_packet_alloc();
    if (!e->context || !e->frame || !e->packet) {
        return refused(fault, name, codec ? AVERROR(ENOMEM) : AVERROR_ENCODER_NOT_FOUND);
    }
    AVCodecContext *c = e->context;
    c->sample_fmt = e->codec == LCT_CODEC_AAC ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_FLT;
    c->sample_rate = RATE;
    c->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO;
    c->bit_rate = bit_rate;
    c->time_base = (AVRational){1, RATE};
    c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    int rc = avcodec_open2(c, codec, NULL);
    if (rc < 0) {
        return refused(fault, name, rc);
    }
    e->frame->format = c->sample_fmt;
    e->frame->sample_rate = RATE;
    e->frame->nb_samples = c->frame_size;
    if (av_channel_layout_copy(&e->frame->ch_layout, &c->ch_layout) < 0 ||
        av_frame_get_buffer(e->frame, 0) < 0) {
        return refused(fault, name, AVERROR(ENOMEM));
    }
    return 0;
}

int lct_sound_open(enum lct_codec codec, int bit_rate, struct lct_sound_encoder **ret_encoder,
                   struct lct_fault *fault) {
    struct lct_sound_encoder *e = lct_new(sizeof *e);
    e->codec = codec;
    int rc = open_context(e, codec == LCT_CODEC_AAC ? "aac" : "libopus", bit_rate, fault);
    if (rc < 0) {
        lct_sound_close(e);
        return rc;
    }
    *ret_encoder = e;
    return 0;
}

void lct_sound_close(struct lct_sound_encoder *encoder) {
    if (encoder) {
        av_packet_free(&encoder->packet);
        av_frame_free(&encoder->frame);
        avcodec_free_context(&encoder->context);
        free(encoder);
    }
}

size_t lct_sound_frame_samples(const struct lct_sound_encoder *encoder) {
    return (size_t)encoder->context->frame_size;
}

size_t lct_sound_delay(const struct lct_sound_encoder *encoder) {
    return (size_t)encoder->context->initial_padding;
}

static void fill(struct lct_sound_encoder *e, const float *sound) {
    int n = e->frame->nb_samples;
    if (e->codec == LCT_CODEC_OPUS) {
        memcpy(e->frame->data[0], sound, (size_t)n * CHANNELS * sizeof *sound);
        return;
    }
    for (int channel = 0; channel < CHANNELS; channel++) {
        float *plane = (float *)(void *)e->frame->data[channel];
        for (int i = 0; i < n; i++) {
            plane[i] = sound[i * CHANNELS + channel];
        }
    }
}

int lct_sound_encode(struct lct_sound_encoder *encoder, const float *sound,
                     struct lct_sound_packet *ret_packet) {
    if (av_frame_make_writable(encoder->frame) < 0) {
        return -ENOMEM;
    }
    fill(encoder, sound);
    encoder->frame->pts = encoder->pts;
    encoder->pts += encoder->frame->nb_samples;
    if (avcodec_send_frame(encoder->context, encoder->frame) < 0) {
        return -EIO;
    }
    av_packet_unref(encoder->packet);
    int rc = avcodec_receive_packet(encoder->context, encoder->packet);
    if (rc == AVERROR(EAGAIN)) {
        return 0;
    }
    if (rc < 0) {
        return -EIO;
    }
    *ret_packet = (struct lct_sound_packet){encoder->packet->data, (size_t)encoder->packet->size};
    return 1;
}

/* dOps is OpusHead without its magic, version 0, numbers big-endian (Opus in ISOBMFF sec. 4.3.2);
 * FFmpeg's extradata is OpusHead, little-endian (RFC 7845 sec. 5.1). */
static void make_dops(const uint8_t *head, uint8_t out[11]) {
    out[0] = 0;
    out[1] = head[9];
    out[2] = head[11];
    out[3] = head[10];
    for (int i = 0; i < 4; i++) {
        out[4 + i] = head[15 - i];
    }
    out[8] = head[17];
    out[9] = head[16];
    out[10] = head[18];
}

struct lct_format *lct_sound_format(const struct lct_sound_encoder *encoder, const char *track,
                                    uint32_t track_id) {
    const AVCodecContext *c = encoder->context;
    struct lct_format *f = lct_new(sizeof *f);
    lct_ref_init(&f->ref);
    (void)snprintf(f->track, sizeof f->track, "%s", track);
    f->track_id = track_id;
    f->codec = encoder->codec;
    f->timescale = RATE;
    f->channels = CHANNELS;
    (void)snprintf(f->encoder, sizeof f->encoder, "%s bit_rate=%lld", c->codec->name,
                   (long long)c->bit_rate);
    bool opus = encoder->codec == LCT_CODEC_OPUS && c->extradata_size >= 19;
    f->config_bytes = opus ? 11 : (size_t)c->extradata_size;
    f->config = lct_new(f->config_bytes);
    if (opus) {
        make_dops(c->extradata, f->config);
    } else {
        memcpy(f->config, c->extradata, f->config_bytes);
    }
    lct_mp4_codec_string(f);
    if (lct_mp4_make_init(f) < 0) {
        lct_format_unref(f);
        return NULL;
    }
    return f;
}

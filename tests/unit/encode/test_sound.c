// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>

#include <libavcodec/avcodec.h>

#include "base/mem.h"
#include "encode/mp4.h"
#include "encode/silence.h"
#include "encode/sound.h"

static struct lct_fault fault;

static struct lct_sound_encoder *open_encoder(enum lct_codec codec) {
    struct lct_sound_encoder *encoder = NULL;
    cr_assert_eq(lct_sound_open(codec, 128000, &encoder, &fault), 0, "%s", fault.en);
    return encoder;
}

static AVCodecContext *open_decoder(const struct lct_format *format) {
    const AVCodec *codec =
        avcodec_find_decoder(format->codec == LCT_CODEC_AAC ? AV_CODEC_ID_AAC : AV_CODEC_ID_OPUS);
    AVCodecContext *c = avcodec_alloc_context3(codec);
    c->sample_rate = 48000;
    av_channel_layout_default(&c->ch_layout, 2);
    if (format->codec == LCT_CODEC_AAC) {
        c->extradata = av_mallocz(format->config_bytes + AV_INPUT_BUFFER_PADDING_SIZE);
        memcpy(c->extradata, format->config, format->config_bytes);
        c->extradata_size = (int)format->config_bytes;
    }
    cr_assert_geq(avcodec_open2(c, codec, NULL), 0);
    return c;
}

/* Decodes a packet; adds the place of the loudest sample so far, counted from the first one. */
static void decode(AVCodecContext *c, const struct lct_sound_packet *p, int64_t *samples,
                   int64_t *loudest, float *peak) {
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    cr_assert_geq(av_new_packet(packet, (int)p->n), 0);
    memcpy(packet->data, p->bytes, p->n);
    cr_assert_geq(avcodec_send_packet(c, packet), 0);
    while (avcodec_receive_frame(c, frame) >= 0) {
        const float *left = (const float *)(void *)frame->extended_data[0];
        for (int i = 0; i < frame->nb_samples; i++) {
            if (fabsf(left[i]) > *peak) {
                *peak = fabsf(left[i]);
                *loudest = *samples + i;
            }
        }
        *samples += frame->nb_samples;
    }
    av_frame_free(&frame);
    av_packet_free(&packet);
}

/* A click at a known sample comes out there, less the delay that the encoder says. */
static void judge_delay(enum lct_codec codec) {
    struct lct_sound_encoder *encoder = open_encoder(codec);
    struct lct_format *format = lct_sound_format(encoder, "sound", 3);
    size_t n = lct_sound_frame_samples(encoder);
    AVCodecContext *decoder = open_decoder(format);
    int64_t samples = 0, loudest = 0, click = 20000;
    float peak = 0;
    LCT_FREE float *sound = lct_new(n * 2 * sizeof *sound);
    for (int64_t at = 0; at < 48000; at += (int64_t)n) {
        for (size_t i = 0; i < n; i++) {
            int64_t from = at + (int64_t)i - click;
            float level = from >= 0 && from < 48 ? 0.9F * sinf((float)from * 0.4F) : 0;
            sound[2 * i] = sound[2 * i + 1] = level;
        }
        struct lct_sound_packet packet;
        int rc = lct_sound_encode(encoder, sound, &packet);
        cr_assert_geq(rc, 0);
        if (rc == 1) {
            decode(decoder, &packet, &samples, &loudest, &peak);
        }
    }
    int64_t off = loudest - (int64_t)lct_sound_delay(encoder) - click;
    cr_assert_gt(peak, 0.3);
    cr_assert(off > -60 && off < 110, "the click is %lld samples off", (long long)off);
    avcodec_free_context(&decoder);
    lct_format_unref(format);
    lct_sound_close(encoder);
}

Test(sound, aac_says_its_delay) { judge_delay(LCT_CODEC_AAC); }

Test(sound, opus_says_its_delay) { judge_delay(LCT_CODEC_OPUS); }

Test(sound, formats_are_read_back) {
    static const enum lct_codec codecs[] = {LCT_CODEC_AAC, LCT_CODEC_OPUS};
    for (int i = 0; i < 2; i++) {
        struct lct_sound_encoder *encoder = open_encoder(codecs[i]);
        struct lct_format *one = lct_sound_format(encoder, "sound", 3), *two = NULL;
        cr_assert_eq(lct_sound_frame_samples(encoder), i == 0 ? 1024 : 960);
        cr_assert_eq(one->timescale, 48000);
        cr_assert_eq(lct_mp4_parse_init(one->init, one->init_bytes, &two), 0);
        cr_assert_eq(two->codec, codecs[i]);
        cr_assert_eq(two->track_id, 3);
        cr_assert_eq(two->channels, 2);
        cr_assert_eq(two->config_bytes, one->config_bytes);
        cr_assert_arr_eq(two->config, one->config, one->config_bytes);
        lct_format_unref(one);
        lct_format_unref(two);
        lct_sound_close(encoder);
    }
}

Test(sound, the_frame_of_silence_is_silent) {
    struct lct_sound_encoder *encoder = open_encoder(LCT_CODEC_AAC);
    struct lct_format *format = lct_sound_format(encoder, "sound", 3);
    AVCodecContext *decoder = open_decoder(format);
    int64_t samples = 0, loudest = 0;
    float peak = 0;
    struct lct_sound_packet packet;
    lct_sound_silence(&packet.bytes, &packet.n);
    for (int i = 0; i < 10; i++) {
        decode(decoder, &packet, &samples, &loudest, &peak);
    }
    cr_assert_eq(samples, 10 * 1024);
    cr_assert_lt(peak, 0.0001);
    avcodec_free_context(&decoder);
    lct_format_unref(format);
    lct_sound_close(encoder);
}

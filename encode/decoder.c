// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/decoder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/log.h>

#include "base/mem.h"

/* What both kinds have. */
struct decoder {
    AVCodecContext *context;
    AVPacket *packet;
    AVFrame *frame;
};

struct lct_picture_decoder {
    struct decoder base;
};

struct lct_sound_decoder {
    struct decoder base;
};

static void close_decoder(struct decoder *d) {
    avcodec_free_context(&d->context);
    av_packet_free(&d->packet);
    av_frame_free(&d->frame);
}

static int open_decoder(struct decoder *d, enum AVCodecID id, const struct lct_format *format) {
    av_log_set_level(AV_LOG_FATAL); /* what does not decode is said by who asked */
    const AVCodec *codec = avcodec_find_decoder(id);
    d->context = codec ? avcodec_alloc_context3(codec) : NULL;
    d->packet = av_packet_alloc();
    d->frame = av_frame_alloc();
    if (!d->context || !d->packet || !d->frame) {
        return -ENOMEM;
    }
    AVCodecContext *c = d->context;
    c->extradata = av_mallocz(format->config_bytes + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!c->extradata) {
        return -ENOMEM;
    }
    memcpy(c->extradata, format->config, format->config_bytes);
    c->extradata_size = (int)format->config_bytes;
    c->thread_count = 1;
    c->flags |= AV_CODEC_FLAG_LOW_DELAY;
    c->err_recognition = AV_EF_EXPLODE;
    return avcodec_open2(c, codec, NULL) < 0 ? -EBADMSG : 0;
}

static int decode(struct decoder *d, const uint8_t *bytes, size_t n) {
    if (n > INT32_MAX || av_new_packet(d->packet, (int)n) < 0) {
        return -ENOMEM;
    }
    memcpy(d->packet->data, bytes, n);
    int rc = avcodec_send_packet(d->context, d->packet);
    av_packet_unref(d->packet);
    rc = rc < 0 ? rc : avcodec_receive_frame(d->context, d->frame);
    return rc < 0 ? -EBADMSG : 0;
}

/* ---- pictures ---- */

int lct_picture_decoder_open(const struct lct_format *format,
                             struct lct_picture_decoder **ret_decoder) {
    struct lct_picture_decoder *d = lct_new(sizeof *d);
    int rc = open_decoder(&d->base, AV_CODEC_ID_H264, format);
    if (rc < 0) {
        lct_picture_decoder_close(d);
        return rc;
    }
    *ret_decoder = d;
    return 0;
}

void lct_picture_decoder_close(struct lct_picture_decoder *decoder) {
    if (decoder) {
        close_decoder(&decoder->base);
        free(decoder);
    }
}

void lct_picture_decoder_reset(struct lct_picture_decoder *decoder) {
    avcodec_flush_buffers(decoder->base.context);
}

static bool is_usable(const AVFrame *f) {
    bool plain = f->format == AV_PIX_FMT_YUV420P || f->format == AV_PIX_FMT_YUVJ420P;
    bool sized = f->width >= 2 && f->height >= 2 && f->width <= LCT_PICTURE_SIDE_MAX &&
                 f->height <= LCT_PICTURE_SIDE_MAX;
    return plain && sized && f->width % 2 == 0 && f->height % 2 == 0 && !f->decode_error_flags &&
           !(f->flags & AV_FRAME_FLAG_CORRUPT);
}

static enum lct_colour colour_of(const AVFrame *f) {
    if (f->format == AV_PIX_FMT_YUVJ420P || f->color_range == AVCOL_RANGE_JPEG) {
        return LCT_COLOUR_BT601_FULL;
    }
    return f->colorspace == AVCOL_SPC_BT709 ? LCT_COLOUR_BT709 : LCT_COLOUR_BT601;
}

static void copy_plane(const AVFrame *from, struct lct_frame *to, int plane) {
    size_t width = (size_t)(plane ? to->width / 2 : to->width);
    int rows = plane ? to->height / 2 : to->height;
    for (int y = 0; y < rows; y++) {
        memcpy(to->plane[plane] + (ptrdiff_t)y * to->stride[plane],
               from->data[plane] + (ptrdiff_t)y * from->linesize[plane], width);
    }
}

int lct_picture_decoder_decode(struct lct_picture_decoder *decoder, const uint8_t *sample, size_t n,
                               struct lct_frame **ret_frame) {
    const AVFrame *f = decoder->base.frame;
    int rc = decode(&decoder->base, sample, n);
    if (rc < 0 || !is_usable(f)) {
        return rc < 0 ? rc : -EBADMSG;
    }
    struct lct_frame *frame = lct_frame_picture(f->width, f->height, 0);
    frame->colour = colour_of(f);
    for (int i = 0; i < 3; i++) {
        copy_plane(f, frame, i);
    }
    *ret_frame = frame;
    return 0;
}

/* ---- sound ---- */

int lct_sound_decoder_open(const struct lct_format *format,
                           struct lct_sound_decoder **ret_decoder) {
    struct lct_sound_decoder *d = lct_new(sizeof *d);
    int rc = open_decoder(&d->base, AV_CODEC_ID_AAC, format);
    if (rc < 0) {
        lct_sound_decoder_close(d);
        return rc;
    }
    *ret_decoder = d;
    return 0;
}

void lct_sound_decoder_close(struct lct_sound_decoder *decoder) {
    if (decoder) {
        close_decoder(&decoder->base);
        free(decoder);
    }
}

void lct_sound_decoder_reset(struct lct_sound_decoder *decoder) {
    avcodec_flush_buffers(decoder->base.context);
}

int lct_sound_decoder_decode(struct lct_sound_decoder *decoder, const uint8_t *frame, size_t n,
                             float *out) {
    const AVFrame *f = decoder->base.frame;
    int rc = decode(&decoder->base, frame, n);
    if (rc < 0 || f->format != AV_SAMPLE_FMT_FLTP || f->nb_samples != LCT_AAC_SAMPLES ||
        f->ch_layout.nb_channels < 1) {
        return rc < 0 ? rc : -EBADMSG;
    }
    const float *left = (const float *)(const void *)f->extended_data[0];
    const float *right =
        f->ch_layout.nb_channels > 1 ? (const float *)(const void *)f->extended_data[1] : left;
    for (int i = 0; i < LCT_AAC_SAMPLES; i++) {
        out[2 * i] = left[i];
        out[2 * i + 1] = right[i];
    }
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/still.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>

#include "base/mem.h"

struct lct_still {
    AVCodecContext *decoder;
    struct lct_format *format; /* the decoder's */
    AVPacket *packet;
    AVFrame *picture;
    bool decoded;
    AVCodecContext *jpeg;
    AVFrame *small;
    AVPacket *jpeg_packet;
    struct SwsContext *sws, *sws_gray;
};

struct lct_still *lct_still_create(void) {
    struct lct_still *still = lct_new(sizeof *still);
    still->packet = av_packet_alloc();
    still->picture = av_frame_alloc();
    still->small = av_frame_alloc();
    still->jpeg_packet = av_packet_alloc();
    if (!still->packet || !still->picture || !still->small || !still->jpeg_packet) {
        abort();
    }
    return still;
}

void lct_still_destroy(struct lct_still *still) {
    if (still) {
        avcodec_free_context(&still->decoder);
        avcodec_free_context(&still->jpeg);
        lct_format_unref(still->format);
        av_packet_free(&still->packet);
        av_packet_free(&still->jpeg_packet);
        av_frame_free(&still->picture);
        av_frame_free(&still->small);
        sws_freeContext(still->sws);
        sws_freeContext(still->sws_gray);
        free(still);
    }
}

static int use_format(struct lct_still *still, struct lct_format *format) {
    if (still->format == format) {
        return 0;
    }
    lct_format_unref(still->format);
    still->format = NULL;
    avcodec_free_context(&still->decoder);
    const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_H264);
    AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!c) {
        return -ENOMEM;
    }
    still->decoder = c;
    c->extradata = av_mallocz(format->config_bytes + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!c->extradata) {
        return -ENOMEM;
    }
    memcpy(c->extradata, format->config, format->config_bytes);
    c->extradata_size = (int)format->config_bytes;
    c->thread_count = 1;
    c->err_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER;
    if (avcodec_open2(c, codec, NULL) < 0) {
        return -EBADMSG;
    }
    still->format = lct_format_ref(format);
    return 0;
}

static int decode_one(struct lct_still *still) {
    AVCodecContext *c = still->decoder;
    int rc = avcodec_send_packet(c, still->packet);
    rc = rc < 0 ? rc : avcodec_send_packet(c, NULL); /* no more: give the picture now */
    rc = rc < 0 ? rc : avcodec_receive_frame(c, still->picture);
    avcodec_flush_buffers(c);
    const AVFrame *f = still->picture;
    bool whole = rc >= 0 && !f->decode_error_flags && !(f->flags & AV_FRAME_FLAG_CORRUPT) &&
                 f->width == still->format->width && f->height == still->format->height;
    return whole ? 0 : -EBADMSG;
}

int lct_still_decode(struct lct_still *still, struct lct_format *format, const uint8_t *sample,
                     size_t n) {
    still->decoded = false;
    int rc = use_format(still, format);
    if (rc < 0) {
        return rc;
    }
    if (av_new_packet(still->packet, (int)n) < 0) {
        return -ENOMEM;
    }
    memcpy(still->packet->data, sample, n);
    rc = decode_one(still);
    av_packet_unref(still->packet);
    still->decoded = rc == 0;
    return rc;
}

static int open_jpeg(struct lct_still *still, int width, int height) {
    if (still->jpeg && still->jpeg->width == width && still->jpeg->height == height) {
        return 0;
    }
    avcodec_free_context(&still->jpeg);
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
    AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!c) {
        return -ENOMEM;
    }
    still->jpeg = c;
    c->width = width;
    c->height = height;
    c->pix_fmt = AV_PIX_FMT_YUVJ420P;
    c->time_base = (AVRational){1, 1};
    c->flags |= AV_CODEC_FLAG_QSCALE;
    c->global_quality = 6 * FF_QP2LAMBDA;
    c->thread_count = 1;
    av_frame_unref(still->small);
    still->small->format = c->pix_fmt;
    still->small->width = width;
    still->small->height = height;
    if (av_frame_get_buffer(still->small, 0) < 0) {
        return -ENOMEM;
    }
    return avcodec_open2(c, codec, NULL) < 0 ? -EINVAL : 0;
}

static int shrink(struct lct_still *still) {
    const AVFrame *from = still->picture;
    AVFrame *to = still->small;
    still->sws =
        sws_getCachedContext(still->sws, from->width, from->height, from->format, to->width,
                             to->height, to->format, SWS_FAST_BILINEAR, NULL, NULL, NULL);
    if (!still->sws || av_frame_make_writable(to) < 0) {
        return -ENOMEM;
    }
    sws_scale(still->sws, (const uint8_t *const *)from->data, from->linesize, 0, from->height,
              to->data, to->linesize);
    to->quality = still->jpeg->global_quality;
    return 0;
}

int lct_still_jpeg(struct lct_still *still, int width, const uint8_t **ret_jpeg, size_t *ret_n) {
    if (!still->decoded) {
        return -ENODATA;
    }
    int height = still->picture->height * width / still->picture->width / 2 * 2;
    int rc = open_jpeg(still, width, height < 2 ? 2 : height);
    rc = rc ? rc : shrink(still);
    if (rc < 0) {
        return rc;
    }
    av_packet_unref(still->jpeg_packet);
    still->small->pts++;
    if (avcodec_send_frame(still->jpeg, still->small) < 0 ||
        avcodec_receive_packet(still->jpeg, still->jpeg_packet) < 0) {
        return -EIO;
    }
    *ret_jpeg = still->jpeg_packet->data;
    *ret_n = (size_t)still->jpeg_packet->size;
    return 0;
}

int lct_still_gray(struct lct_still *still, int width, int height, uint8_t **ret_gray,
                   int *ret_height) {
    const AVFrame *from = still->picture;
    if (!still->decoded) {
        return -ENODATA;
    }
    height = height > 0 ? height : (from->height * width + from->width - 1) / from->width;
    still->sws_gray =
        sws_getCachedContext(still->sws_gray, from->width, from->height, from->format, width,
                             height, AV_PIX_FMT_GRAY8, SWS_AREA, NULL, NULL, NULL);
    if (!still->sws_gray) {
        return -ENOMEM;
    }
    /* swscale writes rows in steps of its own: room for the last one's */
    uint8_t *gray = lct_new((size_t)width * (size_t)height + 64);
    sws_scale(still->sws_gray, (const uint8_t *const *)from->data, from->linesize, 0, from->height,
              (uint8_t *const[]){gray}, (const int[]){width});
    *ret_gray = gray;
    *ret_height = height;
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/video.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>

#include "base/mem.h"

#define TICKS 90000

struct lct_video_encoder {
    struct lct_video_settings settings;
    AVCodecContext *context;
    AVFrame *frame;
    AVPacket *packet;
    char options[512];
};

static int cap_for(int width, int height, int at_1080p) {
    double share = (double)width * height / (1920.0 * 1080.0);
    double cap = at_1080p * (share > 1 ? share : 0.25 + 0.75 * share);
    return (int)cap;
}

struct lct_video_settings lct_video_camera(int width, int height, double fps) {
    return (struct lct_video_settings){
        .width = width,
        .height = height,
        .fps = fps > 0 ? fps : 30,
        .crf = 23,
        .max_bps = cap_for(width, height, 4000000),
        .key_seconds = 2,
        .threads = 1,
    };
}

struct lct_video_settings lct_video_screen(int width, int height) {
    return (struct lct_video_settings){
        .width = width,
        .height = height,
        /* The rate control takes every picture for 1/15 s: pictures of a scrolled page come faster,
         * those of slides slower, and neither may starve the other within the cap. */
        .fps = 15,
        .crf = 21,
        .max_bps = cap_for(width, height, 6000000),
        .key_seconds = 10,
        .threads = 1,
    };
}

struct lct_video_settings lct_video_small(struct lct_video_settings full) {
    full.crf = 25;
    full.max_bps = 500000;
    full.key_seconds = 2;
    return full;
}

const char *lct_preset_name(enum lct_preset preset) {
    static const char *const names[LCT_PRESETS] = {"veryfast", "superfast", "ultrafast"};
    return names[preset];
}

static void set_colour(AVCodecContext *c, enum lct_colour colour) {
    bool hd = colour == LCT_COLOUR_BT709;
    c->color_primaries = hd ? AVCOL_PRI_BT709 : AVCOL_PRI_SMPTE170M;
    c->color_trc = hd ? AVCOL_TRC_BT709 : AVCOL_TRC_SMPTE170M;
    c->colorspace = hd ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
    c->color_range = colour == LCT_COLOUR_BT601_FULL ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
}

/*
 * bframes=0, open-gop=0 and the baseline profile let WebRTC stacks take the pictures and the cutter
 * cut at any of them; stitchable=1 keeps the headers free of content, so that a re-encoded head
 * fits; repeat-headers is what libavcodec does without a global header. force-cfr=1: with true
 * times x264 holds each picture back until it knows the next one's; the rate control counts
 * pictures instead (see the screen's fps). keyint counts pictures too: the track forces IDRs by
 * time, keyint is only the ceiling, and scenecut=0 leaves the choice to the track.
 */
static void write_x264_params(const struct lct_video_settings *s, char *out, size_t size) {
    (void)snprintf(
        out, size,
        "stitchable=1:bframes=0:open-gop=0:keyint=%d:min-keyint=1:scenecut=0:force-cfr=1:"
        "sliced-threads=%d:rc-lookahead=0:sync-lookahead=0:mbtree=0:aud=0",
        (int)(s->fps * s->key_seconds * 4) + 1, s->threads > 1);
    if (s->sets_id > 0) {
        size_t n = strlen(out);
        (void)snprintf(out + n, size - n, ":sps-id=%u", s->sets_id); /* x264 takes it for both */
    }
}

static int configure(struct lct_video_encoder *e) {
    const struct lct_video_settings *s = &e->settings;
    AVCodecContext *c = e->context;
    char params[256];
    char crf[16];
    write_x264_params(s, params, sizeof params);
    (void)snprintf(crf, sizeof crf, "%.1f", s->crf);
    c->width = s->width;
    c->height = s->height;
    c->pix_fmt = s->colour == LCT_COLOUR_BT601_FULL ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
    c->time_base = (AVRational){1, TICKS};
    c->framerate = av_d2q(s->fps, 1000);
    c->thread_count = s->threads;
    c->max_b_frames = 0;
    c->rc_max_rate = s->max_bps;
    c->rc_buffer_size = s->max_bps;
    set_colour(c, s->colour);
    int rc = av_opt_set(c->priv_data, "preset", lct_preset_name(s->preset), 0);
    rc = rc ? rc : av_opt_set(c->priv_data, "tune", "zerolatency", 0);
    rc = rc ? rc : av_opt_set(c->priv_data, "profile", "baseline", 0);
    rc = rc ? rc : av_opt_set(c->priv_data, "crf", crf, 0);
    rc = rc ? rc : av_opt_set(c->priv_data, "forced-idr", "1", 0);
    rc = rc ? rc : av_opt_set(c->priv_data, "x264-params", params, 0);
    (void)snprintf(e->options, sizeof e->options,
                   "libx264 preset=%s tune=zerolatency profile=baseline crf=%s maxrate=%d "
                   "bufsize=%d threads=%d size=%dx%d fps=%g colour=%d x264-params=%s",
                   lct_preset_name(s->preset), crf, s->max_bps, s->max_bps, s->threads, s->width,
                   s->height, s->fps, (int)s->colour, params);
    return rc;
}

static int open_context(struct lct_video_encoder *e, struct lct_fault *fault) {
    av_log_set_level(FFMIN(av_log_get_level(), AV_LOG_ERROR)); /* its notes are not for our log */
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    e->context = codec ? avcodec_alloc_context3(codec) : NULL;
    e->frame = av_frame_alloc();
    e->packet = av_packet_alloc();
    int rc = e->context && e->frame && e->packet ? configure(e) : AVERROR(ENOMEM);
    rc = rc ? rc : avcodec_open2(e->context, codec, NULL);
    if (rc < 0) {
        return lct_fault_set(
            fault, -EINVAL, "encode",
            "The H.264 encoder does not open for %d x %d pictures (%d). Run 'lectern doctor'.",
            "H.264 编码器无法打开（%d × %d，错误 %d）。请运行 lectern doctor。", e->settings.width,
            e->settings.height, rc);
    }
    return 0;
}

int lct_video_open(const struct lct_video_settings *settings,
                   struct lct_video_encoder **ret_encoder, struct lct_fault *fault) {
    struct lct_video_encoder *e = lct_new(sizeof *e);
    e->settings = *settings;
    int rc = open_context(e, fault);
    if (rc < 0) {
        lct_video_close(e);
        return rc;
    }
    *ret_encoder = e;
    return 0;
}

void lct_video_close(struct lct_video_encoder *encoder) {
    if (encoder) {
        av_packet_free(&encoder->packet);
        av_frame_free(&encoder->frame);
        avcodec_free_context(&encoder->context);
        free(encoder);
    }
}

static void give_back(void *opaque, uint8_t *data) {
    (void)data;
    lct_frame_unref(opaque);
}

/* Lends the picture's planes to libavcodec by reference: a frame without one is copied whole. */
static int lend(struct lct_video_encoder *e, struct lct_frame *picture, int64_t ticks) {
    AVFrame *f = e->frame;
    av_frame_unref(f);
    size_t luma = (size_t)picture->stride[0] * (size_t)picture->height;
    f->buf[0] = av_buffer_create(picture->plane[0], luma, give_back, lct_frame_ref(picture),
                                 AV_BUFFER_FLAG_READONLY);
    if (!f->buf[0]) {
        lct_frame_unref(picture);
        return -ENOMEM;
    }
    f->format = e->context->pix_fmt;
    f->width = picture->width;
    f->height = picture->height;
    for (int i = 0; i < 3; i++) {
        f->data[i] = picture->plane[i];
        f->linesize[i] = picture->stride[i];
    }
    f->pts = ticks;
    f->color_range = e->context->color_range;
    f->colorspace = e->context->colorspace;
    return 0;
}

int lct_video_encode(struct lct_video_encoder *encoder, struct lct_frame *picture, int64_t ticks,
                     bool key, struct lct_video_packet *ret_packet) {
    if (picture->width != encoder->settings.width || picture->height != encoder->settings.height) {
        return -EINVAL;
    }
    int rc = lend(encoder, picture, ticks);
    if (rc < 0) {
        return rc;
    }
    encoder->frame->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    rc = avcodec_send_frame(encoder->context, encoder->frame);
    av_frame_unref(encoder->frame);
    if (rc < 0) {
        return -EIO;
    }
    av_packet_unref(encoder->packet);
    if (avcodec_receive_packet(encoder->context, encoder->packet) < 0) {
        return -EIO;
    }
    *ret_packet = (struct lct_video_packet){
        .bytes = encoder->packet->data,
        .n = (size_t)encoder->packet->size,
        .key = (encoder->packet->flags & AV_PKT_FLAG_KEY) != 0,
    };
    return 0;
}

const char *lct_video_options(const struct lct_video_encoder *encoder) { return encoder->options; }

static bool read_preset(const char *name, enum lct_preset *ret_preset) {
    for (int i = 0; i < LCT_PRESETS; i++) {
        if (strcmp(name, lct_preset_name((enum lct_preset)i)) == 0) {
            *ret_preset = (enum lct_preset)i;
            return true;
        }
    }
    return false;
}

bool lct_video_read_options(const char *options, struct lct_video_settings *ret_settings) {
    struct lct_video_settings s = {.threads = 1};
    char preset[16];
    int bufsize, colour, keyint;
    int found = sscanf(options,
                       "libx264 preset=%15s tune=zerolatency profile=baseline crf=%lf maxrate=%d "
                       "bufsize=%d threads=%d size=%dx%d fps=%lf colour=%d",
                       preset, &s.crf, &s.max_bps, &bufsize, &s.threads, &s.width, &s.height,
                       &s.fps, &colour);
    const char *key = strstr(options, "keyint=");
    const char *id = strstr(options, "sps-id=");
    bool sane = found == 9 && key && sscanf(key, "keyint=%d", &keyint) == 1 &&
                read_preset(preset, &s.preset) && s.crf >= 0 && s.crf <= 51 && s.max_bps > 0 &&
                s.threads >= 1 && s.threads <= 64 && s.width >= 2 && s.height >= 2 &&
                s.width <= LCT_PICTURE_SIDE_MAX && s.height <= LCT_PICTURE_SIDE_MAX &&
                s.width % 2 == 0 && s.height % 2 == 0 && s.fps > 0 && s.fps <= 1000 &&
                colour >= LCT_COLOUR_BT601 && colour <= LCT_COLOUR_BT601_FULL && keyint >= 1 &&
                keyint <= 1000000;
    if (!sane || (id && (sscanf(id, "sps-id=%u", &s.sets_id) != 1 || s.sets_id > 31))) {
        return false;
    }
    s.colour = (enum lct_colour)colour;
    s.key_seconds = (keyint - 0.5) / (4 * s.fps); /* keyint was rounded down, and one added */
    *ret_settings = s;
    return true;
}

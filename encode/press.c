// SPDX-License-Identifier: GPL-3.0-or-later
/*
 *   movie -> demuxer -> decoder -> size, even rate -> x264 -+-> muxer -> file
 *                    -> packets, or decoder -> frames -> AAC -+
 */
#include "encode/press.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ebur128.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>

#include "base/mem.h"
#include "encode/input_priv.h"

/* Good enough that nobody sees a difference to camera-like originals; the cap holds below it. */
#define CRF "21"
/* A key frame at least so often: players seek to them. */
#define KEY_SECONDS 2
/* The cap holds over so long: what x264 may run over in all is this much. */
#define CAP_SECONDS 2
/* A track that says it has so much more than wanted is encoded anew. */
#define SOUND_SLACK 1.1

/* One track on its way. */
struct way {
    int in; /* stream of the movie; < 0: none */
    AVStream *out;
    AVCodecContext *decoder, *encoder; /* NULL: packets are copied */
};

struct press {
    const struct lct_press_settings *settings;
    struct lct_input input;
    AVFormatContext *in, *out;
    struct way picture, sound;
    AVPacket *packet, *coded;
    AVFrame *frame;
    /* the even rate */
    struct SwsContext *scaler;
    AVFrame *shown; /* the picture from next on; no data: there was none yet */
    int64_t next;   /* tick that is encoded next */
};

/* ---- reading the movie ---- */

static int errno_of(int rc) {
    return rc == AVERROR(ENOMEM)   ? -ENOMEM
           : rc == AVERROR(ENOSPC) ? -ENOSPC
           : rc == AVERROR(EFBIG)  ? -EFBIG
           : rc == AVERROR(EIO)    ? -EIO
           : rc < 0                ? -EBADMSG
                                   : 0;
}

static int open_decoder(AVFormatContext *in, int stream, AVCodecContext **ret_decoder) {
    const AVCodecParameters *from = in->streams[stream]->codecpar;
    const AVCodec *codec = avcodec_find_decoder(from->codec_id);
    AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
    *ret_decoder = c;
    if (!c) {
        return -ENOMEM;
    }
    c->pkt_timebase = in->streams[stream]->time_base;
    int rc = avcodec_parameters_to_context(c, from);
    rc = rc < 0 ? rc : avcodec_open2(c, codec, NULL);
    return errno_of(rc);
}

static int open_movie(struct press *p) {
    p->input = (struct lct_input){
        .read = p->settings->read, .opaque = p->settings->opaque, .size = p->settings->size};
    p->in = avformat_alloc_context();
    if (lct_input_open(&p->input) < 0 || !p->in) {
        return -ENOMEM;
    }
    p->in->pb = p->input.io;
    int rc = avformat_open_input(&p->in, NULL, av_find_input_format("mp4"), NULL);
    rc = rc < 0 ? rc : avformat_find_stream_info(p->in, NULL); /* colours stand in the samples */
    if (rc < 0) {
        return errno_of(rc);
    }
    p->picture.in = av_find_best_stream(p->in, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    p->sound.in = av_find_best_stream(p->in, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
    if (p->picture.in < 0) {
        return -ENODATA;
    }
    rc = open_decoder(p->in, p->picture.in, &p->picture.decoder);
    bool copied = p->sound.in < 0 || p->settings->sound_bps <= 0 ||
                  (double)p->in->streams[p->sound.in]->codecpar->bit_rate <=
                      SOUND_SLACK * (double)p->settings->sound_bps;
    return rc || copied ? rc : open_decoder(p->in, p->sound.in, &p->sound.decoder);
}

/* ---- encoders ---- */

/* Colours stay what they are but for full range, which others do not expect. */
static int open_picture_encoder(struct press *p) {
    const struct lct_press_settings *s = p->settings;
    const AVCodecContext *d = p->picture.decoder;
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
    p->picture.encoder = c;
    if (!c) {
        return -ENOMEM;
    }
    c->width = s->width;
    c->height = s->height;
    c->pix_fmt = AV_PIX_FMT_YUV420P;
    c->time_base = (AVRational){1, s->fps};
    c->framerate = (AVRational){s->fps, 1};
    c->gop_size = KEY_SECONDS * s->fps;
    c->rc_max_rate = s->picture_bps;
    c->rc_buffer_size = (int)(CAP_SECONDS * s->picture_bps);
    c->color_range = AVCOL_RANGE_MPEG;
    c->colorspace = d->colorspace;
    c->color_primaries = d->color_primaries;
    c->color_trc = d->color_trc;
    c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    c->thread_count = 1; /* jobs are not to take more than one processor */
    int rc = av_opt_set(c->priv_data, "preset", "veryfast", 0);
    rc = rc < 0 ? rc : av_opt_set(c->priv_data, "crf", CRF, 0);
    rc = rc < 0 ? rc : avcodec_open2(c, codec, NULL);
    return errno_of(rc);
}

/* Frames of the decoder are as long as the encoder's: both are AAC. */
static int open_sound_encoder(struct press *p) {
    const AVCodecContext *d = p->sound.decoder;
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
    AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
    p->sound.encoder = c;
    if (!c) {
        return -ENOMEM;
    }
    c->sample_rate = d->sample_rate;
    c->sample_fmt = d->sample_fmt;
    c->time_base = (AVRational){1, d->sample_rate};
    c->bit_rate = p->settings->sound_bps;
    c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    int rc = av_channel_layout_copy(&c->ch_layout, &d->ch_layout);
    rc = rc < 0 ? rc : avcodec_open2(c, codec, NULL);
    return errno_of(rc);
}

/* ---- the file ---- */

static int add_stream(struct press *p, struct way *way) {
    way->out = avformat_new_stream(p->out, NULL);
    if (!way->out) {
        return -ENOMEM;
    }
    const AVStream *from = p->in->streams[way->in];
    way->out->time_base = way->encoder ? way->encoder->time_base : from->time_base;
    int rc = way->encoder ? avcodec_parameters_from_context(way->out->codecpar, way->encoder)
                          : avcodec_parameters_copy(way->out->codecpar, from->codecpar);
    way->out->codecpar->codec_tag = way->encoder ? way->out->codecpar->codec_tag : 0;
    return errno_of(rc);
}

static int open_file(struct press *p, const char *path) {
    int rc = avformat_alloc_output_context2(&p->out, NULL, "mp4", path);
    rc = errno_of(rc);
    rc = rc ? rc : add_stream(p, &p->picture);
    rc = rc || p->sound.in < 0 ? rc : add_stream(p, &p->sound);
    rc = rc ? rc : errno_of(avio_open(&p->out->pb, path, AVIO_FLAG_WRITE));
    if (rc < 0) {
        return rc;
    }
    AVDictionary *options = NULL;
    rc = av_dict_set(&options, "movflags", "+faststart", 0);
    rc = rc < 0 ? rc : avformat_write_header(p->out, &options);
    av_dict_free(&options);
    return errno_of(rc);
}

static int write_packet(struct press *p, struct way *way, AVPacket *packet, AVRational base) {
    av_packet_rescale_ts(packet, base, way->out->time_base);
    packet->stream_index = way->out->index;
    packet->pos = -1;
    return errno_of(av_interleaved_write_frame(p->out, packet));
}

/* frame NULL: the encoder's rest. */
static int encode(struct press *p, struct way *way, AVFrame *frame) {
    if (frame) {
        frame->pict_type = AV_PICTURE_TYPE_NONE; /* the encoder chooses its own */
    }
    int rc = avcodec_send_frame(way->encoder, frame);
    if (rc < 0) {
        return errno_of(rc);
    }
    while ((rc = avcodec_receive_packet(way->encoder, p->coded)) == 0) {
        if (way == &p->picture) {
            p->coded->duration = 1; /* x264 does not say; the last one would have none */
        }
        if ((rc = write_packet(p, way, p->coded, way->encoder->time_base)) < 0) {
            return rc;
        }
    }
    return rc == AVERROR(EAGAIN) || rc == AVERROR_EOF ? 0 : errno_of(rc);
}

/* ---- an even rate of pictures of one size ---- */

static int make_canvas(const struct press *p, AVFrame **ret_canvas) {
    const AVCodecContext *c = p->picture.encoder;
    AVFrame *canvas = av_frame_alloc();
    *ret_canvas = canvas;
    if (!canvas) {
        return -ENOMEM;
    }
    canvas->format = AV_PIX_FMT_YUV420P;
    canvas->width = c->width;
    canvas->height = c->height;
    if (av_frame_get_buffer(canvas, 0) < 0) {
        return -ENOMEM;
    }
    ptrdiff_t strides[4] = {canvas->linesize[0], canvas->linesize[1], canvas->linesize[2], 0};
    return errno_of(av_image_fill_black(canvas->data, strides, AV_PIX_FMT_YUV420P, AVCOL_RANGE_MPEG,
                                        c->width, c->height));
}

/* The picture within the canvas, its proportions kept. */
static int fit(struct press *p, const AVFrame *picture, AVFrame *canvas) {
    int width, height;
    bool wider =
        (int64_t)picture->width * canvas->height >= (int64_t)canvas->width * picture->height;
    width = wider ? canvas->width
                  : (int)((int64_t)canvas->height * picture->width / picture->height) & ~1;
    height = wider ? (int)((int64_t)canvas->width * picture->height / picture->width) & ~1
                   : canvas->height;
    int x = (canvas->width - width) / 4 * 2, y = (canvas->height - height) / 4 * 2;
    p->scaler =
        sws_getCachedContext(p->scaler, picture->width, picture->height, picture->format, width,
                             height, AV_PIX_FMT_YUV420P, SWS_BICUBIC, NULL, NULL, NULL);
    if (!p->scaler) {
        return -ENOMEM;
    }
    const int *same = sws_getCoefficients(SWS_CS_DEFAULT);
    int full = picture->color_range == AVCOL_RANGE_JPEG || picture->format == AV_PIX_FMT_YUVJ420P;
    (void)sws_setColorspaceDetails(p->scaler, same, full, same, 0, 0, 1 << 16, 1 << 16);
    uint8_t *to[4] = {canvas->data[0] + (ptrdiff_t)y * canvas->linesize[0] + x,
                      canvas->data[1] + (ptrdiff_t)y / 2 * canvas->linesize[1] + x / 2,
                      canvas->data[2] + (ptrdiff_t)y / 2 * canvas->linesize[2] + x / 2, NULL};
    int rows = sws_scale(p->scaler, (const uint8_t *const *)picture->data, picture->linesize, 0,
                         picture->height, to, canvas->linesize);
    return rows < 0 ? -EBADMSG : 0;
}

/* Shows the last picture up to that tick. */
static int show_until(struct press *p, int64_t tick) {
    int rc = 0;
    while (rc == 0 && p->shown->data[0] && p->next < tick) {
        AVFrame *again = av_frame_clone(p->shown);
        if (!again) {
            return -ENOMEM;
        }
        again->pts = p->next++;
        rc = encode(p, &p->picture, again);
        av_frame_free(&again);
    }
    return rc;
}

/* A picture belongs to the tick that is nearest to its time. The first is shown from 0 on. */
static int take_picture(struct press *p, const AVFrame *picture) {
    int64_t tick =
        av_rescale_q(picture->best_effort_timestamp, p->in->streams[p->picture.in]->time_base,
                     p->picture.encoder->time_base);
    AVFrame *canvas = NULL;
    int rc = show_until(p, tick);
    bool late = tick < p->next; /* another one of that tick is there already */
    rc = rc || late ? rc : make_canvas(p, &canvas);
    rc = rc || late ? rc : fit(p, picture, canvas);
    if (rc == 0 && !late) {
        av_frame_unref(p->shown);
        av_frame_move_ref(p->shown, canvas);
    }
    av_frame_free(&canvas);
    return rc;
}

static int take_sound(struct press *p, AVFrame *sound) {
    sound->pts = av_rescale_q(sound->best_effort_timestamp, p->in->streams[p->sound.in]->time_base,
                              p->sound.encoder->time_base);
    return encode(p, &p->sound, sound);
}

/* packet NULL: the decoder's rest. What does not decode is left out: the picture before stands. */
static int decode(struct press *p, struct way *way, const AVPacket *packet) {
    int rc = avcodec_send_packet(way->decoder, packet);
    if (rc == AVERROR(ENOMEM)) {
        return -ENOMEM;
    }
    while (avcodec_receive_frame(way->decoder, p->frame) == 0) {
        rc = way == &p->picture ? take_picture(p, p->frame) : take_sound(p, p->frame);
        av_frame_unref(p->frame);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int finish(struct press *p, struct way *way) {
    if (!way->encoder) {
        return 0;
    }
    const AVStream *stream = p->in->streams[way->in];
    int rc = decode(p, way, NULL);
    if (rc == 0 && way == &p->picture) {
        rc = show_until(p,
                        av_rescale_q(stream->duration, stream->time_base, way->encoder->time_base));
    }
    return rc ? rc : encode(p, way, NULL);
}

/* ---- the whole ---- */

static void tell(const struct press *p, const AVPacket *packet) {
    const AVStream *stream = p->in->streams[packet->stream_index];
    double length = (double)p->in->duration / AV_TIME_BASE;
    double now = (double)packet->pts * av_q2d(stream->time_base);
    if (p->settings->progress && length > 0 && packet->pts != AV_NOPTS_VALUE) {
        p->settings->progress(p->settings->arg, now > length ? 1 : now / length);
    }
}

static int take_packet(struct press *p) {
    struct way *way = p->packet->stream_index == p->picture.in ? &p->picture
                      : p->packet->stream_index == p->sound.in ? &p->sound
                                                               : NULL;
    tell(p, p->packet);
    return !way           ? 0
           : way->decoder ? decode(p, way, p->packet)
                          : write_packet(p, way, p->packet,
                                         p->in->streams[p->packet->stream_index]->time_base);
}

static int press_all(struct press *p) {
    int rc = 0, got;
    while (rc == 0 && (got = av_read_frame(p->in, p->packet)) == 0) {
        rc = take_packet(p);
        av_packet_unref(p->packet);
    }
    rc = rc ? rc : p->input.rc ? p->input.rc : got == AVERROR_EOF ? 0 : errno_of(got);
    rc = rc ? rc : finish(p, &p->picture);
    rc = rc ? rc : finish(p, &p->sound);
    return rc ? rc : errno_of(av_write_trailer(p->out));
}

static void free_way(struct way *way) {
    avcodec_free_context(&way->decoder);
    avcodec_free_context(&way->encoder);
}

static int close_press(struct press *p) {
    int rc = 0;
    free_way(&p->picture);
    free_way(&p->sound);
    sws_freeContext(p->scaler);
    av_frame_free(&p->shown);
    avformat_close_input(&p->in);
    lct_input_close(&p->input);
    if (p->out) {
        rc = errno_of(avio_closep(&p->out->pb));
    }
    avformat_free_context(p->out);
    av_packet_free(&p->packet);
    av_packet_free(&p->coded);
    av_frame_free(&p->frame);
    return rc;
}

static int sync_file(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc = fd < 0 || fdatasync(fd) < 0 ? -errno : 0;
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

int lct_press_write(const struct lct_press_settings *settings, const char *path,
                    struct lct_fault *fault) {
    LCT_FREE char *fresh = lct_format("%s.part", path);
    struct press p = {.settings = settings,
                      .picture.in = -1,
                      .sound.in = -1,
                      .packet = av_packet_alloc(),
                      .coded = av_packet_alloc(),
                      .frame = av_frame_alloc(),
                      .shown = av_frame_alloc()};
    av_log_set_level(AV_LOG_FATAL); /* what goes wrong is said by who asked */
    int rc = p.packet && p.coded && p.frame && p.shown ? open_movie(&p) : -ENOMEM;
    rc = rc ? rc : open_picture_encoder(&p);
    rc = rc || !p.sound.decoder ? rc : open_sound_encoder(&p);
    rc = rc ? rc : open_file(&p, fresh);
    rc = rc ? rc : press_all(&p);
    int closed = close_press(&p);
    rc = rc ? rc : closed;
    rc = rc ? rc : sync_file(fresh);
    rc = rc == 0 && rename(fresh, path) < 0 ? -errno : rc;
    if (rc < 0) {
        (void)unlink(fresh); /* nothing half is left behind */
        if (rc == -ENOSPC) {
            return lct_fault_unwritten(fault, rc, "export", path);
        }
        const char *why = rc == -ENODATA   ? "there is no picture in it"
                          : rc == -EBADMSG ? "it does not decode"
                                           : strerror(-rc);
        return lct_fault_set(fault, rc, "export", "It cannot be encoded: %s.", "无法编码：%s。",
                             why);
    }
    return 0;
}

/* ---- looking at a file ---- */

struct look {
    AVFormatContext *in;
    AVCodecContext *picture, *sound;
    int picture_at, sound_at;
    ebur128_state
        *meter; /* NULL: there is no sound, or of another kind than encoders of ours make */
    struct lct_press_seen *seen;
};

static int hear(struct look *l, const AVFrame *frame) {
    float sound[2 * 256];
    int rc = 0;
    for (int at = 0; rc == 0 && at < frame->nb_samples;) {
        int n = 0;
        for (; n < 256 && at < frame->nb_samples; n++, at++) {
            sound[2 * n] = ((const float *)(const void *)frame->extended_data[0])[at];
            sound[2 * n + 1] = ((const float *)(const void *)frame->extended_data[1])[at];
        }
        rc = ebur128_add_frames_float(l->meter, sound, (size_t)n) ? -ENOMEM : 0;
    }
    return rc;
}

static int count_frames(struct look *l, AVCodecContext *decoder, const AVPacket *packet,
                        AVFrame *frame) {
    int rc = avcodec_send_packet(decoder, packet);
    while (rc == 0 && (rc = avcodec_receive_frame(decoder, frame)) == 0) {
        bool sound = decoder == l->sound;
        (*(sound ? &l->seen->sounds : &l->seen->pictures))++;
        bool broken = frame->decode_error_flags || (frame->flags & AV_FRAME_FLAG_CORRUPT);
        int heard = !broken && sound && l->meter ? hear(l, frame) : 0;
        av_frame_unref(frame);
        if (broken || heard < 0) {
            return broken ? -EBADMSG : heard;
        }
    }
    return rc == AVERROR(EAGAIN) || rc == AVERROR_EOF ? 0 : errno_of(rc);
}

static int decode_all(struct look *l, void (*progress)(void *arg, double part), void *arg) {
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    int rc = packet && frame ? 0 : -ENOMEM, got = 0;
    while (rc == 0 && (got = av_read_frame(l->in, packet)) == 0) {
        if (packet->stream_index == l->picture_at) {
            rc = count_frames(l, l->picture, packet, frame);
        } else if (packet->stream_index == l->sound_at) {
            rc = count_frames(l, l->sound, packet, frame);
        }
        if (progress && l->seen->bytes > 0 && packet->pos > 0) {
            progress(arg, (double)packet->pos / (double)l->seen->bytes);
        }
        av_packet_unref(packet);
    }
    rc = rc ? rc : got == AVERROR_EOF ? 0 : errno_of(got);
    rc = rc || !l->picture ? rc : count_frames(l, l->picture, NULL, frame);
    rc = rc || !l->sound ? rc : count_frames(l, l->sound, NULL, frame);
    av_packet_free(&packet);
    av_frame_free(&frame);
    return rc;
}

static int open_look(struct look *l, const char *path) {
    int rc = errno_of(avformat_open_input(&l->in, path, av_find_input_format("mp4"), NULL));
    if (rc < 0) {
        return rc;
    }
    struct lct_press_seen *seen = l->seen;
    l->picture_at = av_find_best_stream(l->in, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    l->sound_at = av_find_best_stream(l->in, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
    seen->bytes = avio_size(l->in->pb);
    seen->length = av_rescale(l->in->duration, LCT_SECOND, AV_TIME_BASE);
    seen->bps = seen->length > 0 ? av_rescale(seen->bytes * 8, LCT_SECOND, seen->length) : 0;
    if (l->picture_at >= 0) {
        const AVStream *stream = l->in->streams[l->picture_at];
        seen->width = stream->codecpar->width;
        seen->height = stream->codecpar->height;
        seen->fps = stream->avg_frame_rate.den > 0 ? av_q2d(stream->avg_frame_rate) : 0;
        rc = open_decoder(l->in, l->picture_at, &l->picture);
    }
    rc = rc || l->sound_at < 0 ? rc : open_decoder(l->in, l->sound_at, &l->sound);
    if (rc == 0 && l->sound && l->sound->sample_fmt == AV_SAMPLE_FMT_FLTP &&
        l->sound->ch_layout.nb_channels == 2) {
        l->meter = ebur128_init(2, (unsigned long)l->sound->sample_rate, EBUR128_MODE_I);
        rc = l->meter ? 0 : -ENOMEM;
    }
    return rc;
}

/* Quieter than R 128's absolute gate is nothing to hear. */
static double loudness_of(struct look *l) {
    double lufs = 0;
    bool heard = l->meter && ebur128_loudness_global(l->meter, &lufs) == 0 && lufs > -70;
    if (l->meter) {
        ebur128_destroy(&l->meter);
    }
    return heard ? lufs : 0;
}

int lct_press_look(const char *path, void (*progress)(void *arg, double part), void *arg,
                   struct lct_press_seen *ret_seen, struct lct_fault *fault) {
    struct lct_press_seen seen = {.bytes = 0};
    struct look l = {.picture_at = -1, .sound_at = -1, .seen = &seen};
    av_log_set_level(AV_LOG_FATAL);
    int rc = open_look(&l, path);
    rc = rc ? rc : decode_all(&l, progress, arg);
    seen.loudness = loudness_of(&l);
    avcodec_free_context(&l.picture);
    avcodec_free_context(&l.sound);
    avformat_close_input(&l.in);
    if (rc < 0) {
        return lct_fault_set(fault, rc, "export", "The file that was made is damaged: %s.",
                             "生成的文件已损坏：%s。", path);
    }
    *ret_seen = seen;
    return 0;
}

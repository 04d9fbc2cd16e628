// SPDX-License-Identifier: GPL-3.0-or-later
/* Pictures of a foreign file: copied, or decoded, fitted onto the canvas, turned and encoded. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/bsf.h>
#include <libswscale/swscale.h>

#include "base/mem.h"
#include "encode/coded.h"
#include "encode/foreign_priv.h"
#include "encode/hdr.h"
#include "encode/video.h"

/* Pictures that come sooner after the one before are left out: 60 a second, and some jitter. */
#define PICTURE_MIN (15 * LCT_MS)
/* A picture that stands longer is said again, so that players find one near to every time. */
#define PICTURE_MAX (2 * LCT_SECOND)
/* The longest a picture may stand when nothing is encoded: durations have 32 bits. */
#define COPY_STANDS_MAX (6 * 3600 * LCT_SECOND)
/* A last picture that is told no end. */
#define LAST_PICTURE (40 * LCT_MS)
#define KEY_DISTANCE_MAX (10 * LCT_SECOND)
#define TICKS 90000

/* ---- copying ---- */

struct copy {
    struct lct_foreign_job *job;
    struct lct_coded coded;
    AVBSFContext *to_annexb;
    AVPacket *packet, *held; /* held: it lasts until the next one is known */
    lct_ns time;             /* of held */
    lct_ns last_key;         /* LCT_NS_NONE: none was there */
    bool holds, held_key;
};

static int open_copy(struct copy *c) {
    const AVBitStreamFilter *filter = av_bsf_get_by_name("h264_mp4toannexb");
    c->packet = av_packet_alloc();
    c->held = av_packet_alloc();
    if (!filter || !c->packet || !c->held || av_bsf_alloc(filter, &c->to_annexb) < 0 ||
        avcodec_parameters_copy(c->to_annexb->par_in, c->job->av->codecpar) < 0) {
        return -ENOMEM;
    }
    c->to_annexb->time_base_in = c->job->av->time_base;
    return av_bsf_init(c->to_annexb) < 0 ? -ENOTSUP : 0;
}

static void close_copy(struct copy *c) {
    av_packet_free(&c->packet);
    av_packet_free(&c->held);
    av_bsf_free(&c->to_annexb);
    lct_coded_fini(&c->coded);
}

/* One SPS and one PPS, as all pictures of a reel have them. */
static bool has_plain_sets(const AVPacket *packet) {
    struct lct_nal_cursor cursor = {packet->data, (size_t)packet->size, 0};
    const uint8_t *nal;
    size_t n, sps = 0, pps = 0;
    while (lct_nal_next(&cursor, &nal, &n)) {
        sps += n > 0 && lct_nal_type_of(nal) == LCT_NAL_SPS;
        pps += n > 0 && lct_nal_type_of(nal) == LCT_NAL_PPS;
    }
    return sps == 1 && pps == 1;
}

static int put_held(struct copy *c, lct_ns until) {
    const struct lct_foreign_track *track = c->job->track;
    if (!c->holds) {
        return 0;
    }
    if (until - c->time < LCT_MS || until - c->time > COPY_STANDS_MAX) {
        return -ENOTSUP;
    }
    struct lct_coded_when when = {c->time, until - c->time, c->held_key};
    struct lct_chunk *chunk =
        lct_coded_pack(&c->coded, c->held->data, (size_t)c->held->size, &when);
    c->holds = false;
    return chunk ? track->put(track->opaque, chunk) : -ENOTSUP;
}

/* The key frame that comes may have other sets than the one held, which goes first. */
static int begin_with(struct copy *c) {
    struct lct_nal_sets sets;
    const struct lct_foreign_stream *s = c->job->stream;
    if (!has_plain_sets(c->packet) ||
        !lct_nal_find_sets(c->packet->data, (size_t)c->packet->size, &sets)) {
        return -ENOTSUP;
    }
    lct_coded_renew(&c->coded, &sets, s->width, s->height, NULL);
    return 0;
}

static int copy_packet(struct copy *c) {
    lct_ns time = lct_foreign_time(c->job->foreign, c->job->av, c->packet->pts);
    bool key = lct_nal_is_key(c->packet->data, (size_t)c->packet->size);
    if (!key && c->last_key == LCT_NS_NONE) {
        return 0; /* a file that begins in the middle: up to the first key frame nothing is seen */
    }
    if (time == LCT_NS_NONE || (!key && (c->packet->flags & AV_PKT_FLAG_KEY))) {
        return -ENOTSUP; /* an open GOP */
    }
    time += c->job->track->from;
    int rc = put_held(c, time);
    rc = rc || !key ? rc : begin_with(c);
    c->last_key = key ? time : c->last_key;
    if (rc < 0 || time - c->last_key > KEY_DISTANCE_MAX) {
        return rc < 0 ? rc : -ENOTSUP;
    }
    c->time = time;
    c->held_key = key;
    c->holds = true;
    av_packet_unref(c->held);
    av_packet_move_ref(c->held, c->packet);
    return 0;
}

static int copy_all(struct copy *c) {
    struct lct_foreign_job *job = c->job;
    int rc = 0;
    while (rc == 0 && lct_foreign_next(job)) {
        if (av_bsf_send_packet(c->to_annexb, job->reader.packet) < 0) {
            return -ENOTSUP;
        }
        while (rc == 0 && av_bsf_receive_packet(c->to_annexb, c->packet) == 0) {
            rc = copy_packet(c);
            av_packet_unref(c->packet);
        }
    }
    lct_ns end = job->track->to > c->time + LAST_PICTURE ? job->track->to : c->time + LAST_PICTURE;
    rc = rc ? rc : put_held(c, end);
    return rc == 0 && c->last_key == LCT_NS_NONE ? -ENOTSUP : rc;
}

static void name_coded(struct lct_coded *coded, const struct lct_foreign_track *track) {
    coded->id = track->id;
    (void)snprintf(coded->name, sizeof coded->name, "%s", track->name);
}

int lct_foreign_copy_pictures(struct lct_foreign_job *job) {
    struct copy c = {.job = job, .last_key = LCT_NS_NONE};
    name_coded(&c.coded, job->track);
    int rc = open_copy(&c);
    rc = rc ? rc : copy_all(&c);
    close_copy(&c);
    return rc;
}

/* ---- encoding ---- */

struct recode {
    struct lct_foreign_job *job;
    struct lct_coded coded;
    struct lct_video_encoder *encoder;
    double key_seconds;
    enum lct_colour colour;
    struct SwsContext *sws, *sws_hdr; /* the second from RGB: of pictures that are mapped before */
    struct lct_hdr *hdr;              /* NULL: none was there yet */
    enum lct_hdr_kind hdr_kind;
    uint8_t *wide, *narrow; /* a picture in RGB, 16 and 8 bits; owned */
    int turn;               /* degrees, clockwise */
    struct lct_frame *held; /* its time is the lesson's */
    lct_ns last, last_key;  /* of the picture before; LCT_NS_NONE: none */
};

static int encode_one(struct recode *r, lct_ns time, lct_ns promise) {
    const struct lct_foreign_track *track = r->job->track;
    struct lct_video_packet packet;
    struct lct_nal_sets sets;
    bool key = r->last_key == LCT_NS_NONE ||
               time - r->last_key >= (lct_ns)(r->key_seconds * (double)LCT_SECOND);
    int rc = lct_video_encode(r->encoder, r->held, lct_ns_to_ticks(time, TICKS), key, &packet);
    if (rc < 0) {
        return lct_fault_set(r->job->fault, rc, "import", "A picture does not encode (%d).",
                             "一帧画面无法编码（%d）。", rc);
    }
    if (packet.key && lct_nal_find_sets(packet.bytes, packet.n, &sets)) {
        lct_coded_renew(&r->coded, &sets, track->width, track->height,
                        lct_video_options(r->encoder));
        r->last_key = time;
    }
    struct lct_coded_when when = {time, promise, packet.key};
    struct lct_chunk *chunk = lct_coded_pack(&r->coded, packet.bytes, packet.n, &when);
    return chunk ? track->put(track->opaque, chunk)
                 : lct_fault_set(r->job->fault, -ENOMEM, "import", "No memory for a picture.",
                                 "内存不足，无法保存一帧画面。");
}

static int put_picture(struct recode *r, lct_ns until) {
    int rc = 0;
    while (rc == 0 && r->held && until - r->held->time > PICTURE_MAX) {
        rc = encode_one(r, r->held->time, PICTURE_MAX);
        r->held->time += PICTURE_MAX;
    }
    rc = rc || !r->held ? rc : encode_one(r, r->held->time, until - r->held->time);
    lct_frame_unref(r->held);
    r->held = NULL;
    return rc;
}

/* One picture, shown from "time" on. Takes picture. */
static int put_next(struct recode *r, struct lct_frame *picture) {
    int rc = put_picture(r, picture->time);
    r->last = picture->time;
    r->held = picture;
    return rc;
}

/* ---- a decoded picture onto the canvas ---- */

static int matrix_of(const AVFrame *f) {
    enum AVColorSpace space = f->colorspace;
    enum lct_hdr_kind ignored;
    if (space == AVCOL_SPC_UNSPECIFIED && lct_foreign_is_hdr(f->color_trc, &ignored)) {
        space = AVCOL_SPC_BT2020_NCL;
    } else if (space == AVCOL_SPC_UNSPECIFIED) {
        space = f->height >= 720 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
    }
    return space == AVCOL_SPC_BT709                                        ? SWS_CS_ITU709
           : space == AVCOL_SPC_BT2020_NCL || space == AVCOL_SPC_BT2020_CL ? SWS_CS_BT2020
                                                                           : SWS_CS_SMPTE170M;
}

/* swscale takes the names of full range for formats of their own, and warns. */
static enum AVPixelFormat plain_format(enum AVPixelFormat format, bool *ret_full) {
    static const struct {
        enum AVPixelFormat full, plain;
    } known[] = {{AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P},
                 {AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P},
                 {AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P},
                 {AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUV440P},
                 {AV_PIX_FMT_YUVJ411P, AV_PIX_FMT_YUV411P}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].full == format) {
            *ret_full = true;
            return known[i].plain;
        }
    }
    return format;
}

/* Through RGB, in which high dynamic range is mapped. */
static int scale_hdr(struct recode *r, const AVFrame *f, const int *stride, int height,
                     enum lct_hdr_kind kind, bool full, struct lct_frame *to) {
    size_t pixels = (size_t)to->width * (size_t)to->height;
    if (!r->hdr || r->hdr_kind != kind) {
        lct_hdr_destroy(r->hdr);
        r->hdr = lct_hdr_create(kind);
        r->hdr_kind = kind;
    }
    r->wide = r->wide ? r->wide : lct_new(pixels * 3 * sizeof(uint16_t)); /* sizes stay */
    r->narrow = r->narrow ? r->narrow : lct_new(pixels * 3);
    r->sws =
        sws_getCachedContext(r->sws, f->width, height, (enum AVPixelFormat)f->format, to->width,
                             to->height, AV_PIX_FMT_RGB48, SWS_BICUBIC, NULL, NULL, NULL);
    r->sws_hdr =
        sws_getCachedContext(r->sws_hdr, to->width, to->height, AV_PIX_FMT_RGB24, to->width,
                             to->height, AV_PIX_FMT_YUV420P, SWS_BICUBIC, NULL, NULL, NULL);
    if (!r->sws || !r->sws_hdr) {
        return -ENOTSUP;
    }
    const int *matrix =
        sws_getCoefficients(r->colour == LCT_COLOUR_BT709 ? SWS_CS_ITU709 : SWS_CS_SMPTE170M);
    const int *of = sws_getCoefficients(matrix_of(f));
    (void)sws_setColorspaceDetails(r->sws, of, full, of, 1, 0, 1 << 16, 1 << 16);
    (void)sws_setColorspaceDetails(r->sws_hdr, matrix, 1, matrix, 0, 0, 1 << 16, 1 << 16);
    uint8_t *const wide[4] = {r->wide};
    const uint8_t *const narrow[4] = {r->narrow};
    const int wide_stride[4] = {to->width * 3 * (int)sizeof(uint16_t)};
    const int narrow_stride[4] = {to->width * 3};
    if (sws_scale(r->sws, (const uint8_t *const *)f->data, stride, 0, height, wide, wide_stride) !=
        to->height) {
        return -ENOTSUP;
    }
    lct_hdr_map(r->hdr, (const uint16_t *)(const void *)r->wide, r->narrow, pixels);
    return sws_scale(r->sws_hdr, narrow, narrow_stride, 0, to->height, to->plane, to->stride) ==
                   to->height
               ? 0
               : -ENOTSUP;
}

/* Scales into a picture of width x height. Of an interlaced picture only the first field is taken:
 * half the lines, and no combs. */
static int scale(struct recode *r, const AVFrame *f, struct lct_frame *to) {
    bool full = f->color_range == AVCOL_RANGE_JPEG;
    enum AVPixelFormat format = plain_format((enum AVPixelFormat)f->format, &full);
    int field = f->interlaced_frame && f->height >= 4 ? 2 : 1, stride[AV_NUM_DATA_POINTERS];
    for (int i = 0; i < AV_NUM_DATA_POINTERS; i++) {
        stride[i] = f->linesize[i] * field;
    }
    enum lct_hdr_kind kind;
    if (lct_foreign_is_hdr(f->color_trc, &kind)) {
        return scale_hdr(r, f, stride, f->height / field, kind, full, to);
    }
    r->sws = sws_getCachedContext(r->sws, f->width, f->height / field, format, to->width,
                                  to->height, AV_PIX_FMT_YUV420P, SWS_BICUBIC, NULL, NULL, NULL);
    if (!r->sws) {
        return -ENOTSUP;
    }
    int to_matrix = r->colour == LCT_COLOUR_BT709 ? SWS_CS_ITU709 : SWS_CS_SMPTE170M;
    (void)sws_setColorspaceDetails(r->sws, sws_getCoefficients(matrix_of(f)), full,
                                   sws_getCoefficients(to_matrix), 0, 0, 1 << 16, 1 << 16);
    int done = sws_scale(r->sws, (const uint8_t *const *)f->data, stride, 0, f->height / field,
                         to->plane, to->stride);
    return done == to->height ? 0 : -ENOTSUP;
}

static void turn_plane(const uint8_t *from, int from_stride, uint8_t *to, int to_stride, int width,
                       int height, int degrees) { /* width, height: of the result */
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            int row = degrees == 90 ? width - 1 - x : degrees == 180 ? height - 1 - y : x;
            int column = degrees == 90 ? y : degrees == 180 ? width - 1 - x : height - 1 - y;
            to[(ptrdiff_t)y * to_stride + x] = from[(ptrdiff_t)row * from_stride + column];
        }
    }
}

/* As it is to be seen: turned clockwise. Takes picture, returns owned. */
static struct lct_frame *turn(struct lct_frame *picture, int degrees) {
    if (degrees == 0) {
        return picture;
    }
    bool lies = degrees != 180;
    struct lct_frame *to =
        lct_frame_picture(lies ? picture->height : picture->width,
                          lies ? picture->width : picture->height, picture->time);
    to->colour = picture->colour;
    for (int i = 0; i < 3; i++) {
        turn_plane(picture->plane[i], picture->stride[i], to->plane[i], to->stride[i],
                   i ? to->width / 2 : to->width, i ? to->height / 2 : to->height, degrees);
    }
    lct_frame_unref(picture);
    return to;
}

static int take_decoded(void *opaque) {
    struct recode *r = opaque;
    const struct lct_foreign_track *track = r->job->track;
    const AVFrame *f = r->job->frame;
    lct_ns time = lct_foreign_time(r->job->foreign, r->job->av, f->best_effort_timestamp);
    if (f->width < 2 || f->height < 2 || time == LCT_NS_NONE || time < 0 ||
        time > LCT_FOREIGN_LENGTH_MAX ||
        (r->last != LCT_NS_NONE && track->from + time - r->last < PICTURE_MIN)) {
        return 0;
    }
    bool lies = r->turn % 180 != 0;
    struct lct_frame *picture =
        lct_frame_picture(lies ? track->height : track->width, lies ? track->width : track->height,
                          track->from + time);
    picture->colour = r->colour;
    if (scale(r, f, picture) < 0) { /* one picture less */
        lct_frame_unref(picture);
        return 0;
    }
    return put_next(r, turn(picture, r->turn));
}

static int open_encoder(struct recode *r) {
    const struct lct_foreign_track *track = r->job->track;
    AVRational rate = av_guess_frame_rate(r->job->reader.av, r->job->av, NULL);
    double fps = rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 25;
    fps = fps < 1 ? 1 : fps > 60 ? 60 : fps;
    struct lct_video_settings s = track->screen
                                      ? lct_video_screen(track->width, track->height)
                                      : lct_video_camera(track->width, track->height, fps);
    r->colour = track->height >= 720 || track->width >= 1280 ? LCT_COLOUR_BT709 : LCT_COLOUR_BT601;
    s.colour = r->colour;
    r->key_seconds = s.key_seconds;
    return lct_video_open(&s, &r->encoder, r->job->fault);
}

int lct_foreign_encode_pictures(struct lct_foreign_job *job) {
    struct recode r = {.job = job, .last = LCT_NS_NONE, .last_key = LCT_NS_NONE};
    name_coded(&r.coded, job->track);
    r.turn = lct_foreign_turn(job->av);
    int rc = open_encoder(&r);
    rc = rc ? rc : lct_foreign_decode(job, take_decoded, &r);
    if (rc == 0 && !r.held) {
        rc = -ENODATA;
    } else if (rc == 0) {
        lct_ns least = r.held->time + LAST_PICTURE;
        rc = put_picture(&r, job->track->to > least ? job->track->to : least);
    }
    lct_frame_unref(r.held);
    sws_freeContext(r.sws);
    sws_freeContext(r.sws_hdr);
    lct_hdr_destroy(r.hdr);
    free(r.wide);
    free(r.narrow);
    lct_video_close(r.encoder);
    lct_coded_fini(&r.coded);
    return rc;
}

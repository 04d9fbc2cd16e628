// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/recode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "encode/colour.h"
#include "encode/decoder.h"
#include "encode/fit.h"
#include "encode/nal.h"
#include "encode/slate.h"
#include "encode/video.h"

/* Of a track without an option string; the rate only steers the rate control. */
#define CAMERA_FPS 25

struct lct_recode {
    struct lct_recode_settings settings;
    struct lct_picture_decoder *decoder;
    const struct lct_format *decoded; /* what the decoder was opened for */
    struct lct_fit *fit;
    struct lct_frame *picture; /* decoded last, on the canvas */
    struct lct_video_encoder *encoder;
    enum lct_colour colour;                 /* of the encoder */
    uint8_t avcc[2 * LCT_NAL_SET_MAX + 32]; /* of the encoder */
    size_t avcc_bytes;
};

struct lct_recode *lct_recode_open(const struct lct_recode_settings *settings) {
    struct lct_recode *r = lct_new(sizeof *r);
    r->settings = *settings;
    r->fit = lct_fit_create(settings->format->width, settings->format->height);
    return r;
}

void lct_recode_close(struct lct_recode *recode) {
    if (recode) {
        lct_picture_decoder_close(recode->decoder);
        lct_video_close(recode->encoder);
        lct_frame_unref(recode->picture);
        lct_fit_destroy(recode->fit);
        free(recode);
    }
}

static void show(struct lct_recode *r, struct lct_frame *picture) {
    lct_frame_unref(r->picture);
    r->picture = picture ? lct_fit_picture(r->fit, picture) : NULL;
    lct_frame_unref(picture);
}

int lct_recode_decode(struct lct_recode *recode, const struct lct_format *format,
                      const uint8_t *sample, size_t n, bool key) {
    int rc = 0;
    if (recode->decoded != format) {
        lct_picture_decoder_close(recode->decoder);
        recode->decoder = NULL;
        recode->decoded = NULL;
        rc = lct_picture_decoder_open(format, &recode->decoder);
        recode->decoded = rc == 0 ? format : NULL;
    } else if (key) {
        lct_picture_decoder_reset(recode->decoder);
    }
    struct lct_frame *picture = NULL;
    rc = rc ? rc : lct_picture_decoder_decode(recode->decoder, sample, n, &picture);
    if (rc == 0) {
        show(recode, picture);
    }
    return rc;
}

void lct_recode_slate(struct lct_recode *recode) {
    const struct lct_format *f = recode->settings.format;
    show(recode, lct_slate(f->width, f->height, 0));
}

/* A step of effort less than a reel may have been given costs half of the time, and 0.4 dB of 50: a
 * recorder takes it too when it is short of CPU (encode/effort.h), the headers are the same. */
static struct lct_video_settings settings_for(const struct lct_recode *r) {
    const struct lct_format *f = r->settings.format;
    struct lct_video_settings s = r->settings.screen
                                      ? lct_video_screen(f->width, f->height)
                                      : lct_video_camera(f->width, f->height, CAMERA_FPS);
    struct lct_video_settings kept;
    s.colour = r->picture->colour;
    if (lct_video_read_options(f->encoder, &kept) && kept.width == f->width &&
        kept.height == f->height) {
        s = kept;
    }
    s.preset = s.preset == LCT_PRESET_VERYFAST ? LCT_PRESET_SUPERFAST : s.preset;
    return s;
}

static bool is_of_format(const struct lct_recode *r) {
    const struct lct_format *f = r->settings.format;
    return r->avcc_bytes == f->config_bytes && memcmp(r->avcc, f->config, r->avcc_bytes) == 0;
}

static int open_with(struct lct_recode *r, const struct lct_video_settings *settings, int64_t tick,
                     struct lct_video_packet *ret_packet, struct lct_fault *fault) {
    struct lct_nal_sets sets;
    lct_video_close(r->encoder);
    r->encoder = NULL;
    int rc = lct_video_open(settings, &r->encoder, fault);
    if (rc < 0) {
        return rc;
    }
    rc = lct_video_encode(r->encoder, r->picture, tick, true, ret_packet);
    if (rc < 0 || !lct_nal_find_sets(ret_packet->bytes, ret_packet->n, &sets)) {
        return lct_fault_set(fault, rc < 0 ? rc : -EIO, "encode", "A picture does not encode (%d).",
                             "一帧画面无法编码（%d）。", rc);
    }
    r->avcc_bytes = lct_nal_write_avcc(&sets, r->avcc, sizeof r->avcc);
    return 0;
}

/* The encoder says one colour of all its pictures. */
static void recolour(struct lct_recode *r, enum lct_colour colour) {
    struct lct_frame *picture = lct_colour_convert(r->picture, colour);
    lct_frame_unref(r->picture);
    r->picture = picture;
}

/* The first picture tells whether the headers are the reel's; if not, they get another id. */
static int begin(struct lct_recode *r, int64_t tick, struct lct_video_packet *ret_packet,
                 struct lct_fault *fault) {
    struct lct_video_settings settings = settings_for(r);
    r->colour = settings.colour;
    recolour(r, r->colour);
    int rc = open_with(r, &settings, tick, ret_packet, fault);
    if (rc == 0 && !is_of_format(r)) {
        settings.sets_id = lct_nal_free_id(r->settings.ids_taken);
        rc = open_with(r, &settings, tick, ret_packet, fault);
    }
    return rc;
}

/* Encodes a frame that takes the place of the picture for so long. */
static int encode_dimmed(struct lct_recode *r, const struct lct_recode_picture *picture,
                         struct lct_video_packet *ret_packet, struct lct_fault *fault) {
    struct lct_frame *bright = r->picture;
    int rc = 0;
    r->picture = lct_colour_dim(bright, picture->level);
    if (!r->encoder) {
        rc = begin(r, picture->tick, ret_packet, fault);
    } else {
        recolour(r, r->colour);
        rc = lct_video_encode(r->encoder, r->picture, picture->tick, picture->key, ret_packet);
        rc = rc < 0 ? lct_fault_set(fault, -EIO, "encode", "A picture does not encode.",
                                    "一帧画面无法编码。")
                    : 0;
    }
    lct_frame_unref(r->picture);
    r->picture = bright;
    return rc;
}

int lct_recode_encode(struct lct_recode *recode, const struct lct_recode_picture *picture,
                      struct lct_recoded *ret_recoded, struct lct_fault *fault) {
    struct lct_video_packet packet;
    if (!recode->picture) {
        return lct_fault_set(fault, -ENODATA, "encode", "There is no picture to encode.",
                             "没有可编码的画面。");
    }
    int rc = encode_dimmed(recode, picture, &packet, fault);
    if (rc < 0) {
        return rc;
    }
    size_t n = lct_nal_sample_bytes(packet.bytes, packet.n);
    uint8_t *sample = malloc(n ? n : 1);
    if (!sample) {
        return lct_fault_set(fault, -ENOMEM, "encode", "No memory for a picture.", "内存不足。");
    }
    lct_nal_write_sample(packet.bytes, packet.n, sample);
    *ret_recoded = (struct lct_recoded){sample, n, packet.key};
    return 0;
}

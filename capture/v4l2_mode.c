// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/v4l2_mode.h"

#include <libyuv.h>
#include <linux/videodev2.h>
#include <math.h>

#define FPS_ENOUGH 24.9
#define FPS_WANTED 30.0
#define H264_WIDTH_MIN 1280

/* The cheapest first. */
static const uint32_t formats[] = {
    V4L2_PIX_FMT_NV12,  V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_YUYV,  V4L2_PIX_FMT_UYVY,
    V4L2_PIX_FMT_BGR24, V4L2_PIX_FMT_RGB24,  V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_JPEG,
};
#define FORMATS (sizeof formats / sizeof *formats)

static size_t cost(uint32_t fourcc) {
    size_t i = 0;
    while (i < FORMATS && formats[i] != fourcc) {
        i++;
    }
    return i;
}

bool lct_v4l2_known(uint32_t fourcc) {
    return fourcc == V4L2_PIX_FMT_H264 || cost(fourcc) < FORMATS;
}

static double rate(const struct lct_v4l2_mode *mode) {
    return mode->fps > 0 ? mode->fps : FPS_WANTED;
}

static bool usable(const struct lct_v4l2_mode *mode, bool with_h264, int limit) {
    if (mode->width < 2 || mode->height < 2 || mode->width > limit ||
        mode->height > LCT_PICTURE_SIDE_MAX || !lct_v4l2_known(mode->fourcc)) {
        return false;
    }
    return mode->fourcc != V4L2_PIX_FMT_H264 ||
           (with_h264 && mode->width >= H264_WIDTH_MIN && rate(mode) >= FPS_ENOUGH);
}

/* Negative when a is better. */
static int compare_rates(const struct lct_v4l2_mode *a, const struct lct_v4l2_mode *b) {
    double off_a = fabs(rate(a) - FPS_WANTED), off_b = fabs(rate(b) - FPS_WANTED);
    return off_a < off_b ? -1 : off_a > off_b;
}

static bool better(const struct lct_v4l2_mode *a, const struct lct_v4l2_mode *b) {
    bool coded_a = a->fourcc == V4L2_PIX_FMT_H264, coded_b = b->fourcc == V4L2_PIX_FMT_H264;
    bool fast_a = rate(a) >= FPS_ENOUGH, fast_b = rate(b) >= FPS_ENOUGH;
    if (coded_a != coded_b) {
        return coded_a;
    }
    if (fast_a != fast_b) {
        return fast_a;
    }
    if (!fast_a && rate(a) < rate(b) - 0.5) {
        return false;
    }
    if (!fast_a && rate(a) > rate(b) + 0.5) {
        return true;
    }
    int area_a = a->width * a->height, area_b = b->width * b->height;
    if (area_a != area_b) {
        return area_a > area_b;
    }
    int rates = compare_rates(a, b);
    return rates < 0 || (rates == 0 && cost(a->fourcc) < cost(b->fourcc));
}

static size_t best_within(const struct lct_v4l2_mode *modes, size_t n, bool with_h264, int limit) {
    size_t best = n;
    for (size_t i = 0; i < n; i++) {
        if (usable(&modes[i], with_h264, limit) && (best == n || better(&modes[i], &modes[best]))) {
            best = i;
        }
    }
    return best;
}

size_t lct_v4l2_choose(const struct lct_v4l2_mode *modes, size_t n, bool with_h264, int limit) {
    size_t best = best_within(modes, n, with_h264, limit);
    return best < n ? best : best_within(modes, n, with_h264, LCT_PICTURE_SIDE_MAX);
}

/* Bytes that a picture of raw rows needs. */
static size_t needed(uint32_t fourcc, size_t stride, size_t height) {
    switch (fourcc) {
    case V4L2_PIX_FMT_NV12:
    case V4L2_PIX_FMT_YUV420:
        return stride * height + stride * (height / 2);
    default:
        return stride * height;
    }
}

static int bytes_a_pixel(uint32_t fourcc) {
    switch (fourcc) {
    case V4L2_PIX_FMT_YUYV:
    case V4L2_PIX_FMT_UYVY:
        return 2;
    case V4L2_PIX_FMT_BGR24:
    case V4L2_PIX_FMT_RGB24:
        return 3;
    default:
        return 1;
    }
}

static int convert_planar(uint32_t fourcc, const uint8_t *in, int stride, struct lct_frame *f) {
    int width = f->width, height = f->height;
    const uint8_t *chroma = in + (ptrdiff_t)stride * height;
    if (fourcc == V4L2_PIX_FMT_NV12) {
        return NV12ToI420(in, stride, chroma, stride, f->plane[0], f->stride[0], f->plane[1],
                          f->stride[1], f->plane[2], f->stride[2], width, height);
    }
    const uint8_t *second = chroma + (ptrdiff_t)(stride / 2) * (height / 2);
    return I420Copy(in, stride, chroma, stride / 2, second, stride / 2, f->plane[0], f->stride[0],
                    f->plane[1], f->stride[1], f->plane[2], f->stride[2], width, height);
}

static int convert(uint32_t fourcc, const uint8_t *in, size_t n, int stride, struct lct_frame *f,
                   const struct lct_v4l2_mode *mode) {
    uint8_t *y = f->plane[0], *u = f->plane[1], *v = f->plane[2];
    int sy = f->stride[0], sc = f->stride[1], width = f->width, height = f->height;
    switch (fourcc) {
    case V4L2_PIX_FMT_YUYV:
        return YUY2ToI420(in, stride, y, sy, u, sc, v, sc, width, height);
    case V4L2_PIX_FMT_UYVY:
        return UYVYToI420(in, stride, y, sy, u, sc, v, sc, width, height);
    case V4L2_PIX_FMT_BGR24: /* libyuv names formats by registers, V4L2 by bytes */
        return RGB24ToI420(in, stride, y, sy, u, sc, v, sc, width, height);
    case V4L2_PIX_FMT_RGB24:
        return RAWToI420(in, stride, y, sy, u, sc, v, sc, width, height);
    case V4L2_PIX_FMT_MJPEG:
    case V4L2_PIX_FMT_JPEG:
        return MJPGToI420(in, n, y, sy, u, sc, v, sc, mode->width, mode->height, width, height);
    default:
        return convert_planar(fourcc, in, stride, f);
    }
}

struct lct_frame *lct_v4l2_picture(const struct lct_v4l2_mode *mode, int stride,
                                   const uint8_t *bytes, size_t n, lct_ns time) {
    int width = mode->width & ~1, height = mode->height & ~1;
    if (width < 2 || height < 2 || width > LCT_PICTURE_SIDE_MAX || height > LCT_PICTURE_SIDE_MAX) {
        return NULL;
    }
    bool jpeg = mode->fourcc == V4L2_PIX_FMT_MJPEG || mode->fourcc == V4L2_PIX_FMT_JPEG;
    if (!jpeg && (stride < mode->width * bytes_a_pixel(mode->fourcc) ||
                  n < needed(mode->fourcc, (size_t)stride, (size_t)mode->height))) {
        return NULL;
    }
    struct lct_frame *frame = lct_frame_picture(width, height, time);
    if (convert(mode->fourcc, bytes, n, stride, frame, mode) != 0) {
        lct_frame_unref(frame);
        return NULL;
    }
    frame->colour = jpeg ? LCT_COLOUR_BT601_FULL : LCT_COLOUR_BT601;
    return frame;
}

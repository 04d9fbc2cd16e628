// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/fit.h"

#include <stdlib.h>
#include <string.h>

#include <libswscale/swscale.h>

#include "base/mem.h"

struct lct_fit {
    int width, height;
    struct SwsContext *sws; /* for pictures of from_width x from_height */
    int from_width, from_height;
    int x, y, w, h; /* where the picture lies on the canvas */
};

struct lct_fit *lct_fit_create(int width, int height) {
    struct lct_fit *fit = lct_new(sizeof *fit);
    fit->width = width;
    fit->height = height;
    return fit;
}

void lct_fit_destroy(struct lct_fit *fit) {
    if (fit) {
        sws_freeContext(fit->sws);
        free(fit);
    }
}

static int even(double n) {
    int rounded = (int)(n / 2 + 0.5) * 2;
    return rounded < 2 ? 2 : rounded;
}

static void place(int from_w, int from_h, int into_w, int into_h, int *ret_w, int *ret_h) {
    double scale_w = (double)into_w / from_w;
    double scale_h = (double)into_h / from_h;
    double scale = scale_w < scale_h ? scale_w : scale_h;
    int w = even(from_w * scale);
    int h = even(from_h * scale);
    *ret_w = w > into_w ? into_w : w;
    *ret_h = h > into_h ? into_h : h;
}

void lct_fit_within(int most_width, int most_height, int width, int height, int *ret_width,
                    int *ret_height) {
    *ret_width = width;
    *ret_height = height;
    if (width > most_width || height > most_height) {
        place(width, height, most_width, most_height, ret_width, ret_height);
    }
}

static void prepare(struct lct_fit *fit, const struct lct_frame *picture) {
    if (fit->sws && fit->from_width == picture->width && fit->from_height == picture->height) {
        return;
    }
    place(picture->width, picture->height, fit->width, fit->height, &fit->w, &fit->h);
    fit->x = (fit->width - fit->w) / 4 * 2;
    fit->y = (fit->height - fit->h) / 4 * 2;
    fit->from_width = picture->width;
    fit->from_height = picture->height;
    sws_freeContext(fit->sws);
    fit->sws = sws_getContext(picture->width, picture->height, AV_PIX_FMT_YUV420P, fit->w, fit->h,
                              AV_PIX_FMT_YUV420P, SWS_BICUBIC, NULL, NULL, NULL);
    if (!fit->sws) {
        abort(); /* sizes are bounded and the format is fixed: only memory can be missing */
    }
}

static void paint_black(struct lct_frame *frame) {
    memset(frame->plane[0], 16, (size_t)frame->stride[0] * (size_t)frame->height);
    memset(frame->plane[1], 128, (size_t)frame->stride[1] * (size_t)frame->height / 2);
    memset(frame->plane[2], 128, (size_t)frame->stride[2] * (size_t)frame->height / 2);
}

struct lct_frame *lct_fit_picture(struct lct_fit *fit, struct lct_frame *picture) {
    if (picture->width == fit->width && picture->height == fit->height) {
        return lct_frame_ref(picture);
    }
    prepare(fit, picture);
    struct lct_frame *out = lct_frame_picture(fit->width, fit->height, picture->time);
    out->colour = picture->colour;
    out->changed_permille = picture->changed_permille;
    if (fit->w < fit->width || fit->h < fit->height) {
        paint_black(out);
    }
    uint8_t *at[3];
    for (int i = 0; i < 3; i++) {
        int shift = i > 0;
        at[i] = out->plane[i] + (fit->y >> shift) * out->stride[i] + (fit->x >> shift);
    }
    sws_scale(fit->sws, (const uint8_t *const *)picture->plane, picture->stride, 0, picture->height,
              at, out->stride);
    return out;
}

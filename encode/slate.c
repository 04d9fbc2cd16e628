// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/slate.h"

#include <string.h>

static void paint(struct lct_frame *f, int x, int y, int w, int h, uint8_t luma) {
    for (int row = y; row < y + h; row++) {
        memset(f->plane[0] + row * f->stride[0] + x, luma, (size_t)w);
    }
}

/* A screen crossed out: a frame with a diagonal bar, a quarter of the canvas high. */
static void paint_sign(struct lct_frame *f) {
    int h = f->height / 4;
    int w = h * 16 / 9;
    int x = (f->width - w) / 2;
    int y = (f->height - h) / 2;
    int line = h / 16 + 1;
    if (w + 2 * line > f->width) {
        return;
    }
    paint(f, x, y, w, line, 170);
    paint(f, x, y + h - line, w, line, 170);
    paint(f, x, y, line, h, 170);
    paint(f, x + w - line, y, line, h, 170);
    for (int i = 0; i < h; i++) {
        int at = x + (w - 2 * line) * (h - 1 - i) / h;
        paint(f, at, y + i, 2 * line, 1, 170);
    }
}

struct lct_frame *lct_slate(int width, int height, lct_ns time) {
    struct lct_frame *f = lct_frame_picture(width, height, time);
    memset(f->plane[0], 40, (size_t)f->stride[0] * (size_t)height);
    memset(f->plane[1], 132, (size_t)f->stride[1] * (size_t)height / 2);
    memset(f->plane[2], 124, (size_t)f->stride[2] * (size_t)height / 2);
    paint_sign(f);
    return f;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/overlay_priv.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "encode/colour.h"
#include "encode/lettering_priv.h"

struct lct_overlay {
    int x, y, w, h; /* even */
    uint8_t *plane[3];
    uint8_t *alpha[2]; /* of luma, and of a pair of chroma: 0 to 255 */
};

/* One pixel of cairo's: premultiplied, in the machine's own order. */
static void read_pixel(const uint8_t *at, uint8_t rgb[3], unsigned *ret_alpha) {
    uint32_t pixel;
    memcpy(&pixel, at, sizeof pixel);
    unsigned a = pixel >> 24;
    *ret_alpha = a;
    for (int i = 0; i < 3; i++) {
        unsigned c = pixel >> (16 - 8 * i) & 0xff;
        unsigned value = a > 0 ? (c * 255 + a / 2) / a : 0;
        rgb[i] = value > 255 ? 255 : (uint8_t)value;
    }
}

/* Four pixels become four lumas and one pair of chroma, weighted by how much of each is seen. */
static void take_block(struct lct_overlay *o, const uint8_t *data, int stride, int x, int y,
                       enum lct_colour colour) {
    unsigned sum[2] = {0, 0}, seen = 0;
    for (int i = 0; i < 4; i++) {
        int px = x + i % 2, py = y + i / 2;
        uint8_t rgb[3], yuv[3];
        unsigned alpha;
        read_pixel(data + py * stride + 4 * px, rgb, &alpha);
        lct_colour_of_rgb(rgb, colour, yuv);
        o->plane[0][py * o->w + px] = yuv[0];
        o->alpha[0][py * o->w + px] = (uint8_t)alpha;
        sum[0] += alpha * yuv[1];
        sum[1] += alpha * yuv[2];
        seen += alpha;
    }
    int at = y / 2 * (o->w / 2) + x / 2;
    o->plane[1][at] = (uint8_t)(seen > 0 ? (sum[0] + seen / 2) / seen : 128);
    o->plane[2][at] = (uint8_t)(seen > 0 ? (sum[1] + seen / 2) / seen : 128);
    o->alpha[1][at] = (uint8_t)((seen + 2) / 4);
}

struct lct_overlay *lct_overlay_of_surface(cairo_surface_t *surface, int x, int y,
                                           enum lct_colour colour) {
    struct lct_overlay *o = lct_new(sizeof *o);
    o->x = x;
    o->y = y;
    o->w = cairo_image_surface_get_width(surface);
    o->h = cairo_image_surface_get_height(surface);
    size_t luma = (size_t)o->w * (size_t)o->h;
    for (int i = 0; i < 3; i++) {
        o->plane[i] = lct_new(luma / (i ? 4 : 1) + 1);
    }
    o->alpha[0] = lct_new(luma + 1);
    o->alpha[1] = lct_new(luma / 4 + 1);
    cairo_surface_flush(surface);
    const uint8_t *data = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    for (int row = 0; row < o->h; row += 2) {
        for (int column = 0; column < o->w; column += 2) {
            take_block(o, data, stride, column, row, colour);
        }
    }
    return o;
}

void lct_overlay_destroy(struct lct_overlay *overlay) {
    if (overlay) {
        for (int i = 0; i < 3; i++) {
            free(overlay->plane[i]);
        }
        free(overlay->alpha[0]);
        free(overlay->alpha[1]);
        free(overlay);
    }
}

void lct_overlay_blend(const struct lct_overlay *o, struct lct_frame *frame) {
    for (int plane = 0; plane < 3; plane++) {
        int shift = plane > 0, w = o->w >> shift, h = o->h >> shift;
        for (int y = 0; y < h; y++) {
            const uint8_t *from = o->plane[plane] + y * w, *alpha = o->alpha[shift] + y * w;
            uint8_t *to = frame->plane[plane] + ((o->y >> shift) + y) * frame->stride[plane] +
                          (o->x >> shift);
            for (int x = 0; x < w; x++) {
                to[x] = (uint8_t)((to[x] * (255 - alpha[x]) + from[x] * alpha[x] + 127) / 255);
            }
        }
    }
}

/* ---- logos ---- */

cairo_surface_t *lct_overlay_load(const char *path, struct lct_fault *fault) {
    cairo_surface_t *image = cairo_image_surface_create_from_png(path);
    int w = cairo_image_surface_get_width(image), h = cairo_image_surface_get_height(image);
    if (cairo_surface_status(image) == CAIRO_STATUS_SUCCESS && w > 0 && h > 0 &&
        w <= LCT_OVERLAY_SIDE_MAX && h <= LCT_OVERLAY_SIDE_MAX) {
        return image;
    }
    cairo_surface_destroy(image);
    (void)lct_fault_set(fault, -EINVAL, "card",
                        "%s is no PNG picture of at most %d x %d pixels. Choose another.",
                        "%s 不是不超过 %d × %d 像素的 PNG 图片，请换一张。", path,
                        LCT_OVERLAY_SIDE_MAX, LCT_OVERLAY_SIDE_MAX);
    return NULL;
}

void lct_overlay_draw(cairo_t *cairo, cairo_surface_t *image, const double box[4], bool right) {
    double w = cairo_image_surface_get_width(image), h = cairo_image_surface_get_height(image);
    double scale = fmin(box[2] / w, box[3] / h);
    cairo_save(cairo);
    cairo_translate(cairo, box[0] + (box[2] - w * scale) / (right ? 1 : 2),
                    box[1] + (right ? 0 : (box[3] - h * scale) / 2));
    cairo_scale(cairo, scale, scale);
    cairo_set_source_surface(cairo, image, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_BEST);
    cairo_paint(cairo);
    cairo_restore(cairo);
}

int lct_overlay_logo(const char *path, const struct lct_overlay_canvas *canvas,
                     struct lct_overlay **ret_overlay, struct lct_fault *fault) {
    cairo_surface_t *image = lct_overlay_load(path, fault);
    if (!image) {
        return -EINVAL;
    }
    int w = canvas->width / 8 * 2, h = canvas->height / 16 * 2, margin = canvas->height / 60 * 2;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, w, h);
    cairo_t *cairo = cairo_create(surface);
    lct_overlay_draw(cairo, image, (const double[4]){0, 0, w, h}, true);
    cairo_destroy(cairo);
    *ret_overlay =
        lct_overlay_of_surface(surface, canvas->width - w - margin, margin, canvas->colour);
    cairo_surface_destroy(surface);
    cairo_surface_destroy(image);
    return 0;
}

/* ---- captions ---- */

struct lct_overlay *lct_overlay_caption(const char *text, const struct lct_overlay_canvas *canvas) {
    int w = canvas->width, h = canvas->height / 6 * 2;
    LCT_FREE char *plain = lct_lettering_plain(text, true);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, w, h);
    cairo_t *cairo = cairo_create(surface);
    const struct lct_lettering lettering = {
        .text = plain,
        .font = "Noto Sans CJK SC",
        .bold = true,
        .x = w * 0.05,
        .w = w * 0.9,
        .h = h - canvas->height * 0.045,
        .most = canvas->height * 0.058,
        .least = canvas->height * 0.03,
        .along = LCT_LETTERING_MIDDLE,
        .across = LCT_LETTERING_END,
        .colour = {1, 1, 1},
        .rim = canvas->height * 0.004,
    };
    lct_lettering_draw(cairo, &lettering);
    cairo_destroy(cairo);
    struct lct_overlay *o = lct_overlay_of_surface(surface, 0, canvas->height - h, canvas->colour);
    cairo_surface_destroy(surface);
    return o;
}

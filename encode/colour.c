// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/colour.h"

#include <string.h>

/* How a colour is said: weights of red and blue in luma, and the ranges (BT.601 and BT.709). */
struct code {
    double kr, kb;
    double black, y_range, c_range;
};

static struct code code_of(enum lct_colour colour) {
    bool hd = colour == LCT_COLOUR_BT709, full = colour == LCT_COLOUR_BT601_FULL;
    return (struct code){
        .kr = hd ? 0.2126 : 0.299,
        .kb = hd ? 0.0722 : 0.114,
        .black = full ? 0 : 16,
        .y_range = full ? 255 : 219,
        .c_range = full ? 255 : 224,
    };
}

static uint8_t clamp(double value) {
    return value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)(value + 0.5);
}

void lct_colour_of_rgb(const uint8_t rgb[3], enum lct_colour colour, uint8_t ret_yuv[3]) {
    const struct code c = code_of(colour);
    double r = rgb[0] / 255.0, g = rgb[1] / 255.0, b = rgb[2] / 255.0;
    double y = c.kr * r + (1 - c.kr - c.kb) * g + c.kb * b;
    ret_yuv[0] = clamp(c.black + c.y_range * y);
    ret_yuv[1] = clamp(128 + c.c_range * (b - y) / (2 - 2 * c.kb));
    ret_yuv[2] = clamp(128 + c.c_range * (r - y) / (2 - 2 * c.kr));
}

/*
 * From one code to the other by way of R'G'B'. Grey stays grey, so luma goes into luma only:
 *
 *     y' = yy y + yu u + yv v       u' = uu u + uv v       v' = vu u + vv v
 */
struct matrix {
    double yy, yu, yv, uu, uv, vu, vv;
};

static struct matrix matrix_between(const struct code *from, const struct code *to) {
    /* red - luma, blue - luma and green - luma of the old, by its chroma */
    double ru = 0, rv = 2 - 2 * from->kr, bu = 2 - 2 * from->kb, bv = 0;
    double kg = 1 - from->kr - from->kb;
    double gu = -from->kb * bu / kg, gv = -from->kr * rv / kg;
    double new_kg = 1 - to->kr - to->kb;
    double yu = to->kr * ru + new_kg * gu + to->kb * bu;
    double yv = to->kr * rv + new_kg * gv + to->kb * bv;
    double ys = to->y_range, cs = to->c_range, in = 1 / from->c_range;
    return (struct matrix){
        .yy = ys / from->y_range,
        .yu = ys * in * yu,
        .yv = ys * in * yv,
        .uu = cs * in * (bu - yu) / (2 - 2 * to->kb),
        .uv = cs * in * (bv - yv) / (2 - 2 * to->kb),
        .vu = cs * in * (ru - yu) / (2 - 2 * to->kr),
        .vv = cs * in * (rv - yv) / (2 - 2 * to->kr),
    };
}

#define SHIFT 14

static int fixed(double value) { return (int)(value * (1 << SHIFT) + (value < 0 ? -0.5 : 0.5)); }

static uint8_t clip(int value) {
    value = (value + (1 << (SHIFT - 1))) >> SHIFT;
    return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

static struct lct_frame *like(const struct lct_frame *picture, enum lct_colour colour) {
    struct lct_frame *out = lct_frame_picture(picture->width, picture->height, picture->time);
    out->colour = colour;
    out->changed_permille = picture->changed_permille;
    return out;
}

struct lct_frame *lct_colour_convert(struct lct_frame *picture, enum lct_colour colour) {
    if (picture->colour == colour) {
        return lct_frame_ref(picture);
    }
    const struct code from = code_of(picture->colour), to = code_of(colour);
    const struct matrix m = matrix_between(&from, &to);
    const int yy = fixed(m.yy), yu = fixed(m.yu), yv = fixed(m.yv);
    const int uu = fixed(m.uu), uv = fixed(m.uv), vu = fixed(m.vu), vv = fixed(m.vv);
    const int middle = 128 << SHIFT, black = (int)from.black, lift = (int)to.black << SHIFT;
    struct lct_frame *out = like(picture, colour);
    for (int y = 0; y < picture->height; y++) {
        const uint8_t *u = picture->plane[1] + y / 2 * picture->stride[1];
        const uint8_t *v = picture->plane[2] + y / 2 * picture->stride[2];
        const uint8_t *in = picture->plane[0] + y * picture->stride[0];
        uint8_t *at = out->plane[0] + y * out->stride[0];
        for (int x = 0; x < picture->width; x += 2) {
            int chroma = lift + yu * (u[x / 2] - 128) + yv * (v[x / 2] - 128);
            at[x] = clip(yy * (in[x] - black) + chroma);
            at[x + 1] = clip(yy * (in[x + 1] - black) + chroma);
        }
        for (int x = 0; y % 2 == 0 && x < picture->width / 2; x++) {
            int b = u[x] - 128, r = v[x] - 128;
            out->plane[1][y / 2 * out->stride[1] + x] = clip(middle + uu * b + uv * r);
            out->plane[2][y / 2 * out->stride[2] + x] = clip(middle + vu * b + vv * r);
        }
    }
    return out;
}

static void dim_plane(const struct lct_frame *from, struct lct_frame *to, int plane,
                      const uint8_t table[256]) {
    int width = plane ? from->width / 2 : from->width;
    int height = plane ? from->height / 2 : from->height;
    for (int y = 0; y < height; y++) {
        const uint8_t *in = from->plane[plane] + y * from->stride[plane];
        uint8_t *out = to->plane[plane] + y * to->stride[plane];
        for (int x = 0; x < width; x++) {
            out[x] = table[in[x]];
        }
    }
}

struct lct_frame *lct_colour_dim(struct lct_frame *picture, float level) {
    if (level >= 1) {
        return lct_frame_ref(picture);
    }
    const struct code code = code_of(picture->colour);
    struct lct_frame *out = like(picture, picture->colour);
    uint8_t luma[256], chroma[256];
    double l = level > 0 ? level : 0;
    for (int i = 0; i < 256; i++) {
        luma[i] = clamp(code.black + l * (i - code.black));
        chroma[i] = clamp(128 + l * (i - 128));
    }
    dim_plane(picture, out, 0, luma);
    dim_plane(picture, out, 1, chroma);
    dim_plane(picture, out, 2, chroma);
    return out;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "encode/colour.h"

static struct lct_frame *filled(enum lct_colour colour, const uint8_t rgb[3]) {
    uint8_t yuv[3];
    struct lct_frame *f = lct_frame_picture(8, 6, 7);
    f->colour = colour;
    lct_colour_of_rgb(rgb, colour, yuv);
    for (int i = 0; i < 3; i++) {
        memset(f->plane[i], yuv[i], (size_t)f->stride[i] * (size_t)(i ? 3 : 6));
    }
    return f;
}

static const uint8_t colours[][3] = {{0, 0, 0},   {255, 255, 255}, {128, 128, 128}, {255, 0, 0},
                                     {0, 255, 0}, {0, 0, 255},     {230, 150, 90}};

/* What one code says of a colour is what is made of what the other says of it. */
Test(colour, each_code_says_the_same) {
    for (int from = LCT_COLOUR_BT601; from <= (int)LCT_COLOUR_BT601_FULL; from++) {
        for (int to = LCT_COLOUR_BT601; to <= (int)LCT_COLOUR_BT601_FULL; to++) {
            for (size_t i = 0; i < sizeof colours / sizeof *colours; i++) {
                struct lct_frame *f = filled((enum lct_colour)from, colours[i]);
                struct lct_frame *made = lct_colour_convert(f, (enum lct_colour)to);
                struct lct_frame *right = filled((enum lct_colour)to, colours[i]);
                cr_assert_eq(made->colour, (enum lct_colour)to);
                cr_assert_eq(made->time, 7);
                for (int p = 0; p < 3; p++) {
                    int last = p ? 3 : 7, row = p ? 2 : 5;
                    int off = abs(made->plane[p][row * made->stride[p] + last] -
                                  right->plane[p][row * right->stride[p] + last]);
                    cr_assert_leq(off, 2, "%d to %d, colour %zu, plane %d: %d off", from, to, i, p,
                                  off);
                }
                lct_frame_unref(f);
                lct_frame_unref(made);
                lct_frame_unref(right);
            }
        }
    }
}

Test(colour, dimmed_is_darker_and_less_coloured) {
    struct lct_frame *f = filled(LCT_COLOUR_BT709, colours[3]);
    struct lct_frame *half = lct_colour_dim(f, 0.5F), *none = lct_colour_dim(f, 0);
    struct lct_frame *same = lct_colour_dim(f, 1);
    cr_assert_eq(same, f, "shared");
    cr_assert_eq(half->plane[0][0], (16 + f->plane[0][0] + 1) / 2);
    cr_assert_leq(abs(half->plane[2][0] - (128 + f->plane[2][0] + 1) / 2), 1);
    cr_assert_eq(none->plane[0][5 * none->stride[0] + 7], 16);
    cr_assert_eq(none->plane[1][0], 128);
    lct_frame_unref(same);
    lct_frame_unref(half);
    lct_frame_unref(none);
    lct_frame_unref(f);
}

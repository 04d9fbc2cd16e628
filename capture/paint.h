// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Draws rectangles, discs and a few words into an I420 picture that is not shared yet. Everything
 * is cut off at the picture's edges. The letters are a font of our own: digits, capitals, some
 * signs, and the characters 演示教室; anything else is a blank.
 *
 *     lct_paint_rect(frame, 0, 0, 1280, 720, LCT_PAINT_BOARD);
 *     lct_paint_text(frame, 40, 40, 4, "DEMO 演示", LCT_PAINT_WHITE);
 */
#pragma once

#include <stdint.h>

#include "capture/frame.h"

/** A colour in limited-range Y'CbCr. */
struct lct_paint {
    uint8_t y, u, v;
};

#define LCT_PAINT_BLACK ((struct lct_paint){16, 128, 128})
#define LCT_PAINT_WHITE ((struct lct_paint){235, 128, 128})
#define LCT_PAINT_GREY ((struct lct_paint){60, 128, 128})

/** Rows of a letter at scale 1; letters are 12 pixels apart, Chinese characters 18. */
#define LCT_PAINT_TEXT_HEIGHT 16

/** Fills width x height pixels at x, y. Odd edges are drawn right in luma, chroma takes the half.
 */
void lct_paint_rect(struct lct_frame *frame, int x, int y, int width, int height,
                    struct lct_paint paint);

/** Fills a disc around x, y. */
void lct_paint_disc(struct lct_frame *frame, int x, int y, int radius, struct lct_paint paint);

/** Writes text (UTF-8) with its top left corner at x, y; returns the x behind it. */
int lct_paint_text(struct lct_frame *frame, int x, int y, int scale, const char *text,
                   struct lct_paint paint);

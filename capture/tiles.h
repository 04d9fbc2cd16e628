// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Which parts of a screen may have changed: a grid of 64 x 64 pixels. However many small rectangles
 * a program draws, what is to be fetched is a few boxes that do not overlap. Pure; no thread of its
 * own.
 *
 *     lct_tiles_init(&tiles, 1920, 1080);
 *     lct_tiles_mark(&tiles, 10, 20, 300, 5);
 *     n = lct_tiles_boxes(&tiles, boxes, LCT_TILES_BOXES);
 *     lct_tiles_clear(&tiles);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"

#define LCT_TILE 64
#define LCT_TILES_SIDE (LCT_PICTURE_SIDE_MAX / LCT_TILE)

/** Most boxes worth asking for one by one; more become the one around them all. */
#define LCT_TILES_BOXES 48

/** Pixels x0 to x1 - 1, y0 to y1 - 1. */
struct lct_box {
    int x0, y0, x1, y1;
};

struct lct_tiles {
    int width, height; /**< pixels */
    int across, down;  /**< tiles; those at the right and lower edge may be smaller */
    int marked;        /**< how many */
    uint8_t dirty[LCT_TILES_SIDE][LCT_TILES_SIDE]; /**< [row][column] */
};

/** Begins with nothing marked on a screen of width x height pixels (1 to LCT_PICTURE_SIDE_MAX). */
void lct_tiles_init(struct lct_tiles *tiles, int width, int height);

/** Marks the tiles that these pixels touch; what lies outside the screen is ignored. */
void lct_tiles_mark(struct lct_tiles *tiles, int x, int y, int width, int height);

/** Marks none. */
void lct_tiles_clear(struct lct_tiles *tiles);

/**
 * Fills boxes (room for max, 1 or more) so that they cover every marked tile once and no other;
 * where that takes more than max, one box around all. Returns how many; 0 when nothing is marked.
 */
size_t lct_tiles_boxes(const struct lct_tiles *tiles, struct lct_box *boxes, size_t max);

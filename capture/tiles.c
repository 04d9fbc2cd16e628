// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/tiles.h"

#include <string.h>

static int least(int a, int b) { return a < b ? a : b; }

static int most(int a, int b) { return a > b ? a : b; }

void lct_tiles_init(struct lct_tiles *tiles, int width, int height) {
    tiles->width = width;
    tiles->height = height;
    tiles->across = (width + LCT_TILE - 1) / LCT_TILE;
    tiles->down = (height + LCT_TILE - 1) / LCT_TILE;
    lct_tiles_clear(tiles);
}

void lct_tiles_clear(struct lct_tiles *tiles) {
    tiles->marked = 0;
    memset(tiles->dirty, 0, sizeof tiles->dirty);
}

void lct_tiles_mark(struct lct_tiles *tiles, int x, int y, int width, int height) {
    int x0 = most(x, 0), x1 = least(x + width, tiles->width);
    int y0 = most(y, 0), y1 = least(y + height, tiles->height);
    if (x0 >= x1 || y0 >= y1) {
        return;
    }
    for (int row = y0 / LCT_TILE; row <= (y1 - 1) / LCT_TILE; row++) {
        for (int column = x0 / LCT_TILE; column <= (x1 - 1) / LCT_TILE; column++) {
            tiles->marked += !tiles->dirty[row][column];
            tiles->dirty[row][column] = 1;
        }
    }
}

static struct lct_box box_of(const struct lct_tiles *tiles, int row, int column, int end) {
    return (struct lct_box){
        .x0 = column * LCT_TILE,
        .y0 = row * LCT_TILE,
        .x1 = least(end * LCT_TILE, tiles->width),
        .y1 = least((row + 1) * LCT_TILE, tiles->height),
    };
}

/* Lengthens the box right above by this one; 0 when there is none of the same width. */
static int join(struct lct_box *boxes, size_t count, const struct lct_box *box) {
    for (size_t i = 0; i < count; i++) {
        if (boxes[i].y1 == box->y0 && boxes[i].x0 == box->x0 && boxes[i].x1 == box->x1) {
            boxes[i].y1 = box->y1;
            return 1;
        }
    }
    return 0;
}

static struct lct_box around(const struct lct_tiles *tiles) {
    struct lct_box all = {tiles->width, tiles->height, 0, 0};
    for (int row = 0; row < tiles->down; row++) {
        for (int column = 0; column < tiles->across; column++) {
            if (tiles->dirty[row][column]) {
                struct lct_box box = box_of(tiles, row, column, column + 1);
                all = (struct lct_box){least(all.x0, box.x0), least(all.y0, box.y0),
                                       most(all.x1, box.x1), most(all.y1, box.y1)};
            }
        }
    }
    return all;
}

size_t lct_tiles_boxes(const struct lct_tiles *tiles, struct lct_box *boxes, size_t max) {
    size_t count = 0;
    for (int row = 0; row < tiles->down && tiles->marked > 0; row++) {
        for (int column = 0, end; column < tiles->across; column = end + 1) {
            end = column; /* of the run of marked tiles that begins here, if one does */
            while (end < tiles->across && tiles->dirty[row][end]) {
                end++;
            }
            struct lct_box box = box_of(tiles, row, column, end);
            if (end == column || join(boxes, count, &box)) {
                continue;
            }
            if (count == max) {
                boxes[0] = around(tiles);
                return 1;
            }
            boxes[count++] = box;
        }
    }
    return count;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <string.h>

#include "capture/tiles.h"

static struct lct_tiles tiles;
static uint8_t covered[200][400]; /* pixels in units of 8 */

/* Every marked tile once, no other, nothing outside. */
static void check_cover(size_t max) {
    struct lct_box boxes[64];
    size_t count = lct_tiles_boxes(&tiles, boxes, max);
    cr_assert_leq(count, max);
    memset(covered, 0, sizeof covered);
    for (size_t i = 0; i < count; i++) {
        cr_expect(boxes[i].x0 >= 0 && boxes[i].x1 <= tiles.width && boxes[i].x0 < boxes[i].x1);
        cr_expect(boxes[i].y0 >= 0 && boxes[i].y1 <= tiles.height && boxes[i].y0 < boxes[i].y1);
        for (int y = boxes[i].y0; y < boxes[i].y1; y += 8) {
            for (int x = boxes[i].x0; x < boxes[i].x1; x += 8) {
                covered[y / 8][x / 8]++;
            }
        }
    }
    for (int y = 0; y < tiles.height; y += 8) {
        for (int x = 0; x < tiles.width; x += 8) {
            int wanted = tiles.dirty[y / LCT_TILE][x / LCT_TILE];
            int is = covered[y / 8][x / 8];
            cr_expect(count == 1 && max == 1 ? is >= wanted : is == wanted, "at %d,%d", x, y);
        }
    }
}

Test(tiles, cover_what_is_marked) {
    lct_tiles_init(&tiles, 1920, 1080);
    check_cover(48);
    cr_expect_eq(tiles.marked, 0);
    lct_tiles_mark(&tiles, 10, 10, 1, 1);
    cr_expect_eq(tiles.marked, 1);
    check_cover(48);
    lct_tiles_mark(&tiles, 60, 60, 10, 10);
    cr_expect_eq(tiles.marked, 4);
    check_cover(48);
    lct_tiles_mark(&tiles, 1919, 1079, 500, 500);
    lct_tiles_mark(&tiles, -100, 500, 150, 100);
    lct_tiles_mark(&tiles, 2000, 0, 10, 10);
    lct_tiles_mark(&tiles, 0, 0, 0, 10);
    check_cover(48);
    check_cover(1);
    lct_tiles_mark(&tiles, 0, 0, 1920, 1080);
    cr_expect_eq(tiles.marked, 30 * 17);
    struct lct_box all;
    cr_expect_eq(lct_tiles_boxes(&tiles, &all, 1), 1);
    cr_expect(all.x0 == 0 && all.y0 == 0 && all.x1 == 1920 && all.y1 == 1080);
    lct_tiles_clear(&tiles);
    cr_expect_eq(lct_tiles_boxes(&tiles, &all, 1), 0);
}

Test(tiles, cover_any_marks) {
    unsigned seed = 1;
    for (int round = 0; round < 300; round++) {
        lct_tiles_init(&tiles, 1366, 768);
        for (int i = 0; i < 1 + round % 9; i++) {
            seed = seed * 1664525U + 1013904223U;
            lct_tiles_mark(&tiles, (int)(seed >> 8 & 2047) - 100, (int)(seed >> 20 & 1023) - 100,
                           (int)(seed >> 4 & 255), (int)(seed >> 12 & 255));
        }
        check_cover(64);
    }
}

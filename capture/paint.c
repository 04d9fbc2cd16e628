// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/paint.h"

#include <string.h>

/* Five columns of seven dots, the lowest bit on top. */
struct letter {
    char code;
    uint8_t columns[5];
};

static const struct letter letters[] = {
    {'0', {0x3e, 0x51, 0x49, 0x45, 0x3e}}, {'1', {0x00, 0x42, 0x7f, 0x40, 0x00}},
    {'2', {0x62, 0x51, 0x49, 0x49, 0x46}}, {'3', {0x22, 0x41, 0x49, 0x49, 0x36}},
    {'4', {0x18, 0x14, 0x12, 0x7f, 0x10}}, {'5', {0x27, 0x45, 0x45, 0x45, 0x39}},
    {'6', {0x3c, 0x4a, 0x49, 0x49, 0x30}}, {'7', {0x01, 0x71, 0x09, 0x05, 0x03}},
    {'8', {0x36, 0x49, 0x49, 0x49, 0x36}}, {'9', {0x06, 0x49, 0x49, 0x29, 0x1e}},
    {':', {0x00, 0x36, 0x36, 0x00, 0x00}}, {'.', {0x00, 0x60, 0x60, 0x00, 0x00}},
    {'-', {0x08, 0x08, 0x08, 0x08, 0x08}}, {'+', {0x08, 0x08, 0x3e, 0x08, 0x08}},
    {'=', {0x14, 0x14, 0x14, 0x14, 0x14}}, {'/', {0x20, 0x10, 0x08, 0x04, 0x02}},
    {'A', {0x7c, 0x12, 0x11, 0x12, 0x7c}}, {'B', {0x7f, 0x49, 0x49, 0x49, 0x36}},
    {'C', {0x3e, 0x41, 0x41, 0x41, 0x22}}, {'D', {0x7f, 0x41, 0x41, 0x22, 0x1c}},
    {'E', {0x7f, 0x49, 0x49, 0x49, 0x41}}, {'F', {0x7f, 0x09, 0x09, 0x09, 0x01}},
    {'G', {0x3e, 0x41, 0x49, 0x49, 0x3a}}, {'H', {0x7f, 0x08, 0x08, 0x08, 0x7f}},
    {'I', {0x00, 0x41, 0x7f, 0x41, 0x00}}, {'J', {0x20, 0x40, 0x41, 0x3f, 0x01}},
    {'K', {0x7f, 0x08, 0x14, 0x22, 0x41}}, {'L', {0x7f, 0x40, 0x40, 0x40, 0x40}},
    {'M', {0x7f, 0x02, 0x0c, 0x02, 0x7f}}, {'N', {0x7f, 0x04, 0x08, 0x10, 0x7f}},
    {'O', {0x3e, 0x41, 0x41, 0x41, 0x3e}}, {'P', {0x7f, 0x09, 0x09, 0x09, 0x06}},
    {'Q', {0x3e, 0x41, 0x51, 0x21, 0x5e}}, {'R', {0x7f, 0x09, 0x19, 0x29, 0x46}},
    {'S', {0x46, 0x49, 0x49, 0x49, 0x31}}, {'T', {0x01, 0x01, 0x7f, 0x01, 0x01}},
    {'U', {0x3f, 0x40, 0x40, 0x40, 0x3f}}, {'V', {0x1f, 0x20, 0x40, 0x20, 0x1f}},
    {'W', {0x3f, 0x40, 0x38, 0x40, 0x3f}}, {'X', {0x63, 0x14, 0x08, 0x14, 0x63}},
    {'Y', {0x07, 0x08, 0x70, 0x08, 0x07}}, {'Z', {0x61, 0x51, 0x49, 0x45, 0x43}},
};

struct character {
    const char *utf8;
    const char *rows[16];
};

static const struct character characters[] = {
    {"演",
     {"..........#.....", ".##..###########", "..##.#.........#", ".....#.#######.#",
      "..........#.....", "##....#########.", ".##...#...#...#.", "......#########.",
      "......#...#...#.", "...#..#...#...#.", "..##..#########.", "..#.............",
      ".##....##...##..", ".#....##.....##.", "##..###.......##", "................"}},
    {"示",
     {"................", "..############..", "................", "................",
      ".##############.", ".......##.......", "...#...##...#...", "..##...##...##..",
      "..#....##....#..", ".##....##....##.", ".#.....##.....#.", "##.....##.....##",
      ".......##.......", ".....####.......", "......##........", "................"}},
    {"教",
     {"....##....##....", "....##....##....", ".########.##....", "....##.##.######",
      "....####.##..##.", ".#########..##..", "....###..#..##..", "...##....##.##..",
      "..######..####..", ".##..##...####..", ".....##....##...", "..########.##...",
      ".....##...####..", ".....##..##..##.", "...###..##....##", "................"}},
    {"室",
     {".......##.......", "........##......", ".##############.", ".##..........##.",
      ".#............#.", "...##########...", "......##........", ".....##..##.....",
      "...########.....", "..........##....", ".......##.......", "...##########...",
      ".......##.......", ".......##.......", ".##############.", "................"}},
};

static int clamp(int value, int least, int most) {
    return value < least ? least : value > most ? most : value;
}

static void fill(uint8_t *plane, int stride, int x0, int y0, int x1, int y1, uint8_t value) {
    for (int y = y0; y < y1 && x0 < x1; y++) {
        memset(plane + (ptrdiff_t)y * stride + x0, value, (size_t)(x1 - x0));
    }
}

void lct_paint_rect(struct lct_frame *frame, int x, int y, int width, int height,
                    struct lct_paint paint) {
    int x0 = clamp(x, 0, frame->width), x1 = clamp(x + width, x0, frame->width);
    int y0 = clamp(y, 0, frame->height), y1 = clamp(y + height, y0, frame->height);
    fill(frame->plane[0], frame->stride[0], x0, y0, x1, y1, paint.y);
    fill(frame->plane[1], frame->stride[1], x0 / 2, y0 / 2, x1 / 2, y1 / 2, paint.u);
    fill(frame->plane[2], frame->stride[2], x0 / 2, y0 / 2, x1 / 2, y1 / 2, paint.v);
}

void lct_paint_disc(struct lct_frame *frame, int x, int y, int radius, struct lct_paint paint) {
    int half = 0; /* half the width of this pair of rows, grows to the middle and shrinks again */
    for (int dy = -radius; dy < radius; dy += 2) {
        while (half < radius && (half + 1) * (half + 1) + dy * dy <= radius * radius) {
            half++;
        }
        while (half > 0 && half * half + dy * dy > radius * radius) {
            half--;
        }
        lct_paint_rect(frame, x - half, y + dy, 2 * half, 2, paint);
    }
}

static void paint_letter(struct lct_frame *frame, int x, int y, int scale, char code,
                         struct lct_paint paint) {
    int dot = 2 * scale; /* a letter is drawn at twice the scale of a character */
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        for (int c = 0; letters[i].code == code && c < 5; c++) {
            for (int r = 0; r < 7; r++) {
                if (letters[i].columns[c] & (1U << r)) {
                    lct_paint_rect(frame, x + c * dot, y + scale + r * dot, dot, dot, paint);
                }
            }
        }
    }
}

/* Draws the character at the head of text, if it is one we have; its bytes, or 0. */
static size_t paint_character(struct lct_frame *frame, int x, int y, int scale, const char *text,
                              struct lct_paint paint) {
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++) {
        const struct character *character = &characters[i];
        size_t n = strlen(character->utf8);
        if (strncmp(text, character->utf8, n) != 0) {
            continue;
        }
        for (int r = 0; r < 16; r++) {
            for (int c = 0; c < 16; c++) {
                if (character->rows[r][c] == '#') {
                    lct_paint_rect(frame, x + c * scale, y + r * scale, scale, scale, paint);
                }
            }
        }
        return n;
    }
    return 0;
}

int lct_paint_text(struct lct_frame *frame, int x, int y, int scale, const char *text,
                   struct lct_paint paint) {
    while (*text) {
        size_t n = paint_character(frame, x, y, scale, text, paint);
        if (n == 0) {
            paint_letter(frame, x, y, scale, *text, paint);
        }
        x += (n > 0 ? 18 : 12) * scale;
        text += n > 0 ? n : 1;
    }
    return x;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/democode.h"

#include <stdbool.h>
#include <stddef.h>

#include "capture/paint.h"

#define UNITS 40     /* across the picture */
#define FIRST_UNIT 6 /* where block 0 stands */
#define CONTRAST 80  /* least distance of white and black */
#define MODULUS (1 << LCT_DEMOCODE_BITS)

/* The colours of the blocks: bit i is block i. */
static uint32_t blocks_of(uint32_t code) {
    uint32_t blocks = 1U | 1U << 27;
    for (unsigned i = 0; i < LCT_DEMOCODE_BITS; i++) {
        uint32_t bit = code >> (LCT_DEMOCODE_BITS - 1 - i) & 1U;
        blocks |= bit << (2 + i);
        blocks ^= bit << 26;
    }
    return blocks;
}

static uint32_t code_of(uint32_t blocks) {
    uint32_t code = 0;
    for (unsigned i = 0; i < LCT_DEMOCODE_BITS; i++) {
        code = code << 1 | (blocks >> (2 + i) & 1U);
    }
    return code;
}

void lct_democode_draw(struct lct_frame *frame) {
    uint32_t blocks = blocks_of((uint32_t)(frame->time / LCT_MS % MODULUS));
    int unit = frame->width / UNITS;
    int top = frame->height - 3 * unit;
    lct_paint_rect(frame, 0, top, frame->width, 3 * unit, LCT_PAINT_BLACK);
    for (int i = 0; i < LCT_DEMOCODE_BLOCKS; i++) {
        if (blocks >> i & 1U) {
            lct_paint_rect(frame, (FIRST_UNIT + i) * unit, top + unit, unit, unit, LCT_PAINT_WHITE);
        }
    }
}

/* Mean luma of the middle half of block i. */
static int mean(const uint8_t *luma, int stride, int width, int height, int i) {
    int x0 = (4 * (FIRST_UNIT + i) + 1) * width / (4 * UNITS);
    int x1 = (4 * (FIRST_UNIT + i) + 3) * width / (4 * UNITS);
    int y0 = height - 7 * width / (4 * UNITS);
    int y1 = height - 5 * width / (4 * UNITS);
    int sum = 0;
    for (int y = y0; y < y1; y++) {
        for (int x = x0; x < x1; x++) {
            sum += luma[(ptrdiff_t)y * stride + x];
        }
    }
    return sum / ((x1 - x0) * (y1 - y0));
}

int32_t lct_democode_read(const uint8_t *luma, int stride, int width, int height) {
    if (width < 4 * UNITS || height < 3 * width / UNITS) {
        return -1;
    }
    int white = mean(luma, stride, width, height, 0);
    int black = mean(luma, stride, width, height, 1);
    if (white - black < CONTRAST) {
        return -1;
    }
    uint32_t blocks = 0;
    for (int i = 0; i < LCT_DEMOCODE_BLOCKS; i++) {
        int over = 2 * mean(luma, stride, width, height, i) - white - black;
        if (2 * (over < 0 ? -over : over) < white - black) {
            return -1;
        }
        blocks |= (over > 0 ? 1U : 0U) << i;
    }
    uint32_t code = code_of(blocks);
    return blocks == blocks_of(code) ? (int32_t)code : -1;
}

lct_ns lct_democode_time(int32_t code, lct_ns near) {
    int64_t near_ms = near / LCT_MS;
    int64_t ahead = (code - near_ms % MODULUS + MODULUS) % MODULUS;
    return (near_ms + (ahead > MODULUS / 2 ? ahead - MODULUS : ahead)) * LCT_MS;
}

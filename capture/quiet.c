// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/quiet.h"

#include <stdlib.h>
#include <string.h>

#include "capture/frame.h"

#define SIDE 16
#define BLOCKS_MAX ((LCT_PICTURE_SIDE_MAX / SIDE) * (LCT_PICTURE_SIDE_MAX / SIDE))

/* Noise of sigma s in both pictures: the differences of a block of 256 add up to 256 * 1.13 * s,
   with a spread of 14 * s. What is called noise ends at s = 4. */
#define NOISE_MAX 1160U

/* Of a block: what its differences add up to without sign and with it. */
struct block {
    uint16_t absolute; /* at most 256 * 255 */
    uint16_t drift;
};

/* A fixed count, so that compilers make vector code of it. */
static void add_row(const uint8_t *a, const uint8_t *b, unsigned *absolute, int *drift) {
    unsigned sum = 0;
    int tilt = 0;
    for (int i = 0; i < SIDE; i++) {
        int d = a[i] - b[i];
        sum += (unsigned)(d < 0 ? -d : d);
        tilt += d;
    }
    *absolute += sum;
    *drift += tilt;
}

static struct block compare(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b,
                            ptrdiff_t b_stride, int rows) {
    unsigned absolute = 0;
    int drift = 0;
    for (int y = 0; y < rows; y++) {
        add_row(a + y * a_stride, b + y * b_stride, &absolute, &drift);
    }
    return (struct block){(uint16_t)absolute, (uint16_t)abs(drift)};
}

/* The quartile of the sums: noise, as long as a quarter of the picture stood still. */
static unsigned measure_noise(const struct block *blocks, size_t n) {
    size_t counts[256] = {0}, seen = 0;
    for (size_t i = 0; i < n; i++) {
        counts[blocks[i].absolute >> 8]++;
    }
    unsigned level = 0;
    while (level < 255 && (seen += counts[level]) < (n + 3) / 4) {
        level++;
    }
    unsigned noise = (level + 1) << 8;
    return noise < NOISE_MAX ? noise : NOISE_MAX;
}

/* Noise spreads a block's sum by less than a tenth and its drift by less than an eighth of the sum:
   a limit lies well beyond what the thousands of blocks of an hour's pictures reach by chance. */
static size_t count_changed(const struct block *blocks, size_t n) {
    unsigned noise = measure_noise(blocks, n);
    unsigned limit = noise + noise / 2 + 64, drift = noise / 2 + 32;
    size_t changed = 0;
    for (size_t i = 0; i < n; i++) {
        changed += blocks[i].absolute > limit || blocks[i].drift > drift;
    }
    return changed;
}

unsigned lct_quiet_changed(const uint8_t *now, int now_stride, const uint8_t *last, int last_stride,
                           int width, int height) {
    if (width < SIDE || height < SIDE) {
        return 1000;
    }
    /* The last column and row of blocks overlap their neighbours where the size is not a multiple.
     */
    size_t columns = (size_t)(width + SIDE - 1) / SIDE, rows = (size_t)(height + SIDE - 1) / SIDE;
    struct block *blocks =
        columns * rows <= BLOCKS_MAX ? calloc(columns * rows, sizeof *blocks) : NULL;
    if (!blocks) {
        return 1000;
    }
    for (size_t i = 0; i < columns * rows; i++) {
        ptrdiff_t x = (ptrdiff_t)(i % columns) * SIDE, y = (ptrdiff_t)(i / columns) * SIDE;
        x = x > width - SIDE ? width - SIDE : x;
        y = y > height - SIDE ? height - SIDE : y;
        blocks[i] = compare(now + y * now_stride + x, now_stride, last + y * last_stride + x,
                            last_stride, SIDE);
    }
    size_t changed = count_changed(blocks, columns * rows);
    size_t n = columns * rows;
    free(blocks);
    return changed == 0 ? 0 : changed * 1000 / n > 0 ? (unsigned)(changed * 1000 / n) : 1;
}

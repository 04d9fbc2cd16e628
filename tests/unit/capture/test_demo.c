// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "capture/democode.h"
#include "capture/paint.h"
#include "tests/support/reader.h"

static int32_t code_of(const struct lct_frame *frame) {
    return lct_democode_read(frame->plane[0], frame->stride[0], frame->width, frame->height);
}

static int32_t expected_code(lct_ns time) {
    return (int32_t)(time / LCT_MS % (1 << LCT_DEMOCODE_BITS));
}

/* The middle of the flash area. */
static bool flashes(const struct lct_frame *frame) {
    return frame->plane[0][390 * frame->stride[0] + 1000] > 200;
}

Test(democode, is_read_back) {
    static const int sizes[][2] = {{1280, 720}, {1920, 1080}, {640, 360}, {320, 180}, {160, 90}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (unsigned i = 0; i < 300; i++) {
            lct_ns time = (lct_ns)(i * 2654435761U) * LCT_MS + i;
            struct lct_frame *frame = lct_frame_picture(sizes[s][0], sizes[s][1], time);
            lct_paint_rect(frame, 0, 0, frame->width, frame->height, LCT_PAINT_GREY);
            cr_expect_eq(code_of(frame), -1, "a code where none is");
            lct_democode_draw(frame);
            cr_expect_eq(code_of(frame), expected_code(time));
            cr_expect_eq(lct_democode_time(code_of(frame), time + 3600 * LCT_SECOND),
                         time / LCT_MS * LCT_MS);
            cr_expect_eq(lct_democode_time(code_of(frame), time - 3600 * LCT_SECOND),
                         time / LCT_MS * LCT_MS);
            lct_frame_unref(frame);
        }
    }
}

/* What an encoder and a scaler do to it, only worse: every size between, low contrast, noise. */
Test(democode, survives_scaling_and_noise) {
    struct lct_frame *frame = lct_frame_picture(1280, 720, 123456789 * LCT_MS);
    lct_paint_rect(frame, 0, 0, 1280, 720, LCT_PAINT_GREY);
    lct_democode_draw(frame);
    for (int width = 480; width <= 1920; width += 70) {
        int height = width * 9 / 16;
        uint8_t *luma = malloc((size_t)width * (size_t)height);
        unsigned seed = 1;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                seed = seed * 1664525U + 1013904223U;
                int value = frame->plane[0][y * 720 / height * frame->stride[0] + x * 1280 / width];
                luma[y * width + x] = (uint8_t)(40 + value / 2 + (int)(seed >> 27));
            }
        }
        cr_expect_eq(lct_democode_read(luma, width, width, height), expected_code(frame->time),
                     "%d x %d", width, height);
        free(luma);
    }
    lct_frame_unref(frame);
}

Test(democode, refuses_a_broken_row) {
    struct lct_frame *frame = lct_frame_picture(1280, 720, 123456789 * LCT_MS);
    for (int block = 0; block < LCT_DEMOCODE_BLOCKS; block++) {
        lct_democode_draw(frame);
        uint8_t *middle = frame->plane[0] + 672 * frame->stride[0] + (6 * 2 + 1 + 2 * block) * 16;
        uint8_t value = *middle > 128 ? 16 : 235;
        lct_paint_rect(frame, (6 + block) * 32, 656, 32, 32, (struct lct_paint){value, 128, 128});
        cr_expect_eq(code_of(frame), -1, "block %d was turned over unnoticed", block);
    }
    cr_expect_eq(lct_democode_read(frame->plane[0], frame->stride[0], 100, 60), -1, "too small");
    lct_frame_unref(frame);
}

Test(demo, keeps_its_grid_and_flashes_each_two_seconds, .timeout = 30) {
    struct reader reader;
    reader_open(&reader, "demo", LCT_OUTPUT_CAMERA);
    lct_ns start = 0, flash = 0;
    int claps = 0;
    for (int i = 0; i < 150; i++) {
        struct lct_frame *frame = reader_next(&reader, LCT_FRAME_PICTURE, 5 * LCT_SECOND);
        cr_assert(frame);
        start = i == 0 ? frame->time : start;
        lct_ns n = (frame->time - start + LCT_MS) * 30 / LCT_SECOND;
        cr_expect_eq(frame->time, start + n * LCT_SECOND / 30, "off the grid");
        cr_expect_eq(code_of(frame), expected_code(frame->time));
        if (flashes(frame)) {
            cr_expect(flash == 0 || frame->time - flash == 2 * LCT_SECOND);
            cr_expect_eq((frame->time - start) % (2 * LCT_SECOND), 0);
            flash = frame->time;
            claps++;
        }
        lct_frame_unref(frame);
    }
    cr_expect_eq(claps, 2);
    reader_close(&reader);
}

Test(demo, is_seen_and_heard_at_the_same_time, .timeout = 30) {
    struct reader reader;
    reader_open(&reader, "demo", LCT_OUTPUT_CAMERA);
    struct lct_queue *sound = lct_queue_create(1000, LCT_QUEUE_DROP_OLDEST, lct_frame_unref_item);
    lct_source_attach(reader.source, LCT_OUTPUT_SOUND, sound);
    lct_ns seen = 0, heard = 0, next = 0;
    while (seen == 0) {
        struct lct_frame *frame = reader_next(&reader, LCT_FRAME_PICTURE, 5 * LCT_SECOND);
        cr_assert(frame);
        seen = flashes(frame) ? frame->time : 0;
        lct_frame_unref(frame);
    }
    while (heard == 0) {
        struct lct_frame *run = lct_queue_pop(sound, lct_monotonic() + 5 * LCT_SECOND);
        cr_assert(run && run->kind == LCT_FRAME_SOUND);
        cr_expect(next == 0 || run->time == next, "a hole in the sound");
        next = run->time + lct_ticks_to_ns((int64_t)run->samples, LCT_SOUND_RATE);
        for (size_t i = 0; i < run->samples && heard == 0; i++) {
            if (fabsf(run->sound[2 * i]) > 0.3F) {
                heard = run->time + lct_ticks_to_ns((int64_t)i, LCT_SOUND_RATE);
            }
        }
        lct_frame_unref(run);
    }
    cr_expect_eq(heard, seen, "%lld ns apart", (long long)(heard - seen));
    lct_source_attach(reader.source, LCT_OUTPUT_SOUND, NULL);
    reader_close(&reader);
    lct_queue_destroy(sound);
}

Test(demo, changes_its_slide, .timeout = 40) {
    struct reader reader;
    reader_open(&reader, "demo", LCT_OUTPUT_SCREEN);
    lct_ns last = 0;
    for (int i = 0; i < 2; i++) {
        struct lct_frame *frame = reader_next(&reader, LCT_FRAME_PICTURE, 15 * LCT_SECOND);
        cr_assert(frame && frame->width == 1920 && frame->height == 1080);
        cr_expect_eq(code_of(frame), expected_code(frame->time));
        cr_expect(last == 0 || frame->time - last == 10 * LCT_SECOND);
        last = frame->time;
        lct_frame_unref(frame);
    }
    reader_close(&reader);
}

Test(paint, stays_inside) {
    struct lct_frame *frame = lct_frame_picture(64, 48, 0);
    lct_paint_rect(frame, -10, -10, 1000, 1000, LCT_PAINT_BLACK);
    lct_paint_disc(frame, 0, 47, 30, LCT_PAINT_WHITE);
    lct_paint_disc(frame, 200, 200, 30, LCT_PAINT_WHITE);
    lct_paint_text(frame, -50, -5, 9, "DEMO 演示教室 课", LCT_PAINT_WHITE);
    lct_paint_rect(frame, 70, 50, 4, 4, LCT_PAINT_WHITE);
    cr_expect_eq(frame->plane[0][47 * frame->stride[0]], 235);
    lct_frame_unref(frame);
}

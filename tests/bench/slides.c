// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * slides [--every SECONDS] [--pointer] FILE.ppm...: a lecture's screen for the benchmarks.
 *
 * Covers the display with the pictures, centred on black, one after the other and round again, a
 * new one each SECONDS (20 if not given). With --pointer the pointer moves along a curve, 60 steps
 * a second, in the first third of each 6 s. Everything is a function of the time since the first
 * slide, so two runs show the same. Prints "ready" when the first slide is shown. Ends when the X
 * server does.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xcb/xcb.h>
#include <xcb/xtest.h>

#include "base/mem.h"
#include "base/time.h"

#define SLIDES_MOST 32
#define STRIP 64 /* rows a request: the largest one has 16 MB */
#define STEP (LCT_SECOND / 60)
#define MOVING_EACH (6 * LCT_SECOND)
#define MOVING_FOR (2 * LCT_SECOND)
#define LEFT_POINTER 68 /* of the font "cursor" */

struct show {
    xcb_connection_t *x;
    const xcb_screen_t *screen;
    xcb_window_t window;
    xcb_gcontext_t gc;
    xcb_pixmap_t slides[SLIDES_MOST];
    int count, shown;
    lct_ns every;
    bool pointer;
};

static int fail(const char *what) {
    (void)fprintf(stderr, "slides: %s\n", what);
    return 1;
}

/* Reads a binary PPM as 4 bytes a pixel, as X takes them; NULL when it is none. */
static uint8_t *read_ppm(const char *path, int *ret_width, int *ret_height) {
    FILE *file = fopen(path, "rb");
    int width = 0, height = 0;
    if (!file || fscanf(file, "P6 %d %d 255", &width, &height) != 2 || fgetc(file) == EOF ||
        width < 1 || width > 8192 || height < 1 || height > 8192) {
        if (file) {
            (void)fclose(file);
        }
        return NULL;
    }
    size_t pixels = (size_t)width * (size_t)height;
    uint8_t *out = lct_new(pixels * 4);
    uint8_t rgb[3];
    for (size_t i = 0; i < pixels && fread(rgb, 3, 1, file) == 1; i++) {
        out[4 * i] = rgb[2];
        out[4 * i + 1] = rgb[1];
        out[4 * i + 2] = rgb[0];
    }
    (void)fclose(file);
    *ret_width = width;
    *ret_height = height;
    return out;
}

static void put(const struct show *s, xcb_pixmap_t to, const uint8_t *pixels, int width,
                int height) {
    int left = (s->screen->width_in_pixels - width) / 2;
    int top = (s->screen->height_in_pixels - height) / 2;
    for (int y = 0; y < height; y += STRIP) {
        int rows = height - y < STRIP ? height - y : STRIP;
        size_t row = (size_t)width * 4;
        xcb_put_image(s->x, XCB_IMAGE_FORMAT_Z_PIXMAP, to, s->gc, (uint16_t)width, (uint16_t)rows,
                      (int16_t)left, (int16_t)(top + y), 0, s->screen->root_depth,
                      (uint32_t)(row * (size_t)rows), pixels + row * (size_t)y);
    }
}

static bool load(struct show *s, const char *path) {
    int width, height;
    uint8_t *pixels = read_ppm(path, &width, &height);
    if (!pixels) {
        return false;
    }
    const xcb_screen_t *screen = s->screen;
    xcb_pixmap_t slide = s->slides[s->count++] = xcb_generate_id(s->x);
    xcb_create_pixmap(s->x, screen->root_depth, slide, screen->root, screen->width_in_pixels,
                      screen->height_in_pixels);
    xcb_rectangle_t all = {0, 0, screen->width_in_pixels, screen->height_in_pixels};
    xcb_poly_fill_rectangle(s->x, slide, s->gc, 1, &all); /* the GC's foreground is black */
    put(s, slide, pixels, width, height);
    free(pixels);
    return true;
}

static void open_window(struct show *s) {
    xcb_font_t font = xcb_generate_id(s->x);
    xcb_cursor_t cursor = xcb_generate_id(s->x);
    xcb_open_font(s->x, font, 6, "cursor");
    xcb_create_glyph_cursor(s->x, cursor, font, font, LEFT_POINTER, LEFT_POINTER + 1, 0, 0, 0,
                            0xffff, 0xffff, 0xffff);
    const uint32_t values[] = {s->screen->black_pixel, 1, cursor};
    s->window = xcb_generate_id(s->x);
    xcb_create_window(s->x, XCB_COPY_FROM_PARENT, s->window, s->screen->root, 0, 0,
                      s->screen->width_in_pixels, s->screen->height_in_pixels, 0,
                      XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT,
                      XCB_CW_BACK_PIXEL | XCB_CW_OVERRIDE_REDIRECT | XCB_CW_CURSOR, values);
    xcb_map_window(s->x, s->window);
    xcb_test_fake_input(s->x, XCB_MOTION_NOTIFY, 0, 0, s->screen->root, 960, 540, 0);
}

static void show(struct show *s, int slide) {
    if (slide == s->shown) {
        return;
    }
    s->shown = slide;
    xcb_copy_area(s->x, s->slides[slide], s->window, s->gc, 0, 0, 0, 0, s->screen->width_in_pixels,
                  s->screen->height_in_pixels);
}

/* Somebody points at things: slow and quick, over most of the slide. */
static void point(const struct show *s, lct_ns now) {
    lct_ns part = now % MOVING_EACH;
    if (!s->pointer || part >= MOVING_FOR) {
        return;
    }
    double t = (double)(now / MOVING_EACH * MOVING_FOR + part) / (double)LCT_SECOND;
    double x = s->screen->width_in_pixels * (0.5 + 0.3 * sin(2.1 * t));
    double y = s->screen->height_in_pixels * (0.5 + 0.35 * sin(1.3 * t + 0.7));
    xcb_test_fake_input(s->x, XCB_MOTION_NOTIFY, 0, 0, s->screen->root, (int16_t)x, (int16_t)y, 0);
}

static void run(struct show *s) {
    lct_ns zero = lct_monotonic();
    for (lct_ns now = 0; !xcb_connection_has_error(s->x); now += STEP) {
        show(s, (int)(now / s->every % s->count));
        point(s, now);
        /* The answer comes when all that was asked for before it has been done. */
        free(xcb_get_input_focus_reply(s->x, xcb_get_input_focus(s->x), NULL));
        if (now == 0) {
            (void)puts("ready");
            (void)fflush(stdout);
        }
        lct_ns due = zero + now + STEP;
        struct timespec until = {due / LCT_SECOND, due % LCT_SECOND};
        (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    }
}

int main(int argc, char **argv) {
    struct show s = {.shown = -1, .every = 20 * LCT_SECOND};
    s.x = xcb_connect(NULL, NULL);
    if (xcb_connection_has_error(s.x)) {
        return fail("there is no X display");
    }
    s.screen = xcb_setup_roots_iterator(xcb_get_setup(s.x)).data;
    s.gc = xcb_generate_id(s.x);
    const uint32_t values[] = {s.screen->black_pixel, 0};
    xcb_create_gc(s.x, s.gc, s.screen->root, XCB_GC_FOREGROUND | XCB_GC_GRAPHICS_EXPOSURES, values);
    for (int i = 1; i < argc && s.count < SLIDES_MOST; i++) {
        if (strcmp(argv[i], "--pointer") == 0) {
            s.pointer = true;
        } else if (strcmp(argv[i], "--every") == 0 && i + 1 < argc) {
            s.every = (lct_ns)(atof(argv[++i]) * LCT_SECOND);
        } else if (!load(&s, argv[i])) {
            return fail("a slide cannot be read");
        }
    }
    if (s.count == 0 || s.every < LCT_MS) {
        return fail("usage: slides [--every SECONDS] [--pointer] FILE.ppm...");
    }
    open_window(&s);
    run(&s);
    xcb_disconnect(s.x);
    return 0;
}

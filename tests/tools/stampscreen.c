// SPDX-License-Identifier: GPL-3.0-or-later
//
// stampscreen [FPS]: a moving X11 screen for tests. Draws the stamp of stamp.h in the top left
// corner of the root window FPS times a second (25 if not given), and a bar that moves below it.
// Prints "ready" after the first. Ends when the X server does.

#include <stdio.h>
#include <stdlib.h>
#include <xcb/xcb.h>

#include "stamp.h"

static void fill(xcb_connection_t *x, xcb_window_t window, xcb_gcontext_t gc, uint32_t colour,
                 uint32_t count, const xcb_rectangle_t *boxes) {
    xcb_change_gc(x, gc, XCB_GC_FOREGROUND, &colour);
    xcb_poly_fill_rectangle(x, window, gc, count, boxes);
}

static void draw(xcb_connection_t *x, const xcb_screen_t *screen, xcb_gcontext_t gc, uint64_t ms) {
    xcb_rectangle_t white[STAMP_BITS], black[STAMP_BITS];
    uint32_t whites = 0, blacks = 0;
    uint64_t bits = stamp_bits(ms);
    for (int block = 0; block < STAMP_BITS; block++) {
        xcb_rectangle_t box = {(int16_t)(block * STAMP_BLOCK), 0, STAMP_BLOCK, STAMP_HEIGHT};
        if (stamp_is_white(bits, block))
            white[whites++] = box;
        else
            black[blacks++] = box;
    }
    fill(x, screen->root, gc, screen->white_pixel, whites, white);
    fill(x, screen->root, gc, screen->black_pixel, blacks, black);
    xcb_rectangle_t lane = {0, 64, screen->width_in_pixels, 32};
    xcb_rectangle_t bar = {(int16_t)(ms / 10 % screen->width_in_pixels), 64, 32, 32};
    fill(x, screen->root, gc, 0x204060, 1, &lane);
    fill(x, screen->root, gc, 0xe0a020, 1, &bar);
    xcb_flush(x);
}

int main(int argc, char **argv) {
    long fps = argc > 1 ? atol(argv[1]) : 25;
    xcb_connection_t *x = xcb_connect(NULL, NULL);
    if (fps < 1 || xcb_connection_has_error(x)) {
        fprintf(stderr, "stampscreen: no X display, or no such rate\n");
        return 1;
    }
    const xcb_screen_t *screen = xcb_setup_roots_iterator(xcb_get_setup(x)).data;
    xcb_gcontext_t gc = xcb_generate_id(x);
    xcb_create_gc(x, gc, screen->root, 0, NULL);
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (int first = 1; !xcb_connection_has_error(x); first = 0) {
        draw(x, screen, gc, stamp_now_ms());
        if (first && puts("ready") >= 0)
            fflush(stdout);
        next.tv_nsec += 1000000000 / fps;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
    xcb_disconnect(x);
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * screenlatency COUNT [--stdin]: how long from a change of the screen to its coded picture.
 *
 * Draws COUNT blocks of 256 x 256 pixels of noise at random moments on $DISPLAY, which nobody else
 * may draw on, and prints the milliseconds each took as a JSON array, null for one that was not
 * seen within a second. Without --stdin: to the chunk published on the bus, by lectern's own source
 * and track in this process. With it: to the end of the coded picture on standard input, where
 * another recorder writes its H.264 stream.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xcb/xcb.h>

#include "base/mem.h"
#include "encode/track.h"
#include "tests/support/reader.h"

#define SIDE 256
#define NOISY                                                                                      \
    8192U /* such a block never codes to less; a screen that stands still, to 100 bytes            \
           */
#define WITHIN LCT_SECOND
#define APART (400 * LCT_MS) /* from one block to the next, and up to twice that more */

struct board {
    xcb_connection_t *x;
    const xcb_screen_t *screen;
    xcb_gcontext_t gc;
    uint32_t pixels[SIDE * SIDE];
    int16_t left, top;
};

static bool open_board(struct board *board) {
    board->x = xcb_connect(NULL, NULL);
    if (xcb_connection_has_error(board->x)) {
        return false;
    }
    board->screen = xcb_setup_roots_iterator(xcb_get_setup(board->x)).data;
    board->gc = xcb_generate_id(board->x);
    const uint32_t black = board->screen->black_pixel;
    xcb_create_gc(board->x, board->gc, board->screen->root, XCB_GC_FOREGROUND, &black);
    return true;
}

/* Returns when the server has done it; gives the time before it was asked. */
static lct_ns draw(struct board *board) {
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        board->pixels[i] = (uint32_t)random();
    }
    board->left = (int16_t)(random() % (board->screen->width_in_pixels - SIDE));
    board->top = (int16_t)(random() % (board->screen->height_in_pixels - SIDE));
    lct_ns now = lct_monotonic();
    xcb_put_image(board->x, XCB_IMAGE_FORMAT_Z_PIXMAP, board->screen->root, board->gc, SIDE, SIDE,
                  board->left, board->top, 0, board->screen->root_depth, sizeof board->pixels,
                  (const uint8_t *)board->pixels);
    free(xcb_get_input_focus_reply(board->x, xcb_get_input_focus(board->x), NULL));
    return now;
}

static void wipe(struct board *board) {
    xcb_rectangle_t box = {board->left, board->top, SIDE, SIDE};
    xcb_poly_fill_rectangle(board->x, board->screen->root, board->gc, 1, &box);
    xcb_flush(board->x);
}

/* ---- when it is there ---- */

struct ours {
    struct reader source;
    struct lct_bus *bus;
    struct lct_bus_reader *chunks;
    struct lct_track *track;
};

static int open_ours(struct ours *ours) {
    ours->bus = lct_bus_create();
    const struct lct_bus_limits limits = {10 * LCT_SECOND, 64U << 20, .keep_old = false};
    ours->chunks = lct_bus_subscribe(ours->bus, &limits, NULL, NULL);
    char spec[64];
    (void)snprintf(spec, sizeof spec, "screen:x11:%s", getenv("DISPLAY"));
    reader_open(&ours->source, spec, LCT_OUTPUT_SCREEN);
    const struct lct_track_settings settings = {.name = "screen",
                                                .id = 1,
                                                .kind = LCT_TRACK_SCREEN,
                                                .zero = lct_monotonic(),
                                                .in = ours->source.queue,
                                                .bus = ours->bus};
    struct lct_fault fault;
    return lct_track_create(&settings, &ours->track, &fault);
}

static void close_ours(struct ours *ours) {
    lct_source_attach(ours->source.source, LCT_OUTPUT_SCREEN, NULL);
    lct_track_destroy(ours->track); /* closes the queue */
    reader_close(&ours->source);
    lct_bus_unsubscribe(ours->chunks);
    lct_bus_destroy(ours->bus);
}

/* The moment the picture with the block was published; what came before is left out. */
static lct_ns wait_for_chunk(struct ours *ours, lct_ns drawn, lct_ns until) {
    struct lct_chunk *chunk;
    lct_ns seen = LCT_NS_NONE;
    while (seen == LCT_NS_NONE && (chunk = lct_bus_take(ours->chunks, until, NULL))) {
        if (chunk->published > drawn && chunk->captured > drawn - 5 * LCT_MS && chunk->n > NOISY) {
            seen = chunk->published;
        }
        lct_chunk_unref(chunk);
    }
    return seen;
}

/* The same of a stream of bytes: pictures are told apart by the pause between them. */
static lct_ns wait_for_bytes(lct_ns until) {
    static uint8_t bytes[1 << 20];
    size_t burst = 0;
    lct_ns last = LCT_NS_NONE;
    for (lct_ns now = lct_monotonic(); now < until; now = lct_monotonic()) {
        struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
        if (poll(&in, 1, 2) == 1) {
            ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
            burst += n > 0 ? (size_t)n : 0;
            last = lct_monotonic();
        } else if (burst > NOISY) {
            return last;
        } else {
            burst = 0;
        }
    }
    return LCT_NS_NONE;
}

static lct_ns wait_for(struct ours *ours, lct_ns drawn, lct_ns until) {
    return ours->track ? wait_for_chunk(ours, drawn, until) : wait_for_bytes(until);
}

/* Lets pass what has nothing to do with a block. */
static void rest(struct ours *ours, lct_ns span) {
    lct_ns until = lct_monotonic() + span;
    while (lct_monotonic() < until) {
        (void)wait_for(ours, 0, until);
    }
}

int main(int argc, char **argv) {
    static struct board board;
    struct ours ours = {.track = NULL};
    int count = argc > 1 ? atoi(argv[1]) : 0;
    if (count < 1 || !open_board(&board)) {
        (void)fputs("usage: screenlatency COUNT [--stdin], with an X display\n", stderr);
        return 1;
    }
    bool from_stdin = argc > 2 && strcmp(argv[2], "--stdin") == 0;
    if (!from_stdin && open_ours(&ours) < 0) {
        return 1;
    }
    srandom(1);
    rest(&ours, 3 * LCT_SECOND);
    for (int i = 0; i < count; i++) {
        lct_ns drawn = draw(&board);
        lct_ns seen = wait_for(&ours, drawn, drawn + WITHIN);
        if (seen == LCT_NS_NONE) {
            (void)printf("%snull", i ? ", " : "[");
        } else {
            (void)printf("%s%.2f", i ? ", " : "[", (double)(seen - drawn) / LCT_MS);
        }
        (void)fflush(stdout);
        wipe(&board);
        rest(&ours, APART + random() % (2 * APART));
    }
    (void)puts("]");
    if (ours.track) {
        close_ours(&ours);
    }
    xcb_disconnect(board.x);
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/source.h"
#include "tests/support/reader.h"
#include "tests/support/xvfb.h"

static struct xvfb server;
static struct xclient *client;
static struct reader reader;

static void open_screen(const char *screen) {
    char spec[64];
    xvfb_start(&server, screen);
    client = xclient_open(server.name);
    xclient_black_pointer(client);
    xclient_point(client, 5, 5);
    (void)snprintf(spec, sizeof spec, "screen:x11:%s", server.name);
    reader_open(&reader, spec, LCT_OUTPUT_SCREEN);
}

static void close_screen(void) {
    reader_close(&reader);
    if (client) {
        xclient_close(client);
    }
    xvfb_kill(&server);
}

static struct lct_frame *next(lct_ns within) {
    return reader_next(&reader, LCT_FRAME_PICTURE, within);
}

/* The last picture before it is quiet for that long. */
static struct lct_frame *settled(lct_ns quiet) {
    struct lct_frame *last = next(20 * LCT_SECOND);
    for (struct lct_frame *frame; last && (frame = next(quiet));) {
        lct_frame_unref(last);
        last = frame;
    }
    return last;
}

static void check_pixel(const struct lct_frame *frame, int x, int y, int luma, int u, int v) {
    int is_y = frame->plane[0][y * frame->stride[0] + x];
    int is_u = frame->plane[1][y / 2 * frame->stride[1] + x / 2];
    int is_v = frame->plane[2][y / 2 * frame->stride[2] + x / 2];
    cr_expect(abs(is_y - luma) <= 2 && abs(is_u - u) <= 2 && abs(is_v - v) <= 2,
              "at %d,%d: %d %d %d instead of %d %d %d", x, y, is_y, is_u, is_v, luma, u, v);
}

Test(x11, shows_what_is_drawn, .timeout = 60) {
    open_screen("1280x720x24");
    struct lct_frame *frame = settled(LCT_SECOND);
    cr_assert(frame && frame->width == 1280 && frame->height == 720);
    cr_expect_eq(frame->changed_permille, 1000);
    lct_frame_unref(frame);
    xclient_fill(client, 100, 100, 51, 33, 0xff0000);
    xclient_fill(client, 640, 360, 100, 100, 0x00ff00);
    xclient_fill(client, 1270, 710, 10, 10, 0x0000ff);
    frame = settled(LCT_SECOND);
    cr_assert(frame);
    /* BT.601 limited: ITU-R BT.601-7 sec. 2.5 */
    check_pixel(frame, 120, 110, 81, 90, 240);
    check_pixel(frame, 700, 400, 145, 54, 34);
    check_pixel(frame, 1275, 715, 41, 240, 110);
    check_pixel(frame, 98, 98, 16, 128, 128);
    check_pixel(frame, 152, 134, 16, 128, 128);
    cr_expect_eq(frame->colour, LCT_COLOUR_BT601);
    cr_expect_lt(frame->changed_permille, 200, "%u", frame->changed_permille);
    lct_frame_unref(frame);
    close_screen();
}

Test(x11, is_quiet_while_nothing_changes, .timeout = 60) {
    open_screen("1280x720x24");
    lct_frame_unref(settled(LCT_SECOND));
    struct lct_frame *frame = next(3 * LCT_SECOND);
    cr_expect_null(frame, "a picture of nothing new");
    lct_frame_unref(frame);
    xclient_fill(client, 0, 300, 200, 200, 0x000000); /* what is there already */
    frame = next(2 * LCT_SECOND);
    cr_expect_null(frame, "a picture though the pixels are the same");
    lct_frame_unref(frame);
    cr_expect(reader_wait(&reader, LCT_SOURCE_RUNNING, 0), "quiet is not lost");
    close_screen();
}

Test(x11, draws_the_pointer, .timeout = 60) {
    open_screen("1280x720x24");
    xclient_fill(client, 0, 0, 1280, 720, 0xffffff);
    xclient_point(client, 300, 200);
    struct lct_frame *frame = settled(LCT_SECOND);
    cr_assert(frame);
    check_pixel(frame, 308, 208, 16, 128, 128);
    check_pixel(frame, 296, 196, 235, 128, 128);
    lct_frame_unref(frame);
    xclient_point(client, 801, 601);
    frame = settled(LCT_SECOND);
    cr_assert(frame);
    check_pixel(frame, 808, 608, 16, 128, 128);
    check_pixel(frame, 308, 208, 235, 128, 128);
    cr_expect_lt(frame->changed_permille, 5);
    lct_frame_unref(frame);
    xclient_point(client, 1279, 719); /* most of it outside */
    frame = settled(LCT_SECOND);
    cr_assert(frame);
    check_pixel(frame, 1276, 716, 235, 128, 128);
    cr_expect_eq(frame->plane[0][719 * frame->stride[0] + 1279], 16);
    lct_frame_unref(frame);
    close_screen();
}

Test(x11, paces_pictures, .timeout = 60) {
    open_screen("1280x720x24");
    lct_frame_unref(settled(LCT_SECOND));
    lct_ns last = 0;
    int pictures = 0;
    lct_ns until = lct_monotonic() + 2 * LCT_SECOND;
    for (unsigned i = 0; lct_monotonic() < until; i++) {
        xclient_fill(client, 200, 200, 300, 300, i * 77777);
        for (struct lct_frame *frame; (frame = lct_queue_pop(reader.queue, 0));) {
            cr_expect_geq(frame->time - last, 30 * LCT_MS);
            last = frame->time;
            pictures++;
            lct_frame_unref(frame);
        }
        reader_sleep(2 * LCT_MS);
    }
    cr_expect(pictures >= 10 && pictures <= 61, "%d pictures in 2 s", pictures);
    close_screen();
}

Test(x11, crops_odd_sizes, .timeout = 60) {
    open_screen("1367x767x24");
    struct lct_frame *frame = settled(LCT_SECOND);
    cr_assert(frame && frame->width == 1366 && frame->height == 766);
    lct_frame_unref(frame);
    xclient_fill(client, 0, 0, 1367, 767, 0xff0000);
    frame = settled(LCT_SECOND);
    cr_assert(frame);
    check_pixel(frame, 1365, 765, 81, 90, 240);
    lct_frame_unref(frame);
    close_screen();
}

Test(x11, works_without_shared_memory, .timeout = 60) {
    server.without = "MIT-SHM";
    open_screen("1280x720x24");
    lct_frame_unref(settled(LCT_SECOND));
    xclient_fill(client, 100, 100, 900, 500, 0xff0000);
    struct lct_frame *frame = settled(LCT_SECOND);
    cr_assert(frame);
    check_pixel(frame, 110, 110, 81, 90, 240);
    check_pixel(frame, 990, 590, 81, 90, 240);
    lct_frame_unref(frame);
    close_screen();
}

Test(x11, goes_on_when_the_size_changes, .timeout = 60) {
    open_screen("1280x720x24");
    lct_frame_unref(settled(LCT_SECOND));
    cr_assert(xclient_resize(client, 1024, 576), "this server cannot change its size");
    struct lct_frame *frame = settled(LCT_SECOND);
    cr_assert(frame && frame->width == 1024 && frame->height == 576);
    lct_frame_unref(frame);
    xclient_fill(client, 900, 500, 100, 70, 0xff0000);
    frame = settled(LCT_SECOND);
    cr_assert(frame);
    check_pixel(frame, 950, 550, 81, 90, 240);
    lct_frame_unref(frame);
    cr_assert(xclient_resize(client, 1280, 720));
    frame = settled(LCT_SECOND);
    cr_assert(frame && frame->width == 1280 && frame->height == 720);
    lct_frame_unref(frame);
    struct lct_source_status status;
    lct_source_status(reader.source, &status);
    cr_expect_eq(status.rebuilds, 0);
    close_screen();
}

Test(x11, says_lost_when_the_server_is_killed_and_comes_back, .timeout = 90) {
    open_screen("1280x720x24");
    lct_frame_unref(settled(LCT_SECOND));
    xclient_close(client);
    client = NULL;
    lct_ns killed = lct_monotonic();
    xvfb_kill(&server);
    struct lct_frame *lost = reader_next(&reader, LCT_FRAME_LOST, 10 * LCT_SECOND);
    cr_assert(lost, "nobody said so");
    (void)fprintf(stderr, "LOST after %.1f ms\n", (double)(lost->time - killed) / LCT_MS);
    lct_frame_unref(lost);
    struct lct_source_status status;
    lct_source_status(reader.source, &status);
    cr_expect_eq(status.state, LCT_SOURCE_LOST);
    cr_expect(strstr(status.fault.en, server.name) && strstr(status.fault.zh, server.name));
    reader_sleep(2 * LCT_SECOND); /* several tries while it is away: one LOST is enough */
    cr_expect_eq(lct_queue_depth(reader.queue), 0);
    xvfb_restart(&server, "1280x720x24");
    struct lct_frame *frame = next(20 * LCT_SECOND);
    cr_assert(frame, "it did not come back");
    lct_frame_unref(frame);
    lct_source_status(reader.source, &status);
    cr_expect_eq(status.state, LCT_SOURCE_RUNNING);
    cr_expect_eq(status.fault.code, 0);
    cr_expect_gt(status.rebuilds, 0);
    close_screen();
}

Test(x11, notices_a_frozen_server, .timeout = 120) {
    open_screen("640x480x24");
    lct_frame_unref(settled(LCT_SECOND));
    (void)kill(server.pid, SIGSTOP);
    struct lct_frame *lost = reader_next(&reader, LCT_FRAME_LOST, 20 * LCT_SECOND);
    cr_assert(lost, "nobody said so");
    lct_frame_unref(lost);
    reader_sleep(5 * LCT_SECOND);
    struct lct_source_status status;
    lct_source_status(reader.source, &status);
    cr_expect_eq(status.fault.code, -ETIMEDOUT, "%s", status.fault.en);
    (void)kill(server.pid, SIGCONT);
    struct lct_frame *frame = next(20 * LCT_SECOND);
    cr_assert(frame, "it did not come back");
    lct_frame_unref(frame);
    close_screen();
}

static int by_size(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Milliseconds from the drawing of a block of noise to the time on the first picture that shows it.
 */
static double flash(unsigned seed) {
    int x = (int)(seed * 997 % 1000), y = (int)(seed * 661 % 440);
    lct_ns drawn = lct_monotonic();
    xclient_noise(client, x, y, 256, seed);
    struct lct_frame *frame;
    while ((frame = next(1100 * LCT_MS))) {
        bool shows = frame->time >= drawn && frame->changed_permille >= 40;
        lct_frame_unref(frame);
        if (shows) {
            return (double)(lct_monotonic() - drawn) / LCT_MS;
        }
    }
    return -1;
}

Test(x11, misses_no_flash, .timeout = 120) {
    enum { FLASHES = 50 };
    double waits[FLASHES];
    open_screen("1280x720x24");
    lct_frame_unref(settled(LCT_SECOND));
    for (unsigned i = 0; i < FLASHES; i++) {
        reader_sleep((50 + i * 7919 % 300) * LCT_MS);
        waits[i] = flash(i + 1);
        cr_expect_geq(waits[i], 0, "flash %u was not seen within 1.1 s", i);
    }
    qsort(waits, FLASHES, sizeof *waits, by_size);
    (void)fprintf(stderr, "drawn to frame: p50 %.1f ms, p95 %.1f ms, max %.1f ms\n",
                  waits[FLASHES / 2], waits[FLASHES * 95 / 100], waits[FLASHES - 1]);
    close_screen();
}

Test(x11, saves_work_while_nobody_reads, .timeout = 60) {
    open_screen("1280x720x24");
    lct_frame_unref(settled(LCT_SECOND));
    lct_source_attach(reader.source, LCT_OUTPUT_SCREEN, NULL);
    struct lct_source_status before, after;
    lct_source_status(reader.source, &before);
    for (unsigned i = 0; i < 100; i++) {
        xclient_fill(client, 200, 200, 300, 300, i * 77777);
        reader_sleep(20 * LCT_MS);
    }
    lct_source_status(reader.source, &after);
    cr_expect(after.frames > before.frames && after.frames <= before.frames + 3, "%d pictures",
              (int)(after.frames - before.frames));
    xclient_fill(client, 0, 0, 1280, 720, 0x00ff00);
    lct_source_attach(reader.source, LCT_OUTPUT_SCREEN, reader.queue);
    struct lct_frame *frame = next(0);
    cr_assert(frame, "whoever attaches is given the picture at once");
    cr_expect_lt(lct_monotonic() - frame->time, LCT_SECOND);
    cr_expect_eq(frame->changed_permille, 1000);
    lct_frame_unref(frame);
    frame = next(LCT_SECOND);
    cr_assert(frame, "and then what has changed");
    check_pixel(frame, 640, 360, 145, 54, 34);
    lct_frame_unref(frame);
    close_screen();
}

static void check_refused(const char *spec, int code, const char *word) {
    struct lct_source_status status;
    reader_open(&reader, spec, LCT_OUTPUT_SCREEN);
    cr_assert(reader_wait(&reader, LCT_SOURCE_LOST, 10 * LCT_SECOND));
    lct_source_status(reader.source, &status);
    cr_expect_eq(status.fault.code, code, "%d %s", status.fault.code, status.fault.en);
    cr_expect(strstr(status.fault.en, word), "%s", status.fault.en);
    struct lct_frame *lost = reader_next(&reader, LCT_FRAME_LOST, LCT_SECOND);
    cr_expect(lost, "the reader was not told");
    lct_frame_unref(lost);
    reader_close(&reader);
}

Test(x11, refuses_in_words, .timeout = 60) {
    char spec[64];
    check_refused("screen:x11::4711", -ENOENT, "no X server for display :4711");
    check_refused("screen:x11:nonsense", -EINVAL, "not the name of a display");
    unsetenv("DISPLAY");
    check_refused("screen:x11", -ENOENT, "DISPLAY is not set");
    xvfb_start(&server, "1x1x24");
    (void)snprintf(spec, sizeof spec, "screen:x11:%s", server.name);
    check_refused(spec, -ENODEV, "1 x 1");
    (void)snprintf(spec, sizeof spec, "screen:x11:%s.3", server.name);
    check_refused(spec, -ENODEV, "no such screen");
    xvfb_kill(&server);
    xvfb_start(&server, "640x480x16");
    (void)snprintf(spec, sizeof spec, "screen:x11:%s", server.name);
    check_refused(spec, -ENOTSUP, "16 bits");
    xvfb_kill(&server);
}

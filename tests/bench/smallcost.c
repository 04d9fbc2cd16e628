// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a camera's small twin costs beside its recording: the same pictures through a whole track,
 * without a wish for the twin and with one. On a clock of its own, so that nothing waits and no
 * picture is left out, however busy the machine is; only processor time counts.
 *
 *     ffmpeg … -pix_fmt yuv420p -f rawvideo - | smallcost WIDTH HEIGHT
 *
 * prints one JSON line: CPU milliseconds for a second of 30 pictures, best of three turns each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "capture/frame.h"
#include "encode/track.h"

#define PICTURES_MAX 60
#define FPS 30
#define SECONDS 10
#define TURNS 3

static lct_ns now = LCT_SECOND;
static lct_ns clock_now(void) { return now; }

static struct lct_frame *pictures[PICTURES_MAX];
static size_t count;

static bool read_plane(struct lct_frame *frame, int plane, int width, int height) {
    for (int row = 0; row < height; row++) {
        uint8_t *to = frame->plane[plane] + (size_t)row * (size_t)frame->stride[plane];
        if (fread(to, (size_t)width, 1, stdin) != 1) {
            return false;
        }
    }
    return true;
}

static void read_pictures(int width, int height) {
    while (count < PICTURES_MAX) {
        struct lct_frame *frame = lct_frame_picture(width, height, 0);
        frame->changed_permille = 1000;
        if (!read_plane(frame, 0, width, height) || !read_plane(frame, 1, width / 2, height / 2) ||
            !read_plane(frame, 2, width / 2, height / 2)) {
            lct_frame_unref(frame);
            return;
        }
        pictures[count++] = frame;
    }
}

/* The same picture at the present time. */
static struct lct_frame *shown_now(struct lct_frame *picture) {
    struct lct_frame *frame = lct_new(sizeof *frame);
    *frame = *picture;
    lct_ref_init(&frame->ref);
    frame->time = now;
    frame->owner = lct_frame_ref(picture);
    frame->release = lct_frame_unref_item;
    return frame;
}

/* CPU time of so many seconds of lesson, and the bytes of both tracks. */
static lct_ns run(bool small, size_t bytes[2]) {
    const struct lct_bus_limits limits = {10 * LCT_SECOND, 1U << 30, true};
    struct lct_fault fault;
    struct lct_track *track;
    struct lct_bus *bus = lct_bus_create();
    struct lct_bus_reader *reader = lct_bus_subscribe(bus, &limits, NULL, NULL);
    struct lct_track_settings settings = {
        .name = "camera", .id = 1, .kind = LCT_TRACK_CAMERA, .zero = now, .fps = FPS};
    settings.in = lct_queue_create(4, LCT_QUEUE_DROP_OLDEST, lct_frame_unref_item);
    settings.bus = bus;
    settings.live = true;
    settings.clock = clock_now;
    if (lct_track_create(&settings, &track, &fault) < 0) {
        (void)fprintf(stderr, "smallcost: %s\n", fault.en);
        exit(1);
    }
    if (small) {
        lct_track_request_small(track, INT64_MAX);
    }
    lct_ns began = lct_cpu_time();
    for (size_t i = 0; i < (size_t)(SECONDS * FPS); i++) {
        struct lct_chunk *chunk;
        (void)lct_queue_push(settings.in, shown_now(pictures[i % count]));
        lct_track_step(track);
        while ((chunk = lct_bus_take(reader, 0, NULL))) {
            bytes[!lct_format_is_taped(chunk->format)] += chunk->n;
            lct_chunk_unref(chunk);
        }
        now += LCT_SECOND / FPS;
    }
    lct_ns took = lct_cpu_time() - began;
    lct_track_destroy(track);
    lct_bus_unsubscribe(reader);
    lct_bus_destroy(bus);
    lct_queue_destroy(settings.in);
    return took;
}

int main(int argc, char **argv) {
    int width = argc == 3 ? atoi(argv[1]) : 0, height = argc == 3 ? atoi(argv[2]) : 0;
    lct_ns best[2] = {INT64_MAX, INT64_MAX};
    size_t bytes[2] = {0, 0};
    if (width < 2 || height < 2 || width % 2 || height % 2) {
        (void)fputs("usage: smallcost WIDTH HEIGHT < I420\n", stderr);
        return 2;
    }
    read_pictures(width, height);
    if (count == 0) {
        (void)fputs("smallcost: no pictures on standard input\n", stderr);
        return 1;
    }
    for (int turn = 0; turn < 2 * TURNS; turn++) {
        memset(bytes, 0, sizeof bytes);
        lct_ns took = run(turn % 2, bytes);
        best[turn % 2] = took < best[turn % 2] ? took : best[turn % 2];
    }
    (void)printf(
        "{\"without_ms\": %.1f, \"with_ms\": %.1f, \"full_kbps\": %zu, \"small_kbps\": %zu}\n",
        (double)best[0] / LCT_MS / SECONDS, (double)best[1] / LCT_MS / SECONDS,
        bytes[0] * 8 / 1000 / SECONDS, bytes[1] * 8 / 1000 / SECONDS);
    for (size_t i = 0; i < count; i++) {
        lct_frame_unref(pictures[i]);
    }
    return 0;
}

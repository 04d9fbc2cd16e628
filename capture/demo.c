// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The demo classroom: what lectern records when there is nothing else, and what tests measure with.
 * docs/sources.md says what is in its pictures and its sound.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/thread.h"
#include "capture/democode.h"
#include "capture/driver.h"
#include "capture/paint.h"

#define FPS 30
#define CLAP_PICTURES (2 * FPS)   /* a clap each 2 s, */
#define SLIDE_PICTURES (10 * FPS) /* and a slide each 10 s, in pictures of the camera */
#define RUN_SAMPLES 960           /* a run of sound: 20 ms, also the length of a clap */
#define CLAP_RUNS (2 * LCT_SOUND_RATE / RUN_SAMPLES)
#define LATE_RUNS 50 /* a machine that slept so long is given a hole, not a burst */

/* 11 waves of 440 Hz take 1200 samples, so the table of a tone has no seam. */
#define TONE_SAMPLES 1200
#define TONE_HZ 440
#define TONE_AMPLITUDE 0.0316 /* -30 dB */
#define CLAP_HZ 1000
#define CLAP_AMPLITUDE 0.7

#define BOARD ((struct lct_paint){70, 118, 108})
#define WOOD ((struct lct_paint){110, 100, 150})
#define PAPER ((struct lct_paint){225, 124, 130})
#define INK ((struct lct_paint){40, 140, 124})
#define SUN ((struct lct_paint){190, 60, 150})

struct lct_device {
    /* fixed after open */
    struct lct_sink *sink;
    struct lct_thread thread;
    lct_ns start; /* where the grids of pictures and of sound begin */
    float tone[TONE_SAMPLES];
    float clap[RUN_SAMPLES];
    struct lct_frame *room; /* what stands still in the camera's picture */
    /* the demo's thread only */
    int64_t picture; /* which comes next */
    int64_t run;
    int64_t slide; /* the one that is shown; -1: none yet */
    /* guarded by lock */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
};

static lct_ns picture_time(const struct lct_device *demo, int64_t picture) {
    return demo->start + picture * LCT_SECOND / FPS;
}

static lct_ns run_time(const struct lct_device *demo, int64_t run) {
    return demo->start + run * RUN_SAMPLES * LCT_SECOND / LCT_SOUND_RATE;
}

static void paint_clock(struct lct_frame *frame, int x, int y, int scale, struct lct_paint paint) {
    lct_ns wall = frame->time + (lct_wall() - lct_monotonic());
    time_t seconds = (time_t)(wall / LCT_SECOND);
    struct tm local;
    char clock[16];
    char text[24];
    localtime_r(&seconds, &local);
    (void)strftime(clock, sizeof clock, "%H:%M:%S", &local);
    (void)snprintf(text, sizeof text, "%s.%03d", clock, (int)(wall % LCT_SECOND / LCT_MS));
    lct_paint_text(frame, x, y, scale, text, paint);
}

static struct lct_frame *paint_room(void) {
    struct lct_frame *room = lct_frame_picture(1280, 720, 0);
    lct_paint_rect(room, 0, 0, 1280, 720, WOOD);
    lct_paint_rect(room, 40, 140, 1200, 400, BOARD);
    int x = lct_paint_text(room, 40, 24, 5, "DEMO ", LCT_PAINT_WHITE);
    lct_paint_text(room, x, 24, 5, "演示教室", LCT_PAINT_WHITE);
    return room;
}

static void copy_picture(struct lct_frame *to, const struct lct_frame *from) {
    for (int i = 0; i < 3; i++) {
        size_t rows = (size_t)(i == 0 ? from->height : from->height / 2);
        memcpy(to->plane[i], from->plane[i], (size_t)from->stride[i] * rows);
    }
}

static void give_camera(struct lct_device *demo, int64_t n) {
    struct lct_frame *frame =
        lct_frame_picture(demo->room->width, demo->room->height, picture_time(demo, n));
    copy_picture(frame, demo->room);
    bool clap = n > 0 && n % CLAP_PICTURES == 0;
    double turn = 2 * M_PI * (double)(n % (8 * FPS)) / (8 * FPS);
    lct_paint_disc(frame, 400 + (int)(300 * cos(turn)), 400 + (int)(90 * sin(2 * turn)), 40, SUN);
    lct_paint_rect(frame, 800, 270, 400, 240, clap ? LCT_PAINT_WHITE : LCT_PAINT_GREY);
    paint_clock(frame, 80, 164, 6, LCT_PAINT_WHITE);
    lct_democode_draw(frame);
    lct_sink_give(demo->sink, LCT_OUTPUT_CAMERA, frame);
}

static void paint_bars(struct lct_frame *frame, int64_t slide) {
    for (int i = 0; i < 8; i++) {
        int height = 60 + (int)((slide * 37 + i * i * 29 + i * 61) % 420);
        struct lct_paint paint = {(uint8_t)(80 + 12 * i), (uint8_t)(90 + 10 * i), 150};
        lct_paint_rect(frame, 1060 + 92 * i, 840 - height, 72, height, paint);
    }
}

static void paint_sums(struct lct_frame *frame, int64_t slide) {
    for (int i = 0; i < 6; i++) {
        char sum[48];
        int a = (int)(slide % 90) + 7 * i + 3, b = 11 + 4 * i;
        (void)snprintf(sum, sizeof sum, "%d + %d = %d", a, b, a + b);
        lct_paint_text(frame, 120, 330 + 90 * i, 4, sum, INK);
    }
}

static void give_slide(struct lct_device *demo, int64_t n) {
    struct lct_frame *frame = lct_frame_picture(1920, 1080, picture_time(demo, n));
    char title[32];
    demo->slide = n / SLIDE_PICTURES;
    (void)snprintf(title, sizeof title, "DEMO 演示 - %d", (int)demo->slide + 1);
    lct_paint_rect(frame, 0, 0, 1920, 1080, PAPER);
    lct_paint_rect(frame, 0, 0, 1920, 20, WOOD);
    lct_paint_text(frame, 120, 110, 4, title, INK);
    paint_clock(frame, 120, 230, 4, LCT_PAINT_GREY);
    paint_sums(frame, demo->slide);
    paint_bars(frame, demo->slide);
    lct_democode_draw(frame);
    lct_sink_give(demo->sink, LCT_OUTPUT_SCREEN, frame);
}

/* Gives the picture that is due; one that the machine came too late for is left out. */
static void give_pictures(struct lct_device *demo, lct_ns now) {
    int64_t due = (now - demo->start) * FPS / LCT_SECOND;
    if (demo->picture < due) {
        demo->picture = due;
    }
    give_camera(demo, demo->picture);
    if (demo->picture / SLIDE_PICTURES != demo->slide) {
        give_slide(demo, demo->picture);
    }
    demo->picture++;
}

static void give_sound(struct lct_device *demo, lct_ns now) {
    int64_t due = (now - demo->start) * LCT_SOUND_RATE / LCT_SECOND / RUN_SAMPLES - 1;
    if (demo->run < due - LATE_RUNS) {
        demo->run = due;
    }
    struct lct_frame *frame = lct_frame_sound(RUN_SAMPLES, run_time(demo, demo->run));
    bool clap = demo->run > 0 && demo->run % CLAP_RUNS == 0;
    size_t at = (size_t)(demo->run * RUN_SAMPLES % TONE_SAMPLES);
    for (size_t i = 0; i < RUN_SAMPLES; i++) {
        float value = clap ? demo->clap[i] : demo->tone[(at + i) % TONE_SAMPLES];
        frame->sound[2 * i] = value;
        frame->sound[2 * i + 1] = value;
    }
    demo->run++;
    lct_sink_give(demo->sink, LCT_OUTPUT_SOUND, frame);
}

/* False when the demo is to end. */
static bool wait_until(struct lct_device *demo, lct_ns time) {
    pthread_mutex_lock(&demo->lock);
    while (!demo->stopping && lct_monotonic() < time) {
        (void)lct_cond_wait(&demo->wake, &demo->lock, time);
    }
    bool stopping = demo->stopping;
    pthread_mutex_unlock(&demo->lock);
    return !stopping;
}

static void run(void *opaque) {
    struct lct_device *demo = opaque;
    for (;;) {
        /* A run of sound is there when its last sample is. */
        lct_ns picture = picture_time(demo, demo->picture);
        lct_ns sound = run_time(demo, demo->run + 1);
        if (!wait_until(demo, picture < sound ? picture : sound)) {
            return;
        }
        if (picture < sound) {
            give_pictures(demo, lct_monotonic());
        } else {
            give_sound(demo, lct_monotonic());
        }
    }
}

static void make_sound(struct lct_device *demo) {
    for (int i = 0; i < TONE_SAMPLES; i++) {
        demo->tone[i] = (float)(TONE_AMPLITUDE * sin(2 * M_PI * TONE_HZ * i / LCT_SOUND_RATE));
    }
    for (int i = 0; i < RUN_SAMPLES; i++) { /* loud from its first sample on */
        demo->clap[i] = (float)(CLAP_AMPLITUDE * cos(2 * M_PI * CLAP_HZ * i / LCT_SOUND_RATE));
    }
}

static int open_demo(const struct lct_spec *spec, struct lct_sink *sink,
                     struct lct_device **ret_device, struct lct_fault *fault) {
    (void)spec;
    (void)fault; /* nothing can go wrong here */
    struct lct_device *demo = lct_new(sizeof *demo);
    demo->sink = sink;
    demo->slide = -1;
    demo->start = (lct_monotonic() / LCT_MS + 1) * LCT_MS;
    demo->room = paint_room();
    make_sound(demo);
    pthread_mutex_init(&demo->lock, NULL);
    lct_cond_init(&demo->wake);
    lct_sink_describe(sink, "demo classroom", "演示教室", FPS, true, false);
    lct_thread_start(&demo->thread, "demo", run, demo);
    *ret_device = demo;
    return 0;
}

static void close_demo(struct lct_device *demo) {
    pthread_mutex_lock(&demo->lock);
    demo->stopping = true;
    pthread_cond_signal(&demo->wake);
    pthread_mutex_unlock(&demo->lock);
    lct_thread_join(&demo->thread);
    pthread_cond_destroy(&demo->wake);
    pthread_mutex_destroy(&demo->lock);
    lct_frame_unref(demo->room);
    free(demo);
}

const struct lct_driver lct_driver_demo = {
    .open = open_demo,
    .close = close_demo,
    .stall = 5 * LCT_SECOND,
};

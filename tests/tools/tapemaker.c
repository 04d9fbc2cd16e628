// SPDX-License-Identifier: GPL-3.0-or-later
//
// tapemaker SCENE FOLDER: a lesson on a simulated clock, a minute of it in seconds, through the
// real tracks, encoders and tape writer. Lesson zero lies where the pixel clock of
// capture/democode.h shows 0, so that the code in a picture is the lesson time it was captured at.
//
//   still   a screen that moves for 10 s, stands for 60 s and moves for 5 s again; sound
//   reels   24 s of a camera and sound, a new reel each 8 s: the second of the same format, the
//   third
//           of another one (a camera that brings its own larger H.264)
//   hd      the same in 1280 x 720 and one format
//
// While pictures move, each even second is a clap: one white picture, and 20 ms of a loud tone that
// begins at the same instant.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archive/lesson/lesson.h"
#include "archive/tape/tape.h"
#include "base/mem.h"
#include "capture/democode.h"
#include "capture/paint.h"
#include "encode/nal.h"
#include "encode/track.h"
#include "encode/video.h"

#define ZERO ((INT64_C(1) << LCT_DEMOCODE_BITS) * LCT_MS)
#define TICK (10 * LCT_MS)
#define CLAP (2 * LCT_SECOND)
#define RUN_SAMPLES 960 /* 20 ms */
#define OTHER_WIDTH 960
#define OTHER_HEIGHT 540

struct scene {
    const char *name;
    enum lct_track_kind kind;
    int width, height;
    double fps; /* of the track; 0: variable */
    int rate;   /* pictures a second while it moves */
    lct_ns still_from, still_to;
    lct_ns other_from; /* the camera brings its own H.264 from here on */
    lct_ns length, reel_length;
};

static const struct scene scenes[] = {
    {"still", LCT_TRACK_SCREEN, 640, 360, 0, 10, 10 * LCT_SECOND, 70 * LCT_SECOND,
     1000 * LCT_SECOND, 75 * LCT_SECOND, LCT_REEL_LENGTH},
    {"reels", LCT_TRACK_CAMERA, 640, 360, 30, 30, 0, 0, 16 * LCT_SECOND, 24 * LCT_SECOND,
     8 * LCT_SECOND},
    {"hd", LCT_TRACK_CAMERA, 1280, 720, 30, 30, 0, 0, 1000 * LCT_SECOND, 24 * LCT_SECOND,
     8 * LCT_SECOND},
};

static lct_ns now = ZERO; // the simulated clock

static lct_ns simulated(void) { return now; }

struct maker {
    const struct scene *scene;
    struct lct_bus *bus;
    struct lct_tape *tape;
    struct lct_queue *picture_queue, *sound_queue;
    struct lct_track *picture, *sound;
    struct lct_video_encoder *other;
    int64_t pictures, runs;
};

static void fail(const char *what, const struct lct_fault *fault) {
    fprintf(stderr, "tapemaker: %s: %s\n", what, fault->en);
    exit(1);
}

static struct lct_frame *paint(const struct scene *s, lct_ns time) {
    bool other = time >= s->other_from;
    int w = other ? OTHER_WIDTH : s->width, h = other ? OTHER_HEIGHT : s->height;
    struct lct_frame *f = lct_frame_picture(w, h, ZERO + time);
    f->changed_permille = 100;
    bool clap = time > 0 && time % CLAP == 0 && time != s->still_from;
    double turn = 2 * M_PI * (double)time / (4.0 * LCT_SECOND);
    lct_paint_rect(f, 0, 0, w, h, (struct lct_paint){90, 110, 140});
    lct_paint_text(f, w / 20, h / 20, 2, "DEMO 演示", LCT_PAINT_WHITE);
    lct_paint_rect(f, w * 5 / 8, h * 3 / 8, w * 5 / 16, h / 3,
                   clap ? LCT_PAINT_WHITE : LCT_PAINT_GREY);
    lct_paint_disc(f, w / 4 + (int)(w / 6 * cos(turn)), h / 2 + (int)(h / 6 * sin(turn)), w / 20,
                   (struct lct_paint){190, 60, 150});
    lct_democode_draw(f);
    return f;
}

/* As a camera with an encoder of its own gives it. */
static struct lct_frame *encode_other(struct maker *m, struct lct_frame *picture) {
    struct lct_fault fault;
    struct lct_video_settings v = lct_video_camera(OTHER_WIDTH, OTHER_HEIGHT, 30);
    v.crf = 28;
    if (!m->other && lct_video_open(&v, &m->other, &fault) < 0) {
        fail("encoder", &fault);
    }
    struct lct_video_packet packet;
    int64_t ticks = lct_ns_to_ticks(picture->time - ZERO, 90000);
    if (lct_video_encode(m->other, picture, ticks, m->pictures % 60 == 0, &packet) < 0) {
        exit(1);
    }
    struct lct_frame *coded = lct_frame_coded(packet.bytes, packet.n, picture->time);
    coded->key = packet.key;
    coded->width = picture->width;
    coded->height = picture->height;
    lct_frame_unref(picture);
    return coded;
}

static void give_picture(struct maker *m) {
    const struct scene *s = m->scene;
    lct_ns time = m->pictures * LCT_SECOND / s->rate;
    if (ZERO + time > now) {
        return;
    }
    if (time <= s->still_from || time >= s->still_to) {
        struct lct_frame *f = paint(s, time);
        f = time >= s->other_from ? encode_other(m, f) : f;
        lct_queue_push(m->picture_queue, f);
    }
    m->pictures++;
}

static bool claps(const struct scene *s, lct_ns time) {
    return time > 0 && time % CLAP == 0 && (time < s->still_from || time >= s->still_to);
}

static void give_sound(struct maker *m) {
    lct_ns time = m->runs * RUN_SAMPLES * LCT_SECOND / LCT_SOUND_RATE;
    if (ZERO + time + 20 * LCT_MS > now) {
        return;
    }
    struct lct_frame *f = lct_frame_sound(RUN_SAMPLES, ZERO + time);
    bool clap = claps(m->scene, time);
    for (int i = 0; i < RUN_SAMPLES; i++) {
        double second = (double)(m->runs * RUN_SAMPLES + i) / LCT_SOUND_RATE;
        double value = clap ? 0.7 * cos(2 * M_PI * 1000 * i / LCT_SOUND_RATE)
                            : 0.0316 * sin(2 * M_PI * 440 * second);
        f->sound[2 * i] = f->sound[2 * i + 1] = (float)value;
    }
    m->runs++;
    lct_queue_push(m->sound_queue, f);
}

/* The tape lives in real time: it is not left more than a few seconds of the lesson behind. */
static void let_the_tape_follow(struct maker *m) {
    const struct timespec pause = {0, 1000000};
    struct lct_tape_status status;
    for (;;) {
        lct_tape_status(m->tape, &status);
        if (status.waiting_span < 5 * LCT_SECOND) {
            return;
        }
        nanosleep(&pause, NULL);
    }
}

static struct lct_track *start_track(struct maker *m, uint32_t id, const char *name,
                                     enum lct_track_kind kind, struct lct_queue *in) {
    struct lct_track_settings settings = {
        .id = id, .kind = kind, .zero = ZERO, .in = in, .bus = m->bus, .clock = simulated};
    (void)snprintf(settings.name, sizeof settings.name, "%s", name);
    settings.fps = kind == LCT_TRACK_SOUND ? 0 : m->scene->fps;
    struct lct_track *track;
    struct lct_fault fault;
    if (lct_track_create(&settings, &track, &fault) < 0) {
        fail(name, &fault);
    }
    return track;
}

static void want_key(void *opaque, uint32_t track_id) {
    (void)opaque;
    (void)track_id; // no disk fails here
}

static void begin(struct maker *m, const char *folder, struct lct_lesson_info *info) {
    const char *name = m->scene->kind == LCT_TRACK_SCREEN ? "screen" : "camera";
    lct_lesson_new("test", m->scene->name, info);
    info->zero_monotonic = ZERO;
    info->tracks[0] = (struct lct_lesson_track){.id = 1, .demo = true};
    info->tracks[1] = (struct lct_lesson_track){.name = "sound", .kind = "sound", .id = 2};
    (void)snprintf(info->tracks[0].name, sizeof info->tracks[0].name, "%s", name);
    (void)snprintf(info->tracks[0].kind, sizeof info->tracks[0].kind, "%s", name);
    info->track_count = 2;
    struct lct_fault fault;
    if (lct_lesson_begin(&lct_io_system, folder, info, &fault) < 0) {
        fail(folder, &fault);
    }
    const struct lct_tape_settings settings = {.io = &lct_io_system,
                                               .folder = folder,
                                               .zero = ZERO,
                                               .reel_length = m->scene->reel_length,
                                               .bus = m->bus,
                                               .want_key = want_key};
    m->tape = lct_tape_create(&settings);
    m->picture_queue = lct_queue_create(8, LCT_QUEUE_DROP_NEWEST, lct_frame_unref_item);
    m->sound_queue = lct_queue_create(8, LCT_QUEUE_DROP_NEWEST, lct_frame_unref_item);
    m->picture = start_track(m, 1, name, m->scene->kind, m->picture_queue);
    m->sound = start_track(m, 2, "sound", LCT_TRACK_SOUND, m->sound_queue);
}

static void record(struct maker *m) {
    for (lct_ns time = 0; time < m->scene->length; time += TICK) {
        now = ZERO + time;
        give_picture(m);
        give_sound(m);
        lct_track_step(m->picture);
        lct_track_step(m->sound);
        if (time % LCT_SECOND == 0) {
            let_the_tape_follow(m);
        }
    }
}

static int end(struct maker *m, const char *folder, struct lct_lesson_info *info) {
    lct_track_destroy(m->picture);
    lct_track_destroy(m->sound);
    info->end = m->scene->length;
    info->state = LCT_LESSON_ENDED;
    int rc = lct_tape_finish(m->tape, info->end);
    rc = rc ? rc : lct_lesson_save(&lct_io_system, folder, info);
    lct_tape_destroy(m->tape);
    lct_bus_destroy(m->bus);
    lct_queue_destroy(m->picture_queue);
    lct_queue_destroy(m->sound_queue);
    lct_video_close(m->other);
    return rc;
}

int main(int argc, char **argv) {
    struct maker maker = {.bus = lct_bus_create()};
    for (size_t i = 0; argc == 3 && i < sizeof scenes / sizeof *scenes; i++) {
        maker.scene = strcmp(argv[1], scenes[i].name) == 0 ? &scenes[i] : maker.scene;
    }
    if (!maker.scene) {
        fprintf(stderr, "tapemaker still|reels|hd FOLDER\n");
        return 2;
    }
    struct lct_lesson_info info;
    begin(&maker, argv[2], &info);
    record(&maker);
    return end(&maker, argv[2], &info) < 0;
}

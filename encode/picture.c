// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The picture kinds of track. The rule that everything here serves (docs/formats/tape.md): a chunk
 * promises how long its picture stands, and the next chunk may come earlier, never later. So before
 * a promise runs out the last picture is encoded again, and a lost source is a slate.
 *
 *   WAITING --picture--> LIVE --lost--> SLATE --picture--> LIVE       encoded here
 *   WAITING --coded----> PASSED --lost or overdue--> SLATE --coded key--> PASSED
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "capture/h264.h"
#include "encode/coded.h"
#include "encode/effort.h"
#include "encode/fit.h"
#include "encode/nal.h"
#include "encode/slate.h"
#include "encode/small.h"
#include "encode/track_priv.h"

#define TICKS 90000
/* A canvas is the first picture's size, within this. */
#define CANVAS_WIDTH_MAX 1920
#define CANVAS_HEIGHT_MAX 1080
/* A picture that stands still is encoded again after REFRESH and promises twice that (chunk.md R3).
 */
#define REFRESH LCT_SECOND
#define STILL_PROMISE (2 * REFRESH)
/* But Firefox keeps ten pictures ready and each until its promise runs out: what moves and promises
 * more than ten pictures is shown that much too late (docs/formats/tape.md). So a picture of a
 * screen that just changed promises this, and is said once more at its end; */
#define MOVING_PROMISE (300 * LCT_MS)
/* and a passed-through camera, where nothing can be said again, so many of its intervals. */
#define PASSED_PROMISE_PICTURES 8
/* A camera's next picture is waited for so long after the promise ran out in capture time: the way
 * through the device, decoder and queue. The timeline does not suffer: the repeat is stamped at the
 * promise's end. */
#define PATIENCE (150 * LCT_MS)
/* A source that gives nothing at all at the start of a lesson becomes a slate. */
#define FIRST_PICTURE (2 * LCT_SECOND)
/* Two samples of one track are at least so far apart. */
#define STEP_MIN LCT_MS
/* Two pictures of a camera may miss in its twin, whose thread comes last, before its promise ends.
 */
#define SMALL_PROMISE_TIMES 4

enum mode { WAITING, LIVE, SLATE, PASSED };

struct lct_picture_lane {
    struct lct_track *track;
    enum mode mode;
    struct lct_effort effort;
    unsigned long frame_number; /* for the divisor of the effort */
    uint64_t queue_drops;       /* of the input queue, as last seen */
    /* the canvas and what is on it */
    int width, height;
    struct lct_fit *fit;
    struct lct_frame *shown; /* the last picture, on the canvas; NULL when passed through */
    /* the encoder, its packets as chunks, and the twin of what it encodes */
    struct lct_video_settings video;
    struct lct_video_encoder *encoder;
    struct lct_coded coded;
    struct lct_small *small; /* the twin; NULL: nobody watches live here */
    /* the timeline, lesson time */
    lct_ns last;        /* of the last sample; LCT_NS_NONE before the first */
    lct_ns promise_end; /* when its picture ends at the latest */
    lct_ns last_key;
    lct_ns interval;   /* between a camera's pictures, smoothed */
    lct_ns rest_until; /* CLOCK_MONOTONIC: after a fault of the encoder nothing is tried before */
};

static bool is_screen(const struct lct_picture_lane *lane) {
    return lct_track_is_screen(lane->track);
}

static lct_ns lesson_now(const struct lct_picture_lane *lane) {
    return lct_track_now(lane->track) - lane->track->settings.zero;
}

int lct_picture_lane_create(struct lct_track *track, struct lct_fault *fault) {
    (void)fault; /* the encoder opens with the first picture, when the canvas is known */
    struct lct_picture_lane *lane = lct_new(sizeof *lane);
    const struct lct_track_settings *s = &track->settings;
    lane->track = track;
    lane->width = s->width;
    lane->height = s->height;
    lane->last = LCT_NS_NONE;
    lane->last_key = LCT_NS_NONE;
    lane->interval = s->fps > 0 ? (lct_ns)(LCT_SECOND / s->fps) : LCT_SECOND / 30;
    lane->coded.id = s->id;
    (void)snprintf(lane->coded.name, sizeof lane->coded.name, "%s", s->name);
    lane->small = s->live ? lct_small_create(track) : NULL;
    track->picture = lane;
    return 0;
}

void lct_picture_lane_destroy(struct lct_picture_lane *lane) {
    if (lane) {
        lct_small_destroy(lane->small);
        lct_frame_unref(lane->shown);
        lct_video_close(lane->encoder);
        lct_coded_fini(&lane->coded);
        lct_fit_destroy(lane->fit);
        free(lane);
    }
}

/* ---- publishing ---- */

static void publish(struct lct_picture_lane *lane, const uint8_t *au, size_t n, lct_ns time,
                    lct_ns promise, bool key) {
    const struct lct_coded_when when = {time, promise, key};
    struct lct_chunk *chunk = lct_coded_pack(&lane->coded, au, n, &when);
    lane->last = time;
    lane->promise_end = time + promise;
    lane->last_key = key ? time : lane->last_key;
    lct_track_publish(lane->track, chunk, time + lane->track->settings.zero);
}

/* ---- encoding ---- */

static int open_encoder(struct lct_picture_lane *lane, enum lct_colour colour) {
    /* The nominal rate and not the learned one: it stands in the SPS, and whenever the encoder is
     * opened anew (another preset) other headers would mean another reel. */
    lane->video = is_screen(lane)
                      ? lct_video_screen(lane->width, lane->height)
                      : lct_video_camera(lane->width, lane->height, lane->track->settings.fps);
    lane->video.preset = lct_effort_preset(&lane->effort);
    lane->video.colour = colour;
    struct lct_fault fault;
    int rc = lct_video_open(&lane->video, &lane->encoder, &fault);
    if (rc < 0) {
        lct_track_report(lane->track, &fault);
    }
    return rc;
}

static void close_encoder(struct lct_picture_lane *lane) {
    lct_video_close(lane->encoder);
    lane->encoder = NULL;
}

static bool key_is_due(struct lct_picture_lane *lane, lct_ns time, unsigned changed_permille) {
    if (lane->last_key == LCT_NS_NONE || !lane->coded.format || lane->coded.passed) {
        return true;
    }
    return lct_track_key_is_due(lane->track, &lane->track->wants_key, time - lane->last_key,
                                changed_permille, lane->video.key_seconds);
}

/* When a picture's encoding began. */
struct start {
    lct_ns time, cpu;
};

static struct start start_now(const struct lct_picture_lane *lane) {
    return (struct start){lct_track_now(lane->track), lct_thread_cpu_time()};
}

static void note_effort(struct lct_picture_lane *lane, struct start began) {
    uint64_t drops = lct_queue_drops(lane->track->settings.in);
    struct start now = start_now(lane);
    const struct lct_effort_work work = {
        .took = now.time - began.time,
        .cpu = now.cpu - began.cpu,
        .lost = drops != lane->queue_drops,
    };
    bool changed = lct_effort_note(&lane->effort, now.time, &work);
    lane->queue_drops = drops;
    if (changed && lct_effort_preset(&lane->effort) != lane->video.preset) {
        close_encoder(lane);
    }
}

/* The twin shows what was just encoded, unless the recording has no CPU to spare. */
static void show_small(struct lct_picture_lane *lane, lct_ns time, lct_ns promise,
                       unsigned changed) {
    struct lct_small_picture picture = {
        .frame = lane->shown,
        .time = time,
        .promise = promise,
        .changed_permille = changed,
    };
    if (!is_screen(lane) && promise < STILL_PROMISE / SMALL_PROMISE_TIMES) {
        picture.promise = SMALL_PROMISE_TIMES * promise;
    }
    if (lane->small && lane->effort.step == 0) {
        lct_small_give(lane->small, &picture);
    } else if (lane->small) {
        lct_small_end(lane->small);
    }
}

static bool encode_failed(struct lct_picture_lane *lane, int rc) {
    struct lct_fault fault;
    (void)lct_fault_set(&fault, rc, "encode", "A picture of track %s does not encode (%d).",
                        "轨道 %s 的一帧画面无法编码（%d）。", lane->track->settings.name, rc);
    lct_track_report(lane->track, &fault);
    close_encoder(lane);
    lane->rest_until = lct_track_now(lane->track) + LCT_SECOND;
    return false;
}

/*
 * Encodes what is on the canvas at time, which is after the last one's. changed: how much of it is
 * new, in permille. False when the encoder failed; it is tried again a second later.
 */
static bool encode(struct lct_picture_lane *lane, lct_ns time, lct_ns promise, unsigned changed,
                   bool force_key) {
    struct start began = start_now(lane);
    bool fresh = !lane->encoder;
    if (fresh && open_encoder(lane, lane->shown->colour) < 0) {
        lane->rest_until = began.time + LCT_SECOND;
        return false;
    }
    bool key = force_key || fresh || key_is_due(lane, time, changed);
    struct lct_video_packet packet;
    int64_t ticks = lct_ns_to_ticks(time, TICKS);
    int rc = lct_video_encode(lane->encoder, lane->shown, ticks, key, &packet);
    if (rc < 0) {
        return encode_failed(lane, rc);
    }
    struct lct_nal_sets sets;
    if (packet.key && lct_nal_find_sets(packet.bytes, packet.n, &sets)) {
        lct_coded_renew(&lane->coded, &sets, lane->width, lane->height,
                        lct_video_options(lane->encoder));
    }
    publish(lane, packet.bytes, packet.n, time, promise, packet.key);
    note_effort(lane, began);
    show_small(lane, time, promise, changed);
    return true;
}

static void show_state(struct lct_picture_lane *lane, bool repeated, bool late) {
    struct lct_track *track = lane->track;
    pthread_mutex_lock(&track->lock);
    struct lct_track_status *s = &track->status;
    s->slate = lane->mode == SLATE;
    s->pass_through = lane->mode == PASSED;
    s->step = lane->effort.step;
    s->preset = lct_effort_preset(&lane->effort);
    s->busy = lane->effort.busy;
    s->small = lane->small && lct_small_runs(lane->small);
    s->repeats += repeated;
    s->late += late;
    pthread_mutex_unlock(&track->lock);
}

/* ---- the canvas ---- */

static void set_canvas(struct lct_picture_lane *lane, int width, int height) {
    if (lane->width == 0 || lane->height == 0) {
        lct_fit_within(CANVAS_WIDTH_MAX, CANVAS_HEIGHT_MAX, width, height, &lane->width,
                       &lane->height);
    }
    if (!lane->fit) {
        lane->fit = lct_fit_create(lane->width, lane->height);
    }
}

static void put_on_canvas(struct lct_picture_lane *lane, struct lct_frame *picture) {
    set_canvas(lane, picture->width, picture->height);
    struct lct_frame *fitted = lct_fit_picture(lane->fit, picture);
    bool recoloured = lane->shown && fitted->colour != lane->shown->colour;
    lct_frame_unref(lane->shown);
    lane->shown = fitted;
    if (recoloured) {
        close_encoder(lane);
    }
}

/* ---- what happens ---- */

/* The picture stays as it is: says so once more, at time. */
static bool repeat(struct lct_picture_lane *lane, lct_ns time) {
    bool done = encode(lane, time, STILL_PROMISE, 0, false);
    show_state(lane, true, false);
    return done;
}

static lct_ns not_before(const struct lct_picture_lane *lane, lct_ns time) {
    lct_ns first = lane->track->settings.start;
    lct_ns earliest = lane->last == LCT_NS_NONE ? first : lane->last + STEP_MIN;
    return time < earliest ? earliest : time;
}

/* Keeps all promises up to time; returns when a sample may come then: a repeat may have been said
 * a moment ago. */
static lct_ns fill_up_to(struct lct_picture_lane *lane, lct_ns time) {
    bool whole = lane->shown && lane->last != LCT_NS_NONE;
    while (whole && time > lane->promise_end) {
        whole = repeat(lane, lane->promise_end);
    }
    return not_before(lane, time);
}

static void enter_slate(struct lct_picture_lane *lane) {
    if (lane->mode == SLATE) {
        return;
    }
    bool screen = lane->track->settings.kind == LCT_TRACK_SCREEN;
    set_canvas(lane, screen ? 1920 : 1280, screen ? 1080 : 720);
    lct_ns time = not_before(lane, lesson_now(lane));
    if (lane->mode == PASSED && time > lane->promise_end) {
        time = lane->promise_end;
    }
    time = fill_up_to(lane, time);
    lane->mode = SLATE;
    struct lct_frame *slate = lct_slate(lane->width, lane->height, lct_track_now(lane->track));
    put_on_canvas(lane, slate);
    lct_frame_unref(slate);
    encode(lane, time, STILL_PROMISE, 1000, true);
    show_state(lane, false, false);
}

static void learn_interval(struct lct_picture_lane *lane, lct_ns time) {
    lct_ns step = time - lane->last;
    bool runs = lane->mode == LIVE || lane->mode == PASSED;
    if (lane->last != LCT_NS_NONE && runs && step < LCT_SECOND) {
        lane->interval += (step - lane->interval) / 16;
    }
}

static lct_ns promise_of(const struct lct_picture_lane *lane) {
    return is_screen(lane) ? MOVING_PROMISE : 2 * lane->interval + LCT_MS;
}

static lct_ns passed_promise(const struct lct_picture_lane *lane) {
    lct_ns promise = PASSED_PROMISE_PICTURES * lane->interval;
    return promise < STILL_PROMISE ? promise : STILL_PROMISE;
}

static void take_picture(struct lct_picture_lane *lane, struct lct_frame *picture) {
    lct_ns time = picture->time - lane->track->settings.zero;
    bool late = lane->last != LCT_NS_NONE && time < lane->last + STEP_MIN;
    if (late && !is_screen(lane)) {
        show_state(lane, false, true);
        return;
    }
    if (!is_screen(lane) &&
        lane->frame_number++ % (unsigned long)lct_effort_divisor(&lane->effort) != 0) {
        return;
    }
    bool returns = lane->mode != LIVE;
    learn_interval(lane, time); /* from picture to picture, before any repeat */
    time = fill_up_to(lane, time);
    lane->mode = LIVE;
    put_on_canvas(lane, picture);
    encode(lane, time, promise_of(lane), picture->changed_permille, returns);
    show_state(lane, false, false);
}

static void take_coded(struct lct_picture_lane *lane, struct lct_frame *frame) {
    struct lct_nal_sets sets;
    lct_ns time = frame->time - lane->track->settings.zero;
    bool has_sets = frame->key && lct_nal_find_sets(frame->coded, frame->coded_bytes, &sets);
    bool late = lane->last != LCT_NS_NONE && time < lane->last + STEP_MIN;
    if ((lane->mode != PASSED && !has_sets) || (late && !frame->key)) {
        show_state(lane, false, late);
        return;
    }
    time = not_before(lane, time);
    if (lane->mode == PASSED && time > lane->promise_end) {
        lct_ns step = time - lane->last; /* a slower camera than was thought does this once */
        lane->interval = step < STILL_PROMISE ? step : lane->interval;
        enter_slate(lane);
        if (!has_sets) {
            return;
        }
        time = not_before(lane, time);
    }
    time = fill_up_to(lane, time);
    if (has_sets) {
        if (lane->width == 0) {
            lane->width = frame->width;
            lane->height = frame->height;
        }
        lct_coded_renew(&lane->coded, &sets, lane->width, lane->height, NULL);
        lct_frame_unref(lane->shown);
        lane->shown = NULL;
        close_encoder(lane);
    }
    learn_interval(lane, time);
    lane->mode = PASSED;
    if (lane->small) {
        lct_small_end(lane->small);
    }
    publish(lane, frame->coded, frame->coded_bytes, time, passed_promise(lane), frame->key);
    show_state(lane, false, false);
}

static void take_nothing(struct lct_picture_lane *lane) {
    if (lct_track_now(lane->track) < lct_picture_deadline(lane)) {
        return;
    }
    if (lane->mode == WAITING || lane->mode == PASSED) {
        enter_slate(lane);
    } else if (is_screen(lane) || lane->mode == SLATE) {
        lct_ns now = not_before(lane, lesson_now(lane));
        repeat(lane, now > lane->promise_end ? lane->promise_end : now);
    } else {
        repeat(lane, lane->promise_end);
    }
}

static lct_ns deadline(const struct lct_picture_lane *lane) {
    const struct lct_track_settings *s = &lane->track->settings;
    switch (lane->mode) {
    case WAITING:
        return s->zero + s->start + FIRST_PICTURE;
    case PASSED: /* what arrives late may still have been taken in time */
        return s->zero + lane->last + STILL_PROMISE;
    case LIVE:
        if (!is_screen(lane) || lane->promise_end - lane->last < STILL_PROMISE) {
            return s->zero + lane->promise_end + PATIENCE;
        }
        LCT_FALLTHROUGH;
    case SLATE:
        break;
    }
    return s->zero + lane->last + REFRESH;
}

lct_ns lct_picture_deadline(const struct lct_picture_lane *lane) {
    lct_ns due = deadline(lane);
    return due > lane->rest_until ? due : lane->rest_until;
}

void lct_picture_step(struct lct_picture_lane *lane, struct lct_frame *frame) {
    if (!frame) {
        take_nothing(lane);
        return;
    }
    switch (frame->kind) {
    case LCT_FRAME_PICTURE:
        take_picture(lane, frame);
        break;
    case LCT_FRAME_CODED:
        take_coded(lane, frame);
        break;
    case LCT_FRAME_LOST:
        enter_slate(lane);
        break;
    case LCT_FRAME_SOUND:
        break; /* not ours: the pipeline never wires it so */
    }
    lct_frame_unref(frame);
}

void lct_picture_end(struct lct_picture_lane *lane) {
    if (lane->shown && lane->last != LCT_NS_NONE) {
        (void)fill_up_to(lane, lesson_now(lane)); /* nothing comes then */
    }
}

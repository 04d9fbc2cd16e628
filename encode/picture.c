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
#include "encode/effort.h"
#include "encode/fit.h"
#include "encode/mp4.h"
#include "encode/nal.h"
#include "encode/slate.h"
#include "encode/track_priv.h"

#define TICKS 90000
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
/* Asked-for IDRs are joined into one in this time. */
#define KEY_COALESCE (LCT_SECOND / 2)
/* A screen that changed by so much shows a new slide: it gets an IDR, if the last is not too near.
 */
#define SLIDE_PERMILLE 250
#define SLIDE_KEY_MIN LCT_SECOND

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
    /* the encoder and the format of its packets */
    struct lct_video_settings video;
    struct lct_video_encoder *encoder;
    struct lct_format *format;
    struct lct_nal_sets sets;
    bool format_passed;
    /* the timeline, lesson time */
    lct_ns last;        /* of the last sample; LCT_NS_NONE before the first */
    lct_ns promise_end; /* when its picture ends at the latest */
    lct_ns last_key;
    lct_ns interval;   /* between a camera's pictures, smoothed */
    lct_ns rest_until; /* CLOCK_MONOTONIC: after a fault of the encoder nothing is tried before */
};

static bool is_screen(const struct lct_picture_lane *lane) {
    return lane->track->settings.kind == LCT_TRACK_SCREEN || lane->track->settings.fps <= 0;
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
    track->picture = lane;
    return 0;
}

void lct_picture_lane_destroy(struct lct_picture_lane *lane) {
    if (lane) {
        lct_frame_unref(lane->shown);
        lct_video_close(lane->encoder);
        lct_format_unref(lane->format);
        lct_fit_destroy(lane->fit);
        free(lane);
    }
}

/* ---- publishing ---- */

static bool same_sets(const struct lct_nal_sets *a, const struct lct_nal_sets *b) {
    return a->sps_bytes == b->sps_bytes && a->pps_bytes == b->pps_bytes &&
           memcmp(a->sps, b->sps, a->sps_bytes) == 0 && memcmp(a->pps, b->pps, a->pps_bytes) == 0;
}

/* A new format (and by it a new reel) only when decoders must be told something new. */
static void renew_format(struct lct_picture_lane *lane, const struct lct_nal_sets *sets,
                         bool passed) {
    if (lane->format && lane->format_passed == passed && same_sets(&lane->sets, sets)) {
        return;
    }
    const struct lct_track_settings *s = &lane->track->settings;
    struct lct_format *f = lct_new(sizeof *f);
    lct_ref_init(&f->ref);
    (void)snprintf(f->track, sizeof f->track, "%s", s->name);
    f->track_id = s->id;
    f->codec = LCT_CODEC_H264;
    f->timescale = TICKS;
    if (passed) { /* not scaled into the canvas */
        lct_nal_picture_size(sets, &f->width, &f->height);
    }
    if (f->width == 0) {
        f->width = lane->width;
        f->height = lane->height;
    }
    if (!passed) {
        (void)snprintf(f->encoder, sizeof f->encoder, "%s", lct_video_options(lane->encoder));
    }
    uint8_t avcc[2 * LCT_NAL_SET_MAX + 32];
    f->config_bytes = lct_nal_write_avcc(sets, avcc, sizeof avcc);
    f->config = lct_new(f->config_bytes);
    memcpy(f->config, avcc, f->config_bytes);
    lct_mp4_codec_string(f);
    if (lct_mp4_make_init(f) < 0) {
        abort(); /* the sets were bounded when they were found */
    }
    lct_format_unref(lane->format);
    lane->format = f;
    lane->format_passed = passed;
    lane->sets = *sets;
}

static void publish(struct lct_picture_lane *lane, const uint8_t *au, size_t n, lct_ns time,
                    lct_ns promise, bool key) {
    size_t bytes = lct_nal_sample_bytes(au, n);
    uint8_t *sample = malloc(bytes ? bytes : 1);
    struct lct_chunk *chunk = NULL;
    int64_t begin = lct_ns_to_ticks(time, TICKS);
    /* To where a repeat at the promise's end will begin, to the tick. */
    int64_t end = lct_ns_to_ticks(time + promise, TICKS);
    struct lct_chunk_info info = {
        .tfdt = begin,
        .duration = (uint32_t)(end - begin),
        .samples = 1,
        .key = key,
        .sample_bytes = {(uint32_t)bytes},
    };
    if (sample) {
        lct_nal_write_sample(au, n, sample);
        chunk = lct_mp4_pack(lane->format, &info, (const uint8_t *const[]){sample});
        free(sample);
    }
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
    if (lane->last_key == LCT_NS_NONE || !lane->format || lane->format_passed) {
        return true;
    }
    lct_ns since = time - lane->last_key;
    bool asked = since >= KEY_COALESCE && atomic_exchange(&lane->track->wants_key, false);
    bool slide = is_screen(lane) && changed_permille >= SLIDE_PERMILLE && since >= SLIDE_KEY_MIN;
    return asked || slide || since >= (lct_ns)(lane->video.key_seconds * LCT_SECOND);
}

static void note_effort(struct lct_picture_lane *lane, lct_ns began) {
    uint64_t drops = lct_queue_drops(lane->track->settings.in);
    lct_ns now = lct_track_now(lane->track);
    bool changed = lct_effort_note(&lane->effort, now, now - began, drops != lane->queue_drops);
    lane->queue_drops = drops;
    if (changed && lct_effort_preset(&lane->effort) != lane->video.preset) {
        close_encoder(lane);
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
    lct_ns began = lct_track_now(lane->track);
    bool fresh = !lane->encoder;
    if (fresh && open_encoder(lane, lane->shown->colour) < 0) {
        lane->rest_until = began + LCT_SECOND;
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
        renew_format(lane, &sets, false);
    }
    publish(lane, packet.bytes, packet.n, time, promise, packet.key);
    note_effort(lane, began);
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
    s->repeats += repeated;
    s->late += late;
    pthread_mutex_unlock(&track->lock);
}

/* ---- the canvas ---- */

static void set_canvas(struct lct_picture_lane *lane, int width, int height) {
    if (lane->width == 0 || lane->height == 0) {
        lct_fit_canvas(width, height, &lane->width, &lane->height);
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
        renew_format(lane, &sets, true);
        lct_frame_unref(lane->shown);
        lane->shown = NULL;
        close_encoder(lane);
    }
    learn_interval(lane, time);
    lane->mode = PASSED;
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

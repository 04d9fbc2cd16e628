// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/recorder/pipeline.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/queue.h"
#include "base/text.h"
#include "base/thread.h"

LCT_LOG_TOPIC("pipeline");

/* Raw pictures: the newest matters, and four are all the encoder can be behind. Sound is kept for 2
 * s. */
#define PICTURE_QUEUE 4
#define SOUND_QUEUE 200

struct lct_pipeline {
    bool on_air; /* fixed before the first lesson: tracks have their live twins */
    /* fixed after create */
    struct lct_spec specs[LCT_ROOM_SOURCES_MAX];
    char spec_texts[LCT_ROOM_SOURCES_MAX][LCT_SPEC_TARGET_SIZE + 16];
    size_t spec_count;
    struct lct_pipeline_lane lanes[LCT_TAPE_TRACKS_MAX];
    size_t lane_count;
    struct lct_bus *bus;
    void (*changed)(void *);
    void *opaque;
    /* the owner's thread only */
    struct lct_source *sources[LCT_ROOM_SOURCES_MAX]; /* NULL before the first opening */
    bool open;
    struct lct_queue *queues[LCT_TAPE_TRACKS_MAX];
    struct lct_tape *tape;
    /* written by the owner under lock, so that the tape's thread may look */
    pthread_mutex_t lock;
    pthread_cond_t news;
    struct lct_track *tracks[LCT_TAPE_TRACKS_MAX];
    struct lct_check *check;
};

/* ---- the room's tracks ---- */

static const char *const kind_names[] = {"camera", "screen", "sound"};

static void add_lane(struct lct_pipeline *p, size_t source, enum lct_output output,
                     enum lct_track_kind kind) {
    assert(p->lane_count <
           LCT_TAPE_TRACKS_MAX); /* control/recorder/sources.h refuses a room with more */
    unsigned same = 1;
    for (size_t i = 0; i < p->lane_count; i++) {
        same += p->lanes[i].kind == kind;
    }
    struct lct_pipeline_lane *lane = &p->lanes[p->lane_count++];
    *lane = (struct lct_pipeline_lane){.kind = kind, .source = source, .output = output};
    if (same == 1) {
        (void)snprintf(lane->name, sizeof lane->name, "%s", kind_names[kind]);
    } else {
        (void)snprintf(lane->name, sizeof lane->name, "%s-%u", kind_names[kind], same);
    }
}

static void add_lanes(struct lct_pipeline *p, size_t source) {
    const struct lct_spec *spec = &p->specs[source];
    if (spec->camera) {
        add_lane(p, source, LCT_OUTPUT_CAMERA, LCT_TRACK_CAMERA);
    }
    if (spec->screen) {
        add_lane(p, source, LCT_OUTPUT_SCREEN, LCT_TRACK_SCREEN);
    }
    if (spec->sound) {
        add_lane(p, source, LCT_OUTPUT_SOUND, LCT_TRACK_SOUND);
    }
}

struct lct_pipeline *lct_pipeline_create(const struct lct_spec *specs, size_t count,
                                         void (*changed)(void *), void *opaque) {
    struct lct_pipeline *p = lct_new(sizeof *p);
    assert(count >= 1 && count <= LCT_ROOM_SOURCES_MAX);
    p->spec_count = count;
    memcpy(p->specs, specs, p->spec_count * sizeof *specs);
    for (size_t i = 0; i < p->spec_count; i++) {
        lct_spec_show(&p->specs[i], p->spec_texts[i], sizeof p->spec_texts[i]);
        add_lanes(p, i);
    }
    p->bus = lct_bus_create();
    p->changed = changed;
    p->opaque = opaque;
    pthread_mutex_init(&p->lock, NULL);
    lct_cond_init(&p->news);
    return p;
}

const struct lct_pipeline_lane *lct_pipeline_lanes(const struct lct_pipeline *pipeline,
                                                   size_t *ret_count) {
    *ret_count = pipeline->lane_count;
    return pipeline->lanes;
}

void lct_pipeline_go_on_air(struct lct_pipeline *pipeline) { pipeline->on_air = true; }

struct lct_bus *lct_pipeline_bus(struct lct_pipeline *pipeline) {
    return pipeline->bus;
}

const char *lct_pipeline_spec(const struct lct_pipeline *pipeline, size_t source) {
    return pipeline->spec_texts[source];
}

bool lct_pipeline_recording(const struct lct_pipeline *pipeline) { return pipeline->tape != NULL; }

bool lct_pipeline_is_open(const struct lct_pipeline *pipeline) { return pipeline->open; }

/* ---- sources ---- */

static void source_changed(void *opaque) {
    struct lct_pipeline *p = opaque;
    pthread_mutex_lock(&p->lock);
    pthread_cond_broadcast(&p->news);
    pthread_mutex_unlock(&p->lock);
    if (p->changed) {
        p->changed(p->opaque);
    }
}

void lct_pipeline_open(struct lct_pipeline *pipeline) {
    struct lct_pipeline *p = pipeline;
    if (p->open) {
        return;
    }
    p->open = true;
    for (size_t i = 0; i < p->spec_count; i++) {
        if (p->sources[i]) {
            lct_source_want(p->sources[i], true);
        } else {
            p->sources[i] = lct_source_create(&p->specs[i], source_changed, p);
        }
    }
}

void lct_pipeline_close(struct lct_pipeline *pipeline) {
    struct lct_pipeline *p = pipeline;
    if (!p->open || p->tape) {
        return;
    }
    p->open = false;
    for (size_t i = 0; i < p->spec_count; i++) {
        lct_source_want(p->sources[i], false);
    }
}

static bool all_answered(struct lct_pipeline *p) {
    for (size_t i = 0; i < p->spec_count; i++) {
        struct lct_source_status status;
        lct_source_status(p->sources[i], &status);
        if (status.state == LCT_SOURCE_OPENING && status.fault.code == -EINPROGRESS) {
            return false; /* tried for the first time */
        }
    }
    return true;
}

int lct_pipeline_first_fault(struct lct_pipeline *pipeline, struct lct_fault *fault) {
    for (size_t i = 0; i < pipeline->spec_count && pipeline->open; i++) {
        struct lct_source_status status;
        lct_source_status(pipeline->sources[i], &status);
        bool lost = status.state == LCT_SOURCE_LOST || status.state == LCT_SOURCE_OPENING;
        if (lost && status.fault.code != 0 && status.fault.code != -EINPROGRESS) {
            *fault = status.fault;
            return fault->code;
        }
    }
    return 0;
}

void lct_pipeline_wait(struct lct_pipeline *pipeline, lct_ns deadline) {
    pthread_mutex_lock(&pipeline->lock);
    for (;;) {
        pthread_mutex_unlock(&pipeline->lock);
        bool answered = all_answered(pipeline);
        pthread_mutex_lock(&pipeline->lock);
        lct_ns now = lct_monotonic();
        if (answered || now >= deadline) {
            break;
        }
        /* A change between the look and the wait is seen at the next look. */
        lct_ns look = now + 50 * LCT_MS;
        (void)lct_cond_wait(&pipeline->news, &pipeline->lock, look < deadline ? look : deadline);
    }
    pthread_mutex_unlock(&pipeline->lock);
}

/* ---- a lesson ---- */

/* The running track of this id, or NULL. */
static struct lct_track *track_locked(const struct lct_pipeline *p, uint32_t id) {
    return id >= 1 && id <= p->lane_count ? p->tracks[id - 1] : NULL;
}

void lct_pipeline_request_key(struct lct_pipeline *pipeline, uint32_t track_id) {
    struct lct_pipeline *p = pipeline;
    bool is_small = track_id > LCT_TRACK_SMALL_ID;
    pthread_mutex_lock(&p->lock);
    struct lct_track *track = track_locked(p, track_id - (is_small ? LCT_TRACK_SMALL_ID : 0));
    if (track && is_small) {
        lct_track_request_small_key(track);
    } else if (track) {
        lct_track_request_key(track);
    }
    pthread_mutex_unlock(&p->lock);
}

void lct_pipeline_request_small(struct lct_pipeline *pipeline, uint32_t track_id, lct_ns until) {
    struct lct_pipeline *p = pipeline;
    pthread_mutex_lock(&p->lock);
    struct lct_track *track = track_locked(p, track_id);
    if (track) {
        lct_track_request_small(track, until);
    }
    pthread_mutex_unlock(&p->lock);
}

static void want_key(void *opaque, uint32_t track_id) {
    lct_pipeline_request_key(opaque, track_id);
}

static void tape_changed(void *opaque) {
    struct lct_pipeline *p = opaque;
    pthread_mutex_lock(&p->lock);
    struct lct_check *check = p->check;
    if (check) {
        lct_check_wake(check);
    }
    pthread_mutex_unlock(&p->lock);
    if (p->changed) {
        p->changed(p->opaque);
    }
}

static void describe_track(struct lct_pipeline *p, size_t i, struct lct_lesson_track *track) {
    const struct lct_pipeline_lane *lane = &p->lanes[i];
    (void)snprintf(track->name, sizeof track->name, "%s", lane->name);
    (void)snprintf(track->kind, sizeof track->kind, "%s", kind_names[lane->kind]);
    track->id = (uint32_t)i + 1;
    lct_text_copy(track->source, sizeof track->source, p->spec_texts[lane->source]);
    track->demo = p->specs[lane->source].kind == LCT_SPEC_DEMO;
}

static int start_track(struct lct_pipeline *p, size_t i, const struct lct_lesson_track *known,
                       lct_ns zero, lct_ns start, struct lct_fault *fault) {
    const struct lct_pipeline_lane *lane = &p->lanes[i];
    struct lct_source_status status;
    lct_source_status(p->sources[lane->source], &status);
    bool sound = lane->kind == LCT_TRACK_SOUND;
    p->queues[i] = lct_queue_create(sound ? SOUND_QUEUE : PICTURE_QUEUE,
                                    sound ? LCT_QUEUE_DROP_NEWEST : LCT_QUEUE_DROP_OLDEST,
                                    lct_frame_unref_item);
    struct lct_track_settings settings = {
        .id = (uint32_t)i + 1,
        .kind = lane->kind,
        .zero = zero,
        .start = start,
        .width = known->width,
        .height = known->height,
        .fps = status.nominal_fps,
        .in = p->queues[i],
        .bus = p->bus,
        .live = p->on_air,
    };
    if (lane->kind == LCT_TRACK_CAMERA && settings.fps <= 0) {
        settings.fps = 30; /* not known yet: the track learns the true interval */
    }
    (void)snprintf(settings.name, sizeof settings.name, "%s", lane->name);
    struct lct_track *track = NULL;
    int rc = lct_track_create(&settings, &track, fault);
    if (rc == 0) {
        pthread_mutex_lock(&p->lock);
        p->tracks[i] = track;
        pthread_mutex_unlock(&p->lock);
        lct_source_attach(p->sources[lane->source], lane->output, p->queues[i]);
    }
    return rc;
}

/* From the source on: nothing new comes in, what is inside is encoded, the tracks end. */
static void stop_tracks(struct lct_pipeline *p) {
    for (size_t i = 0; i < p->lane_count; i++) {
        if (p->queues[i]) {
            lct_source_attach(p->sources[p->lanes[i].source], p->lanes[i].output, NULL);
        }
    }
    for (size_t i = 0; i < p->lane_count; i++) {
        pthread_mutex_lock(&p->lock);
        struct lct_track *track = p->tracks[i];
        p->tracks[i] = NULL;
        pthread_mutex_unlock(&p->lock);
        lct_track_destroy(track);
        lct_queue_destroy(p->queues[i]);
        p->queues[i] = NULL;
    }
}

static void stop_check(struct lct_pipeline *p) {
    pthread_mutex_lock(&p->lock);
    struct lct_check *check = p->check;
    p->check = NULL;
    pthread_mutex_unlock(&p->lock);
    lct_check_destroy(check);
}

int lct_pipeline_record(struct lct_pipeline *pipeline, const char *folder,
                        struct lct_lesson_info *info, struct lct_fault *fault) {
    struct lct_pipeline *p = pipeline;
    lct_ns zero = lct_lesson_zero(info);
    lct_ns start = lct_monotonic() - zero;
    for (size_t i = 0; i < p->lane_count; i++) {
        describe_track(p, i, &info->tracks[i]);
    }
    info->track_count = p->lane_count;
    const struct lct_tape_settings settings = {
        .io = &lct_io_system,
        .folder = folder,
        .zero = zero,
        .bus = p->bus,
        .want_key = want_key,
        .changed = tape_changed,
        .opaque = p,
    };
    p->tape = lct_tape_create(&settings);
    struct lct_check *check = lct_check_create(folder, p->tape);
    pthread_mutex_lock(&p->lock);
    p->check = check;
    pthread_mutex_unlock(&p->lock);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < p->lane_count; i++) {
        rc = start_track(p, i, &info->tracks[i], zero, start, fault);
    }
    if (rc < 0) {
        int ignored = lct_pipeline_stop(p, info); /* the fault says what matters */
        (void)ignored;
    }
    return rc;
}

int lct_pipeline_stop(struct lct_pipeline *pipeline, struct lct_lesson_info *info) {
    struct lct_pipeline *p = pipeline;
    if (!p->tape) {
        return 0;
    }
    info->end = lct_monotonic() - lct_lesson_zero(info);
    stop_tracks(p);
    int rc = lct_tape_finish(p->tape, info->end);
    stop_check(p);
    lct_tape_destroy(p->tape);
    p->tape = NULL;
    if (rc < 0) {
        lct_warn("lesson ended with a fault of the disk", "lesson=%s error=%s", info->id,
                 strerror(-rc));
    }
    return rc;
}

void lct_pipeline_destroy(struct lct_pipeline *pipeline) {
    if (!pipeline) {
        return;
    }
    struct lct_lesson_info unused = {.track_count = 0};
    int ignored =
        lct_pipeline_stop(pipeline, &unused); /* the owner stops lessons itself, with their info */
    (void)ignored;
    lct_pipeline_close(pipeline); /* all side by side; then each is waited for */
    for (size_t i = 0; i < pipeline->spec_count; i++) {
        lct_source_destroy(pipeline->sources[i]);
    }
    lct_bus_destroy(pipeline->bus);
    pthread_cond_destroy(&pipeline->news);
    pthread_mutex_destroy(&pipeline->lock);
    free(pipeline);
}

void lct_pipeline_status(struct lct_pipeline *pipeline, struct lct_pipeline_status *ret_status) {
    struct lct_pipeline *p = pipeline;
    memset(ret_status, 0, sizeof *ret_status);
    ret_status->source_count = p->spec_count;
    for (size_t i = 0; i < p->spec_count && p->open; i++) {
        lct_source_status(p->sources[i], &ret_status->sources[i]);
    }
    ret_status->track_count = p->lane_count;
    if (!p->tape) {
        ret_status->tape.saved = ret_status->check.verified = LCT_NS_NONE;
        return;
    }
    for (size_t i = 0; i < p->lane_count; i++) {
        lct_track_status(p->tracks[i], &ret_status->tracks[i]);
    }
    lct_tape_status(p->tape, &ret_status->tape);
    lct_check_status(p->check, &ret_status->check);
}

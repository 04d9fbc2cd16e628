// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/small.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/queue.h"
#include "base/thread.h"
#include "encode/coded.h"
#include "encode/fit.h"
#include "encode/track_priv.h"
#include "encode/video.h"

LCT_LOG_TOPIC("small");

#define TICKS 90000
/* Pictures are large, and live: two may wait while one is encoded. */
#define WAITING_MAX 2
#define NICE 10
#define SUFFIX "-small"

struct lct_small {
    struct lct_track *track;
    struct lct_thread thread;
    struct lct_queue *letters; /* from the track's thread to the twin's: struct lct_small_picture,
                                  its frame owned; NULL: rest */
    atomic_bool ended;
    /* the track's thread only */
    enum { RESTING, RUNNING } state;
    /* the twin's thread only */
    struct lct_fit *fit;
    int width, height;
    enum lct_colour colour;
    struct lct_video_settings video;
    struct lct_video_encoder *encoder; /* NULL while it rests */
    struct lct_coded coded;
    lct_ns last, promise_end, last_key; /* lesson time; LCT_NS_NONE before the first */
    lct_ns rest_until; /* CLOCK_MONOTONIC: after a fault of the encoder nothing is tried before */
};

/* ---- the twin's thread ---- */

static void close_encoder(struct lct_small *small) {
    lct_video_close(small->encoder);
    small->encoder = NULL;
}

static bool open_encoder(struct lct_small *small, const struct lct_frame *frame) {
    const struct lct_track_settings *s = &small->track->settings;
    struct lct_fault fault;
    if (!small->fit) { /* a track keeps its canvas, so its twin does */
        lct_fit_within(LCT_SMALL_WIDTH, LCT_SMALL_HEIGHT, frame->width, frame->height,
                       &small->width, &small->height);
        small->fit = lct_fit_create(small->width, small->height);
    }
    small->video = lct_video_small(lct_track_is_screen(small->track)
                                       ? lct_video_screen(small->width, small->height)
                                       : lct_video_camera(small->width, small->height, s->fps));
    small->video.colour = frame->colour;
    if (lct_video_open(&small->video, &small->encoder, &fault) < 0) {
        lct_warn("no small picture for live viewers", "track=%s why=%s", s->name, fault.en);
        return false;
    }
    return true;
}

static void publish(struct lct_small *small, const struct lct_video_packet *packet,
                    const struct lct_small_picture *picture) {
    struct lct_nal_sets sets;
    const struct lct_coded_when when = {picture->time, picture->promise, packet->key};
    if (packet->key && lct_nal_find_sets(packet->bytes, packet->n, &sets)) {
        lct_coded_renew(&small->coded, &sets, small->width, small->height,
                        lct_video_options(small->encoder));
    }
    small->last = picture->time;
    small->promise_end = picture->time + picture->promise;
    small->last_key = packet->key ? picture->time : small->last_key;
    struct lct_chunk *chunk = lct_coded_pack(&small->coded, packet->bytes, packet->n, &when);
    if (chunk) { /* else the next picture is not far */
        lct_track_publish(small->track, chunk, picture->time + small->track->settings.zero);
    }
}

/* A picture that comes after the last one's promise leaves a hole, which needs an IDR behind it. */
static bool key_is_due(struct lct_small *small, const struct lct_small_picture *picture) {
    if (small->last_key == LCT_NS_NONE || picture->time > small->promise_end) {
        return true;
    }
    return lct_track_key_is_due(small->track, &small->track->wants_small_key,
                                picture->time - small->last_key, picture->changed_permille,
                                small->video.key_seconds);
}

static void encode(struct lct_small *small, const struct lct_small_picture *picture) {
    bool fresh = !small->encoder || small->colour != picture->frame->colour;
    struct lct_video_packet packet;
    if (small->last != LCT_NS_NONE && picture->time <= small->last) {
        return;
    }
    if (fresh) {
        close_encoder(small);
        small->colour = picture->frame->colour;
    }
    int rc = fresh && !open_encoder(small, picture->frame) ? -1 : 0;
    if (rc == 0) {
        bool key = fresh || key_is_due(small, picture);
        struct lct_frame *fitted = lct_fit_picture(small->fit, picture->frame);
        rc = lct_video_encode(small->encoder, fitted, lct_ns_to_ticks(picture->time, TICKS), key,
                              &packet);
        lct_frame_unref(fitted);
    }
    if (rc < 0) {
        close_encoder(small);
        small->rest_until = lct_track_now(small->track) + LCT_SECOND;
        return;
    }
    publish(small, &packet, picture);
}

static void free_picture(void *item) {
    struct lct_small_picture *picture = item;
    lct_frame_unref(picture->frame);
    free(picture);
}

static void obey(struct lct_small *small, struct lct_small_picture *picture) {
    if (!picture->frame) {
        close_encoder(small);
    } else if (!atomic_load(&small->ended) && lct_track_now(small->track) >= small->rest_until) {
        encode(small, picture);
    }
    free_picture(picture);
}

static void run(void *arg) {
    struct lct_small *small = arg;
    struct lct_small_picture *picture;
    lct_thread_nice(NICE);
    while ((picture = lct_queue_pop(small->letters, LCT_NS_NONE))) {
        obey(small, picture);
    }
}

/* ---- the track's thread ---- */

struct lct_small *lct_small_create(struct lct_track *track) {
    struct lct_small *small = lct_new(sizeof *small);
    small->track = track;
    small->letters = lct_queue_create(WAITING_MAX, LCT_QUEUE_DROP_OLDEST, free_picture);
    small->last = small->last_key = LCT_NS_NONE;
    small->coded.id = track->settings.id + LCT_TRACK_SMALL_ID;
    (void)snprintf(small->coded.name, sizeof small->coded.name, "%.*s" SUFFIX,
                   (int)(LCT_TRACK_NAME_SIZE - sizeof SUFFIX), track->settings.name);
    if (lct_track_has_thread(track)) {
        lct_thread_start(&small->thread, small->coded.name, run, small);
    }
    return small;
}

void lct_small_destroy(struct lct_small *small) {
    if (!small) {
        return;
    }
    atomic_store(&small->ended, true);
    lct_queue_close(small->letters);
    lct_thread_join(&small->thread);
    lct_queue_destroy(small->letters);
    close_encoder(small);
    lct_fit_destroy(small->fit);
    lct_coded_fini(&small->coded);
    free(small);
}

/* On a clock of its owner's the track has no threads, its twin neither. */
static void post(struct lct_small *small, const struct lct_small_picture *picture) {
    struct lct_small_picture *letter = lct_new(sizeof *letter);
    *letter = *picture;
    if (letter->frame) {
        lct_frame_ref(letter->frame);
    }
    (void)lct_queue_push(small->letters, letter); /* a full queue has lost the oldest */
    if (!lct_track_has_thread(small->track)) {
        obey(small, lct_queue_pop(small->letters, 0));
    }
}

void lct_small_give(struct lct_small *small, const struct lct_small_picture *picture) {
    if (lct_track_now(small->track) >= atomic_load(&small->track->small_until)) {
        lct_small_end(small);
        return;
    }
    small->state = RUNNING;
    post(small, picture);
}

void lct_small_end(struct lct_small *small) {
    if (small->state == RUNNING) {
        small->state = RESTING;
        post(small, &(struct lct_small_picture){.frame = NULL});
    }
}

bool lct_small_runs(const struct lct_small *small) { return small->state == RUNNING; }

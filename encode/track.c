// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/track.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "encode/track_priv.h"

static bool is_sound(const struct lct_track *track) {
    return track->settings.kind == LCT_TRACK_SOUND;
}

/* A frame, or NULL: the lanes look at the clock themselves. */
static void take(struct lct_track *track, struct lct_frame *frame) {
    if (is_sound(track)) {
        lct_sound_step(track->sound, frame);
    } else {
        lct_picture_step(track->picture, frame);
    }
}

void lct_track_step(struct lct_track *track) {
    assert(!lct_track_has_thread(track));
    struct lct_frame *frame;
    do {
        frame = lct_queue_pop(track->settings.in, 0);
        take(track, frame);
    } while (frame);
}

static void run(void *opaque) {
    struct lct_track *track = opaque;
    struct lct_queue *in = track->settings.in;
    while (!lct_queue_finished(in)) {
        lct_ns due = is_sound(track) ? lct_sound_deadline(track->sound)
                                     : lct_picture_deadline(track->picture);
        take(track, lct_queue_pop(in, due));
    }
    if (is_sound(track)) {
        lct_sound_end(track->sound);
    } else {
        lct_picture_end(track->picture);
    }
}

int lct_track_create(const struct lct_track_settings *settings, struct lct_track **ret_track,
                     struct lct_fault *fault) {
    struct lct_track *track = lct_new(sizeof *track);
    track->settings = *settings;
    if (!settings->clock) {
        track->settings.clock = lct_monotonic;
    }
    pthread_mutex_init(&track->lock, NULL);
    track->status.end = settings->start;
    int rc = is_sound(track) ? lct_sound_lane_create(track, fault)
                             : lct_picture_lane_create(track, fault);
    if (rc < 0) {
        pthread_mutex_destroy(&track->lock);
        free(track);
        return rc;
    }
    if (lct_track_has_thread(track)) {
        lct_thread_start(&track->thread, settings->name, run, track);
    }
    *ret_track = track;
    return 0;
}

void lct_track_destroy(struct lct_track *track) {
    if (!track) {
        return;
    }
    lct_queue_close(track->settings.in);
    if (lct_track_has_thread(track)) {
        lct_thread_join(&track->thread);
    } else {
        run(track);
    }
    lct_picture_lane_destroy(track->picture);
    lct_sound_lane_destroy(track->sound);
    pthread_mutex_destroy(&track->lock);
    free(track);
}

void lct_track_request_key(struct lct_track *track) { atomic_store(&track->wants_key, true); }

void lct_track_request_small(struct lct_track *track, lct_ns until) {
    lct_ns known = atomic_load(&track->small_until);
    while (until > known && !atomic_compare_exchange_weak(&track->small_until, &known, until)) {
    }
}

void lct_track_request_small_key(struct lct_track *track) {
    atomic_store(&track->wants_small_key, true);
}

void lct_track_status(struct lct_track *track, struct lct_track_status *ret_status) {
    pthread_mutex_lock(&track->lock);
    *ret_status = track->status;
    pthread_mutex_unlock(&track->lock);
}

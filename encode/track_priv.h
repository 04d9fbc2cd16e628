// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A track from within. track.c is its thread, which steps one of the two kinds, picture.c and
 * sound_track.c; both give out what they make by track_out.c.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/thread.h"
#include "capture/frame.h"
#include "encode/track.h"

struct lct_track {
    /* fixed after create */
    struct lct_track_settings settings;
    struct lct_thread thread;
    /* any thread */
    atomic_bool wants_key, wants_small_key;
    _Atomic lct_ns small_until; /* the lease of the small twin, CLOCK_MONOTONIC */
    /* the track's thread only */
    struct lct_picture_lane *picture;
    struct lct_sound_lane *sound;
    /* guarded by lock */
    pthread_mutex_t lock;
    struct lct_track_status status;
};

/** False: its owner steps it, on a clock of the owner's. */
bool lct_track_has_thread(const struct lct_track *track);

/** Its pictures come when they change, and not at a rate. */
bool lct_track_is_screen(const struct lct_track *track);

/**
 * Shall the next picture be an IDR, since after the last? When somebody wished it (the wish is
 * taken back), at a new slide, and each key_seconds. changed_permille: how much of it is new.
 */
bool lct_track_key_is_due(const struct lct_track *track, atomic_bool *wish, lct_ns since,
                          unsigned changed_permille, double key_seconds);

/** The track's clock. */
lct_ns lct_track_now(const struct lct_track *track);

/** Publishes a packed chunk (takes; NULL counts as a fault) and counts it, unless it is of a twin:
 * what was wrong before is over. captured: CLOCK_MONOTONIC. */
void lct_track_publish(struct lct_track *track, struct lct_chunk *chunk, lct_ns captured);

/** Puts a fault into the status, until a chunk is published. */
void lct_track_report(struct lct_track *track, const struct lct_fault *fault);

/** The picture kinds: see picture.c. 0 or -errno and fault. */
int lct_picture_lane_create(struct lct_track *track, struct lct_fault *fault) LCT_MUST_USE;
/** Frees; NULL is allowed. */
void lct_picture_lane_destroy(struct lct_picture_lane *lane);
/** One frame, or NULL: nothing came until lct_picture_deadline. Takes frame. */
void lct_picture_step(struct lct_picture_lane *lane, struct lct_frame *frame);
/** When step wants to be called at the latest, CLOCK_MONOTONIC. */
lct_ns lct_picture_deadline(const struct lct_picture_lane *lane);
/** The queue has ended: the last picture is told to last until now. */
void lct_picture_end(struct lct_picture_lane *lane);

/** The sound kind: see sound_track.c. 0 or -errno and fault. */
int lct_sound_lane_create(struct lct_track *track, struct lct_fault *fault) LCT_MUST_USE;
/** Frees; NULL is allowed. */
void lct_sound_lane_destroy(struct lct_sound_lane *lane);
/** One frame, or NULL: nothing came until lct_sound_deadline. Takes frame. */
void lct_sound_step(struct lct_sound_lane *lane, struct lct_frame *frame);
/** When step wants to be called at the latest, CLOCK_MONOTONIC. */
lct_ns lct_sound_deadline(const struct lct_sound_lane *lane);
/** The queue has ended: gives out what the encoders hold. */
void lct_sound_end(struct lct_sound_lane *lane);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A track: one thread that takes frames from a source's queue, encodes and packages them at once,
 * and publishes chunks on the bus. Its timeline never breaks: a screen that stands still is
 * refreshed once a second, a camera that stutters is repeated, a lost source is a slate or silence.
 * Times are lesson time.
 *
 * Owner: the pipeline (create, status, request_key, destroy from its thread). The thread is the
 * track's own.
 *
 *     struct lct_track *t = lct_track_create(&settings, &fault);
 *     lct_track_status(t, &status);
 *     lct_track_destroy(t);                       // drains its queue, publishes what is left,
 * joins
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/queue.h"
#include "base/time.h"
#include "encode/bus.h"
#include "encode/chunk.h"
#include "encode/video.h"

struct lct_track;

enum lct_track_kind { LCT_TRACK_CAMERA, LCT_TRACK_SCREEN, LCT_TRACK_SOUND };

struct lct_track_settings {
    char name[LCT_TRACK_NAME_SIZE];
    uint32_t id;
    enum lct_track_kind kind;
    lct_ns zero;          /**< CLOCK_MONOTONIC of lesson zero, as of this boot */
    lct_ns start;         /**< lesson time from which this track shall have chunks */
    int width, height;    /**< canvas; 0: the first picture's, within 1920 x 1080 */
    double fps;           /**< the source's nominal rate; 0: variable */
    struct lct_queue *in; /**< frames; the pipeline's, closed by it before destroy */
    struct lct_bus *bus;
    bool live;          /**< publish the twins too: Opus, and the small one while it is wished */
    lct_clock_fn clock; /**< NULL: lct_monotonic. With another one, that of a simulated lesson, the
                             track has no thread: its owner calls lct_track_step */
};

struct lct_track_status {
    bool slate; /**< carries a slate or silence now */
    bool pass_through;
    bool small;     /**< its small twin is encoded now */
    char codec[32]; /**< codec string; "" before the first chunk */
    int width, height;
    uint64_t chunks, bytes;
    uint64_t repeats; /**< pictures repeated because none came */
    uint64_t late;    /**< frames that came too late to be used */
    lct_ns end;       /**< lesson time of the last sample published */
    int step;         /**< 0: all well; 1, 2: faster preset; 3, 4: half, quarter frame rate */
    enum lct_preset preset;
    double busy;            /**< share of the time the encoder works, 0 to 1 */
    double ppm, error_ms;   /**< sound: see encode/slave.h */
    uint64_t gaps;          /**< sound: holes filled with silence */
    struct lct_fault fault; /**< code 0, or why nothing is encoded */
};

/** Starts the track's thread. 0, or -errno and fault when its encoder does not open. */
int lct_track_create(const struct lct_track_settings *settings, struct lct_track **ret_track,
                     struct lct_fault *fault) LCT_MUST_USE;

/**
 * Takes what waits in the queue and does what is due by the clock. Only for a track with a clock of
 * its own; its owner calls it after each push and each step of time.
 */
void lct_track_step(struct lct_track *track);

/** Encodes what still waits in the (closed) queue, ends the thread, frees; NULL is allowed. */
void lct_track_destroy(struct lct_track *track);

/** Asks for an IDR soon; requests within 500 ms become one. Any thread. */
void lct_track_request_key(struct lct_track *track);

/**
 * Asks for the small twin until then (CLOCK_MONOTONIC); a later wish makes it longer, none makes it
 * shorter. Nothing for sound, for a track without twins and while a camera is passed through; while
 * the track is short of CPU it waits. Any thread.
 */
void lct_track_request_small(struct lct_track *track, lct_ns until);

/** Asks for an IDR of the small twin, as lct_track_request_key. Any thread. */
void lct_track_request_small_key(struct lct_track *track);

/** Copies the present state. Any thread. */
void lct_track_status(struct lct_track *track, struct lct_track_status *ret_status);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The small twin of a picture track: what the track encodes, once more within 640 x 360 and about
 * 500 kbit/s, for live viewers on narrow lines. It is published as a track of its own (id and name:
 * LCT_TRACK_SMALL_ID), never taped, and costs the recording nothing: a thread of its own with low
 * priority scales and encodes, what it cannot do in time is dropped, and nothing runs but while a
 * wish (lct_track_request_small) has not run out and the track gives pictures.
 *
 *   RESTING --a picture, and somebody wishes--> RUNNING        the first picture is an IDR
 *   RUNNING --a picture, and nobody does; lct_small_end--> RESTING
 *
 * Owner: the picture lane. give, end and runs: the track's thread.
 *
 *     struct lct_small *small = lct_small_create(track);
 *     lct_small_give(small, &picture);                   // each picture that the track encodes
 *     lct_small_destroy(small);
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/time.h"
#include "capture/frame.h"

#define LCT_SMALL_WIDTH 640
#define LCT_SMALL_HEIGHT 360

struct lct_track;
struct lct_small;

/** A picture on the track's canvas and where it stands, in lesson time. */
struct lct_small_picture {
    struct lct_frame *frame;
    lct_ns time, promise;
    unsigned changed_permille; /**< how much of it is new */
};

/** The twin of a track of pictures, resting; it reads the track's settings, clock and wishes.
 *  Returns owned. */
struct lct_small *lct_small_create(struct lct_track *track) LCT_MUST_USE;

/** Ends the thread, leaving out what waits, and frees; NULL is allowed. */
void lct_small_destroy(struct lct_small *small);

/** The track shows this picture (shares its frame): the twin too, if it is wished. Never waits. */
void lct_small_give(struct lct_small *small, const struct lct_small_picture *picture);

/** The track has nothing for the twin now: it is passed through, or short of CPU. */
void lct_small_end(struct lct_small *small);

/** True while the twin runs. */
bool lct_small_runs(const struct lct_small *small);

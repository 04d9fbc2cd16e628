// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * One classroom wired up, the way of a picture in one file:
 *
 *   source -> queue -> track (encode, package) -> bus -+-> tape -> check (reads back what is saved)
 *                                                      +-> link (whoever subscribes to the bus)
 *
 * Sources are opened while somebody looks or records; tracks, tape and check live as long as a
 * lesson. One owner thread calls everything here; changed is told from other threads and may only
 * post.
 *
 *     struct lct_pipeline *p = lct_pipeline_create(specs, 2, changed, me);
 *     lct_pipeline_open(p);  lct_pipeline_wait(p, deadline);
 *     lct_pipeline_record(p, folder, &info, &fault);  …  lct_pipeline_stop(p, &info);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "archive/lesson/lesson.h"
#include "archive/tape/check.h"
#include "archive/tape/tape.h"
#include "base/attr.h"
#include "base/fault.h"
#include "capture/source.h"
#include "control/settings.h"
#include "encode/bus.h"
#include "encode/track.h"

struct lct_pipeline;

/** A track of the room: where it comes from. Fixed by the specs. */
struct lct_pipeline_lane {
    char name[LCT_TRACK_NAME_SIZE];
    enum lct_track_kind kind;
    size_t source; /**< index of its source */
    enum lct_output output;
};

/** A room of these sources (copied), nothing opened. changed may be NULL. Returns owned. */
struct lct_pipeline *lct_pipeline_create(const struct lct_spec *specs, size_t count,
                                         void (*changed)(void *), void *opaque) LCT_MUST_USE;

/** Stops what runs and frees; NULL is allowed. */
void lct_pipeline_destroy(struct lct_pipeline *pipeline);

/** Opens the sources (they keep themselves alive); nothing when they are open. */
void lct_pipeline_open(struct lct_pipeline *pipeline);

/** Closes the sources, without waiting for them; nothing while a lesson is recorded. */
void lct_pipeline_close(struct lct_pipeline *pipeline);

/** Waits until every source runs or has said why not, at most until deadline (CLOCK_MONOTONIC). */
void lct_pipeline_wait(struct lct_pipeline *pipeline, lct_ns deadline);

/** What the first source that is not there lacks. Its -errno, with fault; 0: all are there. */
int lct_pipeline_first_fault(struct lct_pipeline *pipeline, struct lct_fault *fault) LCT_MUST_USE;

/**
 * Begins to record into the lesson's folder, which holds lesson.json: new, or one that is gone on
 * with. Fills in info's tracks. 0 or -errno and fault; then nothing runs but the sources.
 */
int lct_pipeline_record(struct lct_pipeline *pipeline, const char *folder,
                        struct lct_lesson_info *info, struct lct_fault *fault) LCT_MUST_USE;

/** Ends the lesson: drains tracks and tape, closes the reels, sets info->end. 0 or the tape's
 * -errno. */
int lct_pipeline_stop(struct lct_pipeline *pipeline, struct lct_lesson_info *info) LCT_MUST_USE;

/** True while a lesson is recorded. */
bool lct_pipeline_recording(const struct lct_pipeline *pipeline);

/** True while the sources are open. */
bool lct_pipeline_is_open(const struct lct_pipeline *pipeline);

/** Makes the next picture of the track, or of the twin of this id, a key frame; a track that is not
 *  there, or of sound, is passed over. Any thread. */
void lct_pipeline_request_key(struct lct_pipeline *pipeline, uint32_t track_id);

/** Publishes the track's small twin until then (CLOCK_MONOTONIC), as lct_track_request_small; a
 *  track that is not there is passed over. Any thread. */
void lct_pipeline_request_small(struct lct_pipeline *pipeline, uint32_t track_id, lct_ns until);

/** There may be live viewers: tracks have their twins (Opus, and small pictures while somebody
 *  wishes them) in the lessons that begin after this. */
void lct_pipeline_go_on_air(struct lct_pipeline *pipeline);

/** The bus, for the link; it lives as long as the pipeline. */
struct lct_bus *lct_pipeline_bus(struct lct_pipeline *pipeline);

/** The room's tracks. Borrows. */
const struct lct_pipeline_lane *lct_pipeline_lanes(const struct lct_pipeline *pipeline,
                                                   size_t *ret_count);

/** The source's spec as text, without passwords. Borrows. */
const char *lct_pipeline_spec(const struct lct_pipeline *pipeline, size_t source);

/** Everything that can be said of a room now. */
struct lct_pipeline_status {
    size_t source_count;
    struct lct_source_status sources[LCT_ROOM_SOURCES_MAX]; /**< zeroed while they are closed */
    size_t track_count;
    struct lct_track_status tracks[LCT_TAPE_TRACKS_MAX]; /**< zeroed when no lesson is recorded */
    struct lct_tape_status tape;
    struct lct_check_status check;
};

/** Copies the present state. */
void lct_pipeline_status(struct lct_pipeline *pipeline, struct lct_pipeline_status *ret_status);

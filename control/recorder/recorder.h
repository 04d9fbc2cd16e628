// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A classroom's recorder: what the button does. It owns the pipeline and the lesson's folder,
 * guards the disk, goes on with a lesson that a crash or a reboot interrupted, and says in one JSON
 * object how everything is (docs/formats/link.md). The program lectern-recorder and the command
 * "lectern record" are both this, with and without a server.
 *
 *   IDLE --look--> LOOKING --start--> RECORDING --disk full--> PAUSED --space--> RECORDING
 *   RECORDING, PAUSED --stop--> LOOKING or IDLE
 *
 * One owner thread; changed is told from others and may only post.
 *
 *     lct_recorder_create(&settings, &recorder, &fault);
 *     lct_recorder_resume(recorder);                  // a lesson that was interrupted goes on
 *     lct_recorder_start(recorder, title, &fault);  lct_recorder_mark(…);  lct_recorder_stop(…);
 *     lct_recorder_tick(recorder);                    // once a second
 */
#pragma once

#include <stdbool.h>

#include "archive/lesson/lesson.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"
#include "control/recorder/pipeline.h"

struct lct_recorder;

enum lct_recorder_state {
    LCT_RECORDER_IDLE,
    LCT_RECORDER_LOOKING,
    LCT_RECORDER_RECORDING,
    LCT_RECORDER_PAUSED,
};

struct lct_recorder_settings {
    const char *room;    /**< its id; copied */
    const char *name;    /**< in words; copied */
    const char *lessons; /**< folder of all lessons: each gets one of its own in it; NULL with out;
                            copied */
    const char *out;     /**< or: the one folder this lesson becomes; NULL with lessons; copied */
    const char *lock;    /**< lock file of the room (base/lock.h); NULL: the folder out is locked */
    const struct lct_spec *specs;
    size_t spec_count;
    lct_ns resume_within; /**< an interrupted lesson goes on when its last sample is not older */
    bool all_there;       /**< a lesson does not begin while a source is not there */
    bool on_air;          /**< there may be live viewers: sound is encoded for them too */
    void (*changed)(void *opaque);
    void *opaque;
};

/** Makes a recorder, nothing opened. 0; -EBUSY: another one is at this room or folder; -errno; with
 * fault. */
int lct_recorder_create(const struct lct_recorder_settings *settings,
                        struct lct_recorder **ret_recorder, struct lct_fault *fault) LCT_MUST_USE;

/** Ends a running lesson properly, closes everything, frees; NULL is allowed. */
void lct_recorder_destroy(struct lct_recorder *recorder);

/**
 * Goes on with a lesson that was interrupted, if there is one that is not too old; older ones are
 * ended. Repairs their tapes in the background. True when a lesson is being recorded again.
 */
bool lct_recorder_resume(struct lct_recorder *recorder);

/**
 * Begins a lesson. Waits up to 3 s for the sources' first word. 0; -EALREADY: one is running;
 * -ENOSPC: less than two minutes of space; -EEXIST, -EACCES …: the folder; what a source lacks,
 * where all must be there; with a fault.
 */
int lct_recorder_start(struct lct_recorder *recorder, const char *title,
                       struct lct_fault *fault) LCT_MUST_USE;

/** Ends the lesson. 0; -ESRCH: none is running; the disk's -errno (what was saved is safe), with a
 * fault. */
int lct_recorder_stop(struct lct_recorder *recorder, struct lct_fault *fault) LCT_MUST_USE;

/**
 * Sets a mark at lesson time time (LCT_NS_NONE: now); durable when it returns 0. -ESRCH: no lesson
 * is running; -EINVAL: time lies before the lesson or in the future; or the disk's; with a fault.
 */
int lct_recorder_mark(struct lct_recorder *recorder, lct_ns time, const char *label,
                      struct lct_mark *ret_mark, struct lct_fault *fault) LCT_MUST_USE;

/** Somebody looks (or no more): the sources are opened without encoding. */
void lct_recorder_look(struct lct_recorder *recorder, bool on);

/** Bytes that recording for so long takes, as the disk guard knows it. */
uint64_t lct_recorder_takes(const struct lct_recorder *recorder, lct_ns time);

/** Once a second: the disk guard. */
void lct_recorder_tick(struct lct_recorder *recorder);

/** What it does now. */
enum lct_recorder_state lct_recorder_state(const struct lct_recorder *recorder);

/** The lesson that runs, or ran last; its id is "" when there was none. Borrows. */
const struct lct_lesson_info *lct_recorder_lesson(const struct lct_recorder *recorder);

/** The pipeline, for the link and for plain status lines. Borrows. */
struct lct_pipeline *lct_recorder_pipeline(struct lct_recorder *recorder);

/** The whole state as STATUS of docs/formats/link.md says. Returns owned. */
json_t *lct_recorder_status(struct lct_recorder *recorder) LCT_MUST_USE;

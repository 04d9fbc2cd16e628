// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The lessons that players are reading now: their lesson.json and the tapes of their tracks, read
 * once and then only what was added since. An hour of a track is some 50 KB here; the lessons that
 * nobody asked for the longest are put away. One thread: the one that may read the disk.
 *
 *     struct lct_shelf *shelf = lct_shelf_create(recordings);
 *     if (lct_shelf_newest(shelf, "main", id, &fault) == 0 &&
 *         lct_shelf_tape(shelf, id, "camera", &info, &tape, &fault) == 0) …  //
 * archive/tape/follow.h
 */
#pragma once

#include "archive/lesson/lesson.h"
#include "archive/tape/follow.h"
#include "base/attr.h"
#include "base/fault.h"
#include "control/server/recordings.h"

struct lct_shelf;

/** Lessons kept at most, and rooms of which the newest is known. */
#define LCT_SHELF_LESSONS 32

/** What was read so recently is not looked at again. */
#define LCT_SHELF_FRESH (200 * LCT_MS)

/** Nor is the folder of all lessons. */
#define LCT_SHELF_NEWEST_FRESH (2 * LCT_SECOND)

/** A shelf for the recordings's lessons; borrows the recordings. Owned. */
struct lct_shelf *lct_shelf_create(struct lct_recordings *recordings) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_shelf_destroy(struct lct_shelf *shelf);

/** The newest lesson of a room, as it was two seconds ago at most. 0; -ENOENT, -EIO with a fault.
 */
int lct_shelf_newest(struct lct_shelf *shelf, const char *room, char ret_id[LCT_LESSON_ID_SIZE],
                     struct lct_fault *fault) LCT_MUST_USE;

/**
 * What lesson.json of that lesson says. 0; -ENOENT, -EINVAL with a fault. *ret_info is borrowed
 * until the next call.
 */
int lct_shelf_lesson(struct lct_shelf *shelf, const char *id,
                     const struct lct_lesson_info **ret_info, struct lct_fault *fault) LCT_MUST_USE;

/**
 * The tape of a track, as it is now; both results are borrowed until the next call for another
 * lesson. When info says that the lesson ended, nothing of the tape is missing. 0; -ENOENT
 * (no such lesson or track), -EINVAL, -ENOMEM with a fault.
 */
int lct_shelf_tape(struct lct_shelf *shelf, const char *id, const char *track,
                   const struct lct_lesson_info **ret_info, const struct lct_follow **ret_tape,
                   struct lct_fault *fault) LCT_MUST_USE;

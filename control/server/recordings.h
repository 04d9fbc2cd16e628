// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The recordings that lie in DATA/lessons, as the API shows them. What is in the folder is asked of
 * the disk each time: one reading of it for all ids, and of each recording that is asked for its
 * lesson.json, its marks and the indexes of its tapes. Those of an hour are some 10 MB; therefore
 * ended lessons are remembered until lesson.json or the marks change, and nothing is read before it
 * is asked for. One thread: the one that may read the disk.
 *
 *     struct lct_recordings *recordings = lct_recordings_create(folder, is_recording, rooms);
 *     rc = lct_recordings_ids(recordings, NULL, &ids, &fault);         // newest first
 *     rc = lct_recordings_summary(recordings, id, &json, &fault);      // for a list
 *     rc = lct_recordings_folder(recordings, id, &folder, &fault);     // -ENOENT: there is none
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"

struct lct_recordings;

/**
 * Those in folder (copied; made when it is missing). is_recording tells whether a recorder
 * is at work on a lesson now: one that is not ended and has no recorder counts as interrupted.
 */
struct lct_recordings *lct_recordings_create(const char *folder,
                                             bool (*is_recording)(void *arg, const char *lesson),
                                             void *arg) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_recordings_destroy(struct lct_recordings *recordings);

/**
 * The ids of all recordings, newest first, or with an id in before those that come after it in that
 * order, be it still there or not. The order is that of the folders' names, which begin with date
 * and time; those that begin with no digit come last. No lesson is read: a folder listed may turn
 * out to be none. 0, or -EIO with a fault; *ret_ids, an array of texts, is owned.
 */
int lct_recordings_ids(const struct lct_recordings *recordings, const char *before,
                       json_t **ret_ids, struct lct_fault *fault) LCT_MUST_USE;

/** As lct_recordings_get, without gaps and marks, which a list does not need; with their numbers.
 */
int lct_recordings_summary(struct lct_recordings *recordings, const char *id, json_t **ret_json,
                           struct lct_fault *fault) LCT_MUST_USE;

/** One recording with gaps and marks. 0, or -ENOENT, -EINVAL with a fault; *ret_json is owned. */
int lct_recordings_get(struct lct_recordings *recordings, const char *id, json_t **ret_json,
                       struct lct_fault *fault) LCT_MUST_USE;

/** The folder of a lesson; -ENOENT with a fault. *ret_folder is owned (free). */
int lct_recordings_folder(struct lct_recordings *recordings, const char *id, char **ret_folder,
                          struct lct_fault *fault) LCT_MUST_USE;

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The recordings that lie in DATA/lessons, as the API shows them. Ended lessons are read once and
 * remembered. One thread: the one that may read the disk.
 *
 *     struct lct_library *library = lct_library_create("/data/lessons", is_recording, rooms);
 *     json_t *list = lct_library_list(library);                  // newest first
 *     if (lct_library_folder(library, id, &folder, &fault) < 0) …  // -ENOENT
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"

struct lct_library;

/**
 * A library over folder (copied; made when it is missing). is_recording tells whether a recorder is
 * at work on a lesson now: one that is not ended and has no recorder counts as interrupted.
 */
struct lct_library *lct_library_create(const char *folder,
                                       bool (*is_recording)(void *arg, const char *lesson),
                                       void *arg) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_library_destroy(struct lct_library *library);

/** Recordings without gaps and marks, newest first. Returns owned. */
json_t *lct_library_list(struct lct_library *library) LCT_MUST_USE;

/** One recording with gaps and marks. 0, or -ENOENT, -EINVAL with a fault; *ret_json is owned. */
int lct_library_get(struct lct_library *library, const char *id, json_t **ret_json,
                    struct lct_fault *fault) LCT_MUST_USE;

/** The folder of a lesson; -ENOENT with a fault. *ret_folder is owned (free). */
int lct_library_folder(struct lct_library *library, const char *id, char **ret_folder,
                       struct lct_fault *fault) LCT_MUST_USE;

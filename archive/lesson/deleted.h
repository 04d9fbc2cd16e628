// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * How a folder of lessons or microlessons is deleted for ever: it is first moved into the folder
 * "deleted" beside its own (DATA/deleted), so that nothing half deleted is ever found.
 *
 *     rc = lct_deleted_put(&lct_io_system, "/data/lessons", id);
 *     rc = lct_deleted_sweep("/data/lessons");                  // what a crash left of one
 */
#pragma once

#include "base/attr.h"
#include "base/io.h"

/**
 * Deletes the folder of that id in the folder from; id is one (lct_lesson_is_id). That it is gone
 * is durable before the first file of it is removed. 0 or the disk's -errno: then it is whole, or
 * lies half deleted where only lct_deleted_sweep finds it. One thread a data folder; blocks.
 */
int lct_deleted_put(const struct lct_io *io, const char *from, const char *id) LCT_MUST_USE;

/** Removes what was being deleted from the folder when a crash came. 0 or -errno. */
int lct_deleted_sweep(const char *from);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A JSON file of the data folder that the server and commands both change, one at a time, and the
 * server reads again when somebody else has changed it: its ways to the disk and back, alike for
 * watch links, pushes and room tokens. What stands in it is the caller's affair. It holds secrets:
 * mode 0600. Blocks on the disk; any thread.
 *
 *     int lock = lct_kept_lock(data, "links", &fault);                     // to change it
 *     rc = lct_kept_load(path, max, "links", &stamp, &json, &fault);
 *     rc = lct_kept_save(path, json, "links", &stamp, &fault);
 *     lct_unlock(lock);
 *     if (lct_kept_changed(path, &stamp, "links", &fault) > 0) …           // load it again
 */
#pragma once

#include <stddef.h>
#include <sys/stat.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/time.h"

/** How long who wants to change a file waits for who is changing one: that takes as long as the
 * disk does. */
#define LCT_KEPT_WAIT LCT_SECOND

/** Locks the folder that the file lies in: the lock's descriptor (lct_unlock), or -EBUSY when
 * another holds it for LCT_KEPT_WAIT, or another -errno with a fault of this domain. */
int lct_kept_lock(const char *folder, const char *domain, struct lct_fault *fault) LCT_MUST_USE;

/**
 * Reads it, at most max bytes. 0: *ret_json is owned, NULL when there is no file; -EBADMSG: it is
 * damaged, no fault is set (the caller knows what to do then); another -errno: it cannot be read,
 * with a fault. *ret_stamp is set in any case: how the file stood, all 0 when there is none.
 */
int lct_kept_load(const char *path, size_t max, const char *domain, struct stat *ret_stamp,
                  json_t **ret_json, struct lct_fault *fault) LCT_MUST_USE;

/** Writes it (borrows json), all or nothing. 0 or -errno with a fault. *ret_stamp is set. */
int lct_kept_save(const char *path, const json_t *json, const char *domain, struct stat *ret_stamp,
                  struct lct_fault *fault) LCT_MUST_USE;

/** 1: it is not as it was at that stamp; 0: it is; -errno with a fault: it cannot be looked at. */
int lct_kept_changed(const char *path, const struct stat *stamp, const char *domain,
                     struct lct_fault *fault) LCT_MUST_USE;

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Thumbnails of a track: JPEGs one behind the other in TRACK/thumbs.mjpg, a row each in
 * TRACK/thumbs.index. They are made of key frames that were read back from the disk, so a thumbnail
 * is also a proof. Losing one loses nothing else. Byte format in docs/formats/tape.md.
 *
 *     lct_thumbs_append(folder, time, jpeg, n);                 // the checker's thread
 *     lct_thumbs_nearest(folder, time, &jpeg, &n, &shown);      // any reader
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/time.h"

/** Width of a thumbnail in pixels. */
#define LCT_THUMB_WIDTH 320

/** Key frames that are nearer to the last thumbnail than this give none. */
#define LCT_THUMB_INTERVAL (5 * LCT_SECOND)

/** Appends a thumbnail of lesson time time to the track's folder. 0 or -errno. One writer. */
int lct_thumbs_append(const char *folder, lct_ns time, const uint8_t *jpeg, size_t n) LCT_MUST_USE;

/** All thumbnails' times, oldest first. Returns how many; *ret_times is owned (free). */
size_t lct_thumbs_times(const char *folder, lct_ns **ret_times);

/**
 * Reads the last thumbnail at or before time, or the first one. 0 (*ret_jpeg owned, free), -ENOENT
 * when there is none, -EBADMSG when it is damaged.
 */
int lct_thumbs_nearest(const char *folder, lct_ns time, uint8_t **ret_jpeg, size_t *ret_n,
                       lct_ns *ret_time) LCT_MUST_USE;

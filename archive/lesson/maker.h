// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Makes a lesson's folder of chunks that are not recorded now: one track after the other, in reels
 * like any other's, key frames proved by decoding them and thumbnails made of them. All of it lies
 * beside the folder until it is whole and durable, and is renamed then: who is killed leaves
 * nothing of that name, and the next try removes what it left. One thread.
 *
 *     rc = lct_maker_begin(&lct_io_system, "lessons/ID", 0, &maker, &fault);
 *     rc = lct_maker_track(maker, "camera");   …   rc = lct_maker_put(maker, chunk);
 *     rc = lct_maker_finish(maker, &info, &fault);
 *     lct_maker_destroy(maker);
 */
#pragma once

#include "archive/lesson/lesson.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/io.h"
#include "encode/chunk.h"

struct lct_maker;

/** Begins; folder is not there, or empty; spare: bytes that are left free on its disk, whatever the
 * lesson takes. 0; -EEXIST: something is in it; or the disk's -errno; with a fault. *ret_maker is
 * owned. Borrows io. */
int lct_maker_begin(const struct lct_io *io, const char *folder, uint64_t spare,
                    struct lct_maker **ret_maker, struct lct_fault *fault) LCT_MUST_USE;

/** The folder in which it is made, and which bears the lesson's name when it is finished. Borrows.
 */
const char *lct_maker_folder(const struct lct_maker *maker);

/** The chunks that follow are this track's; what it had is thrown away. 0 or the disk's -errno. */
int lct_maker_track(struct lct_maker *maker, const char *name) LCT_MUST_USE;

/** Appends a chunk (takes), of which the first is a key frame. 0; -EBADMSG: a key frame does not
 * decode; -ENOSPC: nothing but spare is left; or the disk's -errno. */
int lct_maker_put(struct lct_maker *maker, struct lct_chunk *chunk) LCT_MUST_USE;

/** Up to where the track of now reaches; 0: nothing was put. */
lct_ns lct_maker_end(const struct lct_maker *maker);

/** Removes the track of now. */
void lct_maker_drop(struct lct_maker *maker);

/** Closes the track of now, writes lesson.json, makes all durable and gives the folder its name. 0
 * or -errno with a fault. */
int lct_maker_finish(struct lct_maker *maker, const struct lct_lesson_info *info,
                     struct lct_fault *fault) LCT_MUST_USE;

/** Frees, and removes what was not finished; NULL is allowed. */
void lct_maker_destroy(struct lct_maker *maker);

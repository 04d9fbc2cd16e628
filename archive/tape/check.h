// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Verified while recording: a thread that reads every part back from the disk, past the page cache,
 * as soon as the tape has made it durable; checks each chunk's CRC against the index as it lies on
 * the disk, decodes each key frame, and makes the thumbnails of what it decoded. So "verified up to
 * 10:42:06" is about the disk, not about what we believe we wrote.
 *
 *     struct lct_check *c = lct_check_create(folder, tape);
 *     lct_check_wake(c);                       // by the tape, when a part became durable
 *     lct_check_destroy(c);                    // checks what is left first
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/tape/tape.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/time.h"

struct lct_check;

struct lct_check_status {
    lct_ns verified; /**< lesson time up to which every track was read back right; LCT_NS_NONE */
    lct_ns track_verified[LCT_TAPE_TRACKS_MAX]; /**< in the order of the tape's tracks */
    uint64_t chunks;                            /**< read back and right */
    uint64_t keys;                              /**< decoded */
    uint64_t bad;    /**< chunks that came back wrong or did not decode */
    bool past_cache; /**< false: the file system gives no way past its cache (said by doctor) */
    struct lct_fault fault; /**< the last thing that was wrong; code 0: nothing ever */
};

/** Starts to follow the tape of the lesson in folder (copied). Returns owned. */
struct lct_check *lct_check_create(const char *folder, struct lct_tape *tape) LCT_MUST_USE;

/** There is something new. Any thread. */
void lct_check_wake(struct lct_check *check);

/** Checks what is durable, then ends the thread and frees: between the tape's finish and destroy.
 * NULL is allowed. */
void lct_check_destroy(struct lct_check *check);

/** Copies the present state. Any thread. */
void lct_check_status(struct lct_check *check, struct lct_check_status *ret_status);

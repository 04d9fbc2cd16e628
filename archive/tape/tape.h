// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The writer of a lesson's tapes: one thread that takes chunks off the bus, appends them to the
 * reels of their tracks, and makes every part durable within 500 ms. It is the last to lose
 * anything: the bus keeps 60 s for it, a full disk pauses it and it goes on by itself, a failing
 * disk gets a new reel.
 *
 *     struct lct_tape *tape = lct_tape_create(&settings);
 *     lct_tape_status(tape, &status);
 *     lct_tape_finish(tape, end);    // after the tracks: writes what waits, closes the reels
 *     lct_tape_destroy(tape);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "archive/tape/reel.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/io.h"
#include "base/time.h"
#include "encode/bus.h"

struct lct_tape;

/** Most tracks of a lesson. */
#define LCT_TAPE_TRACKS_MAX 16

/** A reel's length: ten minutes, at the next key frame. */
#define LCT_REEL_LENGTH (600 * LCT_SECOND)

/** A part is flushed when its oldest chunk is so old: with the time fdatasync takes, within 500 ms.
 */
#define LCT_PART_LENGTH (400 * LCT_MS)

struct lct_tape_settings {
    const struct lct_io *io;
    const char *folder; /**< the lesson's, which is there; copied */
    lct_ns zero;        /**< CLOCK_MONOTONIC of lesson zero, as of this boot */
    lct_ns reel_length; /**< 0: LCT_REEL_LENGTH */
    struct lct_bus *bus;
    /** A track must begin anew (after a loss): give it an IDR soon. Tape's thread; may only signal.
     */
    void (*want_key)(void *opaque, uint32_t track_id);
    /** A part became durable, or the state changed. Tape's thread; may only signal. May be NULL. */
    void (*changed)(void *opaque);
    void *opaque;
};

enum lct_tape_state {
    LCT_TAPE_WRITING,
    LCT_TAPE_FULL,   /**< the disk is full: paused, tries twice a second */
    LCT_TAPE_FAILED, /**< the disk fails: tries again with new reels */
};

/** How far one track is on the disk. */
struct lct_tape_track {
    char name[LCT_TRACK_NAME_SIZE];
    uint32_t track_id;
    uint32_t first_reel;    /**< number of the first reel this tape makes */
    uint32_t reel;          /**< number of the reel being written; 0: none yet */
    uint32_t synced_rows;   /**< durable rows of it */
    uint64_t bytes, chunks; /**< since the tape was created */
    uint64_t lost;          /**< chunks that could not be kept */
    lct_ns saved;           /**< lesson time of the last durable chunk; LCT_NS_NONE */
};

struct lct_tape_status {
    enum lct_tape_state state;
    struct lct_fault fault; /**< why it is not writing, or that the disk failed earlier; code 0: all
                               is well */
    struct lct_tape_track tracks[LCT_TAPE_TRACKS_MAX];
    size_t track_count;
    lct_ns saved;         /**< lesson time up to which every track is durable; LCT_NS_NONE */
    uint64_t bytes;       /**< of all tracks */
    size_t waiting_bytes; /**< on the bus for the tape */
    lct_ns waiting_span;
};

/** Subscribes to the bus and starts the thread. Returns owned. */
struct lct_tape *lct_tape_create(const struct lct_tape_settings *settings) LCT_MUST_USE;

/**
 * Writes what waits and closes all reels so that the last samples end at lesson time end; the
 * status can still be read. A disk that is full or fails is tried for two seconds more. 0, or the
 * first -errno of what could not be written or closed (recovery will close it).
 */
int lct_tape_finish(struct lct_tape *tape, lct_ns end);

/** Frees; finish comes before. NULL is allowed. */
void lct_tape_destroy(struct lct_tape *tape);

/** Copies the present state. Any thread. */
void lct_tape_status(struct lct_tape *tape, struct lct_tape_status *ret_status);

/** Fills the clocks of an index head for lesson zero at CLOCK_MONOTONIC zero. */
void lct_tape_clocks(lct_ns zero, struct lct_index_head *ret_head);

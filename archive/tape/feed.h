// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The chunks of one track one after the other, out of its tape while it is written: for who sends a
 * lesson on as it happens. It begins and goes on at key frames, and passes from reel to reel; what
 * does not sum up, and what follows it up to the next key frame, is left out. It only reads, and
 * never waits: who finds nothing new asks again some 20 ms later. One thread.
 *
 *     struct lct_feed *feed = lct_feed_create("/data/lessons/ID/camera");
 *     rc = lct_feed_to_newest_key(feed);                         // -ENODATA: nothing yet
 *     while ((rc = lct_feed_next(feed, &chunk)) == 0) …          // -ENODATA: nothing new yet
 *     lct_feed_destroy(feed);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "archive/tape/index.h"
#include "base/attr.h"
#include "encode/chunk.h"

struct lct_feed;

/** A chunk of the tape; all is the feed's until the next call. */
struct lct_feed_chunk {
    struct lct_format *format;
    struct lct_chunk_info info;
    lct_ns time;           /**< lesson time of its first sample */
    const uint8_t *sample; /**< the first; the second follows it (info.sample_bytes) */
};

/** Follows the tape in a track's folder (copied), which may not be there yet. Owned. */
struct lct_feed *lct_feed_create(const char *folder) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_feed_destroy(struct lct_feed *feed);

/** Goes to the newest chunk with a key frame that is there, forwards only. 0; -ENODATA: there is
 *  none (ahead); or -errno. */
int lct_feed_to_newest_key(struct lct_feed *feed) LCT_MUST_USE;

/** Goes to the last chunk that begins at lesson time or before it; for sound, where each is a key.
 *  Without such a one to the first of the newest reel. 0; -ENODATA: there is none; or -errno. */
int lct_feed_to_time(struct lct_feed *feed, lct_ns time) LCT_MUST_USE;

/** The next chunk. 0; -ENODATA: there is no newer one yet; or -errno. */
int lct_feed_next(struct lct_feed *feed, struct lct_feed_chunk *ret_chunk) LCT_MUST_USE;

/** Lesson time of the newest chunk on the tape, which next comes to sooner or later; LCT_NS_NONE:
 *  there is none. */
lct_ns lct_feed_newest(struct lct_feed *feed);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Copies a recorder's lessons to its server in another building (archive/lesson/original.h to
 * archive/lesson/replica.h), the running one and then the newest first, in a thread of its own of
 * low priority, within a budget, and behind whatever is sent live (stream/link_peer.h). The
 * recording never waits for it. When the disk here runs low it deletes the oldest lessons that the
 * server has as well (archive/lesson/retire.h), one after the other, each read and compared once
 * more on both sides first.
 *
 * COPY messages, each of the recorder's with a number "n", which the server's answer has too; one
 * is under way at a time:
 *
 *     {"do":"begin","n":1,"lesson":ID}
 *                   {"n":1,"complete":false,"files":{NAME:{"bytes":…,"checked":…}}}
 *     PART … PART
 *     {"do":"keep","n":2,"left_bytes":…}
 *                   {"n":2}: they are durable
 *     {"do":"check","n":3,"name":…,"bytes":…,"sha256":…}
 *                   {"n":3,"same":true}
 *     {"do":"finish","n":4}
 *                   {"n":4}
 *     {"do":"holds","n":5,"lesson":ID}                  then checks of all files, then again
 *                   {"n":5,"complete":true,"files":{…}}
 *
 * An answer may hold "fault" instead: "forbidden" ends the copy of this lesson, with any other it
 * is begun again after LCT_COPY_PAUSE, and after others had their turn.
 *
 *     copy = lct_copy_out_create(&settings);
 *     lct_copy_out_opened(copy);  lct_copy_out_message(copy, json);  lct_copy_out_closed(copy);
 *     lct_copy_out_destroy(copy);
 */
#pragma once

#include "base/attr.h"
#include "base/json.h"
#include "base/loop.h"
#include "stream/link_peer.h"

struct lct_copy_out;

/** After a fault of the server's or of a disk it is tried again. */
#define LCT_COPY_PAUSE (10 * LCT_SECOND)

/** So long an older lesson is copied before the newest is looked at again. */
#define LCT_COPY_TURN (2 * LCT_SECOND)

/** Bytes under way at most: those of a tenth of a second, and no more than these. */
#define LCT_COPY_BATCH (256U << 10)

/** Between the deletions of two lessons, so that the disk tells what the first one gave. */
#define LCT_COPY_RETIRE_PAUSE LCT_SECOND

/** Lessons that cannot be deleted now are looked at again. */
#define LCT_COPY_RETIRE_AGAIN (3600 * LCT_SECOND)

/** Texts are copied. */
struct lct_copy_settings {
    const char *lessons; /**< folder of all lessons */
    const char *room;    /**< whose are copied */
    uint64_t rate_bps;   /**< budget, bit/s */
    struct lct_loop *link;
    /** The peer that has taken us, NULL: none. Link's thread; it and arg outlive the link's loop.
     */
    struct lct_link_peer *(*peer)(void *arg);
    /** What lies here changed (takes it): {"lessons":12,"oldest":"2026-03-01T08:00:00.000Z",
     * "removed":3,"removed_last":ID}; oldest null: there is none; removed: deleted since the start.
     * Link's thread. */
    void (*told)(void *arg, json_t *here);
    void *arg;
};

/** Starts its thread. Returns owned. */
struct lct_copy_out *lct_copy_out_create(const struct lct_copy_settings *settings) LCT_MUST_USE;

/** The server has taken us. Link's thread, as the next two. */
void lct_copy_out_opened(struct lct_copy_out *copy);

/** It is away. */
void lct_copy_out_closed(struct lct_copy_out *copy);

/** It said this (borrows). */
void lct_copy_out_message(struct lct_copy_out *copy, const json_t *message);

/** The recorder wants so many bytes of its disk free; 0: nothing is ever deleted. Any thread. */
void lct_copy_out_want(struct lct_copy_out *copy, uint64_t bytes);

/** Ends the thread, after the step it is in. NULL is allowed. */
void lct_copy_out_destroy(struct lct_copy_out *copy);

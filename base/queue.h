// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A bounded queue between two threads: the only way (beside the bus and a loop's mailbox) in which
 * data crosses threads. Whoever makes the queue says what happens when it is full; every loss is
 * counted. Items are pointers; the queue owns what it holds and frees it by the function given.
 *
 *     q = lct_queue_create(8, LCT_QUEUE_DROP_OLDEST, free_frame);
 *     lct_queue_push(q, frame);                      // producer, never waits
 *     frame = lct_queue_pop(q, deadline);            // consumer, NULL at the deadline, when closed
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/time.h"

struct lct_queue;

enum lct_queue_policy {
    LCT_QUEUE_DROP_OLDEST, /**< live pictures: what is newest matters */
    LCT_QUEUE_DROP_NEWEST, /**< what is already there must stay in one piece */
};

/**
 * Creates a queue of at most capacity items (1 or more). free_item is called for items that are
 * dropped or left over. Returns owned.
 */
struct lct_queue *lct_queue_create(size_t capacity, enum lct_queue_policy policy,
                                   void (*free_item)(void *)) LCT_MUST_USE;

/** Frees the queue and what it holds; nobody may be inside it any more. NULL is allowed. */
void lct_queue_destroy(struct lct_queue *queue);

/**
 * Puts an item in (takes it, whatever happens) and wakes the consumer. Returns false when an item,
 * this one or the oldest, was dropped by the policy. Any thread, never waits.
 */
bool lct_queue_push(struct lct_queue *queue, void *item);

/**
 * Takes the oldest item (returns owned), waiting until deadline on lct_monotonic() (LCT_NS_NONE:
 * for ever; 0: not at all). NULL at the deadline, or at once when the queue is closed and empty, or
 * when lct_queue_wake was called. Any thread.
 */
void *lct_queue_pop(struct lct_queue *queue, lct_ns deadline);

/** Makes a waiting (or the next) pop return NULL once. Any thread. */
void lct_queue_wake(struct lct_queue *queue);

/** No more items: what is inside can still be popped, later pushes are dropped. Any thread. */
void lct_queue_close(struct lct_queue *queue);

/** True when closed and empty. Any thread. */
bool lct_queue_finished(struct lct_queue *queue);

/** Items inside now. Any thread. */
size_t lct_queue_depth(struct lct_queue *queue);

/** Items lost by the policy since creation. Any thread. */
uint64_t lct_queue_drops(struct lct_queue *queue);

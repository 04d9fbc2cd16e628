// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/queue.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/thread.h"

struct lct_queue {
    /* fixed after create */
    size_t capacity;
    enum lct_queue_policy policy;
    void (*free_item)(void *);
    /* guarded by lock */
    pthread_mutex_t lock;
    pthread_cond_t more;
    void **ring;
    size_t head;
    size_t count;
    uint64_t drops;
    bool woken;
    bool closed;
};

struct lct_queue *lct_queue_create(size_t capacity, enum lct_queue_policy policy,
                                   void (*free_item)(void *)) {
    assert(capacity > 0);
    struct lct_queue *queue = lct_new(sizeof *queue);
    queue->capacity = capacity;
    queue->policy = policy;
    queue->free_item = free_item;
    queue->ring = lct_new(capacity * sizeof *queue->ring);
    pthread_mutex_init(&queue->lock, NULL);
    lct_cond_init(&queue->more);
    return queue;
}

static void *take_locked(struct lct_queue *queue) {
    void *item = queue->ring[queue->head];
    queue->head = (queue->head + 1) % queue->capacity;
    queue->count--;
    return item;
}

void lct_queue_destroy(struct lct_queue *queue) {
    if (!queue) {
        return;
    }
    while (queue->count > 0) {
        queue->free_item(take_locked(queue));
    }
    pthread_cond_destroy(&queue->more);
    pthread_mutex_destroy(&queue->lock);
    free(queue->ring);
    free(queue);
}

bool lct_queue_push(struct lct_queue *queue, void *item) {
    void *lost = NULL;
    pthread_mutex_lock(&queue->lock);
    if (queue->closed) {
        lost = item;
    } else {
        if (queue->count == queue->capacity) {
            lost = queue->policy == LCT_QUEUE_DROP_OLDEST ? take_locked(queue) : item;
            queue->drops++;
        }
        if (lost != item) {
            queue->ring[(queue->head + queue->count) % queue->capacity] = item;
            queue->count++;
            pthread_cond_signal(&queue->more);
        }
    }
    pthread_mutex_unlock(&queue->lock);
    if (lost) {
        queue->free_item(lost);
    }
    return lost == NULL;
}

void *lct_queue_pop(struct lct_queue *queue, lct_ns deadline) {
    void *item = NULL;
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->closed && !queue->woken) {
        if (deadline == 0 || !lct_cond_wait(&queue->more, &queue->lock, deadline)) {
            break;
        }
    }
    if (queue->count > 0) {
        item = take_locked(queue);
    } else {
        queue->woken = false;
    }
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void lct_queue_wake(struct lct_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    queue->woken = true;
    pthread_cond_broadcast(&queue->more);
    pthread_mutex_unlock(&queue->lock);
}

void lct_queue_close(struct lct_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->more);
    pthread_mutex_unlock(&queue->lock);
}

bool lct_queue_finished(struct lct_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    bool finished = queue->closed && queue->count == 0;
    pthread_mutex_unlock(&queue->lock);
    return finished;
}

size_t lct_queue_depth(struct lct_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    size_t depth = queue->count;
    pthread_mutex_unlock(&queue->lock);
    return depth;
}

uint64_t lct_queue_drops(struct lct_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    uint64_t drops = queue->drops;
    pthread_mutex_unlock(&queue->lock);
    return drops;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/queue.h"
#include "base/thread.h"

static atomic_int freed;

static void free_item(void *item) {
    atomic_fetch_add(&freed, 1);
    free(item);
}

static int *item(int value) {
    int *p = lct_new(sizeof *p);
    *p = value;
    return p;
}

static int take(struct lct_queue *q) {
    int *p = lct_queue_pop(q, 0);
    int value = p ? *p : -1;
    free(p);
    return value;
}

Test(queue, drops_the_oldest) {
    struct lct_queue *q = lct_queue_create(3, LCT_QUEUE_DROP_OLDEST, free_item);
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(lct_queue_push(q, item(i)), i < 3);
    }
    cr_assert_eq(lct_queue_depth(q), 3);
    cr_assert_eq(lct_queue_drops(q), 2);
    cr_assert_eq(freed, 2);
    for (int i = 2; i < 5; i++) {
        cr_assert_eq(take(q), i);
    }
    cr_assert_eq(take(q), -1);
    lct_queue_destroy(q);
}

Test(queue, drops_the_newest) {
    struct lct_queue *q = lct_queue_create(3, LCT_QUEUE_DROP_NEWEST, free_item);
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(lct_queue_push(q, item(i)), i < 3);
    }
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(take(q), i);
    }
    cr_assert_eq(lct_queue_drops(q), 2);
    lct_queue_destroy(q);
}

Test(queue, frees_what_is_left) {
    struct lct_queue *q = lct_queue_create(8, LCT_QUEUE_DROP_OLDEST, free_item);
    for (int i = 0; i < 5; i++) {
        (void)lct_queue_push(q, item(i));
    }
    lct_queue_destroy(q);
    lct_queue_destroy(NULL);
    cr_assert_eq(freed, 5);
}

Test(queue, ends_when_closed_and_empty) {
    struct lct_queue *q = lct_queue_create(8, LCT_QUEUE_DROP_OLDEST, free_item);
    (void)lct_queue_push(q, item(1));
    lct_queue_close(q);
    cr_assert_not(lct_queue_finished(q));
    cr_assert_not(lct_queue_push(q, item(2)));
    cr_assert_eq(freed, 1);
    cr_assert_eq(take(q), 1);
    cr_assert(lct_queue_finished(q));
    cr_assert_null(lct_queue_pop(q, LCT_NS_NONE));
    lct_queue_destroy(q);
}

Test(queue, waits_until_a_deadline_or_a_wake) {
    struct lct_queue *q = lct_queue_create(8, LCT_QUEUE_DROP_OLDEST, free_item);
    lct_ns before = lct_monotonic();
    cr_assert_null(lct_queue_pop(q, before + 20 * LCT_MS));
    cr_assert_geq(lct_monotonic(), before + 20 * LCT_MS);
    lct_queue_wake(q);
    cr_assert_null(lct_queue_pop(q, LCT_NS_NONE));
    cr_assert_null(lct_queue_pop(q, 0), "woken once");
    lct_queue_destroy(q);
}

#define MANY 20000

static struct lct_queue *shared;
static atomic_int taken;

static void produce(void *arg) {
    (void)arg;
    for (int i = 0; i < MANY; i++) {
        (void)lct_queue_push(shared, item(i));
    }
}

static void consume(void *arg) {
    (void)arg;
    int last = -1;
    while (!lct_queue_finished(shared)) {
        int *p = lct_queue_pop(shared, LCT_NS_NONE);
        if (p) {
            cr_assert_gt(*p, last, "in order");
            last = *p;
            atomic_fetch_add(&taken, 1);
            free(p);
        }
    }
}

Test(queue, crosses_threads, .timeout = 20) {
    struct lct_thread one = {0}, two = {0};
    shared = lct_queue_create(16, LCT_QUEUE_DROP_OLDEST, free_item);
    lct_thread_start(&two, "consumer", consume, NULL);
    lct_thread_start(&one, "producer", produce, NULL);
    lct_thread_join(&one);
    lct_queue_close(shared);
    lct_thread_join(&two);
    cr_assert_eq(taken + freed, MANY);
    cr_assert_eq((int)lct_queue_drops(shared), freed);
    lct_queue_destroy(shared);
}

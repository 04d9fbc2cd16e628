// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A thread with one owner, who creates, names and joins it. The name (at most 15 bytes) shows in
 * "top -H". Every wait in the program is a condition or a descriptor, on CLOCK_MONOTONIC:
 * wall-clock jumps must not wake or stall anybody.
 *
 *     lct_thread_start(&me->thread, "tape", run, me);
 *     lct_thread_join(&me->thread);
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/attr.h"
#include "base/time.h"

struct lct_thread {
    pthread_t id;
    bool started;
};

/** Starts a thread that runs run(arg); the name is copied. Aborts when the system refuses. */
void lct_thread_start(struct lct_thread *thread, const char *name, void (*run)(void *), void *arg);

/** Waits for the thread's end; nothing when it was never started. Not from the thread itself. */
void lct_thread_join(struct lct_thread *thread);

/**
 * Lets the thread end by itself, which nobody waits for: one that is in a call nothing can end. It
 * may use only what it shares by references. Nothing when it was never started.
 */
void lct_thread_leave(struct lct_thread *thread);

/** Lowers (1 to 19) the calling thread's priority; a refusal is without effect. */
void lct_thread_nice(int nice);

/** Initialises a condition variable that waits on CLOCK_MONOTONIC. */
void lct_cond_init(pthread_cond_t *cond);

/**
 * Waits until the condition is signalled or lct_monotonic() reaches deadline (LCT_NS_NONE: for
 * ever). The caller holds mutex. Returns false at the deadline.
 */
bool lct_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, lct_ns deadline);

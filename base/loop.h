// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * An event loop: descriptors, timers on CLOCK_MONOTONIC, signals, and a mailbox through which other
 * threads hand work to the loop's thread. A loop belongs to the thread that runs it (before that,
 * to the one that made it); everything but lct_loop_post and lct_loop_stop must be called from
 * there. Callbacks must not block. Any of them may destroy any watch or timer, its own included.
 *
 *     struct lct_loop *loop = lct_loop_create();
 *     struct lct_watch *watch = lct_watch_create(loop, fd, EPOLLIN, readable, me);
 *     struct lct_timer *timer = lct_timer_create(loop, tick, me);
 *     lct_timer_set(timer, lct_monotonic() + LCT_SECOND);
 *     lct_loop_signals(loop, (const int[]){SIGTERM, SIGINT, 0}, on_signal, me);
 *     lct_loop_run(loop);                            // until lct_loop_stop(loop)
 */
#pragma once

#include <stdint.h>
#include <sys/epoll.h>

#include "base/attr.h"
#include "base/time.h"

struct lct_loop;
struct lct_watch;
struct lct_timer;

/** Makes a loop; aborts when the system has no descriptors left. Returns owned. */
struct lct_loop *lct_loop_create(void) LCT_MUST_USE;

/**
 * Runs what is still in the mailbox, then frees the loop. Nobody posts any more, all watches and
 * timers are destroyed already. NULL is allowed.
 */
void lct_loop_destroy(struct lct_loop *loop);

/** Serves events until lct_loop_stop; the calling thread is the loop's from now on. */
void lct_loop_run(struct lct_loop *loop);

/** Makes run return after the callback it is in (or at once, or when it begins). Any thread. */
void lct_loop_stop(struct lct_loop *loop);

/**
 * Has run(arg) called in the loop's thread, in the order of posting, and once. Any thread, never
 * waits. The mailbox has no bound of its own: whoever posts keeps few letters under way (a flag
 * "already posted" turns a flood into one).
 */
void lct_loop_post(struct lct_loop *loop, void (*run)(void *), void *arg);

/** Aborts when called from another thread than the loop's; for the head of loop-bound functions. */
void lct_loop_assert_here(const struct lct_loop *loop);

/**
 * Calls ready(arg, events) whenever one of events (EPOLLIN, EPOLLOUT; EPOLLERR and EPOLLHUP always)
 * is true of fd. The descriptor stays the caller's and must stay open until the watch is destroyed.
 * Returns owned.
 */
struct lct_watch *lct_watch_create(struct lct_loop *loop, int fd, uint32_t events,
                                   void (*ready)(void *arg, uint32_t events),
                                   void *arg) LCT_MUST_USE;

/** Changes the events waited for; 0: only errors. */
void lct_watch_set(struct lct_watch *watch, uint32_t events);

/** Ends watching: ready is not called again. NULL is allowed. */
void lct_watch_destroy(struct lct_watch *watch);

/** A timer that is off; fire(arg) is called once each time it runs out. Returns owned. */
struct lct_timer *lct_timer_create(struct lct_loop *loop, void (*fire)(void *arg),
                                   void *arg) LCT_MUST_USE;

/** Lets the timer run out at deadline on lct_monotonic() (LCT_NS_NONE: off). Up to 1 ms late. */
void lct_timer_set(struct lct_timer *timer, lct_ns deadline);

/** Frees the timer; fire is not called again. NULL is allowed. */
void lct_timer_destroy(struct lct_timer *timer);

/**
 * Blocks the signals (a list ended by 0) in this thread and has got(arg, signal) called from the
 * loop instead. Call it once a loop and before any thread is started. Aborts when the system has no
 * descriptors left.
 */
void lct_loop_signals(struct lct_loop *loop, const int *signals, void (*got)(void *arg, int signal),
                      void *arg);

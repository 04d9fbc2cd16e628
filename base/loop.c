// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/mem.h"

#define EVENTS_AT_ONCE 32

struct letter {
    struct letter *next;
    void (*run)(void *);
    void *arg;
};

struct lct_watch {
    struct lct_loop *loop;
    int fd;
    void (*ready)(void *, uint32_t);
    void *arg;
    struct lct_watch *next_dead;
    bool dead;
};

struct lct_timer {
    struct lct_loop *loop;
    struct lct_timer *next; /* among all timers of the loop */
    lct_ns deadline;
    void (*fire)(void *);
    void *arg;
};

struct lct_loop {
    /* fixed after create */
    int epoll;
    int wake; /* eventfd */
    struct lct_watch *wake_watch;
    /* the loop's thread only */
    struct lct_timer *timers;
    struct lct_watch *dead; /* destroyed while events were being handled */
    int signal_fd;
    struct lct_watch *signal_watch;
    void (*got_signal)(void *, int);
    void *signal_arg;
    /* any thread */
    pthread_t thread;
    atomic_bool bound; /* thread is set */
    atomic_bool stopped;
    /* guarded by lock */
    pthread_mutex_t lock;
    struct letter *first;
    struct letter **last;
};

static int checked(int fd, const char *what) {
    if (fd < 0) {
        perror(what);
        abort();
    }
    return fd;
}

static void signal_wake(struct lct_loop *loop) {
    uint64_t one = 1;
    ssize_t n = write(loop->wake, &one, sizeof one);
    (void)n; /* full means that it is signalled already */
}

static void run_letters(struct lct_loop *loop) {
    pthread_mutex_lock(&loop->lock);
    struct letter *letter = loop->first;
    loop->first = NULL;
    loop->last = &loop->first;
    pthread_mutex_unlock(&loop->lock);
    while (letter) {
        struct letter *next = letter->next;
        letter->run(letter->arg);
        free(letter);
        letter = next;
    }
}

static void on_wake(void *opaque, uint32_t events) {
    struct lct_loop *loop = opaque;
    (void)events;
    uint64_t count;
    ssize_t n = read(loop->wake, &count, sizeof count);
    (void)n; /* only the wakeup matters */
    run_letters(loop);
}

struct lct_loop *lct_loop_create(void) {
    struct lct_loop *loop = lct_new(sizeof *loop);
    loop->epoll = checked(epoll_create1(EPOLL_CLOEXEC), "epoll");
    loop->wake = checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
    loop->signal_fd = -1;
    loop->last = &loop->first;
    pthread_mutex_init(&loop->lock, NULL);
    loop->wake_watch = lct_watch_create(loop, loop->wake, EPOLLIN, on_wake, loop);
    return loop;
}

static void bury(struct lct_loop *loop) {
    while (loop->dead) {
        struct lct_watch *watch = loop->dead;
        loop->dead = watch->next_dead;
        free(watch);
    }
}

void lct_loop_destroy(struct lct_loop *loop) {
    if (!loop) {
        return;
    }
    atomic_store(&loop->bound, false);
    while (loop->first) {
        run_letters(loop);
    }
    lct_watch_destroy(loop->signal_watch);
    lct_watch_destroy(loop->wake_watch);
    bury(loop);
    assert(!loop->timers);
    if (loop->signal_fd >= 0) {
        close(loop->signal_fd);
    }
    close(loop->wake);
    close(loop->epoll);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}

/* Milliseconds epoll may sleep: up to the next timer, rounded up, -1 for ever. */
static int patience(const struct lct_loop *loop) {
    lct_ns next = LCT_NS_NONE;
    for (const struct lct_timer *t = loop->timers; t; t = t->next) {
        if (t->deadline != LCT_NS_NONE && (next == LCT_NS_NONE || t->deadline < next)) {
            next = t->deadline;
        }
    }
    if (next == LCT_NS_NONE) {
        return -1;
    }
    lct_ns left = next - lct_monotonic();
    if (left <= 0) {
        return 0;
    }
    lct_ns ms = (left + LCT_MS - 1) / LCT_MS;
    return ms > 60000 ? 60000 : (int)ms;
}

/* The timer that ran out first, switched off; NULL when there is none. */
static struct lct_timer *take_due(struct lct_loop *loop, lct_ns now) {
    struct lct_timer *due = NULL;
    for (struct lct_timer *t = loop->timers; t; t = t->next) {
        if (t->deadline != LCT_NS_NONE && t->deadline <= now &&
            (!due || t->deadline < due->deadline)) {
            due = t;
        }
    }
    if (due) {
        due->deadline = LCT_NS_NONE;
    }
    return due;
}

static void fire_timers(struct lct_loop *loop) {
    lct_ns now = lct_monotonic();
    struct lct_timer *due;
    while (!atomic_load(&loop->stopped) && (due = take_due(loop, now))) {
        due->fire(due->arg);
    }
}

void lct_loop_run(struct lct_loop *loop) {
    struct epoll_event events[EVENTS_AT_ONCE];
    loop->thread = pthread_self();
    atomic_store(&loop->bound, true);
    while (!atomic_load(&loop->stopped)) {
        int n = epoll_wait(loop->epoll, events, EVENTS_AT_ONCE, patience(loop));
        for (int i = 0; i < n; i++) {
            struct lct_watch *watch = events[i].data.ptr;
            if (!watch->dead) {
                watch->ready(watch->arg, events[i].events);
            }
        }
        bury(loop);
        fire_timers(loop);
        bury(loop);
    }
    atomic_store(&loop->stopped, false);
}

void lct_loop_stop(struct lct_loop *loop) {
    atomic_store(&loop->stopped, true);
    signal_wake(loop);
}

void lct_loop_post(struct lct_loop *loop, void (*run)(void *), void *arg) {
    struct letter *letter = lct_new(sizeof *letter);
    *letter = (struct letter){.run = run, .arg = arg};
    pthread_mutex_lock(&loop->lock);
    bool first = loop->first == NULL;
    *loop->last = letter;
    loop->last = &letter->next;
    pthread_mutex_unlock(&loop->lock);
    if (first) {
        signal_wake(loop);
    }
}

void lct_loop_assert_here(const struct lct_loop *loop) {
    assert(!atomic_load(&loop->bound) || pthread_equal(loop->thread, pthread_self()));
}

static void control(struct lct_watch *watch, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(watch->loop->epoll, operation, watch->fd, &event) < 0) {
        perror("epoll_ctl"); /* a descriptor that is closed or cannot be polled: our own mistake */
        abort();
    }
}

struct lct_watch *lct_watch_create(struct lct_loop *loop, int fd, uint32_t events,
                                   void (*ready)(void *arg, uint32_t events), void *arg) {
    lct_loop_assert_here(loop);
    struct lct_watch *watch = lct_new(sizeof *watch);
    *watch = (struct lct_watch){.loop = loop, .fd = fd, .ready = ready, .arg = arg};
    control(watch, EPOLL_CTL_ADD, events);
    return watch;
}

void lct_watch_set(struct lct_watch *watch, uint32_t events) {
    lct_loop_assert_here(watch->loop);
    control(watch, EPOLL_CTL_MOD, events);
}

void lct_watch_destroy(struct lct_watch *watch) {
    if (!watch) {
        return;
    }
    lct_loop_assert_here(watch->loop);
    control(watch, EPOLL_CTL_DEL, 0);
    watch->dead = true; /* an event of it may still be in run's list */
    watch->next_dead = watch->loop->dead;
    watch->loop->dead = watch;
}

struct lct_timer *lct_timer_create(struct lct_loop *loop, void (*fire)(void *arg), void *arg) {
    lct_loop_assert_here(loop);
    struct lct_timer *timer = lct_new(sizeof *timer);
    *timer = (struct lct_timer){
        .loop = loop,
        .next = loop->timers,
        .deadline = LCT_NS_NONE,
        .fire = fire,
        .arg = arg,
    };
    loop->timers = timer;
    return timer;
}

void lct_timer_set(struct lct_timer *timer, lct_ns deadline) {
    lct_loop_assert_here(timer->loop);
    timer->deadline = deadline;
}

void lct_timer_destroy(struct lct_timer *timer) {
    if (!timer) {
        return;
    }
    lct_loop_assert_here(timer->loop);
    struct lct_timer **at = &timer->loop->timers;
    while (*at != timer) {
        at = &(*at)->next;
    }
    *at = timer->next;
    free(timer);
}

static void on_signal(void *opaque, uint32_t events) {
    struct lct_loop *loop = opaque;
    struct signalfd_siginfo info;
    (void)events;
    while (read(loop->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        loop->got_signal(loop->signal_arg, (int)info.ssi_signo);
    }
}

void lct_loop_signals(struct lct_loop *loop, const int *signals, void (*got)(void *arg, int signal),
                      void *arg) {
    lct_loop_assert_here(loop);
    assert(loop->signal_fd < 0);
    sigset_t set;
    sigemptyset(&set);
    for (; *signals; signals++) {
        sigaddset(&set, *signals);
    }
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    loop->signal_fd = checked(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd");
    loop->got_signal = got;
    loop->signal_arg = arg;
    loop->signal_watch = lct_watch_create(loop, loop->signal_fd, EPOLLIN, on_signal, loop);
}

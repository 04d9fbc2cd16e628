// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/thread.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"

struct start {
    void (*run)(void *);
    void *arg;
};

static void *entry(void *opaque) {
    struct start start = *(struct start *)opaque;
    free(opaque);
    start.run(start.arg);
    return NULL;
}

void lct_thread_start(struct lct_thread *thread, const char *name, void (*run)(void *), void *arg) {
    struct start *start = lct_new(sizeof *start);
    *start = (struct start){run, arg};
    /* Signals belong to the main thread's loop; a new thread inherits this mask. */
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&thread->id, NULL, entry, start);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc != 0) {
        (void)fprintf(stderr, "lectern: no thread for %s: %s\n", name, strerror(rc));
        abort();
    }
    char short_name[16];
    (void)snprintf(short_name, sizeof short_name, "%s", name);
    (void)pthread_setname_np(thread->id, short_name); /* only for people who look */
    thread->started = true;
}

void lct_thread_join(struct lct_thread *thread) {
    if (thread->started) {
        pthread_join(thread->id, NULL);
        thread->started = false;
    }
}

void lct_thread_leave(struct lct_thread *thread) {
    if (thread->started) {
        pthread_detach(thread->id);
        thread->started = false;
    }
}

void lct_thread_nice(int nice) {
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), nice); /* a refusal costs only politeness */
}

void lct_cond_init(pthread_cond_t *cond) {
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

bool lct_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, lct_ns deadline) {
    if (deadline == LCT_NS_NONE) {
        pthread_cond_wait(cond, mutex);
        return true;
    }
    struct timespec until = {.tv_sec = deadline / LCT_SECOND, .tv_nsec = deadline % LCT_SECOND};
    return pthread_cond_timedwait(cond, mutex, &until) == 0;
}

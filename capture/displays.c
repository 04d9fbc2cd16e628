// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/displays.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xcb/xcb.h>

#include "base/mem.h"
#include "base/ref.h"
#include "base/thread.h"
#include "base/time.h"
#include "capture/names.h"

#define ANSWER_WITHIN (LCT_SECOND / 2)
#define DISPLAYS_MAX 16
#define NAME_SIZE 64

/* XCB connects and waits without a bound, so each display is asked by a thread of its own, which is
   left behind when a frozen server keeps it. Shared by it and the asker. */
struct question {
    struct lct_ref ref;
    struct lct_thread thread;
    char name[NAME_SIZE]; /* fixed */
    /* guarded by lock */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool done;
    int width, height; /* 0: nobody there */
};

/* Threads that frozen servers keep. */
static atomic_uint away;

static void unref(struct question *q) {
    if (lct_ref_dec(&q->ref)) {
        pthread_cond_destroy(&q->moved);
        pthread_mutex_destroy(&q->lock);
        free(q);
    }
}

static void run_question(void *opaque) {
    struct question *q = opaque;
    int screen = 0, width = 0, height = 0;
    xcb_connection_t *x = xcb_connect(q->name, &screen);
    if (!xcb_connection_has_error(x)) {
        xcb_screen_iterator_t at = xcb_setup_roots_iterator(xcb_get_setup(x));
        for (; at.rem > 1 && screen > 0; screen--) {
            xcb_screen_next(&at);
        }
        width = at.data->width_in_pixels;
        height = at.data->height_in_pixels;
    }
    xcb_disconnect(x);
    pthread_mutex_lock(&q->lock);
    q->width = width;
    q->height = height;
    q->done = true;
    pthread_cond_broadcast(&q->moved);
    pthread_mutex_unlock(&q->lock);
    unref(q);
    atomic_fetch_sub(&away, 1U);
}

static struct question *begin(const char *name) {
    struct question *q = lct_new(sizeof *q);
    lct_ref_init(&q->ref);
    lct_ref_inc(&q->ref);
    snprintf(q->name, sizeof q->name, "%s", name);
    pthread_mutex_init(&q->lock, NULL);
    lct_cond_init(&q->moved);
    atomic_fetch_add(&away, 1U);
    lct_thread_start(&q->thread, "x11-look", run_question, q);
    return q;
}

static void add_entry(struct lct_device_list *list, const struct question *q, int width,
                      int height) {
    struct lct_device_entry *entry = lct_names_new_entry(list);
    snprintf(entry->id, sizeof entry->id, "x11:%s", q->name);
    snprintf(entry->spec, sizeof entry->spec, "screen:x11:%s", q->name);
    snprintf(entry->label, sizeof entry->label, "X11 screen %s", q->name);
    snprintf(entry->kind, sizeof entry->kind, "screen");
    snprintf(entry->detail, sizeof entry->detail, "%dx%d", width, height);
}

static void end(struct question *q, lct_ns deadline, struct lct_device_list *list) {
    pthread_mutex_lock(&q->lock);
    while (!q->done && lct_cond_wait(&q->moved, &q->lock, deadline)) {
    }
    bool done = q->done;
    int width = q->width, height = q->height;
    pthread_mutex_unlock(&q->lock);
    if (done) {
        lct_thread_join(&q->thread);
    } else {
        pthread_detach(q->thread.id);
    }
    if (done && width > 0) {
        add_entry(list, q, width, height);
    }
    unref(q);
}

struct names {
    char all[DISPLAYS_MAX][NAME_SIZE];
    size_t n;
};

static void add_name(struct names *names, const char *name) {
    for (size_t i = 0; i < names->n; i++) {
        size_t length = strlen(names->all[i]);
        /* ":0" and ":0.0" are one display */
        if (strncmp(names->all[i], name, length) == 0 && (!name[length] || name[length] == '.')) {
            return;
        }
    }
    if (names->n < DISPLAYS_MAX && strlen(name) < NAME_SIZE) {
        snprintf(names->all[names->n++], NAME_SIZE, "%s", name);
    }
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

static void find_names(struct names *names) {
    const char *own = getenv("DISPLAY");
    if (own && *own) {
        add_name(names, own);
        char *screen = strrchr(names->all[0], '.'); /* ":0.0" */
        const char *colon = strrchr(names->all[0], ':');
        if (screen && colon && screen > colon) {
            *screen = '\0';
        }
    }
    size_t first = names->n;
    DIR *folder = opendir("/tmp/.X11-unix");
    struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL) {
        char name[NAME_SIZE];
        if (entry->d_name[0] == 'X' && strspn(entry->d_name + 1, "0123456789") > 0) {
            snprintf(name, sizeof name, ":%.20s", entry->d_name + 1);
            add_name(names, name);
        }
    }
    if (folder) {
        closedir(folder);
    }
    qsort(names->all + first, names->n - first, NAME_SIZE, by_name);
}

void lct_displays_add(struct lct_device_list *list) {
    struct names names = {0};
    struct question *questions[DISPLAYS_MAX];
    if (atomic_load(&away) > DISPLAYS_MAX) {
        return;
    }
    find_names(&names);
    for (size_t i = 0; i < names.n; i++) {
        questions[i] = begin(names.all[i]);
    }
    lct_ns deadline = lct_monotonic() + ANSWER_WITHIN;
    for (size_t i = 0; i < names.n; i++) {
        end(questions[i], deadline, list);
    }
}

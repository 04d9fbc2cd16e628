// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Server-sent events: the rooms whenever something changed, so that pages need not ask;
 * "recordings" when the list of recordings has changed; "job" with one job whenever it changed.
 * While a stream is open somebody looks: the
 * recorders open their sources.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/handlers.h"
#include "stream/http/http_events.h"

#define STREAMS_MAX 128
#define AT_MOST_EVERY (100 * LCT_MS)
#define SIGN_OF_LIFE (5 * LCT_SECOND) /* so that a page soon knows that it is cut off */
#define LOOK_LINGERS (5 * LCT_SECOND) /* a page that is loaded anew does not close the sources */

struct watcher {
    struct lct_api_events *events;
    struct lct_http_stream *stream; /* NULL: a free place */
};

struct lct_api_events {
    struct lct_loop *loop;
    struct lct_api *api;
    struct lct_timer *timer;
    struct watcher watchers[STREAMS_MAX];
    size_t n;
    bool dirty;
    bool looking;
    lct_ns last_sent;
    lct_ns left;   /* when the last watcher left */
    char *lessons; /* which lessons run: when it changes, so does the list of recordings */
};

static void send_all(struct lct_api_events *events, const char *event, const char *data) {
    for (size_t i = 0; i < STREAMS_MAX; i++) {
        if (events->watchers[i].stream) {
            lct_http_stream_send(events->watchers[i].stream, event, data);
        }
    }
    events->last_sent = lct_monotonic();
}

/* Which lessons run, as text to compare. */
static char *running(const json_t *rooms) {
    size_t i;
    json_t *room;
    char *text = lct_strdup("");
    json_array_foreach(rooms, i, room) {
        const char *lesson = lct_json_text(json_object_get(room, "status"), "lesson", "");
        char *more = lct_format("%s %s", text, lesson);
        free(text);
        text = more;
    }
    return text;
}

static void send_rooms(struct lct_api_events *events) {
    LCT_JSON json_t *all = lct_api_rooms(events->api);
    LCT_FREE char *text = lct_json_dump(all, NULL);
    char *lessons = running(json_object_get(all, "rooms"));
    send_all(events, "rooms", text);
    if (events->lessons && strcmp(lessons, events->lessons) != 0) {
        send_all(events, "recordings", "{}");
    }
    free(events->lessons);
    events->lessons = lessons;
    events->dirty = false;
}

/* When something has to be done next. */
static void set_timer(struct lct_api_events *events) {
    lct_ns next = LCT_NS_NONE;
    if (events->n > 0) {
        next = events->last_sent + (events->dirty ? AT_MOST_EVERY : SIGN_OF_LIFE);
    } else if (events->looking) {
        next = events->left + LOOK_LINGERS;
    }
    lct_timer_set(events->timer, next);
}

static void on_timer(void *opaque) {
    struct lct_api_events *events = opaque;
    if (events->n == 0) {
        events->looking = false;
        lct_rooms_look(events->api->rooms, false);
    } else if (events->dirty) {
        send_rooms(events);
    } else {
        send_all(events, "ping", "{}");
    }
    set_timer(events);
}

void lct_api_events_changed(struct lct_api_events *events) {
    if (events->timer) {
        events->dirty = true;
        set_timer(events);
    }
}

void lct_api_events_job(struct lct_api_events *events, const json_t *job) {
    LCT_FREE char *text = lct_json_dump(job, NULL);
    send_all(events, "job", text);
}

struct lct_api_events *lct_api_events_create(struct lct_loop *loop, struct lct_api *api) {
    struct lct_api_events *events = lct_new(sizeof *events);
    events->loop = loop;
    events->api = api;
    events->timer = lct_timer_create(loop, on_timer, events);
    return events;
}

void lct_api_events_stop(struct lct_api_events *events) {
    lct_timer_destroy(events->timer);
    events->timer = NULL;
}

void lct_api_events_destroy(struct lct_api_events *events) {
    if (!events) {
        return;
    }
    assert(!events->timer);
    for (size_t i = 0; i < STREAMS_MAX; i++) {
        if (events->watchers[i].stream) {
            lct_http_stream_end(events->watchers[i].stream);
        }
    }
    free(events->lessons);
    free(events);
}

static void on_closed(void *arg) {
    struct watcher *watcher = arg;
    struct lct_api_events *events = watcher->events;
    lct_http_stream_end(watcher->stream);
    watcher->stream = NULL;
    events->n--;
    events->left = lct_monotonic();
    if (events->timer) {
        set_timer(events);
    }
}

void lct_api_get_events(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_api_events *events = api->events;
    size_t place = 0;
    while (place < STREAMS_MAX && events->watchers[place].stream) {
        place++;
    }
    if (place == STREAMS_MAX) {
        struct lct_fault fault;
        (void)lct_fault_set(&fault, -ENOTCONN, "api", "Too many pages are open (%d).",
                            "打开的页面过多（%d）。", STREAMS_MAX);
        lct_api_answer_fault(request, &fault);
        return;
    }
    struct watcher *watcher = &events->watchers[place];
    watcher->events = events;
    watcher->stream = lct_http_answer_events(request, on_closed, watcher);
    events->n++;
    LCT_JSON json_t *all = lct_api_rooms(api);
    LCT_FREE char *text = lct_json_dump(all, NULL);
    lct_http_stream_send(watcher->stream, "rooms", text);
    events->last_sent = lct_monotonic();
    if (!events->looking) {
        events->looking = true;
        lct_rooms_look(api->rooms, true);
    }
    set_timer(events);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What those who watch a room may know of it: whether it is on air, what there is to see, how many
 * watch. No sources, disks and alarms. Asked for once, or told as events; whoever listens here
 * holds no sources open.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/gate.h"
#include "control/api/handlers.h"
#include "stream/http/http_events.h"

#define STREAMS_MAX 1000
#define AT_MOST_EVERY (200 * LCT_MS)
#define SIGN_OF_LIFE (5 * LCT_SECOND)

struct watcher {
    struct lct_api_live *live;
    struct watcher *next;
    struct lct_http_stream *stream;
    char *room;
    char pass[LCT_API_PASS_SIZE];
    char *told; /* what was sent last, to see whether it changed */
};

struct lct_api_live {
    struct lct_api *api;
    struct lct_timer *timer;
    struct watcher *watchers;
    size_t n;
    bool dirty;
    lct_ns last_look, last_sign;
};

int lct_api_tracks(const struct lct_http_request *request, size_t most, const char **ret_tracks,
                   size_t *ret_n, struct lct_fault *fault) {
    const char *name;
    for (*ret_n = 0; (name = lct_http_query(request, "track", *ret_n)); (*ret_n)++) {
        if (*ret_n == most) {
            return lct_fault_set(fault, -EINVAL, "api", "\"track\" must name up to %zu tracks.",
                                 "“track”最多可指定 %zu 条轨道。", most);
        }
        ret_tracks[*ret_n] = name;
    }
    return 0;
}

static const char *state_of(const json_t *room) {
    const char *state = lct_json_text(room, "state", "away");
    return strcmp(state, "looking") == 0 ? "idle" : state;
}

/* The tracks of a room's status or of a lesson, without what they are made of. */
static json_t *tracks_of(const json_t *whole) {
    size_t i;
    json_t *track, *tracks = json_array();
    json_array_foreach(json_object_get(whole, "tracks"), i, track) {
        json_array_append_new(tracks,
                              json_pack("{s:s, s:s}", "name", lct_json_text(track, "name", ""),
                                        "kind", lct_json_text(track, "kind", "")));
    }
    return tracks;
}

/* Returns owned; NULL: there is no such room. *ret_elapsed is left out of what is compared. */
static json_t *live_json(const struct lct_api *api, const char *id, int64_t *ret_elapsed) {
    LCT_JSON json_t *room = lct_rooms_json_of(api->rooms, id);
    if (!room) {
        return NULL;
    }
    const json_t *status = json_object_get(room, "status");
    const char *lesson = lct_json_text(status, "lesson", "");
    *ret_elapsed = lct_json_int(status, "elapsed_ns", 0);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:i, s:I}", "room", id, "name",
                     lct_json_text(room, "name", ""), "state", state_of(room), "lesson", lesson,
                     "title", lct_json_text(status, "title", ""), "tracks", tracks_of(status),
                     "viewers", (int)lct_api_viewers(api, id), "marks",
                     (json_int_t)lct_json_int(status, "marks", 0));
}

static void refuse_unknown(struct lct_http_request *request) {
    struct lct_fault fault;
    (void)lct_fault_set(&fault, -ENOENT, "live", "There is no room %s.", "没有教室 %s。",
                        lct_http_value(request, 0));
    lct_api_answer_fault(request, &fault);
}

void lct_api_get_live(void *app, struct lct_http_request *request) {
    int64_t elapsed;
    json_t *json = live_json(app, lct_http_value(request, 0), &elapsed);
    if (!json) {
        refuse_unknown(request);
        return;
    }
    json_object_set_new(json, "elapsed_ns", json_integer((json_int_t)elapsed));
    lct_http_answer_json(request, 200, json);
}

int lct_api_find_lesson(struct lct_api *api, const char *room, char ret_id[LCT_ROOMS_LESSON_SIZE],
                        struct lct_fault *fault) {
    const struct lct_lesson_info *info;
    if (!lct_rooms_lesson(api->rooms, room, ret_id)) {
        return lct_shelf_newest(api->shelf, room, ret_id, fault);
    }
    int rc = lct_shelf_lesson(api->shelf, ret_id, &info, fault);
    if (rc == 0 && strcmp(info->room, room) != 0) {
        rc = lct_fault_set(fault, -ENOENT, "live", "Lesson %s is not of room %s.",
                           "课程 %s 不属于教室 %s。", ret_id, room);
    }
    return rc;
}

void lct_api_get_live_lesson(void *app, struct lct_http_request *request) {
    static const char *const shown[] = {"id",          "title", "state", "started",
                                        "duration_ns", "gaps",  "marks", NULL};
    const struct lct_api *api = app;
    LCT_JSON json_t *whole = NULL;
    char id[LCT_ROOMS_LESSON_SIZE];
    struct lct_fault fault;
    if (lct_api_find_lesson(app, lct_http_value(request, 0), id, &fault) < 0 ||
        lct_recordings_get(api->recordings, id, &whole, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    json_t *lesson = json_pack("{s:o}", "tracks", tracks_of(whole));
    for (size_t i = 0; shown[i]; i++) {
        json_object_set(lesson, shown[i], json_object_get(whole, shown[i]));
    }
    lct_http_answer_json(request, 200, lesson);
}

/* ---- events ---- */

static void tell(struct watcher *watcher) {
    int64_t elapsed = 0;
    LCT_JSON json_t *json = live_json(watcher->live->api, watcher->room, &elapsed);
    LCT_FREE char *text = lct_json_dump(json, NULL);
    if (watcher->told && strcmp(watcher->told, text) == 0) {
        return;
    }
    json_object_set_new(json, "elapsed_ns", json_integer((json_int_t)elapsed));
    LCT_FREE char *data = lct_json_dump(json, NULL);
    lct_http_stream_send(watcher->stream, "live", data);
    free(watcher->told);
    watcher->told = text;
    text = NULL;
}

static void set_timer(struct lct_api_live *live) {
    lct_ns next = LCT_NS_NONE;
    if (live->n > 0) {
        next = live->dirty ? live->last_look + AT_MOST_EVERY : live->last_sign + SIGN_OF_LIFE;
    }
    lct_timer_set(live->timer, next);
}

/* Takes the watcher out of the list and gives all of it back. */
static void forget(struct watcher *watcher) {
    struct lct_api_live *live = watcher->live;
    struct watcher **at = &live->watchers;
    while (*at != watcher) {
        at = &(*at)->next;
    }
    *at = watcher->next;
    live->n--;
    lct_http_stream_end(watcher->stream);
    free(watcher->room);
    free(watcher->told);
    free(watcher);
}

static void on_timer(void *opaque) {
    struct lct_api_live *live = opaque;
    lct_ns now = lct_monotonic();
    bool sign = now - live->last_sign >= SIGN_OF_LIFE;
    for (struct watcher *w = live->watchers, *next; w; w = next) {
        next = w->next;
        if (!lct_api_may_watch(live->api, w->room, w->pass)) {
            forget(w); /* its page asks again, and is told why */
            continue;
        }
        if (live->dirty) {
            tell(w);
        }
        if (sign) {
            lct_http_stream_send(w->stream, "ping", "{}");
        }
    }
    live->last_look = live->dirty ? now : live->last_look;
    live->last_sign = sign ? now : live->last_sign;
    live->dirty = false;
    set_timer(live);
}

void lct_api_live_changed(struct lct_api_live *live) {
    if (live->timer && !live->dirty) {
        live->dirty = true;
        set_timer(live);
    }
}

struct lct_api_live *lct_api_live_create(struct lct_loop *loop, struct lct_api *api) {
    struct lct_api_live *live = lct_new(sizeof *live);
    live->api = api;
    live->timer = lct_timer_create(loop, on_timer, live);
    return live;
}

void lct_api_live_stop(struct lct_api_live *live) {
    lct_timer_destroy(live->timer);
    live->timer = NULL;
}

void lct_api_live_destroy(struct lct_api_live *live) {
    if (!live) {
        return;
    }
    assert(!live->timer);
    while (live->watchers) {
        forget(live->watchers);
    }
    free(live);
}

static void on_closed(void *arg) { forget(arg); }

void lct_api_get_live_events(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_api_live *live = api->live;
    const char *room = lct_http_value(request, 0);
    if (!lct_rooms_has(api->rooms, room)) {
        refuse_unknown(request);
        return;
    }
    if (live->n == STREAMS_MAX) {
        struct lct_fault fault;
        (void)lct_fault_set(&fault, -EUSERS, "live", "Too many viewers are here (%d).",
                            "观看的人过多（%d）。", STREAMS_MAX);
        lct_api_answer_fault(request, &fault);
        return;
    }
    struct watcher *watcher = lct_new(sizeof *watcher);
    *watcher = (struct watcher){.live = live, .next = live->watchers, .room = lct_strdup(room)};
    lct_api_pass(api, request, room, watcher->pass);
    watcher->stream = lct_http_answer_events(request, on_closed, watcher);
    live->watchers = watcher;
    live->n++;
    tell(watcher);
    set_timer(live);
}

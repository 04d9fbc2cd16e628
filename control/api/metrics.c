// SPDX-License-Identifier: GPL-3.0-or-later
/* Prometheus text format, version 0.0.4. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/api/api.h"
#include "control/api/handlers.h"

static void gauge(FILE *out, const char *name, const char *kind, const char *help) {
    (void)fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

/* A room's value, by a path of one or two members of its status. */
static void of_rooms(FILE *out, const json_t *rooms, const char *name, const char *help,
                     const char *member, const char *inner, double scale) {
    size_t i;
    json_t *room;
    gauge(out, name, "gauge", help);
    json_array_foreach(rooms, i, room) {
        const json_t *at = json_object_get(room, "status");
        at = inner ? json_object_get(at, member) : at;
        (void)fprintf(out, "%s{room=\"%s\"} %.9g\n", name, lct_json_text(room, "id", ""),
                      lct_json_real(at, inner ? inner : member, 0) * scale);
    }
}

/* A value of each member of a list in a room's status. Labels hold only what we wrote ourselves. */
static void of_parts(FILE *out, const json_t *rooms, const char *name, const char *help,
                     const char *list, const char *label, const char *member) {
    size_t i, k;
    json_t *room, *part;
    gauge(out, name, "counter", help);
    json_array_foreach(rooms, i, room) {
        json_array_foreach(json_object_get(json_object_get(room, "status"), list), k, part) {
            (void)fprintf(out, "%s{room=\"%s\",%s=\"%zu\"} %.9g\n", name,
                          lct_json_text(room, "id", ""), label, k, lct_json_real(part, member, 0));
        }
    }
}

static void of_states(FILE *out, const json_t *rooms) {
    static const char *const states[] = {"away", "idle", "looking", "recording", "paused"};
    size_t i;
    json_t *room;
    gauge(out, "lectern_room_state", "gauge", "1 for the state the room is in");
    json_array_foreach(rooms, i, room) {
        for (size_t k = 0; k < sizeof states / sizeof *states; k++) {
            bool is = strcmp(lct_json_text(room, "state", ""), states[k]) == 0;
            (void)fprintf(out, "lectern_room_state{room=\"%s\",state=\"%s\"} %d\n",
                          lct_json_text(room, "id", ""), states[k], is);
        }
    }
}

struct row {
    const char *name, *kind, *help;
    uint64_t value;
};

static void of_rows(FILE *out, const struct row *rows, size_t n) {
    for (size_t i = 0; i < n; i++) {
        gauge(out, rows[i].name, rows[i].kind, rows[i].help);
        (void)fprintf(out, "%s %" PRIu64 "\n", rows[i].name, rows[i].value);
    }
}

static void of_http(FILE *out, struct lct_http_server *http) {
    struct lct_http_counters counters, *c = &counters;
    lct_http_count(http, c);
    const struct row rows[] = {
        {"lectern_http_requests_total", "counter", "requests", c->requests},
        {"lectern_http_refused_total", "counter", "requests and connections refused", c->refused},
        {"lectern_http_sent_bytes_total", "counter", "bytes sent", c->bytes_out},
        {"lectern_http_connections", "gauge", "connections open", c->connections_now},
        {"lectern_http_event_streams", "gauge", "streams of events open", c->streams_now},
    };
    of_rows(out, rows, sizeof rows / sizeof *rows);
}

static void of_rtc(FILE *out, struct lct_rtc *rtc) {
    struct lct_rtc_counters counters, *c = &counters;
    lct_rtc_count(rtc, c);
    const struct row rows[] = {
        {"lectern_rtc_viewers", "gauge", "viewers by WebRTC", c->viewers},
        {"lectern_rtc_joins_total", "counter", "viewers let in", c->joins},
        {"lectern_rtc_sent_packets_total", "counter", "packets sent", c->packets},
        {"lectern_rtc_sent_bytes_total", "counter", "bytes sent", c->bytes},
        {"lectern_rtc_sends_total", "counter", "system calls for them", c->sends},
        {"lectern_rtc_again_total", "counter", "packets sent again", c->again},
        {"lectern_rtc_skipped_total", "counter", "times a viewer was moved ahead", c->skipped},
        {"lectern_rtc_smaller_total", "counter", "times a picture was sent smaller or no more",
         c->smaller},
        {"lectern_rtc_larger_total", "counter", "times a picture was sent larger again", c->larger},
        {"lectern_rtc_keys_total", "counter", "key frames asked for", c->keys_asked},
        {"lectern_rtc_dropped_total", "counter", "packets the kernel did not take", c->dropped},
        {"lectern_rtc_refused_total", "counter", "datagrams of strangers", c->refused},
    };
    of_rows(out, rows, sizeof rows / sizeof *rows);
}

static void of_ws(FILE *out, struct lct_ws *ws) {
    struct lct_ws_counters counters, *c = &counters;
    lct_ws_count(ws, c);
    const struct row rows[] = {
        {"lectern_ws_viewers", "gauge", "viewers by WebSocket", c->viewers},
        {"lectern_ws_joins_total", "counter", "viewers let in", c->joins},
        {"lectern_ws_sent_chunks_total", "counter", "chunks sent", c->chunks},
        {"lectern_ws_sent_bytes_total", "counter", "bytes of them", c->bytes},
        {"lectern_ws_skipped_total", "counter", "times a viewer was moved ahead", c->skipped},
        {"lectern_ws_narrowed_total", "counter",
         "times a viewer's line was too narrow for full pictures", c->narrowed},
    };
    of_rows(out, rows, sizeof rows / sizeof *rows);
}

void lct_api_get_metrics(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    LCT_JSON json_t *rooms = lct_rooms_json(api->rooms);
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    of_http(out, api->http);
    of_rtc(out, api->rtc);
    of_ws(out, api->ws);
    of_states(out, rooms);
    of_rooms(out, rooms, "lectern_lesson_seconds", "length of the lesson that runs", "elapsed_ns",
             NULL, 1e-9);
    of_rooms(out, rooms, "lectern_lesson_saved_seconds", "lesson time that is on the disk",
             "saved_ns", NULL, 1e-9);
    of_rooms(out, rooms, "lectern_lesson_verified_seconds", "lesson time that was read back",
             "verified_ns", NULL, 1e-9);
    of_rooms(out, rooms, "lectern_lesson_bytes", "bytes of the lesson that runs", "bytes", NULL, 1);
    of_rooms(out, rooms, "lectern_disk_free_bytes", "free space of the lessons' disk", "disk",
             "free_bytes", 1);
    of_rooms(out, rooms, "lectern_cpu_step", "what the recorder gave up for want of CPU", "cpu",
             "step", 1);
    of_parts(out, rooms, "lectern_source_drops_total", "frames lost", "sources", "source", "drops");
    of_parts(out, rooms, "lectern_source_rebuilds_total", "times a source was rebuilt", "sources",
             "source", "rebuilds");
    of_parts(out, rooms, "lectern_track_drops_total", "chunks lost", "tracks", "track", "drops");
    (void)fclose(out); /* memory only */
    lct_http_answer(request, 200, "text/plain; version=0.0.4; charset=utf-8", text, n);
    free(text);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Marks (打点): set while a lesson runs, durable when told. */
#include "control/api/api.h"
#include "control/api/handlers.h"

#define LABEL_MAX 80 /* characters */
#define DAY_NS INT64_C(86400000000000)

static void on_marked(void *arg, const json_t *reply, const struct lct_fault *fault) {
    lct_api_answer_reply(arg, 201, reply, fault);
}

void lct_api_post_mark(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    LCT_JSON json_t *body = NULL;
    const char *label = "";
    int64_t time_ns = -1;
    struct lct_fault fault;
    if (lct_http_json(request, &body, &fault) < 0 ||
        lct_json_only(body, (const char *[]){"label", "time_ns", NULL}, &fault) < 0 ||
        lct_json_read_text(body, "label", 0, LABEL_MAX, &label, &fault) < 0 ||
        lct_json_read_int(body, "time_ns", 0, DAY_NS, &time_ns, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    json_t *command = json_pack("{s:s, s:s}", "do", "mark", "label", label);
    if (time_ns >= 0) {
        json_object_set_new(command, "time_ns", json_integer(time_ns));
    }
    lct_rooms_command(api->rooms, lct_http_value(request, 0), command, on_marked, request);
}

void lct_api_get_marks(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    LCT_JSON json_t *lesson = NULL;
    struct lct_fault fault;
    if (lct_recordings_get(api->recordings, lct_http_value(request, 0), &lesson, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 200,
                         json_pack("{s:O}", "marks", json_object_get(lesson, "marks")));
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The button: start and stop of a room's lesson. */
#include <errno.h>

#include "control/api/api.h"
#include "control/api/handlers.h"

#define TITLE_MAX 80 /* characters */

static void on_started(void *arg, const json_t *reply, const struct lct_fault *fault) {
    lct_api_answer_reply(arg, 201, reply, fault);
}

void lct_api_post_recording(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    LCT_JSON json_t *body = NULL;
    const char *title = "";
    struct lct_fault fault;
    if (lct_http_json(request, &body, &fault) < 0 ||
        lct_json_only(body, (const char *[]){"title", NULL}, &fault) < 0 ||
        lct_json_read_text(body, "title", 0, TITLE_MAX, &title, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_rooms_command(api->rooms, lct_http_value(request, 0),
                      json_pack("{s:s, s:s}", "do", "start", "title", title), on_started, request);
}

static void on_stopped(void *arg, const json_t *reply, const struct lct_fault *fault) {
    lct_api_answer_reply(arg, 200, reply, fault);
}

void lct_api_delete_recording(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    lct_rooms_command(api->rooms, lct_http_value(request, 0), json_pack("{s:s}", "do", "stop"),
                      on_stopped, request);
}

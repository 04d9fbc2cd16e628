// SPDX-License-Identifier: GPL-3.0-or-later
/* Who may watch a room: its watch links, and whether it is public. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/find.h"
#include "control/api/handlers.h"

/* In the main loop: all pages are told. */
static void tell(void *arg) {
    struct lct_api *api = arg;
    lct_api_events_changed(api->events);
}

void lct_api_get_links(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_fault fault;
    const char *room;
    size_t n;
    if (lct_api_find_room(api, request, &room, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    LCT_FREE struct lct_links_link *links = lct_links_list(api->links, room, &n);
    json_t *body = json_pack("{s:[]}", "links");
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(json_object_get(body, "links"), lct_links_json(&links[i], ""));
    }
    lct_http_answer_json(request, 200, body);
}

void lct_api_post_link(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    LCT_JSON json_t *body = NULL;
    int64_t seconds = LCT_LINKS_SECONDS;
    struct lct_links_link link;
    struct lct_fault fault;
    const char *room;
    if (lct_api_find_room(api, request, &room, &fault) < 0 ||
        lct_http_json(request, &body, &fault) < 0 ||
        lct_json_only(body, (const char *[]){"seconds", NULL}, &fault) < 0 ||
        lct_json_read_int(body, "seconds", 1, LCT_LINKS_SECONDS_MAX, &seconds, &fault) < 0 ||
        lct_links_make(api->links, room, seconds, &link, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_loop_post(api->loop, tell, api);
    lct_http_answer_json(request, 201, lct_links_json(&link, ""));
}

void lct_api_delete_link(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_fault fault;
    const char *room, *id = lct_http_value(request, 1);
    if (lct_api_find_room(api, request, &room, &fault) < 0 ||
        lct_links_revoke(api->links, room, id, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_loop_post(api->loop, tell, api);
    lct_http_answer_json(request, 200, json_pack("{s:s}", "id", id));
}

void lct_api_put_public(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    LCT_JSON json_t *body = NULL;
    struct lct_fault fault;
    const char *room;
    bool on = false;
    if (lct_api_find_room(api, request, &room, &fault) < 0 ||
        lct_http_json(request, &body, &fault) < 0 ||
        lct_json_only(body, (const char *[]){"public", NULL}, &fault) < 0 ||
        lct_json_read_flag(body, "public", &on, &fault) < 0 ||
        lct_links_set_public(api->links, room, on, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_loop_post(api->loop, tell, api);
    lct_http_answer_json(request, 200, json_pack("{s:b}", "public", (int)on));
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Where a room's lessons are pushed to. Changes are made by the disk's loop and answered by the
 * main loop, which knows how the pushes are. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "control/api/api.h"
#include "control/api/find.h"
#include "control/api/handlers.h"

/* A change that was made: what is answered by the main loop. */
struct change {
    struct lct_api *api;
    struct lct_http_request *request;
    int status;
    char id[LCT_PUSHES_ID_SIZE];
};

static void answer_change(void *arg) {
    LCT_FREE struct change *change = arg;
    struct lct_api *api = change->api;
    lct_pusher_look(api->pusher);
    lct_api_events_changed(api->events);
    json_t *json = lct_pusher_json_of(api->pusher, change->id);
    lct_http_answer_json(change->request, change->status,
                         json ? json : json_pack("{s:s}", "id", change->id));
}

static void made(struct lct_api *api, struct lct_http_request *request, int status,
                 const char *id) {
    struct change *change = lct_new(sizeof *change);
    *change = (struct change){.api = api, .request = request, .status = status};
    (void)snprintf(change->id, sizeof change->id, "%s", id);
    lct_loop_post(api->loop, answer_change, change);
}

void lct_api_get_pushes(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_fault fault;
    const char *room;
    if (lct_api_find_room(api, request, &room, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 200,
                         json_pack("{s:o}", "pushes", lct_pusher_json(api->pusher, room)));
}

static int read_picture(const json_t *body, bool *ret_screen, struct lct_fault *fault) {
    const char *picture;
    int rc = lct_json_read_text(body, "picture", 0, 8, &picture, fault);
    if (rc < 0) {
        return rc;
    }
    *ret_screen = strcmp(picture, "screen") == 0;
    return !*picture || *ret_screen || strcmp(picture, "camera") == 0
               ? 0
               : lct_fault_set(fault, -EINVAL, "api", "picture is neither camera nor screen.",
                               "picture 只能是 camera 或 screen。");
}

static int read_push(const json_t *body, struct lct_pushes_push *push, struct lct_fault *fault) {
    const char *name, *url;
    int rc = lct_json_only(body, (const char *[]){"url", "name", "picture", NULL}, fault);
    rc = rc ? rc : lct_json_read_text(body, "url", 1, LCT_PUSH_URL_SIZE - 1, &url, fault);
    rc = rc ? rc : lct_json_read_text(body, "name", 0, LCT_PUSHES_NAME_MAX, &name, fault);
    rc = rc ? rc : read_picture(body, &push->screen, fault);
    if (rc < 0) {
        return rc;
    }
    if (strlen(url) >= sizeof push->url) { /* characters were counted */
        return lct_fault_set(fault, -EINVAL, "api", "The address is longer than %d characters.",
                             "地址超过 %d 个字符。", LCT_PUSH_URL_SIZE - 1);
    }
    (void)snprintf(push->url, sizeof push->url, "%s", url);
    lct_text_copy(push->name, sizeof push->name, name);
    return 0;
}

void lct_api_post_push(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    LCT_JSON json_t *body = NULL;
    struct lct_pushes_push push = {.on = true};
    struct lct_fault fault;
    const char *room;
    int rc = lct_api_find_room(api, request, &room, &fault);
    rc = rc ? rc : lct_http_json(request, &body, &fault);
    rc = rc ? rc : read_push(body, &push, &fault);
    if (rc == 0) {
        (void)snprintf(push.room, sizeof push.room, "%s", room);
        rc = lct_pushes_add(api->pushes, &push, &fault);
    }
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
    } else {
        made(api, request, 201, push.id);
    }
    explicit_bzero(&push, sizeof push);
}

void lct_api_delete_push(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_fault fault;
    const char *room, *id = lct_http_value(request, 1);
    if (lct_api_find_room(api, request, &room, &fault) < 0 ||
        lct_pushes_remove(api->pushes, room, id, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    made(api, request, 200, id);
}

void lct_api_put_push(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    LCT_JSON json_t *body = NULL;
    struct lct_fault fault;
    const char *room, *id = lct_http_value(request, 1);
    bool on = false;
    if (lct_api_find_room(api, request, &room, &fault) < 0 ||
        lct_http_json(request, &body, &fault) < 0 ||
        lct_json_only(body, (const char *[]){"on", NULL}, &fault) < 0 ||
        lct_json_read_flag(body, "on", &on, &fault) < 0 ||
        lct_pushes_switch(api->pushes, room, id, on, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    made(api, request, 200, id);
}

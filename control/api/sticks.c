// SPDX-License-Identifier: GPL-3.0-or-later
/* Lessons that are wanted on a USB stick (archive/sticks.h): the server only writes down which;
 * what copies them is started by the stick. Catalogue loop. */
#include "archive/sticks.h"

#include <errno.h>

#include "archive/library/item.h"
#include "control/api/api.h"
#include "control/api/handlers.h"

void lct_api_get_sticks(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    lct_http_answer_json(
        request, 200,
        json_pack("{s:b, s:o}", "offered", api->sticks, "sticks", lct_sticks_list(api->data)));
}

void lct_api_put_stick(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    struct lct_item item = {.summary = NULL};
    struct lct_fault fault;
    if (!api->sticks) {
        (void)lct_fault_set(&fault, -EPERM, "stick",
                            "This server copies nothing to USB sticks (sticks in [library]).",
                            "本服务器未开启复制到 U 盘（[library] 中的 sticks）。");
        lct_api_answer_fault(request, &fault);
        return;
    }
    bool known = lct_item_read(api->data, id, lct_rooms_is_recording(api->rooms, id), &item) == 0;
    int rc = lct_sticks_ask(api->data, id, known ? lct_json_text(item.summary, "title", "") : "",
                            &fault);
    lct_item_free(&item);
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 200, json_pack("{s:s, s:s}", "item", id, "state", "waiting"));
}

void lct_api_delete_stick(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    struct lct_fault fault;
    if (lct_sticks_drop(api->data, id, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 200, json_pack("{s:s}", "item", id));
}

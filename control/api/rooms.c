// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>

#include "control/api/api.h"

void lct_api_get_rooms(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    lct_http_answer_json(request, 200, json_pack("{s:o}", "rooms", lct_rooms_json(api->rooms)));
}

void lct_api_get_room(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    json_t *room = lct_rooms_json_of(api->rooms, lct_http_value(request, 0));
    if (room) {
        lct_http_answer_json(request, 200, room);
    } else {
        struct lct_fault fault;
        (void)lct_fault_set(&fault, -ENOENT, "api", "There is no room %s.", "没有教室 %s。",
                            lct_http_value(request, 0));
        lct_api_answer_fault(request, &fault);
    }
}

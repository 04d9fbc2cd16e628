// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>

#include "control/api/api.h"
#include "control/api/handlers.h"

unsigned lct_api_viewers(const struct lct_api *api, const char *room) {
    return lct_rtc_viewers(api->rtc, room) + lct_ws_viewers(api->ws, room);
}

/* What the room's recorder says, who may and does watch it, and where it is pushed to. Takes the
 * room. */
static json_t *whole(struct lct_api *api, json_t *room) {
    const char *id = lct_json_text(room, "id", "");
    json_object_set_new(room, "viewers", json_integer(lct_api_viewers(api, id)));
    json_object_set_new(room, "pushes", lct_pusher_json(api->pusher, id));
    json_object_set_new(room, "public", json_boolean(lct_links_is_public(api->links, id)));
    return room;
}

json_t *lct_api_rooms(struct lct_api *api) {
    json_t *rooms = lct_rooms_json(api->rooms), *room;
    size_t i;
    json_array_foreach(rooms, i, room) { (void)whole(api, room); }
    return json_pack("{s:o}", "rooms", rooms);
}

void lct_api_get_rooms(void *app, struct lct_http_request *request) {
    lct_http_answer_json(request, 200, lct_api_rooms(app));
}

void lct_api_get_room(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    json_t *room = lct_rooms_json_of(api->rooms, lct_http_value(request, 0));
    if (room) {
        lct_http_answer_json(request, 200, whole(api, room));
    } else {
        struct lct_fault fault;
        (void)lct_fault_set(&fault, -ENOENT, "api", "There is no room %s.", "没有教室 %s。",
                            lct_http_value(request, 0));
        lct_api_answer_fault(request, &fault);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* What requests speak of: is it there? */
#include <errno.h>
#include <unistd.h>

#include "archive/library/clip.h"
#include "archive/library/item.h"
#include "base/mem.h"
#include "base/text.h"
#include "control/api/api.h"
#include "control/api/find.h"

int lct_api_find_room(struct lct_api *api, const struct lct_http_request *request,
                      const char **ret_room, struct lct_fault *fault) {
    *ret_room = lct_http_value(request, 0);
    return lct_rooms_has(api->rooms, *ret_room)
               ? 0
               : lct_fault_set(fault, -ENOENT, "api", "There is no room %s.", "没有教室 %s。",
                               *ret_room);
}

int lct_api_no_item(const char *id, struct lct_fault *fault) {
    return lct_fault_set(fault, -ENOENT, "api", "There is no lesson or microlesson %s.",
                         "没有课程或微课 %s。", id);
}

int lct_api_find_item(const struct lct_api *api, const char *id, struct lct_fault *fault) {
    LCT_FREE char *folder = lct_item_folder(api->data, id);
    LCT_FREE char *file = lct_format("%s/lesson.json", folder);
    LCT_JSON json_t *edl = NULL;
    unsigned version;
    bool there =
        lct_lesson_is_id(id) && (lct_item_is_clip(id) ? lct_clip_newest(folder, &edl, &version) == 0
                                                      : access(file, F_OK) == 0);
    return there ? 0 : lct_api_no_item(id, fault);
}

int lct_api_no_collection(const char *id, struct lct_fault *fault) {
    return lct_fault_set(fault, -ENOENT, "api", "There is no collection %s.", "没有合集 %s。", id);
}

int lct_api_find_collection(const struct lct_api *api, const char *id, struct lct_fault *fault) {
    return lct_gathered_is(api->gathered, id) ? 0 : lct_api_no_collection(id, fault);
}

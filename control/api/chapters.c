// SPDX-License-Identifier: GPL-3.0-or-later
/* Chapters of a lesson: a person's, or those that its slides suggest. Catalogue loop. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/chapters.h"
#include "archive/library/item.h"
#include "archive/library/slides.h"
#include "base/io.h"
#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/document.h"
#include "control/api/find.h"
#include "control/api/handlers.h"

/* A person's, or NULL, and their version. Owned. */
static json_t *load(const char *folder, char tag[LCT_API_TAG_SIZE]) {
    json_t *json = lct_chapters_load(folder);
    tag[0] = '\0';
    if (json) {
        lct_api_tag_of(json, tag);
    }
    return json;
}

void lct_api_add_chapters(json_t *item, const char *folder) {
    char tag[LCT_API_TAG_SIZE];
    LCT_JSON json_t *own = load(folder, tag);
    json_t *slides = lct_slides_load(folder);
    json_t *chapters =
        own ? json_incref(json_object_get(own, "chapters")) : lct_slides_chapters(slides);
    json_object_set_new(item, "chapters", chapters);
    json_object_set_new(item, "chapters_by",
                        own      ? json_string("person")
                        : slides ? json_string("slides")
                                 : json_null());
    json_object_set_new(item, "chapters_tag", own ? json_string(tag) : json_null());
    json_object_set_new(item, "slides", slides ? slides : json_array());
}

static int save(struct lct_api *api, const char *id, const char *folder, const json_t *json,
                struct lct_fault *fault) {
    int rc = lct_chapters_save(&lct_io_system, folder, json);
    lct_catalogue_look(api->catalogue, id);
    return lct_api_saved(rc, fault);
}

static int check_item(struct lct_api *api, const char *id, struct lct_fault *fault) {
    int rc = lct_api_find_item(api, id, fault);
    return rc == 0 && lct_item_is_clip(id)
               ? lct_fault_set(fault, -EINVAL, "api",
                               "The chapters of a microlesson are saved with it: PUT /clips/%s.",
                               "微课的章节随微课一起保存：PUT /clips/%s。", id)
               : rc;
}

void lct_api_put_chapters(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    LCT_FREE char *folder = lct_item_folder(api->data, id);
    LCT_JSON json_t *body = NULL;
    LCT_JSON json_t *json = NULL;
    LCT_JSON json_t *before = NULL;
    char tag[LCT_API_TAG_SIZE];
    struct lct_fault fault;
    int rc = check_item(api, id, &fault);
    rc = rc ? rc : lct_http_json(request, &body, &fault);
    rc = rc ? rc : lct_chapters_check(body, &json, &fault);
    if (rc == 0) {
        before = load(folder, tag);
        rc = lct_api_may_replace(request, tag, &fault);
    }
    rc = rc ? rc : save(api, id, folder, json, &fault);
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_api_answer_document(request, json_incref(json));
}

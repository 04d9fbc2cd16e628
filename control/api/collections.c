// SPDX-License-Identifier: GPL-3.0-or-later
/* Collections of lessons and microlessons, and the links by which they are shared. Catalogue loop.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "archive/library/collections.h"
#include "base/mem.h"
#include "base/secret.h"
#include "control/api/api.h"
#include "control/api/document.h"
#include "control/api/find.h"
#include "control/api/handlers.h"

int lct_api_collection_items(struct lct_api *api, const char *id, json_t **ret_ids,
                             struct lct_fault *fault) {
    LCT_JSON json_t *list = NULL;
    int rc = lct_collections_load(api->data, &list, fault);
    long at = rc == 0 ? lct_collections_find(list, id) : -1;
    if (rc == 0 && at < 0) {
        rc = lct_api_no_collection(id, fault);
    }
    if (rc == 0) {
        *ret_ids = json_incref(json_object_get(json_array_get(list, (size_t)at), "items"));
    }
    return rc;
}

/* Keeps them, and has the gate know. */
static int save(struct lct_api *api, const json_t *list, struct lct_fault *fault) {
    int rc = lct_collections_save(api->data, list, fault);
    if (rc == 0) {
        lct_gathered_set(api->gathered, list);
    }
    return rc;
}

void lct_api_get_collections(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    LCT_JSON json_t *list = NULL;
    struct lct_fault fault;
    size_t i;
    json_t *one;
    if (lct_collections_load(api->data, &list, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    json_t *body = json_pack("{s:[]}", "collections");
    json_array_foreach(list, i, one) {
        size_t n = json_array_size(json_object_get(one, "items"));
        json_array_append_new(json_object_get(body, "collections"),
                              json_pack("{s:O, s:O, s:s, s:I}", "id", json_object_get(one, "id"),
                                        "title", json_object_get(one, "title"), "description",
                                        lct_json_text(one, "description", ""), "count",
                                        (json_int_t)n));
    }
    lct_http_answer_json(request, 200, body);
}

void lct_api_post_collection(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    LCT_JSON json_t *body = NULL;
    LCT_JSON json_t *list = NULL;
    LCT_JSON json_t *one = NULL;
    struct lct_fault fault;
    uint64_t number;
    if (lct_http_json(request, &body, &fault) < 0 ||
        lct_collections_check(body, &one, &fault) < 0 ||
        lct_collections_load(api->data, &list, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_random(&number, sizeof number);
    LCT_FREE char *id = lct_format(LCT_GATHERED_ID "%016llx", (unsigned long long)number);
    json_object_set_new(one, "id", json_string(id));
    json_array_append(list, one);
    if (save(api, list, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 201, json_incref(one));
}

void lct_api_get_collection(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    LCT_JSON json_t *list = NULL;
    struct lct_fault fault;
    const char *id = lct_http_value(request, 0);
    int rc = lct_collections_load(api->data, &list, &fault);
    long at = rc == 0 ? lct_collections_find(list, id) : -1;
    if (at < 0) {
        (void)(rc == 0 ? lct_api_no_collection(id, &fault) : rc);
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_api_answer_document(request, json_incref(json_array_get(list, (size_t)at)));
}

/* Replaces one by what the request brings, or by nothing. 0 or a fault; *ret_json is owned. */
static int replace(struct lct_api *api, const struct lct_http_request *request, json_t *one,
                   struct lct_fault *fault) {
    LCT_JSON json_t *list = NULL;
    const char *id = lct_http_value(request, 0);
    char tag[LCT_API_TAG_SIZE];
    int rc = lct_collections_load(api->data, &list, fault);
    long at = rc == 0 ? lct_collections_find(list, id) : -1;
    if (rc == 0 && at < 0) {
        rc = lct_api_no_collection(id, fault);
    }
    if (rc < 0) {
        return rc;
    }
    if (!one) {
        json_array_remove(list, (size_t)at);
        return save(api, list, fault);
    }
    lct_api_tag_of(json_array_get(list, (size_t)at), tag);
    rc = lct_api_may_replace(request, tag, fault);
    if (rc == 0) {
        json_object_set_new(one, "id", json_string(id));
        json_array_set(list, (size_t)at, one);
        rc = save(api, list, fault);
    }
    return rc;
}

void lct_api_put_collection(void *app, struct lct_http_request *request) {
    LCT_JSON json_t *body = NULL;
    LCT_JSON json_t *one = NULL;
    struct lct_fault fault;
    if (lct_http_json(request, &body, &fault) < 0 ||
        lct_collections_check(body, &one, &fault) < 0 || replace(app, request, one, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_api_answer_document(request, json_incref(one));
}

void lct_api_delete_collection(void *app, struct lct_http_request *request) {
    struct lct_fault fault;
    if (replace(app, request, NULL, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_api_end_shares(app, lct_http_value(request, 0));
    lct_http_answer_json(request, 200, json_pack("{s:s}", "id", lct_http_value(request, 0)));
}

/* ---- what who has a link sees of one ---- */

void lct_api_get_collection_items(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    LCT_JSON json_t *list = NULL;
    LCT_JSON json_t *found = NULL;
    struct lct_fault fault;
    int rc = lct_collections_load(api->data, &list, &fault);
    long at = rc == 0 ? lct_collections_find(list, id) : -1;
    if (rc == 0 && at < 0) {
        rc = lct_api_no_collection(id, &fault);
    }
    const json_t *one = rc == 0 ? json_array_get(list, (size_t)at) : NULL;
    const struct lct_catalogue_query query = {.ids = json_object_get(one, "items"),
                                              .sort = LCT_SORT_RELEVANCE,
                                              .after = lct_http_query(request, "after", 0),
                                              .limit = LCT_CATALOGUE_LIMIT_MAX};
    if (rc < 0 || lct_catalogue_search(api->catalogue, &query, &found, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(
        request, 200,
        json_pack("{s:s, s:s, s:s, s:O, s:O, s:O, s:O}", "id", id, "title",
                  lct_json_text(one, "title", ""), "description",
                  lct_json_text(one, "description", ""), "items", json_object_get(found, "items"),
                  "total", json_object_get(found, "total"), "next", json_object_get(found, "next"),
                  "building", json_object_get(found, "building")));
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The links by which a lesson, a microlesson or a collection is shared. Catalogue loop. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/find.h"
#include "control/api/handlers.h"

LCT_LOG_TOPIC("api");

static json_t *share_json(const struct lct_links_link *link, bool collection) {
    char expires[32];
    LCT_FREE char *url = lct_format("/%s/%s?link=%s", collection ? "collections" : "lessons",
                                    link->room, link->token);
    lct_wall_format(link->expires * LCT_SECOND, expires, sizeof expires);
    return json_pack("{s:s, s:s, s:s, s:s}", "id", link->id, "item", link->room, "expires", expires,
                     "url", url);
}

/* What is shared, an item or a collection by its address: 0, or -ENOENT with a fault. */
static int find_shared(const struct lct_api *api, const struct lct_http_request *request,
                       bool *ret_collection, struct lct_fault *fault) {
    static const char collections[] = "/api/v1/collections/";
    const char *id = lct_http_value(request, 0);
    *ret_collection = strncmp(lct_http_path(request), collections, sizeof collections - 1) == 0;
    return *ret_collection ? lct_api_find_collection(api, id, fault)
                           : lct_api_find_item(api, id, fault);
}

void lct_api_get_shares(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    struct lct_fault fault;
    bool collection;
    size_t n;
    if (find_shared(api, request, &collection, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    LCT_FREE struct lct_links_link *links = lct_links_list(api->shares, id, &n);
    json_t *body = json_pack("{s:[]}", "shares");
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(json_object_get(body, "shares"), share_json(&links[i], collection));
    }
    lct_http_answer_json(request, 200, body);
}

void lct_api_post_share(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    LCT_JSON json_t *body = NULL;
    int64_t seconds = LCT_LINKS_SECONDS;
    struct lct_links_link link;
    struct lct_fault fault;
    bool collection;
    if (find_shared(api, request, &collection, &fault) < 0 ||
        lct_http_json(request, &body, &fault) < 0 ||
        lct_json_only(body, (const char *[]){"seconds", NULL}, &fault) < 0 ||
        lct_json_read_int(body, "seconds", 1, LCT_LINKS_SECONDS_MAX, &seconds, &fault) < 0 ||
        lct_links_make(api->shares, id, seconds, &link, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    if (!collection) {
        lct_catalogue_look(api->catalogue, id); /* of what it does not know no link is good */
    }
    lct_http_answer_json(request, 201, share_json(&link, collection));
}

void lct_api_delete_share(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0), *share = lct_http_value(request, 1);
    struct lct_fault fault;
    bool collection;
    if (find_shared(api, request, &collection, &fault) < 0 ||
        lct_links_revoke(api->shares, id, share, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 200, json_pack("{s:s}", "id", share));
}

void lct_api_end_shares(struct lct_api *api, const char *id) {
    struct lct_fault fault;
    size_t n;
    LCT_FREE struct lct_links_link *links = lct_links_list(api->shares, id, &n);
    for (size_t i = 0; i < n; i++) {
        if (lct_links_revoke(api->shares, id, links[i].id, &fault) < 0) {
            lct_warn("a link of what is deleted stays", "item=%s why=%s", id, fault.en);
        }
    }
}

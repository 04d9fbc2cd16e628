// SPDX-License-Identifier: GPL-3.0-or-later
/* The links by which a lesson or microlesson is shared. Catalogue loop. */
#include <stdlib.h>

#include "base/mem.h"
#include "control/api/api.h"

static json_t *share_json(const struct lct_links_link *link) {
    char expires[32];
    LCT_FREE char *url = lct_format("/lessons/%s?link=%s", link->room, link->token);
    lct_wall_format(link->expires * LCT_SECOND, expires, sizeof expires);
    return json_pack("{s:s, s:s, s:s, s:s}", "id", link->id, "item", link->room, "expires", expires,
                     "url", url);
}

void lct_api_get_shares(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    struct lct_fault fault;
    size_t n;
    if (lct_api_find_item(api, id, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    LCT_FREE struct lct_links_link *links = lct_links_list(api->shares, id, &n);
    json_t *body = json_pack("{s:[]}", "shares");
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(json_object_get(body, "shares"), share_json(&links[i]));
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
    if (lct_api_find_item(api, id, &fault) < 0 || lct_http_json(request, &body, &fault) < 0 ||
        lct_json_only(body, (const char *[]){"seconds", NULL}, &fault) < 0 ||
        lct_json_read_int(body, "seconds", 1, LCT_LINKS_SECONDS_MAX, &seconds, &fault) < 0 ||
        lct_links_make(api->shares, id, seconds, &link, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_catalogue_look(api->catalogue, id); /* of what it does not know no link is good */
    lct_http_answer_json(request, 201, share_json(&link));
}

void lct_api_delete_share(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0), *share = lct_http_value(request, 1);
    struct lct_fault fault;
    if (lct_api_find_item(api, id, &fault) < 0 ||
        lct_links_revoke(api->shares, id, share, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 200, json_pack("{s:s}", "id", share));
}

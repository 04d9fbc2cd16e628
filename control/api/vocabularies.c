// SPDX-License-Identifier: GPL-3.0-or-later
/* The terms that are offered. Catalogue loop. */
#include "archive/library/vocabulary.h"
#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/document.h"
#include "control/api/handlers.h"

void lct_api_get_vocabularies(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_fault fault;
    json_t *json;
    if (lct_vocabulary_load(api->data, &json, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_api_answer_document(request, json);
}

void lct_api_put_vocabularies(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    LCT_JSON json_t *body = NULL;
    LCT_JSON json_t *before = NULL;
    LCT_JSON json_t *json = NULL;
    char tag[LCT_API_TAG_SIZE];
    struct lct_fault fault;
    int rc = lct_http_json(request, &body, &fault);
    rc = rc ? rc : lct_vocabulary_check(body, &json, &fault);
    rc = rc ? rc : lct_vocabulary_load(api->data, &before, &fault);
    if (rc == 0) {
        lct_api_tag_of(before, tag);
        rc = lct_api_may_replace(request, tag, &fault);
    }
    rc = rc ? rc : lct_api_saved(lct_vocabulary_save(api->data, json), &fault);
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_api_answer_document(request, json_incref(json));
}

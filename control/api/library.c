// SPDX-License-Identifier: GPL-3.0-or-later
/* The library's list: search, facets, order, parts. Catalogue loop. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/handlers.h"

#define LIMIT_DEFAULT 24
#define TEXT_MAX 200 /* bytes of UTF-8; 8 words count */

static const char *query_of(const struct lct_http_request *request, const char *name) {
    const char *text = lct_http_query(request, name, 0);
    return text && *text ? text : NULL;
}

/* One of several words; *ret_at stays as it was when it is not given. */
static int read_choice(const struct lct_http_request *request, const char *name,
                       const char *const *words, int *ret_at, struct lct_fault *fault) {
    const char *text = query_of(request, name);
    LCT_FREE char *known = lct_strdup("");
    for (int i = 0; words[i]; i++) {
        if (text && strcmp(text, words[i]) == 0) {
            *ret_at = i;
            return 0;
        }
        char *longer = lct_format("%s%s%s", known, i ? ", " : "", words[i]);
        free(known);
        known = longer;
    }
    return !text ? 0
                 : lct_fault_set(fault, -EINVAL, "api", "\"%s\" must be one of: %s.",
                                 "“%s”必须是其中之一：%s。", name, known);
}

static int read_limit(const struct lct_http_request *request, size_t *ret_limit,
                      struct lct_fault *fault) {
    const char *text = query_of(request, "limit");
    char *end = NULL;
    long n = text && isdigit((unsigned char)*text) ? strtol(text, &end, 10) : 0;
    if (text && (n < 1 || n > LCT_CATALOGUE_LIMIT_MAX || *end)) {
        return lct_fault_set(fault, -EINVAL, "api", "\"limit\" must be a number from 1 to %d.",
                             "“limit”必须是 1 到 %d 的整数。", LCT_CATALOGUE_LIMIT_MAX);
    }
    *ret_limit = text ? (size_t)n : LIMIT_DEFAULT;
    return 0;
}

static int read_query(const struct lct_http_request *request, struct lct_catalogue_query *query,
                      struct lct_fault *fault) {
    static const char *const kinds[] = {"lesson", "clip", NULL};
    static const char *const states[] = {"draft", "published", NULL};
    static const char *const flags[] = {"0", "1", NULL};
    static const char *const sorts[] = {
        [LCT_SORT_RELEVANCE] = "relevance", [LCT_SORT_NEWEST] = "newest",
        [LCT_SORT_OLDEST] = "oldest",       [LCT_SORT_TITLE] = "title",
        [LCT_SORT_LONGEST] = "longest",     NULL};
    int kind = -1, state = -1, trash = 0, sort = LCT_SORT_RELEVANCE, rc;
    *query = (struct lct_catalogue_query){.text = query_of(request, "q"),
                                          .after = query_of(request, "after")};
    if ((rc = read_choice(request, "kind", kinds, &kind, fault)) < 0 ||
        (rc = read_choice(request, "state", states, &state, fault)) < 0 ||
        (rc = read_choice(request, "trash", flags, &trash, fault)) < 0 ||
        (rc = read_choice(request, "sort", sorts, &sort, fault)) < 0 ||
        (rc = read_limit(request, &query->limit, fault)) < 0) {
        return rc;
    }
    if (query->text && strlen(query->text) > TEXT_MAX) {
        return lct_fault_set(fault, -EINVAL, "api", "\"q\" is longer than %d bytes.",
                             "“q”超过 %d 字节。", TEXT_MAX);
    }
    query->kind = kind < 0 ? NULL : kinds[kind];
    query->state = state < 0 ? NULL : states[state];
    query->trash = trash == 1;
    query->sort = (enum lct_catalogue_sort)sort;
    for (int f = 0; f < LCT_FACETS; f++) {
        query->terms[f] = query_of(request, lct_facet_word((enum lct_facet)f));
    }
    return 0;
}

void lct_api_get_library(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_catalogue_query query;
    struct lct_fault fault;
    const char *collection = query_of(request, "collection");
    LCT_JSON json_t *ids = NULL;
    json_t *found;
    int rc = read_query(request, &query, &fault);
    rc = rc || !collection ? rc : lct_api_collection_items(api, collection, &ids, &fault);
    query.ids = ids;
    if (rc < 0 || lct_catalogue_search(api->catalogue, &query, &found, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    json_object_set_new(found, "trash_days", json_integer(api->trash_days));
    lct_http_answer_json(request, 200, found);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* What lies in the trash longer than the time stated is deleted for ever. Catalogue loop. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "control/api/api.h"

LCT_LOG_TOPIC("trash");

#define DAY (INT64_C(86400) * LCT_SECOND)

/* A part of what lies there; its "next", owned; NULL: that was all. */
static char *empty_part(struct lct_api *api, const char *since, const char *after) {
    const struct lct_catalogue_query query = {
        .trash = true, .sort = LCT_SORT_OLDEST, .after = after, .limit = LCT_CATALOGUE_LIMIT_MAX};
    LCT_JSON json_t *found = NULL;
    struct lct_fault fault;
    size_t i;
    json_t *item;
    if (lct_catalogue_search(api->catalogue, &query, &found, &fault) < 0) {
        return NULL; /* said by the catalogue; the next time comes */
    }
    json_array_foreach(json_object_get(found, "items"), i, item) {
        const char *id = lct_json_text(item, "id", "");
        if (strcmp(lct_json_text(item, "trashed", since), since) < 0 &&
            lct_api_delete_for_ever(api, id, &fault) < 0) {
            lct_debug("stays", "item=%s why=%s", id, fault.en); /* a clip uses it */
        }
    }
    return lct_strdup(json_string_value(json_object_get(found, "next")));
}

void lct_api_empty_trash(struct lct_api *api) {
    char since[32];
    if (api->trash_days == 0 || !lct_calm_lets_go(api->calm, api->trash_days * DAY)) {
        return;
    }
    lct_wall_format(lct_wall() - api->trash_days * DAY, since, sizeof since);
    char *after = NULL;
    do { /* clips first or lessons first: what one still holds goes the next time */
        char *next = empty_part(api, since, after);
        free(after);
        after = next;
    } while (after);
}

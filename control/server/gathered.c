// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/gathered.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/item.h"
#include "base/mem.h"

struct lct_gathered {
    pthread_mutex_t lock;
    json_t *collections; /* guarded by lock: by id its items, as keys in order */
};

struct lct_gathered *lct_gathered_create(void) {
    struct lct_gathered *gathered = lct_new(sizeof *gathered);
    pthread_mutex_init(&gathered->lock, NULL);
    gathered->collections = json_object();
    return gathered;
}

void lct_gathered_destroy(struct lct_gathered *gathered) {
    if (gathered) {
        json_decref(gathered->collections);
        pthread_mutex_destroy(&gathered->lock);
        free(gathered);
    }
}

void lct_gathered_set(struct lct_gathered *gathered, const json_t *list) {
    json_t *collections = json_object(), *one, *item;
    size_t i, k;
    json_array_foreach(list, i, one) {
        json_t *items = json_object();
        json_array_foreach(json_object_get(one, "items"), k, item) {
            json_object_set_new(items, json_string_value(item), json_true());
        }
        json_object_set_new(collections, lct_json_text(one, "id", ""), items);
    }
    pthread_mutex_lock(&gathered->lock);
    json_t *before = gathered->collections;
    gathered->collections = collections;
    pthread_mutex_unlock(&gathered->lock);
    json_decref(before);
}

bool lct_gathered_is(struct lct_gathered *gathered, const char *collection) {
    pthread_mutex_lock(&gathered->lock);
    bool is = json_object_get(gathered->collections, collection) != NULL;
    pthread_mutex_unlock(&gathered->lock);
    return is;
}

bool lct_gathered_has(struct lct_gathered *gathered, const char *collection, const char *item) {
    pthread_mutex_lock(&gathered->lock);
    bool has = json_object_get(json_object_get(gathered->collections, collection), item) != NULL;
    pthread_mutex_unlock(&gathered->lock);
    return has;
}

bool lct_gathered_next_clip(struct lct_gathered *gathered, const char *collection,
                            char clip[LCT_LESSON_ID_SIZE]) {
    pthread_mutex_lock(&gathered->lock);
    json_t *items = json_object_get(gathered->collections, collection);
    void *at = !*clip ? json_object_iter(items)
                      : json_object_iter_next(items, json_object_iter_at(items, clip));
    while (at && !lct_item_is_clip(json_object_iter_key(at))) {
        at = json_object_iter_next(items, at);
    }
    if (at) {
        (void)snprintf(clip, LCT_LESSON_ID_SIZE, "%s", json_object_iter_key(at));
    }
    pthread_mutex_unlock(&gathered->lock);
    return at != NULL;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** The library's parts: what it holds in memory (catalogue_entries.c), how it keeps up with the
 * folders (catalogue.c), and search (catalogue_search.c). */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "archive/db/db.h"
#include "archive/library/catalogue.h"
#include "archive/library/item.h"
#include "archive/library/title_key.h"
#include "base/time.h"

/** Bytes of a title that count when it is compared with what is asked for. */
#define LCT_ENTRY_TITLE_SIZE 97

/** Numbers of items are below this, of which each takes some 250 bytes of memory. They are given
 * but once; an index that has come so far is made anew. */
#define LCT_ENTRIES_MAX (1 << 20)

/** The rowid of what can be searched of an item, of one kind. */
#define LCT_ROWS_AN_ITEM 8

/** What memory knows of an item. */
struct lct_entry {
    char *id;        /**< NULL: there is none of this number */
    char *title;     /**< folded, cut off */
    char *key;       /**< its place among titles (title_key.h) */
    uint64_t as_of;  /**< of its files; 0: to be read anew */
    int64_t created; /**< digits of its time: 20260301080000123 */
    lct_ns duration;
    uint32_t terms[LCT_FACETS]; /**< of TEACHER the first of them */
    uint32_t *teachers;         /**< the others */
    uint8_t n_teachers;
    bool clip, published, trashed;
    bool seen; /**< its folder was, in this round */
};

struct lct_catalogue {
    /* fixed after create */
    char *data, *path;
    struct lct_loop *loop;
    bool (*is_recording)(void *, const char *);
    void (*was_read)(void *, const char *);
    void *arg;
    /* loop */
    struct lct_title_keys *keys;
    struct lct_db *db; /**< NULL: it cannot be opened */
    struct lct_timer *timer;
    struct lct_entry *entries; /**< by number, from 1 on */
    size_t n, room;            /**< numbers given so far, and 1; places */
    json_t *numbers;           /**< of items by id */
    json_t *term_numbers;      /**< of terms by text; 0: "" */
    const char **terms;        /**< by number; they lie in term_numbers */
    size_t n_terms, terms_room;
    json_t *names; /**< of the folders of this round; NULL: it is over */
    size_t at;
    lct_ns round_began;
    lct_ns made_anew; /**< when it was last; 0: never */
    bool ended;
    /* guarded by lock */
    pthread_mutex_t lock;
    size_t count;
    bool building;
    struct lct_fault fault; /**< code 0: none */
    json_t *open;           /**< ids of what is there and not in the trash, as keys */
    json_t *uses;           /**< by clip its lessons, as keys */
};

/** Empties the memory. */
void lct_entries_clear(struct lct_catalogue *c);

/** The entry of an id, or NULL. */
struct lct_entry *lct_entries_find(struct lct_catalogue *c, const char *id);

/** Puts an item there, or in place of what is there. */
void lct_entries_put(struct lct_catalogue *c, int64_t num, uint64_t as_of, const json_t *summary);

/** Takes it out. */
void lct_entries_drop(struct lct_catalogue *c, int64_t num);

/** The number of a term, 0 when no item has it. */
uint32_t lct_entries_term(const struct lct_catalogue *c, const char *text);

/** -ENOTCONN, with a fault. */
int lct_catalogue_not_open(struct lct_fault *fault);

/** The database gave this: a fault for who asked, and when it is damaged it is made anew. */
int lct_catalogue_failed(struct lct_catalogue *c, int rc, struct lct_fault *fault);

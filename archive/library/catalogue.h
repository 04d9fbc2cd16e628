// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The library: an index in DATA/library.db over all items (archive/library/item.h), kept up with
 * their folders, and search in it. Nothing stands in it alone. It looks through all folders when it
 * begins and from then on again and again, so that whatever changes files is seen; who changes some
 * says so besides (lct_catalogue_look). A database that is missing, damaged or newer is made anew
 * from the folders while the server goes on; that is logged and said in health.
 *
 * What lists filter and sort by is kept in memory too, some 250 bytes an item, so that all facets
 * are counted in one go. One loop, but for what says "any thread".
 *
 *     catalogue = lct_catalogue_create(&settings);             // looks from now on
 *     lct_catalogue_look(catalogue, id);                       // its files have changed
 *     struct lct_catalogue_query query = {.text = "折射", .limit = 24};
 *     rc = lct_catalogue_search(catalogue, &query, &json, &fault);
 *     lct_catalogue_end(catalogue);  …  lct_catalogue_destroy(catalogue);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/loop.h"

struct lct_catalogue;

/** All folders are looked through so long after the last time, or after LCT_CATALOGUE_SHARE times
 * as long as that took. */
#define LCT_CATALOGUE_PAUSE (2 * LCT_SECOND)
#define LCT_CATALOGUE_SHARE 100

/** Words of a query that count, items of a part of a list, hits and bytes of one that are shown,
 *  terms of a facet. */
#define LCT_CATALOGUE_WORDS_MAX 8
#define LCT_CATALOGUE_LIMIT_MAX 100
#define LCT_CATALOGUE_HITS_MAX 5
#define LCT_CATALOGUE_HIT_BYTES 240
#define LCT_CATALOGUE_TERMS_MAX 200

/** Texts are copied. */
struct lct_catalogue_settings {
    const char *data;
    struct lct_loop *loop;
    /** True while a recorder is at work on the lesson. */
    bool (*is_recording)(void *arg, const char *lesson);
    /** An item was read: it is new, its files have changed, or its recording ended. In the loop,
     *  from within: it may call nothing here. */
    void (*was_read)(void *arg, const char *id);
    void *arg;
};

enum lct_facet {
    LCT_FACET_STAGE,
    LCT_FACET_SUBJECT,
    LCT_FACET_GRADE,
    LCT_FACET_EDITION,
    LCT_FACET_VOLUME,
    LCT_FACET_TYPE,
    LCT_FACET_SCHOOL,
    LCT_FACET_TEACHER,
    LCT_FACETS
};

/** The word of a facet in the API: "stage" … */
const char *lct_facet_word(enum lct_facet facet);

enum lct_catalogue_sort {
    LCT_SORT_RELEVANCE, /**< without a text: as ids stand, else the newest first */
    LCT_SORT_NEWEST,
    LCT_SORT_OLDEST,
    LCT_SORT_TITLE, /**< as people expect (title_key.h) */
    LCT_SORT_LONGEST,
};

/** What is asked for; NULL: whatever. Borrowed. */
struct lct_catalogue_query {
    const char *text;
    const char *kind;  /**< "lesson", "clip" */
    const char *state; /**< "draft", "published" */
    const char *terms[LCT_FACETS];
    const json_t *ids; /**< only these, which have an order */
    bool trash;        /**< what lies in the trash, and nothing else */
    enum lct_catalogue_sort sort;
    const char *after; /**< the "next" of the part before */
    size_t limit;      /**< 1 to LCT_CATALOGUE_LIMIT_MAX */
};

/** Begins in the loop: opens the index and looks through the folders. Returns owned. */
struct lct_catalogue *
lct_catalogue_create(const struct lct_catalogue_settings *settings) LCT_MUST_USE;

/** Ends all of it; in the loop, after the last call of the others. */
void lct_catalogue_end(struct lct_catalogue *catalogue);

/** Frees, after the loop is gone; NULL is allowed. */
void lct_catalogue_destroy(struct lct_catalogue *catalogue);

/** Brings the index up to what the folder of an item, of whatever id, holds now (also when it is
 *  gone), and with a lesson the clips that use it. What fails is tried again by itself. */
void lct_catalogue_look(struct lct_catalogue *catalogue, const char *id);

/** The item after *at, which begins as 0 and goes on, as the index has it; NULL: there is none yet.
 *  Borrowed until the catalogue is called again. */
const char *lct_catalogue_next(const struct lct_catalogue *catalogue, size_t *at);

/**
 * Searches: {"items":[…],"facets":{…},"total":…,"next":…,"building":…} as docs/api.yaml says. A
 * facet counts what would be found if nothing were chosen in it. 0; -EINVAL: "after" is no list's
 * "next"; -EBADMSG: the index was found damaged and is being made anew; or another -errno of the
 * disk; with a fault. *ret_json is owned.
 */
int lct_catalogue_search(struct lct_catalogue *catalogue, const struct lct_catalogue_query *query,
                         json_t **ret_json, struct lct_fault *fault) LCT_MUST_USE;

/** The clips that use a lesson: [{"id","title","trashed"}]. 0, or as lct_catalogue_search;
 * *ret_json is owned. */
int lct_catalogue_users(struct lct_catalogue *catalogue, const char *lesson, json_t **ret_json,
                        struct lct_fault *fault) LCT_MUST_USE;

/** True when a shared link of the item opens it: it is known not to lie in the trash. Of what
 * nobody has looked at yet (lct_catalogue_is_building) that is not known. Any thread. */
bool lct_catalogue_is_open(struct lct_catalogue *catalogue, const char *id);

/** True when the lesson is one that the clip is made of. Any thread. */
bool lct_catalogue_uses(struct lct_catalogue *catalogue, const char *clip, const char *lesson);

/** True while folders are looked through for the first time since the start: which clip uses which
 *  lesson is not all known then. Any thread. */
bool lct_catalogue_is_building(struct lct_catalogue *catalogue);

/**
 * How it is: {"items":…,"building":…,"fault":…?}; building while folders are looked through for the
 * first time, the fault why the index cannot be used, or was made anew at this start. Any thread.
 * Returns owned.
 */
json_t *lct_catalogue_health(struct lct_catalogue *catalogue) LCT_MUST_USE;

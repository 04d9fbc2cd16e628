// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Which items the collections hold, in memory: a collection's link opens what is in it, and the
 * HTTP thread that asks whether it does may not read the disk. Any thread.
 *
 *     struct lct_gathered *gathered = lct_gathered_create();
 *     lct_gathered_set(gathered, list);            // as it was loaded, and at every change
 *     if (lct_gathered_has(gathered, "collection-0123456789abcdef", lesson)) …
 */
#pragma once

#include <stdbool.h>

#include "archive/lesson/lesson.h"
#include "base/attr.h"
#include "base/json.h"

/** With this every collection's id begins, and none of an item. */
#define LCT_GATHERED_ID "collection-"

struct lct_gathered;

/** Knows of no collection. Returns owned. */
struct lct_gathered *lct_gathered_create(void) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_gathered_destroy(struct lct_gathered *gathered);

/** From now on there are these collections (archive/library/collections.h), and no others. */
void lct_gathered_set(struct lct_gathered *gathered, const json_t *list);

/** True while there is that collection. */
bool lct_gathered_is(struct lct_gathered *gathered, const char *collection);

/** True when the item is in it. */
bool lct_gathered_has(struct lct_gathered *gathered, const char *collection, const char *item);

/** The microlesson in it that comes after clip (""): true, and clip is that one. */
bool lct_gathered_next_clip(struct lct_gathered *gathered, const char *collection,
                            char clip[LCT_LESSON_ID_SIZE]);

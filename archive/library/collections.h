// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Collections: lists of lessons and microlessons that somebody put together, in the order he gave
 * them. DATA/collections.json is all there is of them; an item that is gone stays named there and
 * is not shown. One thread a data folder.
 *
 *     rc = lct_collections_load("/data", &list, &fault);      //
 * [{"id","title","description","items"}] rc = lct_collections_check(body, &one, &fault);         //
 * without its id at = lct_collections_find(list, id); rc = lct_collections_save("/data", list,
 * &fault);
 */
#pragma once

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"

/** Collections, and items of one. */
#define LCT_COLLECTIONS_MAX 1000
#define LCT_COLLECTION_ITEMS_MAX 5000

/** Bytes of the file. */
#define LCT_COLLECTIONS_BYTES_MAX (16U << 20)

/** Checks what a person wrote ("title", which must be there, "description", "items") and makes it
 *  plain. 0, or -EINVAL with a fault; *ret_json is owned. */
int lct_collections_check(const json_t *json, json_t **ret_json,
                          struct lct_fault *fault) LCT_MUST_USE;

/** Those of a data folder. 0; -EBADMSG: the file is damaged; or -errno; with a fault. *ret_list is
 *  owned. */
int lct_collections_load(const char *data, json_t **ret_list, struct lct_fault *fault) LCT_MUST_USE;

/** The place of one in the list, or -1. */
long lct_collections_find(const json_t *list, const char *id);

/** Keeps them, durably. 0; -EUSERS: there are too many; -EFBIG: it is too much; or -errno; with a
 *  fault. */
int lct_collections_save(const char *data, const json_t *list,
                         struct lct_fault *fault) LCT_MUST_USE;

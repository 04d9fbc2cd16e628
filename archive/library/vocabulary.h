// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The terms that are offered when somebody says what a lesson is: by field (stage, subject, grade,
 * edition, volume, chapter, points, type) a list of {"term", "en"}, the term as it is kept and its
 * English label. DATA/vocabularies.json has them once somebody changed them; before, Chinese
 * schools' usual ones are built in. One thread a data folder.
 *
 *     rc = lct_vocabulary_load("/data", &json, &fault);       // {"version":1,"stage":[…],…}
 *     rc = lct_vocabulary_check(body, &json, &fault);
 *     rc = lct_vocabulary_save("/data", json);
 */
#pragma once

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"

/** Terms of a field at most, and bytes of the file. */
#define LCT_VOCABULARY_TERMS_MAX 500
#define LCT_VOCABULARY_BYTES_MAX (1U << 20)

/** Checks what a person wrote and makes it plain; a field that is missing has no terms. 0, or
 * -EINVAL with a fault that names the field; *ret_json is owned. */
int lct_vocabulary_check(const json_t *json, json_t **ret_json,
                         struct lct_fault *fault) LCT_MUST_USE;

/** Those of a data folder. 0; -EBADMSG: the file is damaged; or -errno; with a fault. *ret_json is
 *  owned. */
int lct_vocabulary_load(const char *data, json_t **ret_json, struct lct_fault *fault) LCT_MUST_USE;

/** Keeps them, durably. 0 or -errno. */
int lct_vocabulary_save(const char *data, const json_t *json) LCT_MUST_USE;

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What people say of a lesson or a microlesson: metadata.json in its folder. A document is a JSON
 * object with only the members below, each as it may be, those that are empty left out:
 *
 *     version 1, title, description, school, teachers (a list),     texts
 *     stage, subject, grade, edition, volume, chapter, type,        terms of the vocabularies
 *     points,                                                       a list of such terms
 *     state "draft" or "published", trashed RFC 3339,
 *     created, changed RFC 3339, cover {lesson?, track, time_ns}
 *
 * A term need not stand in the vocabularies: they offer, they do not refuse. One thread a folder.
 *
 *     rc = lct_metadata_load(folder, &json, &fault);      // {} where there is none
 *     rc = lct_metadata_check(body, &json, &fault);       // what a person sent
 *     rc = lct_metadata_save(&lct_io_system, folder, json);
 */
#pragma once

#include "base/attr.h"
#include "base/fault.h"
#include "base/io.h"
#include "base/json.h"

/** Bytes of a document at most. */
#define LCT_METADATA_BYTES_MAX (64U << 10)

/** Characters: of a title, of a description, of a term, a name or a point. */
#define LCT_METADATA_TITLE_MAX 200
#define LCT_METADATA_DESCRIPTION_MAX 5000
#define LCT_METADATA_TERM_MAX 60

/** Teachers and points at most. */
#define LCT_METADATA_TEACHERS_MAX 20
#define LCT_METADATA_POINTS_MAX 50

/** Checks what a person wrote and makes it plain. 0, or -EINVAL with a fault that names the field;
 *  *ret_json is owned. */
int lct_metadata_check(const json_t *json, json_t **ret_json, struct lct_fault *fault) LCT_MUST_USE;

/** Reads a folder's; without a file {}. 0; -EBADMSG: it is damaged; or -errno; with a fault.
 *  *ret_json is owned. */
int lct_metadata_load(const char *folder, json_t **ret_json, struct lct_fault *fault) LCT_MUST_USE;

/** Writes it so that a crash leaves the old or the new one; durable when it returns. 0 or -errno.
 */
int lct_metadata_save(const struct lct_io *io, const char *folder, const json_t *json) LCT_MUST_USE;

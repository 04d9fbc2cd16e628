// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * JSON by jansson. This is the one header that shows a foreign library's types: a JSON value is
 * jansson's json_t, built with json_pack("{s:s, s:I}", …) and read with the getters below. A value
 * that nobody shares belongs to one thread at a time.
 *
 *     LCT_JSON json_t *body = NULL;                              // freed at the end of the scope
 *     if (lct_json_parse(bytes, n, &body, &fault) < 0) …          // -EINVAL, says where
 *     if (lct_json_read_text(body, "title", 0, 200, &title, &fault) < 0) …   // borrows
 *     char *text = lct_json_dump(body, &length);                  // returns owned
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"

/** For LCT_CLEANUP: gives the variable's reference back. */
void lct_json_cleanup(json_t **json);

/** Declares that a local json_t pointer is given back when it leaves its scope. */
#define LCT_JSON LCT_CLEANUP(lct_json_cleanup)

/** Deepest nesting lct_json_parse accepts. */
#define LCT_JSON_DEPTH_MAX 32

/**
 * Parses n bytes of UTF-8: one object or array, without repeated keys, of a depth up to
 * LCT_JSON_DEPTH_MAX. 0, or -EINVAL with a fault that says line and column. *ret_json is owned.
 */
int lct_json_parse(const void *bytes, size_t n, json_t **ret_json,
                   struct lct_fault *fault) LCT_MUST_USE;

/** Parses the file at path, at most limit bytes. 0, -errno, -EFBIG or -EINVAL; *ret_json is owned.
 */
int lct_json_load(const char *path, size_t limit, json_t **ret_json,
                  struct lct_fault *fault) LCT_MUST_USE;

/** The value as compact text, its length in *ret_n (may be NULL). Returns owned (free). */
char *lct_json_dump(const json_t *json, size_t *ret_n) LCT_MUST_USE;

/** The member as text, or fallback when it is missing or no text. Borrows. */
const char *lct_json_text(const json_t *object, const char *key, const char *fallback);

/** The member as a whole number, or fallback when it is missing or no number. */
int64_t lct_json_int(const json_t *object, const char *key, int64_t fallback);

/** The member as a number, or fallback when it is missing or no number. */
double lct_json_real(const json_t *object, const char *key, double fallback);

/** The member as true or false, or fallback when it is missing or neither. */
bool lct_json_flag(const json_t *object, const char *key, bool fallback);

/**
 * Reads a text member of least to most characters without control characters. A missing member is
 * "" and right when least is 0. 0, or -EINVAL with a fault that names the field. Borrows.
 */
int lct_json_read_text(const json_t *object, const char *key, size_t least, size_t most,
                       const char **ret_text, struct lct_fault *fault) LCT_MUST_USE;

/**
 * Reads a whole-number member from least to most; a missing one leaves *ret_value as it was. 0, or
 * -EINVAL with a fault that names the field and the range.
 */
int lct_json_read_int(const json_t *object, const char *key, int64_t least, int64_t most,
                      int64_t *ret_value, struct lct_fault *fault) LCT_MUST_USE;

/** Reads a member that must be there, true or false. 0, or -EINVAL with a fault that names the
 * field.
 */
int lct_json_read_flag(const json_t *object, const char *key, bool *ret_value,
                       struct lct_fault *fault) LCT_MUST_USE;

/** Refuses members that are not in the list (ended by NULL): -EINVAL with a fault that names one.
 */
int lct_json_only(const json_t *object, const char *const *keys,
                  struct lct_fault *fault) LCT_MUST_USE;

/** The word by which programs know an error: "busy" for -EBUSY …, "failed" for what has no word. */
const char *lct_error_word(int code);

/** The error of a word, -EIO for one that is unknown. */
int lct_error_code(const char *word);

/** A fault as {"code":"busy","en":…,"zh":…}. Returns owned. */
json_t *lct_json_of_fault(const struct lct_fault *fault) LCT_MUST_USE;

/** Fills fault from such an object, whatever is missing in it; returns its code (never 0). */
int lct_json_to_fault(const json_t *object, const char *domain, struct lct_fault *ret_fault);

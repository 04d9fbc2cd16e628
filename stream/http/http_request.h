// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A request in the hands of its handler: what was asked, and the answers that can be given; longer
 * ones are in http_source.h and http_events.h. It is answered once, then or later, from any thread.
 *
 *     const char *room = lct_http_value(request, 0);
 *     lct_http_answer_json(request, 200, json_pack("{s:s}", "room", room));
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"

struct lct_http_request;

enum lct_http_method {
    LCT_HTTP_GET,
    LCT_HTTP_POST,
    LCT_HTTP_PUT,
    LCT_HTTP_DELETE,
    LCT_HTTP_PATCH,
    LCT_HTTP_OPTIONS,
};

enum lct_http_header {
    LCT_HTTP_HOST,
    LCT_HTTP_AUTHORIZATION,
    LCT_HTTP_COOKIE,
    LCT_HTTP_RANGE,
    LCT_HTTP_CONTENT_RANGE,
    LCT_HTTP_IF_NONE_MATCH,
    LCT_HTTP_IF_RANGE,
    LCT_HTTP_IF_MATCH,
    LCT_HTTP_ORIGIN,
    LCT_HTTP_ACCEPT,
    LCT_HTTP_ACCEPT_LANGUAGE,
    LCT_HTTP_CONTENT_TYPE,
    LCT_HTTP_CONTENT_LENGTH,
    LCT_HTTP_TRANSFER_ENCODING,
    LCT_HTTP_HEADERS
};

/* What was asked. Borrowed from the request; any thread, until it is answered. */

/** The method; HEAD counts as GET (its answer's body is not sent). */
enum lct_http_method lct_http_method(const struct lct_http_request *request);

/** The decoded path. */
const char *lct_http_path(const struct lct_http_request *request);

/** The index-th value in braces of the route's pattern. */
const char *lct_http_value(const struct lct_http_request *request, size_t index);

/** The index-th query value of that name, decoded, strict UTF-8; NULL behind the last. */
const char *lct_http_query(const struct lct_http_request *request, const char *name, size_t index);

/** A header's value, or NULL. */
const char *lct_http_header(const struct lct_http_request *request, enum lct_http_header header);

/** The body, a zero behind it. */
const char *lct_http_body(const struct lct_http_request *request, size_t *ret_n);

/** The client's address as text, as a proxy says that is believed. */
const char *lct_http_client(const struct lct_http_request *request);

/** True when the client asks over HTTPS, here or at a proxy that is believed. */
bool lct_http_is_secure(const struct lct_http_request *request);

/** True when the connection has ended: the answer will go nowhere. */
bool lct_http_gone(const struct lct_http_request *request);

/**
 * Reads the body as a JSON object; an empty body is {}. 0, or -EINVAL with a fault. *ret_json is
 * owned.
 */
int lct_http_json(const struct lct_http_request *request, json_t **ret_json,
                  struct lct_fault *fault) LCT_MUST_USE;

/** Any site may show the answer to come in a frame: it must have no power worth stealing. */
void lct_http_let_frame(struct lct_http_request *request);

/* Answers. Each takes the request. Any thread. */

/** Adds a header to the answer to come (name and value are copied; the value is ours, never
 * theirs). */
void lct_http_add_header(struct lct_http_request *request, const char *name, const char *value);

/** What the answer to come says to caches (Cache-Control; static), unless it is a fault. Without it
 * "no-store", and for a source "private, no-cache". */
void lct_http_set_cache(struct lct_http_request *request, const char *cache);

/** Answers with n bytes (copied) of a type ("text/plain; charset=utf-8"). */
void lct_http_answer(struct lct_http_request *request, int status, const char *type,
                     const void *bytes, size_t n);

/** Answers with JSON; takes the value. */
void lct_http_answer_json(struct lct_http_request *request, int status, json_t *value);

/** Answers with {"fault":{"code":…,"en":…,"zh":…}}. */
void lct_http_answer_fault(struct lct_http_request *request, int status,
                           const struct lct_fault *fault);

/** Redirects (303) to a path of ours. */
void lct_http_answer_redirect(struct lct_http_request *request, const char *path);

/** Bytes that stay where they are as long as the server: a page's file. */
struct lct_http_file {
    const char *type;
    const void *bytes;
    size_t n;
    const char *tag;   /**< ETag, quotes included */
    const char *cache; /**< Cache-Control */
};

/** Answers with a file (shares its bytes), or 304. */
void lct_http_answer_file(struct lct_http_request *request, const struct lct_http_file *file);

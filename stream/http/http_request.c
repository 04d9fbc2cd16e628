// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/http/http_request_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* What every answer says to browsers: nothing from elsewhere, nothing inline. frame-ancestors says
 * who may frame it (X-Frame-Options has no word for "anybody", and browsers need it no more). */
#define SECURITY                                                                                   \
    "Content-Security-Policy: default-src 'self'; img-src 'self' data: blob:; media-src 'self' "   \
    "blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "     \
    "frame-ancestors %s\r\n"                                                                       \
    "X-Content-Type-Options: nosniff\r\n"                                                          \
    "Referrer-Policy: no-referrer\r\n"                                                             \
    "Cross-Origin-Resource-Policy: same-origin\r\n"

enum lct_http_method lct_http_method(const struct lct_http_request *request) {
    return request->method;
}

const char *lct_http_path(const struct lct_http_request *request) { return request->path; }

const char *lct_http_value(const struct lct_http_request *request, size_t index) {
    return index < LCT_HTTP_VALUES_MAX ? request->values[index] : NULL;
}

const char *lct_http_query(const struct lct_http_request *request, const char *name, size_t index) {
    size_t n = strlen(name);
    for (size_t i = 0; i < request->n_query; i++) {
        const char *pair = request->query[i];
        if (strncmp(pair, name, n) == 0 && (pair[n] == '=' || !pair[n]) && index-- == 0) {
            return pair[n] ? pair + n + 1 : pair + n;
        }
    }
    return NULL;
}

const char *lct_http_header(const struct lct_http_request *request, enum lct_http_header header) {
    return request->headers[header];
}

const char *lct_http_body(const struct lct_http_request *request, size_t *ret_n) {
    if (ret_n) {
        *ret_n = request->text_n;
    }
    return request->text ? request->text : "";
}

const char *lct_http_client(const struct lct_http_request *request) { return request->client; }

bool lct_http_is_secure(const struct lct_http_request *request) { return request->secure; }

bool lct_http_gone(const struct lct_http_request *request) { return atomic_load(&request->gone); }

int lct_http_json(const struct lct_http_request *request, json_t **ret_json,
                  struct lct_fault *fault) {
    const char *type = request->headers[LCT_HTTP_CONTENT_TYPE];
    if (request->text_n == 0) {
        *ret_json = json_object();
        return 0;
    }
    if (!type || strncmp(type, "application/json", 16) != 0) {
        return lct_fault_set(fault, -EINVAL, "api",
                             "A body must be JSON, with Content-Type: application/json.",
                             "请求体必须是 JSON，且 Content-Type 为 application/json。");
    }
    json_t *json = NULL;
    int rc = lct_json_parse(request->text, request->text_n, &json, fault);
    if (rc == 0 && !json_is_object(json)) {
        json_decref(json);
        rc = lct_fault_set(fault, -EINVAL, "api", "The body must be an object {…}.",
                           "请求体必须是对象 {…}。");
    }
    if (rc == 0) {
        *ret_json = json;
    }
    return rc;
}

void lct_http_request_free(struct lct_http_request *request) {
    if (!request) {
        return;
    }
    for (size_t i = 0; i < request->n_query; i++) {
        free(request->query[i]);
    }
    for (size_t i = 0; i < LCT_HTTP_HEADERS; i++) {
        free(request->headers[i]);
    }
    if (request->body) {
        request->body->kind->free(request->body);
    }
    free(request->path);
    free(request->text);
    free(request);
}

/* A body that lies in memory. */

struct memory {
    struct lct_http_body body;
    struct lct_http_piece left;
    void *owned;
};

static enum lct_http_look look(struct lct_http_body *body, struct lct_http_piece *ret_piece) {
    const struct memory *memory = (struct memory *)body;
    *ret_piece = memory->left;
    return memory->left.n > 0 ? LCT_HTTP_PIECE : LCT_HTTP_END;
}

static void took(struct lct_http_body *body, size_t n) {
    struct memory *memory = (struct memory *)body;
    memory->left.bytes = (const char *)memory->left.bytes + n;
    memory->left.n -= n;
}

static void free_memory(struct lct_http_body *body) {
    struct memory *memory = (struct memory *)body;
    free(memory->owned);
    free(memory);
}

/* Answers. */

void lct_http_add_header(struct lct_http_request *request, const char *name, const char *value) {
    size_t at = strlen(request->extra);
    size_t need = strlen(name) + strlen(value) + 4;
    if (strpbrk(value, "\r\n") || at + need >= sizeof request->extra) {
        return; /* a header that cannot be said is left out rather than made to split the answer */
    }
    (void)snprintf(request->extra + at, sizeof request->extra - at, "%s: %s\r\n", name, value);
}

void lct_http_set_cache(struct lct_http_request *request, const char *cache) {
    request->cache = cache;
}

void lct_http_answer_body(struct lct_http_request *request, int status, const char *type,
                          struct lct_http_body *body, uint64_t length) {
    request->status = status;
    request->type = type;
    request->body = body;
    request->length = length;
    lct_http_mail_post(request->mail, request->answered, request);
}

/* Takes owned, in which the bytes lie; NULL: they stay where they are. */
static void answer_bytes(struct lct_http_request *request, int status, const char *type,
                         const void *bytes, size_t n, void *owned) {
    static const struct lct_http_body_kind kind = {.look = look, .took = took, .free = free_memory};
    struct memory *memory = lct_new(sizeof *memory);
    *memory = (struct memory){{&kind}, {.bytes = bytes, .n = n}, owned};
    lct_http_answer_body(request, status, type, &memory->body, n);
}

void lct_http_answer(struct lct_http_request *request, int status, const char *type,
                     const void *bytes, size_t n) {
    void *copy = lct_new(n);
    memcpy(copy, bytes, n);
    answer_bytes(request, status, type, copy, n, copy);
}

void lct_http_answer_json(struct lct_http_request *request, int status, json_t *value) {
    size_t n = 0;
    char *text = lct_json_dump(value, &n);
    json_decref(value);
    answer_bytes(request, status, "application/json", text, n, text);
}

void lct_http_answer_fault(struct lct_http_request *request, int status,
                           const struct lct_fault *fault) {
    request->cache = NULL; /* what is wrong now may be right later */
    lct_http_answer_json(request, status, json_pack("{s:o}", "fault", lct_json_of_fault(fault)));
}

void lct_http_answer_redirect(struct lct_http_request *request, const char *path) {
    lct_http_add_header(request, "Location", path);
    answer_bytes(request, 303, "text/plain; charset=utf-8", "", 0, NULL);
}

void lct_http_let_frame(struct lct_http_request *request) { request->embeddable = true; }

bool lct_http_not_modified(struct lct_http_request *request, const char *tag) {
    if (!*tag) {
        return false;
    }
    lct_http_add_header(request, "ETag", tag);
    return lct_http_tag_matches(request->headers[LCT_HTTP_IF_NONE_MATCH], tag);
}

void lct_http_answer_file(struct lct_http_request *request, const struct lct_http_file *file) {
    request->cache = file->cache;
    if (lct_http_not_modified(request, file->tag)) {
        answer_bytes(request, 304, file->type, "", 0, NULL);
    } else {
        answer_bytes(request, 200, file->type, file->bytes, file->n, NULL);
    }
}

/* The head. */

static const char *reason_of(int status) {
    static const struct {
        int status;
        const char *reason;
    } rows[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {303, "See Other"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {411, "Length Required"},
        {406, "Not Acceptable"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {421, "Misdirected Request"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].status == status) {
            return rows[i].reason;
        }
    }
    return "Unknown";
}

size_t lct_http_head(const struct lct_http_request *request, char *out, size_t size) {
    char length[64] = "";
    if (!request->body->kind->endless && request->status != 204 && request->status != 304) {
        (void)snprintf(length, sizeof length, "Content-Length: %" PRIu64 "\r\n", request->length);
    }
    int n = snprintf(out, size,
                     "HTTP/1.1 %d %s\r\nContent-Type: %s\r\n%sCache-Control: %s\r\n" SECURITY
                     "%s%s\r\n",
                     request->status, reason_of(request->status), request->type, length,
                     request->cache ? request->cache : "no-store",
                     request->embeddable ? "*" : "'none'", request->extra,
                     request->close_after ? "Connection: close\r\n" : "Connection: keep-alive\r\n");
    return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

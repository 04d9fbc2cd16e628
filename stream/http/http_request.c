// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "stream/http/http_priv.h"

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
        *ret_n = request->body_n;
    }
    return request->body ? request->body : "";
}

const char *lct_http_client(const struct lct_http_request *request) { return request->client; }

bool lct_http_gone(const struct lct_http_request *request) { return atomic_load(&request->gone); }

int lct_http_json(const struct lct_http_request *request, json_t **ret_json,
                  struct lct_fault *fault) {
    const char *type = request->headers[LCT_HTTP_CONTENT_TYPE];
    if (request->body_n == 0) {
        *ret_json = json_object();
        return 0;
    }
    if (!type || strncmp(type, "application/json", 16) != 0) {
        return lct_fault_set(fault, -EINVAL, "api",
                             "A body must be JSON, with Content-Type: application/json.",
                             "请求体必须是 JSON，且 Content-Type 为 application/json。");
    }
    json_t *json = NULL;
    int rc = lct_json_parse(request->body, request->body_n, &json, fault);
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
    for (size_t i = 0; i < request->n_query; i++) {
        free(request->query[i]);
    }
    for (size_t i = 0; i < LCT_HTTP_HEADERS; i++) {
        free(request->headers[i]);
    }
    if (request->feed) {
        lct_http_feed_drop(request->feed);
    }
    if (request->stream) {
        lct_http_stream_lost(request->stream);
    }
    free(request->path);
    free(request->body);
    free(request->owned);
    free(request);
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

static void answer_bytes(struct lct_http_request *request, int status, const char *type,
                         const void *bytes, size_t n) {
    request->status = status;
    request->kind = ANSWER_BYTES;
    request->type = type;
    request->bytes = bytes;
    request->length = n;
    lct_http_deliver(request);
}

void lct_http_answer(struct lct_http_request *request, int status, const char *type,
                     const void *bytes, size_t n) {
    request->owned = lct_new(n);
    memcpy(request->owned, bytes, n);
    answer_bytes(request, status, type, request->owned, n);
}

void lct_http_answer_json(struct lct_http_request *request, int status, json_t *value) {
    size_t n = 0;
    request->owned = lct_json_dump(value, &n);
    json_decref(value);
    answer_bytes(request, status, "application/json", request->owned, n);
}

void lct_http_answer_fault(struct lct_http_request *request, int status,
                           const struct lct_fault *fault) {
    lct_http_answer_json(request, status, json_pack("{s:o}", "fault", lct_json_of_fault(fault)));
}

void lct_http_answer_redirect(struct lct_http_request *request, const char *path) {
    lct_http_add_header(request, "Location", path);
    answer_bytes(request, 303, "text/plain; charset=utf-8", "", 0);
}

static bool not_modified(struct lct_http_request *request, const char *tag) {
    if (!*tag) {
        return false;
    }
    lct_http_add_header(request, "ETag", tag);
    return lct_http_tag_matches(request->headers[LCT_HTTP_IF_NONE_MATCH], tag);
}

void lct_http_answer_file(struct lct_http_request *request, const struct lct_http_file *file) {
    request->cache = file->cache;
    request->embeddable = file->embeddable;
    if (not_modified(request, file->tag)) {
        answer_bytes(request, 304, file->type, "", 0);
    } else {
        answer_bytes(request, 200, file->type, file->bytes, file->n);
    }
}

/* Content-Disposition with a name of any script (RFC 6266, RFC 8187). */
static void add_file_name(struct lct_http_request *request, const char *name) {
    static const char hex[] = "0123456789ABCDEF";
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    char ascii[128], coded[512];
    size_t a = 0, c = 0;
    for (const unsigned char *p = (const unsigned char *)name; *p && c + 4 < sizeof coded; p++) {
        bool is_plain = strchr(plain, *p) != NULL;
        if (a + 1 < sizeof ascii && *p < 0x80) {
            ascii[a++] = is_plain ? (char)*p : '_';
        }
        if (is_plain) {
            coded[c++] = (char)*p;
        } else {
            coded[c++] = '%';
            coded[c++] = hex[*p >> 4];
            coded[c++] = hex[*p & 15U];
        }
    }
    ascii[a] = coded[c] = '\0';
    LCT_FREE char *value =
        lct_format("attachment; filename=\"%s\"; filename*=UTF-8''%s", ascii, coded);
    lct_http_add_header(request, "Content-Disposition", value);
}

void lct_http_answer_source(struct lct_http_request *request,
                            const struct lct_http_source *source) {
    uint64_t first = 0, last = source->size > 0 ? source->size - 1 : 0;
    char text[80];
    const char *range = request->headers[LCT_HTTP_RANGE];
    const char *if_range = request->headers[LCT_HTTP_IF_RANGE];
    bool unchanged = not_modified(request, source->tag);
    if (if_range && strcmp(if_range, source->tag) != 0) {
        range = NULL; /* what the client has a part of is another version: all of it */
    }
    lct_http_add_header(request, "Accept-Ranges", "bytes");
    enum lct_http_range_kind kind = lct_http_range(range, source->size, &first, &last);
    if (unchanged || kind == LCT_HTTP_RANGE_NONE) {
        (void)snprintf(text, sizeof text, "bytes */%" PRIu64, source->size);
        if (!unchanged) {
            lct_http_add_header(request, "Content-Range", text);
        }
        source->close(source->opaque);
        answer_bytes(request, unchanged ? 304 : 416, source->type, "", 0);
        return;
    }
    if (kind == LCT_HTTP_RANGE_ONE) {
        (void)snprintf(text, sizeof text, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, first, last,
                       source->size);
        lct_http_add_header(request, "Content-Range", text);
    }
    if (source->file_name) {
        add_file_name(request, source->file_name);
    }
    request->status = kind == LCT_HTTP_RANGE_ONE ? 206 : 200;
    request->type = source->type;
    request->cache = "private, no-cache";
    request->length = source->size > 0 ? last - first + 1 : 0;
    request->kind = ANSWER_FEED;
    request->feed = lct_http_feed_create(request->server, source, first, first + request->length);
    lct_http_deliver(request);
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
        {413, "Content Too Large"},
        {416, "Range Not Satisfiable"},
        {421, "Misdirected Request"},
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
    if (request->kind != ANSWER_EVENTS && request->status != 304) {
        (void)snprintf(length, sizeof length, "Content-Length: %" PRIu64 "\r\n", request->length);
    }
    int n = snprintf(
        out, size,
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\n%sCache-Control: %s\r\n" SECURITY "%s%s\r\n",
        request->status, reason_of(request->status), request->type, length,
        request->cache ? request->cache : "no-store", request->embeddable ? "*" : "'none'",
        request->extra,
        request->close_after || request->kind == ANSWER_EVENTS ? "Connection: close\r\n"
                                                               : "Connection: keep-alive\r\n");
    return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

/* Streams of events. */

struct lct_http_stream *lct_http_answer_events(struct lct_http_request *request,
                                               void (*closed)(void *arg), void *arg) {
    struct lct_http_stream *stream = lct_new(sizeof *stream);
    lct_ref_init(&stream->ref); /* the owner's */
    lct_ref_inc(&stream->ref);  /* the request's, later the connection's */
    stream->server = request->server;
    stream->loop = lct_http_loop_of(request->server, request->route);
    stream->closed = closed;
    stream->arg = arg;
    pthread_mutex_init(&stream->lock, NULL);
    request->status = 200;
    request->type = "text/event-stream";
    request->kind = ANSWER_EVENTS;
    request->stream = stream;
    lct_http_deliver(request);
    return stream;
}

void lct_http_stream_unref(struct lct_http_stream *stream) {
    if (lct_ref_dec(&stream->ref)) {
        struct lct_http_message *message;
        while ((message = lct_http_stream_take(stream))) {
            free(message);
        }
        pthread_mutex_destroy(&stream->lock);
        free(stream);
    }
}

struct lct_http_message *lct_http_stream_take(struct lct_http_stream *stream) {
    pthread_mutex_lock(&stream->lock);
    struct lct_http_message *message = stream->first;
    if (message) {
        stream->first = message->next;
        stream->waiting--;
    }
    pthread_mutex_unlock(&stream->lock);
    return message;
}

/* HTTP thread: there is something to send, or the owner wants an end. */
static void on_stream(void *opaque) {
    struct lct_http_stream *stream = opaque;
    pthread_mutex_lock(&stream->lock);
    stream->posted = false;
    pthread_mutex_unlock(&stream->lock);
    if (stream->conn) {
        lct_http_conn_wake(stream->conn);
    }
    lct_http_stream_unref(stream);
}

/* Appends (or, with NULL, only wakes), dropping the oldest when there are too many. */
static void put(struct lct_http_stream *stream, struct lct_http_message *message) {
    struct lct_http_message *lost = NULL;
    pthread_mutex_lock(&stream->lock);
    bool post = !stream->dead && !stream->posted;
    if (stream->dead) {
        lost = message;
    } else if (message) {
        if (stream->waiting == LCT_HTTP_EVENTS_WAITING) {
            lost = stream->first;
            stream->first = lost->next;
            stream->waiting--;
        }
        struct lct_http_message **last = &stream->first;
        while (*last) {
            last = &(*last)->next;
        }
        *last = message;
        stream->waiting++;
    }
    stream->posted = stream->posted || post;
    pthread_mutex_unlock(&stream->lock);
    free(lost);
    if (post) {
        lct_ref_inc(&stream->ref);
        lct_http_post(stream->server, on_stream, stream);
    }
}

void lct_http_stream_send(struct lct_http_stream *stream, const char *event, const char *data) {
    size_t n = strlen(event) + strlen(data) + sizeof "event: \ndata: \n\n";
    struct lct_http_message *message = lct_new(sizeof *message + n);
    int length = snprintf(message->text, n, "event: %s\ndata: %s\n\n", event, data);
    message->n = (size_t)length;
    put(stream, message);
}

void lct_http_stream_end(struct lct_http_stream *stream) {
    atomic_store(&stream->ended, true);
    put(stream, NULL);
    lct_http_stream_unref(stream);
}

/* The owner's loop. */
static void tell_closed(void *opaque) {
    struct lct_http_stream *stream = opaque;
    if (!atomic_load(&stream->ended)) {
        stream->closed(stream->arg);
    }
    lct_http_stream_unref(stream);
}

void lct_http_stream_lost(struct lct_http_stream *stream) {
    pthread_mutex_lock(&stream->lock);
    stream->dead = true;
    pthread_mutex_unlock(&stream->lock);
    stream->conn = NULL;
    if (stream->loop && !atomic_load(&stream->ended)) {
        lct_ref_inc(&stream->ref);
        lct_loop_post(stream->loop, tell_closed, stream);
    }
    lct_http_stream_unref(stream);
}

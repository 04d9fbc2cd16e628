// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A small HTTP/1.1 server over libwebsockets, on one thread of its own ("http") which never touches
 * disk or database. Requests are handed, complete with their body, to the handler of their route,
 * in the thread the route names; the handler answers once, then or later, from any thread. Media
 * bodies are read by two reader threads, block by block, ahead of what the network takes.
 *
 * Refused before any handler: paths with "..", no UTF-8 or NUL, foreign Host headers, changes asked
 * for by foreign pages (Origin), every Upgrade, chunked bodies, bodies above LCT_HTTP_BODY_MAX,
 * heads and bodies that take too long. Limits: docs/limits.md.
 *
 *     static void list(void *app, struct lct_http_request *request) {
 *         lct_http_answer_json(request, 200, json_pack("{s:[]}", "rooms"));
 *     }
 *     const struct lct_http_route routes[] = {{LCT_HTTP_GET, "/api/v1/rooms", list,
 * LCT_HTTP_MAIN}}; rc = lct_http_create(&options, &server, &fault);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/loop.h"

struct lct_http_server;
struct lct_http_request;
struct lct_http_stream;

/** Largest request body. */
#define LCT_HTTP_BODY_MAX (64U << 10)

/** Connections at once, in all and from one address. */
#define LCT_HTTP_CONNECTIONS_MAX 512
#define LCT_HTTP_PER_ADDRESS_MAX 128

/** A request's head and its body must be there in this time; a connection may idle this long. */
#define LCT_HTTP_HEAD_SECONDS 10
#define LCT_HTTP_BODY_SECONDS 20
#define LCT_HTTP_IDLE_SECONDS 60

/** A handler must answer in this time; a client must take something in this time. */
#define LCT_HTTP_ANSWER_SECONDS 60
#define LCT_HTTP_STALL_SECONDS 30

/** A block of a media body, and how many of them may wait for the network, per answer. */
#define LCT_HTTP_BLOCK (256U << 10)
#define LCT_HTTP_BLOCKS_AHEAD 2

/** Messages that may wait in a stream of events; the oldest is dropped for a new one. */
#define LCT_HTTP_EVENTS_WAITING 32

enum lct_http_method { LCT_HTTP_GET, LCT_HTTP_POST, LCT_HTTP_PUT, LCT_HTTP_DELETE };

/** In which thread a handler runs. */
enum lct_http_where {
    LCT_HTTP_MAIN, /**< the loop of rooms and links */
    LCT_HTTP_DISK, /**< a loop that may read files */
    LCT_HTTP_HERE, /**< the HTTP thread itself: memory only, at once */
};

struct lct_http_route {
    enum lct_http_method method;
    const char *pattern; /**< "/api/v1/rooms/{room}"; "*" for whatever no other route has */
    void (*handle)(void *app, struct lct_http_request *request); /**< takes the request */
    enum lct_http_where where;
    bool open; /**< the gate is not asked */
};

struct lct_http_options {
    const char *address; /**< "0.0.0.0" or an address of this machine; IPv6 as it is */
    int port;            /**< 0: any free one */
    const struct lct_http_route *routes; /**< the first that fits counts */
    size_t n_routes;
    struct lct_loop *main; /**< for LCT_HTTP_MAIN */
    struct lct_loop *disk; /**< for LCT_HTTP_DISK */
    void *app;             /**< handed to handlers and gate */
    /**
     * Who may come in: called in the HTTP thread for every request to a route that is not open.
     * True: the handler is called. False: the gate has answered.
     */
    bool (*gate)(void *app, struct lct_http_request *request);
    const char *const *names; /**< names of this machine a Host header may have, ended by NULL */
};

/**
 * Listens and starts the threads. Everything in options but the struct itself must outlive the
 * server. 0; -EADDRINUSE, -EACCES, -EADDRNOTAVAIL or another -errno with a fault. *ret_server is
 * owned.
 */
int lct_http_create(const struct lct_http_options *options, struct lct_http_server **ret_server,
                    struct lct_fault *fault) LCT_MUST_USE;

/** The port it listens on. */
int lct_http_port(const struct lct_http_server *server);

/**
 * Closes all connections and ends the threads. Answers given after this go nowhere; closed of each
 * stream is posted. Handlers that wait in loops may still run: destroy the server after the loops.
 */
void lct_http_stop(struct lct_http_server *server);

/** Stops, and frees; every request must be answered. NULL is allowed. */
void lct_http_destroy(struct lct_http_server *server);

struct lct_http_counters {
    uint64_t requests, bytes_out, refused, connections_now, streams_now;
};

/** Copies the counters. Any thread. */
void lct_http_count(struct lct_http_server *server, struct lct_http_counters *ret_counters);

/* What was asked. Borrowed from the request; any thread, until it is answered. */

enum lct_http_header {
    LCT_HTTP_HOST,
    LCT_HTTP_AUTHORIZATION,
    LCT_HTTP_COOKIE,
    LCT_HTTP_RANGE,
    LCT_HTTP_IF_NONE_MATCH,
    LCT_HTTP_IF_RANGE,
    LCT_HTTP_ORIGIN,
    LCT_HTTP_ACCEPT,
    LCT_HTTP_ACCEPT_LANGUAGE,
    LCT_HTTP_CONTENT_TYPE,
    LCT_HTTP_CONTENT_LENGTH,
    LCT_HTTP_HEADERS
};

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

/** The client's address as text. */
const char *lct_http_client(const struct lct_http_request *request);

/** True when the connection has ended: the answer will go nowhere. */
bool lct_http_gone(const struct lct_http_request *request);

/**
 * Reads the body as a JSON object; an empty body is {}. 0, or -EINVAL with a fault. *ret_json is
 * owned.
 */
int lct_http_json(const struct lct_http_request *request, json_t **ret_json,
                  struct lct_fault *fault) LCT_MUST_USE;

/* Answers. Each takes the request. Any thread. */

/** Adds a header to the answer to come (name and value are copied; the value is ours, never
 * theirs). */
void lct_http_add_header(struct lct_http_request *request, const char *name, const char *value);

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
    bool embeddable;   /**< any site may show it in a frame: it must have no power worth stealing */
};

/** Answers with a file (shares its bytes), or 304. */
void lct_http_answer_file(struct lct_http_request *request, const struct lct_http_file *file);

/** A body of known length that is read while it is sent. */
struct lct_http_source {
    const char *type;      /**< static */
    uint64_t size;         /**< bytes in all */
    char tag[80];          /**< ETag, quotes included; "" for none */
    const char *file_name; /**< UTF-8, for "save as"; NULL: shown in place. Borrowed */
    /** Reads up to n bytes at offset; bytes or -errno. A reader thread, one call at a time. */
    ssize_t (*read)(void *opaque, uint64_t offset, void *bytes, size_t n);
    void (*close)(void *opaque); /**< called once, in any thread */
    void *opaque;                /**< taken */
};

/** Answers with the source, whole or the one range that was asked for (206, 416), or 304. */
void lct_http_answer_source(struct lct_http_request *request, const struct lct_http_source *source);

/**
 * Answers with server-sent events and leaves the connection open. closed(arg) is called once, in
 * the loop of the request's route, when the client has gone. Returns owned: the caller ends it with
 * lct_http_stream_end, after closed was called or before.
 */
struct lct_http_stream *lct_http_answer_events(struct lct_http_request *request,
                                               void (*closed)(void *arg), void *arg) LCT_MUST_USE;

/** Sends one event (its name and data, one line each, copied). Any thread, never waits. */
void lct_http_stream_send(struct lct_http_stream *stream, const char *event, const char *data);

/** Closes the connection if it is open and gives the stream back; closed is not called any more
 *  when this is called in the loop it is called in. */
void lct_http_stream_end(struct lct_http_stream *stream);

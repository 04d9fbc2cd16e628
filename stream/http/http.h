// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A small HTTP/1.1 server over libwebsockets, plain and by TLS, on one thread of its own ("http")
 * which never touches disk or database. Requests are handed, complete with their body, to the
 * handler of their route, in the thread the route names; what these ask and answer is in
 * http_request.h, http_source.h, http_events.h and http_socket.h.
 *
 * Refused before any handler: paths with "..", no UTF-8 or NUL, foreign Host headers, changes asked
 * for by foreign pages (Origin; WebSockets too) but where a route of OPTIONS says that they may ask
 * (and then their cookies do not count), chunked bodies, bodies above their route's limit,
 * heads and bodies that take too long, every other Upgrade. Limits: docs/limits.md.
 *
 *     static void list(void *app, struct lct_http_request *request) {
 *         lct_http_answer_json(request, 200, json_pack("{s:[]}", "rooms"));
 *     }
 *     const struct lct_http_route routes[] = {
 *         {LCT_HTTP_GET, "/api/v1/rooms", list, LCT_HTTP_MAIN, false}};
 *     rc = lct_http_create(&options, &server, &fault);
 *     lct_http_start(server);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cert.h"
#include "base/fault.h"
#include "base/loop.h"
#include "stream/http/http_request.h"

struct lct_http_server;

/** Largest request body, where a route says nothing else. */
#define LCT_HTTP_BODY_MAX (64U << 10)

/** Connections at once, in all and from one network (base/network.h), without WebSockets and
 * streams of events, which have limits of their own. */
#define LCT_HTTP_CONNECTIONS_MAX 512
#define LCT_HTTP_PER_ADDRESS_MAX 128

/** When the system has no descriptors left, callers wait so long for the next try. */
#define LCT_HTTP_ACCEPT_PAUSE LCT_SECOND

/** A request's head and its body must be there in this time; a connection may idle this long. */
#define LCT_HTTP_HEAD_SECONDS 10
#define LCT_HTTP_BODY_SECONDS 20
#define LCT_HTTP_IDLE_SECONDS 60

/** A handler must answer in this time; a client must take something in this time. */
#define LCT_HTTP_ANSWER_SECONDS 60
#define LCT_HTTP_STALL_SECONDS 30

/** In which thread a handler runs. */
enum lct_http_where {
    LCT_HTTP_MAIN,      /**< the loop of rooms and links */
    LCT_HTTP_DISK,      /**< a loop that may read files */
    LCT_HTTP_CATALOGUE, /**< a loop that may wait for files to be durable */
    LCT_HTTP_HERE,      /**< the HTTP thread itself: memory only, at once */
    LCT_HTTP_SOCKET, /**< the HTTP thread too, and the request asks for a WebSocket: it is answered
                          in the handler's call */
};

struct lct_http_route {
    enum lct_http_method method;
    const char *pattern; /**< "/api/v1/rooms/{room}"; "*" for whatever no other route has */
    void (*handle)(void *app, struct lct_http_request *request); /**< takes the request */
    enum lct_http_where where;
    bool open;       /**< the gate is not asked */
    size_t body_max; /**< bytes of a body; 0: LCT_HTTP_BODY_MAX */
};

struct lct_http_options {
    const char *address; /**< "0.0.0.0" or an address of this machine; IPv6 as it is */
    int port;            /**< 0: any free one */
    const struct lct_http_route *routes; /**< the first that fits counts */
    size_t n_routes;
    const char *tls_address;     /**< HTTPS beside it; NULL: none */
    int tls_port;                /**< 0: any free one */
    const struct lct_cert *cert; /**< what HTTPS shows; borrowed until create returns */
    struct lct_loop *main;       /**< for LCT_HTTP_MAIN */
    struct lct_loop *disk;       /**< for LCT_HTTP_DISK */
    struct lct_loop *catalogue;  /**< for LCT_HTTP_CATALOGUE */
    void *app;                   /**< handed to handlers and gate */
    /**
     * Who may come in: called in the HTTP thread for every request to a route that is not open.
     * True: the handler is called. False: the gate has answered.
     */
    bool (*gate)(void *app, struct lct_http_request *request);
    const char *const *names; /**< names of this machine a Host header may have, ended by NULL */
    /** Addresses of proxies, ended by NULL, each as lct_http_address writes it: what they say of
     *  clients (X-Forwarded-For, X-Forwarded-Proto) is believed. NULL: nobody is. */
    const char *const *proxies;
};

/**
 * Listens; nobody is answered before lct_http_start. Everything in options but the struct itself
 * must outlive the server. 0; -EADDRINUSE, -EACCES, -EADDRNOTAVAIL or another -errno with a fault.
 * *ret_server is owned.
 */
int lct_http_create(const struct lct_http_options *options, struct lct_http_server **ret_server,
                    struct lct_fault *fault) LCT_MUST_USE;

/** Starts the threads. Once. */
void lct_http_start(struct lct_http_server *server);

/** The port it listens on. */
int lct_http_port(const struct lct_http_server *server);

/** The port of HTTPS; 0: none. */
int lct_http_tls_port(const struct lct_http_server *server);

/** From now on HTTPS shows another certificate (taken) to who connects; who is connected stays. Any
 *  thread, never waits. */
void lct_http_renew(struct lct_http_server *server, struct lct_cert *cert);

/**
 * Closes all connections and ends the HTTP thread. Answers given after this go nowhere; closed of
 * each stream is posted. Handlers that wait in loops may still run: destroy the server after the
 * loops.
 */
void lct_http_stop(struct lct_http_server *server);

/** Stops, and frees; every request must be answered. NULL is allowed. */
void lct_http_destroy(struct lct_http_server *server);

/** Has run(arg) called in the HTTP thread, once, in the order of posting; after lct_http_stop at
 * once in this thread. Any thread, never waits. */
void lct_http_post(struct lct_http_server *server, void (*run)(void *arg), void *arg);

struct lct_http_counters {
    uint64_t requests, bytes_out, refused, connections_now, streams_now;
};

/** Copies the counters. Any thread. */
void lct_http_count(struct lct_http_server *server, struct lct_http_counters *ret_counters);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * One connection: a small machine of phases that reads a request, hands it to its handler and sends
 * the answer. Everything here belongs to the HTTP thread. This file and http_server.c are the two
 * that know libwebsockets.
 *
 *     conn = lct_http_conn_create(hall, wsi);               // NEW_CLIENT_INSTANTIATED
 *     return lct_http_conn_event(conn, reason, in, n);      // its other events
 *     lct_http_conn_destroy(conn);                          // WSI_DESTROY
 */
#pragma once

#include <libwebsockets.h>
#include <stdatomic.h>

#include "stream/http/http.h"
#include "stream/http/http_mail_priv.h"
#include "stream/http/http_places_priv.h"

/** Bytes of an answer given to the library at once: 2.5 times faster than 4 KB. */
#define LCT_HTTP_WRITE_AT_ONCE (64U << 10)

/** Largest head of a request, and of an answer. */
#define LCT_HTTP_HEAD_MAX 8192

struct lct_http_conn;
struct lct_http_readers;

/** What all connections share; made by http_server.c. */
struct lct_http_hall {
    /* fixed after create */
    struct lct_http_options options;
    struct lct_http_mail mail;
    struct lct_http_readers *readers;
    /* HTTP thread */
    struct lct_http_places *places;
    unsigned asking;                       /* connections that are neither WebSocket nor staying */
    unsigned staying;                      /* streams of events; those too many ask */
    struct lct_http_conn *oldest, *newest; /* of those that wait for a request */
    /* any thread */
    atomic_ullong requests, bytes_out, refused, connections, streams;
};

/** May who called, on a socket, have a connection? Asked before anything is spent on it. When all
 * are taken, the one that has waited the longest for a request gives way. */
bool lct_http_conn_may_come(struct lct_http_hall *hall, int fd);

/** A connection over the library's, whose opaque user data it becomes. It may come. Returns owned.
 */
struct lct_http_conn *lct_http_conn_create(struct lct_http_hall *hall,
                                           struct lws *wsi) LCT_MUST_USE;

/** The library's connection is gone; a handler that has its request is told. */
void lct_http_conn_destroy(struct lct_http_conn *conn);

/** An event of the library's. 0, or -1: the library is to close the connection. */
int lct_http_conn_event(struct lct_http_conn *conn, enum lws_callback_reasons reason,
                        const void *in, size_t n);

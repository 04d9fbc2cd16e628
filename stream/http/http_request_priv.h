// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The request on its way: its connection makes it and fills in what was asked, a handler answers
 * it, and it comes back to the connection with a letter. Who may touch what stands beside each
 * block.
 */
#pragma once

#include <stdatomic.h>

#include "base/loop.h"
#include "stream/http/http_body_priv.h"
#include "stream/http/http_mail_priv.h"
#include "stream/http/http_parse.h"
#include "stream/http/http_places_priv.h"
#include "stream/http/http_request.h"

/** Query values a request may have. */
#define LCT_HTTP_QUERY_MAX 16

/** Room for our own headers of one answer. */
#define LCT_HTTP_EXTRA_MAX 1024

struct lct_http_conn;
struct lct_http_readers;
struct lct_http_route;

struct lct_http_request {
    /* fixed when the handler is called */
    struct lct_http_mail *mail;
    struct lct_http_readers *readers;
    void (*answered)(void *request); /* HTTP thread: the connection's, takes it */
    const struct lct_http_route *route;
    struct lct_loop *loop; /* where its handler runs; NULL: in the HTTP thread */
    void *app;             /* what its handler is given beside it */
    enum lct_http_method method;
    bool head;        /* HEAD */
    bool upgrade;     /* to WebSocket */
    bool refused;     /* answered before any handler saw it */
    bool close_after; /* the connection cannot go on after the answer */
    char *path;
    size_t path_n; /* a path with a zero byte is longer than it seems */
    struct lct_http_parts parts;
    const char *values[LCT_HTTP_VALUES_MAX];
    char *query[LCT_HTTP_QUERY_MAX]; /* "name=value" */
    size_t n_query;
    char *headers[LCT_HTTP_HEADERS];
    char client[LCT_HTTP_CLIENT_SIZE];
    bool secure; /* asked over HTTPS */
    char *text;  /* its body */
    size_t text_n, text_want;
    /* any thread */
    atomic_bool gone;
    /* HTTP thread */
    struct lct_http_conn *conn; /* NULL: ended */
    /* whoever answers, then the HTTP thread */
    int status;
    char extra[LCT_HTTP_EXTRA_MAX]; /* "Name: value\r\n" … */
    const char *type;
    const char *cache; /* NULL: no-store */
    bool embeddable;   /* may be framed by any site */
    struct lct_http_body *body;
    uint64_t length; /* Content-Length */
};

/** Answers with a body (taken) of length bytes, which an endless one ignores. Any thread. */
void lct_http_answer_body(struct lct_http_request *request, int status, const char *type,
                          struct lct_http_body *body, uint64_t length);

/** Says the answer's ETag (quotes included; "": none); true when the client has just this: 304. */
bool lct_http_not_modified(struct lct_http_request *request, const char *tag);

/** The head of the answer: status line and headers. Returns its length, 0 when it does not fit. */
size_t lct_http_head(const struct lct_http_request *request, char *out, size_t size);

/** Frees a request and its answer's body; NULL is allowed. */
void lct_http_request_free(struct lct_http_request *request);

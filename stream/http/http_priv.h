// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What the files of stream/http share: the request on its way through the threads, and the feed of
 * a media body. Who may touch what stands beside each block.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/queue.h"
#include "base/ref.h"
#include "base/thread.h"
#include "stream/http/http.h"
#include "stream/http/http_parse.h"

/** Query values a request may have. */
#define LCT_HTTP_QUERY_MAX 16

/** Room for our own headers of one answer. */
#define LCT_HTTP_EXTRA_MAX 1024

struct lct_http_conn;

/** A block that was read for a feed. */
struct lct_http_block {
    struct lct_http_block *next;
    size_t n;
    uint8_t bytes[];
};

/**
 * A media body being read. The HTTP thread owns it and lends it to a reader thread while busy is
 * set; the reader touches only the blocks marked so, and posts it back.
 */
struct lct_http_feed {
    struct lct_http_server *server;
    struct lct_http_source source;
    struct lct_http_conn *conn;   /* HTTP thread; NULL: nobody wants it any more */
    bool busy;                    /* HTTP thread; lent to a reader */
    uint64_t next;                /* HTTP thread sets before lending: where to read */
    uint64_t end;                 /* fixed; one behind the last byte */
    struct lct_http_block *block; /* reader: what it read, NULL on failure */
    struct lct_http_block *ready; /* HTTP thread: blocks to send, oldest first */
    size_t ready_n;
    bool failed;
};

enum lct_http_answer_kind { ANSWER_NONE, ANSWER_BYTES, ANSWER_FEED, ANSWER_EVENTS };

struct lct_http_request {
    struct lct_http_server *server;
    /* fixed when the handler is called */
    enum lct_http_method method;
    bool head;        /* HEAD */
    bool close_after; /* the connection cannot go on after the answer */
    char *path;
    struct lct_http_parts parts;
    const char *values[LCT_HTTP_VALUES_MAX];
    const struct lct_http_route *route;
    char *query[LCT_HTTP_QUERY_MAX]; /* "name=value" */
    size_t n_query;
    char *headers[LCT_HTTP_HEADERS];
    char client[48];
    char *body;
    size_t body_n, body_want;
    /* any thread */
    atomic_bool gone;
    /* HTTP thread */
    struct lct_http_conn *conn;
    /* whoever answers, then the HTTP thread */
    int status;
    enum lct_http_answer_kind kind;
    char extra[LCT_HTTP_EXTRA_MAX]; /* "Name: value\r\n" … */
    const char *type;
    const char *cache; /* NULL: no-store */
    bool embeddable;   /* may be framed by any site */
    const void *bytes;
    void *owned;     /* freed with the request */
    uint64_t length; /* Content-Length */
    struct lct_http_feed *feed;
    struct lct_http_stream *stream;
};

struct lct_http_message {
    struct lct_http_message *next;
    size_t n;
    char text[];
};

struct lct_http_stream {
    struct lct_ref ref; /* the owner's, the connection's, and one a letter */
    struct lct_http_server *server;
    struct lct_loop *loop;
    void (*closed)(void *arg);
    void *arg;
    atomic_bool ended;          /* the owner gave it back */
    struct lct_http_conn *conn; /* HTTP thread */
    pthread_mutex_t lock;
    struct lct_http_message *first; /* guarded by lock, like what follows */
    size_t waiting;
    bool posted; /* the HTTP thread knows */
    bool dead;   /* the connection ended */
};

/** Has run(arg) called in the HTTP thread; after stop, at once in this thread. Any thread. */
void lct_http_post(struct lct_http_server *server, void (*run)(void *), void *arg);

/** Frees a request and what its answer holds. */
void lct_http_request_free(struct lct_http_request *request);

/** Hands the answered request back to its connection. Any thread. */
void lct_http_deliver(struct lct_http_request *request);

/** A feed over source from first to last (both included). Returns owned. */
struct lct_http_feed *lct_http_feed_create(struct lct_http_server *server,
                                           const struct lct_http_source *source, uint64_t first,
                                           uint64_t end) LCT_MUST_USE;

/** HTTP thread: lends the feed to a reader when there is something to read and room for it. */
void lct_http_feed_want(struct lct_http_feed *feed);

/** HTTP thread: nobody wants it any more; freed now or when the reader gives it back. */
void lct_http_feed_drop(struct lct_http_feed *feed);

/** Body of a reader thread: takes feeds from queue until it is closed. */
void lct_http_read_feeds(void *queue);

/** Frees a feed that no thread holds (for the queue). */
void lct_http_feed_free(void *feed);

/** The queue of the reader threads. */
struct lct_queue *lct_http_feeds(struct lct_http_server *server);

/** HTTP thread: a block of the connection's feed has come, or failed. */
void lct_http_conn_wake(struct lct_http_conn *conn);

/** Takes the oldest message, NULL when there is none. */
struct lct_http_message *lct_http_stream_take(struct lct_http_stream *stream);

/** HTTP thread: the connection ended; tells the owner. Gives the connection's reference back. */
void lct_http_stream_lost(struct lct_http_stream *stream);

/** Gives a reference back. */
void lct_http_stream_unref(struct lct_http_stream *stream);

/** The head of the answer: status line and headers. Returns its length, 0 when it does not fit. */
size_t lct_http_head(const struct lct_http_request *request, char *out, size_t size);

/** The loop in which handlers of the route run, NULL for the HTTP thread. */
struct lct_loop *lct_http_loop_of(struct lct_http_server *server,
                                  const struct lct_http_route *route);

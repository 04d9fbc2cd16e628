// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The one file that knows libwebsockets. What 4.1.6 does that must be known here (docs/decisions
 * and its source):
 *  - it decodes paths and removes ".." before we see them; what it leaves is checked by
 *    lct_http_split.
 *  - "Upgrade: h2c" would switch to its HTTP/2, which has holes; and an unknown Upgrade on a kept
 *    connection hands the callback freed memory (CVE-2025-11677). So CONFIRM_UPGRADE closes always
 * and never looks at what it is given.
 *  - CONNECT turns a connection into a raw one: refused at RAW_ADOPT.
 *  - while a transaction is being answered it leaves POLLIN on and spins when something comes in:
 * the flow of input is stopped meanwhile, and an end of the connection is looked for once a second.
 *  - when the next request is there already, in its own buffer, stopping the input makes it spin on
 *    POLLOUT, and not stopping it makes it spin as well. All it shows of that buffer is that
 * switching the input on asks for a writable callback. So a long answer begins with a look of two
 *    milliseconds at whether one comes; if so, the connection ends (browsers do not pipeline).
 *  - its own deadline for holding a request's head (ah) would end downloads after six minutes: it
 * is set to days, and the deadlines here are ours.
 *  - a POST without Content-Length counts as one of 100 MB: it is answered as an empty one, and the
 *    connection ends.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <libwebsockets.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "stream/http/http_priv.h"

LCT_LOG_TOPIC("http");

#define READERS 2
#define WRITE_AT_ONCE (64U << 10) /* tx_packet_size: 2.5 times faster than the default's 4 KB */
#define HEAD_MAX 8192
#define DAYS (7 * 86400)

/* How long it is looked for input behind a request, in microseconds. */
#define LOOK_US 2000

enum phase {
    PHASE_HEAD,    /* waiting for a request, or within its head */
    PHASE_BODY,    /* its body comes in */
    PHASE_HANDLER, /* somebody is working on the answer */
    PHASE_LOOK,    /* a long answer waits: does the client send on meanwhile? */
    PHASE_ANSWER,  /* head or body of the answer go out */
    PHASE_EVENTS,  /* a stream of events goes out */
    PHASE_LAST,    /* all is written, what the library buffered goes out */
};

/* One connection; the HTTP thread only. */
struct lct_http_conn {
    struct lct_http_server *server;
    struct lws *wsi;
    enum phase phase;
    lct_ns deadline;
    struct lct_http_request *request; /* from PHASE_BODY to the end of the answer */
    bool head_sent;
    uint64_t sent; /* of the body */
    uint64_t sent_at_tick;
    size_t block_sent; /* of the first ready block */
    char client[48];
    bool counted;
};

struct letter {
    struct letter *next;
    void (*run)(void *);
    void *arg;
};

struct lct_http_server {
    /* fixed after create */
    struct lct_http_options options;
    struct lws_context *context;
    struct lws_protocols protocols[2];
    int port;
    struct lct_thread thread;
    struct lct_thread readers[READERS];
    struct lct_queue *feeds;
    /* any thread */
    atomic_bool stopping;
    atomic_ullong requests, bytes_out, refused, connections, streams;
    /* guarded by lock */
    pthread_mutex_t lock;
    struct letter *first;
    struct letter **last;
    bool closing; /* nobody need be woken any more */
    bool deaf;    /* the thread has ended: letters run where they are posted */
    /* HTTP thread */
    struct client {
        char address[48];
        unsigned connections;
    } clients[LCT_HTTP_CONNECTIONS_MAX];
};

struct lct_queue *lct_http_feeds(struct lct_http_server *server) {
    return server->feeds;
}

struct lct_loop *lct_http_loop_of(struct lct_http_server *server,
                                  const struct lct_http_route *route) {
    return route->where == LCT_HTTP_MAIN   ? server->options.main
           : route->where == LCT_HTTP_DISK ? server->options.disk
                                           : NULL;
}

/* Letters. */

void lct_http_post(struct lct_http_server *server, void (*run)(void *), void *arg) {
    struct letter *letter = lct_new(sizeof *letter);
    *letter = (struct letter){.run = run, .arg = arg};
    pthread_mutex_lock(&server->lock);
    bool deaf = server->deaf;
    bool first = server->first == NULL;
    if (!deaf) {
        *server->last = letter;
        server->last = &letter->next;
    }
    if (!deaf && !server->closing && first) {
        lws_cancel_service(server->context); /* under lock: stop waits for it */
    }
    pthread_mutex_unlock(&server->lock);
    if (deaf) {
        free(letter);
        run(arg);
    }
}

static void run_letters(struct lct_http_server *server) {
    pthread_mutex_lock(&server->lock);
    struct letter *letter = server->first;
    server->first = NULL;
    server->last = &server->first;
    pthread_mutex_unlock(&server->lock);
    while (letter) {
        struct letter *next = letter->next;
        letter->run(letter->arg);
        free(letter);
        letter = next;
    }
}

/* Connections. */

static void set_phase(struct lct_http_conn *conn, enum phase phase, int seconds) {
    conn->phase = phase;
    conn->deadline = lct_monotonic() + seconds * LCT_SECOND;
}

/* There is something to write. */
void lct_http_conn_wake(struct lct_http_conn *conn) {
    if (conn->phase == PHASE_LOOK) {
        return; /* the end of the look wakes it */
    }
    lws_rx_flow_control(conn->wsi, 1);
    lws_callback_on_writable(conn->wsi);
}

/* There is nothing to write for now, and nothing to read before the answer is out. */
static int rest(struct lct_http_conn *conn) {
    if (lws_partial_buffered(conn->wsi)) {
        lws_callback_on_writable(conn->wsi);
    } else {
        lws_rx_flow_control(conn->wsi, 0);
    }
    return 0;
}

/* Counts a connection of an address; false when there are too many. */
static bool count_client(struct lct_http_server *server, const char *address) {
    struct client *free_place = NULL;
    for (size_t i = 0; i < LCT_HTTP_CONNECTIONS_MAX; i++) {
        struct client *client = &server->clients[i];
        if (client->connections > 0 && strcmp(client->address, address) == 0) {
            if (client->connections >= LCT_HTTP_PER_ADDRESS_MAX) {
                return false;
            }
            client->connections++;
            return true;
        }
        if (client->connections == 0 && !free_place) {
            free_place = client;
        }
    }
    if (!free_place) {
        return false;
    }
    (void)snprintf(free_place->address, sizeof free_place->address, "%s", address);
    free_place->connections = 1;
    return true;
}

static void uncount_client(struct lct_http_server *server, const char *address) {
    for (size_t i = 0; i < LCT_HTTP_CONNECTIONS_MAX; i++) {
        struct client *client = &server->clients[i];
        if (client->connections > 0 && strcmp(client->address, address) == 0) {
            client->connections--;
            return;
        }
    }
}

static int on_connected(struct lct_http_server *server, struct lws *wsi) {
    struct lct_http_conn *conn = lct_new(sizeof *conn);
    conn->server = server;
    conn->wsi = wsi;
    lws_set_opaque_user_data(wsi, conn);
    atomic_fetch_add(&server->connections, 1);
    lws_get_peer_simple(wsi, conn->client, sizeof conn->client);
    set_phase(conn, PHASE_HEAD, LCT_HTTP_HEAD_SECONDS);
    lws_set_timer_usecs(wsi, LWS_US_PER_SEC);
    conn->counted = count_client(server, conn->client);
    if (!conn->counted) {
        atomic_fetch_add(&server->refused, 1);
        return -1;
    }
    return 0;
}

/* The handler still has the request: it is told, and its answer goes nowhere. */
static void leave_request(struct lct_http_conn *conn) {
    struct lct_http_request *request = conn->request;
    conn->request = NULL;
    if (!request) {
        return;
    }
    if (request->stream) {
        atomic_fetch_sub(&conn->server->streams, 1);
    }
    if (conn->phase == PHASE_HANDLER) {
        request->conn = NULL;
        atomic_store(&request->gone, true);
    } else {
        lct_http_request_free(request);
    }
}

static void on_destroyed(struct lws *wsi) {
    struct lct_http_conn *conn = lws_get_opaque_user_data(wsi);
    if (!conn) {
        return;
    }
    lws_set_opaque_user_data(wsi, NULL);
    leave_request(conn);
    atomic_fetch_sub(&conn->server->connections, 1);
    if (conn->counted) {
        uncount_client(conn->server, conn->client);
    }
    free(conn);
}

/* What a look at the socket says: bytes that wait, 0 when the client closed its side, or -1. */
static ssize_t peek(struct lws *wsi) {
    char byte;
    return recv(lws_get_socket_fd(wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
}

static int on_tick(struct lct_http_conn *conn) {
    bool stuck = conn->sent == conn->sent_at_tick;
    conn->sent_at_tick = conn->sent;
    lws_set_timer_usecs(conn->wsi, LWS_US_PER_SEC);
    if (conn->phase == PHASE_LOOK) {
        set_phase(conn, PHASE_ANSWER, LCT_HTTP_STALL_SECONDS);
        lct_http_conn_wake(conn);
        return 0;
    }
    if (conn->phase != PHASE_EVENTS && lct_monotonic() >= conn->deadline) {
        return -1;
    }
    switch (conn->phase) {
    case PHASE_EVENTS:
    case PHASE_HANDLER:
        return peek(conn->wsi) == 0 ? -1 : 0;
    case PHASE_ANSWER: /* one that takes nothing but sends more would make the library spin */
        return stuck && peek(conn->wsi) >= 0 ? -1 : 0;
    case PHASE_HEAD:
    case PHASE_BODY:
    case PHASE_LOOK:
    case PHASE_LAST:
        break;
    }
    return 0;
}

/* Requests. */

static const struct {
    const char *name;
    enum lws_token_indexes token;
} headers[LCT_HTTP_HEADERS] = {
    [LCT_HTTP_HOST] = {"Host", WSI_TOKEN_HOST},
    [LCT_HTTP_AUTHORIZATION] = {"Authorization", WSI_TOKEN_HTTP_AUTHORIZATION},
    [LCT_HTTP_COOKIE] = {"Cookie", WSI_TOKEN_HTTP_COOKIE},
    [LCT_HTTP_RANGE] = {"Range", WSI_TOKEN_HTTP_RANGE},
    [LCT_HTTP_IF_NONE_MATCH] = {"If-None-Match", WSI_TOKEN_HTTP_IF_NONE_MATCH},
    [LCT_HTTP_IF_RANGE] = {"If-Range", WSI_TOKEN_HTTP_IF_RANGE},
    [LCT_HTTP_ORIGIN] = {"Origin", WSI_TOKEN_ORIGIN},
    [LCT_HTTP_ACCEPT] = {"Accept", WSI_TOKEN_HTTP_ACCEPT},
    [LCT_HTTP_ACCEPT_LANGUAGE] = {"Accept-Language", WSI_TOKEN_HTTP_ACCEPT_LANGUAGE},
    [LCT_HTTP_CONTENT_TYPE] = {"Content-Type", WSI_TOKEN_HTTP_CONTENT_TYPE},
    [LCT_HTTP_CONTENT_LENGTH] = {"Content-Length", WSI_TOKEN_HTTP_CONTENT_LENGTH},
};

/* Answers in our own words before any handler saw the request. Takes it. */
static void refuse(struct lct_http_request *request, int status, const char *en, const char *zh) {
    static const struct {
        int status, code;
    } codes[] = {{404, -ENOENT}, {403, -EPERM}, {413, -EFBIG}, {501, -ENOTSUP}, {405, -ENOTSUP}};
    struct lct_fault fault;
    int code = -EINVAL;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        code = codes[i].status == status ? codes[i].code : code;
    }
    atomic_fetch_add(&request->server->refused, 1);
    (void)lct_fault_set(&fault, code, "http", "%s%.0s", "%.0s%s", en, zh);
    lct_http_answer_fault(request, status, &fault);
}

static bool copy_headers(struct lws *wsi, struct lct_http_request *request) {
    for (size_t i = 0; i < LCT_HTTP_HEADERS; i++) {
        int n = lws_hdr_total_length(wsi, headers[i].token);
        if (n <= 0) {
            continue;
        }
        char *text = lct_new((size_t)n + 16); /* fragments are joined with a byte between */
        int got = lws_hdr_copy(wsi, text, n + 16, headers[i].token);
        request->headers[i] = text;
        if (got < 0 || strlen(text) != (size_t)got) {
            return false;
        }
    }
    return true;
}

static bool copy_query(struct lws *wsi, struct lct_http_request *request) {
    char pair[1024];
    for (int i = 0;; i++) {
        int n = lws_hdr_copy_fragment(wsi, pair, sizeof pair, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (n == -1 || (n == 0 && i == 0)) {
            return true;
        }
        if (n < 0 || i == LCT_HTTP_QUERY_MAX || strlen(pair) != (size_t)n ||
            !lct_http_is_utf8(pair, (size_t)n)) {
            return false;
        }
        request->query[request->n_query++] = lct_strdup(pair);
    }
}

/* The route of the request, NULL with 404 or 405 answered. */
static const struct lct_http_route *find_route(struct lct_http_request *request) {
    static const char *const names[] = {"GET, HEAD", "POST", "PUT", "DELETE"};
    const struct lct_http_options *options = &request->server->options;
    char allow[64] = "";
    for (size_t i = 0; i < options->n_routes; i++) {
        const struct lct_http_route *route = &options->routes[i];
        const char *values[LCT_HTTP_VALUES_MAX] = {NULL};
        bool rest = strcmp(route->pattern, "*") == 0;
        if ((rest && *allow) || !lct_http_match(route->pattern, &request->parts, values)) {
            continue;
        }
        if (route->method == request->method) {
            memcpy(request->values, values, sizeof values);
            return route;
        }
        size_t at = strlen(allow);
        (void)snprintf(allow + at, sizeof allow - at, "%s%s", at ? ", " : "", names[route->method]);
    }
    if (*allow) {
        lct_http_add_header(request, "Allow", allow);
        refuse(request, 405, "This address does not take that method.", "此地址不支持该方法。");
    } else {
        refuse(request, 404, "There is nothing at this address.", "此地址没有内容。");
    }
    return NULL;
}

static void call_handler(void *opaque) {
    struct lct_http_request *request = opaque;
    request->route->handle(request->server->options.app, request);
}

/* All of the request is there. */
static void dispatch(struct lct_http_conn *conn) {
    struct lct_http_request *request = conn->request;
    struct lct_loop *loop = lct_http_loop_of(conn->server, request->route);
    lws_rx_flow_control(conn->wsi, 0);
    lws_set_timeout(conn->wsi, NO_PENDING_TIMEOUT, 0);
    set_phase(conn, PHASE_HANDLER, LCT_HTTP_ANSWER_SECONDS);
    if (loop) {
        lct_loop_post(loop, call_handler, request);
    } else {
        call_handler(request);
    }
}

/* Bytes of body to come; -1 with an answer given. */
static int64_t body_length(struct lct_http_request *request, struct lws *wsi) {
    const char *text = request->headers[LCT_HTTP_CONTENT_LENGTH];
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
        request->close_after = true;
        refuse(request, 501, "A body must come with Content-Length.",
               "请求体必须带有 Content-Length。");
        return -1;
    }
    if (!text) {
        request->close_after = request->method == LCT_HTTP_POST || request->method == LCT_HTTP_PUT;
        return 0;
    }
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] || digits > 18) {
        request->close_after = true;
        refuse(request, 400, "Content-Length is not a number.", "Content-Length 不是数字。");
        return -1;
    }
    int64_t length = strtoll(text, NULL, 10);
    if (length > (int64_t)LCT_HTTP_BODY_MAX) {
        request->close_after = true;
        refuse(request, 413, "The body is larger than 64 KiB.", "请求体超过 64 KiB。");
        return -1;
    }
    return length;
}

/* Host and Origin: is it our own page, or a program, that asks? */
static bool is_addressed_to_us(struct lct_http_request *request) {
    const char *host = request->headers[LCT_HTTP_HOST];
    const char *origin = request->headers[LCT_HTTP_ORIGIN];
    if (!host || !lct_http_host_is_ours(host, request->server->options.names)) {
        refuse(request, 421, "This server is not known by that name; use its address.",
               "服务器没有这个名称，请使用它的地址访问。");
        return false;
    }
    if (request->method != LCT_HTTP_GET && origin && !lct_http_origin_is_ours(origin, host)) {
        refuse(request, 403, "Another site's page may not change anything here.",
               "其他网站的页面不能在此进行更改。");
        return false;
    }
    return true;
}

static bool read_method(int method, struct lct_http_request *request) {
    static const struct {
        int index; /* as lws_http_get_uri_and_method counts */
        enum lct_http_method method;
        bool head;
    } rows[] = {{LWSHUMETH_GET, LCT_HTTP_GET, false},
                {LWSHUMETH_HEAD, LCT_HTTP_GET, true},
                {LWSHUMETH_POST, LCT_HTTP_POST, false},
                {LWSHUMETH_PUT, LCT_HTTP_PUT, false},
                {LWSHUMETH_DELETE, LCT_HTTP_DELETE, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].index == method) {
            request->method = rows[i].method;
            request->head = rows[i].head;
            return true;
        }
    }
    return false;
}

/* Fills the request from the head; false when it was refused. */
static bool read_head(struct lct_http_request *request, struct lws *wsi, const char *path,
                      size_t path_n) {
    char *uri = NULL;
    int uri_n = 0;
    int method = lws_http_get_uri_and_method(wsi, &uri, &uri_n);
    request->path = strndup(path, path_n);
    if (!read_method(method, request)) {
        request->close_after = true;
        lct_http_add_header(request, "Allow", "GET, HEAD, POST, PUT, DELETE");
        refuse(request, 405, "This method is not known here.", "不支持该方法。");
        return false;
    }
    if (!request->path || !copy_headers(wsi, request) || !copy_query(wsi, request)) {
        request->close_after = true;
        refuse(request, 400, "The request's head is not proper.", "请求头不正确。");
        return false;
    }
    if (lct_http_split(path, path_n, &request->parts) < 0) {
        request->close_after = request->headers[LCT_HTTP_CONTENT_LENGTH] != NULL;
        refuse(request, 404, "There is nothing at this address.", "此地址没有内容。");
        return false;
    }
    return true;
}

static int on_request(struct lct_http_conn *conn, const char *path, size_t path_n) {
    struct lct_http_server *server = conn->server;
    struct lct_http_request *request = lct_new(sizeof *request);
    assert(!conn->request);
    request->server = server;
    request->conn = conn;
    conn->request = request;
    conn->head_sent = false;
    conn->sent = conn->block_sent = 0;
    memcpy(request->client, conn->client, sizeof request->client);
    set_phase(conn, PHASE_HANDLER, LCT_HTTP_ANSWER_SECONDS);
    atomic_fetch_add(&server->requests, 1);
    if (!read_head(request, conn->wsi, path, path_n)) {
        return 0;
    }
    int64_t length = body_length(request, conn->wsi);
    if (length < 0) {
        return 0;
    }
    bool close_anyway = request->close_after;
    request->close_after =
        close_anyway || length > 0; /* whoever answers now leaves the body unread */
    if (!is_addressed_to_us(request) || !(request->route = find_route(request)) ||
        (!request->route->open && server->options.gate &&
         !server->options.gate(server->options.app, request))) {
        return 0;
    }
    request->close_after = close_anyway;
    if (length == 0) {
        dispatch(conn);
        return 0;
    }
    request->body = lct_new((size_t)length + 1);
    request->body_want = (size_t)length;
    set_phase(conn, PHASE_BODY, LCT_HTTP_BODY_SECONDS);
    return 0;
}

static int on_body(struct lct_http_conn *conn, const void *bytes, size_t n) {
    struct lct_http_request *request = conn->request;
    if (conn->phase != PHASE_BODY || n > request->body_want - request->body_n) {
        return 0; /* a body nobody reads: the connection ends with the answer */
    }
    if (n > 0) {
        memcpy(request->body + request->body_n, bytes, n);
        request->body_n += n;
    }
    return 0;
}

static int on_body_end(struct lct_http_conn *conn) {
    if (conn->phase == PHASE_BODY && conn->request->body_n == conn->request->body_want) {
        dispatch(conn);
    }
    return 0;
}

/* Answers. */

static void begin_answer(void *opaque) {
    struct lct_http_request *request = opaque;
    struct lct_http_conn *conn = request->conn;
    if (!conn) {
        lct_http_request_free(request);
        return;
    }
    set_phase(conn, PHASE_ANSWER, LCT_HTTP_STALL_SECONDS);
    if (request->feed && !request->head) {
        request->feed->conn = conn;
        lct_http_feed_want(request->feed);
    }
    if (request->stream) {
        request->stream->conn = conn;
        atomic_fetch_add(&conn->server->streams, 1);
    }
    if (request->kind == ANSWER_BYTES && request->length <= WRITE_AT_ONCE) {
        lct_http_conn_wake(conn);
    } else {
        conn->phase = PHASE_LOOK;
        lws_rx_flow_control(conn->wsi, 1);
        lws_set_timer_usecs(conn->wsi, LOOK_US);
    }
}

void lct_http_deliver(struct lct_http_request *request) {
    struct lct_http_server *server = request->server;
    if (server->thread.started && pthread_equal(pthread_self(), server->thread.id)) {
        begin_answer(request);
    } else {
        lct_http_post(server, begin_answer, request);
    }
}

/* Writes n bytes (the library keeps what the socket does not take). 0 or -1. */
static int send_bytes(struct lct_http_conn *conn, const void *bytes, size_t n) {
    int rc = lws_write(conn->wsi, (unsigned char *)(uintptr_t)bytes, n, LWS_WRITE_HTTP);
    if (rc < (int)n) {
        return -1;
    }
    atomic_fetch_add(&conn->server->bytes_out, n);
    conn->deadline = lct_monotonic() + LCT_HTTP_STALL_SECONDS * LCT_SECOND;
    return 0;
}

/* The head, and with it a small body: one packet is better than two. */
static int send_head(struct lct_http_conn *conn) {
    struct lct_http_request *request = conn->request;
    char head[LWS_PRE + HEAD_MAX];
    size_t n = lct_http_head(request, head + LWS_PRE, HEAD_MAX);
    if (n == 0) {
        return -1;
    }
    conn->head_sent = true;
    if (request->kind == ANSWER_BYTES && !request->head && request->length <= HEAD_MAX - n) {
        memcpy(head + LWS_PRE + n, request->bytes, request->length);
        n += request->length;
        conn->sent = request->length;
    }
    return send_bytes(conn, head + LWS_PRE, n);
}

static int send_from_memory(struct lct_http_conn *conn) {
    struct lct_http_request *request = conn->request;
    uint64_t left = request->length - conn->sent;
    size_t n = left < WRITE_AT_ONCE ? (size_t)left : WRITE_AT_ONCE;
    if (send_bytes(conn, (const char *)request->bytes + conn->sent, n) < 0) {
        return -1;
    }
    conn->sent += n;
    return 0;
}

static int send_from_feed(struct lct_http_conn *conn) {
    struct lct_http_feed *feed = conn->request->feed;
    struct lct_http_block *block = feed->ready;
    if (!block) {
        return feed->failed ? -1 : 0; /* a body that breaks off: the client sees it is too short */
    }
    size_t left = block->n - conn->block_sent;
    size_t n = left < WRITE_AT_ONCE ? left : WRITE_AT_ONCE;
    if (send_bytes(conn, block->bytes + conn->block_sent, n) < 0) {
        return -1;
    }
    conn->sent += n;
    conn->block_sent += n;
    if (conn->block_sent == block->n) {
        conn->block_sent = 0;
        feed->ready = block->next;
        feed->ready_n--;
        free(block);
        lct_http_feed_want(feed);
    }
    return 0;
}

static int send_events(struct lct_http_conn *conn) {
    struct lct_http_stream *stream = conn->request->stream;
    if (atomic_load(&stream->ended)) {
        return -1;
    }
    struct lct_http_message *message = lct_http_stream_take(stream);
    if (!message) {
        return rest(conn);
    }
    int rc = send_bytes(conn, message->text, message->n);
    free(message);
    lws_callback_on_writable(conn->wsi);
    return rc;
}

/* The answer is out: ready for the next request, or the end. */
static int finish(struct lct_http_conn *conn) {
    bool close_after = conn->request->close_after;
    lct_http_request_free(conn->request);
    conn->request = NULL;
    set_phase(conn, PHASE_HEAD, LCT_HTTP_IDLE_SECONDS);
    if (close_after) {
        return -1;
    }
    lws_rx_flow_control(conn->wsi, 1);
    return lws_http_transaction_completed(conn->wsi) ? -1 : 0;
}

/* One write of an answer, and what comes after it. */
static int go_on(struct lct_http_conn *conn) {
    struct lct_http_request *request = conn->request;
    int rc = !conn->head_sent               ? send_head(conn)
             : request->kind == ANSWER_FEED ? send_from_feed(conn)
                                            : send_from_memory(conn);
    if (rc < 0) {
        return rc;
    }
    if (request->kind == ANSWER_EVENTS) {
        set_phase(conn, PHASE_EVENTS, DAYS);
    } else if (request->head || conn->sent == request->length) {
        set_phase(conn, PHASE_LAST, LCT_HTTP_STALL_SECONDS);
    } else if (request->kind == ANSWER_FEED && !request->feed->ready && !request->feed->failed) {
        return rest(conn); /* until a reader has a block */
    }
    lws_callback_on_writable(conn->wsi);
    return 0;
}

static int on_writable(struct lct_http_conn *conn) {
    switch (conn->phase) {
    case PHASE_ANSWER:
        return go_on(conn);
    case PHASE_EVENTS:
        return send_events(conn);
    case PHASE_LAST:
        return lws_partial_buffered(conn->wsi) ? 0 : finish(conn);
    case PHASE_LOOK: /* nobody asked for this callback but the library: there is input waiting */
        atomic_fetch_add(&conn->server->refused, 1);
        return -1;
    case PHASE_HEAD:
    case PHASE_BODY:
    case PHASE_HANDLER:
        break;
    }
    return 0;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t n) {
    struct lct_http_server *server = lws_context_user(lws_get_context(wsi));
    struct lct_http_conn *conn;
    (void)user;
    switch (reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        run_letters(server);
        return 0;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        return on_connected(server, wsi);
    case LWS_CALLBACK_WSI_DESTROY:
        on_destroyed(wsi);
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: /* never look at "in": see the head of this file */
    case LWS_CALLBACK_RAW_ADOPT:
    case LWS_CALLBACK_RAW_RX:
        atomic_fetch_add(&server->refused, 1);
        return -1;
    case LWS_CALLBACK_TIMER:
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_HTTP_BODY:
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_HTTP_WRITEABLE:
        break;
    default:
        return 0;
    }
    conn = lws_get_opaque_user_data(wsi);
    if (!conn) {
        return -1;
    }
    return reason == LWS_CALLBACK_TIMER            ? on_tick(conn)
           : reason == LWS_CALLBACK_HTTP           ? on_request(conn, in, n)
           : reason == LWS_CALLBACK_HTTP_BODY      ? on_body(conn, in, n)
           : reason == LWS_CALLBACK_HTTP_WRITEABLE ? on_writable(conn)
                                                   : on_body_end(conn);
}

/* The server. */

static void serve(void *opaque) {
    struct lct_http_server *server = opaque;
    while (!atomic_load(&server->stopping) && lws_service(server->context, 0) >= 0) {
    }
    pthread_mutex_lock(&server->lock);
    server->closing = true;
    pthread_mutex_unlock(&server->lock);
    lws_context_destroy(server->context); /* every connection ends in on_destroyed */
    pthread_mutex_lock(&server->lock);
    server->deaf = true;
    pthread_mutex_unlock(&server->lock);
    run_letters(server);
}

/* A listening socket made by ourselves, because the library does not say why it could not. */
static int listen_on(const struct lct_http_options *options, int *ret_port,
                     struct lct_fault *fault) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6,
                               .sin6_port = htons((uint16_t)options->port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options->port)};
    bool is_four = inet_pton(AF_INET, options->address, &four.sin_addr) == 1;
    struct sockaddr *address = is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    socklen_t size = is_four ? sizeof four : sizeof six;
    if (!is_four && inet_pton(AF_INET6, options->address, &six.sin6_addr) != 1) {
        return lct_fault_set(fault, -EINVAL, "http", "\"%s\" is no address of a network interface.",
                             "“%s”不是网络接口的地址。", options->address);
    }
    int on = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc = 0;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, address, size) < 0 || listen(fd, 128) < 0 || getsockname(fd, address, &size) < 0) {
        rc = -errno;
    }
    if (rc == -EADDRINUSE) {
        (void)lct_fault_set(fault, rc, "http",
                            "Port %d of %s is taken by another program: stop it or choose another "
                            "port.",
                            "端口 %d（%s）已被其他程序占用：请停止该程序或改用其他端口。",
                            options->port, options->address);
    } else if (rc < 0) {
        (void)lct_fault_set(fault, rc, "http", "Cannot listen on %s, port %d: %s.",
                            "无法监听 %s 端口 %d：%s。", options->address, options->port,
                            strerror(-rc));
    }
    if (rc < 0) {
        if (fd >= 0) {
            close(fd);
        }
        return rc;
    }
    *ret_port = ntohs(is_four ? four.sin_port : six.sin6_port);
    return fd;
}

static void quiet(int level, const char *line) {
    (void)level;
    lct_debug("library", "says=%.*s", (int)strcspn(line, "\n"), line);
}

static struct lws_context *make_context(struct lct_http_server *server, const char *address) {
    lws_set_log_level(LLL_ERR | LLL_WARN, quiet);
    server->protocols[0] = (struct lws_protocols){
        .name = "http", .callback = callback, .tx_packet_size = WRITE_AT_ONCE};
    bool is_six = strchr(address, ':') != NULL;
    bool is_any = strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
    struct lws_context_creation_info info = {
        .port = server->port,
        .iface = is_any ? NULL : address,
        .protocols = server->protocols,
        .user = server,
        .gid = -1,
        .uid = -1,
        .options = is_six ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6,
        .max_http_header_data = HEAD_MAX,
        .max_http_header_pool = LCT_HTTP_CONNECTIONS_MAX,
        .fd_limit_per_thread = LCT_HTTP_CONNECTIONS_MAX + 16,
        .keepalive_timeout = LCT_HTTP_IDLE_SECONDS,
        .timeout_secs = LCT_HTTP_BODY_SECONDS,
        .timeout_secs_ah_idle = DAYS,
    };
    return lws_create_context(&info);
}

int lct_http_create(const struct lct_http_options *options, struct lct_http_server **ret_server,
                    struct lct_fault *fault) {
    int port = 0;
    int fd = listen_on(options, &port, fault);
    if (fd < 0) {
        return fd;
    }
    close(fd); /* the library opens its own at once */
    struct lct_http_server *server = lct_new(sizeof *server);
    server->options = *options;
    server->port = port;
    server->last = &server->first;
    pthread_mutex_init(&server->lock, NULL);
    server->context = make_context(server, options->address);
    if (!server->context) {
        pthread_mutex_destroy(&server->lock);
        free(server);
        return lct_fault_set(fault, -EADDRINUSE, "http", "Cannot listen on %s, port %d.",
                             "无法监听 %s 端口 %d。", options->address, port);
    }
    server->feeds =
        lct_queue_create(LCT_HTTP_CONNECTIONS_MAX * 2, LCT_QUEUE_DROP_NEWEST, lct_http_feed_free);
    for (size_t i = 0; i < READERS; i++) {
        lct_thread_start(&server->readers[i], "http-read", lct_http_read_feeds, server->feeds);
    }
    lct_thread_start(&server->thread, "http", serve, server);
    *ret_server = server;
    return 0;
}

int lct_http_port(const struct lct_http_server *server) { return server->port; }

void lct_http_stop(struct lct_http_server *server) {
    if (atomic_exchange(&server->stopping, true)) {
        return;
    }
    pthread_mutex_lock(&server->lock);
    if (!server->closing) {
        lws_cancel_service(server->context);
    }
    pthread_mutex_unlock(&server->lock);
    lct_thread_join(&server->thread);
    lct_queue_close(server->feeds);
    for (size_t i = 0; i < READERS; i++) {
        lct_thread_join(&server->readers[i]);
    }
}

void lct_http_destroy(struct lct_http_server *server) {
    if (!server) {
        return;
    }
    lct_http_stop(server);
    lct_queue_destroy(server->feeds);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

void lct_http_count(struct lct_http_server *server, struct lct_http_counters *ret_counters) {
    *ret_counters = (struct lct_http_counters){
        .requests = atomic_load(&server->requests),
        .bytes_out = atomic_load(&server->bytes_out),
        .refused = atomic_load(&server->refused),
        .connections_now = atomic_load(&server->connections),
        .streams_now = atomic_load(&server->streams),
    };
}

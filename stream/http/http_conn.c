// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What libwebsockets 4.1.6 does that must be known here (docs/decisions and its source):
 *  - it decodes paths and removes ".." before we see them; what it leaves is checked by
 *    lct_http_split.
 *  - "Upgrade: h2c" would switch to its HTTP/2, which has holes; and an unknown Upgrade on a kept
 *    connection hands the callback freed memory (CVE-2025-11677). So CONFIRM_UPGRADE never looks at
 *    what it is given: it reads the header anew, which is gone in that case, and closes on all but
 *    "websocket". What such a request is answered must be known before that callback returns.
 *  - it would take any version of WebSocket for 13, and asks no gate: we look first.
 *  - what a socket does not take of a message it copies, and lets nobody write before that is out:
 *    so nothing is written while it holds such a rest. The system takes little that it cannot send
 *    yet (TCP_NOTSENT_LOWAT), and what waits does so where it can be skipped.
 *  - its own way to write is to ask for a callback, which costs a round of polling all sockets and
 *    is dear for many viewers: a socket that waits for nothing is written to at once.
 *  - CONNECT turns a connection into a raw one: refused at RAW_ADOPT.
 *  - what it has read behind a request it keeps in a buffer of its own. A request with a body that
 *    it takes from there it reads for ever, its own head as the body: the thread never comes back.
 *    So a connection with something in that buffer ends with its answer, and every request is the
 *    first thing the library reads (nobody sends on before the answer: browsers do not).
 *  - while a transaction is being answered it leaves POLLIN on and spins when something comes in:
 *    the flow of input is stopped meanwhile, and an end of the connection is looked for once a
 *    second. With something in its buffer it spins in either case: then there is no long answer.
 *  - its own deadline for holding a request's head (ah) would end downloads after six minutes: it
 *    is set to days, and the deadlines here are ours.
 *  - a POST without Content-Length counts as one of 100 MB: it is answered as an empty one, and the
 *    connection ends.
 */
#include "stream/http/http_conn_priv.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/text.h"
#include "stream/http/http_admit_priv.h"
#include "stream/http/http_events.h"
#include "stream/http/http_listen_priv.h"
#include "stream/http/http_request_priv.h"
#include "stream/http/http_socket.h"

_Static_assert(LCT_HTTP_HEADROOM >= LWS_PRE, "the library writes a frame's header there");

/* What the system may hold of a socket's messages and has not sent: about a chunk. */
#define SOCKET_UNSENT (32 << 10)

enum phase {
    PHASE_HEAD,    /* waiting for a request, or within its head */
    PHASE_BODY,    /* its body comes in */
    PHASE_HANDLER, /* somebody is working on the answer */
    PHASE_ANSWER,  /* head or body of the answer go out */
    PHASE_LAST,    /* all is written, what the library buffered goes out */
    PHASE_SOCKET,  /* messages go out, until either side ends it */
    PHASE_GOODBYE, /* the library closes the socket in the protocol's way */
};

struct lct_http_conn {
    struct lct_http_hall *hall;
    struct lws *wsi;
    enum phase phase;
    lct_ns deadline;                  /* of the phase; LCT_NS_NONE: it may last */
    bool hears;                       /* the library takes input */
    struct lct_http_request *request; /* from PHASE_BODY to the end of the answer */
    bool head_sent;
    uint64_t sent;                       /* of the answer */
    uint64_t sent_at_tick;               /* UINT64_MAX: it was not being sent then */
    size_t heard;                        /* bytes of messages that a socket's client sent */
    struct lct_http_conn *older, *newer; /* in PHASE_HEAD */
    bool asks;                           /* one of hall->asking */
    bool stays;                          /* one of hall->staying */
    bool is_tls;
    bool is_proxy; /* it speaks for others, and each of its requests takes a place for one */
    char peer[LCT_HTTP_CLIENT_SIZE];
    char place[LCT_HTTP_CLIENT_SIZE]; /* whose place it has; "": nobody's */
};

/* Out of the line of those that wait for a request, or into it as the newest. */
static void line_up(struct lct_http_conn *conn, bool waits) {
    struct lct_http_hall *hall = conn->hall;
    if (conn->older || hall->oldest == conn) {
        *(conn->older ? &conn->older->newer : &hall->oldest) = conn->newer;
        *(conn->newer ? &conn->newer->older : &hall->newest) = conn->older;
    }
    conn->older = waits ? hall->newest : NULL;
    conn->newer = NULL;
    if (waits) {
        *(hall->newest ? &hall->newest->newer : &hall->oldest) = conn;
        hall->newest = conn;
    }
}

static void set_phase(struct lct_http_conn *conn, enum phase phase, int seconds) {
    line_up(conn, phase == PHASE_HEAD);
    conn->phase = phase;
    conn->deadline = lct_monotonic() + seconds * LCT_SECOND;
}

/* Switches the flow of input on and off. */
static void hear(struct lct_http_conn *conn, bool on) {
    conn->hears = on;
    lws_rx_flow_control(conn->wsi, on);
}

/*
 * Does the library hold input of this connection in its buffer? 1, 0, or -1: not to be known now.
 * All it shows of these buffers is that it would not wait while there is one it may read from: so
 * the answer is what a connection's flow of input changes in that, unless another one's buffer
 * hides it.
 */
static int holds_input(struct lct_http_conn *conn) {
    struct lws_context *context = lws_get_context(conn->wsi);
    bool heard = conn->hears;
    hear(conn, false);
    bool others = lws_service_adjust_timeout(context, 1, 0) == 0;
    hear(conn, true);
    bool any = lws_service_adjust_timeout(context, 1, 0) == 0;
    hear(conn, heard);
    return others ? -1 : any;
}

/* There may be more to write. */
static void wake(void *opaque) {
    struct lct_http_conn *conn = opaque;
    hear(conn, true); /* without it the library does not tell what is writable */
    lws_callback_on_writable(conn->wsi);
}

/* There is nothing to write for now, and nothing to read before the answer is out. */
static int rest(struct lct_http_conn *conn) {
    if (lws_partial_buffered(conn->wsi)) {
        lws_callback_on_writable(conn->wsi);
    } else {
        hear(conn, false);
    }
    return 0;
}

/* For where the library cannot be told to close: it is, at the next tick, which is now. */
static void end_soon(struct lct_http_conn *conn) {
    conn->deadline = 0;
    lws_set_timer_usecs(conn->wsi, 1);
}

/* Does something wait in the socket, or has the client closed its side? Over TLS a goodbye stands
 * before that. */
static bool sends_or_left(struct lws *wsi) {
    char byte;
    return recv(lws_get_socket_fd(wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

static bool has_left(struct lws *wsi) {
    struct pollfd look = {.fd = lws_get_socket_fd(wsi), .events = POLLRDHUP};
    return poll(&look, 1, 0) > 0;
}

/* Places. */

static bool take_place(struct lct_http_conn *conn, const char *address) {
    if (!lct_http_places_take(conn->hall->places, address)) {
        return false;
    }
    (void)snprintf(conn->place, sizeof conn->place, "%s", address);
    return true;
}

static void leave_place(struct lct_http_conn *conn) {
    if (*conn->place) {
        lct_http_places_leave(conn->hall->places, conn->place);
        *conn->place = '\0';
    }
}

/* Is a place too dear to be kept for the next request? A proxy's is its requests'. */
static bool is_crowded(const struct lct_http_conn *conn) {
    return *conn->place && !conn->is_proxy &&
           lct_http_places_crowded(conn->hall->places, conn->place);
}

/* It is a WebSocket now, or a stream of events, or ends. */
static void ask_no_more(struct lct_http_conn *conn) {
    conn->hall->asking -= conn->asks;
    conn->asks = false;
    leave_place(conn);
}

/* A stream of events is counted by whose route it is, not as one of its network's: viewers of a
 * school share an address, and each has one as long as he watches. */
static void begin_stream(struct lct_http_conn *conn) {
    if (conn->hall->staying < LCT_HTTP_STREAMS_MAX) {
        conn->stays = true;
        conn->hall->staying++;
        ask_no_more(conn);
    }
}

static void end_stream(struct lct_http_conn *conn) {
    conn->hall->staying -= conn->stays;
    conn->stays = false;
}

/* At full seconds, all connections together: in the last millisecond before a timer the library
 * polls without waiting, and with one for each of 100 sockets did hardly anything else. */
static void set_tick(struct lws *wsi) {
    lws_set_timer_usecs(wsi, LWS_US_PER_SEC - lct_monotonic() / LCT_US % LWS_US_PER_SEC);
}

/* Once a second. */
static int on_tick(struct lct_http_conn *conn) {
    bool stuck = conn->sent == conn->sent_at_tick;
    conn->sent_at_tick = conn->sent;
    set_tick(conn->wsi);
    if (conn->deadline != LCT_NS_NONE && lct_monotonic() >= conn->deadline) {
        return -1;
    }
    if (conn->phase == PHASE_HEAD || conn->phase == PHASE_BODY || conn->phase >= PHASE_SOCKET) {
        return 0;
    }
    if (!conn->hears) {
        return has_left(conn->wsi) ? -1 : 0;
    }
    /* one that takes nothing but sends more would make the library spin */
    return stuck && (sends_or_left(conn->wsi) || holds_input(conn) > 0) ? -1 : 0;
}

/* The request is done with, or its client has left: a handler that still has it is told, and its
 * answer goes nowhere. */
static void leave_request(struct lct_http_conn *conn) {
    struct lct_http_request *request = conn->request;
    conn->request = NULL;
    if (conn->is_proxy) {
        leave_place(conn);
    }
    if (request && conn->phase == PHASE_HANDLER) {
        request->conn = NULL;
        atomic_store(&request->gone, true);
    } else if (request) {
        atomic_fetch_sub(&conn->hall->streams, request->body && request->body->kind->endless);
        lct_http_request_free(request);
    }
}

/* Sockets. */

/* More is to be said when the line takes it, which must not last. */
static void await_line(struct lct_http_conn *conn) {
    conn->deadline = lct_monotonic() + LCT_HTTP_SOCKET_STALL_SECONDS * LCT_SECOND;
    lws_callback_on_writable(conn->wsi);
}

/* One message, and a look at what comes after it. */
static enum lct_http_look say(struct lct_http_conn *conn) {
    struct lct_http_body *body = conn->request->body;
    struct lct_http_piece piece;
    enum lct_http_look found = body->kind->look(body, &piece);
    if (found == LCT_HTTP_PIECE) {
        unsigned char *bytes = (unsigned char *)(uintptr_t)piece.bytes;
        enum lws_write_protocol how = piece.text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY;
        if (lws_write(conn->wsi, bytes, piece.n, how) < (int)piece.n) {
            return LCT_HTTP_BROKEN;
        }
        atomic_fetch_add(&conn->hall->bytes_out, piece.n);
        body->kind->took(body, piece.n);
        found = body->kind->look(body, &piece);
    }
    if (found == LCT_HTTP_WAIT) {
        conn->deadline = LCT_NS_NONE;
    } else if (found != LCT_HTTP_BROKEN) {
        await_line(conn);
    }
    return found;
}

/* There may be more to say. It is said at once, but for the end: the library is to make that, for
 * whoever wakes may be going through all sockets. */
static void wake_socket(void *opaque) {
    struct lct_http_conn *conn = opaque;
    if (conn->deadline != LCT_NS_NONE) {
        return; /* on_line goes on */
    }
    if (lws_partial_buffered(conn->wsi)) {
        await_line(conn);
    } else if (say(conn) == LCT_HTTP_BROKEN) {
        end_soon(conn);
    }
}

/* The library has shaken hands. */
static void begin_socket(struct lct_http_conn *conn) {
    struct lct_http_body *body = conn->request->body;
    int unsent = SOCKET_UNSENT;
    (void)setsockopt(lws_get_socket_fd(conn->wsi), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent,
                     sizeof unsent); /* refused: more waits in the system */
    conn->phase = PHASE_SOCKET;
    conn->deadline = LCT_NS_NONE;
    hear(conn, true);
    body->kind->begin(body, wake_socket, conn);
    wake_socket(conn);
}

/* Closes in the protocol's way; what is returned to the library makes it do so. */
static int say_goodbye(struct lct_http_conn *conn, enum lws_close_status code) {
    lws_close_reason(conn->wsi, code, NULL, 0);
    conn->phase = PHASE_GOODBYE;
    conn->deadline = LCT_NS_NONE; /* the library's own is 5 s */
    leave_request(conn);
    return -1;
}

/* The line takes more. */
static int on_line(struct lct_http_conn *conn) {
    enum lct_http_look found = say(conn);
    if (found == LCT_HTTP_END && !lws_partial_buffered(conn->wsi)) {
        return say_goodbye(conn, LWS_CLOSE_STATUS_NORMAL);
    }
    return found == LCT_HTTP_BROKEN ? -1 : 0;
}

/* A client of a socket has nothing to say. */
static int on_heard(struct lct_http_conn *conn, size_t n) {
    conn->heard += n;
    if (conn->phase != PHASE_SOCKET || conn->heard <= LCT_HTTP_SOCKET_HEARD_MAX) {
        return 0;
    }
    atomic_fetch_add(&conn->hall->refused, 1);
    return say_goodbye(conn, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE);
}

/* The client closes. */
static int on_goodbye(struct lct_http_conn *conn) {
    if (conn->phase == PHASE_SOCKET) {
        conn->phase = PHASE_GOODBYE;
        conn->deadline = LCT_NS_NONE;
        leave_request(conn);
    }
    return 0;
}

/* Answers. */

/* The handler has answered. */
static void begin_answer(void *opaque) {
    struct lct_http_request *request = opaque;
    struct lct_http_body *body = request->body;
    struct lct_http_conn *conn = request->conn;
    if (!conn) {
        lct_http_request_free(request);
        return;
    }
    atomic_fetch_add(&conn->hall->refused, request->refused);
    atomic_fetch_add(&conn->hall->streams, body->kind->endless);
    if (body->kind->socket) {
        begin_socket(conn);
        return;
    }
    set_phase(conn, PHASE_ANSWER, LCT_HTTP_STALL_SECONDS);
    conn->head_sent = false;
    conn->sent = 0;
    conn->sent_at_tick = UINT64_MAX;
    bool is_long = body->kind->endless || request->length > LCT_HTTP_WRITE_AT_ONCE;
    bool sends_on = holds_input(conn) > 0;
    request->close_after |= sends_on || body->kind->endless || is_crowded(conn);
    if (sends_on && is_long) {
        atomic_fetch_add(&conn->hall->refused, 1);
        end_soon(conn);
        return;
    }
    if (body->kind->endless && !request->head) {
        begin_stream(conn);
    }
    if (body->kind->begin && !request->head) {
        body->kind->begin(body, wake, conn);
    }
    wake(conn);
}

static void count_sent(struct lct_http_conn *conn, size_t n) {
    atomic_fetch_add(&conn->hall->bytes_out, n);
    conn->sent += n;
    conn->deadline = lct_monotonic() + LCT_HTTP_STALL_SECONDS * LCT_SECOND;
}

/* Gives n bytes to the library, which keeps what the socket does not take. 0 or -1. */
static int send_bytes(struct lct_http_conn *conn, const void *bytes, size_t n) {
    int rc = lws_write(conn->wsi, (unsigned char *)(uintptr_t)bytes, n, LWS_WRITE_HTTP);
    if (rc < (int)n) {
        return -1;
    }
    count_sent(conn, n);
    return 0;
}

/* Gives the system what it takes of n bytes of a plain connection, of which the library holds
 * nothing. How many, or -1. */
static ssize_t send_plain(struct lct_http_conn *conn, const void *bytes, size_t n) {
    ssize_t sent = send(lws_get_socket_fd(conn->wsi), bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    count_sent(conn, (size_t)sent);
    return sent;
}

/* What of the body comes next. */
static enum lct_http_look look(const struct lct_http_conn *conn, struct lct_http_piece *ret_piece) {
    struct lct_http_body *body = conn->request->body;
    return conn->request->head ? LCT_HTTP_END : body->kind->look(body, ret_piece);
}

/* The head, and with it a small body: one packet is better than two. */
static int send_head(struct lct_http_conn *conn) {
    struct lct_http_body *body = conn->request->body;
    struct lct_http_piece piece;
    char head[LWS_PRE + LCT_HTTP_HEAD_MAX];
    size_t n = lct_http_head(conn->request, head + LWS_PRE, LCT_HTTP_HEAD_MAX);
    if (n == 0) {
        return -1;
    }
    conn->head_sent = true;
    if (look(conn, &piece) == LCT_HTTP_PIECE && piece.n <= LCT_HTTP_HEAD_MAX - n) {
        memcpy(head + LWS_PRE + n, piece.bytes, piece.n);
        n += piece.n;
        body->kind->took(body, piece.n);
    }
    return send_bytes(conn, head + LWS_PRE, n);
}

/* The library writes by a poll each time, and copies what the socket does not take: a plain
 * connection is written to past it, as much as fits. */
static int send_piece(struct lct_http_conn *conn) {
    struct lct_http_body *body = conn->request->body;
    struct lct_http_piece piece;
    if (lws_partial_buffered(conn->wsi) || look(conn, &piece) != LCT_HTTP_PIECE) {
        return 0;
    }
    ssize_t n = (ssize_t)piece.n;
    if (!conn->is_tls) {
        n = send_plain(conn, piece.bytes, piece.n);
    } else {
        n = n < LCT_HTTP_WRITE_AT_ONCE ? n : LCT_HTTP_WRITE_AT_ONCE;
        n = send_bytes(conn, piece.bytes, (size_t)n) < 0 ? -1 : n;
    }
    if (n > 0) {
        body->kind->took(body, (size_t)n);
    }
    return n < 0 ? -1 : 0;
}

/* The answer is out when the library has none of it left: ready for the next request, or the end.
 * At once, for the client may send the next one now. */
static int finish(struct lct_http_conn *conn) {
    if (lws_partial_buffered(conn->wsi)) {
        lws_callback_on_writable(conn->wsi);
        return 0;
    }
    bool close_after = conn->request->close_after || holds_input(conn) != 0;
    leave_request(conn);
    set_phase(conn, PHASE_HEAD, LCT_HTTP_IDLE_SECONDS);
    return close_after || lws_http_transaction_completed(conn->wsi) ? -1 : 0;
}

/* One write of an answer, and what comes after it. */
static int go_on(struct lct_http_conn *conn) {
    bool is_endless = conn->request->body->kind->endless;
    struct lct_http_piece next;
    if ((conn->head_sent ? send_piece(conn) : send_head(conn)) < 0) {
        return -1;
    }
    switch (look(conn, &next)) {
    case LCT_HTTP_PIECE:
        lws_callback_on_writable(conn->wsi);
        return 0;
    case LCT_HTTP_WAIT:
        conn->deadline = is_endless ? LCT_NS_NONE : conn->deadline;
        return rest(conn);
    case LCT_HTTP_END:
        conn->phase = PHASE_LAST;
        return finish(conn);
    case LCT_HTTP_BROKEN:
        break;
    }
    return -1;
}

static int on_writable(struct lct_http_conn *conn) {
    return conn->phase == PHASE_ANSWER ? go_on(conn) : conn->phase == PHASE_LAST ? finish(conn) : 0;
}

/* Requests. */

/* A header's lines, joined; *ret_text (owned) is NULL when there is none. False: it is no text. */
static bool copy_header(struct lws *wsi, enum lws_token_indexes token, char **ret_text) {
    int n = lws_hdr_total_length(wsi, token);
    *ret_text = NULL;
    if (n <= 0) {
        return true;
    }
    *ret_text = lct_new((size_t)n + 16); /* the lines have a byte between */
    int got = lws_hdr_copy(wsi, *ret_text, n + 16, token);
    return got >= 0 && strlen(*ret_text) == (size_t)got;
}

static bool copy_headers(struct lws *wsi, struct lct_http_request *request) {
    static const enum lws_token_indexes tokens[LCT_HTTP_HEADERS] = {
        [LCT_HTTP_HOST] = WSI_TOKEN_HOST,
        [LCT_HTTP_AUTHORIZATION] = WSI_TOKEN_HTTP_AUTHORIZATION,
        [LCT_HTTP_COOKIE] = WSI_TOKEN_HTTP_COOKIE,
        [LCT_HTTP_RANGE] = WSI_TOKEN_HTTP_RANGE,
        [LCT_HTTP_CONTENT_RANGE] = WSI_TOKEN_HTTP_CONTENT_RANGE,
        [LCT_HTTP_IF_NONE_MATCH] = WSI_TOKEN_HTTP_IF_NONE_MATCH,
        [LCT_HTTP_IF_RANGE] = WSI_TOKEN_HTTP_IF_RANGE,
        [LCT_HTTP_IF_MATCH] = WSI_TOKEN_HTTP_IF_MATCH,
        [LCT_HTTP_ORIGIN] = WSI_TOKEN_ORIGIN,
        [LCT_HTTP_ACCEPT] = WSI_TOKEN_HTTP_ACCEPT,
        [LCT_HTTP_ACCEPT_LANGUAGE] = WSI_TOKEN_HTTP_ACCEPT_LANGUAGE,
        [LCT_HTTP_CONTENT_TYPE] = WSI_TOKEN_HTTP_CONTENT_TYPE,
        [LCT_HTTP_CONTENT_LENGTH] = WSI_TOKEN_HTTP_CONTENT_LENGTH,
        [LCT_HTTP_TRANSFER_ENCODING] = WSI_TOKEN_HTTP_TRANSFER_ENCODING,
    };
    bool fine = true;
    for (size_t i = 0; i < LCT_HTTP_HEADERS && fine; i++) {
        fine = copy_header(wsi, tokens[i], &request->headers[i]);
    }
    return fine;
}

/* Who asks, and how: what is seen, or what a proxy says that is believed. */
static void find_client(const struct lct_http_conn *conn, struct lct_http_request *request) {
    static const char name[] = "x-forwarded-proto:";
    char scheme[8] = "";
    (void)snprintf(request->client, sizeof request->client, "%s", conn->peer);
    request->secure = conn->is_tls;
    if (conn->is_proxy) {
        LCT_FREE char *said = NULL; /* as long as a client likes: its proxy adds to it */
        bool fine = copy_header(conn->wsi, WSI_TOKEN_X_FORWARDED_FOR, &said);
        (void)(fine && lct_http_forwarded(said, conn->hall->options.proxies, request->client,
                                          sizeof request->client)); /* nobody: the proxy itself */
        request->secure =
            lws_hdr_custom_copy(conn->wsi, scheme, sizeof scheme, name, sizeof name - 1) > 0 &&
            strcasecmp(scheme, "https") == 0;
    }
}

static bool copy_query(struct lws *wsi, struct lct_http_request *request) {
    char pair[1024];
    for (int i = 0;; i++) {
        int n = lws_hdr_copy_fragment(wsi, pair, sizeof pair, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (n == -1 && lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i) > 0) {
            return false; /* too long */
        }
        if (n == -1 || (n == 0 && i == 0)) {
            return true;
        }
        if (n < 0 || i == LCT_HTTP_QUERY_MAX || strlen(pair) != (size_t)n ||
            !lct_text_is_utf8(pair, (size_t)n)) {
            return false;
        }
        request->query[request->n_query++] = lct_strdup(pair);
    }
}

static bool read_method(int method, struct lct_http_request *request) {
    static const struct {
        int index; /* as lws_http_get_uri_and_method counts */
        enum lct_http_method method;
        bool head;
    } rows[] = {
        {LWSHUMETH_GET, LCT_HTTP_GET, false},       {LWSHUMETH_HEAD, LCT_HTTP_GET, true},
        {LWSHUMETH_POST, LCT_HTTP_POST, false},     {LWSHUMETH_PUT, LCT_HTTP_PUT, false},
        {LWSHUMETH_DELETE, LCT_HTTP_DELETE, false}, {LWSHUMETH_OPTIONS, LCT_HTTP_OPTIONS, false},
        {LWSHUMETH_PATCH, LCT_HTTP_PATCH, false}};
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
    request->close_after = true; /* what follows is not understood */
    if (!read_method(method, request)) {
        lct_http_add_header(request, "Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS");
        lct_http_refuse(request, 405, "This method is not known here.", "不支持该方法。");
        return false;
    }
    request->path = lct_new(path_n + 1);
    request->path_n = path_n;
    memcpy(request->path, path, path_n);
    if (!copy_headers(wsi, request) || !copy_query(wsi, request)) {
        lct_http_refuse(request, 400, "The request's head is not proper.", "请求头不正确。");
        return false;
    }
    if (request->conn->is_proxy && !take_place(request->conn, request->client)) {
        lct_http_add_header(request, "Retry-After", "5");
        lct_http_refuse(request, 429, "Too many connections from your address.",
                        "来自您的地址的连接过多。");
        return false;
    }
    return true;
}

static void call_handler(void *opaque) {
    struct lct_http_request *request = opaque;
    request->route->handle(request->app, request);
}

/* All of the request is there. */
static void dispatch(struct lct_http_conn *conn) {
    struct lct_http_request *request = conn->request;
    hear(conn, false);
    lws_set_timeout(conn->wsi, NO_PENDING_TIMEOUT, 0);
    set_phase(conn, PHASE_HANDLER, LCT_HTTP_ANSWER_SECONDS);
    if (request->loop) {
        lct_loop_post(request->loop, call_handler, request);
    } else {
        call_handler(request);
    }
}

/* A request's head is there. */
static struct lct_http_request *begin_request(struct lct_http_conn *conn) {
    struct lct_http_hall *hall = conn->hall;
    struct lct_http_request *request = lct_new(sizeof *request);
    assert(!conn->request);
    request->mail = &hall->mail;
    request->readers = hall->readers;
    request->answered = begin_answer;
    request->conn = conn;
    find_client(conn, request);
    conn->request = request;
    hear(conn, false);
    set_phase(conn, PHASE_HANDLER, LCT_HTTP_ANSWER_SECONDS);
    atomic_fetch_add(&hall->requests, 1);
    return request;
}

static int on_request(struct lct_http_conn *conn, const char *path, size_t path_n) {
    struct lct_http_hall *hall = conn->hall;
    struct lct_http_request *request = begin_request(conn);
    if (!read_head(request, conn->wsi, path, path_n) || !lct_http_admit(request, &hall->options)) {
        return 0;
    }
    if (request->text_want == 0) {
        dispatch(conn);
        return 0;
    }
    request->text = lct_new(request->text_want + 1);
    hear(conn, true);
    set_phase(conn, PHASE_BODY, LCT_HTTP_BODY_SECONDS);
    return 0;
}

/* False with an answer given. */
static bool speaks_websocket(struct lws *wsi, struct lct_http_request *request) {
    char version[8] = "";
    if (lws_hdr_copy(wsi, version, sizeof version, WSI_TOKEN_VERSION) <= 0 ||
        strcmp(version, "13") != 0) {
        lct_http_add_header(request, "Sec-WebSocket-Version", "13");
        lct_http_refuse(request, 426, "WebSocket is spoken here in version 13 only.",
                        "此处仅支持 WebSocket 版本 13。");
        return false;
    }
    if (lws_hdr_total_length(wsi, WSI_TOKEN_KEY) <= 0 || request->text_want > 0) {
        lct_http_refuse(request, 400, "The request's head is not proper.", "请求头不正确。");
        return false;
    }
    return true;
}

/* The library asks whether it may shake hands: 0. What is refused is answered before it closes. */
static int on_upgrade(struct lct_http_conn *conn) {
    struct lct_http_hall *hall = conn->hall;
    char *path = NULL;
    int path_n = 0;
    char upgrade[16] = "";
    if (lws_hdr_copy(conn->wsi, upgrade, sizeof upgrade, WSI_TOKEN_UPGRADE) <= 0 ||
        strcasecmp(upgrade, "websocket") != 0 || conn->phase != PHASE_HEAD ||
        lws_http_get_uri_and_method(conn->wsi, &path, &path_n) < 0) {
        atomic_fetch_add(&hall->refused, 1);
        return -1;
    }
    struct lct_http_request *request = begin_request(conn);
    request->upgrade = true;
    if (read_head(request, conn->wsi, path, (size_t)path_n) &&
        lct_http_admit(request, &hall->options) && speaks_websocket(conn->wsi, request)) {
        lws_set_timeout(conn->wsi, NO_PENDING_TIMEOUT, 0);
        call_handler(request);
        assert(request->body);
    }
    if (request->body->kind->socket) {
        return 0; /* begins when the answer's letter is opened, the hands being shaken then */
    }
    atomic_fetch_add(&hall->refused, request->refused);
    request->close_after = true;
    (void)send_head(conn);
    return -1;
}

static int on_body(struct lct_http_conn *conn, const void *bytes, size_t n) {
    struct lct_http_request *request = conn->request;
    if (conn->phase != PHASE_BODY || n > request->text_want - request->text_n) {
        return 0; /* a body nobody reads: the connection ends with the answer */
    }
    if (n > 0) {
        memcpy(request->text + request->text_n, bytes, n);
        request->text_n += n;
    }
    return 0;
}

static int on_body_end(struct lct_http_conn *conn) {
    if (conn->phase == PHASE_BODY && conn->request->text_n == conn->request->text_want) {
        dispatch(conn);
    }
    return 0;
}

/* The connection. */

static bool is_proxy(const struct lct_http_hall *hall, const char *address) {
    const char *const *proxy = hall->options.proxies;
    while (proxy && *proxy && strcmp(*proxy, address) != 0) {
        proxy++;
    }
    return proxy && *proxy;
}

bool lct_http_conn_may_come(struct lct_http_hall *hall, int fd) {
    char peer[LCT_HTTP_CLIENT_SIZE];
    lct_http_peer(fd, peer, sizeof peer);
    if (!is_proxy(hall, peer) && !lct_http_places_any(hall->places, peer)) {
        return false;
    }
    if (hall->asking < LCT_HTTP_CONNECTIONS_MAX) {
        return true;
    }
    struct lct_http_conn *oldest = hall->oldest;
    if (oldest) {
        line_up(oldest, false);
        end_soon(oldest);
        atomic_fetch_add(&hall->refused, 1);
    }
    return oldest != NULL;
}

struct lct_http_conn *lct_http_conn_create(struct lct_http_hall *hall, struct lws *wsi) {
    struct lct_http_conn *conn = lct_new(sizeof *conn);
    conn->hall = hall;
    conn->wsi = wsi;
    conn->hears = true;
    conn->is_tls = lws_get_ssl(wsi) != NULL;
    lct_http_peer(lws_get_socket_fd(wsi), conn->peer, sizeof conn->peer);
    conn->is_proxy = is_proxy(hall, conn->peer);
    if (!conn->is_proxy && *conn->peer) {   /* else it has gone already */
        (void)take_place(conn, conn->peer); /* there is one: lct_http_conn_may_come */
    }
    conn->asks = true;
    hall->asking++;
    set_phase(conn, PHASE_HEAD, LCT_HTTP_HEAD_SECONDS);
    set_tick(wsi);
    atomic_fetch_add(&hall->connections, 1);
    return conn;
}

void lct_http_conn_destroy(struct lct_http_conn *conn) {
    leave_request(conn);
    line_up(conn, false);
    ask_no_more(conn);
    end_stream(conn);
    atomic_fetch_sub(&conn->hall->connections, 1);
    free(conn);
}

int lct_http_conn_event(struct lct_http_conn *conn, enum lws_callback_reasons reason,
                        const void *in, size_t n) {
    switch (reason) {
    case LWS_CALLBACK_TIMER:
        return on_tick(conn);
    case LWS_CALLBACK_HTTP:
        return on_request(conn, in, n);
    case LWS_CALLBACK_HTTP_BODY:
        return on_body(conn, in, n);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return on_body_end(conn);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return on_writable(conn);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: /* never look at "in": see the head of this file */
        return on_upgrade(conn);
    case LWS_CALLBACK_ESTABLISHED:
        ask_no_more(conn); /* a school of viewers comes from one address */
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return conn->phase == PHASE_SOCKET ? on_line(conn) : 0;
    case LWS_CALLBACK_RECEIVE:
        return on_heard(conn, n);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        return on_goodbye(conn);
    case LWS_CALLBACK_RAW_ADOPT:
    case LWS_CALLBACK_RAW_RX:
        atomic_fetch_add(&conn->hall->refused, 1);
        return -1;
    default:
        return 0;
    }
}

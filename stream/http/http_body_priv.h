// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The body of an answer, as its connection sees it: a row of pieces to be sent. Bytes in memory
 * (http_request.c), media that is read meanwhile (http_source.c), events (http_events.c), messages
 * of a WebSocket (http_socket.c); another kind of body is one more file like these. All functions:
 * the HTTP thread.
 *
 *     while (body->kind->look(body, &piece) == LCT_HTTP_PIECE) {
 *         n = send(piece.bytes, piece.n);
 *         body->kind->took(body, n);
 *     }
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct lct_http_body;

struct lct_http_piece {
    const void *bytes; /* borrowed from the body until took */
    size_t n;
    bool text; /* a socket's: its message is text */
};

enum lct_http_look {
    LCT_HTTP_PIECE,  /**< something to send */
    LCT_HTTP_WAIT,   /**< nothing yet: wake will be called */
    LCT_HTTP_END,    /**< all is sent */
    LCT_HTTP_BROKEN, /**< it breaks off: the connection must end, the client sees it is too short */
};

struct lct_http_body_kind {
    bool endless; /**< no length, no end of its own: closed after it, and it may be silent */
    bool socket;  /**< its pieces are messages of a WebSocket, each sent as a whole */
    /** It will be sent: from now on wake(arg) says that a look may find more. NULL: not needed. */
    void (*begin)(struct lct_http_body *body, void (*wake)(void *arg), void *arg);
    /** What is to be sent next. */
    enum lct_http_look (*look)(struct lct_http_body *body, struct lct_http_piece *ret_piece);
    /** n bytes of the piece are sent (1 to all of it). */
    void (*took)(struct lct_http_body *body, size_t n);
    /** Frees it, begun or not; wake is not called again. */
    void (*free)(struct lct_http_body *body);
};

/** First in each kind's own struct. */
struct lct_http_body {
    const struct lct_http_body_kind *kind;
};

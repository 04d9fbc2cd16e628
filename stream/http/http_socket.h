// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * WebSocket: an answer without an end, in messages. Whoever answers keeps what is to be said next
 * and is asked for it when the client's line takes more: one message at a time, its bytes written
 * as they are. Clients have nothing to say here; what they do say is bounded and passed over. All
 * of this happens in the HTTP thread.
 *
 *     static const struct lct_http_socket_kind kind = {look, took, closed};
 *     me->socket = lct_http_answer_socket(request, &kind, me);
 *     lct_http_socket_wake(me->socket);                 // a look may find more
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "stream/http/http_request.h"

struct lct_http_socket;

/** Free bytes that stand before each message: the frame's header is written there. */
#define LCT_HTTP_HEADROOM 16

/** Sockets at once. */
#define LCT_HTTP_SOCKETS_MAX 2048

/** Bytes a client may send in all: a viewer has nothing to say. Then it is closed with 1009. */
#define LCT_HTTP_SOCKET_HEARD_MAX 1024

/** A client that takes nothing for so long while something waits for it is cut off. */
#define LCT_HTTP_SOCKET_STALL_SECONDS 10

/** A client is asked for a sign of life so often, and cut off when it was silent for so long. */
#define LCT_HTTP_SOCKET_PING_SECONDS 15
#define LCT_HTTP_SOCKET_SILENT_SECONDS 30

struct lct_http_message {
    const uint8_t *bytes; /**< borrowed until took; LCT_HTTP_HEADROOM writable bytes before them */
    size_t n;
    bool text; /**< UTF-8 text; else binary */
};

enum lct_http_said {
    LCT_HTTP_SAY,    /**< there is a message */
    LCT_HTTP_SILENT, /**< nothing yet: wake the socket when there is */
    LCT_HTTP_BYE,    /**< all is said: closed with 1000 */
};

/** What a socket asks of whoever answered with it. */
struct lct_http_socket_kind {
    /** What is to be said next; asked again it may say another thing, until took. */
    enum lct_http_said (*look)(void *arg, struct lct_http_message *ret_message);
    /** The message of the last look is on its way. */
    void (*took)(void *arg);
    /** The socket is gone; called once, the last of all calls. */
    void (*closed)(void *arg);
};

/**
 * Answers a request to a route of LCT_HTTP_SOCKET with a socket. Takes the request; kind stays
 * where it is. In the handler's call. The socket is borrowed, until closed.
 */
struct lct_http_socket *lct_http_answer_socket(struct lct_http_request *request,
                                               const struct lct_http_socket_kind *kind, void *arg);

/** A look may find more than the last one. HTTP thread. */
void lct_http_socket_wake(struct lct_http_socket *socket);

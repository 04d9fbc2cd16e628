// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/http/http_socket.h"

#include <stdlib.h>

#include "base/mem.h"
#include "stream/http/http_request_priv.h"

struct lct_http_socket {
    struct lct_http_body body;
    const struct lct_http_socket_kind *kind;
    void *arg;
    void (*wake)(void *arg); /* NULL: not begun */
    void *wake_arg;
};

static void begin(struct lct_http_body *body, void (*wake)(void *arg), void *arg) {
    struct lct_http_socket *socket = (struct lct_http_socket *)body;
    socket->wake = wake;
    socket->wake_arg = arg;
}

static enum lct_http_look look(struct lct_http_body *body, struct lct_http_piece *ret_piece) {
    struct lct_http_socket *socket = (struct lct_http_socket *)body;
    struct lct_http_message message;
    switch (socket->kind->look(socket->arg, &message)) {
    case LCT_HTTP_SAY:
        *ret_piece = (struct lct_http_piece){message.bytes, message.n, message.text};
        return LCT_HTTP_PIECE;
    case LCT_HTTP_SILENT:
        return LCT_HTTP_WAIT;
    case LCT_HTTP_BYE:
        break;
    }
    return LCT_HTTP_END;
}

/* A message goes as a whole. */
static void took(struct lct_http_body *body, size_t n) {
    struct lct_http_socket *socket = (struct lct_http_socket *)body;
    (void)n;
    socket->kind->took(socket->arg);
}

static void lose(struct lct_http_body *body) {
    struct lct_http_socket *socket = (struct lct_http_socket *)body;
    socket->kind->closed(socket->arg);
    free(socket);
}

struct lct_http_socket *lct_http_answer_socket(struct lct_http_request *request,
                                               const struct lct_http_socket_kind *kind, void *arg) {
    static const struct lct_http_body_kind body = {
        .endless = true, .socket = true, .begin = begin, .look = look, .took = took, .free = lose};
    struct lct_http_socket *socket = lct_new(sizeof *socket);
    *socket = (struct lct_http_socket){.body = {&body}, .kind = kind, .arg = arg};
    lct_http_answer_body(request, 101, "", &socket->body, 0);
    return socket;
}

void lct_http_socket_wake(struct lct_http_socket *socket) {
    if (socket->wake) {
        socket->wake(socket->wake_arg);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* A socket as its connection sees it, without one. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "stream/http/http_request_priv.h"
#include "stream/http/http_socket.h"

/* Whoever answers: says so many messages, then nothing, and at the end goodbye. */
struct speaker {
    unsigned left, taken, closed;
    bool over;
};

static uint8_t message[LCT_HTTP_HEADROOM + 5] = "................hello";
static struct lct_http_request *answered;
static unsigned wakes;

static enum lct_http_said look(void *arg, struct lct_http_message *ret_message) {
    const struct speaker *speaker = arg;
    if (speaker->left == 0) {
        return speaker->over ? LCT_HTTP_BYE : LCT_HTTP_SILENT;
    }
    *ret_message = (struct lct_http_message){message + LCT_HTTP_HEADROOM, 5, speaker->left > 1};
    return LCT_HTTP_SAY;
}

static void took(void *arg) {
    struct speaker *speaker = arg;
    speaker->left--;
    speaker->taken++;
}

static void closed(void *arg) { ((struct speaker *)arg)->closed++; }

static void on_answered(void *request) { answered = request; }

static void nothing(void *arg) { (void)arg; }

static void count(void *arg) {
    (void)arg;
    wakes++;
}

Test(http_socket, says_what_there_is_and_ends) {
    static const struct lct_http_socket_kind kind = {look, took, closed};
    struct speaker speaker = {.left = 2};
    struct lct_http_mail mail;
    struct lct_http_piece piece;
    lct_http_mail_init(&mail, nothing, NULL);
    struct lct_http_request *request = lct_new(sizeof *request);
    request->mail = &mail;
    request->answered = on_answered;
    struct lct_http_socket *socket = lct_http_answer_socket(request, &kind, &speaker);
    lct_http_mail_deliver(&mail);
    cr_assert_eq(answered, request);
    cr_expect_eq(request->status, 101);
    struct lct_http_body *body = request->body;
    cr_assert(body->kind->socket && body->kind->endless);
    lct_http_socket_wake(socket); /* hands are not shaken yet: nobody to wake */
    body->kind->begin(body, count, NULL);
    cr_expect_eq(wakes, 0);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(body->kind->look(body, &piece), LCT_HTTP_PIECE);
        cr_assert_eq(body->kind->look(body, &piece), LCT_HTTP_PIECE, "a look takes nothing");
        cr_expect(piece.n == 5 && memcmp(piece.bytes, "hello", 5) == 0);
        cr_expect_eq(piece.text, i == 0);
        body->kind->took(body, piece.n);
    }
    cr_expect_eq(body->kind->look(body, &piece), LCT_HTTP_WAIT);
    lct_http_socket_wake(socket);
    cr_expect_eq(wakes, 1);
    speaker.over = true;
    cr_expect_eq(body->kind->look(body, &piece), LCT_HTTP_END);
    cr_expect(speaker.taken == 2 && speaker.closed == 0);
    lct_http_request_free(request);
    cr_expect_eq(speaker.closed, 1);
    lct_http_mail_close(&mail);
    lct_http_mail_fini(&mail);
}

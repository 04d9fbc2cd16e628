// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/http/http_events.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "base/mem.h"
#include "base/ref.h"
#include "stream/http/http_request_priv.h"

struct message {
    struct message *next;
    size_t n;
    char text[];
};

struct lct_http_stream {
    struct lct_http_body body;
    struct lct_ref ref; /* the owner's, the answer's, and one a letter */
    /* fixed */
    struct lct_http_mail *mail;
    struct lct_loop *loop;
    void (*closed)(void *arg);
    void *arg;
    /* any thread */
    atomic_bool ended; /* the owner gave it back */
    /* HTTP thread */
    void (*wake)(void *arg); /* NULL: not begun, or the connection is gone */
    void *wake_arg;
    struct message *sending;
    size_t sent; /* of it */
    /* guarded by lock */
    pthread_mutex_t lock;
    struct message *first;
    size_t waiting;
    bool posted; /* the HTTP thread knows */
    bool dead;   /* the connection ended */
};

static struct message *take_message(struct lct_http_stream *stream) {
    pthread_mutex_lock(&stream->lock);
    struct message *message = stream->first;
    if (message) {
        stream->first = message->next;
        stream->waiting--;
    }
    pthread_mutex_unlock(&stream->lock);
    return message;
}

static void unref(struct lct_http_stream *stream) {
    struct message *message;
    if (lct_ref_dec(&stream->ref)) {
        while ((message = take_message(stream))) {
            free(message);
        }
        free(stream->sending);
        pthread_mutex_destroy(&stream->lock);
        free(stream);
    }
}

/* HTTP thread: there is something to send, or the owner wants an end. */
static void on_letter(void *opaque) {
    struct lct_http_stream *stream = opaque;
    pthread_mutex_lock(&stream->lock);
    stream->posted = false;
    pthread_mutex_unlock(&stream->lock);
    if (stream->wake) {
        stream->wake(stream->wake_arg);
    }
    unref(stream);
}

/* Appends (or, with NULL, only wakes), dropping the oldest when there are too many. */
static void put(struct lct_http_stream *stream, struct message *message) {
    struct message *lost = NULL;
    pthread_mutex_lock(&stream->lock);
    bool post = !stream->dead && !stream->posted;
    if (stream->dead) {
        lost = message;
    } else if (message) {
        if (stream->waiting == LCT_HTTP_EVENTS_WAITING) {
            lost = stream->first;
            stream->first = lost->next;
            stream->waiting--;
        }
        struct message **last = &stream->first;
        while (*last) {
            last = &(*last)->next;
        }
        *last = message;
        stream->waiting++;
    }
    stream->posted = stream->posted || post;
    pthread_mutex_unlock(&stream->lock);
    free(lost);
    if (post) {
        lct_ref_inc(&stream->ref);
        lct_http_mail_post(stream->mail, on_letter, stream);
    }
}

void lct_http_stream_send(struct lct_http_stream *stream, const char *event, const char *data) {
    size_t n = strlen(event) + strlen(data) + sizeof "event: \ndata: \n\n";
    struct message *message = lct_new(sizeof *message + n);
    int length = snprintf(message->text, n, "event: %s\ndata: %s\n\n", event, data);
    message->n = (size_t)length;
    put(stream, message);
}

void lct_http_stream_end(struct lct_http_stream *stream) {
    atomic_store(&stream->ended, true);
    put(stream, NULL);
    unref(stream);
}

/* The answer's body. */

static void begin(struct lct_http_body *body, void (*wake)(void *arg), void *arg) {
    struct lct_http_stream *stream = (struct lct_http_stream *)body;
    stream->wake = wake;
    stream->wake_arg = arg;
}

static enum lct_http_look look(struct lct_http_body *body, struct lct_http_piece *ret_piece) {
    struct lct_http_stream *stream = (struct lct_http_stream *)body;
    if (atomic_load(&stream->ended)) {
        return LCT_HTTP_END;
    }
    if (!stream->sending) {
        stream->sending = take_message(stream);
        stream->sent = 0;
    }
    if (!stream->sending) {
        return LCT_HTTP_WAIT;
    }
    *ret_piece = (struct lct_http_piece){.bytes = stream->sending->text + stream->sent,
                                         .n = stream->sending->n - stream->sent};
    return LCT_HTTP_PIECE;
}

static void took(struct lct_http_body *body, size_t n) {
    struct lct_http_stream *stream = (struct lct_http_stream *)body;
    stream->sent += n;
    if (stream->sent == stream->sending->n) {
        free(stream->sending);
        stream->sending = NULL;
    }
}

/* The owner's loop. */
static void tell_closed(void *opaque) {
    struct lct_http_stream *stream = opaque;
    if (!atomic_load(&stream->ended)) {
        stream->closed(stream->arg);
    }
    unref(stream);
}

/* The connection has ended: tells the owner. */
static void lose(struct lct_http_body *body) {
    struct lct_http_stream *stream = (struct lct_http_stream *)body;
    pthread_mutex_lock(&stream->lock);
    stream->dead = true;
    pthread_mutex_unlock(&stream->lock);
    stream->wake = NULL;
    if (stream->loop && !atomic_load(&stream->ended)) {
        lct_ref_inc(&stream->ref);
        lct_loop_post(stream->loop, tell_closed, stream);
    }
    unref(stream);
}

struct lct_http_stream *lct_http_answer_events(struct lct_http_request *request,
                                               void (*closed)(void *arg), void *arg) {
    static const struct lct_http_body_kind kind = {
        .endless = true, .begin = begin, .look = look, .took = took, .free = lose};
    struct lct_http_stream *stream = lct_new(sizeof *stream);
    stream->body.kind = &kind;
    lct_ref_init(&stream->ref); /* the owner's */
    lct_ref_inc(&stream->ref);  /* the answer's */
    stream->mail = request->mail;
    stream->loop = request->loop;
    stream->closed = closed;
    stream->arg = arg;
    pthread_mutex_init(&stream->lock, NULL);
    lct_http_answer_body(request, 200, "text/event-stream", &stream->body, 0);
    return stream;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Letters to the HTTP thread: the only way in which other threads reach a connection. When that
 * thread has ended a letter is opened by whoever posts it, so that what hangs on it is freed.
 *
 *     lct_http_mail_post(mail, begin_answer, request);   // any thread
 *     lct_http_mail_deliver(mail);                       // HTTP thread, after each wake
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

struct lct_http_letter;

enum lct_http_mail_state { LCT_HTTP_MAIL_OPEN, LCT_HTTP_MAIL_QUIET, LCT_HTTP_MAIL_CLOSED };

struct lct_http_mail {
    /* fixed after init */
    void (*wake)(void *arg);
    void *arg;
    /* guarded by lock */
    pthread_mutex_t lock;
    struct lct_http_letter *first;
    struct lct_http_letter **last;
    enum lct_http_mail_state state;
};

/** An empty mailbox in place; wake(arg) makes the HTTP thread deliver, and is called under a lock:
 * it may call nothing of ours. */
void lct_http_mail_init(struct lct_http_mail *mail, void (*wake)(void *arg), void *arg);

/** Nobody posts any more, and all is delivered. */
void lct_http_mail_fini(struct lct_http_mail *mail);

/** Has run(arg) called in the HTTP thread, in the order of posting; once the mailbox is closed, at
 * once in this thread. Any thread. */
void lct_http_mail_post(struct lct_http_mail *mail, void (*run)(void *), void *arg);

/** HTTP thread: runs what was posted. */
void lct_http_mail_deliver(struct lct_http_mail *mail);

/** HTTP thread: wake is not called any more (what it wakes goes away now). */
void lct_http_mail_quiet(struct lct_http_mail *mail);

/** HTTP thread, its last act: delivers the rest; later letters run where they are posted. */
void lct_http_mail_close(struct lct_http_mail *mail);

// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/http/http_mail_priv.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

struct lct_http_letter {
    struct lct_http_letter *next;
    void (*run)(void *);
    void *arg;
};

void lct_http_mail_init(struct lct_http_mail *mail, void (*wake)(void *arg), void *arg) {
    *mail = (struct lct_http_mail){.wake = wake, .arg = arg};
    mail->last = &mail->first;
    pthread_mutex_init(&mail->lock, NULL);
}

void lct_http_mail_fini(struct lct_http_mail *mail) {
    assert(!mail->first);
    pthread_mutex_destroy(&mail->lock);
}

void lct_http_mail_post(struct lct_http_mail *mail, void (*run)(void *), void *arg) {
    struct lct_http_letter *letter = lct_new(sizeof *letter);
    *letter = (struct lct_http_letter){.run = run, .arg = arg};
    pthread_mutex_lock(&mail->lock);
    bool closed = mail->state == LCT_HTTP_MAIL_CLOSED;
    if (!closed) {
        bool first = mail->first == NULL;
        *mail->last = letter;
        mail->last = &letter->next;
        if (first && mail->state == LCT_HTTP_MAIL_OPEN) {
            mail->wake(mail->arg); /* under lock: quiet waits for it */
        }
    }
    pthread_mutex_unlock(&mail->lock);
    if (closed) {
        free(letter);
        run(arg);
    }
}

void lct_http_mail_deliver(struct lct_http_mail *mail) {
    pthread_mutex_lock(&mail->lock);
    struct lct_http_letter *letter = mail->first;
    mail->first = NULL;
    mail->last = &mail->first;
    pthread_mutex_unlock(&mail->lock);
    while (letter) {
        struct lct_http_letter *next = letter->next;
        letter->run(letter->arg);
        free(letter);
        letter = next;
    }
}

static void set_state(struct lct_http_mail *mail, enum lct_http_mail_state state) {
    pthread_mutex_lock(&mail->lock);
    mail->state = state;
    pthread_mutex_unlock(&mail->lock);
}

void lct_http_mail_quiet(struct lct_http_mail *mail) { set_state(mail, LCT_HTTP_MAIL_QUIET); }

void lct_http_mail_close(struct lct_http_mail *mail) {
    set_state(mail, LCT_HTTP_MAIL_CLOSED);
    lct_http_mail_deliver(mail);
}

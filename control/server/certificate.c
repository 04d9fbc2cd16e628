// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/certificate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"

LCT_LOG_TOPIC("certificate");

/* What shows that a file is another one, or has been written. */
struct mark {
    dev_t device;
    ino_t number;
    off_t size;
    struct timespec changed;
};

struct marks {
    struct mark certificate, key;
};

struct lct_certificate {
    /* fixed after open */
    struct lct_certificate_options options;
    /* disk loop */
    struct lct_timer *timer;
    struct marks tried, seen;  /* of the files as they were read; at the last look */
    enum lct_cert_state state; /* as it was said */
    /* guarded by lock */
    pthread_mutex_t lock;
    struct lct_cert *cert;
    struct lct_fault refused; /* of newer files that were not taken; code 0: none */
};

static void look_at(const char *path, struct mark *ret_mark) {
    struct stat file = {0};
    memset(ret_mark, 0, sizeof *ret_mark); /* what lies between its members too */
    if (stat(path, &file) == 0) {
        ret_mark->device = file.st_dev;
        ret_mark->number = file.st_ino;
        ret_mark->size = file.st_size;
        ret_mark->changed = file.st_ctim;
    }
}

static void look(const struct lct_certificate *c, struct marks *ret_marks) {
    look_at(c->options.certificate, &ret_marks->certificate);
    look_at(c->options.key, &ret_marks->key);
}

static bool are_same(const struct marks *a, const struct marks *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

/* Says how it stands when that is not what was said last. */
static void judge(struct lct_certificate *c) {
    struct lct_fault fault;
    enum lct_cert_state state = lct_cert_state(c->cert, lct_wall(), &fault);
    if (state != c->state && state != LCT_CERT_GOOD) {
        lct_error("the certificate is not good", "file=%s why=%s", c->options.certificate,
                  fault.en);
    }
    c->state = state;
}

/* Reads the files, which have changed. */
static void renew(struct lct_certificate *c) {
    struct lct_cert *cert = NULL, *before = NULL;
    struct lct_fault fault = {0};
    int rc = lct_cert_load(c->options.certificate, c->options.key, &cert, &fault);
    pthread_mutex_lock(&c->lock);
    c->refused = fault;
    if (rc == 0) {
        before = c->cert;
        c->cert = cert;
    }
    pthread_mutex_unlock(&c->lock);
    if (rc < 0) {
        lct_error("the certificate stays the old one", "why=%s", fault.en);
        return;
    }
    lct_cert_unref(before);
    lct_info("the certificate is a new one", "file=%s", c->options.certificate);
    c->state = LCT_CERT_GOOD;
    c->options.renewed(c->options.arg, lct_cert_ref(cert));
}

/* Files that change are left alone until the next look: the second of two may be on its way. */
static void on_look(void *arg) {
    struct lct_certificate *c = arg;
    struct marks now;
    look(c, &now);
    if (!are_same(&now, &c->tried) && are_same(&now, &c->seen)) {
        c->tried = now;
        renew(c);
    }
    c->seen = now;
    judge(c);
    lct_timer_set(c->timer, lct_monotonic() + LCT_CERTIFICATE_INTERVAL);
}

int lct_certificate_open(const struct lct_certificate_options *options,
                         struct lct_certificate **ret_certificate, struct lct_fault *fault) {
    struct lct_certificate *c = lct_new(sizeof *c);
    c->options = *options;
    look(c, &c->tried);
    int rc = lct_cert_load(options->certificate, options->key, &c->cert, fault);
    if (rc < 0) {
        free(c);
        return rc;
    }
    c->seen = c->tried;
    pthread_mutex_init(&c->lock, NULL);
    judge(c);
    *ret_certificate = c;
    return 0;
}

struct lct_cert *lct_certificate_now(struct lct_certificate *c) {
    pthread_mutex_lock(&c->lock);
    struct lct_cert *cert = lct_cert_ref(c->cert);
    pthread_mutex_unlock(&c->lock);
    return cert;
}

void lct_certificate_watch(struct lct_certificate *c) {
    c->timer = lct_timer_create(c->options.disk, on_look, c);
    lct_timer_set(c->timer, lct_monotonic() + LCT_CERTIFICATE_INTERVAL);
}

void lct_certificate_unwatch(struct lct_certificate *c) {
    if (c) {
        lct_timer_destroy(c->timer);
        c->timer = NULL;
    }
}

json_t *lct_certificate_json(struct lct_certificate *c) {
    char until[25];
    struct lct_fault ill = {0}, refused;
    struct lct_cert *cert = lct_certificate_now(c);
    lct_ns now = lct_wall(), end = lct_cert_end(cert);
    bool is_good = lct_cert_state(cert, now, &ill) == LCT_CERT_GOOD;
    lct_cert_unref(cert);
    pthread_mutex_lock(&c->lock);
    refused = c->refused;
    pthread_mutex_unlock(&c->lock);
    lct_wall_format(end, until, sizeof until);
    json_t *json = json_pack("{s:s, s:I}", "until", until, "days",
                             (json_int_t)((end - now) / (86400 * LCT_SECOND)));
    if (refused.code || !is_good) {
        json_object_set_new(json, "fault", lct_json_of_fault(refused.code ? &refused : &ill));
    }
    return json;
}

void lct_certificate_close(struct lct_certificate *c) {
    if (c) {
        lct_cert_unref(c->cert);
        pthread_mutex_destroy(&c->lock);
        free(c);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/stream_priv.h"

struct lct_tls {
    /* fixed after create */
    bool is_called;
    char *name; /* whom we call; NULL: the pin says it */
    uint8_t pin[LCT_DIGEST_SIZE];
    BIO_METHOD *wire;
    /* guarded by lock */
    pthread_mutex_t lock;
    SSL_CTX *ctx;
};

struct tls_stream {
    struct lct_stream stream; /* first */
    SSL *ssl;
    bool read_waits_to_write, write_waits_to_read;
    size_t held, held_sent; /* of the record below; it is repeated as it was until it is taken */
    uint8_t record[LCT_TLS_RECORD];
};

/* ---- the wire: a socket that raises no SIGPIPE ---- */

static int wire_result(BIO *bio, ssize_t n, void (*retry)(BIO *)) {
    BIO_clear_retry_flags(bio);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        retry(bio);
    }
    return (int)n;
}

static void retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static void retry_write(BIO *bio) { BIO_set_retry_write(bio); }

static int wire_read(BIO *bio, char *bytes, int n) {
    const struct lct_stream *stream = BIO_get_data(bio);
    ssize_t got = recv(stream->fd, bytes, (size_t)n, MSG_DONTWAIT);
    return wire_result(bio, got, retry_read);
}

static int wire_write(BIO *bio, const char *bytes, int n) {
    const struct lct_stream *stream = BIO_get_data(bio);
    ssize_t sent = send(stream->fd, bytes, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
    return wire_result(bio, sent, retry_write);
}

static long wire_ctrl(BIO *bio, int what, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return what == BIO_CTRL_FLUSH; /* there is nothing between us and the socket */
}

static BIO_METHOD *make_wire(void) {
    BIO_METHOD *wire = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket");
    if (!wire || BIO_meth_set_write(wire, wire_write) != 1 ||
        BIO_meth_set_read(wire, wire_read) != 1 || BIO_meth_set_ctrl(wire, wire_ctrl) != 1) {
        abort(); /* out of memory: base/mem.h */
    }
    return wire;
}

/* ---- streams ---- */

/* What OpenSSL said, as -errno; sets why. */
static ssize_t trouble(struct tls_stream *s, int rc, bool *waits_for_the_other, int other) {
    int saved = errno;
    int code = SSL_get_error(s->ssl, rc);
    if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE) {
        *waits_for_the_other = code == other;
        return -EAGAIN;
    }
    if (code == SSL_ERROR_ZERO_RETURN || (code == SSL_ERROR_SYSCALL && saved == 0)) {
        return 0;
    }
    if (code == SSL_ERROR_SYSCALL) {
        return -saved;
    }
    bool cut = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    bool untrusted = SSL_get_verify_result(s->ssl) != X509_V_OK;
    s->stream.why = cut ? "end" : untrusted ? "certificate" : "tls";
    ERR_clear_error();
    return -EPROTO;
}

static ssize_t tls_read(struct lct_stream *stream, void *bytes, size_t n) {
    struct tls_stream *s = (struct tls_stream *)stream;
    ERR_clear_error();
    errno = 0;
    s->read_waits_to_write = false;
    int rc = SSL_read(s->ssl, bytes, n < INT32_MAX ? (int)n : INT32_MAX);
    return rc > 0 ? rc : trouble(s, rc, &s->read_waits_to_write, SSL_ERROR_WANT_WRITE);
}

/* 0, -EAGAIN or -errno. */
static ssize_t send_held(struct tls_stream *s) {
    while (s->held_sent < s->held) {
        ERR_clear_error();
        errno = 0;
        s->write_waits_to_read = false;
        int rc = SSL_write(s->ssl, s->record + s->held_sent, (int)(s->held - s->held_sent));
        if (rc <= 0) {
            ssize_t code = trouble(s, rc, &s->write_waits_to_read, SSL_ERROR_WANT_READ);
            return code == 0 ? -EPIPE : code;
        }
        s->held_sent += (size_t)rc;
    }
    s->held = s->held_sent = 0;
    return 0;
}

static ssize_t tls_write(struct lct_stream *stream, const struct iovec *pieces, size_t count) {
    struct tls_stream *s = (struct tls_stream *)stream;
    ssize_t rc = send_held(s);
    if (rc < 0) {
        return rc;
    }
    /* One record of many small messages; and OpenSSL wants to be given the same bytes again. */
    for (size_t i = 0; i < count && s->held < sizeof s->record; i++) {
        size_t room = sizeof s->record - s->held;
        size_t n = pieces[i].iov_len < room ? pieces[i].iov_len : room;
        memcpy(s->record + s->held, pieces[i].iov_base, n);
        s->held += n;
    }
    ssize_t taken = (ssize_t)s->held;
    rc = send_held(s);
    return rc < 0 && rc != -EAGAIN ? rc : taken;
}

static bool tls_holds(const struct lct_stream *stream) {
    return ((const struct tls_stream *)stream)->held > 0;
}

static bool tls_has(const struct lct_stream *stream) {
    return SSL_pending(((const struct tls_stream *)stream)->ssl) > 0;
}

static uint32_t tls_events(const struct lct_stream *stream, bool more) {
    const struct tls_stream *s = (const struct tls_stream *)stream;
    bool out = s->read_waits_to_write || (more && !s->write_waits_to_read);
    return EPOLLIN | (out ? (uint32_t)EPOLLOUT : 0U);
}

static void tls_destroy(struct lct_stream *stream) {
    struct tls_stream *s = (struct tls_stream *)stream;
    if (SSL_is_init_finished(s->ssl)) {
        (void)SSL_shutdown(s->ssl); /* close_notify, if there is room for it now */
    }
    ERR_clear_error();
    SSL_free(s->ssl);
    free(s);
}

static const struct lct_stream_kind kind = {tls_read, tls_write,  tls_holds,
                                            tls_has,  tls_events, tls_destroy};

static void name_whom(SSL *ssl, const char *name) {
    uint8_t address[16];
    bool numeric =
        inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
    int ok = numeric ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name)
                     : SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
    if (ok != 1) {
        abort(); /* out of memory; an empty name was refused at create */
    }
}

struct lct_stream *lct_tls_stream(struct lct_tls *tls, int fd) {
    struct tls_stream *s = lct_new(sizeof *s);
    s->stream = (struct lct_stream){.kind = &kind, .fd = fd};
    pthread_mutex_lock(&tls->lock);
    s->ssl = SSL_new(tls->ctx);
    pthread_mutex_unlock(&tls->lock);
    BIO *bio = BIO_new(tls->wire);
    if (!s->ssl || !bio) {
        abort(); /* out of memory: base/mem.h */
    }
    BIO_set_data(bio, s);
    BIO_set_init(bio, 1);
    SSL_set_bio(s->ssl, bio, bio);
    SSL_set_app_data(s->ssl, tls);
    if (tls->is_called) {
        SSL_set_accept_state(s->ssl);
    } else {
        SSL_set_connect_state(s->ssl);
    }
    if (tls->name) {
        name_whom(s->ssl, tls->name);
    }
    return &s->stream;
}

/* ---- sides ---- */

static SSL_CTX *make_context(const SSL_METHOD *method) {
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1) {
        abort(); /* out of memory: base/mem.h */
    }
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return ctx;
}

static struct lct_tls *make_side(SSL_CTX *ctx) {
    struct lct_tls *tls = lct_new(sizeof *tls);
    tls->ctx = ctx;
    tls->wire = make_wire();
    pthread_mutex_init(&tls->lock, NULL);
    return tls;
}

/* A context that shows the certificate; NULL when OpenSSL does not take it. */
static SSL_CTX *make_server(const struct lct_cert *cert) {
    SSL_CTX *ctx = make_context(TLS_server_method());
    if (lct_cert_show(cert, ctx) < 0) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

int lct_tls_server(const struct lct_cert *cert, struct lct_tls **ret_tls) {
    SSL_CTX *ctx = make_server(cert);
    if (!ctx) {
        return -EINVAL;
    }
    *ret_tls = make_side(ctx);
    (*ret_tls)->is_called = true;
    return 0;
}

int lct_tls_show(struct lct_tls *tls, const struct lct_cert *cert) {
    SSL_CTX *ctx = make_server(cert);
    if (!ctx) {
        return -EINVAL;
    }
    pthread_mutex_lock(&tls->lock);
    SSL_CTX *before = tls->ctx;
    tls->ctx = ctx;
    pthread_mutex_unlock(&tls->lock);
    SSL_CTX_free(before);
    return 0;
}

static bool sum_of(const X509 *cert, uint8_t ret_sum[LCT_DIGEST_SIZE]) {
    unsigned n = 0;
    return X509_digest(cert, EVP_sha256(), ret_sum, &n) == 1 && n == LCT_DIGEST_SIZE;
}

/* In place of a chain of trust: it is the one certificate that we were told of. */
static int is_pinned(X509_STORE_CTX *store, void *unused) {
    (void)unused;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const struct lct_tls *tls = SSL_get_app_data(ssl);
    const X509 *cert = X509_STORE_CTX_get0_cert(store);
    uint8_t shown[LCT_DIGEST_SIZE];
    bool ok = cert && sum_of(cert, shown) && lct_secret_equal(shown, tls->pin, LCT_DIGEST_SIZE);
    X509_STORE_CTX_set_error(store, ok ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
    return ok;
}

int lct_tls_client(const struct lct_tls_trust *trust, struct lct_tls **ret_tls,
                   struct lct_fault *fault) {
    SSL_CTX *ctx = make_context(TLS_client_method());
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    if (trust->pin) {
        SSL_CTX_set_cert_verify_callback(ctx, is_pinned, NULL);
    } else if (trust->ca ? SSL_CTX_load_verify_file(ctx, trust->ca) != 1
                         : SSL_CTX_set_default_verify_paths(ctx) != 1) {
        ERR_clear_error();
        SSL_CTX_free(ctx);
        return lct_fault_set(fault, -EINVAL, "tls",
                             "%s holds no authorities' certificates in PEM, or cannot be read.",
                             "%s 中没有 PEM 格式的 CA 证书，或无法读取。",
                             trust->ca ? trust->ca : "/etc/ssl/certs");
    }
    struct lct_tls *tls = make_side(ctx);
    if (trust->pin) {
        memcpy(tls->pin, trust->pin, sizeof tls->pin);
    } else {
        tls->name = lct_strdup(trust->name);
    }
    *ret_tls = tls;
    return 0;
}

void lct_tls_destroy(struct lct_tls *tls) {
    if (!tls) {
        return;
    }
    SSL_CTX_free(tls->ctx);
    BIO_meth_free(tls->wire);
    pthread_mutex_destroy(&tls->lock);
    free(tls->name);
    free(tls);
}

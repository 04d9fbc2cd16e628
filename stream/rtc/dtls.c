// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/rtc/dtls.h"

#include <assert.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/cert.h"
#include "base/mem.h"

#define FINGERPRINT_SIZE 32
#define CERTIFICATES_MAX 8192 /* bytes of what they show; browsers show about 300 */

/* The first pause before a flight is sent again, and the longest: each is twice the one before. A
 * round trip of a viewer is some 10 to 300 ms, and a flight too many does no harm. */
#define PAUSE_FIRST_US 100000U
#define PAUSE_MAX_US 1600000U

#define KEY_SIZE 16
#define LABEL "EXTRACTOR-dtls_srtp"

struct lct_dtls_ctx {
    SSL_CTX *ssl;
    BIO_METHOD *wire;
    uint8_t fingerprint[FINGERPRINT_SIZE];
    uint8_t out[LCT_DTLS_MTU]; /* the datagram of whose turn it is; empty between our functions */
    size_t out_n;
};

struct lct_dtls {
    struct lct_dtls_ctx *ctx;
    SSL *ssl;
    void (*send)(void *arg, const uint8_t *bytes, size_t n);
    void *arg;
    uint8_t fingerprint[FINGERPRINT_SIZE]; /* what theirs must be */
    enum lct_dtls_state state;
    lct_ns begun;
    const uint8_t *in; /* the datagram that is being taken, until OpenSSL has read it */
    size_t in_n;
};

/* ---- the wire: what OpenSSL reads is the datagram that is there ---- */

static void flush(struct lct_dtls *dtls) {
    struct lct_dtls_ctx *ctx = dtls->ctx;
    if (ctx->out_n > 0) {
        dtls->send(dtls->arg, ctx->out, ctx->out_n);
        ctx->out_n = 0;
    }
}

/* OpenSSL writes whole records and keeps to the MTU, but sends a lost flight again one by one. */
static int wire_write(BIO *bio, const char *bytes, int n) {
    struct lct_dtls *dtls = BIO_get_data(bio);
    struct lct_dtls_ctx *ctx = dtls->ctx;
    assert(n >= 0 && n <= LCT_DTLS_MTU);
    if (ctx->out_n + (size_t)n > LCT_DTLS_MTU) {
        flush(dtls);
    }
    memcpy(ctx->out + ctx->out_n, bytes, (size_t)n);
    ctx->out_n += (size_t)n;
    return n;
}

static int wire_read(BIO *bio, char *out, int size) {
    struct lct_dtls *dtls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!dtls->in) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t n = dtls->in_n < (size_t)size ? dtls->in_n : (size_t)size;
    memcpy(out, dtls->in, n);
    dtls->in = NULL;
    return (int)n;
}

static long wire_ctrl(BIO *bio, int what, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return what == BIO_CTRL_FLUSH; /* flush() does it; of MTU and timers it knows nothing */
}

static BIO_METHOD *make_wire(void) {
    BIO_METHOD *wire = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "datagrams");
    if (wire && BIO_meth_set_write(wire, wire_write) == 1 &&
        BIO_meth_set_read(wire, wire_read) == 1 && BIO_meth_set_ctrl(wire, wire_ctrl) == 1) {
        return wire;
    }
    BIO_meth_free(wire);
    return NULL;
}

/* ---- the server ---- */

static bool take_fingerprint(const X509 *cert, uint8_t out[FINGERPRINT_SIZE]) {
    unsigned n = 0;
    return X509_digest(cert, EVP_sha256(), out, &n) == 1 && n == FINGERPRINT_SIZE;
}

/* In place of a chain of trust: the certificate is the one that the offer named. */
static int is_theirs(X509_STORE_CTX *store, void *unused) {
    (void)unused;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const struct lct_dtls *dtls = SSL_get_app_data(ssl);
    const X509 *cert = X509_STORE_CTX_get0_cert(store);
    uint8_t shown[FINGERPRINT_SIZE];
    bool ok = cert && take_fingerprint(cert, shown) &&
              CRYPTO_memcmp(shown, dtls->fingerprint, FINGERPRINT_SIZE) == 0;
    X509_STORE_CTX_set_error(store, ok ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
    return ok;
}

/* Nobody looks at its name or its dates: the fingerprint stands in the answer to the offer. */
static bool certify(struct lct_dtls_ctx *ctx) {
    struct lct_cert *cert = lct_cert_create_own();
    bool own;
    lct_cert_sum(cert, ctx->fingerprint, &own);
    int rc = lct_cert_show(cert, ctx->ssl);
    lct_cert_unref(cert);
    return rc == 0;
}

static bool configure(SSL_CTX *ssl) {
    SSL_CTX_set_options(ssl,
                        SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_max_cert_list(ssl, CERTIFICATES_MAX);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ssl, is_theirs, NULL);
    return SSL_CTX_set_min_proto_version(ssl, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ssl, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_send_fragment(ssl, LCT_DTLS_MTU) == 1 && /* sizes the write buffer */
           SSL_CTX_set_cipher_list(ssl, "ECDHE-ECDSA-AES128-GCM-SHA256:"
                                        "ECDHE-ECDSA-CHACHA20-POLY1305:"
                                        "ECDHE-ECDSA-AES256-GCM-SHA384") == 1 &&
           SSL_CTX_set1_groups_list(ssl, "X25519:P-256") == 1 &&
           /* the one call of them that answers 0 when all is well */
           SSL_CTX_set_tlsext_use_srtp(ssl, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") == 0;
}

int lct_dtls_ctx_create(struct lct_dtls_ctx **ret_ctx, struct lct_fault *fault) {
    struct lct_dtls_ctx *ctx = lct_new(sizeof *ctx);
    ERR_clear_error();
    ctx->ssl = SSL_CTX_new(DTLS_server_method());
    ctx->wire = make_wire();
    if (!ctx->ssl || !ctx->wire || !certify(ctx) || !configure(ctx->ssl)) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        lct_dtls_ctx_destroy(ctx);
        return lct_fault_set(fault, -EIO, "rtc",
                             "The certificate for live viewers could not be made (%s).",
                             "无法生成直播所用的证书（%s）。", reason ? reason : "OpenSSL");
    }
    *ret_ctx = ctx;
    return 0;
}

void lct_dtls_ctx_destroy(struct lct_dtls_ctx *ctx) {
    if (ctx) {
        SSL_CTX_free(ctx->ssl);
        BIO_meth_free(ctx->wire);
        free(ctx);
    }
}

const uint8_t *lct_dtls_fingerprint(const struct lct_dtls_ctx *ctx) { return ctx->fingerprint; }

/* ---- one viewer ---- */

/* Called with 0 for the first pause, then with the pause that has just passed. */
static unsigned next_pause(SSL *ssl, unsigned us) {
    (void)ssl;
    if (us == 0) {
        return PAUSE_FIRST_US;
    }
    return 2 * us < PAUSE_MAX_US ? 2 * us : PAUSE_MAX_US;
}

int lct_dtls_create(struct lct_dtls_ctx *ctx, const uint8_t fingerprint[FINGERPRINT_SIZE],
                    void (*send)(void *arg, const uint8_t *bytes, size_t n), void *arg,
                    struct lct_dtls **ret_dtls) {
    SSL *ssl = SSL_new(ctx->ssl);
    BIO *bio = BIO_new(ctx->wire);
    if (!ssl || !bio) {
        SSL_free(ssl);
        (void)BIO_free(bio);
        return -ENOMEM;
    }
    struct lct_dtls *dtls = lct_new(sizeof *dtls);
    *dtls = (struct lct_dtls){
        .ctx = ctx, .ssl = ssl, .send = send, .arg = arg, .begun = lct_monotonic()};
    memcpy(dtls->fingerprint, fingerprint, FINGERPRINT_SIZE);
    BIO_set_data(bio, dtls);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio); /* takes both references */
    SSL_set_app_data(ssl, dtls);
    (void)DTLS_set_link_mtu(ssl, LCT_DTLS_MTU); /* refuses less than 256 only */
    DTLS_set_timer_cb(ssl, next_pause);
    SSL_set_accept_state(ssl);
    *ret_dtls = dtls;
    return 0;
}

void lct_dtls_destroy(struct lct_dtls *dtls) {
    if (!dtls) {
        return;
    }
    if (dtls->state == LCT_DTLS_OPEN && SSL_alloc_buffers(dtls->ssl) == 1) {
        (void)SSL_shutdown(dtls->ssl); /* says goodbye; nobody waits for theirs */
        flush(dtls);
    }
    ERR_clear_error();
    SSL_free(dtls->ssl);
    free(dtls);
}

/* The state after OpenSSL returned rc, which is no success. */
static enum lct_dtls_state judge(const struct lct_dtls *dtls, int rc) {
    switch (SSL_get_error(dtls->ssl, rc)) {
    case SSL_ERROR_WANT_READ:
        return dtls->state;
    case SSL_ERROR_ZERO_RETURN:
        return LCT_DTLS_CLOSED;
    default:
        return LCT_DTLS_FAILED;
    }
}

static enum lct_dtls_state shake(const struct lct_dtls *dtls) {
    int rc = SSL_do_handshake(dtls->ssl);
    if (rc != 1) {
        return judge(dtls, rc);
    }
    return SSL_get_selected_srtp_profile(dtls->ssl) ? LCT_DTLS_OPEN : LCT_DTLS_FAILED;
}

/* Goodbyes, alerts and flights sent again; data is not for us. */
static enum lct_dtls_state listen_on(const struct lct_dtls *dtls) {
    uint8_t unwanted[256];
    int rc;
    do {
        rc = SSL_read(dtls->ssl, unwanted, sizeof unwanted);
    } while (rc > 0);
    return judge(dtls, rc);
}

enum lct_dtls_state lct_dtls_take(struct lct_dtls *dtls, const uint8_t *bytes, size_t n) {
    bool open = dtls->state == LCT_DTLS_OPEN;
    if (n == 0 || (!open && dtls->state != LCT_DTLS_SHAKING) ||
        (open && SSL_alloc_buffers(dtls->ssl) != 1)) {
        return dtls->state;
    }
    dtls->in = bytes;
    dtls->in_n = n;
    ERR_clear_error(); /* SSL_get_error looks at what lies there */
    if (dtls->state == LCT_DTLS_SHAKING) {
        dtls->state = shake(dtls);
    }
    if (dtls->state == LCT_DTLS_OPEN) {
        dtls->state = listen_on(dtls);
    }
    dtls->in = NULL;
    flush(dtls);
    if (dtls->state == LCT_DTLS_OPEN) {
        (void)SSL_free_buffers(dtls->ssl); /* 18 KB; that it may refuse does no harm */
    }
    ERR_clear_error();
    return dtls->state;
}

lct_ns lct_dtls_deadline(const struct lct_dtls *dtls) {
    struct timeval left;
    if (dtls->state != LCT_DTLS_SHAKING) {
        return LCT_NS_NONE;
    }
    lct_ns end = dtls->begun + LCT_DTLS_PATIENCE;
    if (DTLSv1_get_timeout(dtls->ssl, &left) != 1) {
        return end;
    }
    lct_ns again = lct_monotonic() + left.tv_sec * LCT_SECOND + left.tv_usec * LCT_US;
    return again < end ? again : end;
}

enum lct_dtls_state lct_dtls_tick(struct lct_dtls *dtls) {
    if (dtls->state != LCT_DTLS_SHAKING) {
        return dtls->state;
    }
    ERR_clear_error();
    if (lct_monotonic() >= dtls->begun + LCT_DTLS_PATIENCE ||
        DTLSv1_handle_timeout(dtls->ssl) < 0) {
        dtls->state = LCT_DTLS_FAILED;
    }
    flush(dtls);
    ERR_clear_error();
    return dtls->state;
}

int lct_dtls_keys(struct lct_dtls *dtls, enum lct_srtp_profile *ret_profile,
                  uint8_t ret_ours[LCT_SRTP_KEY_MAX], uint8_t ret_theirs[LCT_SRTP_KEY_MAX]) {
    if (dtls->state != LCT_DTLS_OPEN) {
        return -EINVAL;
    }
    /* client's key, server's key, client's salt, server's salt */
    uint8_t material[2 * LCT_SRTP_KEY_MAX];
    enum lct_srtp_profile profile =
        (enum lct_srtp_profile)SSL_get_selected_srtp_profile(dtls->ssl)->id;
    size_t salt = lct_srtp_salt(profile);
    int rc = SSL_export_keying_material(dtls->ssl, material, 2 * (KEY_SIZE + salt), LABEL,
                                        strlen(LABEL), NULL, 0, 0) == 1
                 ? 0
                 : -EIO;
    if (rc == 0) {
        memset(ret_theirs, 0, LCT_SRTP_KEY_MAX);
        memset(ret_ours, 0, LCT_SRTP_KEY_MAX);
        memcpy(ret_theirs, material, KEY_SIZE);
        memcpy(ret_ours, material + KEY_SIZE, KEY_SIZE);
        memcpy(ret_theirs + KEY_SIZE, material + 2 * KEY_SIZE, salt);
        memcpy(ret_ours + KEY_SIZE, material + 2 * KEY_SIZE + salt, salt);
        *ret_profile = profile;
    }
    OPENSSL_cleanse(material, sizeof material);
    return rc;
}

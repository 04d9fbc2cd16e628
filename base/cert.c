// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/cert.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/ref.h"

#define YEARS_30 (30L * 365 * 24 * 3600)

struct lct_cert {
    struct lct_ref ref;
    X509 *own;
    STACK_OF(X509) * chain; /* who vouch for it */
    EVP_PKEY *key;
    lct_ns begin, end; /* on the wall clock */
};

/* ---- reading ---- */

static int not_read(struct lct_fault *fault, int rc, const char *path) {
    return lct_fault_set(fault, rc, "certificate", "%s cannot be read: %s.", "无法读取 %s：%s。",
                         path, rc == -EFBIG ? "larger than 256 KiB" : strerror(-rc));
}

/* The text of a PEM file, or NULL with a fault in *ret_rc. */
static BIO *open_pem(const char *path, char **ret_text, int *ret_rc, struct lct_fault *fault) {
    size_t n;
    int rc = lct_io_slurp(path, LCT_CERT_FILE_MAX, ret_text, &n);
    *ret_rc = rc < 0 ? not_read(fault, rc, path) : 0;
    return rc < 0 ? NULL : BIO_new_mem_buf(*ret_text, (int)n);
}

static int no_passphrase(char *out, int size, int writing, void *is_locked) {
    (void)out;
    (void)size;
    (void)writing;
    *(bool *)is_locked = true;
    return -1;
}

static int read_certificates(const char *path, struct lct_cert *cert, struct lct_fault *fault) {
    LCT_FREE char *text = NULL;
    int rc;
    BIO *pem = open_pem(path, &text, &rc, fault);
    if (!pem) {
        return rc;
    }
    X509 *next;
    cert->own = PEM_read_bio_X509(pem, NULL, NULL, NULL);
    cert->chain = sk_X509_new_null();
    while (cert->own && (next = PEM_read_bio_X509(pem, NULL, NULL, NULL))) {
        sk_X509_push(cert->chain, next);
    }
    ERR_clear_error(); /* the end of the file is one to it */
    BIO_free(pem);
    return cert->own ? 0
                     : lct_fault_set(fault, -EINVAL, "certificate",
                                     "%s holds no certificate: it must be a PEM file, with a line "
                                     "\"-----BEGIN CERTIFICATE-----\".",
                                     "%s 中没有证书：须为 PEM 文件，含有"
                                     "“-----BEGIN CERTIFICATE-----”一行。",
                                     path);
}

static int read_key(const char *path, struct lct_cert *cert, struct lct_fault *fault) {
    LCT_FREE char *text = NULL;
    bool is_locked = false;
    int rc;
    BIO *pem = open_pem(path, &text, &rc, fault);
    if (!pem) {
        return rc;
    }
    cert->key = PEM_read_bio_PrivateKey(pem, NULL, no_passphrase, &is_locked);
    ERR_clear_error();
    BIO_free(pem);
    explicit_bzero(text, strlen(text));
    if (is_locked) {
        return lct_fault_set(fault, -EINVAL, "certificate",
                             "The key %s is locked by a passphrase, which nobody can type in when "
                             "the server starts: save it without one.",
                             "密钥 %s 设有口令，服务器启动时无法输入：请另存为无口令的密钥。",
                             path);
    }
    return cert->key ? 0
                     : lct_fault_set(fault, -EINVAL, "certificate",
                                     "%s holds no private key: it must be a PEM file, with a line "
                                     "\"-----BEGIN PRIVATE KEY-----\".",
                                     "%s 中没有私钥：须为 PEM 文件，含有"
                                     "“-----BEGIN PRIVATE KEY-----”一行。",
                                     path);
}

static lct_ns moment(const ASN1_TIME *time) {
    struct tm parts = {0};
    const time_t last = INT64_MAX / LCT_SECOND; /* of a lct_ns; in 2262 */
    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        return 0;
    }
    time_t at = timegm(&parts);
    return (at > last ? last : at) * LCT_SECOND;
}

static void note_life(struct lct_cert *cert) {
    cert->begin = moment(X509_get0_notBefore(cert->own));
    cert->end = moment(X509_get0_notAfter(cert->own));
}

/* Would a server take it? */
static int try_it(const struct lct_cert *cert, const char *path, struct lct_fault *fault) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    int rc = ctx ? lct_cert_show(cert, ctx) : -ENOMEM;
    const char *why = ERR_reason_error_string(ERR_get_error());
    SSL_CTX_free(ctx);
    ERR_clear_error();
    return rc == 0 ? 0
                   : lct_fault_set(fault, rc, "certificate",
                                   "The certificate %s cannot be shown by a server: %s.",
                                   "证书 %s 不能用于服务器：%s。", path, why ? why : "?");
}

static int load(const char *certificate, const char *key, struct lct_cert *cert,
                struct lct_fault *fault) {
    int rc = read_certificates(certificate, cert, fault);
    rc = rc ? rc : read_key(key, cert, fault);
    if (rc == 0 && X509_check_private_key(cert->own, cert->key) != 1) {
        ERR_clear_error();
        rc = lct_fault_set(fault, -EINVAL, "certificate",
                           "The key %s is not that of the certificate %s; the server's own "
                           "certificate must be the first of its file.",
                           "密钥 %s 与证书 %s 不匹配；文件中的第一张须为服务器自己的证书。", key,
                           certificate);
    }
    return rc ? rc : try_it(cert, certificate, fault);
}

int lct_cert_load(const char *certificate, const char *key, struct lct_cert **ret_cert,
                  struct lct_fault *fault) {
    struct lct_cert *cert = lct_new(sizeof *cert);
    lct_ref_init(&cert->ref);
    int rc = load(certificate, key, cert, fault);
    if (rc < 0) {
        lct_cert_unref(cert);
        return rc;
    }
    note_life(cert);
    *ret_cert = cert;
    return 0;
}

struct lct_cert *lct_cert_ref(struct lct_cert *cert) {
    lct_ref_inc(&cert->ref);
    return cert;
}

void lct_cert_unref(struct lct_cert *cert) {
    if (cert && lct_ref_dec(&cert->ref)) {
        X509_free(cert->own);
        sk_X509_pop_free(cert->chain, X509_free);
        EVP_PKEY_free(cert->key);
        free(cert);
    }
}

/* ---- using ---- */

void lct_cert_sum(const struct lct_cert *cert, uint8_t ret_sum[LCT_DIGEST_SIZE], bool *ret_own) {
    if (X509_digest(cert->own, EVP_sha256(), ret_sum, NULL) != 1) {
        abort(); /* out of memory: base/mem.h */
    }
    *ret_own = X509_check_issued(cert->own, cert->own) == X509_V_OK;
}

lct_ns lct_cert_end(const struct lct_cert *cert) { return cert->end; }

enum lct_cert_state lct_cert_state(const struct lct_cert *cert, lct_ns now,
                                   struct lct_fault *fault) {
    char begin[25], end[25];
    lct_ns left = cert->end - now;
    lct_wall_format(cert->begin, begin, sizeof begin);
    lct_wall_format(cert->end, end, sizeof end);
    if (now < cert->begin) {
        (void)lct_fault_set(fault, -EKEYREJECTED, "certificate",
                            "The certificate is valid from %.10s only, and browsers warn of it: "
                            "check the clock of this machine.",
                            "证书自 %.10s 起才有效，浏览器会发出警告：请检查本机时钟。", begin);
        return LCT_CERT_EARLY;
    }
    if (left <= 0) {
        (void)lct_fault_set(fault, -EKEYEXPIRED, "certificate",
                            "The certificate has expired on %.10s, and browsers warn of it: put a "
                            "new one into its place.",
                            "证书已于 %.10s 过期，浏览器会发出警告：请换上新证书。", end);
        return LCT_CERT_EXPIRED;
    }
    if (left < LCT_CERT_SOON && left < (cert->end - cert->begin) / 3) {
        (void)lct_fault_set(fault, -EKEYEXPIRED, "certificate",
                            "The certificate expires on %.10s, in %d days: renew it.",
                            "证书将于 %.10s 过期（还有 %d 天）：请更新。", end,
                            (int)(left / (86400 * LCT_SECOND)));
        return LCT_CERT_ENDING;
    }
    return LCT_CERT_GOOD;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int place; /* among a context's data, of the certificate it shows */

static void let_go(void *ctx, void *cert, CRYPTO_EX_DATA *data, int index, long number, void *arg) {
    (void)ctx;
    (void)data;
    (void)index;
    (void)number;
    (void)arg;
    lct_cert_unref(cert);
}

static void find_place(void) {
    place = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, let_go);
    if (place < 0) {
        abort(); /* out of memory: base/mem.h */
    }
}

/* A context keeps a certificate for each kind of key, and nothing takes one away: after one of
 * P-256 and then one of RSA, browsers would go on being shown the old one. So a connection that is
 * made is given the one it is to show, and no other. */
static int give(SSL *ssl, void *unused) {
    const struct lct_cert *cert = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), place);
    (void)unused; /* a connection keeps it, and may be older than the certificate */
    SSL_certs_clear(ssl);
    return SSL_use_cert_and_key(ssl, cert->own, cert->key, cert->chain, 1);
}

/* The context holds it until it is freed or shows another. */
static void hold(SSL_CTX *ctx, const struct lct_cert *cert) {
    struct lct_cert *before = SSL_CTX_get_ex_data(ctx, place);
    struct lct_cert *now = lct_cert_ref((struct lct_cert *)(uintptr_t)cert); /* its count alone */
    if (SSL_CTX_set_ex_data(ctx, place, now) != 1) {
        abort(); /* out of memory: base/mem.h */
    }
    lct_cert_unref(before);
}

int lct_cert_show(const struct lct_cert *cert, void *ssl_ctx) {
    SSL_CTX *ctx = ssl_ctx;
    pthread_once(&once, find_place);
    if (SSL_CTX_use_cert_and_key(ctx, cert->own, cert->key, cert->chain, 1) != 1 ||
        SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1) {
        return -EINVAL;
    }
    hold(ctx, cert);
    SSL_CTX_set_cert_cb(ctx, give, NULL);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets need no memory of ours */
    return 0;
}

/* ---- one of our own ---- */

static X509 *make_certificate(EVP_PKEY *key) {
    uint64_t serial;
    X509 *cert = X509_new();
    X509_NAME *name = cert ? X509_get_subject_name(cert) : NULL;
    lct_random(&serial, sizeof serial);
    if (name && X509_set_version(cert, X509_VERSION_3) == 1 &&
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(cert), -24L * 3600) &&
        X509_gmtime_adj(X509_getm_notAfter(cert), YEARS_30) &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"lectern", -1,
                                   -1, 0) == 1 &&
        X509_set_issuer_name(cert, name) == 1 && X509_set_pubkey(cert, key) == 1 &&
        X509_sign(cert, key, EVP_sha256()) > 0) {
        return cert;
    }
    X509_free(cert);
    return NULL;
}

struct lct_cert *lct_cert_create_own(void) {
    struct lct_cert *cert = lct_new(sizeof *cert);
    lct_ref_init(&cert->ref);
    cert->key = EVP_EC_gen("P-256");
    cert->own = cert->key ? make_certificate(cert->key) : NULL;
    if (!cert->own) {
        abort(); /* out of memory: base/mem.h */
    }
    note_life(cert);
    return cert;
}

static int save_pem(BIO *pem, const char *path) {
    char *bytes;
    long n = BIO_get_mem_data(pem, &bytes);
    return lct_secret_save(path, bytes, (size_t)n);
}

int lct_cert_make_own(const char *certificate, const char *key, struct lct_fault *fault) {
    struct stat unused;
    if (stat(certificate, &unused) == 0 && stat(key, &unused) == 0) {
        return 0;
    }
    struct lct_cert *cert = lct_cert_create_own();
    BIO *pem_cert = BIO_new(BIO_s_mem()), *pem_key = BIO_new(BIO_s_mem());
    if (!pem_cert || !pem_key || PEM_write_bio_X509(pem_cert, cert->own) != 1 ||
        PEM_write_bio_PrivateKey(pem_key, cert->key, NULL, NULL, 0, NULL, NULL) != 1) {
        abort(); /* out of memory: base/mem.h */
    }
    int rc = save_pem(pem_key, key); /* first: without a certificate both are made anew */
    rc = rc ? rc : save_pem(pem_cert, certificate);
    BIO_free(pem_cert);
    BIO_free(pem_key);
    lct_cert_unref(cert);
    return rc < 0 ? lct_fault_set(fault, rc, "certificate", "%s cannot be written: %s.",
                                  "无法写入 %s：%s。", certificate, strerror(-rc))
                  : 0;
}

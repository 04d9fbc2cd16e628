// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/dtls_client.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define RECORD_HEAD 13
#define LENGTH_AT 11
#define PAUSE_FIRST_US 50000U /* as Chromium */
#define PAUSE_MAX_US 400000U
#define KEY_SIZE 16

struct dtls_client {
    SSL *ssl;
    BIO *in, *out; /* the SSL's */
    size_t mtu;
    uint8_t fingerprint[32];
    bool failed;
};

static void must(bool ok, const char *what) {
    if (!ok) {
        (void)fprintf(stderr, "dtls_client: %s\n", what);
        ERR_print_errors_fp(stderr);
        abort();
    }
}

static bool print_of(const X509 *cert, uint8_t out[32]) {
    unsigned n = 0;
    return X509_digest(cert, EVP_sha256(), out, &n) == 1 && n == 32;
}

static void certify(SSL_CTX *ctx, uint8_t fingerprint[32]) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    must(key && cert && X509_set_version(cert, X509_VERSION_3) == 1 &&
             ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), 1) == 1 &&
             X509_gmtime_adj(X509_getm_notBefore(cert), 0) &&
             X509_gmtime_adj(X509_getm_notAfter(cert), 3600) && X509_set_pubkey(cert, key) == 1 &&
             X509_sign(cert, key, EVP_sha256()) > 0 && SSL_CTX_use_certificate(ctx, cert) == 1 &&
             SSL_CTX_use_PrivateKey(ctx, key) == 1 && print_of(cert, fingerprint),
         "no certificate");
    X509_free(cert);
    EVP_PKEY_free(key);
}

/* Any certificate will do: tests compare the fingerprint themselves. */
static int accept_any(int ok, X509_STORE_CTX *store) {
    (void)ok;
    (void)store;
    return 1;
}

static unsigned pause_us(SSL *ssl, unsigned us) {
    (void)ssl;
    if (us == 0) {
        return PAUSE_FIRST_US;
    }
    return 2 * us < PAUSE_MAX_US ? 2 * us : PAUSE_MAX_US;
}

/* Goes on as far as it goes. */
static void go_on(struct dtls_client *client) {
    uint8_t unwanted[64];
    ERR_clear_error();
    int rc = SSL_do_handshake(client->ssl);
    while (rc > 0) {
        rc = SSL_read(client->ssl, unwanted, sizeof unwanted);
    }
    int error = SSL_get_error(client->ssl, rc);
    client->failed = client->failed || error == SSL_ERROR_SSL || error == SSL_ERROR_SYSCALL;
    ERR_clear_error();
}

/* Names of protocols that nobody speaks: so long is the key share of a browser. */
static void lengthen_hello(SSL *ssl) {
    uint8_t names[5 * 240];
    memset(names, 'x', sizeof names);
    for (size_t i = 0; i < sizeof names; i += 240) {
        names[i] = 239;
    }
    must(SSL_set_alpn_protos(ssl, names, sizeof names) == 0, "no long hello");
}

struct dtls_client *dtls_client_create(const char *profiles, size_t mtu, bool certified) {
    struct dtls_client *client = lct_new(sizeof *client);
    SSL_CTX *ctx = SSL_CTX_new(DTLS_client_method());
    must(ctx && (!profiles || SSL_CTX_set_tlsext_use_srtp(ctx, profiles) == 0), "no context");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, accept_any);
    SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU);
    if (certified) {
        certify(ctx, client->fingerprint);
    }
    client->mtu = mtu;
    client->ssl = SSL_new(ctx);
    client->in = BIO_new(BIO_s_mem());
    client->out = BIO_new(BIO_s_mem());
    must(client->ssl && client->in && client->out, "no connection");
    (void)BIO_set_mem_eof_return(client->in, -1);
    SSL_set_bio(client->ssl, client->in, client->out);
    must(SSL_set_mtu(client->ssl, (long)mtu) > 0, "no such MTU");
    DTLS_set_timer_cb(client->ssl, pause_us);
    lengthen_hello(client->ssl);
    SSL_set_connect_state(client->ssl);
    SSL_CTX_free(ctx);
    go_on(client);
    return client;
}

void dtls_client_destroy(struct dtls_client *client) {
    if (client) {
        SSL_free(client->ssl);
        free(client);
    }
}

const uint8_t *dtls_client_fingerprint(const struct dtls_client *client) {
    return client->fingerprint;
}

void dtls_client_push(struct dtls_client *client, const uint8_t *bytes, size_t n) {
    must(BIO_write(client->in, bytes, (int)n) == (int)n, "no memory");
    if (!client->failed) {
        go_on(client);
    }
    (void)BIO_reset(client->in); /* what it did not want of a datagram is gone */
}

/* The memory BIO has glued records together: as many of them as fit are a datagram. */
size_t dtls_client_pull(struct dtls_client *client, uint8_t out[DTLS_CLIENT_DATAGRAM_SIZE]) {
    char *waiting;
    size_t have = (size_t)BIO_get_mem_data(client->out, &waiting), n = 0;
    while (have - n >= RECORD_HEAD) {
        const uint8_t *record = (const uint8_t *)waiting + n;
        size_t next = RECORD_HEAD + ((size_t)record[LENGTH_AT] << 8 | record[LENGTH_AT + 1]);
        if (n > 0 && n + next > client->mtu) {
            break;
        }
        n += next;
    }
    must(n <= DTLS_CLIENT_DATAGRAM_SIZE, "a datagram is too long");
    return n > 0 ? (size_t)BIO_read(client->out, out, (int)n) : 0;
}

void dtls_client_tick(struct dtls_client *client) {
    if (!client->failed && DTLSv1_handle_timeout(client->ssl) < 0) {
        client->failed = true;
    }
}

void dtls_client_close(struct dtls_client *client) { (void)SSL_shutdown(client->ssl); }

void dtls_client_write(struct dtls_client *client, const void *bytes, size_t n) {
    must(SSL_write(client->ssl, bytes, (int)n) == (int)n, "it cannot write");
}

bool dtls_client_is_open(const struct dtls_client *client) {
    return !client->failed && SSL_is_init_finished(client->ssl);
}

bool dtls_client_is_closed(const struct dtls_client *client) {
    return (SSL_get_shutdown(client->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

bool dtls_client_has_failed(const struct dtls_client *client) { return client->failed; }

bool dtls_client_keys(const struct dtls_client *client, enum lct_srtp_profile *ret_profile,
                      uint8_t ret_ours[LCT_SRTP_KEY_MAX], uint8_t ret_theirs[LCT_SRTP_KEY_MAX]) {
    const SRTP_PROTECTION_PROFILE *chosen = SSL_get_selected_srtp_profile(client->ssl);
    if (!dtls_client_is_open(client) || !chosen) {
        return false;
    }
    size_t salt = lct_srtp_salt((enum lct_srtp_profile)chosen->id);
    uint8_t m[2 * LCT_SRTP_KEY_MAX];
    static const char label[] = "EXTRACTOR-dtls_srtp";
    must(SSL_export_keying_material(client->ssl, m, 2 * (KEY_SIZE + salt), label, sizeof label - 1,
                                    NULL, 0, 0) == 1,
         "no keys");
    memcpy(ret_ours, m, KEY_SIZE);
    memcpy(ret_theirs, m + KEY_SIZE, KEY_SIZE);
    memcpy(ret_ours + KEY_SIZE, m + 2 * KEY_SIZE, salt);
    memcpy(ret_theirs + KEY_SIZE, m + 2 * KEY_SIZE + salt, salt);
    *ret_profile = (enum lct_srtp_profile)chosen->id;
    return true;
}

bool dtls_client_peer_fingerprint(const struct dtls_client *client, uint8_t ret_fingerprint[32]) {
    const X509 *cert = SSL_get0_peer_certificate(client->ssl);
    return cert && print_of(cert, ret_fingerprint);
}

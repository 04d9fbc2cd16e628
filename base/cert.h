// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a TLS server of ours shows: a certificate, those that vouch for it, and its key, read from
 * PEM files and checked as a whole before anybody is shown them. An object never changes; a renewed
 * one is another. Any thread.
 *
 *     rc = lct_cert_load("/etc/lectern/cert.pem", "/etc/lectern/key.pem", &cert, &fault);
 *     rc = lct_cert_show(cert, ssl_ctx);              // new connections see this one
 *     switch (lct_cert_state(cert, lct_wall(), &fault)) …
 */
#pragma once

#include "base/attr.h"
#include "base/fault.h"
#include "base/secret.h"
#include "base/time.h"

struct lct_cert;

/** Largest file of certificates or of a key. */
#define LCT_CERT_FILE_MAX (256U << 10)

/** A certificate that ends within this time, and within a third of its life, is to be renewed. */
#define LCT_CERT_SOON (21 * 86400 * LCT_SECOND)

/** How a certificate stands at a moment. */
enum lct_cert_state {
    LCT_CERT_GOOD,
    LCT_CERT_ENDING,  /**< it is time to renew it (LCT_CERT_SOON) */
    LCT_CERT_EXPIRED, /**< browsers warn of it */
    LCT_CERT_EARLY,   /**< browsers warn of it: it is not valid yet, or a clock is wrong */
};

/**
 * Reads a certificate (its own first, then those that vouch for it) and its key, which may lie in
 * one file. 0; -ENOENT, -EACCES or another -errno when a file cannot be read; -EINVAL: one holds no
 * PEM of its kind, the key is locked by a passphrase, the two do not belong together, or OpenSSL
 * finds them too weak: with a fault that names the file. *ret_cert is owned. It may block on the
 * disk.
 */
int lct_cert_load(const char *certificate, const char *key, struct lct_cert **ret_cert,
                  struct lct_fault *fault) LCT_MUST_USE;

/** Another reference to it, owned. */
struct lct_cert *lct_cert_ref(struct lct_cert *cert) LCT_MUST_USE;

/** Gives a reference back; NULL is allowed. */
void lct_cert_unref(struct lct_cert *cert);

/** How it stands at wall time now; all but LCT_CERT_GOOD are said in fault. */
enum lct_cert_state lct_cert_state(const struct lct_cert *cert, lct_ns now,
                                   struct lct_fault *fault);

/** The SHA-256 of the certificate itself, and whether it is signed by itself, so that nobody else
 * vouches for it. */
void lct_cert_sum(const struct lct_cert *cert, uint8_t ret_sum[LCT_DIGEST_SIZE], bool *ret_own);

/** Makes a P-256 key and a certificate signed by itself, good for thirty years. Returns owned. */
struct lct_cert *lct_cert_create_own(void) LCT_MUST_USE;

/**
 * Writes such a certificate and its key (mode 0600), where one of the two is missing. 0 or -errno
 * with a fault. Blocks on the disk.
 */
int lct_cert_make_own(const char *certificate, const char *key,
                      struct lct_fault *fault) LCT_MUST_USE;

/** The moment after which it is not valid, on the wall clock. */
lct_ns lct_cert_end(const struct lct_cert *cert);

/**
 * Makes a library's context of a server (an SSL_CTX, which few folders can name; of TLS or DTLS)
 * show it to whoever connects from now on, and nothing else, whatever kind its key is of; and speak
 * TLS 1.2 or later (DTLS: any version), without renegotiation. Connections that are open keep what
 * they have. 0 or -EINVAL, the context being as it was. In the thread that makes connections of the
 * context.
 */
int lct_cert_show(const struct lct_cert *cert, void *ssl_ctx) LCT_MUST_USE;

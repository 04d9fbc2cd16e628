// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * TLS 1.2 and 1.3 (RFC 5246, RFC 8446) by OpenSSL over connected sockets, as streams
 * (base/stream.h). A side is made once and serves any number of streams; streams that live go on
 * with what they began with when the side is made anew or ends.
 *
 *     rc = lct_tls_server(cert, &side);                                // who is called
 *     rc = lct_tls_client(&(struct lct_tls_trust){.name = host}, &side, &fault); // who calls
 *     struct lct_stream *stream = lct_tls_stream(side, fd);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cert.h"
#include "base/fault.h"
#include "base/secret.h"
#include "base/stream.h"

struct lct_tls;

/** Bytes that go into one record; a stream holds so many at most. */
#define LCT_TLS_RECORD 16384

/** The side that is called, and shows a certificate (borrows). 0, or -EINVAL: OpenSSL does not take
 * it. *ret_tls is owned. */
int lct_tls_server(const struct lct_cert *cert, struct lct_tls **ret_tls) LCT_MUST_USE;

/** Shows another one (borrows) to whoever connects from now on. 0, or -EINVAL, and it stays as it
 * was. Any thread. */
int lct_tls_show(struct lct_tls *tls, const struct lct_cert *cert) LCT_MUST_USE;

/** Whom a caller trusts. */
struct lct_tls_trust {
    const char *name;   /**< what the certificate must be made for: a host's name or address */
    const char *ca;     /**< file of authorities in PEM; NULL: those of the system */
    const uint8_t *pin; /**< SHA-256 of the one certificate; then the others above do not matter */
};

/** The side that calls. 0; -EINVAL: the file of authorities is none, with a fault. *ret_tls is
 * owned. */
int lct_tls_client(const struct lct_tls_trust *trust, struct lct_tls **ret_tls,
                   struct lct_fault *fault) LCT_MUST_USE;

/** A stream over a socket that is connected, or just being so. Takes fd. Returns owned. */
struct lct_stream *lct_tls_stream(struct lct_tls *tls, int fd) LCT_MUST_USE;

/** Frees the side; NULL is allowed. */
void lct_tls_destroy(struct lct_tls *tls);

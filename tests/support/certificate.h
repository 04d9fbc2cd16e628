// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Certificates for tests: made anew, signed by their own key (P-256).
 *
 *     make_certificate("/tmp/x/cert.pem", "/tmp/x/key.pem", -1, 90);    // from yesterday on
 */
#pragma once

#include <openssl/types.h>

/** Writes a certificate of "localhost" and its key (PEM), valid from from to to, in days from now.
 *  Ends the test when it cannot. */
void make_certificate(const char *certificate, const char *key, int from, int to);

/** The same with a key (taken) of whatever kind. */
void make_certificate_of(EVP_PKEY *pair, const char *certificate, const char *key, int from,
                         int to);

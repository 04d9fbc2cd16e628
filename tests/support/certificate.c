// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/certificate.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

static FILE *open_file(const char *path) {
    FILE *out = fopen(path, "w");
    if (!out) {
        perror(path);
        abort();
    }
    return out;
}

void make_certificate(const char *certificate, const char *key, int from, int to) {
    make_certificate_of(EVP_EC_gen("P-256"), certificate, key, from, to);
}

void make_certificate_of(EVP_PKEY *pair, const char *certificate, const char *key, int from,
                         int to) {
    X509 *made = X509_new();
    X509_NAME *name = X509_get_subject_name(made);
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), rand());
    X509_gmtime_adj(X509_getm_notBefore(made), from * 86400L);
    X509_gmtime_adj(X509_getm_notAfter(made), to * 86400L);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                               0);
    X509_set_issuer_name(made, name);
    X509_set_pubkey(made, pair);
    if (!X509_sign(made, pair, EVP_sha256())) {
        abort();
    }
    FILE *out = open_file(certificate);
    (void)PEM_write_X509(out, made);
    (void)fclose(out);
    out = open_file(key);
    (void)PEM_write_PrivateKey(out, pair, NULL, NULL, 0, NULL, NULL);
    (void)fclose(out);
    X509_free(made);
    EVP_PKEY_free(pair);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cert.h"
#include "base/mem.h"
#include "tests/support/certificate.h"

#define DAY (86400 * LCT_SECOND)

static char folder[] = "/tmp/lct-cert-XXXXXX";
static char pem[64], key[64], other[64];

static void make_folder(void) {
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(pem, sizeof pem, "%s/cert.pem", folder);
    (void)snprintf(key, sizeof key, "%s/key.pem", folder);
    (void)snprintf(other, sizeof other, "%s/other.pem", folder);
}

static void remove_folder(void) {
    (void)unlink(pem);
    (void)unlink(key);
    (void)unlink(other);
    cr_assert_eq(rmdir(folder), 0);
}

TestSuite(cert, .init = make_folder, .fini = remove_folder);

static struct lct_cert *load(void) {
    struct lct_cert *cert = NULL;
    struct lct_fault fault;
    cr_assert_eq(lct_cert_load(pem, key, &cert, &fault), 0, "%s", fault.en);
    return cert;
}

static void refused(int code, const char *en, const char *zh) {
    struct lct_cert *cert = NULL;
    struct lct_fault fault = {0};
    cr_expect_eq(lct_cert_load(pem, key, &cert, &fault), code, "%s", fault.en);
    cr_expect(strstr(fault.en, en) && strstr(fault.zh, zh), "%s", fault.en);
    cr_expect_null(cert);
}

static void write_file(const char *path, const char *text) {
    FILE *out = fopen(path, "w");
    cr_assert_not_null(out);
    (void)fputs(text, out);
    cr_assert_eq(fclose(out), 0);
}

Test(cert, is_shown_whole) {
    make_certificate(pem, key, -1, 90);
    struct lct_cert *cert = load();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    cr_assert_eq(lct_cert_show(cert, ctx), 0);
    cr_expect_not_null(SSL_CTX_get0_certificate(ctx));
    cr_expect_eq(SSL_CTX_check_private_key(ctx), 1);
    cr_expect_eq(SSL_CTX_get_min_proto_version(ctx), TLS1_2_VERSION);
    lct_cert_unref(cert);
    make_certificate(pem, key, -1, 90);
    X509 *before = SSL_CTX_get0_certificate(ctx);
    X509_up_ref(before);
    cert = load();
    cr_assert_eq(lct_cert_show(cert, ctx), 0, "another one takes its place");
    cr_expect_neq(X509_cmp(before, SSL_CTX_get0_certificate(ctx)), 0);
    cr_expect_eq(SSL_CTX_check_private_key(ctx), 1);
    X509_free(before);
    lct_cert_unref(cert);
    SSL_CTX_free(ctx);
}

Test(cert, knows_its_time) {
    static const struct {
        int from, to;
        enum lct_cert_state state;
        const char *en;
    } rows[] = {{-1, 90, LCT_CERT_GOOD, ""},        {-60, 10, LCT_CERT_ENDING, "in 9 days"},
                {-1, 10, LCT_CERT_GOOD, ""},        {-60, 22, LCT_CERT_GOOD, ""},
                {-60, -1, LCT_CERT_EXPIRED, "new"}, {1, 90, LCT_CERT_EARLY, "clock"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lct_fault fault = {0};
        make_certificate(pem, key, rows[i].from, rows[i].to);
        struct lct_cert *cert = load();
        cr_expect_eq(lct_cert_state(cert, lct_wall(), &fault), rows[i].state, "row %zu", i);
        cr_expect(strstr(fault.en, rows[i].en), "row %zu: %s", i, fault.en);
        lct_ns off = lct_cert_end(cert) - (lct_wall() + rows[i].to * DAY);
        cr_expect(off < 5 * LCT_SECOND && off > -5 * LCT_SECOND);
        lct_cert_unref(cert);
    }
}

Test(cert, says_what_is_wrong) {
    refused(-ENOENT, pem, pem);
    make_certificate(pem, key, -1, 90);
    cr_assert_eq(unlink(key), 0);
    refused(-ENOENT, key, key);
    make_certificate(other, key, -1, 90);
    refused(-EINVAL, "is not that of", "不匹配");
    write_file(key, "nothing\n");
    refused(-EINVAL, "BEGIN PRIVATE KEY", "没有私钥");
    write_file(pem, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    refused(-EINVAL, "BEGIN CERTIFICATE", "没有证书");
    char *large = lct_new(LCT_CERT_FILE_MAX + 2);
    memset(large, 'x', LCT_CERT_FILE_MAX + 1);
    write_file(pem, large);
    refused(-EFBIG, "256 KiB", "256 KiB");
    free(large);
}

Test(cert, asks_for_no_passphrase) {
    make_certificate(pem, key, -1, 90);
    FILE *in = fopen(key, "r");
    EVP_PKEY *pair = PEM_read_PrivateKey(in, NULL, NULL, NULL);
    (void)fclose(in);
    FILE *out = fopen(key, "w");
    cr_assert(PEM_write_PrivateKey(out, pair, EVP_aes_128_cbc(), (const unsigned char *)"secret", 6,
                                   NULL, NULL));
    (void)fclose(out);
    EVP_PKEY_free(pair);
    refused(-EINVAL, "passphrase", "口令");
}

Test(cert, refuses_weak_keys) {
    make_certificate_of(EVP_RSA_gen(1024), pem, key, -1, 90);
    refused(-EINVAL, "key too small", "key too small");
}

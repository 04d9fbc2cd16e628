// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

/* An EVP_MD_CTX under a name of ours. */
struct lct_digest *lct_digest_create(void) {
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1) {
        abort(); /* out of memory: base/mem.h */
    }
    return (struct lct_digest *)ctx;
}

void lct_digest_add(struct lct_digest *digest, const void *bytes, size_t n) {
    if (EVP_DigestUpdate((EVP_MD_CTX *)digest, bytes, n) != 1) {
        abort(); /* never of memory; a broken library */
    }
}

void lct_digest_end(struct lct_digest *digest, uint8_t ret_sum[LCT_DIGEST_SIZE]) {
    uint8_t sum[LCT_DIGEST_SIZE];
    if (digest && EVP_DigestFinal_ex((EVP_MD_CTX *)digest, ret_sum ? ret_sum : sum, NULL) != 1) {
        abort();
    }
    EVP_MD_CTX_free((EVP_MD_CTX *)digest);
}

void lct_sha256(const void *bytes, size_t n, uint8_t ret_sum[LCT_DIGEST_SIZE]) {
    struct lct_digest *digest = lct_digest_create();
    lct_digest_add(digest, bytes, n);
    lct_digest_end(digest, ret_sum);
}

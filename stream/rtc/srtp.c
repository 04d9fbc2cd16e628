// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/rtc/srtp.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define KEY_SIZE 16      /* of AES, master and session */
#define AUTH_KEY_SIZE 20 /* of HMAC-SHA1 */
#define IV_SIZE 16       /* one block; GCM takes 12 */
#define RTP_HEAD 12
#define RTCP_HEAD 8
#define RTCP_SSRC_AT 4
#define REPLAY_WINDOW 128 /* packets, libsrtp's own measure */

/* RFC 3711 sec. 4.3.2 */
enum label { LABEL_RTP_KEY = 0, LABEL_RTP_AUTH = 1, LABEL_RTP_SALT = 2 };

/* What the profiles differ in. */
struct kind {
    size_t salt;  /* bytes of the salt, master and session */
    size_t iv_at; /* where SSRC and index begin in the IV */
    size_t tail;
};

static const struct kind gcm = {.salt = 12, .iv_at = 2, .tail = 16};
static const struct kind cm = {.salt = 14, .iv_at = 4, .tail = 10};

struct lct_srtp {
    const struct kind *kind;
    EVP_CIPHER_CTX *aes; /* keyed; a packet changes its IV only */
    EVP_MAC_CTX *hmac;   /* keyed; NULL with GCM */
    uint8_t salt[IV_SIZE];
    srtp_t ours, theirs; /* RTCP */
    uint32_t senders[LCT_SRTP_SENDERS_MAX];
    unsigned senders_n;
};

static const struct kind *kind_of(enum lct_srtp_profile profile) {
    switch (profile) {
    case LCT_SRTP_AES128_GCM:
        return &gcm;
    case LCT_SRTP_AES128_SHA1_80:
        return &cm;
    }
    return NULL;
}

size_t lct_srtp_salt(enum lct_srtp_profile profile) {
    const struct kind *kind = kind_of(profile);
    return kind ? kind->salt : 0;
}

/* ---- keys ---- */

/*
 * Key stream of AES in counter mode is the random function (RFC 3711 sec. 4.3.3). Keys are derived
 * once, so the label stands alone; a salt of 12 bytes has two zeros behind it (RFC 7714 sec. 11).
 */
static bool derive(const struct kind *kind, const uint8_t *master, enum label label, uint8_t *out,
                   size_t n) {
    EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
    uint8_t iv[IV_SIZE] = {0};
    int got = 0;
    memcpy(iv, master + KEY_SIZE, kind->salt);
    iv[7] ^= (uint8_t)label;
    memset(out, 0, n);
    bool ok = aes && EVP_EncryptInit_ex(aes, EVP_aes_128_ctr(), NULL, master, iv) == 1 &&
              EVP_EncryptUpdate(aes, out, &got, out, (int)n) == 1;
    EVP_CIPHER_CTX_free(aes);
    return ok;
}

static bool key_aes(struct lct_srtp *srtp, const uint8_t *master) {
    const EVP_CIPHER *cipher = srtp->kind == &gcm ? EVP_aes_128_gcm() : EVP_aes_128_ctr();
    uint8_t key[KEY_SIZE];
    srtp->aes = EVP_CIPHER_CTX_new();
    bool ok = srtp->aes && derive(srtp->kind, master, LABEL_RTP_KEY, key, sizeof key) &&
              derive(srtp->kind, master, LABEL_RTP_SALT, srtp->salt, srtp->kind->salt) &&
              EVP_EncryptInit_ex(srtp->aes, cipher, NULL, key, NULL) == 1;
    OPENSSL_cleanse(key, sizeof key);
    return ok;
}

static bool key_hmac(struct lct_srtp *srtp, const uint8_t *master) {
    uint8_t key[AUTH_KEY_SIZE];
    char sha1[] = "SHA1";
    const OSSL_PARAM digest[] = {OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, sha1, 4),
                                 OSSL_PARAM_END};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    srtp->hmac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);
    bool ok = srtp->hmac && derive(srtp->kind, master, LABEL_RTP_AUTH, key, sizeof key) &&
              EVP_MAC_init(srtp->hmac, key, sizeof key, digest) == 1;
    OPENSSL_cleanse(key, sizeof key);
    return ok;
}

/* ---- RTCP, by libsrtp ---- */

static srtp_err_status_t library_state;

static void init_library(void) { library_state = srtp_init(); }

static int open_library(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, init_library); /* cannot fail with these arguments */
    return library_state == srtp_err_status_ok ? 0 : -EIO;
}

static bool open_session(enum lct_srtp_profile profile, srtp_ssrc_type_t direction,
                         const uint8_t *master, srtp_t *ret_session) {
    srtp_policy_t policy = {.ssrc.type = direction, .window_size = REPLAY_WINDOW};
    uint8_t key[LCT_SRTP_KEY_MAX]; /* its struct has no const */
    memcpy(key, master, sizeof key);
    policy.key = key;
    /* RTP does not go through it, but its cipher has a say in how RTCP is read: AEAD or not. */
    if (profile == LCT_SRTP_AES128_GCM) {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    } else {
        srtp_crypto_policy_set_null_cipher_hmac_null(&policy.rtp); /* 15 KB less */
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
    }
    bool ok = srtp_create(ret_session, &policy) == srtp_err_status_ok;
    OPENSSL_cleanse(key, sizeof key);
    return ok;
}

static uint32_t sender_of(const uint8_t *rtcp) {
    uint32_t ssrc;
    memcpy(&ssrc, rtcp + RTCP_SSRC_AT, sizeof ssrc);
    return ssrc;
}

static bool is_known(const struct lct_srtp *srtp, uint32_t sender) {
    for (unsigned i = 0; i < srtp->senders_n; i++) {
        if (srtp->senders[i] == sender) {
            return true;
        }
    }
    return false;
}

/* ---- one viewer ---- */

int lct_srtp_create(enum lct_srtp_profile profile, const uint8_t ours[LCT_SRTP_KEY_MAX],
                    const uint8_t theirs[LCT_SRTP_KEY_MAX], struct lct_srtp **ret_srtp) {
    const struct kind *kind = kind_of(profile);
    if (!kind) {
        return -EINVAL;
    }
    int rc = open_library();
    if (rc < 0) {
        return rc;
    }
    struct lct_srtp *srtp = lct_new(sizeof *srtp);
    srtp->kind = kind;
    if (!key_aes(srtp, ours) || (kind == &cm && !key_hmac(srtp, ours)) ||
        !open_session(profile, ssrc_any_outbound, ours, &srtp->ours) ||
        !open_session(profile, ssrc_any_inbound, theirs, &srtp->theirs)) {
        lct_srtp_destroy(srtp);
        return -EIO;
    }
    *ret_srtp = srtp;
    return 0;
}

void lct_srtp_destroy(struct lct_srtp *srtp) {
    if (!srtp) {
        return;
    }
    if (srtp->ours) {
        (void)srtp_dealloc(srtp->ours); /* fails only with no session */
    }
    if (srtp->theirs) {
        (void)srtp_dealloc(srtp->theirs);
    }
    EVP_CIPHER_CTX_free(srtp->aes);
    EVP_MAC_CTX_free(srtp->hmac);
    OPENSSL_cleanse(srtp, sizeof *srtp);
    free(srtp);
}

size_t lct_srtp_tail(const struct lct_srtp *srtp) { return srtp->kind->tail; }

/*
 *        0   2   4       8           14  16
 * GCM    | 0 | SSRC  |   index   |            ^ salt     RFC 7714 sec. 8.1
 * CM     |   0   | SSRC  |   index   | block | ^ salt    RFC 3711 sec. 4.1.1
 */
static void make_iv(const struct lct_srtp *srtp, uint64_t index, const uint8_t *header,
                    uint8_t iv[IV_SIZE]) {
    uint8_t *at = iv + srtp->kind->iv_at;
    memcpy(iv, srtp->salt, IV_SIZE);
    for (size_t i = 0; i < 4; i++) {
        at[i] ^= header[8 + i];
    }
    for (size_t i = 0; i < 6; i++) {
        at[4 + i] ^= (uint8_t)(index >> (40 - 8 * i));
    }
}

/* Encrypts, and tags with GCM's own tag. */
static bool seal_gcm(const struct lct_srtp *srtp, const uint8_t *header, size_t header_n,
                     const uint8_t *payload, size_t n, uint8_t *out) {
    int got = 0;
    /* asked for by name: EVP_CIPHER_CTX_ctrl tries every name there is, 26 ns a packet */
    OSSL_PARAM tag[] = {OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, out + n, gcm.tail),
                        OSSL_PARAM_END};
    return EVP_EncryptUpdate(srtp->aes, NULL, &got, header, (int)header_n) == 1 &&
           EVP_EncryptUpdate(srtp->aes, out, &got, payload, (int)n) == 1 &&
           EVP_EncryptFinal_ex(srtp->aes, out + n, &got) == 1 &&
           EVP_CIPHER_CTX_get_params(srtp->aes, tag) == 1;
}

/* Encrypts, and tags header, cipher text and rollover counter (RFC 3711 sec. 4.2). */
static bool seal_cm(const struct lct_srtp *srtp, uint64_t index, const uint8_t *header,
                    size_t header_n, const uint8_t *payload, size_t n, uint8_t *out) {
    const uint8_t rollover[4] = {(uint8_t)(index >> 40), (uint8_t)(index >> 32),
                                 (uint8_t)(index >> 24), (uint8_t)(index >> 16)};
    uint8_t tag[AUTH_KEY_SIZE];
    size_t tag_n = 0;
    int got = 0;
    bool ok = EVP_EncryptUpdate(srtp->aes, out, &got, payload, (int)n) == 1 &&
              EVP_MAC_init(srtp->hmac, NULL, 0, NULL) == 1 &&
              EVP_MAC_update(srtp->hmac, header, header_n) == 1 &&
              EVP_MAC_update(srtp->hmac, out, n) == 1 &&
              EVP_MAC_update(srtp->hmac, rollover, sizeof rollover) == 1 &&
              EVP_MAC_final(srtp->hmac, tag, &tag_n, sizeof tag) == 1;
    memcpy(out + n, tag, cm.tail);
    return ok;
}

size_t lct_srtp_protect(struct lct_srtp *srtp, uint64_t index, const uint8_t *header,
                        size_t header_n, const uint8_t *payload, size_t n, uint8_t *out) {
    assert(header_n >= RTP_HEAD && n <= UINT16_MAX);
    assert((index & UINT16_MAX) == ((unsigned)header[2] << 8 | header[3]));
    uint8_t iv[IV_SIZE];
    make_iv(srtp, index, header, iv);
    memcpy(out, header, header_n);
    uint8_t *body = out + header_n;
    if (EVP_EncryptInit_ex(srtp->aes, NULL, NULL, NULL, iv) != 1) {
        return 0;
    }
    bool ok = srtp->kind == &gcm ? seal_gcm(srtp, header, header_n, payload, n, body)
                                 : seal_cm(srtp, index, header, header_n, payload, n, body);
    return ok ? header_n + n + srtp->kind->tail : 0;
}

size_t lct_srtp_protect_rtcp(struct lct_srtp *srtp, uint8_t *packet, size_t n, size_t size) {
    int length = (int)n;
    if (n < RTCP_HEAD || n > UINT16_MAX || n + LCT_SRTP_RTCP_TAIL_MAX > size ||
        srtp_protect_rtcp(srtp->ours, packet, &length) != srtp_err_status_ok) {
        return 0;
    }
    return (size_t)length;
}

size_t lct_srtp_open_rtcp(struct lct_srtp *srtp, uint8_t *packet, size_t n) {
    if (n < RTCP_HEAD || n > UINT16_MAX) {
        return 0;
    }
    /* libsrtp keeps a replay list for each sender, so their number has an end */
    uint32_t sender = sender_of(packet);
    bool known = is_known(srtp, sender);
    int length = (int)n;
    if ((!known && srtp->senders_n == LCT_SRTP_SENDERS_MAX) ||
        srtp_unprotect_rtcp(srtp->theirs, packet, &length) != srtp_err_status_ok) {
        return 0;
    }
    if (!known) {
        srtp->senders[srtp->senders_n++] = sender;
    }
    return (size_t)length;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/rtc/srtp.h"

#include <assert.h>
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

#define KEY_SIZE 16      /* of AES, master and session */
#define AUTH_KEY_SIZE 20 /* of HMAC-SHA1 */
#define IV_SIZE 16       /* one block; GCM takes 12 */
#define RTP_HEAD 12
#define RTP_SSRC_AT 8
#define RTCP_HEAD 8
#define RTCP_SSRC_AT 4
#define WORD 4                   /* behind protected RTCP: */
#define ENCRYPTED 0x80000000U    /* this bit, and the index */
#define RTCP_INDEX_MAX INT32_MAX /* RFC 3711 sec. 9.2: then the keys are used up */
#define REPLAY_WINDOW 64         /* packets */

/* RFC 3711 sec. 4.3.2: the first of three labels (key, authentication, salt) */
enum labels { LABELS_RTP = 0, LABELS_RTCP = 3 };

/* What the profiles differ in. */
struct kind {
    size_t salt;  /* bytes of the salt, master and session */
    size_t iv_at; /* where SSRC and index begin in the IV */
    size_t tail;
};

static const struct kind gcm = {.salt = 12, .iv_at = 2, .tail = 16};
static const struct kind cm = {.salt = 14, .iv_at = 4, .tail = 10};

/* The session keys of one direction of RTP or RTCP. */
struct keys {
    const struct kind *kind;
    EVP_CIPHER_CTX *aes; /* keyed; a packet changes its IV only */
    EVP_MAC_CTX *hmac;   /* keyed; NULL with GCM */
    uint8_t salt[IV_SIZE];
};

/* What has come from one of their senders (RFC 3711 sec. 3.3.2). */
struct sender {
    uint8_t ssrc[4];
    uint32_t newest;
    uint64_t seen; /* bit i: index newest - i */
};

struct lct_srtp {
    struct keys rtp, rtcp_out, rtcp_in;
    uint32_t rtcp_index; /* of the last one that went out, any SSRC */
    struct sender senders[LCT_SRTP_SENDERS_MAX];
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
static bool derive(const struct kind *kind, const uint8_t *master, unsigned label, uint8_t *out,
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

static bool make_hmac(struct keys *keys, const uint8_t *key) {
    char sha1[] = "SHA1";
    const OSSL_PARAM digest[] = {OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, sha1, 4),
                                 OSSL_PARAM_END};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    keys->hmac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);
    return keys->hmac && EVP_MAC_init(keys->hmac, key, AUTH_KEY_SIZE, digest) == 1;
}

static bool make_keys(struct keys *keys, const struct kind *kind, const uint8_t *master,
                      enum labels labels, bool encrypt) {
    const EVP_CIPHER *cipher = kind == &gcm ? EVP_aes_128_gcm() : EVP_aes_128_ctr();
    uint8_t key[KEY_SIZE], auth[AUTH_KEY_SIZE];
    keys->kind = kind;
    keys->aes = EVP_CIPHER_CTX_new();
    bool ok = keys->aes && derive(kind, master, labels, key, sizeof key) &&
              derive(kind, master, labels + 1U, auth, sizeof auth) &&
              derive(kind, master, labels + 2U, keys->salt, kind->salt) &&
              EVP_CipherInit_ex(keys->aes, cipher, NULL, key, NULL, encrypt) == 1 &&
              (kind == &gcm || make_hmac(keys, auth));
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(auth, sizeof auth);
    return ok;
}

static void free_keys(struct keys *keys) {
    EVP_CIPHER_CTX_free(keys->aes);
    EVP_MAC_CTX_free(keys->hmac);
}

/*
 *        0   2   4       8           14  16
 * GCM    | 0 | SSRC  |   index   |            ^ salt     RFC 7714 sec. 8.1, 9.1
 * CM     |   0   | SSRC  |   index   | block | ^ salt    RFC 3711 sec. 4.1.1
 */
static bool set_iv(const struct keys *keys, const uint8_t ssrc[4], uint64_t index) {
    uint8_t iv[IV_SIZE], *at = iv + keys->kind->iv_at;
    memcpy(iv, keys->salt, IV_SIZE);
    for (size_t i = 0; i < 4; i++) {
        at[i] ^= ssrc[i];
    }
    for (size_t i = 0; i < 6; i++) {
        at[4 + i] ^= (uint8_t)(index >> (40 - 8 * i));
    }
    return EVP_CipherInit_ex(keys->aes, NULL, NULL, NULL, iv, -1) == 1;
}

/* HMAC of two pieces and four bytes more (RFC 3711 sec. 4.2). */
static bool tag_cm(const struct keys *keys, const uint8_t *a, size_t a_n, const uint8_t *b,
                   size_t b_n, uint32_t more, uint8_t tag[AUTH_KEY_SIZE]) {
    const uint8_t last[WORD] = {(uint8_t)(more >> 24), (uint8_t)(more >> 16), (uint8_t)(more >> 8),
                                (uint8_t)more};
    size_t tag_n = 0;
    return EVP_MAC_init(keys->hmac, NULL, 0, NULL) == 1 &&
           EVP_MAC_update(keys->hmac, a, a_n) == 1 && EVP_MAC_update(keys->hmac, b, b_n) == 1 &&
           EVP_MAC_update(keys->hmac, last, sizeof last) == 1 &&
           EVP_MAC_final(keys->hmac, tag, &tag_n, AUTH_KEY_SIZE) == 1;
}

/* ---- one viewer ---- */

int lct_srtp_create(enum lct_srtp_profile profile, const uint8_t ours[LCT_SRTP_KEY_MAX],
                    const uint8_t theirs[LCT_SRTP_KEY_MAX], struct lct_srtp **ret_srtp) {
    const struct kind *kind = kind_of(profile);
    if (!kind) {
        return -EINVAL;
    }
    struct lct_srtp *srtp = lct_new(sizeof *srtp);
    if (!make_keys(&srtp->rtp, kind, ours, LABELS_RTP, true) ||
        !make_keys(&srtp->rtcp_out, kind, ours, LABELS_RTCP, true) ||
        !make_keys(&srtp->rtcp_in, kind, theirs, LABELS_RTCP, false)) {
        lct_srtp_destroy(srtp);
        return -EIO;
    }
    *ret_srtp = srtp;
    return 0;
}

void lct_srtp_destroy(struct lct_srtp *srtp) {
    if (srtp) {
        free_keys(&srtp->rtp);
        free_keys(&srtp->rtcp_out);
        free_keys(&srtp->rtcp_in);
        OPENSSL_cleanse(srtp, sizeof *srtp);
        free(srtp);
    }
}

size_t lct_srtp_tail(const struct lct_srtp *srtp) { return srtp->rtp.kind->tail; }

/* ---- RTP ---- */

/* Encrypts, and tags with GCM's own tag. */
static bool seal_gcm(const struct keys *keys, const uint8_t *header, size_t header_n,
                     const uint8_t *payload, size_t n, uint8_t *out) {
    int got = 0;
    /* asked for by name: EVP_CIPHER_CTX_ctrl tries every name there is, 26 ns a packet */
    OSSL_PARAM tag[] = {OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, out + n, gcm.tail),
                        OSSL_PARAM_END};
    return EVP_EncryptUpdate(keys->aes, NULL, &got, header, (int)header_n) == 1 &&
           EVP_EncryptUpdate(keys->aes, out, &got, payload, (int)n) == 1 &&
           EVP_EncryptFinal_ex(keys->aes, out + n, &got) == 1 &&
           EVP_CIPHER_CTX_get_params(keys->aes, tag) == 1;
}

/* Encrypts, and tags header, cipher text and rollover counter. */
static bool seal_cm(const struct keys *keys, uint32_t rollover, const uint8_t *header,
                    size_t header_n, const uint8_t *payload, size_t n, uint8_t *out) {
    uint8_t tag[AUTH_KEY_SIZE];
    int got = 0;
    bool ok = EVP_EncryptUpdate(keys->aes, out, &got, payload, (int)n) == 1 &&
              tag_cm(keys, header, header_n, out, n, rollover, tag);
    memcpy(out + n, tag, cm.tail);
    return ok;
}

size_t lct_srtp_protect(struct lct_srtp *srtp, uint64_t index, const uint8_t *header,
                        size_t header_n, const uint8_t *payload, size_t n, uint8_t *out) {
    assert(header_n >= RTP_HEAD && n <= UINT16_MAX);
    assert((index & UINT16_MAX) == ((unsigned)header[2] << 8 | header[3]));
    const struct keys *keys = &srtp->rtp;
    memcpy(out, header, header_n);
    uint8_t *body = out + header_n;
    if (!set_iv(keys, header + RTP_SSRC_AT, index)) {
        return 0;
    }
    bool ok = keys->kind == &gcm
                  ? seal_gcm(keys, header, header_n, payload, n, body)
                  : seal_cm(keys, (uint32_t)(index >> 16), header, header_n, payload, n, body);
    return ok ? header_n + n + keys->kind->tail : 0;
}

/*
 * ---- RTCP ----
 *
 * GCM   | head | encrypted     | tag  | word |    RFC 7714 sec. 9
 * CM    | head | encrypted     | word | tag  |    RFC 3711 sec. 3.4
 */

/* AES-GCM of a packet in place; with GCM the word behind it is authenticated too. */
static bool run_rtcp_gcm(const struct keys *keys, uint8_t *packet, size_t n, const uint8_t *word) {
    int got = 0;
    return EVP_CipherUpdate(keys->aes, NULL, &got, packet, RTCP_HEAD) == 1 &&
           EVP_CipherUpdate(keys->aes, NULL, &got, word, WORD) == 1 &&
           EVP_CipherUpdate(keys->aes, packet + RTCP_HEAD, &got, packet + RTCP_HEAD,
                            (int)(n - RTCP_HEAD)) == 1;
}

static bool run_rtcp_cm(const struct keys *keys, uint8_t *packet, size_t n) {
    int got = 0;
    return EVP_CipherUpdate(keys->aes, packet + RTCP_HEAD, &got, packet + RTCP_HEAD,
                            (int)(n - RTCP_HEAD)) == 1;
}

static OSSL_PARAM rtcp_tag(uint8_t *tag) {
    return OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, gcm.tail);
}

static void put_word(uint8_t *out, uint32_t word) {
    struct lct_writer w = lct_writer(out, WORD);
    lct_put_u32(&w, word);
}

size_t lct_srtp_protect_rtcp(struct lct_srtp *srtp, uint8_t *packet, size_t n, size_t size) {
    const struct keys *keys = &srtp->rtcp_out;
    if (n < RTCP_HEAD || n > UINT16_MAX || n + LCT_SRTP_RTCP_TAIL_MAX > size ||
        srtp->rtcp_index >= RTCP_INDEX_MAX) {
        return 0;
    }
    uint32_t index = ++srtp->rtcp_index, word = ENCRYPTED | index;
    uint8_t tag[AUTH_KEY_SIZE];
    bool ok = set_iv(keys, packet + RTCP_SSRC_AT, index);
    if (keys->kind == &gcm) {
        uint8_t *end = packet + n;
        OSSL_PARAM params[] = {rtcp_tag(end), OSSL_PARAM_END};
        int got = 0;
        put_word(end + gcm.tail, word);
        ok = ok && run_rtcp_gcm(keys, packet, n, end + gcm.tail) &&
             EVP_CipherFinal_ex(keys->aes, tag, &got) == 1 &&
             EVP_CIPHER_CTX_get_params(keys->aes, params) == 1;
    } else {
        ok = ok && run_rtcp_cm(keys, packet, n) && tag_cm(keys, packet, n, NULL, 0, word, tag);
        put_word(packet + n, word);
        memcpy(packet + n + WORD, tag, cm.tail);
    }
    return ok ? n + WORD + keys->kind->tail : 0;
}

/* What has come from this sender; a new one when there is room; NULL: there is none. */
static struct sender *find_sender(struct lct_srtp *srtp, const uint8_t ssrc[4]) {
    for (unsigned i = 0; i < srtp->senders_n; i++) {
        if (memcmp(srtp->senders[i].ssrc, ssrc, 4) == 0) {
            return &srtp->senders[i];
        }
    }
    return srtp->senders_n < LCT_SRTP_SENDERS_MAX ? &srtp->senders[srtp->senders_n] : NULL;
}

static bool is_replayed(const struct sender *sender, uint32_t index) {
    if (sender->seen == 0 || index > sender->newest) {
        return false;
    }
    uint32_t age = sender->newest - index;
    return age >= REPLAY_WINDOW || (sender->seen >> age & 1) != 0;
}

/* Only of what was authentic: a stranger must not be able to age the window. */
static void note(struct lct_srtp *srtp, struct sender *sender, const uint8_t ssrc[4],
                 uint32_t index) {
    if (sender == &srtp->senders[srtp->senders_n]) {
        memcpy(sender->ssrc, ssrc, 4);
        sender->newest = index;
        srtp->senders_n++;
    }
    if (index > sender->newest) {
        uint32_t step = index - sender->newest;
        sender->seen = step < REPLAY_WINDOW ? sender->seen << step : 0;
        sender->newest = index;
    }
    sender->seen |= UINT64_C(1) << (sender->newest - index);
}

static bool open_gcm(const struct keys *keys, uint8_t *packet, size_t n) {
    OSSL_PARAM params[] = {rtcp_tag(packet + n), OSSL_PARAM_END};
    uint8_t none[IV_SIZE];
    int got = 0;
    return EVP_CIPHER_CTX_set_params(keys->aes, params) == 1 &&
           run_rtcp_gcm(keys, packet, n, packet + n + gcm.tail) &&
           EVP_CipherFinal_ex(keys->aes, none, &got) == 1;
}

static bool open_cm(const struct keys *keys, uint8_t *packet, size_t n, uint32_t word) {
    uint8_t tag[AUTH_KEY_SIZE];
    return tag_cm(keys, packet, n, NULL, 0, word, tag) &&
           CRYPTO_memcmp(tag, packet + n + WORD, cm.tail) == 0 && run_rtcp_cm(keys, packet, n);
}

size_t lct_srtp_open_rtcp(struct lct_srtp *srtp, uint8_t *packet, size_t n) {
    const struct keys *keys = &srtp->rtcp_in;
    size_t tail = keys->kind->tail + WORD;
    if (n < RTCP_HEAD + tail || n > UINT16_MAX) {
        return 0;
    }
    n -= tail;
    struct lct_reader r = lct_reader(packet + n + (keys->kind == &gcm ? gcm.tail : 0), WORD);
    uint32_t word = lct_get_u32(&r), index = word & ~ENCRYPTED;
    const uint8_t *ssrc = packet + RTCP_SSRC_AT;
    struct sender *sender = find_sender(srtp, ssrc);
    if (!sender || word == index || is_replayed(sender, index) || !set_iv(keys, ssrc, index) ||
        !(keys->kind == &gcm ? open_gcm(keys, packet, n) : open_cm(keys, packet, n, word))) {
        return 0;
    }
    note(srtp, sender, ssrc, index);
    return n;
}

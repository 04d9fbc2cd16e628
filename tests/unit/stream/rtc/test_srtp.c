// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "stream/rtc/srtp.h"

#define HEAD_MAX 48
#define BODY_MAX 1200
#define ROOM (HEAD_MAX + BODY_MAX + LCT_SRTP_TAIL_MAX)
#define RTCP_ROOM 256

static const enum lct_srtp_profile profiles[] = {LCT_SRTP_AES128_GCM, LCT_SRTP_AES128_SHA1_80};

/* The master key and salt of RFC 3711 appendix B.3. */
static const uint8_t known[LCT_SRTP_KEY_MAX] = {
    0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0, 0xd6, 0x4f, 0xa3, 0x2c, 0x06, 0xde, 0x41,
    0x39, 0x0e, 0xc6, 0x75, 0xad, 0x49, 0x8a, 0xfe, 0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6};

static const uint8_t other[LCT_SRTP_KEY_MAX] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

/* A small generator, so that each run tries the same. */
static uint32_t number(void) {
    static uint32_t state = 2463534242U;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static void fill(uint8_t *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)number();
    }
}

static struct lct_srtp *make(enum lct_srtp_profile profile, const uint8_t *ours,
                             const uint8_t *theirs) {
    struct lct_srtp *srtp = NULL;
    cr_assert_eq(lct_srtp_create(profile, ours, theirs, &srtp), 0);
    return srtp;
}

/* libsrtp's session of a viewer. */
static srtp_t peer(enum lct_srtp_profile profile, srtp_ssrc_type_t direction, const uint8_t *key) {
    srtp_policy_t policy = {.ssrc.type = direction, .window_size = 1024};
    uint8_t copy[LCT_SRTP_KEY_MAX];
    srtp_t session = NULL;
    static bool begun; /* it cannot be begun twice */
    cr_assert(begun || srtp_init() == srtp_err_status_ok);
    begun = true;
    memcpy(copy, key, sizeof copy);
    policy.key = copy;
    srtp_profile_t name = (srtp_profile_t)profile;
    cr_assert_eq(srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, name), 0);
    cr_assert_eq(srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, name), 0);
    cr_assert_eq(srtp_create(&session, &policy), srtp_err_status_ok);
    return session;
}

/* An RTP header, with an extension of so many words (RFC 3550 sec. 5.3.1); its length. */
static size_t write_header(uint8_t *out, uint16_t sequence, uint32_t ssrc, size_t words) {
    fill(out, HEAD_MAX);
    out[0] = words > 0 ? 0x90 : 0x80;
    out[1] = 96;
    out[2] = (uint8_t)(sequence >> 8);
    out[3] = (uint8_t)sequence;
    for (int i = 0; i < 4; i++) {
        out[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    }
    if (words == 0) {
        return 12;
    }
    const uint8_t extension[] = {0xbe, 0xde, 0, (uint8_t)words};
    memcpy(out + 12, extension, sizeof extension);
    return 16 + 4 * words;
}

/* ---- the formulas, in the plainest way ---- */

static void plain_gcm(const uint8_t *key, const uint8_t iv[12], const uint8_t *head, size_t head_n,
                      const uint8_t *body, size_t n, uint8_t *out) {
    EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
    int got;
    EVP_EncryptInit_ex(aes, EVP_aes_128_gcm(), NULL, key, iv);
    EVP_EncryptUpdate(aes, NULL, &got, head, (int)head_n);
    memcpy(out, head, head_n);
    EVP_EncryptUpdate(aes, out + head_n, &got, body, (int)n);
    EVP_EncryptFinal_ex(aes, out + head_n + n, &got);
    EVP_CIPHER_CTX_ctrl(aes, EVP_CTRL_AEAD_GET_TAG, 16, out + head_n + n);
    EVP_CIPHER_CTX_free(aes);
}

static void plain_cm(const uint8_t *key, const uint8_t *auth, const uint8_t *salt, uint32_t ssrc,
                     uint64_t index, const uint8_t *head, size_t head_n, const uint8_t *body,
                     size_t n, uint8_t *out) {
    EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
    uint8_t iv[16] = {0}, tag[20];
    int got;
    memcpy(iv, salt, 14);
    for (int i = 0; i < 4; i++) {
        iv[4 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
        out[head_n + n + (size_t)i] = (uint8_t)(index >> (40 - 8 * i)); /* for a moment: ROC */
    }
    for (int i = 0; i < 6; i++) {
        iv[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));
    }
    EVP_EncryptInit_ex(aes, EVP_aes_128_ctr(), NULL, key, iv);
    memcpy(out, head, head_n);
    EVP_EncryptUpdate(aes, out + head_n, &got, body, (int)n);
    EVP_CIPHER_CTX_free(aes);
    HMAC(EVP_sha1(), auth, 20, out, head_n + n + 4, tag, NULL);
    memcpy(out + head_n + n, tag, 10);
}

/* RFC 7714 sec. 16.1.1. */
Test(srtp, the_plain_formula_is_that_of_rfc_7714) {
    static const uint8_t key[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const uint8_t iv[] = {0x51, 0x75, 0x3c, 0x65, 0x80, 0xc2,
                                 0x72, 0x6f, 0x20, 0x71, 0x84, 0x14};
    static const uint8_t head[] = {0x80, 0x40, 0xf1, 0x7b, 0x80, 0x41,
                                   0xf8, 0xd3, 0x55, 0x01, 0xa0, 0xb2};
    static const char body[] = "Gallia est omnis divisa in partes tres";
    static const uint8_t right[] = {
        0xf2, 0x4d, 0xe3, 0xa3, 0xfb, 0x34, 0xde, 0x6c, 0xac, 0xba, 0x86, 0x1c, 0x9d, 0x7e,
        0x4b, 0xca, 0xbe, 0x63, 0x3b, 0xd5, 0x0d, 0x29, 0x4e, 0x6f, 0x42, 0xa5, 0xf4, 0x7a,
        0x51, 0xc7, 0xd1, 0x9b, 0x36, 0xde, 0x3a, 0xdf, 0x88, 0x33, 0x89, 0x9d, 0x7f, 0x27,
        0xbe, 0xb1, 0x6a, 0x91, 0x52, 0xcf, 0x76, 0x5e, 0xe4, 0x39, 0x0c, 0xce};
    uint8_t out[128];
    size_t n = sizeof body - 1;
    plain_gcm(key, iv, head, sizeof head, (const uint8_t *)body, n, out);
    cr_assert_eq(n + 16, sizeof right);
    cr_assert_arr_eq(out + sizeof head, right, sizeof right);
}

/* The session keys are those of RFC 3711 appendix B.3. */
Test(srtp, keys_are_derived_as_in_rfc_3711) {
    static const uint8_t key[] = {0xc6, 0x1e, 0x7a, 0x93, 0x74, 0x4f, 0x39, 0xee,
                                  0x10, 0x73, 0x4a, 0xfe, 0x3f, 0xf7, 0xa0, 0x87};
    static const uint8_t salt[] = {0x30, 0xcb, 0xbc, 0x08, 0x86, 0x3d, 0x8c,
                                   0x85, 0xd4, 0x9d, 0xb3, 0x4a, 0x9a, 0xe1};
    static const uint8_t auth[] = {0xce, 0xbe, 0x32, 0x1f, 0x6f, 0xf7, 0x71, 0x6b, 0x6f, 0xd4,
                                   0xab, 0x49, 0xaf, 0x25, 0x6a, 0x15, 0x6d, 0x38, 0xba, 0xa4};
    const uint64_t index = 0x123456789abcU;
    struct lct_srtp *srtp = make(LCT_SRTP_AES128_SHA1_80, known, other);
    uint8_t head[HEAD_MAX], body[100], out[ROOM], right[ROOM];
    fill(body, sizeof body);
    size_t head_n = write_header(head, 0x9abc, 0xdeadbeef, 2);
    size_t n = lct_srtp_protect(srtp, index, head, head_n, body, sizeof body, out);
    plain_cm(key, auth, salt, 0xdeadbeef, index, head, head_n, body, sizeof body, right);
    cr_assert_eq(n, head_n + sizeof body + 10);
    cr_assert_arr_eq(out, right, n);
    lct_srtp_destroy(srtp);
}

/* ---- libsrtp is the judge ---- */

/* Packets from first on, one SSRC, all of them opened by libsrtp. */
static void run(enum lct_srtp_profile profile, uint64_t first, int count, uint32_t ssrc) {
    struct lct_srtp *srtp = make(profile, known, other);
    srtp_t viewer = peer(profile, ssrc_any_inbound, known);
    for (uint64_t index = first; index < first + (uint64_t)count; index++) {
        uint8_t head[HEAD_MAX], body[BODY_MAX], same[BODY_MAX], out[ROOM];
        size_t head_n = write_header(head, (uint16_t)index, ssrc, number() % 8);
        size_t n = index % 16 == 0 ? 0 : index % 16 == 1 ? BODY_MAX : number() % BODY_MAX;
        fill(body, n);
        memcpy(same, body, n);
        memset(out, 0xa5, sizeof out);
        size_t got = lct_srtp_protect(srtp, index, head, head_n, body, n, out);
        cr_assert_eq(got, head_n + n + lct_srtp_tail(srtp));
        cr_assert_arr_eq(body, same, n, "the payload is not touched");
        cr_assert(got == sizeof out || out[got] == 0xa5, "one byte too far");
        int length = (int)got;
        cr_assert_eq(srtp_unprotect(viewer, out, &length), srtp_err_status_ok, "index %llu, n %zu",
                     (unsigned long long)index, n);
        cr_assert_eq(length, (int)(head_n + n));
        cr_assert_arr_eq(out, head, head_n);
        cr_assert_arr_eq(out + head_n, body, n);
    }
    srtp_dealloc(viewer);
    lct_srtp_destroy(srtp);
}

Test(srtp, libsrtp_accepts_every_packet_over_wraps) {
    for (size_t i = 0; i < 2; i++) {
        run(profiles[i], 0, 300, 0x01020304);
        run(profiles[i], 0x7fff, 20, 0xfffffffe);
        run(profiles[i], 0xff80, 400, 1); /* the rollover counter goes from 0 to 1 */
    }
}

Test(srtp, libsrtp_accepts_a_far_rollover_counter) {
    for (size_t i = 0; i < 2; i++) {
        struct lct_srtp *srtp = make(profiles[i], known, other);
        srtp_t viewer = peer(profiles[i], ssrc_any_inbound, known);
        uint8_t head[HEAD_MAX], body[64], out[ROOM];
        fill(body, sizeof body);
        for (uint64_t index = 0; index < 0x1feedffffU; index += 0x7001) {
            if (index > 0x50000 && index < 0x1feec0000U) { /* a year in between: tell it */
                index = 0x1feec0000U;
                cr_assert_eq(srtp_set_stream_roc(viewer, 7, (uint32_t)(index >> 16)), 0);
            }
            size_t head_n = write_header(head, (uint16_t)index, 7, 1);
            int n = (int)lct_srtp_protect(srtp, index, head, head_n, body, sizeof body, out);
            cr_assert_eq(srtp_unprotect(viewer, out, &n), srtp_err_status_ok, "index %llx",
                         (unsigned long long)index);
            cr_assert_arr_eq(out + head_n, body, sizeof body);
        }
        srtp_dealloc(viewer);
        lct_srtp_destroy(srtp);
    }
}

Test(srtp, a_wrong_key_or_a_changed_byte_is_refused) {
    for (size_t i = 0; i < 2; i++) {
        struct lct_srtp *srtp = make(profiles[i], known, other);
        srtp_t viewer = peer(profiles[i], ssrc_any_inbound, known);
        srtp_t stranger = peer(profiles[i], ssrc_any_inbound, other);
        uint8_t head[HEAD_MAX], body[40], out[ROOM], copy[ROOM];
        fill(body, sizeof body);
        size_t head_n = write_header(head, 9, 77, 2);
        size_t n = lct_srtp_protect(srtp, 9, head, head_n, body, sizeof body, out);
        int length = (int)n;
        memcpy(copy, out, n);
        cr_assert_eq(srtp_unprotect(stranger, copy, &length), srtp_err_status_auth_fail);
        /* the extension is authenticated too; its length word (14, 15) moves where all begins */
        for (size_t at = 4; at < n; at += at == 13 ? 3 : 1) {
            memcpy(copy, out, n);
            copy[at] ^= 1;
            length = (int)n;
            cr_assert_eq(srtp_unprotect(viewer, copy, &length), srtp_err_status_auth_fail,
                         "byte %zu", at);
        }
        length = (int)n;
        cr_assert_eq(srtp_unprotect(viewer, out, &length), srtp_err_status_ok);
        srtp_dealloc(stranger);
        srtp_dealloc(viewer);
        lct_srtp_destroy(srtp);
    }
}

/* ---- RTCP ---- */

/* A receiver report without blocks, and some words behind it. */
static size_t write_report(uint8_t *out, uint32_t ssrc, size_t words) {
    fill(out, RTCP_ROOM);
    const uint8_t head[] = {0x80,
                            201,
                            0,
                            (uint8_t)(1 + words),
                            (uint8_t)(ssrc >> 24),
                            (uint8_t)(ssrc >> 16),
                            (uint8_t)(ssrc >> 8),
                            (uint8_t)ssrc};
    memcpy(out, head, sizeof head);
    return sizeof head + 4 * words;
}

Test(srtp, libsrtp_opens_our_rtcp) {
    for (size_t i = 0; i < 2; i++) {
        struct lct_srtp *srtp = make(profiles[i], known, other);
        srtp_t viewer = peer(profiles[i], ssrc_any_inbound, known);
        for (size_t words = 0; words < 40; words++) {
            uint8_t packet[RTCP_ROOM], plain[RTCP_ROOM];
            size_t n = write_report(packet, 5 + (uint32_t)words % 3, words);
            memcpy(plain, packet, n);
            cr_assert_eq(lct_srtp_protect_rtcp(srtp, packet, n, n + LCT_SRTP_RTCP_TAIL_MAX - 1), 0);
            size_t got = lct_srtp_protect_rtcp(srtp, packet, n, n + LCT_SRTP_RTCP_TAIL_MAX);
            cr_assert_eq(got, n + lct_srtp_tail(srtp) + 4);
            int length = (int)got;
            cr_assert_eq(srtp_unprotect_rtcp(viewer, packet, &length), srtp_err_status_ok);
            cr_assert_eq(length, (int)n);
            cr_assert_arr_eq(packet, plain, n);
        }
        srtp_dealloc(viewer);
        lct_srtp_destroy(srtp);
    }
}

/* Theirs, protected by libsrtp; its length. */
static size_t theirs(srtp_t viewer, uint8_t *packet, uint32_t ssrc, size_t words) {
    int length = (int)write_report(packet, ssrc, words);
    cr_assert_eq(srtp_protect_rtcp(viewer, packet, &length), srtp_err_status_ok);
    return (size_t)length;
}

Test(srtp, their_rtcp_is_opened_once) {
    for (size_t i = 0; i < 2; i++) {
        struct lct_srtp *srtp = make(profiles[i], known, other);
        srtp_t viewer = peer(profiles[i], ssrc_any_outbound, other);
        for (size_t words = 0; words < 40; words++) {
            uint8_t packet[RTCP_ROOM], again[RTCP_ROOM];
            size_t n = theirs(viewer, packet, 1, words);
            memcpy(again, packet, n);
            cr_assert_eq(lct_srtp_open_rtcp(srtp, packet, n), 8 + 4 * words);
            cr_assert_eq(packet[1], 201);
            cr_assert_eq(lct_srtp_open_rtcp(srtp, again, n), 0, "a replay");
        }
        srtp_dealloc(viewer);
        lct_srtp_destroy(srtp);
    }
}

/* Reports overtake each other; what is 64 and more behind is taken for a replay. */
Test(srtp, their_rtcp_may_come_out_of_order) {
    enum { COUNT = 300 };
    for (size_t i = 0; i < 2; i++) {
        struct lct_srtp *srtp = make(profiles[i], known, other);
        srtp_t viewer = peer(profiles[i], ssrc_any_outbound, other);
        static uint8_t packets[COUNT][RTCP_ROOM];
        size_t n = 0;
        for (size_t k = 0; k < COUNT; k++) {
            n = theirs(viewer, packets[k], 1, 3);
        }
        static const struct {
            size_t which;
            bool good;
        } steps[] = {{40, true},   {0, true},    {39, true},  {41, true},  {40, false}, {104, true},
                     {41, false},  {42, true},   {40, false}, {39, false}, {250, true}, {187, true},
                     {186, false}, {250, false}, {299, true}, {236, true}, {235, false}};
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            uint8_t copy[RTCP_ROOM];
            memcpy(copy, packets[steps[k].which], n);
            cr_assert_eq(lct_srtp_open_rtcp(srtp, copy, n), steps[k].good ? 20 : 0, "step %zu", k);
        }
        srtp_dealloc(viewer);
        lct_srtp_destroy(srtp);
    }
}

Test(srtp, their_rtcp_is_refused_when_it_is_spoilt) {
    for (size_t i = 0; i < 2; i++) {
        struct lct_srtp *srtp = make(profiles[i], known, other);
        srtp_t viewer = peer(profiles[i], ssrc_any_outbound, other);
        uint8_t packet[RTCP_ROOM], copy[RTCP_ROOM];
        size_t n = theirs(viewer, packet, 1, 6);
        for (size_t bit = 0; bit < 8 * n; bit++) {
            memcpy(copy, packet, n);
            copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
            cr_assert_eq(lct_srtp_open_rtcp(srtp, copy, n), 0, "bit %zu", bit);
        }
        for (size_t cut = 0; cut < n; cut++) {
            memcpy(copy, packet, n);
            cr_assert_eq(lct_srtp_open_rtcp(srtp, copy, cut), 0, "%zu bytes", cut);
        }
        cr_assert_eq(lct_srtp_open_rtcp(srtp, packet, n), 8 + 4 * 6);
        srtp_dealloc(viewer);
        lct_srtp_destroy(srtp);
    }
}

Test(srtp, their_senders_have_an_end) {
    struct lct_srtp *srtp = make(LCT_SRTP_AES128_GCM, known, other);
    srtp_t viewer = peer(LCT_SRTP_AES128_GCM, ssrc_any_outbound, other);
    uint8_t packet[RTCP_ROOM];
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t ssrc = 0; ssrc < LCT_SRTP_SENDERS_MAX + 5; ssrc++) {
            size_t n = theirs(viewer, packet, ssrc, 1);
            cr_assert_eq(lct_srtp_open_rtcp(srtp, packet, n), ssrc < LCT_SRTP_SENDERS_MAX ? 12 : 0);
        }
    }
    srtp_dealloc(viewer);
    lct_srtp_destroy(srtp);
}

Test(srtp, only_profiles_we_know) {
    struct lct_srtp *srtp = NULL;
    cr_assert_eq(lct_srtp_create((enum lct_srtp_profile)8, known, other, &srtp), -EINVAL);
    cr_assert_null(srtp);
    cr_assert_eq(lct_srtp_salt(LCT_SRTP_AES128_GCM), 12);
    cr_assert_eq(lct_srtp_salt(LCT_SRTP_AES128_SHA1_80), 14);
    lct_srtp_destroy(NULL);
}

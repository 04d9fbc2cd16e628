// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream/rtc/dtls.h"
#include "tests/support/dtls_client.h"

#define QUEUE 64

struct datagram {
    uint8_t bytes[DTLS_CLIENT_DATAGRAM_SIZE];
    size_t n;
};

/* Server and viewer, and the line between them. */
struct line {
    struct lct_dtls_ctx *ctx;
    struct lct_dtls *server;
    struct dtls_client *viewer;
    struct datagram queue[QUEUE]; /* from the server */
    size_t first, count;
    int loss; /* per cent of the datagrams, both ways */
    unsigned sent, lost, hellos;
};

static void on_send(void *arg, const uint8_t *bytes, size_t n) {
    struct line *line = arg;
    cr_assert(n > 0 && n <= LCT_DTLS_MTU, "%zu bytes", n);
    cr_assert_lt(line->count, QUEUE);
    memcpy(line->queue[line->count].bytes, bytes, n);
    line->queue[line->count++].n = n;
}

/* fingerprint: what the offer says; NULL: the truth. */
static struct line *open_line(struct dtls_client *viewer, const uint8_t *fingerprint) {
    struct line *line = calloc(1, sizeof *line);
    struct lct_fault fault;
    cr_assert_not_null(line);
    cr_assert_eq(lct_dtls_ctx_create(&line->ctx, &fault), 0);
    line->viewer = viewer;
    cr_assert_eq(lct_dtls_create(line->ctx,
                                 fingerprint ? fingerprint : dtls_client_fingerprint(viewer),
                                 on_send, line, &line->server),
                 0);
    return line;
}

static void close_line(struct line *line) {
    lct_dtls_destroy(line->server);
    dtls_client_destroy(line->viewer);
    lct_dtls_ctx_destroy(line->ctx);
    free(line);
}

static bool is_lost(struct line *line) {
    bool lost = rand() % 100 < line->loss;
    line->sent++;
    line->lost += lost;
    return lost;
}

static enum lct_dtls_state state(struct line *line) { return lct_dtls_tick(line->server); }

/* Carries what is there to and fro; false when there was nothing. */
static bool carry(struct line *line) {
    bool moved = false;
    uint8_t bytes[DTLS_CLIENT_DATAGRAM_SIZE];
    for (size_t n; (n = dtls_client_pull(line->viewer, bytes)) > 0; moved = true) {
        line->hellos += bytes[13] == 1;
        if (!is_lost(line)) {
            (void)lct_dtls_take(line->server, bytes, n);
        }
    }
    for (; line->first < line->count; moved = true) {
        const struct datagram *datagram = &line->queue[line->first++];
        if (!is_lost(line)) {
            dtls_client_push(line->viewer, datagram->bytes, datagram->n);
        }
    }
    line->first = line->count = 0;
    return moved;
}

/* Until both are open or the server has done with it; waits where somebody must send again. */
static void shake_hands(struct line *line) {
    while (state(line) == LCT_DTLS_SHAKING || !dtls_client_is_open(line->viewer)) {
        if (!carry(line)) {
            if (dtls_client_has_failed(line->viewer) || state(line) > LCT_DTLS_OPEN) {
                return;
            }
            (void)usleep(5000);
            dtls_client_tick(line->viewer);
        }
    }
}

static struct line *connect_as(const char *profiles, size_t mtu) {
    struct line *line = open_line(dtls_client_create(profiles, mtu, true), NULL);
    shake_hands(line);
    cr_assert_eq(state(line), LCT_DTLS_OPEN);
    cr_assert(dtls_client_is_open(line->viewer));
    return line;
}

/* Both have the same keys, and SRTP by ours is opened by libsrtp with the viewer's. */
static void check_keys(struct line *line, enum lct_srtp_profile expected) {
    enum lct_srtp_profile profile, theirs;
    uint8_t ours[LCT_SRTP_KEY_MAX], peer[LCT_SRTP_KEY_MAX];
    uint8_t viewer_ours[LCT_SRTP_KEY_MAX], viewer_peer[LCT_SRTP_KEY_MAX];
    cr_assert_eq(lct_dtls_keys(line->server, &profile, ours, peer), 0);
    cr_assert(dtls_client_keys(line->viewer, &theirs, viewer_ours, viewer_peer));
    cr_assert_eq(profile, expected);
    cr_assert_eq(theirs, expected);
    size_t n = 16 + lct_srtp_salt(profile);
    cr_assert_arr_eq(ours, viewer_peer, n);
    cr_assert_arr_eq(peer, viewer_ours, n);
    cr_assert_arr_neq(ours, peer, n);

    struct lct_srtp *srtp;
    cr_assert_eq(lct_srtp_create(profile, ours, peer, &srtp), 0);
    static const uint8_t head[12] = {0x80, 96, 0x12, 0x34, [11] = 7};
    uint8_t out[64 + LCT_SRTP_TAIL_MAX];
    int length =
        (int)lct_srtp_protect(srtp, 0x1234, head, 12, (const uint8_t *)"a picture", 9, out);
    srtp_t judge;
    srtp_policy_t policy = {.ssrc.type = ssrc_any_inbound, .key = viewer_peer, .window_size = 128};
    (void)srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, (srtp_profile_t)profile);
    (void)srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, (srtp_profile_t)profile);
    static bool begun; /* it cannot be begun twice */
    cr_assert(begun || srtp_init() == srtp_err_status_ok);
    begun = true;
    cr_assert_eq(srtp_create(&judge, &policy), srtp_err_status_ok);
    cr_assert_eq(srtp_unprotect(judge, out, &length), srtp_err_status_ok);
    cr_assert_eq(length, 12 + 9);
    cr_assert_arr_eq(out + 12, "a picture", 9);
    srtp_dealloc(judge);
    lct_srtp_destroy(srtp);
}

Test(dtls, a_browser_gets_gcm_though_it_named_it_last) {
    struct line *line = connect_as(DTLS_CLIENT_BROWSER, 1200);
    uint8_t shown[32];
    cr_assert(dtls_client_peer_fingerprint(line->viewer, shown));
    cr_assert_arr_eq(shown, lct_dtls_fingerprint(line->ctx), 32);
    cr_assert_eq(lct_dtls_deadline(line->server), LCT_NS_NONE);
    check_keys(line, LCT_SRTP_AES128_GCM);
    close_line(line);
}

Test(dtls, an_old_client_gets_cm) {
    struct line *line = connect_as("SRTP_AES128_CM_SHA1_80", 1200);
    check_keys(line, LCT_SRTP_AES128_SHA1_80);
    close_line(line);
}

Test(dtls, a_hello_in_fragments_is_one_hello) {
    struct line *line = connect_as(DTLS_CLIENT_BROWSER, 1200);
    cr_assert_geq(line->hellos, 2);
    cr_assert_leq(line->hellos, 4); /* each said once more where the machine is slow */
    close_line(line);
    line = connect_as(DTLS_CLIENT_BROWSER, 256);
    cr_assert_gt(line->hellos, 5);
    check_keys(line, LCT_SRTP_AES128_GCM);
    close_line(line);
}

Test(dtls, lost_datagrams_are_sent_again, .timeout = 15) {
    unsigned lost = 0;
    srand(3);
    for (int i = 0; i < 12; i++) {
        struct dtls_client *viewer =
            dtls_client_create(DTLS_CLIENT_BROWSER, i % 3 ? 1200 : 300, true);
        struct line *line = open_line(viewer, NULL);
        line->loss = 10 * (1 + i % 2);
        shake_hands(line);
        cr_assert_eq(state(line), LCT_DTLS_OPEN, "%u of %u lost", line->lost, line->sent);
        check_keys(line, LCT_SRTP_AES128_GCM);
        lost += line->lost;
        close_line(line);
    }
    cr_assert_gt(lost, 0);
}

/* The server sends its flight again by its own deadline, without a word of the viewer. */
Test(dtls, a_silent_viewer_is_reminded_by_the_deadline, .timeout = 10) {
    struct line *line = open_line(dtls_client_create(DTLS_CLIENT_BROWSER, 1200, true), NULL);
    lct_ns begun = lct_monotonic();
    cr_assert_gt(lct_dtls_deadline(line->server), begun + LCT_DTLS_PATIENCE - LCT_SECOND,
                 "nothing to send again yet, but no patience without end");
    uint8_t bytes[DTLS_CLIENT_DATAGRAM_SIZE];
    for (size_t n; (n = dtls_client_pull(line->viewer, bytes)) > 0;) {
        (void)lct_dtls_take(line->server, bytes, n);
    }
    size_t flight = line->count;
    cr_assert_gt(flight, 0);
    for (int round = 1; round <= 2; round++) {
        line->count = 0;
        (void)lct_dtls_tick(line->server);
        cr_assert_eq(line->count, 0, "too early");
        lct_ns due = lct_dtls_deadline(line->server), now = lct_monotonic();
        cr_assert(due > now && due < now + LCT_SECOND);
        (void)usleep((useconds_t)((due - now) / LCT_US) + 1000);
        cr_assert_eq(lct_dtls_tick(line->server), LCT_DTLS_SHAKING);
        cr_assert_eq(line->count, flight, "packed as the first time");
    }
    shake_hands(line);
    cr_assert_eq(state(line), LCT_DTLS_OPEN);
    close_line(line);
}

/* Our last flight is lost: the viewer sends its own again, and we, open already, ours. */
Test(dtls, the_last_flight_can_be_lost, .timeout = 10) {
    struct line *line = open_line(dtls_client_create(DTLS_CLIENT_BROWSER, 1200, true), NULL);
    uint8_t bytes[DTLS_CLIENT_DATAGRAM_SIZE];
    while (state(line) == LCT_DTLS_SHAKING) {
        for (; line->first < line->count; line->first++) {
            const struct datagram *datagram = &line->queue[line->first];
            dtls_client_push(line->viewer, datagram->bytes, datagram->n);
        }
        line->first = line->count = 0;
        for (size_t n; (n = dtls_client_pull(line->viewer, bytes)) > 0;) {
            (void)lct_dtls_take(line->server, bytes, n);
        }
    }
    cr_assert_eq(state(line), LCT_DTLS_OPEN);
    cr_assert_not(dtls_client_is_open(line->viewer));
    line->count = 0;
    shake_hands(line);
    cr_assert(dtls_client_is_open(line->viewer));
    cr_assert_eq(state(line), LCT_DTLS_OPEN);
    check_keys(line, LCT_SRTP_AES128_GCM);
    close_line(line);
}

/* ---- who must not come in ---- */

static void check_refused(struct line *line) {
    enum lct_srtp_profile profile;
    uint8_t ours[LCT_SRTP_KEY_MAX], theirs[LCT_SRTP_KEY_MAX];
    shake_hands(line);
    cr_assert_eq(state(line), LCT_DTLS_FAILED);
    cr_assert_eq(lct_dtls_keys(line->server, &profile, ours, theirs), -EINVAL);
    cr_assert_eq(lct_dtls_deadline(line->server), LCT_NS_NONE);
    cr_assert_eq(lct_dtls_take(line->server, (const uint8_t *)"\x16\xfe\xfd", 3), LCT_DTLS_FAILED);
    close_line(line);
}

Test(dtls, another_certificate_than_the_offers_fails, .timeout = 5) {
    struct dtls_client *viewer = dtls_client_create(DTLS_CLIENT_BROWSER, 1200, true);
    uint8_t fingerprint[32];
    memcpy(fingerprint, dtls_client_fingerprint(viewer), 32);
    fingerprint[31] ^= 1;
    struct line *line = open_line(viewer, fingerprint);
    shake_hands(line);
    cr_assert(dtls_client_has_failed(line->viewer), "it is told");
    check_refused(line);
}

Test(dtls, no_certificate_fails, .timeout = 5) {
    check_refused(open_line(dtls_client_create(DTLS_CLIENT_BROWSER, 1200, false), NULL));
}

Test(dtls, no_common_profile_fails, .timeout = 5) {
    check_refused(open_line(dtls_client_create(NULL, 1200, true), NULL));
    check_refused(open_line(dtls_client_create("SRTP_AEAD_AES_256_GCM", 1200, true), NULL));
}

/* ---- goodbyes ---- */

Test(dtls, their_goodbye_closes) {
    struct line *line = connect_as(DTLS_CLIENT_BROWSER, 1200);
    dtls_client_close(line->viewer);
    (void)carry(line);
    cr_assert_eq(state(line), LCT_DTLS_CLOSED);
    close_line(line);
}

Test(dtls, ours_is_said_when_we_go) {
    struct line *line = connect_as(DTLS_CLIENT_BROWSER, 1200);
    line->count = 0;
    lct_dtls_destroy(line->server);
    line->server = NULL;
    cr_assert_eq(line->count, 1);
    dtls_client_push(line->viewer, line->queue[0].bytes, line->queue[0].n);
    cr_assert(dtls_client_is_closed(line->viewer));
    close_line(line);
}

Test(dtls, data_is_passed_over) {
    struct line *line = connect_as(DTLS_CLIENT_BROWSER, 1200);
    uint8_t data[1000] = {1};
    for (int i = 0; i < 5; i++) {
        dtls_client_write(line->viewer, data, sizeof data);
        (void)carry(line);
    }
    cr_assert_eq(state(line), LCT_DTLS_OPEN);
    dtls_client_close(line->viewer);
    (void)carry(line);
    cr_assert_eq(state(line), LCT_DTLS_CLOSED);
    close_line(line);
}

/* ---- garbage ---- */

/* Random bytes, which begin as DTLS does; some with a record's head about them. */
static void pelt(struct line *line, enum lct_dtls_state expected) {
    uint8_t bytes[1500];
    for (int i = 0; i < 2000; i++) {
        size_t n = (size_t)rand() % sizeof bytes;
        for (size_t k = 0; k < n; k++) {
            bytes[k] = (uint8_t)rand();
        }
        bytes[0] = (uint8_t)(20 + rand() % 44);
        if (i % 4 == 0 && n > 13) { /* a version and a length that are right, an epoch far away */
            bytes[0] = (uint8_t)(20 + rand() % 4);
            bytes[1] = 0xfe;
            bytes[2] = 0xfd;
            bytes[3] |= 1;
            bytes[11] = (uint8_t)((n - 13) >> 8);
            bytes[12] = (uint8_t)(n - 13);
        }
        cr_assert_eq(lct_dtls_take(line->server, bytes, n), expected, "datagram %d", i);
    }
}

Test(dtls, garbage_changes_nothing, .timeout = 10) {
    struct line *line = open_line(dtls_client_create(DTLS_CLIENT_BROWSER, 1200, true), NULL);
    srand(1);
    pelt(line, LCT_DTLS_SHAKING);
    line->count = 0;
    shake_hands(line);
    cr_assert_eq(state(line), LCT_DTLS_OPEN);
    pelt(line, LCT_DTLS_OPEN);
    check_keys(line, LCT_SRTP_AES128_GCM);
    close_line(line);
}

/* A bit turned over on the way is as good as lost, once there are keys. */
Test(dtls, a_spoilt_record_changes_nothing_when_open) {
    struct line *line = connect_as(DTLS_CLIENT_BROWSER, 1200);
    uint8_t bytes[DTLS_CLIENT_DATAGRAM_SIZE], copy[DTLS_CLIENT_DATAGRAM_SIZE];
    while (
        carry(line)) { /* what a slow handshake said twice; the goodbye is alone in its datagram */
    }
    dtls_client_close(line->viewer);
    size_t n = dtls_client_pull(line->viewer, bytes);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        if (bit / 8 == 2) {
            continue; /* the version's lower byte means nothing to OpenSSL in an alert */
        }
        memcpy(copy, bytes, n);
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        cr_assert_eq(lct_dtls_take(line->server, copy, n), LCT_DTLS_OPEN, "bit %zu", bit);
    }
    for (size_t cut = 0; cut < n; cut++) {
        cr_assert_eq(lct_dtls_take(line->server, bytes, cut), LCT_DTLS_OPEN, "%zu bytes", cut);
    }
    cr_assert_eq(lct_dtls_take(line->server, bytes, n), LCT_DTLS_CLOSED);
    close_line(line);
}

Test(dtls, half_built_is_destroyed) {
    lct_dtls_destroy(NULL);
    lct_dtls_ctx_destroy(NULL);
    close_line(open_line(dtls_client_create(DTLS_CLIENT_BROWSER, 1200, true), NULL));
}

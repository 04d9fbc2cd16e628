// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * DTLS-SRTP (RFC 5764) in the server's role: what a viewer and we agree keys by. Datagrams in and
 * out by the caller; no socket here. DTLS 1.2, our own P-256 certificate, theirs held against the
 * fingerprint of its offer. One thread.
 *
 *     rc = lct_dtls_ctx_create(&ctx, &fault);                     // once a server
 *     rc = lct_dtls_create(ctx, fingerprint, send, me, &dtls);    // once a viewer
 *     state = lct_dtls_take(dtls, datagram, n);    // and lct_dtls_tick by its deadline
 *     if (state == LCT_DTLS_OPEN) lct_dtls_keys(dtls, &profile, ours, theirs);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/time.h"
#include "stream/rtc/srtp.h"

/** Largest datagram we send; records of a flight are packed up to it. */
#define LCT_DTLS_MTU 1200

/** A handshake that takes longer is given up. */
#define LCT_DTLS_PATIENCE (15 * LCT_SECOND)

struct lct_dtls_ctx;
struct lct_dtls;

enum lct_dtls_state {
    LCT_DTLS_SHAKING, /**< handshake under way */
    LCT_DTLS_OPEN,    /**< keys are there */
    LCT_DTLS_CLOSED,  /**< they said goodbye */
    LCT_DTLS_FAILED,  /**< wrong certificate, no common profile, a fatal alert, or out of time */
};

/** Makes the server's certificate and settings. 0 or -EIO with a fault; *ret_ctx is owned. */
int lct_dtls_ctx_create(struct lct_dtls_ctx **ret_ctx, struct lct_fault *fault) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_dtls_ctx_destroy(struct lct_dtls_ctx *ctx);

/** SHA-256 of our certificate: 32 bytes. Borrows. */
const uint8_t *lct_dtls_fingerprint(const struct lct_dtls_ctx *ctx);

/**
 * A peer whose certificate must have this SHA-256. send(arg, bytes, n) is called within take, tick
 * and destroy with one datagram of at most LCT_DTLS_MTU bytes, and must call nothing of here. ctx
 * must outlive the peer. 0 or -ENOMEM; *ret_dtls is owned.
 */
int lct_dtls_create(struct lct_dtls_ctx *ctx, const uint8_t fingerprint[32],
                    void (*send)(void *arg, const uint8_t *bytes, size_t n), void *arg,
                    struct lct_dtls **ret_dtls) LCT_MUST_USE;

/** Says goodbye (close_notify) when open, and frees; NULL is allowed. */
void lct_dtls_destroy(struct lct_dtls *dtls);

/**
 * Takes in one datagram (first byte 20 to 63, RFC 7983; borrows). The state after it. What is no
 * DTLS of this connection changes nothing.
 */
enum lct_dtls_state lct_dtls_take(struct lct_dtls *dtls, const uint8_t *bytes, size_t n);

/** When tick is due (lct_monotonic()); LCT_NS_NONE: never. Asked anew after each take and tick. */
lct_ns lct_dtls_deadline(const struct lct_dtls *dtls);

/** If it is time, sends a lost flight again or gives up. The state after it. */
enum lct_dtls_state lct_dtls_tick(struct lct_dtls *dtls);

/**
 * The keys of RFC 5764 sec. 4.2 as lct_srtp_create wants them: ours is the server's. 0; -EINVAL
 * when the state is not OPEN; -EIO: the library failed.
 */
int lct_dtls_keys(struct lct_dtls *dtls, enum lct_srtp_profile *ret_profile,
                  uint8_t ret_ours[LCT_SRTP_KEY_MAX],
                  uint8_t ret_theirs[LCT_SRTP_KEY_MAX]) LCT_MUST_USE;

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The few bytes of STUN (RFC 8489) that an ICE-lite agent (RFC 8445 sec. 2.5) needs: Binding
 * requests in, Binding answers out. Pure functions but for the HMAC of OpenSSL; no clock, no
 * socket.
 *
 *     if (lct_stun_parse(bytes, n, &check) < 0) … not for us
 *     viewer = by check.ufrag;  if (!lct_stun_is_signed(bytes, n, &check, password)) … drop
 *     n = check.unknown      ? lct_stun_write_error(out, sizeof out, &check, 420, password)
 *         : check.controlled ? lct_stun_write_error(out, sizeof out, &check, 487, password)
 *                            : lct_stun_write_success(out, sizeof out, &check, &from, password);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/attr.h"

/** Longest ICE user name fragment that is looked up, its end included (ours have 8). */
#define LCT_STUN_UFRAG_SIZE 33

/** Longest ICE password we give out (ours have 24): a block of SHA-1. */
#define LCT_STUN_PASSWORD_MAX 64

/** Room an answer needs at most. */
#define LCT_STUN_ANSWER_MAX 96

/** Longest request that is read: a browser's has about 120 bytes. */
#define LCT_STUN_REQUEST_MAX 548

/** What a Binding request says. */
struct lct_stun_check {
    uint8_t transaction[12];
    char ufrag[LCT_STUN_UFRAG_SIZE];  /**< ours: USERNAME up to the colon; visible ASCII */
    char remote[LCT_STUN_UFRAG_SIZE]; /**< theirs: behind the colon; cut when longer */
    bool use_candidate;               /**< nominated (RFC 8445 sec. 7.1.2) */
    bool controlled;                  /**< it calls itself controlled, like us: 487 is due */
    size_t integrity_at;              /**< offset of MESSAGE-INTEGRITY */
    uint16_t unknown;                 /**< the first unknown attribute that must be understood; 0 */
};

/**
 * True when a datagram can only be STUN (RFC 7983): 20 bytes and more, the first 0 to 3, and the
 * magic cookie.
 */
bool lct_stun_is(const uint8_t *bytes, size_t n);

/**
 * Reads a Binding request. 0; -EBADMSG: not well-formed, longer than LCT_STUN_REQUEST_MAX, no
 * USERNAME that could be of ours, no MESSAGE-INTEGRITY, or a FINGERPRINT that is wrong or not last;
 * -EOPNOTSUPP: STUN, but no Binding request (an indication or an answer: ignored). Integrity is not
 * checked here: the password is known only after ufrag is.
 */
int lct_stun_parse(const uint8_t *bytes, size_t n, struct lct_stun_check *ret_check) LCT_MUST_USE;

/** True when MESSAGE-INTEGRITY of the request that check was read from is by password (RFC 8489
 * sec. 14.5); constant time. */
bool lct_stun_is_signed(const uint8_t *bytes, size_t n, const struct lct_stun_check *check,
                        const char *password);

/**
 * Writes a success answer with XOR-MAPPED-ADDRESS (from: IPv4, IPv6, or IPv4 mapped into IPv6,
 * which is told as IPv4), MESSAGE-INTEGRITY and FINGERPRINT. Bytes written; 0 when size is below
 * LCT_STUN_ANSWER_MAX.
 */
size_t lct_stun_write_success(uint8_t *out, size_t size, const struct lct_stun_check *check,
                              const struct sockaddr_storage *from, const char *password);

/**
 * Writes an error answer: 487 (role conflict) or 420 (with check->unknown), signed like the other.
 * Bytes written; 0 when size is below LCT_STUN_ANSWER_MAX or code is another.
 */
size_t lct_stun_write_error(uint8_t *out, size_t size, const struct lct_stun_check *check, int code,
                            const char *password);

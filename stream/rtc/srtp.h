// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Protection of what a viewer gets and says (RFC 3711, RFC 7714), by OpenSSL directly: that is 2 to
 * 5 times cheaper than Debian's libsrtp, whose sessions take 35 KB of a viewer besides. libsrtp is
 * the judge in the tests, of every packet and both ways. One object a viewer, one thread.
 *
 *     rc = lct_srtp_create(profile, ours, theirs, &srtp);
 *     n = lct_srtp_protect(srtp, index, header, header_n, payload, payload_n, out);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum lct_srtp_profile {
    LCT_SRTP_AES128_GCM = 7,     /**< SRTP_AEAD_AES_128_GCM: preferred */
    LCT_SRTP_AES128_SHA1_80 = 1, /**< SRTP_AES128_CM_HMAC_SHA1_80 */
};

/** Key and salt behind each other: 16 + 12 bytes (GCM) or 16 + 14 (CM). */
#define LCT_SRTP_KEY_MAX 30

/** Bytes a protected RTP packet is longer than its header and payload, at most (16 or 10). */
#define LCT_SRTP_TAIL_MAX 16

/** Senders (SSRC) of one viewer whose RTCP is opened; one or two a stream are usual. */
#define LCT_SRTP_SENDERS_MAX 16

/** Bytes a protected RTCP packet is longer at most: tag and index. */
#define LCT_SRTP_RTCP_TAIL_MAX 20

struct lct_srtp;

/** Bytes of the profile's master salt, which stands behind its key of 16: 12 (GCM) or 14 (CM). */
size_t lct_srtp_salt(enum lct_srtp_profile profile);

/**
 * Makes both directions out of the master keys of RFC 5764 sec. 4.2: ours protects, theirs opens
 * their RTCP. 0, -EINVAL (profile), -EIO (a library failed); *ret_srtp is owned.
 */
int lct_srtp_create(enum lct_srtp_profile profile, const uint8_t ours[LCT_SRTP_KEY_MAX],
                    const uint8_t theirs[LCT_SRTP_KEY_MAX],
                    struct lct_srtp **ret_srtp) LCT_MUST_USE;

/** Wipes the keys and frees; NULL is allowed. */
void lct_srtp_destroy(struct lct_srtp *srtp);

/** Bytes lct_srtp_protect adds: 16 (GCM) or 10 (CM). */
size_t lct_srtp_tail(const struct lct_srtp *srtp);

/**
 * Writes a protected packet to out (header_n + n + tail bytes): the header as it is (12 bytes and
 * more, extension included), the payload (read once, not changed) encrypted, the tag. index is the
 * packet's 48-bit index: rollover counter << 16 | sequence number, the latter as in the header; the
 * SSRC is the header's. The same SSRC and index must never be used twice with other bytes. Bytes
 * written; 0 when the library fails, which is a bug.
 */
size_t lct_srtp_protect(struct lct_srtp *srtp, uint64_t index, const uint8_t *header,
                        size_t header_n, const uint8_t *payload, size_t n, uint8_t *out);

/** Protects RTCP in place (n bytes in room of size); the new length, or 0 when it does not fit. */
size_t lct_srtp_protect_rtcp(struct lct_srtp *srtp, uint8_t *packet, size_t n, size_t size);

/**
 * Opens their RTCP in place. The plain length, or 0: wrong tag, replayed, too short, or one sender
 * more than LCT_SRTP_SENDERS_MAX.
 */
size_t lct_srtp_open_rtcp(struct lct_srtp *srtp, uint8_t *packet, size_t n);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * RTP as our viewers get it (RFC 3550): samples cut into payloads once, for everybody (RFC 6184 for
 * H.264, RFC 7587 for Opus), and the header that is written for each viewer. Pure functions.
 *
 *     lct_rtp_cut_h264(sample, n, LCT_RTP_PAYLOAD_MAX, put, ring);   // once a picture
 *     n = lct_rtp_write_header(out, &header);                        // once a packet and viewer
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "stream/rtc/srtp.h"

/** Largest datagram we send: fits every path with IPv6's smallest MTU (1280) and a tunnel. */
#define LCT_RTP_DATAGRAM_MAX 1200

/**
 * Largest header: 12 bytes, 4 before the extensions, then abs-send-time 4, transport-cc 3, playout
 * delay 4, capture time 9 and a mid of 17, filled up to whole words.
 */
#define LCT_RTP_HEADER_MAX 56

/** A retransmission (RFC 4588) has the original sequence number before its payload. */
#define LCT_RTP_RTX_BYTES 2

/** Largest payload: fits beside any header and tag, when it is sent again too. */
#define LCT_RTP_PAYLOAD_MAX                                                                        \
    (LCT_RTP_DATAGRAM_MAX - LCT_RTP_HEADER_MAX - LCT_RTP_RTX_BYTES - LCT_SRTP_TAIL_MAX)

/**
 * One payload of a sample: its bytes come in two pieces, which stand behind each other on the wire
 * (head may be empty). last: it is the sample's last one, the marker bit. Borrow until it returns.
 */
typedef void (*lct_rtp_put_fn)(void *arg, const uint8_t *head, size_t head_n, const uint8_t *body,
                               size_t body_n, bool last);

/**
 * Cuts an MP4 sample (4-byte lengths, encode/nal.h) into payloads of at most max bytes (3 to
 * LCT_RTP_PAYLOAD_MAX), as packetization-mode 1 has them: neighbours that fit together, such as
 * parameter sets, in a STAP-A; what is larger than max in FU-As of equal size, only the last of
 * which may be smaller, as UDP GSO needs it. NAL units whose type means something else in RTP (0,
 * 24 to 31) are left out. 0, or -EBADMSG when the lengths do not fit or nothing is left to send:
 * nothing was put.
 */
int lct_rtp_cut_h264(const uint8_t *sample, size_t n, size_t max, lct_rtp_put_fn put,
                     void *arg) LCT_MUST_USE;

/** Earlier payloads that one RED payload may carry, at most. */
#define LCT_RTP_RED_EARLIER_MAX 4

/** One of them. */
struct lct_rtp_block {
    const uint8_t *payload;
    size_t n;
    uint32_t timestamp;
};

/**
 * A payload with earlier ones before it (RFC 2198), so that a packet that is lost comes again in
 * those behind it, without being asked for. blocks: n of them (1 to LCT_RTP_RED_EARLIER_MAX + 1),
 * the oldest first, the last one is the packet's own; all of this payload type. An earlier one that
 * is too old (14 bits of clock), too large (10 bits), or would not fit into size is left out, and
 * those before it. Its length; 0: not even its own fits.
 */
size_t lct_rtp_write_red(uint8_t *out, size_t size, uint8_t type,
                         const struct lct_rtp_block *blocks, size_t n);

/** What stands in a viewer's header. An extension whose id is 0 is left out; others are 1 to 14. */
struct lct_rtp_header {
    bool marker;
    uint8_t type; /**< payload type */
    uint16_t sequence;
    uint32_t timestamp;
    uint32_t ssrc;
    uint8_t mid_id;          /**< sdes:mid (RFC 9143) */
    const char *mid;         /**< 1 to 16 characters */
    uint8_t send_time_id;    /**< abs-send-time: */
    uint32_t send_time;      /**< 24 bits of seconds, 6.18 fixed point */
    uint8_t transport_cc_id; /**< transport-wide sequence number: */
    uint16_t transport_cc;
    uint8_t playout_id; /**< playout-delay: smallest and largest, in 10 ms (12 bits each) */
    uint16_t playout_min, playout_max;
    uint8_t capture_id; /**< abs-capture-time: */
    uint64_t capture;   /**< NTP 32.32 */
};

/** Writes header and extensions (RFC 8285 sec. 4.2, one-byte form); its length. */
size_t lct_rtp_write_header(uint8_t out[LCT_RTP_HEADER_MAX], const struct lct_rtp_header *header);

/** Where in a header that was written with this send_time_id its 3 bytes of send time lie; 0: none.
 *  So a packet can be stamped as late as possible. */
size_t lct_rtp_send_time_at(const struct lct_rtp_header *header);

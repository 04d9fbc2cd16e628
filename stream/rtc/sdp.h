// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A viewer's offer and our answer (RFC 8866, RFC 8829, draft-ietf-wish-whep), as far as WHEP needs
 * them. Pure: text in, struct out, and back. Nothing of the offer is copied into the answer but
 * what was parsed into bounded fields.
 *
 *     rc = lct_sdp_read_offer(text, n, &offer, &fault);
 *     … choose what each media line is to carry …
 *     n = lct_sdp_write_answer(&offer, &answer, out, sizeof out);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/fault.h"

/** Longest offer that is read, and most media lines in it; more is refused. */
#define LCT_SDP_BYTES_MAX (32U << 10)
#define LCT_SDP_MEDIA_MAX 16

/** Longest answer, with so many candidates. */
#define LCT_SDP_ANSWER_MAX (32U << 10)
#define LCT_SDP_CANDIDATES_MAX 16

/** Longest mid (with its end) that is taken over. */
#define LCT_SDP_MID_SIZE 17

/** Header extensions (RFC 8285) we write, when their id was offered (1 to 14; 0: not offered). */
enum lct_sdp_extension {
    LCT_SDP_MID,          /**< urn:ietf:params:rtp-hdrext:sdes:mid */
    LCT_SDP_SEND_TIME,    /**< http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time */
    LCT_SDP_TRANSPORT_CC, /**< …draft-holmer-rmcat-transport-wide-cc-extensions-01 */
    LCT_SDP_PLAYOUT,      /**< http://www.webrtc.org/experiments/rtp-hdrext/playout-delay */
    LCT_SDP_CAPTURE_TIME, /**< http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time */
    LCT_SDP_EXTENSIONS
};

enum lct_sdp_kind { LCT_SDP_VIDEO, LCT_SDP_AUDIO, LCT_SDP_OTHER };

/** A codec as one media line offers it. type is 0 when it does not. */
struct lct_sdp_codec {
    uint8_t type; /**< RTP payload type, 1 to 127 */
    uint8_t rtx;  /**< payload type of its retransmission (RFC 4588); 0: none offered */
    uint8_t red;  /**< of its packets with earlier ones in them (RFC 2198, Opus); 0: not offered */
    bool nack, pli, transport_cc, remb; /**< a=rtcp-fb */
    char fmtp[128]; /**< what the answer says of it: profile-level-id … as offered, checked */
};

struct lct_sdp_media {
    enum lct_sdp_kind kind;
    char mid[LCT_SDP_MID_SIZE]; /**< token characters only; "": it has none */
    char name[16];              /**< "video", "audio", "application"; token characters only */
    char protocol[24];          /**< "UDP/TLS/RTP/SAVPF"; token characters and "/" */
    bool receives;              /**< RTP in the bundle, recvonly or sendrecv, not rejected */
    bool rsize;                 /**< RTCP of reduced size is understood (RFC 5506) */
    struct lct_sdp_codec codec; /**< H.264 packetization-mode 1 (42e01f before 42001f before other
                                     profiles; 42c0xx counts as 42e0xx; last one that leaves the
                                     mode open, as GStreamer does) or Opus/48000/2 */
    uint8_t extensions[LCT_SDP_EXTENSIONS]; /**< ids */
};

struct lct_sdp_offer {
    /* Of the first line of the bundle that has a port. */
    char ufrag[257], password[257]; /**< theirs (RFC 8839: 4 to 256, 22 to 256 characters) */
    uint8_t fingerprint[32];        /**< SHA-256 of their certificate */
    size_t count;
    struct lct_sdp_media media[LCT_SDP_MEDIA_MAX];
};

/**
 * Reads an offer. Media lines keep their order; candidates are not looked at (a lite agent needs
 * none; .local names are ignored). 0; -EINVAL with a fault that says what is missing or wrong: no
 * ICE credentials, no SHA-256 fingerprint, no BUNDLE or rtcp-mux, setup:passive, too many
 * lines, control characters. That no line carries H.264 or Opus is not wrong here: the caller says
 * 406.
 */
int lct_sdp_read_offer(const char *text, size_t n, struct lct_sdp_offer *ret_offer,
                       struct lct_fault *fault) LCT_MUST_USE;

/** What a media line of the answer sends. */
struct lct_sdp_send {
    /** Only for a line that receives and has a codec. False: the line is answered with port 0, and
     *  is not in the BUNDLE group. */
    bool on;
    uint32_t ssrc;     /**< of the codec */
    uint32_t rtx_ssrc; /**< of its retransmissions; 0: none */
    const char *track; /**< "camera": names the stream's track (msid); token characters; no two the
                           same, Chromium refuses that */
};

struct lct_sdp_answer {
    const char *ufrag, *password;    /**< ours */
    const uint8_t *fingerprint;      /**< 32 bytes, of our certificate */
    const char *cname;               /**< one for all, and their stream's name (msid): they belong
                                          together; token characters */
    uint64_t session;                /**< o= */
    const struct lct_sdp_send *send; /**< one for each media line of the offer */
    const struct sockaddr_storage *candidates; /**< host candidates, address and port */
    size_t n_candidates;
};

/**
 * Writes the answer: a=ice-lite, setup:passive, rtcp-mux, rtcp-rsize when offered, sendonly,
 * end-of-candidates; per line one codec, its RTX and RED, the extensions both know. Bytes written
 * without the end (which is written too), 0 when it does not fit: never, in LCT_SDP_ANSWER_MAX
 * bytes with up to LCT_SDP_CANDIDATES_MAX candidates and texts of up to 64 characters.
 */
size_t lct_sdp_write_answer(const struct lct_sdp_offer *offer, const struct lct_sdp_answer *answer,
                            char *out, size_t size);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * RTCP of a sender (RFC 3550, RFC 4585, RFC 5104, REMB, transport-wide congestion control): what a
 * viewer tells us, and our sender reports. Pure functions over plain bytes.
 *
 *     rc = lct_rtcp_read(bytes, n, &events, viewer);          // calls back for what it finds
 *     n = lct_rtcp_write_report(out, sizeof out, &report);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/time.h"

/** Longest compound packet that is read. */
#define LCT_RTCP_MAX 1500

/** Most sequence numbers one packet may ask again for; more is cut. */
#define LCT_RTCP_NACKS_MAX 512

/** One viewer's word on one of our streams. */
struct lct_rtcp_block {
    uint32_t ssrc;
    uint8_t lost_share;    /**< of 256, since the report before */
    int32_t lost;          /**< in all, 24 bits signed */
    uint32_t highest;      /**< extended sequence number */
    uint32_t jitter;       /**< in the stream's clock */
    uint32_t last_report;  /**< middle 32 bits of our report's NTP time; 0: none yet */
    uint32_t since_report; /**< 1/65536 s */
};

/** Most packets one packet of transport-wide feedback may tell of; more is cut. */
#define LCT_RTCP_FEEDBACK_MAX 1024

/**
 * A packet of transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): how
 * count packets fared whose transport-wide sequence numbers begin with base.
 */
struct lct_rtcp_feedback {
    uint16_t base;
    uint16_t count; /**< 1 to LCT_RTCP_FEEDBACK_MAX */
    uint8_t number; /**< of the feedback packet */
    const bool *received;
    const int64_t *arrival_us; /**< of those received, by a clock of theirs that jumps back 12 days
                                    every 12 days; 0 of the others */
};

/** Called for what a compound packet holds; NULL: not of interest. All borrow until they return. */
struct lct_rtcp_events {
    void (*block)(void *arg, const struct lct_rtcp_block *block);
    /** Sequence numbers of ssrc that are asked again for, in the order given. */
    void (*nack)(void *arg, uint32_t ssrc, const uint16_t *sequences, size_t n);
    /** A key frame of ssrc is asked for (PLI or FIR). */
    void (*key)(void *arg, uint32_t ssrc);
    /** The receiver's estimate (REMB), bits per second. */
    void (*estimate)(void *arg, uint64_t bps);
    void (*feedback)(void *arg, const struct lct_rtcp_feedback *feedback);
    /** BYE. */
    void (*bye)(void *arg);
};

/**
 * Reads a compound or reduced-size packet (RFC 5506). Unknown types are passed over. 0; -EBADMSG at
 * the first packet that is not well-formed: what was told before it stays told. Never allocates.
 */
int lct_rtcp_read(const uint8_t *bytes, size_t n, const struct lct_rtcp_events *events,
                  void *arg) LCT_MUST_USE;

/** A sender report, with the SDES of RFC 3550 sec. 6.5 behind it. */
struct lct_rtcp_report {
    uint32_t ssrc;
    uint64_t ntp;       /**< NTP 32.32 of timestamp: the lesson's clock, the same for all streams */
    uint32_t timestamp; /**< RTP */
    uint32_t packets, bytes;
    const char *cname; /**< 1 to 255 characters */
};

/** Writes it. Bytes written, or 0 when out is too small. */
size_t lct_rtcp_write_report(uint8_t *out, size_t size, const struct lct_rtcp_report *report);

/** NTP 32.32 of a wall clock time in ns since 1970 (lct_wall). */
uint64_t lct_rtcp_ntp(lct_ns wall);

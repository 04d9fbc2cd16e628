// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * How much a viewer's line carries, from what the viewer tells of the packets it got. Pure: times
 * come in, nothing is asked. One thread.
 *
 *     lct_estimate_begin(&e, now);
 *     lct_estimate_sent(&e, header.transport_cc, n, now);      // each packet, numbered or not
 *     lct_estimate_feedback(&e, &feedback, now);               // or _remb, _loss
 *     pace = lct_estimate_bps(&e) * 5 / 4;
 *
 * A line carries too much when a queue stands in it: even the packet that waited least in a third
 * of a second waited LCT_ESTIMATE_QUEUE longer than the fastest of late. Random loss and jitter
 * leave no such queue. It has to stand for two thirds, unless it overflows: then one is enough.
 * Where there is no room to queue, more than LCT_ESTIMATE_LOSS is lost. Then what arrived is what
 * the line carries. From there the estimate grows while the line is clean, but not beyond what
 * packets that left together arrived at: their spread is the line's width. Jitter makes most such
 * trains longer, and a machine that looks late some of them shorter, so neither the mean nor the
 * fastest tells it, but what one in five exceeds.
 *
 * Viewers without transport-wide feedback are taken by their word (REMB, receiver reports).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"
#include "stream/rtc/rtcp.h"

/** What the estimate lies between, in bit/s: so much sound and its headers take; our pace. */
#define LCT_ESTIMATE_MIN 100000U
#define LCT_ESTIMATE_MAX 15000000U

/** A queue that stands so long is one: Wi-Fi's and mobile lines' jitter comes back to less. */
#define LCT_ESTIMATE_QUEUE (40 * LCT_MS)

/** More lost than this is no accident any more: lines that lose 10 % keep their picture. */
#define LCT_ESTIMATE_LOSS 0.2

/** Packets under way that are remembered; a power of two. */
#define LCT_ESTIMATE_PACKETS 256

struct lct_estimate {
    uint32_t bps;
    lct_ns clean;     /**< since when the line is; LCT_NS_NONE: it carries too much */
    lct_ns heard;     /**< newest feedback; LCT_NS_NONE: none yet */
    lct_ns doubtful;  /**< since when REMB or reports speak of too much; LCT_NS_NONE: they do not */
    lct_ns sent_from; /**< begin of the second whose bytes are summed up */
    uint32_t sent_bytes; /**< since then */
    uint32_t sent_bps;   /**< of the second before */
    double loss;         /**< share lost, mean of the last 8 spans or so */
    unsigned over;       /**< spans one behind the other that were too much */
    /* by the viewer's clock, in us */
    int64_t newest;                /**< arrival; INT64_MIN: none yet */
    uint32_t delay[2];             /**< least (arrival - sent) now and before; see delay_from */
    int64_t delay_from;            /**< when [0] was begun */
    uint32_t width;                /**< bit/s that one train in five exceeds; 0: none was seen */
    int64_t width_at;              /**< arrival of the newest train */
    struct lct_estimate_span {     /**< what arrived in a third of a second */
        int64_t from;              /**< arrival of its first packet */
        uint32_t sent_from, sent;  /**< when its first and its newest packet left, us */
        uint32_t bytes, got, lost; /**< bytes without its first packet's */
        uint32_t delay;            /**< least */
    } span;
    struct lct_estimate_train { /**< packets that left together */
        uint32_t sent;          /**< us */
        uint16_t next;          /**< number */
        uint32_t bytes, got;    /**< bytes without its first packet's */
        int64_t from, to;
    } train;
    struct lct_estimate_packet {
        uint32_t sent;          /**< us, by our clock */
        uint16_t number, bytes; /**< bytes 0: told of already, or none */
    } packets[LCT_ESTIMATE_PACKETS];
};

/** Knows nothing: LCT_ESTIMATE_MAX, clean from now on. */
void lct_estimate_begin(struct lct_estimate *e, lct_ns now);

/** The number of packets to viewers without transport-wide feedback. */
#define LCT_ESTIMATE_NO_NUMBER (-1)

/** A packet of n bytes leaves with this transport-wide number, or LCT_ESTIMATE_NO_NUMBER. */
void lct_estimate_sent(struct lct_estimate *e, int number, size_t n, lct_ns now);

/** Transport-wide feedback. Packets that were never sent, or told of before, are passed over. */
void lct_estimate_feedback(struct lct_estimate *e, const struct lct_rtcp_feedback *feedback,
                           lct_ns now);

/**
 * The viewer's own estimate (REMB), bit/s. Heard only of viewers without feedback, and when it is
 * between the two limits: 0 and 2^63 are no estimates. Less than is sent for two seconds is too
 * much.
 */
void lct_estimate_remb(struct lct_estimate *e, uint64_t bps, lct_ns now);

/** Share lost as a receiver report says, of 256. Heard only of viewers without feedback, alike. */
void lct_estimate_loss(struct lct_estimate *e, uint8_t share, lct_ns now);

/** What the line carries, bit/s: LCT_ESTIMATE_MIN to LCT_ESTIMATE_MAX. */
uint32_t lct_estimate_bps(const struct lct_estimate *e);

/** A queue stands in the line as far as is known, sure or not: what is lost now is lost for want of
 * room, and more of it would only be more. */
bool lct_estimate_is_pressed(const struct lct_estimate *e);

/** How long the line has been clean; 0: it carries too much now. */
lct_ns lct_estimate_clean(const struct lct_estimate *e, lct_ns now);

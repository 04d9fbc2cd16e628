// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * May a camera's H.264 go onto the tape as it is? It may when pictures come in the order in which
 * they are shown (no B-frames), whole (not interlaced), 4:2:0, and an IDR comes at least every 4 s.
 * A stream is watched for one run from IDR to IDR; what was found is kept by address as long as the
 * process lives, so that the next open need not watch again.
 *
 *     struct lct_gop_watch watch = {.verdict = lct_verdict_recall(address)};
 *     switch (lct_gop_watch_unit(&watch, &unit, time)) …
 */
#pragma once

#include <stdbool.h>

#include "base/time.h"
#include "capture/driver.h"
#include "capture/h264.h"

enum lct_verdict {
    LCT_VERDICT_OPEN, /**< not known yet */
    LCT_VERDICT_PASS,
    LCT_VERDICT_B_FRAMES,
    LCT_VERDICT_RARE_IDR,
    LCT_VERDICT_FORMAT, /**< interlaced, or not 8-bit 4:2:0 */
    LCT_VERDICT_CODEC,  /**< not H.264 at all */
};

/** Longest distance of IDRs for passing through. */
#define LCT_VERDICT_IDR_MAX (4 * LCT_SECOND)

struct lct_gop_watch {
    enum lct_verdict verdict;
    bool begun; /**< an IDR was seen */
    lct_ns idr; /**< time of the last IDR */
    lct_ns last;
    unsigned disorder;       /**< units shown before the one sent ahead of them */
    struct lct_h264_sps sps; /**< the last one seen */
};

/**
 * Takes note of the next access unit, to be shown at time on the camera's own line (LCT_NS_NONE:
 * not known), and returns the verdict as it now stands. Pure.
 */
enum lct_verdict lct_gop_watch_unit(struct lct_gop_watch *watch, const struct lct_h264_unit *unit,
                                    lct_ns time);

/** What is known of the camera at address. Any thread. */
enum lct_verdict lct_verdict_recall(const char *address);

/** Keeps it (the last 16 cameras). Any thread. */
void lct_verdict_keep(const char *address, enum lct_verdict verdict);

/** Tells the sink, in words, why the stream is encoded anew; takes it back for PASS. */
void lct_verdict_note(struct lct_sink *sink, enum lct_verdict verdict);

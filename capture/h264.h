// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a camera's H.264 (ISO 14496-10, Annex B) says about itself: may it be put on the tape as it
 * is? Bytes in, struct out; no decoding. Any thread.
 *
 *     struct lct_h264_unit unit = {0};
 *     lct_h264_look(bytes, n, &unit);                        // one access unit
 *     if (unit.b_slice) …  if (unit.has_sps && unit.sps.reorder == 0) …
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"

struct lct_h264_sps {
    int profile; /**< profile_idc: 66 Baseline, 77 Main, 100 High */
    int level;   /**< level_idc */
    int width;   /**< pixels, cropped */
    int height;
    bool interlaced; /**< frame_mbs_only_flag is 0 */
    bool plain;      /**< 4:2:0 of 8 bits */
    int reorder;     /**< pictures that may stand out of order; 0: none, -1: not said */
    enum lct_colour colour;
};

/** One access unit. */
struct lct_h264_unit {
    bool has_sps, has_pps;
    bool idr;
    bool slice;   /**< has a coded picture at all */
    bool b_slice; /**< one of its slices is of type B (7.4.3, slice_type 1 or 6) */
    struct lct_h264_sps sps;
};

/** Parses a sequence parameter set (its NAL unit with header byte). False when it is none. Pure. */
bool lct_h264_sps_parse(const uint8_t *nal, size_t n, struct lct_h264_sps *ret_sps);

/** Looks at all NAL units of an access unit. Pure. */
void lct_h264_look(const uint8_t *bytes, size_t n, struct lct_h264_unit *ret_unit);

/** A parameter set is at most so long; longer ones are not kept. */
#define LCT_H264_SET_MAX 512

/** The parameter sets seen last, for a camera that sends them only once. Zero it to begin. */
struct lct_h264_sets {
    uint8_t bytes[2][4 + LCT_H264_SET_MAX]; /**< SPS, PPS, each behind a start code */
    size_t n[2];
};

/**
 * Remembers the sets of a unit and makes a frame of it (owned), with them in front where it is an
 * IDR and lacks them. NULL when an IDR lacks them and none is known, or when it is too large.
 */
struct lct_frame *lct_h264_frame(struct lct_h264_sets *sets, const struct lct_h264_unit *unit,
                                 const uint8_t *bytes, size_t n, lct_ns time);

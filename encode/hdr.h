// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Pictures of high dynamic range, as phones take them (BT.2100: HLG or PQ, primaries of BT.2020),
 * brought to what every screen shows: BT.709 primaries, BT.1886. What is as bright as paper
 * (diffuse white, 203 cd/m2: BT.2408 sec. 2.2) and below keeps its place, highlights above are
 * compressed into the little that is left, in which hue is kept.
 *
 *     struct lct_hdr *hdr = lct_hdr_create(LCT_HDR_HLG);
 *     lct_hdr_map(hdr, rgb48, rgb24, width * height);
 *     lct_hdr_destroy(hdr);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum lct_hdr_kind { LCT_HDR_HLG, LCT_HDR_PQ };

struct lct_hdr;

/** Makes what mapping needs: some tables. Owned. */
struct lct_hdr *lct_hdr_create(enum lct_hdr_kind kind) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_hdr_destroy(struct lct_hdr *hdr);

/** Maps n pixels: three of 16 bits each (R', G', B' of BT.2020, full range, 0 to 65535) to three of
 *  8 (R', G', B' of BT.709, full range). Pure. */
void lct_hdr_map(const struct lct_hdr *hdr, const uint16_t *from, uint8_t *to, size_t n);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Colours of I420 pictures: what one camera says by BT.601 and another by BT.709 is put into one
 * picture only when it is read alike. Pure; any thread.
 *
 *     struct lct_frame *same = lct_colour_convert(picture, LCT_COLOUR_BT709);
 *     struct lct_frame *darker = lct_colour_dim(picture, 0.5F);
 */
#pragma once

#include "base/attr.h"
#include "capture/frame.h"

/** The picture as colour says it (ITU-R BT.601-7 sec. 2.5, BT.709-6 sec. 3); owned: picture itself,
 * shared, when it is so already. */
struct lct_frame *lct_colour_convert(struct lct_frame *picture,
                                     enum lct_colour colour) LCT_MUST_USE;

/** The picture at level of its brightness, 0 (black) to 1 (itself, shared); owned. */
struct lct_frame *lct_colour_dim(struct lct_frame *picture, float level) LCT_MUST_USE;

/** One colour, sRGB of 8 bits each, as Y'CbCr. */
void lct_colour_of_rgb(const uint8_t rgb[3], enum lct_colour colour, uint8_t ret_yuv[3]);

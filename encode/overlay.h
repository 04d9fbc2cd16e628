// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A picture with transparency that is laid over others, at one place: a logo, a line of captions.
 * Made once for pictures of one size and colour, laid over as many as one likes. Any thread, once
 * it is made; who makes one of text or of a file needs a thread of its own.
 *
 *     lct_overlay_logo("logo.png", &canvas, &logo, &fault);
 *     lct_overlay_blend(logo, frame);                       // a frame that nobody shares yet
 *     lct_overlay_destroy(logo);
 */
#pragma once

#include "base/attr.h"
#include "base/fault.h"
#include "capture/frame.h"

struct lct_overlay;

/** Pixels a side that a picture may have at most. */
#define LCT_OVERLAY_SIDE_MAX 4096

/** The pictures it will be laid over. */
struct lct_overlay_canvas {
    int width, height; /**< even */
    enum lct_colour colour;
};

/**
 * A logo out of a PNG file of at most LCT_OVERLAY_SIDE_MAX pixels a side, in the upper right
 * corner, an eighth of the canvas high at most and a quarter wide. 0, or -EINVAL with a fault.
 * Returns owned.
 */
int lct_overlay_logo(const char *path, const struct lct_overlay_canvas *canvas,
                     struct lct_overlay **ret_overlay, struct lct_fault *fault) LCT_MUST_USE;

/**
 * Words at the lower edge, as captions are: white with a dark rim, wrapped and made smaller to stay
 * in the lower third. Returns owned.
 */
struct lct_overlay *lct_overlay_caption(const char *text,
                                        const struct lct_overlay_canvas *canvas) LCT_MUST_USE;

/** Lays it over a frame of the canvas' size and colour. */
void lct_overlay_blend(const struct lct_overlay *overlay, struct lct_frame *frame);

/** Frees; NULL is allowed. */
void lct_overlay_destroy(struct lct_overlay *overlay);

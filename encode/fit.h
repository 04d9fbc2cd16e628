// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Fits pictures onto a track's canvas: a track keeps one size for the whole lesson, so that players
 * and cuts never meet two. Scaled with kept proportions, black beside it. One thread each.
 *
 *     struct lct_fit *fit = lct_fit_create(1920, 1080);
 *     struct lct_frame *on_canvas = lct_fit_picture(fit, picture);   // the same frame when it fits
 * as it is
 */
#pragma once

#include "base/attr.h"
#include "capture/frame.h"

struct lct_fit;

/** A fitter onto width x height (even). Returns owned. */
struct lct_fit *lct_fit_create(int width, int height) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_fit_destroy(struct lct_fit *fit);

/** Returns a picture of the canvas' size with the same time, owned: picture itself, shared, when it
 * has it. */
struct lct_frame *lct_fit_picture(struct lct_fit *fit, struct lct_frame *picture) LCT_MUST_USE;

/** The canvas for pictures of width x height: that itself, or smaller with kept proportions so that
 *  it lies within most_width x most_height (even). */
void lct_fit_within(int most_width, int most_height, int width, int height, int *ret_width,
                    int *ret_height);

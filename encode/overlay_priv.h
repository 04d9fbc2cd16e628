// SPDX-License-Identifier: GPL-3.0-or-later
/** What cairo drew, as pictures are (encode/overlay.h, encode/card.h). */
#pragma once

#include <cairo.h>
#include <stdbool.h>

#include "encode/overlay.h"

/** Of an ARGB32 surface (even sizes, borrowed), at x, y (even). Returns owned. */
struct lct_overlay *lct_overlay_of_surface(cairo_surface_t *surface, int x, int y,
                                           enum lct_colour colour) LCT_MUST_USE;

/** Reads a PNG of at most 4096 pixels a side. NULL with a fault. Returns owned. */
cairo_surface_t *lct_overlay_load(const char *path, struct lct_fault *fault) LCT_MUST_USE;

/** Draws an image into a box, proportions kept, in its upper right corner (right) or its middle. */
void lct_overlay_draw(cairo_t *cairo, cairo_surface_t *image, const double box[4], bool right);

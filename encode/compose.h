// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Two pictures in one: side by side, or one small in the other's lower right corner. Both are
 * fitted with kept proportions and said in the canvas' colour. One thread.
 *
 *     struct lct_compose *c = lct_compose_create(LCT_COMPOSE_INSET, &canvas);
 *     struct lct_frame *both = lct_compose_picture(c, slide, teacher);   // nobody else's: to be
 * drawn on
 */
#pragma once

#include "base/attr.h"
#include "capture/frame.h"
#include "encode/overlay.h"

enum lct_compose_layout {
    LCT_COMPOSE_SINGLE, /**< the main picture alone */
    LCT_COMPOSE_SIDE,   /**< each has a half, the main one the left */
    LCT_COMPOSE_INSET,  /**< the main one has all, the other a quarter of its width */
};

struct lct_compose;

/** A composer onto that canvas. Returns owned. */
struct lct_compose *lct_compose_create(enum lct_compose_layout layout,
                                       const struct lct_overlay_canvas *canvas) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_compose_destroy(struct lct_compose *compose);

/** A new picture of the canvas (owned, shared with nobody) from these two (borrowed); where one is
 * NULL it is black. */
struct lct_frame *lct_compose_picture(struct lct_compose *compose, struct lct_frame *main,
                                      struct lct_frame *other) LCT_MUST_USE;

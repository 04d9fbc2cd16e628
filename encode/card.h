// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Opening and closing cards: words on a ground, by a design that is data (docs/formats/card.md).
 * The designs that come with lectern lie in control/cards/. One thread.
 *
 *     lct_card_draw("opening.json", fields, "logo.png", &canvas, &frame, &fault);
 */
#pragma once

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"
#include "encode/overlay.h"

/** Bytes of a design's file, boxes and texts of a design, at most. */
#define LCT_CARD_BYTES_MAX (64U << 10)
#define LCT_CARD_PARTS_MAX 64

/**
 * Draws a card. design: its file; fields: {name: text or list of texts} (NULL: none), names the
 * design does not know are left out; logo: a PNG (NULL: none). 0; -EINVAL: the design or logo
 * cannot be read; -errno; with a fault. *ret_frame is owned.
 */
int lct_card_draw(const char *design, const json_t *fields, const char *logo,
                  const struct lct_overlay_canvas *canvas, struct lct_frame **ret_frame,
                  struct lct_fault *fault) LCT_MUST_USE;

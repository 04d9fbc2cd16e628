// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The pointer: the server leaves it out of what it copies, so we ask for its picture and its place
 * and draw it into each outgoing frame (never into the canvas, so nothing has to be restored). Used
 * by the x11 files only, on the thread that owns the device.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "capture/frame.h"
#include "capture/x11_link_priv.h"

struct lct_x11_pointer {
    int x, y;               /**< of the hot spot, on the screen */
    bool here;              /**< it is on this screen */
    int left, top;          /**< from the hot spot to the picture's corner */
    int width, height;      /**< of its picture; 0: none */
    const uint32_t *pixels; /**< premultiplied ARGB, width a row */
    void *owner;            /**< memory behind pixels */
};

/** Asks to be told (an XFIXES cursor event) when the pointer's picture changes. */
void lct_x11_pointer_watch(const struct lct_x11_link *link);

/** Gets the pointer's picture anew. 0, or -EPIPE when the connection is lost. */
int lct_x11_pointer_fetch(struct lct_x11_pointer *pointer,
                          const struct lct_x11_link *link) LCT_MUST_USE;

/** Takes the answer to a question for the pointer's place; true when that changed the picture. */
bool lct_x11_pointer_move(struct lct_x11_pointer *pointer, const xcb_query_pointer_reply_t *reply);

/** Draws it into a frame that nobody shares yet. Pure. */
void lct_x11_pointer_draw(const struct lct_x11_pointer *pointer, struct lct_frame *frame);

/** Frees its picture. */
void lct_x11_pointer_close(struct lct_x11_pointer *pointer);

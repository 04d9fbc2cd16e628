// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The screen as we last saw it, in the server's pixels and in I420, kept up to date by fetching
 * only the tiles that may have changed, and converting only those that did. Used by the x11 files
 * only, on the thread that owns the device.
 *
 *     rc = lct_x11_grab_open(&grab, &link, 1920, 1080);
 *     lct_tiles_mark(&grab.tiles, x, y, width, height);
 *     rc = lct_x11_grab_fetch(&grab, &changed);       // clears the marks
 *     frame = lct_x11_grab_picture(&grab, time);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "capture/frame.h"
#include "capture/tiles.h"
#include "capture/x11_link_priv.h"

struct lct_x11_grab {
    const struct lct_x11_link *link;
    struct lct_tiles tiles;   /**< what is to be fetched next */
    struct lct_frame *canvas; /**< the screen in I420; never leaves */
    uint8_t *shadow;          /**< the screen in BGRX, width * 4 bytes a row */
    uint8_t *shared;          /**< where the server writes; NULL: without shared memory */
    size_t shared_bytes;
    uint32_t segment; /**< the server's name for it */
};

/**
 * Prepares for a screen of width x height pixels (even, 2 to LCT_PICTURE_SIDE_MAX) with all of it
 * marked. 0, or -ENOMEM. link must outlive the grab.
 */
int lct_x11_grab_open(struct lct_x11_grab *grab, const struct lct_x11_link *link, int width,
                      int height) LCT_MUST_USE;

/** Frees what grab holds; one that was never opened (all zero) is allowed. */
void lct_x11_grab_close(struct lct_x11_grab *grab);

/**
 * Fetches the marked tiles and clears the marks. *ret_changed is the number of pixels in those rows
 * of tiles that differ from before. 0, -EPIPE when the connection is lost, or -EAGAIN when the
 * server refused (its screen has just become smaller: look at its size; the marks stay).
 */
int lct_x11_grab_fetch(struct lct_x11_grab *grab, int64_t *ret_changed) LCT_MUST_USE;

/** A copy of the whole screen as a picture. Returns owned. */
struct lct_frame *lct_x11_grab_picture(const struct lct_x11_grab *grab, lct_ns time) LCT_MUST_USE;

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The connection to an X server: opened with a sentence for everything that can be wrong, and with
 * the extensions that screen capture needs. XCB only: when the server dies, Xlib ends the process,
 * XCB returns an error. Used by the x11 files only, on the thread that owns the device.
 *
 *     rc = lct_x11_connect(":97", &link, fault);  …  lct_x11_disconnect(&link);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <xcb/xcb.h>

#include "base/attr.h"
#include "base/fault.h"

struct lct_x11_link {
    xcb_connection_t *x;
    xcb_window_t root;
    char name[128]; /**< ":97", as a person calls it */
    bool shared_memory;
    uint8_t damage_event;
    uint8_t fixes_event;
    uint8_t randr_event; /**< 0: no RANDR, the size never changes */
};

/**
 * Connects to display ("" for $DISPLAY). 0, or with a fault -EINVAL no display's name, -ENOENT no
 * server, -EACCES refused, -ETIMEDOUT frozen, -ENOTSUP colours or extensions we cannot use. Takes
 * at most a few seconds for a server of this machine.
 */
int lct_x11_connect(const char *display, struct lct_x11_link *ret_link,
                    struct lct_fault *fault) LCT_MUST_USE;

/** Ends the connection. */
void lct_x11_disconnect(struct lct_x11_link *link);

/** Makes every call on the connection, also one that waits now, fail soon. Any thread. */
void lct_x11_hang_up(struct lct_x11_link *link);

/** The present size of the screen in pixels; 0, or -EPIPE when the connection is lost. */
int lct_x11_size(const struct lct_x11_link *link, int *ret_width, int *ret_height) LCT_MUST_USE;

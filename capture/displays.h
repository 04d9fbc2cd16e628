// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The X11 displays of this machine that answer: that of the environment and those with a socket.
 */
#pragma once

#include "capture/devices.h"

/** Appends an entry for each display that answers within half a second (all are asked at once). */
void lct_displays_add(struct lct_device_list *list);

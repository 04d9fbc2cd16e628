// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a /dev/video node is, for the list of devices; opens it, asks, closes it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct lct_v4l2_about {
    char card[40];
    char detail[160]; /**< sizes and formats in words, or why it cannot be used */
    bool captures;    /**< gives pictures */
    bool hdmi;        /**< has an input with DV timings */
};

/** Fills ret_about; false when the node cannot be opened or is no capture device. */
bool lct_v4l2_about(const char *path, struct lct_v4l2_about *ret_about);

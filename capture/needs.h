// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What each kind of source needs of GStreamer, and what of it is not installed here: for "lectern
 * doctor". Screens, V4L2 and the demo need nothing of it.
 *
 *     struct lct_need needs[LCT_NEEDS_MAX];
 *     size_t count = lct_capture_missing(needs);
 *     if (needs[0].missing[0]) …                     // "rtspsrc, h264parse"
 */
#pragma once

#include <stddef.h>

#define LCT_NEEDS_MAX 8

struct lct_need {
    const char *source;  /**< how its specs begin: "mic:pulse" */
    const char *package; /**< Debian's packages that have the elements */
    char missing[256];   /**< names separated by ", "; "" when all are there */
};

/** Looks for everything that is needed. Returns the number of rows, at most LCT_NEEDS_MAX. */
size_t lct_capture_missing(struct lct_need ret_needs[LCT_NEEDS_MAX]);

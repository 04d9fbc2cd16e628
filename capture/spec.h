// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A source spec is how a person names a device: "screen:x11[:DISPLAY]", "camera:/dev/videoN",
 * "hdmi:/dev/videoN", "camera:rtsp://…", "mic:pulse[:NAME]", "mic:alsa[:NAME]", "file:PATH",
 * "demo". A V4L2 device may be asked for smaller pictures: "camera:/dev/video0?width=1280".
 *
 *     struct lct_spec spec;
 *     rc = lct_spec_parse("screen:x11::97", &spec, &fault);   // kind X11, target ":97"
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/fault.h"

enum lct_spec_kind {
    LCT_SPEC_X11,
    LCT_SPEC_V4L2,
    LCT_SPEC_HDMI,
    LCT_SPEC_RTSP,
    LCT_SPEC_PULSE,
    LCT_SPEC_ALSA,
    LCT_SPEC_FILE,
    LCT_SPEC_DEMO,
    LCT_SPEC_KINDS,
};

/** Longest target (an RTSP address with its query) in bytes, the end included. */
#define LCT_SPEC_TARGET_SIZE 512

struct lct_spec {
    enum lct_spec_kind kind;
    char target[LCT_SPEC_TARGET_SIZE]; /**< display, device, address or path; "" is the default one
                                        */
    int width;                         /**< V4L2: at most so many pixels wide; 0: not said */
    bool camera;                       /**< gives a camera picture */
    bool screen;                       /**< gives a screen picture (variable rate) */
    bool sound;                        /**< gives sound */
};

/**
 * Parses text. 0, or -EINVAL with a fault that names the forms there are (an unknown kind, an empty
 * or too long target, a control character). Pure.
 */
int lct_spec_parse(const char *text, struct lct_spec *ret_spec,
                   struct lct_fault *fault) LCT_MUST_USE;

/** Writes the spec as text for people (base/text.h): the password of an address becomes "***". */
void lct_spec_show(const struct lct_spec *spec, char *out, size_t size);

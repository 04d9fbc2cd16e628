// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/needs.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "capture/gst_priv.h"

#define ELEMENTS_MAX 8

static const struct {
    const char *source, *package;
    const char *elements[ELEMENTS_MAX];
} rows[] = {
    {"mic:pulse",
     "gstreamer1.0-plugins-base gstreamer1.0-plugins-good",
     {"pulsesrc", "audioconvert", "audioresample", "appsink"}},
    {"mic:alsa",
     "gstreamer1.0-plugins-base gstreamer1.0-alsa",
     {"alsasrc", "audioconvert", "audioresample", "appsink"}},
    {"camera:rtsp",
     "gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav",
     {"rtspsrc", "rtph264depay", "h264parse", "avdec_h264", "rtph265depay", "h265parse",
      "avdec_h265", "aacparse"}},
    {"file",
     "gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-libav",
     {"uridecodebin", "videoconvert", "audioconvert", "audioresample", "appsink", "avdec_h264"}},
};

static void add_name(struct lct_need *need, const char *name) {
    size_t n = strlen(need->missing);
    (void)snprintf(need->missing + n, sizeof need->missing - n, "%s%s", n ? ", " : "", name);
}

size_t lct_capture_missing(struct lct_need ret_needs[LCT_NEEDS_MAX]) {
    size_t count = sizeof rows / sizeof *rows;
    for (size_t i = 0; i < count; i++) {
        ret_needs[i] = (struct lct_need){.source = rows[i].source, .package = rows[i].package};
        for (size_t k = 0; k < ELEMENTS_MAX && rows[i].elements[k]; k++) {
            if (!lct_gst_has(rows[i].elements[k])) {
                add_name(&ret_needs[i], rows[i].elements[k]);
            }
        }
    }
    return count;
}

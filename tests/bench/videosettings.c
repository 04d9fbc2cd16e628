// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * videosettings: prints the options with which a 1080p30 camera is encoded, so that a benchmark
 * gives another program the same.
 */
#include <stdio.h>

#include "encode/video.h"

int main(void) {
    struct lct_video_settings settings = lct_video_camera(1920, 1080, 30);
    struct lct_video_encoder *encoder;
    struct lct_fault fault;
    if (lct_video_open(&settings, &encoder, &fault) < 0) {
        (void)fprintf(stderr, "%s\n", fault.en);
        return 1;
    }
    (void)puts(lct_video_options(encoder));
    lct_video_close(encoder);
    return 0;
}

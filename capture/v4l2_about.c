// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/v4l2_about.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "capture/v4l2_mode.h"

static bool has_timings(int fd) {
    struct v4l2_input input = {0};
    for (; ioctl(fd, VIDIOC_ENUMINPUT, &input) == 0; input.index++) {
        if (input.capabilities & V4L2_IN_CAP_DV_TIMINGS) {
            return true;
        }
    }
    return false;
}

/* The largest size of a format, 0 when it tells none. */
static uint32_t largest(int fd, uint32_t fourcc, uint32_t *ret_height) {
    struct v4l2_frmsizeenum size = {.pixel_format = fourcc};
    uint32_t best = 0;
    for (; ioctl(fd, VIDIOC_ENUM_FRAMESIZES, &size) == 0; size.index++) {
        bool discrete = size.type == V4L2_FRMSIZE_TYPE_DISCRETE;
        uint32_t width = discrete ? size.discrete.width : size.stepwise.max_width;
        if (width > best) {
            best = width;
            *ret_height = discrete ? size.discrete.height : size.stepwise.max_height;
        }
        if (!discrete) {
            break;
        }
    }
    return best;
}

static void write_formats(int fd, char *out, size_t size) {
    struct v4l2_fmtdesc format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    size_t at = 0;
    out[0] = '\0';
    for (; ioctl(fd, VIDIOC_ENUM_FMT, &format) == 0 && at < size; format.index++) {
        uint32_t f = format.pixelformat, height = 0;
        if (!lct_v4l2_known(f)) {
            continue;
        }
        uint32_t width = largest(fd, f, &height);
        int n = snprintf(out + at, size - at, "%s%c%c%c%c", at > 0 ? ", " : "", (int)(f & 0x7f),
                         (int)(f >> 8 & 0x7f), (int)(f >> 16 & 0x7f), (int)(f >> 24 & 0x7f));
        at += n > 0 ? (size_t)n : 0;
        if (width > 0 && at < size) {
            n = snprintf(out + at, size - at, " up to %ux%u", width, height);
            at += n > 0 ? (size_t)n : 0;
        }
    }
}

bool lct_v4l2_about(const char *path, struct lct_v4l2_about *ret_about) {
    *ret_about = (struct lct_v4l2_about){0};
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        snprintf(ret_about->detail, sizeof ret_about->detail, "cannot be opened: %s",
                 strerror(errno));
        return false;
    }
    struct v4l2_capability about = {0};
    if (ioctl(fd, VIDIOC_QUERYCAP, &about) == 0) {
        uint32_t caps =
            about.capabilities & V4L2_CAP_DEVICE_CAPS ? about.device_caps : about.capabilities;
        snprintf(ret_about->card, sizeof ret_about->card, "%.32s", (const char *)about.card);
        ret_about->captures = (caps & V4L2_CAP_VIDEO_CAPTURE) && (caps & V4L2_CAP_STREAMING);
    }
    if (ret_about->captures) {
        ret_about->hdmi = has_timings(fd);
        write_formats(fd, ret_about->detail, sizeof ret_about->detail);
        ret_about->captures = ret_about->detail[0] != '\0'; /* a node of metadata has none */
    }
    close(fd);
    return ret_about->captures;
}

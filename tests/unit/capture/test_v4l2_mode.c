// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "capture/v4l2_mode.h"

#define MODE(f, w, h, r)                                                                           \
    { V4L2_PIX_FMT_##f, w, h, r }

/* A common USB 2 camera, with H.264. */
static const struct lct_v4l2_mode webcam[] = {
    MODE(YUYV, 640, 480, 30),    MODE(YUYV, 1280, 720, 10),   MODE(YUYV, 1920, 1080, 5),
    MODE(MJPEG, 640, 480, 30),   MODE(MJPEG, 1280, 720, 60),  MODE(MJPEG, 1280, 720, 30),
    MODE(MJPEG, 1920, 1080, 60), MODE(MJPEG, 1920, 1080, 30), MODE(MJPEG, 3840, 2160, 30),
    MODE(H264, 1920, 1080, 30),  MODE(H264, 640, 480, 30),    MODE(HEVC, 3840, 2160, 30),
};
#define WEBCAM (sizeof webcam / sizeof *webcam)

Test(v4l2_mode, h264_if_it_may_pass) {
    cr_expect_eq(lct_v4l2_choose(webcam, WEBCAM, true, 1920), 9);
}

Test(v4l2_mode, else_mjpeg_at_1080p30) {
    cr_expect_eq(lct_v4l2_choose(webcam, WEBCAM, false, 1920), 7);
}

Test(v4l2_mode, raw_at_the_largest_size_that_is_fast) {
    static const struct lct_v4l2_mode raw[] = {MODE(YUYV, 640, 480, 30), MODE(NV12, 1280, 720, 25),
                                               MODE(YUYV, 1280, 720, 25),
                                               MODE(YUYV, 1920, 1080, 5)};
    cr_expect_eq(lct_v4l2_choose(raw, 4, true, 1920), 1);
    static const struct lct_v4l2_mode slow[] = {MODE(YUYV, 1920, 1080, 5),
                                                MODE(YUYV, 640, 480, 15)};
    cr_expect_eq(lct_v4l2_choose(slow, 2, true, 1920), 1);
    static const struct lct_v4l2_mode large[] = {MODE(NV12, 3840, 2160, 30)};
    cr_expect_eq(lct_v4l2_choose(large, 1, true, 1920), 0, "better than nothing");
    static const struct lct_v4l2_mode strange[] = {MODE(HEVC, 1920, 1080, 30)};
    cr_expect_eq(lct_v4l2_choose(strange, 1, true, 1920), 1, "none");
}

Test(v4l2_mode, raw_bytes_become_pictures) {
    static const uint32_t fourccs[] = {V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_UYVY, V4L2_PIX_FMT_NV12,
                                       V4L2_PIX_FMT_YUV420};
    uint8_t bytes[64 * 48 * 2];
    memset(bytes, 99, sizeof bytes);
    for (size_t i = 0; i < 4; i++) {
        struct lct_v4l2_mode mode = {fourccs[i], 64, 48, 30};
        int stride = i < 2 ? 128 : 64;
        size_t n = i < 2 ? sizeof bytes : 64 * 48 * 3 / 2;
        struct lct_frame *frame = lct_v4l2_picture(&mode, stride, bytes, n, 5);
        cr_assert(frame);
        cr_expect(frame->width == 64 && frame->height == 48 && frame->time == 5);
        cr_expect(frame->plane[0][47 * frame->stride[0] + 63] == 99 && frame->plane[2][0] == 99);
        lct_frame_unref(frame);
        cr_expect_null(lct_v4l2_picture(&mode, stride, bytes, n - 1, 5), "too few bytes");
        cr_expect_null(lct_v4l2_picture(&mode, stride / 2, bytes, n, 5), "too short rows");
    }
}

static char *make_jpeg(const char *format, size_t *ret_n) {
    char *bytes = NULL;
    LCT_FREE char *command =
        lct_format("gst-launch-1.0 -q videotestsrc num-buffers=1 pattern=white ! "
                   "video/x-raw,format=%s,width=640,height=360 ! jpegenc ! "
                   "filesink location=/tmp/lct-jpeg-%d",
                   format, (int)getpid());
    LCT_FREE char *path = lct_format("/tmp/lct-jpeg-%d", (int)getpid());
    cr_assert_eq(system(command), 0);
    cr_assert_eq(lct_io_slurp(path, 1U << 20, &bytes, ret_n), 0);
    remove(path);
    return bytes;
}

Test(v4l2_mode, jpegs_whole_and_damaged) {
    static const char *const formats[] = {"I420", "Y42B", "Y444"};
    struct lct_v4l2_mode mode = MODE(MJPEG, 640, 360, 30);
    for (size_t i = 0; i < 3; i++) {
        size_t n;
        LCT_FREE char *jpeg = make_jpeg(formats[i], &n);
        struct lct_frame *frame = lct_v4l2_picture(&mode, 0, (uint8_t *)jpeg, n, 5);
        cr_assert(frame, "%s", formats[i]);
        cr_expect_gt(frame->plane[0][0], 225);
        cr_expect_eq(frame->colour, LCT_COLOUR_BT601_FULL);
        lct_frame_unref(frame);
        for (size_t cut = 0; cut < n; cut += 37) {
            LCT_FREE char *part = malloc(cut + 1);
            memcpy(part, jpeg, cut);
            lct_frame_unref(lct_v4l2_picture(&mode, 0, (uint8_t *)part, cut, 5)); /* no crash */
        }
    }
}

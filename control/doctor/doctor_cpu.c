// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "control/doctor/doctor_priv.h"
#include "encode/mp4.h"
#include "encode/nal.h"
#include "encode/sound.h"
#include "encode/still.h"
#include "encode/video.h"

#define WIDTH 1920
#define HEIGHT 1080
#define FPS 30
#define PICTURES (3 * FPS)
#define TIME_MAX (5 * LCT_SECOND)
/* Of the CPU, so much is for tracks: sources, disk, viewers and the desktop need the rest. */
#define SHARE 0.7

/* A lecturer of sorts: a soft background with some camera noise, and something that moves. */
static void draw(struct lct_frame *f, int number) {
    static unsigned state = 1;
    for (int y = 0; y < HEIGHT; y++) {
        uint8_t *row = f->plane[0] + (size_t)y * (size_t)f->stride[0];
        for (int x = 0; x < WIDTH; x++) {
            int dx = x - 300 - number * 8, dy = y - 540;
            bool body = dx * dx + dy * dy < 200 * 200;
            state = state * 1103515245 + 12345;
            int noise = (int)(state >> 29);
            row[x] = (uint8_t)((body ? 180 - (dx ^ dy) % 64 : 60 + (x + y) / 24) + noise);
        }
    }
    for (int plane = 1; plane < 3; plane++) {
        memset(f->plane[plane], 120, (size_t)f->stride[plane] * (HEIGHT / 2));
    }
}

static void look_at_sound(struct lct_doctor *d) {
    static const struct {
        enum lct_codec codec;
        const char *name;
    } codecs[] = {{LCT_CODEC_AAC, "AAC"}, {LCT_CODEC_OPUS, "Opus"}};
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        struct lct_sound_encoder *encoder = NULL;
        struct lct_fault fault;
        if (lct_sound_open(codecs[i].codec, 128000, &encoder, &fault) == 0) {
            lct_doctor_say(d, LCT_DOCTOR_OK, "encoder", "The %s encoder opens.", "%s 编码器可用。",
                           codecs[i].name);
        } else {
            lct_doctor_say(d, LCT_DOCTOR_FAIL, "encoder",
                           "The %s encoder does not open. Install Debian's libavcodec59 anew.",
                           "%s 编码器无法打开。请重新安装 Debian 的 libavcodec59。",
                           codecs[i].name);
        }
        lct_sound_close(encoder);
    }
}

/* An IDR as a thumbnail: the decoder and the JPEG encoder work. */
static int make_thumb(const struct lct_video_packet *packet) {
    struct lct_nal_sets sets;
    uint8_t avcc[2 * LCT_NAL_SET_MAX + 32];
    struct lct_format format = {.codec = LCT_CODEC_H264, .width = WIDTH, .height = HEIGHT};
    lct_ref_init(&format.ref);
    if (!lct_nal_find_sets(packet->bytes, packet->n, &sets)) {
        return -EBADMSG;
    }
    format.config = avcc;
    format.config_bytes = lct_nal_write_avcc(&sets, avcc, sizeof avcc);
    size_t n = lct_nal_sample_bytes(packet->bytes, packet->n), jpeg_n = 0;
    const uint8_t *jpeg;
    LCT_FREE uint8_t *sample = lct_new(n);
    lct_nal_write_sample(packet->bytes, packet->n, sample);
    struct lct_still *still = lct_still_create();
    int rc = lct_still_decode(still, &format, sample, n);
    rc = rc ? rc : lct_still_jpeg(still, 320, &jpeg, &jpeg_n);
    lct_still_destroy(still);
    return rc;
}

static void judge_thumb(struct lct_doctor *d, int rc) {
    if (rc == 0) {
        lct_doctor_say(d, LCT_DOCTOR_OK, "encoder",
                       "Pictures are decoded again and made into thumbnails (H.264, MJPEG).",
                       "画面可解码校验并生成缩略图（H.264、MJPEG）。");
    } else {
        lct_doctor_say(
            d, LCT_DOCTOR_FAIL, "encoder",
            "A coded picture does not decode, or the MJPEG encoder does not open: what "
            "is recorded could not be verified. Install Debian's libavcodec59 anew.",
            "编码后的画面无法解码，或 MJPEG 编码器不可用：录制内容将无法校验。请重新安装 "
            "Debian 的 libavcodec59。");
    }
}

static void judge_speed(struct lct_doctor *d, lct_ns cpu, int pictures) {
    double cores = (double)sysconf(_SC_NPROCESSORS_ONLN);
    double a_track = (double)cpu / pictures * FPS / LCT_SECOND; /* cores */
    int tracks = (int)(cores * SHARE / a_track);
    if (tracks >= 1) {
        lct_doctor_say(d, LCT_DOCTOR_OK, "cpu",
                       "A 1080p30 camera takes %.0f %% of one of %.0f processors: %d such tracks "
                       "fit.",
                       "一路 1080p30 摄像机占用单核 %.0f%%（共 %.0f 核）：可同时录制 %d 路。",
                       a_track * 100, cores, tracks);
        return;
    }
    lct_doctor_say(d, LCT_DOCTOR_WARN, "cpu",
                   "A 1080p30 camera would take %.0f %% of one of %.0f processors, which is too "
                   "much: pictures will be compressed with less effort, or left out. Record 720p "
                   "(camera:/dev/video0?width=1280), close other programs, or use a faster "
                   "computer.",
                   "一路 1080p30 摄像机需占用单核 %.0f%%（共 %.0f "
                   "核），超出本机能力：将降低压缩强度或丢帧。请改录 "
                   "720p（camera:/dev/video0?width=1280）、关闭其他程序或更换电脑。",
                   a_track * 100, cores);
}

static int measure(struct lct_doctor *d, struct lct_video_encoder *encoder) {
    lct_ns cpu = 0, end = lct_monotonic() + TIME_MAX;
    int rc = 0, done = 0;
    for (; rc == 0 && done < PICTURES && lct_monotonic() < end; done++) {
        struct lct_video_packet packet;
        struct lct_frame *picture = lct_frame_picture(WIDTH, HEIGHT, 0);
        draw(picture, done);
        lct_ns before = lct_cpu_time();
        rc = lct_video_encode(encoder, picture, (int64_t)done * (90000 / FPS), done == 0, &packet);
        cpu += lct_cpu_time() - before;
        lct_frame_unref(picture);
        if (rc == 0 && done == 0) {
            judge_thumb(d, make_thumb(&packet));
        }
    }
    if (rc == 0) {
        judge_speed(d, cpu, done);
    }
    return rc;
}

void lct_doctor_encoders(struct lct_doctor *doctor) {
    const struct lct_video_settings settings = lct_video_camera(WIDTH, HEIGHT, FPS);
    struct lct_video_encoder *encoder = NULL;
    struct lct_fault fault;
    int rc = lct_video_open(&settings, &encoder, &fault);
    if (rc == 0) {
        lct_doctor_say(doctor, LCT_DOCTOR_OK, "encoder", "The H.264 encoder (x264) opens.",
                       "H.264 编码器（x264）可用。");
        rc = measure(doctor, encoder);
    }
    if (rc < 0) {
        lct_doctor_say(doctor, LCT_DOCTOR_FAIL, "encoder",
                       "The H.264 encoder (x264) does not work. Install Debian's libavcodec59 and "
                       "libx264-164 anew.",
                       "H.264 编码器（x264）不可用。请重新安装 Debian 的 libavcodec59 和 "
                       "libx264-164。");
    }
    lct_video_close(encoder);
    look_at_sound(doctor);
}

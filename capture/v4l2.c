// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Cameras and HDMI cards by V4L2, without GStreamer between us and the driver: its ioctls tell of
 * an unplugged device (ENODEV), a source that changed (an event) and a missing signal (the timings)
 * at once and in words, and its buffers carry CLOCK_MONOTONIC times. One thread does all of it.
 *
 *   streaming --source change, other timings--> streaming (anew, in place)
 *   streaming --no signal--> waiting --signal--> streaming       (HDMI only)
 *   any --ENODEV, error--> failed (the sink is told; the thread waits to be closed)
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/thread.h"
#include "capture/driver.h"
#include "capture/holder.h"
#include "capture/quiet.h"
#include "capture/v4l2_mode.h"
#include "capture/verdict.h"

#define BUFFERS 6
#define CAMERA_WIDTH_MAX 1920
#define HDMI_WIDTH_MAX 4096
#define HDMI_FRAME_MIN (30 * LCT_MS) /* at most 30 pictures a second are looked at */
#define LOOK_EVERY (500 * LCT_MS)    /* at the signal */
#define STAMP_AGE_MAX (2 * LCT_SECOND)
#define BROKEN_MAX 30 /* damaged pictures in a row */

enum phase { WAITING, STREAMING, FAILED };

struct lct_device {
    /* fixed after open */
    struct lct_sink *sink;
    bool hdmi;
    int width_max;
    enum lct_output output;
    char path[LCT_SPEC_TARGET_SIZE];
    char label[128], label_zh[128];
    char key[96]; /* what is remembered of its H.264 is remembered by this */
    int fd;
    int stop_fd;
    struct lct_thread thread;
    /* the device's thread only (and open, before it starts) */
    enum phase phase;
    bool has_timings;
    struct v4l2_dv_timings timings;
    struct lct_v4l2_mode mode;
    int stride;
    enum lct_colour colour;
    struct {
        void *bytes;
        size_t size;
    } buffers[BUFFERS];
    unsigned buffer_count;
    lct_ns looked; /* at the signal */
    lct_ns taken;  /* time of the last picture looked at */
    unsigned broken;
    struct lct_frame *shown;    /* HDMI: what the reader has */
    struct lct_gop_watch watch; /* H.264 */
    struct lct_h264_sets sets;
};

static int ask(int fd, unsigned long request, void *argument) {
    int rc;
    do {
        rc = ioctl(fd, request, argument);
    } while (rc < 0 && errno == EINTR);
    return rc < 0 ? -errno : 0;
}

/* ---- sentences ---- */

static int say_busy(const char *path, struct lct_fault *fault) {
    char who[64];
    lct_holder_of(path, who, sizeof who);
    return lct_fault_set(fault, -EBUSY, "source", "%s is in use by %s. Close that program.",
                         "%s 正被 %s 占用。请关闭该程序。", path, who);
}

static int say(const struct lct_device *dev, int rc, const char *what, struct lct_fault *fault) {
    switch (-rc) {
    case EBUSY:
        return say_busy(dev->path, fault);
    case ENODEV:
    case ENXIO:
        return lct_fault_set(fault, -ENODEV, "source", "%s was unplugged. Plug it in again.",
                             "%s 已被拔出。请重新插入。", dev->label);
    case ENOSPC:
        return lct_fault_set(
            fault, -ENOSPC, "source",
            "The USB bus has no room for %s. Plug it into another port, or use one "
            "camera less there.",
            "USB 总线带宽不足，无法使用 %s。请换一个接口或减少摄像头。", dev->label);
    default:
        return lct_fault_set(fault, rc, "source", "%s failed at %s: %s.", "%s 出错（%s）：%s。",
                             dev->label, what, strerror(-rc));
    }
}

static void fail(struct lct_device *dev, int rc, const char *what) {
    struct lct_fault fault;
    say(dev, rc, what, &fault);
    dev->phase = FAILED;
    lct_sink_failed(dev->sink, &fault);
}

/* Why there is no signal, by VIDIOC_QUERY_DV_TIMINGS's answer. */
static void say_no_signal(const struct lct_device *dev, int rc, struct lct_fault *fault) {
    if (rc == -ENOLCK) {
        lct_fault_set(fault, -ENOLINK, "source", "The signal at %s is not steady. Check the cable.",
                      "%s 的信号不稳定。请检查线缆。", dev->label);
    } else if (rc == -ERANGE) {
        lct_fault_set(fault, -ENOLINK, "source",
                      "%s cannot take the signal's resolution. Set the computer to 1920x1080.",
                      "%s 不支持该信号的分辨率。请将电脑设为 1920x1080。", dev->label);
    } else {
        lct_fault_set(fault, -ENOLINK, "source",
                      "There is no signal at %s. Check the cable and that the computer is on.",
                      "%s 没有信号。请检查线缆以及电脑是否已开机。", dev->label);
    }
}

/* ---- signal ---- */

/* 0: there is one (its timings in *ret_timings, if the card knows any), or -errno: none. */
static int look_for_signal(struct lct_device *dev, struct v4l2_dv_timings *ret_timings) {
    struct v4l2_input input = {0};
    if (dev->has_timings) {
        return ask(dev->fd, VIDIOC_QUERY_DV_TIMINGS, ret_timings);
    }
    if (ask(dev->fd, VIDIOC_G_INPUT, &input.index) == 0 &&
        ask(dev->fd, VIDIOC_ENUMINPUT, &input) == 0 &&
        (input.status & (V4L2_IN_ST_NO_SIGNAL | V4L2_IN_ST_NO_POWER)) != 0) {
        return -ENOLINK;
    }
    return 0;
}

static bool same_timings(const struct v4l2_dv_timings *a, const struct v4l2_dv_timings *b) {
    return a->bt.width == b->bt.width && a->bt.height == b->bt.height &&
           a->bt.interlaced == b->bt.interlaced && a->bt.pixelclock == b->bt.pixelclock;
}

static double timings_fps(const struct v4l2_bt_timings *bt) {
    double total = (double)V4L2_DV_BT_FRAME_WIDTH(bt) * (double)V4L2_DV_BT_FRAME_HEIGHT(bt);
    return total > 0 ? (double)bt->pixelclock / total : 0;
}

/* ---- modes ---- */

struct modes {
    struct lct_v4l2_mode all[LCT_V4L2_MODES_MAX];
    size_t n;
};

static void add_mode(struct modes *modes, uint32_t fourcc, int width, int height, double fps) {
    if (modes->n < LCT_V4L2_MODES_MAX) {
        modes->all[modes->n++] = (struct lct_v4l2_mode){fourcc, width, height, fps};
    }
}

static double fps_of(const struct v4l2_fract *interval) {
    return interval->numerator ? (double)interval->denominator / interval->numerator : 0;
}

static void add_rates(int fd, struct modes *modes, uint32_t fourcc, uint32_t width,
                      uint32_t height) {
    struct v4l2_frmivalenum rate = {.pixel_format = fourcc, .width = width, .height = height};
    while (ask(fd, VIDIOC_ENUM_FRAMEINTERVALS, &rate) == 0) {
        bool discrete = rate.type == V4L2_FRMIVAL_TYPE_DISCRETE;
        const struct v4l2_fract *shortest = discrete ? &rate.discrete : &rate.stepwise.min;
        double fps = fps_of(shortest);
        add_mode(modes, fourcc, (int)width, (int)height, discrete || fps < 30 ? fps : 30);
        rate.index++;
        if (!discrete) {
            return;
        }
    }
    if (rate.index == 0) {
        add_mode(modes, fourcc, (int)width, (int)height, 0);
    }
}

static void add_steps(int fd, struct modes *modes, uint32_t fourcc,
                      const struct v4l2_frmsize_stepwise *steps) {
    static const uint32_t usual[][2] = {{1920, 1080}, {1280, 720}, {640, 480}};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        uint32_t width = usual[i][0], height = usual[i][1];
        if (width >= steps->min_width && width <= steps->max_width && height >= steps->min_height &&
            height <= steps->max_height) {
            add_rates(fd, modes, fourcc, width, height);
        }
    }
}

static void add_sizes(int fd, struct modes *modes, uint32_t fourcc) {
    struct v4l2_frmsizeenum size = {.pixel_format = fourcc};
    while (ask(fd, VIDIOC_ENUM_FRAMESIZES, &size) == 0) {
        if (size.type != V4L2_FRMSIZE_TYPE_DISCRETE) {
            add_steps(fd, modes, fourcc, &size.stepwise);
            return;
        }
        add_rates(fd, modes, fourcc, size.discrete.width, size.discrete.height);
        size.index++;
    }
    struct v4l2_format now = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    if (size.index == 0 && ask(fd, VIDIOC_G_FMT, &now) == 0) {
        add_mode(modes, fourcc, (int)now.fmt.pix.width, (int)now.fmt.pix.height, 0);
    }
}

static void list_modes(const struct lct_device *dev, struct modes *modes) {
    struct v4l2_fmtdesc format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    for (; ask(dev->fd, VIDIOC_ENUM_FMT, &format) == 0; format.index++) {
        if (!lct_v4l2_known(format.pixelformat)) {
            continue;
        }
        if (dev->has_timings) { /* the source decides */
            const struct v4l2_bt_timings *bt = &dev->timings.bt;
            add_mode(modes, format.pixelformat, (int)bt->width, (int)bt->height, timings_fps(bt));
        } else {
            add_sizes(dev->fd, modes, format.pixelformat);
        }
    }
}

/* ---- streaming ---- */

static void set_control(int fd, uint32_t id, int value) {
    struct v4l2_control control = {.id = id, .value = value};
    (void)ask(fd, VIDIOC_S_CTRL, &control); /* a device without it needs none */
}

/* Cameras lower their rate in poor light unless told not to; H.264 from them is to suit us. */
static void set_controls(const struct lct_device *dev) {
    set_control(dev->fd, V4L2_CID_EXPOSURE_AUTO_PRIORITY, 0);
    if (dev->mode.fourcc == V4L2_PIX_FMT_H264) {
        set_control(dev->fd, V4L2_CID_MPEG_VIDEO_B_FRAMES, 0);
        set_control(dev->fd, V4L2_CID_MPEG_VIDEO_H264_I_PERIOD, (int)(2 * dev->mode.fps));
        set_control(dev->fd, V4L2_CID_MPEG_VIDEO_GOP_SIZE, (int)(2 * dev->mode.fps));
        set_control(dev->fd, V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER, 1);
    }
}

static enum lct_colour colour_of(const struct v4l2_pix_format *pix) {
    bool rgb = pix->pixelformat == V4L2_PIX_FMT_BGR24 || pix->pixelformat == V4L2_PIX_FMT_RGB24;
    uint32_t matrix = pix->ycbcr_enc ? pix->ycbcr_enc : V4L2_MAP_YCBCR_ENC_DEFAULT(pix->colorspace);
    uint32_t range = pix->quantization
                         ? pix->quantization
                         : V4L2_MAP_QUANTIZATION_DEFAULT(false, pix->colorspace, matrix);
    if (rgb) {
        return LCT_COLOUR_BT601; /* as libyuv makes it */
    }
    if (range == V4L2_QUANTIZATION_FULL_RANGE) {
        return LCT_COLOUR_BT601_FULL;
    }
    return matrix == V4L2_YCBCR_ENC_709 ? LCT_COLOUR_BT709 : LCT_COLOUR_BT601;
}

static int set_mode(struct lct_device *dev) {
    struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    format.fmt.pix.width = (uint32_t)dev->mode.width;
    format.fmt.pix.height = (uint32_t)dev->mode.height;
    format.fmt.pix.pixelformat = dev->mode.fourcc;
    format.fmt.pix.field = V4L2_FIELD_ANY;
    int rc = ask(dev->fd, VIDIOC_S_FMT, &format);
    if (rc < 0) {
        return rc;
    }
    const struct v4l2_pix_format *pix = &format.fmt.pix;
    if (pix->pixelformat != dev->mode.fourcc || pix->width > LCT_PICTURE_SIDE_MAX ||
        pix->height > LCT_PICTURE_SIDE_MAX) {
        return -EINVAL;
    }
    dev->mode.width = (int)pix->width;
    dev->mode.height = (int)pix->height;
    dev->stride = (int)pix->bytesperline;
    dev->colour = colour_of(pix);
    struct v4l2_streamparm parameters = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    if (dev->mode.fps > 0 && !dev->has_timings) {
        parameters.parm.capture.timeperframe.numerator = 1000;
        parameters.parm.capture.timeperframe.denominator = (uint32_t)(dev->mode.fps * 1000 + 0.5);
        (void)ask(dev->fd, VIDIOC_S_PARM, &parameters); /* else its own rate; times tell */
    }
    return 0;
}

static void stop_stream(struct lct_device *dev) {
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    struct v4l2_requestbuffers none = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
                                       .memory = V4L2_MEMORY_MMAP};
    (void)ask(dev->fd, VIDIOC_STREAMOFF, &type); /* it may be gone */
    for (unsigned i = 0; i < dev->buffer_count; i++) {
        munmap(dev->buffers[i].bytes, dev->buffers[i].size);
    }
    if (dev->buffer_count > 0) {
        (void)ask(dev->fd, VIDIOC_REQBUFS, &none); /* it may be gone */
    }
    dev->buffer_count = 0;
    lct_frame_unref(dev->shown);
    dev->shown = NULL;
}

static int map_buffers(struct lct_device *dev) {
    struct v4l2_requestbuffers request = {
        .count = BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    int rc = ask(dev->fd, VIDIOC_REQBUFS, &request);
    for (unsigned i = 0; rc == 0 && i < request.count && i < BUFFERS; i++) {
        struct v4l2_buffer buffer = {
            .index = i, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
        rc = ask(dev->fd, VIDIOC_QUERYBUF, &buffer);
        if (rc < 0) {
            break;
        }
        void *bytes = mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, dev->fd,
                           (off_t)buffer.m.offset);
        if (bytes == MAP_FAILED) {
            return -errno;
        }
        dev->buffers[i].bytes = bytes;
        dev->buffers[i].size = buffer.length;
        dev->buffer_count = i + 1;
        rc = ask(dev->fd, VIDIOC_QBUF, &buffer);
    }
    return rc;
}

static int start_stream(struct lct_device *dev) {
    struct modes *modes = lct_new(sizeof *modes);
    list_modes(dev, modes);
    enum lct_verdict verdict = lct_verdict_recall(dev->key);
    size_t best =
        lct_v4l2_choose(modes->all, modes->n, verdict <= LCT_VERDICT_PASS, dev->width_max);
    bool found = best < modes->n;
    if (found) {
        dev->mode = modes->all[best];
    }
    free(modes);
    if (!found) {
        return -EPROTONOSUPPORT;
    }
    dev->watch = (struct lct_gop_watch){.verdict = verdict};
    dev->sets = (struct lct_h264_sets){0};
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    int rc = set_mode(dev);
    if (rc == 0) {
        set_controls(dev);
        rc = map_buffers(dev);
    }
    if (rc == 0) {
        rc = ask(dev->fd, VIDIOC_STREAMON, &type);
    }
    if (rc < 0) {
        stop_stream(dev);
        return rc;
    }
    dev->phase = STREAMING;
    lct_sink_describe(dev->sink, dev->label, dev->label_zh, dev->hdmi ? 0 : dev->mode.fps, false,
                      dev->mode.fourcc == V4L2_PIX_FMT_H264);
    return 0;
}

/* Takes the source's timings, if the card knows any, and streams; or waits for a signal. */
static int start(struct lct_device *dev) {
    struct v4l2_dv_timings timings = {0};
    int rc = dev->hdmi ? look_for_signal(dev, &timings) : 0;
    dev->looked = lct_monotonic();
    if (rc == -ENODEV) {
        return rc;
    }
    if (rc < 0) {
        struct lct_fault fault;
        say_no_signal(dev, rc, &fault);
        dev->phase = WAITING;
        lct_sink_signal(dev->sink, &fault);
        return 0;
    }
    if (dev->has_timings) {
        rc = ask(dev->fd, VIDIOC_S_DV_TIMINGS, &timings);
        dev->timings = timings;
    }
    return rc < 0 ? rc : start_stream(dev);
}

/* ---- pictures ---- */

/* The driver's stamp when it is CLOCK_MONOTONIC and believable, else now. */
static lct_ns time_of(const struct v4l2_buffer *buffer) {
    lct_ns now = lct_monotonic();
    lct_ns time = buffer->timestamp.tv_sec * LCT_SECOND + buffer->timestamp.tv_usec * LCT_US;
    bool monotonic =
        (buffer->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    return monotonic && time <= now && time > now - STAMP_AGE_MAX ? time : now;
}

static void give_coded(struct lct_device *dev, const uint8_t *bytes, size_t n, lct_ns time) {
    struct lct_h264_unit unit;
    lct_h264_look(bytes, n, &unit);
    enum lct_verdict before = dev->watch.verdict;
    enum lct_verdict now = lct_gop_watch_unit(&dev->watch, &unit, time);
    if (now != before) {
        lct_verdict_keep(dev->key, now);
    }
    if (now > LCT_VERDICT_PASS) {
        struct lct_fault fault;
        lct_fault_set(
            &fault, -EPROTO, "source",
            "The H.264 of %s cannot be taken as it is (B-frames, or key frames too far "
            "apart); it is opened anew in another format.",
            "%s 的 H.264 码流不能直接录制（含 B 帧或关键帧间隔过长）；将以其他格式重新打开。",
            dev->label);
        dev->phase = FAILED;
        lct_sink_failed(dev->sink, &fault);
        return;
    }
    struct lct_frame *frame =
        now == LCT_VERDICT_PASS ? lct_h264_frame(&dev->sets, &unit, bytes, n, time) : NULL;
    if (frame) {
        frame->width = dev->mode.width;
        frame->height = dev->mode.height;
        frame->colour = dev->watch.sps.colour;
        lct_sink_give(dev->sink, dev->output, frame);
    } else if (unit.has_sps || unit.has_pps) {
        lct_frame_unref(lct_h264_frame(&dev->sets, &unit, bytes, n, time)); /* keeps its sets */
    }
}

/* An HDMI picture that differs from the shown one by noise only is not given. */
static void give_screen(struct lct_device *dev, struct lct_frame *frame) {
    const struct lct_frame *shown = dev->shown;
    if (shown && shown->width == frame->width && shown->height == frame->height) {
        frame->changed_permille =
            lct_quiet_changed(frame->plane[0], frame->stride[0], shown->plane[0], shown->stride[0],
                              frame->width, frame->height);
    }
    if (frame->changed_permille == 0) {
        lct_frame_unref(frame);
        lct_sink_alive(dev->sink);
        return;
    }
    lct_frame_unref(dev->shown);
    dev->shown = lct_frame_ref(frame);
    lct_sink_give(dev->sink, dev->output, frame);
}

static void give_picture(struct lct_device *dev, const uint8_t *bytes, size_t n, lct_ns time) {
    if (dev->hdmi && time - dev->taken < HDMI_FRAME_MIN) {
        return;
    }
    struct lct_frame *frame = lct_v4l2_picture(&dev->mode, dev->stride, bytes, n, time);
    if (!frame) {
        if (++dev->broken == BROKEN_MAX) {
            fail(dev, -EILSEQ, "decoding its pictures");
        }
        return;
    }
    dev->broken = 0;
    dev->taken = time;
    if (frame->colour == LCT_COLOUR_BT601) {
        frame->colour = dev->colour;
    }
    if (dev->hdmi) {
        give_screen(dev, frame);
    } else {
        lct_sink_give(dev->sink, dev->output, frame);
    }
}

static void take_buffer(struct lct_device *dev) {
    struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    int rc = ask(dev->fd, VIDIOC_DQBUF, &buffer);
    if (rc == -EAGAIN) {
        return;
    }
    if (rc < 0) {
        fail(dev, rc, "taking a picture");
        return;
    }
    bool whole = !(buffer.flags & V4L2_BUF_FLAG_ERROR) && buffer.index < dev->buffer_count &&
                 buffer.bytesused <= dev->buffers[buffer.index].size && buffer.bytesused > 0;
    if (whole && dev->mode.fourcc == V4L2_PIX_FMT_H264) {
        give_coded(dev, dev->buffers[buffer.index].bytes, buffer.bytesused, time_of(&buffer));
    } else if (whole) {
        give_picture(dev, dev->buffers[buffer.index].bytes, buffer.bytesused, time_of(&buffer));
    }
    rc = dev->phase == STREAMING ? ask(dev->fd, VIDIOC_QBUF, &buffer) : 0;
    if (rc < 0) {
        fail(dev, rc, "giving a buffer back");
    }
}

/* ---- the thread ---- */

static void start_again(struct lct_device *dev) {
    stop_stream(dev);
    bool waited = dev->phase == WAITING;
    int rc = start(dev);
    if (rc < 0) {
        fail(dev, rc, "starting");
    } else if (waited && dev->phase == STREAMING) {
        lct_sink_signal(dev->sink, NULL);
    }
}

/* HDMI: has the signal gone, come, or changed? */
static void look(struct lct_device *dev) {
    struct v4l2_dv_timings timings = {0};
    dev->looked = lct_monotonic();
    int rc = look_for_signal(dev, &timings);
    if (rc == -ENODEV) {
        fail(dev, rc, "looking for a signal");
    } else if (dev->phase == WAITING) {
        if (rc == 0) {
            start_again(dev);
        } else {
            lct_sink_alive(dev->sink);
        }
    } else if (rc < 0 || (dev->has_timings && !same_timings(&timings, &dev->timings))) {
        start_again(dev);
    }
}

static void take_events(struct lct_device *dev) {
    struct v4l2_event event;
    bool changed = false;
    while (ask(dev->fd, VIDIOC_DQEVENT, &event) == 0) {
        changed |= event.type == V4L2_EVENT_SOURCE_CHANGE;
    }
    if (changed && dev->hdmi) {
        look(dev);
    } else if (changed) {
        start_again(dev);
    }
}

static void run(void *opaque) {
    struct lct_device *dev = opaque;
    struct pollfd fds[2] = {{.fd = dev->stop_fd, .events = POLLIN}, {.fd = dev->fd}};
    for (;;) {
        fds[1].fd = dev->phase == FAILED ? -1 : dev->fd;
        fds[1].events = dev->phase == STREAMING ? POLLIN | POLLPRI : POLLPRI;
        fds[1].revents = 0;
        int timeout = dev->phase == FAILED ? -1 : (int)(LOOK_EVERY / LCT_MS);
        (void)poll(fds, 2, timeout); /* what happened is looked at below */
        if (fds[0].revents) {
            return;
        }
        if (fds[1].revents & POLLPRI) {
            take_events(dev);
        }
        if (dev->phase == STREAMING && (fds[1].revents & (POLLIN | POLLERR | POLLHUP))) {
            take_buffer(dev);
        } else if (dev->phase == WAITING && (fds[1].revents & POLLHUP)) {
            fail(dev, -ENODEV, "waiting for a signal");
        } else if (dev->phase == WAITING && (fds[1].revents & POLLERR)) {
            fds[1].fd =
                -1; /* a queue that does not stream is in error for poll: only the time counts */
            (void)poll(fds, 1, (int)(LOOK_EVERY / LCT_MS));
        }
        if (dev->hdmi && dev->phase != FAILED && lct_monotonic() - dev->looked >= LOOK_EVERY) {
            look(dev);
        }
    }
}

/* ---- open and close ---- */

static int open_node(struct lct_device *dev, struct lct_fault *fault) {
    dev->fd = open(dev->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (dev->fd >= 0) {
        return 0;
    }
    int error = errno;
    if (error == ENOENT || error == ENXIO || error == ENODEV) {
        return lct_fault_set(fault, -ENOENT, "source",
                             "There is no %s. Plug the device in; `lectern devices` lists what is "
                             "there.",
                             "找不到 %s。请接入设备；可用 `lectern devices` 查看现有设备。",
                             dev->path);
    }
    if (error == EBUSY) {
        return say_busy(dev->path, fault);
    }
    if (error == EACCES || error == EPERM) {
        return lct_fault_set(fault, -EACCES, "source",
                             "You may not open %s. Add your user to the group video and sign in "
                             "again.",
                             "无权打开 %s。请将用户加入 video 组后重新登录。", dev->path);
    }
    return lct_fault_set(fault, -error, "source", "%s cannot be opened: %s.", "无法打开 %s：%s。",
                         dev->path, strerror(error));
}

static int check_node(struct lct_device *dev, struct lct_fault *fault) {
    struct v4l2_capability about = {0};
    int rc = ask(dev->fd, VIDIOC_QUERYCAP, &about);
    uint32_t caps =
        about.capabilities & V4L2_CAP_DEVICE_CAPS ? about.device_caps : about.capabilities;
    if (rc < 0 || !(caps & V4L2_CAP_VIDEO_CAPTURE) || !(caps & V4L2_CAP_STREAMING)) {
        return lct_fault_set(
            fault, -ENODEV, "source",
            "%s gives no pictures (it is not a camera, or the camera's second "
            "node). `lectern devices` lists what does.",
            "%s 不提供画面（不是摄像头，或为摄像头的附属节点）。可用 `lectern devices` "
            "查看可用设备。",
            dev->path);
    }
    snprintf(dev->label, sizeof dev->label, "%s %.60s (%.40s)", dev->hdmi ? "HDMI card" : "camera",
             (const char *)about.card, dev->path);
    snprintf(dev->label_zh, sizeof dev->label_zh, "%s %.60s（%.40s）",
             dev->hdmi ? "HDMI 采集卡" : "摄像头", (const char *)about.card, dev->path);
    snprintf(dev->key, sizeof dev->key, "v4l2:%.32s:%.32s", (const char *)about.bus_info,
             (const char *)about.card);
    return 0;
}

/* An HDMI card: its digital input, if it has several; whether it knows timings. */
static int choose_input(struct lct_device *dev) {
    struct v4l2_input input = {0};
    uint32_t now = 0;
    bool known = ask(dev->fd, VIDIOC_G_INPUT, &now) == 0;
    input.index = now;
    if (!known || ask(dev->fd, VIDIOC_ENUMINPUT, &input) != 0) {
        return 0;
    }
    if (!(input.capabilities & V4L2_IN_CAP_DV_TIMINGS)) {
        for (input.index = 0; ask(dev->fd, VIDIOC_ENUMINPUT, &input) == 0; input.index++) {
            if (input.capabilities & V4L2_IN_CAP_DV_TIMINGS) {
                int rc = ask(dev->fd, VIDIOC_S_INPUT, &input.index);
                dev->has_timings = rc == 0;
                return rc;
            }
        }
        return 0; /* a card like a camera: it converts by itself */
    }
    dev->has_timings = true;
    return 0;
}

static void subscribe(const struct lct_device *dev) {
    struct v4l2_event_subscription wish = {.type = V4L2_EVENT_SOURCE_CHANGE};
    (void)ask(dev->fd, VIDIOC_SUBSCRIBE_EVENT, &wish); /* else `look` finds out */
}

static void free_device(struct lct_device *dev) {
    if (dev->fd >= 0) {
        stop_stream(dev);
        close(dev->fd);
    }
    if (dev->stop_fd >= 0) {
        close(dev->stop_fd);
    }
    free(dev);
}

static int prepare(struct lct_device *dev, struct lct_fault *fault) {
    int rc = open_node(dev, fault);
    if (rc == 0) {
        rc = check_node(dev, fault);
    }
    if (rc < 0) {
        return rc;
    }
    lct_sink_describe(dev->sink, dev->label, dev->label_zh, 0, false, false);
    dev->stop_fd = eventfd(0, EFD_CLOEXEC);
    rc = dev->stop_fd < 0 ? -errno : dev->hdmi ? choose_input(dev) : 0;
    subscribe(dev);
    if (rc == 0) {
        rc = start(dev);
    }
    if (rc == -EPROTONOSUPPORT) {
        return lct_fault_set(fault, rc, "source", "%s offers no format that we can read.",
                             "%s 没有可读取的视频格式。", dev->label);
    }
    return rc < 0 ? say(dev, rc, "starting", fault) : 0;
}

static int open_v4l2(const struct lct_spec *spec, struct lct_sink *sink,
                     struct lct_device **ret_device, struct lct_fault *fault) {
    struct lct_device *dev = lct_new(sizeof *dev);
    dev->sink = sink;
    dev->hdmi = spec->kind == LCT_SPEC_HDMI;
    dev->output = dev->hdmi ? LCT_OUTPUT_SCREEN : LCT_OUTPUT_CAMERA;
    dev->width_max = spec->width ? spec->width : dev->hdmi ? HDMI_WIDTH_MAX : CAMERA_WIDTH_MAX;
    dev->fd = dev->stop_fd = -1;
    snprintf(dev->path, sizeof dev->path, "%s", spec->target);
    int rc = prepare(dev, fault);
    if (rc < 0) {
        free_device(dev);
        return rc;
    }
    lct_thread_start(&dev->thread, dev->hdmi ? "hdmi" : "camera", run, dev);
    *ret_device = dev;
    return 0;
}

static void close_v4l2(struct lct_device *dev) {
    if (dev) {
        uint64_t one = 1;
        ssize_t written = write(dev->stop_fd, &one, sizeof one);
        (void)written; /* an eventfd at 0 takes it */
        lct_thread_join(&dev->thread);
        free_device(dev);
    }
}

const struct lct_driver lct_driver_v4l2 = {
    .open = open_v4l2,
    .close = close_v4l2,
    .stall = 2 * LCT_SECOND,
};

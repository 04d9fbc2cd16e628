// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/gst_priv.h"

#include <assert.h>
#include <errno.h>
#include <gst/video/video.h>
#include <libyuv.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/ref.h"
#include "base/thread.h"

LCT_LOG_TOPIC("capture");

#define CLOSE_WITHIN (3 * LCT_SECOND)
#define FRAME_SAMPLES 1024
#define STORE_DEPTH 4U
#define FEED_BYTES_MAX (8U << 20)

enum state {
    STARTING, /* start has not returned: failures are its result */
    RUNNING,  /* failures go to the sink */
    FAILED,
    SHUT, /* nothing goes to the sink any more */
};

struct lct_gst {
    struct lct_ref ref; /* the owner's and the hand's */
    /* fixed after start */
    struct lct_sink *sink;
    char en[LCT_SPEC_TARGET_SIZE];
    char zh[LCT_SPEC_TARGET_SIZE];
    void *owner;
    void (*free_owner)(void *);
    bool end_is_fine;
    struct lct_gst *whole; /* fails when this one fails; NULL: the sink is told */
    GstElement *pipeline;
    struct lct_thread hand; /* changes the pipeline's states */
    /* guarded by lock */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    enum state state;
    struct lct_fault fault;
    bool ready;
    lct_ns deadline; /* of start */
    bool stop;
    bool stopped;
    unsigned inside; /* callbacks that may use the sink now */
};

/* An appsink's own: which pipeline, which function. */
struct end {
    struct lct_gst *gst;
    lct_gst_sample_fn on_sample;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool initialised;

static void initialise(void) {
    gst_segtrap_set_enabled(FALSE);
    gst_registry_fork_set_enabled(FALSE);
    initialised = gst_init_check(NULL, NULL, NULL);
}

/* Which Debian package holds an element. */
static const char *package_of(const char *factory) {
    static const struct {
        const char *prefix, *package;
    } table[] = {
        {"avdec_", "gstreamer1.0-libav"},
        {"pulse", "gstreamer1.0-pulseaudio"},
        {"alsa", "gstreamer1.0-alsa"},
        {"h264parse", "gstreamer1.0-plugins-bad"},
        {"h265parse", "gstreamer1.0-plugins-bad"},
        {"rt", "gstreamer1.0-plugins-good"},
        {"jpegdec", "gstreamer1.0-plugins-good"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strncmp(factory, table[i].prefix, strlen(table[i].prefix)) == 0) {
            return table[i].package;
        }
    }
    return "gstreamer1.0-plugins-base";
}

bool lct_gst_has(const char *factory) {
    pthread_once(&once, initialise);
    GstElementFactory *found = initialised ? gst_element_factory_find(factory) : NULL;
    if (found) {
        gst_object_unref(found);
    }
    return found != NULL;
}

int lct_gst_need(struct lct_fault *fault, const char *factory, ...) {
    const char *missing = NULL;
    va_list names;
    va_start(names, factory);
    for (const char *name = factory; name && !missing; name = va_arg(names, const char *)) {
        missing = lct_gst_has(name) ? NULL : name;
    }
    va_end(names);
    if (!missing) {
        return 0;
    }
    return lct_fault_set(fault, -ENOSYS, "source",
                         "GStreamer's element %s is missing: install the package %s.",
                         "缺少 GStreamer 组件 %s：请安装软件包 %s。", missing, package_of(missing));
}

/* A sentence about gst's device; each format takes its name and the detail. */
static void say(const struct lct_gst *gst, struct lct_fault *fault, int code, const char *en,
                const char *zh, const char *detail) {
    struct lct_fault chinese;
    lct_fault_set(&chinese, code, "source", zh, zh, gst->zh, detail);
    lct_fault_set(fault, code, "source", en, en, gst->en, detail);
    memcpy(fault->zh, chinese.zh, sizeof fault->zh);
}

/* What went wrong, by GStreamer's error domains, as a sentence about gst's device. */
static void put_words(const struct lct_gst *gst, const GError *error, struct lct_fault *fault) {
    static const struct {
        GQuark (*domain)(void);
        int code, errnum;
        const char *en, *zh;
    } table[] = {
        {gst_resource_error_quark, GST_RESOURCE_ERROR_NOT_FOUND, ENOENT,
         "There is no %s (%s). Check the name and that it is switched on.",
         "找不到%s（%s）。请检查名称以及设备是否已开启。"},
        {gst_resource_error_quark, GST_RESOURCE_ERROR_BUSY, EBUSY,
         "The %s is in use by another program (%s). Close that program.",
         "%s正被其他程序占用（%s）。请关闭该程序。"},
        {gst_resource_error_quark, GST_RESOURCE_ERROR_NOT_AUTHORIZED, EACCES,
         "The %s refuses us (%s). Check the user name and the password.",
         "%s拒绝访问（%s）。请检查用户名和密码。"},
        {gst_resource_error_quark, GST_RESOURCE_ERROR_OPEN_READ, EIO,
         "The %s cannot be opened (%s). Check that it is there and switched on.",
         "无法打开%s（%s）。请检查设备是否存在并已开启。"},
        {gst_resource_error_quark, GST_RESOURCE_ERROR_OPEN_READ_WRITE, EIO,
         "The %s cannot be reached (%s). Check the address, the cable and that it is switched on.",
         "无法连接%s（%s）。请检查地址、网线以及设备是否已开启。"},
        {gst_resource_error_quark, GST_RESOURCE_ERROR_FAILED, EIO,
         "The %s was lost (%s). It is opened again as soon as it is back.",
         "%s已断开（%s）。恢复后将自动重新打开。"},
        {gst_resource_error_quark, GST_RESOURCE_ERROR_READ, EIO, "The %s gives no more data (%s).",
         "%s不再提供数据（%s）。"},
        {gst_stream_error_quark, GST_STREAM_ERROR_CODEC_NOT_FOUND, ENOSYS,
         "There is no decoder for the %s (%s). Install gstreamer1.0-libav.",
         "没有适用于%s的解码器（%s）。请安装 gstreamer1.0-libav。"},
        {gst_stream_error_quark, GST_STREAM_ERROR_TYPE_NOT_FOUND, EINVAL,
         "The %s is not a medium we know (%s).", "%s不是可识别的媒体（%s）。"},
        {gst_stream_error_quark, GST_STREAM_ERROR_WRONG_TYPE, EINVAL,
         "The %s is not a medium we know (%s).", "%s不是可识别的媒体（%s）。"},
        {gst_core_error_quark, GST_CORE_ERROR_MISSING_PLUGIN, ENOSYS,
         "A GStreamer plugin for the %s is missing (%s).", "缺少用于%s的 GStreamer 插件（%s）。"},
    };
    const char *en = "The %s failed (%s).", *zh = "%s出错（%s）。";
    int errnum = EIO;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (error->domain == table[i].domain() && error->code == table[i].code) {
            en = table[i].en;
            zh = table[i].zh;
            errnum = table[i].errnum;
            break;
        }
    }
    say(gst, fault, -errnum, en, zh, error->message);
}

static void unref(struct lct_gst *gst) {
    if (!lct_ref_dec(&gst->ref)) {
        return;
    }
    if (gst->free_owner) {
        gst->free_owner(gst->owner);
    }
    pthread_cond_destroy(&gst->moved);
    pthread_mutex_destroy(&gst->lock);
    free(gst);
}

/* A callback that uses the sink stands between enter and leave; enter says whether it may. */
static bool enter(struct lct_gst *gst) {
    pthread_mutex_lock(&gst->lock);
    bool may = gst->state != SHUT;
    gst->inside += may;
    pthread_mutex_unlock(&gst->lock);
    return may;
}

static void leave(struct lct_gst *gst) {
    pthread_mutex_lock(&gst->lock);
    gst->inside--;
    pthread_cond_broadcast(&gst->moved);
    pthread_mutex_unlock(&gst->lock);
}

void lct_gst_fail(struct lct_gst *gst, const struct lct_fault *fault) {
    pthread_mutex_lock(&gst->lock);
    bool tell = gst->state == RUNNING;
    if (gst->state == STARTING || gst->state == RUNNING) {
        gst->state = FAILED;
        gst->fault = *fault;
        gst->inside += tell;
        pthread_cond_broadcast(&gst->moved);
    }
    pthread_mutex_unlock(&gst->lock);
    if (tell) {
        if (gst->whole) {
            lct_gst_fail(gst->whole, fault);
        } else {
            lct_sink_failed(gst->sink, fault);
        }
        leave(gst);
    }
}

static void fail_by_error(struct lct_gst *gst, GstMessage *message) {
    GError *error = NULL;
    char *debug = NULL;
    struct lct_fault fault;
    gst_message_parse_error(message, &error, &debug);
    lct_debug("pipeline error", "domain=%s code=%d text=%s detail=%s",
              g_quark_to_string(error->domain), error->code, error->message, debug ? debug : "");
    put_words(gst, error, &fault);
    lct_gst_fail(gst, &fault);
    g_clear_error(&error);
    g_free(debug);
}

static void fail_by_end(struct lct_gst *gst) {
    struct lct_fault fault;
    say(gst, &fault, -EPIPE, "The %s closed the stream (%s).", "%s关闭了数据流（%s）。",
        "end of stream");
    lct_gst_fail(gst, &fault);
}

/* Runs in whichever thread posts a message. */
static GstBusSyncReply on_message(GstBus *bus, GstMessage *message, void *opaque) {
    (void)bus;
    struct lct_gst *gst = opaque;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        fail_by_error(gst, message);
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS && !gst->end_is_fine) {
        fail_by_end(gst);
    }
    gst_message_unref(message);
    return GST_BUS_DROP;
}

/* CLOCK_MONOTONIC rules whatever the elements offer; a live buffer's PTS is its clock time. */
static void set_clock(GstElement *pipeline) {
    GstClock *clock =
        g_object_new(GST_TYPE_SYSTEM_CLOCK, "clock-type", GST_CLOCK_TYPE_MONOTONIC, NULL);
    gst_object_ref_sink(clock);
    gst_pipeline_use_clock(GST_PIPELINE(pipeline), clock);
    gst_object_unref(clock);
    gst_element_set_base_time(pipeline, 0);
    gst_element_set_start_time(pipeline, GST_CLOCK_TIME_NONE);
}

struct lct_gst *lct_gst_create(struct lct_sink *sink, const char *en, const char *zh, void *owner,
                               void (*free_owner)(void *)) {
    struct lct_gst *gst = lct_new(sizeof *gst);
    lct_ref_init(&gst->ref);
    gst->sink = sink;
    snprintf(gst->en, sizeof gst->en, "%s", en);
    snprintf(gst->zh, sizeof gst->zh, "%s", zh);
    gst->owner = owner;
    gst->free_owner = free_owner;
    pthread_mutex_init(&gst->lock, NULL);
    lct_cond_init(&gst->moved);
    gst->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    set_clock(gst->pipeline);
    GstBus *bus = gst_element_get_bus(gst->pipeline);
    gst_bus_set_sync_handler(bus, on_message, gst, NULL);
    gst_object_unref(bus);
    return gst;
}

GstElement *lct_gst_add(struct lct_gst *gst, const char *factory) {
    GstElement *element = gst_element_factory_make(factory, NULL);
    assert(element); /* lct_gst_need has seen it */
    gst_bin_add(GST_BIN(gst->pipeline), element);
    return element;
}

/* An appsink of those caps that does not wait for the clock. */
static GstElement *add_sink(struct lct_gst *gst, const char *caps_text) {
    GstElement *element = lct_gst_add(gst, "appsink");
    GstCaps *caps = gst_caps_from_string(caps_text);
    g_object_set(element, "caps", caps, "sync", FALSE, "enable-last-sample", FALSE, "qos", FALSE,
                 "async", FALSE, NULL);
    gst_caps_unref(caps);
    return element;
}

static GstFlowReturn on_sample(GstAppSink *appsink, void *opaque) {
    struct end *end = opaque;
    GstSample *sample = gst_app_sink_pull_sample(appsink);
    if (sample && enter(end->gst)) {
        end->on_sample(end->gst->owner, sample);
        leave(end->gst);
    }
    if (sample) {
        gst_sample_unref(sample);
    }
    return GST_FLOW_OK;
}

GstElement *lct_gst_add_end(struct lct_gst *gst, const char *caps_text, lct_gst_sample_fn fn) {
    GstElement *element = add_sink(gst, caps_text);
    struct end *end = lct_new(sizeof *end);
    *end = (struct end){gst, fn};
    GstAppSinkCallbacks callbacks = {.new_sample = on_sample};
    gst_app_sink_set_callbacks(GST_APP_SINK(element), &callbacks, end, free);
    return element;
}

static GstFlowReturn on_more(GstAppSink *appsink, void *opaque) {
    (void)appsink;
    struct end *end = opaque;
    if (enter(end->gst)) {
        end->on_sample(end->gst->owner, NULL);
        leave(end->gst);
    }
    return GST_FLOW_OK;
}

static void on_end(GstAppSink *appsink, void *opaque) { (void)on_more(appsink, opaque); }

GstElement *lct_gst_add_store(struct lct_gst *gst, const char *caps, lct_gst_sample_fn on_change) {
    GstElement *element = add_sink(gst, caps);
    g_object_set(element, "max-buffers", STORE_DEPTH, "drop", FALSE, NULL);
    struct end *end = lct_new(sizeof *end);
    *end = (struct end){gst, on_change};
    GstAppSinkCallbacks callbacks = {.new_sample = on_more, .eos = on_end};
    gst_app_sink_set_callbacks(GST_APP_SINK(element), &callbacks, end, free);
    return element;
}

GstElement *lct_gst_add_begin(struct lct_gst *gst, GstCaps *caps) {
    GstElement *element = lct_gst_add(gst, "appsrc");
    g_object_set(element, "caps", caps, "format", GST_FORMAT_TIME, "is-live", TRUE, "block", FALSE,
                 "max-bytes", (guint64)FEED_BYTES_MAX, NULL);
    return element;
}

bool lct_gst_feed(GstElement *begin, const void *bytes, size_t n, lct_ns time) {
    GstAppSrc *source = GST_APP_SRC(begin);
    if (gst_app_src_get_current_level_bytes(source) + n > FEED_BYTES_MAX) {
        return false;
    }
    GstBuffer *buffer = gst_buffer_new_memdup(bytes, n);
    GST_BUFFER_PTS(buffer) = (GstClockTime)time;
    return gst_app_src_push_buffer(source, buffer) == GST_FLOW_OK;
}

void lct_gst_fail_into(struct lct_gst *gst, struct lct_gst *whole) { gst->whole = whole; }

void lct_gst_end_is_fine(struct lct_gst *gst) { gst->end_is_fine = true; }

/* The hand: plays, waits to be told to stop, stops. Either may block for as long as it likes. */
static void run_hand(void *opaque) {
    struct lct_gst *gst = opaque;
    if (gst_element_set_state(gst->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
        struct lct_fault fault;
        say(gst, &fault, -EIO, "The %s cannot be opened (%s).", "无法打开%s（%s）。",
            "its pipeline does not start");
        lct_gst_fail(gst, &fault);
    }
    pthread_mutex_lock(&gst->lock);
    while (!gst->stop) {
        lct_cond_wait(&gst->moved, &gst->lock, LCT_NS_NONE);
    }
    pthread_mutex_unlock(&gst->lock);
    gst_element_set_state(gst->pipeline, GST_STATE_NULL);
    gst_object_unref(gst->pipeline);
    pthread_mutex_lock(&gst->lock);
    gst->stopped = true;
    pthread_cond_broadcast(&gst->moved);
    pthread_mutex_unlock(&gst->lock);
    unref(gst);
}

int lct_gst_start(struct lct_gst *gst, lct_ns within, struct lct_fault *fault) {
    lct_gst_allow(gst, within);
    lct_ref_inc(&gst->ref);
    lct_thread_start(&gst->hand, "gst-hand", run_hand, gst);
    pthread_mutex_lock(&gst->lock);
    while (gst->state == STARTING && !gst->ready) {
        if (lct_monotonic() >= gst->deadline) {
            break;
        }
        (void)lct_cond_wait(&gst->moved, &gst->lock, gst->deadline); /* looks again either way */
    }
    if (gst->state == STARTING && gst->ready) {
        gst->state = RUNNING;
    } else if (gst->state == STARTING) {
        gst->state = FAILED;
        say(gst, &gst->fault, -ETIMEDOUT, "The %s gives nothing (%s).", "%s没有数据（%s）。",
            "timed out");
    }
    if (gst->state == FAILED && fault) {
        *fault = gst->fault;
    }
    int rc = gst->state == FAILED ? gst->fault.code : 0;
    pthread_mutex_unlock(&gst->lock);
    return rc;
}

bool lct_gst_rewind(struct lct_gst *gst) {
    return gst_element_seek_simple(gst->pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0);
}

void lct_gst_allow(struct lct_gst *gst, lct_ns more) {
    pthread_mutex_lock(&gst->lock);
    gst->deadline = lct_monotonic() + more;
    pthread_mutex_unlock(&gst->lock);
}

void lct_gst_ready(struct lct_gst *gst) {
    pthread_mutex_lock(&gst->lock);
    if (!gst->ready) {
        gst->ready = true;
        pthread_cond_broadcast(&gst->moved);
    }
    pthread_mutex_unlock(&gst->lock);
}

bool lct_gst_running(struct lct_gst *gst) {
    pthread_mutex_lock(&gst->lock);
    bool running = gst->state == RUNNING;
    pthread_mutex_unlock(&gst->lock);
    return running;
}

void lct_gst_shut(struct lct_gst *gst) {
    pthread_mutex_lock(&gst->lock);
    gst->state = SHUT;
    while (gst->inside > 0) {
        lct_cond_wait(&gst->moved, &gst->lock, LCT_NS_NONE);
    }
    pthread_mutex_unlock(&gst->lock);
}

/* True when the hand has finished; false when an element hangs. */
static bool stop_hand(struct lct_gst *gst) {
    lct_ns deadline = lct_monotonic() + CLOSE_WITHIN;
    pthread_mutex_lock(&gst->lock);
    gst->stop = true;
    pthread_cond_broadcast(&gst->moved);
    while (!gst->stopped && lct_cond_wait(&gst->moved, &gst->lock, deadline)) {
    }
    bool stopped = gst->stopped;
    pthread_mutex_unlock(&gst->lock);
    return stopped;
}

void lct_gst_close(struct lct_gst *gst) {
    if (!gst) {
        return;
    }
    lct_gst_shut(gst);
    if (!gst->hand.started) {
        gst_object_unref(gst->pipeline);
    } else if (stop_hand(gst)) {
        lct_thread_join(&gst->hand);
    } else {
        lct_warn("a pipeline hangs and is left behind", "device=%s", gst->en);
        pthread_detach(gst->hand.id);
    }
    unref(gst);
}

/* ISO 14496-10 table E-5 as far as we tell it apart. */
static enum lct_colour colour_of(const GstVideoColorimetry *colour) {
    if (colour->range == GST_VIDEO_COLOR_RANGE_0_255) {
        return LCT_COLOUR_BT601_FULL;
    }
    return colour->matrix == GST_VIDEO_COLOR_MATRIX_BT709 ? LCT_COLOUR_BT709 : LCT_COLOUR_BT601;
}

static struct lct_frame *copy_picture(const GstVideoFrame *from, lct_ns time) {
    int width = GST_VIDEO_FRAME_WIDTH(from) & ~1, height = GST_VIDEO_FRAME_HEIGHT(from) & ~1;
    if (width < 2 || height < 2 || width > LCT_PICTURE_SIDE_MAX || height > LCT_PICTURE_SIDE_MAX) {
        return NULL;
    }
    struct lct_frame *frame = lct_frame_picture(width, height, time);
    frame->colour = colour_of(&from->info.colorimetry);
    I420Copy(GST_VIDEO_FRAME_PLANE_DATA(from, 0), GST_VIDEO_FRAME_PLANE_STRIDE(from, 0),
             GST_VIDEO_FRAME_PLANE_DATA(from, 1), GST_VIDEO_FRAME_PLANE_STRIDE(from, 1),
             GST_VIDEO_FRAME_PLANE_DATA(from, 2), GST_VIDEO_FRAME_PLANE_STRIDE(from, 2),
             frame->plane[0], frame->stride[0], frame->plane[1], frame->stride[1], frame->plane[2],
             frame->stride[2], width, height);
    return frame;
}

struct lct_frame *lct_gst_picture(GstSample *sample, lct_ns time) {
    GstVideoInfo info;
    GstVideoFrame mapped;
    GstCaps *caps = gst_sample_get_caps(sample);
    if (!caps || !gst_video_info_from_caps(&info, caps) ||
        GST_VIDEO_INFO_FORMAT(&info) != GST_VIDEO_FORMAT_I420 ||
        !gst_video_frame_map(&mapped, &info, gst_sample_get_buffer(sample), GST_MAP_READ)) {
        return NULL;
    }
    struct lct_frame *frame = copy_picture(&mapped, time);
    gst_video_frame_unmap(&mapped);
    return frame;
}

void lct_gst_give_floats(struct lct_sink *sink, const float *sound, size_t samples, lct_ns time) {
    for (size_t at = 0; at < samples; at += FRAME_SAMPLES) {
        size_t n = samples - at < FRAME_SAMPLES ? samples - at : FRAME_SAMPLES;
        lct_ns begin = time + lct_ticks_to_ns((int64_t)at, LCT_SOUND_RATE);
        struct lct_frame *frame = lct_frame_sound(n, begin);
        memcpy(frame->sound, sound + at * LCT_SOUND_CHANNELS,
               n * LCT_SOUND_CHANNELS * sizeof *frame->sound);
        lct_sink_give(sink, LCT_OUTPUT_SOUND, frame);
    }
}

void lct_gst_give_sound(struct lct_sink *sink, GstSample *sample, lct_ns time) {
    GstMapInfo map;
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    if (buffer && gst_buffer_map(buffer, &map, GST_MAP_READ)) {
        lct_gst_give_floats(sink, (const float *)(const void *)map.data, lct_gst_samples(sample),
                            time);
        gst_buffer_unmap(buffer, &map);
    }
}

size_t lct_gst_samples(GstSample *sample) {
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    return buffer ? gst_buffer_get_size(buffer) / (LCT_SOUND_CHANNELS * sizeof(float)) : 0;
}

lct_ns lct_gst_time(GstSample *sample) {
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    if (!buffer || !GST_BUFFER_PTS_IS_VALID(buffer)) {
        return LCT_NS_NONE;
    }
    guint64 time = gst_segment_to_running_time(gst_sample_get_segment(sample), GST_FORMAT_TIME,
                                               GST_BUFFER_PTS(buffer));
    return GST_CLOCK_TIME_IS_VALID(time) ? (lct_ns)time : LCT_NS_NONE;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * IP cameras by RTSP over TCP.
 *
 *   rtspsrc -> depay -> parse -> on_coded -+- passes through as it is
 *                                          +- appsrc -> decoder -> on_picture    (a second
 * pipeline)
 *           -> depay -> decoder -> on_sound
 *
 * A stream is watched from its first IDR to its second before it passes, and its units are held
 * meanwhile, so that a decoder, should one be needed, can begin with that first IDR.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "capture/gst_priv.h"
#include "capture/pace.h"
#include "capture/verdict.h"

#define CONNECT_WITHIN (6 * LCT_SECOND) /* to the first unit */
#define DECIDE_WITHIN (15 * LCT_SECOND) /* from there: an IDR may be 10 s away */
#define LATENCY_MS 80U
#define CONNECT_WITHIN_US 3000000U
#define HELD_MAX 512
#define HELD_BYTES_MAX (24U << 20)
#define STALE LCT_SECOND /* a decoded picture older than this is not given */
#define BEHIND (2 * LCT_SECOND)

struct lct_device {
    /* fixed after open */
    struct lct_gst *gst;
    struct lct_sink *sink;
    char address[LCT_SPEC_TARGET_SIZE]; /* with its password: the key of what is remembered */
    char label[LCT_SPEC_TARGET_SIZE], label_zh[LCT_SPEC_TARGET_SIZE];
    /* guarded by lock: the camera's line of time; what crosses to the decoder's threads */
    pthread_mutex_t lock;
    struct lct_pace pace;
    lct_ns decoded; /* time of the last picture */
    struct lct_gst *decoder;
    /* the decoder's streaming thread only */
    lct_ns shown;
    /* rtspsrc's thread only */
    bool has_picture;
    bool has_sound;
    const char *decode_by; /* the decoder's element */
    /* the picture's streaming thread only */
    struct lct_gop_watch watch;
    bool seen;
    bool passing;
    GstElement *feed; /* the decoder's appsrc */
    bool skipping;    /* until the next IDR */
    lct_ns given;
    struct lct_frame *held[HELD_MAX];
    size_t held_count;
    size_t held_bytes;
};

/* ---- time ---- */

static lct_ns see_time(struct lct_device *cam, lct_ns own) {
    lct_ns now = lct_monotonic();
    if (own == LCT_NS_NONE) {
        return now;
    }
    pthread_mutex_lock(&cam->lock);
    lct_pace_see(&cam->pace, own, now);
    lct_ns time = lct_pace_time(&cam->pace, own);
    pthread_mutex_unlock(&cam->lock);
    return time;
}

/* ---- the decoder ---- */

static void on_picture(void *owner, GstSample *sample) {
    struct lct_device *cam = owner;
    lct_ns time = lct_gst_time(sample);
    if (time == LCT_NS_NONE) {
        return;
    }
    pthread_mutex_lock(&cam->lock);
    cam->decoded = time;
    pthread_mutex_unlock(&cam->lock);
    lct_gst_ready(cam->gst);
    if (time <= cam->shown || time < lct_monotonic() - STALE || !lct_gst_running(cam->gst)) {
        return;
    }
    struct lct_frame *frame = lct_gst_picture(sample, time);
    if (frame) {
        cam->shown = time;
        lct_sink_give(cam->sink, LCT_OUTPUT_CAMERA, frame);
    }
}

static bool start_decoder(struct lct_device *cam, GstCaps *caps) {
    struct lct_fault fault = {0};
    if (lct_gst_need(&fault, cam->decode_by, "videoconvert", "appsrc", NULL) != 0) {
        lct_gst_fail(cam->gst, &fault);
        return false;
    }
    struct lct_gst *decoder = lct_gst_create(cam->sink, cam->label, cam->label, cam, NULL);
    lct_gst_fail_into(decoder, cam->gst);
    cam->feed = lct_gst_add_begin(decoder, caps);
    GstElement *decode = lct_gst_add(decoder, cam->decode_by);
    GstElement *convert = lct_gst_add(decoder, "videoconvert");
    GstElement *end = lct_gst_add_end(decoder, LCT_GST_PICTURE_CAPS, on_picture);
    gst_element_link_many(cam->feed, decode, convert, end, NULL);
    lct_gst_ready(decoder); /* it is fed by us: nothing to wait for */
    pthread_mutex_lock(&cam->lock);
    cam->decoder = decoder;
    cam->decoded = LCT_NS_NONE;
    pthread_mutex_unlock(&cam->lock);
    return lct_gst_start(decoder, LCT_SECOND, &fault) == 0;
}

/* A decoder that does not keep up goes on with the next IDR. */
static void feed_decoder(struct lct_device *cam, const uint8_t *bytes, size_t n, lct_ns time,
                         bool idr) {
    pthread_mutex_lock(&cam->lock);
    bool behind = cam->decoded != LCT_NS_NONE && time - cam->decoded > BEHIND;
    pthread_mutex_unlock(&cam->lock);
    cam->skipping = (cam->skipping || behind) && !idr;
    if (!cam->skipping && !lct_gst_feed(cam->feed, bytes, n, time)) {
        cam->skipping = true;
    }
}

/* ---- H.264: to pass or to decode ---- */

static void drop_held(struct lct_device *cam) {
    for (size_t i = 0; i < cam->held_count; i++) {
        lct_frame_unref(cam->held[i]);
    }
    cam->held_count = 0;
    cam->held_bytes = 0;
}

static void hold(struct lct_device *cam, const uint8_t *bytes, size_t n, lct_ns time, bool idr) {
    if (cam->held_count == HELD_MAX || cam->held_bytes + n > HELD_BYTES_MAX) {
        drop_held(cam);
    }
    struct lct_frame *frame = idr || cam->held_count > 0 ? lct_frame_coded(bytes, n, time) : NULL;
    if (frame) {
        frame->key = idr;
        cam->held[cam->held_count++] = frame;
        cam->held_bytes += n;
    }
}

static void begin_decoding(struct lct_device *cam, GstCaps *caps) {
    lct_verdict_keep(cam->address, cam->watch.verdict);
    lct_verdict_note(cam->sink, cam->watch.verdict);
    lct_sink_describe(cam->sink, cam->label, cam->label_zh, 0, false, false);
    if (start_decoder(cam, caps)) {
        for (size_t i = 0; i < cam->held_count; i++) {
            const struct lct_frame *unit = cam->held[i];
            feed_decoder(cam, unit->coded, unit->coded_bytes, unit->time, unit->key);
        }
    }
    drop_held(cam);
}

static void begin_passing(struct lct_device *cam) {
    lct_verdict_keep(cam->address, LCT_VERDICT_PASS);
    lct_verdict_note(cam->sink, LCT_VERDICT_PASS);
    lct_sink_describe(cam->sink, cam->label, cam->label_zh, 0, false, true);
    drop_held(cam);
    cam->passing = true;
}

/* It passed and must not any more: the next open decodes. */
static void stop_passing(struct lct_device *cam) {
    struct lct_fault fault;
    lct_verdict_keep(cam->address, cam->watch.verdict);
    lct_fault_set(
        &fault, -EPROTO, "source",
        "The stream of the %s changed and cannot be taken as it is any more (B-frames, or "
        "key frames too far apart); it is opened anew and decoded.",
        "%s 的码流已改变，不能再直接录制（出现 B 帧或关键帧间隔过长）；将重新打开并解码。",
        cam->label);
    lct_gst_fail(cam->gst, &fault);
}

static void pass(struct lct_device *cam, const struct lct_h264_unit *unit, const uint8_t *bytes,
                 size_t n, lct_ns time) {
    if (!lct_gst_running(cam->gst)) {
        cam->skipping = true; /* open has not returned yet: begin with the next IDR */
        return;
    }
    cam->skipping = cam->skipping && !unit->idr;
    time = time > cam->given ? time : cam->given + LCT_MS;
    struct lct_frame *frame = cam->skipping ? NULL : lct_frame_coded(bytes, n, time);
    if (frame) {
        cam->given = time;
        frame->key = unit->idr;
        frame->width = cam->watch.sps.width;
        frame->height = cam->watch.sps.height;
        frame->colour = cam->watch.sps.colour;
        lct_sink_give(cam->sink, LCT_OUTPUT_CAMERA, frame);
    }
}

/* Held units are stale when the decision falls, but for the one that made it: an IDR. */
static void decide(struct lct_device *cam, const uint8_t *bytes, size_t n, lct_ns time, bool idr,
                   GstCaps *caps) {
    if (cam->watch.verdict == LCT_VERDICT_OPEN) {
        hold(cam, bytes, n, time, idr);
    } else if (cam->watch.verdict == LCT_VERDICT_PASS) {
        begin_passing(cam);
    } else {
        hold(cam, bytes, n, time, idr);
        begin_decoding(cam, caps);
    }
}

static void on_unit(struct lct_device *cam, const uint8_t *bytes, size_t n, lct_ns time,
                    GstCaps *caps) {
    struct lct_h264_unit unit;
    lct_h264_look(bytes, n, &unit);
    enum lct_verdict verdict = lct_gop_watch_unit(&cam->watch, &unit, time);
    if (!cam->watch.begun) {
        return;
    }
    if (cam->feed) {
        feed_decoder(cam, bytes, n, time, unit.idr);
        return;
    }
    if (!cam->passing) {
        decide(cam, bytes, n, time, unit.idr, caps);
    } else if (verdict != LCT_VERDICT_PASS) {
        stop_passing(cam);
    }
    if (cam->passing && verdict == LCT_VERDICT_PASS) {
        lct_gst_ready(cam->gst);
        pass(cam, &unit, bytes, n, time);
    }
}

static void on_coded(void *owner, GstSample *sample) {
    struct lct_device *cam = owner;
    GstMapInfo map;
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    GstCaps *caps = gst_sample_get_caps(sample);
    lct_ns own = lct_gst_time(sample);
    if (!cam->seen) {
        cam->seen = true;
        lct_gst_allow(cam->gst, DECIDE_WITHIN);
    }
    if (!buffer || !caps || !gst_buffer_map(buffer, &map, GST_MAP_READ)) {
        return;
    }
    if (gst_structure_has_name(gst_caps_get_structure(caps, 0), "video/x-h264")) {
        on_unit(cam, map.data, map.size, own, caps);
    } else if (cam->feed) {
        bool delta = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
        feed_decoder(cam, map.data, map.size, see_time(cam, own), !delta);
    } else {
        cam->watch.verdict = LCT_VERDICT_CODEC;
        begin_decoding(cam, caps);
    }
    gst_buffer_unmap(buffer, &map);
}

/* ---- sound ---- */

static void on_sound(void *owner, GstSample *sample) {
    struct lct_device *cam = owner;
    lct_ns own = lct_gst_time(sample);
    pthread_mutex_lock(&cam->lock);
    bool known = cam->pace.begun && own != LCT_NS_NONE;
    lct_ns time = known ? lct_pace_time(&cam->pace, own) : 0;
    pthread_mutex_unlock(&cam->lock);
    if (known && lct_gst_running(cam->gst)) {
        lct_gst_give_sound(cam->sink, sample, time);
    }
}

/* ---- the camera's streams ---- */

/* How a stream is unpacked: by the encoding name of RFC 3551, 6184, 7798, 2435, 3640, 3016, 7587.
 */
struct way {
    const char *encoding;
    bool sound;
    const char *unpack, *parse, *decode;
    const char *caps; /* of pictures: what on_coded gets */
};

static const struct way ways[] = {
    {"H264", false, "rtph264depay", "h264parse", "avdec_h264",
     "video/x-h264,stream-format=byte-stream,alignment=au"},
    {"H265", false, "rtph265depay", "h265parse", "avdec_h265",
     "video/x-h265,stream-format=byte-stream,alignment=au"},
    {"JPEG", false, "rtpjpegdepay", "identity", "jpegdec", "image/jpeg"},
    {"PCMA", true, "rtppcmadepay", "identity", "alawdec", NULL},
    {"PCMU", true, "rtppcmudepay", "identity", "mulawdec", NULL},
    {"MPEG4-GENERIC", true, "rtpmp4gdepay", "aacparse", "avdec_aac", NULL},
    {"MP4A-LATM", true, "rtpmp4adepay", "aacparse", "avdec_aac", NULL},
    {"OPUS", true, "rtpopusdepay", "opusparse", "opusdec", NULL},
    {"L16", true, "rtpL16depay", "identity", "identity", NULL},
};

static const struct way *way_of(const GstCaps *caps) {
    const GstStructure *words = gst_caps_get_structure(caps, 0);
    const char *encoding = gst_structure_get_string(words, "encoding-name");
    for (size_t i = 0; encoding && i < sizeof ways / sizeof *ways; i++) {
        if (g_ascii_strcasecmp(encoding, ways[i].encoding) == 0) {
            return &ways[i];
        }
    }
    return NULL;
}

static void add_picture(struct lct_device *cam, const struct way *way, GstPad *pad) {
    GstElement *unpack = lct_gst_add(cam->gst, way->unpack);
    GstElement *parse = lct_gst_add(cam->gst, way->parse);
    GstElement *end = lct_gst_add_end(cam->gst, way->caps, on_coded);
    if (strcmp(way->parse, "identity") != 0) {
        g_object_set(parse, "config-interval", -1, NULL);
    }
    cam->decode_by = way->decode;
    gst_element_link_many(unpack, parse, end, NULL);
    GstPad *first = gst_element_get_static_pad(unpack, "sink");
    gst_element_sync_state_with_parent(end);
    gst_element_sync_state_with_parent(parse);
    gst_element_sync_state_with_parent(unpack);
    gst_pad_link(pad, first);
    gst_object_unref(first);
}

static void add_sound(struct lct_device *cam, const struct way *way, GstPad *pad) {
    const char *names[] = {way->unpack, way->parse, way->decode, "audioconvert", "audioresample"};
    GstElement *last = lct_gst_add_end(cam->gst, LCT_GST_SOUND_CAPS, on_sound);
    gst_element_sync_state_with_parent(last);
    for (size_t i = sizeof names / sizeof *names; i-- > 0;) {
        GstElement *element = lct_gst_add(cam->gst, names[i]);
        gst_element_link(element, last);
        gst_element_sync_state_with_parent(element);
        last = element;
    }
    GstPad *first = gst_element_get_static_pad(last, "sink");
    gst_pad_link(pad, first);
    gst_object_unref(first);
}

/* rtspsrc's threads begin out of sight of whoever checks ours for races: that open came first is
   said by the lock. */
static struct lct_device *enter(void *owner) {
    struct lct_device *cam = owner;
    pthread_mutex_lock(&cam->lock);
    pthread_mutex_unlock(&cam->lock);
    return cam;
}

/* One picture and one sound are taken; other streams (events, a second picture) are not asked for.
 */
static gboolean select_stream(GstElement *source, guint number, GstCaps *caps, void *owner) {
    (void)source;
    (void)number;
    struct lct_device *cam = enter(owner);
    const struct way *way = way_of(caps);
    struct lct_fault ignored;
    if (!way || (way->sound ? cam->has_sound : cam->has_picture) ||
        lct_gst_need(&ignored, way->unpack, way->parse, way->decode, NULL) != 0) {
        return FALSE;
    }
    *(way->sound ? &cam->has_sound : &cam->has_picture) = true;
    return TRUE;
}

static void on_pad(GstElement *source, GstPad *pad, void *owner) {
    (void)source;
    struct lct_device *cam = enter(owner);
    GstCaps *caps = gst_pad_get_current_caps(pad);
    const struct way *way = caps ? way_of(caps) : NULL;
    if (way && way->sound) {
        add_sound(cam, way, pad);
    } else if (way) {
        add_picture(cam, way, pad);
    }
    gst_clear_caps(&caps);
}

static void on_all_pads(GstElement *source, void *owner) {
    (void)source;
    struct lct_device *cam = enter(owner);
    if (!cam->has_picture) {
        struct lct_fault fault;
        lct_fault_set(&fault, -EPROTONOSUPPORT, "source",
                      "%s offers no picture that we can read. Set it to H.264.",
                      "%s 没有可读取的视频码流。请将其设为 H.264。", cam->label);
        lct_gst_fail(cam->gst, &fault);
    }
}

/* ---- open and close ---- */

/* Splits rtsp://user:password@host/… : rtspsrc is given the parts, so that it never prints them. */
static void set_address(GstElement *source, const char *address) {
    LCT_FREE char *plain = lct_strdup(address);
    const char *host = strstr(address, "://");
    host = host ? host + 3 : address;
    size_t before = strcspn(host, "/?");
    const char *at = memrchr(host, '@', before);
    if (at) {
        char *user = g_uri_unescape_segment(host, at, NULL);
        char *password = user ? strchr(user, ':') : NULL;
        if (password) {
            *password++ = '\0';
        }
        g_object_set(source, "user-id", user, "user-pw", password ? password : "", NULL);
        g_free(user);
        memmove(plain + (host - address), at + 1, strlen(at + 1) + 1);
    }
    g_object_set(source, "location", plain, NULL);
}

static void free_camera(void *owner) {
    struct lct_device *cam = owner;
    lct_gst_close(cam->decoder);
    drop_held(cam);
    pthread_mutex_destroy(&cam->lock);
    free(cam);
}

static void close_rtsp(struct lct_device *cam) {
    if (!cam) {
        return;
    }
    lct_gst_shut(cam->gst); /* no more feeding, so no new decoder either */
    if (cam->decoder) {
        lct_gst_shut(cam->decoder);
    }
    lct_gst_close(cam->gst);
}

static void build(struct lct_device *cam) {
    GstElement *source = lct_gst_add(cam->gst, "rtspsrc");
    gst_util_set_object_arg(G_OBJECT(source), "protocols", "tcp+tls");
    g_object_set(source, "latency", LATENCY_MS, "tcp-timeout", (guint64)CONNECT_WITHIN_US,
                 "user-agent", "lectern", NULL);
    set_address(source, cam->address);
    g_signal_connect(source, "select-stream", G_CALLBACK(select_stream), cam);
    g_signal_connect(source, "pad-added", G_CALLBACK(on_pad), cam);
    g_signal_connect(source, "no-more-pads", G_CALLBACK(on_all_pads), cam);
}

static int open_rtsp(const struct lct_spec *spec, struct lct_sink *sink,
                     struct lct_device **ret_device, struct lct_fault *fault) {
    int rc = lct_gst_need(fault, "rtspsrc", "rtph264depay", "h264parse", "audioconvert",
                          "audioresample", NULL);
    if (rc != 0) {
        return rc;
    }
    char shown[LCT_SPEC_TARGET_SIZE + 16], en[LCT_SPEC_TARGET_SIZE], zh[LCT_SPEC_TARGET_SIZE];
    lct_spec_show(spec, shown, sizeof shown);
    const char *address = strchr(shown, ':') ? strchr(shown, ':') + 1 : shown;
    snprintf(en, sizeof en, "IP camera %.200s", address);
    snprintf(zh, sizeof zh, "网络摄像机 %.200s", address);
    struct lct_device *cam = lct_new(sizeof *cam);
    pthread_mutex_init(&cam->lock, NULL);
    cam->sink = sink;
    snprintf(cam->address, sizeof cam->address, "%s", spec->target);
    snprintf(cam->label, sizeof cam->label, "%s", en);
    snprintf(cam->label_zh, sizeof cam->label_zh, "%s", zh);
    cam->watch.verdict = lct_verdict_recall(spec->target);
    cam->gst = lct_gst_create(sink, en, zh, cam, free_camera);
    build(cam);
    (void)enter(cam);
    rc = lct_gst_start(cam->gst, CONNECT_WITHIN, fault);
    if (rc != 0) {
        close_rtsp(cam);
        return rc;
    }
    *ret_device = cam;
    return 0;
}

const struct lct_driver lct_driver_rtsp = {
    .open = open_rtsp,
    .close = close_rtsp,
    .stall = 2 * LCT_SECOND,
};

// SPDX-License-Identifier: GPL-3.0-or-later
//
// webrtcviewer: GStreamer's webrtcbin as a viewer by WHEP, with libnice's ICE and its own DTLS,
// SRTP, jitter buffer and decoders. It leaves HTTP to whoever runs it:
//
//     webrtcviewer SECONDS [ADDRESS]
//
// prints its offer of one picture and one sound with a line "." behind it, reads the answer to the
// end of standard input, watches until it has decoded ENOUGH of both, or for SECONDS, and prints
// how much that was, in one line of JSON. ADDRESS is its only candidate; libnice finds none at
// loopback by itself.

#define GST_USE_UNSTABLE_API
#include <gst/gst.h>
#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENOUGH 50 // pictures, and blocks of sound

struct viewer {
    GMainLoop *loop;
    GstElement *pipeline, *webrtc;
    gint64 end; // of g_get_monotonic_time
    int seconds;
    gint pictures, sounds; // buffers decoded; atomic, from streaming threads
    gint width, height, rate;
    gboolean offered;
};

static void fail(const char *what) {
    fprintf(stderr, "webrtcviewer: %s\n", what);
    exit(1);
}

static void on_picture(GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data) {
    struct viewer *v = data;
    GstCaps *caps = gst_pad_get_current_caps(pad);
    GstVideoInfo info;
    (void)sink;
    (void)buffer;
    if (caps && gst_video_info_from_caps(&info, caps)) {
        g_atomic_int_set(&v->width, GST_VIDEO_INFO_WIDTH(&info));
        g_atomic_int_set(&v->height, GST_VIDEO_INFO_HEIGHT(&info));
    }
    gst_clear_caps(&caps);
    g_atomic_int_inc(&v->pictures);
}

static void on_sound(GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data) {
    struct viewer *v = data;
    GstCaps *caps = gst_pad_get_current_caps(pad);
    gint rate = 0;
    (void)sink;
    (void)buffer;
    if (caps && gst_structure_get_int(gst_caps_get_structure(caps, 0), "rate", &rate))
        g_atomic_int_set(&v->rate, rate);
    gst_clear_caps(&caps);
    g_atomic_int_inc(&v->sounds);
}

// What a decoder gives goes to where it is counted.
static void on_decoded(GstElement *decoder, GstPad *pad, gpointer data) {
    struct viewer *v = data;
    GstCaps *caps = gst_pad_get_current_caps(pad);
    gboolean is_picture =
        g_str_has_prefix(gst_structure_get_name(gst_caps_get_structure(caps, 0)), "video/");
    GstElement *sink = gst_element_factory_make("fakesink", NULL);
    GstPad *into = gst_element_get_static_pad(sink, "sink");
    (void)decoder;
    gst_caps_unref(caps);
    g_object_set(sink, "signal-handoffs", TRUE, "sync", FALSE, NULL);
    g_signal_connect(sink, "handoff", G_CALLBACK(is_picture ? on_picture : on_sound), v);
    gst_bin_add(GST_BIN(v->pipeline), sink);
    gst_element_sync_state_with_parent(sink);
    if (gst_pad_link(pad, into) != GST_PAD_LINK_OK)
        fail("what was decoded does not fit");
    gst_object_unref(into);
}

// What comes, goes to a decoder.
static void on_pad(GstElement *webrtc, GstPad *pad, gpointer data) {
    struct viewer *v = data;
    GstElement *decoder = gst_element_factory_make("decodebin", NULL);
    (void)webrtc;
    if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC)
        return;
    g_signal_connect(decoder, "pad-added", G_CALLBACK(on_decoded), v);
    gst_bin_add(GST_BIN(v->pipeline), decoder);
    gst_element_sync_state_with_parent(decoder);
    GstPad *into = gst_element_get_static_pad(decoder, "sink");
    if (gst_pad_link(pad, into) != GST_PAD_LINK_OK)
        fail("what came does not fit a decoder");
    gst_object_unref(into);
}

static gboolean on_look(gpointer data) {
    struct viewer *v = data;
    gboolean enough =
        g_atomic_int_get(&v->pictures) >= ENOUGH && g_atomic_int_get(&v->sounds) >= ENOUGH;
    if (!enough && g_get_monotonic_time() < v->end)
        return G_SOURCE_CONTINUE;
    printf("{\"pictures\":%d,\"width\":%d,\"height\":%d,\"sounds\":%d,\"rate\":%d}\n",
           g_atomic_int_get(&v->pictures), g_atomic_int_get(&v->width),
           g_atomic_int_get(&v->height), g_atomic_int_get(&v->sounds), g_atomic_int_get(&v->rate));
    g_main_loop_quit(v->loop);
    return G_SOURCE_REMOVE;
}

// All candidates are known: the offer goes out, the answer comes in.
static gboolean on_gathered(gpointer data) {
    static char text[65536];
    struct viewer *v = data;
    GstWebRTCSessionDescription *offer = NULL;
    GstSDPMessage *sdp = NULL;
    if (v->offered)
        return G_SOURCE_REMOVE;
    v->offered = TRUE;
    g_object_get(v->webrtc, "local-description", &offer, NULL);
    gchar *words = gst_sdp_message_as_text(offer->sdp);
    printf("%s.\n", words);
    fflush(stdout);
    g_free(words);
    gst_webrtc_session_description_free(offer);
    size_t n = fread(text, 1, sizeof text - 1, stdin);
    if (gst_sdp_message_new_from_text(text, &sdp) != GST_SDP_OK || n == 0)
        fail("the answer is no SDP");
    GstWebRTCSessionDescription *answer =
        gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, sdp);
    g_signal_emit_by_name(v->webrtc, "set-remote-description", answer, NULL);
    gst_webrtc_session_description_free(answer);
    v->end = g_get_monotonic_time() + v->seconds * G_USEC_PER_SEC;
    g_timeout_add(100, on_look, v);
    return G_SOURCE_REMOVE;
}

static void on_gathering(GstElement *webrtc, GParamSpec *what, gpointer data) {
    GstWebRTCICEGatheringState state;
    (void)what;
    g_object_get(webrtc, "ice-gathering-state", &state, NULL);
    if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
        g_idle_add(on_gathered, data);
}

static void on_offer(GstPromise *promise, gpointer data) {
    struct viewer *v = data;
    GstWebRTCSessionDescription *offer = NULL;
    const GstStructure *reply = gst_promise_get_reply(promise);
    if (!gst_structure_get(reply, "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &offer, NULL))
        fail("no offer could be made");
    gst_promise_unref(promise);
    g_signal_emit_by_name(v->webrtc, "set-local-description", offer, NULL);
    gst_webrtc_session_description_free(offer);
}

static void stay_at(GstElement *webrtc, const char *address) {
    GObject *ice = NULL;
    gboolean done = FALSE;
    g_object_get(webrtc, "ice-agent", &ice, NULL);
    g_signal_emit_by_name(ice, "add-local-ip-address", address, &done);
    if (!done)
        fail("libnice does not take the address");
    gst_object_unref(ice);
}

// A line of the offer that receives.
static void add_line(struct viewer *v, const char *words) {
    GstWebRTCRTPTransceiver *line = NULL;
    GstCaps *caps = gst_caps_from_string(words);
    g_signal_emit_by_name(v->webrtc, "add-transceiver",
                          GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps, &line);
    gst_clear_object(&line);
    gst_caps_unref(caps);
}

int main(int argc, char **argv) {
    struct viewer v = {.seconds = argc == 2 || argc == 3 ? atoi(argv[1]) : 0};
    if (v.seconds <= 0) {
        fprintf(stderr, "usage: webrtcviewer SECONDS [ADDRESS]\n");
        return 2;
    }
    gst_init(NULL, NULL);
    v.loop = g_main_loop_new(NULL, FALSE);
    v.pipeline = gst_pipeline_new(NULL);
    v.webrtc = gst_element_factory_make("webrtcbin", NULL);
    if (!v.webrtc)
        fail("webrtcbin is not here");
    g_object_set(v.webrtc, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
    gst_bin_add(GST_BIN(v.pipeline), v.webrtc);
    if (argc == 3)
        stay_at(v.webrtc, argv[2]);
    g_signal_connect(v.webrtc, "pad-added", G_CALLBACK(on_pad), &v);
    g_signal_connect(v.webrtc, "notify::ice-gathering-state", G_CALLBACK(on_gathering), &v);
    add_line(&v, "application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000,"
                 "packetization-mode=(string)1,profile-level-id=(string)42e01f");
    add_line(&v, "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000,"
                 "encoding-params=(string)2");
    gst_element_set_state(v.pipeline, GST_STATE_PLAYING);
    g_signal_emit_by_name(v.webrtc, "create-offer", NULL,
                          gst_promise_new_with_change_func(on_offer, &v, NULL));
    g_main_loop_run(v.loop);
    gst_element_set_state(v.pipeline, GST_STATE_NULL);
    gst_object_unref(v.pipeline);
    g_main_loop_unref(v.loop);
    return 0;
}

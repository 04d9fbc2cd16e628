// SPDX-License-Identifier: GPL-3.0-or-later
//
// rtspserver: an IP camera for tests. Serves H.264 and, if wanted, sound on
// rtsp://127.0.0.1:PORT/camera and prints that address when it is ready. Options: see `options`
// below, or --help.
//
// With --stamp each picture carries the CLOCK_MONOTONIC time it was made at, so that a test can
// tell from a recording alone how late its last picture is: see stamp.h. The sound is made of the
// same live clock: a tone with a tick each second.

#include <gst/gst.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <gst/video/video.h>
#include <stdio.h>

#include "stamp.h"

struct options {
    int port, width, height, fps, bframes, idr_interval, kbps;
    char *audio, *login;
    gboolean stamp;
};

// Describes the stream in gst-launch's words; the caller frees.
static char *describe(const struct options *o) {
    const char *audio = "";
    if (!g_strcmp0(o->audio, "aac"))
        audio = "audiotestsrc is-live=true wave=ticks volume=0.5 ! "
                "audio/x-raw,rate=48000,channels=1 ! avenc_aac ! "
                "rtpmp4gpay name=pay1 pt=97 ";
    else if (!g_strcmp0(o->audio, "pcma"))
        audio = "audiotestsrc is-live=true wave=ticks volume=0.5 ! "
                "audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1 pt=8 ";
    // tune=zerolatency would forbid B-frames, so what it does beside that is spelled out.
    return g_strdup_printf("( videotestsrc is-live=true pattern=ball ! "
                           "video/x-raw,format=I420,width=%d,height=%d,framerate=%d/1 ! "
                           "identity name=stamp ! "
                           "x264enc speed-preset=veryfast bitrate=%d threads=1 key-int-max=%d "
                           "bframes=%d b-adapt=false rc-lookahead=0 sync-lookahead=0 "
                           "option-string=scenecut=0 ! video/x-h264,profile=%s ! "
                           "rtph264pay name=pay0 pt=96 config-interval=-1 %s)",
                           o->width, o->height, o->fps, o->kbps, o->idr_interval, o->bframes,
                           o->bframes ? "main" : "constrained-baseline", audio);
}

static GstPadProbeReturn stamp_picture(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
    (void)data;
    GstCaps *caps = gst_pad_get_current_caps(pad);
    GstVideoInfo video;
    GstVideoFrame frame;
    GstBuffer *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_PAD_PROBE_INFO_DATA(info) = buffer;
    if (caps && gst_video_info_from_caps(&video, caps) &&
        gst_video_frame_map(&frame, &video, buffer, GST_MAP_WRITE)) {
        stamp_luma(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0),
                   (size_t)GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0), stamp_now_ms());
        gst_video_frame_unmap(&frame);
    }
    gst_clear_caps(&caps);
    return GST_PAD_PROBE_OK;
}

static void add_stamp(GstRTSPMediaFactory *factory, GstRTSPMedia *media, gpointer data) {
    (void)factory;
    (void)data;
    GstElement *bin = gst_rtsp_media_get_element(media);
    GstElement *stamp = gst_bin_get_by_name(GST_BIN(bin), "stamp");
    GstPad *pad = gst_element_get_static_pad(stamp, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, stamp_picture, NULL, NULL);
    gst_object_unref(pad);
    gst_object_unref(stamp);
    gst_object_unref(bin);
}

static void ask_for_login(GstRTSPServer *server, GstRTSPMediaFactory *factory, const char *login) {
    g_auto(GStrv) words = g_strsplit(login, ":", 2);
    GstRTSPAuth *auth = gst_rtsp_auth_new();
    GstRTSPToken *token =
        gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, "viewer", NULL);
    char *basic = gst_rtsp_auth_make_basic(words[0], words[1] ? words[1] : "");
    gst_rtsp_auth_add_basic(auth, basic, token);
    gst_rtsp_media_factory_add_role(factory, "viewer", GST_RTSP_PERM_MEDIA_FACTORY_ACCESS,
                                    G_TYPE_BOOLEAN, TRUE, GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT,
                                    G_TYPE_BOOLEAN, TRUE, NULL);
    gst_rtsp_server_set_auth(server, auth);
    g_free(basic);
    gst_rtsp_token_unref(token);
    g_object_unref(auth);
}

static int serve(const struct options *o) {
    GstRTSPServer *server = gst_rtsp_server_new();
    GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new();
    char *service = g_strdup_printf("%d", o->port);
    char *stream = describe(o);
    gst_rtsp_server_set_address(server, "127.0.0.1");
    gst_rtsp_server_set_service(server, service);
    gst_rtsp_media_factory_set_launch(factory, stream);
    gst_rtsp_media_factory_set_shared(factory, TRUE); // one camera, however many look at it
    if (o->stamp)
        g_signal_connect(factory, "media-configure", G_CALLBACK(add_stamp), NULL);
    if (o->login)
        ask_for_login(server, factory, o->login);
    GstRTSPMountPoints *mounts = gst_rtsp_server_get_mount_points(server);
    gst_rtsp_mount_points_add_factory(mounts, "/camera", factory);
    g_object_unref(mounts);
    g_free(service);
    g_free(stream);
    if (!gst_rtsp_server_attach(server, NULL)) {
        fprintf(stderr, "rtspserver: cannot listen on port %d\n", o->port);
        return 1;
    }
    printf("rtsp://127.0.0.1:%d/camera\n", gst_rtsp_server_get_bound_port(server));
    fflush(stdout);
    g_main_loop_run(g_main_loop_new(NULL, FALSE)); // until a signal ends the process
    return 0;
}

int main(int argc, char **argv) {
    struct options o = {.width = 640, .height = 360, .fps = 25, .idr_interval = 50, .kbps = 1500};
    const GOptionEntry options[] = {
        {"port", 'p', 0, G_OPTION_ARG_INT, &o.port, "port, 0: any free one", "N"},
        {"width", 0, 0, G_OPTION_ARG_INT, &o.width, "at least 320 with --stamp", "PIXELS"},
        {"height", 0, 0, G_OPTION_ARG_INT, &o.height, NULL, "PIXELS"},
        {"fps", 0, 0, G_OPTION_ARG_INT, &o.fps, NULL, "N"},
        {"bframes", 0, 0, G_OPTION_ARG_INT, &o.bframes, "B-frames in a row, 0: none", "N"},
        {"idr", 0, 0, G_OPTION_ARG_INT, &o.idr_interval, "an IDR each N pictures", "N"},
        {"kbps", 0, 0, G_OPTION_ARG_INT, &o.kbps, NULL, "N"},
        {"audio", 0, 0, G_OPTION_ARG_STRING, &o.audio, "aac or pcma; none if not given", "CODEC"},
        {"login", 0, 0, G_OPTION_ARG_STRING, &o.login, "asked of clients", "USER:PASSWORD"},
        {"stamp", 0, 0, G_OPTION_ARG_NONE, &o.stamp, "draw the time into the picture", NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    GOptionContext *context = g_option_context_new(NULL);
    GError *error = NULL;
    g_option_context_add_main_entries(context, options, NULL);
    g_option_context_add_group(context, gst_init_get_option_group());
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "rtspserver: %s\n", error->message);
        return 2;
    }
    g_option_context_free(context);
    if (o.stamp && (o.width < STAMP_WIDTH || o.height < STAMP_HEIGHT)) {
        fprintf(stderr, "rtspserver: a stamp needs %d x %d pixels\n", STAMP_WIDTH, STAMP_HEIGHT);
        return 2;
    }
    return serve(&o);
}

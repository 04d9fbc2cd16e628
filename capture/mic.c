// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/mic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "capture/gst_priv.h"
#include "capture/pace.h"

#define OPEN_WITHIN (5 * LCT_SECOND)
#define LOOK_EACH (LCT_SECOND / 4)

struct lct_device {
    /* fixed after open */
    struct lct_gst *gst;
    struct lct_sink *sink;
    GstElement *moves; /* borrows; PulseAudio's source when it was ordered by name, else NULL */
    char *ordered;
    /* streaming thread only */
    struct lct_pace pace;
    lct_ns looked;
};

static void free_mic(void *owner) {
    struct lct_device *mic = owner;
    g_free(mic->ordered);
    free(mic);
}

/* When a source goes away PulseAudio gives who reads it another one, without a word: what the
 * loudspeakers play, perhaps. Nobody ordered that one. */
static bool was_moved(struct lct_device *mic) {
    lct_ns now = lct_monotonic();
    if (!mic->moves || now - mic->looked < LOOK_EACH) {
        return false;
    }
    mic->looked = now;
    char *present = NULL;
    g_object_get(mic->moves, "current-device", &present, NULL);
    bool moved = present && *present && strcmp(present, mic->ordered) != 0;
    g_free(present);
    return moved;
}

static void fail_moved(struct lct_device *mic) {
    struct lct_fault fault;
    (void)lct_fault_set(&fault, -ENODEV, "source",
                        "The microphone %s was taken away. Plug it in again.",
                        "麦克风 %s 已被移除，请重新插入。", mic->ordered);
    lct_gst_fail(mic->gst, &fault);
}

/* slave-method "none" makes a sample's PTS the count of samples the device made until then, those
   it lost included: the device's own line of time. A buffer is in our hands when its last sample
   is. */
static void on_sound(void *owner, GstSample *sample) {
    struct lct_device *mic = owner;
    lct_ns count = lct_gst_time(sample);
    if (count == LCT_NS_NONE) {
        return;
    }
    if (was_moved(mic)) {
        fail_moved(mic);
        return;
    }
    lct_ns span = lct_ticks_to_ns((int64_t)lct_gst_samples(sample), LCT_SOUND_RATE);
    lct_pace_see(&mic->pace, count + span, lct_monotonic());
    if (!lct_pace_settled(&mic->pace)) {
        return;
    }
    lct_gst_ready(mic->gst);
    if (lct_gst_running(mic->gst)) {
        lct_gst_give_sound(mic->sink, sample, lct_pace_time(&mic->pace, count));
    }
}

static void build(struct lct_device *mic, const char *factory, const char *device) {
    GstElement *source = lct_gst_add(mic->gst, factory);
    if (*device) {
        g_object_set(source, "device", device, NULL);
        bool tells = g_object_class_find_property(G_OBJECT_GET_CLASS(source), "current-device");
        mic->moves = tells ? source : NULL;
        mic->ordered = g_strdup(device);
    }
    gst_util_set_object_arg(G_OBJECT(source), "slave-method", "none");
    g_object_set(source, "provide-clock", FALSE, "latency-time", (gint64)10000, "buffer-time",
                 (gint64)2000000, NULL);
    GstElement *convert = lct_gst_add(mic->gst, "audioconvert");
    GstElement *resample = lct_gst_add(mic->gst, "audioresample");
    GstElement *end = lct_gst_add_end(mic->gst, LCT_GST_SOUND_CAPS, on_sound);
    gst_element_link_many(source, convert, resample, end, NULL);
}

int lct_mic_open(const char *factory, const char *device, const char *en, const char *zh,
                 struct lct_sink *sink, struct lct_device **ret_device, struct lct_fault *fault) {
    int rc = lct_gst_need(fault, factory, "audioconvert", "audioresample", "appsink", NULL);
    if (rc != 0) {
        return rc;
    }
    struct lct_device *mic = lct_new(sizeof *mic);
    mic->sink = sink;
    mic->gst = lct_gst_create(sink, en, zh, mic, free_mic);
    build(mic, factory, device);
    rc = lct_gst_start(mic->gst, OPEN_WITHIN, fault);
    if (rc != 0) {
        lct_mic_close(mic);
        return rc;
    }
    *ret_device = mic;
    return 0;
}

void lct_mic_close(struct lct_device *device) {
    if (device) {
        lct_gst_close(device->gst);
    }
}

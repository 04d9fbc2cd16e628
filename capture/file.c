// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A media file as a source, for demonstrations and tests. It is decoded as fast as it is wanted; a
 * player thread gives pictures and sound when their time has come, both on one base, so that they
 * stay together whatever the load. At the end it begins again and its times go on without a hole.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/thread.h"
#include "capture/gst_priv.h"

#define OPEN_WITHIN (5 * LCT_SECOND)
#define LEAD (50 * LCT_MS)        /* from the first sample to its being given */
#define LATE_MAX (LCT_SECOND / 2) /* a machine that cannot keep up: the base moves */
#define EMPTY_MAX                                                                                  \
    (2 * LCT_SECOND) /* a stream that gives nothing is not waited for at the start                 \
                      */

/* One of the file's two streams. */
struct stream {
    GstElement *store; /* fixed once the player runs; NULL: the file has none */
    /* player only */
    GstSample *head; /* the next one */
    lct_ns due;      /* running time at which it is to be given */
    bool ended;
};

struct lct_device {
    /* fixed after open */
    struct lct_gst *gst;
    struct lct_sink *sink;
    struct lct_thread player;
    /* player only, but for the stores, which come before it */
    struct stream picture;
    struct stream sound;
    lct_ns base;  /* monotonic time of running time 0 */
    lct_ns reach; /* running time up to which this run has given */
    /* guarded by lock */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool changed;
    bool stop;
};

/* ---- player ---- */

/* A picture is due when it begins, sound when its last sample has been "captured". */
static void fetch(struct stream *stream, bool sound) {
    if (!stream->store || stream->head || stream->ended) {
        return;
    }
    stream->head = gst_app_sink_try_pull_sample(GST_APP_SINK(stream->store), 0);
    if (!stream->head) {
        stream->ended = gst_app_sink_is_eos(GST_APP_SINK(stream->store));
        return;
    }
    lct_ns time = lct_gst_time(stream->head);
    if (time == LCT_NS_NONE) {
        g_clear_pointer(&stream->head, gst_sample_unref);
        return;
    }
    stream->due = time;
    if (sound) {
        stream->due += lct_ticks_to_ns((int64_t)lct_gst_samples(stream->head), LCT_SOUND_RATE);
    }
}

static void give_picture(struct lct_device *file) {
    struct lct_frame *frame = lct_gst_picture(file->picture.head, file->base + file->picture.due);
    if (frame) {
        lct_sink_give(file->sink, LCT_OUTPUT_CAMERA, frame);
    }
    GstBuffer *buffer = gst_sample_get_buffer(file->picture.head);
    lct_ns span = GST_BUFFER_DURATION_IS_VALID(buffer) ? (lct_ns)GST_BUFFER_DURATION(buffer) : 0;
    lct_ns end = file->picture.due + span;
    file->reach = end > file->reach ? end : file->reach;
    g_clear_pointer(&file->picture.head, gst_sample_unref);
}

static void give_sound(struct lct_device *file) {
    lct_ns time = file->base + lct_gst_time(file->sound.head);
    lct_gst_give_sound(file->sink, file->sound.head, time);
    file->reach = file->sound.due > file->reach ? file->sound.due : file->reach;
    g_clear_pointer(&file->sound.head, gst_sample_unref);
}

static bool finished(const struct stream *stream) {
    return !stream->store || (stream->ended && !stream->head);
}

/* The next stream to give from; NULL when nothing is at hand. */
static struct stream *next_of(struct lct_device *file) {
    fetch(&file->picture, false);
    fetch(&file->sound, true);
    if (file->picture.head && file->sound.head) {
        return file->picture.due <= file->sound.due ? &file->picture : &file->sound;
    }
    return file->picture.head ? &file->picture : file->sound.head ? &file->sound : NULL;
}

/* Waits until a monotonic time, a change in the stores, or the end; false at the end. */
static bool rest(struct lct_device *file, lct_ns until) {
    pthread_mutex_lock(&file->lock);
    while (!file->stop && !file->changed && lct_cond_wait(&file->wake, &file->lock, until)) {
    }
    file->changed = false;
    bool go_on = !file->stop;
    pthread_mutex_unlock(&file->lock);
    return go_on;
}

/* The next run's times begin where this one's end. */
static bool begin_again(struct lct_device *file) {
    file->base += file->reach;
    file->reach = 0;
    file->picture.ended = file->sound.ended = false;
    if (lct_gst_rewind(file->gst)) {
        return true;
    }
    struct lct_fault fault;
    lct_fault_set(&fault, -ESPIPE, "source", "The file ended and cannot be begun again.",
                  "文件已结束，且无法从头播放。");
    lct_gst_fail(file->gst, &fault);
    return false;
}

static void give_when_due(struct lct_device *file, struct stream *next) {
    lct_ns late = lct_monotonic() - file->base - next->due;
    if (late < 0) {
        return;
    }
    if (late > LATE_MAX) {
        file->base += late;
    }
    if (next == &file->picture) {
        give_picture(file);
    } else {
        give_sound(file);
    }
}

/* Both streams begin together: waits until each that there is has something. */
static bool begin(struct lct_device *file) {
    lct_ns patience = lct_monotonic() + EMPTY_MAX;
    for (;;) {
        struct stream *next = next_of(file);
        bool both = (file->picture.head || finished(&file->picture)) &&
                    (file->sound.head || finished(&file->sound));
        if (next && (both || lct_monotonic() > patience)) {
            file->base = lct_monotonic() + LEAD - next->due;
            return true;
        }
        if (!rest(file, lct_monotonic() + LEAD)) {
            return false;
        }
    }
}

static void run_player(void *opaque) {
    struct lct_device *file = opaque;
    bool go_on = begin(file);
    while (go_on) {
        struct stream *next = next_of(file);
        if (next) {
            give_when_due(file, next);
            next = next_of(file);
        } else if (finished(&file->picture) && finished(&file->sound)) {
            go_on = file->reach > 0 && begin_again(file);
        }
        lct_ns now = lct_monotonic();
        lct_ns until = next ? file->base + next->due : now + LEAD;
        go_on = go_on && (until <= now ? rest(file, 0) : rest(file, until));
    }
    g_clear_pointer(&file->picture.head, gst_sample_unref);
    g_clear_pointer(&file->sound.head, gst_sample_unref);
}

/* ---- pipeline ---- */

static void on_change(void *owner, GstSample *none) {
    (void)none;
    struct lct_device *file = owner;
    lct_gst_ready(file->gst);
    pthread_mutex_lock(&file->lock);
    file->changed = true;
    pthread_cond_broadcast(&file->wake);
    pthread_mutex_unlock(&file->lock);
}

/* pad -> each element of the chain -> store; the chain's elements are named last first. */
static GstElement *add_chain(struct lct_device *file, GstPad *pad, const char *caps,
                             const char *const *names) {
    GstElement *store = lct_gst_add_store(file->gst, caps, on_change);
    gst_element_sync_state_with_parent(store);
    GstElement *last = store;
    for (; *names; names++) {
        GstElement *element = lct_gst_add(file->gst, *names);
        gst_element_link(element, last);
        gst_element_sync_state_with_parent(element);
        last = element;
    }
    GstPad *first = gst_element_get_static_pad(last, "sink");
    gst_pad_link(pad, first);
    gst_object_unref(first);
    return store;
}

/* The first picture and the first sound are taken. */
static void on_pad(GstElement *source, GstPad *pad, void *owner) {
    (void)source;
    static const char *const to_picture[] = {"videoconvert", NULL};
    static const char *const to_sound[] = {"audioresample", "audioconvert", NULL};
    struct lct_device *file = owner;
    GstCaps *caps = gst_pad_get_current_caps(pad);
    const char *name = caps ? gst_structure_get_name(gst_caps_get_structure(caps, 0)) : "";
    if (strcmp(name, "video/x-raw") == 0 && !file->picture.store) {
        file->picture.store = add_chain(file, pad, LCT_GST_PICTURE_CAPS, to_picture);
    } else if (strcmp(name, "audio/x-raw") == 0 && !file->sound.store) {
        file->sound.store = add_chain(file, pad, LCT_GST_SOUND_CAPS, to_sound);
    }
    gst_clear_caps(&caps);
}

static void on_all_pads(GstElement *source, void *owner) {
    (void)source;
    struct lct_device *file = owner;
    if (!file->picture.store && !file->sound.store) {
        struct lct_fault fault;
        lct_fault_set(&fault, -EINVAL, "source", "The file holds neither a picture nor sound.",
                      "文件中既没有画面也没有声音。");
        lct_gst_fail(file->gst, &fault);
    }
}

/* ---- open and close ---- */

static int check(const char *path, struct lct_fault *fault) {
    struct stat info;
    if (stat(path, &info) != 0) {
        return lct_fault_set(fault, -errno, "source", "The file %s cannot be read: %s.",
                             "无法读取文件 %s：%s。", path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return lct_fault_set(fault, S_ISDIR(info.st_mode) ? -EISDIR : -EINVAL, "source",
                             "%s is not a file. Give the path of a video or sound file.",
                             "%s 不是文件。请给出视频或音频文件的路径。", path);
    }
    if (access(path, R_OK) != 0) {
        return lct_fault_set(fault, -errno, "source", "The file %s cannot be read: %s.",
                             "无法读取文件 %s：%s。", path, strerror(errno));
    }
    return 0;
}

static void free_file(void *owner) {
    struct lct_device *file = owner;
    pthread_cond_destroy(&file->wake);
    pthread_mutex_destroy(&file->lock);
    free(file);
}

static void close_file(struct lct_device *file) {
    if (!file) {
        return;
    }
    pthread_mutex_lock(&file->lock);
    file->stop = true;
    pthread_cond_broadcast(&file->wake);
    pthread_mutex_unlock(&file->lock);
    lct_thread_join(&file->player);
    lct_gst_close(file->gst);
}

static void build(struct lct_device *file, const char *path) {
    LCT_FREE char *real = realpath(path, NULL);
    char *uri = g_filename_to_uri(real ? real : path, NULL, NULL);
    GstElement *source = lct_gst_add(file->gst, "uridecodebin");
    g_object_set(source, "uri", uri, NULL);
    g_signal_connect(source, "pad-added", G_CALLBACK(on_pad), file);
    g_signal_connect(source, "no-more-pads", G_CALLBACK(on_all_pads), file);
    g_free(uri);
    lct_gst_end_is_fine(file->gst);
}

static int open_file(const struct lct_spec *spec, struct lct_sink *sink,
                     struct lct_device **ret_device, struct lct_fault *fault) {
    int rc = check(spec->target, fault);
    if (rc == 0) {
        rc = lct_gst_need(fault, "uridecodebin", "videoconvert", "audioconvert", "audioresample",
                          "appsink", NULL);
    }
    if (rc != 0) {
        return rc;
    }
    char en[LCT_SPEC_TARGET_SIZE], zh[LCT_SPEC_TARGET_SIZE];
    snprintf(en, sizeof en, "file %.400s", spec->target);
    snprintf(zh, sizeof zh, "文件 %.400s", spec->target);
    struct lct_device *file = lct_new(sizeof *file);
    pthread_mutex_init(&file->lock, NULL);
    lct_cond_init(&file->wake);
    file->sink = sink;
    file->gst = lct_gst_create(sink, en, zh, file, free_file);
    build(file, spec->target);
    rc = lct_gst_start(file->gst, OPEN_WITHIN, fault);
    if (rc != 0) {
        close_file(file);
        return rc;
    }
    lct_sink_describe(sink, en, zh, 0, false, false);
    lct_thread_start(&file->player, "file", run_player, file);
    *ret_device = file;
    return 0;
}

const struct lct_driver lct_driver_file = {
    .open = open_file,
    .close = close_file,
    .stall = 2 * LCT_SECOND,
};

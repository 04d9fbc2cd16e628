// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/source.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/thread.h"
#include "capture/driver.h"
#include "capture/meter.h"
#include "capture/source_priv.h"

LCT_LOG_TOPIC("source");

#define PAUSE_FIRST (LCT_SECOND / 2)
#define PAUSE_MOST (5 * LCT_SECOND)
#define PAUSE_RESET_AFTER (10 * LCT_SECOND)

/* A device may take so long from its opening to its first frame (an IP camera sends its next key
   frame), whatever its driver says of stalls later. */
#define FIRST_FRAME_WITHIN (10 * LCT_SECOND)

static const struct lct_driver *const drivers[LCT_SPEC_KINDS] = {
    [LCT_SPEC_X11] = &lct_driver_x11,     [LCT_SPEC_V4L2] = &lct_driver_v4l2,
    [LCT_SPEC_HDMI] = &lct_driver_v4l2,   [LCT_SPEC_RTSP] = &lct_driver_rtsp,
    [LCT_SPEC_PULSE] = &lct_driver_pulse, [LCT_SPEC_ALSA] = &lct_driver_alsa,
    [LCT_SPEC_FILE] = &lct_driver_file,   [LCT_SPEC_DEMO] = &lct_driver_demo,
};

struct output {
    struct lct_queue *queue;
    bool told_lost;         /* the queue's last item says LOST: it is not said twice */
    struct lct_frame *last; /* of a screen: for whoever attaches while it stands still */
};

struct lct_sink {
    struct lct_source *source;
};

struct lct_source {
    /* fixed after create */
    struct lct_spec spec;
    const struct lct_driver *driver;
    enum lct_output main_picture; /* whose size and rate the status tells */
    lct_source_changed_fn changed;
    void *opaque;
    struct lct_sink sink;
    struct lct_thread thread;

    /* the source's thread only */
    struct lct_device *device;
    lct_ns pause;

    /* guarded by lock; held over a queue's push, so that after a detach nothing comes any more */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool wanted, stopping;
    struct lct_source_status status; /* without what lct_source_status works out */
    lct_ns sign;                     /* of life: the last frame or "alive", or the opening */
    unsigned opens;
    struct output outputs[LCT_OUTPUTS];
    struct lct_rate rate;
    struct lct_meter level;
};

enum lct_source_state lct_source_next_state(enum lct_source_state state,
                                            enum lct_source_event event) {
    /* The table in source_priv.h; LCT_SOURCE_OPENING is 0, so every field is written out. */
    static const enum lct_source_state table[LCT_SOURCE_STATES][LCT_SOURCE_EVENTS] = {
        [LCT_SOURCE_OPENING] = {LCT_SOURCE_RUNNING, LCT_SOURCE_NO_SIGNAL, LCT_SOURCE_OPENING,
                                LCT_SOURCE_LOST, LCT_SOURCE_OPENING},
        [LCT_SOURCE_RUNNING] = {LCT_SOURCE_RUNNING, LCT_SOURCE_NO_SIGNAL, LCT_SOURCE_RUNNING,
                                LCT_SOURCE_LOST, LCT_SOURCE_RUNNING},
        [LCT_SOURCE_NO_SIGNAL] = {LCT_SOURCE_NO_SIGNAL, LCT_SOURCE_NO_SIGNAL, LCT_SOURCE_OPENING,
                                  LCT_SOURCE_LOST, LCT_SOURCE_NO_SIGNAL},
        [LCT_SOURCE_LOST] = {LCT_SOURCE_LOST, LCT_SOURCE_LOST, LCT_SOURCE_LOST, LCT_SOURCE_LOST,
                             LCT_SOURCE_OPENING},
    };
    return table[state][event];
}

lct_ns lct_source_pause(lct_ns last, lct_ns ran) {
    if (last == 0 || ran >= PAUSE_RESET_AFTER) {
        return PAUSE_FIRST;
    }
    return last * 2 < PAUSE_MOST ? last * 2 : PAUSE_MOST;
}

const char *lct_source_state_name(enum lct_source_state state) {
    static const char *const names[LCT_SOURCE_STATES] = {"opening", "running", "no-signal", "lost"};
    return names[state];
}

/* --- with the lock held --- */

static bool gives_nothing_locked(const struct lct_source *source) {
    switch (source->status.state) {
    case LCT_SOURCE_RUNNING:
        return false;
    case LCT_SOURCE_OPENING:
        return source->opens > 1; /* the first time its frames are only a moment away */
    default:
        return true;
    }
}

static void tell_lost_locked(struct lct_source *source) {
    for (int i = 0; i < LCT_OUTPUTS; i++) {
        struct output *output = &source->outputs[i];
        if (output->queue && !output->told_lost && gives_nothing_locked(source)) {
            /* Refused by a full queue that keeps its oldest: said again at the next occasion. */
            output->told_lost = lct_queue_push(output->queue, lct_frame_lost(lct_monotonic()));
        }
    }
}

static void forget_pictures_locked(struct lct_source *source) {
    for (int i = 0; i < LCT_OUTPUTS; i++) {
        lct_frame_unref(source->outputs[i].last);
        source->outputs[i].last = NULL;
    }
    source->rate = (struct lct_rate){0};
}

static void set_fault_locked(struct lct_source *source, enum lct_source_event event,
                             const struct lct_fault *fault) {
    if (source->status.state == LCT_SOURCE_RUNNING) {
        source->status.fault = (struct lct_fault){0};
    } else if (fault) {
        source->status.fault = *fault;
    } else if (event == LCT_SOURCE_SIGNAL_BACK) {
        lct_fault_set(&source->status.fault, -EINPROGRESS, "source",
                      "The signal of %s is back; waiting for its first picture.",
                      "%s 的信号已恢复，正在等待第一幅画面。", source->status.label);
    }
}

/* Takes one step of the state machine; true when the state changed (tell the owner, unlocked). */
static bool step_locked(struct lct_source *source, enum lct_source_event event,
                        const struct lct_fault *fault) {
    enum lct_source_state before = source->status.state;
    enum lct_source_state after = lct_source_next_state(before, event);
    if (before == after) {
        return false;
    }
    source->status.state = after;
    source->sign = lct_monotonic();
    set_fault_locked(source, event, fault);
    if (gives_nothing_locked(source)) {
        forget_pictures_locked(source);
        tell_lost_locked(source);
    }
    pthread_cond_signal(&source->wake);
    return true;
}

/* --- without it --- */

static void log_change(const struct lct_source *source, enum lct_source_event event,
                       const struct lct_fault *fault) {
    char name[LCT_SPEC_TARGET_SIZE + 16];
    lct_spec_show(&source->spec, name, sizeof name);
    switch (event) {
    case LCT_SOURCE_FRAME:
        lct_info("runs", "source=%s", name);
        break;
    case LCT_SOURCE_FAILED:
        lct_warn("is lost", "source=%s why=\"%s\"", name, fault ? fault->en : "");
        break;
    case LCT_SOURCE_SIGNAL_GONE:
        lct_warn("has no signal", "source=%s", name);
        break;
    default:
        lct_debug("changes", "source=%s event=%d", name, (int)event);
    }
}

static void step(struct lct_source *source, enum lct_source_event event,
                 const struct lct_fault *fault) {
    pthread_mutex_lock(&source->lock);
    /* The same reason again, try after try, is one event. */
    bool news = !fault || strcmp(fault->en, source->status.fault.en) != 0;
    bool changed = step_locked(source, event, fault);
    pthread_mutex_unlock(&source->lock);
    if (changed && news) {
        log_change(source, event, fault);
    }
    if (changed && source->changed) {
        source->changed(source->opaque);
    }
}

/* --- the sink: called by the driver's threads --- */

static void count_picture_locked(struct lct_source *source, enum lct_output output,
                                 const struct lct_frame *frame) {
    if (output != source->main_picture) {
        return;
    }
    lct_rate_add(&source->rate, frame->time);
    if (frame->width > 0) {
        source->status.width = frame->width;
        source->status.height = frame->height;
    }
}

static void pass_on_locked(struct lct_source *source, enum lct_output which,
                           struct lct_frame *frame) {
    struct output *output = &source->outputs[which];
    source->status.frames++;
    if (frame->kind == LCT_FRAME_SOUND) {
        lct_meter_add(&source->level, frame->sound, frame->samples, frame->time);
    } else {
        count_picture_locked(source, which, frame);
    }
    if (which == LCT_OUTPUT_SCREEN && frame->kind == LCT_FRAME_PICTURE) {
        lct_frame_unref(output->last);
        output->last = lct_frame_ref(frame);
    }
    if (output->queue) {
        output->told_lost = false;
        source->status.drops += !lct_queue_push(output->queue, lct_frame_ref(frame));
    }
}

static void life(struct lct_source *source, enum lct_output output, struct lct_frame *frame) {
    pthread_mutex_lock(&source->lock);
    source->sign = lct_monotonic();
    bool changed = step_locked(source, LCT_SOURCE_FRAME, NULL);
    if (frame && source->status.state == LCT_SOURCE_RUNNING) {
        pass_on_locked(source, output, frame);
    }
    pthread_mutex_unlock(&source->lock);
    if (changed) {
        log_change(source, LCT_SOURCE_FRAME, NULL);
        if (source->changed) {
            source->changed(source->opaque);
        }
    }
}

void lct_sink_give(struct lct_sink *sink, enum lct_output output, struct lct_frame *frame) {
    life(sink->source, output, frame);
    lct_frame_unref(frame);
}

void lct_sink_alive(struct lct_sink *sink) { life(sink->source, LCT_OUTPUTS, NULL); }

void lct_sink_failed(struct lct_sink *sink, const struct lct_fault *fault) {
    step(sink->source, LCT_SOURCE_FAILED, fault);
}

void lct_sink_signal(struct lct_sink *sink, const struct lct_fault *fault) {
    step(sink->source, fault ? LCT_SOURCE_SIGNAL_GONE : LCT_SOURCE_SIGNAL_BACK, fault);
}

void lct_sink_describe(struct lct_sink *sink, const char *en, const char *zh, double nominal_fps,
                       bool demo, bool pass_through) {
    struct lct_source *source = sink->source;
    pthread_mutex_lock(&source->lock);
    lct_text_copy(source->status.label, sizeof source->status.label, en);
    lct_text_copy(source->status.label_zh, sizeof source->status.label_zh, zh);
    source->status.nominal_fps = nominal_fps;
    source->status.demo = demo;
    source->status.pass_through = pass_through;
    pthread_mutex_unlock(&source->lock);
}

void lct_sink_note(struct lct_sink *sink, const char *en, const char *zh) {
    struct lct_source *source = sink->source;
    pthread_mutex_lock(&source->lock);
    lct_text_copy(source->status.note_en, sizeof source->status.note_en, en);
    lct_text_copy(source->status.note_zh, sizeof source->status.note_zh, zh);
    pthread_mutex_unlock(&source->lock);
}

bool lct_sink_wanted(struct lct_sink *sink, enum lct_output output) {
    pthread_mutex_lock(&sink->source->lock);
    bool wanted = sink->source->outputs[output].queue != NULL;
    pthread_mutex_unlock(&sink->source->lock);
    return wanted;
}

/* --- the source's thread --- */

/* When the device counts as stalled; LCT_NS_NONE: not in this state. */
static lct_ns stalled_at_locked(const struct lct_source *source) {
    lct_ns stall = source->driver->stall;
    if (stall == 0 || source->status.state == LCT_SOURCE_NO_SIGNAL) {
        return LCT_NS_NONE;
    }
    if (source->status.state == LCT_SOURCE_OPENING && stall < FIRST_FRAME_WITHIN) {
        stall = FIRST_FRAME_WITHIN;
    }
    return source->sign + stall;
}

static void fail_by_stall(struct lct_source *source, lct_ns silent) {
    struct lct_fault fault;
    char name[LCT_SPEC_TARGET_SIZE + 16];
    lct_spec_show(&source->spec, name, sizeof name);
    lct_fault_set(&fault, -ETIMEDOUT, "source",
                  "%.200s has given nothing for %d s though it is there; it is opened anew.",
                  "%.200s 在线，但已有 %d 秒没有任何数据；正在重新打开。", name,
                  (int)(silent / LCT_SECOND));
    step(source, LCT_SOURCE_FAILED, &fault);
}

/* Waits for the end of the opened device: failed, stalled, or no longer wanted. */
static void watch(struct lct_source *source) {
    pthread_mutex_lock(&source->lock);
    while (source->wanted && source->status.state != LCT_SOURCE_LOST) {
        lct_ns limit = stalled_at_locked(source);
        lct_ns now = lct_monotonic();
        if (limit == LCT_NS_NONE || now < limit) {
            (void)lct_cond_wait(&source->wake, &source->lock, limit); /* looks again either way */
            continue;
        }
        lct_ns silent = now - source->sign;
        pthread_mutex_unlock(&source->lock);
        fail_by_stall(source, silent);
        pthread_mutex_lock(&source->lock);
    }
    pthread_mutex_unlock(&source->lock);
}

static int open_device(struct lct_source *source) {
    struct lct_fault fault = {0};
    int rc = source->driver->open(&source->spec, &source->sink, &source->device, &fault);
    if (rc < 0) {
        if (fault.code == 0) {
            lct_fault_set(&fault, rc, "source", "It could not be opened: %s.", "无法打开：%s。",
                          strerror(-rc));
        }
        step(source, LCT_SOURCE_FAILED, &fault);
        return rc;
    }
    pthread_mutex_lock(&source->lock);
    source->sign = lct_monotonic();
    pthread_mutex_unlock(&source->lock);
    return 0;
}

static void begin(struct lct_source *source) {
    pthread_mutex_lock(&source->lock);
    source->opens++;
    source->status.rebuilds = source->opens - 1;
    pthread_mutex_unlock(&source->lock);
    step(source, LCT_SOURCE_RETRY, NULL);
}

/* One life of the device; how long it lived. */
static lct_ns live(struct lct_source *source) {
    begin(source);
    if (open_device(source) < 0) {
        return 0;
    }
    lct_ns since = lct_monotonic();
    watch(source);
    source->driver->close(source->device);
    source->device = NULL;
    return lct_monotonic() - since;
}

static void rest(struct lct_source *source, lct_ns pause) {
    lct_ns until = lct_monotonic() + pause;
    pthread_mutex_lock(&source->lock);
    while (source->wanted && lct_monotonic() < until) {
        (void)lct_cond_wait(&source->wake, &source->lock, until);
    }
    pthread_mutex_unlock(&source->lock);
}

/* As if nothing had ever been seen of the device. */
static void forget_all_locked(struct lct_source *source) {
    struct lct_source_status *s = &source->status;
    *s = (struct lct_source_status){.state = LCT_SOURCE_OPENING};
    lct_spec_show(&source->spec, s->label, sizeof s->label);
    lct_spec_show(&source->spec, s->label_zh, sizeof s->label_zh);
    lct_fault_set(&s->fault, -EINPROGRESS, "source", "%s is being opened.", "正在打开 %s。",
                  s->label);
    forget_pictures_locked(source);
    source->opens = 0;
    source->pause = 0;
}

/* Waits, closed, until the device is wanted. False when the source is to end. */
static bool wait_until_wanted(struct lct_source *source) {
    pthread_mutex_lock(&source->lock);
    if (!source->wanted || source->status.state != LCT_SOURCE_LOST) { /* it was not only lost */
        forget_all_locked(source);
    }
    while (!source->wanted && !source->stopping) {
        (void)lct_cond_wait(&source->wake, &source->lock, LCT_NS_NONE);
    }
    bool wanted = source->wanted;
    pthread_mutex_unlock(&source->lock);
    return wanted;
}

static void run(void *opaque) {
    struct lct_source *source = opaque;
    while (wait_until_wanted(source)) {
        source->pause = lct_source_pause(source->pause, live(source));
        rest(source, source->pause);
    }
}

/* --- the owner --- */

struct lct_source *lct_source_create(const struct lct_spec *spec, lct_source_changed_fn changed,
                                     void *opaque) {
    struct lct_source *source = lct_new(sizeof *source);
    source->spec = *spec;
    source->driver = drivers[spec->kind];
    source->main_picture = spec->camera ? LCT_OUTPUT_CAMERA : LCT_OUTPUT_SCREEN;
    source->changed = changed;
    source->opaque = opaque;
    source->sink.source = source;
    source->wanted = true;
    pthread_mutex_init(&source->lock, NULL);
    lct_cond_init(&source->wake);
    forget_all_locked(source); /* there is no other thread yet */
    lct_thread_start(&source->thread, "source", run, source);
    return source;
}

void lct_source_want(struct lct_source *source, bool open) {
    pthread_mutex_lock(&source->lock);
    source->wanted = open;
    pthread_cond_signal(&source->wake);
    pthread_mutex_unlock(&source->lock);
}

void lct_source_destroy(struct lct_source *source) {
    if (!source) {
        return;
    }
    pthread_mutex_lock(&source->lock);
    source->wanted = false;
    source->stopping = true;
    pthread_cond_signal(&source->wake);
    pthread_mutex_unlock(&source->lock);
    lct_thread_join(&source->thread);
    forget_pictures_locked(source);
    pthread_cond_destroy(&source->wake);
    pthread_mutex_destroy(&source->lock);
    free(source);
}

/* The same picture as if it had been captured now. */
static struct lct_frame *again(struct lct_frame *frame) {
    struct lct_frame *copy = lct_frame_lost(lct_monotonic()); /* a frame without memory */
    copy->kind = LCT_FRAME_PICTURE;
    copy->width = frame->width;
    copy->height = frame->height;
    copy->colour = frame->colour;
    memcpy(copy->plane, frame->plane, sizeof copy->plane);
    memcpy(copy->stride, frame->stride, sizeof copy->stride);
    copy->changed_permille = 1000;
    copy->owner = lct_frame_ref(frame);
    copy->release = lct_frame_unref_item;
    return copy;
}

void lct_source_attach(struct lct_source *source, enum lct_output which, struct lct_queue *queue) {
    struct output *output = &source->outputs[which];
    pthread_mutex_lock(&source->lock);
    output->queue = queue;
    output->told_lost = false;
    if (queue && output->last) {
        (void)lct_queue_push(queue, again(output->last)); /* the first item of a new reader */
    }
    tell_lost_locked(source);
    pthread_mutex_unlock(&source->lock);
}

bool lct_source_has(const struct lct_source *source, enum lct_output output) {
    const bool has[LCT_OUTPUTS] = {
        [LCT_OUTPUT_CAMERA] = source->spec.camera,
        [LCT_OUTPUT_SCREEN] = source->spec.screen,
        [LCT_OUTPUT_SOUND] = source->spec.sound,
    };
    return has[output];
}

void lct_source_status(struct lct_source *source, struct lct_source_status *ret_status) {
    lct_ns now = lct_monotonic();
    pthread_mutex_lock(&source->lock);
    *ret_status = source->status;
    ret_status->measured_fps = lct_rate_per_second(&source->rate, now);
    lct_meter_read(&source->level, now, &ret_status->level_peak_db, &ret_status->level_rms_db);
    pthread_mutex_unlock(&source->lock);
}

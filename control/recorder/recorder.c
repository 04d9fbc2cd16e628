// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/recorder/recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/thread.h"
#include "control/recorder/recorder_priv.h"

LCT_LOG_TOPIC("recorder");

#define SOURCES_WAIT (3 * LCT_SECOND)

static char *copied(const char *text) { return text ? lct_strdup(text) : NULL; }

/* What the encoders may write at most: 4 and 6 Mbit/s, 128 kbit/s; half of the caps is a busy
 * lesson. */
static double expected_rate(const struct lct_recorder *r) {
    static const double caps_bps[] = {4e6, 6e6, 256e3};
    size_t count;
    double sum = 0;
    const struct lct_pipeline_lane *lanes = lct_pipeline_lanes(r->pipeline, &count);
    for (size_t i = 0; i < count; i++) {
        sum += caps_bps[lanes[i].kind];
    }
    return sum / 2 / 8;
}

void lct_recorder_expect(struct lct_recorder *recorder) {
    recorder->guard = lct_guard(expected_rate(recorder));
}

static int take_lock(const struct lct_recorder_settings *settings, struct lct_fault *fault) {
    const char *path = settings->lock ? settings->lock : settings->out;
    int fd = settings->lock ? lct_lock_file(path) : lct_lock_folder(path);
    if (fd == -EBUSY) {
        return lct_fault_set(fault, fd, "recorder",
                             "Another lectern records here already: %s is locked, by process %d. "
                             "Stop that one first.",
                             "已有另一个 lectern 正在此录制：%s 被进程 %d 锁定。请先停止它。", path,
                             (int)lct_lock_holder(path));
    }
    if (fd < 0) {
        return lct_fault_set(fault, fd, "recorder",
                             "Cannot lock %s: %s. Check the path, its owner and the free space.",
                             "无法锁定 %s：%s。请检查路径、权限和剩余空间。", path, strerror(-fd));
    }
    return fd;
}

int lct_recorder_create(const struct lct_recorder_settings *settings,
                        struct lct_recorder **ret_recorder, struct lct_fault *fault) {
    const char *folder = settings->out ? settings->out : settings->lessons;
    int rc = lct_io_make_folder(folder);
    if (rc < 0) {
        return lct_fault_set(fault, rc, "recorder",
                             "Cannot make the folder %s: %s. Check the path and its owner.",
                             "无法创建文件夹 %s：%s。请检查路径和权限。", folder, strerror(-rc));
    }
    int lock = take_lock(settings, fault);
    if (lock < 0) {
        return lock;
    }
    struct lct_recorder *r = lct_new(sizeof *r);
    r->lock = lock;
    r->room = copied(settings->room);
    r->name = copied(settings->name);
    r->lessons = copied(settings->lessons);
    r->out = copied(settings->out);
    r->resume_within = settings->resume_within;
    r->all_there = settings->all_there;
    r->pipeline = lct_pipeline_create(settings->specs, settings->spec_count, settings->changed,
                                      settings->opaque);
    if (settings->on_air) {
        lct_pipeline_go_on_air(r->pipeline);
    }
    lct_recorder_expect(r);
    *ret_recorder = r;
    return 0;
}

void lct_recorder_destroy(struct lct_recorder *recorder) {
    if (!recorder) {
        return;
    }
    struct lct_fault unused;
    if (lct_pipeline_recording(recorder->pipeline) && lct_recorder_stop(recorder, &unused) < 0) {
        lct_warn("lesson ended with a fault", "lesson=%s", recorder->lesson.id);
    }
    lct_thread_join(&recorder->repair);
    lct_pipeline_destroy(recorder->pipeline);
    lct_unlock(recorder->lock);
    free(recorder->folder);
    free(recorder->room);
    free(recorder->name);
    free(recorder->lessons);
    free(recorder->out);
    free(recorder);
}

enum lct_recorder_state lct_recorder_state(const struct lct_recorder *recorder) {
    if (!lct_pipeline_recording(recorder->pipeline)) {
        return recorder->looked_at ? LCT_RECORDER_LOOKING : LCT_RECORDER_IDLE;
    }
    bool writing = recorder->status.tape.state == LCT_TAPE_WRITING;
    return writing ? LCT_RECORDER_RECORDING : LCT_RECORDER_PAUSED;
}

const struct lct_lesson_info *lct_recorder_lesson(const struct lct_recorder *recorder) {
    return &recorder->lesson;
}

struct lct_pipeline *lct_recorder_pipeline(struct lct_recorder *recorder) {
    return recorder->pipeline;
}

/* ---- the disk ---- */

static const char *volume(const struct lct_recorder *r) {
    return r->out ? r->out : r->lessons; /* not the last lesson's folder: that may be gone */
}

static void look_at_disk(struct lct_recorder *r) {
    uint64_t free_bytes = 0;
    if (lct_io_system.space(&lct_io_system, volume(r), &free_bytes) == 0) {
        r->free_bytes = free_bytes;
        r->verdict = lct_guard_judge(&r->guard, free_bytes);
    }
}

uint64_t lct_recorder_takes(const struct lct_recorder *recorder, lct_ns time) {
    return lct_guard_bytes(&recorder->guard, time);
}

static int check_space(struct lct_recorder *r, struct lct_fault *fault) {
    lct_recorder_expect(r);
    look_at_disk(r);
    long long minutes = (long long)(r->verdict.left / LCT_SECOND / 60);
    if (r->verdict.left < LCT_GUARD_REFUSE) {
        return lct_fault_set(fault, -ENOSPC, "disk",
                             "The disk of %s has space for less than two minutes. Delete or move "
                             "something, then start again.",
                             "%s 所在磁盘剩余空间不足两分钟录制。请删除或移走一些文件后再开始。",
                             volume(r));
    }
    r->tight = r->verdict.left < LCT_GUARD_LESSON;
    if (r->tight) {
        lct_warn("the disk may not hold a whole lesson", "folder=%s minutes=%lld", volume(r),
                 minutes);
    }
    return 0;
}

/* The canvas of each track goes into lesson.json once it is known: a lesson that goes on keeps it.
 * True when there is news. */
static bool keep_canvas(struct lct_recorder *r) {
    bool news = false;
    for (size_t i = 0; i < r->lesson.track_count; i++) {
        struct lct_lesson_track *track = &r->lesson.tracks[i];
        const struct lct_track_status *known = &r->status.tracks[i];
        if (strcmp(track->kind, "sound") != 0 && track->width == 0 && known->width > 0) {
            track->width = known->width;
            track->height = known->height;
            news = true;
        }
    }
    return news;
}

int lct_recorder_save(struct lct_recorder *recorder) {
    struct lct_recorder *r = recorder;
    int rc = lct_lesson_save(&lct_io_system, r->folder, &r->lesson);
    if (rc < 0 && !r->unsaved) {
        lct_warn("lesson.json not written", "lesson=%s error=%s", r->lesson.id, strerror(-rc));
    }
    r->unsaved = rc < 0;
    return rc;
}

void lct_recorder_tick(struct lct_recorder *recorder) {
    bool news = recorder->unsaved;
    if (lct_pipeline_recording(recorder->pipeline)) {
        struct lct_pipeline_status *s = &recorder->status;
        lct_pipeline_status(recorder->pipeline, s);
        lct_guard_note(&recorder->guard, lct_monotonic(), s->tape.bytes);
        news = keep_canvas(recorder) || news;
    }
    if (news) {
        (void)lct_recorder_save(recorder); /* else at the next tick */
    }
    look_at_disk(recorder);
}

/* ---- a lesson ---- */

static int begin(struct lct_recorder *r, struct lct_fault *fault) {
    int rc = lct_pipeline_record(r->pipeline, r->folder, &r->lesson, fault);
    r->lesson.state = rc < 0 ? LCT_LESSON_ENDED : LCT_LESSON_RECORDING; /* none goes on from here */
    (void)lct_recorder_save(r); /* the tapes are what matters */
    lct_pipeline_status(r->pipeline, &r->status);
    return rc;
}

static void use_folder(struct lct_recorder *r, const char *id) {
    free(r->folder);
    r->folder = r->out ? lct_strdup(r->out) : lct_format("%s/%s", r->lessons, id);
}

int lct_recorder_start(struct lct_recorder *recorder, const char *title, struct lct_fault *fault) {
    struct lct_recorder *r = recorder;
    if (lct_pipeline_recording(r->pipeline)) {
        return lct_fault_set(fault, -EALREADY, "recorder",
                             "Room %s is recording already, since %s. Stop that lesson first.",
                             "教室 %s 已在录制（%s）。请先停止当前课程。", r->room, r->lesson.id);
    }
    int rc = check_space(r, fault);
    if (rc < 0) {
        return rc;
    }
    lct_pipeline_open(r->pipeline);
    lct_pipeline_wait(r->pipeline, lct_monotonic() + SOURCES_WAIT);
    if (r->all_there && lct_pipeline_first_fault(r->pipeline, fault) < 0) {
        lct_recorder_look(r, r->looked_at);
        return fault->code;
    }
    lct_lesson_new(r->room, title, &r->lesson);
    r->marks = 0;
    r->bytes_before = 0;
    r->unsaved = false;
    use_folder(r, r->lesson.id);
    rc = lct_lesson_begin(&lct_io_system, r->folder, &r->lesson, fault);
    rc = rc ? rc : begin(r, fault);
    if (rc < 0) {
        r->lesson.id[0] = '\0';
        r->unsaved = false;
        lct_recorder_look(r, r->looked_at);
        return rc;
    }
    lct_info("lesson begins", "lesson=%s folder=%s", r->lesson.id, r->folder);
    return 0;
}

int lct_recorder_stop(struct lct_recorder *recorder, struct lct_fault *fault) {
    struct lct_recorder *r = recorder;
    if (!lct_pipeline_recording(r->pipeline)) {
        return lct_fault_set(fault, -ESRCH, "recorder", "Room %s is not recording.",
                             "教室 %s 没有在录制。", r->room);
    }
    int rc = lct_pipeline_stop(r->pipeline, &r->lesson);
    r->lesson.state = LCT_LESSON_ENDED;
    int saved = lct_recorder_save(r);
    rc = rc ? rc : saved;
    lct_recorder_look(r, r->looked_at);
    lct_info("lesson ends", "lesson=%s seconds=%lld", r->lesson.id,
             (long long)(r->lesson.end / LCT_SECOND));
    if (rc < 0) {
        return lct_fault_set(
            fault, rc, "recorder",
            "The lesson has ended, but its disk failed at the end (%s). What was "
            "saved is safe; 'lectern verify %s' shows it.",
            "课程已结束，但磁盘在结束时出错（%s）。已保存的内容完好，可用 lectern verify "
            "%s 查看。",
            strerror(-rc), r->folder);
    }
    return 0;
}

int lct_recorder_mark(struct lct_recorder *recorder, lct_ns time, const char *label,
                      struct lct_mark *ret_mark, struct lct_fault *fault) {
    struct lct_recorder *r = recorder;
    if (!lct_pipeline_recording(r->pipeline)) {
        return lct_fault_set(fault, -ESRCH, "recorder",
                             "Room %s is not recording, so there is nothing to mark.",
                             "教室 %s 没有在录制，无法打点。", r->room);
    }
    lct_ns now = lct_monotonic() - lct_lesson_zero(&r->lesson);
    struct lct_mark mark = {.time = time == LCT_NS_NONE ? now : time, .wall = lct_wall()};
    if (mark.time < 0 || mark.time > now) {
        return lct_fault_set(fault, -EINVAL, "recorder",
                             "time_ns must lie between 0 and %lld, which is now.",
                             "time_ns 须在 0 与 %lld（当前时刻）之间。", (long long)now);
    }
    lct_text_copy(mark.label, sizeof mark.label, label ? label : "");
    int rc = lct_lesson_mark(&lct_io_system, r->folder, &mark);
    if (rc < 0) {
        return lct_fault_set(fault, rc, "recorder",
                             "The mark could not be saved: %s. Set it again when there is space.",
                             "打点未能保存：%s。请在磁盘可用后重试。", strerror(-rc));
    }
    r->marks++;
    *ret_mark = mark;
    return 0;
}

void lct_recorder_look(struct lct_recorder *recorder, bool on) {
    recorder->looked_at = on;
    if (on) {
        lct_pipeline_open(recorder->pipeline);
    } else {
        lct_pipeline_close(recorder->pipeline); /* nothing while a lesson is recorded */
    }
}

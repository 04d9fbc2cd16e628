// SPDX-License-Identifier: GPL-3.0-or-later
/* How a recorder is, as one JSON object: STATUS of docs/formats/link.md. */
#include <errno.h>

#include "control/recorder/recorder_priv.h"
#include "encode/effort.h"

static const char *const state_names[] = {"idle", "looking", "recording", "paused"};
static const char *const kind_names[] = {"camera", "screen", "sound"};

static json_int_t or_zero(lct_ns time) {
    return time == LCT_NS_NONE || time == INT64_MAX ? 0 : (json_int_t)time;
}

static json_t *tracks_of_source(const struct lct_recorder *r, size_t source) {
    size_t count;
    json_t *names = json_array();
    const struct lct_pipeline_lane *lanes = lct_pipeline_lanes(r->pipeline, &count);
    for (size_t i = 0; i < count; i++) {
        if (lanes[i].source == source) {
            json_array_append_new(names, json_string(lanes[i].name));
        }
    }
    return names;
}

static json_t *source_json(const struct lct_recorder *r, const struct lct_source_status *s,
                           size_t i) {
    bool open = lct_pipeline_is_open(r->pipeline);
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:f, s:f, s:f, s:I, s:i, s:b}",
        "spec", lct_pipeline_spec(r->pipeline, i), "label", s->label, "label_zh", s->label_zh,
        "demo", (int)s->demo, "state", open ? lct_source_state_name(s->state) : "closed", "en",
        s->fault.en, "zh", s->fault.zh, "note_en", s->note_en, "note_zh", s->note_zh, "width",
        s->width, "height", s->height, "fps", s->measured_fps, "peak_db", (double)s->level_peak_db,
        "rms_db", (double)s->level_rms_db, "drops", (json_int_t)s->drops, "rebuilds",
        (int)s->rebuilds, "pass_through", (int)s->pass_through);
    json_object_set_new(json, "tracks", tracks_of_source(r, i));
    return json;
}

static json_t *track_json(const struct lct_pipeline_lane *lane, size_t i,
                          const struct lct_track_status *t, const struct lct_tape_track *saved,
                          lct_ns verified) {
    json_t *json = json_pack(
        "{s:s, s:s, s:i, s:s, s:i, s:i, s:b, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, "
        "s:s, s:i, s:f}",
        "name", lane->name, "kind", kind_names[lane->kind], "id", (int)i + 1, "codec", t->codec,
        "width", t->width, "height", t->height, "slate", (int)t->slate, "pass_through",
        (int)t->pass_through, "small", (int)t->small, "bytes", (json_int_t)t->bytes, "chunks",
        (json_int_t)t->chunks, "drops", (json_int_t)(t->late + (saved ? saved->lost : 0)),
        "repeats", (json_int_t)t->repeats, "saved_ns",
        saved ? or_zero(saved->saved) : (json_int_t)0, "verified_ns", or_zero(verified), "ppm",
        t->ppm, "error_ms", t->error_ms, "preset",
        lane->kind == LCT_TRACK_SOUND ? "" : lct_preset_name(t->preset), "step", t->step, "busy",
        t->busy);
    if (t->fault.code) {
        json_object_set_new(json, "fault", lct_json_of_fault(&t->fault));
    }
    return json;
}

static const struct lct_tape_track *saved_track(const struct lct_tape_status *tape, uint32_t id,
                                                size_t *ret_index) {
    for (size_t i = 0; i < tape->track_count; i++) {
        if (tape->tracks[i].track_id == id) {
            *ret_index = i;
            return &tape->tracks[i];
        }
    }
    return NULL;
}

static json_t *tracks_json(const struct lct_recorder *r, const struct lct_pipeline_status *s) {
    size_t count;
    json_t *tracks = json_array();
    const struct lct_pipeline_lane *lanes = lct_pipeline_lanes(r->pipeline, &count);
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        const struct lct_tape_track *saved = saved_track(&s->tape, (uint32_t)i + 1, &at);
        lct_ns verified = saved ? s->check.track_verified[at] : LCT_NS_NONE;
        json_array_append_new(tracks, track_json(&lanes[i], i, &s->tracks[i], saved, verified));
    }
    return tracks;
}

static json_t *disk_json(const struct lct_recorder *r, const struct lct_pipeline_status *s) {
    static const char *const alarms[] = {"none", "low", "very-low"};
    bool full = s->tape.state == LCT_TAPE_FULL;
    bool recording = lct_pipeline_recording(r->pipeline);
    const char *alarm = full ? "full" : recording ? alarms[r->verdict.alarm] : "none";
    lct_ns minutes = r->verdict.left / LCT_SECOND / 60;
    return json_pack("{s:I, s:I, s:s}", "free_bytes", (json_int_t)r->free_bytes, "minutes_left",
                     (json_int_t)(minutes > 100000 ? 100000 : minutes), "alarm", alarm);
}

/* The worst step of any picture track, in words. */
static json_t *cpu_json(const struct lct_pipeline_status *s) {
    static const char *const en[LCT_EFFORT_STEPS] = {
        "", "The computer is busy: pictures are compressed with less effort.",
        "The computer is busy: pictures are compressed with the least effort.",
        "The computer is too busy: half of the pictures are left out.",
        "The computer is too busy: three of four pictures are left out."};
    static const char *const zh[LCT_EFFORT_STEPS] = {
        "", "电脑繁忙：已降低画面压缩强度。", "电脑繁忙：画面压缩强度已降到最低。",
        "电脑过于繁忙：画面帧率已减半。", "电脑过于繁忙：画面帧率已降到四分之一。"};
    int step = 0;
    for (size_t i = 0; i < s->track_count; i++) {
        step = s->tracks[i].step > step ? s->tracks[i].step : step;
    }
    return json_pack("{s:i, s:s, s:s}", "step", step, "en", en[step], "zh", zh[step]);
}

static void add_alarm(json_t *alarms, const struct lct_fault *fault) {
    if (fault->code) {
        json_array_append_new(alarms, lct_json_of_fault(fault));
    }
}

/* How long the disk lasts: when it is little, and when a lesson was begun that may not fit. */
static void add_disk_alarm(const struct lct_recorder *r, const struct lct_pipeline_status *s,
                           json_t *alarms) {
    struct lct_fault fault = {.code = 0};
    long long minutes = (long long)(r->verdict.left / LCT_SECOND / 60);
    if (!lct_pipeline_recording(r->pipeline) || s->tape.state == LCT_TAPE_FULL) {
        return;
    }
    if (r->verdict.alarm != LCT_GUARD_NONE) {
        (void)lct_fault_set(&fault, -ENOSPC, "disk",
                            "The disk has space for %lld more minutes: delete or move something.",
                            "磁盘剩余空间约可再录 %lld 分钟，请删除或移走一些文件。", minutes);
    } else if (r->tight) {
        (void)lct_fault_set(&fault, -ENOSPC, "disk",
                            "The disk may not hold a whole lesson: it has space for %lld minutes.",
                            "磁盘可能录不完一节课：剩余空间约 %lld 分钟。", minutes);
    }
    add_alarm(alarms, &fault);
}

static json_t *alarms_json(const struct lct_recorder *r, const struct lct_pipeline_status *s) {
    json_t *alarms = json_array();
    add_alarm(alarms, &s->tape.fault);
    add_alarm(alarms, &s->check.fault);
    add_disk_alarm(r, s, alarms);
    for (size_t i = 0; i < s->track_count; i++) {
        add_alarm(alarms, &s->tracks[i].fault);
    }
    return alarms;
}

static void add_lesson(const struct lct_recorder *r, const struct lct_pipeline_status *s,
                       json_t *json) {
    char started[32], verified[32] = "";
    const struct lct_lesson_info *lesson = &r->lesson;
    lct_ns elapsed = lct_monotonic() - lct_lesson_zero(lesson);
    lct_wall_format(lesson->zero_wall, started, sizeof started);
    if (s->check.verified != LCT_NS_NONE) {
        lct_wall_format(lct_wall() - elapsed + s->check.verified, verified, sizeof verified);
    }
    json_t *more = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:I, s:f, s:i, s:b}", "lesson", lesson->id, "title",
        lesson->title, "started", started, "elapsed_ns", (json_int_t)elapsed, "saved_ns",
        or_zero(s->tape.saved), "verified_ns", or_zero(s->check.verified), "verified_wall",
        verified, "bytes", (json_int_t)(r->bytes_before + s->tape.bytes), "rate_bps",
        r->guard.rate * 8, "marks", (int)r->marks, "past_cache", (int)s->check.past_cache);
    json_object_update(json, more);
    json_decref(more);
}

json_t *lct_recorder_status(struct lct_recorder *recorder) {
    struct lct_pipeline_status *s = &recorder->status;
    lct_pipeline_status(recorder->pipeline, s);
    json_t *sources = json_array();
    for (size_t i = 0; i < s->source_count; i++) {
        json_array_append_new(sources, source_json(recorder, &s->sources[i], i));
    }
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:n, s:o, s:o, s:o, s:o, s:o}", "room", recorder->room, "name",
                  recorder->name, "state", state_names[lct_recorder_state(recorder)], "lesson",
                  "disk", disk_json(recorder, s), "cpu", cpu_json(s), "alarms",
                  alarms_json(recorder, s), "sources", sources, "tracks", tracks_json(recorder, s));
    if (lct_pipeline_recording(recorder->pipeline)) {
        add_lesson(recorder, s, json);
    }
    return json;
}

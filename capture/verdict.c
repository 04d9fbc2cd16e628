// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/verdict.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define KEPT 16
#define DISORDER_MAX 3 /* one may be a correction of the camera's clock */

static enum lct_verdict judge(const struct lct_gop_watch *watch, const struct lct_h264_unit *unit,
                              lct_ns time) {
    if (unit->has_sps && (unit->sps.interlaced || !unit->sps.plain)) {
        return LCT_VERDICT_FORMAT;
    }
    if (unit->b_slice || watch->disorder >= DISORDER_MAX) {
        return LCT_VERDICT_B_FRAMES;
    }
    if (time - watch->idr > LCT_VERDICT_IDR_MAX) {
        return LCT_VERDICT_RARE_IDR;
    }
    return watch->verdict == LCT_VERDICT_OPEN && unit->idr ? LCT_VERDICT_PASS : watch->verdict;
}

enum lct_verdict lct_gop_watch_unit(struct lct_gop_watch *watch, const struct lct_h264_unit *unit,
                                    lct_ns time) {
    bool first = !watch->begun;
    if (time == LCT_NS_NONE) {
        time = watch->last;
    }
    watch->disorder += !first && time < watch->last;
    if (first && !unit->idr) {
        return watch->verdict;
    }
    if (unit->has_sps) {
        watch->sps = unit->sps;
    }
    if (first) {
        watch->begun = true;
        watch->idr = watch->last = time;
    }
    if (watch->verdict <= LCT_VERDICT_PASS) {
        enum lct_verdict now = judge(watch, unit, time);
        bool early = first && now == LCT_VERDICT_PASS; /* by the first IDR alone nothing is known */
        watch->verdict = early ? watch->verdict : now;
    }
    watch->last = time;
    watch->idr = unit->idr ? time : watch->idr;
    return watch->verdict;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    char address[LCT_SPEC_TARGET_SIZE];
    enum lct_verdict verdict;
} kept[KEPT];
static size_t next_kept;

enum lct_verdict lct_verdict_recall(const char *address) {
    enum lct_verdict verdict = LCT_VERDICT_OPEN;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < KEPT; i++) {
        if (strcmp(kept[i].address, address) == 0) {
            verdict = kept[i].verdict;
        }
    }
    pthread_mutex_unlock(&lock);
    return verdict;
}

void lct_verdict_keep(const char *address, enum lct_verdict verdict) {
    pthread_mutex_lock(&lock);
    size_t at = 0;
    while (at < KEPT && strcmp(kept[at].address, address) != 0) {
        at++;
    }
    if (at == KEPT) {
        at = next_kept;
        next_kept = (next_kept + 1) % KEPT;
        snprintf(kept[at].address, sizeof kept[at].address, "%s", address);
    }
    kept[at].verdict = verdict;
    pthread_mutex_unlock(&lock);
}

void lct_verdict_note(struct lct_sink *sink, enum lct_verdict verdict) {
    switch (verdict) {
    case LCT_VERDICT_OPEN:
    case LCT_VERDICT_PASS:
        lct_sink_note(sink, "", "");
        break;
    case LCT_VERDICT_B_FRAMES:
        lct_sink_note(sink,
                      "The camera's stream has B-frames: it is decoded and encoded anew. Set its "
                      "profile to Baseline to save this work.",
                      "摄像机码流含 B 帧，需解码后重新编码。请将其编码档次设为 Baseline。");
        break;
    case LCT_VERDICT_RARE_IDR:
        lct_sink_note(sink,
                      "The camera's key frames are more than 4 s apart: it is decoded and encoded "
                      "anew. Set its I-frame interval to 2 s.",
                      "摄像机关键帧间隔超过 4 秒，需解码后重新编码。请将 I 帧间隔设为 2 秒。");
        break;
    case LCT_VERDICT_FORMAT:
        lct_sink_note(sink,
                      "The camera's stream is interlaced or not 8-bit 4:2:0: it is decoded and "
                      "encoded anew.",
                      "摄像机码流为隔行或非 8 位 4:2:0，需解码后重新编码。");
        break;
    case LCT_VERDICT_CODEC:
        lct_sink_note(sink,
                      "The camera's stream is not H.264: it is decoded and encoded anew. Set it to "
                      "H.264 to save this work.",
                      "摄像机码流不是 H.264，需解码后重新编码。请将其设为 H.264。");
        break;
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a viewer's line carries and what the viewer is therefore sent: the pace, and which size of
 * each picture. The sums are in estimate.c and level.c.
 */
#include <string.h>

#include "base/log.h"
#include "encode/chunk.h"
#include "stream/rtc/rtc_priv.h"

LCT_LOG_TOPIC("rtc");

/* A twin that gave nothing for so long is not there: the source has none, or the recorder is short
 * of CPU. It is asked for again after the other time. */
#define TWIN_PATIENCE (3 * LCT_SECOND)
#define TWIN_AGAIN (30 * LCT_SECOND)
/* What a twin is taken to need before it is seen. */
#define TWIN_BPS 500000U
/* The pace: so much more than the line carries, for key frames and what is sent again; and never
 * below twice what a small picture and sound need. A burst stays long enough to tell how wide the
 * line is. */
#define PACE_SHARE(bps) ((int64_t)(bps) / 8 * 5 / 4)
#define PACE_MIN (1000000 / 8)
#define BURST_MIN (5 * LCT_RTP_DATAGRAM_MAX)

static bool is_picture(const struct lct_rtc_stream *s) { return s->full->codec == LCT_CODEC_H264; }

static struct lct_rtc_track *find_track(struct lct_rtc_room *room, uint32_t id) {
    for (size_t i = 0; i < room->n_tracks; i++) {
        if (room->tracks[i].id == id) {
            return &room->tracks[i];
        }
    }
    return NULL;
}

struct lct_rtc_track *lct_rtc_track_now(struct lct_rtc_viewer *viewer,
                                        const struct lct_rtc_stream *stream, lct_ns now) {
    if (stream->level != LCT_LEVEL_SMALL) {
        return stream->level == LCT_LEVEL_FULL ? stream->full : NULL;
    }
    struct lct_rtc_track *twin = find_track(viewer->room, stream->full->id + LCT_TRACK_SMALL_ID);
    return twin && now - twin->fed < TWIN_PATIENCE ? twin : NULL;
}

static uint32_t bits(const struct lct_rtc_track *track) {
    double bps = lct_ring_rate(track->ring) * 8;
    return bps < LCT_ESTIMATE_MAX ? (uint32_t)bps : LCT_ESTIMATE_MAX;
}

static struct lct_level_picture picture_of(struct lct_rtc_viewer *v, const struct lct_rtc_stream *s,
                                           lct_ns now) {
    struct lct_level_picture p = {s->level, {[LCT_LEVEL_FULL] = bits(s->full)}};
    const struct lct_rtc_track *twin = find_track(v->room, s->full->id + LCT_TRACK_SMALL_ID);
    bool missed = s->full->small_missed != LCT_NS_NONE && now - s->full->small_missed < TWIN_AGAIN;
    uint32_t half = p.bps[LCT_LEVEL_FULL] / 2 + 1;
    if (twin && now - twin->fed < TWIN_PATIENCE) {
        p.bps[LCT_LEVEL_SMALL] = bits(twin) + 1;
    } else if (!missed && s->full->id < LCT_TRACK_LIVE_ID) { /* twins have none */
        p.bps[LCT_LEVEL_SMALL] = half < TWIN_BPS ? half : TWIN_BPS;
    }
    return p;
}

static void set_level(struct lct_rtc_viewer *v, struct lct_rtc_stream *s, enum lct_level level,
                      lct_ns now) {
    static const char *const words[LCT_LEVELS] = {"none", "small", "full"};
    lct_info("a viewer's picture changes", "room=%s peer=%s track=%s size=%s kbps=%u", v->room->id,
             v->id, s->full->name, words[level], lct_estimate_bps(&v->estimate) / 1000);
    v->rtc->counting.larger += level > s->level ? 1 : 0;
    v->rtc->counting.smaller += level < s->level ? 1 : 0;
    s->level = level;
    s->moved = now;
}

/* The twin's lease, and what becomes of those who wait for one that is not there. */
static void keep_twin(struct lct_rtc_viewer *v, struct lct_rtc_stream *s, lct_ns now) {
    struct lct_rtc_track *full = s->full;
    if (s->level != LCT_LEVEL_SMALL) {
        return;
    }
    if (now - s->moved >= TWIN_PATIENCE && !lct_rtc_track_now(v, s, now)) {
        full->small_missed = now;
        set_level(v, s, LCT_LEVEL_FULL, now);
    } else if (full->small_wished == LCT_NS_NONE || now - full->small_wished >= LCT_WISH_AGAIN) {
        full->small_wished = now;
        v->room->wishes.small(v->room->wishes.arg, full->id);
    }
}

/* Who is sent nothing tells nothing of the line: then time alone makes it clean. */
static bool is_sent_any(const struct lct_rtc_viewer *v) {
    bool any = false;
    for (size_t i = 0; i < v->n_streams; i++) {
        any = any || v->streams[i].level != LCT_LEVEL_NONE;
    }
    return any;
}

void lct_rtc_adapt(struct lct_rtc_viewer *viewer, lct_ns now) {
    struct lct_rtc_viewer *v = viewer;
    struct lct_level_picture pictures[LCT_RTC_STREAMS_MAX];
    struct lct_rtc_stream *streams[LCT_RTC_STREAMS_MAX];
    uint32_t bps = lct_estimate_bps(&v->estimate), sound = 0;
    lct_ns clean = lct_estimate_clean(&v->estimate, now);
    size_t n = 0;
    for (size_t i = 0; i < v->n_streams; i++) {
        struct lct_rtc_stream *s = &v->streams[i];
        if (is_picture(s)) {
            streams[n] = s;
            pictures[n++] = picture_of(v, s, now);
        } else {
            sound += bits(s->full);
        }
    }
    bps = bps < LCT_ESTIMATE_MAX ? bps - (sound < bps ? sound : bps) : UINT32_MAX;
    if (!is_sent_any(v)) {
        clean = now - v->levels.moved;
        bps = UINT32_MAX;
    }
    int moved = lct_levels_move(&v->levels, pictures, n, clean, bps, now);
    if (moved >= 0) {
        set_level(v, streams[moved], pictures[moved].level, now);
    }
    for (size_t i = 0; i < n; i++) {
        keep_twin(v, streams[i], now);
    }
}

struct lct_rtc_pace lct_rtc_pace(const struct lct_rtc_viewer *viewer) {
    struct lct_rtc_pace pace = {PACE_SHARE(lct_estimate_bps(&viewer->estimate)), 0};
    pace.rate = pace.rate < PACE_MIN ? PACE_MIN : pace.rate;
    pace.rate = pace.rate < LCT_RTC_PACE ? pace.rate : LCT_RTC_PACE;
    pace.burst = LCT_RTC_BURST * pace.rate / LCT_RTC_PACE;
    pace.burst = pace.burst < BURST_MIN ? BURST_MIN : pace.burst;
    return pace;
}

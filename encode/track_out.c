// SPDX-License-Identifier: GPL-3.0-or-later
/* What all kinds of track and their twins share: key frames by one rule, chunks to the bus, what is
 * wrong to the status. */
#include <errno.h>
#include <stdio.h>

#include "encode/track_priv.h"

/* Asked-for IDRs are joined into one in this time. */
#define KEY_COALESCE (LCT_SECOND / 2)
/* A screen that changed by so much shows a new slide: it gets an IDR, if the last is not too near.
 */
#define SLIDE_PERMILLE 250
#define SLIDE_KEY_MIN LCT_SECOND

bool lct_track_is_screen(const struct lct_track *track) {
    return track->settings.kind == LCT_TRACK_SCREEN || track->settings.fps <= 0;
}

bool lct_track_has_thread(const struct lct_track *track) {
    return track->settings.clock == lct_monotonic;
}

bool lct_track_key_is_due(const struct lct_track *track, atomic_bool *wish, lct_ns since,
                          unsigned changed_permille, double key_seconds) {
    bool asked = since >= KEY_COALESCE && atomic_exchange(wish, false);
    bool slide =
        lct_track_is_screen(track) && changed_permille >= SLIDE_PERMILLE && since >= SLIDE_KEY_MIN;
    return asked || slide || since >= (lct_ns)(key_seconds * LCT_SECOND);
}

lct_ns lct_track_now(const struct lct_track *track) { return track->settings.clock(); }

void lct_track_publish(struct lct_track *track, struct lct_chunk *chunk, lct_ns captured) {
    if (!chunk) {
        struct lct_fault fault;
        (void)lct_fault_set(&fault, -ENOMEM, "encode",
                            "A coded picture of track %s was too large and was left out.",
                            "轨道 %s 的一帧编码数据过大，已舍弃。", track->settings.name);
        lct_track_report(track, &fault);
        return;
    }
    chunk->captured = captured;
    chunk->published = lct_track_now(track);
    pthread_mutex_lock(&track->lock);
    if (lct_format_is_taped(chunk->format)) {
        struct lct_track_status *s = &track->status;
        s->fault = (struct lct_fault){.code = 0};
        s->chunks++;
        s->bytes += chunk->n;
        s->end = chunk->time;
        s->width = chunk->format->width;
        s->height = chunk->format->height;
        (void)snprintf(s->codec, sizeof s->codec, "%s", chunk->format->codec_string);
    }
    pthread_mutex_unlock(&track->lock);
    lct_bus_publish(track->settings.bus, chunk);
    lct_chunk_unref(chunk);
}

void lct_track_report(struct lct_track *track, const struct lct_fault *fault) {
    pthread_mutex_lock(&track->lock);
    track->status.fault = *fault;
    pthread_mutex_unlock(&track->lock);
}

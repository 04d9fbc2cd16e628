// SPDX-License-Identifier: GPL-3.0-or-later
/* What either kind of track gives out: chunks to the bus, what is wrong to the status. */
#include <errno.h>
#include <stdio.h>

#include "encode/track_priv.h"

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
    if (chunk->format->codec != LCT_CODEC_OPUS) {
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

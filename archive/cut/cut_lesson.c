// SPDX-License-Identifier: GPL-3.0-or-later
/* A cut as a new lesson: its samples packed into chunks again, in reels like any other's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/cut/cut_priv.h"
#include "archive/lesson/fresh.h"
#include "base/mem.h"

/* One track on its way into reels. */
struct writer {
    const struct lct_io *io;
    const struct lct_movie *movie;
    const struct lct_cut_track *track;
    char folder[LCT_PATH_SIZE];
    struct lct_reel *reel;
    uint32_t number;
    int64_t begin; /* of the reel */
    uint8_t *bytes[LCT_CHUNK_SAMPLES_MAX];
};

static int read_sample(struct writer *w, size_t i, unsigned k) {
    const struct lct_movie_piece *piece = &w->track->lane.pieces[i];
    free(w->bytes[k]);
    w->bytes[k] = malloc(piece->bytes + 1U);
    if (!w->bytes[k]) {
        return -ENOMEM;
    }
    uint64_t at = w->movie->head_bytes + w->track->lane.samples[i].offset;
    ssize_t got = lct_movie_read(w->movie, at, w->bytes[k], piece->bytes);
    return got < 0 ? (int)got : (size_t)got == piece->bytes ? 0 : -EIO;
}

static int next_reel(struct writer *w, int64_t tick) {
    struct lct_index_head head;
    int rc = w->reel ? lct_reel_close(w->reel, tick) : 0;
    w->reel = NULL;
    w->begin = tick;
    lct_tape_clocks(lct_monotonic(), &head);
    return rc ? rc
              : lct_reel_open(w->io, w->folder, ++w->number, w->track->format, &head, &w->reel);
}

/* The chunk of the samples from i on. */
static int write_chunk(struct writer *w, size_t i, unsigned samples, int64_t tick) {
    const struct lct_movie_lane *lane = &w->track->lane;
    struct lct_chunk_info info = {
        .tfdt = tick, .samples = (uint8_t)samples, .key = lane->samples[i].key};
    int rc = 0;
    for (unsigned k = 0; rc == 0 && k < samples; k++) {
        info.duration += lane->samples[i + k].duration;
        info.sample_bytes[k] = lane->samples[i + k].bytes;
        if (w->track->peaks) {
            memcpy(info.peaks + 2 * (size_t)k, w->track->peaks + 2 * (i + k), 2);
        }
        rc = read_sample(w, i + k, k);
    }
    int64_t length = lct_ns_to_ticks(LCT_REEL_LENGTH, w->track->format->timescale);
    if (rc == 0 && (!w->reel || (info.key && tick - w->begin >= length))) {
        rc = next_reel(w, tick);
    }
    const uint8_t *const payload[] = {w->bytes[0], w->bytes[1]};
    struct lct_chunk *chunk = rc == 0 ? lct_mp4_pack(w->track->format, &info, payload) : NULL;
    rc = rc ? rc : chunk ? lct_reel_append(w->reel, chunk, false) : -EINVAL;
    lct_chunk_unref(chunk);
    return rc;
}

static int write_track(struct writer *w) {
    const struct lct_movie_lane *lane = &w->track->lane;
    unsigned most = w->track->format->codec == LCT_CODEC_H264 ? 1 : LCT_CHUNK_SAMPLES_MAX;
    int64_t tick = 0;
    int rc = lct_io_make_folder(w->folder);
    for (size_t i = 0; rc == 0 && i < lane->count;) {
        unsigned samples = lane->count - i < most ? (unsigned)(lane->count - i) : most;
        rc = write_chunk(w, i, samples, tick);
        for (unsigned k = 0; k < samples; k++) {
            tick += lane->samples[i++].duration;
        }
    }
    if (rc == 0 && w->reel) {
        rc = lct_reel_close(w->reel, tick);
    } else {
        lct_reel_abandon(w->reel);
    }
    for (unsigned k = 0; k < LCT_CHUNK_SAMPLES_MAX; k++) {
        free(w->bytes[k]);
    }
    return rc;
}

static int write_all(const struct lct_io *io, const struct lct_cut *cut, const char *folder,
                     struct lct_fault *fault) {
    const struct lct_lesson_info *first = &cut->parts[0].source->info;
    struct lct_lesson_info info;
    lct_lesson_new(first->room, first->title, &info);
    info.state = LCT_LESSON_ENDED;
    info.end = lct_cut_length(cut);
    info.track_count = cut->track_count;
    for (size_t i = 0; i < cut->track_count; i++) {
        info.tracks[i] = cut->tracks[i].info;
    }
    int rc = lct_lesson_begin(io, folder, &info, fault);
    for (size_t i = 0; rc == 0 && i < cut->track_count; i++) {
        struct writer w = {.io = io, .movie = cut->movie, .track = &cut->tracks[i]};
        (void)snprintf(w.folder, sizeof w.folder, "%s/%s", folder, w.track->info.name);
        rc = write_track(&w);
        rc = rc ? rc : io->sync_folder(io, w.folder);
    }
    return rc ? rc : io->sync_folder(io, folder);
}

int lct_cut_write_lesson(const struct lct_io *io, const struct lct_cut *cut, const char *folder,
                         struct lct_fault *fault) {
    struct lct_fresh fresh;
    int rc = lct_fresh_begin(io, folder, &fresh, fault);
    if (rc == 0) {
        fault->code = 0;
        rc = write_all(io, cut, fresh.making, fault);
        rc = rc < 0 && fault->code == 0 ? lct_fresh_say(&fresh, rc, fault) : rc;
        rc = rc ? rc : lct_fresh_publish(&fresh, fault);
    }
    lct_fresh_end(&fresh);
    return rc;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/lesson/maker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/lesson/fresh.h"
#include "archive/tape/thumbs.h"
#include "base/mem.h"
#include "encode/still.h"

struct lct_maker {
    const struct lct_io *io;
    uint64_t spare;
    struct lct_fresh fresh;
    struct lct_still *still;
    /* the track of now */
    char folder[LCT_PATH_SIZE];
    struct lct_reel *reel;
    struct lct_format *format; /* of the reel, shared */
    uint32_t number;
    int64_t begin, end; /* ticks: of the reel, of what was put */
    lct_ns last_thumb;
};

int lct_maker_begin(const struct lct_io *io, const char *folder, uint64_t spare,
                    struct lct_maker **ret_maker, struct lct_fault *fault) {
    struct lct_maker *m = lct_new(sizeof *m);
    m->io = io;
    m->spare = spare;
    int rc = lct_fresh_begin(io, folder, &m->fresh, fault);
    if (rc < 0) {
        lct_maker_destroy(m);
        return rc;
    }
    m->still = lct_still_create();
    *ret_maker = m;
    return 0;
}

const char *lct_maker_folder(const struct lct_maker *maker) { return maker->fresh.making; }

static int close_reel(struct lct_maker *m) {
    int rc = m->reel ? lct_reel_close(m->reel, m->end) : 0;
    m->reel = NULL;
    lct_format_unref(m->format);
    m->format = NULL;
    return rc;
}

static int close_track(struct lct_maker *m) {
    int rc = close_reel(m);
    return rc || !m->folder[0] ? rc : m->io->sync_folder(m->io, m->folder);
}

int lct_maker_track(struct lct_maker *maker, const char *name) {
    int rc = close_track(maker);
    (void)snprintf(maker->folder, sizeof maker->folder, "%s/%s", maker->fresh.making, name);
    (void)lct_io_remove_folder(maker->folder);
    maker->number = 0;
    maker->end = 0;
    maker->last_thumb = LCT_NS_NONE;
    return rc ? rc : lct_io_make_folder(maker->folder);
}

static int next_reel(struct lct_maker *m, const struct lct_chunk *chunk) {
    struct lct_index_head head;
    int rc = close_reel(m);
    m->begin = chunk->info.tfdt;
    lct_tape_clocks(lct_monotonic(), &head);
    rc = rc ? rc : lct_reel_open(m->io, m->folder, ++m->number, chunk->format, &head, &m->reel);
    m->format = rc ? NULL : lct_format_ref(chunk->format);
    return rc;
}

static int prove_key(struct lct_maker *m, const struct lct_chunk *chunk) {
    const uint8_t *jpeg;
    size_t n;
    if (chunk->format->codec != LCT_CODEC_H264 || !chunk->info.key) {
        return 0;
    }
    int rc = lct_still_decode(m->still, chunk->format, chunk->bytes + chunk->payload_at,
                              chunk->info.sample_bytes[0]);
    bool due = m->last_thumb == LCT_NS_NONE || chunk->time - m->last_thumb >= LCT_THUMB_INTERVAL;
    if (rc == 0 && due && lct_still_jpeg(m->still, LCT_THUMB_WIDTH, &jpeg, &n) == 0) {
        m->last_thumb = chunk->time;
        rc = lct_thumbs_append(m->folder, chunk->time, jpeg, n);
    }
    return rc;
}

int lct_maker_put(struct lct_maker *maker, struct lct_chunk *chunk) {
    int64_t length = lct_ns_to_ticks(LCT_REEL_LENGTH, chunk->format->timescale);
    bool full = chunk->info.key && chunk->info.tfdt - maker->begin >= length;
    int rc = lct_io_room(maker->io, maker->fresh.making, maker->spare);
    rc = rc ? rc : prove_key(maker, chunk);
    if (rc == 0 && (!maker->reel || maker->format != chunk->format || full)) {
        rc = next_reel(maker, chunk);
    }
    rc = rc ? rc : lct_reel_append(maker->reel, chunk, false);
    if (rc == 0) {
        maker->end = chunk->info.tfdt + chunk->info.duration;
    }
    lct_chunk_unref(chunk);
    return rc;
}

lct_ns lct_maker_end(const struct lct_maker *maker) {
    return maker->format ? lct_ticks_to_ns(maker->end, maker->format->timescale) : 0;
}

void lct_maker_drop(struct lct_maker *maker) {
    lct_reel_abandon(maker->reel);
    maker->reel = NULL;
    lct_format_unref(maker->format);
    maker->format = NULL;
    (void)lct_io_remove_folder(maker->folder);
    maker->folder[0] = '\0';
}

int lct_maker_finish(struct lct_maker *maker, const struct lct_lesson_info *info,
                     struct lct_fault *fault) {
    const char *folder = maker->fresh.making;
    int rc = close_track(maker);
    rc = rc ? rc : lct_lesson_save(maker->io, folder, info);
    rc = rc ? rc : maker->io->sync_folder(maker->io, folder);
    return rc < 0 ? lct_fresh_say(&maker->fresh, rc, fault)
                  : lct_fresh_publish(&maker->fresh, fault);
}

void lct_maker_destroy(struct lct_maker *maker) {
    if (maker) {
        lct_reel_abandon(maker->reel);
        lct_format_unref(maker->format);
        lct_still_destroy(maker->still);
        lct_fresh_end(&maker->fresh);
        free(maker);
    }
}

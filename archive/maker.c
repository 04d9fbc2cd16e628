// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/maker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/thumbs.h"
#include "base/mem.h"
#include "encode/still.h"

struct lct_maker {
    const struct lct_io *io;
    char *plain, *fresh; /* the folder, and what lies beside it */
    bool named;          /* it is finished */
    struct lct_still *still;
    /* the track of now */
    char folder[LCT_PATH_SIZE];
    struct lct_reel *reel;
    struct lct_format *format; /* of the reel, shared */
    uint32_t number;
    int64_t begin, end; /* ticks: of the reel, of what was put */
    lct_ns last_thumb;
};

/* "a/b" or "a/b/" into "a/b" and "a/.b.part". */
static void name_folders(struct lct_maker *m, const char *folder) {
    m->plain = lct_strdup(folder);
    size_t n = strlen(m->plain);
    while (n > 1 && m->plain[n - 1] == '/') {
        m->plain[--n] = '\0';
    }
    const char *slash = strrchr(m->plain, '/');
    size_t before = slash ? (size_t)(slash - m->plain) + 1 : 0;
    m->fresh = lct_format("%.*s.%s.part", (int)before, m->plain, m->plain + before);
}

/* The folder that this one's name stands in. Owned. */
static char *parent_of(const char *folder) {
    const char *slash = strrchr(folder, '/');
    return slash ? lct_format("%.*s", (int)(slash - folder) + (slash == folder), folder)
                 : lct_strdup(".");
}

static int say_disk(const struct lct_maker *m, int rc, struct lct_fault *fault) {
    return lct_fault_set(fault, rc, "lesson", "Cannot write %s: %s.", "无法写入 %s：%s。", m->plain,
                         strerror(-rc));
}

int lct_maker_begin(const struct lct_io *io, const char *folder, struct lct_maker **ret_maker,
                    struct lct_fault *fault) {
    struct lct_maker *m = lct_new(sizeof *m);
    m->io = io;
    name_folders(m, folder);
    int rc = 0;
    /* An empty folder may be there: rename takes its place. */
    if (rmdir(m->plain) < 0 && errno != ENOENT) {
        rc = lct_fault_set(fault, -EEXIST, "lesson",
                           "%s is there and is not an empty folder. Choose another name.",
                           "%s 已存在且不是空文件夹，请换一个名称。", m->plain);
    } else {
        rc = lct_io_remove_folder(m->fresh); /* of one that was killed */
        rc = rc ? rc : lct_io_make_folder(m->fresh);
        rc = rc < 0 ? say_disk(m, rc, fault) : 0;
    }
    if (rc < 0) {
        m->named = true; /* nothing of it is ours to remove */
        lct_maker_destroy(m);
        return rc;
    }
    m->still = lct_still_create();
    *ret_maker = m;
    return 0;
}

const char *lct_maker_folder(const struct lct_maker *maker) { return maker->fresh; }

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
    (void)snprintf(maker->folder, sizeof maker->folder, "%s/%s", maker->fresh, name);
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
    int rc = prove_key(maker, chunk);
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
    const struct lct_io *io = maker->io;
    LCT_FREE char *parent = parent_of(maker->plain);
    int rc = close_track(maker);
    rc = rc ? rc : lct_lesson_save(io, maker->fresh, info);
    rc = rc ? rc : io->sync_folder(io, maker->fresh);
    rc = rc ? rc : io->rename(io, maker->fresh, maker->plain);
    maker->named = rc == 0;
    rc = rc ? rc : io->sync_folder(io, parent);
    return rc < 0 ? say_disk(maker, rc, fault) : 0;
}

void lct_maker_destroy(struct lct_maker *maker) {
    if (maker) {
        lct_reel_abandon(maker->reel);
        lct_format_unref(maker->format);
        lct_still_destroy(maker->still);
        if (!maker->named) {
            (void)lct_io_remove_folder(maker->fresh);
        }
        free(maker->plain);
        free(maker->fresh);
        free(maker);
    }
}

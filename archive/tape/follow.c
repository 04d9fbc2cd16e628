// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/tape/follow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/tape/index_file.h"
#include "archive/tape/reels.h"
#include "base/mem.h"

struct lct_follow *lct_follow_create(const char *folder) {
    struct lct_follow *f = lct_new(sizeof *f);
    f->folder = lct_strdup(folder);
    return f;
}

static void forget(struct lct_follow *f) {
    for (size_t i = 0; i < f->reel_count; i++) {
        lct_format_unref(f->reels[i].format);
    }
    free(f->reels);
    f->reels = NULL;
    f->reel_count = 0;
    lct_segments_free(&f->segments);
}

void lct_follow_destroy(struct lct_follow *follow) {
    if (follow) {
        forget(follow);
        free(follow->folder);
        free(follow);
    }
}

static bool stat_reel(const struct lct_follow *f, uint32_t number, const char *what,
                      struct stat *ret_stat) {
    char path[LCT_PATH_SIZE];
    lct_reel_path(f->folder, number, what, path);
    return stat(path, ret_stat) == 0;
}

static uint32_t places_in(off_t index_bytes) {
    off_t rows = index_bytes - (off_t)LCT_INDEX_HEAD_BYTES;
    return rows > 0 ? (uint32_t)(rows / (off_t)LCT_INDEX_ROW_BYTES) : 0;
}

static void look_at(const struct lct_follow *f, uint32_t number, struct lct_follow_files *ret) {
    struct stat index, reel;
    *ret =
        (struct lct_follow_files){.bytes = stat_reel(f, number, ".mp4", &reel) ? reel.st_size : 0};
    if (stat_reel(f, number, ".index", &index)) {
        ret->index = index.st_ino;
        ret->index_bytes = index.st_size;
        ret->changed = index.st_mtim;
    }
}

static bool same_index(const struct lct_follow_files *a, const struct lct_follow_files *b) {
    return a->index == b->index && a->index_bytes == b->index_bytes &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Does the row that was read last stand where it stood? */
static bool has_last(const struct lct_follow *f, const struct lct_follow_reel *reel) {
    struct lct_index_file index;
    struct lct_index_row row;
    if (lct_index_file_open(f->folder, reel->number, &index) < 0) {
        return false;
    }
    int rc = lct_index_file_row(&index, reel->last_place, &row);
    lct_index_file_close(&index);
    return rc == 0 && row.offset == reel->last.offset && row.n == reel->last.n &&
           row.crc == reel->last.crc && row.info.tfdt == reel->last.info.tfdt;
}

/* A whole reel is as it was, another one has at most grown. Its index may be a new file, or the old
 * one with something else in it. */
static bool is_as_read(const struct lct_follow *f, const struct lct_follow_reel *reel) {
    struct lct_follow_files now;
    look_at(f, reel->number, &now);
    if (reel->whole) {
        return same_index(&now, &reel->files) && now.bytes == reel->files.bytes;
    }
    return reel->places == 0 ||
           (now.index == reel->files.index && places_in(now.index_bytes) >= reel->places &&
            (reel->last.n == 0 || (now.bytes >= (off_t)(reel->last.offset + reel->last.n) &&
                                   (same_index(&now, &reel->files) || has_last(f, reel)))));
}

/* Then all is read again. */
static bool was_mended(const struct lct_follow *f, const uint32_t *numbers, size_t count) {
    if (count < f->reel_count) {
        return true;
    }
    for (size_t i = 0; i < f->reel_count; i++) {
        if (f->reels[i].number != numbers[i] || !is_as_read(f, &f->reels[i])) {
            return true;
        }
    }
    return false;
}

static int add_reels(struct lct_follow *f, const uint32_t *numbers, size_t count) {
    if (count == f->reel_count) {
        return 0;
    }
    struct lct_follow_reel *bigger = realloc(f->reels, count * sizeof *bigger);
    if (!bigger) {
        return -ENOMEM;
    }
    f->reels = bigger;
    for (size_t i = f->reel_count; i < count; i++) {
        f->reels[i] = (struct lct_follow_reel){.number = numbers[i]};
    }
    f->reel_count = count;
    return 0;
}

static bool has_rows(const struct lct_follow_reel *reel) { return reel->last.n > 0; }

static void load_format(struct lct_follow *f, size_t place) {
    struct lct_follow_reel *reel = &f->reels[place];
    bool unused;
    reel->format = lct_reel_format(f->folder, reel->number, &unused);
    reel->init_of = place;
    for (size_t i = 0; reel->format && i < place; i++) {
        const struct lct_format *other = f->reels[i].format;
        if (other && other->init_bytes == reel->format->init_bytes &&
            memcmp(other->init, reel->format->init, other->init_bytes) == 0) {
            reel->init_of = i;
            return;
        }
    }
}

static int take_row(struct lct_follow *f, size_t place, const struct lct_index_row *row) {
    struct lct_follow_reel *reel = &f->reels[place];
    if (!has_rows(reel)) {
        reel->time = lct_ticks_to_ns(row->info.tfdt, reel->format->timescale);
    }
    reel->bytes = row->offset;
    reel->end_tick = row->info.tfdt;
    reel->last = *row;
    reel->last_place = reel->places;
    return lct_segments_add(&f->segments, (uint32_t)place, reel->places, reel->format->timescale,
                            row);
}

/* The rows that are whole and whose chunk is, from where it was read up to. */
static int read_rows(struct lct_follow *f, size_t place, struct lct_index_file *index) {
    struct lct_follow_reel *reel = &f->reels[place];
    uint64_t file_bytes = 0;
    struct lct_index_row row;
    struct stat s;
    for (int rc = 0;; reel->places++) {
        rc = lct_index_file_row(index, reel->places, &row);
        if (rc == -EBADMSG) {
            continue;
        }
        if (rc == 0 && row.offset + row.n > file_bytes) { /* a chunk was written before its row */
            file_bytes = stat_reel(f, reel->number, ".mp4", &s) ? (uint64_t)s.st_size : 0;
        }
        if (rc < 0 || row.offset + row.n > file_bytes) {
            return 0;
        }
        rc = take_row(f, place, &row);
        if (rc < 0) {
            return rc;
        }
    }
}

static int read_reel(struct lct_follow *f, size_t place) {
    struct lct_follow_reel *reel = &f->reels[place];
    struct lct_index_file index;
    if (reel->whole) {
        return 0;
    }
    look_at(f, reel->number, &reel->files);
    if (places_in(reel->files.index_bytes) <= reel->places) {
        return 0;
    }
    if (!reel->format) { /* its init was written before its first row */
        load_format(f, place);
    }
    if (!reel->format || lct_index_file_open(f->folder, reel->number, &index) < 0) {
        return 0;
    }
    int rc = read_rows(f, place, &index);
    lct_index_file_close(&index);
    return rc;
}

/* The last chunk of a reel counts as soon as it is known when it ends. */
static void end_reel(struct lct_follow_reel *reel, lct_ns until) {
    reel->whole = true;
    if (has_rows(reel)) {
        const struct lct_chunk_info *last = &reel->last.info;
        int64_t promised = last->tfdt + last->duration;
        int64_t tick = lct_ns_to_ticks(until, reel->format->timescale);
        reel->bytes = reel->last.offset + reel->last.n;
        reel->end_tick = tick > last->tfdt && tick < promised ? tick : promised;
    }
}

/* Reels before the newest, and in the end that one too. */
static void end_reels(struct lct_follow *f, bool ended, lct_ns end) {
    for (size_t i = 0; i < f->reel_count; i++) {
        struct lct_follow_reel *reel = &f->reels[i];
        const struct lct_follow_reel *next = NULL;
        for (size_t k = i + 1; k < f->reel_count && !next; k++) {
            next = has_rows(&f->reels[k]) ? &f->reels[k] : NULL;
        }
        if (!reel->whole && (next || ended)) {
            end_reel(reel, next ? next->time : end);
        }
    }
}

static int read_on(struct lct_follow *f, const uint32_t *numbers, size_t count, bool ended,
                   lct_ns end) {
    if (was_mended(f, numbers, count)) {
        forget(f);
    }
    int rc = add_reels(f, numbers, count);
    for (size_t i = 0; rc == 0 && i < f->reel_count; i++) {
        rc = read_reel(f, i);
    }
    end_reels(f, ended, end);
    return rc == 0 && ended ? lct_segments_end(&f->segments, end) : rc;
}

int lct_follow_update(struct lct_follow *follow, bool ended, lct_ns end) {
    LCT_FREE uint32_t *numbers = NULL;
    size_t count = lct_reels_numbers(follow->folder, &numbers);
    int rc = read_on(follow, numbers, count, ended, end);
    if (rc < 0) {
        forget(follow);
    }
    return rc;
}

const struct lct_follow_reel *lct_follow_find(const struct lct_follow *follow, uint32_t number) {
    for (size_t i = 0; i < follow->reel_count; i++) {
        if (follow->reels[i].number == number) {
            return &follow->reels[i];
        }
    }
    return NULL;
}

/* A duration is the distance to the next row, at most what was promised. */
static void make_true(struct lct_index_row *rows, size_t count, int64_t end_tick) {
    for (size_t i = 0; i < count; i++) {
        struct lct_chunk_info *info = &rows[i].info;
        int64_t next = i + 1 < count ? rows[i + 1].info.tfdt : end_tick;
        if (next > info->tfdt && next < info->tfdt + info->duration) {
            info->duration = (uint32_t)(next - info->tfdt);
        }
    }
}

ssize_t lct_follow_rows(const struct lct_follow *follow, const struct lct_segment *segment,
                        struct lct_index_row **ret_rows) {
    struct lct_index_file index;
    uint32_t most = segment->rows < LCT_FOLLOW_ROWS_MAX ? segment->rows : LCT_FOLLOW_ROWS_MAX;
    size_t count = 0;
    int rc = lct_index_file_open(follow->folder, follow->reels[segment->reel].number, &index);
    if (rc < 0) {
        return rc;
    }
    struct lct_index_row *rows = lct_new((most + 1) * sizeof *rows);
    for (uint32_t i = 0; i < most; i++) {
        count += lct_index_file_row(&index, segment->first + i, &rows[count]) == 0;
    }
    lct_index_file_close(&index);
    make_true(rows, count, segment->end_tick);
    *ret_rows = rows;
    return (ssize_t)count;
}

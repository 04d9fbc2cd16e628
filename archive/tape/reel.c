// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/tape/reel.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "encode/mp4.h"

#define HEAD_BYTES (LCT_MP4_FTYP_BYTES + LCT_MP4_FREE_BYTES)

/* Blocks are reserved ahead so that a disk that fills up is noticed early and files lie in one
 * piece; what a short lesson does not use is given back when its reel closes. A refusal costs
 * nothing. */
#define RESERVE_BYTES (16 << 20)
#define RESERVE_SHARE 64

struct lct_reel {
    const struct lct_io *io;
    struct lct_format *format;
    int fd, index_fd;
    uint64_t reserved;
    struct lct_reel_state state;
    struct lct_index_row *rows; /* all of them: a reel is ten minutes */
    size_t room;
};

void lct_reel_path(const char *folder, uint32_t number, const char *what,
                   char ret_path[LCT_PATH_SIZE]) {
    (void)snprintf(ret_path, LCT_PATH_SIZE, "%s/%04" PRIu32 "%s", folder, number, what);
}

static void reserve(struct lct_reel *reel) {
    uint64_t free_bytes = 0;
    char probe[32];
    (void)snprintf(probe, sizeof probe, "/proc/self/fd/%d", reel->fd);
    if (reel->io->space(reel->io, probe, &free_bytes) < 0) {
        return;
    }
    uint64_t ahead = free_bytes / RESERVE_SHARE;
    ahead = ahead > RESERVE_BYTES ? RESERVE_BYTES : ahead;
    if (ahead > 0 &&
        reel->io->reserve(reel->io, reel->fd, (off_t)reel->state.bytes, (off_t)ahead) == 0) {
        reel->reserved = reel->state.bytes + ahead;
    } else {
        reel->reserved = reel->state.bytes + (1 << 20); /* asks again a megabyte later */
    }
}

static int write_heads(struct lct_reel *reel, const struct lct_index_head *given) {
    const struct lct_io *io = reel->io;
    const struct lct_format *f = reel->format;
    struct lct_index_head head = *given;
    head.track_id = f->track_id;
    head.timescale = f->timescale;
    head.codec = f->codec;
    head.number = reel->state.number;
    uint8_t index_head[LCT_INDEX_HEAD_BYTES];
    uint8_t reel_head[HEAD_BYTES];
    lct_index_write_head(&head, index_head);
    lct_mp4_reel_head(reel_head);
    /* The init's own ftyp is the reel's; its moov follows the free box. */
    const uint8_t *moov = f->init + LCT_MP4_FTYP_BYTES;
    size_t moov_bytes = f->init_bytes - LCT_MP4_FTYP_BYTES;
    int rc = lct_io_write_all(io, reel->fd, reel_head, sizeof reel_head, 0);
    rc = rc ? rc : lct_io_write_all(io, reel->fd, moov, moov_bytes, HEAD_BYTES);
    rc = rc ? rc : lct_io_write_all(io, reel->index_fd, index_head, sizeof index_head, 0);
    reel->state.bytes = HEAD_BYTES + moov_bytes;
    return rc;
}

static int make_files(struct lct_reel *reel, const char *folder) {
    char path[LCT_PATH_SIZE];
    const struct lct_io *io = reel->io;
    uint32_t number = reel->state.number;
    lct_reel_path(folder, number, ".mp4", path);
    reel->fd = io->open(io, path, O_RDWR | O_CREAT | O_EXCL, 0640);
    if (reel->fd < 0) {
        return reel->fd;
    }
    lct_reel_path(folder, number, ".index", path);
    reel->index_fd = io->open(io, path, O_RDWR | O_CREAT | O_TRUNC, 0640);
    if (reel->index_fd < 0) {
        return reel->index_fd;
    }
    lct_reel_path(folder, number, ".init.mp4", path);
    return lct_io_replace(io, path, reel->format->init, reel->format->init_bytes);
}

/* A reel that could not be begun leaves no name behind: the next try takes the same number. */
static void remove_files(const struct lct_io *io, const char *folder, uint32_t number) {
    static const char *const what[] = {".mp4", ".index", ".init.mp4", ".init.mp4.new"};
    char path[LCT_PATH_SIZE];
    for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
        lct_reel_path(folder, number, what[i], path);
        (void)io->remove(io, path); /* one that was not made is not there */
    }
}

int lct_reel_open(const struct lct_io *io, const char *folder, uint32_t number,
                  struct lct_format *format, const struct lct_index_head *head,
                  struct lct_reel **ret_reel) {
    if (number > LCT_REEL_NUMBER_MAX) {
        return -EOVERFLOW;
    }
    struct lct_reel *reel = lct_new(sizeof *reel);
    reel->io = io;
    reel->fd = reel->index_fd = -1;
    reel->format = lct_format_ref(format);
    reel->state.number = number;
    int rc = make_files(reel, folder);
    rc = rc ? rc : write_heads(reel, head);
    rc = rc ? rc : lct_reel_sync(reel);
    if (rc < 0) {
        lct_reel_abandon(reel);
        if (rc != -EEXIST) {
            remove_files(io, folder, number);
        }
        return rc;
    }
    reserve(reel);
    *ret_reel = reel;
    return 0;
}

static int keep_row(struct lct_reel *reel, const struct lct_index_row *row) {
    if (reel->state.rows == reel->room) {
        size_t room = reel->room ? 2 * reel->room : 1024;
        struct lct_index_row *bigger = realloc(reel->rows, room * sizeof *bigger);
        if (!bigger) {
            return -ENOMEM;
        }
        reel->rows = bigger;
        reel->room = room;
    }
    reel->rows[reel->state.rows] = *row;
    return 0;
}

int lct_reel_append(struct lct_reel *reel, const struct lct_chunk *chunk, bool gap_before) {
    const struct lct_io *io = reel->io;
    struct lct_reel_state *state = &reel->state;
    struct lct_index_row row = {
        .offset = state->bytes,
        .n = (uint32_t)chunk->n,
        .crc = lct_crc32c(0, chunk->bytes, chunk->n),
        .info = chunk->info,
    };
    row.info.gap_before = gap_before;
    uint8_t bytes[LCT_INDEX_ROW_BYTES];
    lct_index_write_row(&row, bytes);
    off_t row_at = (off_t)LCT_INDEX_HEAD_BYTES + (off_t)state->rows * (off_t)LCT_INDEX_ROW_BYTES;
    int rc = keep_row(reel, &row);
    rc = rc ? rc : lct_io_write_all(io, reel->fd, chunk->bytes, chunk->n, (off_t)state->bytes);
    rc = rc ? rc : lct_io_write_all(io, reel->index_fd, bytes, sizeof bytes, row_at);
    if (rc < 0) { /* what was half written lies behind the end: the next append writes over it */
        return rc;
    }
    state->first = state->rows == 0 ? row : state->first;
    state->last = row;
    state->rows++;
    state->bytes += chunk->n;
    if (state->bytes >= reel->reserved) {
        reserve(reel);
    }
    return 0;
}

int lct_reel_sync(struct lct_reel *reel) {
    uint32_t rows = reel->state.rows;
    int rc = reel->io->fdatasync(reel->io, reel->fd);
    rc = rc ? rc : reel->io->fdatasync(reel->io, reel->index_fd);
    if (rc == 0) {
        reel->state.synced_rows = rows;
    }
    return rc;
}

/* A reel begins with a key. One whose beginning was damaged keeps the pictures before its next key,
 * but no player can show them. */
static size_t first_key(const struct lct_index_row *rows, size_t count) {
    size_t i = 0;
    while (i < count && !rows[i].info.key) {
        i++;
    }
    return i < count ? i : 0;
}

static struct lct_mp4_sample *make_samples(const struct lct_index_row *rows, size_t count,
                                           int64_t end_tick, size_t *ret_count) {
    struct lct_mp4_sample *samples = malloc((LCT_CHUNK_SAMPLES_MAX * count + 1) * sizeof *samples);
    size_t n = 0;
    for (size_t i = first_key(rows, count); samples && i < count; i++) {
        const struct lct_index_row *row = &rows[i];
        int64_t promised = row->info.tfdt + row->info.duration;
        int64_t next = i + 1 < count ? rows[i + 1].info.tfdt : end_tick;
        if (next <= row->info.tfdt || next > promised) {
            next = i + 1 < count && next > promised ? next : promised; /* a hole: stands still */
        }
        uint64_t offset = row->offset + lct_index_payload_at(row);
        int64_t total = row->info.samples == 1 ? next - row->info.tfdt : row->info.duration;
        for (unsigned k = 0; k < row->info.samples; k++) {
            samples[n++] = (struct lct_mp4_sample){
                .offset = offset,
                .bytes = row->info.sample_bytes[k],
                .duration = (uint32_t)(total / row->info.samples),
                .key = row->info.key,
                .apart = k == 0,
            };
            offset += row->info.sample_bytes[k];
        }
    }
    *ret_count = n;
    return samples;
}

static int append_moov(const struct lct_io *io, int fd, const struct lct_format *format,
                       const struct lct_mp4_sample *samples, size_t count, uint64_t end) {
    struct lct_mp4_track track = {.format = format, .samples = samples, .count = count};
    size_t n = 0;
    uint8_t *moov = lct_mp4_make_moov(&track, 1, 0, &n);
    if (!moov) {
        return -ENOMEM;
    }
    uint8_t flip[LCT_MP4_FREE_BYTES];
    lct_mp4_reel_flip(flip, end);
    int rc = io->ftruncate(io, fd, (off_t)end);
    rc = rc ? rc : lct_io_write_all(io, fd, moov, n, (off_t)end);
    rc = rc ? rc : io->fdatasync(io, fd);
    /* One write within one sector: the file is either still a run of chunks or already a plain
     * movie. */
    rc = rc ? rc : lct_io_write_all(io, fd, flip, sizeof flip, LCT_MP4_FTYP_BYTES);
    rc = rc ? rc : io->fdatasync(io, fd);
    free(moov);
    return rc;
}

int lct_reel_finalize(const struct lct_io *io, int fd, const struct lct_format *format,
                      const struct lct_index_row *rows, size_t count, int64_t end_tick) {
    if (count == 0) {
        return 0;
    }
    size_t samples_count = 0;
    struct lct_mp4_sample *samples = make_samples(rows, count, end_tick, &samples_count);
    if (!samples) {
        return -ENOMEM;
    }
    uint64_t end = rows[count - 1].offset + rows[count - 1].n;
    int rc = append_moov(io, fd, format, samples, samples_count, end);
    free(samples);
    return rc;
}

/* Of a row that a full disk took half of, nothing is to stay behind the last whole one. */
static int cut_index(struct lct_reel *reel) {
    off_t end = (off_t)LCT_INDEX_HEAD_BYTES + (off_t)reel->state.rows * (off_t)LCT_INDEX_ROW_BYTES;
    return reel->io->ftruncate(reel->io, reel->index_fd, end);
}

int lct_reel_close(struct lct_reel *reel, int64_t end_tick) {
    int rc = cut_index(reel);
    rc = rc ? rc : lct_reel_sync(reel);
    if (rc == 0) {
        rc = lct_reel_finalize(reel->io, reel->fd, reel->format, reel->rows, reel->state.rows,
                               end_tick);
    }
    lct_reel_abandon(reel);
    return rc;
}

void lct_reel_abandon(struct lct_reel *reel) {
    if (!reel) {
        return;
    }
    if (reel->fd >= 0) {
        (void)reel->io->close(reel->io, reel->fd); /* synced or given up before */
    }
    if (reel->index_fd >= 0) {
        (void)reel->io->close(reel->io, reel->index_fd);
    }
    lct_format_unref(reel->format);
    free(reel->rows);
    free(reel);
}

void lct_reel_discard(struct lct_reel *reel, const char *folder) {
    const struct lct_io *io = reel->io;
    uint32_t number = reel->state.number;
    lct_reel_abandon(reel);
    remove_files(io, folder, number);
}

void lct_reel_state(const struct lct_reel *reel, struct lct_reel_state *ret_state) {
    *ret_state = reel->state;
    ret_state->format = reel->format;
}

/* The duration in mdhd (version 1: two times of eight bytes and the timescale before it). */
static bool read_duration(const uint8_t *moov, size_t n, int64_t *ret_ticks) {
    const uint8_t *mdhd = memmem(moov, n < 1024 ? n : 1024, "mdhd", 4);
    struct lct_reader r = lct_reader(mdhd, mdhd ? n - (size_t)(mdhd - moov) : 0);
    (void)lct_get(&r, 4 + 4 + 16 + 4);
    uint64_t ticks = lct_get_u64(&r);
    *ret_ticks = (int64_t)ticks;
    return !r.failed && ticks < INT64_MAX / 2;
}

bool lct_reel_moov_is_right(const struct lct_format *format, const struct lct_index_row *rows,
                            size_t count, const uint8_t *moov, size_t n) {
    int64_t ticks = 0;
    size_t sample_count = 0, expected_n = 0;
    if (count == 0 || !read_duration(moov, n, &ticks)) {
        return false;
    }
    int64_t end_tick = rows[first_key(rows, count)].info.tfdt + ticks;
    LCT_FREE struct lct_mp4_sample *samples = make_samples(rows, count, end_tick, &sample_count);
    const struct lct_mp4_track track = {format, samples, sample_count};
    LCT_FREE uint8_t *expected = samples ? lct_mp4_make_moov(&track, 1, 0, &expected_n) : NULL;
    return expected && n == expected_n && memcmp(moov, expected, n) == 0;
}

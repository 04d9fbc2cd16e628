// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/tape/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "archive/tape/index_file.h"
#include "archive/tape/reels.h"
#include "base/crc32c.h"
#include "base/io.h"
#include "base/mem.h"

/* A reel that is open. */
struct reel {
    uint32_t number; /* 0: none is */
    struct lct_index_file index;
    int fd;
    struct lct_format *format;
};

struct lct_feed {
    char *folder;
    struct reel reel;
    uint32_t place; /* of the next row */
    bool wants_key; /* the next chunk that is given begins with one */
    uint8_t *bytes; /* of the chunk given last */
    size_t room;
};

static void close_reel(struct reel *reel) {
    if (reel->number > 0) {
        lct_index_file_close(&reel->index);
        (void)lct_io_system.close(&lct_io_system, reel->fd); /* only read */
        lct_format_unref(reel->format);
    }
    reel->number = 0;
}

static int open_reel(const char *folder, uint32_t number, struct reel *ret_reel) {
    char path[LCT_PATH_SIZE];
    bool unused;
    int rc = lct_index_file_open(folder, number, &ret_reel->index);
    if (rc < 0) {
        return rc;
    }
    lct_reel_path(folder, number, ".mp4", path);
    ret_reel->fd = lct_io_system.open(&lct_io_system, path, O_RDONLY | O_NONBLOCK, 0);
    ret_reel->format = lct_reel_format(folder, number, &unused);
    if (ret_reel->fd < 0 || !ret_reel->format) {
        rc = ret_reel->fd < 0 ? ret_reel->fd : -ENODATA;
        lct_index_file_close(&ret_reel->index);
        if (ret_reel->fd >= 0) {
            (void)lct_io_system.close(&lct_io_system, ret_reel->fd); /* only read */
        }
        lct_format_unref(ret_reel->format);
        return rc;
    }
    ret_reel->number = number;
    return 0;
}

static uint32_t rows_of(const struct reel *reel) {
    struct stat s;
    off_t rows = fstat(reel->index.fd, &s) == 0 ? s.st_size - (off_t)LCT_INDEX_HEAD_BYTES : 0;
    return rows > 0 ? (uint32_t)(rows / (off_t)LCT_INDEX_ROW_BYTES) : 0;
}

struct lct_feed *lct_feed_create(const char *folder) {
    struct lct_feed *feed = lct_new(sizeof *feed);
    feed->folder = lct_strdup(folder);
    feed->wants_key = true;
    return feed;
}

void lct_feed_destroy(struct lct_feed *feed) {
    if (feed) {
        close_reel(&feed->reel);
        free(feed->folder);
        free(feed->bytes);
        free(feed);
    }
}

/* From now on the reel is the feed's. */
static void take(struct lct_feed *feed, struct reel *reel, uint32_t place) {
    if (reel != &feed->reel) {
        close_reel(&feed->reel);
        feed->reel = *reel;
        reel->number = 0;
    }
    feed->place = place;
    feed->wants_key = true;
}

static bool is_ahead(const struct lct_feed *feed, uint32_t number, uint32_t place) {
    return number > feed->reel.number || (number == feed->reel.number && place >= feed->place);
}

/* ---- going somewhere ---- */

static bool is_key(const struct lct_index_row *row, uint32_t timescale, lct_ns unused) {
    (void)timescale;
    (void)unused;
    return row->info.key;
}

static bool is_not_after(const struct lct_index_row *row, uint32_t timescale, lct_ns time) {
    return lct_ticks_to_ns(row->info.tfdt, timescale) <= time;
}

/* The last row that fits, or with or_first the first one. 0, -ENODATA, -errno. */
static int find_back(struct reel *reel,
                     bool (*fits)(const struct lct_index_row *row, uint32_t timescale, lct_ns time),
                     lct_ns time, bool or_first, uint32_t *ret_place) {
    struct lct_index_row row;
    uint32_t place = rows_of(reel);
    bool any = place > 0;
    while (place-- > 0) {
        int rc = lct_index_file_row(&reel->index, place, &row);
        if (rc < 0 && rc != -EBADMSG) {
            return rc;
        }
        if (rc == 0 && fits(&row, reel->format->timescale, time)) {
            *ret_place = place;
            return 0;
        }
    }
    *ret_place = 0;
    return any && or_first ? 0 : -ENODATA;
}

/* Reels without rows, and such as nobody can read, are passed over: the newest first. */
static int go(struct lct_feed *feed,
              bool (*fits)(const struct lct_index_row *row, uint32_t timescale, lct_ns time),
              lct_ns time, bool or_first) {
    LCT_FREE uint32_t *numbers = NULL;
    size_t count = lct_reels_numbers(feed->folder, &numbers);
    int rc = -ENODATA;
    while (rc < 0 && count-- > 0 && numbers[count] >= feed->reel.number) {
        struct reel other = {.number = 0};
        struct reel *reel = numbers[count] == feed->reel.number ? &feed->reel : &other;
        uint32_t place;
        rc = reel == &other ? open_reel(feed->folder, numbers[count], &other) : 0;
        rc = rc ? rc : find_back(reel, fits, time, or_first, &place);
        if (rc == 0 && !is_ahead(feed, numbers[count], place)) {
            rc = -ENODATA;
        } else if (rc == 0) {
            take(feed, reel, place);
        }
        close_reel(&other);
    }
    return rc;
}

int lct_feed_to_newest_key(struct lct_feed *feed) { return go(feed, is_key, 0, false); }

int lct_feed_to_time(struct lct_feed *feed, lct_ns time) {
    return go(feed, is_not_after, time, true);
}

/* ---- going on ---- */

/* The next reel that has rows, when there is one: then nothing is appended to this one any more. */
static int find_next(const struct lct_feed *feed, struct reel *ret_reel) {
    LCT_FREE uint32_t *numbers = NULL;
    size_t count = lct_reels_numbers(feed->folder, &numbers);
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] > feed->reel.number && open_reel(feed->folder, numbers[i], ret_reel) == 0) {
            if (rows_of(ret_reel) > 0) {
                return 0;
            }
            close_reel(ret_reel);
        }
    }
    return -ENODATA;
}

/* The next whole row, in whichever reel. */
static int next_row(struct lct_feed *feed, struct lct_index_row *ret_row) {
    for (;;) {
        int rc = feed->reel.number > 0 ? lct_index_file_row(&feed->reel.index, feed->place, ret_row)
                                       : -ENODATA;
        if (rc == -ENODATA) {
            struct reel next = {.number = 0};
            if (find_next(feed, &next) < 0) {
                return -ENODATA;
            }
            if (feed->reel.number > 0 && feed->place < rows_of(&feed->reel)) {
                close_reel(&next); /* appended in between */
                continue;
            }
            take(feed, &next, 0);
            continue;
        }
        feed->place++;
        if (rc != -EBADMSG) {
            return rc;
        }
        feed->wants_key = true;
    }
}

/* The bytes of a row's chunk into the feed's buffer. 0; -EBADMSG: not those that were written. */
static int read_chunk(struct lct_feed *feed, const struct lct_index_row *row) {
    if (row->n > LCT_CHUNK_BYTES_MAX) {
        return -EBADMSG;
    }
    if (row->n > feed->room) {
        uint8_t *bigger = realloc(feed->bytes, row->n);
        if (!bigger) {
            return -ENOMEM;
        }
        feed->bytes = bigger;
        feed->room = row->n;
    }
    int rc =
        lct_io_read_all(&lct_io_system, feed->reel.fd, feed->bytes, row->n, (off_t)row->offset);
    return rc == 0 && lct_crc32c(0, feed->bytes, row->n) == row->crc ? 0 : -EBADMSG;
}

/* True when the samples lie within the chunk. */
static bool has_samples(const struct lct_index_row *row) {
    uint64_t n = lct_index_payload_at(row);
    for (unsigned i = 0; i < row->info.samples; i++) {
        n += row->info.sample_bytes[i];
    }
    return n <= row->n;
}

int lct_feed_next(struct lct_feed *feed, struct lct_feed_chunk *ret_chunk) {
    struct lct_index_row row;
    for (;;) {
        int rc = next_row(feed, &row);
        if (rc < 0) {
            return rc;
        }
        feed->wants_key = feed->wants_key || row.info.gap_before;
        if (feed->wants_key && !row.info.key) {
            continue;
        }
        rc = has_samples(&row) ? read_chunk(feed, &row) : -EBADMSG;
        if (rc == -ENOMEM) {
            return rc;
        }
        feed->wants_key = rc < 0;
        if (rc == 0) {
            break;
        }
    }
    *ret_chunk = (struct lct_feed_chunk){
        .format = feed->reel.format,
        .info = row.info,
        .time = lct_ticks_to_ns(row.info.tfdt, feed->reel.format->timescale),
        .sample = feed->bytes + lct_index_payload_at(&row),
    };
    return 0;
}

lct_ns lct_feed_newest(struct lct_feed *feed) {
    struct reel next = {.number = 0};
    struct reel *reel = find_next(feed, &next) == 0 ? &next : &feed->reel;
    struct lct_index_row row;
    uint32_t rows = reel->number > 0 ? rows_of(reel) : 0;
    lct_ns newest = rows > 0 && lct_index_file_row(&reel->index, rows - 1, &row) == 0
                        ? lct_ticks_to_ns(row.info.tfdt, reel->format->timescale)
                        : LCT_NS_NONE;
    close_reel(&next);
    return newest;
}

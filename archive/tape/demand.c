// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/tape/demand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "archive/tape/index_file.h"
#include "archive/tape/reel.h"
#include "base/bytes.h"
#include "base/io.h"
#include "base/mem.h"
#include "encode/mp4.h"

struct lct_demand {
    int fd;
    uint64_t from, to;
    int64_t end_tick;
    struct lct_index_file index;
};

int lct_demand_open(const char *folder, uint32_t number, uint64_t from, uint64_t to,
                    int64_t end_tick, struct lct_demand **ret_demand) {
    char path[LCT_PATH_SIZE];
    struct lct_demand *d = lct_new(sizeof *d);
    d->from = from;
    d->to = to;
    d->end_tick = end_tick;
    lct_reel_path(folder, number, ".mp4", path);
    int rc = lct_index_file_open(folder, number, &d->index);
    if (rc < 0) {
        free(d);
        return rc;
    }
    d->fd = lct_io_system.open(&lct_io_system, path, O_RDONLY | O_NONBLOCK, 0);
    if (d->fd < 0) {
        rc = d->fd;
        lct_demand_close(d);
        return rc;
    }
    *ret_demand = d;
    return 0;
}

uint64_t lct_demand_size(const struct lct_demand *demand) { return demand->to - demand->from; }

void lct_demand_close(struct lct_demand *demand) {
    if (demand) {
        lct_index_file_close(&demand->index);
        if (demand->fd >= 0) {
            (void)lct_io_system.close(&lct_io_system, demand->fd); /* only read */
        }
        free(demand);
    }
}

/* Some of a reel's bytes in memory. */
struct window {
    uint64_t at;
    uint8_t *bytes;
    size_t n;
};

/* Writes what of these bytes, which belong at place at of the reel, lies in the window. */
static void overlay(const struct window *w, uint64_t at, const uint8_t *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (at + i >= w->at && at + i - w->at < w->n) {
            w->bytes[at + i - w->at] = bytes[i];
        }
    }
}

/* The next row from place on that is not damaged. Its place, or -errno. */
static int64_t row_from(struct lct_demand *d, uint32_t place, struct lct_index_row *ret_row) {
    int rc;
    while ((rc = lct_index_file_row(&d->index, place, ret_row)) == -EBADMSG) {
        place++;
    }
    return rc < 0 ? rc : (int64_t)place;
}

/* A place before which no chunk reaches into what begins at at. Rows lie in the order of their
 * chunks. */
static uint32_t first_place(struct lct_demand *d, uint64_t at) {
    uint32_t low = 0, high = UINT32_MAX / LCT_INDEX_ROW_BYTES; /* more than any index has */
    struct lct_index_row row;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (row_from(d, middle, &row) >= 0 && row.offset + row.n <= at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static uint32_t true_duration(const struct lct_demand *d, const struct lct_index_row *row,
                              const struct lct_index_row *next) {
    bool last = !next || row->offset + row->n >= d->to;
    int64_t end = last ? d->end_tick : next->info.tfdt;
    int64_t promised = row->info.tfdt + row->info.duration;
    return end > row->info.tfdt && end < promised ? (uint32_t)(end - row->info.tfdt)
                                                  : row->info.duration;
}

static void keep_promise(const struct lct_demand *d, const struct window *w,
                         const struct lct_index_row *row, const struct lct_index_row *next) {
    uint8_t ticks[4];
    struct lct_writer out = lct_writer(ticks, sizeof ticks);
    lct_put_u32(&out, true_duration(d, row, next));
    if (lct_index_payload_at(row) == lct_mp4_head_bytes(LCT_CODEC_H264, 1, row->info.key)) {
        overlay(w, row->offset + lct_mp4_duration_at(row->info.key), ticks, sizeof ticks);
    }
}

static void keep_promises(struct lct_demand *d, const struct window *w) {
    struct lct_index_row row = {.n = 0}, next = {.n = 0};
    int64_t place = row_from(d, first_place(d, w->at), &row);
    while (place >= 0 && row.offset < w->at + w->n) {
        place = row_from(d, (uint32_t)place + 1, &next);
        keep_promise(d, w, &row, place >= 0 ? &next : NULL);
        row = next;
    }
}

ssize_t lct_demand_read(struct lct_demand *demand, uint64_t offset, void *out, size_t n) {
    struct lct_demand *d = demand;
    uint8_t head[LCT_MP4_FTYP_BYTES + LCT_MP4_FREE_BYTES];
    uint64_t size = lct_demand_size(d);
    if (offset >= size) {
        return 0;
    }
    struct window w = {
        .at = d->from + offset, .bytes = out, .n = n < size - offset ? n : (size_t)(size - offset)};
    int rc = lct_io_read_all(&lct_io_system, d->fd, w.bytes, w.n, (off_t)w.at);
    if (rc < 0) {
        return rc;
    }
    if (w.at < sizeof head) {
        lct_mp4_reel_head(head);
        overlay(&w, 0, head, sizeof head);
    }
    if (d->index.head.codec == LCT_CODEC_H264) {
        keep_promises(d, &w);
    }
    return (ssize_t)w.n;
}

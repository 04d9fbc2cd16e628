// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/tape/thumbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/tape/reel.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/io.h"
#include "base/mem.h"

#define ROW_BYTES 28U
#define INDEX_BYTES_MAX (16U << 20)
#define JPEG_BYTES_MAX (1U << 20)

struct row {
    lct_ns time;
    uint64_t offset;
    uint32_t n, crc;
};

static void path_of(const char *folder, const char *name, char out[LCT_PATH_SIZE]) {
    (void)snprintf(out, LCT_PATH_SIZE, "%s/%s", folder, name);
}

/* Behind the last whole row: what a power cut has left of one is written over. */
static int append_to(const char *path, const void *bytes, size_t n, size_t row, off_t *ret_at) {
    const struct lct_io *io = &lct_io_system;
    int fd = io->open(io, path, O_WRONLY | O_CREAT, 0640);
    if (fd < 0) {
        return fd;
    }
    off_t end = lseek(fd, 0, SEEK_END);
    *ret_at = end - end % (off_t)row;
    int rc = lct_io_write_all(io, fd, bytes, n, *ret_at);
    int closed = io->close(io, fd);
    return rc ? rc : closed;
}

int lct_thumbs_append(const char *folder, lct_ns time, const uint8_t *jpeg, size_t n) {
    char path[LCT_PATH_SIZE];
    off_t at = 0;
    path_of(folder, "thumbs.mjpg", path);
    int rc = append_to(path, jpeg, n, 1, &at);
    if (rc < 0) {
        return rc;
    }
    uint8_t row[ROW_BYTES];
    struct lct_writer w = lct_writer(row, sizeof row);
    lct_put_u64(&w, (uint64_t)time);
    lct_put_u64(&w, (uint64_t)at);
    lct_put_u32(&w, (uint32_t)n);
    lct_put_u32(&w, lct_crc32c(0, jpeg, n));
    lct_put_u32(&w, lct_crc32c(0, row, w.at));
    path_of(folder, "thumbs.index", path);
    return append_to(path, row, sizeof row, ROW_BYTES, &at);
}

static size_t load(const char *folder, struct row **ret_rows) {
    char path[LCT_PATH_SIZE];
    LCT_FREE char *bytes = NULL;
    size_t n = 0, count = 0;
    *ret_rows = NULL;
    path_of(folder, "thumbs.index", path);
    if (lct_io_slurp(path, INDEX_BYTES_MAX, &bytes, &n) < 0) {
        return 0;
    }
    struct row *rows = lct_new((n / ROW_BYTES + 1) * sizeof *rows);
    for (size_t i = 0; i + ROW_BYTES <= n; i += ROW_BYTES) {
        struct lct_reader r = lct_reader(bytes + i, ROW_BYTES);
        struct row row = {.time = (lct_ns)lct_get_u64(&r)};
        row.offset = lct_get_u64(&r);
        row.n = lct_get_u32(&r);
        row.crc = lct_get_u32(&r);
        if (lct_get_u32(&r) == lct_crc32c(0, bytes + i, ROW_BYTES - 4)) {
            rows[count++] = row;
        }
    }
    *ret_rows = rows;
    return count;
}

size_t lct_thumbs_times(const char *folder, lct_ns **ret_times) {
    LCT_FREE struct row *rows = NULL;
    size_t count = load(folder, &rows);
    lct_ns *times = lct_new((count + 1) * sizeof *times);
    for (size_t i = 0; i < count; i++) {
        times[i] = rows[i].time;
    }
    *ret_times = times;
    return count;
}

static int read_jpeg(const char *folder, const struct row *row, uint8_t **ret_jpeg) {
    char path[LCT_PATH_SIZE];
    path_of(folder, "thumbs.mjpg", path);
    const struct lct_io *io = &lct_io_system;
    uint8_t *jpeg = row->n <= JPEG_BYTES_MAX ? malloc(row->n + 1) : NULL;
    int fd = jpeg ? io->open(io, path, O_RDONLY, 0) : -ENOMEM;
    int rc = fd < 0 ? fd : lct_io_read_all(io, fd, jpeg, row->n, (off_t)row->offset);
    if (fd >= 0) {
        (void)io->close(io, fd); /* only read */
    }
    if (rc == 0 && lct_crc32c(0, jpeg, row->n) != row->crc) {
        rc = -EBADMSG;
    }
    if (rc < 0) {
        free(jpeg);
        return rc;
    }
    *ret_jpeg = jpeg;
    return 0;
}

int lct_thumbs_nearest(const char *folder, lct_ns time, uint8_t **ret_jpeg, size_t *ret_n,
                       lct_ns *ret_time) {
    LCT_FREE struct row *rows = NULL;
    size_t count = load(folder, &rows);
    if (count == 0) {
        return -ENOENT;
    }
    size_t best = 0;
    for (size_t i = 0; i < count && rows[i].time <= time; i++) {
        best = i;
    }
    int rc = read_jpeg(folder, &rows[best], ret_jpeg);
    if (rc == 0) {
        *ret_n = rows[best].n;
        *ret_time = rows[best].time;
    }
    return rc;
}

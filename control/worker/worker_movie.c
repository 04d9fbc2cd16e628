// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "control/worker/worker_jobs.h"

#define BLOCK_BYTES (1U << 20)

static int copy(const struct lct_movie *movie, int fd) {
    LCT_FREE uint8_t *block = lct_new(BLOCK_BYTES);
    uint64_t size = lct_movie_size(movie), at = 0;
    while (at < size) {
        ssize_t n = lct_movie_read(movie, at, block, BLOCK_BYTES);
        if (n <= 0) {
            return n < 0 ? (int)n : -EIO;
        }
        int rc = lct_io_write_all(&lct_io_system, fd, block, (size_t)n, (off_t)at);
        if (rc < 0) {
            return rc;
        }
        at += (uint64_t)n;
    }
    return 0;
}

int lct_worker_write_movie(const struct lct_movie *movie, const char *out,
                           struct lct_fault *fault) {
    const struct lct_io *io = &lct_io_system;
    LCT_FREE char *fresh = lct_format("%s.part", out);
    int fd = io->open(io, fresh, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    int rc = fd < 0 ? fd : copy(movie, fd);
    if (fd >= 0) {
        rc = rc ? rc : io->fdatasync(io, fd);
        int closed = io->close(io, fd);
        rc = rc ? rc : closed;
        rc = rc ? rc : io->rename(io, fresh, out);
        if (rc < 0) {
            (void)io->remove(io, fresh); /* nothing half is left behind */
        }
    }
    if (rc < 0) {
        return lct_fault_unwritten(fault, rc, "export", out);
    }
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

/* The error this call is to fail with; 0: it works. */
static int fate(const struct lct_io *io, enum lct_disk_call call) {
    struct lct_test_disk *disk = io->opaque;
    int error = 0;
    pthread_mutex_lock(&disk->lock);
    if (disk->after >= 0 && call == disk->call && disk->after-- == 0) {
        disk->failed = true;
        error = disk->error;
    } else if (disk->full && call != LCT_DISK_FDATASYNC && call != LCT_DISK_FTRUNCATE &&
               call != LCT_DISK_RENAME && call != LCT_DISK_SYNC_FOLDER) {
        error = ENOSPC;
    }
    pthread_mutex_unlock(&disk->lock);
    return error;
}

static int test_open(const struct lct_io *io, const char *path, int flags, mode_t mode) {
    int error = flags & O_CREAT ? fate(io, LCT_DISK_OPEN) : 0;
    return error ? -error : lct_io_system.open(io, path, flags, mode);
}

static ssize_t test_pwrite(const struct lct_io *io, int fd, const void *bytes, size_t n,
                           off_t offset) {
    const struct lct_test_disk *disk = io->opaque;
    int error = fate(io, LCT_DISK_PWRITE);
    if (error && disk->torn && n > 1) {
        ssize_t half = lct_io_system.pwrite(io, fd, bytes, n / 2, offset);
        return half < 0 ? half : -error;
    }
    return error ? -error : lct_io_system.pwrite(io, fd, bytes, n, offset);
}

static int test_fdatasync(const struct lct_io *io, int fd) {
    int error = fate(io, LCT_DISK_FDATASYNC);
    return error ? -error : lct_io_system.fdatasync(io, fd);
}

static int test_ftruncate(const struct lct_io *io, int fd, off_t size) {
    int error = fate(io, LCT_DISK_FTRUNCATE);
    return error ? -error : lct_io_system.ftruncate(io, fd, size);
}

static int test_reserve(const struct lct_io *io, int fd, off_t offset, off_t n) {
    int error = fate(io, LCT_DISK_RESERVE);
    return error ? -error : lct_io_system.reserve(io, fd, offset, n);
}

static int test_rename(const struct lct_io *io, const char *from, const char *to) {
    int error = fate(io, LCT_DISK_RENAME);
    return error ? -error : lct_io_system.rename(io, from, to);
}

static int test_sync_folder(const struct lct_io *io, const char *path) {
    int error = fate(io, LCT_DISK_SYNC_FOLDER);
    return error ? -error : lct_io_system.sync_folder(io, path);
}

void lct_test_disk_init(struct lct_test_disk *disk) {
    *disk = (struct lct_test_disk){.io = lct_io_system, .after = -1};
    pthread_mutex_init(&disk->lock, NULL);
    disk->io.open = test_open;
    disk->io.pwrite = test_pwrite;
    disk->io.fdatasync = test_fdatasync;
    disk->io.ftruncate = test_ftruncate;
    disk->io.reserve = test_reserve;
    disk->io.rename = test_rename;
    disk->io.sync_folder = test_sync_folder;
    disk->io.opaque = disk;
}

void lct_test_disk_fail(struct lct_test_disk *disk, enum lct_disk_call call, int after, int error) {
    pthread_mutex_lock(&disk->lock);
    disk->call = call;
    disk->after = after;
    disk->error = error;
    disk->failed = false;
    pthread_mutex_unlock(&disk->lock);
}

bool lct_test_disk_failed(struct lct_test_disk *disk) {
    pthread_mutex_lock(&disk->lock);
    bool failed = disk->failed;
    pthread_mutex_unlock(&disk->lock);
    return failed;
}

void lct_test_disk_fill(struct lct_test_disk *disk, bool full) {
    pthread_mutex_lock(&disk->lock);
    disk->full = full;
    pthread_mutex_unlock(&disk->lock);
}

char *lct_test_folder(void) {
    const char *place = getenv("TMPDIR");
    char *path = lct_format("%s/lectern-test-XXXXXX", place ? place : "/tmp");
    if (!mkdtemp(path)) {
        perror(path);
        abort();
    }
    return path;
}

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *walk) {
    (void)s;
    (void)kind;
    (void)walk;
    return remove(path);
}

void lct_test_remove(const char *folder) {
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

/* Bytes of a file that are not on the disk. */
struct lct_test_file {
    struct lct_test_file *next;
    dev_t device;
    ino_t number;
    size_t n;
    uint8_t *state; /* of each byte */
};

enum { SAFE, WRITTEN, LOST };

/* The caller holds the lock. */
static struct lct_test_file *file_of(struct lct_test_disk *disk, int fd, struct stat *ret_info) {
    struct lct_test_file *file = disk->files;
    if (fstat(fd, ret_info) < 0) {
        abort();
    }
    while (file && (file->device != ret_info->st_dev || file->number != ret_info->st_ino)) {
        file = file->next;
    }
    if (!file) {
        file = lct_new(sizeof *file);
        *file = (struct lct_test_file){disk->files, ret_info->st_dev, ret_info->st_ino, 0, NULL};
        disk->files = file;
    }
    return file;
}

static void resize(struct lct_test_file *file, size_t n) {
    if (n > file->n) {
        file->state = realloc(file->state, n);
        if (!file->state) {
            abort();
        }
        memset(file->state + file->n, SAFE, n - file->n);
    }
    file->n = n;
}

/* After a call that changed it: n bytes from offset on were written. A file that is empty may be
 * another one with the number of one that was removed. */
static void note(const struct lct_io *io, int fd, off_t offset, size_t n) {
    struct lct_test_disk *disk = io->opaque;
    struct stat info;
    if (!disk->remembers) {
        return;
    }
    pthread_mutex_lock(&disk->lock);
    struct lct_test_file *file = file_of(disk, fd, &info);
    resize(file, (size_t)info.st_size);
    if (n > 0) {
        memset(file->state + offset, WRITTEN, n);
    }
    pthread_mutex_unlock(&disk->lock);
}

static void note_sync(const struct lct_io *io, int fd, bool failed) {
    struct lct_test_disk *disk = io->opaque;
    struct stat info;
    if (!disk->remembers) {
        return;
    }
    pthread_mutex_lock(&disk->lock);
    struct lct_test_file *file = file_of(disk, fd, &info);
    for (size_t i = 0; i < file->n; i++) {
        uint8_t *state = &file->state[i];
        *state = *state != WRITTEN ? *state : failed ? LOST : SAFE;
    }
    pthread_mutex_unlock(&disk->lock);
}

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
    lct_ns stall = call == LCT_DISK_PWRITE ? disk->stall : 0;
    disk->stall -= stall;
    pthread_mutex_unlock(&disk->lock);
    if (stall > 0) {
        (void)nanosleep(&(struct timespec){.tv_sec = stall / LCT_SECOND}, NULL);
    }
    return error;
}

static int test_open(const struct lct_io *io, const char *path, int flags, mode_t mode) {
    int error = flags & O_CREAT ? fate(io, LCT_DISK_OPEN) : 0;
    int fd = error ? -error : lct_io_system.open(io, path, flags, mode);
    if (fd >= 0 && flags & (O_CREAT | O_TRUNC)) {
        note(io, fd, 0, 0);
    }
    return fd;
}

static ssize_t test_pwrite(const struct lct_io *io, int fd, const void *bytes, size_t n,
                           off_t offset) {
    const struct lct_test_disk *disk = io->opaque;
    int error = fate(io, LCT_DISK_PWRITE);
    size_t most = !error ? n : disk->torn ? n / 2 : 0;
    ssize_t done = most > 0 ? lct_io_system.pwrite(io, fd, bytes, most, offset) : 0;
    if (done > 0) {
        note(io, fd, offset, (size_t)done);
    }
    return error && done >= 0 ? -error : done;
}

static int test_fdatasync(const struct lct_io *io, int fd) {
    int error = fate(io, LCT_DISK_FDATASYNC);
    int rc = error ? -error : lct_io_system.fdatasync(io, fd);
    note_sync(io, fd, rc < 0);
    return rc;
}

static int test_ftruncate(const struct lct_io *io, int fd, off_t size) {
    int error = fate(io, LCT_DISK_FTRUNCATE);
    int rc = error ? -error : lct_io_system.ftruncate(io, fd, size);
    note(io, fd, 0, 0);
    return rc;
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

void lct_test_disk_stall(struct lct_test_disk *disk, lct_ns time) {
    pthread_mutex_lock(&disk->lock);
    disk->stall = time;
    pthread_mutex_unlock(&disk->lock);
}

bool lct_test_disk_failed(struct lct_test_disk *disk) {
    pthread_mutex_lock(&disk->lock);
    bool failed = disk->failed;
    pthread_mutex_unlock(&disk->lock);
    return failed;
}

void lct_test_disk_remember(struct lct_test_disk *disk) { disk->remembers = true; }

size_t lct_test_disk_unsafe(struct lct_test_disk *disk, const char *path) {
    struct stat info;
    size_t unsafe = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    pthread_mutex_lock(&disk->lock);
    const struct lct_test_file *file = file_of(disk, fd, &info);
    for (size_t i = 0; i < file->n; i++) {
        unsafe += file->state[i] != SAFE;
    }
    pthread_mutex_unlock(&disk->lock);
    close(fd);
    return unsafe;
}

void lct_test_disk_forget(struct lct_test_disk *disk) {
    disk->remembers = false;
    while (disk->files) {
        struct lct_test_file *file = disk->files;
        disk->files = file->next;
        free(file->state);
        free(file);
    }
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

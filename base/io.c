// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"

static int result(int rc) { return rc < 0 ? -errno : rc; }

static int sys_open(const struct lct_io *io, const char *path, int flags, mode_t mode) {
    (void)io;
    return result(open(path, flags | O_CLOEXEC, mode));
}

static int sys_close(const struct lct_io *io, int fd) {
    (void)io;
    return result(close(fd));
}

static ssize_t sys_pwrite(const struct lct_io *io, int fd, const void *bytes, size_t n,
                          off_t offset) {
    (void)io;
    ssize_t done = pwrite(fd, bytes, n, offset);
    return done < 0 ? -errno : done;
}

static ssize_t sys_pread(const struct lct_io *io, int fd, void *bytes, size_t n, off_t offset) {
    (void)io;
    ssize_t done = pread(fd, bytes, n, offset);
    return done < 0 ? -errno : done;
}

static int sys_fdatasync(const struct lct_io *io, int fd) {
    (void)io;
    return result(fdatasync(fd));
}

static int sys_ftruncate(const struct lct_io *io, int fd, off_t size) {
    (void)io;
    return result(ftruncate(fd, size));
}

static int sys_reserve(const struct lct_io *io, int fd, off_t offset, off_t n) {
    (void)io;
    return result(fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, n));
}

static int sys_rename(const struct lct_io *io, const char *from, const char *to) {
    (void)io;
    return result(rename(from, to));
}

static int sys_remove(const struct lct_io *io, const char *path) {
    (void)io;
    return result(unlink(path));
}

static int sys_sync_folder(const struct lct_io *io, const char *path) {
    (void)io;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int rc = result(fsync(fd));
    close(fd);
    return rc;
}

static int sys_space(const struct lct_io *io, const char *path, uint64_t *ret_free_bytes) {
    (void)io;
    struct statvfs s;
    if (statvfs(path, &s) < 0) {
        return -errno;
    }
    *ret_free_bytes = (uint64_t)s.f_bavail * s.f_frsize;
    return 0;
}

const struct lct_io lct_io_system = {
    .open = sys_open,
    .close = sys_close,
    .pwrite = sys_pwrite,
    .pread = sys_pread,
    .fdatasync = sys_fdatasync,
    .ftruncate = sys_ftruncate,
    .reserve = sys_reserve,
    .rename = sys_rename,
    .remove = sys_remove,
    .sync_folder = sys_sync_folder,
    .space = sys_space,
};

int lct_io_write_all(const struct lct_io *io, int fd, const void *bytes, size_t n, off_t offset) {
    const char *p = bytes;
    while (n > 0) {
        ssize_t done = io->pwrite(io, fd, p, n, offset);
        if (done == -EINTR) {
            continue;
        }
        if (done <= 0) {
            return done < 0 ? (int)done : -EIO;
        }
        p += done;
        n -= (size_t)done;
        offset += done;
    }
    return 0;
}

int lct_io_read_all(const struct lct_io *io, int fd, void *bytes, size_t n, off_t offset) {
    char *p = bytes;
    while (n > 0) {
        ssize_t done = io->pread(io, fd, p, n, offset);
        if (done == -EINTR) {
            continue;
        }
        if (done <= 0) {
            return done < 0 ? (int)done : -ENODATA;
        }
        p += done;
        n -= (size_t)done;
        offset += done;
    }
    return 0;
}

static int write_new(const struct lct_io *io, const char *path, const void *bytes, size_t n) {
    int fd = io->open(io, path, O_WRONLY | O_CREAT | O_TRUNC, 0640);
    if (fd < 0) {
        return fd;
    }
    int rc = lct_io_write_all(io, fd, bytes, n, 0);
    if (rc == 0) {
        rc = io->fdatasync(io, fd);
    }
    int closed = io->close(io, fd);
    return rc ? rc : closed;
}

int lct_io_replace(const struct lct_io *io, const char *path, const void *bytes, size_t n) {
    LCT_FREE char *fresh = lct_format("%s.new", path);
    LCT_FREE char *folder = lct_strdup(path);
    char *slash = strrchr(folder, '/');
    if (slash) {
        slash[slash == folder] = '\0';
    }
    int rc = write_new(io, fresh, bytes, n);
    if (rc == 0) {
        rc = io->rename(io, fresh, path);
    }
    if (rc < 0) {
        (void)io->remove(io, fresh); /* a full disk needs the room */
        return rc;
    }
    return io->sync_folder(io, slash ? folder : ".");
}

int lct_io_slurp(const char *path, size_t limit, char **ret_bytes, size_t *ret_n) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    struct stat s;
    int rc = fstat(fd, &s) < 0 ? -errno : 0;
    if (rc == 0 && (s.st_size < 0 || (uint64_t)s.st_size > limit)) {
        rc = -EFBIG;
    }
    char *bytes = rc == 0 ? malloc((size_t)s.st_size + 1) : NULL;
    if (rc == 0 && !bytes) {
        rc = -ENOMEM;
    }
    if (rc == 0) {
        rc = lct_io_read_all(&lct_io_system, fd, bytes, (size_t)s.st_size, 0);
    }
    close(fd);
    if (rc < 0) {
        free(bytes);
        return rc;
    }
    bytes[s.st_size] = '\0';
    *ret_bytes = bytes;
    *ret_n = (size_t)s.st_size;
    return 0;
}

int lct_io_room(const struct lct_io *io, const char *path, uint64_t bytes) {
    uint64_t free_bytes = 0;
    int rc = io->space(io, path, &free_bytes);
    return rc ? rc : free_bytes < bytes ? -ENOSPC : 0;
}

int lct_io_make_folder(const char *path) {
    LCT_FREE char *copy = lct_strdup(path);
    for (char *c = copy + 1; *c; c++) {
        if (*c == '/') {
            *c = '\0';
            if (mkdir(copy, 0750) < 0 && errno != EEXIST) {
                return -errno;
            }
            *c = '/';
        }
    }
    if (mkdir(copy, 0750) < 0 && errno != EEXIST) {
        return -errno;
    }
    struct stat s;
    if (stat(copy, &s) < 0) {
        return -errno;
    }
    return S_ISDIR(s.st_mode) ? 0 : -ENOTDIR;
}

/* Goes on after what cannot be removed; the folder itself then says that it is not empty. */
static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *place) {
    (void)kind, (void)place;
    /* remove() tries unlink first, which who is shut in may not (base/sandbox.h) */
    (void)!(S_ISDIR(s->st_mode) ? rmdir(path) : unlink(path));
    return 0;
}

int lct_io_remove_folder(const char *path) {
    struct stat s;
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* what is left is seen below */
    if (lstat(path, &s) == 0) {
        return (S_ISDIR(s.st_mode) ? rmdir(path) : unlink(path)) < 0 ? -errno : 0;
    }
    return errno == ENOENT ? 0 : -errno;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The disk as the tape's writer sees it: the few calls it makes, so that a test can run the real
 * writer over failing, full or slow disks. lct_io_system is the real one. All return 0 (or a count)
 * or -errno; none keeps state of its own.
 *
 *     int fd = io->open(io, path, O_CREAT | O_WRONLY, 0640);
 *     int rc = lct_io_write_all(io, fd, bytes, n, offset);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"

struct lct_io {
    int (*open)(const struct lct_io *io, const char *path, int flags, mode_t mode);
    int (*close)(const struct lct_io *io, int fd);
    ssize_t (*pwrite)(const struct lct_io *io, int fd, const void *bytes, size_t n, off_t offset);
    ssize_t (*pread)(const struct lct_io *io, int fd, void *bytes, size_t n, off_t offset);
    int (*fdatasync)(const struct lct_io *io, int fd);
    int (*ftruncate)(const struct lct_io *io, int fd, off_t size);
    /** Reserves blocks without changing the size (FALLOC_FL_KEEP_SIZE). */
    int (*reserve)(const struct lct_io *io, int fd, off_t offset, off_t n);
    int (*rename)(const struct lct_io *io, const char *from, const char *to);
    int (*remove)(const struct lct_io *io, const char *path);
    /** Makes names in a folder durable (fsync of the directory). */
    int (*sync_folder)(const struct lct_io *io, const char *path);
    /** Bytes an ordinary user may still write on the volume of path. */
    int (*space)(const struct lct_io *io, const char *path, uint64_t *ret_free_bytes);
    void *opaque; /**< a test's own state */
};

/** The operating system. */
extern const struct lct_io lct_io_system;

/** Writes all n bytes at offset; 0 or -errno (a short write goes on until it fails). */
int lct_io_write_all(const struct lct_io *io, int fd, const void *bytes, size_t n,
                     off_t offset) LCT_MUST_USE;

/** Reads exactly n bytes at offset; 0, -errno, or -ENODATA when the file ends before. */
int lct_io_read_all(const struct lct_io *io, int fd, void *bytes, size_t n,
                    off_t offset) LCT_MUST_USE;

/**
 * Replaces the file at path by n bytes so that a crash leaves either the old or the new one: writes
 * path.new, syncs, renames, syncs the folder. 0 or -errno.
 */
int lct_io_replace(const struct lct_io *io, const char *path, const void *bytes,
                   size_t n) LCT_MUST_USE;

/**
 * Reads a whole file of at most limit bytes into memory with a zero byte behind it. 0, -errno, or
 * -EFBIG. *ret_bytes is owned by the caller (free).
 */
int lct_io_slurp(const char *path, size_t limit, char **ret_bytes, size_t *ret_n) LCT_MUST_USE;

/** Whether the disk that path lies on has so many bytes left. 0; -ENOSPC: it has not; or -errno. */
int lct_io_room(const struct lct_io *io, const char *path, uint64_t bytes) LCT_MUST_USE;

/** Makes a folder and its parents, mode 0750; 0 (also when it is there) or -errno. */
int lct_io_make_folder(const char *path) LCT_MUST_USE;

/**
 * Removes a folder with all that is in it; links are removed, not followed. 0 (also when it is not
 * there) or -errno: then what could be removed is.
 */
int lct_io_remove_folder(const char *path);

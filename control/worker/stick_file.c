// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/worker/stick_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"

#define BLOCK_BYTES (1U << 20)

/* What no file system says: the lesson gives no bytes. */
#define UNREADABLE (-ESTALE)

/* Of the names that may be taken already. */
#define NAMES_MAX 99

void lct_stick_name(const char *title, const char *id, lct_ns wall, char out[LCT_STICK_NAME_SIZE]) {
    char begin[160], date[16] = "";
    struct tm local;
    time_t at = (time_t)(wall / LCT_SECOND);
    title += strspn(title, " ."); /* would be hidden, or cut off by some systems */
    lct_text_copy(begin, sizeof begin, *title ? title : id);
    (void)strftime(date, sizeof date, " %Y-%m-%d", localtime_r(&at, &local));
    (void)snprintf(out, LCT_STICK_NAME_SIZE, "%s%s.mp4", begin, *title ? date : "");
    lct_text_file_name(out);
}

int lct_stick_fits(uint64_t size, uint64_t space, uint64_t most, struct lct_fault *fault) {
    if (size > most) {
        return lct_fault_set(
            fault, -EFBIG, "stick",
            "It has %.1f GB, and no file of a stick with FAT32 may have more than 4.2 GB: use one "
            "with exFAT.",
            "该课程有 %.1f GB，而 FAT32 格式的 U 盘单个文件不能超过 4.2 GB：请使用 exFAT 格式的 "
            "U 盘。",
            (double)size / 1e9);
    }
    if (space < size + LCT_STICK_SPARE_BYTES) {
        return lct_fault_set(fault, -ENOSPC, "stick",
                             "It needs %.1f MB; the USB stick has %.1f MB left.",
                             "需要 %.1f MB，U 盘只剩 %.1f MB。",
                             (double)(size + LCT_STICK_SPARE_BYTES) / 1e6, (double)space / 1e6);
    }
    return 0;
}

int lct_stick_fault(int rc, struct lct_fault *fault) {
    switch (rc) {
    case -EROFS:
    case -EACCES:
        return lct_fault_set(fault, rc, "stick",
                             "The USB stick is write-protected, or its file system is damaged.",
                             "U 盘已写保护，或其文件系统已损坏。");
    case -ENOSPC:
        return lct_fault_set(fault, rc, "stick", "The USB stick is full.", "U 盘空间已满。");
    case -EBUSY:
        return lct_fault_set(fault, rc, "stick",
                             "The USB stick is used by another program of that computer.",
                             "U 盘正被该电脑上的其他程序使用。");
    case -EBADMSG:
        return lct_fault_set(fault, rc, "stick",
                             "The USB stick does not give back what was written: it is broken.",
                             "U 盘读出的内容与写入的不一致，U 盘可能已损坏。");
    case -ENODEV:
        return lct_fault_set(fault, rc, "stick", "The USB stick was pulled out too early.",
                             "U 盘过早拔出。");
    default:
        return lct_fault_set(fault, rc, "stick", "The USB stick does not work: %s.",
                             "U 盘无法使用：%s。", strerror(-rc));
    }
}

/* ---- writing ---- */

static uint64_t most_of(const char *folder) {
    struct statfs info;
    bool fat = statfs(folder, &info) == 0 && info.f_type == MSDOS_SUPER_MAGIC;
    return fat ? LCT_STICK_FAT_MOST : INT64_MAX;
}

/* The next block of the movie, which is not at its end: its bytes, or UNREADABLE. */
static ssize_t next(const struct lct_stick_file *f, uint64_t at, uint8_t *block) {
    ssize_t n = lct_movie_read(f->movie, at, block, BLOCK_BYTES);
    return n <= 0 ? UNREADABLE : n;
}

static int say_unreadable(struct lct_fault *fault) {
    return lct_fault_set(fault, -EIO, "stick", "The lesson itself cannot be read from the disk.",
                         "无法从硬盘读取该课程。");
}

static int put(const struct lct_stick_file *f, int fd) {
    LCT_FREE uint8_t *block = lct_new(BLOCK_BYTES);
    uint64_t size = lct_movie_size(f->movie), at = 0, synced = 0;
    int rc = 0;
    while (at < size && rc == 0) {
        ssize_t n = next(f, at, block);
        rc = n < 0 ? (int)n : lct_io_write_all(&lct_io_system, fd, block, (size_t)n, (off_t)at);
        at += n > 0 ? (uint64_t)n : 0;
        if (rc == 0 && at - synced >= LCT_STICK_SYNC_BYTES) {
            rc = lct_io_system.fdatasync(&lct_io_system, fd);
            rc = rc ? rc : f->said(f->arg, (double)at / (double)size / 2);
            synced = at;
        }
    }
    rc = rc ? rc : fsync(fd) < 0 ? -errno : 0;
    return rc ? rc : f->said(f->arg, 0.5);
}

static int same(const struct lct_stick_file *f, int fd) {
    LCT_FREE uint8_t *block = lct_new(BLOCK_BYTES), *other = lct_new(BLOCK_BYTES);
    uint64_t size = lct_movie_size(f->movie), at = 0;
    struct stat info;
    int rc = fstat(fd, &info) < 0 ? -errno : (uint64_t)info.st_size == size ? 0 : -EBADMSG;
    while (at < size && rc == 0) {
        ssize_t n = next(f, at, block);
        rc = n < 0 ? (int)n : lct_io_read_all(&lct_io_system, fd, other, (size_t)n, (off_t)at);
        rc = rc ? rc : memcmp(block, other, (size_t)n) != 0 ? -EBADMSG : 0;
        at += n > 0 ? (uint64_t)n : 0;
        rc = rc ? rc : f->said(f->arg, 0.5 + (double)at / (double)size / 2);
    }
    return rc == -ENODATA ? -EBADMSG : rc;
}

/* Does one thing with the part. */
static int with_part(const struct lct_stick_file *f, const char *part, int flags,
                     int (*run)(const struct lct_stick_file *, int)) {
    int fd = open(part, flags | O_CLOEXEC | O_NOFOLLOW, 0644);
    int rc = fd < 0 ? -errno : run(f, fd);
    if (fd >= 0 && close(fd) < 0 && rc == 0) {
        rc = -errno;
    }
    return rc;
}

static char *part_of(const struct lct_stick_file *f) {
    return lct_format("%s/%s.part", f->folder, f->id);
}

int lct_stick_write(const struct lct_stick_file *file, struct lct_fault *fault) {
    LCT_FREE char *part = part_of(file);
    uint64_t space = 0;
    *fault = (struct lct_fault){.code = 0};
    (void)unlink(part); /* of a stick that was pulled out */
    int rc = lct_io_system.space(&lct_io_system, file->folder, &space);
    rc = rc ? rc : lct_stick_fits(lct_movie_size(file->movie), space, most_of(file->folder), fault);
    if (rc == 0) {
        rc = with_part(file, part, O_WRONLY | O_CREAT | O_EXCL, put);
        rc = rc ? rc : lct_io_system.sync_folder(&lct_io_system, file->folder);
    }
    if (rc < 0) {
        (void)unlink(part);
    }
    return rc == UNREADABLE ? say_unreadable(fault) : rc;
}

/* ---- reading back ---- */

/* Gives the part its name, or that with a number when there is one already. */
static int name_part(const struct lct_stick_file *f, const char *part, char *ret_name) {
    const char *end = strrchr(f->name, '.') ? strrchr(f->name, '.') : f->name + strlen(f->name);
    int rc = -EEXIST;
    for (int i = 1; rc == -EEXIST && i <= NAMES_MAX; i++) {
        LCT_FREE char *name =
            i == 1 ? lct_strdup(f->name)
                   : lct_format("%.*s (%d)%s", (int)(end - f->name), f->name, i, end);
        LCT_FREE char *path = lct_format("%s/%s", f->folder, name);
        rc = renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) < 0 ? -errno : 0;
        lct_text_copy(ret_name, LCT_STICK_NAME_SIZE, name);
    }
    return rc ? rc : lct_io_system.sync_folder(&lct_io_system, f->folder);
}

int lct_stick_check(const struct lct_stick_file *file, char ret_name[LCT_STICK_NAME_SIZE],
                    struct lct_fault *fault) {
    LCT_FREE char *part = part_of(file);
    *fault = (struct lct_fault){.code = 0};
    int rc = with_part(file, part, O_RDONLY, same);
    rc = rc == -ENOENT ? -EBADMSG : rc; /* not even its folder gives it back */
    rc = rc ? rc : name_part(file, part, ret_name);
    if (rc < 0) {
        (void)unlink(part);
    }
    return rc == UNREADABLE ? say_unreadable(fault) : rc;
}

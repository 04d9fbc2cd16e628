// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static int lock(int fd) {
    if (fd < 0) {
        return -errno;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
        close(fd);
        return rc;
    }
    return fd;
}

int lct_lock_file(const char *path) {
    int fd = lock(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (fd >= 0) {
        char text[24];
        int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
        if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n) {
            int rc = -errno;
            close(fd);
            return rc < 0 ? rc : -EIO;
        }
    }
    return fd;
}

int lct_lock_folder(const char *path) {
    return lock(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

pid_t lct_lock_holder(const char *path) {
    char text[24] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    bool free_now = flock(fd, LOCK_SH | LOCK_NB) == 0;
    ssize_t n = free_now ? 0 : pread(fd, text, sizeof text - 1, 0);
    close(fd);
    return n > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

void lct_unlock(int fd) {
    if (fd >= 0) {
        close(fd);
    }
}

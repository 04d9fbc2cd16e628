// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int lock(int fd, int how) {
    if (fd < 0) {
        return -errno;
    }
    if (flock(fd, LOCK_EX | how) < 0) {
        int rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
        close(fd);
        return rc;
    }
    return fd;
}

static int lock_file(const char *path, int how) {
    int fd = lock(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640), how);
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

int lct_lock_file(const char *path) { return lock_file(path, LOCK_NB); }

int lct_lock_wait(const char *path) { return lock_file(path, 0); }

int lct_lock_folder(const char *path) {
    return lock(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), LOCK_NB);
}

/* A folder has no text to write oneself into: the kernel's list knows. "1: FLOCK  ADVISORY  WRITE
 * 4711 fe:00:131073 0 EOF"; of the device's numbers some file systems show others than stat does.
 */
static pid_t holder_by_kernel(int fd) {
    struct stat wanted;
    char line[256];
    int pid = 0, holder = 0;
    unsigned long inode;
    FILE *locks = fstat(fd, &wanted) == 0 ? fopen("/proc/locks", "re") : NULL;
    while (locks && holder == 0 && fgets(line, sizeof line, locks)) {
        bool is_flock = sscanf(line, "%*s FLOCK ADVISORY WRITE %d %*x:%*x:%lu", &pid, &inode) == 2;
        holder = is_flock && inode == wanted.st_ino ? pid : 0;
    }
    if (locks) {
        (void)fclose(locks); /* only read */
    }
    return holder;
}

pid_t lct_lock_holder(const char *path) {
    char text[24] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    pid_t holder = 0;
    if (flock(fd, LOCK_SH | LOCK_NB) < 0) {
        ssize_t n = pread(fd, text, sizeof text - 1, 0);
        holder = n > 0 ? (pid_t)strtol(text, NULL, 10) : holder_by_kernel(fd);
    }
    close(fd);
    return holder;
}

void lct_unlock(int fd) {
    if (fd >= 0) {
        close(fd);
    }
}

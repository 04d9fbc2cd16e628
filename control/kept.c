// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/kept.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/lock.h"
#include "base/mem.h"
#include "base/secret.h"

static int not_read(const char *path, int rc, const char *domain, struct lct_fault *fault) {
    return lct_fault_set(fault, rc, domain, "%s cannot be read: %s.", "无法读取 %s：%s。", path,
                         strerror(-rc));
}

/* flock wakes nobody who would not wait for ever: it is tried again and again. */
static int lock_soon(const char *folder) {
    const struct timespec pause = {.tv_nsec = 5 * LCT_MS};
    lct_ns end = lct_monotonic() + LCT_KEPT_WAIT;
    int lock = lct_lock_folder(folder);
    while (lock == -EBUSY && lct_monotonic() < end) {
        (void)nanosleep(&pause, NULL); /* cut short it is only tried sooner */
        lock = lct_lock_folder(folder);
    }
    return lock;
}

int lct_kept_lock(const char *folder, const char *domain, struct lct_fault *fault) {
    int lock = lock_soon(folder);
    if (lock == -EBUSY) {
        return lct_fault_set(fault, lock, domain,
                             "Another program is just changing the data folder %s. Try again.",
                             "另一个程序正在修改数据目录 %s，请重试。", folder);
    }
    return lock >= 0 ? lock
                     : lct_fault_set(fault, lock, domain, "The data folder %s cannot be used: %s.",
                                     "数据目录 %s 无法使用：%s。", folder, strerror(-lock));
}

int lct_kept_load(const char *path, size_t max, const char *domain, struct stat *ret_stamp,
                  json_t **ret_json, struct lct_fault *fault) {
    json_t *json = NULL;
    *ret_stamp = (struct stat){0};
    int rc = stat(path, ret_stamp) < 0 ? -errno : 0; /* first: a later change shows */
    if (rc == 0) {
        rc = lct_json_load(path, max, &json, NULL); /* its words could quote a secret */
    }
    if (rc < 0 && rc != -ENOENT) {
        return rc == -EINVAL ? -EBADMSG : not_read(path, rc, domain, fault);
    }
    if (rc == 0) {
        (void)lct_secret_close(path); /* one that somebody else owns is his to close */
    }
    *ret_json = json;
    return 0;
}

int lct_kept_save(const char *path, const json_t *json, const char *domain, struct stat *ret_stamp,
                  struct lct_fault *fault) {
    size_t n;
    LCT_FREE char *text = lct_json_dump(json, &n);
    int rc = lct_secret_save(path, text, n);
    explicit_bzero(text, n);
    if (rc == 0 && stat(path, ret_stamp) < 0) {
        rc = -errno;
    }
    return rc == 0 ? 0 : lct_fault_unwritten(fault, rc, domain, path);
}

int lct_kept_changed(const char *path, const struct stat *stamp, const char *domain,
                     struct lct_fault *fault) {
    struct stat now = {0};
    if (stat(path, &now) < 0 && errno != ENOENT) {
        return not_read(path, -errno, domain, fault);
    }
    return now.st_ino != stamp->st_ino || now.st_size != stamp->st_size ||
           now.st_mtim.tv_sec != stamp->st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != stamp->st_mtim.tv_nsec;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/lesson/retire.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/lesson/deleted.h"
#include "archive/lesson/lesson.h"
#include "archive/lesson/verify.h"
#include "base/digest.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/text.h"

#define READ_BYTES (256U << 10)

struct lct_retire {
    char *lessons, *folder;
    char id[LCT_LESSON_ID_SIZE];
    int lock;
    json_t *files;                    /* name: bytes, of all that lies in it */
    json_t *left;                     /* the same, of those still to be compared */
    char name[LCT_REPLICA_NAME_SIZE]; /* of the one that is compared */
};

/* ---- what lies in it ---- */

static int say_foreign(struct lct_fault *fault, const char *name) {
    char tame[LCT_FINDING_FILE_SIZE];
    lct_text_copy(tame, sizeof tame, name);
    return lct_fault_set(fault, -EINVAL, "copy",
                         "It holds \"%s\", which is no file of a lesson's copy.",
                         "其中有“%s”，它不属于课程副本。", tame);
}

static int list_folder(const char *folder, const char *track, json_t *files,
                       struct lct_fault *fault);

static int list_entry(const char *folder, const char *track, const char *entry, json_t *files,
                      struct lct_fault *fault) {
    struct stat info;
    LCT_FREE char *name = track ? lct_format("%s/%s", track, entry) : lct_strdup(entry);
    LCT_FREE char *path = lct_format("%s/%s", folder, name);
    if (strcmp(name, LCT_RETIRE_KEEP) == 0) {
        return lct_fault_set(fault, -EPERM, "copy", "It is marked to be kept.", "它已标记为保留。");
    }
    if (lstat(path, &info) < 0) {
        int rc = -errno;
        return lct_fault_set(fault, rc, "copy", "%s cannot be read: %s.", "无法读取 %s：%s。", path,
                             strerror(-rc));
    }
    if (S_ISDIR(info.st_mode) && !track) {
        return list_folder(folder, name, files, fault);
    }
    if (!S_ISREG(info.st_mode) || !lct_replica_is_name(name)) {
        return say_foreign(fault, name);
    }
    json_object_set_new(files, name, json_integer((json_int_t)info.st_size));
    return 0;
}

static int list_folder(const char *folder, const char *track, json_t *files,
                       struct lct_fault *fault) {
    LCT_FREE char *path = lct_format("%s/%s", folder, track ? track : "");
    DIR *dir = opendir(path);
    int rc = dir ? 0 : -errno;
    if (rc < 0) {
        return lct_fault_set(fault, rc, "copy", "%s cannot be read: %s.", "无法读取 %s：%s。", path,
                             strerror(-rc));
    }
    for (struct dirent *e = readdir(dir); e && rc == 0; e = readdir(dir)) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            rc = list_entry(folder, track, e->d_name, files, fault);
        }
    }
    closedir(dir);
    return rc;
}

/* ---- whether it may go ---- */

static int has_ended(const char *folder, const char *id, struct lct_fault *fault) {
    struct lct_lesson_info info;
    int rc = lct_lesson_load(folder, &info, fault);
    if (rc == 0 && (info.state != LCT_LESSON_ENDED || strcmp(info.id, id) != 0)) {
        rc = lct_fault_set(fault, -EAGAIN, "copy", "It has not ended.", "它尚未结束。");
    }
    return rc;
}

int lct_retire_open(const char *lessons, const char *id, struct lct_retire **ret_retire,
                    struct lct_fault *fault) {
    struct lct_retire *r = lct_new(sizeof *r);
    r->lessons = lct_strdup(lessons);
    r->folder = lct_format("%s/%s", lessons, id);
    r->files = json_object();
    lct_text_copy(r->id, sizeof r->id, id);
    int rc = r->lock = lct_lock_folder(r->folder);
    if (rc < 0) {
        (void)lct_fault_set(fault, rc, "copy", "It is being written or mended (%s).",
                            "它正在被写入或修复（%s）。", strerror(-rc));
    } else {
        rc = has_ended(r->folder, id, fault);
        rc = rc ? rc : list_folder(r->folder, NULL, r->files, fault);
    }
    r->left = json_deep_copy(r->files);
    if (rc < 0) {
        lct_retire_close(r);
        return rc;
    }
    *ret_retire = r;
    return 0;
}

const char *lct_retire_id(const struct lct_retire *retire) { return retire->id; }

int lct_retire_held(const struct lct_retire *retire, const json_t *answer,
                    struct lct_fault *fault) {
    const json_t *there = json_object_get(answer, "files"), *bytes;
    const char *name;
    bool all = lct_json_flag(answer, "complete", false);
    json_object_foreach(retire->files, name, bytes) {
        const json_t *file = json_object_get(there, name);
        all = all && lct_json_flag(file, "checked", false) &&
              lct_json_int(file, "bytes", -1) == json_integer_value(bytes);
    }
    return all ? 0
               : lct_fault_set(fault, -ENODATA, "copy", "The server does not hold all of it.",
                               "服务器上的副本不完整。");
}

/* ---- comparing ---- */

int lct_retire_verify(const struct lct_retire *retire, struct lct_fault *fault) {
    struct lct_verify verify;
    lct_verify_held(retire->folder, &verify);
    size_t damage = verify.damage;
    lct_verify_free(&verify);
    return damage == 0 ? 0
                       : lct_fault_set(fault, -EBADMSG, "copy",
                                       "It is damaged; \"lectern verify %s\" says where.",
                                       "它已损坏；可用 lectern verify %s 查看。", retire->folder);
}

static int sum_up(const char *path, struct lct_retire_file *file) {
    const struct lct_io *io = &lct_io_system;
    int fd = io->open(io, path, O_RDONLY | O_NOFOLLOW, 0);
    if (fd < 0) {
        return fd;
    }
    LCT_FREE uint8_t *block = lct_new(READ_BYTES);
    struct lct_digest *digest = lct_digest_create();
    int rc = 0;
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    for (uint64_t at = 0; at < file->bytes && rc == 0;) {
        size_t n = file->bytes - at < READ_BYTES ? (size_t)(file->bytes - at) : READ_BYTES;
        rc = lct_io_read_all(io, fd, block, n, (off_t)at);
        lct_digest_add(digest, block, n);
        at += n;
    }
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); /* nobody reads it again */
    (void)io->close(io, fd);                            /* only read */
    lct_digest_end(digest, file->sum);
    return rc;
}

int lct_retire_next(struct lct_retire *retire, struct lct_retire_file *ret_file) {
    void *at = json_object_iter(retire->left);
    if (!at) {
        return 0;
    }
    struct lct_retire_file file = {
        .name = retire->name, .bytes = (uint64_t)json_integer_value(json_object_iter_value(at))};
    lct_text_copy(retire->name, sizeof retire->name, json_object_iter_key(at));
    json_object_del(retire->left, retire->name);
    LCT_FREE char *path = lct_format("%s/%s", retire->folder, retire->name);
    int rc = sum_up(path, &file);
    if (rc == 0) {
        *ret_file = file;
    }
    return rc ? rc : 1;
}

int lct_retire_delete(const struct lct_io *io, struct lct_retire *retire, struct lct_fault *fault) {
    LCT_JSON json_t *files = json_object();
    int rc = list_folder(retire->folder, NULL, files, fault);
    if (rc == 0 && !json_equal(files, retire->files)) { /* somebody put a file there meanwhile */
        rc = lct_fault_set(fault, -EAGAIN, "copy", "It has changed meanwhile.", "它已发生变化。");
    }
    if (rc < 0) {
        return rc;
    }
    rc = lct_deleted_put(io, retire->lessons, retire->id);
    return rc == 0 ? 0
                   : lct_fault_set(fault, rc, "copy", "It cannot be deleted: %s.", "无法删除：%s。",
                                   strerror(-rc));
}

void lct_retire_close(struct lct_retire *retire) {
    if (retire) {
        lct_unlock(retire->lock);
        json_decref(retire->files);
        json_decref(retire->left);
        free(retire->lessons);
        free(retire->folder);
        free(retire);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/uploads.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/tape/guard.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"

#define FOLDER "uploads"
#define ABOUT_BYTES_MAX 4096

static char *path_of(const char *data, const char *id, const char *what) {
    return lct_format("%s/" FOLDER "/%s%s", data, id, what);
}

char *lct_uploads_path(const char *data, const char *id) { return path_of(data, id, "/data"); }

static int none(const char *id, struct lct_fault *fault) {
    return lct_fault_set(fault, -ENOENT, "uploads", "There is no upload %s. It may be too old.",
                         "没有上传任务 %s，可能已过期。", id);
}

static int refused(int rc, struct lct_fault *fault) {
    return rc == -ENOSPC || rc == -EDQUOT
               ? lct_fault_set(fault, -ENOSPC, "uploads",
                               "The disk is full. Have space made; the upload goes on where it is.",
                               "磁盘已满。请先腾出空间，上传会从当前位置继续。")
               : lct_fault_set(fault, rc, "uploads", "The upload cannot be saved: %s.",
                               "无法保存上传的内容：%s。", strerror(-rc));
}

int lct_uploads_find(const char *data, const char *id, struct lct_upload *ret_upload,
                     struct lct_fault *fault) {
    LCT_FREE char *about = path_of(data, lct_lesson_is_id(id) ? id : "-", "/upload.json");
    LCT_FREE char *path = lct_uploads_path(data, lct_lesson_is_id(id) ? id : "-");
    LCT_JSON json_t *json = NULL;
    struct stat s = {.st_size = 0};
    struct lct_fault why;
    int rc = lct_json_load(about, ABOUT_BYTES_MAX, &json, &why);
    if (rc < 0) {
        return rc == -ENOENT ? none(id, fault) : refused(rc, fault);
    }
    if (stat(path, &s) < 0 && errno != ENOENT) {
        return refused(-errno, fault);
    }
    struct lct_upload upload = {.size = (uint64_t)lct_json_int(json, "size", 0),
                                .have = (uint64_t)s.st_size};
    (void)snprintf(upload.id, sizeof upload.id, "%s", id);
    lct_text_copy(upload.name, sizeof upload.name, lct_json_text(json, "name", ""));
    lct_text_copy(upload.with, sizeof upload.with, lct_json_text(json, "with", ""));
    *ret_upload = upload;
    return 0;
}

static int is_upload(const struct dirent *entry) { return lct_lesson_is_id(entry->d_name); }

size_t lct_uploads_all(const char *data, struct lct_upload **ret_uploads) {
    LCT_FREE char *folder = path_of(data, "", "");
    struct dirent **names = NULL;
    int n = scandir(folder, &names, is_upload, alphasort);
    size_t count = 0;
    *ret_uploads = lct_new((size_t)(n > 0 ? n : 1) * sizeof **ret_uploads);
    for (int i = 0; i < n; i++) {
        struct lct_fault fault;
        count += lct_uploads_find(data, names[i]->d_name, &(*ret_uploads)[count], &fault) == 0;
        free(names[i]);
    }
    free(names);
    return count;
}

static int by_name(const void *a, const void *b) {
    return strverscmp(((const struct lct_upload *)a)->name, ((const struct lct_upload *)b)->name);
}

size_t lct_uploads_of(const char *data, const char *id, struct lct_upload **ret_uploads) {
    struct lct_upload *all;
    size_t n = lct_uploads_all(data, &all), count = 0;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i].id, id) == 0 || strcmp(all[i].with, id) == 0) {
            all[count++] = all[i];
        }
    }
    qsort(all, count, sizeof *all, by_name);
    *ret_uploads = all;
    return count;
}

/* What of a lesson was made of an upload by a worker that was killed (archive/lesson/maker.h). */
#define PART_FRONT "."
#define PART_END ".part"

static void remove_part(const char *data, const char *id) {
    LCT_FREE char *part = lct_format("%s/lessons/" PART_FRONT "%s" PART_END, data, id);
    (void)lct_io_remove_folder(part); /* again when another upload begins */
}

static int is_part(const struct dirent *entry) {
    size_t n = strlen(entry->d_name), end = strlen(PART_END);
    return entry->d_name[0] == PART_FRONT[0] && strstr(entry->d_name, "-import-") && n > end &&
           strcmp(entry->d_name + n - end, PART_END) == 0;
}

/* Of uploads that are gone: nobody goes on with them. */
static void remove_parts(const char *data) {
    LCT_FREE char *lessons = lct_format("%s/lessons", data);
    struct dirent **names = NULL;
    int n = scandir(lessons, &names, is_part, alphasort);
    for (int i = 0; i < n; i++) {
        size_t length = strlen(names[i]->d_name) - strlen(PART_FRONT PART_END);
        LCT_FREE char *id = lct_format("%.*s", (int)length, names[i]->d_name + strlen(PART_FRONT));
        LCT_FREE char *upload = path_of(data, id, "");
        struct stat s;
        if (lct_lesson_is_id(id) && stat(upload, &s) < 0 && errno == ENOENT) {
            remove_part(data, id);
        }
        free(names[i]);
    }
    free(names);
}

/* upload.json goes first: without it there is no upload, whatever else a crash leaves. */
static int remove_files(const char *data, const char *id) {
    static const char *const files[] = {"/upload.json", "/data", "/upload.json.new"};
    LCT_FREE char *folder = path_of(data, id, "");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        LCT_FREE char *path = path_of(data, id, files[i]);
        if (unlink(path) < 0 && errno != ENOENT) {
            return -errno;
        }
    }
    remove_part(data, id);
    return rmdir(folder) < 0 ? -errno : 0;
}

int lct_uploads_remove(const char *data, const char *id, struct lct_fault *fault) {
    struct lct_upload upload;
    int rc = lct_uploads_find(data, id, &upload, fault);
    if (rc == -ENOENT && lct_lesson_is_id(id)) {
        (void)remove_files(data, id); /* what is left of one whose removal was broken off */
    }
    if (rc < 0) {
        return rc;
    }
    LCT_FREE struct lct_upload *parts = NULL;
    if (lct_uploads_of(data, id, &parts) > 1) {
        return lct_fault_set(fault, -EBUSY, "uploads",
                             "Other files are to be one lesson with %s. Remove those first.",
                             "还有其他文件要与 %s 合为一节课，请先移除那些文件。", upload.name);
    }
    rc = remove_files(data, id);
    return rc < 0 ? refused(rc, fault) : 0;
}

int lct_uploads_whole(const struct lct_upload *uploads, size_t n, struct lct_fault *fault) {
    for (size_t i = 0; i < n; i++) {
        if (uploads[i].have < uploads[i].size) {
            return lct_fault_set(fault, -EBUSY, "uploads", "Not all of %s has come yet.",
                                 "%s 尚未全部上传。", uploads[i].name);
        }
    }
    return 0;
}

/* ---- those that are too old ---- */

struct age {
    char id[LCT_LESSON_ID_SIZE], lesson[LCT_LESSON_ID_SIZE];
    lct_ns touched; /* wall */
};

static struct age age_of(const char *data, const char *id) {
    LCT_FREE char *file = lct_uploads_path(data, id);
    LCT_FREE char *folder = path_of(data, id, "");
    struct lct_upload upload = {.size = 0};
    struct lct_fault none_there; /* a crash left the folder */
    struct stat s;
    bool found = lct_uploads_find(data, id, &upload, &none_there) == 0;
    bool there = stat(file, &s) == 0 || stat(folder, &s) == 0;
    struct age age = {.touched = there ? s.st_mtim.tv_sec * LCT_SECOND : INT64_MAX};
    (void)snprintf(age.id, sizeof age.id, "%s", id);
    (void)snprintf(age.lesson, sizeof age.lesson, "%s", found && *upload.with ? upload.with : id);
    return age;
}

/* A lesson's files grow old together: one waits for the others. */
static bool is_old(const struct age *ages, int n, const struct age *age) {
    lct_ns newest = age->touched;
    for (int i = 0; i < n; i++) {
        bool same = strcmp(ages[i].lesson, age->lesson) == 0;
        newest = same && ages[i].touched > newest ? ages[i].touched : newest;
    }
    return newest < lct_wall() - LCT_UPLOADS_KEPT;
}

void lct_uploads_tidy(const char *data, struct lct_calm *calm, lct_uploads_used_fn is_used,
                      void *arg) {
    LCT_FREE char *folder = path_of(data, "", "");
    struct dirent **names = NULL;
    int n = lct_calm_lets_go(calm, LCT_UPLOADS_KEPT) ? scandir(folder, &names, is_upload, alphasort)
                                                     : 0;
    LCT_FREE struct age *ages = lct_new((size_t)(n > 0 ? n : 1) * sizeof *ages);
    for (int i = 0; i < n; i++) {
        ages[i] = age_of(data, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    for (int i = 0; i < n; i++) {
        if (is_old(ages, n, &ages[i]) && !is_used(arg, ages[i].lesson)) {
            (void)remove_files(data, ages[i].id); /* again the next time */
        }
    }
    remove_parts(data);
}

/* ---- a new one ---- */

static int check_room(const struct lct_io *io, const char *data, uint64_t size,
                      struct lct_fault *fault) {
    struct lct_upload *all = NULL;
    size_t n = lct_uploads_all(data, &all);
    uint64_t free_bytes = 0, coming = size;
    for (size_t i = 0; i < n; i++) {
        coming += all[i].size > all[i].have ? all[i].size - all[i].have : 0;
    }
    free(all);
    if (n >= LCT_UPLOADS_MAX) {
        return lct_fault_set(fault, -EUSERS, "uploads",
                             "%u files are being uploaded already. Finish or remove one.",
                             "已有 %u 个文件在上传，请先完成或移除其中一个。", LCT_UPLOADS_MAX);
    }
    int rc = io->space(io, data, &free_bytes);
    if (rc < 0) {
        return refused(rc, fault);
    }
    /* the lesson that is made of it wants as much once more */
    if (free_bytes < 2 * coming + LCT_GUARD_SPARE) {
        return lct_fault_set(fault, -ENOSPC, "uploads",
                             "The disk has %.1f GB left, and %.1f GB are needed. Have space made.",
                             "磁盘剩余 %.1f GB，需要 %.1f GB，请先腾出空间。",
                             (double)free_bytes / 1e9,
                             (double)(2 * coming + LCT_GUARD_SPARE) / 1e9);
    }
    return 0;
}

/* A lesson's id of its own, whatever else begins in this second. */
static void make_id(char ret_id[LCT_LESSON_ID_SIZE]) {
    struct lct_lesson_info info;
    uint32_t number;
    lct_random(&number, sizeof number);
    lct_lesson_new("import", "", &info);
    (void)snprintf(ret_id, LCT_LESSON_ID_SIZE, "%.50s%04x", info.id, number & 0xffffU);
}

/* A part of a part's lesson, or of one that is made already, would be in none. */
static int check_with(const char *data, const char *with, struct lct_fault *fault) {
    struct lct_upload upload;
    if (!with || !*with) {
        return 0;
    }
    int rc = lct_uploads_find(data, with, &upload, fault);
    LCT_FREE char *lesson = lct_format("%s/lessons/%s", data, rc == 0 ? with : "-");
    if (rc == 0 && *upload.with) {
        rc = lct_fault_set(fault, -EINVAL, "uploads",
                           "%s is a part of another file's lesson. Name that file.",
                           "%s 已与另一个文件合为一节课，请指定那个文件。", upload.name);
    } else if (rc == 0 && access(lesson, F_OK) == 0) {
        rc = lct_uploads_late(&upload, fault);
    }
    return rc;
}

int lct_uploads_late(const struct lct_upload *upload, struct lct_fault *fault) {
    return lct_fault_set(fault, -EBUSY, "uploads",
                         "%s is made a lesson already: what comes now would be in none. Upload it "
                         "by itself.",
                         "%s 已在导入或已导入为课程，无法再合并其他文件，请单独上传。",
                         upload->name);
}

int lct_uploads_add(const struct lct_io *io, const char *data, const char *name, uint64_t size,
                    const char *with, struct lct_upload *ret_upload, struct lct_fault *fault) {
    struct lct_upload upload = {.size = size};
    int rc = check_with(data, with, fault);
    rc = rc ? rc : check_room(io, data, size, fault);
    if (rc < 0) {
        return rc;
    }
    make_id(upload.id);
    lct_text_copy(upload.name, sizeof upload.name, name);
    lct_text_copy(upload.with, sizeof upload.with, with ? with : "");
    LCT_FREE char *parent = path_of(data, "", "");
    LCT_FREE char *folder = path_of(data, upload.id, "");
    LCT_FREE char *about = path_of(data, upload.id, "/upload.json");
    LCT_JSON json_t *json =
        json_pack("{s:i, s:s, s:I, s:s*}", "version", 1, "name", upload.name, "size",
                  (json_int_t)size, "with", *upload.with ? upload.with : NULL);
    size_t n;
    LCT_FREE char *text = lct_json_dump(json, &n);
    rc = lct_io_make_folder(folder);
    rc = rc ? rc : io->sync_folder(io, parent);
    rc = rc ? rc : lct_io_replace(io, about, text, n);
    if (rc < 0) {
        (void)remove_files(data, upload.id); /* again when it is old */
        return refused(rc, fault);
    }
    *ret_upload = upload;
    return 0;
}

static int append(const struct lct_io *io, const char *path, uint64_t at, const void *bytes,
                  size_t n) {
    int fd = io->open(io, path, O_WRONLY | O_CREAT, 0640);
    if (fd < 0) {
        return fd;
    }
    int rc = lct_io_write_all(io, fd, bytes, n, (off_t)at);
    rc = rc ? rc : io->fdatasync(io, fd);
    if (rc < 0) {
        (void)io->ftruncate(io, fd, (off_t)at); /* what is half there is sent again */
    }
    int closed = io->close(io, fd);
    return rc ? rc : closed;
}

int lct_uploads_put(const struct lct_io *io, const char *data, const char *id, uint64_t at,
                    const void *bytes, size_t n, struct lct_upload *ret_upload,
                    struct lct_fault *fault) {
    struct lct_upload upload;
    int rc = lct_uploads_find(data, id, &upload, fault);
    if (rc < 0) {
        return rc;
    }
    if (at != upload.have) {
        return lct_fault_set(
            fault, -EAGAIN, "uploads", "%llu bytes of this file are here: go on with the next one.",
            "该文件已收到 %llu 字节，请从下一个字节继续。", (unsigned long long)upload.have);
    }
    if (n == 0 || n > upload.size - upload.have) {
        return lct_fault_set(fault, -EINVAL, "uploads",
                             "That is more than the %llu bytes this file was said to have.",
                             "超出了该文件声明的 %llu 字节。", (unsigned long long)upload.size);
    }
    LCT_FREE char *path = lct_uploads_path(data, id);
    rc = lct_io_room(io, data, LCT_GUARD_SPARE + n); /* others may have filled it meanwhile */
    rc = rc ? rc : append(io, path, at, bytes, n);
    if (rc < 0) {
        return refused(rc, fault);
    }
    upload.have += n;
    *ret_upload = upload;
    return 0;
}

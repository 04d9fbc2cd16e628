// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/lesson/replica.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/lesson/lesson.h"
#include "archive/tape/reel.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/time.h"

/* How often the record of a copy that goes on is written anew. */
#define RECORD_INTERVAL (2 * LCT_SECOND)

#define RECORD_MAX (8U << 20)
#define READ_BYTES (256U << 10)

/* Written files that are not yet durable: more, and they are made so at once. */
#define DIRTY_MAX 128

/* A written file that is not yet durable. */
struct dirty {
    char name[LCT_REPLICA_NAME_SIZE];
    uint64_t durable; /* bytes at its beginning that were before */
};

struct lct_replica {
    const struct lct_io *io;
    char *folder; /* the lesson's */
    char *record; /* DATA/copies/LESSON.json */
    char lesson[LCT_LESSON_ID_SIZE];
    char room[40];
    bool complete;
    size_t n_files;
    uint64_t left;
    lct_ns recorded;
    json_t *checked; /* an object: names that were found to be the same */
    struct dirty dirty[DIRTY_MAX];
    size_t n_dirty;
};

/* ---- names ---- */

/* "0001" to "99999", written as a tape's writer does. */
static size_t reel_digits(const char *name) {
    char again[16];
    size_t n = strspn(name, "0123456789");
    unsigned long number = n >= 4 && n <= 5 ? strtoul(name, NULL, 10) : 0;
    (void)snprintf(again, sizeof again, "%04lu", number);
    return number > 0 && number <= LCT_REEL_NUMBER_MAX && strncmp(again, name, n) == 0 &&
                   strlen(again) == n
               ? n
               : 0;
}

static bool ends_with(const char *name, const char *end) {
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

bool lct_replica_is_name(const char *name) {
    size_t track = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (strcmp(name, "lesson.json") == 0 || strcmp(name, "marks.jsonl") == 0) {
        return true;
    }
    if (track == 0 || track >= LCT_TRACK_NAME_SIZE || name[track] != '/') {
        return false;
    }
    const char *file = name + track + 1;
    const char *what = file + reel_digits(file);
    return strcmp(file, "thumbs.mjpg") == 0 || strcmp(file, "thumbs.index") == 0 ||
           (what > file && (strcmp(what, ".mp4") == 0 || strcmp(what, ".index") == 0 ||
                            strcmp(what, ".init.mp4") == 0));
}

/* Most bytes of a file: more than a recorder of ours ever writes, and no more than readers take. */
static uint64_t most_of(const char *name) {
    return ends_with(name, ".index")          ? LCT_REPLICA_INDEX_MOST
           : ends_with(name, ".init.mp4")     ? LCT_REPLICA_INIT_MOST
           : strcmp(name, "marks.jsonl") == 0 ? LCT_MARKS_BYTES_MAX
                                              : LCT_REPLICA_REEL_MOST;
}

static int say_disk(struct lct_fault *fault, int code, const char *path) {
    return lct_fault_set(fault, code, "copy", "The copy cannot be written on the server (%s): %s.",
                         "服务器无法写入副本（%s）：%s。", path, strerror(-code));
}

/* ---- the record ---- */

static char *record_path(const char *data, const char *lesson) {
    return lct_format("%s/copies/%s.json", data, lesson);
}

static int write_record(struct lct_replica *r, struct lct_fault *fault) {
    json_t *names = json_array();
    const char *name;
    json_t *unused;
    json_object_foreach(r->checked, name, unused) {
        json_array_append_new(names, json_string(name));
    }
    LCT_JSON json_t *json =
        json_pack("{s:s, s:b, s:I, s:o}", "room", r->room, "complete", (int)r->complete,
                  "left_bytes", (json_int_t)r->left, "checked", names);
    size_t n;
    LCT_FREE char *text = lct_json_dump(json, &n);
    int rc = lct_io_replace(r->io, r->record, text, n);
    r->recorded = lct_monotonic();
    return rc < 0 ? say_disk(fault, rc, r->record) : 0;
}

static void take_record(struct lct_replica *r, const json_t *json) {
    const json_t *name;
    size_t i;
    r->complete = lct_json_flag(json, "complete", false);
    r->left = (uint64_t)lct_json_int(json, "left_bytes", 0);
    json_array_foreach(json_object_get(json, "checked"), i, name) {
        if (json_is_string(name)) {
            json_object_set_new(r->checked, json_string_value(name), json_true());
        }
    }
}

json_t *lct_replica_state(const char *data, const char *lesson) {
    LCT_FREE char *path = record_path(data, lesson);
    LCT_JSON json_t *json = NULL;
    struct lct_fault unused;
    if (lct_json_load(path, RECORD_MAX, &json, &unused) < 0) {
        return NULL;
    }
    return json_pack("{s:b, s:I}", "complete", (int)lct_json_flag(json, "complete", false),
                     "left_bytes", (json_int_t)lct_json_int(json, "left_bytes", 0));
}

/* ---- what is here ---- */

static void add_file(const struct lct_replica *r, json_t *files, const char *name) {
    struct stat info;
    LCT_FREE char *path = lct_format("%s/%s", r->folder, name);
    if (lct_replica_is_name(name) && json_object_size(files) < LCT_REPLICA_FILES_MAX &&
        lstat(path, &info) == 0 && S_ISREG(info.st_mode)) {
        json_object_set_new(files, name,
                            json_pack("{s:I, s:b}", "bytes", (json_int_t)info.st_size, "checked",
                                      json_object_get(r->checked, name) != NULL));
    }
}

static void add_folder(const struct lct_replica *r, json_t *files, const char *track) {
    LCT_FREE char *path = lct_format("%s/%s", r->folder, track ? track : "");
    DIR *dir = opendir(path);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        if (e->d_name[0] == '.') {
            continue;
        }
        LCT_FREE char *name = track ? lct_format("%s/%s", track, e->d_name) : lct_strdup(e->d_name);
        LCT_FREE char *in_it = lct_format("%s/0001.mp4", name);
        add_file(r, files, name);
        if (!track && lct_replica_is_name(in_it)) {
            add_folder(r, files, name);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

json_t *lct_replica_have(const struct lct_replica *replica) {
    json_t *files = json_object();
    add_folder(replica, files, NULL);
    return json_pack("{s:b, s:o}", "complete", (int)replica->complete, "files", files);
}

/* ---- on the disk ---- */

/* What a sync that failed did not write the kernel may hold for written, and the next sync tells
 * that all is well: it is thrown away, so that it is sent anew. Where that fails too, comparing
 * finds what the disk does not have. */
static int sync_file(const struct lct_replica *r, const char *name, uint64_t durable) {
    LCT_FREE char *path = lct_format("%s/%s", r->folder, name);
    int fd = r->io->open(r->io, path, O_WRONLY, 0);
    if (fd < 0) {
        return fd;
    }
    int rc = r->io->fdatasync(r->io, fd);
    if (rc < 0) {
        (void)r->io->ftruncate(r->io, fd, (off_t)durable);
    }
    int closed = r->io->close(r->io, fd);
    return rc ? rc : closed;
}

/* The first error; then each file is as far as it is durable, and all are asked for anew. */
static int sync_all(struct lct_replica *r) {
    int rc = 0;
    for (size_t i = 0; i < r->n_dirty; i++) {
        int one = sync_file(r, r->dirty[i].name, r->dirty[i].durable);
        rc = rc ? rc : one;
    }
    r->n_dirty = 0;
    return rc;
}

/* From so many bytes on the file is about to change; a place for it is free. */
static void make_dirty(struct lct_replica *r, const char *name, uint64_t durable) {
    size_t i = 0;
    while (i < r->n_dirty && strcmp(r->dirty[i].name, name) != 0) {
        i++;
    }
    struct dirty *dirty = &r->dirty[i];
    if (i == r->n_dirty) {
        r->n_dirty++;
        *dirty = (struct dirty){.durable = durable};
        (void)snprintf(dirty->name, sizeof dirty->name, "%s", name);
    }
    dirty->durable = durable < dirty->durable ? durable : dirty->durable;
}

/* Is there space for so many bytes in a folder? */
static int make_room(const struct lct_replica *r, const char *folder, size_t n,
                     struct lct_fault *fault) {
    uint64_t space = 0;
    int rc = r->io->space(r->io, folder, &space);
    if (rc == 0 && space < LCT_REPLICA_SPARE + n) {
        return lct_fault_set(fault, -ENOSPC, "copy",
                             "The server's disk is full: copies wait until there is space.",
                             "服务器磁盘已满：有空间后会继续复制。");
    }
    return rc < 0 ? say_disk(fault, rc, folder) : 0;
}

/* ---- beginning ---- */

static int refuse_foreign(struct lct_fault *fault, const char *lesson) {
    return lct_fault_set(fault, -EPERM, "copy",
                         "The server has a lesson %s that is not this room's copy: nothing is "
                         "copied over it.",
                         "服务器上已有课程 %s，但不是本教室的副本，因此不会覆盖。", lesson);
}

/* Nothing in it: a copy that was just begun. */
static bool is_bare(const char *folder) {
    DIR *dir = opendir(folder);
    bool bare = dir != NULL;
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        bare = bare && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0);
    }
    if (dir) {
        closedir(dir);
    }
    return bare;
}

/* The folder is made before the record: a record without a folder means that it was deleted. */
static int begin(struct lct_replica *r, const char *data, struct lct_fault *fault) {
    struct stat info;
    LCT_FREE char *lessons = lct_format("%s/lessons", data);
    LCT_FREE char *copies = lct_format("%s/copies", data);
    if (lstat(r->folder, &info) == 0 && !is_bare(r->folder)) {
        return refuse_foreign(fault, r->lesson);
    }
    int rc = make_room(r, data, 0, fault);
    if (rc < 0) {
        return rc;
    }
    rc = lct_io_make_folder(r->folder);
    rc = rc ? rc : r->io->sync_folder(r->io, lessons);
    rc = rc ? rc : lct_io_make_folder(copies);
    return rc < 0 ? say_disk(fault, rc, r->folder) : write_record(r, fault);
}

/* What was written before a crash, or before the link ended, may still be in memory only: nobody is
 * told that it is here, and no rows of it are written, before it is durable; how much of a file
 * was, nobody knows any more. What was found the same was so before. */
static int save_the_rest(struct lct_replica *r) {
    LCT_JSON json_t *have = lct_replica_have(r);
    const char *name;
    const json_t *file;
    int rc = 0;
    r->n_files = json_object_size(json_object_get(have, "files"));
    json_object_foreach(json_object_get(have, "files"), name, file) {
        int one = lct_json_flag(file, "checked", false) ? 0 : sync_file(r, name, 0);
        rc = rc ? rc : one;
    }
    return rc;
}

static int go_on(struct lct_replica *r, const json_t *record, struct lct_fault *fault) {
    struct stat info;
    if (strcmp(lct_json_text(record, "room", ""), r->room) != 0) {
        return refuse_foreign(fault, r->lesson);
    }
    if (lstat(r->folder, &info) < 0 || !S_ISDIR(info.st_mode)) {
        return lct_fault_set(fault, -EPERM, "copy",
                             "The copy of lesson %s was deleted on the server: it is not made "
                             "again.",
                             "课程 %s 的副本已在服务器上删除，不会再次复制。", r->lesson);
    }
    take_record(r, record);
    int rc = save_the_rest(r);
    return rc < 0 ? say_disk(fault, rc, r->folder) : 0;
}

static struct lct_replica *make(const struct lct_io *io, const char *data, const char *room,
                                const char *lesson) {
    struct lct_replica *r = lct_new(sizeof *r);
    r->io = io;
    r->folder = lct_format("%s/lessons/%s", data, lesson);
    r->record = record_path(data, lesson);
    r->checked = json_object();
    (void)snprintf(r->lesson, sizeof r->lesson, "%s", lesson);
    (void)snprintf(r->room, sizeof r->room, "%s", room);
    return r;
}

int lct_replica_open(const struct lct_io *io, const char *data, const char *room,
                     const char *lesson, struct lct_replica **ret_replica,
                     struct lct_fault *fault) {
    LCT_JSON json_t *record = NULL;
    struct lct_fault unused;
    if (!lct_lesson_is_id(lesson)) {
        return lct_fault_set(fault, -EINVAL, "copy", "\"%s\" is no lesson's id.",
                             "“%s”不是课程 ID。", lesson);
    }
    struct lct_replica *r = make(io, data, room, lesson);
    int rc = lct_json_load(r->record, RECORD_MAX, &record, &unused);
    rc = rc == 0         ? go_on(r, record, fault)
         : rc == -ENOENT ? begin(r, data, fault)
                         : say_disk(fault, rc, r->record);
    if (rc < 0) {
        lct_replica_close(r);
        return rc;
    }
    *ret_replica = r;
    return 0;
}

int lct_replica_find(const struct lct_io *io, const char *data, const char *room,
                     const char *lesson, struct lct_replica **ret_replica,
                     struct lct_fault *fault) {
    LCT_JSON json_t *record = NULL;
    struct lct_fault unused;
    struct lct_replica *r = make(io, data, room, lct_lesson_is_id(lesson) ? lesson : "");
    int rc = lct_json_load(r->record, RECORD_MAX, &record, &unused);
    rc = rc == 0 ? go_on(r, record, fault) : -ENOENT;
    if (rc < 0 || !r->complete) {
        lct_replica_close(r);
        return lct_fault_set(fault, -ENOENT, "copy", "The server has no complete copy of it.",
                             "服务器上没有它的完整副本。");
    }
    *ret_replica = r;
    return 0;
}

void lct_replica_close(struct lct_replica *replica) {
    if (replica) {
        json_decref(replica->checked);
        free(replica->folder);
        free(replica->record);
        free(replica);
    }
}

/* ---- writing ---- */

/* True when something waits that must be on the disk before these rows. */
static bool waits_for_others(const struct lct_replica *r, const char *name) {
    bool others = false;
    for (size_t i = 0; i < r->n_dirty; i++) {
        others = others || !ends_with(r->dirty[i].name, ".index");
    }
    return others && ends_with(name, ".index");
}

/* Opens the file, making it and its folder where they are missing. A descriptor or -errno. */
static int open_file(const struct lct_replica *r, const char *name, const char *path) {
    int fd = r->io->open(r->io, path, O_WRONLY | O_NOFOLLOW, 0);
    if (fd != -ENOENT) {
        return fd;
    }
    LCT_FREE char *folder = lct_strdup(path);
    *strrchr(folder, '/') = '\0';
    int rc = strchr(name, '/') ? lct_io_make_folder(folder) : 0;
    rc = rc ? rc : r->io->sync_folder(r->io, r->folder);
    fd = rc < 0 ? rc : r->io->open(r->io, path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0640);
    rc = fd < 0 ? fd : r->io->sync_folder(r->io, folder);
    if (rc < 0 && fd >= 0) { /* next time its name is made durable before anything else */
        (void)r->io->close(r->io, fd);
        (void)r->io->remove(r->io, path);
    }
    return rc < 0 ? rc : fd;
}

static int write_piece(struct lct_replica *r, const struct lct_replica_piece *piece,
                       const char *path) {
    struct stat info;
    int fd = open_file(r, piece->name, path);
    if (fd < 0) {
        return fd;
    }
    int rc = fstat(fd, &info) < 0 ? -errno : 0;
    if (rc == 0 && piece->offset > (uint64_t)info.st_size) {
        rc = -EINVAL; /* a hole */
    }
    if (rc == 0 && piece->cut) {
        rc = r->io->ftruncate(r->io, fd, (off_t)piece->offset);
    }
    rc = rc ? rc : lct_io_write_all(r->io, fd, piece->bytes, piece->n, (off_t)piece->offset);
    int closed = r->io->close(r->io, fd);
    return rc ? rc : closed;
}

static int remove_file(const struct lct_replica *r, const char *path) {
    LCT_FREE char *folder = lct_strdup(path);
    *strrchr(folder, '/') = '\0';
    int rc = r->io->remove(r->io, path);
    return rc == -ENOENT ? 0 : rc ? rc : r->io->sync_folder(r->io, folder);
}

/* A lesson.json speaks of its own lesson and room, else a recorder could write into another's. */
static bool is_own(const struct lct_replica *r, const struct lct_replica_piece *piece) {
    LCT_JSON json_t *json = NULL;
    struct lct_fault unused;
    return piece->whole && lct_json_parse(piece->bytes, piece->n, &json, &unused) == 0 &&
           strcmp(lct_json_text(json, "id", ""), r->lesson) == 0 &&
           strcmp(lct_json_text(json, "room", ""), r->room) == 0;
}

int lct_replica_write(struct lct_replica *replica, const struct lct_replica_piece *piece,
                      struct lct_fault *fault) {
    struct lct_replica *r = replica;
    bool wrong = !lct_replica_is_name(piece->name) || r->complete ||
                 (strcmp(piece->name, "lesson.json") == 0 && !is_own(r, piece));
    if (wrong) {
        return lct_fault_set(fault, -EINVAL, "copy",
                             "\"%s\" is no file of lesson %s to be written.",
                             "“%s”不是课程 %s 可写入的文件。", piece->name, r->lesson);
    }
    if (piece->offset + piece->n > most_of(piece->name)) {
        return lct_fault_set(fault, -EFBIG, "copy", "%s of lesson %s is too large.",
                             "%s（课程 %s）过大。", piece->name, r->lesson);
    }
    LCT_FREE char *path = lct_format("%s/%s", r->folder, piece->name);
    bool is_new = access(path, F_OK) < 0;
    if (is_new && r->n_files >= LCT_REPLICA_FILES_MAX) {
        return lct_fault_set(fault, -EFBIG, "copy", "Lesson %s has more than %u files.",
                             "课程 %s 的文件超过 %u 个。", r->lesson, LCT_REPLICA_FILES_MAX);
    }
    int rc = make_room(r, r->folder, piece->n, fault);
    if (rc < 0) {
        return rc;
    }
    if (waits_for_others(r, piece->name) || piece->whole || r->n_dirty == DIRTY_MAX) {
        rc = sync_all(r);
    }
    if (rc == 0 && json_object_del(r->checked, piece->name) == 0 &&
        (rc = write_record(r, fault)) < 0) {
        return rc;
    }
    if (rc == 0 && piece->whole) {
        rc = piece->n > 0 ? lct_io_replace(r->io, path, piece->bytes, piece->n)
                          : remove_file(r, path);
    } else if (rc == 0) {
        make_dirty(r, piece->name, piece->offset);
        rc = write_piece(r, piece, path);
    }
    r->n_files += is_new && rc == 0;
    return rc < 0 ? say_disk(fault, rc, piece->name) : 0;
}

int lct_replica_keep(struct lct_replica *replica, uint64_t left, struct lct_fault *fault) {
    struct lct_replica *r = replica;
    int rc = sync_all(r);
    if (rc < 0) {
        return say_disk(fault, rc, r->folder);
    }
    bool due = lct_monotonic() - r->recorded >= RECORD_INTERVAL;
    r->left = left;
    return due ? write_record(r, fault) : 0;
}

/* ---- comparing ---- */

static int sum_up(const struct lct_io *io, int fd, uint64_t bytes, uint8_t sum[LCT_DIGEST_SIZE]) {
    LCT_FREE uint8_t *buffer = lct_new(READ_BYTES);
    struct lct_digest *digest = lct_digest_create();
    int rc = 0;
    for (uint64_t at = 0; at < bytes && rc == 0;) {
        size_t n = bytes - at < READ_BYTES ? (size_t)(bytes - at) : READ_BYTES;
        rc = lct_io_read_all(io, fd, buffer, n, (off_t)at);
        lct_digest_add(digest, buffer, n);
        at += n;
    }
    lct_digest_end(digest, sum);
    return rc;
}

int lct_replica_check(struct lct_replica *replica, const char *name, uint64_t bytes,
                      const uint8_t sum[LCT_DIGEST_SIZE], struct lct_fault *fault) {
    struct lct_replica *r = replica;
    LCT_FREE char *path = lct_format("%s/%s", r->folder, name);
    uint8_t own[LCT_DIGEST_SIZE];
    struct stat info;
    if (!lct_replica_is_name(name)) {
        return lct_fault_set(fault, -EINVAL, "copy", "\"%s\" is no file of a lesson.",
                             "“%s”不是课程文件。", name);
    }
    int rc = sync_all(r);
    if (rc < 0) {
        return say_disk(fault, rc, name);
    }
    int fd = r->io->open(r->io, path, O_RDONLY | O_NOFOLLOW, 0);
    rc = fd < 0 ? fd : fstat(fd, &info) < 0 ? -errno : 0;
    if (rc == 0 && (uint64_t)info.st_size != bytes) {
        rc = -EBADMSG;
    }
    if (rc == 0) { /* compared is what the disk has; the kernel may forget the rest */
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        rc = sum_up(r->io, fd, bytes, own);
    }
    if (rc == 0 && memcmp(own, sum, sizeof own) != 0) {
        rc = -EBADMSG;
    }
    if (fd >= 0) {
        (void)r->io->close(r->io, fd); /* only read */
    }
    if (rc == -EBADMSG || rc == -ENOENT) {
        return -EBADMSG;
    }
    if (rc < 0) {
        return say_disk(fault, rc, name);
    }
    json_object_set_new(r->checked, name, json_true());
    return write_record(r, fault);
}

int lct_replica_finish(struct lct_replica *replica, struct lct_fault *fault) {
    struct lct_replica *r = replica;
    LCT_JSON json_t *have = lct_replica_have(r);
    const char *name;
    const json_t *file;
    json_object_foreach(json_object_get(have, "files"), name, file) {
        if (!lct_json_flag(file, "checked", false)) {
            return lct_fault_set(fault, -EBADMSG, "copy",
                                 "%s of lesson %s was not compared with its original.",
                                 "%s（课程 %s）尚未与原文件核对。", name, r->lesson);
        }
    }
    int rc = sync_all(r);
    if (rc < 0) {
        return say_disk(fault, rc, r->folder);
    }
    r->complete = true;
    r->left = 0;
    return write_record(r, fault);
}

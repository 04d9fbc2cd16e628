// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/lesson/lesson.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "archive/tape/reels.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#define LESSON_VERSION 1
#define LESSON_BYTES_MAX (256U << 10)

/* A next chunk that comes later than promised by more than this is a hole worth showing. */
#define GAP_MIN (LCT_SECOND / 10)

bool lct_lesson_is_id(const char *text) {
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    return n > 0 && n < LCT_LESSON_ID_SIZE && !text[n];
}

void lct_lesson_new(const char *room, const char *title, struct lct_lesson_info *ret_info) {
    struct lct_lesson_info info = {.zero_monotonic = lct_monotonic(), .zero_wall = lct_wall()};
    time_t seconds = (time_t)(info.zero_wall / LCT_SECOND);
    struct tm local;
    /* Only keeps two lessons of one second apart. */
    unsigned tail = (unsigned)(info.zero_monotonic / 1000) & 0xffffU;
    localtime_r(&seconds, &local);
    (void)snprintf(info.room, sizeof info.room, "%s", room);
    lct_text_copy(info.title, sizeof info.title, title ? title : "");
    (void)snprintf(info.id, sizeof info.id, "%04d%02d%02d-%02d%02d%02d-%.32s-%04x",
                   (local.tm_year + 1900) % 10000, local.tm_mon + 1, local.tm_mday, local.tm_hour,
                   local.tm_min, local.tm_sec, room, tail);
    lct_boot_id(info.boot);
    *ret_info = info;
}

bool lct_lesson_is_locked(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    if (fd >= 0) {
        close(fd);
    }
    return locked;
}

lct_ns lct_lesson_zero(const struct lct_lesson_info *info) {
    char boot[LCT_BOOT_ID_SIZE];
    lct_boot_id(boot);
    if (strcmp(boot, info->boot) == 0) {
        return info->zero_monotonic;
    }
    return lct_monotonic() - (lct_wall() - info->zero_wall);
}

/* ---- lesson.json ---- */

static json_t *track_json(const struct lct_lesson_track *t) {
    return json_pack("{s:s, s:s, s:I, s:s, s:i, s:i, s:b}", "name", t->name, "kind", t->kind, "id",
                     (json_int_t)t->id, "source", t->source, "width", t->width, "height", t->height,
                     "demo", (int)t->demo);
}

static json_t *lesson_json(const struct lct_lesson_info *info) {
    char started[32];
    lct_wall_format(info->zero_wall, started, sizeof started);
    json_t *tracks = json_array();
    for (size_t i = 0; i < info->track_count; i++) {
        json_array_append_new(tracks, track_json(&info->tracks[i]));
    }
    return json_pack(
        "{s:i, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:I, s:I}, s:I, s:o}", "version", LESSON_VERSION,
        "id", info->id, "room", info->room, "title", info->title, "started", started, "state",
        info->state == LCT_LESSON_ENDED ? "ended" : "recording", "zero", "boot", info->boot,
        "monotonic_ns", (json_int_t)info->zero_monotonic, "wall_ns", (json_int_t)info->zero_wall,
        "end_ns", (json_int_t)info->end, "tracks", tracks);
}

char *lct_lesson_text(const struct lct_lesson_info *info, size_t *ret_n) {
    LCT_JSON json_t *json = lesson_json(info);
    return lct_json_dump(json, ret_n);
}

int lct_lesson_save(const struct lct_io *io, const char *folder,
                    const struct lct_lesson_info *info) {
    char path[LCT_PATH_SIZE];
    size_t n = 0;
    LCT_FREE char *text = lct_lesson_text(info, &n);
    (void)snprintf(path, sizeof path, "%s/lesson.json", folder);
    return lct_io_replace(io, path, text, n);
}

static void copy_text(char *out, size_t size, const json_t *object, const char *key) {
    lct_text_copy(out, size, lct_json_text(object, key, ""));
}

static bool read_track(const json_t *json, struct lct_lesson_track *t) {
    copy_text(t->name, sizeof t->name, json, "name");
    copy_text(t->kind, sizeof t->kind, json, "kind");
    copy_text(t->source, sizeof t->source, json, "source");
    t->id = (uint32_t)lct_json_int(json, "id", 0);
    t->width = (int)lct_json_int(json, "width", 0);
    t->height = (int)lct_json_int(json, "height", 0);
    t->demo = lct_json_flag(json, "demo", false);
    /* The name becomes a folder's: nothing but what lectern itself writes. */
    return t->id > 0 && t->name[0] &&
           strspn(t->name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(t->name);
}

static int read_lesson(const json_t *json, struct lct_lesson_info *info) {
    const json_t *zero = json_object_get(json, "zero");
    const json_t *tracks = json_object_get(json, "tracks");
    copy_text(info->id, sizeof info->id, json, "id");
    copy_text(info->room, sizeof info->room, json, "room");
    copy_text(info->title, sizeof info->title, json, "title");
    copy_text(info->boot, sizeof info->boot, zero, "boot");
    info->zero_monotonic = lct_json_int(zero, "monotonic_ns", 0);
    info->zero_wall = lct_json_int(zero, "wall_ns", 0);
    info->end = lct_json_int(json, "end_ns", 0);
    bool ended = strcmp(lct_json_text(json, "state", ""), "ended") == 0;
    info->state = ended ? LCT_LESSON_ENDED : LCT_LESSON_RECORDING;
    size_t n = json_array_size(tracks);
    if (lct_json_int(json, "version", 0) != LESSON_VERSION || n > LCT_TAPE_TRACKS_MAX ||
        !info->id[0]) {
        return -EINVAL;
    }
    for (size_t i = 0; i < n; i++) {
        if (!read_track(json_array_get(tracks, i), &info->tracks[i])) {
            return -EINVAL;
        }
    }
    info->track_count = n;
    return 0;
}

int lct_lesson_load(const char *folder, struct lct_lesson_info *ret_info, struct lct_fault *fault) {
    char path[LCT_PATH_SIZE];
    LCT_JSON json_t *json = NULL;
    struct lct_fault why;
    (void)snprintf(path, sizeof path, "%s/lesson.json", folder);
    int rc = lct_json_load(path, LESSON_BYTES_MAX, &json, &why);
    if (rc == -ENOENT || rc == -ENOTDIR) {
        return lct_fault_set(fault, -ENOENT, "lesson",
                             "There is no lesson in %s: lesson.json is missing.",
                             "%s 中没有课程：缺少 lesson.json。", folder);
    }
    struct lct_lesson_info info = {.track_count = 0};
    rc = rc ? rc : read_lesson(json, &info);
    if (rc < 0) {
        return lct_fault_set(fault, rc, "lesson",
                             "lesson.json in %s is damaged. 'lectern verify' shows what the tapes "
                             "still hold.",
                             "%s 中的 lesson.json 已损坏。可用 lectern verify 查看录制数据。",
                             folder);
    }
    *ret_info = info;
    return 0;
}

static bool is_empty(const char *folder) {
    bool empty = true;
    DIR *dir = opendir(folder);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e && empty; e = readdir(dir)) {
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
                strcmp(e->d_name, "lost+found") == 0; /* a volume of its own */
    }
    if (dir) {
        closedir(dir);
    }
    return empty;
}

int lct_lesson_begin(const struct lct_io *io, const char *folder,
                     const struct lct_lesson_info *info, struct lct_fault *fault) {
    char parent[LCT_PATH_SIZE];
    int rc = lct_io_make_folder(folder);
    if (rc == 0 && !is_empty(folder)) {
        return lct_fault_set(fault, -EEXIST, "lesson",
                             "%s is not empty. Choose a new or an empty folder; nothing old is "
                             "written over.",
                             "%s 不是空文件夹。请选择新的或空的文件夹，已有内容不会被覆盖。",
                             folder);
    }
    rc = rc ? rc : lct_lesson_save(io, folder, info);
    (void)snprintf(parent, sizeof parent, "%s/..", folder);
    rc = rc ? rc : io->sync_folder(io, parent); /* the folder's own name */
    if (rc < 0) {
        return lct_fault_set(fault, rc, "lesson",
                             "Cannot write a lesson into %s: %s. Check the path, its owner and the "
                             "free space.",
                             "无法在 %s 中写入课程：%s。请检查路径、权限和剩余空间。", folder,
                             strerror(-rc));
    }
    return 0;
}

/* ---- marks ---- */

static void marks_path(const char *folder, char path[LCT_PATH_SIZE]) {
    (void)snprintf(path, LCT_PATH_SIZE, "%s/marks.jsonl", folder);
}

int lct_lesson_mark(const struct lct_io *io, const char *folder, const struct lct_mark *mark) {
    char path[LCT_PATH_SIZE];
    marks_path(folder, path);
    char wall[32];
    lct_wall_format(mark->wall, wall, sizeof wall);
    LCT_JSON json_t *json =
        json_pack("{s:I, s:s, s:I, s:s}", "time_ns", (json_int_t)mark->time, "wall", wall,
                  "wall_ns", (json_int_t)mark->wall, "label", mark->label);
    LCT_FREE char *text = lct_json_dump(json, NULL);
    /* A line end in front as well: a torn line before this one must not swallow it. */
    LCT_FREE char *line = lct_format("\n%s\n", text);
    int fd = io->open(io, path, O_RDWR | O_CREAT, 0640);
    if (fd < 0) {
        return fd;
    }
    off_t end = lseek(fd, 0, SEEK_END);
    int rc = lct_io_write_all(io, fd, line, strlen(line), end);
    rc = rc ? rc : io->fdatasync(io, fd);
    rc = rc ? rc : io->sync_folder(io, folder);
    if (rc < 0) {
        (void)io->ftruncate(io, fd, end); /* a mark that was refused must not appear later */
    }
    int closed = io->close(io, fd);
    return rc ? rc : closed;
}

static bool read_mark(const char *line, size_t n, struct lct_mark *ret_mark) {
    LCT_JSON json_t *json = NULL;
    struct lct_fault unused;
    if (n == 0 || lct_json_parse(line, n, &json, &unused) < 0) {
        return false;
    }
    struct lct_mark mark = {.time = lct_json_int(json, "time_ns", -1),
                            .wall = lct_json_int(json, "wall_ns", 0)};
    copy_text(mark.label, sizeof mark.label, json, "label");
    *ret_mark = mark;
    return mark.time >= 0;
}

bool lct_lesson_is_mark(const char *line, size_t n) {
    struct lct_mark unused;
    return read_mark(line, n, &unused);
}

size_t lct_lesson_marks(const char *folder, struct lct_mark **ret_marks) {
    char path[LCT_PATH_SIZE];
    LCT_FREE char *bytes = NULL;
    size_t n = 0, count = 0, lines = 0;
    marks_path(folder, path);
    *ret_marks = NULL;
    if (lct_io_slurp(path, LCT_MARKS_BYTES_MAX, &bytes, &n) < 0) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        lines += bytes[i] == '\n';
    }
    struct lct_mark *marks = lct_new((lines + 1) * sizeof *marks);
    for (char *line = bytes; line < bytes + n;) {
        char *end = memchr(line, '\n', (size_t)(bytes + n - line));
        if (!end) {
            break; /* torn */
        }
        count += read_mark(line, (size_t)(end - line), &marks[count]);
        line = end + 1;
    }
    *ret_marks = marks;
    return count;
}

/* ---- what the tapes hold ---- */

static void add_gap(struct lct_lesson_media *media, const char *track, lct_ns from, lct_ns to) {
    if (to - from < GAP_MIN) {
        return;
    }
    struct lct_gap *bigger = realloc(media->gaps, (media->gap_count + 1) * sizeof *bigger);
    if (!bigger) {
        return;
    }
    media->gaps = bigger;
    struct lct_gap *gap = &bigger[media->gap_count++];
    *gap = (struct lct_gap){.from = from, .to = to};
    (void)snprintf(gap->track, sizeof gap->track, "%s", track);
}

static void sum_track(const char *folder, const char *track, struct lct_lesson_media *media) {
    char path[LCT_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", folder, track);
    struct lct_reels reels;
    lct_reels_load(path, &reels);
    lct_ns end = LCT_NS_NONE;
    for (size_t i = 0; i < reels.count; i++) {
        const struct lct_reel_view *view = &reels.views[i];
        media->bytes += view->file_bytes;
        for (size_t k = 0; k < view->count; k++) {
            const struct lct_chunk_info *info = &view->rows[k].info;
            lct_ns time = lct_ticks_to_ns(info->tfdt, view->head.timescale);
            if (end != LCT_NS_NONE) {
                add_gap(media, track, end, time);
            }
            end = lct_ticks_to_ns(info->tfdt + info->duration, view->head.timescale);
        }
    }
    lct_reels_free(&reels);
    media->duration = end > media->duration ? end : media->duration;
}

void lct_lesson_media(const char *folder, const struct lct_lesson_info *info,
                      struct lct_lesson_media *ret_media) {
    struct lct_lesson_media media = {.duration = 0};
    for (size_t i = 0; i < info->track_count; i++) {
        sum_track(folder, info->tracks[i].name, &media);
    }
    if (info->end > 0) { /* the last sample's promise may reach past the end */
        media.duration = info->end;
    }
    *ret_media = media;
}

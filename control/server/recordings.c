// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/recordings.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/lesson/lesson.h"
#include "archive/lesson/replica.h"
#include "base/io.h"
#include "base/mem.h"

/* Lessons remembered at most, some 6 KB each; beyond, all are forgotten and read anew. */
#define KNOWN_MAX 1000

struct lct_recordings {
    char *folder;
    bool (*is_recording)(void *, const char *);
    void *arg;
    json_t *known; /* of ended lessons by id: "as_of", "lesson" */
};

struct lct_recordings *lct_recordings_create(const char *folder,
                                             bool (*is_recording)(void *arg, const char *lesson),
                                             void *arg) {
    struct lct_recordings *recordings = lct_new(sizeof *recordings);
    recordings->folder = lct_strdup(folder);
    recordings->is_recording = is_recording;
    recordings->arg = arg;
    recordings->known = json_object();
    return recordings;
}

void lct_recordings_destroy(struct lct_recordings *recordings) {
    if (!recordings) {
        return;
    }
    json_decref(recordings->known);
    free(recordings->folder);
    free(recordings);
}

int lct_recordings_folder(struct lct_recordings *recordings, const char *id, char **ret_folder,
                          struct lct_fault *fault) {
    struct stat info;
    LCT_FREE char *folder = lct_format("%s/%s", recordings->folder, id);
    if (!lct_lesson_is_id(id) || lstat(folder, &info) < 0 || !S_ISDIR(info.st_mode)) {
        return lct_fault_set(fault, -ENOENT, "recordings", "There is no recording %s.",
                             "没有录像 %s。", id);
    }
    *ret_folder = lct_strdup(folder);
    return 0;
}

static lct_ns changed(const char *folder, const char *name) {
    struct stat info;
    LCT_FREE char *path = lct_format("%s/%s", folder, name);
    return stat(path, &info) == 0 ? info.st_mtim.tv_sec * LCT_SECOND + info.st_mtim.tv_nsec : 0;
}

/* As of when a lesson's files are: another text, and what was remembered is out of date. Owned. */
static char *as_of(const struct lct_recordings *recordings, const char *id, const char *folder) {
    LCT_FREE char *record = lct_format("../copies/%s.json", id);
    return lct_format("%lld %lld %lld", (long long)changed(folder, "lesson.json"),
                      (long long)changed(folder, "marks.jsonl"),
                      (long long)changed(recordings->folder, record));
}

/* The lesson as it was read when its files were as of then; NULL: not remembered. Owned. */
static json_t *recall(const struct lct_recordings *recordings, const char *id, const char *then) {
    const json_t *known = json_object_get(recordings->known, id);
    bool same = strcmp(lct_json_text(known, "as_of", ""), then) == 0;
    return same ? json_incref(json_object_get(known, "lesson")) : NULL;
}

static void remember(struct lct_recordings *recordings, const char *id, const char *then,
                     json_t *lesson) {
    if (json_object_size(recordings->known) >= KNOWN_MAX) {
        json_object_clear(recordings->known);
    }
    json_object_set_new(recordings->known, id,
                        json_pack("{s:s, s:O}", "as_of", then, "lesson", lesson));
}

static json_t *tracks_json(const struct lct_lesson_info *info) {
    json_t *list = json_array();
    for (size_t i = 0; i < info->track_count; i++) {
        const struct lct_lesson_track *track = &info->tracks[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:i, s:i, s:b}", "name", track->name,
                                              "kind", track->kind, "source", track->source, "width",
                                              track->width, "height", track->height, "demo",
                                              (int)track->demo));
    }
    return list;
}

static json_t *gaps_json(const struct lct_lesson_media *media) {
    json_t *list = json_array();
    for (size_t i = 0; i < media->gap_count; i++) {
        const struct lct_gap *gap = &media->gaps[i];
        json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "track", gap->track, "from_ns",
                                              (json_int_t)gap->from, "to_ns", (json_int_t)gap->to));
    }
    return list;
}

static json_t *marks_json(const char *folder) {
    struct lct_mark *marks = NULL;
    size_t n = lct_lesson_marks(folder, &marks);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        char wall[32];
        lct_wall_format(marks[i].wall, wall, sizeof wall);
        json_t *mark = json_pack("{s:I, s:s, s:s}", "time_ns", (json_int_t)marks[i].time, "wall",
                                 wall, "label", marks[i].label);
        if (mark) { /* NULL: a label that is no text any more */
            json_array_append_new(list, mark);
        }
    }
    free(marks);
    return list;
}

static const char *state_of(const struct lct_recordings *recordings,
                            const struct lct_lesson_info *info, const json_t *copy) {
    return info->state == LCT_LESSON_ENDED                       ? "ended"
           : recordings->is_recording(recordings->arg, info->id) ? "recording"
           : copy && !lct_json_flag(copy, "complete", false)     ? "copying"
                                                                 : "interrupted";
}

/* Everything about a lesson. 0, or -ENOENT, -EINVAL with a fault; *ret_json is owned. */
static int read_lesson(struct lct_recordings *recordings, const char *id, const char *folder,
                       json_t **ret_json, struct lct_fault *fault) {
    struct lct_lesson_info info;
    struct lct_lesson_media media = {0};
    char started[32];
    LCT_FREE char *then =
        as_of(recordings, id, folder); /* before it is read: what changes meanwhile is seen */
    if ((*ret_json = recall(recordings, id, then))) {
        return 0;
    }
    int rc = lct_lesson_load(folder, &info, fault);
    if (rc < 0) {
        return rc;
    }
    lct_lesson_media(folder, &info, &media);
    lct_wall_format(info.zero_wall, started, sizeof started);
    LCT_FREE char *data = lct_format("%s/..", recordings->folder);
    LCT_JSON json_t *copy = lct_replica_state(data, id);
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:i, s:o, s:o}", "id", id, "room",
                  info.room, "title", info.title, "state", state_of(recordings, &info, copy),
                  "started", started, "duration_ns", (json_int_t)media.duration, "bytes",
                  (json_int_t)media.bytes, "tracks", tracks_json(&info), "gap_count",
                  (int)media.gap_count, "gaps", gaps_json(&media), "marks", marks_json(folder));
    if (json && copy) {
        json_object_set(json, "copy", copy);
    }
    free(media.gaps);
    if (!json) {
        return lct_fault_set(fault, -EINVAL, "recordings", "lesson.json of %s is damaged.",
                             "%s 的 lesson.json 已损坏。", id);
    }
    if (info.state == LCT_LESSON_ENDED) {
        remember(recordings, id, then, json);
    }
    *ret_json = json;
    return 0;
}

int lct_recordings_get(struct lct_recordings *recordings, const char *id, json_t **ret_json,
                       struct lct_fault *fault) {
    LCT_FREE char *folder = NULL;
    int rc = lct_recordings_folder(recordings, id, &folder, fault);
    return rc < 0 ? rc : read_lesson(recordings, id, folder, ret_json, fault);
}

int lct_recordings_summary(struct lct_recordings *recordings, const char *id, json_t **ret_json,
                           struct lct_fault *fault) {
    LCT_JSON json_t *lesson = NULL;
    int rc = lct_recordings_get(recordings, id, &lesson, fault);
    if (rc < 0) {
        return rc;
    }
    json_t *copy = json_copy(lesson); /* the lesson itself may be the one that is remembered */
    size_t marks = json_array_size(json_object_get(copy, "marks"));
    json_object_set_new(copy, "mark_count", json_integer((json_int_t)marks));
    json_object_del(copy, "gaps");
    json_object_del(copy, "marks");
    *ret_json = copy;
    return 0;
}

static int newest_first(const char *a, const char *b) {
    bool a_dated = isdigit((unsigned char)*a), b_dated = isdigit((unsigned char)*b);
    return a_dated != b_dated ? b_dated - a_dated : strcmp(b, a);
}

static int newest_entry_first(const struct dirent **a, const struct dirent **b) {
    return newest_first((*a)->d_name, (*b)->d_name);
}

static int is_candidate(const struct dirent *entry) { return lct_lesson_is_id(entry->d_name); }

int lct_recordings_ids(const struct lct_recordings *recordings, const char *before,
                       json_t **ret_ids, struct lct_fault *fault) {
    struct dirent **entries;
    int n = scandir(recordings->folder, &entries, is_candidate, newest_entry_first);
    if (n < 0) {
        return lct_fault_set(fault, -EIO, "recordings",
                             "The folder of the recordings, %s, cannot be read: %s.",
                             "无法读取录像目录 %s：%s。", recordings->folder, strerror(errno));
    }
    json_t *ids = json_array();
    for (int i = 0; i < n; i++) {
        if (!before || newest_first(before, entries[i]->d_name) < 0) {
            json_array_append_new(ids, json_string(entries[i]->d_name));
        }
        free(entries[i]);
    }
    free(entries);
    *ret_ids = ids;
    return 0;
}

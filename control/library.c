// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/library.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/lesson.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"

LCT_LOG_TOPIC("library");

/* An ended lesson, remembered until its files change. */
struct known {
    struct known *next;
    char *id;
    struct timespec info_changed;
    struct timespec marks_changed;
    json_t *json;
};

struct lct_library {
    char *folder;
    bool (*is_recording)(void *, const char *);
    void *arg;
    struct known *known;
};

struct lct_library *lct_library_create(const char *folder,
                                       bool (*is_recording)(void *arg, const char *lesson),
                                       void *arg) {
    struct lct_library *library = lct_new(sizeof *library);
    library->folder = lct_strdup(folder);
    library->is_recording = is_recording;
    library->arg = arg;
    return library;
}

static void free_known(struct known *known) {
    free(known->id);
    json_decref(known->json);
    free(known);
}

void lct_library_destroy(struct lct_library *library) {
    if (!library) {
        return;
    }
    while (library->known) {
        struct known *next = library->known->next;
        free_known(library->known);
        library->known = next;
    }
    free(library->folder);
    free(library);
}

/* Letters, digits, '-' and '_': what lct_lesson_new makes. No way out of the folder. */
static bool is_lesson_id(const char *id) {
    size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    return n > 0 && n < LCT_LESSON_ID_SIZE && !id[n];
}

int lct_library_folder(struct lct_library *library, const char *id, char **ret_folder,
                       struct lct_fault *fault) {
    struct stat info;
    LCT_FREE char *folder = lct_format("%s/%s", library->folder, id);
    if (!is_lesson_id(id) || lstat(folder, &info) < 0 || !S_ISDIR(info.st_mode)) {
        return lct_fault_set(fault, -ENOENT, "library", "There is no recording %s.",
                             "没有录像 %s。", id);
    }
    *ret_folder = lct_strdup(folder);
    return 0;
}

static struct timespec changed(const char *folder, const char *name) {
    struct stat info;
    LCT_FREE char *path = lct_format("%s/%s", folder, name);
    return stat(path, &info) == 0 ? info.st_mtim : (struct timespec){0};
}

static bool same_time(struct timespec a, struct timespec b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* The remembered JSON (borrowed) when nothing changed since; what is out of date is forgotten. */
static json_t *recall(struct lct_library *library, const char *id, const char *folder) {
    for (struct known **at = &library->known; *at; at = &(*at)->next) {
        struct known *known = *at;
        if (strcmp(known->id, id) != 0) {
            continue;
        }
        if (same_time(known->info_changed, changed(folder, "lesson.json")) &&
            same_time(known->marks_changed, changed(folder, "marks.jsonl"))) {
            return known->json;
        }
        *at = known->next;
        free_known(known);
        return NULL;
    }
    return NULL;
}

static void remember(struct lct_library *library, const char *id, const char *folder,
                     json_t *json) {
    struct known *known = lct_new(sizeof *known);
    known->next = library->known;
    known->id = lct_strdup(id);
    known->info_changed = changed(folder, "lesson.json");
    known->marks_changed = changed(folder, "marks.jsonl");
    known->json = json_incref(json);
    library->known = known;
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

static const char *state_of(const struct lct_library *library, const struct lct_lesson_info *info) {
    return info->state == LCT_LESSON_ENDED                 ? "ended"
           : library->is_recording(library->arg, info->id) ? "recording"
                                                           : "interrupted";
}

/* Everything about a lesson. NULL with a fault. */
static json_t *read_lesson(struct lct_library *library, const char *id, const char *folder,
                           struct lct_fault *fault) {
    struct lct_lesson_info info;
    struct lct_lesson_media media = {0};
    char started[32];
    if (lct_lesson_load(folder, &info, fault) < 0) {
        return NULL;
    }
    lct_lesson_media(folder, &info, &media);
    lct_wall_format(info.zero_wall, started, sizeof started);
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:i, s:o, s:o}", "id", id, "room", info.room,
        "title", info.title, "state", state_of(library, &info), "started", started, "duration_ns",
        (json_int_t)media.duration, "bytes", (json_int_t)media.bytes, "tracks", tracks_json(&info),
        "gap_count", (int)media.gap_count, "gaps", gaps_json(&media), "marks", marks_json(folder));
    free(media.gaps);
    if (!json) {
        (void)lct_fault_set(fault, -EINVAL, "library", "lesson.json of %s is damaged.",
                            "%s 的 lesson.json 已损坏。", id);
    } else if (info.state == LCT_LESSON_ENDED) {
        remember(library, id, folder, json);
    }
    return json;
}

int lct_library_get(struct lct_library *library, const char *id, json_t **ret_json,
                    struct lct_fault *fault) {
    LCT_FREE char *folder = NULL;
    int rc = lct_library_folder(library, id, &folder, fault);
    if (rc < 0) {
        return rc;
    }
    json_t *known = recall(library, id, folder);
    json_t *json = known ? json_incref(known) : read_lesson(library, id, folder, fault);
    if (!json) {
        return fault->code;
    }
    *ret_json = json;
    return 0;
}

static int newest_first(const void *a, const void *b) {
    const json_t *const *x = a, *const *y = b;
    int order = strcmp(lct_json_text(*y, "started", ""), lct_json_text(*x, "started", ""));
    return order ? order : strcmp(lct_json_text(*y, "id", ""), lct_json_text(*x, "id", ""));
}

/* A copy without gaps and marks, which a list does not need. */
static json_t *summary(json_t *json) {
    json_t *copy = json_copy(json);
    json_object_set_new(copy, "mark_count",
                        json_integer((json_int_t)json_array_size(json_object_get(json, "marks"))));
    json_object_del(copy, "gaps");
    json_object_del(copy, "marks");
    return copy;
}

static json_t *sorted(json_t **items, size_t n) {
    json_t *list = json_array();
    if (n > 0) {
        qsort(items, n, sizeof *items, newest_first);
    }
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, items[i]);
    }
    return list;
}

json_t *lct_library_list(struct lct_library *library) {
    DIR *folder = opendir(library->folder);
    json_t **items = NULL;
    size_t n = 0;
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        json_t *json;
        struct lct_fault fault;
        if (!is_lesson_id(entry->d_name)) {
            continue;
        }
        if (lct_library_get(library, entry->d_name, &json, &fault) < 0) {
            lct_debug("no lesson", "folder=%s because=%s", entry->d_name, fault.en);
            continue;
        }
        json_t **more = realloc(items, (n + 1) * sizeof(json_t *));
        if (!more) {
            json_decref(json);
            break;
        }
        items = more;
        items[n++] = summary(json);
        json_decref(json);
    }
    if (folder) {
        closedir(folder);
    }
    json_t *list = sorted(items, n);
    free(items);
    return list;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/library/chapters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/plain.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"

LCT_LOG_TOPIC("chapters");

/* Latest time of a chapter: ten days, as for a clip's. */
#define TIME_MAX (INT64_C(864000) * LCT_SECOND)

struct entry {
    int64_t time;
    json_t *json; /* owned */
};

static int by_time(const void *a, const void *b) {
    int64_t x = ((const struct entry *)a)->time, y = ((const struct entry *)b)->time;
    return (x > y) - (x < y);
}

static int read_one(const json_t *json, struct entry *entry, struct lct_fault *fault) {
    static const struct lct_plain_field title = {"title", "章节标题", LCT_CHAPTERS_TITLE_MAX, false,
                                                 0};
    static const char *const keys[] = {"time_ns", "title", "picture_ns", NULL};
    int64_t picture = -1;
    entry->time = -1;
    int rc = lct_json_only(json, keys, fault);
    rc = rc ? rc : lct_json_read_int(json, "time_ns", 0, TIME_MAX, &entry->time, fault);
    rc = rc ? rc : lct_json_read_int(json, "picture_ns", 0, TIME_MAX, &picture, fault);
    if (rc == 0 && entry->time < 0) {
        rc = lct_fault_set(fault, -EINVAL, "chapters", "A chapter needs its time: \"time_ns\".",
                           "章节必须有时间“time_ns”。");
    }
    rc = rc ? rc : lct_plain_read(json, &title, entry->json, fault);
    if (rc < 0) {
        return rc;
    }
    if (!json_object_get(entry->json, "title")) {
        json_object_set_new(entry->json, "title", json_string(""));
    }
    json_object_set_new(entry->json, "time_ns", json_integer(entry->time));
    if (picture >= 0) {
        json_object_set_new(entry->json, "picture_ns", json_integer(picture));
    }
    return 0;
}

static json_t *in_order(struct entry *entries, size_t n) {
    json_t *list = json_array();
    qsort(entries, n, sizeof *entries, by_time);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || entries[i].time != entries[i - 1].time) {
            json_array_append(list, entries[i].json);
        }
    }
    return list;
}

int lct_chapters_check(const json_t *json, json_t **ret_json, struct lct_fault *fault) {
    const json_t *chapters = json_object_get(json, "chapters");
    size_t n = json_array_size(chapters);
    if (!json_is_array(chapters) || n > LCT_CHAPTERS_MAX) {
        return lct_fault_set(fault, -EINVAL, "chapters",
                             "\"chapters\" must be a list of at most %d chapters.",
                             "“chapters”必须是章节列表，最多 %d 个。", LCT_CHAPTERS_MAX);
    }
    LCT_FREE struct entry *entries = lct_new((n + 1) * sizeof *entries);
    int rc = 0;
    for (size_t i = 0; i < n; i++) {
        entries[i].json = json_object();
        rc = rc ? rc : read_one(json_array_get(chapters, i), &entries[i], fault);
    }
    if (rc == 0) {
        *ret_json = json_pack("{s:i, s:o}", "version", 1, "chapters", in_order(entries, n));
    }
    for (size_t i = 0; i < n; i++) {
        json_decref(entries[i].json);
    }
    return rc;
}

static char *path_of(const char *folder) { return lct_format("%s/chapters.json", folder); }

json_t *lct_chapters_load(const char *folder) {
    LCT_FREE char *path = path_of(folder);
    json_t *json;
    struct lct_fault fault;
    int rc = lct_json_load(path, LCT_CHAPTERS_BYTES_MAX, &json, &fault);
    if (rc == 0 && json_is_array(json_object_get(json, "chapters"))) {
        return json;
    }
    if (rc == 0) {
        json_decref(json);
    }
    if (rc != -ENOENT) {
        lct_warn("chapters are left out", "file=%s", path);
    }
    return NULL;
}

int lct_chapters_save(const struct lct_io *io, const char *folder, const json_t *json) {
    LCT_FREE char *path = path_of(folder);
    size_t n;
    LCT_FREE char *text = lct_json_dump(json, &n);
    return lct_io_replace(io, path, text, n);
}

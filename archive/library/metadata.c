// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/library/metadata.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/lesson.h"
#include "archive/library/clip.h"
#include "archive/library/plain.h"
#include "base/mem.h"
#include "encode/chunk.h"

#define VERSION 1

static const struct lct_plain_field fields[] = {
    {"title", "标题", LCT_METADATA_TITLE_MAX, false, 0},
    {"description", "简介", LCT_METADATA_DESCRIPTION_MAX, true, 0},
    {"stage", "学段", LCT_METADATA_TERM_MAX, false, 0},
    {"subject", "学科", LCT_METADATA_TERM_MAX, false, 0},
    {"grade", "年级", LCT_METADATA_TERM_MAX, false, 0},
    {"edition", "教材版本", LCT_METADATA_TERM_MAX, false, 0},
    {"volume", "册次", LCT_METADATA_TERM_MAX, false, 0},
    {"chapter", "章节", LCT_METADATA_TITLE_MAX, false, 0},
    {"points", "知识点", LCT_METADATA_TERM_MAX, false, LCT_METADATA_POINTS_MAX},
    {"type", "类型", LCT_METADATA_TERM_MAX, false, 0},
    {"teachers", "主讲教师", LCT_METADATA_TERM_MAX, false, LCT_METADATA_TEACHERS_MAX},
    {"school", "学校", LCT_METADATA_TITLE_MAX, false, 0},
};

/* "2026-03-01T08:00:00.123Z": what lct_wall_format writes. */
static bool is_time(const char *text) {
    static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";
    size_t i = 0;
    while (form[i] && (form[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i])) {
        i++;
    }
    return !form[i] && !text[i];
}

static int check_time(const json_t *json, const char *key, json_t *into, struct lct_fault *fault) {
    const json_t *value = json_object_get(json, key);
    if (!value || json_is_null(value)) {
        return 0;
    }
    if (!json_is_string(value) || !is_time(json_string_value(value))) {
        return lct_fault_set(fault, -EINVAL, "metadata",
                             "\"%s\" must be a time such as 2026-03-01T08:00:00.000Z.",
                             "“%s”必须是时间，例如 2026-03-01T08:00:00.000Z。", key);
    }
    json_object_set_new(into, key, json_string(json_string_value(value)));
    return 0;
}

static int check_state(const json_t *json, json_t *into, struct lct_fault *fault) {
    const json_t *value = json_object_get(json, "state");
    const char *state = json_string_value(value);
    if (!value || json_is_null(value)) {
        return 0;
    }
    if (!state || (strcmp(state, "draft") != 0 && strcmp(state, "published") != 0)) {
        return lct_fault_set(fault, -EINVAL, "metadata",
                             "\"state\" must be \"draft\" or \"published\".",
                             "“state”必须是“draft”（草稿）或“published”（已发布）。");
    }
    json_object_set_new(into, "state", json_string(state));
    return 0;
}

static int check_cover(const json_t *json, json_t *into, struct lct_fault *fault) {
    const json_t *value = json_object_get(json, "cover");
    if (!value || json_is_null(value)) {
        return 0;
    }
    const char *lesson = lct_json_text(value, "lesson", "");
    const char *track = lct_json_text(value, "track", "");
    int64_t time = lct_json_int(value, "time_ns", -1);
    if ((*lesson && !lct_lesson_is_id(lesson)) || !lct_lesson_is_id(track) ||
        strlen(track) >= LCT_TRACK_NAME_SIZE || time < 0) {
        return lct_fault_set(fault, -EINVAL, "metadata",
                             "\"cover\" must name a track and a time of the lesson.",
                             "“cover”（封面）必须指明课程的一路画面和一个时刻。");
    }
    if (time > LCT_CLIP_TIME_MAX) {
        return lct_fault_set(fault, -EINVAL, "metadata",
                             "\"cover\": its time lies behind the 10 days that a lesson may last.",
                             "“cover”（封面）的时刻超出了课程最长时间（10 天）。");
    }
    json_t *cover = json_pack("{s:s, s:I}", "track", track, "time_ns", (json_int_t)time);
    if (*lesson) {
        json_object_set_new(cover, "lesson", json_string(lesson));
    }
    json_object_set_new(into, "cover", cover);
    return 0;
}

static int check_names(const json_t *json, struct lct_fault *fault) {
    static const char *const others[] = {"version", "state",   "trashed",
                                         "created", "changed", "cover"};
    const char *keys[sizeof fields / sizeof *fields + sizeof others / sizeof *others + 1] = {NULL};
    size_t n = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        keys[n++] = fields[i].key;
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        keys[n++] = others[i];
    }
    return lct_json_only(json, keys, fault);
}

int lct_metadata_check(const json_t *json, json_t **ret_json, struct lct_fault *fault) {
    LCT_JSON json_t *into = json_pack("{s:i}", "version", VERSION);
    int64_t version = lct_json_int(json, "version", VERSION);
    int rc = check_names(json, fault);
    if (rc == 0 && version != VERSION) {
        rc = lct_fault_set(fault, -EINVAL, "metadata",
                           "This is version %lld of metadata; known is %d.",
                           "元数据版本为 %lld，仅支持 %d。", (long long)version, VERSION);
    }
    for (size_t i = 0; i < sizeof fields / sizeof *fields && rc == 0; i++) {
        rc = lct_plain_read(json, &fields[i], into, fault);
    }
    if (rc < 0 || (rc = check_state(json, into, fault)) < 0 ||
        (rc = check_time(json, "trashed", into, fault)) < 0 ||
        (rc = check_time(json, "created", into, fault)) < 0 ||
        (rc = check_time(json, "changed", into, fault)) < 0 ||
        (rc = check_cover(json, into, fault)) < 0) {
        return rc;
    }
    *ret_json = json_incref(into);
    return 0;
}

static char *path_in(const char *folder) { return lct_format("%s/metadata.json", folder); }

int lct_metadata_load(const char *folder, json_t **ret_json, struct lct_fault *fault) {
    LCT_FREE char *path = path_in(folder);
    LCT_JSON json_t *json = NULL;
    struct lct_fault why;
    int rc = lct_json_load(path, LCT_METADATA_BYTES_MAX, &json, &why);
    if (rc == -ENOENT) {
        *ret_json = json_object();
        return 0;
    }
    if (rc == -EINVAL || rc == -EFBIG ||
        (rc == 0 && lct_metadata_check(json, ret_json, &why) < 0)) {
        return lct_fault_set(fault, -EBADMSG, "metadata",
                             "%s is damaged. Put it back from a copy, or remove it and fill it in "
                             "anew.",
                             "%s 已损坏。请从备份恢复，或删除后重新填写。", path);
    }
    return rc == 0 ? 0
                   : lct_fault_set(fault, rc, "metadata", "%s cannot be read: %s.",
                                   "无法读取 %s：%s。", path, strerror(-rc));
}

int lct_metadata_save(const struct lct_io *io, const char *folder, const json_t *json) {
    LCT_FREE char *path = path_in(folder);
    size_t n;
    LCT_FREE char *text = lct_json_dump(json, &n);
    return lct_io_replace(io, path, text, n);
}

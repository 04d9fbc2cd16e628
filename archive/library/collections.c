// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/library/collections.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/lesson.h"
#include "archive/library/metadata.h"
#include "archive/library/plain.h"
#include "base/io.h"
#include "base/mem.h"

#define VERSION 1

static const struct lct_plain_field fields[] = {
    {"title", "标题", LCT_METADATA_TITLE_MAX, false, 0},
    {"description", "简介", LCT_METADATA_DESCRIPTION_MAX, true, 0},
};

static int check_items(const json_t *json, json_t *into, struct lct_fault *fault) {
    const json_t *items = json_object_get(json, "items");
    json_t *list = json_array();
    size_t i;
    json_t *item;
    json_object_set_new(into, "items", list);
    if (items && (!json_is_array(items) || json_array_size(items) > LCT_COLLECTION_ITEMS_MAX)) {
        return lct_fault_set(fault, -EINVAL, "collections",
                             "\"items\" must be a list of at most %d ids.",
                             "“items”必须是最多 %d 个编号的列表。", LCT_COLLECTION_ITEMS_MAX);
    }
    json_array_foreach(items, i, item) {
        if (!json_is_string(item) || !lct_lesson_is_id(json_string_value(item))) {
            return lct_fault_set(fault, -EINVAL, "collections",
                                 "\"items\" must hold ids of lessons and microlessons.",
                                 "“items”必须是课程或微课的编号。");
        }
        json_array_append(list, item);
    }
    return 0;
}

int lct_collections_check(const json_t *json, json_t **ret_json, struct lct_fault *fault) {
    LCT_JSON json_t *into = json_object();
    int rc =
        lct_json_only(json, (const char *[]){"id", "title", "description", "items", NULL}, fault);
    for (size_t i = 0; i < sizeof fields / sizeof *fields && rc == 0; i++) {
        rc = lct_plain_read(json, &fields[i], into, fault);
    }
    if (rc == 0 && !json_object_get(into, "title")) {
        rc = lct_fault_set(fault, -EINVAL, "collections", "A collection needs a title.",
                           "请填写合集标题。");
    }
    rc = rc ? rc : check_items(json, into, fault);
    if (rc == 0) {
        *ret_json = json_incref(into);
    }
    return rc;
}

static bool read_list(const json_t *json, json_t *list) {
    size_t i;
    json_t *item;
    struct lct_fault unused;
    json_array_foreach(json_object_get(json, "collections"), i, item) {
        json_t *one;
        const char *id = lct_json_text(item, "id", "");
        if (!lct_lesson_is_id(id) || lct_collections_check(item, &one, &unused) < 0) {
            return false;
        }
        json_object_set_new(one, "id", json_string(id));
        json_array_append_new(list, one);
    }
    return json_is_array(json_object_get(json, "collections"));
}

int lct_collections_load(const char *data, json_t **ret_list, struct lct_fault *fault) {
    LCT_FREE char *path = lct_format("%s/collections.json", data);
    LCT_JSON json_t *json = NULL;
    LCT_JSON json_t *list = json_array();
    struct lct_fault why;
    int rc = lct_json_load(path, LCT_COLLECTIONS_BYTES_MAX, &json, &why);
    if (rc == -EINVAL || (rc == 0 && !read_list(json, list))) {
        return lct_fault_set(fault, -EBADMSG, "collections",
                             "%s is damaged. Put it back from a copy, or remove it: then there are "
                             "no collections.",
                             "%s 已损坏。请从备份恢复，或删除它，但所有合集会丢失。", path);
    }
    if (rc < 0 && rc != -ENOENT) {
        return lct_fault_set(fault, rc, "collections", "%s cannot be read: %s.",
                             "无法读取 %s：%s。", path, strerror(-rc));
    }
    *ret_list = json_incref(list);
    return 0;
}

long lct_collections_find(const json_t *list, const char *id) {
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) {
        if (strcmp(lct_json_text(item, "id", ""), id) == 0) {
            return (long)i;
        }
    }
    return -1;
}

int lct_collections_save(const char *data, const json_t *list, struct lct_fault *fault) {
    LCT_FREE char *path = lct_format("%s/collections.json", data);
    LCT_JSON json_t *json = json_pack("{s:i, s:O}", "version", VERSION, "collections", list);
    size_t n;
    LCT_FREE char *text = lct_json_dump(json, &n);
    if (json_array_size(list) > LCT_COLLECTIONS_MAX) {
        return lct_fault_set(fault, -EUSERS, "collections", "There are %d collections already.",
                             "已有 %d 个合集。", LCT_COLLECTIONS_MAX);
    }
    int rc = n > LCT_COLLECTIONS_BYTES_MAX ? -EFBIG : lct_io_replace(&lct_io_system, path, text, n);
    return rc == 0 ? 0 : lct_fault_unwritten(fault, rc, "collections", path);
}

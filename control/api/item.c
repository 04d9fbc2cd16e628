// SPDX-License-Identifier: GPL-3.0-or-later
/* One lesson or microlesson: what a player needs of it, what people say of it, the trash. Catalogue
 * loop. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/lesson/lesson.h"
#include "archive/library/clip.h"
#include "archive/library/item.h"
#include "archive/library/metadata.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/document.h"
#include "control/api/find.h"
#include "control/api/gate.h"
#include "control/api/handlers.h"

LCT_LOG_TOPIC("api");

static int read_item(const struct lct_api *api, const char *id, struct lct_item *ret_item,
                     struct lct_fault *fault) {
    int rc = lct_item_read(api->data, id, lct_rooms_is_recording(api->rooms, id), ret_item);
    return rc == 0         ? 0
           : rc == -EINVAL ? lct_fault_set(fault, -EBADMSG, "api", "The files of %s are damaged.",
                                           "%s 的文件已损坏。", id)
                           : lct_api_no_item(id, fault);
}

/* What people say of it as it is now, and its version. */
static int read_metadata(const struct lct_api *api, const char *id, json_t **ret_metadata,
                         char tag[LCT_API_TAG_SIZE], struct lct_fault *fault) {
    LCT_FREE char *folder = lct_item_folder(api->data, id);
    int rc = lct_metadata_load(folder, ret_metadata, fault);
    if (rc == 0) {
        lct_api_tag_of(*ret_metadata, tag);
    }
    return rc;
}

/* ---- a player's view ---- */

static void add_members(json_t *item, const json_t *from, const char *const *keys) {
    for (size_t i = 0; keys[i]; i++) {
        json_t *value = json_object_get(from, keys[i]);
        if (value) {
            json_object_set_new(item, keys[i], json_deep_copy(value));
        }
    }
}

static int add_lesson(struct lct_api *api, const char *id, const char *folder, json_t *item,
                      struct lct_fault *fault) {
    LCT_JSON json_t *lesson = NULL;
    LCT_JSON json_t *users = NULL;
    int rc = lct_recordings_get(api->item_recordings, id, &lesson, fault);
    rc = rc ? rc : lct_catalogue_users(api->catalogue, id, &users, fault);
    if (rc < 0) {
        return rc;
    }
    add_members(item, lesson,
                (const char *[]){"room", "tracks", "gaps", "marks", "bytes", "copy", NULL});
    json_object_set(item, "lesson_state", json_object_get(lesson, "state"));
    json_object_set(item, "duration_ns", json_object_get(lesson, "duration_ns"));
    json_object_set(item, "used_by", users);
    lct_api_add_chapters(item, folder);
    return 0;
}

/* Its lessons, as far as they are still there. */
static json_t *sources_json(const struct lct_api *api, const json_t *sources) {
    json_t *list = json_array();
    size_t i;
    json_t *source;
    json_array_foreach(sources, i, source) {
        const char *id = json_string_value(source);
        LCT_FREE char *folder = lct_item_folder(api->data, id);
        LCT_JSON json_t *metadata = NULL;
        struct lct_lesson_info info;
        struct lct_fault unused;
        bool there = lct_lesson_load(folder, &info, &unused) == 0;
        if (lct_metadata_load(folder, &metadata, &unused) < 0) {
            metadata = json_object(); /* damaged: it says nothing */
        }
        const char *title = there ? lct_json_text(metadata, "title", info.title) : "";
        json_t *tracks = json_array();
        for (size_t k = 0; there && k < info.track_count; k++) {
            json_array_append_new(tracks, json_string(info.tracks[k].name));
        }
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o, s:b, s:b}", "id", id, "title", title,
                                        "tracks", tracks, "missing", (int)!there, "trashed",
                                        json_is_string(json_object_get(metadata, "trashed"))));
    }
    return list;
}

static int add_clip(const struct lct_api *api, const char *id, const char *folder,
                    const json_t *sources, json_t *item, struct lct_fault *fault) {
    LCT_JSON json_t *edl = NULL;
    unsigned version;
    int rc = lct_clip_newest(folder, &edl, &version);
    if (rc < 0) {
        return lct_api_no_item(id, fault);
    }
    add_members(item, edl,
                (const char *[]){"pieces", "chapters", "opening", "closing", "logo", NULL});
    json_object_set_new(item, "versions", json_integer(version));
    json_object_set_new(item, "sources", sources_json(api, sources));
    return 0;
}

static int item_json(struct lct_api *api, const char *id, json_t **ret_json,
                     char tag[LCT_API_TAG_SIZE], struct lct_fault *fault) {
    LCT_FREE char *folder = lct_item_folder(api->data, id);
    LCT_JSON json_t *metadata = NULL;
    struct lct_item item = {.summary = NULL};
    int rc = read_item(api, id, &item, fault);
    if (rc < 0) {
        return rc;
    }
    rc = read_metadata(api, id, &metadata, tag, fault);
    if (rc == -EBADMSG) { /* who writes is told; all else of it is whole */
        metadata = json_object();
        tag[0] = '\0';
        rc = 0;
    }
    rc = rc             ? rc
         : item.sources ? add_clip(api, id, folder, item.sources, item.summary, fault)
                        : add_lesson(api, id, folder, item.summary, fault);
    if (rc == 0) {
        json_t *json = json_incref(item.summary);
        json_object_set(json, "metadata", metadata);
        json_object_set_new(json, "recording",
                            json_boolean(lct_rooms_is_recording(api->rooms, id)));
        if (!json_object_get(json, "chapters")) {
            json_object_set_new(json, "chapters", json_array());
        }
        json_object_set_new(json, "subtitles", lct_api_subtitles(api, id, item.sources));
        *ret_json = json;
    }
    lct_item_free(&item);
    return rc;
}

/* What who has but a shared link need not know: how it is recorded, and of other items. */
static void hide(json_t *item) {
    static const char *const titles[] = {"source", "title"};
    static const char *const lists[] = {"tracks", "sources"};
    size_t k;
    json_t *one;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        json_array_foreach(json_object_get(item, lists[i]), k, one) {
            json_object_set_new(one, titles[i], json_string(""));
        }
    }
    if (json_object_get(item, "used_by")) {
        json_object_set_new(item, "used_by", json_array());
    }
    json_object_del(item, "copy");
}

void lct_api_get_item(void *app, struct lct_http_request *request) {
    char tag[LCT_API_TAG_SIZE];
    struct lct_fault fault;
    json_t *item = NULL;
    if (item_json(app, lct_http_value(request, 0), &item, tag, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    if (!lct_api_has_code(app, request)) {
        hide(item);
        tag[0] = '\0';
    }
    if (*tag) {
        lct_http_add_header(request, "ETag", tag);
    }
    lct_http_answer_json(request, 200, item);
}

/* ---- what people say of it ---- */

static void set_now(json_t *metadata, const char *key) {
    char now[32];
    lct_wall_format(lct_wall(), now, sizeof now);
    json_object_set_new(metadata, key, json_string(now));
}

/* Into its file, then into the index. */
static int save(struct lct_api *api, const char *id, const json_t *metadata,
                struct lct_fault *fault) {
    LCT_FREE char *folder = lct_item_folder(api->data, id);
    int rc = lct_metadata_save(&lct_io_system, folder, metadata);
    lct_catalogue_look(api->catalogue, id);
    return lct_api_saved(rc, fault);
}

/* What is not a person's to write stays as it is. */
static void keep_own(const json_t *before, json_t *metadata) {
    static const char *const own[] = {"trashed", "created"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        json_t *value = json_object_get(before, own[i]);
        if (value) {
            json_object_set(metadata, own[i], value);
        } else {
            json_object_del(metadata, own[i]);
        }
    }
    set_now(metadata, "changed");
}

void lct_api_put_metadata(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    LCT_JSON json_t *body = NULL;
    LCT_JSON json_t *before = NULL;
    LCT_JSON json_t *metadata = NULL;
    char tag[LCT_API_TAG_SIZE];
    struct lct_fault fault;
    if (lct_api_find_item(api, id, &fault) < 0 || lct_http_json(request, &body, &fault) < 0 ||
        lct_metadata_check(body, &metadata, &fault) < 0 ||
        read_metadata(api, id, &before, tag, &fault) < 0 ||
        lct_api_may_replace(request, tag, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    keep_own(before, metadata);
    if (save(api, id, metadata, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_api_answer_document(request, json_incref(metadata));
}

/* ---- the trash ---- */

/* The clips that need it: none of those that lie in the trash themselves. */
static int refuse_used(struct lct_api *api, const char *id, struct lct_fault *fault) {
    LCT_JSON json_t *users = NULL;
    LCT_FREE char *titles = lct_strdup("");
    size_t i;
    json_t *user;
    if (!lct_item_is_clip(id) && lct_catalogue_is_building(api->catalogue)) {
        return lct_fault_set(fault, -EBUSY, "api",
                             "Folders are still looked through, and a microlesson may be made of "
                             "it. Try again in a moment.",
                             "正在整理文件夹，可能有微课使用它，请稍后再试。");
    }
    int rc = lct_catalogue_users(api->catalogue, id, &users, fault);
    json_array_foreach(users, i, user) {
        if (!lct_json_flag(user, "trashed", false)) {
            const char *title = lct_json_text(user, "title", "");
            char *longer = lct_format("%s%s%s", titles, *titles ? ", " : "",
                                      *title ? title : lct_json_text(user, "id", ""));
            free(titles);
            titles = longer;
        }
    }
    return rc < 0 || !*titles
               ? rc
               : lct_fault_set(fault, -ETXTBSY, "api", "Microlessons are made of it: %s.",
                               "有微课使用它：%s。", titles);
}

static int set_trashed(struct lct_api *api, const char *id, bool on, bool anyway,
                       json_t **ret_metadata, struct lct_fault *fault) {
    LCT_JSON json_t *metadata = NULL;
    char tag[LCT_API_TAG_SIZE];
    int rc = lct_api_find_item(api, id, fault);
    rc = rc ? rc : read_metadata(api, id, &metadata, tag, fault);
    rc = rc || !on || anyway ? rc : refuse_used(api, id, fault);
    if (rc == 0 && on && lct_rooms_is_recording(api->rooms, id)) {
        rc = lct_fault_set(fault, -EBUSY, "api", "It is being recorded. Stop the recording first.",
                           "正在录制，请先停止录制。");
    }
    if (rc < 0) {
        return rc;
    }
    json_object_set_new(metadata, "version", json_integer(1));
    if (on && !json_object_get(metadata, "trashed")) {
        set_now(metadata, "trashed");
    } else if (!on) {
        json_object_del(metadata, "trashed");
    }
    rc = save(api, id, metadata, fault);
    if (rc == 0) {
        *ret_metadata = json_incref(metadata);
    }
    return rc;
}

static void answer_trashed(struct lct_http_request *request, struct lct_api *api, bool on) {
    const char *id = lct_http_value(request, 0);
    const char *anyway = lct_http_query(request, "anyway", 0);
    LCT_JSON json_t *metadata = NULL;
    struct lct_fault fault;
    if (set_trashed(api, id, on, anyway && strcmp(anyway, "1") == 0, &metadata, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(
        request, 200,
        json_pack("{s:s, s:s?}", "id", id, "trashed", lct_json_text(metadata, "trashed", NULL)));
}

void lct_api_put_trash(void *app, struct lct_http_request *request) {
    answer_trashed(request, app, true);
}

void lct_api_delete_trash(void *app, struct lct_http_request *request) {
    answer_trashed(request, app, false);
}

/* What there is of it elsewhere: its links, which would stay in others' way, and an editor's work.
 */
static void forget_rest(struct lct_api *api, const char *id) {
    lct_api_end_shares(api, id);
    lct_api_remove_edit(api, id);
}

int lct_api_delete_for_ever(struct lct_api *api, const char *id, struct lct_fault *fault) {
    LCT_JSON json_t *metadata = NULL;
    char tag[LCT_API_TAG_SIZE];
    int rc = lct_api_find_item(api, id, fault);
    rc = rc ? rc : read_metadata(api, id, &metadata, tag, fault);
    if (rc < 0) {
        return rc;
    }
    if (!json_object_get(metadata, "trashed")) {
        return lct_fault_set(fault, -EBUSY, "api", "Only what lies in the trash can be deleted.",
                             "只能彻底删除回收站中的内容。");
    }
    rc = refuse_used(api, id, fault);
    if (rc < 0) {
        return rc;
    }
    LCT_FREE char *folder = lct_item_folder(api->data, id);
    if (!lct_item_is_clip(id) && lct_lesson_is_locked(folder)) {
        return lct_fault_set(fault, -EBUSY, "api", "A program is at work on it. Try again later.",
                             "有程序正在处理它，请稍后再试。");
    }
    rc = lct_item_delete(api->data, id);
    lct_catalogue_look(api->catalogue, id);
    if (rc == 0) {
        forget_rest(api, id);
        lct_info("deleted for ever", "item=%s", id);
    }
    return rc == 0 ? 0
                   : lct_fault_set(fault, rc, "api", "%s could not be deleted: %s.",
                                   "未能删除 %s：%s。", id, strerror(-rc));
}

void lct_api_delete_item(void *app, struct lct_http_request *request) {
    const char *id = lct_http_value(request, 0);
    struct lct_fault fault;
    if (lct_api_delete_for_ever(app, id, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 200, json_pack("{s:s}", "id", id));
}

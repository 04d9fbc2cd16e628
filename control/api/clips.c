// SPDX-License-Identifier: GPL-3.0-or-later
/* Microlessons: their edit decision lists and the versions of these. Catalogue loop. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/clip.h"
#include "archive/library/metadata.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/document.h"
#include "control/api/handlers.h"

LCT_LOG_TOPIC("api");

static int find_folder(const struct lct_api *api, const char *id, char **ret_folder,
                       struct lct_fault *fault) {
    if (!lct_clip_is_id(id)) {
        return lct_fault_set(fault, -ENOENT, "api", "There is no microlesson %s.", "没有微课 %s。",
                             id);
    }
    *ret_folder = lct_format("%s/clips/%s", api->data, id);
    return 0;
}

static int refuse_read(int rc, const char *id, struct lct_fault *fault) {
    return rc == -ENOENT
               ? lct_fault_set(fault, rc, "api", "There is no such version of a microlesson %s.",
                               "微课 %s 没有这个版本。", id)
               : lct_fault_set(fault, -EBADMSG, "api", "The files of %s are damaged.",
                               "%s 的文件已损坏。", id);
}

static void answer(struct lct_http_request *request, int status, const char *id, unsigned version,
                   const json_t *edl) {
    char tag[LCT_API_TAG_SIZE];
    lct_api_tag_of(edl, tag);
    lct_http_add_header(request, "ETag", tag);
    lct_http_answer_json(
        request, status,
        json_pack("{s:s, s:i, s:O}", "id", id, "version", (int)version, "edl", edl));
}

/* What a request brings; its title, if it may have one, goes into metadata. */
static int read_body(const struct lct_api *api, const struct lct_http_request *request,
                     struct lct_clip *ret_clip, json_t **ret_metadata, struct lct_fault *fault) {
    LCT_JSON json_t *body = NULL;
    LCT_JSON json_t *said = json_object();
    char now[32];
    lct_wall_format(lct_wall(), now, sizeof now);
    int rc = lct_http_json(request, &body, fault);
    rc = rc ? rc
            : lct_json_only(body, (const char *[]){"edl", ret_metadata ? "title" : NULL, NULL},
                            fault);
    if (rc == 0 && ret_metadata) {
        json_t *title = json_object_get(body, "title");
        json_object_set_new(said, "created", json_string(now));
        if (title) {
            json_object_set(said, "title", title);
        }
        rc = lct_metadata_check(said, ret_metadata, fault);
    }
    rc = rc ? rc : lct_clip_read(json_object_get(body, "edl"), ret_clip, fault);
    if (rc < 0) {
        return rc;
    }
    rc = lct_clip_check(ret_clip, api->data, fault);
    rc = rc ? rc : lct_api_check_card(&ret_clip->opening, fault);
    rc = rc ? rc : lct_api_check_card(&ret_clip->closing, fault);
    if (rc < 0) {
        lct_clip_free(ret_clip);
    }
    return rc;
}

void lct_api_post_clip(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_clip clip = {.pieces = NULL};
    LCT_JSON json_t *metadata = NULL;
    char id[LCT_LESSON_ID_SIZE];
    struct lct_fault fault;
    int rc = read_body(api, request, &clip, &metadata, &fault);
    rc = rc ? rc : lct_clip_create(&lct_io_system, api->data, &clip, metadata, id, &fault);
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
    } else {
        LCT_JSON json_t *edl = lct_clip_json(&clip);
        lct_info("microlesson made", "clip=%s pieces=%zu", id, clip.piece_count);
        lct_catalogue_look(api->catalogue, id);
        lct_api_prepare_clip(api, id, 1, &clip);
        answer(request, 201, id, 1, edl);
    }
    lct_clip_free(&clip);
}

void lct_api_get_clip(void *app, struct lct_http_request *request) {
    const char *id = lct_http_value(request, 0);
    LCT_FREE char *folder = NULL;
    LCT_JSON json_t *edl = NULL;
    struct lct_fault fault;
    unsigned version;
    int rc = find_folder(app, id, &folder, &fault);
    if (rc == 0 && (rc = lct_clip_newest(folder, &edl, &version)) < 0) {
        (void)refuse_read(rc, id, &fault);
    }
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    answer(request, 200, id, version, edl);
}

void lct_api_put_clip(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    LCT_FREE char *folder = NULL;
    LCT_JSON json_t *before = NULL;
    struct lct_clip clip = {.pieces = NULL};
    char tag[LCT_API_TAG_SIZE];
    struct lct_fault fault;
    unsigned version;
    int rc = find_folder(api, id, &folder, &fault);
    if (rc == 0 && (rc = lct_clip_newest(folder, &before, &version)) < 0) {
        (void)refuse_read(rc, id, &fault);
    }
    if (rc == 0) {
        lct_api_tag_of(before, tag);
        rc = lct_api_may_replace(request, tag, &fault);
    }
    rc = rc ? rc : read_body(api, request, &clip, NULL, &fault);
    rc = rc ? rc : lct_clip_save(&lct_io_system, folder, version, &clip, &version, &fault);
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
    } else {
        LCT_JSON json_t *edl = lct_clip_json(&clip);
        lct_catalogue_look(api->catalogue, id);
        lct_api_prepare_clip(api, id, version, &clip);
        answer(request, 200, id, version, edl);
    }
    lct_clip_free(&clip);
}

void lct_api_get_clip_versions(void *app, struct lct_http_request *request) {
    const char *id = lct_http_value(request, 0);
    LCT_FREE char *folder = NULL;
    LCT_JSON json_t *versions = NULL;
    struct lct_fault fault;
    int rc = find_folder(app, id, &folder, &fault);
    if (rc == 0) {
        versions = lct_clip_versions(folder);
        rc = json_array_size(versions) > 0 ? 0 : refuse_read(-ENOENT, id, &fault);
    }
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 200, json_pack("{s:s, s:O}", "id", id, "versions", versions));
}

void lct_api_get_clip_version(void *app, struct lct_http_request *request) {
    const char *id = lct_http_value(request, 0);
    const char *text = lct_http_value(request, 1);
    size_t digits = strspn(text, "0123456789");
    unsigned version =
        digits > 0 && digits <= 4 && !text[digits] ? (unsigned)strtoul(text, NULL, 10) : 0;
    LCT_FREE char *folder = NULL;
    LCT_JSON json_t *edl = NULL;
    struct lct_fault fault;
    int rc = find_folder(app, id, &folder, &fault);
    if (rc == 0 && (rc = lct_clip_version(folder, version, &edl)) < 0) {
        (void)refuse_read(rc, id, &fault);
    }
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    answer(request, 200, id, version, edl);
}

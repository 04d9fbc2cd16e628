// SPDX-License-Identifier: GPL-3.0-or-later
/* Files that people bring in, piece by piece. Catalogue loop. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/uploads.h"
#include "control/api/api.h"
#include "control/api/handlers.h"
#include "stream/http/http_parse.h"

/* A job makes a lesson of the upload, or will. One that was cancelled may still be ending, and its
 * lesson come all the same. */
static bool has_job(const struct lct_api *api, const char *id, bool cancelled_too) {
    LCT_JSON json_t *jobs = lct_workers_json(api->workers);
    const json_t *job;
    size_t i;
    json_array_foreach(jobs, i, job) {
        const char *state = lct_json_text(job, "state", "");
        bool open = strcmp(state, "waiting") == 0 || strcmp(state, "running") == 0;
        if (open && strcmp(lct_json_text(job, "upload", ""), id) == 0 &&
            (cancelled_too || !lct_json_flag(job, "cancelling", false))) {
            return true;
        }
    }
    return false;
}

static bool is_used(void *api, const char *id) { return has_job(api, id, true); }

void lct_api_tidy_uploads(struct lct_api *api) {
    lct_uploads_tidy(api->data, api->calm, is_used, api);
}

static json_t *upload_json(const struct lct_upload *upload) {
    return json_pack("{s:s, s:s, s:I, s:I, s:s}", "id", upload->id, "name", upload->name, "size",
                     (json_int_t)upload->size, "have", (json_int_t)upload->have, "with",
                     upload->with);
}

void lct_api_get_uploads(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_upload *all = NULL;
    json_t *list = json_array();
    size_t n = lct_uploads_all(api->data, &all);
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, upload_json(&all[i]));
    }
    free(all);
    lct_http_answer_json(request, 200, json_pack("{s:o}", "uploads", list));
}

void lct_api_post_upload(void *app, struct lct_http_request *request) {
    static const char *const keys[] = {"name", "size", "with", NULL};
    struct lct_api *api = app;
    LCT_JSON json_t *body = NULL;
    struct lct_upload upload;
    struct lct_fault fault;
    const char *name = NULL, *with = NULL;
    int64_t size = 0;
    int rc = lct_http_json(request, &body, &fault);
    rc = rc ? rc : lct_json_only(body, keys, &fault);
    rc = rc ? rc : lct_json_read_text(body, "name", 1, LCT_UPLOAD_NAME_MAX, &name, &fault);
    rc = rc ? rc : lct_json_read_int(body, "size", 1, LCT_UPLOAD_BYTES_MAX, &size, &fault);
    rc = rc ? rc : lct_json_read_text(body, "with", 0, LCT_LESSON_ID_SIZE - 1, &with, &fault);
    if (rc == 0 && (!name || size == 0)) {
        rc = lct_fault_set(&fault, -EINVAL, "api", "\"name\" and \"size\" are needed.",
                           "需要“name”和“size”。");
    }
    if (rc == 0 && with && *with && has_job(api, with, true)) {
        rc = lct_uploads_find(api->data, with, &upload, &fault);
        rc = rc ? rc : lct_uploads_late(&upload, &fault);
    }
    rc = rc ? rc
            : lct_uploads_add(&lct_io_system, api->data, name, (uint64_t)size, with, &upload,
                              &fault);
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 201, upload_json(&upload));
}

void lct_api_get_upload(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_upload upload;
    struct lct_fault fault;
    if (lct_uploads_find(api->data, lct_http_value(request, 0), &upload, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 200, upload_json(&upload));
}

/* Where the piece lies, by Content-Range. 0 or -EINVAL with a fault. */
static int read_place(const struct lct_http_request *request, const struct lct_upload *upload,
                      size_t n, uint64_t *ret_at, struct lct_fault *fault) {
    uint64_t first, last, size;
    const char *text = lct_http_header(request, LCT_HTTP_CONTENT_RANGE);
    bool right = lct_http_content_range(text, &first, &last, &size) && size == upload->size &&
                 last - first + 1 == n;
    if (!right) {
        return lct_fault_set(
            fault, -EINVAL, "api",
            "A piece needs Content-Range: bytes FIRST-LAST/%llu, and as many bytes "
            "as that says.",
            "分片需要 Content-Range: bytes 起-止/%llu，且字节数须与之一致。",
            (unsigned long long)upload->size);
    }
    *ret_at = first;
    return 0;
}

void lct_api_put_upload(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    struct lct_upload upload;
    struct lct_fault fault;
    uint64_t at = 0;
    size_t n;
    const char *bytes = lct_http_body(request, &n);
    int rc = lct_uploads_find(api->data, id, &upload, &fault);
    rc = rc ? rc : read_place(request, &upload, n, &at, &fault);
    rc = rc ? rc : lct_uploads_put(&lct_io_system, api->data, id, at, bytes, n, &upload, &fault);
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 200, upload_json(&upload));
}

void lct_api_delete_upload(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    struct lct_upload upload;
    struct lct_fault fault;
    int rc = lct_uploads_find(api->data, id, &upload, &fault);
    if (rc == 0 && has_job(api, *upload.with ? upload.with : id, false)) {
        rc = lct_fault_set(&fault, -EBUSY, "uploads",
                           "A lesson is being made of %s. Cancel that first.",
                           "正在导入 %s，请先取消导入。", upload.name);
    }
    rc = rc ? rc : lct_uploads_remove(api->data, id, &fault);
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 200, json_pack("{s:s}", "id", id));
}

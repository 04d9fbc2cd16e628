// SPDX-License-Identifier: GPL-3.0-or-later
/* Jobs of lectern-worker and the presets of exports. Catalogue loop. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/jobs.h"
#include "archive/lesson/lesson.h"
#include "archive/lesson/replica.h"
#include "archive/library/clip.h"
#include "archive/library/item.h"
#include "archive/library/logo.h"
#include "archive/library/subtitle.h"
#include "archive/uploads.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/handlers.h"
#include "stream/http/http_source.h"

LCT_LOG_TOPIC("api");

/* ---- how an item stands with a preset ---- */

static int read_item(const struct lct_api *api, const char *id, struct lct_item *ret_item,
                     struct lct_fault *fault) {
    int rc = lct_item_read(api->data, id, lct_rooms_is_recording(api->rooms, id), ret_item);
    return rc == 0 ? 0
                   : lct_fault_set(fault, rc == -EINVAL ? -EBADMSG : rc, "jobs",
                                   "There is no lesson or microlesson %s, or it is damaged.",
                                   "没有课程或微课 %s，或其文件已损坏。", id);
}

/* What a clip has that its lessons do not. */
struct look {
    bool title; /* it begins with a card */
    bool made;  /* a card, two pictures in one, the logo */
    lct_ns cards;
};

static struct look look_of(const struct lct_api *api, const char *id) {
    LCT_FREE char *folder = lct_item_folder(api->data, id);
    LCT_JSON json_t *json = NULL;
    struct look look = {.title = false};
    struct lct_clip clip;
    struct lct_fault unused;
    unsigned version;
    if (!lct_item_is_clip(id) || lct_clip_newest(folder, &json, &version) < 0 ||
        lct_clip_read(json, &clip, &unused) < 0) {
        return look;
    }
    look.title = clip.opening.template[0];
    look.cards = lct_clip_cards_length(&clip);
    look.made = lct_clip_is_made(&clip) || (clip.logo && lct_logo_is_there(api->data));
    lct_clip_free(&clip);
    return look;
}

static bool is_sound(const json_t *preset) {
    return strcmp(lct_json_text(preset, "container", ""), "m4a") == 0;
}

static lct_ns length_of(const struct lct_item *item) {
    return lct_json_int(item->summary, "duration_ns", 0);
}

/* Of what is made of it: cards are shown where there is a picture. */
static lct_ns length_as(const json_t *preset, const struct lct_item *item,
                        const struct look *look) {
    return length_of(item) + (is_sound(preset) ? 0 : look->cards);
}

/* Where what asks nothing of the bytes is had at once; NULL: it must be made. Owned. */
static char *direct_of(const json_t *preset, const char *id, const struct look *look) {
    const char *what = lct_item_is_clip(id) ? "clips" : "recordings";
    return lct_preset_is_copy(preset) && !is_sound(preset) && !look->made
               ? lct_format("/api/v1/%s/%s/media.mp4", what, id)
               : NULL;
}

/* Seconds that this machine takes for so long an item by that preset, going by what it did last; 0:
 * it did nothing like it. drawn: with captions or a logo. */
static json_int_t takes_about(const json_t *jobs, const char *preset, bool drawn, lct_ns length) {
    size_t i;
    const json_t *job;
    json_array_foreach(jobs, i, job) {
        const json_t *result = json_object_get(job, "result");
        double took = lct_json_real(result, "took_s", 0);
        double made = (double)lct_json_int(result, "duration_ns", 0);
        bool was_drawn = *lct_json_text(job, "captions", "") || lct_json_flag(job, "logo", false);
        if (took > 0 && made > 0 && drawn == was_drawn &&
            strcmp(lct_json_text(json_object_get(job, "preset"), "id", ""), preset) == 0) {
            return (json_int_t)(took / made * (double)length) + 1;
        }
    }
    return 0;
}

static void add_standing(const struct lct_api *api, json_t *presets, const char *id,
                         const struct lct_item *item) {
    const struct look look = look_of(api, id);
    LCT_JSON json_t *jobs = lct_workers_json(api->workers);
    size_t i;
    json_t *preset;
    json_array_foreach(presets, i, preset) {
        LCT_FREE char *direct = direct_of(preset, id, &look);
        lct_ns length = length_as(preset, item, &look);
        json_object_set_new(preset, "problems", lct_preset_check(preset, length, look.title));
        json_object_set_new(preset, "bytes", json_integer(lct_preset_bytes(preset, length)));
        const char *name = lct_json_text(preset, "id", "");
        json_object_update_new(
            preset, json_pack("{s:I, s:I}", "about_s", takes_about(jobs, name, false, length),
                              "about_drawn_s", takes_about(jobs, name, true, length)));
        if (direct) {
            json_object_set_new(preset, "direct", json_string(direct));
        }
    }
}

void lct_api_get_presets(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_query(request, "item", 0);
    LCT_JSON json_t *presets = json_deep_copy(api->presets);
    struct lct_fault fault;
    struct lct_item item;
    if (id && read_item(api, id, &item, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    json_t *answer = json_pack("{s:O}", "presets", presets);
    if (id) {
        add_standing(api, presets, id, &item);
        json_object_set_new(answer, "captions", lct_api_subtitles(api, id, item.sources));
        json_object_set_new(answer, "logo", json_boolean(lct_logo_is_there(api->data)));
        lct_item_free(&item);
    }
    lct_http_answer_json(request, 200, answer);
}

/* ---- what is asked for ---- */

static int refuse(const json_t *problems, struct lct_fault *fault) {
    size_t i;
    const json_t *problem;
    json_array_foreach(problems, i, problem) {
        if (lct_json_flag(problem, "must", false)) {
            return lct_fault_set(fault, -EBUSY, "jobs", "%s%.0s", "%.0s%s",
                                 lct_json_text(problem, "en", ""),
                                 lct_json_text(problem, "zh", ""));
        }
    }
    return 0;
}

/* What is asked to be drawn over all pictures. */
struct drawn {
    const char *captions; /* their language; "": none */
    bool logo;
};

static int check_drawn(const struct lct_api *api, const char *id, const struct drawn *drawn,
                       struct lct_fault *fault) {
    struct lct_subtitle subtitle = {.count = 0};
    bool own;
    int rc = *drawn->captions
                 ? lct_item_subtitle(api->data, id, drawn->captions, &subtitle, &own, fault)
                 : 0;
    lct_subtitle_free(&subtitle);
    if (rc == 0 && drawn->logo && !lct_logo_is_there(api->data)) {
        rc = lct_fault_set(fault, -ENOENT, "jobs",
                           "There is no logo of the school yet. Choose one in the editor.",
                           "还没有校标，请在编辑页面选择。");
    }
    return rc;
}

static int check_export(const struct lct_api *api, const json_t *preset, const char *id,
                        const struct lct_item *item, const struct drawn *drawn,
                        struct lct_fault *fault) {
    const struct look look = look_of(api, id);
    LCT_FREE char *direct = direct_of(preset, id, &look);
    LCT_JSON json_t *problems =
        lct_preset_check(preset, length_as(preset, item, &look), look.title);
    if (direct && !drawn->logo && !*drawn->captions) {
        return lct_fault_set(fault, -EINVAL, "jobs",
                             "Nothing is to be made for this: download it from %s.",
                             "无需导出，可直接下载：%s。", direct);
    }
    if (length_of(item) <= 0 || lct_rooms_is_recording(api->rooms, id)) {
        return lct_fault_set(fault, -EBUSY, "jobs",
                             "It is being recorded, or nothing was recorded: export it when it has "
                             "ended.",
                             "正在录制或没有内容，请在录制结束后导出。");
    }
    int rc = refuse(problems, fault);
    return rc ? rc : check_drawn(api, id, drawn, fault);
}

static int order_export(struct lct_api *api, const json_t *body, json_t **ret_order,
                        struct lct_fault *fault) {
    const char *id, *name, *track;
    struct lct_item item;
    struct drawn drawn = {.captions = ""};
    int rc = lct_json_only(
        body, (const char *[]){"kind", "item", "preset", "track", "captions", "logo", NULL}, fault);
    rc = rc ? rc : lct_json_read_text(body, "item", 1, 80, &id, fault);
    rc = rc ? rc : lct_json_read_text(body, "preset", 1, 80, &name, fault);
    rc = rc ? rc : lct_json_read_text(body, "track", 0, 32, &track, fault);
    rc = rc ? rc : lct_json_read_text(body, "captions", 0, 32, &drawn.captions, fault);
    rc = rc || !json_object_get(body, "logo")
             ? rc
             : lct_json_read_flag(body, "logo", &drawn.logo, fault);
    const json_t *preset = rc == 0 ? lct_presets_find(api->presets, name) : NULL;
    if (rc == 0 && !preset) {
        rc = lct_fault_set(fault, -EINVAL, "jobs", "There is no preset \"%s\".", "没有预设“%s”。",
                           name);
    }
    rc = rc ? rc : read_item(api, id, &item, fault);
    if (rc < 0) {
        return rc;
    }
    rc = check_export(api, preset, id, &item, &drawn, fault);
    if (rc == 0) {
        *ret_order = json_pack("{s:s, s:s, s:s, s:I, s:O, s:s, s:s, s:b}", "kind", "export", "item",
                               id, "title", lct_json_text(item.summary, "title", ""), "duration_ns",
                               (json_int_t)length_of(&item), "preset", preset, "track", track,
                               "captions", drawn.captions, "logo", (int)drawn.logo);
    }
    lct_item_free(&item);
    return rc;
}

static int order_import(struct lct_api *api, const json_t *body, json_t **ret_order,
                        struct lct_fault *fault) {
    const char *id;
    struct lct_upload upload;
    int rc = lct_json_only(body, (const char *[]){"kind", "upload", NULL}, fault);
    rc = rc ? rc : lct_json_read_text(body, "upload", 1, LCT_LESSON_ID_SIZE - 1, &id, fault);
    rc = rc ? rc : lct_uploads_find(api->data, id, &upload, fault);
    if (rc < 0) {
        return rc;
    }
    if (*upload.with) {
        return lct_fault_set(fault, -EINVAL, "jobs",
                             "%s is a part of another upload's lesson: %s. Ask for that one.",
                             "%s 与另一个上传合为一节课：%s。请导入那一个。", upload.name,
                             upload.with);
    }
    LCT_FREE struct lct_upload *parts = NULL;
    size_t n = lct_uploads_of(api->data, id, &parts);
    rc = lct_uploads_whole(parts, n, fault);
    if (rc < 0) {
        return rc;
    }
    json_t *ids = json_array();
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(ids, json_string(parts[i].id));
    }
    *ret_order = json_pack("{s:s, s:s, s:s, s:o}", "kind", "import", "upload", upload.id, "title",
                           upload.name, "parts", ids);
    return 0;
}

static json_t *slides_order(const char *id, const char *title) {
    return json_pack("{s:s, s:s, s:s}", "kind", "slides", "item", id, "title", title);
}

static int order_slides(struct lct_api *api, const json_t *body, json_t **ret_order,
                        struct lct_fault *fault) {
    const char *id;
    struct lct_item item;
    int rc = lct_json_only(body, (const char *[]){"kind", "item", NULL}, fault);
    rc = rc ? rc : lct_json_read_text(body, "item", 1, 80, &id, fault);
    rc = rc ? rc : read_item(api, id, &item, fault);
    if (rc < 0) {
        return rc;
    }
    if (lct_item_is_clip(id)) {
        rc = lct_fault_set(fault, -EINVAL, "jobs",
                           "A microlesson has the slides of its lessons: look for theirs.",
                           "微课使用其来源课程的课件，请对来源课程进行识别。");
    } else if (lct_rooms_is_recording(api->rooms, id)) {
        rc = lct_fault_set(fault, -EBUSY, "jobs",
                           "It is being recorded. Its slides are looked for when it has ended.",
                           "正在录制，结束后将识别课件。");
    } else {
        *ret_order = slides_order(id, lct_json_text(item.summary, "title", ""));
    }
    lct_item_free(&item);
    return rc;
}

bool lct_api_lacks_slides(const struct lct_api *api, const char *id) {
    LCT_FREE char *folder = lct_item_folder(api->data, id);
    LCT_FREE char *path = lct_format("%s/text.jsonl", folder);
    struct lct_lesson_info info;
    struct lct_fault unused;
    if (lct_item_is_clip(id) || access(path, F_OK) == 0 ||
        lct_lesson_load(folder, &info, &unused) < 0 || info.state != LCT_LESSON_ENDED) {
        return false;
    }
    LCT_JSON json_t *copy = lct_replica_state(api->data, id);
    bool screen = false;
    for (size_t i = 0; i < info.track_count; i++) {
        screen = screen || strcmp(info.tracks[i].kind, "screen") == 0;
    }
    return screen && (!copy || lct_json_flag(copy, "complete", false));
}

bool lct_api_want_slides(struct lct_api *api, const char *id) {
    struct lct_item item;
    struct lct_fault fault;
    LCT_JSON json_t *jobs = lct_workers_json(api->workers);
    json_t *job;
    size_t i, waiting = 0;
    json_array_foreach(jobs, i, job) {
        if (strcmp(lct_json_text(job, "kind", ""), "slides") == 0 &&
            strcmp(lct_json_text(job, "item", ""), id) == 0) {
            return true;
        }
        waiting += strcmp(lct_json_text(job, "state", ""), "waiting") == 0;
    }
    /* Half the queue is people's: a library that is new here is not read in one go. */
    if (waiting >= LCT_JOBS_WAITING_MAX / 2) {
        return false;
    }
    if (read_item(api, id, &item, &fault) < 0) {
        return true;
    }
    json_t *added = NULL;
    if (lct_workers_add(api->workers, slides_order(id, lct_json_text(item.summary, "title", "")),
                        &added, &fault) < 0) {
        lct_warn("slides are not looked for", "item=%s why=%s", id, fault.en);
    }
    json_decref(added);
    lct_item_free(&item);
    return true;
}

/* What people may ask for: a line a kind. Makes the worker's order of what was asked, checked. */
static const struct {
    const char *kind;
    int (*order)(struct lct_api *api, const json_t *body, json_t **ret_order,
                 struct lct_fault *fault);
} kinds[] = {
    {"export", order_export},
    {"import", order_import},
    {"slides", order_slides},
};

static int read_order(struct lct_api *api, const json_t *body, json_t **ret_order,
                      struct lct_fault *fault) {
    const char *kind;
    int rc = lct_json_read_text(body, "kind", 1, 20, &kind, fault);
    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kind, kinds[i].kind) == 0) {
            return kinds[i].order(api, body, ret_order, fault);
        }
    }
    return lct_fault_set(fault, -EINVAL, "jobs", "There is no kind of job \"%s\".",
                         "没有“%s”这种任务。", kind);
}

void lct_api_post_job(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    LCT_JSON json_t *body = NULL;
    struct lct_fault fault;
    json_t *order = NULL, *job = NULL;
    int rc = lct_http_json(request, &body, &fault);
    rc = rc ? rc : read_order(api, body, &order, &fault);
    rc = rc ? rc : lct_workers_add(api->workers, order, &job, &fault);
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 201, job);
}

/* ---- what there is ---- */

void lct_api_get_jobs(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    lct_http_answer_json(request, 200, json_pack("{s:o}", "jobs", lct_workers_json(api->workers)));
}

static void answer_job(struct lct_api *api, struct lct_http_request *request, const char *id) {
    json_t *job = lct_workers_json_of(api->workers, id);
    struct lct_fault fault;
    if (!job) {
        (void)lct_fault_set(&fault, -ENOENT, "jobs", "There is no job %s.", "没有任务 %s。", id);
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 200, job);
}

void lct_api_get_job(void *app, struct lct_http_request *request) {
    answer_job(app, request, lct_http_value(request, 0));
}

void lct_api_put_job(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    LCT_JSON json_t *body = NULL;
    struct lct_fault fault;
    const char *id = lct_http_value(request, 0), *state;
    int rc = lct_http_json(request, &body, &fault);
    rc = rc ? rc : lct_json_only(body, (const char *[]){"state", NULL}, &fault);
    rc = rc ? rc : lct_json_read_text(body, "state", 1, 20, &state, &fault);
    if (rc == 0 && strcmp(state, "waiting") != 0) {
        rc = lct_fault_set(&fault, -EINVAL, "jobs", "\"state\" can only be set to waiting.",
                           "“state”只能设为 waiting。");
    }
    rc = rc ? rc : lct_workers_again(api->workers, id, &fault);
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    answer_job(api, request, id);
}

void lct_api_delete_job(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_fault fault;
    if (lct_workers_drop(api->workers, lct_http_value(request, 0), &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(request, 200, json_object());
}

/* ---- its file ---- */

struct made {
    int fd;
};

static ssize_t read_made(void *opaque, uint64_t offset, void *bytes, size_t n) {
    const struct made *made = opaque;
    ssize_t got = pread(made->fd, bytes, n, (off_t)offset);
    return got < 0 ? -errno : got;
}

/* Open until it is sent: a job that is removed meanwhile takes nothing from who downloads it. */
static void close_made(void *opaque) {
    struct made *made = opaque;
    close(made->fd);
    free(made);
}

static int open_made(const char *path, struct lct_http_source *source, struct lct_fault *fault) {
    struct stat info = {.st_size = 0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) < 0) {
        if (fd >= 0) {
            close(fd);
        }
        return lct_fault_set(fault, -ENOENT, "jobs", "The job's file is gone.",
                             "任务文件已不存在。");
    }
    struct made *made = lct_new(sizeof *made);
    made->fd = fd;
    source->size = (uint64_t)info.st_size;
    source->opaque = made;
    return 0;
}

void lct_api_get_job_file(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    LCT_FREE char *path = NULL;
    LCT_FREE char *name = NULL;
    struct lct_http_source source = {.read = read_made, .close = close_made};
    struct lct_fault fault;
    if (lct_workers_file(api->workers, id, &path, &name, &fault) < 0 ||
        open_made(path, &source, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    const char *dot = strrchr(name, '.');
    source.type = dot && strcmp(dot, ".m4a") == 0 ? "audio/mp4" : "video/mp4";
    source.file_name = name;
    (void)snprintf(source.tag, sizeof source.tag, "\"%s\"", id);
    lct_http_answer_source(request, &source);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Subtitles of a lesson or microlesson. One that has none of its own shows those of its lessons.
 * Catalogue loop. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/item.h"
#include "archive/library/subtitle.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/document.h"
#include "control/api/find.h"
#include "control/api/handlers.h"

LCT_LOG_TOPIC("api");

/* ---- which there are ---- */

static const char *label_of(const char *lang) {
    static const struct { const char *lang, *label; } known[] = {{"zh", "中文"}, {"en", "English"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t n = strlen(known[i].lang);
        if (strncmp(lang, known[i].lang, n) == 0 && (!lang[n] || lang[n] == '-')) {
            return known[i].label;
        }
    }
    return lang;
}

static void add_langs(json_t *list, const json_t *langs) {
    size_t i, k;
    json_t *lang, *other;
    json_array_foreach(langs, i, lang) {
        bool known = false;
        json_array_foreach(list, k, other) {
            known = known || json_equal(json_object_get(other, "lang"), lang);
        }
        if (!known) {
            json_array_append_new(list, json_pack("{s:O, s:s}", "lang", lang, "label",
                                                  label_of(json_string_value(lang))));
        }
    }
}

json_t *lct_api_subtitles(const struct lct_api *api, const char *id, const json_t *sources) {
    LCT_FREE char *folder = lct_item_folder(api->data, id);
    LCT_JSON json_t *own = lct_subtitle_langs(folder);
    json_t *list = json_array(), *source;
    size_t i;
    add_langs(list, own);
    json_array_foreach(sources, i, source) {
        LCT_FREE char *lesson = lct_item_folder(api->data, json_string_value(source));
        LCT_JSON json_t *langs = lct_subtitle_langs(lesson);
        add_langs(list, langs);
    }
    return list;
}

/* ---- reading ---- */

void lct_api_get_subtitles(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0), *lang = lct_http_value(request, 1);
    const char *as = lct_http_query(request, "as", 0);
    struct lct_subtitle subtitle = {.count = 0};
    struct lct_fault fault = {.code = 0};
    bool own = false, srt = as && strcmp(as, "srt") == 0;
    size_t n;
    char tag[LCT_API_TAG_SIZE];
    int rc = lct_api_find_item(api, id, &fault);
    if (rc == 0 && as && !srt && strcmp(as, "vtt") != 0) {
        rc = lct_fault_set(&fault, -EINVAL, "api", "\"as\" is vtt or srt.",
                           "“as”只能是 vtt 或 srt。");
    }
    rc = rc ? rc : lct_item_subtitle(api->data, id, lang, &subtitle, &own, &fault);
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    LCT_FREE char *vtt = lct_subtitle_vtt(&subtitle, &n);
    if (own) {
        lct_api_tag(vtt, n, tag);
        lct_http_add_header(request, "ETag", tag);
    }
    if (srt) {
        LCT_FREE char *text = lct_subtitle_srt(&subtitle, &n);
        lct_http_answer(request, 200, "application/x-subrip; charset=utf-8", text, n);
    } else {
        lct_http_answer(request, 200, "text/vtt; charset=utf-8", vtt, n);
    }
    lct_subtitle_free(&subtitle);
}

/* ---- writing ---- */

static int check_lang(const char *lang, struct lct_fault *fault) {
    return lct_subtitle_is_lang(lang)
               ? 0
               : lct_fault_set(fault, -EINVAL, "api",
                               "'%s' is no language: write zh, en, zh-Hant and the like.",
                               "“%s”不是语言代码：请使用 zh、en、zh-Hant 等。", lang);
}

/* May it be replaced? What is there and cannot be read is "something". */
static int check_tag(const struct lct_http_request *request, const char *folder, const char *lang,
                     struct lct_fault *fault) {
    struct lct_subtitle before = {.count = 0};
    char tag[LCT_API_TAG_SIZE] = "";
    size_t n;
    int rc = lct_subtitle_load(folder, lang, &before, fault);
    if (rc == 0) {
        LCT_FREE char *vtt = lct_subtitle_vtt(&before, &n);
        lct_api_tag(vtt, n, tag);
        lct_subtitle_free(&before);
    } else if (rc != -ENOENT) {
        (void)snprintf(tag, sizeof tag, "\"damaged\"");
    }
    return lct_api_may_replace(request, tag, fault);
}

static json_t *result_json(const char *lang, const struct lct_subtitle *subtitle) {
    json_t *lines = json_array();
    for (size_t i = 0; i < subtitle->left_out && i < LCT_SUBTITLE_LEFT_MAX; i++) {
        json_array_append_new(lines, json_integer(subtitle->left[i]));
    }
    return json_pack("{s:s, s:s, s:I, s:I, s:o}", "lang", lang, "label", label_of(lang), "cues",
                     (json_int_t)subtitle->count, "left_out", (json_int_t)subtitle->left_out,
                     "left_out_lines", lines);
}

static int save(struct lct_api *api, const char *id, const char *lang,
                const struct lct_subtitle *subtitle, struct lct_fault *fault) {
    LCT_FREE char *folder = lct_item_folder(api->data, id);
    int rc = lct_subtitle_save(&lct_io_system, folder, lang, subtitle);
    lct_catalogue_look(api->catalogue, id);
    return lct_api_saved(rc, fault);
}

void lct_api_put_subtitles(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0), *lang = lct_http_value(request, 1);
    LCT_FREE char *folder = lct_item_folder(api->data, id);
    struct lct_subtitle subtitle = {.count = 0};
    struct lct_fault fault;
    size_t n;
    char tag[LCT_API_TAG_SIZE];
    const char *body = lct_http_body(request, &n);
    int rc = lct_api_find_item(api, id, &fault);
    rc = rc ? rc : check_lang(lang, &fault);
    rc = rc ? rc : lct_subtitle_parse(body, n, &subtitle, &fault);
    rc = rc ? rc : check_tag(request, folder, lang, &fault);
    rc = rc ? rc : save(api, id, lang, &subtitle, &fault);
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
    } else {
        LCT_FREE char *vtt = lct_subtitle_vtt(&subtitle, &n);
        lct_api_tag(vtt, n, tag);
        lct_http_add_header(request, "ETag", tag);
        lct_http_answer_json(request, 200, result_json(lang, &subtitle));
    }
    lct_subtitle_free(&subtitle);
}

void lct_api_delete_subtitles(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0), *lang = lct_http_value(request, 1);
    LCT_FREE char *folder = lct_item_folder(api->data, id);
    struct lct_fault fault;
    bool known = lct_subtitle_is_lang(lang);
    bool asked = lct_http_header(request, LCT_HTTP_IF_MATCH); /* else whatever is there goes */
    int rc = lct_api_find_item(api, id, &fault);
    rc = rc || !known || !asked ? rc : check_tag(request, folder, lang, &fault);
    if (rc == 0) {
        rc = known ? lct_subtitle_remove(&lct_io_system, folder, lang) : -ENOENT;
        rc = rc == 0 ? 0
             : rc == -ENOENT
                 ? lct_fault_set(&fault, rc, "api", "%s has no subtitles of its own in '%s'.",
                                 "%s 没有自己的“%s”字幕。", id, lang)
                 : lct_fault_set(&fault, rc, "api", "%s could not be deleted: %s.",
                                 "未能删除 %s：%s。", lang, strerror(-rc));
    }
    lct_catalogue_look(api->catalogue, id);
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_info("subtitles deleted", "item=%s lang=%s", id, lang);
    lct_http_answer_json(request, 200, json_pack("{s:s}", "lang", lang));
}

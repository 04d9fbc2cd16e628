// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/library/clip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/plain.h"
#include "base/mem.h"

#define VERSION 1

static const char *const layouts[LCT_CLIP_LAYOUTS] = {NULL, "single", "side", "inset"};

/* ---- from JSON ---- */

static int read_track(const json_t *picture, const char *key, char name[LCT_TRACK_NAME_SIZE],
                      struct lct_fault *fault) {
    const char *text;
    int rc = lct_json_read_text(picture, key, 1, LCT_TRACK_NAME_SIZE - 1, &text, fault);
    if (rc == 0 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(text)) {
        rc = lct_fault_set(fault, -EINVAL, "clip", "\"%s\" is no track's name.",
                           "“%s”不是轨道名称。", text);
    }
    if (rc == 0) {
        strcpy(name, text);
    }
    return rc;
}

static int read_picture(const json_t *json, struct lct_clip_piece *piece, struct lct_fault *fault) {
    const char *layout = lct_json_text(json, "layout", "");
    bool two;
    if (!json) {
        return 0;
    }
    piece->layout = LCT_CLIP_SINGLE;
    while (piece->layout < LCT_CLIP_LAYOUTS && strcmp(layouts[piece->layout], layout) != 0) {
        piece->layout++;
    }
    if (piece->layout == LCT_CLIP_LAYOUTS) {
        return lct_fault_set(
            fault, -EINVAL, "clip", "\"layout\" must be \"single\", \"side\" or \"inset\".",
            "“layout”必须是“single”（单画面）、“side”（并排）或“inset”（画中画）。");
    }
    two = piece->layout != LCT_CLIP_SINGLE;
    const char *const keys[] = {"layout", "main", two ? "other" : NULL, NULL};
    int rc = lct_json_only(json, keys, fault);
    rc = rc ? rc : read_track(json, "main", piece->main, fault);
    rc = rc || !two ? rc : read_track(json, "other", piece->other, fault);
    if (rc == 0 && strcmp(piece->main, piece->other) == 0) {
        rc = lct_fault_set(fault, -EINVAL, "clip", "\"main\" and \"other\" are one track.",
                           "“main”和“other”是同一轨道。");
    }
    return rc;
}

bool lct_clip_is_id(const char *text) {
    return strncmp(text, "clip-", 5) == 0 && lct_lesson_is_id(text) &&
           strlen(text) < LCT_LESSON_ID_SIZE;
}

static int read_range(const json_t *json, struct lct_clip_piece *piece, struct lct_fault *fault) {
    const char *lesson;
    piece->from = piece->to = -1;
    int rc = lct_json_read_text(json, "lesson", 1, LCT_LESSON_ID_SIZE - 1, &lesson, fault);
    if (rc == 0 && (!lct_lesson_is_id(lesson) || strlen(lesson) >= sizeof piece->lesson ||
                    lct_clip_is_id(lesson))) {
        rc = lct_fault_set(fault, -EINVAL, "clip", "\"%s\" is no lesson's id.",
                           "“%s”不是课程编号。", lesson);
    }
    rc = rc ? rc : lct_json_read_int(json, "from_ns", 0, LCT_CLIP_TIME_MAX, &piece->from, fault);
    rc = rc ? rc : lct_json_read_int(json, "to_ns", 0, LCT_CLIP_TIME_MAX, &piece->to, fault);
    if (rc == 0 && (piece->from < 0 || piece->to <= piece->from)) {
        rc = lct_fault_set(fault, -EINVAL, "clip",
                           "\"from_ns\" and \"to_ns\" must be given, and the end must lie behind "
                           "the begin.",
                           "必须给出“from_ns”和“to_ns”，且终点须在起点之后。");
    }
    if (rc == 0) {
        strcpy(piece->lesson, lesson);
    }
    return rc;
}

static int read_fades(const json_t *json, struct lct_clip_piece *piece, struct lct_fault *fault) {
    int rc = lct_json_read_int(json, "fade_in_ns", 0, LCT_CLIP_FADE_MAX, &piece->fade_in, fault);
    rc = rc ? rc
            : lct_json_read_int(json, "fade_out_ns", 0, LCT_CLIP_FADE_MAX, &piece->fade_out, fault);
    if (rc == 0 && piece->fade_in + piece->fade_out > piece->to - piece->from) {
        rc = lct_fault_set(fault, -EINVAL, "clip", "Its fades are longer than itself.",
                           "淡入淡出的时间超过了该段长度。");
    }
    return rc;
}

static int read_piece(const json_t *json, struct lct_clip_piece *piece, struct lct_fault *fault) {
    static const char *const keys[] = {"lesson",     "from_ns",     "to_ns", "picture",
                                       "fade_in_ns", "fade_out_ns", NULL};
    int rc = lct_json_only(json, keys, fault);
    rc = rc ? rc : read_range(json, piece, fault);
    rc = rc ? rc : read_picture(json_object_get(json, "picture"), piece, fault);
    return rc ? rc : read_fades(json, piece, fault);
}

static int read_pieces(const json_t *json, struct lct_clip *clip, struct lct_fault *fault) {
    const json_t *list = json_object_get(json, "pieces");
    size_t n = json_array_size(list);
    struct lct_fault why;
    if (n == 0 || n > LCT_CLIP_PIECES_MAX) {
        return lct_fault_set(fault, -EINVAL, "clip", "A microlesson has 1 to %u pieces, not %zu.",
                             "一个微课可有 1 到 %u 段，而不是 %zu 段。", LCT_CLIP_PIECES_MAX, n);
    }
    clip->pieces = lct_new(n * sizeof *clip->pieces);
    for (; clip->piece_count < n; clip->piece_count++) {
        struct lct_clip_piece *piece = &clip->pieces[clip->piece_count];
        if (read_piece(json_array_get(list, clip->piece_count), piece, &why) < 0) {
            return lct_fault_set(fault, -EINVAL, "clip", "Piece %zu: %s%.0s", "第 %zu 段：%.0s%s",
                                 clip->piece_count + 1, why.en, why.zh);
        }
    }
    return lct_clip_length(clip) <= LCT_CLIP_TIME_MAX
               ? 0
               : lct_fault_set(
                     fault, -EINVAL, "clip", "All pieces together are longer than %u days.",
                     "各段总长超过 %u 天。", (unsigned)(LCT_CLIP_TIME_MAX / LCT_SECOND / 86400));
}

static int read_chapter(const json_t *json, const struct lct_clip *clip,
                        struct lct_clip_chapter *chapter, struct lct_fault *fault) {
    static const struct lct_plain_field field = {"title", "标题", LCT_CLIP_TITLE_MAX, false, 0};
    LCT_JSON json_t *plain = json_object();
    lct_ns before = clip->chapter_count > 0 ? chapter[-1].time : 0;
    chapter->time = -1;
    int rc = lct_json_only(json, (const char *[]){"time_ns", "title", NULL}, fault);
    rc = rc ? rc
            : lct_json_read_int(json, "time_ns", 0, lct_clip_length(clip), &chapter->time, fault);
    rc = rc ? rc : lct_plain_read(json, &field, plain, fault);
    if (rc == 0 && chapter->time < before) {
        rc = lct_fault_set(fault, -EINVAL, "clip",
                           "\"time_ns\" must not lie before the chapter before it.",
                           "“time_ns”不能早于前一章节。");
    }
    if (rc == 0) {
        chapter->title = lct_strdup(lct_json_text(plain, "title", ""));
    }
    return rc;
}

static int read_chapters(const json_t *json, struct lct_clip *clip, struct lct_fault *fault) {
    const json_t *list = json_object_get(json, "chapters");
    size_t n = json_array_size(list);
    struct lct_fault why;
    if ((list && !json_is_array(list)) || n > LCT_CLIP_CHAPTERS_MAX) {
        return lct_fault_set(fault, -EINVAL, "clip", "A microlesson has up to %u chapters.",
                             "一个微课最多有 %u 个章节。", LCT_CLIP_CHAPTERS_MAX);
    }
    clip->chapters = n > 0 ? lct_new(n * sizeof *clip->chapters) : NULL;
    for (; clip->chapter_count < n; clip->chapter_count++) {
        struct lct_clip_chapter *chapter = &clip->chapters[clip->chapter_count];
        if (read_chapter(json_array_get(list, clip->chapter_count), clip, chapter, &why) < 0) {
            return lct_fault_set(fault, -EINVAL, "clip", "Chapter %zu: %s%.0s", "第 %zu 章：%.0s%s",
                                 clip->chapter_count + 1, why.en, why.zh);
        }
    }
    return 0;
}

static bool is_word(const char *text, size_t size) {
    size_t n = strlen(text);
    return n > 0 && n < size && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_") == n;
}

static int read_card(const json_t *json, const char *key, struct lct_clip_card *card,
                     struct lct_fault *fault) {
    const json_t *value = json_object_get(json, key);
    const json_t *fields = json_object_get(value, "fields");
    const char *template = lct_json_text(value, "template", "");
    if (!value) {
        return 0;
    }
    int rc = lct_json_only(value, (const char *[]){"template", "fields", NULL}, fault);
    if (rc == 0 &&
        (!is_word(template, sizeof card->template) || (fields && !json_is_object(fields)) ||
         json_object_size(fields) > LCT_CLIP_FIELDS_MAX)) {
        rc = lct_fault_set(fault, -EINVAL, "clip",
                           "\"%s\" must name a template and have up to %u fields.",
                           "“%s”必须指明模板，最多 %u 个字段。", key, LCT_CLIP_FIELDS_MAX);
    }
    if (rc < 0) {
        return rc;
    }
    card->fields = json_object();
    for (void *at = json_object_iter((json_t *)(uintptr_t)fields); at && rc == 0;
         at = json_object_iter_next((json_t *)(uintptr_t)fields, at)) {
        const char *name = json_object_iter_key(at);
        const struct lct_plain_field field = {name, name, LCT_CLIP_TITLE_MAX, false, 0};
        rc = is_word(name, sizeof card->template)
                 ? lct_plain_read(fields, &field, card->fields, fault)
                 : lct_fault_set(fault, -EINVAL, "clip", "\"%s\" is no field of a card.",
                                 "“%s”不是片头片尾的字段。", name);
    }
    if (rc == 0) {
        strcpy(card->template, template);
    }
    return rc;
}

static int read_all(const json_t *json, struct lct_clip *clip, struct lct_fault *fault) {
    static const char *const keys[] = {"version", "pieces", "chapters", "opening",
                                       "closing", "logo",   NULL};
    int64_t version = VERSION;
    int rc = lct_json_only(json, keys, fault);
    rc = rc ? rc : lct_json_read_int(json, "version", VERSION, VERSION, &version, fault);
    rc = rc ? rc : read_pieces(json, clip, fault);
    rc = rc ? rc : read_chapters(json, clip, fault);
    rc = rc ? rc : read_card(json, "opening", &clip->opening, fault);
    rc = rc ? rc : read_card(json, "closing", &clip->closing, fault);
    return rc || !json_object_get(json, "logo")
               ? rc
               : lct_json_read_flag(json, "logo", &clip->logo, fault);
}

int lct_clip_read(const json_t *json, struct lct_clip *ret_clip, struct lct_fault *fault) {
    struct lct_clip clip = {.pieces = NULL};
    int rc = read_all(json, &clip, fault);
    if (rc < 0) {
        lct_clip_free(&clip);
        return rc;
    }
    *ret_clip = clip;
    return 0;
}

/* ---- to JSON ---- */

static json_t *piece_json(const struct lct_clip_piece *piece) {
    json_t *json = json_pack("{s:s, s:I, s:I}", "lesson", piece->lesson, "from_ns",
                             (json_int_t)piece->from, "to_ns", (json_int_t)piece->to);
    if (piece->layout != LCT_CLIP_ALL) {
        json_t *picture =
            json_pack("{s:s, s:s}", "layout", layouts[piece->layout], "main", piece->main);
        if (*piece->other) {
            json_object_set_new(picture, "other", json_string(piece->other));
        }
        json_object_set_new(json, "picture", picture);
    }
    if (piece->fade_in > 0) {
        json_object_set_new(json, "fade_in_ns", json_integer(piece->fade_in));
    }
    if (piece->fade_out > 0) {
        json_object_set_new(json, "fade_out_ns", json_integer(piece->fade_out));
    }
    return json;
}

static void add_card(json_t *json, const char *key, const struct lct_clip_card *card) {
    if (*card->template) {
        json_object_set_new(
            json, key, json_pack("{s:s, s:O}", "template", card->template, "fields", card->fields));
    }
}

json_t *lct_clip_json(const struct lct_clip *clip) {
    json_t *pieces = json_array(), *chapters = json_array();
    for (size_t i = 0; i < clip->piece_count; i++) {
        json_array_append_new(pieces, piece_json(&clip->pieces[i]));
    }
    for (size_t i = 0; i < clip->chapter_count; i++) {
        const struct lct_clip_chapter *chapter = &clip->chapters[i];
        json_array_append_new(
            chapters,
            json_pack("{s:I, s:s}", "time_ns", (json_int_t)chapter->time, "title", chapter->title));
    }
    json_t *json =
        json_pack("{s:i, s:o, s:o}", "version", VERSION, "pieces", pieces, "chapters", chapters);
    add_card(json, "opening", &clip->opening);
    add_card(json, "closing", &clip->closing);
    if (clip->logo) {
        json_object_set_new(json, "logo", json_true());
    }
    return json;
}

lct_ns lct_clip_length(const struct lct_clip *clip) {
    lct_ns length = 0;
    for (size_t i = 0; i < clip->piece_count; i++) {
        length += clip->pieces[i].to - clip->pieces[i].from;
    }
    return length;
}

lct_ns lct_clip_cards_length(const struct lct_clip *clip) {
    return LCT_CLIP_CARD_LENGTH *
           ((clip->opening.template[0] != 0) + (clip->closing.template[0] != 0));
}

bool lct_clip_is_made(const struct lct_clip *clip) {
    bool made = lct_clip_cards_length(clip) > 0;
    for (size_t i = 0; i < clip->piece_count; i++) {
        made = made || clip->pieces[i].layout > LCT_CLIP_SINGLE;
    }
    return made;
}

void lct_clip_free(struct lct_clip *clip) {
    for (size_t i = 0; i < clip->chapter_count; i++) {
        free(clip->chapters[i].title);
    }
    free(clip->pieces);
    free(clip->chapters);
    json_decref(clip->opening.fields);
    json_decref(clip->closing.fields);
    *clip = (struct lct_clip){.pieces = NULL};
}

/* ---- against the lessons ---- */

/* A player's idea of the end may be a picture behind that of the tapes. */
#define END_SLACK (LCT_SECOND / 2)

struct source {
    struct lct_lesson_info info;
    lct_ns end;
};

struct sources {
    struct source list[LCT_CLIP_LESSONS_MAX];
    size_t n;
};

static int find_source(struct sources *sources, const char *data, const char *lesson,
                       const struct source **ret_source, struct lct_fault *fault) {
    LCT_FREE char *folder = lct_format("%s/lessons/%s", data, lesson);
    struct lct_lesson_media media = {0};
    for (size_t i = sources->n; i > 0; i--) {
        if (strcmp(sources->list[i - 1].info.id, lesson) == 0) {
            *ret_source = &sources->list[i - 1];
            return 0;
        }
    }
    if (sources->n == LCT_CLIP_LESSONS_MAX) {
        return lct_fault_set(fault, -EINVAL, "clip", "A microlesson is made of up to %u lessons.",
                             "一个微课最多取自 %u 个课程。", LCT_CLIP_LESSONS_MAX);
    }
    struct source *source = &sources->list[sources->n];
    int rc = lct_lesson_load(folder, &source->info, fault);
    if (rc < 0) {
        return rc == -ENOENT ? lct_fault_set(fault, rc, "clip", "There is no lesson %s.",
                                             "没有课程 %s。", lesson)
                             : rc;
    }
    lct_lesson_media(folder, &source->info, &media);
    free(media.gaps);
    (void)snprintf(source->info.id, sizeof source->info.id, "%s",
                   lesson); /* a folder may be renamed */
    source->end = media.duration;
    sources->n++;
    *ret_source = source;
    return 0;
}

static bool has_track(const struct lct_lesson_info *info, const char *name) {
    for (size_t i = 0; i < info->track_count; i++) {
        if (strcmp(info->tracks[i].name, name) == 0) {
            return true;
        }
    }
    return !*name;
}

static int check_piece(struct sources *sources, const char *data,
                       const struct lct_clip_piece *piece, size_t number, struct lct_fault *fault) {
    const struct source *source = NULL;
    char end[24];
    int rc = find_source(sources, data, piece->lesson, &source, fault);
    if (rc < 0) {
        return rc;
    }
    lct_span_format(source->end, end, sizeof end);
    if (piece->from >= source->end || piece->to > source->end + END_SLACK) {
        return lct_fault_set(fault, -EINVAL, "clip",
                             "Piece %zu lies outside the lesson %s, which ends at %s.",
                             "第 %zu 段超出了课程 %s 的结尾 %s。", number, piece->lesson, end);
    }
    const char *missing = !has_track(&source->info, piece->main)    ? piece->main
                          : !has_track(&source->info, piece->other) ? piece->other
                                                                    : NULL;
    return !missing
               ? 0
               : lct_fault_set(fault, -EINVAL, "clip",
                               "Piece %zu: the lesson %s has no track '%s'.",
                               "第 %zu 段：课程 %s 没有轨道“%s”。", number, piece->lesson, missing);
}

int lct_clip_check(const struct lct_clip *clip, const char *data, struct lct_fault *fault) {
    LCT_FREE struct sources *sources = lct_new(sizeof *sources);
    int rc = 0;
    for (size_t i = 0; i < clip->piece_count && rc == 0; i++) {
        rc = check_piece(sources, data, &clip->pieces[i], i + 1, fault);
    }
    return rc;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Subtitles of an item: a clip that has none of its own shows those of its lessons. */
#include "archive/library/item.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/lesson.h"
#include "archive/library/clip.h"
#include "base/mem.h"

/* The subtitles of the lessons of a clip, each read once: pieces may go to and fro. */
struct lessons {
    char (*ids)[LCT_LESSON_ID_SIZE];
    struct lct_subtitle *subtitles;
    size_t n;
    bool any; /* some lesson has any */
};

static const struct lct_subtitle *subtitle_of(struct lessons *lessons, const char *data,
                                              const char *id, const char *lang) {
    for (size_t i = lessons->n; i > 0; i--) { /* that of the piece before mostly */
        if (strcmp(lessons->ids[i - 1], id) == 0) {
            return &lessons->subtitles[i - 1];
        }
    }
    struct lct_fault unused;
    LCT_FREE char *folder = lct_item_folder(data, id);
    struct lct_subtitle *subtitle = &lessons->subtitles[lessons->n];
    (void)snprintf(lessons->ids[lessons->n++], LCT_LESSON_ID_SIZE, "%s", id);
    lessons->any = lct_subtitle_load(folder, lang, subtitle, &unused) == 0 || lessons->any;
    return subtitle;
}

/* What its lessons' subtitles say in the pieces of a clip. True: some lesson has any. */
static bool gather(const char *data, const json_t *pieces, const char *lang,
                   struct lct_subtitle *ret_subtitle) {
    size_t count = json_array_size(pieces) + 1, i;
    struct lessons lessons = {.ids = lct_new(count * sizeof *lessons.ids),
                              .subtitles = lct_new(count * sizeof *lessons.subtitles)};
    struct lct_subtitle out = {.count = 0};
    lct_ns at = 0;
    json_t *piece;
    json_array_foreach(pieces, i, piece) {
        const char *id = lct_json_text(piece, "lesson", "");
        lct_ns from = lct_json_int(piece, "from_ns", 0), to = lct_json_int(piece, "to_ns", 0);
        if (!lct_lesson_is_id(id) || from < 0 || to <= from) {
            continue;
        }
        lct_subtitle_add_range(&out, subtitle_of(&lessons, data, id, lang), from, to, at);
        at += to - from;
    }
    for (i = 0; i < lessons.n; i++) {
        lct_subtitle_free(&lessons.subtitles[i]);
    }
    free(lessons.subtitles);
    free(lessons.ids);
    *ret_subtitle = out;
    return lessons.any;
}

static int none(const char *id, const char *lang, struct lct_fault *fault) {
    return lct_fault_set(fault, -ENOENT, "subtitles", "%s has no subtitles in '%s'.",
                         "%s 没有语言为“%s”的字幕。", id, lang);
}

int lct_item_subtitle(const char *data, const char *id, const char *lang,
                      struct lct_subtitle *ret_subtitle, bool *ret_own, struct lct_fault *fault) {
    LCT_FREE char *folder = lct_item_folder(data, id);
    LCT_JSON json_t *edl = NULL;
    unsigned version;
    if (!lct_subtitle_is_lang(lang)) {
        return none(id, lang, fault);
    }
    int rc = lct_subtitle_load(folder, lang, ret_subtitle, fault);
    *ret_own = rc == 0;
    if (rc != -ENOENT) {
        return rc;
    }
    if (lct_item_is_clip(id) && lct_clip_newest(folder, &edl, &version) == 0) {
        if (gather(data, json_object_get(edl, "pieces"), lang, ret_subtitle)) {
            return 0;
        }
        lct_subtitle_free(ret_subtitle);
    }
    return none(id, lang, fault);
}

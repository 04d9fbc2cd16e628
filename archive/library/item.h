// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What the library lists: lessons (DATA/lessons/ID) and microlessons, called clips in code
 * (DATA/clips/ID, docs/formats/clip.md). Here one is read from its folder: what a card shows of it,
 * and every text of it that can be searched, with its time. Of a clip that is also what stands in
 * the ranges of its lessons. Files are the truth, and what is damaged hides no more than itself.
 * One thread at a time an item.
 *
 *     uint64_t as_of = lct_item_as_of("/data", id, recording);      // another number: read it anew
 *     if (lct_item_read("/data", id, recording, &item) == 0) … item.summary, item.passages
 *     lct_item_free(&item);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/library/subtitle.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/time.h"

/** What a text is; the more it says of an item the earlier. */
enum lct_passage_kind {
    LCT_PASSAGE_TITLE,
    LCT_PASSAGE_METADATA,
    LCT_PASSAGE_CHAPTER,
    LCT_PASSAGE_MARK,
    LCT_PASSAGE_SLIDE,
    LCT_PASSAGE_SUBTITLE,
    LCT_PASSAGE_KINDS
};

/** Passages of an item at most; more are not searched. */
#define LCT_PASSAGES_MAX 50000

/** Bytes of a passage at most; the rest is not searched. */
#define LCT_PASSAGE_BYTES_MAX 4000

/** Bytes of chapters.json and of text.jsonl at most. */
#define LCT_ITEM_FILE_MAX (16U << 20)

struct lct_passage {
    enum lct_passage_kind kind;
    lct_ns time, to;    /**< where it begins and ends; LCT_NS_NONE: of the whole item */
    lct_ns picture;     /**< when its lesson's small pictures show it; LCT_NS_NONE: they do not */
    const char *lesson; /**< of a clip's: which lesson that is, borrowed from sources; NULL: none */
    char *text;         /**< one line */
};

struct lct_passages {
    struct lct_passage *list;
    size_t n, room;
};

struct lct_item {
    /** id, kind ("lesson", "clip"), title, duration_ns, created, state, trashed, stage, subject,
     *  grade, edition, volume, type, teachers, school, cover, as in docs/api.yaml. */
    json_t *summary;
    json_t *sources; /**< of a clip: the ids of its lessons */
    struct lct_passages passages;
};

/** The word of a kind in the API: "title" … */
const char *lct_passage_word(enum lct_passage_kind kind);

/** True for the id of a clip; any other that is one is a lesson's. */
bool lct_item_is_clip(const char *id);

/** Its folder below data. Returns owned. */
char *lct_item_folder(const char *data, const char *id) LCT_MUST_USE;

/** As of when an item's files are: another number, and they have changed. Never 0. */
uint64_t lct_item_as_of(const char *data, const char *id, bool recording);

/** Reads an item. 0; -ENOENT: there is none; -EINVAL: lesson.json, or all versions of a clip, are
 *  damaged. */
int lct_item_read(const char *data, const char *id, bool recording,
                  struct lct_item *ret_item) LCT_MUST_USE;

/**
 * Deletes an item with all its files, for ever (archive/lesson/deleted.h); what a crash leaves goes
 * with the next deletion. 0 or -errno.
 */
int lct_item_delete(const char *data, const char *id) LCT_MUST_USE;

/**
 * An item's subtitles in a language: its own, or what those of its lessons say in the pieces of a
 * clip, in clip time. 0, *ret_subtitle owned (lct_subtitle_free) and in *ret_own whether they are a
 * document of its own; -ENOENT: it has none; or as lct_subtitle_load; with a fault.
 */
int lct_item_subtitle(const char *data, const char *id, const char *lang,
                      struct lct_subtitle *ret_subtitle, bool *ret_own,
                      struct lct_fault *fault) LCT_MUST_USE;

/** Frees what it holds. */
void lct_item_free(struct lct_item *item);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A clip (微课): an edit decision list over lessons, DATA/clips/ID, without media of its own
 * (docs/formats/clip.md). Its versions are files, 0001.json and on; a version that is written is
 * never changed, the highest that can be read is the clip. Reading one from JSON and writing one is
 * pure; one thread at a time a clip's folder, and of two programs that save at once one is told.
 *
 *     rc = lct_clip_read(json, &clip, &fault);                    // what a person sent
 *     rc = lct_clip_check(&clip, "/data", &fault);                // against its lessons
 *     rc = lct_clip_create(&lct_io_system, "/data", &clip, metadata, id, &fault);
 *     rc = lct_clip_newest(folder, &json, &version);  …  lct_clip_save(io, folder, version, …);
 *     lct_clip_free(&clip);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "archive/cut/cut.h"
#include "archive/lesson/lesson.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/io.h"
#include "base/json.h"
#include "base/time.h"
#include "encode/chunk.h"

/** Pieces, lessons and chapters of a clip at most. */
#define LCT_CLIP_PIECES_MAX LCT_CUT_RANGES_MAX
#define LCT_CLIP_LESSONS_MAX 100U
#define LCT_CLIP_CHAPTERS_MAX 1000U

/** Versions of a clip at most. */
#define LCT_CLIP_VERSIONS_MAX 9999U

/** Bytes of a clip as JSON at most: 10,000 pieces with all that they can say. */
#define LCT_CLIP_BYTES_MAX (8U << 20)

/** Lesson time of a piece, and the length of all pieces together, at most. */
#define LCT_CLIP_TIME_MAX (INT64_C(864000) * LCT_SECOND)

/**
 * So much behind the end of its lesson a piece may end when it is shown: what was checked while the
 * lesson was recorded goes up to what its last pictures promised, 2 s
 * (docs/decisions/0002-promises.md), and a player's idea of the end may be a picture behind that of
 * the tapes.
 */
#define LCT_CLIP_END_SLACK (5 * LCT_SECOND / 2)

/** A fade at most. */
#define LCT_CLIP_FADE_MAX (10 * LCT_SECOND)

/** Characters of a chapter's title, and of a text on a card, at most. */
#define LCT_CLIP_TITLE_MAX 200U

/** Fields of a card at most. */
#define LCT_CLIP_FIELDS_MAX 20U

/** How long each card of a clip is shown: the rules that exports keep say so. */
#define LCT_CLIP_CARD_LENGTH (5 * LCT_SECOND)

/** Which pictures are shown. */
enum lct_clip_layout {
    LCT_CLIP_ALL,    /**< whoever watches chooses */
    LCT_CLIP_SINGLE, /**< main */
    LCT_CLIP_SIDE,   /**< main and other, side by side */
    LCT_CLIP_INSET,  /**< main, other small in its corner */
    LCT_CLIP_LAYOUTS
};

/** A kept range of a lesson, by the rules of archive/cut/cut.h: from <= t < to. */
struct lct_clip_piece {
    char lesson[LCT_LESSON_ID_SIZE];
    lct_ns from, to; /**< lesson time */
    enum lct_clip_layout layout;
    char main[LCT_TRACK_NAME_SIZE];  /**< ""with LCT_CLIP_ALL */
    char other[LCT_TRACK_NAME_SIZE]; /**< "" but with LCT_CLIP_SIDE and LCT_CLIP_INSET */
    lct_ns fade_in, fade_out;
};

struct lct_clip_chapter {
    lct_ns time; /**< clip time */
    char *title; /**< owned */
};

/** A card at the beginning or the end. */
struct lct_clip_card {
    char template[40]; /**< "": there is none */
    json_t *fields;    /**< owned: what stands on it, texts by name */
};

struct lct_clip {
    struct lct_clip_piece *pieces; /**< owned; at least one */
    size_t piece_count;
    struct lct_clip_chapter *chapters; /**< owned; by time */
    size_t chapter_count;
    struct lct_clip_card opening, closing;
    bool logo;
};

/** True for what can be the id of a clip. */
bool lct_clip_is_id(const char *text);

/** Reads a clip from JSON; titles and texts are made plain (archive/library/plain.h). 0, or -EINVAL
 * with a fault that names what is wrong and where. Pure; *ret_clip is owned (lct_clip_free). */
int lct_clip_read(const json_t *json, struct lct_clip *ret_clip,
                  struct lct_fault *fault) LCT_MUST_USE;

/** The clip as JSON; what is read from that is the same. Pure. Returns owned. */
json_t *lct_clip_json(const struct lct_clip *clip) LCT_MUST_USE;

/** Length of all pieces; cards do not count. */
lct_ns lct_clip_length(const struct lct_clip *clip);

/** Length of the cards that it has. */
lct_ns lct_clip_cards_length(const struct lct_clip *clip);

/** True when cards or two pictures in one must be made for it, beside heads. */
bool lct_clip_is_made(const struct lct_clip *clip);

/** Frees what it holds. */
void lct_clip_free(struct lct_clip *clip);

/**
 * Checks the pieces against their lessons below data: that these are there, are so long as recorded
 * up to now, and have the tracks that are named. 0; -ENOENT; -ERANGE, as -EINVAL: a range outside;
 * or as lct_lesson_load; with a fault. Reads the disk.
 */
int lct_clip_check(const struct lct_clip *clip, const char *data,
                   struct lct_fault *fault) LCT_MUST_USE;

/**
 * Makes a clip of its first version, metadata (archive/library/metadata.h, checked) beside it; both
 * are durable when this returns 0. Else -errno with a fault, and there is none.
 */
int lct_clip_create(const struct lct_io *io, const char *data, const struct lct_clip *clip,
                    const json_t *metadata, char ret_id[LCT_LESSON_ID_SIZE],
                    struct lct_fault *fault) LCT_MUST_USE;

/**
 * Writes a new version into the clip's folder, made from version after. 0, durable; -ESTALE:
 * somebody else has saved since, or is at it; -ENOSPC … ; with a fault, and nothing has changed.
 */
int lct_clip_save(const struct lct_io *io, const char *folder, unsigned after,
                  const struct lct_clip *clip, unsigned *ret_version,
                  struct lct_fault *fault) LCT_MUST_USE;

/** The newest version in a clip's folder that can be read, and its number. 0; -ENOENT; -EINVAL:
 * none can. *ret_json is owned. */
int lct_clip_newest(const char *folder, json_t **ret_json, unsigned *ret_version) LCT_MUST_USE;

/** A certain version. 0, -ENOENT, -EINVAL. *ret_json is owned. */
int lct_clip_version(const char *folder, unsigned version, json_t **ret_json) LCT_MUST_USE;

/** The versions as {"version","saved"}, newest first. Returns owned; empty: no clip is here. */
json_t *lct_clip_versions(const char *folder) LCT_MUST_USE;

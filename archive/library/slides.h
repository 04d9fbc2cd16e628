// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The slides of a lesson: what its screen showed, from when to when, and the text on it. They are
 * found from key frames alone (one stands at each large change, and one each ten seconds) and from
 * how many bytes lie between them, so nothing else is decoded; they are kept in text.jsonl, a line
 * a slide (docs/formats/library.md). Finding, titles and lines are pure.
 *
 *     a picture that stands, or changes little by little (a line more, ink), is one slide;
 *     a stretch that keeps changing (a film, a page that scrolls) is one slide too, and when it is
 *     short the beginning of the next one.
 *
 *     count = lct_slides_find(looks, n, end, &slides);        // slides[i].picture: the look to
 * read slides[i].text = lct_slides_text(read); rc = lct_slides_save(&lct_io_system, folder, slides,
 * count); json_t *list = lct_slides_load(folder);                 //
 * [{"time_ns","to_ns","title",…}]
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/io.h"
#include "base/json.h"
#include "base/time.h"

/** Size of a look: a cell is about as large as a letter of a slide. */
#define LCT_SLIDES_COLUMNS 64
#define LCT_SLIDES_ROWS 36
#define LCT_SLIDES_CELLS (LCT_SLIDES_COLUMNS * LCT_SLIDES_ROWS)

/** Slides of a lesson at most; what is shown behind them is the last one. */
#define LCT_SLIDES_MAX 1000

/** Characters of a title at most, bytes of a slide's text. */
#define LCT_SLIDES_TITLE_MAX 40
#define LCT_SLIDES_TEXT_MAX 3000

/** A key frame, and what follows it up to the next. */
struct lct_slides_look {
    lct_ns time;
    uint8_t cells[LCT_SLIDES_CELLS]; /**< brightness */
    uint64_t bytes;                  /**< of the pictures up to the next key frame */
    lct_ns large_time;               /**< when the largest of them is shown */
    uint32_t large_bytes;
};

struct lct_slide {
    lct_ns from, to;
    size_t picture; /**< the look that shows all of it: the last of a slide that grows */
    bool moving;    /**< it kept changing */
    lct_ns thumb;   /**< when a small picture of it is there, for who shows slides */
    char *text;     /**< owned */
};

/** True when two looks show the same. */
bool lct_slides_same(const struct lct_slides_look *a, const struct lct_slides_look *b);

/** Finds the slides in n looks by their times; the last one stands until end. How many; *ret_slides
 *  is owned (free), thumb and text are not set. */
size_t lct_slides_find(const struct lct_slides_look *looks, size_t n, lct_ns end,
                       struct lct_slide **ret_slides);

/** What was read on a slide, made plain: without the blanks that readers put between Chinese
 *  characters, without lines that hold no word. Returns owned (free). */
char *lct_slides_text(const char *read) LCT_MUST_USE;

/** The title that a slide's text suggests: its first sentence. Returns owned (free); may be "". */
char *lct_slides_title(const char *text) LCT_MUST_USE;

/** Writes text.jsonl so that a crash leaves the old or the new one. 0 or -errno. */
int lct_slides_save(const struct lct_io *io, const char *folder, const struct lct_slide *slides,
                    size_t count) LCT_MUST_USE;

/** The slides of a lesson's folder as a list, as they stand in the file; damaged lines are left
 *  out. Returns owned; NULL: nobody has looked for any. */
json_t *lct_slides_load(const char *folder) LCT_MUST_USE;

/** Chapters that slides suggest: [{"time_ns","title","picture_ns"}], without those that are shown
 *  too shortly, and one for all slides of a title that follow each other. Returns owned. */
json_t *lct_slides_chapters(const json_t *slides) LCT_MUST_USE;

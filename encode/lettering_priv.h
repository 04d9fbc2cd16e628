// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Text in a box, by pango: wrapped where the language allows it (no mark of punctuation begins a
 * Chinese line), made smaller until it fits, lines of about one length, and cut off with an
 * ellipsis when even the smallest does not fit. Directions are the text's own (UAX 9). One thread.
 */
#pragma once

#include <cairo.h>
#include <stdbool.h>

/** Characters of a text that are drawn at most. */
#define LCT_LETTERING_MAX 400

enum lct_lettering_place { LCT_LETTERING_BEGIN, LCT_LETTERING_MIDDLE, LCT_LETTERING_END };

struct lct_lettering {
    const char *text; /**< UTF-8; lines by '\n' */
    const char *font; /**< family; others fill in what it lacks */
    bool bold;
    double x, y, w, h;  /**< box, pixels */
    double most, least; /**< size of the letters, pixels */
    enum lct_lettering_place along, across;
    double colour[3]; /**< 0 to 1 */
    double rim;       /**< width of a dark rim around the letters, pixels; 0: none */
};

/** Draws; nothing for an empty text. */
void lct_lettering_draw(cairo_t *cairo, const struct lct_lettering *lettering);

/** Copies at most LCT_LETTERING_MAX characters of text without controls and without marks that
 * change directions around them; keep_lines: but '\n'. Returns owned. */
char *lct_lettering_plain(const char *text, bool keep_lines);

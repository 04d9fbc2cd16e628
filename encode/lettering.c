// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/lettering_priv.h"

#include <stdlib.h>
#include <string.h>

#include <pango/pangocairo.h>

#include "base/mem.h"
#include "base/text.h"

#define STEP 0.94 /* smaller by so much until it fits */
#define LINE_SPACING 1.12F

/* U+202A to U+202E and U+2066 to U+2069: who writes them steers what others wrote. */
static bool steers(const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    return c[0] == 0xe2 && ((c[1] == 0x80 && c[2] >= 0xaa && c[2] <= 0xae) ||
                            (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
}

/* One line, tamed, appended to out; how many characters are left of most. */
static unsigned add_line(const char *line, size_t n, unsigned most, char *out) {
    LCT_FREE char *tame = lct_format("%.*s", (int)n, line);
    for (char *c = tame; *c; c++) {
        *c = *c == '\t' || *c == '\r' || *c == '\n' ? ' ' : *c;
    }
    lct_text_tame(tame);
    char *end = out + strlen(out);
    for (const char *c = tame; *c && most > 0;) {
        const char *next = g_utf8_next_char(c);
        if (!steers(c)) {
            memcpy(end, c, (size_t)(next - c));
            end += next - c;
            most--;
        }
        c = next;
    }
    *end = '\0';
    return most;
}

char *lct_lettering_plain(const char *text, bool keep_lines) {
    size_t n = strlen(text);
    char *out = lct_new(n + 1);
    unsigned left = LCT_LETTERING_MAX;
    for (const char *line = text; left > 0;) {
        size_t length = keep_lines ? strcspn(line, "\n") : strlen(line);
        left = add_line(line, length, left, out);
        if (!line[length]) {
            break;
        }
        strcat(out, "\n"); /* there was one in the text, too */
        line += length + 1;
    }
    return out;
}

static void set_size(PangoLayout *layout, const struct lct_lettering *l, double size) {
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family(font, l->font);
    pango_font_description_set_weight(font, l->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
}

static bool fits(PangoLayout *layout, const struct lct_lettering *l) {
    int w, h;
    pango_layout_get_pixel_size(layout, &w, &h);
    return w <= (int)l->w && h <= (int)l->h;
}

/* As few lines as it has, but all of about one length: no single character is left for the last. */
static void balance(PangoLayout *layout, int width) {
    int lines = pango_layout_get_line_count(layout), low = width / 2, high = width;
    if (lines < 2) {
        return;
    }
    while (high - low > PANGO_SCALE) {
        int middle = low + (high - low) / 2;
        pango_layout_set_width(layout, middle);
        *(pango_layout_get_line_count(layout) > lines ? &low : &high) = middle;
    }
    pango_layout_set_width(layout, high);
}

static PangoLayout *lay_out(cairo_t *cairo, const struct lct_lettering *l) {
    static const PangoAlignment alignments[] = {PANGO_ALIGN_LEFT, PANGO_ALIGN_CENTER,
                                                PANGO_ALIGN_RIGHT};
    PangoLayout *layout = pango_cairo_create_layout(cairo);
    int width = (int)(l->w * PANGO_SCALE);
    /* Han characters as they are written in China, whatever the machine's language. */
    pango_context_set_language(pango_layout_get_context(layout),
                               pango_language_from_string("zh-cn"));
    pango_layout_set_text(layout, l->text, -1);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_line_spacing(layout, LINE_SPACING);
    pango_layout_set_width(layout, width);
    double size = l->most;
    set_size(layout, l, size);
    while (!fits(layout, l) && size > l->least) {
        size = size * STEP < l->least ? l->least : size * STEP;
        set_size(layout, l, size);
    }
    if (fits(layout, l)) {
        balance(layout, width);
    } else {
        pango_layout_set_height(layout, (int)(l->h * PANGO_SCALE));
        pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    }
    pango_layout_set_alignment(layout, alignments[l->along]);
    return layout;
}

static double shift(double room, enum lct_lettering_place place) {
    return place == LCT_LETTERING_BEGIN ? 0 : place == LCT_LETTERING_END ? room : room / 2;
}

void lct_lettering_draw(cairo_t *cairo, const struct lct_lettering *l) {
    if (!l->text[0]) {
        return;
    }
    PangoLayout *layout = lay_out(cairo, l);
    int w = pango_layout_get_width(layout) / PANGO_SCALE, h;
    pango_layout_get_pixel_size(layout, NULL, &h);
    cairo_move_to(cairo, l->x + shift(l->w - w, l->along), l->y + shift(l->h - h, l->across));
    if (l->rim > 0) {
        pango_cairo_layout_path(cairo, layout);
        cairo_set_source_rgba(cairo, 0, 0, 0, 0.8);
        cairo_set_line_width(cairo, 2 * l->rim);
        cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
        cairo_stroke(cairo);
        cairo_move_to(cairo, l->x + shift(l->w - w, l->along), l->y + shift(l->h - h, l->across));
    }
    cairo_set_source_rgb(cairo, l->colour[0], l->colour[1], l->colour[2]);
    pango_cairo_show_layout(cairo, layout);
    g_object_unref(layout);
}

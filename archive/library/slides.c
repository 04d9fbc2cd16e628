// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/library/slides.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unictype.h>
#include <unistr.h>

#include "archive/library/item.h"
#include "archive/library/plain.h"
#include "base/mem.h"

/* A cell has changed when its brightness did by more than what encoding does to it; a look has when
 * so many cells did: half a line of text, more than a pointer and a clock. */
#define CELL_CHANGE 12
#define CELLS_CHANGED (LCT_SLIDES_CELLS / 125)

/* Between two key frames of a picture that stands lie refreshes and a pointer's way, no film. */
#define QUIET_BYTES_PER_S 16384
#define QUIET_LEAST (3 * LCT_SECOND)

/* A stretch that changes is a slide of its own from this length on. */
#define MOVING_LEAST (5 * LCT_SECOND)

/* A key frame that comes so long after the last was not made for a change (encode/video.c: 10 s):
 * the change was the largest picture before it, when that is no refresh. */
#define REGULAR_KEY (9 * LCT_SECOND)
#define LARGE_BYTES 2000

/* Shown shorter than this it is no chapter. */
#define CHAPTER_LEAST (5 * LCT_SECOND)

/* ---- finding ---- */

bool lct_slides_same(const struct lct_slides_look *a, const struct lct_slides_look *b) {
    size_t changed = 0;
    for (size_t i = 0; i < LCT_SLIDES_CELLS; i++) {
        changed += abs(a->cells[i] - b->cells[i]) > CELL_CHANGE;
    }
    return changed < CELLS_CHANGED;
}

static bool is_quiet(const struct lct_slides_look *look, lct_ns next) {
    lct_ns length = next - look->time;
    return length >= QUIET_LEAST &&
           (double)look->bytes * LCT_SECOND < (double)QUIET_BYTES_PER_S * (double)length;
}

/* When the change was that the key frame at i shows. */
static lct_ns change_time(const struct lct_slides_look *looks, size_t i) {
    const struct lct_slides_look *before = &looks[i - 1];
    bool regular = looks[i].time - before->time >= REGULAR_KEY;
    return regular && before->large_bytes >= LARGE_BYTES ? before->large_time : looks[i].time;
}

struct finder {
    struct lct_slide *slides;
    size_t count;
};

static void begin_slide(struct finder *f, lct_ns from, size_t picture, bool moving) {
    struct lct_slide *last = f->count > 0 ? &f->slides[f->count - 1] : NULL;
    if (last && last->moving && (moving || from - last->from < MOVING_LEAST)) {
        last->moving = moving; /* it goes on, or was the way to this one */
        last->picture = picture;
    } else if (f->count < LCT_SLIDES_MAX) {
        f->slides[f->count++] =
            (struct lct_slide){.from = from, .picture = picture, .moving = moving};
    }
}

size_t lct_slides_find(const struct lct_slides_look *looks, size_t n, lct_ns end,
                       struct lct_slide **ret_slides) {
    struct finder f = {lct_new((n + 1) * sizeof *f.slides), 0};
    bool as_before = false;
    for (size_t i = 0; i < n; i++) {
        bool as_next = i + 1 < n && lct_slides_same(&looks[i], &looks[i + 1]);
        bool stands = as_next || is_quiet(&looks[i], i + 1 < n ? looks[i + 1].time : end);
        if (as_before) {
            f.slides[f.count - 1].picture = i;
        } else {
            begin_slide(&f, i > 0 ? change_time(looks, i) : looks[0].time, i, !stands);
        }
        as_before = as_next;
    }
    for (size_t i = 0; i < f.count; i++) {
        f.slides[i].to = i + 1 < f.count ? f.slides[i + 1].from : end;
    }
    *ret_slides = f.slides;
    return f.count;
}

/* ---- text ---- */

static bool is_wide(ucs4_t c) { return c >= 0x2e80 && c < 0xfb00; }

static bool is_word(ucs4_t c) { return uc_is_property_alphabetic(c) || uc_is_property_numeric(c); }

/* The character at text (of n bytes, UTF-8); its bytes in *ret_n. */
static ucs4_t character(const char *text, size_t n, size_t *ret_n) {
    ucs4_t c;
    int bytes = u8_mbtouc(&c, (const uint8_t *)text, n);
    *ret_n = bytes > 0 ? (size_t)bytes : 1;
    return c;
}

/* Appends a line to out, without blanks beside Chinese; nothing when it holds no two word
 * characters: a rule or a bullet that was taken for letters. Returns the new end. */
static char *add_line(char *out, const char *line, size_t n, bool first) {
    char *at = out + !first;
    size_t words = 0, step;
    bool wide = true, blank = false; /* blanks in front go */
    for (size_t i = 0; i < n; i += step) {
        ucs4_t c = character(line + i, n - i, &step);
        if (c == ' ') {
            blank = true;
            continue;
        }
        if (blank && !wide && !is_wide(c)) {
            *at++ = ' ';
        }
        memcpy(at, line + i, step);
        at += step;
        wide = is_wide(c);
        blank = false;
        words += is_word(c);
    }
    if (words < 2) {
        return out;
    }
    if (!first) {
        *out = '\n';
    }
    return at;
}

char *lct_slides_text(const char *read) {
    LCT_FREE char *plain = lct_plain(read, true);
    size_t n = strlen(plain);
    LCT_FREE char *out = lct_new(n + 2);
    char *end = out;
    for (const char *line = plain; line <= plain + n;) {
        size_t length = strcspn(line, "\n");
        end = add_line(end, line, length, end == out);
        line += length + 1;
    }
    *end = '\0';
    char *text = lct_new(LCT_SLIDES_TEXT_MAX + 1);
    size_t keep = (size_t)(end - out);
    while (keep > LCT_SLIDES_TEXT_MAX) { /* whole lines */
        const char *cut = memrchr(out, '\n', keep);
        keep = cut ? (size_t)(cut - out) : 0;
    }
    memcpy(text, out, keep);
    text[keep] = '\0';
    return text;
}

static bool ends_sentence(ucs4_t c) {
    return c == 0x3002 || c == 0xff01 || c == 0xff1f || c == 0xff1b || c == '!' || c == '?' ||
           c == ';' || c == '\n';
}

char *lct_slides_title(const char *text) {
    size_t n = strlen(text), at = 0, step;
    for (size_t characters = 0; at < n && characters < LCT_SLIDES_TITLE_MAX; at += step) {
        ucs4_t c = character(text + at, n - at, &step);
        if (ends_sentence(c)) {
            break;
        }
        characters++;
    }
    char *title = lct_new(at + 1);
    memcpy(title, text, at);
    return title;
}

/* ---- files ---- */

static char *path_of(const char *folder) { return lct_format("%s/text.jsonl", folder); }

int lct_slides_save(const struct lct_io *io, const char *folder, const struct lct_slide *slides,
                    size_t count) {
    LCT_FREE char *path = path_of(folder);
    LCT_FREE char *bytes = NULL;
    size_t n;
    FILE *out = open_memstream(&bytes, &n);
    if (!out) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        const struct lct_slide *s = &slides[i];
        LCT_FREE char *title = lct_slides_title(s->text);
        LCT_JSON json_t *json = json_pack(
            "{s:I, s:I, s:I, s:s, s:s}", "time_ns", (json_int_t)s->from, "to_ns", (json_int_t)s->to,
            "picture_ns", (json_int_t)s->thumb, "title", title, "text", s->text);
        LCT_FREE char *line = lct_json_dump(json, NULL);
        (void)fprintf(out, "%s\n", line);
    }
    if (fclose(out) != 0) {
        return -ENOMEM;
    }
    return lct_io_replace(io, path, bytes, n);
}

static void add_slide(json_t *list, const char *line, size_t n) {
    json_t *json;
    struct lct_fault unused;
    if (n > 0 && lct_json_parse(line, n, &json, &unused) == 0) {
        lct_ns from = lct_json_int(json, "time_ns", -1);
        if (from >= 0 && lct_json_int(json, "to_ns", -1) >= from) {
            json_array_append(list, json);
        }
        json_decref(json);
    }
}

json_t *lct_slides_load(const char *folder) {
    LCT_FREE char *path = path_of(folder);
    LCT_FREE char *bytes = NULL;
    size_t n;
    if (lct_io_slurp(path, LCT_ITEM_FILE_MAX, &bytes, &n) < 0) {
        return NULL;
    }
    json_t *list = json_array();
    for (char *line = bytes; line < bytes + n;) {
        char *end = memchr(line, '\n', (size_t)(bytes + n - line));
        end = end ? end : bytes + n;
        add_slide(list, line, (size_t)(end - line));
        line = end + 1;
    }
    return list;
}

json_t *lct_slides_chapters(const json_t *slides) {
    json_t *chapters = json_array(), *slide;
    const char *last = NULL;
    size_t i;
    json_array_foreach(slides, i, slide) {
        lct_ns from = lct_json_int(slide, "time_ns", 0);
        const char *title = lct_json_text(slide, "title", "");
        bool shown = lct_json_int(slide, "to_ns", 0) - from >= CHAPTER_LEAST;
        if (shown && (!last || strcmp(title, last) != 0)) {
            json_array_append_new(chapters,
                                  json_pack("{s:I, s:s, s:I}", "time_ns", (json_int_t)from, "title",
                                            title, "picture_ns",
                                            (json_int_t)lct_json_int(slide, "picture_ns", from)));
            last = title;
        }
    }
    return chapters;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/card.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "encode/lettering_priv.h"
#include "encode/overlay_priv.h"

/* Around the text of others: its directions end where it does (UAX 9: FSI, PDI). */
#define ISOLATE "\xe2\x81\xa8"
#define ISOLATE_END "\xe2\x81\xa9"

struct drawer {
    const char *design;
    const json_t *fields;
    cairo_t *cairo;
    double width, height;
    cairo_surface_t *logo; /* NULL: none */
    struct lct_fault *fault;
};

static int refuse(const struct drawer *d, const char *what) {
    return lct_fault_set(d->fault, -EINVAL, "card",
                         "The design of a card, %s, is wrong at '%s' (see the format of cards).",
                         "片头片尾模板 %s 的“%s”有误（请参阅模板格式说明）。", d->design, what);
}

/* ---- values ---- */

static bool read_box(const struct drawer *d, const json_t *part, double box[4]) {
    const json_t *json = json_object_get(part, "box");
    for (size_t i = 0; i < 4; i++) {
        const json_t *number = json_array_get(json, i);
        double value = json_number_value(number);
        if (!json_is_number(number) || value < 0 || value > 1) {
            return false;
        }
        box[i] = value * (i % 2 ? d->height : d->width);
    }
    return box[2] >= 1 && box[3] >= 1;
}

/* "#rrggbb" */
static bool read_colour(const json_t *part, const char *key, double colour[3]) {
    const char *text = lct_json_text(part, key, "");
    unsigned rgb[3];
    int end = 0;
    if (sscanf(text, "#%2x%2x%2x%n", &rgb[0], &rgb[1], &rgb[2], &end) != 3 || end != 7 || text[7]) {
        return false;
    }
    for (int i = 0; i < 3; i++) {
        colour[i] = rgb[i] / 255.0;
    }
    return true;
}

static bool read_place(const json_t *part, const char *key, const char *const names[3],
                       enum lct_lettering_place *place) {
    const char *text = lct_json_text(part, key, names[0]);
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *place = (enum lct_lettering_place)i;
            return true;
        }
    }
    return false;
}

/* ---- words ---- */

struct words {
    char *text; /* owned */
    size_t n, room;
};

static void add(struct words *w, const char *text, size_t n) {
    if (w->n + n + 1 > w->room) {
        w->room = 2 * (w->n + n + 1);
        char *more = lct_new(w->room);
        if (w->n > 0) {
            memcpy(more, w->text, w->n);
        }
        free(w->text);
        w->text = more;
    }
    memcpy(w->text + w->n, text, n);
    w->n += n;
    w->text[w->n] = '\0';
}

static void add_value(struct words *w, const char *text) {
    LCT_FREE char *plain = lct_lettering_plain(text, false);
    if (plain[0]) {
        add(w, ISOLATE, strlen(ISOLATE));
        add(w, plain, strlen(plain));
        add(w, ISOLATE_END, strlen(ISOLATE_END));
    }
}

static void add_field(struct words *w, const json_t *value) {
    size_t i;
    const json_t *one;
    if (json_is_string(value)) {
        add_value(w, json_string_value(value));
    }
    json_array_foreach(value, i, one) {
        if (i > 0) {
            add(w, "、", strlen("、"));
        }
        add_value(w, json_is_string(one) ? json_string_value(one) : "");
    }
}

/* "{stage} {subject}" with the fields in their places. False: all of them are empty, so it is. */
static bool fill(const struct drawer *d, const char *pattern, struct words *w) {
    size_t begin = w->n, plain = 0;
    bool asked = false;
    for (const char *c = pattern; *c;) {
        const char *end = *c == '{' ? strchr(c, '}') : NULL;
        if (end) {
            LCT_FREE char *name = lct_format("%.*s", (int)(end - c - 1), c + 1);
            add_field(w, json_object_get(d->fields, name));
            asked = true;
            c = end + 1;
        } else {
            size_t n = strcspn(c + 1, "{") + 1;
            add(w, c, n);
            plain += n;
            c += n;
        }
    }
    bool empty = asked && w->n - begin == plain;
    if (empty && w->text) {
        w->n = begin;
        w->text[begin] = '\0';
    }
    return !empty;
}

/* A text is one pattern, or several of which those with nothing in them are left out. */
static void gather(const struct drawer *d, const json_t *part, struct words *w) {
    const json_t *patterns = json_object_get(part, "text"), *one;
    const char *between = lct_json_text(part, "between", "  ");
    size_t i, last = 0;
    bool any = false;
    if (json_is_string(patterns)) {
        (void)fill(d, json_string_value(patterns), w);
    }
    json_array_foreach(patterns, i, one) {
        last = w->n;
        if (any) {
            add(w, between, strlen(between));
        }
        bool filled = json_is_string(one) && fill(d, json_string_value(one), w);
        if (!filled && w->text) {
            w->n = last;
            w->text[last] = '\0';
        }
        any = any || filled;
    }
}

static int draw_text(const struct drawer *d, const json_t *part) {
    static const char *const along[3] = {"left", "middle", "right"};
    static const char *const across[3] = {"top", "middle", "bottom"};
    struct lct_lettering l = {.font = lct_json_text(part, "font", "Noto Sans CJK SC"),
                              .bold = lct_json_flag(part, "bold", false)};
    double box[4];
    l.most = lct_json_real(part, "size", 0) * d->height;
    l.least = lct_json_real(part, "least", lct_json_real(part, "size", 0) / 2) * d->height;
    bool right = read_box(d, part, box) && read_colour(part, "colour", l.colour) &&
                 read_place(part, "along", along, &l.along) &&
                 read_place(part, "across", across, &l.across) && l.most >= 1 &&
                 l.most <= d->height && l.least >= 1 && l.least <= l.most;
    if (!right) {
        return refuse(d, "texts");
    }
    struct words w = {.text = NULL};
    gather(d, part, &w);
    l.text = w.text ? w.text : "";
    l.x = box[0];
    l.y = box[1];
    l.w = box[2];
    l.h = box[3];
    lct_lettering_draw(d->cairo, &l);
    free(w.text);
    return 0;
}

/* ---- ground ---- */

static int draw_ground(const struct drawer *d, const json_t *design) {
    const json_t *ground = json_object_get(design, "ground");
    double top[3], bottom[3];
    if (!read_colour(ground, "top", top) || !read_colour(ground, "bottom", bottom)) {
        return refuse(d, "ground");
    }
    cairo_pattern_t *slope = cairo_pattern_create_linear(0, 0, 0, d->height);
    cairo_pattern_add_color_stop_rgb(slope, 0, top[0], top[1], top[2]);
    cairo_pattern_add_color_stop_rgb(slope, 1, bottom[0], bottom[1], bottom[2]);
    cairo_set_source(d->cairo, slope);
    cairo_paint(d->cairo);
    cairo_pattern_destroy(slope);
    return 0;
}

static int draw_box(const struct drawer *d, const json_t *part) {
    double box[4], colour[3];
    if (!read_box(d, part, box) || !read_colour(part, "colour", colour)) {
        return refuse(d, "boxes");
    }
    cairo_set_source_rgb(d->cairo, colour[0], colour[1], colour[2]);
    cairo_rectangle(d->cairo, box[0], box[1], box[2], box[3]);
    cairo_fill(d->cairo);
    return 0;
}

static int draw_all(const struct drawer *d, const json_t *design) {
    const json_t *boxes = json_object_get(design, "boxes");
    const json_t *texts = json_object_get(design, "texts"), *part;
    const json_t *logo = json_object_get(design, "logo");
    double box[4];
    size_t i;
    if (lct_json_int(design, "version", 0) != 1 ||
        json_array_size(boxes) + json_array_size(texts) > LCT_CARD_PARTS_MAX) {
        return refuse(d, "version");
    }
    int rc = draw_ground(d, design);
    json_array_foreach(boxes, i, part) { rc = rc ? rc : draw_box(d, part); }
    if (rc == 0 && logo && !read_box(d, logo, box)) {
        rc = refuse(d, "logo");
    }
    if (rc == 0 && logo && d->logo) {
        lct_overlay_draw(d->cairo, d->logo, box, lct_json_flag(logo, "right", false));
    }
    json_array_foreach(texts, i, part) { rc = rc ? rc : draw_text(d, part); }
    return rc;
}

int lct_card_draw(const char *design, const json_t *fields, const char *logo,
                  const struct lct_overlay_canvas *canvas, struct lct_frame **ret_frame,
                  struct lct_fault *fault) {
    struct drawer d = {.design = design,
                       .fields = fields,
                       .width = canvas->width,
                       .height = canvas->height,
                       .fault = fault};
    LCT_JSON json_t *json = NULL;
    int rc = lct_json_load(design, LCT_CARD_BYTES_MAX, &json, fault);
    d.logo = rc == 0 && logo ? lct_overlay_load(logo, fault) : NULL;
    if (rc < 0 || (logo && !d.logo)) {
        return rc ? rc : -EINVAL;
    }
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_ARGB32, canvas->width, canvas->height);
    d.cairo = cairo_create(surface);
    rc = draw_all(&d, json);
    cairo_destroy(d.cairo);
    if (rc == 0) {
        struct lct_overlay *overlay = lct_overlay_of_surface(surface, 0, 0, canvas->colour);
        struct lct_frame *frame = lct_frame_picture(canvas->width, canvas->height, 0);
        frame->colour = canvas->colour;
        for (int i = 0; i < 3; i++) { /* the card hides all of it */
            memset(frame->plane[i], i ? 128 : 16,
                   (size_t)frame->stride[i] * (size_t)(i ? frame->height / 2 : frame->height));
        }
        lct_overlay_blend(overlay, frame);
        lct_overlay_destroy(overlay);
        *ret_frame = frame;
    }
    cairo_surface_destroy(surface);
    if (d.logo) {
        cairo_surface_destroy(d.logo);
    }
    return rc;
}

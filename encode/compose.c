// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/compose.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "encode/colour.h"
#include "encode/fit.h"

/* Where a picture stands, and what brings it to that size. */
struct place {
    int x, y, w, h; /* even; w 0: nowhere */
    struct lct_fit *fit;
};

struct lct_compose {
    struct lct_overlay_canvas canvas;
    enum lct_compose_layout layout;
    struct place places[2];
};

static int even(int n) { return n / 2 * 2; }

struct lct_compose *lct_compose_create(enum lct_compose_layout layout,
                                       const struct lct_overlay_canvas *canvas) {
    struct lct_compose *c = lct_new(sizeof *c);
    int w = canvas->width, h = canvas->height, half = even(w / 2);
    c->canvas = *canvas;
    c->layout = layout;
    c->places[0] = (struct place){.w = w, .h = h};
    if (layout == LCT_COMPOSE_SIDE) {
        c->places[0].w = half;
        c->places[1] = (struct place){.x = half, .w = even(w - half), .h = h};
    }
    return c;
}

void lct_compose_destroy(struct lct_compose *compose) {
    if (compose) {
        lct_fit_destroy(compose->places[0].fit);
        lct_fit_destroy(compose->places[1].fit);
        free(compose);
    }
}

static int within(int least, int n, int most) { return n < least ? least : n > most ? most : n; }

/* A quarter of the width, in the picture's own proportions: no bars beside it, but that it is two
 * lines high at least. */
static void place_inset(struct lct_compose *c, const struct lct_frame *other) {
    int w = c->canvas.width, h = c->canvas.height, margin = even(h / 36);
    struct place *p = &c->places[1];
    int high = even((int)((int64_t)(w / 4) * other->height / other->width));
    p->w = within(2, even(w / 4), w);
    p->h = within(2, high, within(2, even(h / 2), h));
    p->x = within(0, w - p->w - margin, w);
    p->y = within(0, h - p->h - margin, h);
}

static void put(struct lct_compose *c, struct place *p, struct lct_frame *picture,
                struct lct_frame *out) {
    if (!p->fit) {
        p->fit = lct_fit_create(p->w, p->h);
    }
    struct lct_frame *fitted = lct_fit_picture(p->fit, picture);
    struct lct_frame *same = lct_colour_convert(fitted, c->canvas.colour);
    for (int i = 0; i < 3; i++) {
        int shift = i > 0;
        for (int y = 0; y < p->h >> shift; y++) {
            memcpy(out->plane[i] + ((p->y >> shift) + y) * out->stride[i] + (p->x >> shift),
                   same->plane[i] + y * same->stride[i], (size_t)(p->w >> shift));
        }
    }
    lct_frame_unref(same);
    lct_frame_unref(fitted);
}

struct lct_frame *lct_compose_picture(struct lct_compose *compose, struct lct_frame *main,
                                      struct lct_frame *other) {
    struct lct_compose *c = compose;
    struct lct_frame *out = lct_frame_picture(c->canvas.width, c->canvas.height, 0);
    int black = c->canvas.colour == LCT_COLOUR_BT601_FULL ? 0 : 16;
    out->colour = c->canvas.colour;
    for (int i = 0; i < 3; i++) {
        memset(out->plane[i], i ? 128 : black,
               (size_t)out->stride[i] * (size_t)(i ? out->height / 2 : out->height));
    }
    if (main) {
        put(c, &c->places[0], main, out);
    }
    if (other && c->layout != LCT_COMPOSE_SINGLE) {
        if (c->layout == LCT_COMPOSE_INSET && c->places[1].w == 0) {
            place_inset(c, other);
        }
        put(c, &c->places[1], other, out);
    }
    return out;
}

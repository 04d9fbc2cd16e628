// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/x11_pointer_priv.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <xcb/xfixes.h>

void lct_x11_pointer_watch(const struct lct_x11_link *link) {
    xcb_xfixes_select_cursor_input(link->x, link->root,
                                   XCB_XFIXES_CURSOR_NOTIFY_MASK_DISPLAY_CURSOR);
}

void lct_x11_pointer_close(struct lct_x11_pointer *pointer) {
    free(pointer->owner);
    *pointer = (struct lct_x11_pointer){0};
}

int lct_x11_pointer_fetch(struct lct_x11_pointer *pointer, const struct lct_x11_link *link) {
    xcb_generic_error_t *error = NULL;
    xcb_xfixes_get_cursor_image_reply_t *reply =
        xcb_xfixes_get_cursor_image_reply(link->x, xcb_xfixes_get_cursor_image(link->x), &error);
    free(error); /* a server without a pointer: none is drawn */
    if (!reply) {
        return xcb_connection_has_error(link->x) ? -EPIPE : 0;
    }
    free(pointer->owner);
    pointer->owner = reply;
    pointer->pixels = xcb_xfixes_get_cursor_image_cursor_image(reply);
    pointer->left = -reply->xhot;
    pointer->top = -reply->yhot;
    pointer->width = reply->width;
    pointer->height = reply->height;
    int pixels = xcb_xfixes_get_cursor_image_cursor_image_length(reply);
    if ((int64_t)pointer->width * pointer->height > pixels) {
        pointer->width = pointer->height = 0;
    }
    return 0;
}

bool lct_x11_pointer_move(struct lct_x11_pointer *pointer, const xcb_query_pointer_reply_t *reply) {
    bool here = reply->same_screen;
    bool moved = here != pointer->here ||
                 (here && (reply->root_x != pointer->x || reply->root_y != pointer->y));
    pointer->here = here;
    pointer->x = reply->root_x;
    pointer->y = reply->root_y;
    return moved;
}

/* The pointer's pixel at that place of the screen, transparent outside of it. */
static uint32_t pixel_at(const struct lct_x11_pointer *pointer, int x, int y) {
    int column = x - pointer->x - pointer->left;
    int row = y - pointer->y - pointer->top;
    if (column < 0 || column >= pointer->width || row < 0 || row >= pointer->height) {
        return 0;
    }
    return pointer->pixels[row * pointer->width + column];
}

struct sum {
    int alpha, red, green, blue;
};

static struct sum parts_of(uint32_t argb) {
    return (struct sum){(int)(argb >> 24), (int)(argb >> 16 & 0xff), (int)(argb >> 8 & 0xff),
                        (int)(argb & 0xff)};
}

static uint8_t limited(int value) { return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value); }

/* below shows through as far as alpha (of 255) lets it; value was computed for a premultiplied
   colour without its offset (16 or 128), which alpha scales too. BT.601 limited, as libyuv does it.
 */
static uint8_t blend(uint8_t below, int alpha, int offset, int value) {
    return limited((below * (255 - alpha) + offset * alpha + 127) / 255 + value);
}

static void blend_luma(uint8_t *luma, const struct sum *c) {
    *luma = blend(*luma, c->alpha, 16, (66 * c->red + 129 * c->green + 25 * c->blue + 128) / 256);
}

/* Four pixels that share one chroma value each way. */
static void draw_block(const struct lct_x11_pointer *pointer, struct lct_frame *frame, int x,
                       int y) {
    struct sum all = {0};
    for (int i = 0; i < 4; i++) {
        int px = x + (i & 1), py = y + (i >> 1);
        struct sum c = parts_of(pixel_at(pointer, px, py));
        if (c.alpha > 0) {
            blend_luma(frame->plane[0] + (ptrdiff_t)py * frame->stride[0] + px, &c);
        }
        all.alpha += c.alpha;
        all.red += c.red;
        all.green += c.green;
        all.blue += c.blue;
    }
    if (all.alpha > 0) {
        uint8_t *u = frame->plane[1] + (ptrdiff_t)(y / 2) * frame->stride[1] + x / 2;
        uint8_t *v = frame->plane[2] + (ptrdiff_t)(y / 2) * frame->stride[2] + x / 2;
        int alpha = all.alpha / 4;
        *u = blend(*u, alpha, 128, (-38 * all.red - 74 * all.green + 112 * all.blue) / 1024);
        *v = blend(*v, alpha, 128, (112 * all.red - 94 * all.green - 18 * all.blue) / 1024);
    }
}

static int clamp(int value, int most) { return value < 0 ? 0 : value > most ? most : value; }

void lct_x11_pointer_draw(const struct lct_x11_pointer *pointer, struct lct_frame *frame) {
    if (!pointer->here) {
        return;
    }
    int x0 = clamp(pointer->x + pointer->left, frame->width) & ~1;
    int y0 = clamp(pointer->y + pointer->top, frame->height) & ~1;
    int x1 = clamp(pointer->x + pointer->left + pointer->width, frame->width);
    int y1 = clamp(pointer->y + pointer->top + pointer->height, frame->height);
    for (int y = y0; y < y1; y += 2) {
        for (int x = x0; x < x1; x += 2) {
            draw_block(pointer, frame, x, y);
        }
    }
}

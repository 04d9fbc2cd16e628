// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/x11_grab_priv.h"

#include <errno.h>
#include <libyuv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xcb/shm.h>

#include "base/mem.h"

#define PIXEL ((size_t)4)

static size_t box_bytes(const struct lct_box *box) {
    return (size_t)(box->x1 - box->x0) * (size_t)(box->y1 - box->y0) * PIXEL;
}

/* Asks the server to map fd; takes fd. */
static int attach(struct lct_x11_grab *grab, int fd) {
    xcb_connection_t *x = grab->link->x;
    grab->segment = xcb_generate_id(x);
    xcb_generic_error_t *error =
        xcb_request_check(x, xcb_shm_attach_fd_checked(x, grab->segment, fd, 0));
    free(error);
    return error ? -EACCES : 0;
}

/* A refusal (a display reached over the network) leaves shared NULL: slower, but it works. */
static void open_shared(struct lct_x11_grab *grab, size_t bytes) {
    int fd = grab->link->shared_memory ? memfd_create("lectern-screen", MFD_CLOEXEC) : -1;
    if (fd < 0) {
        return;
    }
    void *memory = MAP_FAILED;
    if (ftruncate(fd, (off_t)bytes) == 0) {
        memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    if (memory == MAP_FAILED) {
        close(fd);
    } else if (attach(grab, fd) < 0) {
        munmap(memory, bytes);
    } else {
        grab->shared = memory;
        grab->shared_bytes = bytes;
    }
}

static void paint_black(struct lct_frame *canvas) {
    memset(canvas->plane[0], 16, (size_t)canvas->stride[0] * (size_t)canvas->height);
    memset(canvas->plane[1], 128, (size_t)canvas->stride[1] * (size_t)canvas->height / 2);
    memset(canvas->plane[2], 128, (size_t)canvas->stride[2] * (size_t)canvas->height / 2);
}

int lct_x11_grab_open(struct lct_x11_grab *grab, const struct lct_x11_link *link, int width,
                      int height) {
    size_t bytes = (size_t)width * (size_t)height * PIXEL;
    uint8_t *shadow = calloc(1, bytes);
    if (!shadow) {
        return -ENOMEM;
    }
    *grab = (struct lct_x11_grab){.link = link, .shadow = shadow};
    grab->canvas = lct_frame_picture(width, height, 0);
    paint_black(grab->canvas); /* as the shadow is */
    lct_tiles_init(&grab->tiles, width, height);
    lct_tiles_mark(&grab->tiles, 0, 0, width, height);
    open_shared(grab, bytes);
    return 0;
}

void lct_x11_grab_close(struct lct_x11_grab *grab) {
    if (grab->shared) {
        xcb_shm_detach(grab->link->x, grab->segment);
        munmap(grab->shared, grab->shared_bytes);
    }
    lct_frame_unref(grab->canvas);
    free(grab->shadow);
    *grab = (struct lct_x11_grab){0};
}

/* --- compare and convert --- */

static void convert(struct lct_x11_grab *grab, int x, int y0, int y1, int width) {
    struct lct_frame *to = grab->canvas;
    size_t stride = (size_t)to->width * PIXEL;
    const uint8_t *from = grab->shadow + (size_t)y0 * stride + (size_t)x * PIXEL;
    (void)ARGBToI420(from, (int)stride, to->plane[0] + (ptrdiff_t)y0 * to->stride[0] + x,
                     to->stride[0], to->plane[1] + (ptrdiff_t)y0 / 2 * to->stride[1] + x / 2,
                     to->stride[1], to->plane[2] + (ptrdiff_t)y0 / 2 * to->stride[2] + x / 2,
                     to->stride[2], width, y1 - y0); /* fails for wrong sizes only */
}

/* Takes one tile over from the pixels at from, stride bytes a row; how many pixels differed,
   counted in whole rows of the tile. */
static int take_tile(struct lct_x11_grab *grab, const struct lct_box *tile, const uint8_t *from,
                     size_t stride) {
    size_t own_stride = (size_t)grab->canvas->width * PIXEL;
    size_t row_bytes = (size_t)(tile->x1 - tile->x0) * PIXEL;
    uint8_t *own = grab->shadow + (size_t)tile->y0 * own_stride + (size_t)tile->x0 * PIXEL;
    size_t rows = (size_t)(tile->y1 - tile->y0);
    size_t first = 0;
    while (first < rows &&
           memcmp(own + first * own_stride, from + first * stride, row_bytes) == 0) {
        first++;
    }
    if (first == rows) {
        return 0;
    }
    size_t end = rows;
    while (memcmp(own + (end - 1) * own_stride, from + (end - 1) * stride, row_bytes) == 0) {
        end--;
    }
    for (size_t row = first; row < end; row++) {
        memcpy(own + row * own_stride, from + row * stride, row_bytes);
    }
    int y0 = (tile->y0 + (int)first) & ~1; /* chroma takes rows in pairs */
    int y1 = (tile->y0 + (int)end + 1) & ~1;
    convert(grab, tile->x0, y0, y1, tile->x1 - tile->x0);
    return (int)(end - first) * (tile->x1 - tile->x0);
}

static int64_t take_box(struct lct_x11_grab *grab, const struct lct_box *box,
                        const uint8_t *pixels) {
    int64_t changed = 0;
    size_t stride = (size_t)(box->x1 - box->x0) * PIXEL;
    for (int y = box->y0; y < box->y1; y += LCT_TILE) {
        for (int x = box->x0; x < box->x1; x += LCT_TILE) {
            struct lct_box tile = {x, y, x + LCT_TILE < box->x1 ? x + LCT_TILE : box->x1,
                                   y + LCT_TILE < box->y1 ? y + LCT_TILE : box->y1};
            size_t at = (size_t)(y - box->y0) * stride + (size_t)(x - box->x0) * PIXEL;
            changed += take_tile(grab, &tile, pixels + at, stride);
        }
    }
    return changed;
}

/* --- fetch --- */

static int verdict(const struct lct_x11_grab *grab, xcb_generic_error_t *error) {
    free(error);
    return xcb_connection_has_error(grab->link->x) || !error ? -EPIPE : -EAGAIN;
}

/* All boxes are asked for at once, so that the server copies them in one go: no tearing between. */
static int fetch_shared(struct lct_x11_grab *grab, const struct lct_box *boxes, size_t count) {
    xcb_shm_get_image_cookie_t asked[LCT_TILES_BOXES];
    size_t at = 0;
    int rc = 0;
    for (size_t i = 0; i < count; i++) {
        const struct lct_box *box = &boxes[i];
        asked[i] =
            xcb_shm_get_image(grab->link->x, grab->link->root, (int16_t)box->x0, (int16_t)box->y0,
                              (uint16_t)(box->x1 - box->x0), (uint16_t)(box->y1 - box->y0), ~0U,
                              XCB_IMAGE_FORMAT_Z_PIXMAP, grab->segment, (uint32_t)at);
        at += box_bytes(box);
    }
    for (size_t i = 0; i < count; i++) {
        xcb_generic_error_t *error = NULL;
        xcb_shm_get_image_reply_t *reply = xcb_shm_get_image_reply(grab->link->x, asked[i], &error);
        rc = !reply && rc == 0 ? verdict(grab, error) : rc;
        free(reply);
    }
    return rc;
}

static int take_shared(struct lct_x11_grab *grab, const struct lct_box *boxes, size_t count,
                       int64_t *ret_changed) {
    int rc = fetch_shared(grab, boxes, count);
    size_t at = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        *ret_changed += take_box(grab, &boxes[i], grab->shared + at);
        at += box_bytes(&boxes[i]);
    }
    return rc;
}

static int take_unshared(struct lct_x11_grab *grab, const struct lct_box *boxes, size_t count,
                         int64_t *ret_changed) {
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        const struct lct_box *box = &boxes[i];
        xcb_generic_error_t *error = NULL;
        xcb_get_image_reply_t *reply = xcb_get_image_reply(
            grab->link->x,
            xcb_get_image(grab->link->x, XCB_IMAGE_FORMAT_Z_PIXMAP, grab->link->root,
                          (int16_t)box->x0, (int16_t)box->y0, (uint16_t)(box->x1 - box->x0),
                          (uint16_t)(box->y1 - box->y0), ~0U),
            &error);
        if (!reply) {
            rc = verdict(grab, error);
        } else if ((size_t)xcb_get_image_data_length(reply) >= box_bytes(box)) {
            *ret_changed += take_box(grab, box, xcb_get_image_data(reply));
        }
        free(reply);
    }
    return rc;
}

int lct_x11_grab_fetch(struct lct_x11_grab *grab, int64_t *ret_changed) {
    struct lct_box boxes[LCT_TILES_BOXES];
    size_t count = lct_tiles_boxes(&grab->tiles, boxes, LCT_TILES_BOXES);
    int64_t changed = 0;
    int rc = grab->shared ? take_shared(grab, boxes, count, &changed)
                          : take_unshared(grab, boxes, count, &changed);
    if (rc == 0) {
        lct_tiles_clear(&grab->tiles);
        *ret_changed = changed;
    }
    return rc;
}

struct lct_frame *lct_x11_grab_picture(const struct lct_x11_grab *grab, lct_ns time) {
    const struct lct_frame *from = grab->canvas;
    struct lct_frame *to = lct_frame_picture(from->width, from->height, time);
    for (int i = 0; i < 3; i++) {
        size_t rows = (size_t)(i == 0 ? from->height : from->height / 2);
        memcpy(to->plane[i], from->plane[i], (size_t)from->stride[i] * rows);
    }
    to->colour = LCT_COLOUR_BT601; /* what libyuv makes */
    return to;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * An X11 screen. The server tells us what was drawn (DAMAGE), so a screen that stands still costs
 * next to nothing and a change is seen at once: the first one after quiet immediately, the next
 * ones 33 ms apart. What the server does not tell:
 *
 * - where the pointer is: we ask, 10 times a second, 20 times while it moves;
 * - damage it forgot: a quarter of the screen is fetched and compared each 250 ms, so nothing is
 *   missed for longer than a second (8 MB a second, about 2 ms of CPU); a server that is caught
 *   forgetting is asked for its whole screen 10 times a second;
 * - its own death: XCB returns errors (Xlib would end the process), and the source is told.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xcb/damage.h>
#include <xcb/randr.h>
#include <xcb/xfixes.h>

#include "base/mem.h"
#include "base/thread.h"
#include "capture/driver.h"
#include "capture/x11_grab_priv.h"
#include "capture/x11_link_priv.h"
#include "capture/x11_pointer_priv.h"

#define PACE (LCT_SECOND / 30)
#define PACE_UNWANTED LCT_SECOND /* nobody reads: a preview of one picture a second */
#define POINTER_STILL (LCT_SECOND / 10)
/* A picture in which only the pointer moved costs x264 as much as any other: 20 a second still look
   like a movement and cost a third less than 30. */
#define POINTER_MOVING (LCT_SECOND / 20)
#define POINTER_MOVING_FOR LCT_SECOND
#define CHECK_EACH (LCT_SECOND / 4)
#define CHECK_STRIPS 4
#define CHECK_CAREFUL (LCT_SECOND / 10)
#define CAREFUL_FOR (10 * LCT_SECOND)
#define LOOK_UP (LCT_SECOND / 4) /* how soon it is noticed that somebody wants pictures */
#define REFUSALS_MOST 10

/* A live server answers within milliseconds; one that is stopped does not. */
#define STALL (5 * LCT_SECOND)

struct lct_device {
    /* fixed after open */
    struct lct_sink *sink;
    struct lct_thread thread;
    struct lct_x11_link link;
    xcb_damage_damage_t damage;
    xcb_xfixes_region_t region;
    atomic_bool stopping;
    /* the screen's thread only, after open */
    struct lct_x11_grab grab;
    struct lct_x11_pointer pointer;
    bool damaged;         /* told by the server, not yet fetched */
    bool resized;         /* the same */
    bool pointer_changed; /* its picture, the same */
    bool fresh;           /* of this size no picture was given yet */
    lct_ns looked_at;
    lct_ns active_at;     /* the last look for which there was a reason */
    lct_ns pointer_at;    /* when to ask where it is */
    lct_ns pointer_moved; /* when it last did */
    lct_ns check_at;
    int check_strip;
    lct_ns careful_until;
    int refusals; /* one after the other */
};

/* --- the screen's size --- */

static int refuse_size(const struct lct_device *screen, int width, int height,
                       struct lct_fault *fault) {
    return lct_fault_set(fault, -ENODEV, "source",
                         "The screen %s is %d x %d pixels; from 2 x 2 to 8192 x 8192 can be "
                         "recorded.",
                         "屏幕 %s 的大小为 %d x %d 像素；可录制 2 x 2 到 8192 x 8192。",
                         screen->link.name, width, height);
}

/* Prepares for the size the screen has now. */
static int fit(struct lct_device *screen, struct lct_fault *fault) {
    int width, height;
    int rc = lct_x11_size(&screen->link, &width, &height);
    if (rc < 0) {
        return rc;
    }
    screen->resized = false;
    if (screen->grab.canvas && screen->grab.canvas->width == (width & ~1) &&
        screen->grab.canvas->height == (height & ~1)) {
        return 0;
    }
    if (width < 2 || height < 2 || width > LCT_PICTURE_SIDE_MAX || height > LCT_PICTURE_SIDE_MAX) {
        return refuse_size(screen, width, height, fault);
    }
    lct_x11_grab_close(&screen->grab);
    screen->fresh = true;
    return lct_x11_grab_open(&screen->grab, &screen->link, width & ~1, height & ~1);
}

/* --- what the server tells --- */

static void note_event(struct lct_device *screen, const xcb_generic_event_t *event) {
    const struct lct_x11_link *link = &screen->link;
    int type = event->response_type & 0x7f;
    if (type == link->damage_event + XCB_DAMAGE_NOTIFY) {
        screen->damaged = true;
    } else if (type == link->fixes_event + XCB_XFIXES_CURSOR_NOTIFY) {
        screen->pointer_changed = true;
    } else if (link->randr_event && type == link->randr_event + XCB_RANDR_SCREEN_CHANGE_NOTIFY) {
        screen->resized = true;
    } /* an error of a request without an answer changes nothing */
}

static void note_events(struct lct_device *screen) {
    for (xcb_generic_event_t *event; (event = xcb_poll_for_event(screen->link.x));) {
        note_event(screen, event);
        free(event);
    }
}

/* --- one look at the screen --- */

struct look {
    lct_ns time;
    bool damaged;    /* the server had told of something */
    bool checked;    /* without having been told */
    bool pointer;    /* it moved or looks different */
    int64_t changed; /* pixels */
};

static void mark_region(struct lct_device *screen, const xcb_xfixes_fetch_region_reply_t *region) {
    const xcb_rectangle_t *r = xcb_xfixes_fetch_region_rectangles(region);
    for (int i = 0; i < xcb_xfixes_fetch_region_rectangles_length(region); i++) {
        lct_tiles_mark(&screen->grab.tiles, r[i].x, r[i].y, r[i].width, r[i].height);
    }
}

/* Asks where the pointer is and, when damaged, what was drawn: one way there and back. */
static int ask(struct lct_device *screen, struct look *look) {
    xcb_connection_t *x = screen->link.x;
    xcb_xfixes_fetch_region_cookie_t asked_region = {0};
    look->damaged = screen->damaged;
    if (look->damaged) {
        xcb_damage_subtract(x, screen->damage, XCB_NONE, screen->region);
        asked_region = xcb_xfixes_fetch_region(x, screen->region);
        screen->damaged = false; /* what is drawn from now on is told anew */
    }
    xcb_query_pointer_reply_t *pointer =
        xcb_query_pointer_reply(x, xcb_query_pointer(x, screen->link.root), NULL);
    xcb_xfixes_fetch_region_reply_t *region =
        look->damaged ? xcb_xfixes_fetch_region_reply(x, asked_region, NULL) : NULL;
    bool answered = pointer && (region || !look->damaged);
    if (answered) {
        look->pointer = lct_x11_pointer_move(&screen->pointer, pointer);
        if (region) {
            mark_region(screen, region);
        }
    }
    free(pointer);
    free(region);
    return answered ? 0 : -EPIPE;
}

/* Marks what is to be compared though nothing was told of it. */
static void mark_check(struct lct_device *screen, struct look *look) {
    struct lct_tiles *tiles = &screen->grab.tiles;
    if (look->time < screen->check_at) {
        return;
    }
    look->checked = !look->damaged && tiles->marked == 0;
    if (look->time < screen->careful_until) {
        lct_tiles_mark(tiles, 0, 0, tiles->width, tiles->height);
        screen->check_at = look->time + CHECK_CAREFUL;
        return;
    }
    int rows = (tiles->down + CHECK_STRIPS - 1) / CHECK_STRIPS * LCT_TILE;
    lct_tiles_mark(tiles, 0, screen->check_strip * rows, tiles->width, rows);
    screen->check_strip = (screen->check_strip + 1) % CHECK_STRIPS;
    screen->check_at = look->time + CHECK_EACH;
}

static int fetch(struct lct_device *screen, struct look *look) {
    int rc = lct_x11_grab_fetch(&screen->grab, &look->changed);
    if (rc == -EAGAIN && ++screen->refusals < REFUSALS_MOST) {
        screen->resized = true; /* and the marks stay for the next look */
        return 0;
    }
    if (rc == 0) {
        screen->refusals = 0;
        /* A word that was on its way while we fetched is no forgetting. */
        note_events(screen);
        if (look->checked && look->changed > 0 && !screen->damaged) {
            screen->careful_until = look->time + CAREFUL_FOR;
        }
    }
    return rc;
}

static int fetch_pointer(struct lct_device *screen, struct look *look) {
    if (!screen->pointer_changed) {
        return 0;
    }
    screen->pointer_changed = false;
    look->pointer = true;
    return lct_x11_pointer_fetch(&screen->pointer, &screen->link);
}

static unsigned permille(const struct lct_device *screen, const struct look *look) {
    const struct lct_frame *canvas = screen->grab.canvas;
    int64_t area = (int64_t)canvas->width * canvas->height;
    int64_t pixels = look->changed;
    if (look->pointer) { /* gone from one place, come to another */
        pixels += 2 * (int64_t)screen->pointer.width * screen->pointer.height;
    }
    int64_t share = pixels * 1000 / area;
    return (unsigned)(share < 1 ? 1 : share > 1000 ? 1000 : share);
}

static void give(struct lct_device *screen, const struct look *look) {
    struct lct_frame *frame = lct_x11_grab_picture(&screen->grab, look->time);
    lct_x11_pointer_draw(&screen->pointer, frame);
    frame->changed_permille = screen->fresh ? 1000 : permille(screen, look);
    screen->fresh = false;
    lct_sink_give(screen->sink, LCT_OUTPUT_SCREEN, frame);
}

/* When to look again, after this one. */
static void plan(struct lct_device *screen, const struct look *look) {
    if (look->pointer) {
        screen->pointer_moved = look->time;
    }
    bool moving = look->time < screen->pointer_moved + POINTER_MOVING_FOR;
    screen->pointer_at = look->time + (moving ? POINTER_MOVING : POINTER_STILL);
    screen->looked_at = look->time;
    if (look->damaged || look->pointer || look->changed > 0) {
        screen->active_at = look->time;
    }
}

static int look(struct lct_device *screen, struct lct_fault *fault) {
    struct look now = {0};
    int rc = screen->resized ? fit(screen, fault) : 0;
    rc = rc < 0 ? rc : ask(screen, &now);
    rc = rc < 0 ? rc : fetch_pointer(screen, &now);
    if (rc < 0) {
        return rc;
    }
    now.time = lct_monotonic();
    mark_check(screen, &now);
    rc = screen->grab.tiles.marked > 0 ? fetch(screen, &now) : 0;
    if (rc < 0) {
        return rc;
    }
    if (!screen->resized && (screen->fresh || now.changed > 0 || now.pointer)) {
        give(screen, &now);
    } else {
        lct_sink_alive(screen->sink);
    }
    plan(screen, &now);
    return 0;
}

/* --- the screen's thread --- */

static bool has_news(const struct lct_device *screen) {
    return screen->damaged || screen->resized || screen->pointer_changed || screen->fresh;
}

static lct_ns earlier(lct_ns a, lct_ns b) { return a < b ? a : b; }

static lct_ns next_look(const struct lct_device *screen, bool wanted) {
    if (!wanted) {
        return screen->looked_at + PACE_UNWANTED;
    }
    lct_ns due = has_news(screen) ? 0 : earlier(screen->pointer_at, screen->check_at);
    lct_ns paced = screen->active_at + PACE;
    return due > paced ? due : paced;
}

/* Waits for the time of the next look, or for the server. What the server says faster than the pace
   is left in the socket: it does not wake us before we would act on it. */
static void wait_for(struct lct_device *screen, lct_ns now, lct_ns due, bool wanted) {
    lct_ns paced = screen->active_at + PACE;
    bool listen = wanted && now >= paced;
    lct_ns until = listen ? due : earlier(due, wanted ? paced : now + LOOK_UP);
    struct pollfd server = {.fd = xcb_get_file_descriptor(screen->link.x),
                            .events = listen ? POLLIN : 0};
    struct timespec timeout = {.tv_sec = (until - now) / LCT_SECOND,
                               .tv_nsec = (until - now) % LCT_SECOND};
    (void)xcb_flush(screen->link.x);         /* its failure shows at the next call */
    (void)ppoll(&server, 1, &timeout, NULL); /* whatever ended it, the loop looks again */
}

static int explain(const struct lct_device *screen, int rc, struct lct_fault *fault) {
    const char *name = screen->link.name;
    if (fault->code != 0) {
        return fault->code;
    }
    if (rc == -EPIPE) {
        return lct_fault_set(fault, rc, "source",
                             "The X server of display %s ended or closed the connection.",
                             "显示 %s 的 X 服务器已结束或断开了连接。", name);
    }
    return lct_fault_set(fault, rc, "source", "The X server of display %s gives no picture: %s.",
                         "显示 %s 的 X 服务器不给出画面：%s。", name, strerror(-rc));
}

static int run_once(struct lct_device *screen, struct lct_fault *fault) {
    note_events(screen);
    if (xcb_connection_has_error(screen->link.x)) {
        return -EPIPE;
    }
    bool wanted = lct_sink_wanted(screen->sink, LCT_OUTPUT_SCREEN);
    lct_ns now = lct_monotonic();
    lct_ns due = next_look(screen, wanted);
    if (now >= due) {
        return look(screen, fault);
    }
    wait_for(screen, now, due, wanted);
    return 0;
}

static void run(void *opaque) {
    struct lct_device *screen = opaque;
    struct lct_fault fault = {0};
    int rc = 0;
    while (rc == 0 && !atomic_load(&screen->stopping)) {
        rc = run_once(screen, &fault);
    }
    if (rc < 0 && !atomic_load(&screen->stopping)) {
        (void)explain(screen, rc, &fault);
        lct_sink_failed(screen->sink, &fault);
    }
}

/* --- the driver --- */

static void watch_screen(struct lct_device *screen) {
    xcb_connection_t *x = screen->link.x;
    screen->damage = xcb_generate_id(x);
    screen->region = xcb_generate_id(x);
    xcb_damage_create(x, screen->damage, screen->link.root, XCB_DAMAGE_REPORT_LEVEL_NON_EMPTY);
    xcb_xfixes_create_region(x, screen->region, 0, NULL);
    lct_x11_pointer_watch(&screen->link);
    screen->pointer_changed = true;
}

static void free_screen(struct lct_device *screen) {
    lct_x11_grab_close(&screen->grab);
    lct_x11_pointer_close(&screen->pointer);
    lct_x11_disconnect(&screen->link);
    free(screen);
}

static int open_x11(const struct lct_spec *spec, struct lct_sink *sink,
                    struct lct_device **ret_device, struct lct_fault *fault) {
    struct lct_device *screen = lct_new(sizeof *screen);
    screen->sink = sink;
    int rc = lct_x11_connect(spec->target, &screen->link, fault);
    if (rc < 0) {
        free(screen);
        return rc;
    }
    watch_screen(screen);
    rc = fit(screen, fault);
    if (rc < 0) {
        rc = explain(screen, rc, fault);
        free_screen(screen);
        return rc;
    }
    char label[sizeof screen->link.name + 16];
    (void)snprintf(label, sizeof label, "X11 screen %s", screen->link.name);
    char label_zh[sizeof screen->link.name + 16];
    (void)snprintf(label_zh, sizeof label_zh, "X11 屏幕 %s", screen->link.name);
    lct_sink_describe(sink, label, label_zh, 0, false, false);
    lct_thread_start(&screen->thread, "x11", run, screen);
    *ret_device = screen;
    return 0;
}

static void close_x11(struct lct_device *screen) {
    atomic_store(&screen->stopping, true);
    lct_x11_hang_up(&screen->link);
    lct_thread_join(&screen->thread);
    free_screen(screen);
}

const struct lct_driver lct_driver_x11 = {
    .open = open_x11,
    .close = close_x11,
    .stall = STALL,
};

// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/x11_link_priv.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xcb/damage.h>
#include <xcb/randr.h>
#include <xcb/shm.h>
#include <xcb/xfixes.h>

#define ANSWER_WITHIN_MS 3000

/* --- is anybody there? --- */

static int connect_unix(const char *path, size_t n) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || n > sizeof address.sun_path) {
        return fd < 0 ? -errno : (close(fd), -ENAMETOOLONG);
    }
    memcpy(address.sun_path, path, n);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    if (connect(fd, (struct sockaddr *)&address, size) < 0) {
        int rc = errno == EAGAIN ? -ETIMEDOUT : errno == EACCES ? -EACCES : -ENOENT;
        close(fd);
        return rc;
    }
    return fd;
}

/* The server's socket of that display: its abstract name first, then its file, as XCB does. */
static int connect_display(int display) {
    char path[64] = "";
    int n = snprintf(path + 1, sizeof path - 1, "/tmp/.X11-unix/X%d", display);
    int fd = connect_unix(path, (size_t)n + 1);
    return fd == -ENOENT ? connect_unix(path + 1, (size_t)n + 1) : fd;
}

/*
 * xcb_connect waits for ever on a server that is frozen, so we ask first whether it answers at all.
 * The greeting has a protocol version that does not exist: any server refuses it at once, before it
 * looks at who we are, and does not count us as a client that came and left.
 */
static int probe(int display) {
    static const uint8_t greeting[12] = {'l', 0, 99, 0, 0};
    int fd = connect_display(display);
    if (fd < 0) {
        return fd;
    }
    struct pollfd answer = {.fd = fd, .events = POLLIN};
    int rc = -ENOENT;
    if (send(fd, greeting, sizeof greeting, MSG_NOSIGNAL) == (ssize_t)sizeof greeting) {
        rc = poll(&answer, 1, ANSWER_WITHIN_MS) == 1 ? 0 : -ETIMEDOUT;
    }
    close(fd);
    return rc;
}

static int no_display(int rc, const char *name, struct lct_fault *fault) {
    switch (rc) {
    case -ETIMEDOUT:
        return lct_fault_set(fault, rc, "source",
                             "The X server of display %s is there but does not answer.",
                             "显示 %s 的 X 服务器存在，但没有响应。", name);
    case -EACCES:
        return lct_fault_set(
            fault, rc, "source",
            "The X server of display %s refuses us. Run this program as the person "
            "whose screen it is, or set XAUTHORITY to that person's .Xauthority.",
            "显示 %s 的 X 服务器拒绝访问。请以该屏幕的用户身份运行本程序，"
            "或把 XAUTHORITY 设为该用户的 .Xauthority 文件。",
            name);
    default:
        return lct_fault_set(fault, -ENOENT, "source",
                             "There is no X server for display %s. Is the desktop running? "
                             "\"lectern devices\" lists the screens there are.",
                             "没有显示 %s 的 X 服务器。桌面是否已启动？"
                             "“lectern devices”会列出现有的屏幕。",
                             name);
    }
}

/* Splits the name, and asks a server of this machine whether it lives. */
static int check_display(const char *display, struct lct_fault *fault) {
    char *host = NULL;
    int number = 0, screen = 0;
    if (!display && !getenv("DISPLAY")) {
        return lct_fault_set(fault, -ENOENT, "source",
                             "No display is named and DISPLAY is not set. Name one, as in "
                             "screen:x11::0.",
                             "没有指明显示，也没有设置 DISPLAY。请写明，例如 screen:x11::0。");
    }
    const char *name = display ? display : getenv("DISPLAY");
    if (!xcb_parse_display(display, &host, &number, &screen)) {
        return lct_fault_set(fault, -EINVAL, "source",
                             "\"%.100s\" is not the name of a display; names are like :0.",
                             "“%.100s”不是显示的名称；名称形如 :0。", name);
    }
    bool here = *host == '\0' || strcmp(host, "unix") == 0;
    free(host);
    int rc = here ? probe(number) : 0;
    return rc < 0 ? no_display(rc, name, fault) : 0;
}

/* --- what can it do? --- */

static const xcb_screen_t *screen_of(xcb_connection_t *x, int number) {
    xcb_screen_iterator_t i = xcb_setup_roots_iterator(xcb_get_setup(x));
    while (i.rem > 0 && number-- > 0) {
        xcb_screen_next(&i);
    }
    return i.rem > 0 ? i.data : NULL;
}

static bool is_bgrx_visual(const xcb_visualtype_t *visual) {
    return visual->_class == XCB_VISUAL_CLASS_TRUE_COLOR && visual->red_mask == 0xff0000 &&
           visual->green_mask == 0xff00 && visual->blue_mask == 0xff;
}

static bool has_bgrx_visual(const xcb_screen_t *screen) {
    xcb_depth_iterator_t depth = xcb_screen_allowed_depths_iterator(screen);
    for (; depth.rem > 0; xcb_depth_next(&depth)) {
        xcb_visualtype_iterator_t visual = xcb_depth_visuals_iterator(depth.data);
        for (; visual.rem > 0; xcb_visualtype_next(&visual)) {
            if (visual.data->visual_id == screen->root_visual) {
                return is_bgrx_visual(visual.data);
            }
        }
    }
    return false;
}

/* Pixels must be four bytes: blue, green, red, nothing. */
static bool gives_bgrx(xcb_connection_t *x, const xcb_screen_t *screen) {
    const xcb_setup_t *setup = xcb_get_setup(x);
    if (setup->image_byte_order != XCB_IMAGE_ORDER_LSB_FIRST || !has_bgrx_visual(screen)) {
        return false;
    }
    xcb_format_iterator_t format = xcb_setup_pixmap_formats_iterator(setup);
    for (; format.rem > 0; xcb_format_next(&format)) {
        if (format.data->depth == screen->root_depth) {
            return format.data->bits_per_pixel == 32;
        }
    }
    return false;
}

static bool has_damage(struct lct_x11_link *link) {
    const xcb_query_extension_reply_t *damage = xcb_get_extension_data(link->x, &xcb_damage_id);
    const xcb_query_extension_reply_t *fixes = xcb_get_extension_data(link->x, &xcb_xfixes_id);
    if (!damage || !damage->present || !fixes || !fixes->present) {
        return false;
    }
    xcb_damage_query_version_cookie_t ask_damage = xcb_damage_query_version(link->x, 1, 1);
    xcb_xfixes_query_version_cookie_t ask_fixes = xcb_xfixes_query_version(link->x, 4, 0);
    xcb_damage_query_version_reply_t *has =
        xcb_damage_query_version_reply(link->x, ask_damage, NULL);
    xcb_xfixes_query_version_reply_t *has_fixes =
        xcb_xfixes_query_version_reply(link->x, ask_fixes, NULL);
    bool good = has && has_fixes && has_fixes->major_version >= 2; /* regions and pointers */
    free(has);
    free(has_fixes);
    link->damage_event = damage->first_event;
    link->fixes_event = fixes->first_event;
    return good;
}

static void look_for_shared_memory(struct lct_x11_link *link) {
    const xcb_query_extension_reply_t *shm = xcb_get_extension_data(link->x, &xcb_shm_id);
    if (!shm || !shm->present) {
        return;
    }
    xcb_shm_query_version_reply_t *version =
        xcb_shm_query_version_reply(link->x, xcb_shm_query_version(link->x), NULL);
    /* 1.2 takes a descriptor: nothing is left behind in the system when we are killed. */
    link->shared_memory = version && (version->major_version > 1 || version->minor_version >= 2);
    free(version);
}

static void look_for_randr(struct lct_x11_link *link) {
    const xcb_query_extension_reply_t *randr = xcb_get_extension_data(link->x, &xcb_randr_id);
    if (randr && randr->present) {
        link->randr_event = randr->first_event;
        xcb_randr_select_input(link->x, link->root, XCB_RANDR_NOTIFY_MASK_SCREEN_CHANGE);
    }
}

static int use_screen(struct lct_x11_link *link, int number, struct lct_fault *fault) {
    const xcb_screen_t *screen = screen_of(link->x, number);
    if (!screen) {
        return lct_fault_set(fault, -ENODEV, "source", "Display %s has no screen %d.",
                             "显示 %s 没有屏幕 %d。", link->name, number);
    }
    if (!gives_bgrx(link->x, screen)) {
        return lct_fault_set(fault, -ENOTSUP, "source",
                             "The screen %s has %d bits of colour in a form that is not supported; "
                             "set it to 24 bits (16 million colours).",
                             "屏幕 %s 的颜色为 %d 位，不支持这种格式；请设为 24 位色。", link->name,
                             (int)screen->root_depth);
    }
    link->root = screen->root;
    if (!has_damage(link)) {
        return lct_fault_set(fault, -ENOTSUP, "source",
                             "The X server of %s lacks the DAMAGE or XFIXES extension.",
                             "%s 的 X 服务器缺少 DAMAGE 或 XFIXES 扩展。", link->name);
    }
    look_for_shared_memory(link);
    look_for_randr(link);
    return 0;
}

int lct_x11_connect(const char *display, struct lct_x11_link *ret_link, struct lct_fault *fault) {
    const char *name = *display ? display : NULL; /* NULL: $DISPLAY */
    int rc = check_display(name, fault);
    if (rc < 0) {
        return rc;
    }
    struct lct_x11_link link = {0};
    int number = 0;
    (void)snprintf(link.name, sizeof link.name, "%s", name ? name : getenv("DISPLAY"));
    link.x = xcb_connect(name, &number);
    switch (xcb_connection_has_error(link.x)) {
    case 0:
        rc = use_screen(&link, number, fault);
        break;
    case XCB_CONN_CLOSED_INVALID_SCREEN:
        rc = lct_fault_set(fault, -ENODEV, "source", "Display %s has no such screen.",
                           "显示 %s 没有这个屏幕。", link.name);
        break;
    default: /* it answered a moment ago */
        rc = no_display(-EACCES, link.name, fault);
    }
    if (rc < 0) {
        xcb_disconnect(link.x);
        return rc;
    }
    *ret_link = link;
    return 0;
}

void lct_x11_disconnect(struct lct_x11_link *link) {
    xcb_disconnect(link->x);
    link->x = NULL;
}

void lct_x11_hang_up(struct lct_x11_link *link) {
    (void)shutdown(xcb_get_file_descriptor(link->x), SHUT_RDWR); /* it may be gone already */
}

int lct_x11_size(const struct lct_x11_link *link, int *ret_width, int *ret_height) {
    xcb_get_geometry_reply_t *geometry =
        xcb_get_geometry_reply(link->x, xcb_get_geometry(link->x, link->root), NULL);
    if (!geometry) {
        return -EPIPE;
    }
    *ret_width = geometry->width;
    *ret_height = geometry->height;
    free(geometry);
    return 0;
}

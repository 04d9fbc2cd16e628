// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/xvfb.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xcb/randr.h>
#include <xcb/xcb.h>

#define UP_WITHIN_MS 20000
/* Displays of tests: above those of desktops and those that tests want not to be there. */
#define DISPLAY_FIRST 5000
#define DISPLAYS 50000
#define STRIDE 7919 /* a prime: from one taken number away from those of the next processes */
#define TRIES 20

static void die(const char *what) {
    (void)fprintf(stderr, "xvfb: %s\n", what);
    abort();
}

/* In the child. The server ends with the test, however that ends. */
static void exec_server(const struct xvfb *server, const char *screen, int fd) {
    char number[16];
    (void)snprintf(number, sizeof number, "%d", fd);
    int null = open("/dev/null", O_RDWR);
    (void)dup2(null, STDERR_FILENO);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    const char *words[16] = {"Xvfb", server->name, "-displayfd", number, "-screen",
                             "0",    screen,       "-nolisten",  "tcp",  "-noreset"};
    size_t n = 10;
    if (server->without) {
        words[n++] = "-extension";
        words[n++] = server->without;
    }
    execvp("Xvfb", (char *const *)words); /* which only reads them */
    _exit(127);
}

/* False when the server ended instead: the display is taken. */
static bool start(struct xvfb *server, const char *screen) {
    int fds[2];
    if (pipe(fds) < 0) {
        die("no pipe");
    }
    server->pid = fork();
    if (server->pid == 0) {
        close(fds[0]);
        exec_server(server, screen, fds[1]);
    }
    close(fds[1]);
    char told = ' '; /* its number, when it is up */
    struct pollfd up = {.fd = fds[0], .events = POLLIN};
    while (told != '\n') {
        if (poll(&up, 1, UP_WITHIN_MS) != 1) {
            die("does not come up");
        }
        if (read(fds[0], &told, 1) <= 0) {
            break;
        }
    }
    close(fds[0]);
    if (told != '\n') {
        xvfb_kill(server);
    }
    return told == '\n';
}

void xvfb_start(struct xvfb *server, const char *screen) {
    /* Not the lowest free one, which -displayfd would choose: that is the display of a server which
     * another test has just killed and is about to start anew. */
    for (int i = 0; i < TRIES; i++) {
        int number = DISPLAY_FIRST + (getpid() + i * STRIDE) % DISPLAYS;
        (void)snprintf(server->name, sizeof server->name, ":%d", number);
        if (start(server, screen)) {
            return;
        }
    }
    die("finds no display (is Xvfb installed?)");
}

void xvfb_restart(struct xvfb *server, const char *screen) {
    if (!start(server, screen)) {
        die("does not come back");
    }
}

void xvfb_kill(struct xvfb *server) {
    (void)kill(server->pid, SIGKILL);
    (void)waitpid(server->pid, NULL, 0);
}

struct xclient {
    xcb_connection_t *x;
    xcb_screen_t *screen;
    xcb_gcontext_t gc;
};

struct xclient *xclient_open(const char *name) {
    struct xclient *client = calloc(1, sizeof *client);
    client->x = xcb_connect(name, NULL);
    if (xcb_connection_has_error(client->x)) {
        die("cannot be reached");
    }
    client->screen = xcb_setup_roots_iterator(xcb_get_setup(client->x)).data;
    client->gc = xcb_generate_id(client->x);
    xcb_create_gc(client->x, client->gc, client->screen->root, 0, NULL);
    return client;
}

void xclient_close(struct xclient *client) {
    xcb_disconnect(client->x);
    free(client);
}

static void arrive(struct xclient *client) {
    free(xcb_get_input_focus_reply(client->x, xcb_get_input_focus(client->x), NULL));
}

void xclient_fill(struct xclient *client, int x, int y, int width, int height, uint32_t colour) {
    xcb_rectangle_t box = {(int16_t)x, (int16_t)y, (uint16_t)width, (uint16_t)height};
    xcb_change_gc(client->x, client->gc, XCB_GC_FOREGROUND, &colour);
    xcb_poly_fill_rectangle(client->x, client->screen->root, client->gc, 1, &box);
    arrive(client);
}

void xclient_noise(struct xclient *client, int x, int y, int size, unsigned seed) {
    size_t count = (size_t)size * (size_t)size;
    uint32_t *pixels = malloc(count * sizeof *pixels);
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525U + 1013904223U;
        pixels[i] = seed >> 8;
    }
    xcb_put_image(client->x, XCB_IMAGE_FORMAT_Z_PIXMAP, client->screen->root, client->gc,
                  (uint16_t)size, (uint16_t)size, (int16_t)x, (int16_t)y, 0,
                  client->screen->root_depth, (uint32_t)(count * sizeof *pixels),
                  (const uint8_t *)pixels);
    free(pixels);
    arrive(client);
}

void xclient_point(struct xclient *client, int x, int y) {
    xcb_warp_pointer(client->x, XCB_NONE, client->screen->root, 0, 0, 0, 0, (int16_t)x, (int16_t)y);
    arrive(client);
}

void xclient_black_pointer(struct xclient *client) {
    xcb_connection_t *x = client->x;
    xcb_pixmap_t shape = xcb_generate_id(x);
    xcb_cursor_t cursor = xcb_generate_id(x);
    xcb_gcontext_t gc = xcb_generate_id(x);
    uint32_t one = 1;
    xcb_rectangle_t all = {0, 0, 16, 16};
    xcb_create_pixmap(x, 1, shape, client->screen->root, 16, 16);
    xcb_create_gc(x, gc, shape, XCB_GC_FOREGROUND, &one);
    xcb_poly_fill_rectangle(x, shape, gc, 1, &all);
    xcb_create_cursor(x, cursor, shape, shape, 0, 0, 0, 0xffff, 0xffff, 0xffff, 0, 0);
    xcb_change_window_attributes(x, client->screen->root, XCB_CW_CURSOR, &cursor);
    arrive(client);
}

bool xclient_resize(struct xclient *client, int width, int height) {
    xcb_connection_t *x = client->x;
    xcb_window_t root = client->screen->root;
    xcb_randr_get_screen_resources_reply_t *has =
        xcb_randr_get_screen_resources_reply(x, xcb_randr_get_screen_resources(x, root), NULL);
    if (!has || has->num_crtcs == 0) {
        free(has);
        return false;
    }
    /* A lit output holds the screen at its size: it is switched off first. */
    free(xcb_randr_set_crtc_config_reply(
        x,
        xcb_randr_set_crtc_config(x, xcb_randr_get_screen_resources_crtcs(has)[0], XCB_CURRENT_TIME,
                                  has->config_timestamp, 0, 0, XCB_NONE,
                                  XCB_RANDR_ROTATION_ROTATE_0, 0, NULL),
        NULL));
    free(has);
    xcb_generic_error_t *error = xcb_request_check(
        x, xcb_randr_set_screen_size_checked(x, root, (uint16_t)width, (uint16_t)height, 300, 200));
    free(error);
    return error == NULL;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * An X server for a test, and a client that draws into it.
 *
 *     struct xvfb server = {0};
 *     xvfb_start(&server, "1280x720x24");          // on a display of its own: server.name
 *     struct xclient *client = xclient_open(server.name);
 *     xclient_fill(client, 0, 0, 64, 64, 0xff0000);
 *     xclient_close(client);
 *     xvfb_kill(&server);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct xvfb {
    pid_t pid;
    char name[16];       /**< ":5007" */
    const char *without; /**< an extension the server is started without; NULL: none */
};

/** Starts a server on a display that no other test takes; aborts when it does not come up. */
void xvfb_start(struct xvfb *server, const char *screen);

/** Starts one anew on the display server had. */
void xvfb_restart(struct xvfb *server, const char *screen);

/** Kills it by SIGKILL and waits for its end. */
void xvfb_kill(struct xvfb *server);

struct xclient;

/** Connects; aborts when it cannot. */
struct xclient *xclient_open(const char *name);
void xclient_close(struct xclient *client);

/** Draws a rectangle of colour 0xRRGGBB; has arrived at the server when this returns. */
void xclient_fill(struct xclient *client, int x, int y, int width, int height, uint32_t colour);

/** Draws size x size pixels of noise. */
void xclient_noise(struct xclient *client, int x, int y, int size, unsigned seed);

/** Moves the pointer. */
void xclient_point(struct xclient *client, int x, int y);

/** Gives every window-less place the same arrow as pointer, a black one of 16 x 16 pixels. */
void xclient_black_pointer(struct xclient *client);

/** Changes the screen's size by RANDR; false when the server refuses. */
bool xclient_resize(struct xclient *client, int width, int height);

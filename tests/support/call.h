// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * One HTTP request, and a viewer of Debian's Janus by its own HTTP API. Blocking.
 *
 *     char *answer = call(&server, "POST", "/path", "Content-Type: text/plain\r\n", "body");
 *     if (answer && strstr(answer, " 201 ")) …
 */
#pragma once

#include <stdbool.h>

#include "tests/support/viewer.h"

struct call_server {
    const char *host, *port;
};

/** Makes the request on a connection of its own: head and body of the answer, owned, or NULL. */
char *call(const struct call_server *server, const char *method, const char *path,
           const char *headers, const char *body);

/**
 * Session, handle of the streaming plugin, watch, and start with the viewer's answer. host: where
 * the media are to come from. False when Janus would not.
 */
bool call_janus(const struct call_server *server, int mount, const char *host,
                struct viewer *viewer);

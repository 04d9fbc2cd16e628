// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The door: what is refused before any handler, in our own words, and which handler it is for.
 *
 *     if (!lct_http_admit(request, options)) return;        // answered already
 *     read the body of request->text_want bytes, then request->route->handle(…)
 */
#pragma once

#include "stream/http/http.h"
#include "stream/http/http_request_priv.h"

/**
 * Looks at a request whose head is read: its body's length, path, host, origin, route, gate. True:
 * route, loop, values and text_want are set. False: it is answered. HTTP thread.
 */
bool lct_http_admit(struct lct_http_request *request, const struct lct_http_options *options);

/** Answers in two languages that it is not let in. Takes the request. */
void lct_http_refuse(struct lct_http_request *request, int status, const char *en, const char *zh);

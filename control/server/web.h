// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The files of the pages, read into memory at start and served from there. Everything in the folder
 * is served under its own path ("/" is index.html), but names that begin with a dot,
 * "node_modules", unknown kinds and files.txt. files.txt, when it is there, names what else is
 * served, a line each:
 *
 *     ADDRESS FILE          vendor/preact.js ../../node_modules/preact/dist/preact.module.js
 *
 * FILE is relative to the folder. Fixed after load: any thread.
 *
 *     rc = lct_web_load("/usr/share/lectern/web", &web, &fault);
 *     const struct lct_http_file *file = lct_web_find(web, "/app.js");
 */
#pragma once

#include "base/attr.h"
#include "base/fault.h"
#include "stream/http/http_request.h"

struct lct_web;

/** Most files, and most bytes of all together. */
#define LCT_WEB_FILES_MAX 1024
#define LCT_WEB_BYTES_MAX (64U << 20)

/** Loads the folder. 0; -ENOENT or another -errno with a fault. *ret_web is owned. */
int lct_web_load(const char *folder, struct lct_web **ret_web,
                 struct lct_fault *fault) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_web_free(struct lct_web *web);

/** The file at an address, NULL when there is none. Borrows. */
const struct lct_http_file *lct_web_find(const struct lct_web *web, const char *path);

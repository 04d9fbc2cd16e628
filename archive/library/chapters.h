// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The chapters that people gave a lesson: chapters.json in its folder. Only they write it; while
 * there is none, its slides suggest some (archive/library/slides.h), and no job ever replaces a
 * person's. One thread a folder.
 *
 *     rc = lct_chapters_check(body, &json, &fault);               // what a person sent
 *     rc = lct_chapters_save(&lct_io_system, folder, json);
 *     json_t *json = lct_chapters_load(folder);                   // NULL: slides suggest some
 */
#pragma once

#include "base/attr.h"
#include "base/fault.h"
#include "base/io.h"
#include "base/json.h"

/** Chapters at most, characters of a title. */
#define LCT_CHAPTERS_MAX 1000
#define LCT_CHAPTERS_TITLE_MAX 200

/** Bytes of a document at most. */
#define LCT_CHAPTERS_BYTES_MAX (1U << 20)

/** Checks {"chapters":[{"time_ns","title","picture_ns"?}]} as a person sent it: titles become
 *  plain, chapters come by their times, one a time. 0, or -EINVAL with a fault that says what is
 *  wrong; *ret_json is owned. Pure. */
int lct_chapters_check(const json_t *json, json_t **ret_json, struct lct_fault *fault) LCT_MUST_USE;

/** Reads a folder's. Returns owned; NULL: there are none, or they are damaged (that is logged). */
json_t *lct_chapters_load(const char *folder) LCT_MUST_USE;

/** Writes it so that a crash leaves the old or the new one; durable when it returns. 0 or -errno.
 */
int lct_chapters_save(const struct lct_io *io, const char *folder, const json_t *json) LCT_MUST_USE;

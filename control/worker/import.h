// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Makes a lesson of files that others recorded. Several files are one lesson: what they show was
 * recorded at the same time (camera, screen, sound), but for those whose names differ in a number
 * only and whose pictures have one size: these follow one another, as camcorders split what they
 * record.
 *
 * The process shuts itself in before it reads a byte (base/sandbox.h) and stays so: it does this,
 * and ends. Main thread, before any other is started.
 *
 *     rc = lct_import(&settings, &said, &fault);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"

/** Files of one lesson. */
#define LCT_IMPORT_FILES_MAX 64U

struct lct_import_file {
    const char *path;
    const char *name; /**< what it is called, for people and by its words ("ppt", "屏") */
};

struct lct_import_settings {
    const struct lct_import_file *files;
    size_t file_count;
    const char *out;                /**< the lesson's folder */
    const char *title;              /**< NULL: that of the first file's tags, or its name */
    const char *const *also_writes; /**< folders of one folder in which the process goes on to write
                                         and which it may remove when they are empty; ended by NULL,
                                         LCT_IMPORT_FILES_MAX at most; NULL: none */
    uint64_t spare; /**< bytes that are left free on the disk, whatever the lesson takes */
    void (*progress)(void *arg, double part); /**< 0 to 1; may be NULL */
    void *arg;
};

/**
 * Makes the lesson. 0 with *ret_said (owned): "folder", "lesson" (its id), "title", "length_ns",
 * "tracks" ("name", "copied"), "notes" ("en", "zh": what was left out). Or -errno with a fault, and
 * nothing is left: what lct_foreign_open and lct_foreign_make give; -E2BIG: too many files;
 * -EEXIST: the folder is not empty; -ENOSPC: the disk is full but for spare; of opening a file, of
 * the disk; -EPERM and others: the process
 * cannot be shut in.
 */
int lct_import(const struct lct_import_settings *settings, json_t **ret_said,
               struct lct_fault *fault) LCT_MUST_USE;

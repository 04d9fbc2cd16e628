// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What is told to a person when something is wrong: what, where, what to do; in English and in
 * Chinese. Faults exist at the edges (command line, API, configuration, opening a device); inside,
 * a function returns -errno.
 *
 *     return lct_fault_set(fault, -ENOENT, "tape", "There is no lesson in %s.",
 *                          "%s 中没有课程。", folder);
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

#define LCT_FAULT_TEXT_SIZE 512

struct lct_fault {
    int code;           /**< 0: no fault; else -errno */
    const char *domain; /**< one word, static: "config", "source", "tape", "api" … */
    char en[LCT_FAULT_TEXT_SIZE];
    char zh[LCT_FAULT_TEXT_SIZE];
};

/**
 * Fills fault (which may be NULL) from two printf formats that take the same arguments in the same
 * order. Returns code, so that a function can end with it. The result is tamed (base/text.h), so
 * that text of strangers cannot spoil a terminal, a log or JSON.
 */
int lct_fault_set(struct lct_fault *fault, int code, const char *domain, const char *en,
                  const char *zh, ...) LCT_PRINTF(4, 6) LCT_PRINTF(5, 6);

/**
 * The fault of what the disk did not take: what (a file, a folder) cannot be written, and what to
 * do when the disk is full, whose code is then -ENOSPC; rc: the disk's -errno. Returns its code.
 */
int lct_fault_unwritten(struct lct_fault *fault, int rc, const char *domain, const char *what);

/** True when the environment (LC_ALL, LC_MESSAGES, LANG, in this order) asks for Chinese. */
bool lct_speak_chinese(void);

/** The fault's text in the language of the environment; borrows. */
const char *lct_fault_text(const struct lct_fault *fault);

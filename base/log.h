// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The log: one line an event on standard error, "time level topic text key=value …". Only the
 * function that decides what to do about an error logs it, once; leaf functions return codes.
 * Strangers' text is tamed (base/text.h). Any thread.
 *
 * No line of the source can fill the disk: after LCT_LOG_BURST lines within LCT_LOG_SPAN what it
 * has to say is only counted, and said as "… 37 more" by the first line of anybody's after the
 * span, or at the program's end. Debug lines are not held back: whoever switches them on wants all.
 *
 *     LCT_LOG_TOPIC("tape");                       // once at the head of a .c file
 *     lct_warn("disk is full", "lesson=%s free=%lld", id, free);
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/time.h"

enum lct_log_level { LCT_LOG_DEBUG, LCT_LOG_INFO, LCT_LOG_WARN, LCT_LOG_ERROR };

/** Lines that one place in the source may write in a span of time: one for each of 64 rooms, and in
 * the long run about one a second. */
#define LCT_LOG_BURST 64
#define LCT_LOG_SPAN (60 * LCT_SECOND)

/** A place in the source that logs. */
struct lct_log_site {
    /* fixed */
    enum lct_log_level level;
    const char *const *topic;
    const char *text;
    /* guarded by a lock of log.c's */
    lct_ns since; /* begin of the span */
    unsigned lines, more;
    struct lct_log_site *next; /* among those that have more to say */
};

/** Names the module whose lines follow in this file. */
#define LCT_LOG_TOPIC(name) static const char *const lct_log_topic = name

/** Lines below level are not written. Default: LCT_LOG_INFO, or the environment's LCT_LOG. */
void lct_log_set_level(enum lct_log_level level);

/** Writes a line of the place; fields is a printf format of key=value pairs, or NULL. Use the
 * macros below; their text is a literal. */
void lct_log_write(struct lct_log_site *site, const char *fields, ...) LCT_PRINTF(2, 3);

/** Says of each place whose span is over at now how many lines it left out (LCT_NS_NONE: of each
 * that left out any). Every line that is written does this first. */
void lct_log_say_more(lct_ns now);

#define LCT_LOG_HERE(level, text, ...)                                                             \
    do {                                                                                           \
        static struct lct_log_site lct_log_site = {level, &lct_log_topic, text, 0, 0, 0, NULL};    \
        lct_log_write(&lct_log_site, __VA_ARGS__);                                                 \
    } while (0)

#define lct_debug(text, ...) LCT_LOG_HERE(LCT_LOG_DEBUG, text, __VA_ARGS__)
#define lct_info(text, ...) LCT_LOG_HERE(LCT_LOG_INFO, text, __VA_ARGS__)
#define lct_warn(text, ...) LCT_LOG_HERE(LCT_LOG_WARN, text, __VA_ARGS__)
#define lct_error(text, ...) LCT_LOG_HERE(LCT_LOG_ERROR, text, __VA_ARGS__)

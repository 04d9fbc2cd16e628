// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The log: one line an event on standard error, "time level topic text key=value …". Only the
 * function that decides what to do about an error logs it, once; leaf functions return codes.
 * Strangers' text is tamed (base/text.h). Any thread.
 *
 *     LCT_LOG_TOPIC("tape");                       // once at the head of a .c file
 *     lct_warn("disk is full", "lesson=%s free=%lld", id, free);
 */
#pragma once

#include "base/attr.h"

enum lct_log_level { LCT_LOG_DEBUG, LCT_LOG_INFO, LCT_LOG_WARN, LCT_LOG_ERROR };

/** Names the module whose lines follow in this file. */
#define LCT_LOG_TOPIC(name) static const char *const lct_log_topic = name

/** Lines below level are not written. Default: LCT_LOG_INFO, or the environment's LCT_LOG. */
void lct_log_set_level(enum lct_log_level level);

/** Writes one line; fields is a printf format of key=value pairs, or NULL. Use the macros below. */
void lct_log_write(enum lct_log_level level, const char *topic, const char *text,
                   const char *fields, ...) LCT_PRINTF(4, 5);

#define lct_debug(text, ...) lct_log_write(LCT_LOG_DEBUG, lct_log_topic, text, __VA_ARGS__)
#define lct_info(text, ...) lct_log_write(LCT_LOG_INFO, lct_log_topic, text, __VA_ARGS__)
#define lct_warn(text, ...) lct_log_write(LCT_LOG_WARN, lct_log_topic, text, __VA_ARGS__)
#define lct_error(text, ...) lct_log_write(LCT_LOG_ERROR, lct_log_topic, text, __VA_ARGS__)

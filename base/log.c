// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"

static atomic_int threshold = -1;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void lct_log_set_level(enum lct_log_level level) { atomic_store(&threshold, (int)level); }

static int threshold_now(void) {
    int now = atomic_load(&threshold);
    if (now < 0) {
        const char *wanted = getenv("LCT_LOG");
        now = LCT_LOG_INFO;
        for (int i = 0; wanted && i <= LCT_LOG_ERROR; i++) {
            if (strcmp(wanted, level_names[i]) == 0) {
                now = i;
            }
        }
        atomic_store(&threshold, now);
    }
    return now;
}

void lct_log_write(enum lct_log_level level, const char *topic, const char *text,
                   const char *fields, ...) {
    if ((int)level < threshold_now()) {
        return;
    }
    char when[32];
    char rest[1024] = "";
    lct_wall_format(lct_wall(), when, sizeof when);
    if (fields) {
        va_list args;
        va_start(args, fields);
        (void)vsnprintf(rest, sizeof rest, fields, args); /* a long line is cut off */
        va_end(args);
        lct_text_tame(rest);
    }
    /* One call a line: lines of several threads do not mix. */
    (void)fprintf(stderr, "%s %-5s %s: %s%s%s\n", when, level_names[level], topic, text,
                  *rest ? " " : "", rest);
}

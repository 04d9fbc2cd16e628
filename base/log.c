// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static atomic_int threshold = -1;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lct_log_site *held_back; /* guarded by lock */
static bool at_exit;                   /* guarded by lock: the last words are arranged for */

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

static void put(const struct lct_log_site *site, const char *rest) {
    char when[32];
    lct_wall_format(lct_wall(), when, sizeof when);
    /* One call a line: lines of several threads do not mix. */
    (void)fprintf(stderr, "%s %-5s %s: %s%s%s\n", when, level_names[site->level], *site->topic,
                  site->text, *rest ? " " : "", rest);
}

static bool is_over(const struct lct_log_site *site, lct_ns now) {
    return now == LCT_NS_NONE || now - site->since >= LCT_LOG_SPAN;
}

/* Takes a place whose span is over out of the list; false when there is none. */
static bool take(lct_ns now, struct lct_log_site *ret_site) {
    pthread_mutex_lock(&lock);
    struct lct_log_site **at = &held_back;
    while (*at && !is_over(*at, now)) {
        at = &(*at)->next;
    }
    struct lct_log_site *site = *at;
    if (site) {
        *ret_site = *site;
        *at = site->next;
        site->lines = site->more = 0;
    }
    pthread_mutex_unlock(&lock);
    return site != NULL;
}

void lct_log_say_more(lct_ns now) {
    struct lct_log_site site;
    while (take(now, &site)) {
        char rest[32];
        (void)snprintf(rest, sizeof rest, "… %u more", site.more);
        put(&site, rest);
    }
}

static void last_words(void) { lct_log_say_more(LCT_NS_NONE); }

/* Counts a line of the place; false when it is one too many. */
static bool may_write(struct lct_log_site *site, lct_ns now) {
    bool first = false;
    pthread_mutex_lock(&lock);
    if (site->lines == 0 || is_over(site, now)) {
        site->since = now;
        site->lines = 0;
    }
    bool may = site->lines < LCT_LOG_BURST;
    if (may) {
        site->lines++;
    } else if (site->more++ == 0) {
        site->next = held_back;
        held_back = site;
        first = !at_exit;
        at_exit = true;
    }
    pthread_mutex_unlock(&lock);
    if (first) {
        (void)atexit(last_words); /* refused: a number is lost, no more */
    }
    return may;
}

void lct_log_write(struct lct_log_site *site, const char *fields, ...) {
    char rest[1024] = "";
    lct_ns now = lct_monotonic();
    if ((int)site->level < threshold_now()) {
        return;
    }
    lct_log_say_more(now);
    if (site->level > LCT_LOG_DEBUG && !may_write(site, now)) {
        return;
    }
    if (fields) {
        va_list args;
        va_start(args, fields);
        (void)vsnprintf(rest, sizeof rest, fields, args); /* a long line is cut off */
        va_end(args);
        lct_text_tame(rest);
    }
    put(site, rest);
}

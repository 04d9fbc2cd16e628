// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/time.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static lct_ns read_clock(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (lct_ns)t.tv_sec * LCT_SECOND + t.tv_nsec;
}

lct_ns lct_monotonic(void) { return read_clock(CLOCK_MONOTONIC); }

lct_ns lct_wall(void) { return read_clock(CLOCK_REALTIME); }

lct_ns lct_cpu_time(void) { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

lct_ns lct_thread_cpu_time(void) { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

/* a * b / c rounded to nearest, split into quotient and remainder so that nothing overflows. */
static int64_t scale(int64_t a, int64_t b, int64_t c) {
    int64_t whole = a / c;
    int64_t rest = a % c;
    int64_t part = rest * b;
    int64_t half = part < 0 ? -(c / 2) : c / 2;
    return whole * b + (part + half) / c;
}

int64_t lct_ns_to_ticks(lct_ns time, uint32_t timescale) {
    return scale(time, timescale, LCT_SECOND);
}

lct_ns lct_ticks_to_ns(int64_t ticks, uint32_t timescale) {
    return scale(ticks, LCT_SECOND, timescale);
}

int64_t lct_ticks_from(lct_ns time, uint32_t timescale) {
    int64_t nearest = lct_ns_to_ticks(time, timescale);
    return nearest + (lct_ticks_to_ns(nearest, timescale) < time);
}

void lct_boot_id(char ret_id[LCT_BOOT_ID_SIZE]) {
    memset(ret_id, 0, LCT_BOOT_ID_SIZE);
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    if (read(fd, ret_id, LCT_BOOT_ID_SIZE - 1) != LCT_BOOT_ID_SIZE - 1) {
        ret_id[0] = '\0';
    }
    close(fd);
}

void lct_wall_format(lct_ns wall, char *out, size_t size) {
    time_t seconds = (time_t)(wall / LCT_SECOND);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    (void)snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                   utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                   (int)(wall % LCT_SECOND / LCT_MS));
}

void lct_span_format(lct_ns span, char *out, size_t size) {
    const char *sign = span < 0 ? "-" : "";
    int64_t ms = (span < 0 ? -span : span) / LCT_MS;
    int64_t hours = ms / 3600000;
    int minutes = (int)(ms / 60000 % 60);
    int seconds = (int)(ms / 1000 % 60);
    if (hours > 0) {
        (void)snprintf(out, size, "%s%" PRId64 ":%02d:%02d.%03d", sign, hours, minutes, seconds,
                       (int)(ms % 1000));
    } else {
        (void)snprintf(out, size, "%s%d:%02d.%03d", sign, minutes, seconds, (int)(ms % 1000));
    }
}

#define SPAN_MAX (INT64_C(10000) * 3600 * LCT_SECOND)

static const char *read_number(const char *text, int64_t *ret_number) {
    int64_t number = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9' && c - text < 12; c++) {
        number = 10 * number + (*c - '0');
    }
    *ret_number = number;
    return c > text && !(*c >= '0' && *c <= '9') ? c : NULL;
}

const char *lct_span_parse(const char *text, lct_ns *ret_span) {
    int64_t seconds = 0, part;
    const char *c = read_number(text, &part);
    seconds = part;
    for (int i = 0; c && *c == ':' && i < 2; i++) {
        c = read_number(c + 1, &part);
        if (!c || part > 59 || seconds >= SPAN_MAX / LCT_SECOND / 60) {
            return NULL;
        }
        seconds = 60 * seconds + part;
    }
    if (!c || seconds >= SPAN_MAX / LCT_SECOND) {
        return NULL;
    }
    lct_ns span = seconds * LCT_SECOND;
    if (*c == '.') {
        const char *first = ++c;
        lct_ns unit = LCT_SECOND;
        for (; *c >= '0' && *c <= '9' && c - first < 9; c++) {
            unit /= 10;
            span += (*c - '0') * unit;
        }
        if (c == first || (*c >= '0' && *c <= '9')) {
            return NULL;
        }
    }
    *ret_span = span;
    return c;
}

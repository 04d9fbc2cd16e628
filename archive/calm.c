// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/calm.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

LCT_LOG_TOPIC("calm");

#define BYTES_MAX 4096

struct lct_calm {
    char *path;
    lct_clock_fn wall, monotonic;
    lct_ns seen_wall, seen_monotonic; /* at the last look */
    lct_ns calm;                      /* for so long then */
};

static lct_ns least(lct_ns a, lct_ns b) { return a < b ? a : b; }

/* passed: what is known to have passed since the last look. */
static void look(struct lct_calm *c, lct_ns wall, lct_ns passed) {
    lct_ns gained = wall - c->seen_wall;
    if (gained > passed && gained - passed > LCT_CALM_LEAP) {
        lct_warn("the wall clock has leapt ahead: nothing is deleted by its age for some time",
                 "days=%lld", (long long)((gained - passed) / (86400 * LCT_SECOND)));
        c->calm = 0;
    } else {
        c->calm += passed;
    }
    c->seen_wall = wall;
}

static void look_now(struct lct_calm *c) {
    lct_ns now = c->monotonic();
    look(c, c->wall(), now - c->seen_monotonic);
    c->seen_monotonic = now;
}

struct lct_calm *lct_calm_create(const char *data, lct_clock_fn wall, lct_clock_fn monotonic) {
    struct lct_calm *c = lct_new(sizeof *c);
    LCT_JSON json_t *kept = NULL;
    struct lct_fault unused;
    lct_ns now = wall();
    *c = (struct lct_calm){.path = lct_format("%s/clock.json", data),
                           .wall = wall,
                           .monotonic = monotonic,
                           .seen_wall = now,
                           .seen_monotonic = monotonic()};
    if (lct_json_load(c->path, BYTES_MAX, &kept, &unused) == 0) {
        lct_ns before = lct_json_int(kept, "wall_ns", now), calm = lct_json_int(kept, "calm_ns", 0);
        c->seen_wall = before > 0 ? before : now;
        c->calm = calm > 0 ? least(calm, INT64_MAX / 2) : 0;
        /* How long nobody looked only the wall clock knows. */
        lct_ns away = now > c->seen_wall ? now - c->seen_wall : 0;
        look(c, now, away > LCT_CALM_LEAP ? 0 : away);
    }
    lct_calm_look(c);
    return c;
}

void lct_calm_destroy(struct lct_calm *c) {
    if (c) {
        free(c->path);
        free(c);
    }
}

void lct_calm_look(struct lct_calm *c) {
    size_t n;
    look_now(c);
    LCT_JSON json_t *json = json_pack("{s:i, s:I, s:I}", "version", 1, "wall_ns",
                                      (json_int_t)c->seen_wall, "calm_ns", (json_int_t)c->calm);
    LCT_FREE char *text = lct_json_dump(json, &n);
    int rc = lct_io_replace(&lct_io_system, c->path, text, n);
    if (rc < 0) { /* the next time; until then it is less calm than it could be */
        lct_debug("is not kept", "why=%s", strerror(-rc));
    }
}

bool lct_calm_lets_go(struct lct_calm *c, lct_ns age) {
    look_now(c);
    return c->calm >= age;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/rtc/level.h"

#include <stdbool.h>

struct lct_levels lct_levels_begin(double share) {
    lct_ns first = LCT_LEVEL_PATIENCE + (lct_ns)(share * (double)LCT_LEVEL_PATIENCE);
    return (struct lct_levels){.moved = LCT_NS_NONE,
                               .tried = LCT_NS_NONE,
                               .narrow = LCT_NS_NONE,
                               .first = first,
                               .patience = first};
}

static lct_ns since(lct_ns moment, lct_ns now) {
    return moment == LCT_NS_NONE ? INT64_MAX : now - moment;
}

static bool can_be_small(const struct lct_level_picture *p) {
    return p->level == LCT_LEVEL_FULL && p->bps[LCT_LEVEL_SMALL] > 0;
}

/* Of those that can be small, or of all that are shown, the one that takes most. */
static int choose_down(const struct lct_level_picture *pictures, size_t n, bool small) {
    int chosen = -1;
    for (size_t i = 0; i < n; i++) {
        const struct lct_level_picture *p = &pictures[i];
        bool fits = small ? can_be_small(p) : p->level != LCT_LEVEL_NONE;
        if (fits &&
            (chosen < 0 || p->bps[p->level] >= pictures[chosen].bps[pictures[chosen].level])) {
            chosen = (int)i; /* of equals the last one */
        }
    }
    return chosen;
}

static int move_down(struct lct_levels *l, struct lct_level_picture *pictures, size_t n,
                     lct_ns now) {
    bool small = true;
    int chosen = choose_down(pictures, n, small);
    if (chosen < 0) {
        small = false;
        chosen = choose_down(pictures, n, small);
    }
    lct_ns settled = since(l->moved, now);
    bool is_time = small ? settled >= LCT_LEVEL_SETTLE
                         : settled >= LCT_LEVEL_LAST && since(l->narrow, now) >= LCT_LEVEL_LAST;
    if (chosen < 0 || !is_time) {
        return -1;
    }
    bool failed = since(l->tried, now) < LCT_LEVEL_TRY;
    lct_ns twice = 2 * l->patience;
    l->patience = !failed                          ? l->first
                  : twice < LCT_LEVEL_PATIENCE_MAX ? twice
                                                   : LCT_LEVEL_PATIENCE_MAX;
    l->tried = LCT_NS_NONE;
    l->moved = now;
    pictures[chosen].level = small ? LCT_LEVEL_SMALL : LCT_LEVEL_NONE;
    return chosen;
}

static enum lct_level above(const struct lct_level_picture *p) {
    return p->level == LCT_LEVEL_NONE && p->bps[LCT_LEVEL_SMALL] > 0 ? LCT_LEVEL_SMALL
                                                                     : LCT_LEVEL_FULL;
}

static uint32_t more(const struct lct_level_picture *p) {
    uint32_t now = p->level == LCT_LEVEL_NONE ? 0 : p->bps[p->level], then = p->bps[above(p)];
    return then > now ? then - now : 0;
}

/* Is a picture rather moved up than another one? */
static bool rather(const struct lct_level_picture *p, const struct lct_level_picture *other) {
    bool shown = p->level != LCT_LEVEL_NONE, other_shown = other->level != LCT_LEVEL_NONE;
    return shown != other_shown ? other_shown : more(p) < more(other);
}

static int move_up(struct lct_levels *l, struct lct_level_picture *pictures, size_t n, uint32_t bps,
                   lct_ns now) {
    int chosen = -1;
    uint64_t all = 0;
    for (size_t i = 0; i < n; i++) {
        const struct lct_level_picture *p = &pictures[i];
        all += p->level == LCT_LEVEL_NONE ? 0 : p->bps[p->level];
        if (p->level != LCT_LEVEL_FULL && (chosen < 0 || rather(p, &pictures[chosen]))) {
            chosen = (int)i;
        }
    }
    if (chosen < 0 || all + more(&pictures[chosen]) > bps) {
        return -1;
    }
    l->moved = l->tried = now;
    pictures[chosen].level = above(&pictures[chosen]);
    return chosen;
}

int lct_levels_move(struct lct_levels *levels, struct lct_level_picture *pictures, size_t n,
                    lct_ns clean, uint32_t bps, lct_ns now) {
    if (clean > LCT_LEVEL_SETTLE) {
        levels->narrow = LCT_NS_NONE;
    }
    if (clean == 0) {
        levels->narrow = levels->narrow == LCT_NS_NONE ? now : levels->narrow;
        return move_down(levels, pictures, n, now);
    }
    if (clean >= levels->patience && since(levels->moved, now) >= levels->patience) {
        return move_up(levels, pictures, n, bps, now);
    }
    return -1;
}

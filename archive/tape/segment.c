// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/tape/segment.h"

#include <errno.h>
#include <stdlib.h>

static int64_t promised(const struct lct_segment_row *row) { return row->tick + row->promise; }

static uint32_t hole_pieces(lct_ns from, lct_ns to) {
    if (to <= from) {
        return 0;
    }
    lct_ns pieces = (to - from - 1) / LCT_SEGMENT_MOST + 1;
    return pieces < LCT_SEGMENT_HOLE_PIECES ? (uint32_t)pieces : LCT_SEGMENT_HOLE_PIECES;
}

uint32_t lct_segment_hole(const struct lct_segment *before, const struct lct_segment *after) {
    return hole_pieces(before->until, after->time);
}

static uint32_t next_number(const struct lct_segments *s) {
    if (s->count == 0) {
        return 0;
    }
    const struct lct_segment *last = &s->list[s->count - 1];
    return last->number + 1 + hole_pieces(last->until, s->first.time);
}

/* The rows from the run's first to last as a segment. */
static struct lct_segment run_to(const struct lct_segments *s, const struct lct_segment_row *last,
                                 int64_t end_tick, lct_ns until) {
    return (struct lct_segment){.number = next_number(s),
                                .reel = s->reel,
                                .first = s->first.place,
                                .rows = last->place - s->first.place + 1,
                                .offset = s->first.offset,
                                .bytes = last->offset + last->n - s->first.offset,
                                .time = s->first.time,
                                .until = until,
                                .end_tick = end_tick};
}

static int push(struct lct_segments *s, const struct lct_segment *segment) {
    if (s->count == s->room) {
        size_t room = s->room ? 2 * s->room : 64;
        struct lct_segment *bigger = realloc(s->list, room * sizeof *bigger);
        if (!bigger) {
            return -ENOMEM;
        }
        s->list = bigger;
        s->room = room;
    }
    s->list[s->count++] = *segment;
    return 0;
}

/* Ends the run before the row next (of the same reel), which begins the next one. */
static int cut_before(struct lct_segments *s, const struct lct_segment_row *last,
                      const struct lct_segment_row *next) {
    struct lct_segment segment = run_to(s, last, next->tick, next->time);
    s->first = *next;
    s->has_cut = false;
    return push(s, &segment);
}

/* Ends the run at its last key frame if it would reach too far without that. */
static int cut_long(struct lct_segments *s, lct_ns reach) {
    if (!s->has_cut || reach - s->first.time <= LCT_SEGMENT_MOST) {
        return 0;
    }
    const struct lct_segment_row next = s->cut;
    return cut_before(s, &s->before_cut, &next);
}

/*
 * Ends the run for good: nothing follows (next is LCT_NS_NONE), or another reel at next. A hole
 * that is so short that the segment may reach over it is none.
 */
static int finish(struct lct_segments *s, int64_t end_tick, lct_ns next) {
    lct_ns end = lct_ticks_to_ns(end_tick, s->timescale);
    int rc = cut_long(s, end);
    bool reaches = next != LCT_NS_NONE && (end_tick == lct_ns_to_ticks(next, s->timescale) ||
                                           next - s->first.time <= LCT_SEGMENT_MOST);
    struct lct_segment segment = run_to(s, &s->last, end_tick, reaches ? next : end);
    s->running = false;
    s->has_cut = false;
    return rc ? rc : push(s, &segment);
}

static bool any(const struct lct_segments *s) { return s->running || s->count > 0; }

/* Within a reel: the row may be where the run ends. */
static int look_for_end(struct lct_segments *s, const struct lct_segment_row *row, bool key) {
    int rc = cut_long(s, row->time);
    if (rc == 0 && key && row->time - s->first.time >= LCT_SEGMENT_AIM) {
        const struct lct_segment_row last = s->last;
        rc = cut_before(s, &last, row);
    } else if (rc == 0 && key) {
        s->has_cut = true;
        s->cut = *row;
        s->before_cut = s->last;
    }
    return rc;
}

int lct_segments_add(struct lct_segments *segments, uint32_t reel, uint32_t place,
                     uint32_t timescale, const struct lct_index_row *row) {
    struct lct_segments *s = segments;
    const struct lct_segment_row r = {.place = place,
                                      .n = row->n,
                                      .offset = row->offset,
                                      .tick = row->info.tfdt,
                                      .promise = row->info.duration,
                                      .time = lct_ticks_to_ns(row->info.tfdt, timescale)};
    bool fresh = !s->running || reel != s->reel || row->info.gap_before;
    bool runs_back = any(s) && r.time <= s->last.time;
    bool overlaps = !fresh && r.offset < s->last.offset + s->last.n;
    int rc = 0;
    if (runs_back || overlaps || (fresh && !row->info.key)) {
        return 0;
    }
    if (s->running && fresh) {
        int64_t here = lct_ns_to_ticks(r.time, s->timescale);
        rc = finish(s, here < promised(&s->last) ? here : promised(&s->last), r.time);
    } else if (s->running) {
        rc = look_for_end(s, &r, row->info.key);
    }
    if (fresh) {
        s->running = true;
        s->reel = reel;
        s->timescale = timescale;
        s->first = r;
    }
    s->last = r;
    return rc;
}

int lct_segments_end(struct lct_segments *segments, lct_ns end) {
    struct lct_segments *s = segments;
    if (!s->running) {
        return 0;
    }
    int64_t tick = promised(&s->last);
    if (end > 0 && lct_ns_to_ticks(end, s->timescale) < tick) {
        tick = lct_ns_to_ticks(end, s->timescale);
        tick = tick > s->last.tick ? tick : s->last.tick + 1;
    }
    return finish(s, tick, LCT_NS_NONE);
}

bool lct_segments_tail(const struct lct_segments *segments, struct lct_segment *ret_tail) {
    const struct lct_segments *s = segments;
    if (!s->running || s->last.place == s->first.place) {
        return false;
    }
    struct lct_segment tail = run_to(s, &s->last, s->last.tick, s->last.time);
    tail.rows--;
    tail.bytes -= s->last.n;
    *ret_tail = tail;
    return true;
}

size_t lct_segments_find(const struct lct_segments *segments, lct_ns time) {
    size_t low = 0, high = segments->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (segments->list[middle].time <= time) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct lct_segment *lct_segments_number(const struct lct_segments *segments,
                                              uint32_t number) {
    size_t low = 0, high = segments->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (segments->list[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct lct_segment *found = segments->list + low;
    return low < segments->count && found->number == number ? found : NULL;
}

void lct_segments_free(struct lct_segments *segments) {
    free(segments->list);
    *segments = (struct lct_segments){.count = 0};
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* What of a lesson's tapes who asks may read: all of it, or the pieces of microlessons whose links
 * he has, with what decoding them needs. Disk loop. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/clip.h"
#include "archive/library/item.h"
#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/gate.h"
#include "control/api/reach.h"
#include "stream/http/http_parse.h"

/* Frames of sound before and behind a piece: decoders need one before, players move them by up to
 * half a one (control/web/lib/player/feed.js). */
#define SOUND_SPARE (100 * LCT_MS)

/* ---- the pieces ---- */

static void add_pieces(struct lct_api_reach *reach, const json_t *pieces, const char *lesson) {
    size_t n = json_array_size(pieces), i;
    json_t *piece;
    struct lct_api_span *spans = lct_new((reach->n + n + 1) * sizeof *spans);
    if (reach->n > 0) {
        memcpy(spans, reach->spans, reach->n * sizeof *spans);
    }
    free(reach->spans);
    reach->spans = spans;
    json_array_foreach(pieces, i, piece) {
        if (strcmp(lct_json_text(piece, "lesson", ""), lesson) == 0) {
            spans[reach->n++] = (struct lct_api_span){lct_json_int(piece, "from_ns", 0),
                                                      lct_json_int(piece, "to_ns", 0)};
        }
    }
}

static int by_begin(const void *a, const void *b) {
    const struct lct_api_span *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

/* In order, and none touches another. */
static void put_in_order(struct lct_api_reach *reach) {
    size_t kept = 0;
    if (reach->n > 0) {
        qsort(reach->spans, reach->n, sizeof *reach->spans, by_begin);
    }
    for (size_t i = 0; i < reach->n; i++) {
        struct lct_api_span *span = &reach->spans[i], *last = &reach->spans[kept - (kept > 0)];
        if (kept > 0 && span->from <= last->to) {
            last->to = span->to > last->to ? span->to : last->to;
        } else {
            reach->spans[kept++] = *span;
        }
    }
    reach->n = kept;
}

void lct_api_reach_of(struct lct_api *api, const struct lct_http_request *request,
                      const char *lesson, struct lct_api_reach *ret_reach) {
    struct lct_api_clips clips = {.at = NULL};
    *ret_reach = (struct lct_api_reach){.all = lct_api_sees_all(api, request, lesson)};
    while (!ret_reach->all && lct_api_next_clip(api, request, lesson, &clips)) {
        LCT_FREE char *folder = lct_item_folder(api->data, clips.clip);
        LCT_JSON json_t *edl = NULL;
        unsigned version;
        if (lct_clip_newest(folder, &edl, &version) == 0) {
            add_pieces(ret_reach, json_object_get(edl, "pieces"), lesson);
        }
    }
    put_in_order(ret_reach);
}

void lct_api_reach_free(struct lct_api_reach *reach) {
    free(reach->spans);
    *reach = (struct lct_api_reach){.all = false};
}

bool lct_api_reach_has(const struct lct_api_reach *reach, lct_ns from, lct_ns to) {
    size_t low = 0, high = reach->n;
    while (low < high) { /* the first that ends behind from */
        size_t middle = (low + high) / 2;
        if (reach->spans[middle].to > from) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return reach->all || (low < reach->n && reach->spans[low].from < to);
}

/* ---- what that is of a tape ---- */

/* What the last picture of a segment may be shown until: the next one's begin. */
static lct_ns shown_until(const struct lct_follow *tape, const struct lct_segment *segment) {
    const struct lct_segments *all = &tape->segments;
    size_t i = all->count > 0 ? lct_segments_find(all, segment->time) + 1 : 0;
    struct lct_segment tail;
    if (i < all->count) {
        return all->list[i].time;
    }
    return lct_segments_tail(all, &tail) && tail.time > segment->time ? tail.time : INT64_MAX;
}

/* A row is needed by what is shown between it and the next key frame. */
ssize_t lct_api_reach_rows(const struct lct_api_reach *reach, const struct lct_follow *tape,
                           const struct lct_segment *segment, struct lct_index_row **ret_rows) {
    const struct lct_format *format = tape->reels[segment->reel].format;
    lct_ns spare = format->codec == LCT_CODEC_H264 ? 0 : SOUND_SPARE;
    lct_ns until = shown_until(tape, segment);
    until = until < INT64_MAX - spare ? until + spare : until;
    *ret_rows = NULL;
    if (!lct_api_reach_has(reach, segment->time - spare, until)) {
        return 0;
    }
    ssize_t n = lct_follow_rows(tape, segment, ret_rows), first = n;
    for (ssize_t i = n; !reach->all && i-- > 0;) { /* those within reach move to the end */
        const struct lct_index_row row = (*ret_rows)[i];
        lct_ns time = lct_ticks_to_ns(row.info.tfdt, format->timescale);
        if (lct_api_reach_has(reach, time - spare, until)) {
            (*ret_rows)[--first] = row;
        }
        until = row.info.key ? time + spare : until;
    }
    if (n > 0 && !reach->all) {
        n -= first;
        memmove(*ret_rows, *ret_rows + first, (size_t)n * sizeof **ret_rows);
    }
    return n;
}

/* The i-th segment of a tape, what has not ended being the last; NULL: there is none. */
static const struct lct_segment *segment_at(const struct lct_follow *tape, size_t i,
                                            struct lct_segment *tail) {
    const struct lct_segments *all = &tape->segments;
    return i < all->count                                    ? &all->list[i]
           : i == all->count && lct_segments_tail(all, tail) ? tail
                                                             : NULL;
}

bool lct_api_reach_shows(const struct lct_api_reach *reach, const struct lct_follow *tape,
                         lct_ns time) {
    const struct lct_segments *all = &tape->segments;
    const struct lct_segment *segment;
    struct lct_segment tail;
    bool shows = reach->all;
    size_t i = all->count > 0 ? lct_segments_find(all, time) : 0;
    for (; !shows && (segment = segment_at(tape, i, &tail)) && segment->time <= time; i++) {
        LCT_FREE struct lct_index_row *rows = NULL;
        uint32_t timescale = tape->reels[segment->reel].format->timescale;
        ssize_t n = lct_api_reach_rows(reach, tape, segment, &rows);
        for (ssize_t k = 0; k < n; k++) {
            const struct lct_chunk_info *info = &rows[k].info;
            shows = shows || (lct_ticks_to_ns(info->tfdt, timescale) <= time &&
                              time < lct_ticks_to_ns(info->tfdt + info->duration, timescale));
        }
    }
    return shows;
}

/* True when the bytes of a reel from first to last are those of chunks within reach, and no others.
 */
static bool has_bytes(const struct lct_api_reach *reach, const struct lct_follow *tape,
                      const struct lct_follow_reel *reel, uint64_t first, uint64_t last) {
    const struct lct_segment *segment;
    struct lct_segment tail;
    uint64_t at = first;
    for (size_t i = 0; at <= last && (segment = segment_at(tape, i, &tail)); i++) {
        LCT_FREE struct lct_index_row *rows = NULL;
        if (&tape->reels[segment->reel] != reel || at < segment->offset ||
            at - segment->offset >= segment->bytes) {
            continue;
        }
        ssize_t n = lct_api_reach_rows(reach, tape, segment, &rows);
        for (ssize_t k = 0; k < n; k++) {
            bool here = rows[k].offset <= at && at - rows[k].offset < rows[k].n;
            at = here ? rows[k].offset + rows[k].n : at;
        }
    }
    return at > last;
}

int lct_api_reach_check(const struct lct_api_reach *reach, const struct lct_http_request *request,
                        const struct lct_follow *tape, const struct lct_follow_reel *reel,
                        struct lct_fault *fault) {
    const char *range = lct_http_header(request, LCT_HTTP_RANGE);
    uint64_t first = 0, last = reel->bytes; /* behind its end: in nobody's reach */
    if (lct_http_header(request, LCT_HTTP_IF_RANGE)) {
        range = NULL; /* reels have no tag, so that all of it would be sent */
    }
    return reach->all || lct_http_range(range, reel->bytes, &first, &last) == LCT_HTTP_RANGE_NONE ||
                   has_bytes(reach, tape, reel, first, last)
               ? 0
               : lct_fault_set(fault, -EPERM, "api",
                               "Of this lesson only what the microlesson shows may be read.",
                               "此课程只能读取微课中用到的片段。");
}

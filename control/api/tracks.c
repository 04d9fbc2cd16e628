// SPDX-License-Identifier: GPL-3.0-or-later
/* A track as a player reads it that does its own seeking: where each chunk lies, the inits, and the
 * bytes of the reels. The same while the lesson runs, as far as it is saved, and ever after. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive/tape/demand.h"
#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/handlers.h"
#include "control/api/reach.h"
#include "control/api/tracks.h"
#include "stream/http/http_source.h"

/* An answer ends with the segment that makes so many rows full: some 200 KB. */
#define ROWS 4096

enum row_flag { ROW_KEY = 1, ROW_GAP_BEFORE = 2 }; /* docs/api.yaml */

int lct_api_query_number(const struct lct_http_request *request, const char *name, int64_t most,
                         int64_t *value, struct lct_fault *fault) {
    const char *text = lct_http_query(request, name, 0);
    if (!text) {
        return 0;
    }
    size_t digits = strspn(text, "0123456789");
    int64_t number = digits > 0 && digits <= 18 && !text[digits] ? strtoll(text, NULL, 10) : -1;
    if (number < 0 || number > most) {
        return lct_fault_set(fault, -EINVAL, "api",
                             "\"%s\" must be a whole number from 0 to %" PRId64 ".",
                             "“%s”必须是 0 到 %" PRId64 " 的整数。", name, most);
    }
    *value = number;
    return 0;
}

static int find_tape(struct lct_api *api, const struct lct_http_request *request,
                     const struct lct_lesson_info **ret_info, const struct lct_follow **ret_tape,
                     struct lct_fault *fault) {
    return lct_shelf_tape(api->shelf, lct_http_value(request, 0), lct_http_value(request, 1),
                          ret_info, ret_tape, fault);
}

static int find_reel(const struct lct_follow *tape, int64_t number,
                     const struct lct_follow_reel **ret_reel, struct lct_fault *fault) {
    *ret_reel = number <= UINT32_MAX ? lct_follow_find(tape, (uint32_t)number) : NULL;
    if (!*ret_reel || !(*ret_reel)->format) {
        return lct_fault_set(fault, -ENOENT, "api", "This track has no reel %" PRId64 ".",
                             "此轨道没有第 %" PRId64 " 卷。", number);
    }
    return 0;
}

/* ---- bytes ---- */

static ssize_t read_demand(void *demand, uint64_t offset, void *bytes, size_t n) {
    return lct_demand_read(demand, offset, bytes, n);
}

static void close_demand(void *demand) { lct_demand_close(demand); }

static const char *type_of(const struct lct_follow_reel *reel) {
    return reel->format->codec == LCT_CODEC_H264 ? "video/mp4" : "audio/mp4";
}

void lct_api_answer_reel(struct lct_http_request *request, const struct lct_follow *tape,
                         const struct lct_follow_reel *reel, uint64_t from, uint64_t to,
                         int64_t end_tick) {
    struct lct_demand *demand = NULL;
    struct lct_fault fault;
    int rc = lct_demand_open(tape->folder, reel->number, from, to, end_tick, &demand);
    if (rc < 0) {
        (void)lct_fault_set(&fault, rc, "api", "Reel %u cannot be read: %s.",
                            "无法读取第 %u 卷：%s。", reel->number, strerror(-rc));
        lct_api_answer_fault(request, &fault);
        return;
    }
    const struct lct_http_source source = {.type = type_of(reel),
                                           .size = lct_demand_size(demand),
                                           .read = read_demand,
                                           .close = close_demand,
                                           .opaque = demand};
    lct_http_answer_source(request, &source);
}

void lct_api_answer_init(struct lct_http_request *request, const struct lct_follow_reel *reel) {
    lct_http_set_cache(request, LCT_API_CACHE_FOREVER);
    lct_http_answer(request, 200, type_of(reel), reel->format->init, reel->format->init_bytes);
}

void lct_api_get_track_init(void *app, struct lct_http_request *request) {
    const struct lct_lesson_info *info;
    const struct lct_follow *tape;
    const struct lct_follow_reel *reel;
    struct lct_fault fault;
    int64_t number = 1;
    if (lct_api_query_number(request, "reel", UINT32_MAX, &number, &fault) < 0 ||
        find_tape(app, request, &info, &tape, &fault) < 0 ||
        find_reel(tape, number, &reel, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
    } else {
        lct_api_answer_init(request, reel);
    }
}

void lct_api_get_track_reel(void *app, struct lct_http_request *request) {
    const struct lct_lesson_info *info;
    const struct lct_follow *tape;
    const struct lct_follow_reel *reel;
    struct lct_fault fault;
    const char *text = lct_http_value(request, 2);
    size_t digits = strspn(text, "0123456789");
    int64_t number = digits > 0 && digits < 10 && !text[digits] ? strtoll(text, NULL, 10) : 0;
    struct lct_api_reach reach;
    lct_api_reach_of(app, request, lct_http_value(request, 0), &reach);
    if (find_tape(app, request, &info, &tape, &fault) < 0 ||
        find_reel(tape, number, &reel, &fault) < 0 ||
        lct_api_reach_check(&reach, request, tape, reel, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
    } else {
        if (reel->whole) {
            lct_http_set_cache(request, LCT_API_CACHE_FOREVER);
        }
        lct_api_answer_reel(request, tape, reel, 0, reel->bytes, reel->end_tick);
    }
    lct_api_reach_free(&reach);
}

/* ---- the index ---- */

struct listing {
    const struct lct_follow *tape;
    const struct lct_api_reach *reach;
    const char *address; /* of the track */
    json_t *reels;
    json_t *rows; /* of the last of reels; borrowed */
    uint32_t reel;
    size_t count;
    lct_ns end; /* of the last row */
};

static void list_reel(struct listing *l, uint32_t place) {
    const struct lct_follow_reel *reel = &l->tape->reels[place];
    const struct lct_format *format = reel->format;
    LCT_FREE char *init = lct_format("%s/init.mp4?reel=%u", l->address, reel->number);
    LCT_FREE char *media = lct_format("%s/reels/%u", l->address, reel->number);
    l->reel = place;
    l->rows = json_array();
    json_array_append_new(
        l->reels, json_pack("{s:I, s:I, s:s, s:s, s:s, s:i, s:i, s:o}", "number",
                            (json_int_t)reel->number, "zero_ns", (json_int_t)reel->time, "codecs",
                            format->codec_string, "init", init, "media", media, "width",
                            format->width, "height", format->height, "rows", l->rows));
}

static int list_segment(struct listing *l, const struct lct_segment *segment) {
    struct lct_index_row *rows = NULL;
    ssize_t n = lct_api_reach_rows(l->reach, l->tape, segment, &rows);
    if (n <= 0) {
        free(rows);
        return (int)n;
    }
    if (!l->rows || l->reel != segment->reel) {
        list_reel(l, segment->reel);
    }
    uint32_t timescale = l->tape->reels[segment->reel].format->timescale;
    for (ssize_t i = 0; i < n; i++) {
        const struct lct_chunk_info *info = &rows[i].info;
        lct_ns time = lct_ticks_to_ns(info->tfdt, timescale);
        l->end = lct_ticks_to_ns(info->tfdt + info->duration, timescale);
        json_array_append_new(
            l->rows,
            json_pack("[I,I,I,I,i]", (json_int_t)rows[i].offset, (json_int_t)rows[i].n,
                      (json_int_t)time, (json_int_t)(l->end - time),
                      (info->key ? ROW_KEY : 0) | (info->gap_before ? ROW_GAP_BEFORE : 0)));
    }
    l->count += (size_t)n;
    free(rows);
    return 0;
}

/* Whole segments from the one that covers from on. *ret_next is where to ask on, or none. */
static int list_rows(struct listing *l, lct_ns from, lct_ns to, lct_ns *ret_next) {
    const struct lct_segments *all = &l->tape->segments;
    struct lct_segment tail;
    bool has_tail = lct_segments_tail(all, &tail);
    size_t total = all->count + has_tail;
    size_t i = all->count > 0 && (!has_tail || from < tail.time) ? lct_segments_find(all, from)
                                                                 : all->count;
    int rc = 0;
    for (bool first = true; rc == 0 && i < total; i++, first = false) {
        const struct lct_segment *segment = i < all->count ? &all->list[i] : &tail;
        if (!first && (segment->time >= to || l->count + segment->rows > ROWS)) {
            *ret_next = segment->time < to ? segment->time : LCT_NS_NONE;
            return 0;
        }
        rc = list_segment(l, segment);
    }
    return rc;
}

static json_t *or_null(lct_ns time) {
    return time == LCT_NS_NONE ? json_null() : json_integer((json_int_t)time);
}

lct_ns lct_api_tape_end(const struct lct_follow *tape) {
    struct lct_segment tail;
    if (lct_segments_tail(&tape->segments, &tail)) {
        return tail.until;
    }
    return tape->segments.count > 0 ? tape->segments.list[tape->segments.count - 1].until : 0;
}

void lct_api_get_track_index(void *app, struct lct_http_request *request) {
    const struct lct_lesson_info *info;
    const struct lct_follow *tape;
    struct lct_fault fault;
    int64_t from = 0, to = LCT_API_DAYS_10;
    lct_ns next = LCT_NS_NONE;
    LCT_FREE char *address = lct_format("/api/v1/recordings/%s/tracks/%s",
                                        lct_http_value(request, 0), lct_http_value(request, 1));
    if (lct_api_query_number(request, "from", LCT_API_DAYS_10, &from, &fault) < 0 ||
        lct_api_query_number(request, "to", LCT_API_DAYS_10, &to, &fault) < 0 ||
        find_tape(app, request, &info, &tape, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    struct lct_api_reach reach;
    lct_api_reach_of(app, request, lct_http_value(request, 0), &reach);
    struct listing l = {.tape = tape, .reach = &reach, .address = address, .reels = json_array()};
    int rc = list_rows(&l, from, to, &next);
    lct_api_reach_free(&reach);
    if (rc < 0) {
        json_decref(l.reels);
        (void)lct_fault_set(&fault, rc, "api", "The index cannot be read: %s.",
                            "无法读取索引：%s。", strerror(-rc));
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer_json(
        request, 200,
        json_pack("{s:b, s:I, s:o, s:o}", "ended", (int)(info->state == LCT_LESSON_ENDED), "end_ns",
                  (json_int_t)lct_api_tape_end(tape), "next_ns", or_null(next), "reels", l.reels));
}

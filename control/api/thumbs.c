// SPDX-License-Identifier: GPL-3.0-or-later
/* What a time line shows of a track: pictures and the loudness of its sound. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "archive/tape/reels.h"
#include "archive/tape/thumbs.h"
#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/handlers.h"
#include "control/api/reach.h"
#include "control/api/tracks.h"

/* Points of a waveform: enough for any screen. */
#define POINTS_MAX 4000
#define POINTS 2000

/* Pictures of a sheet at most, some 10 KB each. */
#define SHEET_MAX 64

/* A track of a lesson and its folder; a fault when there is none. Returns owned. */
static char *track_folder(struct lct_api *api, const struct lct_http_request *request,
                          struct lct_fault *fault) {
    const struct lct_lesson_info *info;
    LCT_FREE char *folder = NULL;
    const char *id = lct_http_value(request, 0), *name = lct_http_value(request, 1);
    if (lct_recordings_folder(api->recordings, id, &folder, fault) < 0 ||
        lct_shelf_lesson(api->shelf, id, &info, fault) < 0) {
        return NULL;
    }
    for (size_t i = 0; i < info->track_count; i++) {
        if (strcmp(info->tracks[i].name, name) == 0) {
            return lct_format("%s/%s", folder, name);
        }
    }
    (void)lct_fault_set(fault, -ENOENT, "api", "This recording has no track %s.",
                        "此录像没有轨道 %s。", name);
    return NULL;
}

/* "t" in seconds; 0 when it is not given. */
static int wanted_time(const struct lct_http_request *request, lct_ns *ret_time,
                       struct lct_fault *fault) {
    const char *text = lct_http_query(request, "t", 0);
    char *end = NULL;
    double seconds = text ? strtod(text, &end) : 0;
    if (text && (end == text || *end || !isfinite(seconds) || seconds < 0 || seconds > 864000)) {
        return lct_fault_set(fault, -EINVAL, "api", "\"t\" must be a time in seconds.",
                             "“t”必须是以秒为单位的时间。");
    }
    *ret_time = (lct_ns)(seconds * (double)LCT_SECOND);
    return 0;
}

/* A track's pictures, and which of them may be seen. */
struct album {
    char *folder;
    lct_ns *times;
    ssize_t n;
    struct lct_api_reach reach;
    const struct lct_follow *tape; /* NULL: all of them may */
};

static int open_album(struct lct_api *api, const struct lct_http_request *request,
                      struct album *album, struct lct_fault *fault) {
    const struct lct_lesson_info *info;
    const char *id = lct_http_value(request, 0), *name = lct_http_value(request, 1);
    *album = (struct album){.folder = track_folder(api, request, fault)};
    if (!album->folder) {
        return -ENOENT;
    }
    lct_api_reach_of(api, request, id, &album->reach);
    album->n = (ssize_t)lct_thumbs_times(album->folder, &album->times);
    return album->reach.all ? 0 : lct_shelf_tape(api->shelf, id, name, &info, &album->tape, fault);
}

static void close_album(struct album *album) {
    lct_api_reach_free(&album->reach);
    free(album->times);
    free(album->folder);
}

static bool may_be_seen(const struct album *album, ssize_t i) {
    return i >= 0 && i < album->n &&
           (!album->tape || lct_api_reach_shows(&album->reach, album->tape, album->times[i]));
}

/* The last at or before time, or the first; -1: there is none. */
static ssize_t nearest(const struct album *album, lct_ns time) {
    ssize_t low = 0, high = album->n;
    while (low + 1 < high) {
        ssize_t middle = (low + high) / 2;
        *(album->times[middle] <= time ? &low : &high) = middle;
    }
    return album->n > 0 ? low : -1;
}

void lct_api_get_thumb(void *app, struct lct_http_request *request) {
    struct lct_fault fault;
    struct album album = {.folder = NULL};
    lct_ns time = 0, shown;
    LCT_FREE uint8_t *jpeg = NULL;
    size_t n;
    int rc = wanted_time(request, &time, &fault);
    rc = rc ? rc : open_album(app, request, &album, &fault);
    if (rc == 0) {
        ssize_t i = nearest(&album, time);
        i += !may_be_seen(&album, i); /* of before a piece: the first within */
        if (!may_be_seen(&album, i) ||
            lct_thumbs_nearest(album.folder, album.times[i], &jpeg, &n, &shown) < 0) {
            rc =
                lct_fault_set(&fault, -ENOENT, "api", "There is no thumbnail yet.", "尚无缩略图。");
        }
    }
    close_album(&album);
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer(request, 200, "image/jpeg", jpeg, n);
}

/* ---- many of them at once ---- */

/* "from" and "to", ns; -EINVAL when nothing lies between them. */
static int wanted_range(const struct lct_http_request *request, lct_ns *from, lct_ns *to,
                        struct lct_fault *fault) {
    int rc = lct_api_query_number(request, "from", LCT_API_DAYS_10, from, fault);
    rc = rc ? rc : lct_api_query_number(request, "to", LCT_API_DAYS_10, to, fault);
    return rc || *from < *to
               ? rc
               : lct_fault_set(fault, -EINVAL, "api", "\"to\" must be behind \"from\".",
                               "“to”必须在“from”之后。");
}

static void put_number(uint8_t *at, uint64_t value, size_t n) {
    for (size_t i = 0; i < n; i++) {
        at[i] = (uint8_t)(value >> 8 * (n - 1 - i));
    }
}

struct sheet {
    uint8_t *bytes; /* docs/api.yaml */
    size_t n;
};

#define SHEET_HEAD 12 /* before each picture: its time, its bytes */

/* A damaged picture is left out. */
static void add_thumb(struct sheet *sheet, const char *folder, lct_ns time) {
    LCT_FREE uint8_t *jpeg = NULL;
    size_t n;
    lct_ns shown;
    if (lct_thumbs_nearest(folder, time, &jpeg, &n, &shown) < 0) {
        return;
    }
    uint8_t *longer = realloc(sheet->bytes, sheet->n + SHEET_HEAD + n);
    if (!longer) {
        return;
    }
    put_number(longer + sheet->n, (uint64_t)shown, 8);
    put_number(longer + sheet->n + 8, n, 4);
    memcpy(longer + sheet->n + SHEET_HEAD, jpeg, n);
    sheet->bytes = longer;
    sheet->n += SHEET_HEAD + n;
}

void lct_api_get_thumbs(void *app, struct lct_http_request *request) {
    struct lct_fault fault;
    lct_ns from = 0, to = LCT_API_DAYS_10;
    int64_t count = SHEET_MAX;
    struct album album = {.folder = NULL};
    if (wanted_range(request, &from, &to, &fault) < 0 ||
        lct_api_query_number(request, "count", SHEET_MAX, &count, &fault) < 0 ||
        open_album(app, request, &album, &fault) < 0) {
        close_album(&album);
        lct_api_answer_fault(request, &fault);
        return;
    }
    struct sheet sheet = {0};
    ssize_t last = -1;
    lct_ns end = album.n > 0 ? album.times[album.n - 1] + LCT_THUMB_INTERVAL : to;
    to = end < to ? end : to;
    for (int64_t i = 0; i < count && from < to; i++) {
        lct_ns middle = from + (lct_ns)((double)(to - from) * ((double)i + 0.5) / (double)count);
        ssize_t found = nearest(&album, middle);
        if (found != last && may_be_seen(&album, found)) {
            add_thumb(&sheet, album.folder, album.times[found]);
            last = found;
        }
    }
    close_album(&album);
    lct_http_answer(request, 200, "application/octet-stream", sheet.bytes, sheet.n);
    free(sheet.bytes);
}

/* ---- loudness ---- */

struct wave {
    struct lct_api_reach reach;
    lct_ns from, to;
    size_t points;
    int8_t low[POINTS_MAX], high[POINTS_MAX];
};

/* Widens the point that holds the time. */
static void add_peak(struct wave *wave, lct_ns time, int8_t low, int8_t high) {
    if (time < wave->from || time >= wave->to || !lct_api_reach_has(&wave->reach, time, time + 1)) {
        return;
    }
    size_t i = (size_t)((double)(time - wave->from) / (double)(wave->to - wave->from) *
                        (double)wave->points);
    i = i < wave->points ? i : wave->points - 1;
    wave->low[i] = low < wave->low[i] ? low : wave->low[i];
    wave->high[i] = high > wave->high[i] ? high : wave->high[i];
}

static void add_row(struct wave *wave, const struct lct_index_head *head,
                    const struct lct_index_row *row) {
    lct_ns time = lct_ticks_to_ns(row->info.tfdt, head->timescale);
    lct_ns step = lct_ticks_to_ns(row->info.duration, head->timescale) /
                  (row->info.samples ? row->info.samples : 1);
    for (size_t i = 0; i < row->info.samples && i < LCT_CHUNK_SAMPLES_MAX; i++) {
        add_peak(wave, time + (lct_ns)i * step, row->info.peaks[2 * i], row->info.peaks[2 * i + 1]);
    }
}

/* Only the reels that the range touches are read: those of an hour of sound are 4 MB of rows. */
static void add_reels(struct wave *wave, const struct lct_follow *tape) {
    for (size_t i = 0; i < tape->reel_count; i++) {
        bool before = i + 1 < tape->reel_count && tape->reels[i + 1].format &&
                      tape->reels[i + 1].time <= wave->from;
        if (!tape->reels[i].format || before || tape->reels[i].time >= wave->to) {
            continue;
        }
        struct lct_reel_view view;
        lct_reel_view_load(tape->folder, tape->reels[i].number, &view);
        for (size_t k = 0; k < view.count; k++) {
            add_row(wave, &view.head, &view.rows[k]);
        }
        lct_reel_view_free(&view);
    }
}

void lct_api_get_waveform(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_fault fault;
    const struct lct_lesson_info *info;
    const struct lct_follow *tape;
    lct_ns from = 0, to = LCT_API_DAYS_10;
    int64_t points = POINTS;
    if (wanted_range(request, &from, &to, &fault) < 0 ||
        lct_api_query_number(request, "points", POINTS_MAX, &points, &fault) < 0 ||
        lct_shelf_tape(api->shelf, lct_http_value(request, 0), lct_http_value(request, 1), &info,
                       &tape, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_ns end = lct_api_tape_end(tape);
    struct wave *wave = lct_new(sizeof *wave);
    wave->from = from;
    wave->to = to < end ? to : end;
    wave->points = wave->from < wave->to ? (size_t)points : 0;
    lct_api_reach_of(api, request, lct_http_value(request, 0), &wave->reach);
    add_reels(wave, tape);
    lct_api_reach_free(&wave->reach);
    json_t *peaks = json_array();
    for (size_t i = 0; i < wave->points; i++) {
        json_array_append_new(peaks, json_integer(wave->low[i]));
        json_array_append_new(peaks, json_integer(wave->high[i]));
    }
    lct_http_answer_json(request, 200,
                         json_pack("{s:I, s:I, s:I, s:o}", "duration_ns", (json_int_t)end,
                                   "from_ns", (json_int_t)wave->from, "to_ns", (json_int_t)wave->to,
                                   "peaks", peaks));
    free(wave);
}

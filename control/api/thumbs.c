// SPDX-License-Identifier: GPL-3.0-or-later
/* What a time line shows of a track: pictures and the loudness of its sound. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "archive/reels.h"
#include "archive/thumbs.h"
#include "base/mem.h"
#include "control/api/api.h"

/* Points of a waveform: enough for any screen. */
#define POINTS 2000

/* The folder of a track of a lesson; a fault when there is none. Returns owned. */
static char *track_folder(struct lct_api *api, const struct lct_http_request *request,
                          struct lct_fault *fault) {
    LCT_JSON json_t *lesson = NULL;
    LCT_FREE char *folder = NULL;
    const char *id = lct_http_value(request, 0), *name = lct_http_value(request, 1);
    size_t i;
    json_t *track;
    if (lct_library_folder(api->library, id, &folder, fault) < 0 ||
        lct_library_get(api->library, id, &lesson, fault) < 0) {
        return NULL;
    }
    json_array_foreach(json_object_get(lesson, "tracks"), i, track) {
        if (strcmp(lct_json_text(track, "name", ""), name) == 0) {
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

void lct_api_get_thumb(void *app, struct lct_http_request *request) {
    struct lct_fault fault;
    lct_ns time = 0, shown;
    LCT_FREE char *folder = NULL;
    LCT_FREE uint8_t *jpeg = NULL;
    size_t n;
    if (wanted_time(request, &time, &fault) < 0 || !(folder = track_folder(app, request, &fault))) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    if (lct_thumbs_nearest(folder, time, &jpeg, &n, &shown) < 0) {
        (void)lct_fault_set(&fault, -ENOENT, "api", "There is no thumbnail yet.", "尚无缩略图。");
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer(request, 200, "image/jpeg", jpeg, n);
}

struct wave {
    int8_t low[POINTS], high[POINTS];
    lct_ns end;
};

/* Widens the point that holds the time. */
static void add_peak(struct wave *wave, lct_ns time, int8_t low, int8_t high) {
    if (time < 0 || time >= wave->end) {
        return;
    }
    size_t i = (size_t)((double)time / (double)wave->end * POINTS);
    i = i < POINTS ? i : POINTS - 1;
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

static lct_ns end_of(const struct lct_reels *reels) {
    lct_ns end = 0;
    for (size_t i = 0; i < reels->count; i++) {
        const struct lct_reel_view *view = &reels->views[i];
        if (view->count > 0) {
            const struct lct_index_row *last = &view->rows[view->count - 1];
            lct_ns time =
                lct_ticks_to_ns(last->info.tfdt + last->info.duration, view->head.timescale);
            end = time > end ? time : end;
        }
    }
    return end;
}

void lct_api_get_waveform(void *app, struct lct_http_request *request) {
    struct lct_fault fault;
    struct lct_reels reels;
    LCT_FREE char *folder = track_folder(app, request, &fault);
    if (!folder) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_reels_load(folder, &reels);
    struct wave *wave = lct_new(sizeof *wave);
    wave->end = end_of(&reels);
    for (size_t i = 0; i < reels.count; i++) {
        for (size_t k = 0; k < reels.views[i].count; k++) {
            add_row(wave, &reels.views[i].head, &reels.views[i].rows[k]);
        }
    }
    json_t *points = json_array();
    for (size_t i = 0; i < POINTS && wave->end > 0; i++) {
        json_array_append_new(points, json_integer(wave->low[i]));
        json_array_append_new(points, json_integer(wave->high[i]));
    }
    lct_http_answer_json(
        request, 200,
        json_pack("{s:I, s:o}", "duration_ns", (json_int_t)wave->end, "peaks", points));
    free(wave);
    lct_reels_free(&reels);
}

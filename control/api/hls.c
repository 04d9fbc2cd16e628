// SPDX-License-Identifier: GPL-3.0-or-later
/* HLS: a room's lesson while it runs, and its last one until the next begins. */
#include "stream/hls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/handlers.h"
#include "control/api/tracks.h"

/* A sound that has nothing when the picture has so many segments is not waited for. */
#define PATIENCE_SEGMENTS 3

static enum lct_hls_kind kind_of(const struct lct_lesson_track *track) {
    return strcmp(track->kind, "sound") == 0    ? LCT_HLS_SOUND
           : strcmp(track->kind, "screen") == 0 ? LCT_HLS_SCREEN
                                                : LCT_HLS_CAMERA;
}

static int load_track(struct lct_api *api, const char *id, const char *name,
                      struct lct_hls_track *ret_track, struct lct_fault *fault) {
    const struct lct_lesson_info *info;
    const struct lct_follow *tape;
    int rc = lct_shelf_tape(api->shelf, id, name, &info, &tape, fault);
    for (size_t i = 0; rc == 0 && i < info->track_count; i++) {
        if (strcmp(info->tracks[i].name, name) == 0) {
            *ret_track = (struct lct_hls_track){.name = info->tracks[i].name,
                                                .kind = kind_of(&info->tracks[i]),
                                                .tape = tape,
                                                .zero = info->zero_wall,
                                                .ended = info->state == LCT_LESSON_ENDED};
        }
    }
    return rc;
}

/* ---- what a player opens ---- */

struct lesson {
    char id[LCT_ROOMS_LESSON_SIZE];
    struct lct_hls_track tracks[LCT_TAPE_TRACKS_MAX];
    size_t n;
};

static int load_lesson(struct lct_api *api, const char *room, struct lesson *lesson,
                       struct lct_fault *fault) {
    const struct lct_lesson_info *info;
    int rc = lct_api_find_lesson(api, room, lesson->id, fault);
    rc = rc ? rc : lct_shelf_lesson(api->shelf, lesson->id, &info, fault);
    for (size_t i = 0; rc == 0 && i < info->track_count; i++) {
        rc = load_track(api, lesson->id, info->tracks[i].name, &lesson->tracks[i], fault);
        lesson->n = i + 1;
    }
    return rc;
}

static bool has_segments(const struct lct_hls_track *track) {
    return track->tape->segments.count > 0;
}

/* The track of that name; without one a camera rather than a screen, and that rather than sound. */
static const struct lct_hls_track *choose(const struct lesson *lesson, const char *name) {
    const struct lct_hls_track *best = NULL;
    for (size_t i = 0; i < lesson->n; i++) {
        const struct lct_hls_track *one = &lesson->tracks[i];
        bool fits = name ? strcmp(one->name, name) == 0 : has_segments(one);
        best = fits && (!best || one->kind < best->kind) ? one : best;
    }
    return best;
}

/* Puts together what is heard with the track. False: a sound is still to come. */
static bool find_sounds(const struct lesson *lesson, const struct lct_hls_track *track,
                        struct lct_hls_track *sounds, size_t *ret_n) {
    bool all = true;
    size_t n = 0;
    for (size_t i = 0; i < lesson->n; i++) {
        const struct lct_hls_track *one = &lesson->tracks[i];
        bool wanted = track->kind == LCT_HLS_SOUND ? one == track : one->kind == LCT_HLS_SOUND;
        if (wanted && has_segments(one)) {
            sounds[n++] = *one;
        }
        all = all && (!wanted || has_segments(one));
    }
    *ret_n = n;
    return all || track->ended || track->tape->segments.count >= PATIENCE_SEGMENTS;
}

static int write_main(const struct lesson *lesson, const char *name, char **ret_text,
                      struct lct_fault *fault) {
    struct lct_hls_track sounds[LCT_TAPE_TRACKS_MAX];
    size_t n = 0;
    const struct lct_hls_track *track = choose(lesson, name);
    if (!track && name) {
        return lct_fault_set(fault, -ENOENT, "hls", "This lesson has no track %s.",
                             "该课程没有轨道 %s。", name);
    }
    if (!track || !has_segments(track) || !find_sounds(lesson, track, sounds, &n)) {
        return lct_fault_set(fault, -ENODATA, "hls",
                             "This lesson has just begun. Try again in some seconds.",
                             "课程刚刚开始，请几秒后再试。");
    }
    *ret_text = lct_hls_main(lesson->id, track->kind == LCT_HLS_SOUND ? NULL : track, sounds, n);
    return 0;
}

void lct_api_get_hls(void *app, struct lct_http_request *request) {
    LCT_FREE struct lesson *lesson = lct_new(sizeof *lesson);
    LCT_FREE char *text = NULL;
    struct lct_fault fault;
    int rc = load_lesson(app, lct_http_value(request, 0), lesson, &fault);
    if (rc == 0 && lct_http_query(request, "track", 1)) {
        rc = lct_fault_set(&fault, -EINVAL, "hls",
                           "HLS shows one track at a time: give \"track\" once.",
                           "HLS 一次只能播放一条轨道：“track”只能给出一次。");
    }
    rc = rc ? rc : write_main(lesson, lct_http_query(request, "track", 0), &text, &fault);
    if (rc < 0) {
        if (rc == -ENODATA) {
            lct_http_add_header(request, "Retry-After", "2");
        }
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_set_cache(request, "private, no-cache"); /* the room's next lesson may begin */
    lct_http_answer(request, 200, LCT_HLS_TYPE, text, strlen(text));
}

/* ---- what lies below ---- */

static void answer_segments(struct lct_http_request *request, const struct lct_hls_track *track) {
    LCT_FREE char *text = lct_hls_segments(track);
    lct_http_set_cache(request, track->ended ? "private, max-age=60" : "private, max-age=1");
    lct_http_answer(request, 200, LCT_HLS_TYPE, text, strlen(text));
}

static void answer_init(struct lct_http_request *request, const struct lct_follow *tape,
                        uint32_t number) {
    const struct lct_follow_reel *reel = lct_follow_find(tape, number);
    if (reel && reel->format) {
        lct_api_answer_init(request, reel);
    } else {
        struct lct_fault fault;
        (void)lct_fault_set(&fault, -ENOENT, "hls", "This track has no reel %u.",
                            "此轨道没有第 %u 卷。", number);
        lct_api_answer_fault(request, &fault);
    }
}

static void answer_segment(struct lct_http_request *request, const struct lct_follow *tape,
                           uint32_t number) {
    const struct lct_segment *segment = lct_segments_number(&tape->segments, number);
    if (segment) {
        lct_http_set_cache(request, LCT_API_CACHE_FOREVER);
        lct_api_answer_reel(request, tape, &tape->reels[segment->reel], segment->offset,
                            segment->offset + segment->bytes, segment->end_tick);
    } else if (lct_hls_is_hole(tape, number)) {
        lct_http_set_cache(request, LCT_API_CACHE_FOREVER);
        lct_http_answer(request, 200, "video/mp4", lct_hls_nothing, sizeof lct_hls_nothing);
    } else {
        struct lct_fault fault;
        (void)lct_fault_set(&fault, -ENOENT, "hls", "This track has no segment %u (yet).",
                            "此轨道（目前）没有第 %u 段。", number);
        lct_api_answer_fault(request, &fault);
    }
}

/* Only the lesson that is shown live: who may watch a room live may not watch all it ever recorded.
 */
static int find_track(struct lct_api *api, const struct lct_http_request *request,
                      struct lct_hls_track *ret_track, struct lct_fault *fault) {
    const char *room = lct_http_value(request, 0), *id = lct_http_value(request, 1);
    char shown[LCT_ROOMS_LESSON_SIZE];
    int rc = lct_api_find_lesson(api, room, shown, fault);
    if (rc == 0 && strcmp(id, shown) != 0) {
        return lct_fault_set(fault, -ENOENT, "hls",
                             "Room %s does not show lesson %s live (any more). Open the room anew.",
                             "教室 %s 目前没有播放课程 %s，请重新打开教室页面。", room, id);
    }
    return rc ? rc : load_track(api, id, lct_http_value(request, 2), ret_track, fault);
}

void lct_api_get_hls_file(void *app, struct lct_http_request *request) {
    struct lct_hls_track track;
    struct lct_hls_wanted wanted;
    struct lct_fault fault;
    const char *name = lct_http_value(request, 3);
    if (find_track(app, request, &track, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
    } else if (!lct_hls_parse(name, &wanted)) {
        (void)lct_fault_set(&fault, -ENOENT, "hls", "There is no %s in a track.", "轨道中没有 %s。",
                            name);
        lct_api_answer_fault(request, &fault);
    } else if (wanted.what == LCT_HLS_SEGMENTS) {
        answer_segments(request, &track);
    } else if (wanted.what == LCT_HLS_INIT) {
        answer_init(request, track.tape, wanted.number);
    } else {
        answer_segment(request, track.tape, wanted.number);
    }
}

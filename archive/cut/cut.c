// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/cut/cut.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/cut/cut_priv.h"
#include "base/crc32c.h"
#include "base/mem.h"

#define TICKS 90000

/* ---- ranges ---- */

static int refuse_range(struct lct_fault *fault, const struct lct_cut_range *range, lct_ns end,
                        bool recording) {
    char from[24], to[24], length[24];
    lct_span_format(range->from, from, sizeof from);
    lct_span_format(range->to == LCT_CUT_END ? end : range->to, to, sizeof to);
    lct_span_format(end, length, sizeof length);
    if (range->from < 0 || range->from >= range->to) {
        return lct_fault_set(fault, -EINVAL, "cut",
                             "The range %s-%s of %s is empty: its end must lie behind its begin.",
                             "区间 %s-%s（%s）为空：终点须在起点之后。", from, to, range->lesson);
    }
    return lct_fault_set(fault, -ERANGE, "cut",
                         recording
                             ? "The range %s-%s reaches beyond what is recorded of %s so far: %s."
                             : "The range %s-%s lies outside the lesson %s, which ends at %s.",
                         recording ? "区间 %s-%s 超出了 %s 目前已录制的长度 %s。"
                                   : "区间 %s-%s 超出了课程 %s 的结尾 %s。",
                         from, to, range->lesson, length);
}

/* Fades of a range that is so long. */
static int check_fades(const struct lct_cut_range *range, lct_ns length, struct lct_fault *fault) {
    if (range->fade_in >= 0 && range->fade_out >= 0 && range->fade_in <= length &&
        range->fade_out <= length - range->fade_in) {
        return 0;
    }
    char from[24], to[24];
    lct_span_format(range->from, from, sizeof from);
    lct_span_format(range->from + length, to, sizeof to);
    return lct_fault_set(fault, -EINVAL, "cut",
                         "The fades of %s-%s are longer than the range itself. Make them shorter.",
                         "区间 %s-%s 的淡入淡出比区间本身还长，请缩短。", from, to);
}

/* Rounded to ticks they may be longer than what is left of the part, by one, or by what the lesson
 * turned out to be shorter. */
static void lay_fades(const struct lct_cut_range *range, struct lct_cut_part *part) {
    int64_t length = part->to - part->from;
    int64_t in = lct_ns_to_ticks(range->fade_in, TICKS);
    int64_t out = lct_ns_to_ticks(range->fade_out, TICKS);
    part->fade_in = in < length ? in : length;
    part->fade_out = out < length - part->fade_in ? out : length - part->fade_in;
}

/* Which picture a range shows, when the result has one. */
static int choose_picture(struct lct_cut *cut, const struct lct_cut_range *range,
                          struct lct_cut_part *part, struct lct_fault *fault) {
    if (cut->part_count > 0 && !range->picture != !cut->parts[0].picture[0]) {
        return lct_fault_set(fault, -EINVAL, "cut",
                             "Either every range says which picture is shown, or none does.",
                             "要么每个区间都指定显示的画面，要么都不指定。");
    }
    struct lct_cut_source *shown = (struct lct_cut_source *)part->source;
    int rc = range->picture && range->made
                 ? lct_cut_open_source(cut, range->made, NULL, 0, &shown, fault)
                 : 0;
    if (rc < 0 || !range->picture) {
        return rc;
    }
    if (!lct_cut_has_picture(shown, range->picture)) {
        return lct_fault_set(
            fault, -ENOENT, "cut", "%s has no picture '%s'. 'lectern verify' lists the tracks.",
            "%s 没有画面轨道“%s”。lectern verify 会列出所有轨道。", shown->folder, range->picture);
    }
    (void)snprintf(part->picture, sizeof part->picture, "%s", range->picture);
    part->made = range->made ? shown : NULL;
    return 0;
}

static int add_part(struct lct_cut *cut, const struct lct_cut_range *ranges, size_t count,
                    const struct lct_cut_range *range, struct lct_fault *fault) {
    struct lct_cut_source *source = NULL;
    int rc = lct_cut_open_source(cut, range->lesson, ranges, count, &source, fault);
    if (rc < 0) {
        return rc;
    }
    bool grows = source->info.state == LCT_LESSON_RECORDING;
    lct_ns slack = grows || range->slack < LCT_MS ? LCT_MS : range->slack;
    lct_ns to =
        range->to == LCT_CUT_END || (range->to > source->end && range->to - source->end <= slack)
            ? source->end
            : range->to;
    if (range->from < 0 || range->from >= range->to || range->from >= to || to > source->end) {
        return refuse_range(fault, range, source->end, grows);
    }
    struct lct_cut_part *part = &cut->parts[cut->part_count];
    *part = (struct lct_cut_part){.source = source,
                                  .from = lct_ticks_from(range->from, TICKS),
                                  .to = lct_ticks_from(to, TICKS),
                                  .at = cut->length};
    (void)snprintf(part->sound, sizeof part->sound, "%s", range->sound ? range->sound : "");
    part->to += part->to == part->from; /* less than a tick of time is one */
    rc = check_fades(range, (range->to == LCT_CUT_END ? to : range->to) - range->from, fault);
    lay_fades(range, part);
    rc = rc ? rc : choose_picture(cut, range, part, fault);
    if (rc == 0) {
        cut->length += part->to - part->from;
        cut->part_count++;
    }
    return rc;
}

/* ---- tracks ---- */

static struct lct_cut_track *track_named(struct lct_cut *cut, const char *name) {
    for (size_t i = 0; i < cut->track_count; i++) {
        if (strcmp(cut->tracks[i].info.name, name) == 0) {
            return &cut->tracks[i];
        }
    }
    return NULL;
}

static bool is_wanted(const char *name, const char *const *tracks, size_t count) {
    bool wanted = count == 0;
    for (size_t i = 0; i < count; i++) {
        wanted = wanted || strcmp(tracks[i], name) == 0;
    }
    return wanted;
}

/* The one picture, which stands for all. */
static void add_programme(struct lct_cut *cut) {
    const struct lct_cut_part *first = &cut->parts[0];
    const struct lct_cut_source *shown = first->made ? first->made : first->source;
    struct lct_lesson_track *info = &cut->tracks[cut->track_count++].info;
    for (size_t i = 0; i < shown->info.track_count; i++) {
        if (strcmp(shown->info.tracks[i].name, first->picture) == 0) {
            *info = shown->info.tracks[i];
        }
    }
    (void)snprintf(info->name, sizeof info->name, LCT_CUT_ONE_PICTURE);
    info->id = 1;
}

static int gather_tracks(struct lct_cut *cut, const char *const *wanted, size_t count,
                         struct lct_fault *fault) {
    bool one = cut->parts[0].picture[0];
    if (one) {
        add_programme(cut);
    }
    for (size_t i = 0; i < cut->source_count; i++) {
        const struct lct_cut_source *source = &cut->sources[i];
        for (size_t k = 0; k < source->info.track_count; k++) {
            const struct lct_lesson_track *info = &source->info.tracks[k];
            bool taken = source->tapes[k].count > 0 && is_wanted(info->name, wanted, count) &&
                         (!one || strcmp(info->kind, "sound") == 0) &&
                         !track_named(cut, info->name) && cut->track_count < LCT_TAPE_TRACKS_MAX;
            if (taken) {
                struct lct_cut_track *track = &cut->tracks[cut->track_count++];
                track->info = *info;
                track->info.id = (uint32_t)cut->track_count;
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!track_named(cut, wanted[i])) {
            return lct_fault_set(fault, -ENOENT, "cut",
                                 "None of these lessons has a track '%s'. 'lectern verify' lists "
                                 "the tracks.",
                                 "这些课程都没有轨道“%s”。lectern verify 会列出所有轨道。",
                                 wanted[i]);
        }
    }
    return cut->track_count > 0 ? 0
                                : lct_fault_set(fault, -ENODATA, "cut", "There is nothing to cut.",
                                                "没有可剪辑的内容。");
}

const struct lct_fault *lct_cut_note(const struct lct_cut *cut, size_t i) {
    return i < cut->note_count ? &cut->notes[i] : NULL;
}

/* ---- the whole ---- */

static int plan(struct lct_cut *cut, const struct lct_cut_range *ranges, size_t count,
                const char *const *tracks, size_t track_count, struct lct_fault *fault) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = add_part(cut, ranges, count, &ranges[i], fault);
    }
    rc = rc ? rc : gather_tracks(cut, tracks, track_count, fault);
    for (size_t i = 0; rc == 0 && i < cut->track_count; i++) {
        lct_cut_check_track(cut, &cut->tracks[i]);
        rc = lct_cut_choose_canvas(cut, &cut->tracks[i], fault);
    }
    return rc;
}

int lct_cut_open(const struct lct_cut_range *ranges, size_t count, const char *const *tracks,
                 size_t track_count, struct lct_cut **ret_cut, struct lct_fault *fault) {
    if (count == 0 || count > LCT_CUT_RANGES_MAX) {
        return lct_fault_set(fault, -EINVAL, "cut", "A cut has 1 to %u ranges.",
                             "一次剪辑可有 1 到 %u 个区间。", LCT_CUT_RANGES_MAX);
    }
    struct lct_cut *cut = lct_new(sizeof *cut);
    cut->movie = lct_movie_create();
    cut->reader = lct_cut_reader(cut->movie);
    cut->sources = lct_new(2 * count * sizeof *cut->sources); /* its own, and what was made */
    cut->parts = lct_new(count * sizeof *cut->parts);
    int rc = plan(cut, ranges, count, tracks, track_count, fault);
    if (rc < 0) {
        lct_cut_close(cut);
        return rc;
    }
    *ret_cut = cut;
    return 0;
}

void lct_cut_want_loudness(struct lct_cut *cut, double lufs) { cut->loudness = lufs; }

void lct_cut_reuse(struct lct_cut *cut, struct lct_movie *const *movies, size_t count) {
    cut->earlier = movies;
    cut->earlier_count = count;
}

lct_ns lct_cut_length(const struct lct_cut *cut) { return lct_ticks_to_ns(cut->length, TICKS); }

int lct_cut_make(struct lct_cut *cut, struct lct_fault *fault) {
    struct lct_movie_lane lanes[LCT_TAPE_TRACKS_MAX];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < cut->track_count; i++) {
        struct lct_cut_track *track = &cut->tracks[i];
        rc = track->format->codec == LCT_CODEC_H264 ? lct_cut_make_pictures(cut, track, fault)
                                                    : lct_cut_make_sound(cut, track, fault);
        lanes[i] = track->lane;
    }
    if (rc == 0 && lct_movie_lay(cut->movie, lanes, cut->track_count) < 0) {
        rc = lct_fault_set(fault, -ENOMEM, "cut", "No memory to lay out the cut.",
                           "内存不足，无法生成剪辑结果。");
    }
    return rc;
}

struct lct_cut_counts lct_cut_counts(const struct lct_cut *cut) {
    struct lct_cut_counts counts = {.pictures = 0};
    for (size_t i = 0; i < cut->track_count; i++) {
        const struct lct_cut_track *track = &cut->tracks[i];
        bool picture = track->format->codec == LCT_CODEC_H264;
        *(picture ? &counts.pictures : &counts.sounds) += track->lane.count;
        *(picture ? &counts.pictures_encoded : &counts.sounds_encoded) += track->encoded;
        counts.heads += track->heads;
        counts.heads_taken += track->heads_taken;
        bool told = counts.loudness < 0 || track->loudness >= 0;
        counts.loudness_before = told ? counts.loudness_before : track->loudness_before;
        counts.loudness = told ? counts.loudness : track->loudness;
    }
    return counts;
}

const struct lct_movie *lct_cut_movie(const struct lct_cut *cut) { return cut->movie; }

void lct_cut_close(struct lct_cut *cut) {
    if (!cut) {
        return;
    }
    for (size_t i = 0; i < cut->source_count; i++) {
        lct_cut_close_source(&cut->sources[i]);
    }
    for (size_t i = 0; i < cut->track_count; i++) {
        lct_format_unref(cut->tracks[i].format);
        lct_movie_lane_free(&cut->tracks[i].lane);
        free(cut->tracks[i].peaks);
    }
    lct_cut_reader_close(&cut->reader);
    lct_movie_close(cut->movie);
    free(cut->sources);
    free(cut->parts);
    free(cut->notes);
    free(cut);
}

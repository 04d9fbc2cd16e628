// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern-worker cut: kept ranges of lessons as one MP4 file, or as a new lesson. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/clip.h"
#include "archive/cut.h"
#include "archive/lesson.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "control/command.h"
#include "control/worker_jobs.h"
#include "encode/loudness.h"

struct cut_options {
    struct lct_cut_range *ranges; /* owned */
    size_t range_count;
    const char *lesson; /* named last: the ranges that follow are its */
    bool lesson_used;
    const char *out;
    const char *tracks[LCT_TAPE_TRACKS_MAX];
    size_t track_count;
    double loudness; /* LUFS; 0: as it is */
    bool json;
};

static int usage(void) {
    (void)fputs(
        lct_say(
            "usage: lectern cut LESSON --keep FROM-TO [--keep FROM-TO …] [LESSON --keep …] "
            "-o FILE.mp4|FOLDER/\n"
            "       lectern cut CLIP -o FILE.mp4|FOLDER/\n"
            "                   [--track NAME …] [--loudness LUFS] [--json]\n"
            "behind a --keep, of its range: [--picture TRACK] [--fade-in S] [--fade-out S]\n"
            "FROM and TO are lesson time, 93.5 or 0:01:33.5; 'FROM-' is up to the end.\n"
            "CLIP is the folder of a microlesson, DATA/clips/ID.\n",
            "用法：lectern cut 课程文件夹 --keep 起-止 [--keep 起-止 …] [课程文件夹 --keep …] "
            "-o 文件.mp4|文件夹/\n"
            "      lectern cut 微课文件夹 -o 文件.mp4|文件夹/\n"
            "                  [--track 轨道 …] [--loudness 响度LUFS] [--json]\n"
            "写在 --keep 之后、只对该区间有效：[--picture 轨道] [--fade-in 秒] [--fade-out 秒]\n"
            "起、止为课程时间，如 93.5 或 0:01:33.5；“起-”表示直到结尾。\n"
            "微课文件夹即 DATA/clips/编号。\n"),
        stderr);
    return 2;
}

/* "FROM-TO" or "FROM-". */
static bool read_range(const char *text, struct lct_cut_range *range) {
    const char *rest = lct_span_parse(text, &range->from);
    if (!rest || *rest != '-') {
        return false;
    }
    range->to = LCT_CUT_END;
    rest = rest[1] ? lct_span_parse(rest + 1, &range->to) : rest + 1;
    return rest && !*rest;
}

static int add_range(struct cut_options *o, const char *text, struct lct_fault *fault) {
    struct lct_cut_range *range = &o->ranges[o->range_count];
    range->lesson = o->lesson;
    if (!read_range(text, range)) {
        return lct_fault_set(fault, -EINVAL, "cut",
                             "'%s' is no range: write FROM-TO, as 93.5-120 or 0:01:33.5-0:02:00.",
                             "“%s”不是区间：请写作“起-止”，如 93.5-120 或 0:01:33.5-0:02:00。",
                             text);
    }
    o->range_count++;
    o->lesson_used = true;
    return 0;
}

static int read_fade(const char *text, lct_ns *fade, struct lct_fault *fault) {
    const char *rest = lct_span_parse(text, fade);
    if (!rest || *rest) {
        return lct_fault_set(fault, -EINVAL, "cut", "'%s' is no length of a fade: write seconds.",
                             "“%s”不是淡入淡出的时长：请写秒数。", text);
    }
    return 0;
}

static int read_loudness(const char *text, double *loudness, struct lct_fault *fault) {
    char *end;
    *loudness = strtod(text, &end);
    if (*end || !(*loudness >= LCT_LOUDNESS_MIN && *loudness <= LCT_LOUDNESS_MAX)) {
        return lct_fault_set(fault, -EINVAL, "cut",
                             "'%s' is no loudness: write LUFS from %g to %g; the web's is -16.",
                             "“%s”不是响度：请写 %g 到 %g 之间的 LUFS 值，网络视频常用 -16。", text,
                             LCT_LOUDNESS_MIN, LCT_LOUDNESS_MAX);
    }
    return 0;
}

/* What is said of the range before it. */
static int add_detail(struct cut_options *o, int option, const char *text,
                      struct lct_fault *fault) {
    struct lct_cut_range *range = &o->ranges[o->range_count - 1];
    if (option == 'p') {
        range->picture = text;
        return 0;
    }
    return read_fade(text, option == 'i' ? &range->fade_in : &range->fade_out, fault);
}

/* 0; -EINVAL: wrong use, with a fault when there is more to say than the usage. */
static int read_options(int argc, char **argv, struct cut_options *o, struct lct_fault *fault) {
    static const struct option known[] = {{"keep", required_argument, NULL, 'k'},
                                          {"out", required_argument, NULL, 'o'},
                                          {"track", required_argument, NULL, 't'},
                                          {"picture", required_argument, NULL, 'p'},
                                          {"fade-in", required_argument, NULL, 'i'},
                                          {"fade-out", required_argument, NULL, 'f'},
                                          {"loudness", required_argument, NULL, 'l'},
                                          {"json", no_argument, NULL, 'j'},
                                          {NULL, 0, NULL, 0}};
    int c, rc = 0;
    while ((c = getopt_long(argc, argv, "-o:", known, NULL)) != -1) {
        if (c == 1 && (!o->lesson || o->lesson_used)) {
            o->lesson = optarg;
            o->lesson_used = false;
        } else if (c == 'k' && o->lesson) {
            rc = rc ? rc : add_range(o, optarg, fault); /* how it is said may follow */
        } else if (c == 'o') {
            o->out = optarg;
        } else if (c == 't' && o->track_count < LCT_TAPE_TRACKS_MAX) {
            o->tracks[o->track_count++] = optarg;
        } else if ((c == 'p' || c == 'i' || c == 'f') && o->range_count > 0) {
            rc = rc ? rc : add_detail(o, c, optarg, fault);
        } else if (c == 'l') {
            rc = rc ? rc : read_loudness(optarg, &o->loudness, fault);
        } else if (c == 'j') {
            o->json = true;
        } else {
            fault->code = 0;
            return -EINVAL;
        }
    }
    bool whole = optind == argc && (o->lesson_used || (o->lesson && o->range_count == 0)) &&
                 o->out && o->out[0];
    return rc ? rc : whole ? 0 : -EINVAL;
}

static void say_notes(const struct lct_cut *cut) {
    const struct lct_fault *note;
    for (size_t i = 0; (note = lct_cut_note(cut, i)); i++) {
        (void)fprintf(stderr, "lectern: %s\n", lct_fault_text(note));
    }
}

static void report(const struct lct_cut *cut, const struct cut_options *o) {
    struct lct_cut_counts n = lct_cut_counts(cut);
    LCT_FREE char *out = lct_strdup(o->out);
    char length[24];
    lct_text_tame(out);
    lct_span_format(lct_cut_length(cut), length, sizeof length);
    if (!o->json) {
        (void)printf(lct_say("%s: %s, %zu pictures (%zu encoded anew)\n",
                             "%s：%s，%zu 帧画面（其中 %zu 帧重新编码）\n"),
                     out, length, n.pictures, n.pictures_encoded);
        if (n.loudness < 0) {
            (void)printf(lct_say("loudness: %.1f LUFS, was %.1f\n", "响度：%.1f LUFS，原为 %.1f\n"),
                         n.loudness, n.loudness_before);
        }
        return;
    }
    json_t *notes = json_array();
    const struct lct_fault *note;
    for (size_t i = 0; (note = lct_cut_note(cut, i)); i++) {
        (void)json_array_append_new(notes, json_pack("{s:s, s:s}", "en", note->en, "zh", note->zh));
    }
    LCT_JSON json_t *json = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "file", out, "length_ns",
        (json_int_t)lct_cut_length(cut), "pictures", (json_int_t)n.pictures, "pictures_encoded",
        (json_int_t)n.pictures_encoded, "sounds", (json_int_t)n.sounds, "sounds_encoded",
        (json_int_t)n.sounds_encoded, "notes", notes);
    if (n.loudness < 0) {
        (void)json_object_set_new(json, "loudness_before", json_real(n.loudness_before));
        (void)json_object_set_new(json, "loudness", json_real(n.loudness));
    }
    LCT_FREE char *text = lct_json_dump(json, NULL);
    (void)puts(text);
}

static int write_out(const struct lct_cut *cut, const char *out, struct lct_fault *fault) {
    bool folder = out[strlen(out) - 1] == '/';
    return folder ? lct_cut_write_lesson(&lct_io_system, cut, out, fault)
                  : lct_worker_write_movie(lct_cut_movie(cut), out, fault);
}

/* The pieces of a clip's newest version, when what was named without ranges is one: its lessons lie
 * in the data folder beside it. */
static int read_clip(struct cut_options *o, struct lct_clip *clip, char ***ret_lessons,
                     struct lct_fault *fault) {
    LCT_JSON json_t *json = NULL;
    unsigned version;
    int rc = lct_clip_newest(o->lesson, &json, &version);
    if (rc < 0) {
        return lct_fault_set(fault, rc, "cut",
                             "%s is no microlesson. To cut a lesson, say which ranges: --keep.",
                             "%s 不是微课。剪辑课程时请用 --keep 指明区间。", o->lesson);
    }
    rc = lct_clip_read(json, clip, fault);
    if (rc < 0) {
        return rc;
    }
    char **lessons = lct_new((clip->piece_count + 1) * sizeof *lessons);
    free(o->ranges);
    o->ranges = lct_new(clip->piece_count * sizeof *o->ranges);
    for (size_t i = 0; i < clip->piece_count; i++) {
        const struct lct_clip_piece *piece = &clip->pieces[i];
        lessons[i] = lct_format("%s/../../lessons/%s", o->lesson, piece->lesson);
        o->ranges[i] = (struct lct_cut_range){.lesson = lessons[i],
                                              .from = piece->from,
                                              .to = piece->to,
                                              .fade_in = piece->fade_in,
                                              .fade_out = piece->fade_out};
    }
    o->range_count = clip->piece_count;
    *ret_lessons = lessons;
    return 0;
}

int lct_worker_cut(int argc, char **argv) {
    struct cut_options o = {.range_count = 0};
    struct lct_fault fault = {.code = 0};
    struct lct_cut *cut = NULL;
    struct lct_clip clip = {.pieces = NULL};
    char **lessons = NULL;
    o.ranges = lct_new((size_t)argc * sizeof *o.ranges);
    int rc = read_options(argc, argv, &o, &fault);
    if (rc < 0 && fault.code == 0) {
        free(o.ranges);
        return usage();
    }
    rc = rc || o.range_count > 0 ? rc : read_clip(&o, &clip, &lessons, &fault);
    rc = rc ? rc : lct_cut_open(o.ranges, o.range_count, o.tracks, o.track_count, &cut, &fault);
    if (rc == 0) {
        say_notes(cut);
        lct_cut_want_loudness(cut, o.loudness);
        rc = lct_cut_make(cut, &fault);
    }
    rc = rc ? rc : write_out(cut, o.out, &fault);
    if (rc == 0) {
        report(cut, &o);
    }
    lct_cut_close(cut);
    for (size_t i = 0; lessons && i < clip.piece_count; i++) {
        free(lessons[i]);
    }
    free(lessons);
    free(o.ranges);
    lct_clip_free(&clip);
    return rc < 0 ? lct_command_fail(&fault, o.json) : 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern-worker cut: kept ranges of lessons as one MP4 file, or as a new lesson. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/cut/cut.h"
#include "archive/cut/produce.h"
#include "archive/lesson/lesson.h"
#include "archive/library/clip.h"
#include "archive/library/subtitle.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/thread.h"
#include "control/command/command.h"
#include "control/programs.h"
#include "control/worker/worker_jobs.h"
#include "encode/loudness.h"

struct cut_options {
    struct lct_produce_piece *pieces; /* owned */
    size_t piece_count;
    char **named; /* owned: names and folders that pieces point to */
    size_t named_count;
    const char *lesson; /* named last: the ranges that follow are its */
    bool lesson_used;
    const char *out;
    const char *tracks[LCT_TAPE_TRACKS_MAX];
    size_t track_count;
    struct lct_produce_card cards[2]; /* opening, closing */
    char *designs[2];                 /* owned: their files */
    json_t *fields;                   /* owned: what stands on both */
    const char *logo, *captions;
    double loudness; /* LUFS; 0: as it is */
    bool json;
};

static int usage(void) {
    (void)fputs(
        lct_say("usage: lectern cut LESSON --keep FROM-TO [--keep FROM-TO …] [LESSON --keep …] "
                "-o FILE.mp4|FOLDER/\n"
                "       lectern cut CLIP -o FILE.mp4|FOLDER/\n"
                "                   [--track NAME …] [--loudness LUFS] [--json]\n"
                "                   [--opening CARD] [--closing CARD] [--field NAME=TEXT …] "
                "[--logo PNG]\n"
                "                   [--captions VTT|SRT]\n"
                "behind a --keep, of its range: [--fade-in S] [--fade-out S]\n"
                "                   [--picture TRACK|side:TRACK,TRACK|inset:TRACK,TRACK]\n"
                "FROM and TO are lesson time, 93.5 or 0:01:33.5; 'FROM-' is up to the end.\n"
                "CLIP is the folder of a microlesson, DATA/clips/ID.\n"
                "CARD is 'opening', 'closing' or a design's file, and its seconds: opening:5.\n",
                "用法：lectern cut 课程文件夹 --keep 起-止 [--keep 起-止 …] [课程文件夹 --keep …] "
                "-o 文件.mp4|文件夹/\n"
                "      lectern cut 微课文件夹 -o 文件.mp4|文件夹/\n"
                "                  [--track 轨道 …] [--loudness 响度LUFS] [--json]\n"
                "                  [--opening 片头] [--closing 片尾] [--field 名称=文字 …] [--logo "
                "PNG]\n"
                "                  [--captions VTT|SRT]\n"
                "写在 --keep 之后、只对该区间有效：[--fade-in 秒] [--fade-out 秒]\n"
                "                  [--picture 轨道|side:轨道,轨道|inset:轨道,轨道]\n"
                "起、止为课程时间，如 93.5 或 0:01:33.5；“起-”表示直到结尾。\n"
                "微课文件夹即 DATA/clips/编号。\n"
                "片头片尾为 opening、closing 或模板文件，可加秒数：opening:5。\n"),
        stderr);
    return 2;
}

/* "FROM-TO" or "FROM-". */
static bool read_range(const char *text, struct lct_produce_piece *range) {
    const char *rest = lct_span_parse(text, &range->from);
    if (!rest || *rest != '-') {
        return false;
    }
    range->to = LCT_CUT_END;
    rest = rest[1] ? lct_span_parse(rest + 1, &range->to) : rest + 1;
    return rest && !*rest;
}

static int add_range(struct cut_options *o, const char *text, struct lct_fault *fault) {
    struct lct_produce_piece *range = &o->pieces[o->piece_count];
    range->lesson = o->lesson;
    if (!read_range(text, range)) {
        return lct_fault_set(fault, -EINVAL, "cut",
                             "'%s' is no range: write FROM-TO, as 93.5-120 or 0:01:33.5-0:02:00.",
                             "“%s”不是区间：请写作“起-止”，如 93.5-120 或 0:01:33.5-0:02:00。",
                             text);
    }
    o->piece_count++;
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

/* What pieces point to lives as long as the options. */
static const char *hold(struct cut_options *o, char *text) {
    o->named[o->named_count++] = text;
    return text;
}

/* "camera", "side:screen,camera", "inset:screen,camera" */
static int read_picture(struct cut_options *o, const char *text, struct lct_fault *fault) {
    struct lct_produce_piece *piece = &o->pieces[o->piece_count - 1];
    const char *colon = strchr(text, ':'), *comma = colon ? strchr(colon, ',') : NULL;
    bool side = strncmp(text, "side:", 5) == 0, inset = strncmp(text, "inset:", 6) == 0;
    if (piece->main || (colon && !((side || inset) && comma && comma[1]))) {
        return lct_fault_set(fault, -EINVAL, "cut",
                             "'%s' is no picture: write a track, as camera, or two, as "
                             "side:screen,camera or inset:screen,camera.",
                             "“%s”不是画面：请写一个轨道，如 camera，或两个，如 "
                             "side:screen,camera、inset:screen,camera。",
                             text);
    }
    const char *main = colon ? colon + 1 : text;
    int n = comma ? (int)(comma - main) : (int)strlen(main);
    piece->layout = side ? LCT_CLIP_SIDE : inset ? LCT_CLIP_INSET : LCT_CLIP_SINGLE;
    piece->main = hold(o, lct_format("%.*s", n, main));
    piece->other = comma ? hold(o, lct_strdup(comma + 1)) : NULL;
    return 0;
}

/* What is said of the range before it. */
static int read_detail(struct cut_options *o, int option, const char *text,
                       struct lct_fault *fault) {
    struct lct_produce_piece *piece = &o->pieces[o->piece_count - 1];
    return option == 'p'
               ? read_picture(o, text, fault)
               : read_fade(text, option == 'i' ? &piece->fade_in : &piece->fade_out, fault);
}

/* A design that came with lectern by its name, any other by its file. Owned. */
static char *design_file(const char *name) {
    LCT_FREE char *folder = lct_program_data("cards");
    bool own = folder && !strchr(name, '/') && !strchr(name, '.');
    return own ? lct_format("%s/%s.json", folder, name) : lct_strdup(name);
}

static void set_card(struct cut_options *o, int which, const char *name, const json_t *fields) {
    free(o->designs[which]);
    o->designs[which] = design_file(name);
    o->cards[which].design = o->designs[which];
    o->cards[which].fields = fields;
}

/* "opening", "opening:5", "my.json:2.5" */
static int read_card(struct cut_options *o, int which, const char *text, struct lct_fault *fault) {
    lct_ns *length = &o->cards[which].length;
    const char *colon = strrchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : strlen(text);
    LCT_FREE char *name = lct_format("%.*s", (int)n, text);
    *length = LCT_CLIP_CARD_LENGTH;
    const char *rest = colon ? lct_span_parse(colon + 1, length) : "";
    if (!rest || *rest || !name[0]) {
        return lct_fault_set(fault, -EINVAL, "cut",
                             "'%s' is no card: write opening, closing or a file, and its seconds: "
                             "opening:5.",
                             "“%s”不是片头片尾：请写 opening、closing 或文件名，可加秒数："
                             "opening:5。",
                             text);
    }
    set_card(o, which, name, o->fields);
    return 0;
}

static int read_field(struct cut_options *o, const char *text, struct lct_fault *fault) {
    const char *is = strchr(text, '=');
    LCT_FREE char *name = lct_format("%.*s", is ? (int)(is - text) : 0, text);
    if (!name[0] || json_object_set_new(o->fields, name, json_string(is + 1)) < 0) {
        return lct_fault_set(fault, -EINVAL, "cut", "'%s' is no field: write NAME=TEXT.",
                             "“%s”不是字段：请写“名称=文字”。", text);
    }
    return 0;
}

/* What is said of the whole. */
static int read_look(struct cut_options *o, int option, const char *text, struct lct_fault *fault) {
    switch (option) {
    case 'a':
        return read_card(o, 0, text, fault);
    case 'z':
        return read_card(o, 1, text, fault);
    case 'd':
        return read_field(o, text, fault);
    case 'g':
        o->logo = text;
        return 0;
    case 'c':
        o->captions = text;
        return 0;
    default:
        return read_loudness(text, &o->loudness, fault);
    }
}

/* 0; -EINVAL: wrong use, with a fault when there is more to say than the usage. */
static int read_options(int argc, char **argv, struct cut_options *o, struct lct_fault *fault) {
    static const struct option known[] = {
        {"keep", required_argument, NULL, 'k'},     {"out", required_argument, NULL, 'o'},
        {"track", required_argument, NULL, 't'},    {"picture", required_argument, NULL, 'p'},
        {"fade-in", required_argument, NULL, 'i'},  {"fade-out", required_argument, NULL, 'f'},
        {"loudness", required_argument, NULL, 'l'}, {"opening", required_argument, NULL, 'a'},
        {"closing", required_argument, NULL, 'z'},  {"field", required_argument, NULL, 'd'},
        {"logo", required_argument, NULL, 'g'},     {"captions", required_argument, NULL, 'c'},
        {"json", no_argument, NULL, 'j'},           {NULL, 0, NULL, 0}};
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
        } else if (strchr("pif", c) && o->piece_count > 0) {
            rc = rc ? rc : read_detail(o, c, optarg, fault);
        } else if (strchr("azdgcl", c)) {
            rc = rc ? rc : read_look(o, c, optarg, fault);
        } else if (c == 'j') {
            o->json = true;
        } else {
            fault->code = 0;
            return -EINVAL;
        }
    }
    bool whole = optind == argc && (o->lesson_used || (o->lesson && o->piece_count == 0)) &&
                 o->out && o->out[0];
    return rc ? rc : whole ? 0 : -EINVAL;
}

static void say_notes(const struct lct_produce *produce) {
    const struct lct_fault *note;
    for (size_t i = 0; (note = lct_produce_note(produce, i)); i++) {
        (void)fprintf(stderr, "lectern: %s\n", lct_fault_text(note));
    }
}

static void report(const struct lct_produce *produce, const struct cut_options *o) {
    const struct lct_cut *cut = lct_produce_cut(produce);
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
    for (size_t i = 0; (note = lct_produce_note(produce, i)); i++) {
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

static void take_piece(struct cut_options *o, const struct lct_clip_piece *piece) {
    o->pieces[o->piece_count++] = (struct lct_produce_piece){
        .lesson = hold(o, lct_format("%s/../../lessons/%s", o->lesson, piece->lesson)),
        .from = piece->from,
        .to = piece->to,
        .layout = piece->layout,
        .main = piece->main[0] ? piece->main : NULL,
        .other = piece->other[0] ? piece->other : NULL,
        .fade_in = piece->fade_in,
        .fade_out = piece->fade_out,
        .slack = LCT_CLIP_END_SLACK,
    };
}

/* What a clip's newest version says, when what was named without ranges is one: its lessons lie in
 * the data folder beside it. */
static int read_clip(struct cut_options *o, struct lct_clip *clip, struct lct_fault *fault) {
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
    free(o->pieces);
    free(o->named);
    o->pieces = lct_new(clip->piece_count * sizeof *o->pieces);
    o->named = lct_new(clip->piece_count * sizeof *o->named);
    for (size_t i = 0; i < clip->piece_count; i++) {
        take_piece(o, &clip->pieces[i]);
    }
    const struct lct_clip_card *const cards[2] = {&clip->opening, &clip->closing};
    for (int i = 0; i < 2; i++) {
        if (cards[i]->template[0] && !o->designs[i]) {
            o->cards[i].length = LCT_CLIP_CARD_LENGTH;
            set_card(o, i, cards[i]->template, cards[i]->fields);
        }
    }
    return 0;
}

static int read_captions(const char *path, struct lct_subtitle *captions, struct lct_fault *fault) {
    LCT_FREE char *bytes = NULL;
    size_t n = 0;
    int rc = lct_io_slurp(path, LCT_SUBTITLE_BYTES_MAX, &bytes, &n);
    return rc < 0 ? lct_fault_set(fault, rc, "cut", "Cannot read %s: %s.", "无法读取 %s：%s。",
                                  path, strerror(-rc))
                  : lct_subtitle_parse(bytes, n, captions, fault);
}

static int produce(const struct cut_options *o, const struct lct_subtitle *captions,
                   const char *folder, struct lct_fault *fault) {
    const struct lct_produce_order order = {.pieces = o->pieces,
                                            .count = o->piece_count,
                                            .tracks = o->tracks,
                                            .track_count = o->track_count,
                                            .opening = o->cards[0],
                                            .closing = o->cards[1],
                                            .logo = o->logo,
                                            .captions = o->captions ? captions : NULL,
                                            .loudness = o->loudness};
    struct lct_produce *made = NULL;
    int rc = lct_produce_open(&order, folder, &made, fault);
    if (rc == 0) {
        say_notes(made);
        rc = lct_produce_make(made, NULL, NULL, fault);
    }
    rc = rc ? rc : write_out(lct_produce_cut(made), o->out, fault);
    if (rc == 0) {
        report(made, o);
    }
    lct_produce_close(made);
    return rc;
}

/* What is made on the way lies beside the result, where there must be room anyway. */
static int run(struct cut_options *o, struct lct_fault *fault) {
    struct lct_subtitle captions = {.cues = NULL};
    struct lct_clip clip = {.pieces = NULL};
    size_t n = strlen(o->out);
    LCT_FREE char *folder =
        lct_format("%.*s.made-XXXXXX", (int)(n - (o->out[n - 1] == '/')), o->out);
    int rc = o->piece_count > 0 ? 0 : read_clip(o, &clip, fault);
    rc = rc == 0 && o->captions ? read_captions(o->captions, &captions, fault) : rc;
    if (rc == 0 && !mkdtemp(folder)) {
        rc = lct_fault_unwritten(fault, -errno, "cut", o->out);
    } else if (rc == 0) {
        rc = produce(o, &captions, folder, fault);
        (void)lct_io_remove_folder(folder); /* what is left is in nobody's way */
    }
    lct_subtitle_free(&captions);
    lct_clip_free(&clip);
    return rc;
}

int lct_worker_cut(int argc, char **argv) {
    struct lct_fault fault = {.code = 0};
    struct cut_options o = {.fields = json_object()};
    o.pieces = lct_new((size_t)argc * sizeof *o.pieces);
    o.named = lct_new(2 * (size_t)argc * sizeof *o.named);
    int rc = read_options(argc, argv, &o, &fault);
    bool misused = rc < 0 && fault.code == 0;
    lct_thread_nice(5); /* it takes several processors; a recorder here goes first */
    rc = rc ? rc : run(&o, &fault);
    for (size_t i = 0; i < o.named_count; i++) {
        free(o.named[i]);
    }
    free(o.named);
    free(o.pieces);
    free(o.designs[0]);
    free(o.designs[1]);
    json_decref(o.fields);
    return misused ? usage() : rc < 0 ? lct_command_fail(&fault, o.json) : 0;
}

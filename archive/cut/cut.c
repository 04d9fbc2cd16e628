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

/* Sound that lies so near a range is decoded to join it. */
#define MARGIN LCT_SECOND

/* ---- tapes ---- */

size_t lct_cut_row_at(const struct lct_cut_tape *tape, int64_t tick) {
    size_t low = 0, high = tape->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tape->rows[middle].row->info.tfdt < tick) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct lct_cut_tape *tape_of(const struct lct_cut_source *source, const char *track) {
    for (size_t i = 0; i < source->info.track_count; i++) {
        if (strcmp(source->info.tracks[i].name, track) == 0 && source->tapes[i].count > 0) {
            return (struct lct_cut_tape *)&source->tapes[i];
        }
    }
    return NULL;
}

static bool is_sound(const struct lct_cut_track *track) {
    return strcmp(track->info.kind, "sound") == 0;
}

struct lct_cut_view lct_cut_view(const struct lct_cut_part *part,
                                 const struct lct_cut_track *track) {
    bool one = part->picture[0] && !is_sound(track);
    const char *heard = part->sound[0] && is_sound(track) ? part->sound : track->info.name;
    const char *name = one ? part->picture : heard;
    if (one && part->made) {
        return (struct lct_cut_view){tape_of(part->made, name), 0, part->to - part->from};
    }
    return (struct lct_cut_view){tape_of(part->source, name), part->from, part->to};
}

float lct_cut_level(const struct lct_cut_part *part, int64_t tick) {
    int64_t in = tick - part->at, left = part->to - part->from - in;
    float level = in < part->fade_in ? (float)in / (float)part->fade_in : 1;
    float out = left < part->fade_out ? (float)left / (float)part->fade_out : 1;
    level = out < level ? out : level;
    return level > 0 ? level : 0;
}

struct lct_cut_reader lct_cut_reader(const struct lct_movie *movie) {
    return (struct lct_cut_reader){.movie = movie, .scan = {.fd = -1}, .file = -1};
}

void lct_cut_reader_close(struct lct_cut_reader *reader) {
    lct_scan_close(&reader->scan);
    *reader = lct_cut_reader(reader->movie);
}

const uint8_t *lct_cut_read(struct lct_cut_reader *reader, const struct lct_cut_row *row) {
    if (reader->file != row->file) {
        lct_cut_reader_close(reader);
        const char *path = reader->movie->files[row->file];
        if (lct_scan_open(&lct_io_system, path, O_RDONLY, &reader->scan) < 0) {
            return NULL;
        }
        reader->file = row->file;
    }
    const uint8_t *bytes = lct_scan_read(&reader->scan, row->row->offset, row->row->n);
    return bytes && lct_crc32c(0, bytes, row->row->n) == row->row->crc ? bytes : NULL;
}

const uint8_t *lct_cut_chunk(struct lct_cut *cut, struct lct_cut_row *row) {
    const uint8_t *bytes = lct_cut_read(&cut->reader, row);
    row->bad = row->bad || !bytes;
    return bytes;
}

/* Rows of all reels in the order of time; what cannot be shown (no init, behind the file's end,
 * time that runs back) is left out and leaves a hole. */
static void list_rows(struct lct_cut_tape *tape, int32_t first_file) {
    size_t room = 0;
    for (size_t i = 0; i < tape->reels.count; i++) {
        room += tape->reels.views[i].count;
    }
    tape->rows = lct_new((room + 1) * sizeof *tape->rows);
    int64_t last = -1, promised = 0;
    bool hole = true;
    for (size_t i = 0; i < tape->reels.count; i++) {
        const struct lct_reel_view *view = &tape->reels.views[i];
        uint64_t end = 0; /* of the chunk before, in this reel */
        for (size_t k = 0; k < view->count; k++) {
            const struct lct_index_row *row = &view->rows[k];
            bool usable =
                view->format && row->info.tfdt > last && row->offset + row->n <= view->file_bytes;
            hole = hole || row->info.gap_before || (k > 0 && row->offset != end) ||
                   row->info.tfdt > promised;
            end = row->offset + row->n;
            if (usable) {
                tape->rows[tape->count++] = (struct lct_cut_row){
                    .row = row,
                    .format = view->format,
                    .file = first_file + (int32_t)i,
                    .hole = hole,
                };
                last = row->info.tfdt;
                promised = last + row->info.duration;
            }
            hole = !usable;
        }
    }
}

static lct_ns last_time(const struct lct_cut_tape *tape) {
    const struct lct_cut_row *last = &tape->rows[tape->count - 1];
    return lct_ticks_to_ns(last->row->info.tfdt, last->format->timescale);
}

/* Keeps what a decoder needs between two times. All rows of a hundred lessons would be
 * gigabytes. */
static void let_go(struct lct_cut_tape *tape, lct_ns from, lct_ns to) {
    uint32_t timescale = tape->rows[0].format->timescale;
    size_t first = lct_cut_row_at(tape, lct_ns_to_ticks(from - MARGIN, timescale));
    size_t end = to > LCT_CUT_END - MARGIN
                     ? tape->count
                     : lct_cut_row_at(tape, lct_ns_to_ticks(to + MARGIN, timescale));
    first -= first > 0; /* the one that stands, too */
    while (first > 0 && !tape->rows[first].row->info.key) {
        first--;
    }
    tape->count = (end > first ? end : first + 1) - first;
    tape->kept = lct_new(tape->count * sizeof *tape->kept);
    struct lct_cut_row *rows = lct_new(tape->count * sizeof *rows);
    for (size_t i = 0; i < tape->count; i++) {
        tape->kept[i] = *tape->rows[first + i].row;
        rows[i] = tape->rows[first + i];
        rows[i].row = &tape->kept[i];
    }
    free(tape->rows);
    tape->rows = rows;
    for (size_t i = 0; i < tape->reels.count; i++) {
        free(tape->reels.views[i].rows);
        tape->reels.views[i].rows = NULL;
        tape->reels.views[i].count = 0;
    }
}

static int load_tapes(struct lct_cut *cut, struct lct_cut_source *source, lct_ns from, lct_ns to) {
    char path[LCT_PATH_SIZE];
    lct_ns safe = LCT_CUT_END;
    for (size_t i = 0; i < source->info.track_count; i++) {
        struct lct_cut_tape *tape = &source->tapes[i];
        int32_t first = 0;
        (void)snprintf(path, sizeof path, "%s/%s", source->folder, source->info.tracks[i].name);
        lct_reels_load(path, &tape->reels);
        int rc = lct_movie_name_files(cut->movie, path, &tape->reels, &first);
        if (rc < 0) {
            return rc;
        }
        list_rows(tape, first);
        if (tape->count > 0) {
            lct_ns last = last_time(tape);
            safe = last < safe ? last : safe;
            let_go(tape, from, to);
        }
    }
    source->end = source->info.end > 0 ? source->info.end : safe == LCT_CUT_END ? 0 : safe;
    return source->end > 0 ? 0 : -ENODATA;
}

/* What of a lesson all ranges together need; no ranges: all of it. */
static void join(const struct lct_cut_range *ranges, size_t count, const char *folder,
                 lct_ns *ret_from, lct_ns *ret_to) {
    lct_ns from = count > 0 ? LCT_CUT_END : 0, to = count > 0 ? 0 : LCT_CUT_END;
    for (size_t i = 0; i < count; i++) {
        bool of_it = strcmp(ranges[i].lesson, folder) == 0;
        from = of_it && ranges[i].from < from ? ranges[i].from : from;
        to = of_it && ranges[i].to > to ? ranges[i].to : to;
    }
    *ret_from = from > 0 ? from : 0;
    *ret_to = to;
}

/* ranges: all of the cut; none: it is needed from end to end. */
static int open_source(struct lct_cut *cut, const char *folder, const struct lct_cut_range *ranges,
                       size_t count, struct lct_cut_source **ret_source, struct lct_fault *fault) {
    for (size_t i = 0; i < cut->source_count; i++) {
        if (strcmp(cut->sources[i].folder, folder) == 0) {
            *ret_source = &cut->sources[i];
            return 0;
        }
    }
    struct lct_cut_source *source = &cut->sources[cut->source_count++];
    source->folder = lct_strdup(folder);
    int rc = lct_lesson_load(folder, &source->info, fault);
    if (rc < 0) {
        return rc;
    }
    *ret_source = source;
    lct_ns from, to;
    join(ranges, count, folder, &from, &to);
    rc = load_tapes(cut, source, from, to);
    if (rc == -ENODATA) {
        return lct_fault_set(fault, rc, "cut", "Nothing has been recorded in %s yet.",
                             "%s 中还没有录制内容。", folder);
    }
    return rc < 0 ? lct_fault_set(fault, rc, "cut", "No memory to open %s.",
                                  "内存不足，无法打开 %s。", folder)
                  : 0;
}

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

bool lct_cut_has_picture(const struct lct_cut_source *source, const char *name) {
    for (size_t i = 0; i < source->info.track_count; i++) {
        const struct lct_lesson_track *track = &source->info.tracks[i];
        if (strcmp(track->name, name) == 0) {
            return strcmp(track->kind, "sound") != 0;
        }
    }
    return false;
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
    int rc =
        range->picture && range->made ? open_source(cut, range->made, NULL, 0, &shown, fault) : 0;
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
    int rc = open_source(cut, range->lesson, ranges, count, &source, fault);
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

/* ---- what is said before ---- */

void lct_cut_add_note(struct lct_cut *cut, const struct lct_fault *note) {
    struct lct_fault *more = realloc(cut->notes, (cut->note_count + 1) * sizeof *more);
    if (more) {
        cut->notes = more;
        cut->notes[cut->note_count++] = *note;
        cut->notes[cut->note_count - 1].code = 0;
    }
}

/* Reads what of a track a part needs, once, and counts what is damaged. */
static size_t check_part(struct lct_cut *cut, struct lct_cut_tape *tape, lct_ns from, lct_ns to,
                         lct_ns *ret_first) {
    uint32_t timescale = tape->rows[0].format->timescale;
    size_t i = lct_cut_row_at(tape, lct_ns_to_ticks(from - MARGIN, timescale)), bad = 0;
    while (i > 0 && (i == tape->count || !tape->rows[i].row->info.key)) {
        i--;
    }
    int64_t end = lct_ns_to_ticks(to + MARGIN, timescale);
    for (; i < tape->count && tape->rows[i].row->info.tfdt < end; i++) {
        struct lct_cut_row *row = &tape->rows[i];
        lct_ns time = lct_ticks_to_ns(row->row->info.tfdt, timescale);
        bool counts = !row->checked && !lct_cut_chunk(cut, row) && time >= from && time < to;
        row->checked = true;
        *ret_first = counts && bad == 0 ? time : *ret_first;
        bad += counts;
    }
    return bad;
}

static void check_track(struct lct_cut *cut, const struct lct_cut_track *track) {
    for (size_t i = 0; i < cut->part_count; i++) {
        const struct lct_cut_part *part = &cut->parts[i];
        struct lct_cut_view view = lct_cut_view(part, track);
        lct_ns first = 0;
        size_t bad = view.tape ? check_part(cut, view.tape, lct_ticks_to_ns(view.from, TICKS),
                                            lct_ticks_to_ns(view.to, TICKS), &first)
                               : 0;
        if (bad > 0) {
            struct lct_fault note;
            char time[24];
            lct_span_format(first, time, sizeof time);
            (void)lct_fault_set(&note, -EBADMSG, "cut",
                                "%s of %s is damaged from %s on (%zu chunks): there the picture "
                                "stands still, or there is no sound.",
                                "轨道 %s（%s）自 %s 起已损坏（%zu 处）：该处画面静止或无声。",
                                track->info.name, part->source->folder, time, bad);
            lct_cut_add_note(cut, &note);
        }
    }
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
        check_track(cut, &cut->tracks[i]);
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
        for (size_t k = 0; k < LCT_TAPE_TRACKS_MAX; k++) {
            lct_reels_free(&cut->sources[i].tapes[k].reels);
            free(cut->sources[i].tapes[k].kept);
            free(cut->sources[i].tapes[k].rows);
        }
        free(cut->sources[i].folder);
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

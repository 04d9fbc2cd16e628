// SPDX-License-Identifier: GPL-3.0-or-later
/* The lessons that a cut reads: their tapes, chunks, and what of them is damaged. */
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

int lct_cut_open_source(struct lct_cut *cut, const char *folder, const struct lct_cut_range *ranges,
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

bool lct_cut_has_picture(const struct lct_cut_source *source, const char *name) {
    for (size_t i = 0; i < source->info.track_count; i++) {
        const struct lct_lesson_track *track = &source->info.tracks[i];
        if (strcmp(track->name, name) == 0) {
            return strcmp(track->kind, "sound") != 0;
        }
    }
    return false;
}

void lct_cut_close_source(struct lct_cut_source *source) {
    for (size_t i = 0; i < LCT_TAPE_TRACKS_MAX; i++) {
        lct_reels_free(&source->tapes[i].reels);
        free(source->tapes[i].kept);
        free(source->tapes[i].rows);
    }
    free(source->folder);
}

/* ---- damage ---- */

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

void lct_cut_check_track(struct lct_cut *cut, const struct lct_cut_track *track) {
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

// SPDX-License-Identifier: GPL-3.0-or-later
/* Pictures of a cut: heads are encoded, the rest is copied. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/cut/cut_priv.h"
#include "base/mem.h"
#include "encode/nal.h"
#include "encode/recode.h"

#define TICKS 90000

/* A picture that still stands so long after a range's begin (a slide that nobody moved) is said
 * once more where the range begins; a camera's next one is simply shown at once. */
#define STAND_MIN (TICKS / 10)

/* While it fades a picture that stands is said so often. */
#define FADE_STEP (TICKS / 25)

/* avcC of the result: more sets than this stand in front of their key frames only. */
#define CONFIG_MAX 16384U

/* ---- the canvas ---- */

/* One format among those that are kept, and how much of it. */
struct form {
    const struct lct_format *format;
    int64_t ticks;
};

struct forms {
    struct form *list;
    size_t count;
};

static bool same_size(const struct lct_format *a, const struct lct_format *b) {
    return a->width == b->width && a->height == b->height;
}

static bool same_config(const struct lct_format *a, const struct lct_format *b) {
    return same_size(a, b) && a->config_bytes == b->config_bytes &&
           memcmp(a->config, b->config, a->config_bytes) == 0;
}

static void count_form(struct forms *forms, const struct lct_format *format, int64_t ticks) {
    size_t i = 0;
    while (i < forms->count && !same_config(forms->list[i].format, format)) {
        i++;
    }
    if (i == forms->count) {
        struct form *more = realloc(forms->list, (forms->count + 1) * sizeof *more);
        if (!more) {
            return; /* then it is not the main one */
        }
        forms->list = more;
        forms->list[forms->count++] = (struct form){.format = format};
    }
    forms->list[i].ticks += ticks;
}

/* Of sound all ticks are of one form, and the timescale does not matter. */
static void find_forms(const struct lct_cut *cut, const struct lct_cut_track *track,
                       struct forms *ret_forms) {
    struct forms forms = {.count = 0};
    for (size_t i = 0; i < cut->part_count; i++) {
        const struct lct_cut_view view = lct_cut_view(&cut->parts[i], track);
        const struct lct_cut_tape *tape = view.tape;
        uint32_t scale = tape ? tape->rows[0].format->timescale : TICKS;
        int64_t from = view.from * scale / TICKS, to = view.to * scale / TICKS;
        size_t k = tape ? lct_cut_row_at(tape, from) : 0;
        k -= k > 0; /* the one that stands, too */
        for (; tape && k < tape->count && tape->rows[k].row->info.tfdt < to; k++) {
            int64_t next = k + 1 < tape->count ? tape->rows[k + 1].row->info.tfdt : to;
            int64_t begin = tape->rows[k].row->info.tfdt;
            begin = begin < from ? from : begin;
            next = next > to ? to : next;
            count_form(&forms, tape->rows[k].format, next > begin ? next - begin : 0);
        }
    }
    *ret_forms = forms;
}

static void note_sizes(struct lct_cut *cut, const struct lct_cut_track *track,
                       const struct forms *forms, const struct lct_format *main) {
    for (size_t i = 0; i < forms->count; i++) {
        const struct form *form = &forms->list[i];
        if (same_size(form->format, main)) {
            continue;
        }
        struct lct_fault note;
        (void)lct_fault_set(
            &note, -EAGAIN, "cut",
            "%.1f s of %s have pictures of %d x %d and are encoded anew as %d x %d, the size "
            "of most of it. That takes about as long as they last.",
            "有 %.1f 秒（轨道 %s）的画面为 %d × %d，将重新编码为其余部分的 %d × %d，"
            "用时约与其时长相当。",
            (double)form->ticks / TICKS, track->info.name, form->format->width,
            form->format->height, main->width, main->height);
        lct_cut_add_note(cut, &note);
    }
}

static struct lct_format *copy_format(const struct lct_format *from,
                                      const struct lct_cut_track *t) {
    struct lct_format *f = lct_new(sizeof *f);
    *f = *from;
    lct_ref_init(&f->ref);
    f->init = NULL;
    f->init_bytes = 0;
    f->config = lct_new(from->config_bytes);
    memcpy(f->config, from->config, from->config_bytes);
    f->track_id = t->info.id;
    (void)snprintf(f->track, sizeof f->track, "%s", t->info.name);
    return f;
}

static const struct lct_format *any_format(const struct lct_cut *cut,
                                           const struct lct_cut_track *track) {
    for (size_t i = 0; i < cut->part_count; i++) {
        const struct lct_cut_view view = lct_cut_view(&cut->parts[i], track);
        if (view.tape) {
            return view.tape->rows[0].format;
        }
    }
    return NULL;
}

/* The size of which the most is kept, and of that size the most frequent format. */
static const struct lct_format *main_form(const struct forms *forms) {
    const struct form *best = NULL;
    int64_t most = -1;
    for (size_t i = 0; i < forms->count; i++) {
        int64_t of_size = 0;
        for (size_t k = 0; k < forms->count; k++) {
            of_size +=
                same_size(forms->list[k].format, forms->list[i].format) ? forms->list[k].ticks : 0;
        }
        bool better = of_size > most || (of_size == most && forms->list[i].ticks > best->ticks);
        best = better ? &forms->list[i] : best;
        most = better ? of_size : most;
    }
    return best ? best->format : NULL;
}

int lct_cut_choose_canvas(struct lct_cut *cut, struct lct_cut_track *track,
                          struct lct_fault *fault) {
    struct forms forms;
    find_forms(cut, track, &forms);
    const struct lct_format *main = main_form(&forms);
    main = main ? main : any_format(cut, track);
    if (!main) {
        free(forms.list);
        return lct_fault_set(fault, -ENODATA, "cut", "Nothing of track %s was recorded.",
                             "轨道 %s 没有录到任何内容。", track->info.name);
    }
    int rc = 0;
    if (main->codec == LCT_CODEC_H264) {
        note_sizes(cut, track, &forms, main);
    } else if (forms.count > 1) {
        rc = lct_fault_set(fault, -ENOTSUP, "cut",
                           "The sounds of track %s are of different kinds and cannot be joined.",
                           "轨道 %s 的声音格式不同，无法拼接。", track->info.name);
    }
    track->format = copy_format(main, track);
    track->info.width = main->width;
    track->info.height = main->height;
    free(forms.list);
    return rc;
}

/* ---- one range ---- */

struct painter {
    struct lct_cut *cut;
    struct lct_cut_track *track;
    struct lct_recode *recode;
    const struct lct_cut_part *part;
    struct lct_cut_view view; /* of it */
    size_t decode_from;       /* the row from which pictures that are copied are decoded, too: what
                                 fades out is encoded */
    int64_t last;             /* tick of the result, of what was shown last */
    bool shown;               /* something of this range */
    bool decoding;            /* what the next sample refers to was decoded */
    bool copying;             /* or copied */
    bool standing;            /* the picture decoded last is from before the range */
    struct lct_fault *fault;
};

static const uint8_t *sample_of(struct painter *p, struct lct_cut_row *row) {
    const uint8_t *chunk = lct_cut_chunk(p->cut, row);
    return chunk ? chunk + lct_index_payload_at(row->row) : NULL;
}

static int64_t tick_of(const struct painter *p, const struct lct_cut_row *row) {
    return p->shown ? p->part->at + row->row->info.tfdt - p->view.from : p->part->at;
}

static int copy(struct painter *p, const struct lct_cut_row *row) {
    const struct lct_movie_piece piece = {.source =
                                              row->row->offset + lct_index_payload_at(row->row),
                                          .bytes = row->row->info.sample_bytes[0],
                                          .file = row->file};
    p->last = tick_of(p, row);
    p->shown = true;
    return lct_movie_add_picture(&p->track->lane, &piece, p->last, row->row->info.key);
}

/* Encodes the picture decoded last at a tick of the result. */
static int encode(struct painter *p, int64_t tick, bool key) {
    struct lct_recoded made;
    struct lct_movie_piece piece;
    const struct lct_recode_picture picture = {
        .tick = tick,
        .key = key || !p->shown || p->copying, /* what was copied the encoder never saw */
        .level = lct_cut_level(p->part, tick),
    };
    p->copying = false;
    int rc = lct_recode_encode(p->recode, &picture, &made, p->fault);
    if (rc < 0) {
        return rc;
    }
    rc = lct_movie_keep(p->cut->movie, made.sample, made.n, &piece);
    rc = rc ? rc : lct_movie_add_picture(&p->track->lane, &piece, tick, made.key);
    free(made.sample);
    p->last = tick;
    p->shown = true;
    p->track->encoded++;
    return rc;
}

static bool decode(struct painter *p, struct lct_cut_row *row) {
    const uint8_t *sample = sample_of(p, row);
    return sample && lct_recode_decode(p->recode, row->format, sample,
                                       row->row->info.sample_bytes[0], row->row->info.key) == 0;
}

/* When a picture that stands must be said again because it fades: the next tick behind the last
 * picture's; until: not before then. */
static int64_t next_fade(const struct painter *p, int64_t until) {
    const struct lct_cut_part *part = p->part;
    int64_t in_end = part->at + part->fade_in;
    int64_t out_begin = part->at + part->to - part->from - part->fade_out;
    int64_t next = p->last + FADE_STEP;
    if (next >= until) {
        return until;
    }
    if (p->last < in_end && next > in_end) {
        next = in_end; /* the first that is wholly there */
    } else if (p->last >= in_end && next <= out_begin) {
        next = part->fade_out > 0 ? out_begin + FADE_STEP : until;
    }
    return next + FADE_STEP / 2 <= until ? next : until;
}

static int fade_until(struct painter *p, int64_t until) {
    int rc = 0;
    bool fades = p->shown && p->decoding && p->part->fade_in + p->part->fade_out > 0;
    for (int64_t at; rc == 0 && fades && (at = next_fade(p, until)) < until;) {
        rc = encode(p, at, false);
    }
    return rc;
}

/* A picture inside the range, which can be decoded by what came before. */
static int show(struct painter *p, struct lct_cut_row *row, bool decode_too) {
    const struct lct_chunk_info *info = &row->row->info;
    bool late = !p->shown && info->tfdt - p->view.from > STAND_MIN;
    int rc = late && p->standing ? encode(p, p->part->at, true) : 0;
    p->standing = false;
    rc = rc ? rc : fade_until(p, tick_of(p, row));
    bool whole = lct_cut_level(p->part, tick_of(p, row)) >= 1;
    bool copies = (p->copying || info->key) && same_size(row->format, p->track->format) && whole;
    if (rc < 0 || copies) {
        p->copying = true;
        p->decoding = rc == 0 && decode_too && decode(p, row);
        return rc ? rc : copy(p, row);
    }
    p->decoding = decode(p, row);
    return p->decoding ? encode(p, tick_of(p, row), info->key) : 0;
}

static int take(struct painter *p, struct lct_cut_row *row, bool decode_too) {
    bool lost = row->bad || (row->hole && !row->row->info.key);
    if (lost || (!row->row->info.key && !p->decoding && !p->copying)) {
        p->decoding = p->copying = false; /* and so are all up to the next key frame */
        return 0;
    }
    if (row->row->info.tfdt >= p->view.from) {
        return show(p, row, decode_too);
    }
    p->decoding = decode(p, row);
    p->standing = p->standing || p->decoding;
    return 0;
}

/* The last key frame before row i. */
static size_t key_before(const struct lct_cut_tape *tape, size_t i) {
    while (i > 0) {
        i--;
        if (tape->rows[i].row->info.key) {
            break;
        }
    }
    return i;
}

/* Where to begin: at the range's first picture if that is a key frame, else at the one before. */
static size_t first_row(const struct lct_cut_view *view) {
    const struct lct_cut_tape *tape = view->tape;
    size_t i = lct_cut_row_at(tape, view->from);
    const struct lct_cut_row *row = i < tape->count ? &tape->rows[i] : NULL;
    if (row && row->row->info.key && !row->bad && row->row->info.tfdt - view->from <= STAND_MIN &&
        row->row->info.tfdt < view->to) {
        return i;
    }
    return key_before(tape, i);
}

static int paint_part(struct painter *p) {
    int rc = 0;
    p->view = lct_cut_view(p->part, p->track);
    const struct lct_cut_tape *tape = p->view.tape;
    p->shown = p->decoding = p->copying = p->standing = false;
    p->decode_from = SIZE_MAX;
    if (tape && p->part->fade_out > 0) {
        p->decode_from = key_before(tape, lct_cut_row_at(tape, p->view.to - p->part->fade_out + 1));
    }
    for (size_t i = tape ? first_row(&p->view) : 0;
         rc == 0 && tape && i < tape->count && tape->rows[i].row->info.tfdt < p->view.to; i++) {
        rc = take(p, &tape->rows[i], i >= p->decode_from);
    }
    if (rc == 0 && !p->shown) { /* one that stands all the time, or none at all */
        if (!p->standing) {
            lct_recode_slate(p->recode);
            p->decoding = true;
        }
        rc = encode(p, p->part->at, true);
    }
    int64_t end = p->part->at + p->part->to - p->part->from;
    rc = rc ? rc : fade_until(p, end);
    return rc ? rc : lct_movie_stand(&p->track->lane, end);
}

/* ---- the track ---- */

static void add_sets(struct lct_format *f, const uint8_t *avcc, size_t n) {
    LCT_FREE uint8_t *both = lct_new(CONFIG_MAX);
    size_t size = lct_nal_merge_avcc(f->config, f->config_bytes, avcc, n, both, CONFIG_MAX);
    if (size > 0) {
        free(f->config);
        f->config = both;
        f->config_bytes = size;
        both = NULL;
    }
}

/* One sample entry holds the sets of all. Where two encoders used one id, the sets in front of each
 * key frame tell them apart. */
static int make_format(struct lct_cut_track *track, const struct forms *forms,
                       const struct lct_recode *recode) {
    for (size_t i = 0; i < forms->count; i++) {
        if (same_size(forms->list[i].format, track->format)) {
            add_sets(track->format, forms->list[i].format->config,
                     forms->list[i].format->config_bytes);
        }
    }
    size_t n;
    const uint8_t *own = lct_recode_sets(recode, &n);
    if (own) {
        add_sets(track->format, own, n);
    }
    lct_mp4_codec_string(track->format);
    track->lane.format = track->format;
    return lct_mp4_make_init(track->format);
}

int lct_cut_make_pictures(struct lct_cut *cut, struct lct_cut_track *track,
                          struct lct_fault *fault) {
    struct forms forms;
    find_forms(cut, track, &forms);
    /* What the encoder's headers are compared with, while the result's format grows. */
    struct lct_format *main = copy_format(track->format, track);
    struct lct_recode_settings settings = {
        .format = main,
        .screen = strcmp(track->info.kind, "screen") == 0,
        .ids_taken = lct_nal_avcc_ids(main->config, main->config_bytes),
    };
    for (size_t i = 0; i < forms.count; i++) {
        const struct lct_format *f = forms.list[i].format;
        settings.ids_taken |= same_size(f, main) ? lct_nal_avcc_ids(f->config, f->config_bytes) : 0;
    }
    struct painter p = {
        .cut = cut, .track = track, .recode = lct_recode_open(&settings), .fault = fault};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < cut->part_count; i++) {
        p.part = &cut->parts[i];
        fault->code = 0;
        rc = paint_part(&p);
    }
    rc = rc ? rc : make_format(track, &forms, p.recode);
    lct_recode_close(p.recode);
    lct_format_unref(main);
    free(forms.list);
    if (rc < 0 && fault->code == 0) {
        return lct_fault_set(fault, rc, "cut", "The pictures of track %s cannot be cut (%s).",
                             "轨道 %s 的画面无法剪辑（%s）。", track->info.name, strerror(-rc));
    }
    return rc;
}

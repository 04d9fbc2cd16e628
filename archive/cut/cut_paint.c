// SPDX-License-Identifier: GPL-3.0-or-later
/* Pictures of kept ranges: heads are encoded, the rest is copied. What of a range is encoded needs
 * nothing of the others, so several threads paint a range each. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "archive/cut/cut_priv.h"
#include "base/mem.h"
#include "base/thread.h"
#include "encode/nal.h"

#define TICKS 90000

/* avcC of the result: more sets than this stand in front of their key frames only. */
#define CONFIG_MAX 16384U

/* A picture that still stands so long after a range's begin (a slide that nobody moved) is said
 * once more where the range begins; a camera's next one is simply shown at once. */
#define STAND_MIN (TICKS / 10)

/* Where no picture stands, the first one that comes this much later has a slate before it; a camera
 * takes up to a second to open, and its first picture is seen at once rather than a flash. */
#define SLATE_MIN TICKS

/* While it fades a picture that stands is said so often. */
#define FADE_STEP (TICKS / 25)

/* Each has a decoder and an encoder: so many at 1080p, fewer of larger pictures. */
#define PAINTERS_MAX 4U
#define PAINTERS_PIXELS (PAINTERS_MAX * 1920 * 1088)

bool lct_cut_same_size(const struct lct_format *a, const struct lct_format *b) {
    return a->width == b->width && a->height == b->height;
}

void lct_cut_add_sets(struct lct_format *format, const uint8_t *avcc, size_t n) {
    LCT_FREE uint8_t *both = lct_new(CONFIG_MAX);
    size_t size =
        lct_nal_merge_avcc(format->config, format->config_bytes, avcc, n, both, CONFIG_MAX);
    if (size > 0) {
        free(format->config);
        format->config = both;
        format->config_bytes = size;
        both = NULL;
    }
}

/* ---- one range ---- */

/* A picture of the result. */
struct shot {
    struct lct_movie_piece piece; /* copied */
    uint8_t *made;                /* or made: owned; NULL: copied */
    int64_t tick;
    bool key;
};

/* What a range shows. */
struct strip {
    struct shot *shots;
    size_t count, room;
};

struct painter {
    /* fixed */
    const struct lct_cut *cut;
    const struct lct_cut_track *track;
    struct strip *strips; /* one a range; of those that are this painter's it is the writer */
    size_t first, step;   /* its ranges */
    struct lct_thread thread;

    /* its thread only, until it is joined */
    struct lct_recode *recode;
    struct lct_cut_reader reader;
    struct strip *strip;
    const struct lct_cut_part *part;
    struct lct_cut_view view; /* of it */
    size_t decode_from;       /* the row from which pictures that are copied are decoded, too: what
                                 fades out is encoded */
    int64_t last;             /* tick of the result, of what was shown last */
    bool shown;               /* something of this range */
    bool decoding;            /* what the next sample refers to was decoded */
    bool copying;             /* or copied */
    bool standing;            /* the picture decoded last is from before the range */
    size_t encoded;
    int rc;
    struct lct_fault fault; /* its code is 0: none was set */
};

static int add(struct painter *p, const struct shot *shot) {
    struct strip *strip = p->strip;
    if (strip->count == strip->room) {
        size_t room = strip->room ? 2 * strip->room : 64;
        struct shot *more = realloc(strip->shots, room * sizeof *more);
        if (!more) {
            return -ENOMEM;
        }
        strip->shots = more;
        strip->room = room;
    }
    strip->shots[strip->count++] = *shot;
    p->last = shot->tick;
    p->shown = true;
    return 0;
}

static int64_t tick_of(const struct painter *p, const struct lct_cut_row *row) {
    return p->shown ? p->part->at + row->row->info.tfdt - p->view.from : p->part->at;
}

static int copy(struct painter *p, const struct lct_cut_row *row) {
    const struct shot shot = {
        .piece = {.source = row->row->offset + lct_index_payload_at(row->row),
                  .bytes = row->row->info.sample_bytes[0],
                  .file = row->file},
        .tick = tick_of(p, row),
        .key = row->row->info.key,
    };
    return add(p, &shot);
}

/* Encodes the picture decoded last at a tick of the result. */
static int encode(struct painter *p, int64_t tick, bool key) {
    struct lct_recoded made;
    const struct lct_recode_picture picture = {
        .tick = tick,
        .key = key || !p->shown || p->copying, /* what was copied the encoder never saw */
        .level = lct_cut_level(p->part, tick),
    };
    p->copying = false;
    int rc = lct_recode_encode(p->recode, &picture, &made, &p->fault);
    if (rc < 0) {
        return rc;
    }
    const struct shot shot = {
        .piece = {.bytes = (uint32_t)made.n}, .made = made.sample, .tick = tick, .key = made.key};
    rc = add(p, &shot);
    if (rc < 0) {
        free(made.sample);
    }
    p->encoded++;
    return rc;
}

static bool decode(struct painter *p, const struct lct_cut_row *row) {
    const uint8_t *chunk = lct_cut_read(&p->reader, row);
    return chunk &&
           lct_recode_decode(p->recode, row->format, chunk + lct_index_payload_at(row->row),
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

/* Nothing was seen yet. */
static int show_slate(struct painter *p) {
    lct_recode_slate(p->recode);
    p->decoding = true;
    return encode(p, p->part->at, true);
}

/* A picture inside the range, which can be decoded by what came before. */
static int show(struct painter *p, const struct lct_cut_row *row, bool decode_too) {
    const struct lct_chunk_info *info = &row->row->info;
    int64_t late = p->shown ? 0 : info->tfdt - p->view.from;
    int rc = p->standing        ? late > STAND_MIN ? encode(p, p->part->at, true) : 0
             : late > SLATE_MIN ? show_slate(p)
                                : 0;
    p->standing = false;
    rc = rc ? rc : fade_until(p, tick_of(p, row));
    bool whole = lct_cut_level(p->part, tick_of(p, row)) >= 1;
    bool copies =
        (p->copying || info->key) && lct_cut_same_size(row->format, p->track->format) && whole;
    if (rc < 0 || copies) {
        p->copying = true;
        p->decoding = rc == 0 && decode_too && decode(p, row);
        return rc ? rc : copy(p, row);
    }
    p->decoding = decode(p, row);
    return p->decoding ? encode(p, tick_of(p, row), info->key) : 0;
}

static int take(struct painter *p, const struct lct_cut_row *row, bool decode_too) {
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
        rc = p->standing ? encode(p, p->part->at, true) : show_slate(p);
    }
    return rc ? rc : fade_until(p, p->part->at + p->part->to - p->part->from);
}

/* ---- all of them ---- */

static void run(void *opaque) {
    struct painter *p = opaque;
    for (size_t i = p->first; p->rc == 0 && i < p->cut->part_count; i += p->step) {
        p->part = &p->cut->parts[i];
        p->strip = &p->strips[i];
        p->rc = paint_part(p);
    }
}

/* As many as there are processors. Which ranges are whose does not depend on who is quick, because
 * an encoder remembers what it spent on the range before: the result is the same each time. */
static size_t count_painters(const struct lct_cut *cut, const struct lct_cut_track *track) {
    cpu_set_t set;
    CPU_ZERO(&set);
    size_t n = sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
    size_t fit = PAINTERS_PIXELS / (size_t)(track->format->width * track->format->height);
    fit = fit > PAINTERS_MAX ? PAINTERS_MAX : fit < 1 ? 1 : fit;
    n = n > fit ? fit : n;
    return n > cut->part_count ? cut->part_count : n;
}

static int lay(struct lct_cut *cut, struct lct_cut_track *track, struct strip *strips) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < cut->part_count; i++) {
        const struct lct_cut_part *part = &cut->parts[i];
        for (size_t k = 0; rc == 0 && k < strips[i].count; k++) {
            struct shot *shot = &strips[i].shots[k];
            rc = shot->made
                     ? lct_movie_keep(cut->movie, shot->made, shot->piece.bytes, &shot->piece)
                     : 0;
            rc = rc ? rc : lct_movie_add_picture(&track->lane, &shot->piece, shot->tick, shot->key);
            free(shot->made);
            shot->made = NULL;
        }
        rc = rc ? rc : lct_movie_stand(&track->lane, part->at + part->to - part->from);
    }
    return rc;
}

static void free_strips(struct strip *strips, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < strips[i].count; k++) {
            free(strips[i].shots[k].made);
        }
        free(strips[i].shots);
    }
    free(strips);
}

int lct_cut_paint(struct lct_cut *cut, struct lct_cut_track *track,
                  const struct lct_recode_settings *settings, bool alike, struct lct_fault *fault) {
    struct painter painters[PAINTERS_MAX];
    struct strip *strips = lct_new(cut->part_count * sizeof *strips);
    size_t count = alike ? count_painters(cut, track) : 1;
    int rc = 0;
    for (size_t i = 0; i < count; i++) {
        painters[i] = (struct painter){.cut = cut,
                                       .track = track,
                                       .strips = strips,
                                       .first = i,
                                       .step = count,
                                       .recode = lct_recode_open(settings),
                                       .reader = lct_cut_reader(cut->movie)};
        if (i > 0) {
            lct_thread_start(&painters[i].thread, "paint", run, &painters[i]);
        }
    }
    run(&painters[0]);
    for (size_t i = 0; i < count; i++) {
        struct painter *p = &painters[i];
        size_t n;
        lct_thread_join(&p->thread);
        const uint8_t *own = lct_recode_sets(p->recode, &n);
        if (own) {
            lct_cut_add_sets(track->format, own, n);
        }
        if (rc == 0 && p->rc < 0) {
            rc = p->rc;
            *fault = p->fault;
        }
        track->encoded += p->encoded;
        lct_cut_reader_close(&p->reader);
        lct_recode_close(p->recode);
    }
    rc = rc ? rc : lay(cut, track, strips);
    free_strips(strips, cut->part_count);
    return rc;
}

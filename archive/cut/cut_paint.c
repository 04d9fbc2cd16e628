// SPDX-License-Identifier: GPL-3.0-or-later
/* Pictures of kept ranges: heads are encoded, the rest is copied. What of a range is encoded needs
 * nothing of the others: several threads paint a range each, and what was painted of the same
 * pictures before is taken from there. So a range is gone through twice: first to know which
 * pictures there will be and what they are made of (their key), which costs nothing; then, if no
 * earlier movie has them, to make them. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "archive/cut/cut_priv.h"
#include "base/bytes.h"
#include "base/digest.h"
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
    struct lct_movie_piece piece;
    bool encoded;
    uint8_t *made; /* of one that is encoded: owned; NULL while it is planned */
    int64_t tick;
    bool key;
};

/* What a range shows. */
struct strip {
    struct shot *shots;
    size_t count, room;
    size_t encoded;               /* of them */
    uint8_t key[LCT_DIGEST_SIZE]; /* what these are made of; when all ranges are alike */
    bool taken;                   /* they are of an earlier movie */
};

struct painter {
    /* fixed */
    const struct lct_cut *cut;
    const struct lct_cut_track *track;
    const struct lct_recode_settings *settings;
    bool alike;           /* each range has an encoder of its own, and a key */
    struct strip *strips; /* one a range; of those that are this painter's it is the writer */
    size_t first, step;   /* its ranges */
    struct lct_thread thread;

    /* its thread only, until it is joined */
    struct lct_recode *recode; /* NULL: none is needed yet */
    struct lct_digest *digest; /* while a range is planned; NULL: it is painted */
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
    strip->encoded += shot->encoded;
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

/* When pictures are shown does not count: their bytes do not say it. */
static void plan_encoded(struct painter *p, const struct lct_recode_picture *picture) {
    uint8_t bytes[6];
    uint32_t level;
    struct lct_writer w = lct_writer(bytes, sizeof bytes);
    memcpy(&level, &picture->level, sizeof level);
    lct_put_u8(&w, 'e');
    lct_put_u8(&w, picture->key);
    lct_put_u32(&w, level);
    lct_digest_add(p->digest, bytes, sizeof bytes);
}

static void plan_decoded(struct painter *p, const struct lct_cut_row *row) {
    const char *reel = p->cut->movie->files[row->file];
    uint8_t bytes[18];
    struct lct_writer w = lct_writer(bytes, sizeof bytes);
    lct_put_u8(&w, 'd');
    lct_put_u8(&w, row->row->info.key);
    lct_put_u64(&w, row->row->offset);
    lct_put_u32(&w, row->row->n);
    lct_put_u32(&w, row->row->crc);
    lct_digest_add(p->digest, bytes, sizeof bytes);
    lct_digest_add(p->digest, reel, strlen(reel) + 1);
}

/* Encodes the picture decoded last at a tick of the result. */
static int encode(struct painter *p, int64_t tick, bool key) {
    struct lct_recoded made = {.sample = NULL};
    const struct lct_recode_picture picture = {
        .tick = tick,
        .key = key || !p->shown || p->copying, /* what was copied the encoder never saw */
        .level = lct_cut_level(p->part, tick),
    };
    int rc = 0;
    p->copying = false;
    if (p->digest) {
        plan_encoded(p, &picture);
    } else {
        rc = lct_recode_encode(p->recode, &picture, &made, &p->fault);
    }
    if (rc < 0) {
        return rc;
    }
    const struct shot shot = {.piece = {.bytes = (uint32_t)made.n},
                              .encoded = true,
                              .made = made.sample,
                              .tick = tick,
                              .key = made.key};
    rc = add(p, &shot);
    if (rc < 0) {
        free(made.sample);
    }
    return rc;
}

static bool decode(struct painter *p, const struct lct_cut_row *row) {
    if (p->digest) {
        plan_decoded(p, row);
        return true;
    }
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
    if (p->digest) {
        lct_digest_add(p->digest, "s", 1);
    } else {
        lct_recode_slate(p->recode);
    }
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

/* Goes through a range, once to plan and once to paint it. */
static int go_through(struct painter *p) {
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

static void empty(struct strip *strip) {
    for (size_t i = 0; i < strip->count; i++) {
        free(strip->shots[i].made);
    }
    strip->count = strip->encoded = 0;
}

/* What the encoder is told of all ranges. */
static void begin_key(struct painter *p) {
    const struct lct_format *format = p->settings->format;
    uint8_t bytes[16];
    struct lct_writer w = lct_writer(bytes, sizeof bytes);
    lct_put_u32(&w, (uint32_t)format->width << 16 | (uint32_t)format->height);
    lct_put_u32(&w, p->settings->screen);
    lct_put_u32(&w, p->settings->ids_taken);
    lct_put_u32(&w, (uint32_t)format->config_bytes);
    p->digest = lct_digest_create();
    lct_digest_add(p->digest, LCT_RECODE_RULES, sizeof LCT_RECODE_RULES);
    lct_digest_add(p->digest, bytes, sizeof bytes);
    lct_digest_add(p->digest, format->config, format->config_bytes);
    lct_digest_add(p->digest, format->encoder, strlen(format->encoder) + 1);
}

static int plan_part(struct painter *p) {
    begin_key(p);
    int rc = go_through(p);
    lct_digest_end(p->digest, p->strip->key);
    p->digest = NULL;
    return rc;
}

/* Puts samples that an earlier movie has into the plan, if they are as many. */
static bool take_from(struct strip *strip, const struct lct_movie *movie) {
    const struct lct_movie_painted *painted = lct_movie_find_painted(movie, strip->key);
    if (!painted || painted->count != strip->encoded) {
        return false;
    }
    const uint8_t *from = movie->made + painted->source;
    const uint32_t *size = painted->samples;
    for (size_t i = 0; i < strip->count; i++) {
        struct shot *shot = &strip->shots[i];
        if (shot->encoded) {
            shot->key = *size & LCT_MOVIE_PAINTED_KEY;
            shot->piece.bytes = *size++ & ~LCT_MOVIE_PAINTED_KEY;
            shot->made = lct_new(shot->piece.bytes + 1);
            memcpy(shot->made, from, shot->piece.bytes);
            from += shot->piece.bytes;
        }
    }
    return true;
}

static bool take_part(const struct painter *p) {
    struct strip *strip = p->strip;
    for (size_t i = 0; i < p->cut->earlier_count && !strip->taken; i++) {
        strip->taken = take_from(strip, p->cut->earlier[i]);
    }
    return strip->taken;
}

static int paint_part(struct painter *p) {
    int rc = p->alike ? plan_part(p) : 0;
    if (rc < 0 || (p->alike && (p->strip->encoded == 0 || take_part(p)))) {
        return rc;
    }
    empty(p->strip);
    if (!p->recode) {
        p->recode = lct_recode_open(p->settings);
    }
    rc = go_through(p);
    if (p->alike) { /* an encoder remembers what it spent: a head is the same whatever is beside */
        lct_recode_close(p->recode);
        p->recode = NULL;
    }
    return rc;
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

/* As many as there are processors. */
static size_t count_painters(const struct lct_cut *cut, const struct lct_cut_track *track) {
    cpu_set_t set;
    CPU_ZERO(&set);
    size_t n = sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
    size_t fit = PAINTERS_PIXELS / (size_t)(track->format->width * track->format->height);
    fit = fit > PAINTERS_MAX ? PAINTERS_MAX : fit < 1 ? 1 : fit;
    n = n > fit ? fit : n;
    return n > cut->part_count ? cut->part_count : n;
}

/* Sets of heads that are not the format's: they stand before the first of them. */
static void add_own_sets(struct lct_cut_track *track, const struct lct_format *main,
                         const struct shot *first) {
    struct lct_nal_sets sets;
    uint8_t avcc[2 * LCT_NAL_SET_MAX + 32];
    if (lct_nal_sets_of_sample(first->made, first->piece.bytes, &sets)) {
        size_t n = lct_nal_write_avcc(&sets, avcc, sizeof avcc);
        if (n != main->config_bytes || memcmp(avcc, main->config, n) != 0) {
            lct_cut_add_sets(track->format, avcc, n);
        }
    }
}

/* Keeps the samples of a range that are encoded, and notes what they were painted of. */
static int keep(struct lct_cut *cut, struct lct_cut_track *track, const struct lct_format *main,
                bool alike, struct strip *strip) {
    struct lct_movie_painted painted = {.source = cut->movie->made_bytes};
    int rc = 0;
    painted.samples = lct_new((strip->encoded + 1) * sizeof *painted.samples);
    memcpy(painted.key, strip->key, sizeof painted.key);
    for (size_t i = 0; rc == 0 && i < strip->count; i++) {
        struct shot *shot = &strip->shots[i];
        if (shot->encoded) {
            if (painted.count == 0) {
                add_own_sets(track, main, shot);
            }
            painted.samples[painted.count++] =
                shot->piece.bytes | (shot->key ? LCT_MOVIE_PAINTED_KEY : 0);
            rc = lct_movie_keep(cut->movie, shot->made, shot->piece.bytes, &shot->piece);
            free(shot->made);
            shot->made = NULL;
        }
    }
    track->encoded += painted.count;
    track->heads += painted.count > 0;
    track->heads_taken += strip->taken;
    if (rc < 0 || painted.count == 0 || !alike) {
        free(painted.samples);
        return rc;
    }
    return lct_movie_note_painted(cut->movie, &painted);
}

static int lay(struct lct_cut *cut, struct lct_cut_track *track, const struct lct_format *main,
               bool alike, struct strip *strips) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < cut->part_count; i++) {
        const struct lct_cut_part *part = &cut->parts[i];
        rc = keep(cut, track, main, alike, &strips[i]);
        for (size_t k = 0; rc == 0 && k < strips[i].count; k++) {
            const struct shot *shot = &strips[i].shots[k];
            rc = lct_movie_add_picture(&track->lane, &shot->piece, shot->tick, shot->key);
        }
        rc = rc ? rc : lct_movie_stand(&track->lane, part->at + part->to - part->from);
    }
    return rc;
}

static void free_strips(struct strip *strips, size_t count) {
    for (size_t i = 0; i < count; i++) {
        empty(&strips[i]);
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
                                       .settings = settings,
                                       .alike = alike,
                                       .strips = strips,
                                       .first = i,
                                       .step = count,
                                       .reader = lct_cut_reader(cut->movie)};
        if (i > 0) {
            lct_thread_start(&painters[i].thread, "paint", run, &painters[i]);
        }
    }
    run(&painters[0]);
    for (size_t i = 0; i < count; i++) {
        struct painter *p = &painters[i];
        lct_thread_join(&p->thread);
        if (rc == 0 && p->rc < 0) {
            rc = p->rc;
            *fault = p->fault;
        }
        lct_cut_reader_close(&p->reader);
        lct_recode_close(p->recode);
    }
    rc = rc ? rc : lay(cut, track, settings->format, alike, strips);
    free_strips(strips, cut->part_count);
    return rc;
}

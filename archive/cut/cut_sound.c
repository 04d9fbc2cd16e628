// SPDX-License-Identifier: GPL-3.0-or-later
/* Sound of a cut: whole frames are copied, so that none is more than half a frame from where its
 * lesson had it beside the pictures; the joins are made by encode/splice.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/cut/cut_priv.h"
#include "base/mem.h"
#include "encode/decoder.h"
#include "encode/loudness.h"
#include "encode/splice.h"

/* One clock for pictures (90 kHz) and sound (48 kHz): 720 kHz. */
#define A_TICK 8
#define A_SAMPLE 15
#define AAC_FRAME 1024
#define A_FRAME (AAC_FRAME * A_SAMPLE)

/* Joins are few, and have little to do with the sound on either side: at the rate of a recording
 * one of sixty joins of a tone had a step above the tone's own, by 2 % at most. */
#define JOIN_BPS 256000
#define SOUND_BPS 128000 /* where all of it is made: as a recording */

/* A frame that was made: slots come in order. */
struct made {
    int64_t slot;
    struct lct_movie_piece piece;
};

struct mixer {
    struct lct_cut *cut;
    struct lct_cut_track *track;
    struct lct_splice_run *runs;
    const struct lct_cut_part **parts; /* of the runs */
    size_t run_count;
    struct made *made;
    size_t made_count, made_room;
    struct lct_loudness *loudness; /* NULL: as it is */
    bool settled;                  /* and it is known what is to be done */
};

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

static bool goes_on(const struct mixer *m, const struct lct_cut_part *part,
                    const struct lct_splice_run *run) {
    if (m->run_count == 0 || m->parts[m->run_count - 1]->source != part->source) {
        return false;
    }
    const struct lct_splice_run *before = &m->runs[m->run_count - 1];
    return run->frame - before->frame == run->slot - before->slot;
}

/* A run begins in the slot in which its part does, with the frame that was nearest to there. Parts
 * so short that they have no slot are not heard, and one that goes on where the one before ended
 * needs no join. */
static void lay_runs(struct mixer *m, int64_t slots) {
    const struct lct_cut *cut = m->cut;
    for (size_t i = 0; i < cut->part_count; i++) {
        const struct lct_cut_part *part = &cut->parts[i];
        int64_t at = part->at * A_TICK, slot = at / A_FRAME;
        int64_t time = part->from * A_TICK + slot * A_FRAME - at; /* of the lesson, at the slot */
        if (slot >= slots) {
            break;
        }
        m->run_count -= m->run_count > 0 && m->runs[m->run_count - 1].slot == slot;
        const struct lct_splice_run run = {
            .slot = slot,
            .frame = floor_div(time + A_FRAME / 2, A_FRAME),
            .cut = (unsigned)((at - slot * A_FRAME) / A_SAMPLE),
        };
        if (!goes_on(m, part, &run)) {
            m->runs[m->run_count] = run;
            m->parts[m->run_count++] = part;
        }
    }
}

/* The row and which of its samples a frame is; NULL: it is not there. */
static struct lct_cut_row *row_of(const struct mixer *m, size_t run, int64_t frame,
                                  unsigned *ret_sample) {
    struct lct_cut_tape *tape = lct_cut_view(m->parts[run], m->track).tape;
    if (!tape || frame < 0) {
        return NULL;
    }
    size_t i = lct_cut_row_at(tape, frame * AAC_FRAME + AAC_FRAME / 2);
    if (i == 0) {
        return NULL;
    }
    struct lct_cut_row *row = &tape->rows[i - 1];
    int64_t sample = frame - (row->row->info.tfdt + AAC_FRAME / 2) / AAC_FRAME;
    if (sample < 0 || sample >= row->row->info.samples || row->bad) {
        return NULL;
    }
    *ret_sample = (unsigned)sample;
    return row;
}

static bool has(void *opaque, size_t run, int64_t frame, bool *ret_follows) {
    unsigned sample, unused;
    const struct lct_cut_row *row = row_of(opaque, run, frame, &sample);
    *ret_follows = row && (sample > 0 || (!row->hole && row_of(opaque, run, frame - 1, &unused)));
    return row != NULL;
}

static uint32_t place_of(const struct lct_cut_row *row, unsigned sample) {
    return lct_index_payload_at(row->row) + (sample > 0 ? row->row->info.sample_bytes[0] : 0);
}

static int read_frame(void *opaque, size_t run, int64_t frame, uint8_t *out, size_t *ret_n) {
    struct mixer *m = opaque;
    unsigned sample;
    struct lct_cut_row *row = row_of(m, run, frame, &sample);
    const uint8_t *chunk = row ? lct_cut_chunk(m->cut, row) : NULL;
    if (!chunk || row->row->info.sample_bytes[sample] > LCT_SPLICE_FRAME_MAX) {
        return -EBADMSG;
    }
    *ret_n = row->row->info.sample_bytes[sample];
    memcpy(out, chunk + place_of(row, sample), *ret_n);
    return 0;
}

static int put(void *opaque, int64_t slot, const uint8_t *bytes, size_t n) {
    struct mixer *m = opaque;
    if (m->made_count == m->made_room) {
        size_t room = m->made_room ? 2 * m->made_room : 64;
        struct made *more = realloc(m->made, room * sizeof *more);
        if (!more) {
            return -ENOMEM;
        }
        m->made = more;
        m->made_room = room;
    }
    struct made *made = &m->made[m->made_count];
    int rc = lct_movie_keep(m->cut->movie, bytes, n, &made->piece);
    made->slot = slot;
    m->made_count += rc == 0;
    return rc;
}

/* ---- fades and loudness ---- */

static int64_t tick_of_slot(int64_t slot) { return slot * A_FRAME / A_TICK; }

/* The part that is heard at a tick. */
static const struct lct_cut_part *part_at(const struct lct_cut *cut, int64_t tick) {
    size_t low = 0, high = cut->part_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        *(cut->parts[middle].at <= tick ? &low : &high) = middle;
    }
    return &cut->parts[low];
}

/* A slot may touch several parts. */
static bool fades(const struct mixer *m, int64_t slot) {
    const struct lct_cut *cut = m->cut;
    int64_t from = tick_of_slot(slot), to = tick_of_slot(slot + 1) + 1;
    for (const struct lct_cut_part *part = part_at(cut, from);
         part < cut->parts + cut->part_count && part->at < to; part++) {
        int64_t end = part->at + part->to - part->from;
        bool in = part->fade_in > 0 && from < part->at + part->fade_in;
        bool out = part->fade_out > 0 && to > end - part->fade_out;
        if (in || out) {
            return true;
        }
    }
    return false;
}

static bool changes(void *opaque, int64_t slot) {
    const struct mixer *m = opaque;
    return m->settled || fades(m, slot);
}

static void change(void *opaque, int64_t slot, float *sound) {
    const struct mixer *m = opaque;
    for (int i = 0; fades(m, slot) && i < AAC_FRAME; i++) {
        int64_t tick = (slot * A_FRAME + (int64_t)i * A_SAMPLE) / A_TICK;
        float level = lct_cut_level(part_at(m->cut, tick), tick);
        sound[2 * i] *= level;
        sound[2 * i + 1] *= level;
    }
    if (m->settled) {
        lct_loudness_apply(m->loudness, slot * AAC_FRAME, sound, AAC_FRAME);
    }
}

static int measure(void *opaque, int64_t slot, const float *sound) {
    const struct mixer *m = opaque;
    (void)slot;
    return lct_loudness_add(m->loudness, sound, AAC_FRAME);
}

/* What is to be done to be as loud as is wanted. */
static int settle(struct mixer *m, const struct lct_splice_plan *plan, struct lct_fault *fault) {
    int rc;
    m->loudness = lct_loudness_create(m->cut->loudness);
    do {
        rc = lct_splice_hear(plan, measure, fault);
    } while (rc == 0 && lct_loudness_settle(m->loudness));
    double before, after;
    m->settled = rc == 0 && lct_loudness_result(m->loudness, &before, &after);
    if (m->settled) {
        m->track->loudness_before = before;
        m->track->loudness = after;
    }
    return rc;
}

/* Made frames, copied ones, and silence where there is none. */
static int lay_frames(struct mixer *m, int64_t slots) {
    size_t run = 0, next = 0;
    int rc = 0;
    m->track->peaks = calloc((size_t)slots, 2);
    if (!m->track->peaks) {
        return -ENOMEM;
    }
    for (int64_t slot = 0; rc == 0 && slot < slots; slot++) {
        run += run + 1 < m->run_count && m->runs[run + 1].slot == slot;
        struct lct_movie_piece piece = lct_movie_silence(m->cut->movie);
        unsigned sample;
        const struct lct_cut_row *row =
            row_of(m, run, m->runs[run].frame + slot - m->runs[run].slot, &sample);
        if (next < m->made_count && m->made[next].slot == slot) {
            piece = m->made[next++].piece;
        } else if (row) {
            piece = (struct lct_movie_piece){.source = row->row->offset + place_of(row, sample),
                                             .bytes = row->row->info.sample_bytes[sample],
                                             .file = row->file};
        }
        if (row) {
            memcpy(m->track->peaks + 2 * slot, row->row->info.peaks + 2 * sample, 2);
        }
        rc = lct_movie_add(&m->track->lane, &piece, AAC_FRAME, true);
    }
    return rc;
}

int lct_cut_make_sound(struct lct_cut *cut, struct lct_cut_track *track, struct lct_fault *fault) {
    int64_t slots = (cut->length * A_TICK + A_FRAME / 2) / A_FRAME;
    slots = slots > 0 ? slots : 1;
    struct mixer m = {.cut = cut, .track = track};
    m.runs = lct_new(cut->part_count * sizeof *m.runs);
    m.parts = lct_new(cut->part_count * sizeof *m.parts);
    lay_runs(&m, slots);
    const struct lct_splice_plan plan = {
        .format = track->format,
        .runs = m.runs,
        .run_count = m.run_count,
        .slots = slots,
        .bits_per_s = cut->loudness < 0 ? SOUND_BPS : JOIN_BPS,
        .has = has,
        .read = read_frame,
        .put = put,
        .changes = changes,
        .change = change,
        .opaque = &m,
    };
    int rc = cut->loudness < 0 ? settle(&m, &plan, fault) : 0;
    rc = rc ? rc : lct_splice_make(&plan, fault);
    lct_loudness_destroy(m.loudness);
    track->encoded = m.made_count;
    if (rc == 0) {
        rc = lay_frames(&m, slots);
        track->lane.format = track->format;
        rc = rc ? rc : lct_mp4_make_init(track->format);
        rc = rc < 0 ? lct_fault_set(fault, rc, "cut", "No memory for the sound of the cut.",
                                    "内存不足，无法处理剪辑的声音。")
                    : 0;
    }
    free(m.made);
    free(m.runs);
    free(m.parts);
    return rc;
}

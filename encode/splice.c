// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/splice.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "encode/aac.h"
#include "encode/decoder.h"
#include "encode/silence.h"
#include "encode/sound.h"

#define SAMPLES LCT_AAC_SAMPLES
#define FADE 480 /* samples: 10 ms */

/* Frames that the encoder is given before the first that counts: it chooses windows and levels by
 * what came before. */
#define WARM_UP 4

struct joiner {
    const struct lct_splice_plan *plan;
    struct lct_sound_decoder *decoder;
    uint8_t frame[LCT_SPLICE_FRAME_MAX];
    /* what was decoded last: a run of slots reads on where it stopped */
    size_t at_run;
    int64_t at_frame;
    bool at_known;
};

static size_t run_of(const struct lct_splice_plan *plan, int64_t slot) {
    size_t low = 0, high = plan->run_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (plan->runs[middle].slot <= slot) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static int64_t frame_of(const struct lct_splice_plan *plan, size_t run, int64_t slot) {
    return plan->runs[run].frame + (slot - plan->runs[run].slot);
}

static bool has(const struct lct_splice_plan *plan, size_t run, int64_t frame) {
    bool unused;
    return plan->has(plan->opaque, run, frame, &unused);
}

/* A slot can be heard when its frame is there and the one before, whose half it needs. */
static bool is_heard(const struct lct_splice_plan *plan, size_t run, int64_t frame) {
    bool follows = false;
    return plan->has(plan->opaque, run, frame, &follows) && follows;
}

static bool is_join(const struct lct_splice_plan *plan, size_t run, int64_t slot) {
    return run > 0 && plan->runs[run].slot == slot;
}

/* True when what is to be heard in this slot is not what the copied frames give. */
static bool is_altered(const struct lct_splice_plan *plan, int64_t slot) {
    if (slot < 0 || slot >= plan->slots) {
        return false;
    }
    size_t run = run_of(plan, slot);
    int64_t frame = frame_of(plan, run, slot);
    if (is_join(plan, run, slot) || (plan->changes && plan->changes(plan->opaque, slot))) {
        return true;
    }
    if (!is_heard(plan, run, frame)) { /* the half of a neighbour would be heard in it */
        return has(plan, run, frame) || has(plan, run, frame - 1);
    }
    return !is_heard(plan, run, frame - 1) || !is_heard(plan, run, frame + 1);
}

static bool is_made(const struct lct_splice_plan *plan, int64_t slot) {
    return is_altered(plan, slot) || is_altered(plan, slot + 1);
}

/* ---- what is to be heard ---- */

static int decode_one(struct joiner *j, size_t run, int64_t frame, float *out) {
    size_t n = 0;
    int rc = j->plan->read(j->plan->opaque, run, frame, j->frame, &n);
    return rc ? rc : lct_sound_decoder_decode(j->decoder, j->frame, n, out);
}

/* Sound of a frame that is heard. */
static int decode_slot(struct joiner *j, size_t run, int64_t frame, float *out) {
    int rc = 0;
    bool on = j->at_known && j->at_run == run && j->at_frame == frame - 1;
    if (!on) {
        lct_sound_decoder_reset(j->decoder);
        rc = decode_one(j, run, frame - 1, out);
    }
    rc = rc ? rc : decode_one(j, run, frame, out);
    j->at_known = rc == 0;
    j->at_run = run;
    j->at_frame = frame;
    return rc;
}

/* 0 up to the fade, 1 behind it, as a cosine between. */
static float rise(int i, int from) {
    float part = ((float)(i - from) + 0.5F) / FADE;
    return part <= 0 ? 0 : part >= 1 ? 1 : 0.5F - 0.5F * cosf(part * (float)M_PI);
}

static void scale(float *out, int i, float by) {
    out[2 * i] *= by;
    out[2 * i + 1] *= by;
}

/* A run's own sound in the slot of one of its frames, faded where it begins or ends in a hole. */
static int sound_of(struct joiner *j, size_t run, int64_t frame, float *out) {
    const struct lct_splice_plan *plan = j->plan;
    memset(out, 0, SAMPLES * 2 * sizeof *out);
    if (!is_heard(plan, run, frame)) {
        return 0;
    }
    int rc = decode_slot(j, run, frame, out);
    bool begins = !is_heard(plan, run, frame - 1);
    bool ends = !is_heard(plan, run, frame + 1);
    for (int i = 0; rc == 0 && (begins || ends) && i < SAMPLES; i++) {
        scale(out, i, begins ? rise(i, 0) : 1);
        scale(out, i, ends ? 1 - rise(i, SAMPLES - FADE) : 1);
    }
    return rc;
}

static int join(struct joiner *j, size_t run, int64_t slot, float *out) {
    const struct lct_splice_plan *plan = j->plan;
    float before[SAMPLES * 2];
    int rc = sound_of(j, run - 1, frame_of(plan, run - 1, slot), before);
    int from = (int)plan->runs[run].cut - FADE / 2;
    from = from < 0 ? 0 : from > SAMPLES - FADE ? SAMPLES - FADE : from;
    for (int i = 0; rc == 0 && i < SAMPLES; i++) {
        float up = rise(i, from);
        out[2 * i] = up * out[2 * i] + (1 - up) * before[2 * i];
        out[2 * i + 1] = up * out[2 * i + 1] + (1 - up) * before[2 * i + 1];
    }
    return rc;
}

static int hear(struct joiner *j, int64_t slot, float *out) {
    const struct lct_splice_plan *plan = j->plan;
    memset(out, 0, SAMPLES * 2 * sizeof *out);
    if (slot < 0) {
        return 0;
    }
    size_t run = run_of(plan, slot);
    int rc = sound_of(j, run, frame_of(plan, run, slot), out);
    rc = rc == 0 && is_join(plan, run, slot) ? join(j, run, slot, out) : rc;
    if (rc == 0 && plan->changes && plan->changes(plan->opaque, slot)) {
        plan->change(plan->opaque, slot, out);
    }
    return rc;
}

/* ---- encoding a stretch of slots ---- */

struct packet {
    uint8_t *bytes;
    size_t n;
    int window;
};

/* Encodes slots from up to to; the packet of a slot overlaps it and the next. */
static int encode_stretch(struct joiner *j, int64_t from, int64_t to, struct packet *out,
                          struct lct_fault *fault) {
    struct lct_sound_encoder *encoder = NULL;
    float sound[SAMPLES * 2];
    int rc = lct_sound_open(LCT_CODEC_AAC, j->plan->bits_per_s, &encoder, fault);
    /* The first packet is the priming: it overlaps silence and the first slot given. */
    int64_t given = from - WARM_UP, got = given - 1;
    while (rc == 0 && got < to) {
        struct lct_sound_packet packet;
        rc = hear(j, given++, sound);
        int more = rc == 0 ? lct_sound_encode(encoder, sound, &packet) : 0;
        rc = more < 0 ? more : rc;
        if (more == 1 && got >= from) {
            struct packet *p = &out[got - from];
            p->bytes = lct_new(packet.n);
            p->n = packet.n;
            memcpy(p->bytes, packet.bytes, packet.n);
            p->window = lct_aac_window(p->bytes, p->n);
        }
        got += more == 1;
    }
    lct_sound_close(encoder);
    return rc;
}

static int window_of_copy(struct joiner *j, int64_t slot) {
    const struct lct_splice_plan *plan = j->plan;
    size_t run = run_of(plan, slot);
    int64_t frame = frame_of(plan, run, slot);
    const uint8_t *bytes = j->frame;
    size_t n = 0;
    if (!has(plan, run, frame)) {
        lct_sound_silence(&bytes, &n);
    } else if (plan->read(plan->opaque, run, frame, j->frame, &n) < 0) {
        return -1;
    }
    return lct_aac_window(bytes, n);
}

/* Whether the packet made for this slot could stand for the copied one, as far as its neighbours
 * are concerned. */
static bool fits(struct joiner *j, int64_t slot, const struct packet *made) {
    return made->window >= 0 && made->window == window_of_copy(j, slot);
}

/* The made packets [*first, *last] of a stretch that begins at from, grown until both ends fit:
 * then true. */
static bool grow(struct joiner *j, const struct packet *packets, int64_t from, int64_t to,
                 int64_t *first, int64_t *last) {
    int64_t least = *first, most = *last;
    while (least > from && least > 0 && !fits(j, least - 1, &packets[least - 1 - from])) {
        least--;
    }
    while (most + 1 < to && !fits(j, most, &packets[most - from])) {
        most++;
    }
    bool left = least == 0 || least > from, right = most + 1 == j->plan->slots || most + 1 < to;
    *first = left ? least : *first; /* nothing fits: as short as can be */
    *last = right ? most : *last;
    return left && right;
}

/* Mostly the first windows fit: only else so many more are encoded. */
static int make_stretch(struct joiner *j, int64_t first, int64_t last, struct lct_fault *fault) {
    const struct lct_splice_plan *plan = j->plan;
    bool over = false;
    int rc = 0;
    for (int64_t reach = 1; !over; reach = LCT_SPLICE_REACH) {
        int64_t from = first > reach ? first - reach : 0;
        int64_t to = last + 1 + reach < plan->slots ? last + 1 + reach : plan->slots;
        int64_t least = first, most = last;
        struct packet *packets = calloc((size_t)(to - from), sizeof *packets);
        rc = packets ? encode_stretch(j, from, to, packets, fault) : -ENOMEM;
        over = rc < 0 || grow(j, packets, from, to, &least, &most) || reach == LCT_SPLICE_REACH;
        for (int64_t slot = least; over && rc == 0 && slot <= most; slot++) {
            rc = plan->put(plan->opaque, slot, packets[slot - from].bytes, packets[slot - from].n);
        }
        for (int64_t i = 0; packets && i < to - from; i++) {
            free(packets[i].bytes);
        }
        free(packets);
    }
    return rc;
}

/* The next slot from which a frame must be made, or the end. */
static int64_t next_made(const struct lct_splice_plan *plan, int64_t slot) {
    while (slot < plan->slots && !is_made(plan, slot)) {
        slot++;
    }
    return slot;
}

static int begin(const struct lct_splice_plan *plan, struct joiner **ret_joiner) {
    struct joiner *j = lct_new(sizeof *j);
    j->plan = plan;
    *ret_joiner = j;
    return lct_sound_decoder_open(plan->format, &j->decoder);
}

static int end(struct joiner *j, int rc, struct lct_fault *fault) {
    lct_sound_decoder_close(j->decoder);
    free(j);
    if (rc < 0 && fault && fault->code == 0) {
        return lct_fault_set(fault, rc, "encode", "The sound cannot be joined (%s).",
                             "声音无法拼接（%s）。", strerror(-rc));
    }
    return rc;
}

int lct_splice_hear(const struct lct_splice_plan *plan,
                    int (*take)(void *opaque, int64_t slot, const float *sound),
                    struct lct_fault *fault) {
    struct joiner *j;
    float sound[SAMPLES * 2];
    int rc = begin(plan, &j);
    if (fault) {
        fault->code = 0;
    }
    for (int64_t slot = 0; rc == 0 && slot < plan->slots; slot++) {
        rc = hear(j, slot, sound);
        rc = rc ? rc : take(plan->opaque, slot, sound);
    }
    return end(j, rc, fault);
}

int lct_splice_make(const struct lct_splice_plan *plan, struct lct_fault *fault) {
    struct joiner *j;
    int rc = begin(plan, &j);
    int64_t first = rc == 0 ? next_made(plan, 0) : plan->slots;
    if (fault) {
        fault->code = 0;
    }
    while (rc == 0 && first < plan->slots) {
        /* Two whose ends could meet are one. */
        int64_t last = first, next = next_made(plan, first + 1);
        while (next < plan->slots && next - last <= 2 * LCT_SPLICE_REACH + 2) {
            last = next;
            next = next_made(plan, last + 1);
        }
        rc = make_stretch(j, first, last, fault);
        first = next;
    }
    return end(j, rc, fault);
}

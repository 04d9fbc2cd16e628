// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "encode/decoder.h"
#include "encode/silence.h"
#include "encode/sound.h"
#include "encode/splice.h"

#define FRAMES 200
#define SLOTS 60
#define SAMPLES LCT_AAC_SAMPLES

struct frame {
    uint8_t bytes[LCT_SPLICE_FRAME_MAX];
    size_t n;
};

/* An old sound (a tone), and the new one that is made of it. */
struct sounds {
    struct lct_format *format;
    struct frame *old;
    int64_t missing; /* a frame that is not there; -1: none */
    struct frame made[SLOTS];
    const struct lct_splice_run *runs;
    size_t run_count;
    int put_error;
};

static float tone(int64_t sample) { return 0.3F * sinf((float)sample * 0.0573F); }

static struct sounds *make_sounds(void) {
    struct sounds *s = lct_new(sizeof *s);
    struct lct_sound_encoder *encoder;
    struct lct_fault fault;
    float sound[SAMPLES * 2];
    int64_t got = -1; /* the first packet is the priming */
    cr_assert_eq(lct_sound_open(LCT_CODEC_AAC, 128000, &encoder, &fault), 0);
    s->format = lct_sound_format(encoder, "sound", 1);
    s->old = lct_new(FRAMES * sizeof *s->old);
    s->missing = -1;
    for (int64_t frame = 0; got < FRAMES; frame++) {
        struct lct_sound_packet packet;
        for (int i = 0; i < SAMPLES; i++) {
            sound[2 * i] = sound[2 * i + 1] = tone(frame * SAMPLES + i);
        }
        if (lct_sound_encode(encoder, sound, &packet) == 1) {
            if (got >= 0) {
                s->old[got].n = packet.n;
                memcpy(s->old[got].bytes, packet.bytes, packet.n);
            }
            got++;
        }
    }
    lct_sound_close(encoder);
    return s;
}

static void free_sounds(struct sounds *s) {
    lct_format_unref(s->format);
    free(s->old);
    free(s);
}

static bool is_there(const struct sounds *s, int64_t frame) {
    return frame >= 0 && frame < FRAMES && frame != s->missing;
}

static bool has(void *opaque, size_t run, int64_t frame, bool *ret_follows) {
    (void)run;
    *ret_follows = is_there(opaque, frame) && is_there(opaque, frame - 1);
    return is_there(opaque, frame);
}

static int read_frame(void *opaque, size_t run, int64_t frame, uint8_t *out, size_t *ret_n) {
    const struct sounds *s = opaque;
    (void)run;
    cr_assert(is_there(s, frame), "frame %lld is not there", (long long)frame);
    *ret_n = s->old[frame].n;
    memcpy(out, s->old[frame].bytes, *ret_n);
    return 0;
}

static int put(void *opaque, int64_t slot, const uint8_t *bytes, size_t n) {
    struct sounds *s = opaque;
    cr_assert(slot >= 0 && slot < SLOTS && s->made[slot].n == 0, "slot %lld", (long long)slot);
    memcpy(s->made[slot].bytes, bytes, n);
    s->made[slot].n = n;
    return s->put_error;
}

static int splice(struct sounds *s, const struct lct_splice_run *runs, size_t count) {
    const struct lct_splice_plan plan = {.format = s->format,
                                         .runs = runs,
                                         .run_count = count,
                                         .slots = SLOTS,
                                         .bits_per_s = 256000,
                                         .has = has,
                                         .read = read_frame,
                                         .put = put,
                                         .opaque = s};
    struct lct_fault fault;
    s->runs = runs;
    s->run_count = count;
    return lct_splice_make(&plan, &fault);
}

static size_t made(const struct sounds *s) {
    size_t count = 0;
    for (int i = 0; i < SLOTS; i++) {
        count += s->made[i].n > 0;
    }
    return count;
}

/* The new sound, decoded from its first frame to its last; one channel. */
static float *hear(const struct sounds *s) {
    struct lct_sound_decoder *decoder;
    float *all = lct_new((size_t)SLOTS * SAMPLES * sizeof *all), out[SAMPLES * 2];
    cr_assert_eq(lct_sound_decoder_open(s->format, &decoder), 0);
    for (int64_t slot = 0; slot < SLOTS; slot++) {
        size_t run = s->run_count - 1;
        while (s->runs[run].slot > slot) {
            run--;
        }
        int64_t frame = s->runs[run].frame + slot - s->runs[run].slot;
        const uint8_t *bytes = s->made[slot].bytes;
        size_t n = s->made[slot].n;
        if (n == 0 && is_there(s, frame)) {
            bytes = s->old[frame].bytes;
            n = s->old[frame].n;
        } else if (n == 0) {
            lct_sound_silence(&bytes, &n);
        }
        cr_assert_eq(lct_sound_decoder_decode(decoder, bytes, n, out), 0);
        for (int i = 0; i < SAMPLES; i++) {
            all[slot * SAMPLES + i] = out[2 * i];
        }
    }
    lct_sound_decoder_close(decoder);
    return all;
}

static float steepest(const float *sound, int64_t from, int64_t to) {
    float most = 0;
    for (int64_t i = from + 1; i < to; i++) {
        most = fmaxf(most, fabsf(sound[i] - sound[i - 1]));
    }
    return most;
}

Test(splice, one_run_is_copied) {
    struct sounds *s = make_sounds();
    const struct lct_splice_run run = {.frame = 20};
    cr_assert_eq(splice(s, &run, 1), 0);
    cr_assert_eq(made(s), 0);
    free_sounds(s);
}

/* Wherever the two tones stand to each other, and wherever in the slot the cut lies. */
Test(splice, joins_do_not_click) {
    for (unsigned i = 0; i < 8; i++) {
        struct sounds *s = make_sounds();
        const struct lct_splice_run runs[] = {
            {.slot = 0, .frame = 10}, {.slot = 30, .frame = 100 + (int64_t)i, .cut = 140 * i}};
        cr_assert_eq(splice(s, runs, 2), 0);
        cr_assert_eq(made(s), 2, "%zu frames were made", made(s));
        LCT_FREE float *sound = hear(s);
        float own = steepest(sound, 10 * SAMPLES, 20 * SAMPLES);
        cr_assert_leq(steepest(sound, 26 * SAMPLES, 35 * SAMPLES), 1.01F * own, "join %u", i);
        /* before and behind the slot of the join all is as it was */
        for (int k = 0; k < SAMPLES; k++) {
            float before = tone((10 + 28) * SAMPLES + k);
            float behind = tone((100 + (int64_t)i + 2) * SAMPLES + k);
            cr_assert_float_eq(sound[28 * SAMPLES + k], before, 0.01);
            cr_assert_float_eq(sound[32 * SAMPLES + k], behind, 0.01);
        }
        free_sounds(s);
    }
}

Test(splice, many_short_runs) {
    struct lct_splice_run runs[SLOTS];
    struct sounds *s = make_sounds();
    for (int i = 0; i < SLOTS; i++) {
        runs[i] = (struct lct_splice_run){.slot = i, .frame = 37 * i % 190, .cut = 512};
    }
    cr_assert_eq(splice(s, runs, SLOTS), 0);
    cr_assert_geq(made(s), SLOTS - 1);
    LCT_FREE float *sound = hear(s);
    float most = 0.3F * 0.0573F * 1.02F;
    cr_assert_leq(steepest(sound, 2 * SAMPLES, SLOTS * SAMPLES), most);
    free_sounds(s);
}

/* Before the beginning, behind the end, and a frame that was lost. */
Test(splice, what_is_missing_is_silence_with_soft_edges) {
    struct sounds *s = make_sounds();
    const struct lct_splice_run runs[] = {{.slot = 0, .frame = -5}, {.slot = 40, .frame = 190}};
    s->missing = 15; /* slot 20 */
    cr_assert_eq(splice(s, runs, 2), 0);
    LCT_FREE float *sound = hear(s);
    float own = steepest(sound, 10 * SAMPLES, 15 * SAMPLES);
    cr_assert_leq(steepest(sound, 0, SLOTS * SAMPLES), 1.02F * own);
    cr_assert_leq(fabsf(sound[20 * SAMPLES + 512]), 0.001F);
    cr_assert_leq(steepest(sound, 52 * SAMPLES, SLOTS * SAMPLES), 1e-6F, "behind the end");
    cr_assert_geq(steepest(sound, 41 * SAMPLES, 47 * SAMPLES), 0.9F * own, "before it");
    free_sounds(s);
}

Test(splice, errors_are_given_on) {
    struct sounds *s = make_sounds();
    const struct lct_splice_run runs[] = {{.slot = 0, .frame = 0}, {.slot = 9, .frame = 50}};
    s->put_error = -ENOMEM;
    cr_assert_eq(splice(s, runs, 2), -ENOMEM);
    free_sounds(s);
}

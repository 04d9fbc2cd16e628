// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A school day (or an hour of it) of sound from a crystal that is off, in seconds. The device's
 * sound carries its own true time: left is a ramp that starts anew each second of capture time,
 * right tells the second by its sign. So each block that comes out says when it was heard.
 */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "encode/slave.h"

#define RATE 48000
#define BLOCK 480 /* 10 ms: what Pulse gives */
#define JITTER (10 * LCT_MS)
#define ZERO (1000 * LCT_SECOND)

/* A microphone whose crystal is ppm too fast, on a true time line. */
struct device {
    double ppm;
    int64_t samples; /* made so far */
    double start;    /* true seconds of its first sample */
    uint32_t random;
};

static double true_time(const struct device *d, int64_t sample) {
    return d->start + (double)sample / (RATE * (1 + d->ppm * 1e-6));
}

static lct_ns jitter(struct device *d) {
    d->random = d->random * 1664525U + 1013904223U;
    return (lct_ns)((double)d->random / UINT32_MAX * (double)JITTER);
}

/* The next block; its time is what a sound server says: true, and late by up to the jitter. */
static lct_ns record(struct device *d, float *sound) {
    double t = true_time(d, d->samples);
    double step = true_time(d, d->samples + 1) - t;
    t -= floor(t);
    for (int i = 0; i < BLOCK; i++) {
        sound[2 * i] = (float)(t * 1.6 - 0.8);
        sound[2 * i + 1] = 0;
        t += step;
        t -= t >= 1 ? 1 : 0;
    }
    lct_ns time = ZERO + (lct_ns)(true_time(d, d->samples) * LCT_SECOND) + jitter(d);
    d->samples += BLOCK;
    return time;
}

/* How far (seconds) the sound in a grid block is from where it was captured; NAN: a ramp's edge. */
static double offset_of(const float *sound, int64_t grid_sample) {
    double heard = ((double)sound[0] + 0.8) / 1.6;
    double here = (double)grid_sample / RATE;
    double off = here - floor(here) - heard;
    off -= round(off);
    return heard < 0.02 || heard > 0.98 ? NAN : off;
}

struct result {
    double worst;      /* seconds, after the first 10 s */
    double worst_step; /* between blocks 10 ms apart */
    double ppm;
    uint64_t gaps;
    int64_t filled;
};

static void look(struct lct_slave *slave, struct result *r, double *last) {
    float out[BLOCK * 2];
    int64_t at = lct_slave_position(slave);
    while (lct_slave_pull(slave, BLOCK, out)) {
        double off = offset_of(out, at);
        if (!isnan(off) && at > 10 * RATE) {
            double step = isnan(*last) ? 0 : fabs(off - *last);
            r->worst = fmax(r->worst, fabs(off));
            r->worst_step = fmax(r->worst_step, step);
        }
        *last = off;
        at = lct_slave_position(slave);
    }
}

static struct result run(double ppm, double hours) {
    struct device d = {.ppm = ppm, .random = 12345};
    struct lct_slave *slave = lct_slave_create(ZERO);
    struct lct_slave_status status;
    struct result r = {.worst = 0};
    float sound[BLOCK * 2];
    double last = NAN;
    while (true_time(&d, d.samples) < hours * 3600) {
        lct_ns time = record(&d, sound);
        cr_assert_eq(lct_slave_push(slave, time, sound, BLOCK), 0);
        look(slave, &r, &last);
    }
    lct_slave_status(slave, &status);
    r.ppm = status.ppm;
    r.gaps = status.gaps;
    r.filled = lct_slave_position(slave);
    lct_slave_destroy(slave);
    return r;
}

static void judge(double ppm, double hours) {
    struct result r = run(ppm, hours);
    double drift = hours * 3600 * fabs(ppm) * 1e-6;
    (void)printf("%+.0f ppm, %.0f h: at most %.2f ms off, %.3f ms from block to block, says %+.1f "
                 "ppm; uncorrected %.0f ms\n",
                 ppm, hours, r.worst * 1e3, r.worst_step * 1e3, r.ppm, drift * 1e3);
    cr_assert_lt(r.worst, 0.020, "%.1f ms off", r.worst * 1e3);
    cr_assert_lt(r.worst_step, 0.001, "a jump of %.2f ms", r.worst_step * 1e3);
    cr_assert_eq(r.gaps, 0);
    cr_assert_float_eq(r.ppm, ppm, 10.0);
    cr_assert(ppm == 0 || drift > 0.020, "uncorrected it would fail");
}

/* A whole school day in a campaign; else an hour, of which uncorrected 360 ms would be left.
 * Sanitizers make the resampler some thirty times slower: a quarter of it shows it too. */
static double hours(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return 0.25;
#else
    const char *deep = getenv("LCT_DEEP");
    return deep && strcmp(deep, "1") == 0 ? 8 : 1;
#endif
}

Test(slave, a_fast_crystal_stays_in_time, .timeout = 170) { judge(100, hours()); }
Test(slave, a_slow_crystal_stays_in_time, .timeout = 170) { judge(-100, hours()); }
Test(slave, a_true_crystal_is_left_alone, .timeout = 60) {
    struct result r = run(0, 0.2);
    cr_assert_lt(r.worst, 0.020);
    cr_assert_float_eq(r.ppm, 0, 10.0);
}

/* ---- gaps ---- */

static double silence_share(const float *sound, size_t samples) {
    size_t silent = 0;
    for (size_t i = 0; i < samples; i++) {
        silent += sound[2 * i] == 0 && sound[2 * i + 1] == 0;
    }
    return (double)silent / (double)samples;
}

/* The device gives nothing for some time: silence stands there, and what comes after is in its
 * place. */
Test(slave, a_gap_is_silence_and_moves_nothing, .timeout = 30) {
    struct device d = {.ppm = 50, .random = 7};
    struct lct_slave *slave = lct_slave_create(ZERO);
    struct lct_slave_status status;
    struct result r = {.worst = 0};
    float sound[BLOCK * 2];
    double last = NAN;
    while (true_time(&d, d.samples) < 60) {
        lct_ns time = record(&d, sound);
        if (true_time(&d, d.samples) > 30 && true_time(&d, d.samples) < 33) {
            continue; /* lost on the way */
        }
        cr_assert_eq(lct_slave_push(slave, time, sound, BLOCK), 0);
        if (true_time(&d, d.samples) < 30) {
            look(slave, &r, &last);
        }
    }
    float *out = lct_new(3 * RATE * 2 * sizeof *out);
    int64_t at = lct_slave_position(slave);
    cr_assert(lct_slave_pull(slave, 3 * RATE, out));
    cr_assert_gt(silence_share(out, 3 * RATE), 0.95);
    cr_assert_lt((double)at / RATE, 30.1);
    free(out);
    struct result after = {.worst = 0};
    last = NAN;
    look(slave, &after, &last);
    cr_assert_lt(after.worst, 0.020, "%.1f ms off after the gap", after.worst * 1e3);
    lct_slave_status(slave, &status);
    cr_assert_eq(status.gaps, 1);
    cr_assert_float_eq((double)status.gap_time / LCT_SECOND, 3.0, 0.1);
    lct_slave_destroy(slave);
}

/* Lost and said so, it comes back with another crystal, as another device would. */
Test(slave, a_device_that_comes_back_begins_anew, .timeout = 30) {
    struct device one = {.ppm = 80, .random = 7}, two = {.ppm = -60, .start = 25, .random = 9};
    struct lct_slave *slave = lct_slave_create(ZERO);
    struct lct_slave_status status;
    struct result r = {.worst = 0};
    float sound[BLOCK * 2];
    double last = NAN;
    while (true_time(&one, one.samples) < 20) {
        lct_ns time = record(&one, sound);
        cr_assert_eq(lct_slave_push(slave, time, sound, BLOCK), 0);
        look(slave, &r, &last);
    }
    cr_assert_eq(lct_slave_silence(slave, ZERO + 24 * LCT_SECOND), 0);
    cr_assert_geq(lct_slave_filled_to(slave), ZERO + 24 * LCT_SECOND - LCT_MS);
    float out[BLOCK * 2];
    while (lct_slave_pull(slave, BLOCK, out)) {
    }
    while (true_time(&two, two.samples) < 400) {
        lct_ns time = record(&two, sound);
        cr_assert_eq(lct_slave_push(slave, time, sound, BLOCK), 0);
        if (true_time(&two, two.samples) > 35) {
            look(slave, &r, &last);
        } else {
            while (lct_slave_pull(slave, BLOCK, out)) {
            }
            last = NAN;
        }
    }
    cr_assert_lt(r.worst, 0.020, "%.1f ms off", r.worst * 1e3);
    cr_assert_lt(r.worst_step, 0.001, "a jump of %.2f ms", r.worst_step * 1e3);
    lct_slave_status(slave, &status);
    cr_assert_geq(status.gaps, 1);
    cr_assert_geq(lct_slave_position(slave), 399 * RATE, "the grid never stands still");
    lct_slave_destroy(slave);
}

Test(slave, drops_what_was_before_its_zero) {
    struct lct_slave *slave = lct_slave_create(ZERO);
    float sound[BLOCK * 2] = {0};
    cr_assert_eq(lct_slave_push(slave, ZERO - LCT_SECOND, sound, BLOCK), 0);
    cr_assert_eq(lct_slave_filled_to(slave), ZERO);
    cr_assert_eq(lct_slave_push(slave, ZERO + LCT_SECOND, sound, BLOCK), 0);
    cr_assert_geq(lct_slave_filled_to(slave), ZERO + LCT_SECOND);
    lct_slave_destroy(slave);
}

/* The time limit is the test: each sample may be touched a few times, not once for each block. */
Test(slave, long_silence_costs_little, .timeout = 20) {
    struct lct_slave *slave = lct_slave_create(ZERO);
    float block[2 * BLOCK];
    int64_t blocks = 0;
    for (int minute = 1; minute <= 10; minute++) {
        cr_assert_eq(lct_slave_silence(slave, ZERO + minute * 60 * LCT_SECOND), 0);
        while (lct_slave_pull(slave, BLOCK, block)) {
            blocks++;
        }
    }
    cr_expect_eq(blocks, 600 * RATE / BLOCK);
    cr_expect_eq(lct_slave_filled_to(slave), ZERO + 600 * LCT_SECOND);
    lct_slave_destroy(slave);
}

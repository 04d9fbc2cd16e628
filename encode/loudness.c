// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/loudness.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ebur128.h>

#include "base/mem.h"

#define RATE 48000
#define BLOCK 128 /* samples */
#define CEILING_DB (-2.0)

/* Blocks to either side by which the limiter is ahead of a peak, 13 ms; and how fast it lets go:
 * the part of what is missing that comes back each block, so that 63 % are back after 200 ms. */
#define AHEAD 5
#define RELEASE (BLOCK / (0.2 * RATE))

#define SILENT (-70.0)  /* LUFS: R 128's absolute gate */
#define NEAR_ENOUGH 0.1 /* LU */
#define HEARD_MAX 8     /* times */
#define SLOPE_MIN 0.1   /* LU a dB: where the limiter takes most of what is given */
#define GAIN_MAX_DB 40.0

struct lct_loudness {
    double target;
    ebur128_state *meter;
    bool measured; /* the peaks are known: what is heard now is measured as it will be */
    int heard;     /* times */
    float *peaks;  /* true peak of each block as it was, then the gain of each block */
    float *gains;
    size_t count, room; /* blocks */
    int64_t at;         /* sample */
    double before, after, gain_db;
    double step_db; /* by which gain_db was changed last; 0: not yet */
    double slope;   /* LU that a dB of it brings: 1 but for the limiter */
    bool silent;
};

static void begin_meter(struct lct_loudness *l) {
    if (l->meter) {
        ebur128_destroy(&l->meter);
    }
    int mode = l->measured ? EBUR128_MODE_I : EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK;
    l->meter = ebur128_init(2, RATE, mode);
    if (!l->meter) {
        abort(); /* a fixed size: only memory can be missing */
    }
    l->at = 0;
}

struct lct_loudness *lct_loudness_create(double target) {
    struct lct_loudness *l = lct_new(sizeof *l);
    l->target = target;
    l->slope = 1;
    begin_meter(l);
    return l;
}

void lct_loudness_destroy(struct lct_loudness *loudness) {
    if (loudness) {
        ebur128_destroy(&loudness->meter);
        free(loudness->peaks);
        free(loudness->gains);
        free(loudness);
    }
}

static int keep_peak(struct lct_loudness *l, float peak) {
    if (l->count == l->room) {
        size_t room = l->room ? 2 * l->room : 4096;
        float *more = realloc(l->peaks, room * sizeof *more);
        if (!more) {
            return -ENOMEM;
        }
        l->peaks = more;
        l->room = room;
    }
    l->peaks[l->count++] = peak;
    return 0;
}

static int add_block(struct lct_loudness *l, const float *sound) {
    double left = 0, right = 0;
    int rc = ebur128_add_frames_float(l->meter, sound, BLOCK);
    rc = rc ? rc : ebur128_prev_true_peak(l->meter, 0, &left);
    rc = rc ? rc : ebur128_prev_true_peak(l->meter, 1, &right);
    return rc ? -ENOMEM : keep_peak(l, (float)(left > right ? left : right));
}

int lct_loudness_add(struct lct_loudness *loudness, const float *sound, size_t samples) {
    float changed[2 * BLOCK];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i + BLOCK <= samples; i += BLOCK) {
        if (!loudness->measured) {
            rc = add_block(loudness, sound + 2 * i);
        } else {
            memcpy(changed, sound + 2 * i, sizeof changed);
            lct_loudness_apply(loudness, loudness->at, changed, BLOCK);
            rc = ebur128_add_frames_float(loudness->meter, changed, BLOCK) ? -ENOMEM : 0;
        }
        loudness->at += BLOCK;
    }
    return rc;
}

static double least_around(const float *values, size_t count, size_t i, size_t reach) {
    size_t from = i > reach ? i - reach : 0, to = i + reach < count ? i + reach : count - 1;
    double least = values[from];
    for (size_t k = from + 1; k <= to; k++) {
        least = values[k] < least ? values[k] : least;
    }
    return least;
}

/*
 * What a block's peak allows is allowed all around it; from there it comes back slowly; and the
 * mean over a shorter stretch makes a slope of every step. As each value under that mean is no
 * higher than any block near it allows, no peak gets through, nor between two blocks, where gains
 * are interpolated.
 */
static bool plan_gains(struct lct_loudness *l) {
    float gain = (float)pow(10, l->gain_db / 20), ceiling = (float)pow(10, CEILING_DB / 20);
    float *allowed = malloc((l->count + 1) * sizeof *allowed);
    bool limits = false;
    float last = gain;
    if (!allowed) {
        return false; /* one gain for all is left */
    }
    for (size_t i = 0; i < l->count; i++) {
        bool loud = l->peaks[i] * gain > ceiling;
        l->gains[i] = loud ? ceiling / l->peaks[i] : gain;
        limits = limits || loud;
    }
    for (size_t i = 0; i < l->count; i++) {
        float least = (float)least_around(l->gains, l->count, i, AHEAD + 2);
        float back = last + (gain - last) * (float)RELEASE;
        last = least < back ? least : back;
        allowed[i] = last;
    }
    for (size_t i = 0; i < l->count; i++) {
        size_t from = i > AHEAD ? i - AHEAD : 0;
        size_t to = i + AHEAD < l->count ? i + AHEAD : l->count - 1;
        double sum = 0;
        for (size_t k = from; k <= to; k++) {
            sum += allowed[k];
        }
        l->gains[i] = (float)(sum / (double)(to - from + 1));
    }
    free(allowed);
    return limits;
}

static double measure(struct lct_loudness *l) {
    double lufs = -HUGE_VAL;
    return ebur128_loudness_global(l->meter, &lufs) == EBUR128_SUCCESS ? lufs : -HUGE_VAL;
}

static bool settle_first(struct lct_loudness *l) {
    l->before = l->after = measure(l);
    l->measured = true;
    l->gains = malloc((l->count + 1) * sizeof *l->gains);
    l->silent = l->before <= SILENT || !l->gains;
    if (l->silent) {
        return false;
    }
    l->gain_db = fmin(l->target - l->before, GAIN_MAX_DB);
    l->after = l->before + l->gain_db;
    return plan_gains(l);
}

bool lct_loudness_settle(struct lct_loudness *loudness) {
    struct lct_loudness *l = loudness;
    bool again;
    l->heard++;
    if (!l->measured) {
        again = settle_first(l);
    } else {
        double now = measure(l), missing = l->target - now;
        if (l->step_db != 0) {
            l->slope = fmin(fmax((now - l->after) / l->step_db, SLOPE_MIN), 1);
        }
        l->after = now;
        l->step_db = fmin(missing / l->slope, GAIN_MAX_DB - l->gain_db);
        again = fabs(missing) > NEAR_ENOUGH && l->heard < HEARD_MAX && l->step_db != 0;
        if (again) {
            l->gain_db += l->step_db;
            (void)plan_gains(l);
        }
    }
    begin_meter(l);
    return again;
}

void lct_loudness_apply(const struct lct_loudness *loudness, int64_t at, float *sound,
                        size_t samples) {
    if (loudness->silent || loudness->count == 0) {
        return;
    }
    int64_t last = (int64_t)loudness->count - 1;
    for (size_t i = 0; i < samples; i++) {
        /* gains stand in the middle of their blocks */
        double place = ((double)(at + (int64_t)i) + 0.5) / BLOCK - 0.5;
        int64_t k = place <= 0 ? 0 : (int64_t)place;
        float part = place <= 0 ? 0 : (float)(place - (double)k);
        k = k > last ? last : k;
        int64_t next = k < last ? k + 1 : last;
        float gain = loudness->gains[k] + part * (loudness->gains[next] - loudness->gains[k]);
        sound[2 * i] *= gain;
        sound[2 * i + 1] *= gain;
    }
}

bool lct_loudness_result(const struct lct_loudness *loudness, double *ret_before,
                         double *ret_after) {
    *ret_before = loudness->before;
    *ret_after = loudness->after;
    return !loudness->silent;
}

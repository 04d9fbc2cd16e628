// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <math.h>

#include "encode/loudness.h"

#define RATE 48000
#define STEP 1024
#define SECONDS 6

/* A tone of 997 Hz, and each second a burst that is ten times as loud. */
static void sound_at(int64_t at, float level, float *out) {
    for (int i = 0; i < STEP; i++) {
        int64_t sample = at + i;
        float loud = sample % RATE < RATE / 50 ? 10 : 1;
        float value = loud * level * sinf((float)(sample % RATE) * (float)(2 * M_PI * 997 / RATE));
        out[2 * i] = out[2 * i + 1] = value;
    }
}

static int settle(struct lct_loudness *l, float level) {
    float sound[2 * STEP];
    int heard = 0;
    do {
        for (int64_t at = 0; at < SECONDS * RATE; at += STEP) {
            sound_at(at, level, sound);
            cr_assert_eq(lct_loudness_add(l, sound, STEP), 0);
        }
        heard++;
    } while (lct_loudness_settle(l));
    return heard;
}

static float loudest(const struct lct_loudness *l, float level) {
    float sound[2 * STEP], most = 0;
    for (int64_t at = 0; at < SECONDS * RATE; at += STEP) {
        sound_at(at, level, sound);
        lct_loudness_apply(l, at, sound, STEP);
        for (int i = 0; i < 2 * STEP; i++) {
            most = fmaxf(most, fabsf(sound[i]));
        }
    }
    return most;
}

Test(loudness, quieter_is_one_gain) {
    struct lct_loudness *l = lct_loudness_create(-30);
    double before, after;
    cr_assert_eq(settle(l, 0.05F), 1, "nothing to be limited");
    cr_assert(lct_loudness_result(l, &before, &after));
    cr_assert_float_eq(after, -30, 0.1);
    cr_assert_float_eq(loudest(l, 0.05F), 0.5 * pow(10, (-30 - before) / 20), 0.01);
    lct_loudness_destroy(l);
}

Test(loudness, louder_is_limited_and_still_so_loud) {
    struct lct_loudness *l = lct_loudness_create(-14);
    double before, after;
    cr_assert_gt(settle(l, 0.02F), 1, "what the limiter took away is made up for");
    cr_assert(lct_loudness_result(l, &before, &after));
    cr_assert_float_eq(after, -14, 0.3, "%f", after);
    cr_assert_leq(loudest(l, 0.02F), pow(10, -2.0 / 20) + 0.001, "no peak gets through");
    lct_loudness_destroy(l);
}

Test(loudness, silence_is_left_alone) {
    struct lct_loudness *l = lct_loudness_create(-16);
    double before, after;
    cr_assert_eq(settle(l, 0), 1);
    cr_assert_not(lct_loudness_result(l, &before, &after));
    cr_assert_float_eq(loudest(l, 0.1F), 1, 0.01, "as it is");
    lct_loudness_destroy(l);
}

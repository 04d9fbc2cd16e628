// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "capture/quiet.h"

#define W 1280
#define H 724 /* no multiple of 16 */
#define STRIDE 1344

static uint64_t seed = 1;

static double uniform(void) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}

static double gauss(void) { return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform()); }

static uint8_t clamp(double v) { return v < 0 ? 0 : v > 255 ? 255 : (uint8_t)(v + 0.5); }

/* A slide: paper, lines of "text", a gradient. */
static uint8_t *slide(void) {
    uint8_t *p = malloc((size_t)STRIDE * H);
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            int text = y % 40 < 18 && (x / 3 + y / 5) % 4 == 0;
            p[y * STRIDE + x] = (uint8_t)(text ? 40 : 150 + 80 * x / W);
        }
    }
    return p;
}

/* The same through an analogue way. */
static uint8_t *noisy(const uint8_t *from, double sigma) {
    uint8_t *p = malloc((size_t)STRIDE * H);
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            p[y * STRIDE + x] = clamp(from[y * STRIDE + x] + sigma * gauss());
        }
    }
    return p;
}

/* A character of 12 x 16 pixels with strokes of 2, delta darker or lighter. */
static void put_character(uint8_t *p, int x0, int y0, int delta) {
    for (int y = 0; y < 16; y++) {
        for (int x = 0; x < 12; x++) {
            if (x < 2 || x >= 10 || y == 7 || y == 8) {
                uint8_t *at = &p[(y0 + y) * STRIDE + x0 + x];
                *at = clamp(*at + delta);
            }
        }
    }
}

static unsigned changed(const uint8_t *now, const uint8_t *last) {
    return lct_quiet_changed(now, STRIDE, last, STRIDE, W, H);
}

Test(quiet, noise_on_a_still_picture_is_quiet) {
    static const double sigmas[] = {0, 0.5, 1, 2, 3};
    uint8_t *still = slide();
    for (size_t i = 0; i < sizeof sigmas / sizeof *sigmas; i++) {
        for (int n = 0; n < 3; n++) {
            uint8_t *a = noisy(still, sigmas[i]), *b = noisy(still, sigmas[i]);
            cr_expect_eq(changed(a, b), 0, "sigma %.1f: %u", sigmas[i], changed(a, b));
            free(a);
            free(b);
        }
    }
    free(still);
}

Test(quiet, one_changed_character_is_seen_wherever_it_stands) {
    uint8_t *still = slide();
    uint8_t *last = noisy(still, 2);
    for (int n = 0; n < 40; n++) {
        uint8_t *now = noisy(still, 2);
        int x = (int)(uniform() * (W - 12)), y = (int)(uniform() * (H - 16));
        put_character(now, x, y, now[(y + 8) * STRIDE + x] > 120 ? -100 : 100);
        cr_expect_neq(changed(now, last), 0, "character at %d,%d", x, y);
        free(now);
    }
    free(last);
    free(still);
}

Test(quiet, edges_and_corners_are_looked_at) {
    static const int at[][2] = {{0, 0}, {W - 12, 0}, {0, H - 16}, {W - 12, H - 16}};
    uint8_t *last = slide();
    for (size_t i = 0; i < 4; i++) {
        uint8_t *now = slide();
        put_character(now, at[i][0], at[i][1], now[8 * STRIDE] > 120 ? -60 : 60);
        cr_expect_neq(changed(now, last), 0, "corner %zu", i);
        free(now);
    }
    free(last);
}

Test(quiet, a_new_slide_and_a_slow_fade_are_seen) {
    uint8_t *last = slide(), *now = slide();
    for (size_t i = 0; i < (size_t)STRIDE * H; i++) {
        now[i] = (uint8_t)(255 - now[i]);
    }
    cr_expect_gt(changed(now, last), 900, "%u", changed(now, last));
    for (size_t i = 0; i < (size_t)STRIDE * H; i++) {
        now[i] = (uint8_t)(last[i] < 250 ? last[i] + 3 : last[i]);
    }
    cr_expect_gt(changed(now, last), 900, "brighter by 3: %u", changed(now, last));
    free(last);
    free(now);
}

Test(quiet, the_share_is_told) {
    uint8_t *last = slide(), *now = slide();
    for (int y = 0; y < H / 2; y++) {
        memset(now + (size_t)y * STRIDE, 0, W);
    }
    unsigned half = changed(now, last);
    cr_expect(half > 450 && half < 550, "%u", half);
    free(last);
    free(now);
}

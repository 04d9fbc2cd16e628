// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/hdr.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

#define STEPS 4096
/* Linear light is counted in diffuse white; HLG is shown as on a display of 1000 cd/m2 (BT.2100
 * table 5), and PQ that is brighter is rare. */
#define WHITE_NITS 203.0
#define PEAK_NITS 1000.0
#define PEAK (float)(PEAK_NITS / WHITE_NITS)
/* From here on brightness is compressed: diffuse white comes to 0.85 of the most that is shown. */
#define KNEE 0.6F

struct lct_hdr {
    enum lct_hdr_kind kind;
    float light[STEPS];    /* by signal: linear light, of HLG the scene's */
    float ootf[STEPS];     /* of HLG, by the square root of luminance: what the display adds */
    float shrink[STEPS];   /* by the square root of the brightest colour through PEAK */
    uint8_t signal[STEPS]; /* by the square root of what is shown */
};

/* BT.2100 table 5: the scene's light of a signal, both 0 to 1. */
static double hlg(double signal) {
    const double a = 0.17883277, b = 1 - 4 * a, c = 0.5 - a * log(4 * a);
    return signal <= 0.5 ? signal * signal / 3 : (exp((signal - c) / a) + b) / 12;
}

/* BT.2100 table 4 (SMPTE ST 2084): cd/m2 of a signal of 0 to 1. */
static double pq(double signal) {
    const double m1 = 2610.0 / 16384, m2 = 2523.0 / 4096 * 128, c1 = 3424.0 / 4096,
                 c2 = 2413.0 / 4096 * 32, c3 = 2392.0 / 4096 * 32;
    double p = pow(signal, 1 / m2);
    return 10000 * pow(fmax(p - c1, 0) / (c2 - c3 * p), 1 / m1);
}

/* Straight up to the knee, then ever flatter, never above 1. */
static double shown(double light) {
    return light <= KNEE ? light : KNEE + (1 - KNEE) * (1 - exp((KNEE - light) / (1 - KNEE)));
}

struct lct_hdr *lct_hdr_create(enum lct_hdr_kind kind) {
    struct lct_hdr *hdr = lct_new(sizeof *hdr);
    hdr->kind = kind;
    for (int i = 0; i < STEPS; i++) {
        double at = (double)i / (STEPS - 1), light = at * at * (double)PEAK;
        hdr->light[i] = (float)(kind == LCT_HDR_HLG ? hlg(at) : pq(at) / WHITE_NITS);
        hdr->ootf[i] = (float)(pow(at * at, 0.2) * (double)PEAK); /* gamma 1.2 */
        hdr->shrink[i] = (float)(i == 0 ? 1 : shown(light) / light);
        hdr->signal[i] = (uint8_t)lround(255 * pow(at * at, 1 / 2.4)); /* BT.1886 */
    }
    return hdr;
}

void lct_hdr_destroy(struct lct_hdr *hdr) { free(hdr); }

/* Entry of a table by square root; part is 0 to 1, or a little more by rounding. */
static size_t entry(float part) {
    size_t i = (size_t)(sqrtf(part) * (STEPS - 1) + 0.5F);
    return i < STEPS ? i : STEPS - 1;
}

static void map_one(const struct lct_hdr *hdr, const uint16_t *from, uint8_t *to) {
    float r = hdr->light[from[0] >> 4], g = hdr->light[from[1] >> 4], b = hdr->light[from[2] >> 4];
    float display = 1;
    if (hdr->kind == LCT_HDR_HLG) {
        display = hdr->ootf[entry(0.2627F * r + 0.6780F * g + 0.0593F * b)];
    }
    /* BT.2087 annex 1, the other way: BT.2020 to BT.709; what that cannot show is cut off */
    const float light[3] = {
        fmaxf(0, display * (1.6605F * r - 0.5876F * g - 0.0728F * b)),
        fmaxf(0, display * (-0.1246F * r + 1.1329F * g - 0.0083F * b)),
        fmaxf(0, display * (-0.0182F * r - 0.1006F * g + 1.1187F * b)),
    };
    float most = fmaxf(light[0], fmaxf(light[1], light[2]));
    float shrink = most > PEAK ? 1 / most : hdr->shrink[entry(most / PEAK)];
    for (int i = 0; i < 3; i++) {
        to[i] = hdr->signal[entry(light[i] * shrink)];
    }
}

void lct_hdr_map(const struct lct_hdr *hdr, const uint16_t *from, uint8_t *to, size_t n) {
    for (size_t i = 0; i < n; i++) {
        map_one(hdr, from + 3 * i, to + 3 * i);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/hdr.h"

#include <criterion/criterion.h>

/* What a grey (or a colour) of signals 0 to 1 is mapped to. */
static void map(enum lct_hdr_kind kind, double r, double g, double b, uint8_t ret[3]) {
    const uint16_t from[3] = {(uint16_t)(r * 65535), (uint16_t)(g * 65535), (uint16_t)(b * 65535)};
    struct lct_hdr *hdr = lct_hdr_create(kind);
    lct_hdr_map(hdr, from, ret, 1);
    lct_hdr_destroy(hdr);
}

/* Signals of BT.2408 tables 1 and 2: grey of 18 % is 26 cd/m2, white paper 203. */
Test(hdr, greys_are_where_they_belong) {
    static const struct {
        enum lct_hdr_kind kind;
        double signal;
        int is;
    } known[] = {
        {LCT_HDR_HLG, 0, 0},      {LCT_HDR_HLG, 0.38, 108}, {LCT_HDR_HLG, 0.75, 239},
        {LCT_HDR_HLG, 1, 255},    {LCT_HDR_PQ, 0, 0},       {LCT_HDR_PQ, 0.38, 108},
        {LCT_HDR_PQ, 0.581, 239}, {LCT_HDR_PQ, 1, 255},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint8_t got[3];
        map(known[i].kind, known[i].signal, known[i].signal, known[i].signal, got);
        for (int c = 0; c < 3; c++) {
            cr_assert(got[c] >= known[i].is - 2 && got[c] <= known[i].is + 2, "%zu: %d, not %d", i,
                      got[c], known[i].is);
        }
    }
}

Test(hdr, brighter_is_never_darker) {
    for (int kind = LCT_HDR_HLG; kind <= LCT_HDR_PQ; kind++) {
        uint8_t before[3] = {0}, now[3];
        for (int i = 0; i <= 400; i++) {
            map((enum lct_hdr_kind)kind, i / 400.0, i / 400.0, i / 400.0, now);
            cr_assert(now[0] >= before[0] && now[1] >= before[1] && now[2] >= before[2], "%d", i);
            before[0] = now[0], before[1] = now[1], before[2] = now[2];
        }
    }
}

/* A colour beyond BT.709 is as much of it as there is. */
Test(hdr, colours_stay_what_they_are) {
    uint8_t red[3], sky[3];
    map(LCT_HDR_HLG, 0.6, 0, 0, red);
    cr_assert(red[0] > 150 && red[1] == 0 && red[2] == 0, "%d %d %d", red[0], red[1], red[2]);
    map(LCT_HDR_HLG, 0.5, 0.6, 0.95, sky); /* brighter than paper, and still blue */
    cr_assert(sky[2] > 250 && sky[2] > sky[1] + 40 && sky[1] > sky[0], "%d %d %d", sky[0], sky[1],
              sky[2]);
}

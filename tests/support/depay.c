// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/depay.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

void depay_begin(struct depay *d, size_t max, size_t room) {
    *d = (struct depay){.sample = lct_new(room), .room = room, .max = max};
}

void depay_end(struct depay *d) { free(d->sample); }

static void judge(struct depay *d, bool right, const char *wrong) {
    if (!right && !d->wrong) {
        d->wrong = wrong;
    }
}

static void append(struct depay *d, const uint8_t *bytes, size_t n) {
    judge(d, n <= d->room - d->n, "more came out than went in");
    if (!d->wrong && n > 0) {
        memcpy(d->sample + d->n, bytes, n);
        d->n += n;
    }
}

static void append_length(struct depay *d, size_t n) {
    uint8_t length[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    append(d, length, sizeof length);
}

static void append_unit(struct depay *d, const uint8_t *nal, size_t n) {
    judge(d, n > 0 && (nal[0] & 0x1f) > 0 && (nal[0] & 0x1f) < 24, "no NAL unit");
    append_length(d, n);
    append(d, nal, n);
}

static void take_together(struct depay *d, const uint8_t *p, size_t n) {
    struct lct_reader r = lct_reader(p + 1, n - 1);
    unsigned flags = 0, reference = 0, units = 0;
    while (lct_left(&r) > 0) {
        size_t size = lct_get_u16(&r);
        const uint8_t *nal = lct_get(&r, size);
        if (!nal || size == 0) {
            judge(d, false, "STAP-A: lengths do not fit");
            return;
        }
        append_unit(d, nal, size);
        flags |= nal[0] & 0x80U;
        reference = (nal[0] & 0x60U) > reference ? nal[0] & 0x60U : reference;
        units++;
    }
    judge(d, (p[0] & 0xe0U) == (flags | reference), "STAP-A: indicator is not the strictest");
    judge(d, units > 1, "STAP-A of one");
    d->together += units;
}

static void take_fragment(struct depay *d, const uint8_t *p, size_t n) {
    if (n < 3) {
        judge(d, false, "FU-A without a piece");
        return;
    }
    bool start = p[1] & 0x80, end = p[1] & 0x40;
    uint8_t first = (uint8_t)((p[0] & 0xe0) | (p[1] & 0x1f));
    judge(d, !(p[1] & 0x20), "FU-A: reserved bit");
    judge(d, !(start && end), "FU-A of one");
    judge(d, start == (d->step == 0), "FU-A: not where the last one left");
    judge(d, !d->shorter && (start || n - 2 <= d->step), "FU-A: pieces of unequal size");
    if (start) {
        d->unit = d->n;
        d->step = n - 2;
        append_length(d, 0);
        append(d, &first, 1);
        d->fragmented++;
    }
    d->shorter = n - 2 < d->step;
    append(d, p + 2, n - 2);
    if (d->wrong) {
        return;
    }
    judge(d, d->sample[d->unit + 4] == first, "FU-A: another unit's piece");
    if (end) {
        size_t size = d->n - d->unit - 4, after = d->n;
        d->n = d->unit;
        append_length(d, size);
        d->n = after;
        d->step = 0;
        d->shorter = false;
    }
}

void depay_payload(void *arg, const uint8_t *head, size_t head_n, const uint8_t *body,
                   size_t body_n, bool last) {
    struct depay *d = arg;
    size_t n = head_n + body_n;
    judge(d, n > 0 && n <= d->max, "payload of wrong size");
    judge(d, !d->ended, "a payload after the last");
    d->payloads++;
    d->ended = last;
    if (d->wrong) {
        return;
    }
    LCT_FREE uint8_t *p = lct_new(n);
    if (head_n > 0) {
        memcpy(p, head, head_n);
    }
    memcpy(p + head_n, body, body_n);
    judge(d, d->step == 0 || (p[0] & 0x1f) == 28, "something within an FU-A");
    if ((p[0] & 0x1f) == 28) {
        take_fragment(d, p, n);
    } else if ((p[0] & 0x1f) == 24) {
        take_together(d, p, n);
    } else {
        append_unit(d, p, n);
    }
    judge(d, !last || d->step == 0, "the end within an FU-A");
}

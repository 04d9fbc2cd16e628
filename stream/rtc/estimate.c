// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/rtc/estimate.h"

#include <string.h>

/* Arrivals are judged in spans of so long, us: ten pictures; and of so many packets, lost or not.
 */
#define SPAN_US 300000
#define SPAN_PACKETS 10
/* So many spans one behind the other make it sure; together they are less than a second. */
#define OVER_SURE 2
/* A queue that loses more than this runs over. */
#define OVERFLOW 0.05
/* The fastest packet is remembered once to twice so long, us, and the trains once: longer than a
 * queue is let stand, shorter than clocks drift by a millisecond. */
#define MEMORY_US 10000000
/* Of a full line's rate so much is used: the rest lets the queue run empty. */
#define SHARE_USED 0.85
/* Growth a second on a clean line, after it has been clean for so long. */
#define GROWTH 0.08
#define GROWTH_AFTER LCT_SECOND
/* Packets that leave within so long are a train, us; fewer tell nothing. */
#define TRAIN_US 1000
#define TRAIN_PACKETS 4
/* A faster train moves the width up by so much, a slower one down: where one in five is faster,
 * both weigh the same. */
#define WIDTH_UP 1.25
#define WIDTH_DOWN (1 / 1.06)
/* While a sender is silent for so long a queue may have run empty, us. */
#define PAUSE_US 150000
/* Arrivals further apart, or back by half of it, are those of another line, or of a liar, us. */
#define JUMP_US 2000000
/* REMB and reports are believed after so long. */
#define DOUBT_MAX (2 * LCT_SECOND)
/* Feedback that is older than this is no more than none. */
#define DEAF_AFTER (5 * LCT_SECOND)

static uint32_t limited(double bps) {
    return bps < LCT_ESTIMATE_MIN   ? LCT_ESTIMATE_MIN
           : bps > LCT_ESTIMATE_MAX ? LCT_ESTIMATE_MAX
                                    : (uint32_t)bps;
}

static double rate(uint32_t bytes, int64_t us) {
    return us > 0 ? (double)bytes * 8e6 / (double)us : LCT_ESTIMATE_MAX;
}

/* Both wrap: only differences count. */
static int32_t later(uint32_t a, uint32_t b) { return (int32_t)(a - b); }

static uint32_t earlier_of(uint32_t a, uint32_t b) { return later(a, b) < 0 ? a : b; }

void lct_estimate_begin(struct lct_estimate *e, lct_ns now) {
    *e = (struct lct_estimate){.bps = LCT_ESTIMATE_MAX,
                               .clean = now,
                               .heard = LCT_NS_NONE,
                               .doubtful = LCT_NS_NONE,
                               .sent_from = now,
                               .newest = INT64_MIN};
}

void lct_estimate_sent(struct lct_estimate *e, int number, size_t n, lct_ns now) {
    if (number != LCT_ESTIMATE_NO_NUMBER) {
        e->packets[number % LCT_ESTIMATE_PACKETS] =
            (struct lct_estimate_packet){(uint32_t)(now / LCT_US), (uint16_t)number, (uint16_t)n};
    }
    if (now - e->sent_from >= LCT_SECOND) {
        e->sent_bps = (uint32_t)rate(e->sent_bytes, (now - e->sent_from) / LCT_US);
        e->sent_from = now;
        e->sent_bytes = 0;
    }
    e->sent_bytes += (uint32_t)n;
}

static void too_much(struct lct_estimate *e, double carried) {
    uint32_t bps = limited(carried * SHARE_USED);
    e->bps = bps < e->bps ? bps : e->bps;
    e->clean = LCT_NS_NONE;
}

static bool knows_width(const struct lct_estimate *e) {
    return e->width > 0 && e->newest - e->width_at < MEMORY_US;
}

/* The line is clean, for so long more. One that was never seen narrow is left at the most. */
static void grow(struct lct_estimate *e, int64_t us, lct_ns now) {
    e->clean = e->clean == LCT_NS_NONE ? now : e->clean;
    double step = GROWTH * (double)us / 1e6;
    bool wider = !knows_width(e) || e->bps < e->width;
    if (now - e->clean >= GROWTH_AFTER && e->bps < LCT_ESTIMATE_MAX) {
        e->bps = limited(e->bps * (wider ? 1 + step : 1 - step));
    }
}

/* So much longer than the fastest of late nothing waits but in a queue. */
static bool is_queued(const struct lct_estimate *e, uint32_t delay) {
    uint32_t least = earlier_of(e->delay[0], e->delay[1]);
    return later(delay, least) > LCT_ESTIMATE_QUEUE / LCT_US;
}

/* Even what waited least in this span waited long. */
static bool has_queue(const struct lct_estimate *e) {
    return e->span.got > 0 && is_queued(e, e->span.delay);
}

/* A span is over. */
static void judge(struct lct_estimate *e, lct_ns now) {
    struct lct_estimate_span *span = &e->span;
    int64_t us = e->newest - span->from;
    double carried = rate(span->bytes, us);
    double left = rate(span->bytes, later(span->sent, span->sent_from));
    double lost = (double)span->lost / (span->lost + span->got);
    bool queue = has_queue(e);
    e->loss += (lost - e->loss) / 8;
    if (queue && e->bps < LCT_ESTIMATE_MAX && left * 2 < e->bps) {
        queue = false; /* who sends half of what the line carries makes no queue: it is longer */
        e->delay[0] = e->delay[1] = span->delay;
    }
    e->over = queue && lost > OVERFLOW               ? OVER_SURE
              : queue || e->loss > LCT_ESTIMATE_LOSS ? e->over + 1
                                                     : 0;
    if (e->over >= OVER_SURE) {
        too_much(e, carried);
    } else if (e->over == 0) {
        grow(e, us, now);
    }
}

static void end_train(struct lct_estimate *e) {
    const struct lct_estimate_train *train = &e->train;
    if (train->got >= TRAIN_PACKETS) {
        uint32_t bps = limited(rate(train->bytes, train->to - train->from));
        uint32_t up = limited(e->width * WIDTH_UP), down = limited(e->width * WIDTH_DOWN);
        e->width = !knows_width(e) ? bps : bps > up ? up : bps < down ? down : bps;
        e->width_at = train->to;
    }
    e->train.got = 0;
}

static void take_train(struct lct_estimate *e, const struct lct_estimate_packet *p, int64_t at) {
    struct lct_estimate_train *train = &e->train;
    if (p->number != train->next || later(p->sent, train->sent) > TRAIN_US) {
        end_train(e);
    }
    if (train->got == 0) {
        *train = (struct lct_estimate_train){.sent = p->sent, .from = at};
    } else {
        train->bytes += p->bytes;
    }
    train->got++;
    train->next = (uint16_t)(p->number + 1);
    train->to = at;
}

static void remember(struct lct_estimate *e, uint32_t delay, int64_t at) {
    if (at - e->delay_from > MEMORY_US) {
        e->delay[1] = e->delay[0];
        e->delay[0] = delay;
        e->delay_from = at;
    }
    e->delay[0] = earlier_of(delay, e->delay[0]);
}

static void take(struct lct_estimate *e, const struct lct_estimate_packet *p, int64_t at,
                 lct_ns now) {
    struct lct_estimate_span *span = &e->span;
    uint32_t delay = (uint32_t)at - p->sent;
    if (e->newest == INT64_MIN || at - e->newest > JUMP_US || e->newest - at > JUMP_US / 2) {
        *span = (struct lct_estimate_span){0};
        e->train.got = 0;
        e->over = 0;
        e->delay[0] = e->delay[1] = delay;
        e->delay_from = at;
        e->newest = at;
    }
    e->newest = at > e->newest ? at : e->newest;
    remember(e, delay, at);
    take_train(e, p, at);
    bool paused = span->got > 0 && later(p->sent, span->sent) > PAUSE_US;
    if (paused && has_queue(e) && !is_queued(e, delay)) {
        *span = (struct lct_estimate_span){0}; /* the line stood idle: it carries more than came */
    }
    if (span->got == 0) {
        span->from = at;
        span->sent_from = p->sent;
        span->delay = delay;
    } else {
        span->bytes += p->bytes;
        span->delay = earlier_of(delay, span->delay);
    }
    span->got++;
    span->sent = p->sent;
    if (e->newest - span->from >= SPAN_US && span->got + span->lost >= SPAN_PACKETS) {
        judge(e, now);
        *span = (struct lct_estimate_span){
            .from = e->newest, .sent_from = p->sent, .sent = p->sent, .got = 1, .delay = delay};
    }
}

void lct_estimate_feedback(struct lct_estimate *e, const struct lct_rtcp_feedback *feedback,
                           lct_ns now) {
    e->heard = now;
    e->doubtful = LCT_NS_NONE;
    for (size_t i = 0; i < feedback->count; i++) {
        uint16_t number = (uint16_t)(feedback->base + i);
        struct lct_estimate_packet *p = &e->packets[number % LCT_ESTIMATE_PACKETS];
        if (p->number != number || p->bytes == 0) {
            continue;
        }
        if (feedback->received[i]) {
            take(e, p, feedback->arrival_us[i], now);
        } else {
            e->span.lost++;
        }
        p->bytes = 0;
    }
}

/* By word alone: doubted first. */
static void doubt(struct lct_estimate *e, bool much, double carried, lct_ns now) {
    if (e->heard != LCT_NS_NONE && now - e->heard < DEAF_AFTER) {
        return;
    }
    if (!much) {
        int64_t us =
            e->doubtful == LCT_NS_NONE ? LCT_SECOND / LCT_US : 0; /* they come each second */
        e->doubtful = LCT_NS_NONE;
        grow(e, us, now);
        return;
    }
    e->doubtful = e->doubtful == LCT_NS_NONE ? now : e->doubtful;
    if (now - e->doubtful >= DOUBT_MAX) {
        too_much(e, carried);
    }
}

void lct_estimate_remb(struct lct_estimate *e, uint64_t bps, lct_ns now) {
    if (bps >= LCT_ESTIMATE_MIN && bps <= LCT_ESTIMATE_MAX) {
        doubt(e, (double)bps < e->sent_bps, (double)bps, now);
    }
}

void lct_estimate_loss(struct lct_estimate *e, uint8_t share, lct_ns now) {
    double lost = share / 256.0;
    doubt(e, lost > LCT_ESTIMATE_LOSS, e->sent_bps * (1 - lost), now);
}

uint32_t lct_estimate_bps(const struct lct_estimate *e) { return e->bps; }

bool lct_estimate_is_pressed(const struct lct_estimate *e) { return e->over > 0 || has_queue(e); }

lct_ns lct_estimate_clean(const struct lct_estimate *e, lct_ns now) {
    return e->clean == LCT_NS_NONE ? 0 : now - e->clean + 1;
}

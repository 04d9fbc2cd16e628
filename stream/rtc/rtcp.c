// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/rtc/rtcp.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/bytes.h"

/* Packet types, and of the two kinds of feedback the formats (FMT) that are read. */
enum {
    SENDER_REPORT = 200,
    RECEIVER_REPORT = 201,
    DESCRIPTION = 202,
    GOODBYE = 203,
    TRANSPORT_FEEDBACK = 205,
    PAYLOAD_FEEDBACK = 206,
};
enum { NACK = 1, TRANSPORT_WIDE = 15 };
enum { PICTURE_LOSS = 1, FULL_INTRA = 4, APPLICATION = 15 };

#define SSRC_BYTES 4U
#define SENDER_BYTES 20U /* NTP and RTP time, counts */
#define BLOCK_BYTES 24U
#define NACK_BYTES 4U
#define INTRA_BYTES 8U
#define CNAME 1U
#define CNAME_MAX 255U
#define REMB 0x52454d42U /* "REMB" */

#define TICK_US 250 /* of a receive delta */
#define REFERENCE_US 64000

/* Seconds from 1900, where NTP begins, to 1970. */
#define NTP_TO_UNIX INT64_C(2208988800)

struct packet {
    unsigned count; /* RC, SC or FMT: the five bits beside the version */
    unsigned type;
    struct lct_reader body;
};

/* Takes the next packet off a compound one, without its padding. */
static bool next_packet(struct lct_reader *r, struct packet *ret_packet) {
    unsigned first = lct_get_u8(r);
    unsigned type = lct_get_u8(r);
    size_t n = 4U * (size_t)lct_get_u16(r);
    const uint8_t *body = lct_get(r, n);
    if (!body || first >> 6 != 2) {
        return false;
    }
    if (first & 0x20) { /* not always whole words: browsers fill up feedback by less */
        size_t padding = n > 0 ? body[n - 1] : 0;
        if (padding == 0 || padding > n) {
            return false;
        }
        n -= padding;
    }
    *ret_packet = (struct packet){first & 0x1f, type, lct_reader(body, n)};
    return true;
}

/* Sign of a number of bits bits. */
static int32_t extend(uint32_t value, unsigned bits) {
    uint32_t sign = UINT32_C(1) << (bits - 1);
    return (int32_t)((value ^ sign) - sign);
}

static bool read_blocks(struct packet *p, size_t before, const struct lct_rtcp_events *events,
                        void *arg) {
    struct lct_reader *r = &p->body;
    if (!lct_get(r, before) || lct_left(r) < p->count * BLOCK_BYTES) {
        return false;
    }
    for (unsigned i = 0; i < p->count; i++) {
        struct lct_rtcp_block block;
        block.ssrc = lct_get_u32(r);
        block.lost_share = lct_get_u8(r);
        block.lost = extend((uint32_t)lct_get_be(r, 3), 24);
        block.highest = lct_get_u32(r);
        block.jitter = lct_get_u32(r);
        block.last_report = lct_get_u32(r);
        block.since_report = lct_get_u32(r);
        if (events->block) {
            events->block(arg, &block);
        }
    }
    return true;
}

static bool read_goodbye(struct packet *p, const struct lct_rtcp_events *events, void *arg) {
    bool whole = lct_get(&p->body, p->count * SSRC_BYTES) != NULL;
    if (whole && p->count > 0 && events->bye) {
        events->bye(arg);
    }
    return whole;
}

/* Pairs of a sequence number and a mask of the 16 behind it (RFC 4585 sec. 6.2.1). */
static bool read_nack(struct lct_reader *r, uint32_t ssrc, const struct lct_rtcp_events *events,
                      void *arg) {
    uint16_t sequences[LCT_RTCP_NACKS_MAX];
    size_t n = 0;
    if (lct_left(r) == 0 || lct_left(r) % NACK_BYTES != 0) {
        return false;
    }
    while (lct_left(r) > 0) {
        unsigned first = lct_get_u16(r);
        uint32_t mask = (uint32_t)lct_get_u16(r) << 1 | 1;
        for (unsigned i = 0; i <= 16; i++) {
            if (mask >> i & 1 && n < LCT_RTCP_NACKS_MAX) {
                sequences[n++] = (uint16_t)(first + i);
            }
        }
    }
    if (events->nack) {
        events->nack(arg, ssrc, sequences, n);
    }
    return true;
}

/* Status chunks: a run of 13 bits of length and one symbol, or a vector of 14 symbols of one bit or
 * 7 of two. */
static size_t chunk_symbols(unsigned chunk) {
    return !(chunk & 0x8000) ? chunk & 0x1fff : chunk & 0x4000 ? 7 : 14;
}

static uint8_t chunk_symbol(unsigned chunk, size_t i) {
    unsigned bits = !(chunk & 0x8000)  ? chunk >> 13 & 3
                    : (chunk & 0x4000) ? chunk >> (12 - 2 * i) & 3
                                       : chunk >> (13 - i) & 1;
    return (uint8_t)bits;
}

/* Reads the status of count packets; that of the first max is kept. */
static void read_symbols(struct lct_reader *r, size_t count, size_t max, uint8_t *symbols) {
    size_t at = 0;
    while (at < count && !r->failed) {
        unsigned chunk = lct_get_u16(r);
        size_t n = chunk_symbols(chunk);
        for (size_t i = 0; i < n && at + i < max; i++) {
            symbols[at + i] = chunk_symbol(chunk, i);
        }
        at += n;
    }
}

static bool read_transport_wide(struct lct_reader *r, const struct lct_rtcp_events *events,
                                void *arg) {
    uint8_t symbols[LCT_RTCP_FEEDBACK_MAX];
    bool received[LCT_RTCP_FEEDBACK_MAX];
    int64_t arrival[LCT_RTCP_FEEDBACK_MAX];
    struct lct_rtcp_feedback feedback = {.received = received, .arrival_us = arrival};
    feedback.base = (uint16_t)lct_get_u16(r);
    size_t count = lct_get_u16(r);
    int64_t now = (int64_t)extend((uint32_t)lct_get_be(r, 3), 24) * REFERENCE_US;
    feedback.number = lct_get_u8(r);
    feedback.count = (uint16_t)(count < LCT_RTCP_FEEDBACK_MAX ? count : LCT_RTCP_FEEDBACK_MAX);
    read_symbols(r, count, feedback.count, symbols);
    for (size_t i = 0; i < feedback.count && !r->failed; i++) {
        switch (symbols[i]) {
        case 0:
            break;
        case 1:
            now += lct_get_u8(r) * TICK_US;
            break;
        case 2:
            now += extend(lct_get_u16(r), 16) * TICK_US;
            break;
        default: /* reserved: what follows cannot be read */
            return false;
        }
        received[i] = symbols[i] != 0;
        arrival[i] = received[i] ? now : 0;
    }
    if (r->failed || count == 0) {
        return false;
    }
    if (events->feedback) {
        events->feedback(arg, &feedback);
    }
    return true;
}

/* RFC 5104 sec. 4.3.1: whose key frame is wanted stands in the entries. */
static bool read_full_intra(struct lct_reader *r, const struct lct_rtcp_events *events, void *arg) {
    if (lct_left(r) == 0 || lct_left(r) % INTRA_BYTES != 0) {
        return false;
    }
    while (lct_left(r) > 0) {
        uint32_t ssrc = lct_get_u32(r);
        (void)lct_get_u32(r); /* number of the request; who asks twice is answered once elsewhere */
        if (events->key) {
            events->key(arg, ssrc);
        }
    }
    return true;
}

/* draft-alvestrand-rmcat-remb-03 sec. 2.2: 6 bits of exponent, 18 of mantissa. */
static bool read_application(struct lct_reader *r, const struct lct_rtcp_events *events,
                             void *arg) {
    if (lct_get_u32(r) != REMB) {
        return true;
    }
    size_t ssrcs = lct_get_u8(r);
    uint32_t number = (uint32_t)lct_get_be(r, 3);
    uint64_t mantissa = number & 0x3ffff;
    unsigned exponent = number >> 18;
    if (!lct_get(r, ssrcs * SSRC_BYTES) || mantissa > UINT64_MAX >> exponent) {
        return false;
    }
    if (events->estimate) {
        events->estimate(arg, mantissa << exponent);
    }
    return true;
}

static bool read_feedback(struct packet *p, const struct lct_rtcp_events *events, void *arg) {
    struct lct_reader *r = &p->body;
    (void)lct_get_u32(r); /* who says it */
    uint32_t ssrc = lct_get_u32(r);
    if (r->failed) {
        return false;
    }
    bool transport = p->type == TRANSPORT_FEEDBACK;
    if (transport && p->count == NACK) {
        return read_nack(r, ssrc, events, arg);
    }
    if (transport && p->count == TRANSPORT_WIDE) {
        return read_transport_wide(r, events, arg);
    }
    if (!transport && p->count == FULL_INTRA) {
        return read_full_intra(r, events, arg);
    }
    if (!transport && p->count == APPLICATION) {
        return read_application(r, events, arg);
    }
    if (!transport && p->count == PICTURE_LOSS && events->key) {
        events->key(arg, ssrc);
    }
    return true;
}

static bool read_packet(struct packet *p, const struct lct_rtcp_events *events, void *arg) {
    switch (p->type) {
    case SENDER_REPORT:
        return read_blocks(p, SSRC_BYTES + SENDER_BYTES, events, arg);
    case RECEIVER_REPORT:
        return read_blocks(p, SSRC_BYTES, events, arg);
    case GOODBYE:
        return read_goodbye(p, events, arg);
    case TRANSPORT_FEEDBACK:
    case PAYLOAD_FEEDBACK:
        return read_feedback(p, events, arg);
    default:
        return true;
    }
}

int lct_rtcp_read(const uint8_t *bytes, size_t n, const struct lct_rtcp_events *events, void *arg) {
    struct lct_reader r = lct_reader(bytes, n);
    if (n == 0 || n > LCT_RTCP_MAX) {
        return -EBADMSG;
    }
    while (lct_left(&r) > 0) {
        struct packet packet;
        if (!next_packet(&r, &packet) || !read_packet(&packet, events, arg)) {
            return -EBADMSG;
        }
    }
    return 0;
}

static void put_head(struct lct_writer *w, unsigned count, unsigned type, size_t body_n) {
    lct_put_u8(w, 2U << 6 | count);
    lct_put_u8(w, type);
    lct_put_u16(w, (unsigned)(body_n / 4));
}

size_t lct_rtcp_write_report(uint8_t *out, size_t size, const struct lct_rtcp_report *report) {
    size_t name = strlen(report->cname);
    size_t items = (2 + name + 1 + 3) / 4 * 4; /* a zero ends them, more fill up the word */
    struct lct_writer w = lct_writer(out, size);
    assert(name > 0 && name <= CNAME_MAX);
    put_head(&w, 0, SENDER_REPORT, SSRC_BYTES + SENDER_BYTES);
    lct_put_u32(&w, report->ssrc);
    lct_put_u64(&w, report->ntp);
    lct_put_u32(&w, report->timestamp);
    lct_put_u32(&w, report->packets);
    lct_put_u32(&w, report->bytes);
    put_head(&w, 1, DESCRIPTION, SSRC_BYTES + items);
    lct_put_u32(&w, report->ssrc);
    lct_put_u8(&w, CNAME);
    lct_put_u8(&w, (unsigned)name);
    lct_put(&w, report->cname, name);
    lct_put_zeros(&w, items - 2 - name);
    return w.failed ? 0 : w.at;
}

uint64_t lct_rtcp_ntp(lct_ns wall) {
    uint64_t since_1900 = (uint64_t)(wall + NTP_TO_UNIX * LCT_SECOND);
    uint64_t second = (uint64_t)LCT_SECOND;
    return since_1900 / second << 32 | (since_1900 % second << 32) / second;
}

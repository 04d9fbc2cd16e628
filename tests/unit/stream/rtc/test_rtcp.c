// SPDX-License-Identifier: GPL-3.0-or-later
/* Packets by hand, byte for byte as the RFCs have them; and what GStreamer writes and reads. */
#include <criterion/criterion.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <gst/gst.h>
#include <gst/rtp/gstrtcpbuffer.h>

#include "base/bytes.h"
#include "stream/rtc/rtcp.h"

/* ---- what was told, in words ---- */

static char told[64 << 10];
static size_t told_n;

#define TELL(...) told_n += (size_t)snprintf(told + told_n, sizeof told - told_n, __VA_ARGS__)

static void on_block(void *arg, const struct lct_rtcp_block *b) {
    (void)arg;
    TELL("block %x %u %" PRId32 " %u %u %x %u; ", b->ssrc, b->lost_share, b->lost, b->highest,
         b->jitter, b->last_report, b->since_report);
}

static void on_nack(void *arg, uint32_t ssrc, const uint16_t *sequences, size_t n) {
    (void)arg;
    TELL("nack %x", ssrc);
    for (size_t i = 0; i < n; i++) {
        TELL(" %u", sequences[i]);
    }
    TELL("; ");
}

static void on_key(void *arg, uint32_t ssrc) {
    (void)arg;
    TELL("key %x; ", ssrc);
}

static void on_estimate(void *arg, uint64_t bps) {
    (void)arg;
    TELL("estimate %" PRIu64 "; ", bps);
}

static void on_feedback(void *arg, const struct lct_rtcp_feedback *f) {
    (void)arg;
    TELL("feedback %u:", f->number);
    for (unsigned i = 0; i < f->count; i++) {
        cr_assert(f->received[i] || f->arrival_us[i] == 0);
        if (f->received[i]) {
            TELL(" %u=%" PRId64, (uint16_t)(f->base + i), f->arrival_us[i]);
        } else {
            TELL(" %u-", (uint16_t)(f->base + i));
        }
    }
    TELL("; ");
}

static void on_bye(void *arg) {
    (void)arg;
    TELL("bye; ");
}

static const struct lct_rtcp_events events = {on_block,    on_nack,     on_key,
                                              on_estimate, on_feedback, on_bye};

static int read_bytes(const uint8_t *bytes, size_t n) {
    static const struct lct_rtcp_events none = {NULL};
    told_n = 0;
    told[0] = '\0';
    int rc = lct_rtcp_read(bytes, n, &events, NULL);
    cr_assert_eq(lct_rtcp_read(bytes, n, &none, NULL), rc, "the same when nobody listens");
    return rc;
}

#define READ(...) read_bytes((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* ---- by hand ---- */

#define BLOCK                                                                                      \
    0, 0, 0, 0xaa, 128, 0xff, 0xff, 0xfe, 0, 1, 0, 2, 0, 0, 0, 90, 0xde, 0xad, 0xbe, 0xef, 0, 0,   \
        0x80, 0
#define BLOCK_SAYS "block aa 128 -2 65538 90 deadbeef 32768; "

/* RFC 3550 sec. 6.4. */
Test(rtcp, reports) {
    cr_assert_eq(READ(0x80, 201, 0, 1, 0, 0, 0, 1), 0);
    cr_assert_str_eq(told, "");
    cr_assert_eq(READ(0x81, 201, 0, 7, 0, 0, 0, 1, BLOCK), 0);
    cr_assert_str_eq(told, BLOCK_SAYS);
    cr_assert_eq(READ(0x82, 201, 0, 13, 0, 0, 0, 1, BLOCK, BLOCK), 0);
    cr_assert_str_eq(told, BLOCK_SAYS BLOCK_SAYS);
    cr_assert_eq(READ(0x81, 200, 0, 12, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4,
                      5, 5, 5, 5, BLOCK),
                 0);
    cr_assert_str_eq(told, BLOCK_SAYS);
    cr_assert_eq(READ(0x81, 201, 0, 8, 0, 0, 0, 1, BLOCK, 1, 2, 3, 4), 0, "a profile's own");
    cr_assert_str_eq(told, BLOCK_SAYS);
    cr_assert_eq(READ(0x82, 201, 0, 7, 0, 0, 0, 1, BLOCK), -EBADMSG, "one is missing");
    cr_assert_str_eq(told, "", "and none is told");
    cr_assert_eq(READ(0x9f, 201, 0, 1, 0, 0, 0, 1), -EBADMSG);
    cr_assert_eq(READ(0x80, 201, 0, 0), -EBADMSG);
    cr_assert_eq(READ(0x80, 200, 0, 1, 0, 0, 0, 1), -EBADMSG);
}

/* RFC 4585 sec. 6.2.1: reduced size too (RFC 5506), since nothing stands before it. */
Test(rtcp, nack) {
    cr_assert_eq(READ(0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 9, 0x12, 0x34, 0, 0), 0);
    cr_assert_str_eq(told, "nack 9 4660; ");
    cr_assert_eq(READ(0x81, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 9, 0xff, 0xfe, 0x80, 0x03, 0, 5, 0, 1),
                 0);
    cr_assert_str_eq(told, "nack 9 65534 65535 0 14 5 6; ");
    cr_assert_eq(READ(0x81, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9), -EBADMSG, "asks for nothing");
    cr_assert_eq(READ(0x81, 205, 0, 1, 0, 0, 0, 1), -EBADMSG);
    cr_assert_eq(READ(0xa1, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 9, 0, 1, 0, 0, 0, 2, 0, 4), 0,
                 "padding is no request");
    cr_assert_str_eq(told, "nack 9 1; ");
    cr_assert_eq(READ(0xa1, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 9, 0, 1, 0, 0, 0, 2, 0, 3), -EBADMSG,
                 "part of an entry");
    cr_assert_eq(READ(0x82, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 9, 0, 1, 0, 0), 0, "another format");
    cr_assert_str_eq(told, "");
}

static size_t asked;

static void count_nack(void *arg, uint32_t ssrc, const uint16_t *sequences, size_t n) {
    cr_assert(arg == &asked && ssrc == 9);
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(sequences[i], i / 17 * 32 + i % 17);
    }
    asked = n;
}

Test(rtcp, a_storm_of_nacks_is_cut) {
    static const struct lct_rtcp_events storm = {.nack = count_nack};
    uint8_t bytes[LCT_RTCP_MAX + 4] = {0};
    struct lct_writer w = lct_writer(bytes, sizeof bytes);
    lct_put(&w, (const uint8_t[]){0x81, 205, 1, 118, 0, 0, 0, 1, 0, 0, 0, 9}, 12);
    for (unsigned first = 0; w.at < LCT_RTCP_MAX; first += 32) {
        lct_put_u16(&w, first);
        lct_put_u16(&w, 0xffff);
    }
    cr_assert_eq(lct_rtcp_read(bytes, LCT_RTCP_MAX, &storm, &asked), 0);
    cr_assert_eq(asked, LCT_RTCP_NACKS_MAX);
    memcpy(bytes + LCT_RTCP_MAX, (const uint8_t[]){0x80, 204, 0, 0}, 4);
    cr_assert_eq(lct_rtcp_read(bytes, sizeof bytes, &storm, &asked), -EBADMSG, "too long");
}

/* RFC 4585 sec. 6.3.1, RFC 5104 sec. 4.3.1. */
Test(rtcp, wants_of_a_key_frame) {
    cr_assert_eq(READ(0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9), 0);
    cr_assert_str_eq(told, "key 9; ");
    cr_assert_eq(READ(0x81, 206, 0, 1, 0, 0, 0, 1), -EBADMSG);
    cr_assert_eq(READ(0x84, 206, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 7, 0, 0, 0, 0, 0, 0, 10,
                      1, 0, 0, 0),
                 0);
    cr_assert_str_eq(told, "key 9; key a; ");
    cr_assert_eq(READ(0x84, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9), -EBADMSG);
    cr_assert_eq(READ(0x84, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0), -EBADMSG);
    cr_assert_eq(READ(0x82, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 9, 1, 2, 3, 4), 0, "a lost slice");
    cr_assert_str_eq(told, "");
}

#define REMB(ssrcs, a, b, c)                                                                       \
    0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', ssrcs, a, b, c, 0, 0, 0, 9

Test(rtcp, estimate) {
    cr_assert_eq(READ(REMB(1, 0x03, 0xff, 0xff)), 0);
    cr_assert_str_eq(told, "estimate 262143; ");
    cr_assert_eq(READ(REMB(1, 0x0a, 0xdc, 0x6c)), 0);
    cr_assert_str_eq(told, "estimate 750000; ");
    cr_assert_eq(READ(REMB(1, 0x00, 0x00, 0x00)), 0);
    cr_assert_str_eq(told, "estimate 0; ");
    cr_assert_eq(READ(REMB(1, 46 << 2 | 3, 0xff, 0xff)), 0, "the largest there is");
    cr_assert_str_eq(told, "estimate 18446673704965373952; ");
    cr_assert_eq(READ(REMB(1, 47 << 2 | 3, 0xff, 0xff)), -EBADMSG, "no number for it");
    cr_assert_eq(READ(REMB(1, 0xff, 0xff, 0xff)), -EBADMSG);
    cr_assert_eq(READ(REMB(0, 0x00, 0x00, 0x01)), 0);
    cr_assert_eq(READ(REMB(2, 0x00, 0x00, 0x01)), -EBADMSG, "of two, one is missing");
    cr_assert_eq(READ(REMB(255, 0x00, 0x00, 0x01)), -EBADMSG);
    cr_assert_eq(READ(0x8f, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B'), -EBADMSG);
    cr_assert_eq(READ(0x8f, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'X'), 0);
    cr_assert_eq(READ(0x8f, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0), 0, "nobody knows whose");
    cr_assert_str_eq(told, "");
}

#define WIDE(words, ...) 0x8f, 205, 0, words, 0, 0, 0, 1, 0, 0, 0, 9, __VA_ARGS__

/* draft-holmer-rmcat-transport-wide-cc-extensions-01 sec. 3.1. */
Test(rtcp, feedback_in_runs) {
    cr_assert_eq(READ(WIDE(6, 0xff, 0xfe, 0, 5, 0, 0, 2, 77, 0x20, 3, 0, 2, 0, 4, 255, 0)), 0);
    cr_assert_str_eq(told, "feedback 77: 65534=128000 65535=129000 0=192750 1- 2-; ");
    cr_assert_eq(READ(WIDE(5, 0, 7, 0, 1, 0xff, 0xff, 0xff, 0, 0x5f, 0xff, 0xff, 0xff)), 0,
                 "a run that is longer than the count; negative");
    cr_assert_str_eq(told, "feedback 0: 7=-64250; ");
    cr_assert_eq(READ(WIDE(6, 0, 7, 0, 1, 0x7f, 0xff, 0xff, 0, 0, 0, 0x40, 1, 0x7f, 0xff, 0, 0)), 0,
                 "a run of none; the farthest there is");
    cr_assert_str_eq(told, "feedback 0: 7=536879039750; ");
}

Test(rtcp, feedback_in_vectors) {
    cr_assert_eq(READ(WIDE(6, 0, 1, 0, 14, 0, 0, 1, 1, 0xa0, 0x01, 4, 8, 0, 0, 0, 0)), 0,
                 "one bit each");
    cr_assert_str_eq(told,
                     "feedback 1: 1=65000 2- 3- 4- 5- 6- 7- 8- 9- 10- 11- 12- 13- 14=67000; ");
    cr_assert_eq(READ(WIDE(6, 0, 1, 0, 7, 0, 0, 1, 1, 0xd8, 0x12, 4, 0xff, 0xf8, 4, 0x10, 0)), 0,
                 "two bits each");
    cr_assert_str_eq(told, "feedback 1: 1=65000 2=63000 3- 4- 5=64000 6- 7=1088000; ");
    cr_assert_eq(READ(WIDE(6, 0, 1, 0, 10, 0, 0, 1, 1, 0xc0, 0x01, 0x90, 0, 4, 8, 0, 0)), 0,
                 "two chunks, the second not whole");
    cr_assert_str_eq(told, "feedback 1: 1- 2- 3- 4- 5- 6- 7=65000 8- 9=67000 10-; ");
}

Test(rtcp, feedback_that_does_not_add_up) {
    cr_assert_eq(READ(WIDE(4, 0, 1, 0, 0, 0, 0, 1, 1)), -EBADMSG, "about nothing");
    cr_assert_eq(READ(WIDE(4, 0, 1, 0, 1, 0, 0, 1, 1)), -EBADMSG, "no chunk");
    cr_assert_eq(READ(WIDE(5, 0, 1, 0, 9, 0, 0, 1, 1, 0, 4, 0, 4)), -EBADMSG, "one chunk short");
    cr_assert_eq(READ(WIDE(5, 0, 1, 0, 3, 0, 0, 1, 1, 0x20, 3, 1, 1)), -EBADMSG, "a delta short");
    cr_assert_eq(READ(WIDE(5, 0, 1, 0, 1, 0, 0, 1, 1, 0x60, 1, 1, 1)), -EBADMSG, "reserved");
    cr_assert_eq(READ(WIDE(5, 0, 1, 0, 7, 0, 0, 1, 1, 0xc0, 3, 1, 1)), -EBADMSG, "reserved");
    cr_assert_eq(READ(WIDE(3, 0, 1, 0, 1)), -EBADMSG, "cut off");
    cr_assert_str_eq(told, "");
    cr_assert_eq(
        READ(0xaf, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 9, 0, 1, 0, 1, 0, 0, 1, 1, 0x20, 1, 4, 1), 0,
        "filled up by one byte, as browsers do");
    cr_assert_str_eq(told, "feedback 1: 1=65000; ");
}

static struct lct_rtcp_feedback seen;

static void see_feedback(void *arg, const struct lct_rtcp_feedback *f) {
    (void)arg;
    seen = *f;
    for (unsigned i = 0; i < f->count; i++) {
        cr_assert_eq(f->received[i], i % 2);
    }
}

Test(rtcp, feedback_of_absurdly_many_is_cut) {
    static const struct lct_rtcp_events see = {.feedback = see_feedback};
    uint8_t bytes[LCT_RTCP_MAX] = {0};
    struct lct_writer w = lct_writer(bytes, sizeof bytes);
    cr_assert_eq(READ(WIDE(8, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff,
                           0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff)),
                 -EBADMSG, "65528 of 65535");
    lct_put(&w, (const uint8_t[]){WIDE(0xff, 0, 0, 5, 0x78, 0, 0, 0, 9)}, 20);
    for (unsigned i = 0; i < 1400 / 14; i++) { /* 1400 of which each second was received */
        lct_put_u16(&w, 0x9555);
    }
    bytes[3] = (uint8_t)((w.at + 700) / 4 - 1); /* 0x0e4 words: high byte 0 */
    cr_assert_eq(lct_rtcp_read(bytes, w.at + 700, &see, NULL), 0);
    cr_assert_eq(seen.count, LCT_RTCP_FEEDBACK_MAX);
    cr_assert_eq(seen.number, 9);
}

/* RFC 3550 sec. 6.5 to 6.7. */
Test(rtcp, the_rest) {
    cr_assert_eq(READ(0x81, 203, 0, 1, 0, 0, 0, 1), 0);
    cr_assert_str_eq(told, "bye; ");
    cr_assert_eq(READ(0x81, 203, 0, 3, 0, 0, 0, 1, 4, 'g', 'o', 'n', 'e', 0, 0, 0), 0);
    cr_assert_str_eq(told, "bye; ");
    cr_assert_eq(READ(0x80, 203, 0, 0), 0, "nobody leaves");
    cr_assert_str_eq(told, "");
    cr_assert_eq(READ(0x82, 203, 0, 1, 0, 0, 0, 1), -EBADMSG);
    cr_assert_eq(READ(0x81, 202, 0, 3, 0, 0, 0, 1, 1, 2, 'm', 'e', 0, 0, 0, 0), 0);
    cr_assert_eq(READ(0x80, 204, 0, 2, 0, 0, 0, 1, 'n', 'a', 'm', 'e'), 0);
    cr_assert_eq(READ(0x80, 207, 0, 1, 0, 0, 0, 1), 0, "an extended report");
    cr_assert_eq(READ(0x80, 0, 0, 0), 0);
    cr_assert_str_eq(told, "");
}

Test(rtcp, heads_that_are_none) {
    cr_assert_eq(read_bytes((const uint8_t *)"", 0), -EBADMSG);
    cr_assert_eq(READ(0x40, 201, 0, 1, 0, 0, 0, 1), -EBADMSG, "version 1");
    cr_assert_eq(READ(0x80, 201, 0xff, 0xff, 0, 0, 0, 1), -EBADMSG);
    cr_assert_eq(READ(0xa0, 204, 0, 1, 0, 0, 0, 0), -EBADMSG, "no padding");
    cr_assert_eq(READ(0xa0, 204, 0, 1, 0, 0, 0, 5), -EBADMSG, "more padding than there is");
    cr_assert_eq(READ(0xa0, 204, 0, 0), -EBADMSG, "padding without room for it");
    cr_assert_eq(READ(0xa0, 204, 0, 1, 0, 0, 0, 4), 0, "nothing but padding");
}

/* Whole up to the end of each packet in it, and nowhere else; and what was told stays told. */
Test(rtcp, a_compound_packet_cut_at_each_byte) {
    static const uint8_t compound[] = {
        0x81,
        201,
        0,
        7,
        0,
        0,
        0,
        1,
        BLOCK, /* 32 */
        0x81,
        202,
        0,
        3,
        0,
        0,
        0,
        1,
        1,
        2,
        'm',
        'e',
        0,
        0,
        0,
        0, /* 48 */
        0x81,
        205,
        0,
        3,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        9,
        0,
        1,
        0,
        1, /* 64 */
        0x81,
        206,
        0,
        2,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        9,                                              /* 76 */
        REMB(1, 0, 0, 5),                               /* 100 */
        WIDE(5, 0, 1, 0, 1, 0, 0, 1, 1, 0x20, 1, 4, 0), /* 124 */
        0x81,
        203,
        0,
        1,
        0,
        0,
        0,
        1, /* 132 */
    };
    static const struct {
        size_t end;
        const char *says;
    } parts[] = {
        {32, BLOCK_SAYS},      {48, ""},
        {64, "nack 9 1 2; "},  {76, "key 9; "},
        {100, "estimate 5; "}, {124, "feedback 1: 1=65000; "},
        {132, "bye; "},
    };
    char expected[1000] = "";
    size_t part = 0;
    cr_assert_eq(sizeof compound, 132);
    for (size_t n = 1; n <= sizeof compound; n++) {
        bool whole = n == parts[part].end;
        if (whole) {
            strcat(expected, parts[part++].says);
        }
        cr_assert_eq(read_bytes(compound, n), whole ? 0 : -EBADMSG, "cut at %zu", n);
        cr_assert_str_eq(told, expected, "cut at %zu: %s", n, told);
    }
}

/* ---- our reports ---- */

Test(rtcp, bytes_of_a_report) {
    static const struct lct_rtcp_report report = {.ssrc = 0xdeadbeef,
                                                  .ntp = UINT64_C(0x0102030405060708),
                                                  .timestamp = 0xfffffffe,
                                                  .packets = 3,
                                                  .bytes = 4,
                                                  .cname = "box"};
    static const uint8_t bytes[] = {
        0x80, 200,  0,    6,    0xde, 0xad, 0xbe, 0xef, 1, 2, 3,   4,   5,   6, 7, 8, /* */
        0xff, 0xff, 0xff, 0xfe, 0,    0,    0,    3,    0, 0, 0,   4,                 /* */
        0x81, 202,  0,    3,    0xde, 0xad, 0xbe, 0xef, 1, 3, 'b', 'o', 'x', 0, 0, 0,
    };
    uint8_t out[sizeof bytes];
    cr_assert_eq(lct_rtcp_write_report(out, sizeof out, &report), sizeof bytes);
    cr_assert_arr_eq(out, bytes, sizeof bytes);
    for (size_t size = 0; size < sizeof bytes; size++) {
        cr_assert_eq(lct_rtcp_write_report(out, size, &report), 0);
    }
}

Test(rtcp, ntp_time) {
    cr_assert_eq(lct_rtcp_ntp(0), UINT64_C(2208988800) << 32);
    cr_assert_eq(lct_rtcp_ntp(LCT_SECOND / 2), UINT64_C(2208988800) << 32 | 0x80000000U);
    cr_assert_eq(lct_rtcp_ntp(-LCT_SECOND / 4), UINT64_C(2208988799) << 32 | 0xc0000000U);
    cr_assert_eq(lct_rtcp_ntp(LCT_SECOND - 1) & 0xffffffffU, 0xfffffffbU);
    cr_assert_eq(lct_rtcp_ntp(INT64_C(2085978496) * LCT_SECOND), 0, "a new era in 2036");
}

/* ---- GStreamer ---- */

/* GStreamer finds in our report what was put there, whatever the length of the name (of one
 * character it finds none: it takes the last word of an SDES for one behind it). */
Test(rtcp, gstreamer_reads_reports) {
    char name[256] = "n";
    for (size_t n = 2; n < sizeof name; n++) {
        name[n - 1] = 'x';
        const struct lct_rtcp_report report = {.ssrc = 1,
                                               .ntp = UINT64_MAX - 1,
                                               .timestamp = 2,
                                               .packets = 3,
                                               .bytes = 4,
                                               .cname = name};
        uint8_t out[400];
        size_t bytes = lct_rtcp_write_report(out, sizeof out, &report);
        GstBuffer *buffer = gst_rtcp_buffer_new_copy_data(out, (guint)bytes);
        GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
        GstRTCPPacket packet;
        guint32 ssrc, timestamp, packets, octets;
        guint64 ntp;
        GstRTCPSDESType type;
        guint8 length, *data;
        cr_assert(gst_rtcp_buffer_validate(buffer), "name of %zu", n);
        cr_assert(gst_rtcp_buffer_map(buffer, GST_MAP_READ, &rtcp));
        cr_assert(gst_rtcp_buffer_get_first_packet(&rtcp, &packet));
        cr_assert_eq(gst_rtcp_packet_get_type(&packet), GST_RTCP_TYPE_SR);
        gst_rtcp_packet_sr_get_sender_info(&packet, &ssrc, &ntp, &timestamp, &packets, &octets);
        cr_assert(ssrc == 1 && ntp == UINT64_MAX - 1 && timestamp == 2 && packets == 3 &&
                  octets == 4);
        cr_assert(gst_rtcp_packet_move_to_next(&packet));
        cr_assert_eq(gst_rtcp_packet_get_type(&packet), GST_RTCP_TYPE_SDES);
        cr_assert(gst_rtcp_packet_sdes_first_item(&packet));
        cr_assert_eq(gst_rtcp_packet_sdes_get_ssrc(&packet), 1);
        cr_assert(gst_rtcp_packet_sdes_first_entry(&packet), "name of %zu", n);
        cr_assert(gst_rtcp_packet_sdes_get_entry(&packet, &type, &length, &data));
        cr_assert(type == GST_RTCP_SDES_CNAME && length == n);
        cr_assert_arr_eq(data, name, n);
        cr_assert_not(gst_rtcp_packet_sdes_next_entry(&packet));
        cr_assert_not(gst_rtcp_packet_move_to_next(&packet));
        gst_rtcp_buffer_unmap(&rtcp);
        gst_buffer_unref(buffer);
        cr_assert_eq(read_bytes(out, bytes), 0);
        cr_assert_str_eq(told, "");
    }
}

/* We find what GStreamer writes. */
Test(rtcp, what_gstreamer_writes) {
    GstBuffer *buffer = gst_rtcp_buffer_new(LCT_RTCP_MAX);
    GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
    GstRTCPPacket packet;
    GstMapInfo map;
    cr_assert(gst_rtcp_buffer_map(buffer, GST_MAP_READWRITE, &rtcp));
    cr_assert(gst_rtcp_buffer_add_packet(&rtcp, GST_RTCP_TYPE_RR, &packet));
    gst_rtcp_packet_rr_set_ssrc(&packet, 1);
    cr_assert(gst_rtcp_packet_add_rb(&packet, 0xaa, 128, -2, 65538, 90, 0xdeadbeef, 32768));
    cr_assert(gst_rtcp_packet_add_rb(&packet, 0xbb, 0, 8388607, 0, 0, 0, 0));
    cr_assert(gst_rtcp_buffer_add_packet(&rtcp, GST_RTCP_TYPE_SDES, &packet));
    cr_assert(gst_rtcp_packet_sdes_add_item(&packet, 1));
    cr_assert(gst_rtcp_packet_sdes_add_entry(&packet, GST_RTCP_SDES_CNAME, 4, (guint8 *)"peer"));
    cr_assert(gst_rtcp_buffer_add_packet(&rtcp, GST_RTCP_TYPE_RTPFB, &packet));
    gst_rtcp_packet_fb_set_type(&packet, GST_RTCP_RTPFB_TYPE_NACK);
    gst_rtcp_packet_fb_set_media_ssrc(&packet, 0xaa);
    cr_assert(gst_rtcp_packet_fb_set_fci_length(&packet, 1));
    memcpy(gst_rtcp_packet_fb_get_fci(&packet), "\0\7\0\2", 4);
    cr_assert(gst_rtcp_buffer_add_packet(&rtcp, GST_RTCP_TYPE_PSFB, &packet));
    gst_rtcp_packet_fb_set_type(&packet, GST_RTCP_PSFB_TYPE_PLI);
    gst_rtcp_packet_fb_set_media_ssrc(&packet, 0xaa);
    cr_assert(gst_rtcp_buffer_add_packet(&rtcp, GST_RTCP_TYPE_APP, &packet));
    gst_rtcp_packet_app_set_name(&packet, "test");
    cr_assert(gst_rtcp_buffer_add_packet(&rtcp, GST_RTCP_TYPE_BYE, &packet));
    cr_assert(gst_rtcp_packet_bye_add_ssrc(&packet, 1));
    cr_assert(gst_rtcp_buffer_unmap(&rtcp));
    cr_assert(gst_buffer_map(buffer, &map, GST_MAP_READ));
    cr_assert_eq(read_bytes(map.data, map.size), 0);
    cr_assert_str_eq(told, BLOCK_SAYS "block bb 0 8388607 0 0 0 0; nack aa 7 9; key aa; bye; ");
    gst_buffer_unmap(buffer, &map);
    gst_buffer_unref(buffer);
}

static void gstreamer(void) { gst_init(NULL, NULL); }

TestSuite(rtcp, .init = gstreamer);

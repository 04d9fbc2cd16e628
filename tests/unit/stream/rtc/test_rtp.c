// SPDX-License-Identifier: GPL-3.0-or-later
/* Cutting is judged by our own strict depacketizer and by GStreamer's, headers by their bytes and
 * by GStreamer's reader. */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <gst/rtp/gstrtpbuffer.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "encode/nal.h"
#include "encode/video.h"
#include "stream/rtc/rtp.h"
#include "tests/support/depay.h"

/* ---- cutting ---- */

static uint32_t seed = 1;

static uint32_t dice(uint32_t sides) {
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8) % sides;
}

/* Adds a NAL unit of n bytes to a sample. */
static void add_nal(struct lct_writer *w, unsigned header, size_t n) {
    lct_put_u32(w, (uint32_t)n);
    lct_put_u8(w, header);
    for (size_t i = 1; i < n; i++) {
        lct_put_u8(w, dice(256));
    }
    cr_assert_not(w->failed);
}

/* What comes out is the sample that went in. */
static void judge_cut(const uint8_t *sample, size_t n, size_t max, struct depay *ret) {
    depay_begin(ret, max, n);
    cr_assert_eq(lct_rtp_cut_h264(sample, n, max, depay_payload, ret), 0);
    cr_assert_null(ret->wrong, "%s (%zu bytes, at most %zu)", ret->wrong, n, max);
    cr_assert(ret->ended, "no marker");
    cr_assert_eq(ret->n, n);
    cr_assert_arr_eq(ret->sample, sample, n);
}

Test(rtp, a_unit_of_any_size_comes_through) {
    static uint8_t sample[4 + 3000];
    static const size_t most[] = {3, 4, 5, 17, 100, LCT_RTP_PAYLOAD_MAX};
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        size_t max = most[i];
        for (size_t n = 1; n <= 3000; n += n < 60 ? 1 : 1 + dice(40)) {
            struct lct_writer w = lct_writer(sample, sizeof sample);
            struct depay d;
            add_nal(&w, 0x65, n);
            judge_cut(sample, w.at, max, &d);
            cr_assert_eq(d.payloads, n <= max ? 1 : (n - 1 + max - 3) / (max - 2), "no more");
            cr_assert_eq(d.fragmented, n > max);
            depay_end(&d);
        }
    }
}

Test(rtp, units_of_all_kinds_come_through) {
    static uint8_t sample[64 << 10];
    size_t together = 0, fragmented = 0;
    for (int round = 0; round < 500; round++) {
        struct lct_writer w = lct_writer(sample, sizeof sample);
        struct depay d;
        for (uint32_t units = 1 + dice(12); units > 0; units--) {
            size_t n = dice(3) == 0 ? 1 + dice(5000) : 1 + dice(300);
            add_nal(&w, dice(8) << 5 | (1 + dice(23)), n);
        }
        judge_cut(sample, w.at, dice(2) ? LCT_RTP_PAYLOAD_MAX : 3 + dice(500), &d);
        together += d.together;
        fragmented += d.fragmented;
        depay_end(&d);
    }
    cr_assert(together > 500 && fragmented > 500);
}

Test(rtp, parameter_sets_go_together) {
    static uint8_t sample[20000];
    struct lct_writer w = lct_writer(sample, sizeof sample);
    struct depay d;
    add_nal(&w, 0x67, 26);
    add_nal(&w, 0x68, 4);
    add_nal(&w, 0x06, 60);
    add_nal(&w, 0x65, 15000);
    judge_cut(sample, w.at, LCT_RTP_PAYLOAD_MAX, &d);
    cr_assert_eq(d.together, 3);
    cr_assert_eq(d.fragmented, 1);
    cr_assert_eq(d.payloads, 1 + (15000 - 1 + LCT_RTP_PAYLOAD_MAX - 3) / (LCT_RTP_PAYLOAD_MAX - 2));
    depay_end(&d);
}

struct payloads {
    uint8_t bytes[4][64];
    size_t n[4], count;
    bool last[4];
};

static void keep(void *arg, const uint8_t *head, size_t head_n, const uint8_t *body, size_t body_n,
                 bool last) {
    struct payloads *p = arg;
    struct lct_writer w = lct_writer(p->bytes[p->count % 4], 64);
    lct_put(&w, head, head_n);
    lct_put(&w, body, body_n);
    p->n[p->count % 4] = w.at;
    p->last[p->count % 4] = last;
    p->count++;
}

/* RFC 6184 sec. 5.7.1 and 5.8, by hand. */
Test(rtp, bytes_of_payloads) {
    static const uint8_t sample[] = {
        0, 0, 0, 3,  0x67, 1, 2, /* */
        0, 0, 0, 2,  0x28, 3,    /* */
        0, 0, 0, 1,  0x06,       /* */
        0, 0, 0, 14, 0x45, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
    };
    static const uint8_t stap[] = {0x78, 0, 3, 0x67, 1, 2, 0, 2, 0x28, 3, 0, 1, 0x06};
    static const uint8_t fu_1[] = {0x5c, 0x85, 1, 2, 3, 4, 5, 6, 7};
    static const uint8_t fu_2[] = {0x5c, 0x45, 8, 9, 10, 11, 12, 13};
    struct payloads p = {.count = 0};
    cr_assert_eq(lct_rtp_cut_h264(sample, sizeof sample, 13, keep, &p), 0);
    cr_assert_eq(p.count, 3);
    cr_assert_eq(p.n[0], sizeof stap);
    cr_assert_arr_eq(p.bytes[0], stap, sizeof stap);
    cr_assert_eq(p.n[1], sizeof fu_1);
    cr_assert_arr_eq(p.bytes[1], fu_1, sizeof fu_1);
    cr_assert_eq(p.n[2], sizeof fu_2);
    cr_assert_arr_eq(p.bytes[2], fu_2, sizeof fu_2);
    cr_assert(!p.last[0] && !p.last[1] && p.last[2]);
}

/* Types 0 and 24 to 31 would be taken for payloads of RTP's own; the marker still comes. */
Test(rtp, what_means_something_else_in_rtp_is_left_out) {
    static const uint8_t sample[] = {0, 0, 0, 2, 0x18, 1, 0, 0, 0, 2, 0x41, 2, 0, 0, 0, 2, 0x7c, 3};
    static const uint8_t nothing[] = {0, 0, 0, 1, 0x00, 0, 0, 0, 1, 0x1f};
    struct payloads p = {.count = 0};
    cr_assert_eq(lct_rtp_cut_h264(sample, sizeof sample, 100, keep, &p), 0);
    cr_assert_eq(p.count, 1);
    cr_assert_arr_eq(p.bytes[0], sample + 10, 2);
    cr_assert(p.last[0]);
    cr_assert_eq(lct_rtp_cut_h264(nothing, sizeof nothing, 100, keep, &p), -EBADMSG);
    cr_assert_eq(p.count, 1);
}

Test(rtp, wrong_lengths_put_nothing) {
    static uint8_t sample[400];
    struct lct_writer w = lct_writer(sample, sizeof sample);
    struct payloads p = {.count = 0};
    add_nal(&w, 0x67, 20);
    add_nal(&w, 0x65, 300);
    for (size_t n = 0; n < w.at; n++) {
        if (n != 24) { /* the first unit alone is whole */
            cr_assert_eq(lct_rtp_cut_h264(sample, n, 50, keep, &p), -EBADMSG, "cut at %zu", n);
        }
    }
    sample[24] = 0xff;
    cr_assert_eq(lct_rtp_cut_h264(sample, w.at, 50, keep, &p), -EBADMSG);
    cr_assert_eq(lct_rtp_cut_h264((const uint8_t[]){0, 0, 0, 0, 0, 0, 0, 1, 0x41}, 9, 50, keep, &p),
                 -EBADMSG, "a unit of no bytes");
    cr_assert_eq(p.count, 0);
}

/* ---- RED ---- */

Test(rtp, a_payload_brings_earlier_ones) {
    static const uint8_t sound[2048] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const struct lct_rtp_block blocks[] = {
        {sound, 3, UINT32_MAX - 959}, {sound + 3, 1, 0}, {sound + 4, 2, 960}};
    static const uint8_t wanted[] = {0x80 | 111, 0x1e, 0, 3, 0x80 | 111, 0x0f, 0, 1,
                                     111,        1,    2, 3, 4,          5,    6};
    uint8_t out[4096];
    cr_assert_eq(lct_rtp_write_red(out, sizeof out, 111, blocks, 3), sizeof wanted);
    cr_assert_arr_eq(out, wanted, sizeof wanted);
    /* What does not fit is left out, the oldest first. */
    cr_assert_eq(lct_rtp_write_red(out, sizeof wanted - 1, 111, blocks, 3), 8);
    cr_assert_arr_eq(out, wanted + 4, 5);
    cr_assert_eq(lct_rtp_write_red(out, 7, 111, blocks, 3), 3);
    cr_assert_eq(lct_rtp_write_red(out, 2, 111, blocks, 3), 0);
    cr_assert_eq(lct_rtp_write_red(out, sizeof out, 111, blocks + 2, 1), 3);
}

Test(rtp, earlier_payloads_keep_the_limits_of_their_heads) {
    static const uint8_t sound[2048] = {0};
    static const struct {
        uint32_t age;
        size_t n, wanted;
    } cases[] = {{0x3fff, 10, 4 + 10 + 1 + 2},
                 {0x4000, 10, 1 + 2},
                 {UINT32_MAX, 10, 1 + 2},
                 {960, 1023, 4 + 1023 + 1 + 2},
                 {960, 1024, 1 + 2}};
    uint8_t out[2048];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct lct_rtp_block blocks[] = {{sound, cases[i].n, 5000 - cases[i].age},
                                               {sound, 2, 5000}};
        cr_assert_eq(lct_rtp_write_red(out, sizeof out, 111, blocks, 2), cases[i].wanted, "%zu", i);
    }
}

/* ---- headers ---- */

static void judge_header(const struct lct_rtp_header *header, const uint8_t *bytes, size_t n) {
    uint8_t out[LCT_RTP_HEADER_MAX];
    cr_assert_eq(lct_rtp_write_header(out, header), n);
    cr_assert_arr_eq(out, bytes, n);
}

/* RFC 3550 sec. 5.1; RFC 8285 sec. 4.2. */
Test(rtp, bytes_of_headers) {
    struct lct_rtp_header h = {
        .type = 102, .sequence = 0x1234, .timestamp = 0x89abcdef, .ssrc = 0xdeadbeef};
    judge_header(&h,
                 (const uint8_t[]){0x80, 102, 0x12, 0x34, 0x89, 0xab, 0xcd, 0xef, /* */
                                   0xde, 0xad, 0xbe, 0xef},
                 12);
    h.marker = true;
    h.mid_id = 4;
    h.mid = "v0";
    judge_header(&h, (const uint8_t[]){0x90, 0xe6, 0x12, 0x34, 0x89, 0xab, 0xcd, 0xef, /* */
                                       0xde, 0xad, 0xbe, 0xef, 0xbe, 0xde, 0,    1,    /* */
                                       0x41, 'v',  '0',  0},
                 20);
    h.send_time_id = 2;
    h.send_time = 0x030201;
    h.transport_cc_id = 3;
    h.transport_cc = 0xfffe;
    h.playout_id = 5;
    h.playout_min = 0x012;
    h.playout_max = 0xabc;
    h.capture_id = 14;
    h.capture = UINT64_C(0x0102030405060708);
    judge_header(&h, (const uint8_t[]){0x90, 0xe6, 0x12, 0x34, 0x89, 0xab, 0xcd, 0xef,    /* */
                                       0xde, 0xad, 0xbe, 0xef, 0xbe, 0xde, 0,    6,       /* */
                                       0x22, 0x03, 0x02, 0x01,                            /* */
                                       0x31, 0xff, 0xfe,                                  /* */
                                       0x52, 0x01, 0x2a, 0xbc,                            /* */
                                       0xe7, 1,    2,    3,    4,    5,    6,    7,    8, /* */
                                       0x41, 'v',  '0',  0},
                 40);
    h.mid = "0123456789abcdef";
    cr_assert_eq(lct_rtp_write_header((uint8_t[LCT_RTP_HEADER_MAX]){0}, &h), LCT_RTP_HEADER_MAX);
}

Test(rtp, send_time_stands_where_it_is_said) {
    struct lct_rtp_header h = {.transport_cc_id = 1, .mid_id = 9, .mid = "camera"};
    cr_assert_eq(lct_rtp_send_time_at(&h), 0);
    for (uint8_t id = 1; id <= 14; id++) {
        uint8_t out[LCT_RTP_HEADER_MAX] = {0};
        h.send_time_id = id;
        h.send_time = 0xabcdef;
        size_t n = lct_rtp_write_header(out, &h), at = lct_rtp_send_time_at(&h);
        cr_assert(at + 3 <= n);
        cr_assert_arr_eq(out + at, ((const uint8_t[]){0xab, 0xcd, 0xef}), 3);
    }
}

/* ---- GStreamer ---- */

static void judge_extension(GstRTPBuffer *rtp, uint8_t id, const void *bytes, guint n) {
    gpointer data;
    guint size;
    cr_assert(gst_rtp_buffer_get_extension_onebyte_header(rtp, id, 0, &data, &size), "%u", id);
    cr_assert_eq(size, n);
    cr_assert_arr_eq(data, bytes, n);
}

Test(rtp, gstreamer_reads_headers) {
    gst_init(NULL, NULL);
    for (unsigned which = 0; which < 32; which++) {
        GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
        GstBuffer *buffer = gst_buffer_new_allocate(NULL, LCT_RTP_HEADER_MAX, NULL);
        GstMapInfo map;
        struct lct_rtp_header h = {.marker = which & 1,
                                   .type = 111,
                                   .sequence = 65535,
                                   .timestamp = 4294967295U,
                                   .ssrc = 7,
                                   .mid = "sound"};
        h.mid_id = which & 1 ? 1 : 0;
        h.send_time_id = which & 2 ? 13 : 0;
        h.transport_cc_id = which & 4 ? 14 : 0;
        h.playout_id = which & 8 ? 7 : 0;
        h.capture_id = which & 16 ? 2 : 0;
        gst_buffer_map(buffer, &map, GST_MAP_WRITE);
        size_t n = lct_rtp_write_header(map.data, &h);
        gst_buffer_unmap(buffer, &map);
        gst_buffer_set_size(buffer, (gssize)n);
        cr_assert(gst_rtp_buffer_map(buffer, GST_MAP_READ, &rtp));
        cr_assert_eq(gst_rtp_buffer_get_payload_len(&rtp), 0);
        cr_assert_eq(gst_rtp_buffer_get_marker(&rtp), h.marker);
        cr_assert_eq(gst_rtp_buffer_get_payload_type(&rtp), 111);
        cr_assert_eq(gst_rtp_buffer_get_seq(&rtp), 65535);
        cr_assert_eq(gst_rtp_buffer_get_timestamp(&rtp), 4294967295U);
        cr_assert_eq(gst_rtp_buffer_get_ssrc(&rtp), 7);
        cr_assert_eq(gst_rtp_buffer_get_extension(&rtp), which != 0);
        if (h.mid_id) {
            judge_extension(&rtp, 1, "sound", 5);
        }
        if (h.send_time_id) {
            judge_extension(&rtp, 13, "\0\0\0", 3);
        }
        if (h.transport_cc_id) {
            judge_extension(&rtp, 14, "\0\0", 2);
        }
        if (h.playout_id) {
            judge_extension(&rtp, 7, "\0\0\0", 3);
        }
        if (h.capture_id) {
            judge_extension(&rtp, 2, "\0\0\0\0\0\0\0\0", 8);
        }
        gst_rtp_buffer_unmap(&rtp);
        gst_buffer_unref(buffer);
    }
}

#define PICTURES 20
#define WIDTH 640
#define HEIGHT 360

/* Noise that moves: pictures of many packets. */
static struct lct_frame *draw(int number) {
    struct lct_frame *f = lct_frame_picture(WIDTH, HEIGHT, 0);
    for (int plane = 0; plane < 3; plane++) {
        int rows = plane ? HEIGHT / 2 : HEIGHT;
        for (int i = 0; i < rows * f->stride[plane]; i++) {
            f->plane[plane][i] = (uint8_t)(i * 7 % 200 + (int)dice(30) + number);
        }
    }
    return f;
}

struct sender {
    GstAppSrc *source;
    struct lct_rtp_header header;
};

static void send_packet(void *arg, const uint8_t *head, size_t head_n, const uint8_t *body,
                        size_t body_n, bool last) {
    struct sender *s = arg;
    uint8_t packet[LCT_RTP_DATAGRAM_MAX];
    s->header.marker = last;
    size_t n = lct_rtp_write_header(packet, &s->header);
    struct lct_writer w = lct_writer(packet + n, sizeof packet - n);
    lct_put(&w, head, head_n);
    lct_put(&w, body, body_n);
    cr_assert(!w.failed && n + w.at <= LCT_RTP_DATAGRAM_MAX - LCT_SRTP_TAIL_MAX);
    gpointer copy = g_memdup2(packet, n + w.at);
    cr_assert_eq(gst_app_src_push_buffer(s->source, gst_buffer_new_wrapped(copy, n + w.at)),
                 GST_FLOW_OK);
    s->header.sequence++;
    s->header.send_time += 77;
}

static bool next_wanted(struct lct_nal_cursor *cursor, const uint8_t **ret_nal, size_t *ret_n) {
    while (lct_nal_next(cursor, ret_nal, ret_n)) {
        if (lct_nal_type_of(*ret_nal) != LCT_NAL_AUD) {
            return true;
        }
    }
    return false;
}

/* Two access units hold the same NAL units. */
static void judge_units(GBytes *one, GstSample *other) {
    GstBuffer *buffer = gst_sample_get_buffer(other);
    GstMapInfo map;
    gsize size;
    const uint8_t *bytes = g_bytes_get_data(one, &size), *a, *b;
    size_t a_n, b_n, units = 0;
    gst_buffer_map(buffer, &map, GST_MAP_READ);
    struct lct_nal_cursor ca = {bytes, size, 0}, cb = {map.data, map.size, 0};
    while (next_wanted(&ca, &a, &a_n)) {
        cr_assert(next_wanted(&cb, &b, &b_n), "unit %zu is missing", units);
        cr_assert_eq(b_n, a_n);
        cr_assert_arr_eq(b, a, a_n);
        units++;
    }
    cr_assert_not(next_wanted(&cb, &b, &b_n));
    cr_assert_gt(units, 0);
    gst_buffer_unmap(buffer, &map);
}

/* Sends x264's pictures through rtph264depay. */
static void judge_stream(int threads) {
    gst_init(NULL, NULL);
    GstElement *pipeline = gst_parse_launch(
        "appsrc name=in format=time max-bytes=0 caps=application/x-rtp,media=video,payload=102,"
        "clock-rate=90000,encoding-name=H264 ! rtph264depay ! "
        "video/x-h264,stream-format=byte-stream,alignment=au ! appsink name=out sync=false",
        NULL);
    cr_assert_not_null(pipeline);
    GstElement *in = gst_bin_get_by_name(GST_BIN(pipeline), "in");
    GstElement *out = gst_bin_get_by_name(GST_BIN(pipeline), "out");
    struct sender sender = {.source = GST_APP_SRC(in),
                            .header = {.type = 102,
                                       .sequence = 65530,
                                       .timestamp = 4294967000U,
                                       .ssrc = 5,
                                       .send_time_id = 3,
                                       .mid_id = 1,
                                       .mid = "0"}};
    struct lct_video_settings settings = lct_video_camera(WIDTH, HEIGHT, 30);
    struct lct_video_encoder *encoder;
    struct lct_fault fault;
    GBytes *sent[PICTURES];
    settings.threads = threads;
    cr_assert_eq(lct_video_open(&settings, &encoder, &fault), 0, "%s", fault.en);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    for (int i = 0; i < PICTURES; i++) {
        struct lct_frame *picture = draw(i);
        struct lct_video_packet au;
        cr_assert_eq(lct_video_encode(encoder, picture, i * 3000, i == 11, &au), 0);
        sent[i] = g_bytes_new(au.bytes, au.n);
        size_t n = lct_nal_sample_bytes(au.bytes, au.n);
        LCT_FREE uint8_t *sample = lct_new(n);
        lct_nal_write_sample(au.bytes, au.n, sample);
        cr_assert_eq(lct_rtp_cut_h264(sample, n, LCT_RTP_PAYLOAD_MAX, send_packet, &sender), 0);
        sender.header.timestamp += 3000;
        lct_frame_unref(picture);
    }
    gst_app_src_end_of_stream(sender.source);
    for (int i = 0; i < PICTURES; i++) {
        GstSample *got = gst_app_sink_try_pull_sample(GST_APP_SINK(out), 20 * GST_SECOND);
        cr_assert_not_null(got, "picture %d", i);
        judge_units(sent[i], got);
        gst_sample_unref(got);
        g_bytes_unref(sent[i]);
    }
    cr_assert_null(gst_app_sink_try_pull_sample(GST_APP_SINK(out), 20 * GST_SECOND), "no more");
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(in);
    gst_object_unref(out);
    gst_object_unref(pipeline);
    lct_video_close(encoder);
}

Test(rtp, gstreamer_gets_the_pictures, .timeout = 60) { judge_stream(1); }

Test(rtp, gstreamer_gets_pictures_of_several_slices, .timeout = 60) { judge_stream(4); }

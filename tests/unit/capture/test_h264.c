// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "capture/h264.h"
#include "capture/verdict.h"

/* A second of video by x264 with those options, Annex B. */
static size_t encode(const char *options, uint8_t **ret_bytes) {
    char path[] = "/tmp/lct-h264-XXXXXX", *bytes = NULL;
    size_t n = 0;
    cr_assert_geq(mkstemp(path), 0);
    LCT_FREE char *command =
        lct_format("ffmpeg -loglevel error -y -f lavfi -i testsrc2=s=1918x1076:r=25:d=1 "
                   "-pix_fmt yuv420p -c:v libx264 -preset ultrafast %s -f h264 %s",
                   options, path);
    cr_assert_eq(system(command), 0);
    cr_assert_eq(lct_io_slurp(path, 64U << 20, &bytes, &n), 0);
    remove(path);
    *ret_bytes = (uint8_t *)bytes;
    return n;
}

static struct lct_h264_unit look_at(const char *options) {
    uint8_t *bytes;
    struct lct_h264_unit unit;
    size_t n = encode(options, &bytes);
    lct_h264_look(bytes, n, &unit);
    free(bytes);
    cr_assert(unit.has_sps && unit.has_pps && unit.idr && unit.slice, "%s", options);
    return unit;
}

Test(h264, reads_what_x264_writes) {
    struct lct_h264_unit plain = look_at("-profile:v baseline");
    cr_expect_eq(plain.sps.profile, 66);
    cr_expect_eq(plain.sps.width, 1918);
    cr_expect_eq(plain.sps.height, 1076);
    cr_expect_eq(plain.sps.reorder, 0);
    cr_expect(plain.sps.plain && !plain.sps.interlaced && !plain.b_slice);
    struct lct_h264_unit b =
        look_at("-preset veryfast -profile:v high -bf 2 -x264-params b-adapt=0");
    cr_expect_eq(b.sps.profile, 100);
    cr_expect_gt(b.sps.reorder, 0);
    cr_expect(b.b_slice);
    struct lct_h264_unit bt709 = look_at("-bf 0 -colorspace bt709 -color_range tv");
    cr_expect_eq(bt709.sps.colour, LCT_COLOUR_BT709);
    cr_expect(!bt709.b_slice);
    struct lct_h264_unit wide = look_at("-pix_fmt yuv444p");
    cr_expect(!wide.sps.plain);
    struct lct_h264_unit fields = look_at("-x264-params interlaced=1 -bf 0");
    cr_expect(fields.sps.interlaced);
    cr_expect_eq(fields.sps.width, 1918);
}

Test(h264, survives_every_cut_and_flip) {
    uint8_t *bytes;
    size_t n = encode("-preset veryfast -profile:v high", &bytes);
    n = n < 900 ? n : 900;
    for (size_t i = 0; i < n; i++) {
        struct lct_h264_unit unit;
        uint8_t *cut = malloc(i + 1);
        memcpy(cut, bytes, i + 1);
        lct_h264_look(cut, i, &unit);
        cut[i] ^= 0x55;
        lct_h264_look(cut, i + 1, &unit);
        free(cut);
        bytes[i] ^= 0xff;
        lct_h264_look(bytes, n, &unit);
        bytes[i] ^= 0xff;
    }
    free(bytes);
}

Test(h264, puts_parameter_sets_before_every_idr) {
    static const uint8_t sets[] = {0,    0,    0, 1, 0x67, 66, 0,    30,   0xf4, 0x05,
                                   0x01, 0xe8, 0, 0, 0,    1,  0x68, 0xce, 0x3c, 0x80};
    static const uint8_t idr[] = {0, 0, 0, 1, 0x65, 0x88, 0x84, 0x11};
    struct lct_h264_sets kept = {0};
    struct lct_h264_unit unit;
    lct_h264_look(idr, sizeof idr, &unit);
    cr_assert(unit.idr);
    cr_expect_null(lct_h264_frame(&kept, &unit, idr, sizeof idr, 1), "no sets known yet");
    lct_h264_look(sets, sizeof sets, &unit);
    unit.has_sps = true;
    lct_frame_unref(lct_h264_frame(&kept, &unit, sets, sizeof sets, 1));
    lct_h264_look(idr, sizeof idr, &unit);
    struct lct_frame *frame = lct_h264_frame(&kept, &unit, idr, sizeof idr, 2);
    cr_assert(frame && frame->key);
    cr_expect_eq(frame->coded_bytes, sizeof sets + sizeof idr);
    cr_expect_eq(memcmp(frame->coded, sets, 12), 0);
    cr_expect_eq(memcmp(frame->coded + sizeof sets, idr, sizeof idr), 0);
    lct_frame_unref(frame);
}

static enum lct_verdict watch(struct lct_gop_watch *w, bool idr, bool b, lct_ns ms) {
    struct lct_h264_unit unit = {.idr = idr, .slice = true, .b_slice = b};
    return lct_gop_watch_unit(w, &unit, ms * LCT_MS);
}

Test(h264, the_verdict_falls_at_the_second_idr) {
    struct lct_gop_watch good = {0}, b = {0}, rare = {0}, known = {.verdict = LCT_VERDICT_PASS};
    cr_expect_eq(watch(&good, false, false, 0), LCT_VERDICT_OPEN);
    cr_expect_eq(watch(&good, true, false, 40), LCT_VERDICT_OPEN);
    cr_expect_eq(watch(&good, false, false, 80), LCT_VERDICT_OPEN);
    cr_expect_eq(watch(&good, true, false, 2040), LCT_VERDICT_PASS);
    cr_expect_eq(watch(&good, false, false, 6030), LCT_VERDICT_PASS);
    cr_expect_eq(watch(&good, false, false, 6050), LCT_VERDICT_RARE_IDR, "later, too");
    cr_expect_eq(watch(&b, true, false, 0), LCT_VERDICT_OPEN);
    cr_expect_eq(watch(&b, false, true, 40), LCT_VERDICT_B_FRAMES);
    cr_expect_eq(watch(&b, true, false, 80), LCT_VERDICT_B_FRAMES, "for good");
    cr_expect_eq(watch(&rare, true, false, 0), LCT_VERDICT_OPEN);
    cr_expect_eq(watch(&rare, false, false, 4001), LCT_VERDICT_RARE_IDR);
    cr_expect_eq(watch(&known, true, false, 0), LCT_VERDICT_PASS, "remembered");
}

Test(h264, pictures_out_of_order_are_b_frames_too) {
    struct lct_gop_watch w = {0};
    static const int times[] = {0, 120, 40, 80, 240, 160, 200, 360, 280};
    enum lct_verdict verdict = LCT_VERDICT_OPEN;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        verdict = watch(&w, i == 0, false, times[i]);
    }
    cr_expect_eq(verdict, LCT_VERDICT_B_FRAMES);
}

Test(h264, verdicts_are_remembered_by_address) {
    lct_verdict_keep("rtsp://one", LCT_VERDICT_PASS);
    lct_verdict_keep("rtsp://two", LCT_VERDICT_B_FRAMES);
    lct_verdict_keep("rtsp://one", LCT_VERDICT_RARE_IDR);
    cr_expect_eq(lct_verdict_recall("rtsp://one"), LCT_VERDICT_RARE_IDR);
    cr_expect_eq(lct_verdict_recall("rtsp://two"), LCT_VERDICT_B_FRAMES);
    cr_expect_eq(lct_verdict_recall("rtsp://three"), LCT_VERDICT_OPEN);
}

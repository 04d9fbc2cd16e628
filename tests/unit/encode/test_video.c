// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "capture/h264.h"
#include "encode/nal.h"
#include "encode/video.h"

static struct lct_fault fault;

/* A picture in which everything moves. */
static struct lct_frame *draw(int width, int height, int number) {
    struct lct_frame *f = lct_frame_picture(width, height, 0);
    for (int plane = 0; plane < 3; plane++) {
        int rows = plane ? height / 2 : height;
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < f->stride[plane]; x++) {
                f->plane[plane][y * f->stride[plane] + x] =
                    (uint8_t)((x * 3 + y * 5 + number * 9) % 220 + 16);
            }
        }
    }
    return f;
}

static struct lct_video_encoder *open_encoder(const struct lct_video_settings *settings) {
    struct lct_video_encoder *encoder = NULL;
    cr_assert_eq(lct_video_open(settings, &encoder, &fault), 0, "%s", fault.en);
    return encoder;
}

static struct lct_video_packet encode(struct lct_video_encoder *encoder, int width, int height,
                                      int number, bool key) {
    struct lct_video_packet packet;
    struct lct_frame *picture = draw(width, height, number);
    cr_assert_eq(lct_video_encode(encoder, picture, (int64_t)number * 3000, key, &packet), 0);
    lct_frame_unref(picture);
    return packet;
}

static void sets_of(const struct lct_video_settings *settings, struct lct_nal_sets *sets) {
    struct lct_video_encoder *encoder = open_encoder(settings);
    struct lct_video_packet packet = encode(encoder, settings->width, settings->height, 0, true);
    memset(sets, 0, sizeof *sets);
    cr_assert(packet.key && lct_nal_find_sets(packet.bytes, packet.n, sets));
    lct_video_close(encoder);
}

/* So that less effort needs no new reel. */
static void judge_headers(struct lct_video_settings settings) {
    struct lct_nal_sets first, other;
    settings.preset = LCT_PRESET_VERYFAST;
    sets_of(&settings, &first);
    for (int preset = 0; preset < LCT_PRESETS; preset++) {
        settings.preset = (enum lct_preset)preset;
        sets_of(&settings, &other);
        cr_assert_eq(other.sps_bytes, first.sps_bytes);
        cr_assert_eq(other.pps_bytes, first.pps_bytes);
        cr_assert_arr_eq(other.sps, first.sps, first.sps_bytes, "%s",
                         lct_preset_name(settings.preset));
        cr_assert_arr_eq(other.pps, first.pps, first.pps_bytes, "%s",
                         lct_preset_name(settings.preset));
    }
    cr_assert_eq(first.sps[1], 66, "baseline");
    cr_assert(first.sps[2] & 0x40, "constrained");
}

Test(video, headers_are_the_same_with_every_preset, .timeout = 60) {
    judge_headers(lct_video_camera(640, 360, 30));
    judge_headers(lct_video_camera(1280, 720, 25));
    judge_headers(lct_video_screen(640, 480));
    judge_headers(lct_video_screen(1920, 1080));
}

static unsigned slice_type(const struct lct_video_packet *packet) {
    struct lct_nal_cursor cursor = {packet->bytes, packet->n, 0};
    const uint8_t *nal;
    size_t n;
    while (lct_nal_next(&cursor, &nal, &n)) {
        unsigned type = lct_nal_type_of(nal);
        if ((type == LCT_NAL_SLICE || type == LCT_NAL_IDR) && n > 1) {
            /* first_mb_in_slice is 0: one bit 1; then slice_type as ue(v) */
            unsigned bits = (unsigned)(nal[1] << 8 | nal[2]) << 1 & 0xffff, zeros = 0;
            while (zeros < 8 && !(bits & 0x8000)) {
                bits <<= 1;
                zeros++;
            }
            return ((bits & 0xffff) >> (15 - zeros)) - 1;
        }
    }
    return 99;
}

/* Each picture in gives one packet out, at once; none is a B; a key is one when asked for. */
Test(video, every_picture_comes_out_at_once, .timeout = 60) {
    for (int preset = 0; preset < LCT_PRESETS; preset++) {
        struct lct_video_settings settings = lct_video_camera(320, 240, 30);
        settings.preset = (enum lct_preset)preset;
        struct lct_video_encoder *encoder = open_encoder(&settings);
        for (int i = 0; i < 90; i++) {
            bool key = i == 0 || i == 37;
            struct lct_video_packet packet = encode(encoder, 320, 240, i, key);
            unsigned type = slice_type(&packet);
            cr_assert_gt(packet.n, 0);
            cr_assert_eq(packet.key, key, "picture %d", i);
            cr_assert_eq(lct_nal_is_key(packet.bytes, packet.n), key);
            cr_assert(type % 5 == (key ? 2 : 0), "picture %d has slice type %u", i, type);
        }
        lct_video_close(encoder);
    }
}

Test(video, parameter_sets_stand_before_each_key) {
    struct lct_video_settings settings = lct_video_camera(320, 240, 30);
    struct lct_video_encoder *encoder = open_encoder(&settings);
    struct lct_nal_sets first, later;
    memset(&first, 0, sizeof first);
    memset(&later, 0, sizeof later);
    struct lct_video_packet packet = encode(encoder, 320, 240, 0, true);
    cr_assert(lct_nal_find_sets(packet.bytes, packet.n, &first));
    (void)encode(encoder, 320, 240, 1, false);
    packet = encode(encoder, 320, 240, 2, true);
    cr_assert(lct_nal_find_sets(packet.bytes, packet.n, &later));
    cr_assert_arr_eq(first.sps, later.sps, first.sps_bytes);
    lct_video_close(encoder);
}

/* Times are the track's affair: pictures may come in any rhythm. */
Test(video, bears_any_rhythm) {
    static const int64_t ticks[] = {0, 90, 180, 900000, 900090, 90000000};
    struct lct_video_settings settings = lct_video_screen(320, 240);
    struct lct_video_encoder *encoder = open_encoder(&settings);
    for (size_t i = 0; i < sizeof ticks / sizeof *ticks; i++) {
        struct lct_video_packet packet;
        struct lct_frame *picture = draw(320, 240, (int)i);
        cr_assert_eq(lct_video_encode(encoder, picture, ticks[i], false, &packet), 0);
        cr_assert_gt(packet.n, 0);
        lct_frame_unref(picture);
    }
    lct_video_close(encoder);
}

Test(video, keeps_under_its_cap, .timeout = 60) {
    struct lct_video_settings settings = lct_video_camera(640, 360, 30);
    struct lct_video_encoder *encoder = open_encoder(&settings);
    size_t bytes = 0;
    unsigned state = 1;
    for (int i = 0; i < 150; i++) {
        struct lct_video_packet packet;
        struct lct_frame *picture = draw(640, 360, i);
        for (int k = 0; k < picture->stride[0] * 360; k++) { /* noise: the worst there is */
            state = state * 1103515245 + 12345;
            picture->plane[0][k] = (uint8_t)(state >> 24);
        }
        cr_assert_eq(lct_video_encode(encoder, picture, (int64_t)i * 3000, false, &packet), 0);
        bytes += packet.n;
        lct_frame_unref(picture);
    }
    double bps = (double)bytes * 8 / 5;
    cr_assert_lt(bps, settings.max_bps * 1.4, "%.0f of %d bit/s", bps, settings.max_bps);
    lct_video_close(encoder);
}

Test(video, refuses_another_size) {
    struct lct_video_settings settings = lct_video_camera(320, 240, 30);
    struct lct_video_encoder *encoder = open_encoder(&settings);
    struct lct_video_packet packet;
    struct lct_frame *picture = draw(640, 240, 0);
    cr_assert_eq(lct_video_encode(encoder, picture, 0, false, &packet), -EINVAL);
    lct_frame_unref(picture);
    lct_video_close(encoder);
}

Test(video, says_its_options) {
    struct lct_video_settings settings = lct_video_camera(320, 240, 30);
    struct lct_video_encoder *encoder = open_encoder(&settings);
    const char *options = lct_video_options(encoder);
    cr_assert(strstr(options, "stitchable=1") && strstr(options, "bframes=0") &&
                  strstr(options, "veryfast"),
              "%s", options);
    lct_video_close(encoder);
}

/* What a cut encodes with the settings that were kept has the headers of the rest. */
Test(video, options_there_and_back) {
    struct lct_video_settings all[] = {lct_video_camera(1280, 720, 29.97),
                                       lct_video_screen(1920, 1080),
                                       lct_video_camera(320, 180, 15)};
    all[0].preset = LCT_PRESET_ULTRAFAST;
    all[0].threads = 2;
    all[1].colour = LCT_COLOUR_BT709;
    all[2].sets_id = 7;
    for (size_t i = 0; i < 3; i++) {
        struct lct_video_settings back = {.width = 0};
        struct lct_nal_sets first, again;
        struct lct_video_encoder *encoder = open_encoder(&all[i]);
        LCT_FREE char *options = lct_strdup(lct_video_options(encoder));
        lct_video_close(encoder);
        cr_assert(lct_video_read_options(options, &back), "%s", options);
        encoder = open_encoder(&back);
        cr_assert_str_eq(lct_video_options(encoder), options);
        lct_video_close(encoder);
        sets_of(&all[i], &first);
        sets_of(&back, &again);
        cr_assert_eq(memcmp(&first, &again, sizeof first), 0);
        options[strlen(options) / 2] = '\0';
        cr_assert_not(lct_video_read_options(options, &back), "half of it");
    }
    cr_assert_not(lct_video_read_options("", &all[0]), "a camera's own encoder");
    cr_assert_eq(all[0].width, 1280, "as it was");
}

Test(video, a_head_of_its_own_has_another_id) {
    struct lct_video_settings settings = lct_video_camera(320, 180, 25);
    struct lct_nal_sets sets;
    uint8_t avcc[2 * LCT_NAL_SET_MAX];
    settings.sets_id = 5;
    sets_of(&settings, &sets);
    size_t n = lct_nal_write_avcc(&sets, avcc, sizeof avcc);
    cr_assert_eq(lct_nal_avcc_ids(avcc, n), 1U << 5, "of SPS and PPS");
}

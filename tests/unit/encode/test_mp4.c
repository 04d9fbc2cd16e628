// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "encode/mp4.h"
#include "tests/support/format.h"

static void check_chunk(struct lct_format *f, bool key, size_t head) {
    struct lct_mp4_chunk box;
    struct lct_chunk *c = lct_test_chunk(f, 0x1234567890, 2048, key, 300);
    size_t payload = (size_t)300 * c->info.samples;
    cr_assert_eq(c->n, head + payload, "%zu", c->n);
    cr_assert_eq(c->payload_at, head);
    cr_assert_eq(lct_mp4_head_bytes(f->codec, c->info.samples, key), head);
    cr_assert_eq(lct_mp4_parse_chunk(c->bytes, c->n, &box), 0);
    cr_assert_eq(box.n, c->n);
    cr_assert_eq(box.payload_at, head);
    cr_assert_eq(box.track_id, f->track_id);
    cr_assert_eq(memcmp(&box.info, &c->info, sizeof box.info), 0);
    cr_assert_eq(lct_mp4_chunk_bytes(c->bytes, 256), c->n);
    lct_chunk_unref(c);
}

Test(mp4, chunks_there_and_back) {
    struct lct_format *picture = lct_test_picture_format(), *sound = lct_test_sound_format();
    check_chunk(picture, true, 108);
    check_chunk(picture, false, 104);
    check_chunk(sound, true, 104);
    lct_format_unref(picture);
    lct_format_unref(sound);
}

/* Whatever byte is wrong: it is noticed, or what is read still lies inside. */
Test(mp4, damaged_chunks) {
    struct lct_format *f = lct_test_picture_format();
    struct lct_chunk *c = lct_test_chunk(f, 90000, 3000, true, 40);
    for (size_t n = 0; n < c->n; n++) {
        struct lct_mp4_chunk box;
        cr_assert_neq(lct_mp4_parse_chunk(c->bytes, n, &box), 0, "%zu bytes of it are none", n);
    }
    for (size_t i = 0; i < c->payload_at; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct lct_mp4_chunk box;
            c->bytes[i] ^= (uint8_t)(1U << bit);
            if (lct_mp4_parse_chunk(c->bytes, c->n, &box) == 0) {
                cr_assert_leq(box.n, c->n);
                cr_assert_leq(box.payload_at + box.info.sample_bytes[0], box.n);
            }
            c->bytes[i] ^= (uint8_t)(1U << bit);
        }
    }
    lct_chunk_unref(c);
    lct_format_unref(f);
}

Test(mp4, refuses_what_makes_no_chunk) {
    struct lct_format *f = lct_test_picture_format();
    const uint8_t byte = 0;
    struct lct_chunk_info info = {.samples = 1, .duration = 0, .sample_bytes = {1}};
    cr_assert_null(lct_mp4_pack(f, &info, (const uint8_t *const[]){&byte}), "lasts no time");
    info = (struct lct_chunk_info){.samples = 3, .duration = 1};
    cr_assert_null(lct_mp4_pack(f, &info, NULL), "three samples");
    info = (struct lct_chunk_info){.samples = 1, .duration = 1, .sample_bytes = {1U << 30}};
    cr_assert_null(lct_mp4_pack(f, &info, NULL), "too large");
    lct_format_unref(f);
}

static void check_init(struct lct_format *f) {
    struct lct_format *back, *inside;
    cr_assert_eq(lct_mp4_parse_init(f->init, f->init_bytes, &back), 0);
    cr_assert_eq(back->track_id, f->track_id);
    cr_assert_eq(back->codec, f->codec);
    cr_assert_eq(back->timescale, f->timescale);
    cr_assert_eq(back->width, f->width);
    cr_assert_eq(back->height, f->height);
    cr_assert_eq(back->channels, f->channels);
    cr_assert_str_eq(back->codec_string, f->codec_string);
    cr_assert_eq(back->config_bytes, f->config_bytes);
    cr_assert_eq(memcmp(back->config, f->config, f->config_bytes), 0);

    const size_t head = LCT_MP4_FTYP_BYTES + LCT_MP4_FREE_BYTES;
    size_t n = f->init_bytes + LCT_MP4_FREE_BYTES;
    LCT_FREE uint8_t *reel = lct_new(n);
    lct_mp4_reel_head(reel);
    memcpy(reel + head, f->init + LCT_MP4_FTYP_BYTES, n - head);
    lct_mp4_reel_flip(reel + LCT_MP4_FTYP_BYTES, 5000000000U); /* also when it is finished */
    cr_assert_eq(lct_mp4_parse_reel_init(reel, n, &inside), 0);
    cr_assert_eq(inside->init_bytes, f->init_bytes);
    cr_assert_eq(memcmp(inside->init, f->init, f->init_bytes), 0);
    for (size_t cut = 0; cut < n; cut++) {
        struct lct_format *none;
        cr_assert_eq(lct_mp4_parse_reel_init(reel, cut, &none), -EBADMSG, "%zu bytes", cut);
    }
    lct_format_unref(back);
    lct_format_unref(inside);
    lct_format_unref(f);
}

Test(mp4, inits_there_and_back) {
    check_init(lct_test_picture_format());
    check_init(lct_test_sound_format());
}

Test(mp4, the_encoder_is_kept_with_the_init) {
    struct lct_format *f = lct_test_picture_format(), *back = NULL;
    strcpy(f->encoder, "libx264 preset=veryfast crf=23");
    cr_assert_eq(lct_mp4_make_init(f), 0);
    cr_assert_eq(lct_mp4_parse_init(f->init, f->init_bytes, &back), 0);
    cr_assert_str_eq(back->encoder, f->encoder);
    lct_format_unref(back);
    uint8_t *text = memmem(f->init, f->init_bytes, "crf", 3);
    cr_assert_not_null(text);
    text[0] ^= 1;
    cr_assert_eq(lct_mp4_parse_init(f->init, f->init_bytes, &back), 0);
    cr_assert_str_eq(back->encoder, "", "its check sum is wrong");
    lct_format_unref(back);
    lct_format_unref(f);
}

/* With another one sums of times could overflow. */
Test(mp4, refuses_a_timescale_that_none_of_ours_has) {
    struct lct_format *f = lct_test_picture_format(), *read = NULL;
    uint8_t *mdhd = memmem(f->init, f->init_bytes, "mdhd", 4);
    cr_assert_not_null(mdhd);
    memcpy(mdhd + 24, "\0\0\0\1", 4);
    cr_assert_eq(lct_mp4_parse_init(f->init, f->init_bytes, &read), -EBADMSG);
    lct_format_unref(f);
}

Test(mp4, codec_strings) {
    struct lct_format *picture = lct_test_picture_format(), *sound = lct_test_sound_format();
    cr_assert_str_eq(picture->codec_string, "avc1.42C01E");
    cr_assert_str_eq(sound->codec_string, "mp4a.40.2");
    lct_format_unref(picture);
    lct_format_unref(sound);
}

/* Reads a big-endian number of the box of this type: at bytes behind its type. */
static uint64_t number_in(const uint8_t *bytes, size_t n, const char *type, size_t at,
                          size_t size) {
    for (size_t i = 4; i + 4 + at + size <= n; i++) {
        if (memcmp(bytes + i, type, 4) == 0) {
            uint64_t value = 0;
            for (size_t k = 0; k < size; k++) {
                value = value << 8 | bytes[i + 4 + at + k];
            }
            return value;
        }
    }
    return UINT64_MAX;
}

Test(mp4, moov_of_three_samples) {
    struct lct_format *f = lct_test_picture_format();
    struct lct_mp4_sample samples[] = {
        {.offset = 1000, .bytes = 10, .duration = 3000, .key = true, .apart = true},
        {.offset = 1010, .bytes = 20, .duration = 3000},
        {.offset = 5000, .bytes = 30, .duration = 90000, .key = true, .apart = true},
    };
    const struct lct_mp4_track track = {f, samples, 3};
    size_t n = 0;
    uint8_t *moov = lct_mp4_make_moov(&track, 1, 7, &n);
    cr_assert_not_null(moov);
    cr_assert_eq(number_in(moov, n, "mvhd", 24, 8), 1066, "milliseconds");
    cr_assert_eq(number_in(moov, n, "mdhd", 24, 8), 96000);
    cr_assert_eq(number_in(moov, n, "stts", 4, 4), 2, "runs of equal durations");
    cr_assert_eq(number_in(moov, n, "stts", 16, 8), UINT64_C(1) << 32 | 90000);
    cr_assert_eq(number_in(moov, n, "stss", 4, 4), 2, "key frames");
    cr_assert_eq(number_in(moov, n, "stss", 12, 4), 3);
    cr_assert_eq(number_in(moov, n, "stsc", 4, 4), 2);
    cr_assert_eq(number_in(moov, n, "stsz", 8, 4), 3);
    cr_assert_eq(number_in(moov, n, "stco", 4, 4), 2);
    cr_assert_eq(number_in(moov, n, "stco", 12, 4), 5007);
    cr_assert_eq(number_in(moov, n, "edts", 0, 1), UINT64_MAX, "no edit list");
    free(moov);
    samples[2].offset = UINT64_C(1) << 32;
    moov = lct_mp4_make_moov(&track, 1, 0, &n);
    cr_assert_eq(number_in(moov, n, "co64", 16, 8), UINT64_C(1) << 32);
    cr_assert_eq(number_in(moov, n, "stco", 4, 4), UINT64_MAX);
    free(moov);
    lct_format_unref(f);
}

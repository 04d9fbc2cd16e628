// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "stream/link.h"

static struct lct_format *some_format(void) {
    struct lct_format *format = lct_new(sizeof *format);
    lct_ref_init(&format->ref);
    format->track_id = 2;
    format->codec = LCT_CODEC_AAC;
    format->timescale = 48000;
    format->channels = 2;
    strcpy(format->track, "sound-2");
    strcpy(format->codec_string, "mp4a.40.2");
    strcpy(format->encoder, "aac b=128k");
    format->init = lct_new(3);
    memcpy(format->init, "abc", 3);
    format->init_bytes = 3;
    format->config = lct_new(1);
    return format;
}

Test(link, head_there_and_back) {
    uint8_t head[LCT_LINK_HEAD_SIZE];
    enum lct_link_type type;
    size_t n;
    lct_link_put_head(head, LCT_LINK_STATUS, 77);
    cr_assert_eq(lct_link_get_head(head, &type, &n), 0);
    cr_assert_eq(type, LCT_LINK_STATUS);
    cr_assert_eq(n, 77);
}

static int head_of(uint32_t length, unsigned type, unsigned zero) {
    uint8_t head[8] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16),
                       (uint8_t)(length >> 8),  (uint8_t)length,
                       (uint8_t)type,           0,
                       (uint8_t)zero,           0};
    enum lct_link_type got;
    size_t n;
    return lct_link_get_head(head, &got, &n);
}

Test(link, refuses_heads_out_of_range) {
    cr_assert_eq(head_of(5, LCT_LINK_HELLO, 0), 0);
    cr_assert_eq(head_of(4, LCT_LINK_HELLO, 0), -EBADMSG, "nothing inside");
    cr_assert_eq(head_of(0, LCT_LINK_HELLO, 0), -EBADMSG);
    cr_assert_eq(head_of(0xffffffffU, LCT_LINK_CHUNK, 0), -EBADMSG);
    cr_assert_eq(head_of(LCT_LINK_JSON_MAX + 5, LCT_LINK_STATUS, 0), -EBADMSG);
    cr_assert_eq(head_of(5, 0, 0), -EBADMSG);
    cr_assert_eq(head_of(5, 10, 0), -EBADMSG);
    cr_assert_eq(head_of(5 + LCT_LINK_PART_MAX, LCT_LINK_PART, 0), -EBADMSG);
    cr_assert_eq(head_of(5, LCT_LINK_HELLO, 1), -EBADMSG);
    cr_assert_eq(head_of(4 + LCT_LINK_CHUNK_HEAD_SIZE, LCT_LINK_CHUNK, 0), -EBADMSG);
}

Test(link, part_there_and_back) {
    struct lct_link_part part = {.lesson = "20260301-080000-lab-1a2b",
                                 .name = "camera/0001.mp4",
                                 .offset = UINT64_C(1) << 40,
                                 .whole = true,
                                 .bytes = (const uint8_t *)"moof",
                                 .n = 4},
                         again;
    uint8_t *bytes = lct_new(LCT_LINK_PART_MAX);
    size_t n = lct_link_pack_part(&part, bytes);
    cr_assert_eq(lct_link_unpack_part(bytes, n, &again), 0);
    cr_assert_str_eq(again.lesson, part.lesson);
    cr_assert_str_eq(again.name, part.name);
    cr_assert_eq(again.offset, part.offset);
    cr_assert(again.whole && !again.cut);
    cr_assert_eq(again.n, 4);
    cr_assert_eq(memcmp(again.bytes, "moof", 4), 0);
    for (size_t i = 0; i < n - 4; i++) {
        cr_assert_eq(lct_link_unpack_part(bytes, i, &again), -EBADMSG, "%zu bytes", i);
    }
    bytes[11] = 4;
    cr_assert_eq(lct_link_unpack_part(bytes, n, &again), -EBADMSG, "an unknown flag");
    bytes[11] = 0;
    bytes[0] = 0x80;
    cr_assert_eq(lct_link_unpack_part(bytes, n, &again), -EBADMSG, "an offset out of range");
    free(bytes);
}

Test(link, format_there_and_back) {
    struct lct_format *one = some_format(), *two = NULL;
    uint8_t *bytes;
    size_t n;
    cr_assert_eq(lct_link_pack_format(one, &bytes, &n), 0);
    cr_assert_eq(lct_link_unpack_format(bytes, n, &two), 0);
    cr_assert_eq(two->track_id, 2);
    cr_assert_eq(two->codec, LCT_CODEC_AAC);
    cr_assert_str_eq(two->track, "sound-2");
    cr_assert_str_eq(two->encoder, "aac b=128k");
    cr_assert_eq(two->init_bytes, 3);
    cr_assert_eq(memcmp(two->init, "abc", 3), 0);
    cr_assert_eq(two->config_bytes, 0);
    lct_format_unref(two);
    for (size_t cut = 0; cut < n; cut++) {
        cr_assert_eq(lct_link_unpack_format(bytes, cut, &two), -EBADMSG, "cut at %zu", cut);
    }
    free(bytes);
    lct_format_unref(one);
}

static void refuse_format(const char *track, const char *encoder) {
    struct lct_format *one = some_format(), *two = NULL;
    uint8_t *bytes;
    size_t n;
    strcpy(one->track, track);
    strcpy(one->encoder, encoder);
    cr_assert_eq(lct_link_pack_format(one, &bytes, &n), 0);
    cr_expect_eq(lct_link_unpack_format(bytes, n, &two), -EBADMSG, "%s %s", track, encoder);
    free(bytes);
    lct_format_unref(one);
}

Test(link, a_track_cannot_be_called_like_a_path) { refuse_format("../x", "aac"); }

Test(link, texts_are_fit_for_json_and_terminals) {
    refuse_format("sound", "a\x1b[2J");
    refuse_format("sound", "a\x7f");
    refuse_format("sound", "a\xff");
    refuse_format("sound", "a\xe4\xb8"); /* the beginning of a character */
}

Test(link, chunk_there_and_back) {
    struct lct_format *format = some_format();
    struct lct_chunk *one = lct_chunk_create(format, 100), *two = NULL;
    uint8_t head[LCT_LINK_CHUNK_HEAD_SIZE];
    one->info = (struct lct_chunk_info){.tfdt = -5,
                                        .duration = 2048,
                                        .samples = 2,
                                        .key = true,
                                        .gap_before = true,
                                        .sample_bytes = {10, 20},
                                        .peaks = {-127, 127, -1, 1}};
    one->time = -104167;
    one->published = 5;
    one->captured = 4;
    one->payload_at = 70;
    lct_link_put_chunk_head(one, head);
    cr_assert_eq(lct_link_chunk_track(head), 2);
    cr_assert_eq(lct_link_get_chunk_head(head, 100, format, &two), 0);
    cr_assert_eq(two->info.tfdt, -5);
    cr_assert_eq(two->info.duration, 2048);
    cr_assert(two->info.key && two->info.gap_before);
    cr_assert_eq(two->info.sample_bytes[1], 20);
    cr_assert_eq(two->info.peaks[0], -127);
    cr_assert_eq(two->time, -104167);
    cr_assert_eq(two->captured, 4);
    cr_assert_eq(two->payload_at, 70);
    lct_chunk_unref(two);
    cr_assert_eq(lct_link_get_chunk_head(head, 99, format, &two), -EBADMSG, "a sample sticks out");
    lct_ns *const times[] = {&one->time, &one->published, &one->captured, &one->info.tfdt};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        lct_ns before = *times[i];
        *times[i] = i % 2 ? INT64_MIN : INT64_MAX;
        lct_link_put_chunk_head(one, head);
        cr_expect_eq(lct_link_get_chunk_head(head, 100, format, &two), -EBADMSG, "time %zu", i);
        *times[i] = before;
    }
    lct_link_put_chunk_head(one, head);
    head[LCT_LINK_CHUNK_HEAD_SIZE - 1] = 1;
    cr_expect_eq(lct_link_get_chunk_head(head, 100, format, &two), -EBADMSG, "must be zero");
    lct_chunk_unref(one);
    lct_format_unref(format);
}

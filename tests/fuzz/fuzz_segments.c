// SPDX-License-Identifier: GPL-3.0-or-later
/* Rows of several reels in any order, cut into segments, and the playlist of these: 24 bytes a
 * row. Time goes on, nothing overlaps, and every number is listed once. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "stream/hls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROW 24

static void check(const struct lct_segments *all) {
    for (size_t i = 0; i < all->count; i++) {
        const struct lct_segment *s = &all->list[i], *next = s + 1;
        assert(s->bytes > 0 && s->rows > 0 && s->until > s->time);
        assert(lct_segments_number(all, s->number) == s);
        if (i + 1 < all->count) {
            assert(next->time >= s->until);
            assert(next->number == s->number + 1 + lct_segment_hole(s, next));
        }
    }
}

static void check_playlist(const struct lct_hls_track *track) {
    const struct lct_segments *all = &track->tape->segments;
    if (all->count > 0 && all->list[all->count - 1].number > 2000) {
        return; /* many long holes: nothing new, and slow */
    }
    char *text = lct_hls_segments(track);
    size_t listed = 0;
    for (const char *at = text; (at = strstr(at, ".m4s\n")); at++) {
        listed++;
    }
    assert(listed == (all->count > 0 ? all->list[all->count - 1].number + 1 : 0));
    free(text);
    if (all->count > 0) {
        free(lct_hls_main("lesson", track, track, 1));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct lct_format format = {.timescale = 90000, .codec_string = "avc1.42C01F"};
    struct lct_follow_reel reels[256] = {{.number = 0}};
    struct lct_follow tape = {.reels = reels, .reel_count = 256};
    struct lct_segment tail;
    for (uint32_t i = 0; i < 256; i++) {
        reels[i].number = i + 1;
        reels[i].format = &format;
    }
    struct lct_reader r = lct_reader(data, size);
    for (uint32_t place = 0; lct_left(&r) >= ROW; place++) {
        struct lct_index_row row = {.offset = lct_get_be(&r, 7)};
        uint8_t reel = lct_get_u8(&r);
        row.info.tfdt = (int64_t)lct_get_be(&r, 6);
        row.info.duration = lct_get_u32(&r) % (1U << 24) + 1;
        row.n = lct_get_u32(&r) % (1U << 24) + 1;
        unsigned flags = lct_get_u16(&r);
        row.info.key = flags & 1U;
        row.info.gap_before = flags & 2U;
        assert(lct_segments_add(&tape.segments, reel, place, 90000, &row) == 0);
        (void)lct_segments_tail(&tape.segments, &tail);
    }
    assert(lct_segments_end(&tape.segments, 0) == 0);
    check(&tape.segments);
    check_playlist(&(struct lct_hls_track){.name = "camera", .tape = &tape});
    lct_segments_free(&tape.segments);
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A microlesson's edit decision list as anybody may send it: what is taken is within its limits,
 * and what is written of it reads as the same.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "archive/library/clip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct lct_clip *clip) {
    assert(clip->piece_count >= 1 && clip->piece_count <= LCT_CLIP_PIECES_MAX);
    for (size_t i = 0; i < clip->piece_count; i++) {
        const struct lct_clip_piece *piece = &clip->pieces[i];
        assert(lct_lesson_is_id(piece->lesson) && piece->from >= 0 && piece->from < piece->to);
        assert((piece->layout == LCT_CLIP_ALL) == !*piece->main);
        assert(piece->fade_in + piece->fade_out <= piece->to - piece->from);
    }
    for (size_t i = 0; i < clip->chapter_count; i++) {
        assert(clip->chapters[i].time <= lct_clip_length(clip));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    LCT_JSON json_t *json = NULL;
    struct lct_fault fault;
    struct lct_clip clip, again;
    if (lct_json_parse(data, size, &json, &fault) < 0 || lct_clip_read(json, &clip, &fault) < 0) {
        return 0;
    }
    check(&clip);
    LCT_JSON json_t *written = lct_clip_json(&clip);
    assert(lct_clip_read(written, &again, &fault) == 0);
    LCT_JSON json_t *twice = lct_clip_json(&again);
    assert(json_equal(written, twice));
    lct_clip_free(&clip);
    lct_clip_free(&again);
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Pictures of a tape, decoded one after the other. */
#include <stdio.h>
#include <string.h>

#include "archive/cut/produce_priv.h"

void lct_view_open(struct lct_cut *cut, const struct lct_cut_part *part, const char *track,
                   struct lct_view *ret_view) {
    const struct lct_cut_part own = {.source = part->source, .from = part->from, .to = part->to};
    struct lct_cut_track named = {.info = {.id = 1}};
    (void)snprintf(named.info.name, sizeof named.info.name, "%s", track);
    *ret_view = (struct lct_view){.cut = cut, .on = lct_cut_view(&own, &named)};
    if (ret_view->on.tape) {
        size_t i = lct_cut_row_at(ret_view->on.tape, ret_view->on.from + 1);
        i -= i > 0; /* what stands at the begin, and from where it can be decoded */
        while (i > 0 && !ret_view->on.tape->rows[i].row->info.key) {
            i--;
        }
        ret_view->next = i;
    }
}

static struct lct_cut_row *next_row(const struct lct_view *v) {
    struct lct_cut_tape *tape = v->on.tape;
    struct lct_cut_row *row = tape && v->next < tape->count ? &tape->rows[v->next] : NULL;
    return row && row->row->info.tfdt < v->on.to ? row : NULL;
}

int64_t lct_view_next(const struct lct_view *view) {
    const struct lct_cut_row *row = next_row(view);
    return row ? row->row->info.tfdt - view->on.from : INT64_MAX;
}

size_t lct_view_left(const struct lct_view *view) {
    size_t end = view->on.tape ? lct_cut_row_at(view->on.tape, view->on.to) : 0;
    return end > view->next ? end - view->next : 0;
}

static bool decode(struct lct_view *v, struct lct_cut_row *row, struct lct_frame **ret_frame) {
    const uint8_t *chunk = lct_cut_chunk(v->cut, row);
    if (v->format != row->format || !v->decoder) {
        lct_picture_decoder_close(v->decoder);
        v->decoder = NULL;
        v->format = row->format;
        if (lct_picture_decoder_open(row->format, &v->decoder) < 0) {
            return false;
        }
    } else if (row->row->info.key) {
        lct_picture_decoder_reset(v->decoder);
    }
    return chunk && lct_picture_decoder_decode(v->decoder, chunk + lct_index_payload_at(row->row),
                                               row->row->info.sample_bytes[0], ret_frame) == 0;
}

/* As in a cut: over damage and holes the last whole picture stands up to the next key frame. */
void lct_view_go(struct lct_view *view, int64_t tick) {
    struct lct_cut_row *row;
    while ((row = next_row(view)) && row->row->info.tfdt - view->on.from <= tick) {
        struct lct_frame *frame = NULL;
        bool key = row->row->info.key;
        bool can = key || (view->alive && !row->hole);
        view->alive = can && !row->bad && decode(view, row, &frame);
        if (view->alive) {
            lct_frame_unref(view->frame);
            view->frame = frame;
        }
        view->next++;
    }
}

void lct_view_close(struct lct_view *view) {
    lct_picture_decoder_close(view->decoder);
    lct_frame_unref(view->frame);
}

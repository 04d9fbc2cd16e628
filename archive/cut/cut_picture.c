// SPDX-License-Identifier: GPL-3.0-or-later
/* A track of pictures of a cut: its canvas, and the one sample entry of all that is kept. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/cut/cut_priv.h"
#include "base/mem.h"
#include "encode/nal.h"

#define TICKS 90000

/* ---- the canvas ---- */

/* One format among those that are kept, and how much of it. */
struct form {
    const struct lct_format *format;
    int64_t ticks;
};

struct forms {
    struct form *list;
    size_t count;
};

static bool same_config(const struct lct_format *a, const struct lct_format *b) {
    return lct_cut_same_size(a, b) && a->config_bytes == b->config_bytes &&
           memcmp(a->config, b->config, a->config_bytes) == 0;
}

static void count_form(struct forms *forms, const struct lct_format *format, int64_t ticks) {
    size_t i = 0;
    while (i < forms->count && !same_config(forms->list[i].format, format)) {
        i++;
    }
    if (i == forms->count) {
        struct form *more = realloc(forms->list, (forms->count + 1) * sizeof *more);
        if (!more) {
            return; /* then it is not the main one */
        }
        forms->list = more;
        forms->list[forms->count++] = (struct form){.format = format};
    }
    forms->list[i].ticks += ticks;
}

/* Of sound all ticks are of one form, and the timescale does not matter. */
static void find_forms(const struct lct_cut *cut, const struct lct_cut_track *track,
                       struct forms *ret_forms) {
    struct forms forms = {.count = 0};
    for (size_t i = 0; i < cut->part_count; i++) {
        const struct lct_cut_view view = lct_cut_view(&cut->parts[i], track);
        const struct lct_cut_tape *tape = view.tape;
        uint32_t scale = tape ? tape->rows[0].format->timescale : TICKS;
        int64_t from = view.from * scale / TICKS, to = view.to * scale / TICKS;
        size_t k = tape ? lct_cut_row_at(tape, from) : 0;
        k -= k > 0; /* the one that stands, too */
        for (; tape && k < tape->count && tape->rows[k].row->info.tfdt < to; k++) {
            int64_t next = k + 1 < tape->count ? tape->rows[k + 1].row->info.tfdt : to;
            int64_t begin = tape->rows[k].row->info.tfdt;
            begin = begin < from ? from : begin;
            next = next > to ? to : next;
            count_form(&forms, tape->rows[k].format, next > begin ? next - begin : 0);
        }
    }
    *ret_forms = forms;
}

static void note_sizes(struct lct_cut *cut, const struct lct_cut_track *track,
                       const struct forms *forms, const struct lct_format *main) {
    for (size_t i = 0; i < forms->count; i++) {
        const struct form *form = &forms->list[i];
        if (lct_cut_same_size(form->format, main)) {
            continue;
        }
        struct lct_fault note;
        (void)lct_fault_set(
            &note, -EAGAIN, "cut",
            "%.1f s of %s have pictures of %d x %d and are encoded anew as %d x %d, the size "
            "of most of it. That takes about as long as they last.",
            "有 %.1f 秒（轨道 %s）的画面为 %d × %d，将重新编码为其余部分的 %d × %d，"
            "用时约与其时长相当。",
            (double)form->ticks / TICKS, track->info.name, form->format->width,
            form->format->height, main->width, main->height);
        lct_cut_add_note(cut, &note);
    }
}

static struct lct_format *copy_format(const struct lct_format *from,
                                      const struct lct_cut_track *t) {
    struct lct_format *f = lct_new(sizeof *f);
    *f = *from;
    lct_ref_init(&f->ref);
    f->init = NULL;
    f->init_bytes = 0;
    f->config = lct_new(from->config_bytes);
    memcpy(f->config, from->config, from->config_bytes);
    f->track_id = t->info.id;
    (void)snprintf(f->track, sizeof f->track, "%s", t->info.name);
    return f;
}

static const struct lct_format *any_format(const struct lct_cut *cut,
                                           const struct lct_cut_track *track) {
    for (size_t i = 0; i < cut->part_count; i++) {
        const struct lct_cut_view view = lct_cut_view(&cut->parts[i], track);
        if (view.tape) {
            return view.tape->rows[0].format;
        }
    }
    return NULL;
}

/* The size of which the most is kept, and of that size the most frequent format. */
static const struct lct_format *main_form(const struct forms *forms) {
    const struct form *best = NULL;
    int64_t most = -1;
    for (size_t i = 0; i < forms->count; i++) {
        int64_t of_size = 0;
        for (size_t k = 0; k < forms->count; k++) {
            of_size += lct_cut_same_size(forms->list[k].format, forms->list[i].format)
                           ? forms->list[k].ticks
                           : 0;
        }
        bool better = of_size > most || (of_size == most && forms->list[i].ticks > best->ticks);
        best = better ? &forms->list[i] : best;
        most = better ? of_size : most;
    }
    return best ? best->format : NULL;
}

int lct_cut_choose_canvas(struct lct_cut *cut, struct lct_cut_track *track,
                          struct lct_fault *fault) {
    struct forms forms;
    find_forms(cut, track, &forms);
    const struct lct_format *main = main_form(&forms);
    main = main ? main : any_format(cut, track);
    if (!main) {
        free(forms.list);
        return lct_fault_set(fault, -ENODATA, "cut", "Nothing of track %s was recorded.",
                             "轨道 %s 没有录到任何内容。", track->info.name);
    }
    int rc = 0;
    if (main->codec == LCT_CODEC_H264) {
        note_sizes(cut, track, &forms, main);
    } else if (forms.count > 1) {
        rc = lct_fault_set(fault, -ENOTSUP, "cut",
                           "The sounds of track %s are of different kinds and cannot be joined.",
                           "轨道 %s 的声音格式不同，无法拼接。", track->info.name);
    }
    track->format = copy_format(main, track);
    track->info.width = main->width;
    track->info.height = main->height;
    free(forms.list);
    return rc;
}

/* ---- the track ---- */

int lct_cut_make_pictures(struct lct_cut *cut, struct lct_cut_track *track,
                          struct lct_fault *fault) {
    struct forms forms;
    find_forms(cut, track, &forms);
    /* What the encoder's headers are compared with, while the result's format grows: one sample
     * entry holds the sets of all. Where two encoders used one id, the sets in front of each key
     * frame tell them apart. */
    struct lct_format *main = copy_format(track->format, track);
    struct lct_recode_settings settings = {
        .format = main,
        .screen = strcmp(track->info.kind, "screen") == 0,
        .ids_taken = lct_nal_avcc_ids(main->config, main->config_bytes),
    };
    for (size_t i = 0; i < forms.count; i++) {
        const struct lct_format *f = forms.list[i].format;
        if (lct_cut_same_size(f, main)) {
            settings.ids_taken |= lct_nal_avcc_ids(f->config, f->config_bytes);
            lct_cut_add_sets(track->format, f->config, f->config_bytes);
        }
    }
    fault->code = 0;
    int rc = lct_cut_paint(cut, track, &settings, forms.count == 1, fault);
    if (rc == 0) {
        lct_mp4_codec_string(track->format);
        track->lane.format = track->format;
        rc = lct_mp4_make_init(track->format);
    }
    lct_format_unref(main);
    free(forms.list);
    if (rc < 0 && fault->code == 0) {
        return lct_fault_set(fault, rc, "cut", "The pictures of track %s cannot be cut (%s).",
                             "轨道 %s 的画面无法剪辑（%s）。", track->info.name, strerror(-rc));
    }
    return rc;
}

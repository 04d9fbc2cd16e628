// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/cut/produce.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/cut/produce_priv.h"
#include "base/mem.h"
#include "encode/card.h"
#include "encode/compose.h"

#define TICKS 90000
#define CARD_STEP (TICKS / 5) /* a card is said again so often: players want pictures */
#define CARD_LENGTH_MIN (LCT_SECOND / 10)
#define CARD_LENGTH_MAX (60 * LCT_SECOND)

/* Two cameras that are not in step give each their own times: so near to the main one's next
 * picture the other's is not shown apart. */
#define STEP_MIN (TICKS / 25)

#define TRIAL_PICTURES 12U
#define CAPTION_BYTES_MAX 4000U

struct lct_produce {
    struct lct_produce_order order;
    char *folder;
    bool one;
    char *names;         /* count of LCT_TRACK_NAME_SIZE: the main picture of each piece */
    struct lct_cut *cut; /* at first the pieces as they are, then the result; NULL:
                            it could not be opened */
    struct lct_video_settings settings;
    struct lct_overlay_canvas canvas;
    struct lct_frame *cards[2]; /* opening, closing */
    struct lct_overlay *logo;
    size_t pictures, done; /* that are composed */
    lct_produce_progress_fn progress;
    void *opaque;
    struct lct_fault *notes;
    size_t note_count;
};

static void add_note(struct lct_produce *p, const struct lct_fault *note) {
    struct lct_fault *more = realloc(p->notes, (p->note_count + 1) * sizeof *more);
    if (more) {
        p->notes = more;
        p->notes[p->note_count] = *note;
        p->notes[p->note_count++].code = 0;
    }
}

/* ---- which picture ---- */

static bool needs_one(const struct lct_produce_order *order) {
    bool one = order->one_picture || order->opening.design || order->closing.design ||
               order->logo || order->captions;
    for (size_t i = 0; i < order->count; i++) {
        one = one || order->pieces[i].layout != LCT_CLIP_ALL;
    }
    return one;
}

static char *name_of(const struct lct_produce *p, size_t i) {
    return p->names + i * LCT_TRACK_NAME_SIZE;
}

/* The main picture of a piece: named, the screen, or the first. */
static int choose_main(struct lct_produce *p, size_t i, struct lct_fault *fault) {
    const struct lct_produce_piece *piece = &p->order.pieces[i];
    struct lct_lesson_info info;
    const char *found = piece->layout == LCT_CLIP_ALL ? NULL : piece->main;
    int rc = found ? 0 : lct_lesson_load(piece->lesson, &info, fault);
    for (size_t k = 0; rc == 0 && !piece->main && k < info.track_count; k++) {
        const char *kind = info.tracks[k].kind;
        bool better = !found ? strcmp(kind, "sound") != 0 : strcmp(kind, "screen") == 0;
        found = better ? info.tracks[k].name : found;
    }
    if (rc == 0 && !found) {
        return lct_fault_set(fault, -ENOENT, "cut", "%s has no pictures.", "%s 没有画面。",
                             piece->lesson);
    }
    if (rc == 0) {
        (void)snprintf(name_of(p, i), LCT_TRACK_NAME_SIZE, "%s", found);
    }
    return rc;
}

static bool is_composed(const struct lct_produce *p, size_t i) {
    const struct lct_produce_order *o = &p->order;
    return o->pieces[i].layout == LCT_CLIP_SIDE || o->pieces[i].layout == LCT_CLIP_INSET ||
           o->logo || o->captions;
}

static struct lct_cut_range range_of(const struct lct_produce *p, size_t i) {
    const struct lct_produce_piece *piece = &p->order.pieces[i];
    return (struct lct_cut_range){.lesson = piece->lesson,
                                  .from = piece->from,
                                  .to = piece->to,
                                  .picture = p->one ? name_of(p, i) : NULL,
                                  .sound = piece->sound,
                                  .fade_in = piece->fade_in,
                                  .fade_out = piece->fade_out,
                                  .slack = piece->slack};
}

/* ---- what is composed ---- */

/* The captions that stand at a time, one above the other, and until when they do. */
static struct lct_overlay *caption_at(const struct lct_produce *p, int64_t tick,
                                      int64_t *ret_until) {
    const struct lct_subtitle *captions = p->order.captions;
    char text[CAPTION_BYTES_MAX] = "";
    *ret_until = INT64_MAX;
    for (size_t i = 0; captions && i < captions->count; i++) {
        const struct lct_cue *cue = &captions->cues[i];
        int64_t from = lct_ns_to_ticks(cue->from, TICKS), to = lct_ns_to_ticks(cue->to, TICKS);
        size_t n = strlen(text);
        if (from <= tick && tick < to) {
            *ret_until = to < *ret_until ? to : *ret_until;
            (void)snprintf(text + n, sizeof text - n, "%s%s", n ? "\n" : "", cue->text);
        } else if (from > tick) {
            *ret_until = from < *ret_until ? from : *ret_until;
            break; /* they are in the order of from */
        }
    }
    return text[0] ? lct_overlay_caption(text, &p->canvas) : NULL;
}

struct composer {
    struct lct_produce *p;
    struct lct_compose *compose;
    struct lct_view main, other;
    struct lct_overlay *caption;
    int64_t caption_until; /* clip time, ticks */
    int64_t begin;         /* of the piece, clip time */
};

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* When the next picture is to be made, behind tick; end: none before it. */
static int64_t next_time(const struct composer *c, int64_t tick, int64_t end) {
    int64_t main = lct_view_next(&c->main), other = lct_view_next(&c->other);
    bool soon = main != INT64_MAX && main - tick <= STEP_MIN + STEP_MIN / 2;
    int64_t next = least(main, soon ? main : other);
    if (c->caption_until != INT64_MAX) {
        next = least(next, c->caption_until - c->begin);
    }
    return least(next > tick ? next : tick + 1, end);
}

static struct lct_frame *picture_at(struct composer *c, int64_t tick) {
    struct lct_produce *p = c->p;
    lct_view_go(&c->main, tick);
    lct_view_go(&c->other, tick);
    if (c->begin + tick >= c->caption_until) {
        lct_overlay_destroy(c->caption);
        c->caption = caption_at(p, c->begin + tick, &c->caption_until);
    }
    struct lct_frame *frame = lct_compose_picture(c->compose, c->main.frame, c->other.frame);
    if (p->logo) {
        lct_overlay_blend(p->logo, frame);
    }
    if (c->caption) {
        lct_overlay_blend(c->caption, frame);
    }
    return frame;
}

static void tell(struct lct_produce *p) {
    p->done++;
    if (p->progress && p->pictures > 0) {
        size_t permille = p->done * 1000 / p->pictures;
        p->progress(p->opaque, permille < 990 ? (unsigned)permille : 990);
    }
}

static int compose_all(struct composer *c, struct lct_stage *stage, int64_t end, size_t most) {
    int rc = 0;
    for (int64_t tick = 0; rc == 0 && tick < end && stage->pictures < most;) {
        struct lct_frame *frame = picture_at(c, tick);
        int64_t next = next_time(c, tick, end);
        rc = lct_stage_put(stage, frame, tick, next);
        lct_frame_unref(frame);
        tick = next;
        if (most == SIZE_MAX) {
            tell(c->p);
        }
    }
    return rc;
}

static enum lct_compose_layout layout_of(const struct lct_produce_piece *piece) {
    return piece->layout == LCT_CLIP_SIDE    ? LCT_COMPOSE_SIDE
           : piece->layout == LCT_CLIP_INSET ? LCT_COMPOSE_INSET
                                             : LCT_COMPOSE_SINGLE;
}

static void open_composer(struct lct_produce *p, size_t i, struct composer *ret) {
    const struct lct_produce_piece *piece = &p->order.pieces[i];
    const struct lct_cut_part *part = &p->cut->parts[i];
    *ret = (struct composer){.p = p, .begin = part->at};
    ret->caption_until = p->order.captions ? ret->begin : INT64_MAX;
    ret->compose = lct_compose_create(layout_of(piece), &p->canvas);
    lct_view_open(p->cut, part, name_of(p, i), &ret->main);
    lct_view_open(p->cut, part, piece->other ? piece->other : "", &ret->other);
}

static void close_composer(struct composer *c) {
    lct_view_close(&c->main);
    lct_view_close(&c->other);
    lct_compose_destroy(c->compose);
    lct_overlay_destroy(c->caption);
}

static char *made_folder(const struct lct_produce *p, size_t i) {
    return lct_format("%s/%05zu", p->folder, i);
}

/* Composes a piece into a lesson of its own; folder NULL: only its first pictures, as a trial. */
static int compose_piece(struct lct_produce *p, size_t i, const char *folder,
                         struct lct_fault *fault) {
    const struct lct_cut_part *part = &p->cut->parts[i];
    struct lct_stage stage;
    struct composer c;
    open_composer(p, i, &c);
    if (!folder) {
        size_t main = lct_view_left(&c.main), other = lct_view_left(&c.other);
        p->pictures += main > other ? main : other;
    }
    int rc = lct_stage_open(&p->settings, folder, p->order.spare, &stage, fault);
    bool open = rc == 0;
    if (open) {
        rc = compose_all(&c, &stage, part->to - part->from, folder ? SIZE_MAX : TRIAL_PICTURES);
    }
    if (rc == -ENOSPC) {
        rc = lct_fault_unwritten(fault, rc, "cut", folder);
    } else if (rc < 0 && open) {
        rc = lct_fault_set(fault, rc, "cut", "The pictures cannot be composed: %s.",
                           "画面无法合成：%s。", strerror(-rc));
    }
    struct lct_fault closing;
    int closed = lct_stage_close(&stage, rc == 0 && folder ? &part->source->info : NULL,
                                 part->to - part->from, &closing);
    if (rc == 0 && closed < 0) {
        *fault = closing;
        rc = closed;
    }
    if (!folder && stage.pictures > 0) { /* what a trial took is what all of it takes */
        p->done = stage.pictures;
    }
    close_composer(&c);
    return rc;
}

/* ---- cards ---- */

static int make_card(struct lct_produce *p, size_t which, const char *folder,
                     struct lct_fault *fault) {
    const struct lct_produce_card *card = which ? &p->order.closing : &p->order.opening;
    int64_t end = lct_ns_to_ticks(card->length, TICKS);
    struct lct_stage stage;
    struct lct_fault closing;
    int rc = lct_stage_open(&p->settings, folder, p->order.spare, &stage, fault), put = 0;
    for (int64_t tick = 0; rc == 0 && put == 0 && tick < end; tick += CARD_STEP) {
        put = lct_stage_put(&stage, p->cards[which], tick, least(tick + CARD_STEP, end));
    }
    if (put < 0) {
        rc = lct_fault_unwritten(fault, put, "card", folder);
    }
    int closed =
        lct_stage_close(&stage, rc == 0 ? &p->cut->parts[0].source->info : NULL, end, &closing);
    if (rc == 0 && closed < 0) {
        *fault = closing;
        rc = closed;
    }
    return rc;
}

static int draw_cards(struct lct_produce *p, struct lct_fault *fault) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < 2; i++) {
        const struct lct_produce_card *card = i ? &p->order.closing : &p->order.opening;
        if (!card->design) {
            continue;
        }
        if (card->length < CARD_LENGTH_MIN || card->length > CARD_LENGTH_MAX) {
            return lct_fault_set(fault, -EINVAL, "card", "A card is shown for 0.1 to 60 seconds.",
                                 "片头片尾的时长为 0.1 到 60 秒。");
        }
        rc = lct_card_draw(card->design, card->fields, p->order.logo, &p->canvas, &p->cards[i],
                           fault);
    }
    return rc;
}

/* ---- before ---- */

static int check_other(const struct lct_produce *p, size_t i, struct lct_fault *fault) {
    const struct lct_produce_piece *piece = &p->order.pieces[i];
    if (!piece->other || lct_cut_has_picture(p->cut->parts[i].source, piece->other)) {
        return 0;
    }
    return lct_fault_set(
        fault, -ENOENT, "cut", "%s has no picture '%s'. 'lectern verify' lists the tracks.",
        "%s 没有画面轨道“%s”。lectern verify 会列出所有轨道。", piece->lesson, piece->other);
}

static int open_pieces(struct lct_produce *p, struct lct_fault *fault) {
    const struct lct_produce_order *o = &p->order;
    struct lct_cut_range *ranges = lct_new((o->count + 1) * sizeof *ranges);
    int rc = 0;
    p->one = needs_one(o);
    p->names = lct_new((o->count + 1) * LCT_TRACK_NAME_SIZE);
    for (size_t i = 0; rc == 0 && i < o->count; i++) {
        rc = p->one ? choose_main(p, i, fault) : 0;
        ranges[i] = range_of(p, i);
    }
    rc = rc ? rc : lct_cut_open(ranges, o->count, o->tracks, o->track_count, &p->cut, fault);
    free(ranges);
    for (size_t i = 0; rc == 0 && i < o->count; i++) {
        rc = check_other(p, i, fault);
    }
    const struct lct_fault *note;
    for (size_t i = 0; rc == 0 && (note = lct_cut_note(p->cut, i)); i++) {
        add_note(p, note);
    }
    return rc;
}

/* The size and options of the most of it are those of all that is made. */
static void choose_canvas(struct lct_produce *p) {
    const struct lct_cut_track *track = &p->cut->tracks[0];
    lct_stage_settings(track->format, strcmp(track->info.kind, "screen") == 0, &p->settings);
    p->canvas = (struct lct_overlay_canvas){
        .width = p->settings.width, .height = p->settings.height, .colour = p->settings.colour};
}

static void note_time(struct lct_produce *p, int64_t ticks, lct_ns estimate) {
    struct lct_fault note;
    char length[24], time[24];
    lct_span_format(lct_ticks_to_ns(ticks, TICKS), length, sizeof length);
    lct_span_format((estimate / LCT_SECOND + 1) * LCT_SECOND, time, sizeof time);
    (void)lct_fault_set(&note, -EAGAIN, "cut",
                        "%s of it have pictures that are composed, or drawn on, and are encoded "
                        "anew as %d x %d. That takes about %s.",
                        "其中 %s 的画面需要合成或叠加文字、标志，将重新编码为 %d × %d，约需 %s。",
                        length, p->canvas.width, p->canvas.height, time);
    add_note(p, &note);
}

/* Counts the pictures that will be composed, and tries a few of each piece. */
static int try_pieces(struct lct_produce *p, struct lct_fault *fault) {
    int64_t ticks = 0;
    size_t tried = 0;
    int rc = 0;
    lct_ns spent = 0;
    for (size_t i = 0; rc == 0 && p->one && i < p->order.count; i++) {
        if (!is_composed(p, i)) {
            continue;
        }
        lct_ns began = lct_cpu_time();
        rc = compose_piece(p, i, NULL, fault);
        spent += lct_cpu_time() - began;
        tried += p->done;
        ticks += p->cut->parts[i].to - p->cut->parts[i].from;
    }
    p->done = 0;
    if (rc == 0 && tried > 0) {
        note_time(p, ticks, (lct_ns)((double)spent / (double)tried * (double)p->pictures));
    }
    return rc;
}

static int prepare(struct lct_produce *p, struct lct_fault *fault) {
    int rc = open_pieces(p, fault);
    if (rc < 0 || !p->one) {
        return rc;
    }
    choose_canvas(p);
    rc = draw_cards(p, fault);
    rc = rc || !p->order.logo ? rc : lct_overlay_logo(p->order.logo, &p->canvas, &p->logo, fault);
    return rc ? rc : try_pieces(p, fault);
}

int lct_produce_open(const struct lct_produce_order *order, const char *folder,
                     struct lct_produce **ret_produce, struct lct_fault *fault) {
    struct lct_produce *p = lct_new(sizeof *p);
    p->order = *order;
    p->folder = lct_strdup(folder);
    int rc = prepare(p, fault);
    if (rc < 0) {
        lct_produce_close(p);
        return rc;
    }
    *ret_produce = p;
    return 0;
}

const struct lct_fault *lct_produce_note(const struct lct_produce *produce, size_t i) {
    return i < produce->note_count ? &produce->notes[i] : NULL;
}

/* ---- making ---- */

struct plan {
    struct lct_cut_range *ranges;
    char **folders; /* of what was made, one a range; NULL: nothing */
    size_t count;
};

static int add_card(struct lct_produce *p, size_t which, struct plan *plan,
                    struct lct_fault *fault) {
    if (!p->cards[which]) {
        return 0;
    }
    char *folder = made_folder(p, plan->count);
    plan->folders[plan->count] = folder;
    plan->ranges[plan->count++] =
        (struct lct_cut_range){.lesson = folder, .to = LCT_CUT_END, .picture = LCT_CUT_ONE_PICTURE};
    return make_card(p, which, folder, fault);
}

static int add_pieces(struct lct_produce *p, struct plan *plan, struct lct_fault *fault) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < p->order.count; i++) {
        struct lct_cut_range *range = &plan->ranges[plan->count];
        *range = range_of(p, i);
        if (p->one && is_composed(p, i)) {
            char *folder = made_folder(p, plan->count);
            plan->folders[plan->count] = folder;
            range->made = folder;
            range->picture = LCT_CUT_ONE_PICTURE;
            rc = compose_piece(p, i, folder, fault);
        }
        plan->count++;
    }
    return rc;
}

static int open_result(struct lct_produce *p, const struct plan *plan, struct lct_fault *fault) {
    lct_cut_close(p->cut); /* first: both know what is in the tapes of all lessons */
    p->cut = NULL;
    return lct_cut_open(plan->ranges, plan->count, p->order.tracks, p->order.track_count, &p->cut,
                        fault);
}

int lct_produce_make(struct lct_produce *produce, lct_produce_progress_fn progress, void *opaque,
                     struct lct_fault *fault) {
    struct lct_produce *p = produce;
    struct plan plan = {.count = 0};
    p->progress = progress;
    p->opaque = opaque;
    plan.ranges = lct_new((p->order.count + 2) * sizeof *plan.ranges);
    plan.folders = lct_new((p->order.count + 2) * sizeof *plan.folders);
    int rc = 0;
    if (p->one) { /* else what was opened is all there is */
        rc = add_card(p, 0, &plan, fault);
        rc = rc ? rc : add_pieces(p, &plan, fault);
        rc = rc ? rc : add_card(p, 1, &plan, fault);
        rc = rc ? rc : open_result(p, &plan, fault);
    }
    if (rc == 0) {
        lct_cut_want_loudness(p->cut, p->order.loudness);
        lct_cut_reuse(p->cut, p->order.earlier, p->order.earlier_count);
        rc = lct_cut_make(p->cut, fault);
    }
    if (rc == 0 && progress) {
        progress(opaque, 1000);
    }
    for (size_t i = 0; i < plan.count; i++) {
        free(plan.folders[i]);
    }
    free(plan.folders);
    free(plan.ranges);
    return rc;
}

const struct lct_cut *lct_produce_cut(const struct lct_produce *produce) { return produce->cut; }

void lct_produce_close(struct lct_produce *produce) {
    struct lct_produce *p = produce;
    if (p) {
        lct_cut_close(p->cut);
        lct_frame_unref(p->cards[0]);
        lct_frame_unref(p->cards[1]);
        lct_overlay_destroy(p->logo);
        free(p->names);
        free(p->folder);
        free(p->notes);
        free(p);
    }
}

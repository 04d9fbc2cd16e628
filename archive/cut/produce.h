// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A microlesson as a movie: its pieces, each with the picture that is to be seen, an opening and a
 * closing card, a logo, captions, loudness. What must be made (a card, two pictures in one, a logo
 * or captions over a picture) is encoded into small lessons of their own in a folder of the
 * caller's, and becomes ranges of one cut (archive/cut/cut.h), which stitches all.
 *
 * One thread, and blocking: a worker's. The folder is the caller's to remove, after close; the
 * movie is read out of it until then.
 *
 *     lct_produce_open(&order, folder, &produce, &fault);
 *     for (i = 0; (note = lct_produce_note(produce, i)); i++) say(note);   // before it is made
 *     lct_produce_make(produce, show_progress, NULL, &fault);
 *     movie = lct_cut_movie(lct_produce_cut(produce));    // or lct_cut_write_lesson(io, cut, …)
 *     lct_produce_close(produce);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "archive/cut/cut.h"
#include "archive/library/clip.h"
#include "archive/library/subtitle.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/time.h"

/** A kept range, as lct_cut_range. */
struct lct_produce_piece {
    const char *lesson; /**< its folder */
    lct_ns from, to;    /**< lesson time; to may be LCT_CUT_END */
    /** LCT_CLIP_ALL where other pieces have one picture: the screen, or else the first picture. */
    enum lct_clip_layout layout;
    const char *main, *other; /**< names of tracks; NULL where the layout needs none */
    const char *sound;        /**< as lct_cut_range's */
    lct_ns fade_in, fade_out, slack;
};

/** A card, shown so long, in silence. */
struct lct_produce_card {
    const char *design;   /**< file of its design (encode/card.h); NULL: there is no card */
    const json_t *fields; /**< what stands on it: {title: …, school: …} */
    lct_ns length;        /**< LCT_SECOND / 10 to 60 * LCT_SECOND */
};

/** What is to be made. Borrowed until close. */
struct lct_produce_order {
    const struct lct_produce_piece *pieces;
    size_t count;
    const char *const *tracks; /**< which of them (with one picture: which sounds); none: all */
    size_t track_count;
    struct lct_produce_card opening, closing;
    const char *logo; /**< a PNG, on the cards and over the pictures; NULL: none */
    const struct lct_subtitle *captions; /**< burnt in, in clip time; NULL: none */
    double loudness;                     /**< LUFS; 0: as it is */
    bool one_picture;                    /**< even where nothing asks for it */
    uint64_t spare;                   /**< bytes that are left free on the disk of what is made */
    struct lct_movie *const *earlier; /**< for lct_cut_reuse; NULL: none */
    size_t earlier_count;
};

struct lct_produce;

/** Tells how far it is, in permille. */
typedef void (*lct_produce_progress_fn)(void *opaque, unsigned permille);

/**
 * Opens the lessons and checks what is asked for. folder is there and empty. 0; what lct_cut_open
 * gives; -EINVAL: a card or a logo that cannot be read; with a fault.
 */
int lct_produce_open(const struct lct_produce_order *order, const char *folder,
                     struct lct_produce **ret_produce, struct lct_fault *fault) LCT_MUST_USE;

/** What somebody should know before it is made (its code is 0); NULL behind the last. Borrows. */
const struct lct_fault *lct_produce_note(const struct lct_produce *produce, size_t i);

/** Makes it; once. progress may be NULL. 0 or -errno with a fault. */
int lct_produce_make(struct lct_produce *produce, lct_produce_progress_fn progress, void *opaque,
                     struct lct_fault *fault) LCT_MUST_USE;

/** The cut that was made, with notes of its own; the produce's. Only when it was. */
const struct lct_cut *lct_produce_cut(const struct lct_produce *produce);

/** Frees; NULL is allowed. */
void lct_produce_close(struct lct_produce *produce);

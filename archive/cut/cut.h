// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A cut: kept ranges of one or several lessons, one after the other, all tracks at once, exact to
 * the picture. A picture belongs to a range when FROM <= its time < TO. Ranges are taken in the
 * order they are given and may overlap: what is in two of them is shown twice.
 *
 * Samples are copied; only the pictures between FROM and the next key frame, and two frames of
 * sound at each join, are encoded anew (docs/decisions/0009-only-heads.md). A hole in the tapes,
 * and what is damaged in them, is a picture that stands and silence, as in a lesson's movie. What
 * comes out is a movie (archive/cut/movie.h), read by bytes, or a new lesson's folder.
 *
 * Opening reads and checks every chunk that is kept; making encodes. One thread, and blocking: a
 * worker's.
 *
 *     lct_cut_open(ranges, count, NULL, 0, &cut, &fault);
 *     for (i = 0; (note = lct_cut_note(cut, i)); i++) say(note);   // before anything is done
 *     lct_cut_make(cut, &fault);
 *     movie = lct_cut_movie(cut);            // or lct_cut_write_lesson(io, cut, folder, &fault)
 *     lct_cut_close(cut);
 */
#pragma once

#include <stddef.h>

#include "archive/cut/movie.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/io.h"
#include "base/time.h"

/** Most ranges of a cut. */
#define LCT_CUT_RANGES_MAX 10000U

/** Up to the lesson's end, as far as it is recorded. */
#define LCT_CUT_END INT64_MAX

/** The track of a result that has one picture. */
#define LCT_CUT_ONE_PICTURE "programme"

/** What is kept. Either all ranges of a cut name a picture, or none. */
struct lct_cut_range {
    const char *lesson; /**< its folder; ranges of one lesson need not follow each other */
    lct_ns from, to;    /**< lesson time; to may be LCT_CUT_END */
    /** The track that is the one picture of the result; NULL: all tracks are kept, each under its
     * own name. */
    const char *picture;
    /** A lesson in which that picture was made anew, whose time 0 is from; NULL: the lesson's own
     * is shown. */
    const char *made;
    /** Its track that is heard where the result has another lesson's; NULL: each under its own
     * name. */
    const char *sound;
    lct_ns fade_in, fade_out; /**< picture and sound, out of and into nothing; 0: none */
    /** So much behind the end of a lesson that has ended still is its end; 0: a millisecond, to
     * which times that people type are rounded. */
    lct_ns slack;
};

struct lct_cut;

/**
 * Opens the lessons and checks what is to be kept. tracks: names, none: all that any of the lessons
 * has (with a picture named: which tracks of sound). 0; -ENOENT: no such lesson or track; -EINVAL:
 * a range that is empty, reversed, too many, or shorter than its fades, or pictures named for some;
 * -ERANGE: one that lies outside its lesson, or of a lesson that is being recorded reaches beyond
 * what is safe; -ENODATA: nothing was recorded; -ENOTSUP: sounds of two kinds; -ENOMEM; with a
 * fault.
 */
int lct_cut_open(const struct lct_cut_range *ranges, size_t count, const char *const *tracks,
                 size_t track_count, struct lct_cut **ret_cut,
                 struct lct_fault *fault) LCT_MUST_USE;

/** What somebody should know before the cut is made (its code is 0); NULL behind the last. Borrows.
 */
const struct lct_fault *lct_cut_note(const struct lct_cut *cut, size_t i);

/** Sound is to be as loud as that (LUFS, -40 to -5, EBU R 128): it is encoded anew, all of it.
 * Before make. */
void lct_cut_want_loudness(struct lct_cut *cut, double lufs);

/** Heads of the same pictures are taken from movies that were cut before, and not painted again;
 * borrows them until close. Before make. */
void lct_cut_reuse(struct lct_cut *cut, struct lct_movie *const *movies, size_t count);

/** Length of the result. */
lct_ns lct_cut_length(const struct lct_cut *cut);

/** Encodes heads and joins and lays the movie out. Once. 0 or -errno with a fault. */
int lct_cut_make(struct lct_cut *cut, struct lct_fault *fault) LCT_MUST_USE;

/** What was made. */
struct lct_cut_counts {
    size_t pictures, pictures_encoded; /**< of all tracks; encoded or taken */
    size_t heads, heads_taken;         /**< ranges that have such, of all tracks; and of those
                                            how many were taken from movies cut before */
    size_t sounds, sounds_encoded;     /**< frames */
    double loudness_before, loudness;  /**< LUFS of the first sound; 0: not asked for, or silent */
};

/** How much of it was encoded anew. */
struct lct_cut_counts lct_cut_counts(const struct lct_cut *cut);

/** The movie that was made; the cut's. */
const struct lct_movie *lct_cut_movie(const struct lct_cut *cut);

/**
 * Writes a new lesson into folder, which is not there or empty: first beside it, under a name that
 * begins with a dot, then renamed. 0; -EEXIST: something is there; or the disk's -errno; with a
 * fault. Then nothing is left behind.
 */
int lct_cut_write_lesson(const struct lct_io *io, const struct lct_cut *cut, const char *folder,
                         struct lct_fault *fault) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_cut_close(struct lct_cut *cut);

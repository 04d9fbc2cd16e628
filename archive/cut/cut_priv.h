// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A cut's inside, shared by cut.c (what is kept), cut_source.c (the lessons it is of),
 * cut_picture.c with cut_paint.c and cut_sound.c (what is made of it) and cut_lesson.c (the
 * folder).
 */
#pragma once

#include "archive/cut/cut.h"
#include "archive/cut/movie_priv.h"
#include "archive/tape/scan.h"
#include "encode/recode.h"

/** One chunk of a track's tape, reels one after the other. */
struct lct_cut_row {
    const struct lct_index_row *row;
    const struct lct_format *format;
    int32_t file; /**< of the movie */
    bool hole;    /**< something is missing before it */
    bool checked; /**< a part needs it: it is known whether it is damaged */
    bool bad;     /**< it is damaged: as if it were not there */
};

/** A track of a lesson that is cut. */
struct lct_cut_tape {
    struct lct_reels reels;     /**< their rows were let go */
    struct lct_index_row *kept; /**< those that ranges may need, copied */
    struct lct_cut_row *rows;
    size_t count;
};

struct lct_cut_source {
    char *folder;
    struct lct_lesson_info info;
    lct_ns end;                                     /**< up to where it may be cut */
    struct lct_cut_tape tapes[LCT_TAPE_TRACKS_MAX]; /**< as info.tracks */
};

/** A kept range. Ticks of 1/90000 s, which both timescales divide without a rest. */
struct lct_cut_part {
    const struct lct_cut_source *source;
    int64_t from, to;                  /**< lesson time */
    int64_t at;                        /**< in the result */
    char picture[LCT_TRACK_NAME_SIZE]; /**< "": each track under its own name */
    const struct lct_cut_source *made; /**< NULL: none */
    char sound[LCT_TRACK_NAME_SIZE];   /**< "": each track under its own name */
    int64_t fade_in, fade_out;
};

/** A part as one track of the result sees it. */
struct lct_cut_view {
    struct lct_cut_tape *tape; /**< NULL: nothing of it */
    int64_t from, to;          /**< on that tape's clock, ticks of 1/90000 s */
};

/** A track of the result. */
struct lct_cut_track {
    struct lct_lesson_track info;
    struct lct_format *format; /**< main: most of what is kept has it; when made: the result's */
    struct lct_movie_lane lane;
    size_t encoded;
    size_t heads, heads_taken;        /**< of pictures */
    int8_t *peaks;                    /**< sound: lowest and highest level of each frame */
    double loudness_before, loudness; /**< sound: LUFS; 0: as it is, or silent */
};

/** Reads the reels of a movie, one at a time. One thread. */
struct lct_cut_reader {
    const struct lct_movie *movie; /**< borrowed */
    struct lct_scan scan;          /**< of the file below */
    int32_t file;                  /**< -1: none is open */
};

struct lct_cut {
    struct lct_movie *movie;
    struct lct_cut_source *sources;
    size_t source_count;
    struct lct_cut_part *parts;
    size_t part_count;
    int64_t length; /**< ticks */
    struct lct_cut_track tracks[LCT_TAPE_TRACKS_MAX];
    size_t track_count;
    struct lct_fault *notes;
    size_t note_count;
    double loudness;                  /* LUFS; 0: as it is */
    struct lct_movie *const *earlier; /* borrowed */
    size_t earlier_count;
    struct lct_cut_reader reader;
};

/**
 * Opens the lesson in folder (copied), if it is not open yet, with what the ranges of it need;
 * without ranges from end to end. 0, -ENODATA: nothing is recorded in it; or another -errno; with
 * a fault. The source is the cut's.
 */
int lct_cut_open_source(struct lct_cut *cut, const char *folder, const struct lct_cut_range *ranges,
                        size_t count, struct lct_cut_source **ret_source,
                        struct lct_fault *fault) LCT_MUST_USE;

/** Frees what it holds. */
void lct_cut_close_source(struct lct_cut_source *source);

/** Reads what all parts need of a track, marks what is damaged, and notes it. */
void lct_cut_check_track(struct lct_cut *cut, const struct lct_cut_track *track);

/** The first row at or behind tick, in the tape's own timescale. */
size_t lct_cut_row_at(const struct lct_cut_tape *tape, int64_t tick);

/** What of a part a track of the result shows. */
struct lct_cut_view lct_cut_view(const struct lct_cut_part *part,
                                 const struct lct_cut_track *track);

/** True when a lesson has a track of pictures of that name. */
bool lct_cut_has_picture(const struct lct_cut_source *source, const char *name);

/** Level at a tick of the result, 0 to 1: below 1 where the part fades. */
float lct_cut_level(const struct lct_cut_part *part, int64_t tick);

/** Begins to read; nothing is open yet. */
struct lct_cut_reader lct_cut_reader(const struct lct_movie *movie);

/** A row's chunk, checked by its sum; NULL: it is damaged. Valid until the next call. */
const uint8_t *lct_cut_read(struct lct_cut_reader *reader, const struct lct_cut_row *row);

void lct_cut_reader_close(struct lct_cut_reader *reader);

/** lct_cut_read by the cut's own reader; a row that is damaged is marked so. */
const uint8_t *lct_cut_chunk(struct lct_cut *cut, struct lct_cut_row *row);

/** Adds something to be said before the cut is made; text as lct_fault_set's. */
void lct_cut_add_note(struct lct_cut *cut, const struct lct_fault *note);

/** Chooses a track's format, and says what of it must be encoded anew. 0 or -errno. */
int lct_cut_choose_canvas(struct lct_cut *cut, struct lct_cut_track *track,
                          struct lct_fault *fault) LCT_MUST_USE;

/** Fills a lane of pictures. 0 or -errno with a fault. */
int lct_cut_make_pictures(struct lct_cut *cut, struct lct_cut_track *track,
                          struct lct_fault *fault) LCT_MUST_USE;

/**
 * Shows the pictures of all ranges in a track's lane, on as many threads as help; sets that the
 * heads have of their own are added to its format. alike: pictures of all ranges are of one format
 * (else which one an encoder meets first would decide on its headers). 0 or -errno; with a fault,
 * or with fault->code left 0.
 */
int lct_cut_paint(struct lct_cut *cut, struct lct_cut_track *track,
                  const struct lct_recode_settings *settings, bool alike,
                  struct lct_fault *fault) LCT_MUST_USE;

/** Pictures of both are as wide and as high. */
bool lct_cut_same_size(const struct lct_format *a, const struct lct_format *b);

/** Adds the parameter sets of an avcC (borrows) to a format's; one that does not fit, or is there,
 * is left out. */
void lct_cut_add_sets(struct lct_format *format, const uint8_t *avcc, size_t n);

/** Fills a lane of sound. 0 or -errno with a fault. */
int lct_cut_make_sound(struct lct_cut *cut, struct lct_cut_track *track,
                       struct lct_fault *fault) LCT_MUST_USE;

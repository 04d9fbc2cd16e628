// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A movie while it is laid out: lanes of samples whose bytes lie in reels, or are made and kept in
 * memory. Shared by a lesson's movie (movie.c) and a cut (cut.c). One thread until it is laid.
 */
#pragma once

#include "archive/cut/movie.h"
#include "archive/lesson/lesson.h"
#include "archive/tape/reels.h"
#include "base/digest.h"
#include "base/ref.h"
#include "encode/mp4.h"

/** Where a sample's bytes come from. */
struct lct_movie_piece {
    uint64_t at;     /**< in the movie; set when it is laid */
    uint64_t source; /**< in the file, or in what is kept */
    uint32_t bytes;
    int32_t file; /**< of name_files; < 0: it is kept in memory */
};

/** In the size of a sample that was painted: it is an IDR. */
#define LCT_MOVIE_PAINTED_KEY 0x80000000U

/** Samples of one range that were painted (archive/cut/cut_paint.c): they lie one behind the other
 * among what is kept. */
struct lct_movie_painted {
    uint8_t key[LCT_DIGEST_SIZE]; /**< what they were painted of */
    uint64_t source;              /**< where the first begins */
    uint32_t *samples;            /**< owned: bytes of each, and LCT_MOVIE_PAINTED_KEY */
    uint32_t count;
};

/** One track. Begins all zero but for its format. */
struct lct_movie_lane {
    const struct lct_format *format; /**< borrows until the movie is laid */
    struct lct_mp4_sample *samples;  /**< owned, as many as pieces */
    struct lct_movie_piece *pieces;  /**< owned */
    size_t count, room;
    int64_t end;                /**< tick up to which the samples reach */
    struct lct_movie_piece key; /**< the last key frame */
};

struct lct_movie {
    struct lct_ref ref;
    uint8_t *head; /* ftyp, moov, mdat header */
    size_t head_bytes;
    uint64_t size;
    struct lct_movie_piece *pieces; /* by place in the movie */
    size_t piece_count;
    char **files;
    size_t file_count;
    uint8_t *made; /* bytes that lie in no file; a frame of silence first */
    size_t made_bytes, made_room, silence_bytes;
    struct lct_movie_painted *painted; /* what of it was painted of what */
    size_t painted_count;
};

/** An empty movie; owned (lct_movie_close). */
struct lct_movie *lct_movie_create(void) LCT_MUST_USE;

/** Names a track's reels; *ret_first is the number of the first. 0 or -ENOMEM. */
int lct_movie_name_files(struct lct_movie *movie, const char *folder, const struct lct_reels *reels,
                         int32_t *ret_first) LCT_MUST_USE;

/** Keeps n bytes that were made. 0 or -ENOMEM. */
int lct_movie_keep(struct lct_movie *movie, const uint8_t *bytes, size_t n,
                   struct lct_movie_piece *ret_piece) LCT_MUST_USE;

/** The frame of silence that all share. */
struct lct_movie_piece lct_movie_silence(const struct lct_movie *movie);

/** Notes samples that were painted (takes those of it). 0 or -ENOMEM. */
int lct_movie_note_painted(struct lct_movie *movie,
                           const struct lct_movie_painted *painted) LCT_MUST_USE;

/** What was painted of that; NULL: nothing. Borrows. */
const struct lct_movie_painted *lct_movie_find_painted(const struct lct_movie *movie,
                                                       const uint8_t key[LCT_DIGEST_SIZE]);

/** Adds a sample at the lane's end. 0 or -ENOMEM. */
int lct_movie_add(struct lct_movie_lane *lane, const struct lct_movie_piece *piece,
                  uint32_t duration, bool key) LCT_MUST_USE;

/** Adds a picture at tick, which is behind the last one's; until then that one stands. 0 or
 * -ENOMEM. */
int lct_movie_add_picture(struct lct_movie_lane *lane, const struct lct_movie_piece *piece,
                          int64_t tick, bool key) LCT_MUST_USE;

/** Lets the last picture stand until tick. 0 or -ENOMEM. */
int lct_movie_stand(struct lct_movie_lane *lane, int64_t until) LCT_MUST_USE;

/** Interleaves the lanes and makes the head: the movie can be read. 0 or -ENOMEM. */
int lct_movie_lay(struct lct_movie *movie, struct lct_movie_lane *lanes, size_t count) LCT_MUST_USE;

/** Shares a movie that is laid; returns it, with one lct_movie_close more to come. Any thread. */
struct lct_movie *lct_movie_share(struct lct_movie *movie) LCT_MUST_USE;

/** Frees what a lane holds. */
void lct_movie_lane_free(struct lct_movie_lane *lane);

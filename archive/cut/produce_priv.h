// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A produce's inside: produce.c (what is to be made, and the cut), produce_view.c (pictures of a
 * tape, decoded), produce_stage.c (pictures made, encoded into a lesson).
 */
#pragma once

#include "archive/cut/cut_priv.h"
#include "archive/cut/produce.h"
#include "archive/lesson/maker.h"
#include "encode/coded.h"
#include "encode/decoder.h"
#include "encode/video.h"

/** The pictures of a track of a part's lesson, one after the other. Ticks of 1/90000 s from
 * the part's begin. */
struct lct_view {
    struct lct_cut *cut;
    struct lct_cut_view on;
    size_t next; /**< row */
    struct lct_picture_decoder *decoder;
    const struct lct_format *format; /**< the decoder's */
    bool alive;                      /**< the next row can be decoded */
    struct lct_frame *frame;         /**< what stands; NULL: nothing yet */
};

/** Opens at the part's begin; a track that is not there shows nothing. */
void lct_view_open(struct lct_cut *cut, const struct lct_cut_part *part, const char *track,
                   struct lct_view *ret_view);

/** When the next picture comes; INT64_MAX: none does. */
int64_t lct_view_next(const struct lct_view *view);

/** Pictures that are still to come. */
size_t lct_view_left(const struct lct_view *view);

/** Goes on to what stands at tick. */
void lct_view_go(struct lct_view *view, int64_t tick);

/** Frees what it holds. */
void lct_view_close(struct lct_view *view);

/** Pictures of our own on their way into a lesson. */
struct lct_stage {
    char folder[LCT_PATH_SIZE]; /**< ""; a trial, nothing is written */
    struct lct_video_settings settings;
    struct lct_video_encoder *encoder;
    struct lct_coded coded;
    struct lct_maker *maker; /**< NULL: a trial */
    int64_t last_key;
    size_t pictures;
};

/** Settings for pictures that are to stand beside those of format. */
void lct_stage_settings(const struct lct_format *format, bool screen,
                        struct lct_video_settings *ret_settings);

/** Begins; folder NULL: a trial; spare: bytes that are left free on its disk. 0 or -errno with a
 * fault; then it is to be closed all the same. */
int lct_stage_open(const struct lct_video_settings *settings, const char *folder, uint64_t spare,
                   struct lct_stage *ret_stage, struct lct_fault *fault) LCT_MUST_USE;

/** The next picture (borrows), shown from tick up to until. 0 or -errno. */
int lct_stage_put(struct lct_stage *stage, struct lct_frame *frame, int64_t tick,
                  int64_t until) LCT_MUST_USE;

/** Ends it at a tick as a lesson of like's room and title; like NULL: what was made is given up. 0
 * or -errno with a fault. */
int lct_stage_close(struct lct_stage *stage, const struct lct_lesson_info *like, int64_t end,
                    struct lct_fault *fault) LCT_MUST_USE;

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A lesson's folder: lesson.json (what it is), marks.jsonl (打点, one line each, durable when
 * told), one folder a track with its reels. It is all that is needed to rebuild a library.
 *
 * While the lesson is recorded the recorder writes it; everybody else only reads. Functions here
 * are called from one thread at a time per lesson.
 *
 *     lct_lesson_begin(io, folder, &info, &fault);  …  lct_lesson_save(io, folder, &info);
 *     lct_lesson_load(folder, &info, &fault);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/tape/reel.h"
#include "archive/tape/tape.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/io.h"
#include "base/time.h"
#include "encode/chunk.h"

#define LCT_LESSON_ID_SIZE 64
/** 80 characters of at most 4 bytes (docs/limits.md), and the end; what is longer is cut off. */
#define LCT_LESSON_TITLE_SIZE 321
#define LCT_MARK_LABEL_SIZE 321

/** Most bytes of marks.jsonl: some hundred thousand marks. */
#define LCT_MARKS_BYTES_MAX (16U << 20)

enum lct_lesson_state { LCT_LESSON_RECORDING, LCT_LESSON_ENDED };

/** A track as lesson.json knows it. */
struct lct_lesson_track {
    char name[LCT_TRACK_NAME_SIZE];
    char kind[12]; /**< "camera", "screen", "sound" */
    uint32_t id;
    char source[256];  /**< its spec, passwords left out */
    int width, height; /**< canvas; 0 until known */
    bool demo;
};

struct lct_lesson_info {
    char id[LCT_LESSON_ID_SIZE];
    char room[40];
    char title[LCT_LESSON_TITLE_SIZE];
    enum lct_lesson_state state;
    /* lesson zero on three clocks: lesson time is CLOCK_MONOTONIC - zero of the same boot, or wall
     * time when the machine was started anew since */
    char boot[LCT_BOOT_ID_SIZE];
    lct_ns zero_monotonic;
    lct_ns zero_wall;
    lct_ns end; /**< lesson time of the end; 0 while it is recorded */
    struct lct_lesson_track tracks[LCT_TAPE_TRACKS_MAX];
    size_t track_count;
};

/** A mark: a moment that somebody found worth finding again. */
struct lct_mark {
    lct_ns time; /**< lesson time */
    lct_ns wall; /**< when it was set */
    char label[LCT_MARK_LABEL_SIZE];
};

/** True for what can be the id of a lesson: letters, digits, '-' and '_'; no way out of a folder.
 */
bool lct_lesson_is_id(const char *text);

/** Fills id ("20260301-080000-main-1a2b") and the clocks of a lesson that begins now in room. */
void lct_lesson_new(const char *room, const char *title, struct lct_lesson_info *ret_info);

/**
 * Makes the folder (it may be there when it is empty) and writes lesson.json into it. 0; -EEXIST:
 * not empty; -EACCES, -EROFS, -ENOSPC …, with a fault.
 */
int lct_lesson_begin(const struct lct_io *io, const char *folder,
                     const struct lct_lesson_info *info, struct lct_fault *fault) LCT_MUST_USE;

/** Writes lesson.json anew so that a crash leaves the old or the new one. 0 or -errno. */
int lct_lesson_save(const struct lct_io *io, const char *folder,
                    const struct lct_lesson_info *info) LCT_MUST_USE;

/** What lct_lesson_save writes, its length in *ret_n. Returns owned (free). */
char *lct_lesson_text(const struct lct_lesson_info *info, size_t *ret_n) LCT_MUST_USE;

/** Reads lesson.json. 0; -ENOENT: no lesson here; -EINVAL: damaged; with a fault. */
int lct_lesson_load(const char *folder, struct lct_lesson_info *ret_info,
                    struct lct_fault *fault) LCT_MUST_USE;

/** True when somebody, in this process or another, holds the lesson's folder (base/lock.h): writes
 * its tapes, or mends them. */
bool lct_lesson_is_locked(const char *folder);

/** CLOCK_MONOTONIC of lesson zero as of this boot: the same number, or by wall time after a reboot.
 */
lct_ns lct_lesson_zero(const struct lct_lesson_info *info);

/** Appends a mark; when it returns 0 the mark is durable. Or -errno. */
int lct_lesson_mark(const struct lct_io *io, const char *folder,
                    const struct lct_mark *mark) LCT_MUST_USE;

/** True when these n bytes (a line of marks.jsonl without its end) are a mark. */
bool lct_lesson_is_mark(const char *line, size_t n);

/** Reads all whole marks (a torn last line is left out). Returns how many; *ret_marks is owned
 * (free). */
size_t lct_lesson_marks(const char *folder, struct lct_mark **ret_marks);

/** A hole in a track, or in all of them. */
struct lct_gap {
    char track[LCT_TRACK_NAME_SIZE];
    lct_ns from, to; /**< lesson time */
};

/** What the tapes of a lesson hold, from their indexes. */
struct lct_lesson_media {
    lct_ns duration; /**< end of the last sample of any track */
    uint64_t bytes;
    struct lct_gap *gaps; /**< owned (free) */
    size_t gap_count;
};

/** Reads the indexes and sums them up; damaged rows are passed over. */
void lct_lesson_media(const char *folder, const struct lct_lesson_info *info,
                      struct lct_lesson_media *ret_media);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Reads a lesson's folder to its last byte and says what it holds and what is wrong: every chunk
 * against its check sum, its boxes against its row, times, key frames decoded, finished reels as
 * plain MP4s. Nothing is written. What is said is data; control/command/cmd_verify.c has the words.
 *
 * A lesson that is still recorded is judged by what is durable so far: its last reels are not
 * closed, and a last row that is half there is no damage.
 *
 *     struct lct_verify verify;
 *     lct_verify_lesson(folder, &verify);
 *     if (verify.damage == 0) …                        // whole
 *     lct_verify_free(&verify);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/lesson/lesson.h"
#include "base/attr.h"

/** What can be said. "count" and "at" of a finding mean what is said here. */
enum lct_finding_kind {
    /* no damage */
    LCT_FINDING_RECORDED,    /**< somebody records this lesson now */
    LCT_FINDING_INTERRUPTED, /**< the recording was interrupted and has not gone on */
    LCT_FINDING_FOREIGN,     /**< file is none of lectern's */
    LCT_FINDING_LOST_REEL,   /**< a reel that is known to be lost */
    LCT_FINDING_TORN_ROW,    /**< the index of an interrupted reel ends inside a row, at */
    LCT_FINDING_NEVER_BEGAN, /**< a track of a short lesson without a reel */
    LCT_FINDING_THUMBS,      /**< count thumbnails are damaged */
    /* damage of the lesson */
    LCT_FINDING_NO_LESSON,     /**< neither lesson.json nor tapes: not a lesson */
    LCT_FINDING_LESSON_GONE,   /**< tapes without lesson.json */
    LCT_FINDING_LESSON_BROKEN, /**< lesson.json cannot be read */
    LCT_FINDING_MARKS,         /**< count lines of marks.jsonl from byte at */
    LCT_FINDING_TRACK_GONE,    /**< a track of which there is no reel */
    LCT_FINDING_NUMBER_GONE,   /**< reel at (count of them) is missing with all its files */
    LCT_FINDING_END_GONE,      /**< nothing from lesson time at (ns) on, count ns before its end */
    /* damage of a reel */
    LCT_FINDING_REEL_GONE,   /**< an index without its reel, count chunks */
    LCT_FINDING_HEAD,        /**< the reel's first boxes, from byte at */
    LCT_FINDING_OPEN,        /**< not closed */
    LCT_FINDING_MOOV,        /**< the table of a finished reel, at byte at */
    LCT_FINDING_INDEX_GONE,  /**< no index, or an empty one */
    LCT_FINDING_INDEX_HEAD,  /**< its header */
    LCT_FINDING_INDEX_ROW,   /**< count rows from byte at */
    LCT_FINDING_INDEX_ZEROS, /**< the same, and they are zeros */
    LCT_FINDING_INDEX_TORN,  /**< the index ends inside a row, at */
    LCT_FINDING_NO_ROW,      /**< count whole chunks from byte at of which no row speaks */
    LCT_FINDING_INIT_GONE,   /**< no init beside the reel */
    LCT_FINDING_INIT,        /**< the init beside the reel is damaged */
    LCT_FINDING_NO_INIT,     /**< no init that can be read, neither beside nor inside */
    LCT_FINDING_CUT,         /**< count chunks from byte at that the file ends before */
    LCT_FINDING_ZEROS,       /**< count chunks from byte at with a hole of zeros */
    LCT_FINDING_SUM,         /**< count chunks from byte at with a wrong check sum */
    LCT_FINDING_BOXES,       /**< count chunks from byte at whose boxes are not what the row says */
    LCT_FINDING_KEY,         /**< count key frames from byte at that do not decode */
    LCT_FINDING_TIME,        /**< count rows from byte at of the index with times that run back */
    LCT_FINDING_PROMISE,     /**< the same, later than promised and no gap said */
    LCT_FINDING_UNREADABLE,  /**< count chunks from byte at: the disk gives an error */
    LCT_FINDING_KINDS
};

/** A track that ends so long before its lesson has lost its end: the longest promise is 2 s. */
#define LCT_END_MISSING (5 * LCT_SECOND)

/** Room of a finding's file name. */
#define LCT_FINDING_FILE_SIZE 300

struct lct_finding {
    enum lct_finding_kind kind;
    char file[LCT_FINDING_FILE_SIZE]; /**< in the lesson's folder, tamed; "" the lesson */
    uint64_t at, count;
};

/** What a track holds. */
struct lct_verify_track {
    struct lct_lesson_track info; /**< of lesson.json, or guessed from the tapes */
    size_t reels;
    uint64_t chunks; /**< right */
    uint64_t keys;   /**< pictures: key frames that decode */
    uint64_t bad;    /**< chunks that are not right */
    uint64_t bytes;
    uint64_t damage;   /**< findings that are damage */
    lct_ns begin, end; /**< of what is right; both 0 when there is nothing */
};

struct lct_verify {
    bool has_lesson; /**< lesson.json could be read */
    struct lct_lesson_info lesson;
    struct lct_verify_track tracks[LCT_TAPE_TRACKS_MAX];
    size_t track_count;
    size_t marks;
    struct lct_finding *findings;
    size_t finding_count;
    struct lct_gap *gaps; /**< holes in what is right */
    size_t gap_count;
    size_t damage; /**< findings that are damage: 0 is whole */
};

/** Verifies the lesson in folder. Blocking, as long as reading all of it takes; any one thread. */
void lct_verify_lesson(const char *folder, struct lct_verify *ret_verify);

/** The same for who holds the lesson's folder (base/lock.h), so that nobody records it. */
void lct_verify_held(const char *folder, struct lct_verify *ret_verify);

/** Frees what it holds. */
void lct_verify_free(struct lct_verify *verify);

/** True for kinds that are damage. */
bool lct_finding_is_damage(enum lct_finding_kind kind);

/** The kind in one word for programs: "sum", "init-gone" … */
const char *lct_finding_word(enum lct_finding_kind kind);

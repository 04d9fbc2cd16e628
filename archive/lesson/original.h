// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A lesson of this recorder whose copy grows on a server in another building
 * (archive/lesson/replica.h): what the server still lacks, piece by piece, in an order in which the
 * copy can be read at each moment, and is of each track the beginning. Of reels that are written
 * the chunks come before their rows, and the 16 bytes that make a finished reel a plain MP4 come
 * last; then each finished file is compared; what is here no more is removed; lesson.json says
 * "ended" when all else is there. Whatever differs is sent anew.
 *
 * The lesson's files are only read. One thread, which may wait for the disk.
 *
 *     original = lct_original_open("/data/lessons/ID");
 *     rc = lct_original_look(original);                     // what is here; later: what has grown
 *     lct_original_take(original, have);                    // lct_replica_have's, from the server
 *     while ((kind = lct_original_next(original, &piece)) == LCT_ORIGINAL_BYTES) … send it
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/lesson/replica.h"
#include "base/attr.h"
#include "base/json.h"
#include "base/secret.h"

/** Bytes of a piece at most. */
#define LCT_ORIGINAL_PIECE (64U << 10)

/** Chunks of a reel that are sent before their rows follow. */
#define LCT_ORIGINAL_RUN (512U << 10)

struct lct_original;

enum lct_original_kind {
    LCT_ORIGINAL_NOTHING, /**< 0; now; look again later */
    LCT_ORIGINAL_BYTES,   /**< to be written; told again only when lct_original_take says so */
    LCT_ORIGINAL_CHECK,   /**< a file to be compared; lct_original_checked says what came of it */
    LCT_ORIGINAL_DONE,    /**< everything is there, compared and ended */
};

struct lct_original_step {
    struct lct_replica_piece
        piece;      /**< of BYTES; of CHECK name alone. Borrowed until the next step */
    uint64_t bytes; /**< of CHECK: the file's size */
    uint8_t sum[LCT_DIGEST_SIZE]; /**< of CHECK: its SHA-256 */
};

/** A lesson's folder (copied). Returns owned. */
struct lct_original *lct_original_open(const char *folder) LCT_MUST_USE;

/** What the server has (borrows), after the first look; also after a connection was lost, and then
 * again from there. */
void lct_original_take(struct lct_original *original, const json_t *have);

/** Looks what is here now. 0, or -errno when lesson.json cannot be read. */
int lct_original_look(struct lct_original *original) LCT_MUST_USE;

/** The next step; or -errno of the disk here, when there is nothing but what it does not give. */
int lct_original_next(struct lct_original *original,
                      struct lct_original_step *ret_step) LCT_MUST_USE;

/** The file of the last CHECK was found the same, or not: then it is sent anew. */
void lct_original_checked(struct lct_original *original, bool same);

/** Bytes still to be sent, as of the last look. */
uint64_t lct_original_left(const struct lct_original *original);

/** True when the lesson has ended here. */
bool lct_original_has_ended(const struct lct_original *original);

/** Frees; NULL is allowed. */
void lct_original_close(struct lct_original *original);

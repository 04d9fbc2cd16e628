// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Reels of made-up chunks (tests/support/format.h) for tests: of a picture every chunk promises to
 * stand twice as long as it does, of sound it is as long as it says.
 *
 *     struct lct_test_run run = {.format = f, .number = 1, .step = 3000, .count = 60, .keys = 30};
 *     struct lct_reel *reel = lct_test_reel_open(folder, &run);
 *     lct_test_reel_append(reel, &run, 10);          // the next ten
 *     cr_assert_eq(lct_reel_close(reel, 0), 0);
 *     lct_test_reel(folder, &run);                   // all of these, with all of its chunks
 */
#pragma once

#include "archive/tape/reel.h"

struct lct_test_run {
    struct lct_format *format;
    uint32_t number; /**< of the reel */
    int64_t tick;    /**< of the first chunk */
    uint32_t step;   /**< ticks between two */
    size_t count;
    size_t keys; /**< every so many chunks are a key */
    bool gap;    /**< something is missing before it */
    size_t done; /**< how many were appended */
};

/** Begins the reel in FOLDER/TRACK, which is made. Owned. */
struct lct_reel *lct_test_reel_open(const char *folder, const struct lct_test_run *run);

/** Appends the next count chunks of the run. */
void lct_test_reel_append(struct lct_reel *reel, struct lct_test_run *run, size_t count);

/** Writes the whole reel and finishes it. */
void lct_test_reel(const char *folder, struct lct_test_run run);

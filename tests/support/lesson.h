// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Chunks of a small true lesson for tests: pictures of 64 x 48 out of the real encoder, and sound
 * whose frames are noise without zeros (nothing here decodes sound). Ten pictures a second, every
 * fifth a key; sound chunks of two frames.
 *
 *     struct lct_test_lesson *l = lct_test_lesson(3 * LCT_SECOND);
 *     for (size_t i = 0; i < l->count; i++) lct_bus_publish(bus, l->chunks[i]);   // by time
 *     lct_test_lesson_free(l);
 */
#pragma once

#include <stddef.h>

#include "archive/lesson/lesson.h"
#include "archive/tape/reel.h"
#include "encode/chunk.h"

#define LCT_TEST_PICTURES_A_KEY 5

struct lct_test_lesson {
    struct lct_format *picture, *sound; /**< tracks "camera" (1) and "sound" (2) */
    struct lct_chunk **chunks;          /**< of both, by time */
    size_t count;
};

/** Makes the chunks of so long a lesson. Owned. */
struct lct_test_lesson *lct_test_lesson(lct_ns length);

/** Frees. */
void lct_test_lesson_free(struct lct_test_lesson *lesson);

/** Writes lesson.json for such a lesson, state "recording", into folder. */
void lct_test_lesson_begin(const char *folder, struct lct_lesson_info *ret_info);

/**
 * Begins reel 1 of a track, "camera" or "sound", in FOLDER/TRACK, which is made, with all its
 * chunks. Owned: to be closed or abandoned.
 */
struct lct_reel *lct_test_lesson_reel(const char *folder, const struct lct_test_lesson *lesson,
                                      struct lct_format *track);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Formats and chunks for tests, without an encoder: the parameter sets are x264's of 640 x 360,
 * what stands in the samples is the test's own.
 *
 *     struct lct_format *f = lct_test_picture_format();
 *     struct lct_chunk *c = lct_test_chunk(f, 0, 3000, true, 500);   // tick, duration, key, bytes
 */
#pragma once

#include "encode/chunk.h"

/** Track "camera", id 1, H.264, init made. Owned. */
struct lct_format *lct_test_picture_format(void);

/** Track "sound", id 2, AAC, init made. Owned. */
struct lct_format *lct_test_sound_format(void);

/**
 * A chunk at tick, promised to last duration; one sample of n bytes, of sound two. Each byte comes
 * of its place and the tick. Owned.
 */
struct lct_chunk *lct_test_chunk(struct lct_format *format, int64_t tick, uint32_t duration,
                                 bool key, uint32_t n);

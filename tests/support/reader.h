// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A source with a queue on one of its outputs, as a test reads it.
 *
 *     struct reader reader;
 *     reader_open(&reader, "demo", LCT_OUTPUT_CAMERA);
 *     struct lct_frame *frame = reader_next(&reader, LCT_FRAME_PICTURE, 5 * LCT_SECOND);
 *     reader_close(&reader);
 */
#pragma once

#include "capture/source.h"

struct reader {
    struct lct_source *source;
    struct lct_queue *queue;
    enum lct_output output;
};

/** Opens the source of that spec; aborts when the spec is wrong. */
void reader_open(struct reader *reader, const char *spec, enum lct_output output);

/** The next frame of that kind within so long, others left out; NULL at the end. Owned. */
struct lct_frame *reader_next(struct reader *reader, enum lct_frame_kind kind, lct_ns within);

/** Waits until the source is in that state; false when it is not within so long. */
bool reader_wait(struct reader *reader, enum lct_source_state state, lct_ns within);

/** Closes the source. */
void reader_close(struct reader *reader);

/** Waits. */
void reader_sleep(lct_ns span);

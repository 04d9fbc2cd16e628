// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void reader_open(struct reader *reader, const char *text, enum lct_output output) {
    struct lct_spec spec;
    struct lct_fault fault;
    if (lct_spec_parse(text, &spec, &fault) < 0) {
        (void)fprintf(stderr, "reader: %s\n", fault.en);
        abort();
    }
    reader->output = output;
    reader->queue = lct_queue_create(256, LCT_QUEUE_DROP_OLDEST, lct_frame_unref_item);
    reader->source = lct_source_create(&spec, NULL, NULL);
    lct_source_attach(reader->source, output, reader->queue);
}

struct lct_frame *reader_next(struct reader *reader, enum lct_frame_kind kind, lct_ns within) {
    lct_ns until = lct_monotonic() + within;
    struct lct_frame *frame;
    while ((frame = lct_queue_pop(reader->queue, until)) && frame->kind != kind) {
        lct_frame_unref(frame);
    }
    return frame;
}

bool reader_wait(struct reader *reader, enum lct_source_state state, lct_ns within) {
    lct_ns until = lct_monotonic() + within;
    struct lct_source_status status;
    do {
        lct_source_status(reader->source, &status);
        if (status.state == state) {
            return true;
        }
        reader_sleep(5 * LCT_MS);
    } while (lct_monotonic() < until);
    return false;
}

void reader_close(struct reader *reader) {
    lct_source_attach(reader->source, reader->output, NULL);
    lct_source_destroy(reader->source);
    lct_queue_destroy(reader->queue);
}

void reader_sleep(lct_ns span) {
    struct timespec time = {.tv_sec = span / LCT_SECOND, .tv_nsec = span % LCT_SECOND};
    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

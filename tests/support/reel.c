// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/reel.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "tests/support/format.h"

static void insist(bool ok, const char *what) {
    if (!ok) {
        (void)fprintf(stderr, "test reel: %s\n", what);
        abort();
    }
}

struct lct_reel *lct_test_reel_open(const char *folder, const struct lct_test_run *run) {
    char track[LCT_PATH_SIZE];
    struct lct_index_head head = {.lesson = 0};
    struct lct_reel *reel = NULL;
    (void)snprintf(track, sizeof track, "%s/%s", folder, run->format->track);
    insist(lct_io_make_folder(track) == 0, "no folder");
    insist(lct_reel_open(&lct_io_system, track, run->number, run->format, &head, &reel) == 0,
           "not opened");
    return reel;
}

void lct_test_reel_append(struct lct_reel *reel, struct lct_test_run *run, size_t count) {
    bool sound = run->format->codec == LCT_CODEC_AAC;
    for (; count > 0; count--, run->done++) {
        size_t i = run->done;
        struct lct_chunk *chunk = lct_test_chunk(
            run->format, run->tick + (int64_t)i * run->step, sound ? run->step : 2 * run->step,
            sound || i % run->keys == 0, 100 + 37 * (uint32_t)(i % 50));
        insist(lct_reel_append(reel, chunk, run->gap && i == 0) == 0, "not appended");
        lct_chunk_unref(chunk);
    }
}

void lct_test_reel(const char *folder, struct lct_test_run run) {
    struct lct_reel *reel = lct_test_reel_open(folder, &run);
    lct_test_reel_append(reel, &run, run.count);
    insist(lct_reel_close(reel, 0) == 0, "not closed");
}

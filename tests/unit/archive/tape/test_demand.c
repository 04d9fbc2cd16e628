// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/tape/demand.h"
#include "archive/tape/follow.h"
#include "base/io.h"
#include "base/mem.h"
#include "encode/mp4.h"
#include "tests/support/format.h"
#include "tests/support/reel.h"

#define COUNT 700 /* more than are read at once */
#define KEYS 20
#define STEP 3000

static char folder[64];

static void make(void) {
    strcpy(folder, "/tmp/lectern-demand-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static void clean(void) {
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(demand, .init = make, .fini = clean);

static const char *track_folder(const struct lct_test_run *run) {
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, run->format->track);
    return path;
}

/* The reel as it is served now. */
static uint8_t *serve(const struct lct_test_run *run, bool ended, size_t *ret_n) {
    struct lct_demand *demand;
    struct lct_follow *tape = lct_follow_create(track_folder(run));
    cr_assert_eq(lct_follow_update(tape, ended, 0), 0);
    const struct lct_follow_reel *reel = lct_follow_find(tape, run->number);
    cr_assert_eq(
        lct_demand_open(tape->folder, reel->number, 0, reel->bytes, reel->end_tick, &demand), 0);
    *ret_n = lct_demand_size(demand);
    cr_assert_eq(*ret_n, reel->bytes);
    uint8_t *bytes = lct_new(*ret_n + 1);
    cr_assert_eq(lct_demand_read(demand, 0, bytes, *ret_n + 1), (ssize_t)*ret_n);
    cr_assert_eq(lct_demand_read(demand, *ret_n, bytes, 1), 0);
    lct_demand_close(demand);
    lct_follow_destroy(tape);
    return bytes;
}

/* Every picture stands until the next; the last as long as it promises, or as is known. */
static void check_chunks(const uint8_t *bytes, size_t n, size_t at, size_t count,
                         uint32_t last_duration) {
    struct lct_mp4_chunk chunk;
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(lct_mp4_parse_chunk(bytes + at, n - at, &chunk), 0, "chunk %zu", i);
        cr_assert_eq(chunk.info.tfdt, (int64_t)i * STEP);
        cr_assert_eq(chunk.info.key, i % KEYS == 0);
        cr_assert_eq(chunk.info.duration, i + 1 < count ? STEP : last_duration);
        at += chunk.n;
    }
    cr_assert_eq(at, n);
}

static uint8_t *slurp(const struct lct_test_run *run, size_t *ret_n) {
    char path[LCT_PATH_SIZE];
    char *bytes;
    lct_reel_path(track_folder(run), run->number, ".mp4", path);
    cr_assert_eq(lct_io_slurp(path, 16 << 20, &bytes, ret_n), 0);
    return (uint8_t *)bytes;
}

static struct lct_test_run pictures(void) {
    return (struct lct_test_run){.format = lct_test_picture_format(),
                                 .number = 1,
                                 .step = STEP,
                                 .count = COUNT,
                                 .keys = KEYS};
}

/* What was served while it was written is served when it is finished, and only durations are not
 * as they lie in the file. */
Test(demand, bytes_stay_as_they_were) {
    size_t open_n, n, file_n;
    struct lct_test_run run = pictures();
    struct lct_reel *reel = lct_test_reel_open(folder, &run);
    lct_test_reel_append(reel, &run, COUNT);
    LCT_FREE uint8_t *open = serve(&run, false, &open_n);
    cr_assert_eq(lct_reel_close(reel, 0), 0);
    LCT_FREE uint8_t *whole = serve(&run, true, &n);
    LCT_FREE uint8_t *file = slurp(&run, &file_n);
    size_t init = run.format->init_bytes + LCT_MP4_FREE_BYTES;
    check_chunks(open, open_n, init, COUNT - 1, STEP);
    check_chunks(whole, n, init, COUNT, 2 * STEP);
    cr_assert_lt(open_n, n);
    cr_assert_eq(memcmp(open, whole, open_n), 0);
    cr_assert_eq(memcmp(whole, run.format->init, LCT_MP4_FTYP_BYTES), 0);
    cr_assert_eq(memcmp(whole + LCT_MP4_FTYP_BYTES + 4, "free", 4), 0);
    size_t differ = 0;
    for (size_t i = LCT_MP4_FTYP_BYTES + LCT_MP4_FREE_BYTES; i < n; i++) {
        differ += whole[i] != file[i];
    }
    cr_assert_leq(differ, 4 * COUNT);
    lct_format_unref(run.format);
}

/* As players ask: any range in any order, also through the middle of a duration. */
Test(demand, any_range_in_any_order) {
    size_t n;
    struct lct_test_run run = pictures();
    struct lct_demand *demand;
    lct_test_reel(folder, run);
    LCT_FREE uint8_t *whole = serve(&run, true, &n);
    LCT_FREE uint8_t *part = lct_new(n);
    srand(1);
    for (int i = 0; i < 2000; i++) {
        size_t from = (size_t)rand() % n;
        size_t wanted = i % 3 == 0 ? (size_t)rand() % (n - from) + 1 : (size_t)rand() % 200 + 1;
        wanted = wanted < n - from ? wanted : n - from;
        cr_assert_eq(lct_demand_open(track_folder(&run), 1, from, n, COUNT * STEP + STEP, &demand),
                     0);
        cr_assert_eq(lct_demand_read(demand, 0, part, wanted), (ssize_t)wanted);
        cr_assert_eq(memcmp(part, whole + from, wanted), 0, "%zu bytes from %zu", wanted, from);
        lct_demand_close(demand);
    }
    lct_format_unref(run.format);
}

/* The last chunk of a segment knows its end from the row behind it, a reel's last is told. */
Test(demand, the_end_that_is_told) {
    size_t n;
    struct lct_mp4_chunk chunk;
    struct lct_demand *demand;
    struct lct_test_run run = pictures();
    lct_test_reel(folder, run);
    LCT_FREE uint8_t *whole = serve(&run, true, &n);
    LCT_FREE uint8_t *part = lct_new(n);
    cr_assert_eq(lct_demand_open(track_folder(&run), 1, 0, n, COUNT * STEP - 100, &demand), 0);
    cr_assert_eq(lct_demand_read(demand, 0, part, n), (ssize_t)n);
    lct_demand_close(demand);
    size_t at = run.format->init_bytes + LCT_MP4_FREE_BYTES;
    for (size_t i = 0; i < COUNT; i++) {
        cr_assert_eq(lct_mp4_parse_chunk(part + at, n - at, &chunk), 0);
        at += chunk.n;
    }
    cr_assert_eq(chunk.info.duration, STEP - 100);
    lct_format_unref(run.format);
}

Test(demand, sound_promises_nothing) {
    size_t n, file_n;
    struct lct_test_run run = {
        .format = lct_test_sound_format(), .number = 1, .step = 2048, .count = 100};
    lct_test_reel(folder, run);
    LCT_FREE uint8_t *whole = serve(&run, true, &n);
    LCT_FREE uint8_t *file = slurp(&run, &file_n);
    size_t head = LCT_MP4_FTYP_BYTES + LCT_MP4_FREE_BYTES;
    cr_assert_eq(memcmp(whole + head, file + head, n - head), 0);
    lct_format_unref(run.format);
}

Test(demand, says_what_is_not_there) {
    struct lct_demand *demand;
    struct lct_test_run run = pictures();
    size_t n;
    cr_assert_eq(lct_demand_open(folder, 1, 0, 100, 0, &demand), -ENOENT);
    lct_test_reel(folder, run);
    LCT_FREE uint8_t *whole = serve(&run, true, &n);
    cr_assert_eq(lct_demand_open(track_folder(&run), 1, 0, n + (1 << 20), 0, &demand), 0);
    LCT_FREE uint8_t *part = lct_new(n + (1 << 20));
    cr_assert_lt(lct_demand_read(demand, 0, part, n + (1 << 20)), 0, "the file is not so long");
    lct_demand_close(demand);
    lct_demand_close(NULL);
    lct_format_unref(run.format);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "archive/tape/check.h"
#include "archive/tape/reels.h"
#include "base/log.h"
#include "tests/support/disk.h"
#include "tests/support/lesson.h"

#define LENGTH (10 * LCT_SECOND) /* more than one read takes in */

static struct lct_test_lesson *lesson;
static char *folder;
static struct lct_bus *bus;
static struct lct_tape *tape;

static void no_key(void *opaque, uint32_t track_id) {
    (void)opaque;
    (void)track_id;
}

/* A lesson that is all on the disk, its tape still open. */
static void begin(void) {
    struct lct_lesson_info info;
    struct lct_tape_status status;
    lesson = lct_test_lesson(LENGTH);
    folder = lct_test_folder();
    lct_test_lesson_begin(folder, &info);
    bus = lct_bus_create();
    const struct lct_tape_settings settings = {
        .io = &lct_io_system, .folder = folder, .bus = bus, .want_key = no_key};
    tape = lct_tape_create(&settings);
    for (size_t i = 0; i < lesson->count; i++) {
        lct_bus_publish(bus, lesson->chunks[i]);
    }
    do {
        (void)nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        lct_tape_status(tape, &status);
    } while (status.saved == LCT_NS_NONE || status.saved < LENGTH - LCT_SECOND / 4);
    lct_log_set_level(LCT_LOG_ERROR + 1);
}

static void end(void) {
    (void)lct_tape_finish(tape, LENGTH); /* what a test did to the index may be in its way */
    lct_tape_destroy(tape);
    lct_bus_destroy(bus);
    lct_test_remove(folder);
    free(folder);
    lct_test_lesson_free(lesson);
}

TestSuite(check, .init = begin, .fini = end, .timeout = 60);

static struct lct_check_status check_all(void) {
    struct lct_check_status status;
    struct lct_check *check = lct_check_create(folder, tape);
    do {
        lct_check_wake(check);
        (void)nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        lct_check_status(check, &status);
    } while (status.verified == LCT_NS_NONE);
    lct_check_destroy(check);
    return status;
}

Test(check, reads_all_that_is_durable) {
    struct lct_check_status status = check_all();
    cr_assert_eq(status.chunks, lesson->count);
    cr_assert_eq(status.keys, 100 / LCT_TEST_PICTURES_A_KEY);
    cr_assert_eq(status.bad, 0);
    cr_assert_geq(status.verified, LENGTH - LCT_SECOND / 4);
}

/* A disk that gives back rows of another place: each is judged by the bytes it speaks of. */
Test(check, rows_may_lie_in_any_order) {
    struct lct_reel_view view;
    char track[LCT_PATH_SIZE], path[LCT_PATH_SIZE];
    (void)snprintf(track, sizeof track, "%s/camera", folder);
    lct_reel_view_load(track, 1, &view);
    lct_reel_path(track, 1, ".index", path);
    int fd = open(path, O_WRONLY);
    for (size_t i = 0; i < view.count; i++) { /* the last one second, zeros from the fourth on */
        uint8_t bytes[LCT_INDEX_ROW_BYTES] = {0};
        if (i < 3) {
            lct_index_write_row(&view.rows[i == 1 ? view.count - 1 : i], bytes);
        }
        off_t at = (off_t)(LCT_INDEX_HEAD_BYTES + i * LCT_INDEX_ROW_BYTES);
        cr_assert_eq(pwrite(fd, bytes, sizeof bytes, at), (ssize_t)sizeof bytes);
    }
    close(fd);
    struct lct_check_status status = check_all();
    size_t sounds = lesson->count - view.count;
    cr_assert_eq(status.chunks, sounds + 3);
    cr_assert_eq(status.bad, view.count - 3);
    lct_reel_view_free(&view);
}

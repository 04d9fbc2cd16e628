// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "control/server/shelf.h"
#include "tests/support/format.h"
#include "tests/support/reel.h"

static char folder[64];
static struct lct_recordings *recordings;
static struct lct_shelf *shelf;
static struct lct_format *picture;

static bool records_nothing(void *arg, const char *lesson) {
    (void)arg;
    (void)lesson;
    return false;
}

static void make(void) {
    strcpy(folder, "/tmp/lectern-shelf-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    recordings = lct_recordings_create(folder, records_nothing, NULL);
    shelf = lct_shelf_create(recordings);
    picture = lct_test_picture_format();
}

static void clean(void) {
    char command[128];
    lct_shelf_destroy(shelf);
    lct_recordings_destroy(recordings);
    lct_format_unref(picture);
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(shelf, .init = make, .fini = clean);

static const char *folder_of(const char *id) {
    static char path[200];
    (void)snprintf(path, sizeof path, "%s/%s", folder, id);
    return path;
}

static void save(const char *id, const char *room, bool ended) {
    struct lct_lesson_info info;
    lct_lesson_new(room, "", &info);
    info.state = ended ? LCT_LESSON_ENDED : LCT_LESSON_RECORDING;
    info.tracks[0] = (struct lct_lesson_track){.name = "camera", .kind = "camera", .id = 1};
    info.track_count = 1;
    cr_assert_eq(lct_io_make_folder(folder_of(id)), 0);
    cr_assert_eq(lct_lesson_save(&lct_io_system, folder_of(id), &info), 0);
}

static void film(const char *id, uint32_t number, int64_t seconds) {
    struct lct_test_run run = {.format = picture,
                               .number = number,
                               .tick = seconds * 90000,
                               .step = 9000,
                               .count = 90,
                               .keys = 20};
    lct_test_reel(folder_of(id), run);
}

static size_t segments_of(const char *id) {
    const struct lct_lesson_info *info;
    const struct lct_follow *tape;
    struct lct_fault fault;
    cr_assert_eq(lct_shelf_tape(shelf, id, "camera", &info, &tape, &fault), 0, "%s", fault.en);
    return tape->segments.count;
}

static void wait_for(lct_ns span) {
    const struct timespec pause = {0, span};
    nanosleep(&pause, NULL);
}

static void wait_until_stale(void) { wait_for(LCT_SHELF_FRESH + 20 * LCT_MS); }

/* Something new is seen within a moment. */
Test(shelf, a_lesson_grows_and_ends) {
    save("a", "main", false);
    film("a", 1, 0);
    cr_assert_eq(segments_of("a"), 2);
    film("a", 2, 9);
    wait_until_stale();
    cr_assert_eq(segments_of("a"), 5);
    save("a", "main", true);
    const struct lct_lesson_info *info;
    struct lct_fault fault;
    wait_until_stale();
    cr_assert_eq(segments_of("a"), 6);
    cr_assert_eq(lct_shelf_lesson(shelf, "a", &info, &fault), 0);
    cr_assert_eq(info->state, LCT_LESSON_ENDED);
}

/* Nobody is told of the end of a lesson without its last segment, also when lesson.json was read
 * later than the tape. */
Test(shelf, an_end_is_whole) {
    const struct lct_lesson_info *info;
    struct lct_fault fault;
    save("a", "main", false);
    film("a", 1, 0);
    cr_assert_eq(lct_shelf_lesson(shelf, "a", &info, &fault), 0);
    wait_for(LCT_SHELF_FRESH * 6 / 10);
    cr_assert_eq(segments_of("a"), 2);
    save("a", "main", true);
    wait_for(LCT_SHELF_FRESH / 2);
    cr_assert_eq(segments_of("a"), 3);
}

Test(shelf, the_newest_of_a_room) {
    char id[LCT_LESSON_ID_SIZE];
    struct lct_fault fault;
    cr_assert_eq(lct_shelf_newest(shelf, "main", id, &fault), -ENOENT);
    save("20260301-080000-main-0001", "main", true);
    save("20260302-080000-main-0001", "main", true);
    save("20260303-080000-other-0001", "other", true);
    save("20260304-080000-main-2-0001", "main-2", true);
    cr_assert_eq(lct_shelf_newest(shelf, "main", id, &fault), 0);
    cr_assert_str_eq(id, "20260302-080000-main-0001");
    cr_assert_eq(lct_shelf_newest(shelf, "main-2", id, &fault), 0);
    cr_assert_str_eq(id, "20260304-080000-main-2-0001");
    cr_assert_eq(lct_shelf_newest(shelf, "2", id, &fault), -ENOENT);
    cr_assert_not_null(strstr(fault.en, "room 2"));
}

Test(shelf, says_what_is_not_there) {
    const struct lct_lesson_info *info;
    const struct lct_follow *tape;
    struct lct_fault fault;
    save("a", "main", true);
    cr_assert_eq(lct_shelf_lesson(shelf, "b", &info, &fault), -ENOENT);
    cr_assert_eq(lct_shelf_lesson(shelf, "../a", &info, &fault), -ENOENT);
    cr_assert_eq(lct_shelf_tape(shelf, "a", "screen", &info, &tape, &fault), -ENOENT);
    cr_assert_not_null(strstr(fault.en, "screen"));
    cr_assert_eq(segments_of("a"), 0);
    char command[256];
    (void)snprintf(command, sizeof command, "rm -r %s", folder_of("a"));
    cr_assert_eq(system(command), 0);
    cr_assert_eq(lct_shelf_lesson(shelf, "a", &info, &fault), -ENOENT, "it was deleted");
}

/* More lessons than are kept: the oldest are read again. */
Test(shelf, has_room_for_some) {
    char id[LCT_LESSON_ID_SIZE];
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < LCT_SHELF_LESSONS + 3; i++) {
            (void)snprintf(id, sizeof id, "lesson-%d", i);
            if (turn == 0) {
                save(id, "main", true);
                film(id, 1, 0);
            }
            cr_assert_eq(segments_of(id), 3);
        }
    }
}

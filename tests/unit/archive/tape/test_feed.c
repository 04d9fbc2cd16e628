// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/tape/feed.h"
#include "encode/mp4.h"
#include "tests/support/format.h"
#include "tests/support/reel.h"

static char folder[64], camera[80], sound[80];
static struct lct_format *pictures, *sounds;
static struct lct_feed *feed;
static struct lct_feed_chunk got;

static void make(void) {
    strcpy(folder, "/tmp/lectern-feed-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(camera, sizeof camera, "%s/camera", folder);
    (void)snprintf(sound, sizeof sound, "%s/sound", folder);
    pictures = lct_test_picture_format();
    sounds = lct_test_sound_format();
    feed = lct_feed_create(camera);
}

static void clean(void) {
    char command[128];
    lct_feed_destroy(feed);
    lct_format_unref(pictures);
    lct_format_unref(sounds);
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(feed, .init = make, .fini = clean);

/* Ten pictures a second, a key each two. */
static struct lct_test_run run_of(uint32_t number, int64_t seconds, size_t count) {
    return (struct lct_test_run){.format = pictures,
                                 .number = number,
                                 .tick = seconds * 90000,
                                 .step = 9000,
                                 .count = count,
                                 .keys = 20};
}

/* The next chunk is the one that was written for that time, to the byte. */
static void gives(double seconds, bool key) {
    cr_assert_eq(lct_feed_next(feed, &got), 0);
    lct_ns time = (lct_ns)(seconds * (double)LCT_SECOND + 0.5);
    cr_assert_eq(got.time, time, "%f s, not %f", (double)got.time / 1e9, seconds);
    cr_assert_eq(got.info.key, key);
    struct lct_chunk *made =
        lct_test_chunk(got.format, got.info.tfdt, got.info.duration, key, got.info.sample_bytes[0]);
    cr_assert_arr_eq(got.sample, made->bytes + made->payload_at, got.info.sample_bytes[0]);
    lct_chunk_unref(made);
}

static void gives_nothing(void) { cr_assert_eq(lct_feed_next(feed, &got), -ENODATA); }

Test(feed, from_the_newest_key_as_it_is_written) {
    cr_assert_eq(lct_feed_to_newest_key(feed), -ENODATA);
    gives_nothing();
    cr_assert_eq(lct_feed_newest(feed), LCT_NS_NONE);
    struct lct_test_run run = run_of(1, 0, 100);
    struct lct_reel *reel = lct_test_reel_open(folder, &run);
    cr_assert_eq(lct_feed_to_newest_key(feed), -ENODATA, "a reel without rows");
    lct_test_reel_append(reel, &run, 45);
    cr_assert_eq(lct_feed_to_newest_key(feed), 0);
    cr_assert_eq(lct_feed_newest(feed), 44 * LCT_SECOND / 10);
    gives(4.0, true);
    gives(4.1, false);
    cr_assert_eq(lct_feed_to_newest_key(feed), -ENODATA, "it lies behind");
    gives(4.2, false);
    gives(4.3, false);
    gives(4.4, false);
    gives_nothing();
    lct_test_reel_append(reel, &run, 1);
    gives(4.5, false);
    gives_nothing();
    lct_test_reel_append(reel, &run, 20);
    cr_assert_eq(lct_feed_to_newest_key(feed), 0, "over some that were never asked for");
    gives(6.0, true);
    lct_reel_abandon(reel);
}

Test(feed, from_reel_to_reel) {
    struct lct_test_run run = run_of(1, 0, 100);
    struct lct_reel *reel = lct_test_reel_open(folder, &run);
    lct_test_reel_append(reel, &run, 2);
    gives(0, true); /* without going anywhere: from the start */
    struct lct_test_run next = run_of(2, 7, 100), last = run_of(5, 9, 100);
    struct lct_reel *second = lct_test_reel_open(folder, &next);
    gives(0.1, false);
    gives_nothing();
    lct_test_reel_append(second, &next, 1);
    gives(7, true);
    struct lct_reel *fifth = lct_test_reel_open(folder, &last);
    lct_test_reel_append(fifth, &last, 21);
    cr_assert_eq(lct_feed_newest(feed), 11 * LCT_SECOND);
    cr_assert_eq(lct_feed_to_newest_key(feed), 0);
    gives(11, true);
    gives_nothing();
    lct_reel_abandon(reel);
    lct_reel_abandon(second);
    lct_reel_abandon(fifth);
}

static void spoil(const char *name, off_t at) {
    char path[128];
    uint8_t byte;
    (void)snprintf(path, sizeof path, "%s/%s", camera, name);
    int fd = open(path, O_RDWR);
    cr_assert_eq(pread(fd, &byte, 1, at), 1);
    byte ^= 0x40;
    cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

Test(feed, what_is_damaged_costs_up_to_the_next_key) {
    struct lct_index_row row;
    struct lct_test_run run = run_of(1, 0, 65);
    struct lct_reel *reel = lct_test_reel_open(folder, &run);
    struct lct_reel_state state;
    lct_test_reel_append(reel, &run, 3);
    lct_reel_state(reel, &state);
    row = state.last;
    lct_test_reel_append(reel, &run, 62);
    spoil("0001.mp4", (off_t)(row.offset + row.n) - 1);                       /* of picture 2 */
    spoil("0001.index", LCT_INDEX_HEAD_BYTES + 21 * LCT_INDEX_ROW_BYTES + 9); /* … and 21 */
    gives(0, true);
    gives(0.1, false);
    gives(2, true);
    gives(4, true);
    for (int i = 41; i < 60; i++) {
        gives(i / 10.0, false);
    }
    gives(6, true);
    lct_reel_abandon(reel);
}

Test(feed, a_gap_goes_on_with_a_key) {
    struct lct_test_run run = run_of(1, 0, 5);
    struct lct_reel *reel = lct_test_reel_open(folder, &run);
    lct_test_reel_append(reel, &run, 5);
    gives(0, true);
    struct lct_chunk *lost = lct_test_chunk(pictures, 100 * 9000, 18000, false, 500);
    cr_assert_eq(lct_reel_append(reel, lost, true), 0);
    lct_chunk_unref(lost);
    struct lct_chunk *key = lct_test_chunk(pictures, 120 * 9000, 18000, true, 500);
    cr_assert_eq(lct_reel_append(reel, key, false), 0);
    lct_chunk_unref(key);
    for (int i = 1; i < 5; i++) {
        gives(i / 10.0, false);
    }
    gives(12, true);
    lct_reel_abandon(reel);
}

Test(feed, sound_from_a_time) {
    lct_feed_destroy(feed);
    feed = lct_feed_create(sound);
    struct lct_test_run run = {
        .format = sounds, .number = 1, .tick = 48000, .step = 2048, .count = 50, .keys = 1};
    cr_assert_eq(lct_feed_to_time(feed, LCT_SECOND), -ENODATA);
    lct_test_reel(folder, run);
    cr_assert_eq(lct_feed_to_time(feed, 2 * LCT_SECOND), 0);
    cr_assert_eq(lct_feed_next(feed, &got), 0);
    cr_assert_leq(got.time, 2 * LCT_SECOND);
    cr_assert_gt(got.time, 2 * LCT_SECOND - 2048 * LCT_SECOND / 48000);
    cr_assert_eq(got.info.samples, 2);
    cr_assert_eq(lct_feed_to_time(feed, LCT_SECOND), -ENODATA, "it lies behind");
    lct_feed_destroy(feed);
    feed = lct_feed_create(sound);
    cr_assert_eq(lct_feed_to_time(feed, 0), 0, "before there was any: from the first");
    cr_assert_eq(lct_feed_next(feed, &got), 0);
    cr_assert_eq(got.time, LCT_SECOND);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/cut/movie.h"
#include "archive/cut/movie_file.h"
#include "archive/lesson/lesson.h"
#include "base/mem.h"
#include "encode/mp4.h"
#include "encode/silence.h"
#include "tests/support/format.h"
#include "tests/support/reel.h"

static char folder[64];

static void make_folder(void) {
    strcpy(folder, "/tmp/lectern-movie-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void) {
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

static void write_reel(struct lct_format *format, uint32_t number, int64_t tick, size_t count,
                       uint32_t step, bool gap) {
    struct lct_test_run run = {.format = format,
                               .number = number,
                               .tick = tick,
                               .step = step,
                               .count = count,
                               .keys = 5,
                               .gap = gap};
    lct_test_reel(folder, run);
}

/* Two tracks of 4 s, each in two reels with a hole of 2 s between. */
static void write_lesson(void) {
    struct lct_format *picture = lct_test_picture_format(), *sound = lct_test_sound_format();
    struct lct_lesson_info info;
    struct lct_fault fault;
    lct_lesson_new("test", "movie", &info);
    info.end = 6050 * LCT_MS; /* before the last promise ends */
    info.track_count = 2;
    info.tracks[0] = (struct lct_lesson_track){.name = "camera", .kind = "camera", .id = 1};
    info.tracks[1] = (struct lct_lesson_track){.name = "sound", .kind = "sound", .id = 2};
    cr_assert_eq(lct_lesson_begin(&lct_io_system, folder, &info, &fault), 0, "%s", fault.en);
    write_reel(picture, 1, 300, 20, 9000, false);
    write_reel(picture, 2, 4 * 90000, 20, 9000, true);
    write_reel(sound, 1, 0, 47, 2048, false);
    write_reel(sound, 2, 188 * 1024, 46, 2048, true);
    lct_format_unref(picture);
    lct_format_unref(sound);
}

static struct lct_movie *open_movie(const char *const *names, size_t count) {
    struct lct_movie *movie;
    struct lct_fault fault;
    cr_assert_eq(lct_movie_open(folder, names, count, &movie, &fault), 0, "%s", fault.en);
    return movie;
}

static uint8_t *read_all(const struct lct_movie *movie) {
    size_t n = lct_movie_size(movie);
    uint8_t *bytes = lct_new(n + 1);
    cr_assert_eq(lct_movie_read(movie, 0, bytes, n + 1), (ssize_t)n);
    return bytes;
}

TestSuite(movie, .init = make_folder, .fini = remove_folder);

/* As browsers ask: any range in any order is what a linear read gives. */
Test(movie, any_range_in_any_order) {
    write_lesson();
    struct lct_movie *movie = open_movie(NULL, 0);
    size_t size = lct_movie_size(movie);
    LCT_FREE uint8_t *whole = read_all(movie);
    LCT_FREE uint8_t *part = lct_new(size);
    srand(1);
    for (int i = 0; i < 3000; i++) {
        size_t from = (size_t)rand() % size;
        size_t n = i % 3 == 0 ? (size_t)rand() % (size - from) + 1 : (size_t)rand() % 300 + 1;
        size_t wanted = n < size - from ? n : size - from;
        cr_assert_eq(lct_movie_read(movie, from, part, n < size ? n : size), (ssize_t)wanted);
        cr_assert_eq(memcmp(part, whole + from, wanted), 0, "%zu bytes from %zu", wanted, from);
    }
    cr_assert_eq(lct_movie_read(movie, size, part, 1), 0, "the end");
    lct_movie_close(movie);
}

static uint32_t u32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Of sound two frames lie together, with boxes before each two: more parts than one read has. */
Test(movie, is_read_on_where_one_read_has_too_many_parts) {
    struct lct_format *sound = lct_test_sound_format();
    struct lct_lesson_info info;
    struct lct_fault fault;
    lct_lesson_new("test", "movie", &info);
    info.track_count = 1;
    info.tracks[0] = (struct lct_lesson_track){.name = "sound", .kind = "sound", .id = 2};
    cr_assert_eq(lct_lesson_begin(&lct_io_system, folder, &info, &fault), 0, "%s", fault.en);
    write_reel(sound, 1, 0, 1000, 2048, false);
    struct lct_movie *movie = open_movie(NULL, 0);
    LCT_FREE uint8_t *whole = read_all(movie);
    LCT_FREE char *reel = lct_format("%s/sound/0001.mp4", folder);
    LCT_FREE char *bytes = NULL;
    size_t n, at = lct_movie_size(movie), frames = 0;
    cr_assert_eq(lct_io_slurp(reel, 16 << 20, &bytes, &n), 0);
    for (size_t end = n; end > 8; end--) { /* from the last chunk to the first */
        if (memcmp(bytes + end - 4, "mdat", 4) == 0) {
            size_t sample = u32((uint8_t *)bytes + end - 8) - 8;
            if (sample <= n - end && sample <= at) {
                at -= sample;
                frames += memcmp(whole + at, bytes + end, sample) == 0;
            }
        }
    }
    cr_assert_eq(frames, 1000, "%zu chunks are as they lie in the reel", frames);
    lct_movie_close(movie);
    lct_format_unref(sound);
}

static size_t count_of(const uint8_t *bytes, size_t n, const void *what, size_t what_n) {
    size_t found = 0;
    for (size_t i = 0; i + what_n <= n; i++) {
        found += memcmp(bytes + i, what, what_n) == 0;
    }
    return found;
}

/* The hole of the sound lasts from frame 94 to frame 188: as many frames of silence. */
Test(movie, a_hole_is_silence) {
    write_lesson();
    const char *const sound[] = {"sound"};
    struct lct_movie *movie = open_movie(sound, 1);
    size_t size = lct_movie_size(movie);
    LCT_FREE uint8_t *whole = read_all(movie);
    const uint8_t *silence;
    size_t n;
    lct_sound_silence(&silence, &n);
    cr_assert_eq(count_of(whole, size, silence, n), 94);
    /* all frames are as long as they sound: one run of 280 x 1024 */
    static const uint8_t stts[] = {'s', 't', 't', 's', 0, 0,    0, 0, 0, 0,
                                   0,   1,   0,   0,   1, 0x18, 0, 0, 4, 0};
    cr_assert_eq(count_of(whole, size, stts, sizeof stts), 1);
    lct_movie_close(movie);
}

/* A lesson that went on after a day. */
Test(movie, a_hole_may_be_longer_than_a_duration_can_be) {
    const int64_t day = INT64_C(86400) * 90000;
    struct lct_format *picture = lct_test_picture_format();
    struct lct_lesson_info info;
    struct lct_fault fault;
    lct_lesson_new("test", "movie", &info);
    info.track_count = 1;
    info.tracks[0] = (struct lct_lesson_track){.name = "camera", .kind = "camera", .id = 1};
    cr_assert_eq(lct_lesson_begin(&lct_io_system, folder, &info, &fault), 0, "%s", fault.en);
    write_reel(picture, 1, 0, 8, 9000, false);
    write_reel(picture, 2, day, 1, 9000, true);
    struct lct_movie *movie = open_movie(NULL, 0);
    LCT_FREE uint8_t *whole = read_all(movie);
    const uint8_t *stts = memmem(whole, lct_movie_size(movie), "stts", 4);
    int64_t sum = 0;
    for (uint32_t i = 0; i < u32(stts + 8); i++) {
        cr_assert_leq(u32(stts + 16 + 8 * i), INT32_MAX, "some players read more as less than 0");
        sum += (int64_t)u32(stts + 12 + 8 * i) * u32(stts + 16 + 8 * i);
    }
    cr_assert_eq(sum, day + 18000);
    lct_movie_close(movie);
    lct_format_unref(picture);
}

/* The picture before the hole stands until the next, the first from the start, the last to the end.
 */
Test(movie, a_hole_is_a_standing_picture) {
    write_lesson();
    const char *const camera[] = {"camera"};
    struct lct_movie *movie = open_movie(camera, 1);
    LCT_FREE uint8_t *whole = read_all(movie);
    static const uint32_t wanted[][2] = {
        {1, 9300}, {18, 9000}, {1, 4 * 90000 - 300 - 19 * 9000}, {19, 9000}, {1, 13500}};
    size_t at = 0;
    while (memcmp(whole + at, "stts", 4) != 0) {
        at++;
    }
    cr_assert_eq(whole[at + 11], 5);
    for (size_t i = 0; i < 5; i++) {
        const uint8_t *p = whole + at + 12 + 8 * i;
        uint32_t count = (uint32_t)p[2] << 8 | p[3];
        uint32_t ticks = (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];
        cr_assert_eq(count, wanted[i][0], "run %zu has %u", i, count);
        cr_assert_eq(ticks, wanted[i][1], "run %zu of %u ticks", i, ticks);
    }
    lct_movie_close(movie);
}

Test(movie, says_what_is_not_there) {
    struct lct_movie *movie;
    struct lct_fault fault;
    const char *const names[] = {"blackboard"};
    cr_assert_eq(lct_movie_open(folder, NULL, 0, &movie, &fault), -ENOENT);
    write_lesson();
    cr_assert_eq(lct_movie_open(folder, names, 1, &movie, &fault), -ENOENT);
    cr_assert_not_null(strstr(fault.en, "blackboard"));
}

static char *kept(void) { return lct_format("%s/kept.movie", folder); }

Test(movie, is_kept_in_a_small_file_and_reads_the_same) {
    write_lesson();
    struct lct_movie *movie = open_movie(NULL, 0), *again = NULL;
    LCT_FREE char *path = kept();
    LCT_FREE char *elsewhere = lct_format("%s/camera", folder);
    cr_assert_eq(lct_movie_save(&lct_io_system, movie, elsewhere, path), -EINVAL);
    cr_assert_eq(lct_movie_load(path, folder, &again), -ENOENT);
    cr_assert_eq(lct_movie_save(&lct_io_system, movie, folder, path), 0);
    cr_assert_eq(lct_movie_load(path, folder, &again), 0);
    cr_assert_eq(lct_movie_size(again), lct_movie_size(movie));
    LCT_FREE uint8_t *one = read_all(movie);
    LCT_FREE uint8_t *two = read_all(again);
    cr_assert_eq(memcmp(one, two, lct_movie_size(movie)), 0);
    lct_movie_close(movie);
    lct_movie_close(again);
}

Test(movie, that_was_kept_is_not_opened_when_its_reels_are_cut_off) {
    write_lesson();
    struct lct_movie *movie = open_movie(NULL, 0), *again = NULL;
    LCT_FREE char *path = kept();
    LCT_FREE char *reel = lct_format("%s/camera/0002.mp4", folder);
    cr_assert_eq(lct_movie_save(&lct_io_system, movie, folder, path), 0);
    cr_assert_eq(truncate(reel, 1000), 0);
    cr_assert_eq(lct_movie_load(path, folder, &again), -ESTALE);
    cr_assert_eq(unlink(reel), 0);
    cr_assert_eq(lct_movie_load(path, folder, &again), -ESTALE);
    lct_movie_close(movie);
}

/* Of a lesson that is being recorded. */
Test(movie, that_was_kept_is_opened_while_its_reels_grow) {
    write_lesson();
    struct lct_movie *movie = open_movie(NULL, 0), *again = NULL;
    LCT_FREE char *path = kept();
    LCT_FREE char *reel = lct_format("%s/camera/0002.mp4", folder);
    cr_assert_eq(lct_movie_save(&lct_io_system, movie, folder, path), 0);
    FILE *f = fopen(reel, "a");
    cr_assert(f && fputs("more", f) >= 0 && fclose(f) == 0);
    cr_assert_eq(lct_movie_load(path, folder, &again), 0);
    lct_movie_close(again);
    lct_movie_close(movie);
}

/* Cut off anywhere, and with any byte turned, it is refused. */
Test(movie, that_was_kept_and_is_damaged_is_refused) {
    write_lesson();
    struct lct_movie *movie = open_movie(NULL, 0), *again = NULL;
    LCT_FREE char *path = kept();
    LCT_FREE char *bytes = NULL;
    size_t n;
    cr_assert_eq(lct_movie_save(&lct_io_system, movie, folder, path), 0);
    cr_assert_eq(lct_io_slurp(path, 1 << 20, &bytes, &n), 0);
    for (size_t i = 0; i < n; i += 1 + i / 64) {
        cr_assert_eq(lct_movie_parse((uint8_t *)bytes, i, folder, &again), -EBADMSG, "%zu", i);
        bytes[i] ^= 4;
        cr_assert_eq(lct_movie_parse((uint8_t *)bytes, n, folder, &again), -EBADMSG, "%zu", i);
        bytes[i] ^= 4;
    }
    cr_assert_eq(lct_movie_parse((uint8_t *)bytes, n, folder, &again), 0);
    lct_movie_close(again);
    lct_movie_close(movie);
}

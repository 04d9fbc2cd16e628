// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/cut/cut.h"
#include "archive/cut/movie_file.h"
#include "archive/cut/movie_priv.h"
#include "archive/lesson/lesson.h"
#include "archive/lesson/verify.h"
#include "base/mem.h"
#include "encode/mp4.h"
#include "encode/press.h"
#include "tests/support/damage.h"
#include "tests/support/disk.h"
#include "tests/support/format.h"
#include "tests/support/lesson.h"

static char *root, *lesson, *made;
static struct lct_fault fault;

/* Six seconds of a camera: ten pictures a second, each fifth a key; by an encoder of ours, or not.
 */
static void fill_lesson(bool by_us) {
    struct lct_test_lesson *l = lct_test_lesson(6 * LCT_SECOND);
    struct lct_lesson_info info;
    (void)snprintf(l->picture->encoder, sizeof l->picture->encoder, "%s", by_us ? "ours" : "else");
    cr_assert_eq(lct_mp4_make_init(l->picture), 0);
    cr_assert_eq(lct_io_make_folder(lesson), 0);
    lct_test_lesson_begin(lesson, &info);
    info.state = LCT_LESSON_ENDED;
    info.end = 6 * LCT_SECOND;
    info.track_count = 1;
    cr_assert_eq(lct_lesson_save(&lct_io_system, lesson, &info), 0);
    cr_assert_eq(lct_reel_close(lct_test_lesson_reel(lesson, l, l->picture), 0), 0);
    lct_test_lesson_free(l);
}

static void write_lesson(void) {
    root = lct_test_folder();
    lesson = lct_format("%s/lesson", root);
    made = lct_format("%s/made", root);
    fill_lesson(true);
}

static void remove_lesson(void) {
    lct_test_remove(root);
    free(root);
    free(lesson);
    free(made);
}

TestSuite(cut, .init = write_lesson, .fini = remove_lesson, .timeout = 60);

static struct lct_cut *cut(const struct lct_cut_range *ranges, size_t count) {
    struct lct_cut *c = NULL;
    cr_assert_eq(lct_cut_open(ranges, count, NULL, 0, &c, &fault), 0, "%s", fault.en);
    cr_assert_null(lct_cut_note(c, 0));
    cr_assert_eq(lct_cut_make(c, &fault), 0, "%s", fault.en);
    return c;
}

static uint8_t *all_of(const struct lct_cut *c) {
    const struct lct_movie *movie = lct_cut_movie(c);
    size_t n = (size_t)lct_movie_size(movie);
    uint8_t *bytes = lct_new(n);
    cr_assert_gt(n, 1000);
    for (size_t at = 0; at < n;) {
        ssize_t got = lct_movie_read(movie, at, bytes + at, n - at);
        cr_assert_gt(got, 0);
        at += (size_t)got;
    }
    return bytes;
}

/* Whoever of the threads is first. */
Test(cut, only_heads_are_encoded) {
    /* from the third of five up to the next key: 3; up to 3.0 s: copied; then from a key on: none;
     * then 4 of five */
    const struct lct_cut_range ranges[] = {
        {.lesson = lesson, .from = 1200 * LCT_MS, .to = 3000 * LCT_MS},
        {.lesson = lesson, .from = 4000 * LCT_MS, .to = LCT_CUT_END},
        {.lesson = lesson, .from = 3600 * LCT_MS, .to = 5000 * LCT_MS}};
    struct lct_cut *c = cut(ranges, 3), *again = cut(ranges, 3);
    struct lct_cut_counts counts = lct_cut_counts(c);
    LCT_FREE uint8_t *bytes = all_of(c);
    LCT_FREE uint8_t *same = all_of(again);
    cr_assert_eq(counts.pictures, 18 + 20 + 14, "%zu", counts.pictures);
    cr_assert_eq(counts.pictures_encoded, 3 + 4, "%zu", counts.pictures_encoded);
    cr_assert_eq(lct_cut_length(c), 5200 * LCT_MS);
    cr_assert_eq(lct_movie_size(lct_cut_movie(c)), lct_movie_size(lct_cut_movie(again)));
    cr_assert_eq(memcmp(bytes, same, (size_t)lct_movie_size(lct_cut_movie(c))), 0);
    lct_cut_close(c);
    lct_cut_close(again);
}

/* What is cut with the heads of a movie that was saved and read again; how many of them were taken.
 */
static size_t taken(struct lct_movie *earlier, const struct lct_cut_range *ranges, size_t count) {
    struct lct_cut *c = NULL, *fresh = cut(ranges, count);
    cr_assert_eq(lct_cut_open(ranges, count, NULL, 0, &c, &fault), 0, "%s", fault.en);
    lct_cut_reuse(c, &earlier, 1);
    cr_assert_eq(lct_cut_make(c, &fault), 0, "%s", fault.en);
    struct lct_cut_counts counts = lct_cut_counts(c), all = lct_cut_counts(fresh);
    LCT_FREE uint8_t *bytes = all_of(c);
    LCT_FREE uint8_t *same = all_of(fresh);
    size_t n = (size_t)lct_movie_size(lct_cut_movie(fresh));
    cr_assert_eq(lct_movie_size(lct_cut_movie(c)), n);
    cr_assert_eq(memcmp(bytes, same, n), 0, "they are not what would have been painted");
    cr_assert_eq(counts.pictures_encoded, all.pictures_encoded);
    cr_assert_eq(counts.heads, all.heads);
    cr_assert_eq(all.heads_taken, 0);
    lct_cut_close(c);
    lct_cut_close(fresh);
    return counts.heads_taken;
}

static void copy_lesson(const char *from, const char *to) {
    LCT_FREE char *command = lct_format("cp -r '%s' '%s'", from, to);
    cr_assert_eq(system(command), 0); /* NOLINT(cert-env33-c): names of our own */
}

/* A head is known by what it was painted of, wherever it is shown. */
Test(cut, heads_that_were_painted_are_taken) {
    LCT_FREE char *path = lct_format("%s/kept.movie", root);
    const struct lct_cut_range first = {
        .lesson = lesson, .from = 1200 * LCT_MS, .to = 3000 * LCT_MS};
    const struct lct_cut_range second = {
        .lesson = lesson, .from = 3600 * LCT_MS, .to = 5000 * LCT_MS, .fade_out = 300 * LCT_MS};
    struct lct_cut *c = cut((const struct lct_cut_range[]){first, second}, 2);
    struct lct_movie *earlier = NULL;
    cr_assert_eq(lct_movie_save(&lct_io_system, lct_cut_movie(c), root, path), 0);
    cr_assert_eq(lct_cut_counts(c).heads, 2);
    lct_cut_close(c);
    cr_assert_eq(lct_movie_load(path, root, &earlier), 0);
    const struct lct_cut_range more[] = {second, first, second, first, second, first};
    cr_assert_eq(taken(earlier, more, 6), 6);
    struct lct_cut_range one = first;
    one.to = 2000 * LCT_MS; /* behind its head */
    cr_assert_eq(taken(earlier, &one, 1), 1);
    one.from += 1 - 100 * LCT_MS; /* less than a picture */
    cr_assert_eq(taken(earlier, &one, 1), 1);
    one.from = 1300 * LCT_MS;
    cr_assert_eq(taken(earlier, &one, 1), 0);
    one = first;
    one.fade_in = LCT_SECOND / 2;
    cr_assert_eq(taken(earlier, &one, 1), 0);
    one = second;
    one.fade_out -= LCT_MS; /* so many pictures, each a little brighter */
    cr_assert_eq(taken(earlier, &one, 1), 0);
    one = second;
    one.to += LCT_SECOND / 2; /* where it fades out is another place */
    cr_assert_eq(taken(earlier, &one, 1), 0);
    copy_lesson(lesson, made);
    one = first;
    one.lesson = made;
    cr_assert_eq(taken(earlier, &one, 1), 0);
    lct_movie_close(earlier);
}

/* The same place of a tape that another encoder made since. */
Test(cut, heads_of_another_encoder_are_not_taken) {
    const struct lct_cut_range range = {
        .lesson = lesson, .from = 1200 * LCT_MS, .to = 3000 * LCT_MS};
    struct lct_cut *c = cut(&range, 1);
    struct lct_movie *earlier = lct_movie_share((struct lct_movie *)lct_cut_movie(c));
    lct_cut_close(c);
    cr_assert_eq(taken(earlier, &range, 1), 1);
    lct_test_remove(root);
    cr_assert_eq(lct_io_make_folder(root), 0);
    fill_lesson(false);
    cr_assert_eq(taken(earlier, &range, 1), 0);
    lct_movie_close(earlier);
}

/* What this process has read so far. */
static uint64_t bytes_read(void) {
    FILE *f = fopen("/proc/self/io", "r");
    uint64_t n;
    cr_assert(f && fscanf(f, "rchar: %" SCNu64, &n) == 1 && fclose(f) == 0);
    return n;
}

Test(cut, a_lesson_that_is_shown_often_is_read_once) {
    struct lct_cut_range ranges[100];
    uint64_t read[2];
    for (size_t i = 0; i < 100; i++) {
        ranges[i] = (struct lct_cut_range){.lesson = lesson, .to = LCT_CUT_END};
    }
    for (size_t i = 0; i < 2; i++) {
        read[i] = bytes_read();
        lct_cut_close(cut(ranges, i == 0 ? 1 : 100));
        read[i] = bytes_read() - read[i];
    }
    cr_assert_lt(read[1], 2 * read[0]);
}

Test(cut, what_is_refused) {
    const struct {
        const char *lesson;
        lct_ns from, to;
        const char *picture;
        lct_ns fade_in, fade_out;
        int error;
    } bad[] = {
        {lesson, 3 * LCT_SECOND, 2 * LCT_SECOND, NULL, 0, 0, -EINVAL},
        {lesson, 3 * LCT_SECOND, 3 * LCT_SECOND, NULL, 0, 0, -EINVAL},
        {lesson, -1, 3 * LCT_SECOND, NULL, 0, 0, -EINVAL},
        {lesson, 1 * LCT_SECOND, 7 * LCT_SECOND, NULL, 0, 0, -ERANGE},
        {lesson, 6 * LCT_SECOND, LCT_CUT_END, NULL, 0, 0, -ERANGE},
        {made, 1 * LCT_SECOND, 2 * LCT_SECOND, NULL, 0, 0, -ENOENT},
        {lesson, 1 * LCT_SECOND, 2 * LCT_SECOND, "screen", 0, 0, -ENOENT},
        {lesson, 1 * LCT_SECOND, 2 * LCT_SECOND, NULL, 600 * LCT_MS, 600 * LCT_MS, -EINVAL},
        {lesson, 1 * LCT_SECOND, 2 * LCT_SECOND, NULL, 500 * LCT_MS, 500 * LCT_MS + 1, -EINVAL},
        {lesson, 1 * LCT_SECOND, 2 * LCT_SECOND, NULL, -1, 0, -EINVAL},
    };
    struct lct_cut *c;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct lct_cut_range range = {.lesson = bad[i].lesson,
                                            .from = bad[i].from,
                                            .to = bad[i].to,
                                            .picture = bad[i].picture,
                                            .fade_in = bad[i].fade_in,
                                            .fade_out = bad[i].fade_out};
        cr_assert_eq(lct_cut_open(&range, 1, NULL, 0, &c, &fault), bad[i].error, "%zu: %s", i,
                     fault.en);
        cr_assert(fault.en[0] && fault.zh[0]);
    }
    const char *const tracks[] = {"screen"};
    const struct lct_cut_range good = {.lesson = lesson, .to = LCT_SECOND};
    const struct lct_cut_range mixed[] = {
        good, {.lesson = lesson, .to = LCT_SECOND, .picture = "camera"}};
    cr_assert_eq(lct_cut_open(mixed, 2, NULL, 0, &c, &fault), -EINVAL);
    cr_assert_eq(lct_cut_open(&good, 1, tracks, 1, &c, &fault), -ENOENT);
    cr_assert_eq(lct_cut_open(&good, 0, NULL, 0, &c, &fault), -EINVAL);
}

/* What is all fade in nanoseconds is so in ticks. */
Test(cut, a_range_may_be_all_fade) {
    for (lct_ns from = 0; from < 11112; from += 101) {
        const lct_ns lengths[] = {LCT_SECOND, 700 * LCT_MS + from, from + 1};
        for (size_t i = 0; i < 3; i++) {
            lct_ns in = lengths[i] / 3;
            const struct lct_cut_range range = {.lesson = lesson,
                                                .from = from,
                                                .to = from + lengths[i],
                                                .fade_in = in,
                                                .fade_out = lengths[i] - in};
            struct lct_cut *c = NULL;
            cr_assert_eq(lct_cut_open(&range, 1, NULL, 0, &c, &fault), 0, "%s", fault.en);
            lct_cut_close(c);
        }
    }
    const struct lct_cut_range reported = {
        .lesson = lesson, .from = 1, .to = LCT_SECOND, .fade_in = LCT_SECOND - 1};
    lct_cut_close(cut(&reported, 1));
}

/* ---- damaged tapes ---- */

static uint8_t *read_all(const char *path, size_t *ret_n) {
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    uint8_t *bytes = lct_new(1 << 20);
    *ret_n = fread(bytes, 1, 1 << 20, file);
    (void)fclose(file);
    return bytes;
}

static void write_all(const char *path, const uint8_t *bytes, size_t n) {
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, n, file), n);
    cr_assert_eq(fclose(file), 0);
}

static ssize_t read_movie(void *opaque, uint64_t offset, void *bytes, size_t n) {
    return lct_movie_read(lct_cut_movie(opaque), offset, bytes, n);
}

static int press(struct lct_cut *c) {
    LCT_FREE char *path = lct_format("%s/out.mp4", root);
    const struct lct_press_settings settings = {.read = read_movie,
                                                .opaque = c,
                                                .size = lct_movie_size(lct_cut_movie(c)),
                                                .width = 64,
                                                .height = 48,
                                                .fps = 5,
                                                .picture_bps = 100000};
    struct lct_press_seen seen;
    int rc = lct_press_write(&settings, path, &fault);
    return rc ? rc : lct_press_look(path, NULL, NULL, &seen, &fault);
}

static int cut_and_press(void) {
    const struct lct_cut_range ranges[] = {
        {.lesson = lesson, .from = 700 * LCT_MS, .to = 2100 * LCT_MS},
        {.lesson = lesson, .from = 3300 * LCT_MS, .to = LCT_CUT_END}};
    struct lct_cut *c = NULL;
    int rc = lct_cut_open(ranges, 2, NULL, 0, &c, &fault);
    rc = rc ? rc : lct_cut_make(c, &fault);
    rc = rc ? rc : press(c);
    lct_cut_close(c);
    return rc;
}

/* What is damaged on a tape, or is said wrong of it: a cut, or a sentence. */
Test(cut, damaged_tapes_are_cut_and_pressed_or_refused_in_words, .timeout = 120) {
    static const char *const files[] = {"camera/0001.mp4", "camera/0001.index", "lesson.json"};
    int tries = lct_test_damages(5, 500), done = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        LCT_FREE char *path = lct_format("%s/%s", lesson, files[i]);
        size_t n;
        LCT_FREE uint8_t *whole = read_all(path, &n);
        LCT_FREE uint8_t *bytes = lct_new(n);
        for (int seed = 0; seed < tries; seed++) {
            memcpy(bytes, whole, n);
            write_all(path, bytes, lct_test_damage(bytes, n, (uint64_t)seed));
            fault = (struct lct_fault){.code = 0};
            int rc = cut_and_press();
            done += rc == 0;
            cr_assert(rc == 0 || (fault.en[0] && fault.zh[0]), "%s, seed %d: %d", files[i], seed,
                      rc);
        }
        write_all(path, whole, n);
    }
    cr_assert(done > 0 && done < 3 * tries, "%d", done);
}

/* Begins a lesson in "made" that has ended after a time, and the reel of its camera. */
static struct lct_reel *begin_other(struct lct_format *format, lct_ns end) {
    static const struct lct_index_head clocks = {.wall = 1};
    struct lct_lesson_info info;
    struct lct_reel *reel = NULL;
    LCT_FREE char *track = lct_format("%s/camera", made);
    cr_assert_eq(lct_io_make_folder(track), 0);
    lct_test_lesson_begin(made, &info);
    info.state = LCT_LESSON_ENDED;
    info.end = end;
    info.track_count = 1;
    cr_assert_eq(lct_lesson_save(&lct_io_system, made, &info), 0);
    cr_assert_eq(lct_reel_open(&lct_io_system, track, 1, format, &clocks, &reel), 0);
    return reel;
}

Test(cut, before_the_first_picture_stands_a_slate) {
    struct lct_test_lesson *l = lct_test_lesson(6 * LCT_SECOND);
    struct lct_reel *reel = begin_other(l->picture, 6 * LCT_SECOND);
    for (size_t i = 0; i < l->count; i++) { /* the camera comes after 2 s */
        if (l->chunks[i]->format == l->picture && l->chunks[i]->time >= 2 * LCT_SECOND) {
            cr_assert_eq(lct_reel_append(reel, l->chunks[i], false), 0);
        }
    }
    cr_assert_eq(lct_reel_close(reel, 0), 0);
    lct_test_lesson_free(l);
    const struct {
        lct_ns from;
        size_t pictures, encoded;
    } all[] = {{0, 1 + 40, 1}, {900 * LCT_MS, 1 + 40, 1}, {1 * LCT_SECOND, 40, 0}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const struct lct_cut_range range = {
            .lesson = made, .from = all[i].from, .to = 6 * LCT_SECOND};
        struct lct_cut *c = cut(&range, 1);
        struct lct_cut_counts counts = lct_cut_counts(c);
        cr_assert_eq(counts.pictures, all[i].pictures, "%zu: %zu", i, counts.pictures);
        cr_assert_eq(counts.pictures_encoded, all[i].encoded, "%zu", i);
        lct_cut_close(c);
    }
}

static size_t memory_used(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* A second of an hour: what is known of the rest is let go. */
Test(cut, knows_of_a_long_lesson_what_it_needs) {
    struct lct_format *format = lct_test_picture_format();
    struct lct_reel *reel = begin_other(format, 3600 * LCT_SECOND);
    for (int64_t i = 0; i < 36000; i++) {
        struct lct_chunk *chunk = lct_test_chunk(format, i * 9000, 9000, i % 20 == 0, 10);
        cr_assert_eq(lct_reel_append(reel, chunk, false), 0);
        lct_chunk_unref(chunk);
    }
    cr_assert_eq(lct_reel_close(reel, 0), 0);
    lct_format_unref(format);
    const struct lct_cut_range ranges[] = {
        {.lesson = made, .from = 1801 * LCT_SECOND, .to = 1802 * LCT_SECOND},
        {.lesson = made, .from = 1800 * LCT_SECOND, .to = 1801 * LCT_SECOND}};
    struct lct_cut *c = NULL;
    size_t before = memory_used();
    cr_assert_eq(lct_cut_open(ranges, 2, NULL, 0, &c, &fault), 0, "%s", fault.en);
    cr_assert_null(lct_cut_note(c, 0));
    cr_assert_lt(memory_used() - before, 1 << 20, "%zu bytes", memory_used() - before);
    lct_cut_close(c);
}

static size_t names_in(const char *folder) {
    size_t count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    }
    closedir(dir);
    return count;
}

/* Whichever write fails: no lesson, nothing left behind. */
Test(cut, a_lesson_that_cannot_be_written_is_not_there) {
    const struct lct_cut_range range = {
        .lesson = lesson, .from = 1200 * LCT_MS, .to = 3000 * LCT_MS};
    struct lct_cut *c = cut(&range, 1);
    static const enum lct_disk_call calls[] = {LCT_DISK_OPEN, LCT_DISK_PWRITE, LCT_DISK_FDATASYNC,
                                               LCT_DISK_RENAME};
    size_t failures = 0;
    for (size_t k = 0; k < sizeof calls / sizeof *calls; k++) {
        for (int after = 0;; after++) {
            struct lct_test_disk disk;
            lct_test_disk_init(&disk);
            lct_test_disk_fail(&disk, calls[k], after, ENOSPC);
            int rc = lct_cut_write_lesson(&disk.io, c, made, &fault);
            if (!lct_test_disk_failed(&disk)) {
                cr_assert_eq(rc, 0, "%s", fault.en);
                lct_test_remove(made);
                break;
            }
            cr_assert_eq(rc, -ENOSPC, "call %zu after %d", k, after);
            cr_assert_eq(names_in(root), 1, "only the old lesson is there");
            failures++;
        }
    }
    cr_assert_gt(failures, 20);
    lct_cut_close(c);
}

Test(cut, a_lesson_of_a_cut_is_whole) {
    const struct lct_cut_range range = {
        .lesson = lesson, .from = 1200 * LCT_MS, .to = 3000 * LCT_MS};
    struct lct_cut *c = cut(&range, 1);
    struct lct_verify verify;
    cr_assert_eq(lct_cut_write_lesson(&lct_io_system, c, made, &fault), 0, "%s", fault.en);
    cr_assert_eq(lct_cut_write_lesson(&lct_io_system, c, made, &fault), -EEXIST, "it is there");
    lct_verify_lesson(made, &verify);
    cr_assert_eq(verify.damage, 0);
    cr_assert_eq(verify.tracks[0].chunks, 18);
    cr_assert_eq(verify.lesson.end, 1800 * LCT_MS);
    lct_verify_free(&verify);
    lct_cut_close(c);
}

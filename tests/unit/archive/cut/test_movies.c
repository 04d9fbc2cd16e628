// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/cut/movie_file.h"
#include "archive/cut/movies.h"
#include "archive/lesson/lesson.h"
#include "base/mem.h"
#include "tests/support/disk.h"
#include "tests/support/format.h"
#include "tests/support/reel.h"

static char *folder;
static lct_ns now = 1000 * LCT_SECOND;

static lct_ns tell_now(void) { return now; }

/* A lesson of a camera, as long as count chunks. */
static void write_lesson(const char *path, size_t count) {
    struct lct_format *picture = lct_test_picture_format();
    struct lct_test_run run = {
        .format = picture, .number = 1, .step = 9000, .count = count, .keys = 5};
    struct lct_lesson_info info;
    struct lct_fault fault;
    lct_lesson_new("test", "movies", &info);
    info.track_count = 1;
    info.tracks[0] = (struct lct_lesson_track){.name = "camera", .kind = "camera", .id = 1};
    cr_assert_eq(lct_lesson_begin(&lct_io_system, path, &info, &fault), 0, "%s", fault.en);
    lct_test_reel(path, run);
    lct_format_unref(picture);
}

static void make_folder(void) {
    folder = lct_test_folder();
    write_lesson(folder, 20);
}

static void remove_folder(void) {
    lct_test_remove(folder);
    free(folder);
}

static struct lct_movie *open_movie(struct lct_movies *movies, const char *path) {
    struct lct_movie *movie;
    struct lct_fault fault;
    cr_assert_eq(lct_movies_open(movies, path, NULL, 0, &movie, &fault), 0, "%s", fault.en);
    return movie;
}

TestSuite(movies, .init = make_folder, .fini = remove_folder);

Test(movies, one_asked_for_again_is_the_same) {
    struct lct_movies *movies = lct_movies_create(LCT_MOVIES_BYTES, 0, tell_now);
    const char *const names[] = {"camera"};
    struct lct_movie *other;
    struct lct_fault fault;
    struct lct_movie *one = open_movie(movies, folder), *two = open_movie(movies, folder);
    cr_assert_eq(one, two);
    cr_assert_eq(lct_movies_open(movies, folder, names, 1, &other, &fault), 0);
    cr_assert_neq(one, other, "by name it may be another");
    cr_assert_eq(lct_movies_count(movies), 2);
    lct_movie_close(one);
    lct_movie_close(other);
    lct_movies_destroy(movies);
    uint8_t byte;
    cr_assert_eq(lct_movie_read(two, 4, &byte, 1), 1);
    cr_assert_eq(byte, 'f', "who shares it reads on");
    lct_movie_close(two);
}

Test(movies, one_of_files_that_changed_is_opened_anew) {
    static const char *const files[] = {"lesson.json", "camera/0001.mp4", "camera/0001.index"};
    struct lct_movies *movies = lct_movies_create(LCT_MOVIES_BYTES, 0, tell_now);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        LCT_FREE char *path = lct_format("%s/%s", folder, files[i]);
        struct lct_movie *before = open_movie(movies, folder);
        int fd = open(path, O_WRONLY | O_APPEND);
        cr_assert_eq(write(fd, " ", 1), 1);
        close(fd);
        struct lct_movie *after = open_movie(movies, folder);
        cr_assert_neq(before, after, "%s", files[i]);
        cr_assert_eq(lct_movies_count(movies), 1);
        lct_movie_close(before);
        lct_movie_close(after);
    }
    lct_movies_destroy(movies);
}

/* Another lesson of that name, or a track more. */
Test(movies, one_whose_folder_changed_is_opened_anew) {
    struct lct_movies *movies = lct_movies_create(LCT_MOVIES_BYTES, 0, tell_now);
    struct lct_movie *before = open_movie(movies, folder);
    LCT_FREE char *reel = lct_format("%s/camera/0002.mp4", folder);
    usleep(20000); /* a folder has no size that tells: the file system's clock must have ticked */
    int fd = open(reel, O_WRONLY | O_CREAT, 0600);
    close(fd);
    struct lct_movie *after = open_movie(movies, folder);
    cr_assert_neq(before, after);
    lct_movie_close(before);
    lct_movie_close(after);
    lct_movies_destroy(movies);
}

Test(movies, one_that_is_deleted_is_not_there) {
    struct lct_movies *movies = lct_movies_create(LCT_MOVIES_BYTES, 0, tell_now);
    struct lct_movie *movie = open_movie(movies, folder), *again;
    struct lct_fault fault;
    LCT_FREE char *gone = lct_format("%s.gone", folder);
    cr_assert_eq(rename(folder, gone), 0);
    cr_assert_eq(lct_movies_open(movies, folder, NULL, 0, &again, &fault), -ENOENT);
    lct_movie_close(movie);
    cr_assert_eq(rename(gone, folder), 0);
    lct_movies_destroy(movies);
}

Test(movies, one_of_files_that_changed_just_now_is_not_kept) {
    struct lct_movies *movies = lct_movies_create(LCT_MOVIES_BYTES, 3600 * LCT_SECOND, tell_now);
    lct_movie_close(open_movie(movies, folder));
    cr_assert_eq(lct_movies_count(movies), 0);
    lct_movies_destroy(movies);
}

Test(movies, one_nobody_asks_for_is_let_go) {
    struct lct_movies *movies = lct_movies_create(LCT_MOVIES_BYTES, 0, tell_now);
    lct_movie_close(open_movie(movies, folder));
    now += LCT_MOVIES_IDLE;
    lct_movies_tidy(movies);
    cr_assert_eq(lct_movies_count(movies), 1);
    now += 1;
    lct_movies_tidy(movies);
    cr_assert_eq(lct_movies_count(movies), 0);
    lct_movies_destroy(movies);
}

/* More lessons than are kept: the ones asked for last are. */
Test(movies, they_are_as_many_as_said) {
    struct lct_movies *movies = lct_movies_create(LCT_MOVIES_BYTES, 0, tell_now);
    struct lct_movie *shown[LCT_MOVIES_MAX + 2];
    for (size_t i = 0; i < LCT_MOVIES_MAX + 2; i++) {
        LCT_FREE char *path = lct_format("%s/%zu", folder, i);
        write_lesson(path, 5);
        now += 1;
        shown[i] = open_movie(movies, path);
        cr_assert_eq(lct_movies_count(movies), i < LCT_MOVIES_MAX ? i + 1 : LCT_MOVIES_MAX);
    }
    for (size_t i = LCT_MOVIES_MAX + 2; i-- > 0;) {
        LCT_FREE char *path = lct_format("%s/%zu", folder, i);
        struct lct_movie *movie = open_movie(movies, path);
        cr_assert(i < 2 ? movie != shown[i] : movie == shown[i], "%zu", i);
        lct_movie_close(movie);
        lct_movie_close(shown[i]);
    }
    lct_movies_destroy(movies);
}

Test(movies, they_take_as_much_memory_as_said) {
    LCT_FREE char *other = lct_format("%s/other", folder);
    struct lct_movies *movies = lct_movies_create(6000, 0, tell_now); /* one takes some 5 KB */
    write_lesson(other, 20);
    lct_movie_close(open_movie(movies, folder));
    cr_assert_eq(lct_movies_count(movies), 1);
    lct_movie_close(open_movie(movies, other));
    cr_assert_eq(lct_movies_count(movies), 1);
    lct_movies_destroy(movies);
    movies = lct_movies_create(600, 0, tell_now);
    lct_movie_close(open_movie(movies, folder));
    cr_assert_eq(lct_movies_count(movies), 0);
    lct_movies_destroy(movies);
}

Test(movies, a_movies_file_is_shared_too) {
    struct lct_movies *movies = lct_movies_create(LCT_MOVIES_BYTES, 0, tell_now);
    LCT_FREE char *path = lct_format("%s/kept.movie", folder);
    struct lct_movie *movie = open_movie(movies, folder), *one, *two;
    cr_assert_eq(lct_movie_save(&lct_io_system, movie, folder, path), 0);
    lct_movie_close(movie);
    cr_assert_eq(lct_movies_load(movies, path, folder, &one), 0);
    cr_assert_eq(lct_movies_load(movies, path, folder, &two), 0);
    cr_assert_eq(one, two);
    lct_movie_close(one);
    lct_movie_close(two);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(lct_movies_load(movies, path, folder, &one), -ENOENT);
    lct_movies_destroy(movies);
}

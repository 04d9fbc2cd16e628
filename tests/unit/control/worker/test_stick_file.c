// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/worker/stick_file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "tests/support/disk.h"
#include "tests/support/lesson.h"

#define ID "20260301-080000-main-0001"

static char *folder; /* lesson/ and stick/ */
static struct lct_fault fault;
static struct lct_movie *movie;
static struct lct_stick_file file;
static int answer;
static double heard;

static int said(void *arg, double part) {
    (void)arg;
    cr_expect(part >= heard && part <= 1);
    heard = part;
    return answer;
}

static char *at(const char *name) { return lct_format("%s/stick/%s", folder, name); }

static void setup(void) {
    folder = lct_test_folder();
    LCT_FREE char *of_lesson = lct_format("%s/lesson", folder), *stick = at("");
    struct lct_lesson_info info;
    cr_assert_eq(lct_io_make_folder(of_lesson), 0);
    cr_assert_eq(lct_io_make_folder(stick), 0);
    lct_test_lesson_begin(of_lesson, &info);
    struct lct_test_lesson *lesson = lct_test_lesson(2 * LCT_SECOND);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(
            lct_reel_close(
                lct_test_lesson_reel(of_lesson, lesson, i ? lesson->sound : lesson->picture), 0),
            0);
    }
    lct_test_lesson_free(lesson);
    cr_assert_eq(lct_movie_open(of_lesson, NULL, 0, &movie, &fault), 0, "%s", fault.en);
    heard = 0;
    answer = 0;
    file = (struct lct_stick_file){
        .folder = strdup(stick), .id = ID, .name = "课.mp4", .movie = movie, .said = said};
}

static void teardown(void) {
    free((char *)file.folder);
    lct_movie_close(movie);
    lct_test_remove(folder);
    free(folder);
}

TestSuite(stick_file, .init = setup, .fini = teardown, .timeout = 30);

static void expect_movie(const char *name) {
    LCT_FREE char *path = at(name), *bytes = NULL;
    LCT_FREE char *wanted = lct_new(lct_movie_size(movie));
    size_t n;
    cr_assert_eq(lct_io_slurp(path, 1U << 30, &bytes, &n), 0);
    cr_assert_eq(n, lct_movie_size(movie));
    cr_assert_eq(lct_movie_read(movie, 0, wanted, n), (ssize_t)n);
    cr_expect_eq(memcmp(bytes, wanted, n), 0);
}

static bool is_there(const char *name) {
    LCT_FREE char *path = at(name);
    struct stat unused;
    return lstat(path, &unused) == 0;
}

Test(stick_file, has_its_name_once_it_was_read_back) {
    char name[LCT_STICK_NAME_SIZE];
    cr_assert_eq(lct_stick_write(&file, &fault), 0);
    cr_expect_eq(heard, 0.5);
    cr_expect_not(is_there("课.mp4"));
    cr_assert_eq(lct_stick_check(&file, name, &fault), 0);
    cr_expect_eq(heard, 1);
    cr_expect_str_eq(name, "课.mp4");
    expect_movie(name);
    cr_expect_not(is_there(ID ".part"));
}

Test(stick_file, that_the_stick_changed_goes) {
    char name[LCT_STICK_NAME_SIZE];
    LCT_FREE char *part = at(ID ".part");
    const off_t size = (off_t)lct_movie_size(movie), places[] = {0, size / 2, size - 1};
    for (size_t i = 0; i < 4; i++) {
        heard = 0;
        cr_assert_eq(lct_stick_write(&file, &fault), 0);
        int fd = open(part, O_RDWR);
        char byte;
        if (i < 3) {
            cr_assert_eq(pread(fd, &byte, 1, places[i]), 1);
            byte = (char)(byte ^ 1);
            cr_assert_eq(pwrite(fd, &byte, 1, places[i]), 1);
        } else {
            cr_assert_eq(ftruncate(fd, size - 1), 0);
        }
        close(fd);
        cr_expect_eq(lct_stick_check(&file, name, &fault), -EBADMSG, "%zu", i);
        cr_expect_eq(fault.code, 0, "that is the stick's, not the lesson's");
        cr_expect_not(is_there(ID ".part"));
        cr_expect_not(is_there("课.mp4"));
    }
    cr_expect_eq(lct_stick_check(&file, name, &fault), -EBADMSG, "it is not there at all");
}

/* Links on a stranger's stick, where ours are to lie: nothing is written through them. */
Test(stick_file, follows_no_link_and_replaces_nothing) {
    char name[LCT_STICK_NAME_SIZE];
    LCT_FREE char *victim = lct_format("%s/victim", folder);
    cr_assert_eq(lct_io_replace(&lct_io_system, victim, "mine", 4), 0);
    LCT_FREE char *part = at(ID ".part"), *first = at("课.mp4"), *second = at("课 (2).mp4");
    cr_assert_eq(symlink(victim, part), 0);
    cr_assert_eq(symlink("/nowhere/at/all", first), 0);
    cr_assert_eq(mkdir(second, 0755), 0);
    cr_assert_eq(lct_stick_write(&file, &fault), 0);
    cr_assert_eq(lct_stick_check(&file, name, &fault), 0);
    cr_expect_str_eq(name, "课 (3).mp4");
    expect_movie(name);
    LCT_FREE char *bytes = NULL;
    size_t n;
    cr_assert_eq(lct_io_slurp(victim, 100, &bytes, &n), 0);
    cr_expect_str_eq(bytes, "mine");
    cr_expect(is_there("课.mp4"));
}

Test(stick_file, is_left_off_when_nobody_wants_it) {
    char name[LCT_STICK_NAME_SIZE];
    answer = -ECANCELED;
    cr_expect_eq(lct_stick_write(&file, &fault), -ECANCELED);
    cr_expect_not(is_there(ID ".part"));
    answer = 0;
    heard = 0;
    cr_assert_eq(lct_stick_write(&file, &fault), 0);
    answer = -ECANCELED;
    cr_expect_eq(lct_stick_check(&file, name, &fault), -ECANCELED);
    cr_expect_not(is_there(ID ".part"));
    cr_expect_not(is_there("课.mp4"));
}

Test(stick_file, fits_or_not) {
    const uint64_t spare = LCT_STICK_SPARE_BYTES, most = LCT_STICK_FAT_MOST;
    cr_expect_eq(most, (UINT64_C(4) << 30) - 1);
    cr_expect_eq(lct_stick_fits(most, most + spare, most, &fault), 0);
    cr_expect_eq(lct_stick_fits(most + 1, most * 2, most, &fault), -EFBIG);
    cr_expect_not_null(strstr(fault.en, "exFAT"));
    cr_expect_eq(lct_stick_fits(most + 1, most * 2, INT64_MAX, &fault), 0);
    cr_expect_eq(lct_stick_fits(1000000, 1000000 + spare - 1, most, &fault), -ENOSPC);
    cr_expect_not_null(strstr(fault.en, "2.0 MB"), "%s", fault.en);
    cr_expect_eq(lct_stick_fits(0, 0, most, &fault), -ENOSPC);
}

Test(stick_file, names) {
    char name[LCT_STICK_NAME_SIZE], long_title[500] = "";
    const lct_ns noon = 1772366400 * LCT_SECOND; /* 2026-03-01T12:00Z */
    setenv("TZ", "CST-8", 1);
    tzset();
    lct_stick_name("圆的面积", ID, noon, name);
    cr_expect_str_eq(name, "圆的面积 2026-03-01.mp4");
    lct_stick_name("圆的面积", ID, noon + 10 * 3600 * LCT_SECOND, name);
    cr_expect_str_eq(name, "圆的面积 2026-03-02.mp4", "not the local day");
    lct_stick_name("", ID, noon, name);
    cr_expect_str_eq(name, ID ".mp4");
    lct_stick_name(" ..", ID, noon, name);
    cr_expect_str_eq(name, ID ".mp4");
    lct_stick_name("../a:b?\"c\"\n<|>\\*", ID, noon, name);
    cr_expect_str_eq(name, "_a_b__c_______ 2026-03-01.mp4");
    for (int i = 0; i < 160; i++) {
        strcat(long_title, "课");
    }
    lct_stick_name(long_title, ID, noon, name);
    cr_expect(lct_text_is_utf8(name, strlen(name)));
    cr_expect_str_eq(name + strlen(name) - 15, " 2026-03-01.mp4");
}

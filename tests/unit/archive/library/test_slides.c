// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/chapters.h"
#include "archive/library/slides.h"
#include "base/mem.h"
#include "tests/support/disk.h"

#define MAX 64

static struct lct_slides_look looks[MAX];
static size_t count;

/* A look that shows the picture of that number; what follows it has so many bytes. */
static void see(int seconds, int picture, uint64_t bytes) {
    struct lct_slides_look *look = &looks[count++];
    *look = (struct lct_slides_look){.time = seconds * LCT_SECOND, .bytes = bytes};
    memset(look->cells, 255, sizeof look->cells);
    for (size_t i = 0; i < 400; i++) { /* its lines of text */
        look->cells[((size_t)picture * 977 + i * 3) % LCT_SLIDES_CELLS] = 128;
    }
}

static void expect(int end, size_t n, const int from[], const size_t pictures[]) {
    struct lct_slide *slides;
    size_t found = lct_slides_find(looks, count, end * LCT_SECOND, &slides);
    cr_assert_eq(found, n, "%zu slides", found);
    for (size_t i = 0; i < n; i++) {
        lct_ns to = i + 1 < n ? from[i + 1] * LCT_SECOND : end * LCT_SECOND;
        cr_assert_eq(slides[i].from, from[i] * LCT_SECOND, "slide %zu from %lld", i,
                     (long long)slides[i].from);
        cr_assert_eq(slides[i].to, to);
        cr_assert_eq(slides[i].picture, pictures[i], "slide %zu", i);
    }
    free(slides);
}

Test(slides, what_stands_is_a_slide) {
    see(0, 1, 500);
    see(10, 1, 500);
    see(14, 2, 500);
    see(24, 2, 500);
    see(30, 1, 500);
    expect(35, 3, (int[]){0, 14, 30}, (size_t[]){1, 3, 4});
}

Test(slides, a_pointer_and_a_clock_are_none) {
    see(0, 1, 500);
    see(10, 1, 50000);
    memset(looks[1].cells + 700, 0, LCT_SLIDES_CELLS / 130);
    expect(20, 1, (int[]){0}, (size_t[]){1});
}

Test(slides, a_small_change_was_when_the_largest_picture_came) {
    see(0, 1, 500);
    see(10, 1, 30000);
    looks[1].large_time = 13 * LCT_SECOND;
    looks[1].large_bytes = 28000;
    see(20, 2, 500);
    expect(30, 2, (int[]){0, 13}, (size_t[]){1, 2});
    looks[1].large_bytes = 300; /* a refresh */
    expect(30, 2, (int[]){0, 20}, (size_t[]){1, 2});
}

Test(slides, a_film_is_one_and_so_is_what_follows_it) {
    see(0, 1, 500);
    see(10, 1, 500);
    for (int i = 0; i < 20; i++) {
        see(15 + i, 10 + i, 90000);
    }
    see(35, 2, 500);
    see(45, 2, 500);
    expect(50, 3, (int[]){0, 15, 35}, (size_t[]){1, 21, 23});
}

Test(slides, slow_key_frames_of_a_film_are_no_slides) {
    see(0, 1, 500);
    see(10, 1, 500);
    for (int i = 1; i < 10; i++) {
        see(10 + 10 * i, 10 + i, 900000);
    }
    expect(110, 2, (int[]){0, 20}, (size_t[]){1, 10});
}

Test(slides, the_way_to_a_slide_is_its_beginning) {
    see(0, 1, 500);
    see(10, 7, 90000); /* something flies in */
    see(11, 8, 90000);
    see(12, 2, 500);
    see(22, 2, 500);
    expect(30, 2, (int[]){0, 10}, (size_t[]){0, 4});
}

Test(slides, none) {
    struct lct_slide *slides;
    cr_assert_eq(lct_slides_find(looks, 0, LCT_SECOND, &slides), 0);
    free(slides);
}

static void expect_text(const char *read, const char *text, const char *title) {
    LCT_FREE char *plain = lct_slides_text(read);
    LCT_FREE char *first = lct_slides_title(plain);
    cr_assert_str_eq(plain, text);
    cr_assert_str_eq(first, title);
}

Test(slides, text_and_title) {
    expect_text("\n光 的 反射 定律\n\n-\n反 射 角 = 入射角\n\x0c", "光的反射定律\n反射角=入射角",
                "光的反射定律");
    expect_text("Newton 1687 年\nx", "Newton 1687年", "Newton 1687年");
    expect_text("惯性。是性质！", "惯性。是性质！", "惯性");
    expect_text("\n \n*", "", "");
    LCT_FREE char *many = lct_new(9001);
    for (size_t i = 0; i < 9000; i++) {
        many[i] = i % 100 == 99 ? '\n' : 'a';
    }
    LCT_FREE char *text = lct_slides_text(many);
    LCT_FREE char *title = lct_slides_title(text);
    cr_assert_eq(strlen(text), 2999);
    cr_assert_eq(strlen(title), LCT_SLIDES_TITLE_MAX);
}

static struct lct_slide slide(int from, int to, const char *text) {
    return (struct lct_slide){.from = from * LCT_SECOND,
                              .to = to * LCT_SECOND,
                              .thumb = from * LCT_SECOND + 1,
                              .text = lct_strdup(text)};
}

Test(slides, kept_and_made_chapters_of) {
    LCT_FREE char *folder = lct_test_folder();
    struct lct_slide slides[] = {slide(0, 30, "光\n\"1\""), slide(30, 60, "光\n2"),
                                 slide(60, 63, "影"), slide(63, 90, "")};
    cr_assert_null(lct_slides_load(folder));
    cr_assert_eq(lct_slides_save(&lct_io_system, folder, slides, 4), 0);
    LCT_JSON json_t *list = lct_slides_load(folder);
    cr_assert_eq(json_array_size(list), 4);
    cr_assert_str_eq(lct_json_text(json_array_get(list, 0), "text", ""), "光\n\"1\"");
    LCT_JSON json_t *chapters = lct_slides_chapters(list);
    LCT_FREE char *text = lct_json_dump(chapters, NULL);
    cr_assert_str_eq(text, "[{\"time_ns\":0,\"title\":\"光\",\"picture_ns\":1},"
                           "{\"time_ns\":63000000000,\"title\":\"\",\"picture_ns\":63000000001}]");
    LCT_FREE char *path = lct_format("%s/text.jsonl", folder);
    static const char torn[] =
        "{\"time_ns\":1,\"to_ns\":2}\n{\"time_ns\":-1}\nx\n{\"time_ns\":1,\"t";
    cr_assert_eq(lct_io_replace(&lct_io_system, path, torn, sizeof torn - 1), 0);
    LCT_JSON json_t *left = lct_slides_load(folder);
    cr_assert_eq(json_array_size(left), 1);
    for (size_t i = 0; i < 4; i++) {
        free(slides[i].text);
    }
    lct_test_remove(folder);
}

static char *checked(const char *text) {
    struct lct_fault fault;
    LCT_JSON json_t *json = NULL;
    LCT_JSON json_t *out = NULL;
    cr_assert_eq(lct_json_parse(text, strlen(text), &json, &fault), 0);
    return lct_chapters_check(json, &out, &fault) < 0 ? lct_strdup("") : lct_json_dump(out, NULL);
}

Test(chapters, are_checked_and_put_in_order) {
    LCT_FREE char *right = checked("{\"chapters\":[{\"time_ns\":9,\"title\":\" b\\u202e \"},"
                                   "{\"time_ns\":1,\"title\":\"a\",\"picture_ns\":2},"
                                   "{\"time_ns\":9,\"title\":\"b\"}]}");
    cr_assert_str_eq(right, "{\"version\":1,\"chapters\":[{\"title\":\"a\",\"time_ns\":1,"
                            "\"picture_ns\":2},{\"title\":\"b\",\"time_ns\":9}]}");
    static const char *const wrong[] = {"{}",
                                        "{\"chapters\":{}}",
                                        "{\"chapters\":[1]}",
                                        "{\"chapters\":[{\"title\":\"a\"}]}",
                                        "{\"chapters\":[{\"time_ns\":-1,\"title\":\"a\"}]}",
                                        "{\"chapters\":[{\"time_ns\":1,\"title\":2}]}",
                                        "{\"chapters\":[{\"time_ns\":1,\"x\":2}]}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        LCT_FREE char *out = checked(wrong[i]);
        cr_assert_str_eq(out, "", "%s", wrong[i]);
    }
}

Test(chapters, file) {
    LCT_FREE char *folder = lct_test_folder();
    LCT_JSON json_t *json = json_pack("{s:i, s:[]}", "version", 1, "chapters");
    cr_assert_null(lct_chapters_load(folder));
    cr_assert_eq(lct_chapters_save(&lct_io_system, folder, json), 0);
    LCT_JSON json_t *again = lct_chapters_load(folder);
    cr_assert(json_equal(json, again));
    LCT_FREE char *path = lct_format("%s/chapters.json", folder);
    cr_assert_eq(lct_io_replace(&lct_io_system, path, "{}", 2), 0);
    cr_assert_null(lct_chapters_load(folder));
    lct_test_remove(folder);
}

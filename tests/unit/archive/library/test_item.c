// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/item.h"
#include "base/io.h"
#include "base/mem.h"
#include "tests/support/disk.h"

#define CLIP "clip-20260105-080000-a1b2"
#define PIECES 1000
#define WORDS 5000 /* on the slide of a lesson, and in its subtitles */

static char *data;

static void write_file(const char *folder, const char *name, const char *text) {
    LCT_FREE char *parent = lct_format("%s/%s", data, folder);
    LCT_FREE char *path = lct_format("%s/%s", parent, name);
    cr_assert_eq(lct_io_make_folder(parent), 0);
    cr_assert_eq(lct_io_replace(&lct_io_system, path, text, strlen(text)), 0);
}

static void write_lesson(const char *id) {
    LCT_FREE char *folder = lct_format("lessons/%s", id);
    LCT_FREE char *inner = lct_format("%s/subtitles", folder);
    LCT_FREE char *chapters = lct_format("{\"chapters\":[{\"time_ns\":5,\"title\":\"%s\"}],"
                                         "\"rest\":\"%0*d\"}",
                                         id, WORDS, 0);
    LCT_FREE char *subtitles =
        lct_format("WEBVTT\n\nNOTE %0*d\n\n00:00.000 --> 00:01.000\n%s\n", WORDS, 0, id);
    write_file(folder, "chapters.json", chapters);
    write_file(inner, "zh.vtt", subtitles);
}

/* Pieces that go to and fro between two lessons. */
static void setup(void) {
    static const char *const lessons[] = {"one", "two"};
    data = lct_test_folder();
    json_t *pieces = json_array();
    for (size_t i = 0; i < PIECES; i++) {
        json_array_append_new(pieces, json_pack("{s:s, s:i, s:i}", "lesson", lessons[i % 2],
                                                "from_ns", 0, "to_ns", 1000000000));
    }
    LCT_JSON json_t *edl = json_pack("{s:i, s:o}", "version", 1, "pieces", pieces);
    LCT_FREE char *text = lct_json_dump(edl, NULL);
    write_file("clips/" CLIP, "0001.json", text);
    write_lesson(lessons[0]);
    write_lesson(lessons[1]);
}

static void teardown(void) {
    lct_test_remove(data);
    free(data);
}

TestSuite(item, .init = setup, .fini = teardown);

/* What this process has read so far. */
static uint64_t bytes_read(void) {
    FILE *f = fopen("/proc/self/io", "r");
    uint64_t n;
    cr_assert(f && fscanf(f, "rchar: %" SCNu64, &n) == 1 && fclose(f) == 0);
    return n;
}

Test(item, of_pieces_that_go_to_and_fro_reads_each_lesson_once) {
    struct lct_item item;
    uint64_t before = bytes_read();
    cr_assert_eq(lct_item_read(data, CLIP, false, &item), 0);
    cr_assert_lt(bytes_read() - before, PIECES * WORDS / 4);
    cr_assert_eq(json_array_size(item.sources), 2);
    size_t chapters = 0;
    for (size_t i = 0; i < item.passages.n; i++) {
        const struct lct_passage *p = &item.passages.list[i];
        if (p->kind == LCT_PASSAGE_CHAPTER) {
            cr_assert_str_eq(p->text, chapters % 2 ? "two" : "one");
            cr_assert_eq(p->time, (lct_ns)chapters * LCT_SECOND + 5);
            chapters++;
        }
    }
    cr_assert_eq(chapters, PIECES);
    lct_item_free(&item);
}

Test(item, has_the_subtitles_of_lessons_that_are_read_once) {
    struct lct_subtitle subtitle = {.count = 0};
    struct lct_fault fault;
    bool own = true;
    uint64_t before = bytes_read();
    cr_assert_eq(lct_item_subtitle(data, CLIP, "zh", &subtitle, &own, &fault), 0, "%s", fault.en);
    cr_assert_lt(bytes_read() - before, PIECES * WORDS / 4);
    cr_assert(!own && subtitle.count == PIECES);
    cr_assert_str_eq(subtitle.cues[0].text, "one");
    cr_assert_str_eq(subtitle.cues[PIECES - 1].text, "two");
    lct_subtitle_free(&subtitle);
}

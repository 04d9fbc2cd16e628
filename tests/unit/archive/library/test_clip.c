// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/clip.h"
#include "base/lock.h"
#include "base/mem.h"
#include "tests/support/disk.h"

#define PIECE "{\"lesson\":\"L\",\"from_ns\":0,\"to_ns\":5}"

static struct lct_fault fault;

/* Reads a clip; false when it is refused. */
static bool read_text(const char *text, struct lct_clip *clip) {
    LCT_JSON json_t *json = NULL;
    struct lct_fault why;
    cr_assert_eq(lct_json_parse(text, strlen(text), &json, &why), 0, "%s: %s", text, why.en);
    return lct_clip_read(json, clip, &fault) == 0;
}

/* What is written of what was read, as text. */
static void expect(const char *text, const char *expected) {
    struct lct_clip clip;
    cr_assert(read_text(text, &clip), "%s", fault.en);
    LCT_JSON json_t *json = lct_clip_json(&clip);
    LCT_FREE char *out = lct_json_dump(json, NULL);
    cr_assert_str_eq(out, expected);
    lct_clip_free(&clip);
}

static void refuse(const char *text, const char *en, const char *zh) {
    struct lct_clip clip;
    cr_assert_not(read_text(text, &clip), "%s was taken", text);
    cr_assert_eq(fault.code, -EINVAL);
    cr_assert_not_null(strstr(fault.en, en), "%s", fault.en);
    cr_assert_not_null(strstr(fault.zh, zh), "%s", fault.zh);
}

Test(clip, what_is_read_is_written) {
    expect("{\"pieces\":[" PIECE "]}", "{\"version\":1,\"pieces\":[" PIECE "],\"chapters\":[]}");
    static const char whole[] =
        "{\"version\":1,\"pieces\":[{\"lesson\":\"L\",\"from_ns\":7000000000,\"to_ns\":9000000000,"
        "\"picture\":{\"layout\":\"inset\",\"main\":\"screen\",\"other\":\"camera-2\"},"
        "\"fade_in_ns\":1000000000,\"fade_out_ns\":1000000000},"
        "{\"lesson\":\"M_2\",\"from_ns\":1,\"to_ns\":2,"
        "\"picture\":{\"layout\":\"single\",\"main\":\"camera\"}}],"
        "\"chapters\":[{\"time_ns\":0,\"title\":\"光的折射\"},{\"time_ns\":0,\"title\":\"\"}],"
        "\"opening\":{\"template\":\"plain\",\"fields\":{\"school\":\"一中\"}},"
        "\"closing\":{\"template\":\"thanks\",\"fields\":{}},\"logo\":true}";
    expect(whole, whole);
}

Test(clip, pieces_may_overlap_go_back_and_be_of_one_nanosecond) {
    struct lct_clip clip;
    cr_assert(read_text("{\"pieces\":[{\"lesson\":\"L\",\"from_ns\":10,\"to_ns\":30},"
                        "{\"lesson\":\"L\",\"from_ns\":5,\"to_ns\":20},"
                        "{\"lesson\":\"L\",\"from_ns\":5,\"to_ns\":6}]}",
                        &clip),
              "%s", fault.en);
    cr_assert_eq(lct_clip_length(&clip), 36);
    lct_clip_free(&clip);
}

Test(clip, cards_have_a_length_of_their_own) {
    struct lct_clip clip;
    static const char card[] = "{\"template\":\"opening\",\"fields\":{}}";
    LCT_FREE char *one = lct_format("{\"pieces\":[" PIECE "],\"opening\":%s}", card);
    LCT_FREE char *two =
        lct_format("{\"pieces\":[" PIECE "],\"opening\":%s,\"closing\":%s}", card, card);
    cr_assert(read_text("{\"pieces\":[" PIECE "]}", &clip), "%s", fault.en);
    cr_assert_eq(lct_clip_cards_length(&clip), 0);
    lct_clip_free(&clip);
    cr_assert(read_text(one, &clip), "%s", fault.en);
    cr_assert_eq(lct_clip_cards_length(&clip), LCT_CLIP_CARD_LENGTH);
    lct_clip_free(&clip);
    cr_assert(read_text(two, &clip), "%s", fault.en);
    cr_assert_eq(lct_clip_cards_length(&clip), 2 * LCT_CLIP_CARD_LENGTH);
    lct_clip_free(&clip);
}

Test(clip, titles_are_plain) {
    expect(
        "{\"pieces\":[" PIECE "],\"chapters\":[{\"time_ns\":5,\"title\":\" a\xe2\x80\xae<b> \"}]}",
        "{\"version\":1,\"pieces\":[" PIECE "],\"chapters\":[{\"time_ns\":5,\"title\":\"a<b>\"}]}");
}

Test(clip, what_is_wrong_is_said_and_where) {
    refuse("{}", "1 to 10000 pieces", "10000 段");
    refuse("{\"pieces\":[]}", "1 to 10000 pieces", "10000 段");
    refuse("{\"pieces\":{}}", "1 to 10000 pieces", "10000 段");
    refuse("{\"pieces\":[" PIECE ",7]}", "Piece 2", "第 2 段");
    refuse("{\"pieces\":[" PIECE "],\"x\":1}", "\"x\"", "“x”");
    refuse("{\"version\":2,\"pieces\":[" PIECE "]}", "version", "version");
    refuse("{\"pieces\":[{\"lesson\":\"L\",\"from_ns\":5,\"to_ns\":5}]}", "behind", "起点之后");
    refuse("{\"pieces\":[{\"lesson\":\"L\",\"from_ns\":6,\"to_ns\":5}]}", "behind", "起点之后");
    refuse("{\"pieces\":[{\"lesson\":\"L\",\"from_ns\":6}]}", "behind", "起点之后");
    refuse("{\"pieces\":[{\"lesson\":\"L\",\"from_ns\":-1,\"to_ns\":5}]}", "from_ns", "from_ns");
    refuse("{\"pieces\":[{\"lesson\":\"L\",\"from_ns\":0.5,\"to_ns\":5}]}", "from_ns", "from_ns");
    refuse("{\"pieces\":[{\"lesson\":\"L\",\"from_ns\":0,\"to_ns\":9000000000000000000}]}", "to_ns",
           "to_ns");
    refuse("{\"pieces\":[{\"lesson\":\"../L\",\"from_ns\":0,\"to_ns\":5}]}", "no lesson's id",
           "不是课程编号");
    refuse("{\"pieces\":[{\"lesson\":\"clip-1\",\"from_ns\":0,\"to_ns\":5}]}", "no lesson's id",
           "不是课程编号");
    refuse("{\"pieces\":[{\"lesson\":\"L\",\"from_ns\":0,\"to_ns\":5,\"picture\":{\"layout\":"
           "\"none\",\"main\":\"screen\"}}]}",
           "layout", "画中画");
    refuse("{\"pieces\":[{\"lesson\":\"L\",\"from_ns\":0,\"to_ns\":5,\"picture\":{\"layout\":"
           "\"side\",\"main\":\"screen\",\"other\":\"screen\"}}]}",
           "one track", "同一轨道");
    refuse("{\"pieces\":[{\"lesson\":\"L\",\"from_ns\":0,\"to_ns\":5,\"picture\":{\"layout\":"
           "\"single\",\"main\":\"../screen\"}}]}",
           "no track", "不是轨道");
    refuse("{\"pieces\":[{\"lesson\":\"L\",\"from_ns\":0,\"to_ns\":5,\"fade_in_ns\":3,"
           "\"fade_out_ns\":3}]}",
           "fades", "淡入");
    refuse("{\"pieces\":[" PIECE "],\"chapters\":[{\"time_ns\":6}]}", "Chapter 1", "第 1 章");
    refuse("{\"pieces\":[" PIECE "],\"chapters\":[{\"time_ns\":3},{\"time_ns\":2}]}", "Chapter 2",
           "第 2 章");
    refuse("{\"pieces\":[" PIECE "],\"opening\":{\"template\":\"../x\"}}", "template", "模板");
    refuse("{\"pieces\":[" PIECE "],\"opening\":{\"template\":\"x\",\"fields\":{\"a\":1}}}", "a",
           "a");
}

/* A clip of n pieces as text. Owned. */
static char *of_pieces(size_t n) {
    char *text = lct_new(n * sizeof PIECE + 32), *at = text + sprintf(text, "{\"pieces\":[");
    for (size_t i = 0; i < n; i++) {
        at += sprintf(at, "%s%s", i > 0 ? "," : "", PIECE);
    }
    strcpy(at, "]}");
    return text;
}

Test(clip, has_up_to_10000_pieces) {
    LCT_FREE char *most = of_pieces(LCT_CLIP_PIECES_MAX);
    LCT_FREE char *more = of_pieces(LCT_CLIP_PIECES_MAX + 1);
    struct lct_clip clip;
    cr_assert(read_text(most, &clip));
    cr_assert_eq(lct_clip_length(&clip), 50000);
    lct_clip_free(&clip);
    refuse(more, "not 10001", "10001 段");
}

Test(clip, is_no_longer_than_a_lesson_can_be) {
#define DAYS "{\"lesson\":\"L\",\"from_ns\":0,\"to_ns\":864000000000000}"
    struct lct_clip clip;
    cr_assert(read_text("{\"pieces\":[" DAYS "]}", &clip));
    lct_clip_free(&clip);
    refuse("{\"pieces\":[" DAYS "," PIECE "]}", "longer than 10 days", "10 天");
}

/* ---- on disk ---- */

static char *data;
static struct lct_test_disk disk;
static struct lct_clip one;
static json_t *metadata;

static void begin(void) {
    data = lct_test_folder();
    lct_test_disk_init(&disk);
    metadata = json_pack("{s:i, s:s}", "version", 1, "title", "T");
    cr_assert(read_text("{\"pieces\":[" PIECE "]}", &one));
}

static void end(void) {
    lct_clip_free(&one);
    json_decref(metadata);
    lct_test_remove(data);
    free(data);
}

TestSuite(clip_folder, .init = begin, .fini = end);

/* Makes a clip; its folder. Owned. */
static char *make(void) {
    char id[LCT_LESSON_ID_SIZE];
    cr_assert_eq(lct_clip_create(&disk.io, data, &one, metadata, id, &fault), 0, "%s", fault.en);
    cr_assert(lct_clip_is_id(id));
    return lct_format("%s/clips/%s", data, id);
}

static unsigned newest(const char *folder, lct_ns *ret_length) {
    LCT_JSON json_t *json = NULL;
    struct lct_clip clip;
    unsigned version = 0;
    cr_assert_eq(lct_clip_newest(folder, &json, &version), 0);
    cr_assert_eq(lct_clip_read(json, &clip, &fault), 0);
    *ret_length = lct_clip_length(&clip);
    lct_clip_free(&clip);
    return version;
}

Test(clip_folder, a_version_is_never_overwritten) {
    LCT_FREE char *folder = make();
    unsigned version = 0;
    lct_ns length;
    LCT_JSON json_t *first = NULL;
    one.pieces[0].to = 9;
    cr_assert_eq(lct_clip_save(&disk.io, folder, 1, &one, &version, &fault), 0);
    cr_assert_eq(version, 2);
    one.pieces[0].to = 11;
    cr_assert_eq(lct_clip_save(&disk.io, folder, 1, &one, &version, &fault), -ESTALE);
    cr_assert_not_null(strstr(fault.en, "Somebody else"));
    cr_assert_eq(newest(folder, &length), 2);
    cr_assert_eq(length, 9);
    cr_assert_eq(lct_clip_version(folder, 1, &first), 0);
    cr_assert_eq(lct_json_int(json_array_get(json_object_get(first, "pieces"), 0), "to_ns", 0), 5);
    LCT_JSON json_t *versions = lct_clip_versions(folder);
    cr_assert_eq(json_array_size(versions), 2);
    cr_assert_eq(lct_json_int(json_array_get(versions, 0), "version", 0), 2);
}

Test(clip_folder, of_two_who_save_at_once_one_is_told) {
    LCT_FREE char *folder = make();
    unsigned version = 0;
    int other = lct_lock_folder(folder);
    cr_assert_geq(other, 0);
    cr_assert_eq(lct_clip_save(&disk.io, folder, 1, &one, &version, &fault), -ESTALE);
    lct_unlock(other);
    cr_assert_eq(lct_clip_save(&disk.io, folder, 1, &one, &version, &fault), 0);
}

Test(clip_folder, a_damaged_version_hides_only_itself) {
    LCT_FREE char *folder = make();
    LCT_FREE char *path = lct_format("%s/0002.json", folder);
    unsigned version = 0;
    lct_ns length;
    FILE *file = fopen(path, "w");
    (void)fputs("{\"version\":1,\"pie", file);
    (void)fclose(file);
    cr_assert_eq(newest(folder, &length), 1);
    cr_assert_eq(lct_clip_save(&disk.io, folder, 1, &one, &version, &fault), 0);
    cr_assert_eq(version, 3);
    cr_assert_eq(newest(folder, &length), 3);
}

Test(clip_folder, a_disk_that_fails_leaves_nothing_half) {
    static const enum lct_disk_call calls[] = {LCT_DISK_OPEN, LCT_DISK_PWRITE, LCT_DISK_FDATASYNC,
                                               LCT_DISK_RENAME, LCT_DISK_SYNC_FOLDER};
    LCT_FREE char *folder = make();
    char id[LCT_LESSON_ID_SIZE];
    unsigned version = 7;
    lct_ns length;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        lct_test_disk_fail(&disk, calls[i], 0, ENOSPC);
        cr_assert_eq(lct_clip_save(&disk.io, folder, 1, &one, &version, &fault), -ENOSPC);
        cr_assert(lct_test_disk_failed(&disk));
        cr_assert_eq(newest(folder, &length), 1, "call %zu", i);
        for (int after = 0; after < 2; after++) {
            lct_test_disk_fail(&disk, calls[i], after, ENOSPC);
            cr_assert_eq(lct_clip_create(&disk.io, data, &one, metadata, id, &fault), -ENOSPC);
            cr_assert(lct_test_disk_failed(&disk));
        }
    }
    cr_assert_eq(version, 7);
    LCT_FREE char *list = lct_format("ls %s/clips | wc -l", data);
    FILE *pipe = popen(list, "r");
    int left = 0;
    cr_assert_eq(fscanf(pipe, "%d", &left), 1);
    cr_assert_eq(pclose(pipe), 0);
    cr_assert_eq(left, 1, "%d folders", left);
}

Test(clip_folder, a_clip_that_is_not_there) {
    LCT_JSON json_t *json = NULL;
    unsigned version;
    cr_assert_eq(lct_clip_newest(data, &json, &version), -ENOENT);
    cr_assert_eq(lct_clip_newest("/nowhere", &json, &version), -ENOENT);
    cr_assert_eq(lct_clip_version(data, 1, &json), -ENOENT);
    cr_assert_eq(lct_clip_check(&one, data, &fault), -ENOENT);
    cr_assert_not_null(strstr(fault.en, "no lesson L"));
}

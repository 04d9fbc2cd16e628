// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/metadata.h"
#include "archive/library/plain.h"
#include "base/mem.h"
#include "tests/support/disk.h"

static struct lct_fault fault;

static void expect_plain(const char *text, const char *expected) {
    LCT_FREE char *plain = lct_plain(text, false);
    cr_assert_str_eq(plain, expected);
}

Test(plain, text_stays_and_what_steers_it_goes) {
    expect_plain("<b>光</b> & \"x\"", "<b>光</b> & \"x\"");
    expect_plain("a\xe2\x80\xae"
                 "b\xe2\x81\xa6"
                 "c\xe2\x80\x8f",
                 "abc");
    expect_plain("  \ta\x01"
                 "b\r\nc\xc2\x85 ",
                 "a b c");
    expect_plain("👩‍🏫🏴󠁧󠁢󠁥󠁮󠁧󠁿",
                 "👩‍🏫🏴󠁧󠁢󠁥󠁮󠁧󠁿");
    expect_plain("e\xcc\x81", "é");
    expect_plain("\xff", "?");
    expect_plain("", "");
    LCT_FREE char *lines = lct_plain("a\r\nb\n\nc\n", true);
    cr_assert_str_eq(lines, "a\nb\n\nc");
}

/* What becomes of a document, as text; "" when it is refused. Owned. */
static char *checked(const char *text) {
    LCT_JSON json_t *json = NULL;
    LCT_JSON json_t *out = NULL;
    cr_assert_eq(lct_json_parse(text, strlen(text), &json, &fault), 0);
    return lct_metadata_check(json, &out, &fault) < 0 ? lct_strdup("") : lct_json_dump(out, NULL);
}

static void expect(const char *text, const char *expected) {
    LCT_FREE char *out = checked(text);
    cr_assert_str_eq(out, expected, "%s: %s", out, fault.en);
}

static void expect_refused(const char *text, const char *en, const char *zh) {
    LCT_FREE char *out = checked(text);
    cr_assert_str_eq(out, "", "%s was taken", text);
    cr_assert_not_null(strstr(fault.en, en), "%s", fault.en);
    cr_assert_not_null(strstr(fault.zh, zh), "%s", fault.zh);
}

Test(metadata, is_plain_and_in_order) {
    expect("{}", "{\"version\":1}");
    expect("{\"subject\":\"物理\",\"title\":\" 光 \"}",
           "{\"version\":1,\"title\":\"光\",\"subject\":\"物理\"}");
    expect("{\"title\":\"\",\"teachers\":[\"王\",\"\",\"王\",\"李\"],\"points\":[]}",
           "{\"version\":1,\"teachers\":[\"王\",\"李\"]}");
    expect("{\"description\":\"a\\nb\",\"title\":\"a\\nb\"}",
           "{\"version\":1,\"title\":\"a b\",\"description\":\"a\\nb\"}");
    expect("{\"state\":\"published\",\"trashed\":null,\"cover\":null}",
           "{\"version\":1,\"state\":\"published\"}");
    expect("{\"cover\":{\"track\":\"camera\",\"time_ns\":5}}",
           "{\"version\":1,\"cover\":{\"track\":\"camera\",\"time_ns\":5}}");
    expect("{\"cover\":{\"track\":\"camera\",\"time_ns\":864000000000000}}",
           "{\"version\":1,\"cover\":{\"track\":\"camera\",\"time_ns\":864000000000000}}");
}

Test(metadata, what_does_not_fit_is_refused_by_its_name) {
    LCT_FREE char *letters = lct_new(30001);
    for (int i = 0; i < 10000; i++) {
        memcpy(letters + 3L * i, "光", 3);
    }
    LCT_FREE char *title = lct_format("{\"title\":\"%s\"}", letters);
    expect_refused(title, "\"title\" is too long: 10000 characters of at most 200",
                   "“标题”过长：10000 个字符，最多 200 个");
    expect_refused("{\"title\":7}", "\"title\"", "“标题”");
    expect_refused("{\"teachers\":\"王\"}", "\"teachers\" must be a list", "“主讲教师”");
    expect_refused("{\"teachers\":[7]}", "\"teachers\"", "“主讲教师”");
    expect_refused("{\"titel\":\"x\"}", "titel", "titel");
    expect_refused("{\"state\":\"gone\"}", "state", "草稿");
    expect_refused("{\"version\":2}", "version 2", "2");
    expect_refused("{\"trashed\":\"yesterday\"}", "trashed", "trashed");
    expect_refused("{\"cover\":{\"track\":\"../x\",\"time_ns\":0}}", "cover", "封面");
    expect_refused("{\"cover\":{\"track\":\"camera\",\"time_ns\":-1}}", "cover", "封面");
    expect_refused("{\"cover\":{\"track\":\"camera\",\"time_ns\":864000000000001}}", "10 days",
                   "10 天");
}

Test(metadata, is_kept_and_read_again) {
    LCT_FREE char *folder = lct_test_folder();
    LCT_JSON json_t *none = NULL;
    LCT_JSON json_t *json = json_pack("{s:i, s:s}", "version", 1, "title", "光");
    LCT_JSON json_t *again = NULL;
    struct lct_test_disk disk;
    lct_test_disk_init(&disk);
    cr_assert_eq(lct_metadata_load(folder, &none, &fault), 0);
    cr_assert_eq(json_object_size(none), 0);
    cr_assert_eq(lct_metadata_save(&disk.io, folder, json), 0);
    lct_test_disk_fill(&disk, true);
    cr_assert_eq(lct_metadata_save(&disk.io, folder, none), -ENOSPC);
    cr_assert_eq(lct_metadata_load(folder, &again, &fault), 0);
    cr_assert(json_equal(json, again), "a full disk took what was there");
    lct_test_remove(folder);
}

Test(metadata, a_damaged_file_is_said) {
    LCT_FREE char *folder = lct_test_folder();
    LCT_FREE char *path = lct_format("%s/metadata.json", folder);
    static const char *const texts[] = {"", "{", "[]", "{\"titel\":\"x\"}", "{\"title\":7}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *json = NULL;
        FILE *file = fopen(path, "w");
        cr_assert_not_null(file);
        (void)fputs(texts[i], file);
        (void)fclose(file);
        cr_assert_eq(lct_metadata_load(folder, &json, &fault), -EBADMSG, "%s", texts[i]);
        cr_assert_not_null(strstr(fault.en, path));
    }
    lct_test_remove(folder);
}

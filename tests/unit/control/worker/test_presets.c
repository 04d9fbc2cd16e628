// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "control/worker/presets.h"
#include "tests/support/disk.h"

#define MINUTE (60 * LCT_SECOND)

static json_t *parsed(const char *text) {
    json_t *json = NULL;
    struct lct_fault fault;
    cr_assert_eq(lct_json_parse(text, strlen(text), &json, &fault), 0, "%s", fault.en);
    return json;
}

static json_t *a_preset(void) {
    return parsed(
        "{\"id\":\"a\",\"name\":{\"en\":\"A\",\"zh\":\"甲\"},\"about\":{\"en\":\"A\",\"zh\":"
        "\"甲\"},\"container\":\"mp4\",\"picture\":{\"width\":1920,\"height\":1080,"
        "\"fps\":25,\"most_bps\":8000000,\"least_bps\":1500000},\"sound\":{\"bps\":"
        "128000},\"most_bytes\":1000000000,\"most_s\":6000,\"title\":true}");
}

static bool must(const json_t *problems) {
    size_t i;
    const json_t *problem;
    bool any = false;
    json_array_foreach(problems, i, problem) { any = any || lct_json_flag(problem, "must", false); }
    return any;
}

/* 20 minutes at 8 Mbit/s would be 1.2 GB. */
Test(presets, the_bit_rate_follows_from_the_length) {
    LCT_JSON json_t *preset = a_preset();
    cr_assert_eq(lct_preset_picture_bps(preset, 10 * MINUTE), 8000000);
    int64_t bps = lct_preset_picture_bps(preset, 20 * MINUTE);
    cr_assert(bps > 6000000 && bps < 6500000, "%lld", (long long)bps);
    for (int minutes = 1; minutes < 90; minutes++) {
        lct_ns length = minutes * MINUTE;
        double bytes = ((double)lct_preset_picture_bps(preset, length) + 128000) / 8 * minutes * 60;
        cr_assert(bytes <= 1e9 * (1 - LCT_PRESET_SLACK) + 1, "%d", minutes);
        cr_assert(lct_preset_bytes(preset, length) <= 1000000000, "%d", minutes);
    }
}

Test(presets, say_what_must_be_changed) {
    LCT_JSON json_t *preset = a_preset();
    LCT_JSON json_t *fine = lct_preset_check(preset, 10 * MINUTE, true);
    LCT_JSON json_t *untitled = lct_preset_check(preset, 10 * MINUTE, false);
    LCT_JSON json_t *coarse = lct_preset_check(preset, 95 * MINUTE, true);
    LCT_JSON json_t *both = lct_preset_check(preset, 101 * MINUTE, true);
    cr_assert_eq(json_array_size(fine), 0);
    cr_assert(json_array_size(untitled) == 1 && !must(untitled));
    cr_assert(json_array_size(coarse) == 1 && must(coarse));
    cr_assert_eq(json_array_size(both), 2);
    const char *words = lct_json_text(json_array_get(both, 0), "en", "");
    cr_assert(strstr(words, "1:00.000"), "%s", words); /* so much is to be taken out */
}

Test(presets, those_of_the_program_are_right) {
    LCT_JSON json_t *presets = NULL;
    struct lct_fault fault;
    const char *source = getenv("LCT_SOURCE");
    LCT_FREE char *folder = lct_format("%s/control/presets", source ? source : ".");
    cr_assert_eq(lct_presets_load(folder, &presets, &fault), 0, "%s", fault.en);
    cr_assert_not_null(lct_presets_find(presets, "jingpinke"));
    cr_assert(lct_preset_is_copy(lct_presets_find(presets, "keep")));
    cr_assert_null(lct_presets_find(presets, "none"));
}

static int load(const char *text, struct lct_fault *fault) {
    char *folder = lct_test_folder();
    LCT_FREE char *path = lct_format("%s/x.json", folder);
    json_t *presets = NULL;
    FILE *f = fopen(path, "w");
    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
    int rc = lct_presets_load(folder, &presets, fault);
    json_decref(presets);
    lct_test_remove(folder);
    free(folder);
    return rc;
}

Test(presets, that_are_wrong_are_named) {
    static const struct {
        const char *key, *value;
    } rows[] = {
        {"id", "\"A B\""},        {"container", "\"mkv\""},
        {"name", "\"A\""},        {"most_s", "-1"},
        {"picture", "{}"},        {"picture", "{\"width\":1921}"},
        {"unknown", "1"},         {"sound", "{\"bps\":1}"},
        {"container", "\"m4a\""}, {"sound", "{\"bps\":128000,\"lufs\":16}"},
    };
    struct lct_fault fault;
    LCT_JSON json_t *right = a_preset();
    LCT_FREE char *text = lct_json_dump(right, NULL);
    cr_assert_eq(load(text, &fault), 0, "%s", fault.en);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        LCT_JSON json_t *preset = a_preset();
        json_object_set_new(preset, rows[i].key, json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
        LCT_FREE char *wrong = lct_json_dump(preset, NULL);
        cr_assert_eq(load(wrong, &fault), -EINVAL, "%s %s", rows[i].key, rows[i].value);
        cr_assert(strstr(fault.en, "x.json"), "%s", fault.en);
    }
    cr_assert_eq(load("{", &fault), -EINVAL);
}

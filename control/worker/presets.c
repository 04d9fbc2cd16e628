// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/worker/presets.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/mem.h"
#include "encode/loudness.h"

/* ---- the files ---- */

static int check_text(const json_t *preset, const char *key, struct lct_fault *fault) {
    const json_t *text = json_object_get(preset, key);
    const char *unused;
    int rc = lct_json_only(text, (const char *[]){"en", "zh", NULL}, fault);
    rc = rc ? rc : lct_json_read_text(text, "en", 1, 400, &unused, fault);
    return rc ? rc : lct_json_read_text(text, "zh", 1, 400, &unused, fault);
}

/* A number that must be there. */
static int check_number(const json_t *object, const char *key, int64_t least, int64_t most,
                        struct lct_fault *fault) {
    int64_t value = INT64_MIN;
    int rc = lct_json_read_int(object, key, least, most, &value, fault);
    return rc ? rc
           : value == INT64_MIN
               ? lct_fault_set(fault, -EINVAL, "presets", "\"%s\" is missing.", "缺少“%s”。", key)
               : 0;
}

static int check_picture(const json_t *picture, struct lct_fault *fault) {
    static const char *const keys[] = {"width", "height", "fps", "most_bps", "least_bps", NULL};
    int rc = lct_json_only(picture, keys, fault);
    rc = rc ? rc : check_number(picture, "width", 16, 3840, fault);
    rc = rc ? rc : check_number(picture, "height", 16, 2160, fault);
    rc = rc ? rc : check_number(picture, "fps", 1, 60, fault);
    rc = rc ? rc : check_number(picture, "most_bps", 10000, 100000000, fault);
    rc = rc ? rc : check_number(picture, "least_bps", 10000, 100000000, fault);
    bool odd = lct_json_int(picture, "width", 0) % 2 || lct_json_int(picture, "height", 0) % 2;
    return rc    ? rc
           : odd ? lct_fault_set(fault, -EINVAL, "presets", "width and height must be even.",
                                 "width 和 height 必须为偶数。")
                 : 0;
}

static int check_sound(const json_t *sound, struct lct_fault *fault) {
    int64_t unused;
    int rc = lct_json_only(sound, (const char *[]){"bps", "lufs", NULL}, fault);
    rc = rc ? rc : check_number(sound, "bps", 16000, 320000, fault);
    return rc ? rc
              : lct_json_read_int(sound, "lufs", (int64_t)LCT_LOUDNESS_MIN,
                                  (int64_t)LCT_LOUDNESS_MAX, &unused, fault);
}

static int check_preset(const json_t *preset, struct lct_fault *fault) {
    static const char *const keys[] = {"id",      "name",  "about",      "container",
                                       "picture", "sound", "most_bytes", "least_s",
                                       "most_s",  "title", NULL};
    const json_t *picture = json_object_get(preset, "picture");
    const json_t *sound = json_object_get(preset, "sound");
    const char *container = lct_json_text(preset, "container", "");
    int64_t unused;
    int rc = lct_json_only(preset, keys, fault);
    rc = rc ? rc : check_text(preset, "name", fault);
    rc = rc ? rc : check_text(preset, "about", fault);
    rc = rc ? rc : picture ? check_picture(picture, fault) : 0;
    rc = rc ? rc : sound ? check_sound(sound, fault) : 0;
    rc = rc ? rc : lct_json_read_int(preset, "most_bytes", 1, INT64_MAX, &unused, fault);
    rc = rc ? rc : lct_json_read_int(preset, "least_s", 1, 360000, &unused, fault);
    rc = rc ? rc : lct_json_read_int(preset, "most_s", 1, 360000, &unused, fault);
    if (rc < 0) {
        return rc;
    }
    if (!lct_config_is_id(lct_json_text(preset, "id", ""))) {
        return lct_fault_set(fault, -EINVAL, "presets", "\"id\" is no name.", "“id”无效。");
    }
    bool m4a = strcmp(container, "m4a") == 0;
    if (!m4a && strcmp(container, "mp4") != 0) {
        return lct_fault_set(fault, -EINVAL, "presets", "\"container\" is neither mp4 nor m4a.",
                             "“container”只能是 mp4 或 m4a。");
    }
    /* What is copied has the size it has. */
    bool fits = m4a ? !picture && !sound : !picture == !sound;
    return fits && (picture || !json_object_get(preset, "most_bytes"))
               ? 0
               : lct_fault_set(fault, -EINVAL, "presets",
                               "picture and sound come together, with mp4; without them there is "
                               "no most_bytes.",
                               "picture 与 sound 须同时给出且容器为 mp4；否则不能有 most_bytes。");
}

static int is_preset(const struct dirent *entry) {
    size_t n = strlen(entry->d_name);
    return n > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 5, ".json") == 0;
}

static int load_one(const char *folder, const char *name, json_t *presets,
                    struct lct_fault *fault) {
    LCT_FREE char *path = lct_format("%s/%s", folder, name);
    LCT_JSON json_t *preset = NULL;
    struct lct_fault why;
    int rc = lct_json_load(path, LCT_PRESET_BYTES_MAX, &preset, &why);
    rc = rc ? rc : check_preset(preset, &why);
    if (rc == 0 && lct_presets_find(presets, lct_json_text(preset, "id", ""))) {
        rc = lct_fault_set(&why, -EINVAL, "presets", "\"id\" is another preset's, too.",
                           "“id”与其他预设重复。");
    }
    if (rc < 0) {
        return lct_fault_set(fault, -EINVAL, "presets", "The preset %s is wrong: %s%.0s",
                             "预设 %s 有误：%.0s%s", path, why.en, why.zh);
    }
    json_array_append(presets, preset);
    return 0;
}

int lct_presets_load(const char *folder, json_t **ret_presets, struct lct_fault *fault) {
    struct dirent **entries;
    int n = scandir(folder, &entries, is_preset, alphasort);
    if (n < 0) {
        return lct_fault_set(fault, -errno, "presets", "The presets in %s cannot be read: %s.",
                             "无法读取预设目录 %s：%s。", folder, strerror(errno));
    }
    json_t *presets = json_array();
    int rc = n > (int)LCT_PRESETS_MAX
                 ? lct_fault_set(fault, -EINVAL, "presets", "%s has more than %u presets.",
                                 "%s 中的预设超过 %u 个。", folder, LCT_PRESETS_MAX)
                 : 0;
    for (int i = 0; i < n; i++) {
        rc = rc ? rc : load_one(folder, entries[i]->d_name, presets, fault);
        free(entries[i]);
    }
    free(entries);
    if (rc < 0) {
        json_decref(presets);
        return rc;
    }
    *ret_presets = presets;
    return 0;
}

/* ---- what they say ---- */

const json_t *lct_presets_find(const json_t *presets, const char *id) {
    size_t i;
    const json_t *preset;
    json_array_foreach(presets, i, preset) {
        if (strcmp(lct_json_text(preset, "id", ""), id) == 0) {
            return preset;
        }
    }
    return NULL;
}

bool lct_preset_is_copy(const json_t *preset) { return !json_object_get(preset, "picture"); }

static double seconds_of(lct_ns length) { return (double)length / LCT_SECOND; }

static double sound_bps(const json_t *preset) {
    return (double)lct_json_int(json_object_get(preset, "sound"), "bps", 0);
}

int64_t lct_preset_picture_bps(const json_t *preset, lct_ns length) {
    int64_t most = lct_json_int(json_object_get(preset, "picture"), "most_bps", 0);
    double bytes = (double)lct_json_int(preset, "most_bytes", 0);
    if (most == 0 || bytes <= 0 || length <= 0) {
        return most;
    }
    double fits = bytes * 8 * (1 - LCT_PRESET_SLACK) / seconds_of(length) - sound_bps(preset);
    return fits >= (double)most ? most : fits > 0 ? (int64_t)fits : 1;
}

int64_t lct_preset_bytes(const json_t *preset, lct_ns length) {
    double bps = (double)lct_preset_picture_bps(preset, length) + sound_bps(preset);
    return lct_preset_is_copy(preset)
               ? 0
               : (int64_t)(bps / 8 * seconds_of(length) / (1 - LCT_PRESET_SLACK));
}

static void add(json_t *problems, bool must, const struct lct_fault *fault) {
    json_array_append_new(problems, json_pack("{s:b, s:s, s:s}", "must", (int)must, "en", fault->en,
                                              "zh", fault->zh));
}

static void check_length(const json_t *preset, lct_ns length, json_t *problems) {
    struct lct_fault fault;
    char is[24], limit[24], by[24];
    lct_ns most = lct_json_int(preset, "most_s", 0) * LCT_SECOND;
    lct_ns least = lct_json_int(preset, "least_s", 0) * LCT_SECOND;
    lct_span_format(length, is, sizeof is);
    if (most > 0 && length > most) {
        lct_span_format(most, limit, sizeof limit);
        lct_span_format(length - most, by, sizeof by);
        (void)lct_fault_set(&fault, -EINVAL, "presets",
                            "It lasts %s, but may last %s at most: take %s out of it.",
                            "时长 %s，超过上限 %s：请剪掉 %s。", is, limit, by);
        add(problems, true, &fault);
    }
    if (length < least) {
        lct_span_format(least, limit, sizeof limit);
        (void)lct_fault_set(&fault, -EINVAL, "presets", "It lasts %s, but must last %s at least.",
                            "时长 %s，不足下限 %s。", is, limit);
        add(problems, true, &fault);
    }
}

json_t *lct_preset_check(const json_t *preset, lct_ns length, bool has_title) {
    json_t *problems = json_array();
    struct lct_fault fault;
    int64_t bps = lct_preset_picture_bps(preset, length);
    int64_t least = lct_json_int(json_object_get(preset, "picture"), "least_bps", 0);
    check_length(preset, length, problems);
    if (bps < least) {
        long long mb = (long long)(lct_json_int(preset, "most_bytes", 0) / 1000000);
        lct_ns fits = (lct_ns)((double)mb * 8e6 * (1 - LCT_PRESET_SLACK) /
                               ((double)least + sound_bps(preset)) * LCT_SECOND);
        char span[24];
        lct_span_format(fits / LCT_SECOND * LCT_SECOND, span, sizeof span);
        (void)lct_fault_set(&fault, -EINVAL, "presets",
                            "It is too long for %lld MB in a picture that can be watched: it may "
                            "last %s at most.",
                            "时长过长，%lld MB 内无法保证画质：请剪到 %s 以内。", mb, span);
        add(problems, true, &fault);
    }
    if (lct_json_flag(preset, "title", false) && !has_title) {
        (void)lct_fault_set(&fault, -EINVAL, "presets",
                            "It should begin with a title card (5 s); it has none. Cards are put "
                            "before microlessons in their editor.",
                            "应有片头（5 秒），目前没有片头。片头在微课的编辑页中添加。");
        add(problems, false, &fault);
    }
    return problems;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What lessons and microlessons are exported as: presets, one JSON file each, installed with the
 * program (control/presets/), in the order of their names:
 *
 *     {"id": "weike", "name": {"en","zh"}, "about": {"en","zh"},
 *      "container": "mp4" | "m4a",                       // m4a: sound only, as recorded
 *      "picture"?: {"width","height","fps","most_bps","least_bps"},   // none: as recorded
 *      "sound"?: {"bps", "lufs"?},                       // lufs: brought to that loudness
 *      "most_bytes"?, "least_s"?, "most_s"?, "title"?: true}
 *
 * A preset without picture, sound, limits of time or size asks nothing of the bytes: "mp4" is then
 * the download that is muxed while it is sent, and no export. The rules are checked before anything
 * is encoded (lct_preset_check), and the file is held against them after
 * (control/worker/worker_clip.c). Pure but for loading; any thread.
 *
 *     rc = lct_presets_load(folder, &presets, &fault);
 *     preset = lct_presets_find(presets, "weike");
 *     problems = lct_preset_check(preset, length, has_title);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/time.h"

/** Bytes of a preset's file, and presets, at most. */
#define LCT_PRESET_BYTES_MAX (16U << 10)
#define LCT_PRESETS_MAX 50U

/** Part of a file's size that is left for its tables, and for what a rate control runs over. */
#define LCT_PRESET_SLACK 0.04

/** Loads and checks all presets of a folder. 0, or -errno (-EINVAL: one is wrong) with a fault that
 *  names it. *ret_presets is an array, owned. */
int lct_presets_load(const char *folder, json_t **ret_presets,
                     struct lct_fault *fault) LCT_MUST_USE;

/** The preset of that id, NULL: none. Borrows. */
const json_t *lct_presets_find(const json_t *presets, const char *id);

/** True when nothing is encoded anew for it. */
bool lct_preset_is_copy(const json_t *preset);

/** Most bits a second for the pictures of something so long, so that the size limit holds; 0: they
 *  are copied. */
int64_t lct_preset_picture_bps(const json_t *preset, lct_ns length);

/** Bytes the file will have at most; 0: nobody knows before (it is copied). */
int64_t lct_preset_bytes(const json_t *preset, lct_ns length);

/**
 * Holds an item against the preset's rules before anything is made: an array of {"must": bool,
 * "en", "zh"}, each what is to be changed; must: there is no export before. Returns owned.
 */
json_t *lct_preset_check(const json_t *preset, lct_ns length, bool has_title) LCT_MUST_USE;

// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/recorder/sources.h"

#include <errno.h>

#include "archive/tape/tape.h"

static int tracks_of(const struct lct_spec *spec) {
    return spec->camera + spec->screen + spec->sound;
}

int lct_sources_add(struct lct_sources *sources, const char *text, struct lct_fault *fault) {
    struct lct_spec spec;
    if (sources->count == LCT_ROOM_SOURCES_MAX) {
        return lct_fault_set(fault, -E2BIG, "source", "A room has at most %d sources.",
                             "一个教室最多 %d 个来源。", LCT_ROOM_SOURCES_MAX);
    }
    int rc = lct_spec_parse(text, &spec, fault);
    if (rc < 0) {
        return rc;
    }
    int tracks = tracks_of(&spec);
    for (size_t i = 0; i < sources->count; i++) {
        tracks += tracks_of(&sources->specs[i]);
    }
    if (tracks > LCT_TAPE_TRACKS_MAX) {
        char shown[LCT_SPEC_TARGET_SIZE + 16];
        lct_spec_show(&spec, shown, sizeof shown);
        return lct_fault_set(fault, -E2BIG, "source",
                             "A room has at most %d tracks; with \"%.80s\" it would have %d.",
                             "一个教室最多 %d 条轨道；加上“%.80s”后将有 %d 条。",
                             LCT_TAPE_TRACKS_MAX, shown, tracks);
    }
    sources->specs[sources->count++] = spec;
    return 0;
}

int lct_sources_read(const struct lct_config *config, const char *room,
                     struct lct_sources *ret_sources, struct lct_fault *fault) {
    struct lct_sources sources = {.count = 0};
    const char *text;
    for (size_t i = 0; (text = lct_config_nth(config, "room", room, "source", i)); i++) {
        if (lct_sources_add(&sources, text, fault) < 0) {
            return lct_config_blame(config, "room", room, "source", i, fault);
        }
    }
    *ret_sources = sources;
    return 0;
}

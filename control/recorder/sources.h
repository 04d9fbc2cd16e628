// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The sources of one room as a person named them, by options or in the configuration: at most
 * LCT_ROOM_SOURCES_MAX of them, giving at most LCT_TAPE_TRACKS_MAX tracks. Whoever takes sources
 * from outside takes them through here, so that what cannot be recorded is refused in words, where
 * it was written. Pure; any thread.
 *
 *     struct lct_sources sources = {.count = 0};
 *     rc = lct_sources_add(&sources, "camera:/dev/video0", &fault);
 *     rc = lct_sources_read(config, "main", &sources, &fault);    // or all of a room's section
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/config.h"
#include "base/fault.h"
#include "capture/spec.h"
#include "control/settings.h"

struct lct_sources {
    struct lct_spec specs[LCT_ROOM_SOURCES_MAX];
    size_t count;
};

/** Adds the source that text names. 0; -E2BIG: one source or its tracks too many; -EINVAL: no
 * source; with a fault, and nothing is added. */
int lct_sources_add(struct lct_sources *sources, const char *text,
                    struct lct_fault *fault) LCT_MUST_USE;

/** Reads the sources of a room from a configuration. 0, or -EINVAL with a fault that names file and
 * line. */
int lct_sources_read(const struct lct_config *config, const char *room,
                     struct lct_sources *ret_sources, struct lct_fault *fault) LCT_MUST_USE;

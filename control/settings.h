// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The sections of lectern's configuration file. One file serves all programs of a machine, so each
 * of them knows, and checks, all sections.
 *
 *     rc = lct_settings_read(path, &config, &fault);           // path NULL: the defaults
 *     const char *data = lct_config_text(config, "disk", NULL, "data");
 *     for (size_t i = 0; (id = lct_config_id(config, "room", i)); i++) …
 */
#pragma once

#include <stdio.h>

#include "base/attr.h"
#include "base/config.h"

/** Most sources of a room. */
#define LCT_ROOM_SOURCES_MAX 8

/** lct_config_read with all sections of lectern. */
int lct_settings_read(const char *path, struct lct_config **ret_config,
                      struct lct_fault *fault) LCT_MUST_USE;

/** Writes the commented sample file (--print-config). */
void lct_settings_print_sample(FILE *out);

/** Writes docs/config.md (--print-config-manual). */
void lct_settings_print_manual(FILE *out);

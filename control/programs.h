// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Where lectern's things are: its other programs beside the one that runs, its data.
 */
#pragma once

#include "base/attr.h"

#define LCT_PROGRAM_PATH_SIZE 1024

/** Writes the path of the program of that name, in the folder of the running one, or the bare name.
 */
void lct_program_path(const char *name, char ret_path[LCT_PROGRAM_PATH_SIZE]);

/** The folder of what came with the programs ("web", "presets", "cards"): installed beside them, or
 * of the source tree; NULL: it is not there. Owned (free). */
char *lct_program_data(const char *what) LCT_MUST_USE;

/** The data folder when nobody names one: the system's for root, else one in the home. Owned
 * (free). */
char *lct_default_data(void) LCT_MUST_USE;

/** The configuration of this machine, if it is there and may be read; else NULL. Static. */
const char *lct_default_config(void);

/** Where that is. */
#define LCT_CONFIG_PATH "/etc/lectern/lectern.conf"

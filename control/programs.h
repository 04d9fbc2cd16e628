// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Where lectern's other programs are: beside the one that runs.
 */
#pragma once

#define LCT_PROGRAM_PATH_SIZE 1024

/** Writes the path of the program of that name, in the folder of the running one, or the bare name.
 */
void lct_program_path(const char *name, char ret_path[LCT_PROGRAM_PATH_SIZE]);

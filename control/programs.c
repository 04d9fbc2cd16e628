// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/programs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void lct_program_path(const char *name, char ret_path[LCT_PROGRAM_PATH_SIZE]) {
    char own[LCT_PROGRAM_PATH_SIZE / 2];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    own[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(own, '/');
    if (slash) {
        slash[1] = '\0';
    } else {
        own[0] = '\0';
    }
    (void)snprintf(ret_path, LCT_PROGRAM_PATH_SIZE, "%s%s", own, name);
}

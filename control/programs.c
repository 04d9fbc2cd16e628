// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

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

char *lct_program_data(const char *what) {
    static const char *const beside[] = {"../share/lectern", "../../control"};
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        char folder[LCT_PROGRAM_PATH_SIZE];
        lct_program_path(beside[i], folder);
        LCT_FREE char *path = lct_format("%s/%s", folder, what);
        if (access(path, R_OK) == 0) {
            return lct_strdup(path);
        }
    }
    return NULL;
}

char *lct_default_data(void) {
    const char *home = getenv("HOME");
    return geteuid() == 0 || !home ? lct_strdup("/var/lib/lectern")
                                   : lct_format("%s/.local/share/lectern", home);
}

const char *lct_default_config(void) {
    return access(LCT_CONFIG_PATH, R_OK) == 0 ? LCT_CONFIG_PATH : NULL;
}

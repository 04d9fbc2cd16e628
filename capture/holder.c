// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/holder.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* True when process pid has the device open; our own descriptors do not count twice. */
static bool holds(long pid, dev_t device) {
    char path[300];
    snprintf(path, sizeof path, "/proc/%ld/fd", pid);
    DIR *folder = opendir(path);
    struct dirent *entry;
    bool found = false;
    while (folder && !found && (entry = readdir(folder)) != NULL) {
        struct stat info;
        snprintf(path, sizeof path, "/proc/%ld/fd/%.20s", pid, entry->d_name);
        found = stat(path, &info) == 0 && S_ISCHR(info.st_mode) && info.st_rdev == device;
    }
    if (folder) {
        closedir(folder);
    }
    return found;
}

static void write_name(long pid, char *out, size_t size) {
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    FILE *file = fopen(path, "re");
    if (file) {
        if (fgets(name, sizeof name, file)) {
            name[strcspn(name, "\n")] = '\0';
        }
        (void)fclose(file); /* only read */
    }
    snprintf(out, size, "%s (%ld)", name, pid);
}

void lct_holder_of(const char *path, char *out, size_t size) {
    struct stat info;
    snprintf(out, size, "another program");
    DIR *folder = stat(path, &info) == 0 ? opendir("/proc") : NULL;
    struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL) {
        long pid = strtol(entry->d_name, NULL, 10);
        if (pid > 0 && pid != getpid() && holds(pid, info.st_rdev)) {
            write_name(pid, out, size);
            break;
        }
    }
    if (folder) {
        closedir(folder);
    }
}

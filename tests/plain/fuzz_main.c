// SPDX-License-Identifier: GPL-3.0-or-later
//
// Gives every file named, or in a folder named, to a fuzz target once: yesterday's findings stay
// found, also where there is no libFuzzer.

#include <dirent.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int feed(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    // To the byte: the sanitizer sees one read too far. `size` is 0 for an empty file.
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(size ? size : 1);
    if (!data || fread(data, 1, size, file) != size) {
        perror(path);
        exit(1);
    }
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

int main(int argc, char **argv) {
    int fed = 0, missing = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (!folder) {
            missing += feed(argv[i]);
            fed++;
            continue;
        }
        for (struct dirent *entry; (entry = readdir(folder));) {
            if (entry->d_name[0] == '.')
                continue;
            char path[PATH_MAX];
            snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            missing += feed(path);
            fed++;
        }
        closedir(folder);
    }
    printf("%d inputs\n", fed);
    return fed == 0 || missing > 0;
}

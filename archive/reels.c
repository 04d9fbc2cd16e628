// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/reels.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/mem.h"
#include "encode/mp4.h"

#define INDEX_BYTES_MAX (256U << 20) /* a day at 60 pictures a second in one reel */
#define INIT_BYTES_MAX (64U << 10)

static void load_rows(struct lct_reel_view *view, const uint8_t *bytes, size_t n) {
    size_t whole = (n - LCT_INDEX_HEAD_BYTES) / LCT_INDEX_ROW_BYTES;
    view->torn = (n - LCT_INDEX_HEAD_BYTES) % LCT_INDEX_ROW_BYTES != 0;
    view->rows = lct_new((whole + 1) * sizeof *view->rows);
    for (size_t i = 0; i < whole; i++) {
        const uint8_t *at = bytes + LCT_INDEX_HEAD_BYTES + i * LCT_INDEX_ROW_BYTES;
        if (lct_index_read_row(at, &view->rows[view->count]) == 0) {
            view->count++;
        } else {
            view->bad_rows++;
        }
    }
}

static void load_index(struct lct_reel_view *view, const char *folder) {
    char path[LCT_PATH_SIZE];
    LCT_FREE char *bytes = NULL;
    size_t n = 0;
    lct_reel_path(folder, view->number, ".index", path);
    if (lct_io_slurp(path, INDEX_BYTES_MAX, &bytes, &n) < 0 || n < LCT_INDEX_HEAD_BYTES) {
        return;
    }
    view->has_index = lct_index_read_head((const uint8_t *)bytes, &view->head) == 0;
    load_rows(view, (const uint8_t *)bytes, n);
}

/* The init beside the reel, or, when that is gone, the one inside it: its moov lies behind the free
 * box, or in a finished reel behind the mdat header that took free's place. */
static void load_format(struct lct_reel_view *view, const char *folder) {
    char path[LCT_PATH_SIZE];
    LCT_FREE char *bytes = NULL;
    size_t n = 0;
    lct_reel_path(folder, view->number, ".init.mp4", path);
    if (lct_io_slurp(path, INIT_BYTES_MAX, &bytes, &n) == 0 &&
        lct_mp4_parse_init((const uint8_t *)bytes, n, &view->format) == 0) {
        return;
    }
    uint8_t head[8192];
    lct_reel_path(folder, view->number, ".mp4", path);
    int fd = lct_io_system.open(&lct_io_system, path, 0 /* O_RDONLY */, 0);
    if (fd < 0) {
        return;
    }
    ssize_t got = lct_io_system.pread(&lct_io_system, fd, head, sizeof head, 0);
    (void)lct_io_system.close(&lct_io_system, fd); /* only read */
    if (got > (ssize_t)(LCT_MP4_FTYP_BYTES + LCT_MP4_FREE_BYTES)) {
        if (lct_mp4_parse_reel_init(head, (size_t)got, &view->format) < 0) {
            view->format = NULL;
        }
    }
}

void lct_reel_view_load(const char *folder, uint32_t number, struct lct_reel_view *ret_view) {
    *ret_view = (struct lct_reel_view){.number = number};
    char path[LCT_PATH_SIZE];
    struct stat s;
    lct_reel_path(folder, number, ".mp4", path);
    if (stat(path, &s) == 0 && S_ISREG(s.st_mode)) {
        ret_view->file_bytes = (uint64_t)s.st_size;
    }
    load_index(ret_view, folder);
    load_format(ret_view, folder);
}

static int by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Numbers for which any of a reel's files is there. */
static size_t find_numbers(const char *folder, uint32_t **ret_numbers) {
    size_t count = 0, room = 0;
    uint32_t *numbers = NULL;
    DIR *dir = opendir(folder);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        char *rest = NULL;
        unsigned long number = strtoul(e->d_name, &rest, 10);
        bool ours = rest - e->d_name >= 4 && number > 0 && number < UINT32_MAX &&
                    (strcmp(rest, ".mp4") == 0 || strcmp(rest, ".index") == 0);
        if (!ours) {
            continue;
        }
        if (count == room) {
            room = room ? 2 * room : 64;
            uint32_t *bigger = lct_new(room * sizeof *bigger);
            if (numbers) {
                memcpy(bigger, numbers, count * sizeof *bigger);
            }
            free(numbers);
            numbers = bigger;
        }
        numbers[count++] = (uint32_t)number;
    }
    if (dir) {
        closedir(dir);
    }
    if (count > 0) {
        qsort(numbers, count, sizeof *numbers, by_number);
    }
    *ret_numbers = numbers;
    return count;
}

void lct_reels_load(const char *folder, struct lct_reels *ret_reels) {
    LCT_FREE uint32_t *numbers = NULL;
    size_t n = find_numbers(folder, &numbers);
    struct lct_reels reels = {.views = lct_new((n + 1) * sizeof *reels.views)};
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || numbers[i] != numbers[i - 1]) {
            lct_reel_view_load(folder, numbers[i], &reels.views[reels.count++]);
        }
    }
    *ret_reels = reels;
}

void lct_reel_view_free(struct lct_reel_view *view) {
    free(view->rows);
    lct_format_unref(view->format);
    *view = (struct lct_reel_view){.number = 0};
}

void lct_reels_free(struct lct_reels *reels) {
    for (size_t i = 0; i < reels->count; i++) {
        lct_reel_view_free(&reels->views[i]);
    }
    free(reels->views);
    *reels = (struct lct_reels){.count = 0};
}

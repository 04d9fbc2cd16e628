// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/tape/reels.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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
    if (!view->has_index && view->count > 0) {
        bool picture = lct_index_is_picture(&view->rows[0]);
        view->head.codec = picture ? LCT_CODEC_H264 : LCT_CODEC_AAC;
        view->head.timescale = picture ? 90000 : 48000;
    }
}

/* ---- the init: beside the reel, and in it ---- */

/* Its bytes carry no check sum, but there is only one way in which we write them. */
static bool is_right(const struct lct_format *read) {
    struct lct_format again = *read;
    again.init = NULL;
    bool right = lct_mp4_make_init(&again) == 0 && again.init_bytes == read->init_bytes &&
                 memcmp(again.init, read->init, read->init_bytes) == 0;
    free(again.init);
    return right;
}

static void name_track(struct lct_format *format, const char *folder) {
    const char *slash = strrchr(folder, '/');
    (void)snprintf(format->track, sizeof format->track, "%s", slash ? slash + 1 : folder);
}

static struct lct_format *load_beside(const char *folder, uint32_t number) {
    char path[LCT_PATH_SIZE];
    LCT_FREE char *bytes = NULL;
    size_t n = 0;
    struct lct_format *format = NULL;
    lct_reel_path(folder, number, ".init.mp4", path);
    if (lct_io_slurp(path, INIT_BYTES_MAX, &bytes, &n) < 0 ||
        lct_mp4_parse_init((const uint8_t *)bytes, n, &format) < 0) {
        return NULL;
    }
    name_track(format, folder);
    return format;
}

/* Its moov lies behind the free box, or in a finished reel behind the mdat header that took free's
 * place. */
static struct lct_format *load_inside(const char *folder, uint32_t number) {
    char path[LCT_PATH_SIZE];
    uint8_t head[32768];
    struct lct_format *format = NULL;
    lct_reel_path(folder, number, ".mp4", path);
    int fd = lct_io_system.open(&lct_io_system, path, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0) {
        return NULL;
    }
    ssize_t got = lct_io_system.pread(&lct_io_system, fd, head, sizeof head, 0);
    (void)lct_io_system.close(&lct_io_system, fd); /* only read */
    if (got <= 0 || lct_mp4_parse_reel_init(head, (size_t)got, &format) < 0) {
        return NULL;
    }
    name_track(format, folder);
    return format;
}

void lct_reel_inits_load(const char *folder, uint32_t number, struct lct_reel_inits *ret_inits) {
    struct lct_reel_inits inits = {.beside = load_beside(folder, number),
                                   .inside = load_inside(folder, number)};
    inits.beside_right = inits.beside && is_right(inits.beside);
    inits.inside_right = inits.inside && is_right(inits.inside);
    *ret_inits = inits;
}

void lct_reel_inits_free(struct lct_reel_inits *inits) {
    lct_format_unref(inits->beside);
    lct_format_unref(inits->inside);
    *inits = (struct lct_reel_inits){.beside = NULL};
}

struct lct_format *lct_reel_format(const char *folder, uint32_t number, bool *ret_right) {
    struct lct_reel_inits inits;
    lct_reel_inits_load(folder, number, &inits);
    bool beside = inits.beside && (inits.beside_right || !inits.inside_right);
    struct lct_format *better = beside ? inits.beside : inits.inside;
    struct lct_format *format = better ? lct_format_ref(better) : NULL;
    *ret_right = inits.beside_right || inits.inside_right;
    lct_reel_inits_free(&inits);
    return format;
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
    ret_view->format = lct_reel_format(folder, number, &ret_view->format_right);
}

static int by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

uint32_t lct_reel_number(const char *folder, const char *name, const char **ret_what) {
    char given[LCT_PATH_SIZE], path[LCT_PATH_SIZE];
    struct stat s;
    size_t digits = strspn(name, "0123456789");
    const char *what = name + digits;
    unsigned long number = digits >= 4 && digits <= 10 ? strtoul(name, NULL, 10) : 0;
    bool ours =
        strcmp(what, ".mp4") == 0 || strcmp(what, ".index") == 0 || strcmp(what, ".init.mp4") == 0;
    if (!ours || number == 0 || number > LCT_REEL_NUMBER_MAX) {
        return 0;
    }
    (void)snprintf(given, sizeof given, "%s/%s", folder, name);
    lct_reel_path(folder, (uint32_t)number, what, path);
    if (strcmp(given, path) != 0 || stat(path, &s) < 0 || !S_ISREG(s.st_mode)) {
        return 0;
    }
    *ret_what = what;
    return (uint32_t)number;
}

uint32_t lct_reels_last(const char *folder) {
    uint32_t last = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        const char *what;
        uint32_t number = lct_reel_number(folder, e->d_name, &what);
        last = number > last ? number : last;
    }
    if (dir) {
        closedir(dir);
    }
    return last;
}

bool lct_reels_end_is_lost(const char *folder) {
    struct lct_reel_view view;
    lct_reel_view_load(folder, lct_reels_last(folder), &view);
    bool lost = view.has_index && view.count == 0 && view.file_bytes == 0;
    lct_reel_view_free(&view);
    return lost;
}

size_t lct_reels_numbers(const char *folder, uint32_t **ret_numbers) {
    size_t count = 0, room = 0, kept = 0;
    uint32_t *numbers = NULL;
    DIR *dir = opendir(folder);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        const char *what = NULL;
        uint32_t number = lct_reel_number(folder, e->d_name, &what);
        if (number == 0 || strcmp(what, ".init.mp4") == 0) {
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
        numbers[count++] = number;
    }
    if (dir) {
        closedir(dir);
    }
    if (count > 0) {
        qsort(numbers, count, sizeof *numbers, by_number);
    }
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || numbers[i] != numbers[i - 1]) {
            numbers[kept++] = numbers[i];
        }
    }
    *ret_numbers = numbers;
    return kept;
}

void lct_reels_load(const char *folder, struct lct_reels *ret_reels) {
    LCT_FREE uint32_t *numbers = NULL;
    size_t n = lct_reels_numbers(folder, &numbers);
    struct lct_reels reels = {.views = lct_new((n + 1) * sizeof *reels.views)};
    for (size_t i = 0; i < n; i++) {
        lct_reel_view_load(folder, numbers[i], &reels.views[reels.count++]);
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

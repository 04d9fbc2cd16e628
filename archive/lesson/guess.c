// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/lesson/guess.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/tape/reels.h"

static int by_id(const void *a, const void *b) {
    const struct lct_lesson_track *x = a, *y = b;
    if (x->id != y->id) {
        return x->id < y->id ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

static void format_boot(const uint8_t bytes[16], char ret_id[LCT_BOOT_ID_SIZE]) {
    char *out = ret_id;
    for (size_t i = 0; i < 16; i++) {
        bool dash = i == 4 || i == 6 || i == 8 || i == 10;
        out += snprintf(out, 4, dash ? "-%02x" : "%02x", bytes[i]);
    }
}

/* The clocks of the first index that is right: when the lesson began. */
static void learn_clocks(struct lct_lesson_info *info, const struct lct_index_head *head) {
    if (info->zero_wall == 0 && head->wall != 0) {
        info->zero_wall = head->wall - head->lesson;
        info->zero_monotonic = head->monotonic - head->lesson;
        format_boot(head->boot, info->boot);
    }
}

static bool guess_track(const char *folder, const char *name, struct lct_lesson_info *info) {
    static const char *const kinds[] = {"camera", "screen", "sound"};
    char path[LCT_PATH_SIZE];
    struct lct_reels reels;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    lct_reels_load(path, &reels);
    struct lct_lesson_track *t = &info->tracks[info->track_count];
    *t = (struct lct_lesson_track){.id = 0};
    bool any = reels.count > 0;
    for (size_t i = 0; i < reels.count; i++) {
        const struct lct_reel_view *view = &reels.views[i];
        if (view->format) {
            t->id = view->format->track_id;
            t->width = t->width ? t->width : view->format->width;
            t->height = t->height ? t->height : view->format->height;
        }
        if (view->has_index) {
            t->id = view->head.track_id;
            learn_clocks(info, &view->head);
        }
    }
    lct_reels_free(&reels);
    (void)snprintf(t->name, sizeof t->name, "%s", name);
    for (size_t i = 0; i < 3; i++) {
        if (strncmp(name, kinds[i], strlen(kinds[i])) == 0) {
            (void)snprintf(t->kind, sizeof t->kind, "%s", kinds[i]);
        }
    }
    return any;
}

static bool may_be_track(const char *name) {
    return strlen(name) < LCT_TRACK_NAME_SIZE &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

/* Two tracks of one number, or one without: they get free ones. */
static void number_tracks(struct lct_lesson_info *info) {
    for (size_t i = 0; i < info->track_count; i++) {
        bool taken = info->tracks[i].id == 0;
        for (size_t k = 0; k < i; k++) {
            taken = taken || info->tracks[k].id == info->tracks[i].id;
        }
        for (uint32_t id = 1; taken; id++) {
            taken = false;
            for (size_t k = 0; k < info->track_count; k++) {
                taken = taken || info->tracks[k].id == id;
            }
            info->tracks[i].id = taken ? info->tracks[i].id : id;
        }
    }
}

size_t lct_lesson_guess(const char *folder, struct lct_lesson_info *ret_info) {
    struct lct_lesson_info info = {.state = LCT_LESSON_RECORDING};
    DIR *dir = opendir(folder);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        if (info.track_count < LCT_TAPE_TRACKS_MAX && may_be_track(e->d_name)) {
            info.track_count += guess_track(folder, e->d_name, &info);
        }
    }
    if (dir) {
        closedir(dir);
    }
    qsort(info.tracks, info.track_count, sizeof *info.tracks, by_id);
    number_tracks(&info);
    *ret_info = info;
    return info.track_count;
}

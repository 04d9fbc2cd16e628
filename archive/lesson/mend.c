// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/lesson/mend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/guess.h"
#include "archive/lesson/verify.h"
#include "archive/tape/reels.h"
#include "base/lock.h"
#include "base/mem.h"

static int remake_lesson(const struct lct_io *io, const char *folder,
                         struct lct_lesson_info *ret_info) {
    char from[LCT_PATH_SIZE], to[LCT_PATH_SIZE];
    struct lct_lesson_info named;
    if (lct_lesson_guess(folder, ret_info) == 0) {
        return -ENOENT;
    }
    lct_lesson_new("recovered", "", &named); /* its name tells when it was mended */
    (void)snprintf(ret_info->id, sizeof ret_info->id, "%s", named.id);
    if (ret_info->zero_wall == 0) {
        ret_info->zero_wall = named.zero_wall;
        ret_info->zero_monotonic = named.zero_monotonic;
    }
    (void)snprintf(from, sizeof from, "%s/lesson.json", folder);
    (void)snprintf(to, sizeof to, "%s/lesson.json.damaged", folder);
    int rc = io->rename(io, from, to);
    return rc == -ENOENT ? 0 : rc;
}

/* ---- its reels ---- */

static bool is_about(const struct lct_finding *finding, const char *track, uint32_t number) {
    char start[LCT_PATH_SIZE];
    lct_reel_path(track, number, ".", start);
    return lct_finding_is_damage(finding->kind) &&
           strncmp(finding->file, start, strlen(start)) == 0;
}

static bool is_damaged(const struct lct_verify *found, const char *track, uint32_t number) {
    for (size_t i = 0; i < found->finding_count; i++) {
        if (is_about(&found->findings[i], track, number)) {
            return true;
        }
    }
    return false;
}

static bool is_gone(const struct lct_verify *found, const char *track, uint32_t number) {
    for (size_t i = 0; i < found->finding_count; i++) {
        const struct lct_finding *f = &found->findings[i];
        if (f->kind == LCT_FINDING_NUMBER_GONE && strcmp(f->file, track) == 0 && number >= f->at &&
            number - f->at < f->count) {
            return true;
        }
    }
    return false;
}

static int mend_track(const struct lct_io *io, const struct lct_verify *found, const char *folder,
                      const char *track, struct lct_recovery *report) {
    char path[LCT_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", folder, track);
    uint32_t last = lct_reels_last(path);
    int first_error = 0;
    for (uint32_t number = 1; number <= last; number++) {
        int rc = 0;
        if (is_damaged(found, track, number) || is_gone(found, track, number)) {
            rc = lct_recover_reel(io, path, number, report);
        } else if (found->lesson.state == LCT_LESSON_RECORDING) {
            rc = lct_recover_open_reel(io, path, number, report);
        }
        first_error = first_error || rc >= 0 ? first_error : rc;
    }
    return first_error;
}

static lct_ns end_of(const char *folder, const struct lct_lesson_info *info) {
    struct lct_lesson_media media;
    lct_lesson_media(folder, info, &media);
    free(media.gaps);
    return media.duration;
}

/* Says of a track whose end (or whole) is gone that this is known, by a lost reel behind it. */
static int mend_end(const struct lct_io *io, const char *folder, const struct lct_lesson_info *info,
                    const struct lct_lesson_track *track, struct lct_recovery *report) {
    char path[LCT_PATH_SIZE];
    const struct lct_lesson_info alone = {.track_count = 1, .tracks = {*track}};
    (void)snprintf(path, sizeof path, "%s/%s", folder, track->name);
    if (info->end - end_of(folder, &alone) <= LCT_END_MISSING || lct_reels_end_is_lost(path)) {
        return 0;
    }
    int rc = lct_io_make_folder(path);
    rc = rc ? rc : lct_recover_reel(io, path, lct_reels_last(path) + 1, report);
    return rc < 0 ? rc : 0;
}

/* ---- the lesson ---- */

/* Drops the lines that are no marks, in place; returns how many bytes are left. */
static size_t keep_marks(char *bytes, size_t n) {
    size_t kept = 0;
    for (size_t at = 0; at < n;) {
        const char *end = memchr(bytes + at, '\n', n - at);
        size_t length = end ? (size_t)(end - (bytes + at)) + 1 : n - at;
        if (end && lct_lesson_is_mark(bytes + at, length - 1)) {
            memmove(bytes + kept, bytes + at, length);
            kept += length;
        }
        at += length;
    }
    return kept;
}

/* What is there is kept beside it, and the marks are replaced in one step: none that was told to be
 * saved is gone in between. */
static int mend_marks(const struct lct_io *io, const struct lct_verify *found, const char *folder) {
    char path[LCT_PATH_SIZE], aside[LCT_PATH_SIZE];
    LCT_FREE char *bytes = NULL;
    size_t n = 0;
    bool damaged = false;
    for (size_t i = 0; i < found->finding_count; i++) {
        damaged = damaged || found->findings[i].kind == LCT_FINDING_MARKS;
    }
    if (!damaged) {
        return 0;
    }
    (void)snprintf(path, sizeof path, "%s/marks.jsonl", folder);
    (void)snprintf(aside, sizeof aside, "%s/marks.jsonl.damaged", folder);
    if (lct_io_slurp(path, LCT_MARKS_BYTES_MAX, &bytes, &n) < 0) {
        return io->rename(io, path, aside);
    }
    int rc = lct_io_replace(io, aside, bytes, n);
    return rc ? rc : lct_io_replace(io, path, bytes, keep_marks(bytes, n));
}

static int mend_tracks(const struct lct_io *io, const struct lct_verify *found, const char *folder,
                       struct lct_lesson_info *info, struct lct_recovery *report) {
    int first_error = 0;
    for (size_t i = 0; i < info->track_count; i++) {
        int rc = mend_track(io, found, folder, info->tracks[i].name, report);
        first_error = first_error ? first_error : rc;
    }
    if (info->state != LCT_LESSON_ENDED) {
        info->end = 0;
        info->end = end_of(folder, info);
    }
    for (size_t i = 0; i < info->track_count; i++) {
        int rc = mend_end(io, folder, info, &info->tracks[i], report);
        first_error = first_error ? first_error : rc;
    }
    return first_error;
}

static int mend_held(const struct lct_io *io, const char *folder, struct lct_recovery *report) {
    struct lct_verify found;
    lct_verify_held(folder, &found);
    struct lct_lesson_info info = found.lesson;
    int rc = found.has_lesson ? 0 : remake_lesson(io, folder, &info);
    int tracks = rc ? 0 : mend_tracks(io, &found, folder, &info, report);
    rc = rc ? rc : mend_marks(io, &found, folder);
    if (rc == 0 && info.state != LCT_LESSON_ENDED) {
        info.state = LCT_LESSON_ENDED;
        rc = lct_lesson_save(io, folder, &info);
    }
    lct_verify_free(&found);
    return tracks ? tracks : rc;
}

int lct_mend_lesson(const struct lct_io *io, const char *folder, struct lct_recovery *ret_report,
                    struct lct_fault *fault) {
    *ret_report = (struct lct_recovery){.error = 0};
    int lock = lct_lock_folder(folder); /* some file systems know none */
    if (lock == -EBUSY) {
        return lct_fault_set(fault, lock, "lesson",
                             "%s is being recorded now. Mend it when the lesson has ended.",
                             "%s 正在录制。请在课程结束后再修复。", folder);
    }
    int rc = mend_held(io, folder, ret_report);
    lct_unlock(lock);
    if (rc == -ENOENT) {
        return lct_fault_set(fault, rc, "lesson", "There is no lesson in %s.", "%s 中没有课程。",
                             folder);
    }
    if (rc < 0) {
        return lct_fault_set(fault, rc, "lesson",
                             "%s could not be mended wholly: %s. Check the disk and its space; it "
                             "can be tried again.",
                             "未能完全修复 %s：%s。请检查磁盘及其剩余空间，可再次尝试。", folder,
                             strerror(-rc));
    }
    return 0;
}

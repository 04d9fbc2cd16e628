// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/mend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/guess.h"
#include "archive/reels.h"
#include "archive/verify.h"
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

/* Says of a track whose end (or whole) is gone that this is known, by a lost reel behind it. */
static int mend_end(const struct lct_io *io, const struct lct_verify *found, const char *track,
                    const char *folder, struct lct_recovery *report) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < found->finding_count; i++) {
        const struct lct_finding *f = &found->findings[i];
        bool gone = f->kind == LCT_FINDING_TRACK_GONE || f->kind == LCT_FINDING_END_GONE;
        if (gone && strcmp(f->file, track) == 0) {
            rc = lct_io_make_folder(folder);
            rc = rc ? rc : lct_recover_reel(io, folder, lct_reels_last(folder) + 1, report);
        }
    }
    return rc < 0 ? rc : 0;
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
    int rc = mend_end(io, found, track, path, report);
    return first_error ? first_error : rc;
}

/* ---- the lesson ---- */

static int mend_marks(const struct lct_io *io, const struct lct_verify *found, const char *folder) {
    char from[LCT_PATH_SIZE], to[LCT_PATH_SIZE];
    LCT_FREE struct lct_mark *marks = NULL;
    bool damaged = false;
    for (size_t i = 0; i < found->finding_count; i++) {
        damaged = damaged || found->findings[i].kind == LCT_FINDING_MARKS;
    }
    if (!damaged) {
        return 0;
    }
    size_t count = lct_lesson_marks(folder, &marks);
    (void)snprintf(from, sizeof from, "%s/marks.jsonl", folder);
    (void)snprintf(to, sizeof to, "%s/marks.jsonl.damaged", folder);
    int rc = io->rename(io, from, to);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = lct_lesson_mark(io, folder, &marks[i]);
    }
    return rc;
}

static int save(const struct lct_io *io, const char *folder, struct lct_lesson_info *info,
                bool fresh) {
    if (!fresh && info->state == LCT_LESSON_ENDED) {
        return 0;
    }
    struct lct_lesson_media media;
    info->end = 0;
    lct_lesson_media(folder, info, &media);
    free(media.gaps);
    info->state = LCT_LESSON_ENDED;
    info->end = media.duration;
    return lct_lesson_save(io, folder, info);
}

static int mend_all(const struct lct_io *io, const char *folder, struct lct_recovery *report) {
    struct lct_verify found;
    lct_verify_lesson(folder, &found);
    struct lct_lesson_info info = found.lesson;
    int lock = lct_lock_folder(folder); /* after the look, which would take it for a recorder's */
    int rc = found.has_lesson ? 0 : remake_lesson(io, folder, &info);
    int first_error = rc;
    for (size_t i = 0; rc == 0 && i < info.track_count; i++) {
        int track_rc = mend_track(io, &found, folder, info.tracks[i].name, report);
        first_error = first_error ? first_error : track_rc;
    }
    rc = rc ? rc : mend_marks(io, &found, folder);
    rc = rc ? rc : save(io, folder, &info, !found.has_lesson);
    lct_unlock(lock);
    lct_verify_free(&found);
    return first_error ? first_error : rc;
}

int lct_mend_lesson(const struct lct_io *io, const char *folder, struct lct_recovery *ret_report,
                    struct lct_fault *fault) {
    *ret_report = (struct lct_recovery){.error = 0};
    if (lct_lesson_is_locked(folder)) {
        return lct_fault_set(fault, -EBUSY, "lesson",
                             "%s is being recorded now. Mend it when the lesson has ended.",
                             "%s 正在录制。请在课程结束后再修复。", folder);
    }
    int rc = mend_all(io, folder, ret_report);
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

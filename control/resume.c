// SPDX-License-Identifier: GPL-3.0-or-later
/* Lessons that a crash or a reboot interrupted: the room's newest goes on, the others are ended,
 * all are mended. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/recover.h"
#include "archive/reels.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/recorder_priv.h"

LCT_LOG_TOPIC("resume");

#define LESSONS_MAX 4096

/* One interrupted lesson to be mended. */
struct job {
    char *folder;
    struct lct_lesson_info info;
    uint32_t skip_from[LCT_TAPE_TRACKS_MAX]; /* reels from here on are being written now */
    bool goes_on;
};

struct lct_repair {
    struct job *jobs;
    size_t count;
};

static void mend(void *opaque) {
    struct lct_repair *work = opaque;
    lct_thread_nice(5);
    for (size_t i = 0; i < work->count; i++) {
        struct job *job = &work->jobs[i];
        struct lct_recovery report;
        lct_recover_lesson(&lct_io_system, job->folder, &job->info,
                           job->goes_on ? job->skip_from : NULL, &report);
        lct_info("lesson mended", "lesson=%s reels=%zu kept=%llu bad=%llu cut_bytes=%llu error=%d",
                 job->info.id, report.reels_closed, (unsigned long long)report.chunks_kept,
                 (unsigned long long)report.chunks_bad, (unsigned long long)report.bytes_cut,
                 report.error);
        if (!job->goes_on) {
            struct lct_lesson_media media;
            lct_lesson_media(job->folder, &job->info, &media);
            free(media.gaps);
            job->info.state = LCT_LESSON_ENDED;
            job->info.end = media.duration;
            if (lct_lesson_save(&lct_io_system, job->folder, &job->info) < 0) {
                lct_warn("lesson.json not written", "lesson=%s", job->info.id);
            }
        }
        free(job->folder);
    }
    free(work->jobs);
    free(work);
}

/* Lesson time of the newest whole row of any track. */
static lct_ns last_saved(const char *folder, const struct lct_lesson_info *info) {
    lct_ns last = LCT_NS_NONE;
    for (size_t i = 0; i < info->track_count; i++) {
        char path[LCT_PATH_SIZE];
        (void)snprintf(path, sizeof path, "%s/%s", folder, info->tracks[i].name);
        struct lct_reel_view view;
        for (uint32_t n = lct_tape_last_reel(path); n > 0; n--) {
            lct_reel_view_load(path, n, &view);
            bool any = view.count > 0 && view.has_index;
            lct_ns time =
                any ? lct_ticks_to_ns(view.rows[view.count - 1].info.tfdt, view.head.timescale)
                    : LCT_NS_NONE;
            lct_reel_view_free(&view);
            if (any) {
                last = time > last ? time : last;
                break;
            }
        }
    }
    return last;
}

static void add_job(struct lct_repair *work, const char *folder, const struct lct_lesson_info *info,
                    bool goes_on) {
    struct job *job = &work->jobs[work->count++];
    *job = (struct job){.folder = lct_strdup(folder), .info = *info, .goes_on = goes_on};
    for (size_t i = 0; goes_on && i < info->track_count; i++) {
        char path[LCT_PATH_SIZE];
        (void)snprintf(path, sizeof path, "%s/%s", folder, info->tracks[i].name);
        job->skip_from[i] = lct_tape_last_reel(path) + 1;
    }
}

/* Finds the room's interrupted lessons; the one with the newest sample comes to *ret_newest. */
static size_t find_interrupted(struct lct_recorder *r, struct lct_lesson_info *infos,
                               char (*folders)[LCT_PATH_SIZE], size_t most) {
    size_t count = 0;
    if (r->out) {
        struct lct_fault unused;
        (void)snprintf(folders[0], LCT_PATH_SIZE, "%s", r->out);
        return lct_lesson_load(r->out, &infos[0], &unused) == 0 &&
               infos[0].state == LCT_LESSON_RECORDING;
    }
    DIR *dir = opendir(r->lessons);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e && count < most; e = readdir(dir)) {
        struct lct_fault unused;
        (void)snprintf(folders[count], LCT_PATH_SIZE, "%s/%s", r->lessons, e->d_name);
        if (e->d_name[0] != '.' && lct_lesson_load(folders[count], &infos[count], &unused) == 0 &&
            infos[count].state == LCT_LESSON_RECORDING && strcmp(infos[count].room, r->room) == 0) {
            count++;
        }
    }
    if (dir) {
        closedir(dir);
    }
    return count;
}

static size_t newest_of(const struct lct_lesson_info *infos, size_t count) {
    size_t newest = 0;
    for (size_t i = 1; i < count; i++) {
        newest = infos[i].zero_wall > infos[newest].zero_wall ? i : newest;
    }
    return newest;
}

/* Would the lesson still be the same one? Its tracks must be the room's, and the hole not too long.
 */
static bool may_go_on(struct lct_recorder *r, const char *folder,
                      const struct lct_lesson_info *info) {
    size_t lanes;
    (void)lct_pipeline_lanes(r->pipeline, &lanes);
    lct_ns last = last_saved(folder, info);
    lct_ns now = lct_monotonic() - lct_lesson_zero(info);
    lct_ns hole = now - (last == LCT_NS_NONE ? 0 : last);
    /* now < last: the wall clock was set back while the machine was off; times must not run
     * backwards */
    return lanes == info->track_count && hole >= 0 && hole <= r->resume_within;
}

static bool go_on(struct lct_recorder *r, const char *folder, const struct lct_lesson_info *info) {
    struct lct_fault fault;
    free(r->folder);
    r->folder = lct_strdup(folder);
    r->lesson = *info;
    lct_recorder_expect(r);
    lct_pipeline_open(r->pipeline);
    if (lct_pipeline_record(r->pipeline, r->folder, &r->lesson, &fault) < 0) {
        lct_error("an interrupted lesson cannot go on", "lesson=%s why=%s", info->id, fault.en);
        r->lesson.id[0] = '\0';
        return false;
    }
    struct lct_mark *marks;
    r->marks = lct_lesson_marks(r->folder, &marks);
    free(marks);
    lct_info("lesson goes on", "lesson=%s folder=%s", r->lesson.id, r->folder);
    return true;
}

bool lct_recorder_resume(struct lct_recorder *recorder) {
    struct lct_recorder *r = recorder;
    LCT_FREE struct lct_lesson_info *infos = lct_new(LESSONS_MAX * sizeof *infos);
    LCT_FREE void *memory = lct_new((size_t)LESSONS_MAX * LCT_PATH_SIZE);
    char(*folders)[LCT_PATH_SIZE] = memory;
    size_t count = find_interrupted(r, infos, folders, LESSONS_MAX);
    if (count == 0) {
        return false;
    }
    struct lct_repair *work = lct_new(sizeof *work);
    work->jobs = lct_new(count * sizeof *work->jobs);
    size_t newest = newest_of(infos, count);
    bool resumed = false;
    for (size_t i = 0; i < count; i++) {
        bool goes_on = i == newest && may_go_on(r, folders[i], &infos[i]);
        add_job(work, folders[i], &infos[i], goes_on); /* before new reels are begun */
        if (goes_on) {
            resumed = go_on(r, folders[i], &infos[i]);
            work->jobs[work->count - 1].goes_on = resumed;
        }
    }
    lct_thread_start(&r->repair, "repair", mend, work);
    return resumed;
}

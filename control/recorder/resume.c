// SPDX-License-Identifier: GPL-3.0-or-later
/* Lessons that a crash or a reboot interrupted: the room's newest goes on, the others are ended,
 * all are mended. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/lesson/recover.h"
#include "archive/tape/reels.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/recorder/recorder_priv.h"

LCT_LOG_TOPIC("resume");

/* One interrupted lesson to be mended. */
struct job {
    struct job *next;
    char *folder;
    struct lct_lesson_info info;
    uint32_t skip_from[LCT_TAPE_TRACKS_MAX]; /* reels from here on are being written now */
    uint64_t bytes;                          /* of the reels before them */
    bool goes_on;
};

static void mend(void *opaque) {
    lct_thread_nice(5);
    for (struct job *job = opaque, *next; job; job = next) {
        struct lct_recovery report;
        next = job->next;
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
        free(job);
    }
}

/* Lesson time of the newest whole row of any track. */
static lct_ns last_saved(const char *folder, const struct lct_lesson_info *info) {
    lct_ns last = LCT_NS_NONE;
    for (size_t i = 0; i < info->track_count; i++) {
        char path[LCT_PATH_SIZE];
        (void)snprintf(path, sizeof path, "%s/%s", folder, info->tracks[i].name);
        struct lct_reel_view view;
        for (uint32_t n = lct_reels_last(path); n > 0; n--) {
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

/* Puts the lesson in the folder, if there is one and it was interrupted, before the others. */
static struct job *add_if_interrupted(const struct lct_recorder *r, const char *folder,
                                      struct job *jobs) {
    struct lct_fault unused;
    struct job *job = lct_new(sizeof *job);
    bool ours = lct_lesson_load(folder, &job->info, &unused) == 0 &&
                job->info.state == LCT_LESSON_RECORDING &&
                (r->out || strcmp(job->info.room, r->room) == 0);
    if (!ours) {
        free(job);
        return jobs;
    }
    job->folder = lct_strdup(folder);
    job->next = jobs;
    return job;
}

static struct job *find_interrupted(const struct lct_recorder *r) {
    struct job *jobs = NULL;
    if (r->out) {
        return add_if_interrupted(r, r->out, NULL);
    }
    DIR *dir = opendir(r->lessons);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        if (e->d_name[0] != '.') {
            LCT_FREE char *folder = lct_format("%s/%s", r->lessons, e->d_name);
            jobs = add_if_interrupted(r, folder, jobs);
        }
    }
    if (dir) {
        closedir(dir);
    }
    return jobs;
}

static struct job *newest_of(struct job *jobs) {
    struct job *newest = jobs;
    for (struct job *job = jobs; job; job = job->next) {
        newest = job->info.zero_wall > newest->info.zero_wall ? job : newest;
    }
    return newest;
}

/* The lesson's tracks are those of the room as it is configured now. */
static bool same_tracks(const struct lct_recorder *r, const struct lct_lesson_info *info) {
    size_t count;
    const struct lct_pipeline_lane *lanes = lct_pipeline_lanes(r->pipeline, &count);
    bool same = count == info->track_count;
    for (size_t i = 0; same && i < count; i++) {
        same = strcmp(lanes[i].name, info->tracks[i].name) == 0;
    }
    return same;
}

/* Would the lesson still be the same one? Its tracks must be the room's, and the hole not too long.
 */
static bool may_go_on(const struct lct_recorder *r, const struct job *job) {
    lct_ns last = last_saved(job->folder, &job->info);
    lct_ns now = lct_monotonic() - lct_lesson_zero(&job->info);
    lct_ns hole = now - (last == LCT_NS_NONE ? 0 : last);
    /* now < last: the wall clock was set back while the machine was off; times must not run
     * backwards */
    return same_tracks(r, &job->info) && hole >= 0 && hole <= r->resume_within;
}

/* After a reboot the wall clock says once where lesson zero is; from then on this boot's monotonic
 * clock does, also when the wall clock is set right a minute later. */
static void move_to_this_boot(struct lct_lesson_info *info) {
    info->zero_monotonic = lct_lesson_zero(info);
    lct_boot_id(info->boot);
}

static bool go_on(struct lct_recorder *r, const struct job *job) {
    struct lct_fault fault;
    free(r->folder);
    r->folder = lct_strdup(job->folder);
    r->lesson = job->info;
    move_to_this_boot(&r->lesson);
    lct_recorder_expect(r);
    lct_pipeline_open(r->pipeline);
    if (lct_pipeline_record(r->pipeline, r->folder, &r->lesson, &fault) < 0) {
        lct_error("an interrupted lesson cannot go on", "lesson=%s why=%s", r->lesson.id, fault.en);
        r->lesson.id[0] = '\0';
        lct_recorder_look(r, r->looked_at); /* closes the sources again */
        return false;
    }
    (void)lct_recorder_save(r);
    struct lct_mark *marks;
    r->marks = lct_lesson_marks(r->folder, &marks);
    free(marks);
    r->bytes_before = job->bytes;
    lct_info("lesson goes on", "lesson=%s folder=%s", r->lesson.id, r->folder);
    return true;
}

static uint64_t bytes_of_reels(const char *track) {
    uint64_t bytes = 0;
    DIR *dir = opendir(track);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        const char *what = NULL;
        struct stat info;
        LCT_FREE char *path = lct_format("%s/%s", track, e->d_name);
        bool reel = lct_reel_number(track, e->d_name, &what) > 0 && strcmp(what, ".mp4") == 0;
        bytes += reel && stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
    }
    if (dir) {
        closedir(dir);
    }
    return bytes;
}

/* Before new reels are begun. */
static void note_reels(struct job *job) {
    for (size_t i = 0; i < job->info.track_count; i++) {
        char path[LCT_PATH_SIZE];
        (void)snprintf(path, sizeof path, "%s/%s", job->folder, job->info.tracks[i].name);
        job->skip_from[i] = lct_reels_last(path) + 1;
        job->bytes += bytes_of_reels(path);
    }
}

bool lct_recorder_resume(struct lct_recorder *recorder) {
    struct job *jobs = find_interrupted(recorder);
    struct job *newest = newest_of(jobs);
    if (!jobs) {
        return false;
    }
    note_reels(newest);
    bool resumed = may_go_on(recorder, newest) && go_on(recorder, newest);
    newest->goes_on = resumed;
    lct_thread_start(&recorder->repair, "repair", mend, jobs);
    return resumed;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/lesson/verify.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/lesson/guess.h"
#include "archive/lesson/verify_priv.h"
#include "archive/tape/reels.h"
#include "archive/tape/thumbs.h"
#include "base/mem.h"

/* ---- one track ---- */

static bool is_leftover(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot && strcmp(dot, ".new") == 0; /* of a replacement that a crash interrupted */
}

static bool is_known(const char *folder, const char *name) {
    const char *what;
    return name[0] == '.' || strcmp(name, "thumbs.mjpg") == 0 ||
           strcmp(name, "thumbs.index") == 0 || is_leftover(name) ||
           lct_reel_number(folder, name, &what) > 0;
}

static void find_foreign(struct lct_verify_walk *walk) {
    DIR *dir = opendir(walk->folder);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        if (!is_known(walk->folder, e->d_name)) {
            lct_verify_say(walk->verify, walk->track->info.name, e->d_name, LCT_FINDING_FOREIGN, 0,
                           0);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

enum number { NUMBER_OURS, NUMBER_TAKEN, NUMBER_MISSING };

/* A number that somebody else's folder has taken is passed over by the recorder too. */
static enum number number_is(const struct lct_verify_walk *walk, uint32_t number) {
    static const char *const what[] = {".mp4", ".index", ".init.mp4"};
    enum number is = NUMBER_MISSING;
    char path[LCT_PATH_SIZE];
    struct stat s;
    for (size_t i = 0; i < sizeof what / sizeof *what && is != NUMBER_OURS; i++) {
        lct_reel_path(walk->folder, number, what[i], path);
        if (stat(path, &s) == 0) {
            is = S_ISREG(s.st_mode) ? NUMBER_OURS : NUMBER_TAKEN;
        }
    }
    return is;
}

static void judge_reels(struct lct_verify_walk *walk) {
    const char *name = walk->track->info.name;
    for (uint32_t number = 1; number <= walk->last_reel; number++) {
        uint32_t first = number;
        while (number <= walk->last_reel && number_is(walk, number) == NUMBER_MISSING) {
            number++;
        }
        if (number > first) {
            lct_verify_say(walk->verify, name, NULL, LCT_FINDING_NUMBER_GONE, first,
                           number - first);
        }
        if (number <= walk->last_reel && number_is(walk, number) == NUMBER_OURS) {
            lct_verify_reel(walk, number);
        }
    }
}

static void judge_end(struct lct_verify_walk *walk) {
    const struct lct_lesson_info *lesson = &walk->verify->lesson;
    struct lct_verify_track *track = walk->track;
    lct_ns missing = lesson->end - (walk->end == LCT_NS_NONE ? 0 : walk->end);
    bool ended = walk->verify->has_lesson && lesson->state == LCT_LESSON_ENDED;
    if (ended && lesson->end > 0 && track->end > lesson->end) {
        track->end = lesson->end; /* the last promise reaches further */
    }
    if (walk->last_reel == 0) {
        bool gone = ended && lesson->end > LCT_END_MISSING;
        lct_verify_say(walk->verify, track->info.name, NULL,
                       gone ? LCT_FINDING_TRACK_GONE : LCT_FINDING_NEVER_BEGAN, 0, 0);
    } else if (ended && missing > LCT_END_MISSING) {
        lct_verify_gap(walk->verify, track->info.name, lesson->end - missing, lesson->end);
        if (!lct_reels_end_is_lost(walk->folder)) {
            lct_verify_say(walk->verify, track->info.name, NULL, LCT_FINDING_END_GONE,
                           (uint64_t)(lesson->end - missing), (uint64_t)missing);
        }
    }
}

static void judge_thumbs(struct lct_verify_walk *walk) {
    LCT_FREE lct_ns *times = NULL;
    size_t count = lct_thumbs_times(walk->folder, &times), bad = 0;
    for (size_t i = 0; i < count; i++) {
        LCT_FREE uint8_t *jpeg = NULL;
        size_t n = 0;
        lct_ns time;
        bad += lct_thumbs_nearest(walk->folder, times[i], &jpeg, &n, &time) < 0;
    }
    if (bad > 0) {
        lct_verify_say(walk->verify, walk->track->info.name, "thumbs.mjpg", LCT_FINDING_THUMBS, 0,
                       bad);
    }
}

static void judge_track(struct lct_verify *verify, const char *folder, size_t i,
                        struct lct_still *still, bool recorded) {
    char path[LCT_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", folder, verify->tracks[i].info.name);
    struct lct_verify_walk walk = {
        .verify = verify,
        .track = &verify->tracks[i],
        .folder = path,
        .still = still,
        .recorded = recorded,
        .interrupted =
            !recorded && verify->has_lesson && verify->lesson.state == LCT_LESSON_RECORDING,
        .last_reel = lct_reels_last(path),
        .end = LCT_NS_NONE,
        .last_tick = -1,
    };
    find_foreign(&walk);
    judge_reels(&walk);
    judge_end(&walk);
    judge_thumbs(&walk);
}

/* ---- the lesson ---- */

static void judge_marks(struct lct_verify *verify, const char *folder, bool recorded) {
    char path[LCT_PATH_SIZE];
    LCT_FREE char *bytes = NULL;
    LCT_FREE struct lct_mark *marks = NULL;
    size_t n = 0;
    (void)snprintf(path, sizeof path, "%s/marks.jsonl", folder);
    int rc = lct_io_slurp(path, LCT_MARKS_BYTES_MAX, &bytes, &n);
    verify->marks = lct_lesson_marks(folder, &marks);
    if (rc < 0 && rc != -ENOENT) {
        lct_verify_say(verify, NULL, "marks.jsonl", LCT_FINDING_MARKS, 0, 1);
    }
    for (const char *line = bytes; rc == 0 && line < bytes + n;) {
        const char *end = memchr(line, '\n', (size_t)(bytes + n - line));
        size_t length = (size_t)((end ? end : bytes + n) - line);
        /* A mark is told to be saved when its line is durable: a torn last line was never told. */
        bool whole = end ? length == 0 || lct_lesson_is_mark(line, length) : recorded;
        if (!whole) {
            lct_verify_say(verify, NULL, "marks.jsonl", LCT_FINDING_MARKS, (uint64_t)(line - bytes),
                           1);
        }
        line = end ? end + 1 : bytes + n;
    }
}

static bool is_lesson_file(const char *name) {
    static const char *const known[] = {"lesson.json", "marks.jsonl", "lesson.json.damaged",
                                        "marks.jsonl.damaged", "lost+found"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(name, known[i]) == 0) {
            return true;
        }
    }
    return name[0] == '.' || is_leftover(name);
}

static void find_strangers(struct lct_verify *verify, const char *folder) {
    DIR *dir = opendir(folder);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        if (!is_lesson_file(e->d_name) && !lct_verify_track_named(verify, e->d_name)) {
            lct_verify_say(verify, NULL, e->d_name, LCT_FINDING_FOREIGN, 0, 0);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

/* What lesson.json says, or what the folder looks like without it. */
static void read_lesson(struct lct_verify *verify, const char *folder) {
    struct lct_fault unused;
    int rc = lct_lesson_load(folder, &verify->lesson, &unused);
    verify->has_lesson = rc == 0;
    if (rc < 0 && lct_lesson_guess(folder, &verify->lesson) == 0) {
        lct_verify_say(verify, NULL, NULL, LCT_FINDING_NO_LESSON, 0, 0);
    } else if (rc < 0) {
        bool gone = rc == -ENOENT;
        lct_verify_say(verify, NULL, "lesson.json",
                       gone ? LCT_FINDING_LESSON_GONE : LCT_FINDING_LESSON_BROKEN, 0, 0);
    }
    verify->track_count = verify->lesson.track_count;
    for (size_t i = 0; i < verify->track_count; i++) {
        verify->tracks[i].info = verify->lesson.tracks[i];
    }
}

static void verify(struct lct_verify *v, const char *folder, bool recorded) {
    *v = (struct lct_verify){.has_lesson = false};
    read_lesson(v, folder);
    if (!v->has_lesson && v->track_count == 0) {
        return;
    }
    if (recorded || (v->has_lesson && v->lesson.state == LCT_LESSON_RECORDING)) {
        lct_verify_say(v, NULL, NULL, recorded ? LCT_FINDING_RECORDED : LCT_FINDING_INTERRUPTED, 0,
                       0);
    }
    struct lct_still *still = lct_still_create();
    for (size_t i = 0; i < v->track_count; i++) {
        judge_track(v, folder, i, still, recorded);
    }
    lct_still_destroy(still);
    judge_marks(v, folder, recorded);
    find_strangers(v, folder);
}

void lct_verify_lesson(const char *folder, struct lct_verify *ret_verify) {
    verify(ret_verify, folder, lct_lesson_is_locked(folder));
}

void lct_verify_held(const char *folder, struct lct_verify *ret_verify) {
    verify(ret_verify, folder, false);
}

void lct_verify_free(struct lct_verify *verify) {
    free(verify->findings);
    free(verify->gaps);
    verify->findings = NULL;
    verify->gaps = NULL;
}

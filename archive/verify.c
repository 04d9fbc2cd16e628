// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/verify.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/guess.h"
#include "archive/reels.h"
#include "archive/thumbs.h"
#include "archive/verify_priv.h"
#include "base/mem.h"

/* A hole in a track that is shorter is not shown, as in lct_lesson_media. */
#define GAP_MIN (LCT_SECOND / 10)
/* A track that ends so long before its lesson has lost its end: the longest promise is 2 s. */
#define END_MISSING (5 * LCT_SECOND)
#define MARKS_BYTES_MAX (16U << 20)
/* No folder makes more than so many things be said: a disk of noise must not fill the memory. */
#define FINDINGS_MAX 10000

/* ---- what is said ---- */

static const char *const words[LCT_FINDING_KINDS] = {
    [LCT_FINDING_RECORDED] = "recorded-now",
    [LCT_FINDING_INTERRUPTED] = "interrupted",
    [LCT_FINDING_FOREIGN] = "foreign",
    [LCT_FINDING_LOST_REEL] = "lost-reel",
    [LCT_FINDING_TORN_ROW] = "torn-row",
    [LCT_FINDING_NEVER_BEGAN] = "never-began",
    [LCT_FINDING_THUMBS] = "thumbs",
    [LCT_FINDING_NO_LESSON] = "no-lesson",
    [LCT_FINDING_LESSON_GONE] = "lesson-gone",
    [LCT_FINDING_LESSON_BROKEN] = "lesson-broken",
    [LCT_FINDING_MARKS] = "marks",
    [LCT_FINDING_TRACK_GONE] = "track-gone",
    [LCT_FINDING_NUMBER_GONE] = "number-gone",
    [LCT_FINDING_END_GONE] = "end-gone",
    [LCT_FINDING_REEL_GONE] = "reel-gone",
    [LCT_FINDING_HEAD] = "head",
    [LCT_FINDING_OPEN] = "open",
    [LCT_FINDING_MOOV] = "moov",
    [LCT_FINDING_INDEX_GONE] = "index-gone",
    [LCT_FINDING_INDEX_HEAD] = "index-head",
    [LCT_FINDING_INDEX_ROW] = "index-row",
    [LCT_FINDING_INDEX_ZEROS] = "index-zeros",
    [LCT_FINDING_INDEX_TORN] = "index-torn",
    [LCT_FINDING_NO_ROW] = "no-row",
    [LCT_FINDING_INIT_GONE] = "init-gone",
    [LCT_FINDING_INIT] = "init",
    [LCT_FINDING_NO_INIT] = "no-init",
    [LCT_FINDING_CUT] = "cut",
    [LCT_FINDING_ZEROS] = "zeros",
    [LCT_FINDING_SUM] = "sum",
    [LCT_FINDING_BOXES] = "boxes",
    [LCT_FINDING_KEY] = "key",
    [LCT_FINDING_TIME] = "time",
    [LCT_FINDING_PROMISE] = "promise",
    [LCT_FINDING_UNREADABLE] = "unreadable",
};

const char *lct_finding_word(enum lct_finding_kind kind) { return words[kind]; }

bool lct_finding_is_damage(enum lct_finding_kind kind) { return kind >= LCT_FINDING_NO_LESSON; }

static bool counts_things(enum lct_finding_kind kind) {
    return kind == LCT_FINDING_THUMBS || kind == LCT_FINDING_MARKS ||
           kind == LCT_FINDING_INDEX_ROW || kind == LCT_FINDING_INDEX_ZEROS ||
           (kind >= LCT_FINDING_CUT && kind < LCT_FINDING_KINDS);
}

static struct lct_verify_track *track_named(struct lct_verify *verify, const char *name) {
    for (size_t i = 0; name && i < verify->track_count; i++) {
        if (strcmp(verify->tracks[i].info.name, name) == 0) {
            return &verify->tracks[i];
        }
    }
    return NULL;
}

/* The last finding, when it says the same of the same file. */
static struct lct_finding *joins(struct lct_verify *verify, const char *file,
                                 enum lct_finding_kind kind) {
    struct lct_finding *last =
        verify->finding_count > 0 ? &verify->findings[verify->finding_count - 1] : NULL;
    bool same = last && last->kind == kind && counts_things(kind) && strcmp(last->file, file) == 0;
    return same ? last : NULL;
}

void lct_verify_say(struct lct_verify *verify, const char *track, const char *name,
                    enum lct_finding_kind kind, uint64_t at, uint64_t count) {
    char file[LCT_FINDING_FILE_SIZE];
    (void)snprintf(file, sizeof file, "%s%s%s", track ? track : "", track && name ? "/" : "",
                   name ? name : "");
    struct lct_finding *last = joins(verify, file, kind);
    if (last) {
        last->count += count;
        return;
    }
    struct lct_verify_track *t = track_named(verify, track);
    verify->damage += lct_finding_is_damage(kind);
    if (t) {
        t->damage += lct_finding_is_damage(kind);
    }
    if (verify->finding_count == FINDINGS_MAX) {
        return;
    }
    if (!verify->findings) {
        verify->findings = lct_new(FINDINGS_MAX * sizeof *verify->findings);
    }
    struct lct_finding *finding = &verify->findings[verify->finding_count++];
    *finding = (struct lct_finding){.kind = kind, .at = at, .count = count};
    (void)snprintf(finding->file, sizeof finding->file, "%s", file);
}

static void add_gap(struct lct_verify *verify, const char *track, lct_ns from, lct_ns to) {
    struct lct_gap *bigger = realloc(verify->gaps, (verify->gap_count + 1) * sizeof *verify->gaps);
    if (to - from < GAP_MIN || !bigger) {
        verify->gaps = bigger ? bigger : verify->gaps;
        return;
    }
    verify->gaps = bigger;
    struct lct_gap *gap = &bigger[verify->gap_count++];
    *gap = (struct lct_gap){.from = from, .to = to};
    (void)snprintf(gap->track, sizeof gap->track, "%s", track);
}

void lct_verify_time(struct lct_verify_walk *walk, lct_ns begin, lct_ns end) {
    struct lct_verify_track *track = walk->track;
    if (walk->end == LCT_NS_NONE) {
        track->begin = begin;
    } else {
        add_gap(walk->verify, track->info.name, walk->end, begin);
    }
    walk->end = end;
    track->end = end > track->end ? end : track->end;
}

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

/* True when the track's last reel is one that is known to be lost. */
static bool end_is_known(const struct lct_verify_walk *walk) {
    struct lct_reel_view view;
    lct_reel_view_load(walk->folder, walk->last_reel, &view);
    bool known = view.has_index && view.count == 0 && view.file_bytes == 0;
    lct_reel_view_free(&view);
    return known;
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
        bool gone = ended && lesson->end > END_MISSING;
        lct_verify_say(walk->verify, track->info.name, NULL,
                       gone ? LCT_FINDING_TRACK_GONE : LCT_FINDING_NEVER_BEGAN, 0, 0);
    } else if (ended && missing > END_MISSING) {
        add_gap(walk->verify, track->info.name, lesson->end - missing, lesson->end);
        if (!end_is_known(walk)) {
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
    int rc = lct_io_slurp(path, MARKS_BYTES_MAX, &bytes, &n);
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
        if (!is_lesson_file(e->d_name) && !track_named(verify, e->d_name)) {
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

void lct_verify_lesson(const char *folder, struct lct_verify *ret_verify) {
    struct lct_verify *v = ret_verify;
    *v = (struct lct_verify){.has_lesson = false};
    read_lesson(v, folder);
    if (!v->has_lesson && v->track_count == 0) {
        return;
    }
    bool recorded = lct_lesson_is_locked(folder);
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

void lct_verify_free(struct lct_verify *verify) {
    free(verify->findings);
    free(verify->gaps);
    verify->findings = NULL;
    verify->gaps = NULL;
}

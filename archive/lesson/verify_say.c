// SPDX-License-Identifier: GPL-3.0-or-later
/* What is said of a lesson while it is verified: findings, holes, and how far a track reaches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/verify_priv.h"
#include "base/mem.h"
#include "base/text.h"

/* A hole in a track that is shorter is not shown, as in lct_lesson_media. */
#define GAP_MIN (LCT_SECOND / 10)
/* No folder makes more than so many things be said: a disk of noise must not fill the memory. */
#define FINDINGS_MAX 10000

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

struct lct_verify_track *lct_verify_track_named(struct lct_verify *verify, const char *name) {
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
    lct_text_tame(file); /* a stranger may have named it */
    struct lct_finding *last = joins(verify, file, kind);
    if (last) {
        last->count += count;
        return;
    }
    struct lct_verify_track *t = lct_verify_track_named(verify, track);
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

void lct_verify_gap(struct lct_verify *verify, const char *track, lct_ns from, lct_ns to) {
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
        lct_verify_gap(walk->verify, track->info.name, walk->end, begin);
    }
    walk->end = end;
    track->end = end > track->end ? end : track->end;
}

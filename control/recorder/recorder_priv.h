// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What recorder.c (the button), resume.c (lessons that were interrupted) and status.c (how it is
 * told) share.
 */
#pragma once

#include "archive/tape/guard.h"
#include "base/thread.h"
#include "control/recorder/recorder.h"

struct lct_recorder {
    /* fixed after create */
    char *room, *name, *lessons, *out;
    lct_ns resume_within;
    bool all_there;
    int lock;
    struct lct_pipeline *pipeline;
    /* the owner's thread only */
    struct lct_lesson_info lesson; /* that runs, or ran last */
    char *folder;                  /* its folder */
    size_t marks;
    uint64_t bytes_before; /* that the lesson had when it went on after an interruption */
    bool looked_at;
    bool unsaved; /* lesson.json does not yet say all of lesson */
    bool tight;   /* begun with less space than a lesson usually needs */
    struct lct_guard guard;
    struct lct_guard_verdict verdict;
    uint64_t free_bytes;
    struct lct_pipeline_status status; /* as of the last look at it; says whether it is paused */
    /* mending of interrupted lessons, on its own thread */
    struct lct_thread repair;
};

/** Prepares the disk guard for a lesson of this room. */
void lct_recorder_expect(struct lct_recorder *recorder);

/** Writes lesson.json. 0 or the disk's -errno, which is logged; then each tick tries again. */
int lct_recorder_save(struct lct_recorder *recorder);

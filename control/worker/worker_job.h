// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * "lectern-worker job DATA ID": does a job of the queue (archive/jobs.h) in its folder
 * DATA/jobs/ID, started by control/server/workers.h. What it is to do stands in job.json; the kinds
 * are one table, a file each (control/worker/worker_<kind>.c). On standard output it says JSON
 * lines:
 *
 *     {"progress":0.31}
 *     {"result":{"file":"out.mp4",…}}     the last one, exit 0
 *     {"fault":{"code":…,"en":…,"zh":…}}  the last one, exit 1: it cannot be done
 *
 * It is killed at any time: whatever it makes outside its own folder comes there whole, by rename.
 * It has the lowest priority of CPU and disk, and is the first to go when memory runs short. One
 * thread of ours.
 *
 *     int lct_worker_thing(struct lct_worker_job *job, json_t **ret_result, struct lct_fault
 * *fault) … lct_worker_progress(job, 0.5); … *ret_result = json_pack(…); return 0;
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/time.h"

/** What a kind of job works with; borrowed. */
struct lct_worker_job {
    const char *data;
    const char *folder;  /**< of its own, empty but for job.json */
    const json_t *order; /**< "kind" and what that needs; checked when it was asked for */
    char *logo;          /**< an export's copy of the school's; NULL: there is none; owned */
    lct_ns said;         /**< when progress was told last */
};

/** Does a job. 0 with *ret_result (owned by who asked), or -errno with a fault. */
typedef int (*lct_worker_job_fn)(struct lct_worker_job *job, json_t **ret_result,
                                 struct lct_fault *fault);

/** Runs the job that argv names ("job", DATA, ID); the exit status: 0, 1, or 2 for wrong use. */
int lct_worker_job(int argc, char **argv);

/** Tells how much of the work is done, 0 to 1; said twice a second at most. */
void lct_worker_progress(struct lct_worker_job *job, double part);

/** 0 when the disk has room for so many bytes that a job is to make, and for recordings beside
 * (LCT_GUARD_SPARE); -ENOSPC with a fault. */
int lct_worker_space(const struct lct_worker_job *job, uint64_t bytes,
                     struct lct_fault *fault) LCT_MUST_USE;

/** Notes of a result at most, and one that says how many more there are: a result is one line that
 * the server takes whole (control/server/workers.c). */
#define LCT_WORKER_NOTES_MAX 20U

/** Leaves so many "notes" in a result. Pure. */
void lct_worker_few_notes(json_t *result);

/** Should memory run short, a worker is less dear than a recording. */
void lct_worker_be_dispensable(void);

/** "export": an item as a file, by a preset. */
int lct_worker_clip(struct lct_worker_job *job, json_t **ret_result, struct lct_fault *fault);

/** "import": an upload as a lesson of its id. */
int lct_worker_upload(struct lct_worker_job *job, json_t **ret_result, struct lct_fault *fault);
/** "heads": a clip's movie (archive/cut/movie_file.h), kept beside its version as NNNN.movie. */
int lct_worker_heads(struct lct_worker_job *job, json_t **ret_result, struct lct_fault *fault);
/** "draft": heads of what an editor holds, kept in its folder for who saves it. */
int lct_worker_draft(struct lct_worker_job *job, json_t **ret_result, struct lct_fault *fault);
/** "slides": the slides of a lesson and the text on them, into its folder. */
int lct_worker_slides_job(struct lct_worker_job *job, json_t **ret_result, struct lct_fault *fault);

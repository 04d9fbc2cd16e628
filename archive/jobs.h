// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The durable queue of what lectern-worker has to do, a folder a job: DATA/jobs/ID/job.json, and
 * whatever the job makes beside it. What is asked for is asked once: server or worker may die at
 * any time, and the job is taken again.
 *
 *     waiting            -> running    taken: one try more
 *     running            -> done       "result" says what was made; it lies in the folder
 *     running            -> waiting    server or worker died, at most LCT_JOB_TRIES times
 *     running            -> failed     the worker said why not, or died too often
 *     waiting, running   -> cancelled  a person does not want it any more
 *     failed, cancelled  -> waiting    a person wants it again
 *     done, failed, cancelled -> (gone) LCT_JOBS_KEPT later, or a person wants that
 *
 * Only of a job that is done does anything but job.json lie in its folder when its state is
 * written. What the disk does not take stays as it is in memory and is written later
 * (lct_jobs_mend): after a crash before that, the job is done once more. One thread; blocks on the
 * disk.
 *
 *     rc = lct_jobs_open(&lct_io_system, "/data", lct_wall, &jobs, &fault);
 *     rc = lct_jobs_add(jobs, order, &job, &fault);                     // {"kind": "export", …}
 *     for (job = lct_jobs_first(jobs); job && job->state != LCT_JOB_WAITING; job = job->next) {}
 *     rc = lct_jobs_take(jobs, job);
 *     lct_jobs_end(jobs, job, result, fault);
 */
#pragma once

#include <stdbool.h>

#include "archive/calm.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/io.h"
#include "base/json.h"
#include "base/time.h"

/** How often a job may die before it is given up. */
#define LCT_JOB_TRIES 3

/** How long a job that is over, and its files, are kept: wall time. */
#define LCT_JOBS_KEPT (7 * 24 * 3600 * LCT_SECOND)

/** Jobs that wait or run at most, jobs in all (then the oldest that is over and made no file goes
 * for a new one), and bytes of job.json. */
#define LCT_JOBS_WAITING_MAX 100
#define LCT_JOBS_MAX 500
#define LCT_JOB_BYTES_MAX (64U << 10)

#define LCT_JOB_ID_SIZE 40

enum lct_job_state {
    LCT_JOB_WAITING,
    LCT_JOB_RUNNING,
    LCT_JOB_DONE,
    LCT_JOB_FAILED,
    LCT_JOB_CANCELLED,
    LCT_JOB_STATES
};

/** One job; changed by the functions below only. */
struct lct_job {
    char id[LCT_JOB_ID_SIZE];
    enum lct_job_state state;
    unsigned tries;
    lct_ns created, ended; /**< wall; ended: LCT_NS_NONE while it is not over */
    json_t *order;         /**< what is to be done: "kind" and what that needs */
    json_t *result;        /**< of one that is done, what it made; else NULL */
    json_t *fault;         /**< of one that failed, why; of one that died, that it did; else NULL */
    struct lct_job *next;  /**< the one that was asked for after it */
    bool unwritten;        /**< the disk did not take its state */
};

struct lct_jobs;

/** "waiting", "running", "done", "failed", "cancelled". */
const char *lct_job_state_name(enum lct_job_state state);

/**
 * Opens the queue below data, made when it is missing; a job that was running died with its server.
 * What is no job (a crash made it) is removed, what is damaged is left alone and not listed. 0 or
 * -errno with a fault; *ret_jobs is owned. Borrows io; clock gives wall time.
 */
int lct_jobs_open(const struct lct_io *io, const char *data, lct_clock_fn clock,
                  struct lct_jobs **ret_jobs, struct lct_fault *fault) LCT_MUST_USE;

/** Frees; NULL is allowed. What runs is found as died when it is opened again. */
void lct_jobs_close(struct lct_jobs *jobs);

/** The job asked for first; the others follow by next. NULL: none. */
struct lct_job *lct_jobs_first(const struct lct_jobs *jobs);

/** The job of that id, NULL: none. */
struct lct_job *lct_jobs_find(const struct lct_jobs *jobs, const char *id);

/** Its folder. Returns owned (free). */
char *lct_jobs_folder(const struct lct_jobs *jobs, const struct lct_job *job) LCT_MUST_USE;

/**
 * Adds a job (takes order, an object); durable when it returns. 0; -EUSERS: too many wait;
 * -EMSGSIZE: the order is longer than LCT_JOB_BYTES_MAX; or the disk's -errno; with a fault, and
 * nothing is left. *ret_job is the queue's.
 */
int lct_jobs_add(struct lct_jobs *jobs, json_t *order, struct lct_job **ret_job,
                 struct lct_fault *fault) LCT_MUST_USE;

/** "kind" of a job's order. Borrows. */
const char *lct_job_kind(const struct lct_job *job);

/** True when nothing is to be done for it any more. */
bool lct_job_is_over(const struct lct_job *job);

/** waiting -> running, with an empty folder. 0, or the disk's -errno: it still waits. */
int lct_jobs_take(struct lct_jobs *jobs, struct lct_job *job) LCT_MUST_USE;

/** running -> done with a result, -> failed with a fault; takes them, one is NULL. */
void lct_jobs_end(struct lct_jobs *jobs, struct lct_job *job, json_t *result, json_t *fault);

/** running -> waiting, or -> failed when it died LCT_JOB_TRIES times. True: it waits. */
bool lct_jobs_died(struct lct_jobs *jobs, struct lct_job *job);

/** running -> waiting: it was stopped for no reason of its own, and the try does not count. */
void lct_jobs_put_back(struct lct_jobs *jobs, struct lct_job *job);

/** waiting, running -> cancelled; its worker has ended already. */
void lct_jobs_cancel(struct lct_jobs *jobs, struct lct_job *job);

/** failed, cancelled -> waiting, behind all others. 0; -EALREADY: it is in another state; -EUSERS;
 * with a fault. */
int lct_jobs_again(struct lct_jobs *jobs, struct lct_job *job,
                   struct lct_fault *fault) LCT_MUST_USE;

/** Forgets a job that is over, with its files. 0 or the disk's -errno: it is still there. */
int lct_jobs_remove(struct lct_jobs *jobs, struct lct_job *job);

/** Writes what the disk did not take, forgets what is over for LCT_JOBS_KEPT when calm
 * (archive/calm.h) lets it go. True: something changed. */
bool lct_jobs_mend(struct lct_jobs *jobs, struct lct_calm *calm);

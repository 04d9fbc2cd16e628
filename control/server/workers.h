// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Starts "lectern-worker job" for the queue of archive/jobs.h: one process at a time, and one more
 * for what somebody waits for in front of a page ("quick"), and one for what nobody has asked for
 * yet ("ahead": a draft's heads), which stands still while a quick one runs. The rest is "slow".
 * Workers have the lowest priority of all (control/worker/worker_job.h); and while a recorder of
 * this machine is short of CPU they stand still (SIGSTOP), so that no recording is disturbed. A
 * worker that dies leaves a job that is taken again; workers die with the server, however it dies.
 *
 * Everything happens in one loop that may wait for the disk, whose thread must live as long as the
 * workers; only lct_workers_hold is for any thread.
 *
 *     rc = lct_workers_open(&settings, &workers, &fault);
 *     rc = lct_workers_add(workers, order, &json, &fault);
 *     json = lct_workers_json(workers);                      // for GET /api/v1/jobs
 *     rc = lct_workers_drop(workers, id, &fault);            // cancels, or forgets
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/loop.h"

struct lct_workers;

/** From SIGTERM to SIGKILL. */
#define LCT_WORKERS_PATIENCE (3 * LCT_SECOND)

/** A worker stands still until no recorder has been short of CPU for so long. */
#define LCT_WORKERS_REST (5 * LCT_SECOND)

/** Who waits for a job waits so long at most, and may ask again: proxies and browsers wait longer.
 */
#define LCT_WORKERS_WAIT (20 * LCT_SECOND)

/** Texts are copied. */
struct lct_workers_settings {
    const char *data;
    struct lct_loop *loop;
    struct lct_calm *calm; /**< shared: outlives it */
    /** A job was added or changed, or went ("gone": true): its JSON, taken. In the loop. */
    void (*changed)(void *arg, json_t *job);
    void *arg;
};

/** Opens the queue; begins when the loop runs. 0 or -errno with a fault; *ret_workers is owned. */
int lct_workers_open(const struct lct_workers_settings *settings, struct lct_workers **ret_workers,
                     struct lct_fault *fault) LCT_MUST_USE;

/** Ends all workers, whose jobs wait then, and answers who waits; in the loop, as the last call. */
void lct_workers_end(struct lct_workers *workers);

/** Frees, after the loop is gone; NULL is allowed. */
void lct_workers_destroy(struct lct_workers *workers);

/** All slow jobs, those asked for last first, as docs/api.yaml says. Returns owned. */
json_t *lct_workers_json(const struct lct_workers *workers) LCT_MUST_USE;

/** One job, NULL when there is none. Returns owned. */
json_t *lct_workers_json_of(const struct lct_workers *workers, const char *id) LCT_MUST_USE;

/** Adds a job (takes order); durable when it returns. 0, or as lct_jobs_add with a fault; *ret_json
 *  is owned. */
int lct_workers_add(struct lct_workers *workers, json_t *order, json_t **ret_json,
                    struct lct_fault *fault) LCT_MUST_USE;

/** Cancels a job that is not over, forgets one that is, with its files. 0; -ENOENT; or the disk's
 *  -errno; with a fault. */
int lct_workers_drop(struct lct_workers *workers, const char *id,
                     struct lct_fault *fault) LCT_MUST_USE;

/** Lets a job that failed or was cancelled wait again. 0; -ENOENT, -EALREADY, -EUSERS with a fault.
 */
int lct_workers_again(struct lct_workers *workers, const char *id,
                      struct lct_fault *fault) LCT_MUST_USE;

/** The file that a job made, below data: path and name for people, owned; -ENOENT with a fault. */
int lct_workers_file(const struct lct_workers *workers, const char *id, char **ret_path,
                     char **ret_name, struct lct_fault *fault) LCT_MUST_USE;

/** Called once: fault is NULL when the job is done, else says why it is not. */
typedef void (*lct_workers_done_fn)(void *arg, const struct lct_fault *fault);

/**
 * Has a quick job done (takes order) that somebody waits for; when one with the same order is under
 * way, that one's end counts. done comes in the loop, at once when it cannot be begun.
 */
void lct_workers_quick(struct lct_workers *workers, json_t *order, lct_workers_done_fn done,
                       void *arg);

/** Quick jobs, and jobs ahead, that wait while nobody waits for them, at most of each; more are not
 *  prepared. */
#define LCT_WORKERS_PREPARED_MAX 8U

/** What is still being changed is prepared when it has not changed for so long. */
#define LCT_WORKERS_STILL (3 * LCT_SECOND)

/**
 * Has a quick job done (takes order) that somebody will ask for soon: behind what is waited for,
 * and not while a recorder is short of CPU. Others for the same item that nobody waits for are
 * dropped. Whatever hinders it, it is then done when it is asked for.
 */
void lct_workers_prepare(struct lct_workers *workers, json_t *order);

/**
 * Has a job ahead done (takes order) when it has not been wanted again for LCT_WORKERS_STILL; once
 * more, when the same one runs then. Whatever hinders it, it is not done.
 */
void lct_workers_prepare_still(struct lct_workers *workers, json_t *order);

/** A recorder of this machine is short of CPU, or none is. Any thread. */
void lct_workers_hold(struct lct_workers *workers, bool hold);

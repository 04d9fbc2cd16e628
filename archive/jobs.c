// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/jobs.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"

LCT_LOG_TOPIC("jobs");

struct lct_jobs {
    const struct lct_io *io;
    lct_clock_fn clock;
    char *folder;
    struct lct_job *first; /* by created */
};

static const char *const state_names[LCT_JOB_STATES] = {"waiting", "running", "done", "failed",
                                                        "cancelled"};

const char *lct_job_state_name(enum lct_job_state state) { return state_names[state]; }

bool lct_job_is_over(const struct lct_job *job) { return job->state > LCT_JOB_RUNNING; }

const char *lct_job_kind(const struct lct_job *job) {
    return lct_json_text(job->order, "kind", "");
}

static void free_job(struct lct_job *job) {
    json_decref(job->order);
    json_decref(job->result);
    json_decref(job->fault);
    free(job);
}

/* ---- the file ---- */

char *lct_jobs_folder(const struct lct_jobs *jobs, const struct lct_job *job) {
    return lct_format("%s/%s", jobs->folder, job->id);
}

static int write_job(struct lct_jobs *jobs, const struct lct_job *job) {
    LCT_FREE char *path = lct_format("%s/%s/job.json", jobs->folder, job->id);
    LCT_JSON json_t *json = json_pack("{s:i, s:s, s:i, s:I, s:O, s:O*, s:O*}", "version", 1,
                                      "state", state_names[job->state], "tries", (int)job->tries,
                                      "created_ns", (json_int_t)job->created, "order", job->order,
                                      "result", job->result, "fault", job->fault);
    if (job->ended != LCT_NS_NONE) {
        json_object_set_new(json, "ended_ns", json_integer(job->ended));
    }
    size_t n;
    LCT_FREE char *text = lct_json_dump(json, &n);
    return n > LCT_JOB_BYTES_MAX ? -EMSGSIZE : lct_io_replace(jobs->io, path, text, n);
}

/* Everything in the folder but job.json, which says what to do with the rest. */
static int empty_folder(const struct lct_jobs *jobs, const struct lct_job *job) {
    LCT_FREE char *folder = lct_jobs_folder(jobs, job);
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    int rc = dir ? 0 : -errno;
    while (rc == 0 && (entry = readdir(dir))) {
        const char *name = entry->d_name;
        LCT_FREE char *path = lct_format("%s/%s", folder, name);
        bool stays = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
        rc = stays || strcmp(name, "job.json") == 0 ? 0 : lct_io_remove_folder(path);
    }
    if (dir) {
        closedir(dir);
    }
    return rc;
}

/* What a job that did not end well made is removed first: a full disk has room for its state then.
 */
static void save(struct lct_jobs *jobs, struct lct_job *job) {
    int rc = job->state == LCT_JOB_DONE ? 0 : empty_folder(jobs, job);
    rc = rc ? rc : write_job(jobs, job);
    if (rc < 0 && !job->unwritten) { /* once, and not at every try */
        lct_error("a job's state is not written yet", "job=%s why=%s", job->id, strerror(-rc));
    }
    job->unwritten = rc < 0;
}

static bool read_state(const json_t *json, enum lct_job_state *ret_state) {
    const char *name = lct_json_text(json, "state", "");
    for (int i = 0; i < LCT_JOB_STATES; i++) {
        if (strcmp(name, state_names[i]) == 0) {
            *ret_state = (enum lct_job_state)i;
            return true;
        }
    }
    return false;
}

/* NULL: it is damaged. */
static struct lct_job *read_job(const char *id, const json_t *json) {
    struct lct_job job = {
        .tries = (unsigned)lct_json_int(json, "tries", 0),
        .created = lct_json_int(json, "created_ns", 0),
        .ended = lct_json_int(json, "ended_ns", LCT_NS_NONE),
    };
    json_t *order = json_object_get(json, "order");
    if (!read_state(json, &job.state) || !json_is_object(order)) {
        return NULL;
    }
    (void)snprintf(job.id, sizeof job.id, "%s", id);
    job.order = json_incref(order);
    job.result = json_incref(json_object_get(json, "result"));
    job.fault = json_incref(json_object_get(json, "fault"));
    struct lct_job *owned = lct_new(sizeof *owned);
    *owned = job;
    return owned;
}

/* ---- the list ---- */

static void insert(struct lct_jobs *jobs, struct lct_job *job) {
    struct lct_job **at = &jobs->first;
    while (*at && (*at)->created <= job->created) {
        at = &(*at)->next;
    }
    job->next = *at;
    *at = job;
}

static void take_out(struct lct_jobs *jobs, const struct lct_job *job) {
    struct lct_job **at = &jobs->first;
    while (*at != job) {
        at = &(*at)->next;
    }
    *at = job->next;
}

struct lct_job *lct_jobs_first(const struct lct_jobs *jobs) {
    return jobs->first;
}

struct lct_job *lct_jobs_find(const struct lct_jobs *jobs, const char *id) {
    struct lct_job *job = jobs->first;
    while (job && strcmp(job->id, id) != 0) {
        job = job->next;
    }
    return job;
}

/* ---- opening ---- */

static bool is_id(const char *text) {
    return strncmp(text, "job-", 4) == 0 && strlen(text) < LCT_JOB_ID_SIZE &&
           !text[strspn(text, "job-0123456789abcdef")];
}

static void load_one(struct lct_jobs *jobs, const char *id) {
    LCT_FREE char *folder = lct_format("%s/%s", jobs->folder, id);
    LCT_FREE char *path = lct_format("%s/job.json", folder);
    LCT_JSON json_t *json = NULL;
    struct lct_fault fault;
    int rc = lct_json_load(path, LCT_JOB_BYTES_MAX, &json, &fault);
    if (rc == -ENOENT) { /* it died while it was asked for, and nobody was told that it is */
        (void)lct_io_remove_folder(folder);
        return;
    }
    struct lct_job *job = rc < 0 ? NULL : read_job(id, json);
    if (!job) {
        lct_error("a job is damaged and left alone", "job=%s", id);
        return;
    }
    insert(jobs, job);
    if (job->state == LCT_JOB_RUNNING) {
        (void)lct_jobs_died(jobs, job);
    }
}

int lct_jobs_open(const struct lct_io *io, const char *data, lct_clock_fn clock,
                  struct lct_jobs **ret_jobs, struct lct_fault *fault) {
    LCT_FREE char *folder = lct_format("%s/jobs", data);
    int rc = lct_io_make_folder(folder);
    DIR *dir = rc == 0 ? opendir(folder) : NULL;
    if (!dir) {
        rc = rc ? rc : -errno;
        return lct_fault_set(fault, rc, "jobs", "The folder of the jobs, %s, cannot be read: %s.",
                             "无法读取任务目录 %s：%s。", folder, strerror(-rc));
    }
    struct lct_jobs *jobs = lct_new(sizeof *jobs);
    *jobs = (struct lct_jobs){.io = io, .clock = clock, .folder = lct_strdup(folder)};
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (is_id(entry->d_name)) {
            load_one(jobs, entry->d_name);
        }
    }
    closedir(dir);
    *ret_jobs = jobs;
    return 0;
}

void lct_jobs_close(struct lct_jobs *jobs) {
    if (!jobs) {
        return;
    }
    while (jobs->first) {
        struct lct_job *job = jobs->first;
        jobs->first = job->next;
        free_job(job);
    }
    free(jobs->folder);
    free(jobs);
}

/* ---- changes ---- */

static void name_job(struct lct_jobs *jobs, struct lct_job *job) {
    uint32_t tail;
    struct tm local;
    job->created = jobs->clock();
    time_t seconds = (time_t)(job->created / LCT_SECOND);
    lct_random(&tail, sizeof tail);
    localtime_r(&seconds, &local);
    (void)snprintf(job->id, sizeof job->id, "job-%04d%02d%02d-%02d%02d%02d-%08x",
                   (local.tm_year + 1900) % 10000, local.tm_mon + 1, local.tm_mday, local.tm_hour,
                   local.tm_min, local.tm_sec, (unsigned)tail);
}

/* For so many more jobs than are kept already. */
static int check_room(const struct lct_jobs *jobs, unsigned more, struct lct_fault *fault) {
    unsigned waiting = 0, all = 0;
    for (const struct lct_job *job = jobs->first; job; job = job->next) {
        waiting += !lct_job_is_over(job);
        all++;
    }
    if (waiting < LCT_JOBS_WAITING_MAX && all + more <= LCT_JOBS_MAX) {
        return 0;
    }
    return lct_fault_set(fault, -EUSERS, "jobs",
                         "Too many jobs wait or are kept (%u). Wait, or remove some.",
                         "排队或保留的任务过多（%u），请稍候或删除一些。", all);
}

/* What made a file stays its time, since people fetch it. */
static void make_room(struct lct_jobs *jobs) {
    struct lct_job *oldest = NULL;
    unsigned all = 0;
    for (struct lct_job *job = jobs->first; job; job = job->next) {
        bool may_go = lct_job_is_over(job) && !json_object_get(job->result, "file");
        oldest = may_go && (!oldest || job->ended < oldest->ended) ? job : oldest;
        all++;
    }
    if (all >= LCT_JOBS_MAX && oldest) {
        (void)lct_jobs_remove(jobs, oldest); /* else there is no room */
    }
}

static int write_first(struct lct_jobs *jobs, const struct lct_job *job) {
    LCT_FREE char *folder = lct_jobs_folder(jobs, job);
    int rc = lct_io_make_folder(folder);
    rc = rc ? rc : write_job(jobs, job);
    rc = rc ? rc : jobs->io->sync_folder(jobs->io, jobs->folder);
    if (rc < 0) {
        (void)lct_io_remove_folder(folder); /* else it is found as no job, later */
    }
    return rc;
}

int lct_jobs_add(struct lct_jobs *jobs, json_t *order, struct lct_job **ret_job,
                 struct lct_fault *fault) {
    struct lct_job *job = lct_new(sizeof *job);
    job->order = order;
    job->ended = LCT_NS_NONE;
    name_job(jobs, job);
    make_room(jobs);
    int rc = check_room(jobs, 1, fault);
    if (rc == 0 && (rc = write_first(jobs, job)) < 0) {
        rc = lct_fault_set(fault, rc, "jobs", "The job cannot be kept: %s.", "无法保存任务：%s。",
                           strerror(-rc));
    }
    if (rc < 0) {
        free_job(job);
        return rc;
    }
    insert(jobs, job);
    *ret_job = job;
    return 0;
}

static void turn(struct lct_jobs *jobs, struct lct_job *job, enum lct_job_state to) {
    job->state = to;
    job->ended = lct_job_is_over(job) ? jobs->clock() : LCT_NS_NONE;
    save(jobs, job);
}

static void forget_outcome(struct lct_job *job) {
    json_decref(job->result);
    json_decref(job->fault);
    job->result = job->fault = NULL;
}

int lct_jobs_take(struct lct_jobs *jobs, struct lct_job *job) {
    assert(job->state == LCT_JOB_WAITING);
    job->state = LCT_JOB_RUNNING;
    job->tries++;
    int rc = empty_folder(jobs, job);
    rc = rc ? rc : write_job(jobs, job);
    if (rc < 0) { /* a try that is not counted could be tried for ever */
        job->state = LCT_JOB_WAITING;
        job->tries--;
        return rc;
    }
    job->unwritten = false;
    return 0;
}

void lct_jobs_end(struct lct_jobs *jobs, struct lct_job *job, json_t *result, json_t *fault) {
    assert(job->state == LCT_JOB_RUNNING && !result != !fault);
    forget_outcome(job);
    job->result = result;
    job->fault = fault;
    turn(jobs, job, result ? LCT_JOB_DONE : LCT_JOB_FAILED);
}

bool lct_jobs_died(struct lct_jobs *jobs, struct lct_job *job) {
    assert(job->state == LCT_JOB_RUNNING);
    bool again = job->tries < LCT_JOB_TRIES;
    struct lct_fault fault;
    (void)lct_fault_set(&fault, -EIO, "jobs",
                        again ? "It broke off (%u of %d tries) and is tried again by itself."
                              : "It broke off %u times (of %d) and is not tried again by itself.",
                        again ? "任务中断（第 %u 次，共 %d 次），将自动重试。"
                              : "任务已中断 %u 次（上限 %d 次），不再自动重试。",
                        job->tries, LCT_JOB_TRIES);
    forget_outcome(job);
    job->fault = lct_json_of_fault(&fault);
    turn(jobs, job, again ? LCT_JOB_WAITING : LCT_JOB_FAILED);
    return again;
}

void lct_jobs_put_back(struct lct_jobs *jobs, struct lct_job *job) {
    assert(job->state == LCT_JOB_RUNNING);
    job->tries -= job->tries > 0;
    turn(jobs, job, LCT_JOB_WAITING);
}

void lct_jobs_cancel(struct lct_jobs *jobs, struct lct_job *job) {
    assert(!lct_job_is_over(job));
    forget_outcome(job);
    turn(jobs, job, LCT_JOB_CANCELLED);
}

int lct_jobs_again(struct lct_jobs *jobs, struct lct_job *job, struct lct_fault *fault) {
    if (job->state != LCT_JOB_FAILED && job->state != LCT_JOB_CANCELLED) {
        return lct_fault_set(fault, -EALREADY, "jobs", "The job %s is %s.", "任务 %s 状态为 %s。",
                             job->id, state_names[job->state]);
    }
    int rc = check_room(jobs, 0, fault);
    if (rc < 0) {
        return rc;
    }
    forget_outcome(job);
    job->tries = 0;
    take_out(jobs, job);
    job->created = jobs->clock();
    insert(jobs, job);
    turn(jobs, job, LCT_JOB_WAITING);
    return 0;
}

int lct_jobs_remove(struct lct_jobs *jobs, struct lct_job *job) {
    assert(lct_job_is_over(job));
    LCT_FREE char *folder = lct_jobs_folder(jobs, job);
    LCT_FREE char *path = lct_format("%s/job.json", folder);
    int rc = jobs->io->remove(jobs->io, path); /* first: from now on it is no job */
    rc = rc == -ENOENT ? 0 : rc;
    rc = rc ? rc : lct_io_remove_folder(folder);
    if (rc == 0) {
        take_out(jobs, job);
        free_job(job);
    }
    return rc;
}

bool lct_jobs_mend(struct lct_jobs *jobs, struct lct_calm *calm) {
    lct_ns now = jobs->clock();
    bool changed = false;
    for (struct lct_job *job = jobs->first, *next; job; job = next) {
        next = job->next;
        if (job->unwritten) {
            save(jobs, job);
        }
        if (lct_job_is_over(job) && now - job->ended > LCT_JOBS_KEPT &&
            lct_calm_lets_go(calm, LCT_JOBS_KEPT)) {
            changed = lct_jobs_remove(jobs, job) == 0 || changed;
        }
    }
    return changed;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/workers.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "archive/jobs.h"
#include "base/child.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/programs.h"

LCT_LOG_TOPIC("jobs");

#define LINE_MAX_BYTES 65536 /* of a worker */
#define TICK (LCT_SECOND / 2)
#define LOOK_EVERY (5 * LCT_SECOND) /* at what waits, and what the disk did not take */
#define LEFT_FROM 0.03              /* of the work: before, its pace says nothing */
#define LEFT_AFTER (2 * LCT_SECOND)

/* One process at a time, another for what somebody waits for, and one for what is still edited. */
enum { SLOW, QUICK, AHEAD, LANES };

struct lane {
    struct lct_workers *workers;
    struct lct_job *job; /* NULL: it is free */
    pid_t pid;
    int pidfd, out;
    struct lct_watch *exit_watch, *out_watch;
    char *line;
    size_t line_n;
    bool told, killed; /* it has been sent SIGTERM, SIGKILL */
    bool cancelled;    /* by a person; else it is told because all ends */
    bool held;
    lct_ns kill_at;    /* monotonic, as all below */
    lct_ns ran, since; /* without what it was held; up to since */
    lct_ns sent;
    double part;            /* of the work */
    json_t *result, *fault; /* its last word */
};

struct waiter {
    struct lct_job *job;
    lct_workers_done_fn done;
    void *arg;
    lct_ns until;
    struct waiter *next;
};

/* What is prepared when it stands still. */
struct still {
    json_t *order; /* owned */
    lct_ns at;
    struct still *next;
};

struct lct_workers {
    struct lct_workers_settings settings;
    char *data;
    struct lct_jobs *jobs;
    struct lct_timer *timer;
    struct lane lanes[LANES];
    struct waiter *waiters;
    struct still *stills;
    lct_ns looked, hold_until;
    bool ending;
    atomic_bool hold;
};

static void look(struct lct_workers *workers);

/* ---- what is said of a job ---- */

static int lane_for(const struct lct_job *job) {
    const char *kind = lct_job_kind(job);
    return strcmp(kind, "heads") == 0 ? QUICK : strcmp(kind, "draft") == 0 ? AHEAD : SLOW;
}

static const struct lane *lane_of(const struct lct_workers *workers, const struct lct_job *job) {
    const struct lane *lane = &workers->lanes[lane_for(job)];
    return lane->job == job ? lane : NULL;
}

static lct_ns ran_of(const struct lane *lane) {
    return lane->ran + (lane->held ? 0 : lct_monotonic() - lane->since);
}

static void add_pace(json_t *json, const struct lane *lane) {
    lct_ns ran = ran_of(lane);
    json_object_set_new(json, "progress", json_real(lane->part));
    json_object_set_new(json, "held", json_boolean(lane->held));
    json_object_set_new(json, "cancelling", json_boolean(lane->cancelled));
    if (lane->part >= LEFT_FROM && ran >= LEFT_AFTER) {
        double left = (double)ran / LCT_SECOND * (1 - lane->part) / lane->part;
        json_object_set_new(json, "left_s", json_integer((json_int_t)(left + 0.5)));
    }
}

static json_t *json_of(const struct lct_workers *workers, const struct lct_job *job) {
    char created[32], ended[32];
    const struct lane *lane = lane_of(workers, job);
    json_t *json = json_copy(job->order);
    lct_wall_format(job->created, created, sizeof created);
    json_object_update_new(json, json_pack("{s:s, s:s, s:i, s:s, s:O*, s:O*}", "id", job->id,
                                           "state", lct_job_state_name(job->state), "tries",
                                           (int)job->tries, "created", created, "result",
                                           job->result, "fault", job->fault));
    if (lct_job_is_over(job)) {
        lct_wall_format(job->ended, ended, sizeof ended);
        json_object_set_new(json, "ended", json_string(ended));
    }
    if (lane) {
        add_pace(json, lane);
    }
    return json;
}

static void tell(struct lct_workers *workers, const struct lct_job *job) {
    struct lane *lane = &workers->lanes[lane_for(job)];
    if (lane->job == job) {
        lane->sent = lct_monotonic();
    }
    if (lane_for(job) == SLOW) {
        workers->settings.changed(workers->settings.arg, json_of(workers, job));
    }
}

static void tell_gone(struct lct_workers *workers, const char *id) {
    workers->settings.changed(workers->settings.arg, json_pack("{s:s, s:b}", "id", id, "gone", 1));
}

/* ---- who waits ---- */

/* Answers who waits for the job (NULL: for any) until then; fault NULL: it is done. */
static void answer(struct lct_workers *workers, const struct lct_job *job, lct_ns until,
                   const struct lct_fault *fault) {
    for (struct waiter **at = &workers->waiters; *at;) {
        struct waiter *waiter = *at;
        if ((job && waiter->job != job) || waiter->until > until) {
            at = &waiter->next;
            continue;
        }
        *at = waiter->next;
        waiter->done(waiter->arg, fault);
        free(waiter);
    }
}

static void answer_end(struct lct_workers *workers, const struct lct_job *job) {
    struct lct_fault fault;
    bool done = job->state == LCT_JOB_DONE;
    if (!done) {
        (void)lct_json_to_fault(job->fault, "jobs", &fault);
    }
    answer(workers, job, INT64_MAX, done ? NULL : &fault);
}

/* ---- a worker ---- */

static void signal_lane(const struct lane *lane, int number) {
    (void)kill(-lane->pid, number); /* gone already: its end is seen next */
}

static void hold_lane(struct lane *lane, bool hold) {
    lct_ns now = lct_monotonic();
    if (lane->held != hold) {
        lane->ran = ran_of(lane);
        lane->since = now;
        lane->held = hold;
        signal_lane(lane, hold ? SIGSTOP : SIGCONT);
        lct_info("a job stands still, or goes on", "job=%s held=%d", lane->job->id, hold);
        tell(lane->workers, lane->job);
    }
}

/* Asks the worker to end, and if it has been asked before makes it. */
static void end_lane(struct lane *lane) {
    lane->killed = lane->told;
    signal_lane(lane, lane->told ? SIGKILL : SIGTERM);
    signal_lane(lane, SIGCONT); /* what stands still hears nothing */
    lane->told = true;
    lane->kill_at = lct_monotonic() + LCT_WORKERS_PATIENCE;
}

static void on_line(struct lane *lane, const char *line, size_t n) {
    LCT_JSON json_t *json = NULL;
    if (lct_json_parse(line, n, &json, NULL) < 0) {
        return;
    }
    json_t *result = json_object_get(json, "result"), *fault = json_object_get(json, "fault");
    double part = lct_json_real(json, "progress", lane->part);
    lane->part = part < 0 ? 0 : part > 1 ? 1 : part;
    if (json_is_object(result) || json_is_object(fault)) {
        json_decref(lane->result);
        json_decref(lane->fault);
        lane->result = json_incref(result);
        lane->fault = json_incref(fault);
    }
}

static void take_lines(struct lane *lane) {
    char *end;
    while ((end = memchr(lane->line, '\n', lane->line_n))) {
        size_t n = (size_t)(end - lane->line);
        on_line(lane, lane->line, n);
        lane->line_n -= n + 1;
        memmove(lane->line, end + 1, lane->line_n);
    }
}

/* False at its end. A line that is too long is read all the same: its worker would wait for ever.
 */
static bool read_output(struct lane *lane) {
    size_t room = LINE_MAX_BYTES - lane->line_n;
    errno = 0; /* its end is no error */
    ssize_t n = read(lane->out, lane->line + lane->line_n, room);
    lane->line_n += n > 0 ? (size_t)n : 0;
    take_lines(lane);
    lane->line_n = lane->line_n < LINE_MAX_BYTES ? lane->line_n : 0;
    return n > 0;
}

static void on_output(void *opaque, uint32_t events) {
    struct lane *lane = opaque;
    (void)events;
    if (!read_output(lane) && errno != EAGAIN) {
        lct_watch_destroy(lane->out_watch);
        lane->out_watch = NULL;
    }
    if (lct_monotonic() - lane->sent >= TICK) {
        tell(lane->workers, lane->job);
    }
}

static void free_lane(struct lane *lane) {
    lct_watch_destroy(lane->exit_watch);
    lct_watch_destroy(lane->out_watch);
    json_decref(lane->result);
    json_decref(lane->fault);
    free(lane->line);
    if (lane->out >= 0) {
        close(lane->out);
    }
    if (lane->pidfd >= 0) {
        close(lane->pidfd);
    }
    *lane = (struct lane){.workers = lane->workers, .out = -1, .pidfd = -1};
}

/* The job's state says what became of it; others than slow ones are only waited for. */
static void settle(struct lct_workers *workers, struct lct_job *job) {
    answer_end(workers, job);
    if (lane_for(job) != SLOW && lct_job_is_over(job)) {
        lct_jobs_remove(workers->jobs, job); /* else it goes when its time is over */
        return;
    }
    tell(workers, job);
}

/* The outcome of a worker that is gone. */
static void conclude(struct lane *lane, int status) {
    struct lct_workers *workers = lane->workers;
    struct lct_job *job = lane->job;
    bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0 && lane->result;
    bool said = WIFEXITED(status) && WEXITSTATUS(status) == 1 && lane->fault;
    if (lane->cancelled) {
        lct_jobs_cancel(workers->jobs, job);
    } else if (well) {
        lct_info("a job is done", "job=%s kind=%s", job->id, lct_job_kind(job));
        json_object_set_new(lane->result, "took_s", json_real((double)ran_of(lane) / LCT_SECOND));
        lct_jobs_end(workers->jobs, job, json_incref(lane->result), NULL);
    } else if (said) {
        lct_warn("a job failed", "job=%s kind=%s why=%s", job->id, lct_job_kind(job),
                 lct_json_text(lane->fault, "en", ""));
        lct_jobs_end(workers->jobs, job, NULL, json_incref(lane->fault));
    } else if (workers->ending) {
        lct_jobs_put_back(workers->jobs, job);
    } else {
        lct_warn("a worker died", "job=%s kind=%s try=%u status=%d signal=%d", job->id,
                 lct_job_kind(job), job->tries, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                 WIFSIGNALED(status) ? WTERMSIG(status) : 0);
        (void)lct_jobs_died(workers->jobs, job);
    }
}

static bool reap(struct lane *lane) {
    int status;
    if (waitpid(lane->pid, &status, WNOHANG) != lane->pid) {
        return false;
    }
    while (read_output(lane)) { /* its last words */
    }
    signal_lane(lane, SIGKILL); /* what it may have started itself */
    struct lct_job *job = lane->job;
    conclude(lane, status);
    free_lane(lane);
    if (job->state != LCT_JOB_WAITING) {
        settle(lane->workers, job);
    } else {
        tell(lane->workers, job);
    }
    return true;
}

static void on_exit_seen(void *opaque, uint32_t events) {
    struct lane *lane = opaque;
    struct lct_workers *workers = lane->workers;
    (void)events;
    if (reap(lane)) {
        look(workers);
    }
}

static void fail_to_start(struct lct_workers *workers, struct lct_job *job, int rc) {
    struct lct_fault fault;
    (void)lct_fault_set(&fault, rc, "jobs",
                        "The program that does the work cannot be started: %s. Is lectern "
                        "installed whole?",
                        "无法启动处理程序：%s。请检查 lectern 是否完整安装。", strerror(-rc));
    lct_error("cannot start a worker", "job=%s error=%s", job->id, strerror(-rc));
    lct_jobs_end(workers->jobs, job, NULL, lct_json_of_fault(&fault));
    settle(workers, job);
}

static void start(struct lane *lane, struct lct_job *job) {
    struct lct_workers *workers = lane->workers;
    char path[LCT_PROGRAM_PATH_SIZE];
    lct_program_path("lectern-worker", path);
    LCT_FREE char *data = lct_strdup(workers->data);
    char *argv[] = {path, (char[]){"job"}, data, job->id, NULL};
    int out = -1;
    pid_t pid = lct_child_start(
        argv,
        &(struct lct_child_options){.dies_with_us = true, .own_group = true, .ret_stdout = &out});
    if (pid < 0) {
        fail_to_start(workers, job, (int)pid);
        return;
    }
    *lane = (struct lane){.workers = workers,
                          .job = job,
                          .pid = pid,
                          .pidfd = pidfd_open(pid, 0),
                          .out = out,
                          .line = lct_new(LINE_MAX_BYTES),
                          .kill_at = LCT_NS_NONE,
                          .since = lct_monotonic()};
    lane->exit_watch =
        lct_watch_create(workers->settings.loop, lane->pidfd, EPOLLIN, on_exit_seen, lane);
    lane->out_watch = lct_watch_create(workers->settings.loop, out, EPOLLIN, on_output, lane);
    tell(workers, job);
}

/* ---- the queue ---- */

static bool is_waited_for(const struct lct_workers *workers, const struct lct_job *job) {
    const struct waiter *waiter = workers->waiters;
    while (waiter && waiter->job != job) {
        waiter = waiter->next;
    }
    return waiter;
}

/* What somebody waits for goes before what is only prepared. */
static struct lct_job *next_for(const struct lct_workers *workers, int lane) {
    struct lct_job *first = NULL;
    for (struct lct_job *job = lct_jobs_first(workers->jobs); job; job = job->next) {
        if (job->state != LCT_JOB_WAITING || lane_for(job) != lane) {
            continue;
        }
        if (lane == SLOW || is_waited_for(workers, job)) {
            return job;
        }
        first = first ? first : job;
    }
    return first;
}

static void look_at_lane(struct lct_workers *workers, int which, lct_ns now) {
    struct lane *lane = &workers->lanes[which];
    bool yields = now < workers->hold_until || (which == AHEAD && workers->lanes[QUICK].job);
    if (lane->job) {
        if (lane->told && !lane->killed && now >= lane->kill_at) {
            end_lane(lane);
        } else if (!lane->told) {
            hold_lane(lane, yields && !is_waited_for(workers, lane->job));
        }
        return;
    }
    struct lct_job *job = next_for(workers, which);
    if (job && (is_waited_for(workers, job) || !yields)) {
        int rc = lct_jobs_take(workers->jobs, job);
        if (rc == 0) {
            start(lane, job);
        } else {
            lct_warn("a job cannot begin", "job=%s why=%s", job->id, strerror(-rc));
        }
    }
}

static struct lct_job *waiting_same(const struct lct_workers *workers, const json_t *order) {
    struct lct_job *job = lct_jobs_first(workers->jobs);
    while (job && (job->state != LCT_JOB_WAITING || !json_equal(job->order, order))) {
        job = job->next;
    }
    return job;
}

static size_t count_waiting(const struct lct_workers *workers, int lane) {
    size_t n = 0;
    for (const struct lct_job *job = lct_jobs_first(workers->jobs); job; job = job->next) {
        n += lane_for(job) == lane && job->state == LCT_JOB_WAITING;
    }
    return n;
}

/* One that runs goes on, though it may paint what was changed since: of most of it that is not
 * so, and who never pauses would never have any. */
static void begin_still(struct lct_workers *workers, json_t *order) {
    struct lct_fault fault;
    struct lct_job *job = waiting_same(workers, order);
    if (job || count_waiting(workers, AHEAD) >= LCT_WORKERS_PREPARED_MAX) {
        json_decref(order);
    } else if (lct_jobs_add(workers->jobs, order, &job, &fault) < 0) {
        lct_info("nothing is prepared", "why=%s", fault.en);
    }
}

static void look_at_stills(struct lct_workers *workers, lct_ns now) {
    for (struct still **at = &workers->stills; *at;) {
        struct still *still = *at;
        if (still->at > now) {
            at = &still->next;
            continue;
        }
        *at = still->next;
        begin_still(workers, still->order);
        free(still);
    }
}

/* What went because its time was over is told by its absence: pages ask for the list anew. */
static void look(struct lct_workers *workers) {
    lct_ns now = lct_monotonic();
    if (workers->ending) {
        return;
    }
    if (atomic_load(&workers->hold)) {
        workers->hold_until = now + LCT_WORKERS_REST;
    }
    if (now - workers->looked >= LOOK_EVERY) {
        workers->looked = now;
        (void)lct_jobs_mend(workers->jobs, workers->settings.calm);
    }
    look_at_stills(workers, now);
    for (int i = 0; i < LANES; i++) {
        look_at_lane(workers, i, now);
    }
    struct lct_fault fault;
    (void)lct_fault_set(&fault, -ETIMEDOUT, "jobs", "It is being prepared. Ask again in a while.",
                        "正在准备，请稍后再试。");
    answer(workers, NULL, now, &fault);
    bool busy = workers->waiters || workers->stills;
    for (int i = 0; i < LANES; i++) {
        busy = busy || workers->lanes[i].job;
    }
    lct_timer_set(workers->timer, now + (busy ? TICK : LOOK_EVERY));
}

static void on_timer(void *opaque) { look(opaque); }

/* ---- from outside ---- */

int lct_workers_open(const struct lct_workers_settings *settings, struct lct_workers **ret_workers,
                     struct lct_fault *fault) {
    struct lct_jobs *jobs;
    int rc = lct_jobs_open(&lct_io_system, settings->data, lct_wall, &jobs, fault);
    if (rc < 0) {
        return rc;
    }
    struct lct_workers *workers = lct_new(sizeof *workers);
    workers->settings = *settings;
    workers->data = lct_strdup(settings->data);
    workers->jobs = jobs;
    for (int i = 0; i < LANES; i++) {
        workers->lanes[i] = (struct lane){.workers = workers, .out = -1, .pidfd = -1};
    }
    workers->timer = lct_timer_create(settings->loop, on_timer, workers);
    lct_timer_set(workers->timer, lct_monotonic());
    *ret_workers = workers;
    return 0;
}

void lct_workers_end(struct lct_workers *workers) {
    static const struct timespec moment = {0, 20 * LCT_MS};
    struct lct_fault fault;
    lct_ns until = lct_monotonic() + LCT_WORKERS_PATIENCE;
    workers->ending = true;
    lct_timer_destroy(workers->timer);
    workers->timer = NULL;
    (void)lct_fault_set(&fault, -ENOTCONN, "jobs", "The server ends.", "服务器正在停止。");
    answer(workers, NULL, INT64_MAX, &fault);
    for (int i = 0; i < LANES; i++) {
        if (workers->lanes[i].job && !workers->lanes[i].told) {
            end_lane(&workers->lanes[i]);
        }
    }
    for (int i = 0; i < LANES; i++) {
        struct lane *lane = &workers->lanes[i];
        while (lane->job && !reap(lane)) {
            if (lct_monotonic() > until && !lane->killed) {
                end_lane(lane);
            }
            (void)nanosleep(&moment, NULL); /* nothing else is left to be done in this loop */
        }
    }
}

void lct_workers_destroy(struct lct_workers *workers) {
    if (!workers) {
        return;
    }
    lct_timer_destroy(workers->timer);
    for (struct still *still; (still = workers->stills);) {
        workers->stills = still->next;
        json_decref(still->order);
        free(still);
    }
    lct_jobs_close(workers->jobs);
    free(workers->data);
    free(workers);
}

json_t *lct_workers_json(const struct lct_workers *workers) {
    json_t *list = json_array();
    for (const struct lct_job *job = lct_jobs_first(workers->jobs); job; job = job->next) {
        if (lane_for(job) == SLOW) {
            json_array_insert_new(list, 0, json_of(workers, job));
        }
    }
    return list;
}

json_t *lct_workers_json_of(const struct lct_workers *workers, const char *id) {
    const struct lct_job *job = lct_jobs_find(workers->jobs, id);
    return job ? json_of(workers, job) : NULL;
}

int lct_workers_add(struct lct_workers *workers, json_t *order, json_t **ret_json,
                    struct lct_fault *fault) {
    struct lct_job *job;
    int rc = lct_jobs_add(workers->jobs, order, &job, fault);
    if (rc == 0) {
        *ret_json = json_of(workers, job);
        tell(workers, job);
        lct_timer_set(workers->timer, lct_monotonic());
    }
    return rc;
}

static int find(const struct lct_workers *workers, const char *id, struct lct_job **ret_job,
                struct lct_fault *fault) {
    *ret_job = lct_jobs_find(workers->jobs, id);
    return *ret_job
               ? 0
               : lct_fault_set(fault, -ENOENT, "jobs", "There is no job %s.", "没有任务 %s。", id);
}

int lct_workers_drop(struct lct_workers *workers, const char *id, struct lct_fault *fault) {
    struct lct_job *job;
    int rc = find(workers, id, &job, fault);
    if (rc < 0) {
        return rc;
    }
    if (job->state == LCT_JOB_RUNNING) {
        struct lane *lane = &workers->lanes[lane_for(job)];
        lane->cancelled = true;
        if (!lane->told) {
            end_lane(lane);
        }
        tell(workers, job);
    } else if (job->state == LCT_JOB_WAITING) {
        lct_jobs_cancel(workers->jobs, job);
        settle(workers, job);
    } else {
        rc = lct_jobs_remove(workers->jobs, job);
        if (rc < 0) {
            return lct_fault_set(fault, rc, "jobs", "The job's files cannot be removed: %s.",
                                 "无法删除任务文件：%s。", strerror(-rc));
        }
        tell_gone(workers, id);
    }
    return 0;
}

int lct_workers_again(struct lct_workers *workers, const char *id, struct lct_fault *fault) {
    struct lct_job *job;
    int rc = find(workers, id, &job, fault);
    rc = rc ? rc : lct_jobs_again(workers->jobs, job, fault);
    if (rc == 0) {
        tell(workers, job);
        lct_timer_set(workers->timer, lct_monotonic());
    }
    return rc;
}

int lct_workers_file(const struct lct_workers *workers, const char *id, char **ret_path,
                     char **ret_name, struct lct_fault *fault) {
    struct lct_job *job;
    int rc = find(workers, id, &job, fault);
    if (rc < 0) {
        return rc;
    }
    const char *file = lct_json_text(job->result, "file", "");
    if (!*file || strchr(file, '/')) {
        return lct_fault_set(fault, -ENOENT, "jobs", "The job %s has no file (yet).",
                             "任务 %s 还没有文件。", id);
    }
    LCT_FREE char *folder = lct_jobs_folder(workers->jobs, job);
    *ret_path = lct_format("%s/%s", folder, file);
    *ret_name = lct_strdup(lct_json_text(job->result, "name", file));
    return 0;
}

static struct lct_job *same_quick(const struct lct_workers *workers, const json_t *order) {
    struct lct_job *job = lct_jobs_first(workers->jobs);
    while (job &&
           (lct_job_is_over(job) || lane_for(job) != QUICK || !json_equal(job->order, order))) {
        job = job->next;
    }
    return job;
}

/* Quick work for the item of an order that nobody waits for and that is not that order. */
static void drop_prepared(struct lct_workers *workers, const json_t *order) {
    const char *item = lct_json_text(order, "item", "");
    for (struct lct_job *job = lct_jobs_first(workers->jobs), *next; job; job = next) {
        next = job->next;
        if (lane_for(job) == QUICK && !lct_job_is_over(job) && !is_waited_for(workers, job) &&
            !json_equal(job->order, order) &&
            strcmp(lct_json_text(job->order, "item", ""), item) == 0) {
            struct lct_fault unused;
            int rc = lct_workers_drop(workers, job->id, &unused);
            (void)rc; /* it is there: it was just found */
        }
    }
}

void lct_workers_prepare(struct lct_workers *workers, json_t *order) {
    struct lct_job *job = same_quick(workers, order);
    struct lct_fault fault;
    drop_prepared(workers, order);
    if (job || count_waiting(workers, QUICK) >= LCT_WORKERS_PREPARED_MAX) {
        json_decref(order);
    } else if (lct_jobs_add(workers->jobs, order, &job, &fault) < 0) {
        lct_info("nothing is prepared", "why=%s", fault.en);
    }
    lct_timer_set(workers->timer, lct_monotonic());
}

void lct_workers_prepare_still(struct lct_workers *workers, json_t *order) {
    struct still *still = workers->stills;
    size_t count = 0;
    for (; still && !json_equal(still->order, order); still = still->next) {
        count++;
    }
    if (still || count == LCT_WORKERS_PREPARED_MAX) {
        json_decref(order);
    } else {
        still = lct_new(sizeof *still);
        *still = (struct still){.order = order, .next = workers->stills};
        workers->stills = still;
    }
    if (still) {
        still->at = lct_monotonic() + LCT_WORKERS_STILL;
    }
    lct_timer_set(workers->timer, lct_monotonic());
}

void lct_workers_quick(struct lct_workers *workers, json_t *order, lct_workers_done_fn done,
                       void *arg) {
    struct lct_fault fault;
    struct lct_job *job = same_quick(workers, order);
    if (job) {
        json_decref(order);
    } else if (lct_jobs_add(workers->jobs, order, &job, &fault) < 0) {
        done(arg, &fault);
        return;
    }
    struct waiter *waiter = lct_new(sizeof *waiter);
    *waiter = (struct waiter){.job = job,
                              .done = done,
                              .arg = arg,
                              .until = lct_monotonic() + LCT_WORKERS_WAIT,
                              .next = workers->waiters};
    workers->waiters = waiter;
    lct_timer_set(workers->timer, lct_monotonic());
}

void lct_workers_hold(struct lct_workers *workers, bool hold) {
    atomic_store(&workers->hold, hold);
}

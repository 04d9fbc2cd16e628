// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/worker/worker_job.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "archive/jobs.h"
#include "base/mem.h"

#define SAY_EVERY (LCT_SECOND / 2)

/* linux/ioprio.h, which Debian's kernel headers keep to themselves: class idle, of this process. */
#define IOPRIO_IDLE (3 << 13)
#define IOPRIO_WHO_PROCESS 1

static const struct {
    const char *kind;
    lct_worker_job_fn run;
} kinds[] = {
    {"export", lct_worker_clip},
    {"import", lct_worker_upload},
    {"heads", lct_worker_heads},
    {"slides", lct_worker_slides_job},
};

static void say(json_t *owned) {
    LCT_JSON json_t *json = owned;
    LCT_FREE char *text = lct_json_dump(json, NULL);
    (void)puts(text);
    (void)fflush(stdout);
}

void lct_worker_progress(struct lct_worker_job *job, double part) {
    lct_ns now = lct_monotonic();
    if (now - job->said >= SAY_EVERY) {
        job->said = now;
        say(json_pack("{s:f}", "progress", part));
    }
}

void lct_worker_be_dispensable(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    ssize_t ignored = write(fd, "500", 3); /* without it, it is as dear as the rest */
    (void)ignored;
    if (fd >= 0) {
        close(fd);
    }
}

/* What cannot be had is not needed: every one of these is allowed to everybody. Threads that libav
 * starts inherit it. Who is waited for gets the little that nice leaves, others only what nobody
 * else wants. */
static void be_modest(const json_t *order) {
    const struct sched_param none = {.sched_priority = 0};
    (void)setpriority(PRIO_PROCESS, 0, 19);
    if (strcmp(lct_json_text(order, "kind", ""), "heads") != 0) {
        (void)sched_setscheduler(0, SCHED_IDLE, &none);
    }
    (void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
    lct_worker_be_dispensable();
}

static int find_kind(const json_t *order, lct_worker_job_fn *ret_run, struct lct_fault *fault) {
    const char *kind = lct_json_text(order, "kind", "");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kind, kinds[i].kind) == 0) {
            *ret_run = kinds[i].run;
            return 0;
        }
    }
    return lct_fault_set(fault, -EINVAL, "jobs", "There is no kind of job \"%s\".",
                         "没有“%s”这种任务。", kind);
}

int lct_worker_job(int argc, char **argv) {
    if (argc != 3) {
        (void)fputs("usage: lectern-worker job DATA ID\n", stderr);
        return 2;
    }
    LCT_FREE char *folder = lct_format("%s/jobs/%s", argv[1], argv[2]);
    LCT_FREE char *path = lct_format("%s/job.json", folder);
    LCT_JSON json_t *json = NULL;
    json_t *result = NULL;
    struct lct_fault fault;
    lct_worker_job_fn run = NULL;
    int rc = lct_json_load(path, LCT_JOB_BYTES_MAX, &json, &fault);
    struct lct_worker_job job = {
        .data = argv[1], .folder = folder, .order = json_object_get(json, "order")};
    be_modest(job.order);
    rc = rc ? rc : find_kind(job.order, &run, &fault);
    rc = rc ? rc : run(&job, &result, &fault);
    say(rc < 0 ? json_pack("{s:o}", "fault", lct_json_of_fault(&fault))
               : json_pack("{s:o}", "result", result));
    return rc < 0 ? 1 : 0;
}

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
#include "archive/library/item.h"
#include "archive/library/logo.h"
#include "archive/tape/guard.h"
#include "base/io.h"
#include "base/mem.h"
#include "control/worker/shut_in.h"

#define SAY_EVERY (LCT_SECOND / 2)
#define FILE_BYTES (128ULL << 30) /* eight hours of two pictures of 16 Mbit/s, as one movie */

/* linux/ioprio.h, which Debian's kernel headers keep to themselves: class idle, of this process. */
#define IOPRIO_IDLE (3 << 13)
#define IOPRIO_WHO_PROCESS 1

static const struct kind {
    const char *kind;
    lct_worker_job_fn run;
    const char *writes; /* whose folder beside its own, as its order names it; NULL: nobody's */
    bool begins_open;   /* it shuts itself in when the lesson it makes is begun */
    bool reads_edits;   /* heads that were painted for drafts */
    bool draws;         /* the school's logo */
    bool is_waited_for; /* by somebody in front of a page */
} kinds[] = {
    {"export", lct_worker_clip, .reads_edits = true, .draws = true},
    {"heads", lct_worker_heads, .writes = "item", .reads_edits = true, .is_waited_for = true},
    {"draft", lct_worker_draft, .writes = "edit", .reads_edits = true},
    {"slides", lct_worker_slides_job, .writes = "item"},
    {"import", lct_worker_upload, .begins_open = true},
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

int lct_worker_space(const struct lct_worker_job *job, uint64_t bytes, struct lct_fault *fault) {
    uint64_t needed = bytes + LCT_GUARD_SPARE, free_bytes;
    int rc = lct_io_system.space(&lct_io_system, job->folder, &free_bytes);
    return rc == 0 && free_bytes < needed
               ? lct_fault_set(fault, -ENOSPC, "jobs",
                               "The disk has too little space: %.0f MB are needed, of which "
                               "recordings keep %.0f MB; %.0f MB are free. Delete or move "
                               "something.",
                               "磁盘空间不足：需要 %.0f MB（其中 %.0f MB 留给录制），剩余 %.0f "
                               "MB。请删除或移走一些文件。",
                               (double)needed / 1e6, (double)LCT_GUARD_SPARE / 1e6,
                               (double)free_bytes / 1e6)
               : 0;
}

void lct_worker_few_notes(json_t *result) {
    json_t *notes = json_object_get(result, "notes");
    size_t n = json_array_size(notes), more = n - LCT_WORKER_NOTES_MAX;
    struct lct_fault rest;
    if (n <= LCT_WORKER_NOTES_MAX) {
        return;
    }
    while (json_array_size(notes) > LCT_WORKER_NOTES_MAX) {
        json_array_remove(notes, json_array_size(notes) - 1);
    }
    (void)lct_fault_set(&rest, 0, "jobs", "And %zu more of this kind.", "另有 %zu 条类似说明。",
                        more);
    json_array_append_new(notes, json_pack("{s:s, s:s}", "en", rest.en, "zh", rest.zh));
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
static void be_modest(const struct kind *kind) {
    const struct sched_param none = {.sched_priority = 0};
    (void)setpriority(PRIO_PROCESS, 0, 19);
    if (!kind || !kind->is_waited_for) {
        (void)sched_setscheduler(0, SCHED_IDLE, &none);
    }
    (void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
    lct_worker_be_dispensable();
}

static int find_kind(const json_t *order, const struct kind **ret_kind, struct lct_fault *fault) {
    const char *kind = lct_json_text(order, "kind", "");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kind, kinds[i].kind) == 0) {
            *ret_kind = &kinds[i];
            return 0;
        }
    }
    return lct_fault_set(fault, -EINVAL, "jobs", "There is no kind of job \"%s\".",
                         "没有“%s”这种任务。", kind);
}

/* The folder that a kind of job may write beside its own; NULL: none, or it is not there, which the
 * job says. Owned. */
static char *written_by(const struct lct_worker_job *job, const struct kind *kind) {
    const char *id = kind->writes ? lct_json_text(job->order, kind->writes, "") : "";
    char *folder = !*id                                ? NULL
                   : strcmp(kind->writes, "edit") == 0 ? lct_format("%s/edits/%s", job->data, id)
                                                       : lct_item_folder(job->data, id);
    if (folder && access(folder, F_OK) < 0) {
        free(folder);
        folder = NULL;
    }
    return folder;
}

/* All lessons and clips may be looked at: which ones a clip is made of it says itself. */
static int shut_in(const struct lct_worker_job *job, const struct kind *kind,
                   struct lct_fault *fault) {
    LCT_FREE char *lessons = lct_format("%s/lessons", job->data);
    LCT_FREE char *clips = lct_format("%s/clips", job->data);
    LCT_FREE char *edits = lct_format("%s/edits", job->data);
    LCT_FREE char *written = written_by(job, kind);
    const char *const writes[] = {job->folder, written, NULL};
    const char *const reads[] = {lessons, clips, kind->reads_edits ? edits : NULL, NULL};
    return lct_worker_shut_in(writes, NULL, reads, FILE_BYTES, fault);
}

/* The logo as it is now: what is put in its place later nobody may open who is shut in. */
static int take_logo(struct lct_worker_job *job, struct lct_fault *fault) {
    LCT_FREE char *bytes = NULL;
    size_t n = 0;
    int rc = lct_logo_load(job->data, &bytes, &n);
    if (rc == -ENOENT) {
        return 0;
    }
    job->logo = lct_format("%s/logo.png", job->folder);
    rc = rc ? rc : lct_io_replace(&lct_io_system, job->logo, bytes, n);
    return rc < 0 ? lct_fault_set(fault, rc, "jobs",
                                  "The school's logo cannot be copied: %s. Choose another.",
                                  "无法读取学校的校标：%s。请换一张。", strerror(-rc))
                  : 0;
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
    const struct kind *kind = NULL;
    int rc = lct_json_load(path, LCT_JOB_BYTES_MAX, &json, &fault);
    struct lct_worker_job job = {
        .data = argv[1], .folder = folder, .order = json_object_get(json, "order")};
    rc = rc ? rc : find_kind(job.order, &kind, &fault);
    be_modest(kind);
    rc = rc || !kind->draws ? rc : take_logo(&job, &fault);
    rc = rc || kind->begins_open ? rc : shut_in(&job, kind, &fault);
    rc = rc ? rc : kind->run(&job, &result, &fault);
    if (job.logo) {
        (void)remove(job.logo);
        free(job.logo);
    }
    lct_worker_few_notes(result);
    say(rc < 0 ? json_pack("{s:o}", "fault", lct_json_of_fault(&fault))
               : json_pack("{s:o}", "result", result));
    return rc < 0 ? 1 : 0;
}

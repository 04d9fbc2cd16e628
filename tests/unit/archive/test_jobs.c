// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/jobs.h"
#include "base/mem.h"
#include "tests/support/disk.h"

static char *data;
static struct lct_fault fault;
static struct lct_jobs *jobs;
static struct lct_calm *calm;
static lct_ns now, booted;

static lct_ns wall(void) { return now++; }

static lct_ns boot(void) { return booted; }

static void open_with(const struct lct_io *io) {
    lct_jobs_close(jobs);
    cr_assert_eq(lct_jobs_open(io, data, wall, &jobs, &fault), 0, "%s", fault.en);
}

static void begin(void) {
    data = lct_test_folder();
    now = 1000 * LCT_SECOND;
    open_with(&lct_io_system);
    calm = lct_calm_create(data, wall, boot);
}

static void end(void) {
    lct_jobs_close(jobs);
    lct_calm_destroy(calm);
    lct_test_remove(data);
    free(data);
}

TestSuite(jobs, .init = begin, .fini = end, .timeout = 20);

static struct lct_job *add(const char *item) {
    struct lct_job *job = NULL;
    json_t *order = json_pack("{s:s, s:s}", "kind", "export", "item", item);
    cr_assert_eq(lct_jobs_add(jobs, order, &job, &fault), 0, "%s", fault.en);
    return job;
}

static char *path_of(const struct lct_job *job, const char *name) {
    LCT_FREE char *folder = lct_jobs_folder(jobs, job);
    return lct_format("%s/%s", folder, name);
}

static void put(const struct lct_job *job, const char *name) {
    LCT_FREE char *path = path_of(job, name);
    FILE *f = fopen(path, "w");
    cr_assert(f && fputs("x", f) >= 0 && fclose(f) == 0);
}

static bool has(const struct lct_job *job, const char *name) {
    LCT_FREE char *path = path_of(job, name);
    return access(path, F_OK) == 0;
}

/* The job that waits longest. */
static struct lct_job *next(void) {
    struct lct_job *job = lct_jobs_first(jobs);
    while (job && job->state != LCT_JOB_WAITING) {
        job = job->next;
    }
    return job;
}

static json_t *a_fault(void) {
    return json_pack("{s:s, s:s, s:s}", "code", "failed", "en", "No.", "zh", "不。");
}

Test(jobs, are_there_after_a_crash) {
    char first[LCT_JOB_ID_SIZE];
    struct lct_job *job = add("one");
    (void)snprintf(first, sizeof first, "%s", job->id);
    (void)add("two");
    open_with(&lct_io_system);
    job = lct_jobs_first(jobs);
    cr_assert(job && job->next && !job->next->next);
    cr_assert_str_eq(job->id, first);
    cr_assert_eq(job->state, LCT_JOB_WAITING);
    cr_assert_str_eq(lct_json_text(job->next->order, "item", ""), "two");
    cr_assert_eq(next(), job);
    cr_assert_eq(lct_jobs_find(jobs, first), job);
    cr_assert_null(lct_jobs_find(jobs, "job-x"));
}

Test(jobs, end_with_what_they_made) {
    struct lct_job *job = add("one");
    cr_assert_eq(lct_jobs_take(jobs, job), 0);
    put(job, "out.mp4");
    lct_jobs_end(jobs, job, json_pack("{s:s}", "file", "out.mp4"), NULL);
    open_with(&lct_io_system);
    job = lct_jobs_first(jobs);
    cr_assert_eq(job->state, LCT_JOB_DONE);
    cr_assert_str_eq(lct_json_text(job->result, "file", ""), "out.mp4");
    cr_assert(has(job, "out.mp4") && job->ended != LCT_NS_NONE);
    cr_assert_null(next());
    cr_assert_eq(lct_jobs_again(jobs, job, &fault), -EALREADY);
}

Test(jobs, that_fail_or_are_cancelled_leave_nothing_but_why) {
    struct lct_job *failed = add("one"), *cancelled = add("two");
    cr_assert_eq(lct_jobs_take(jobs, failed), 0);
    put(failed, "out.mp4.part");
    lct_jobs_end(jobs, failed, NULL, a_fault());
    cr_assert_not(has(failed, "out.mp4.part"));
    cr_assert_eq(lct_jobs_take(jobs, cancelled), 0);
    put(cancelled, "half");
    lct_jobs_cancel(jobs, cancelled);
    cr_assert_not(has(cancelled, "half"));
    open_with(&lct_io_system);
    failed = lct_jobs_first(jobs);
    cr_assert_eq(failed->state, LCT_JOB_FAILED);
    cr_assert_str_eq(lct_json_text(failed->fault, "zh", ""), "不。");
    cr_assert_eq(failed->next->state, LCT_JOB_CANCELLED);
}

Test(jobs, that_die_are_taken_again_and_then_given_up) {
    struct lct_job *job = add("one");
    for (unsigned i = 1; i <= LCT_JOB_TRIES; i++) {
        cr_assert_eq(next(), job);
        cr_assert_eq(lct_jobs_take(jobs, job), 0);
        cr_assert_eq(job->tries, i);
        put(job, "half");
        if (i == 2) { /* once the worker alone, else with its server */
            cr_assert(lct_jobs_died(jobs, job));
        } else {
            open_with(&lct_io_system);
        }
        job = lct_jobs_first(jobs);
        cr_assert_not(has(job, "half"));
    }
    cr_assert_eq(job->state, LCT_JOB_FAILED);
    cr_assert(strstr(lct_json_text(job->fault, "en", ""), "3 times"));
    cr_assert_eq(lct_jobs_again(jobs, job, &fault), 0, "%s", fault.en);
    cr_assert(job->state == LCT_JOB_WAITING && job->tries == 0 && !job->fault);
}

Test(jobs, that_are_put_back_lose_no_try) {
    struct lct_job *job = add("one");
    for (unsigned i = 0; i < 2 * LCT_JOB_TRIES; i++) {
        cr_assert_eq(lct_jobs_take(jobs, job), 0);
        lct_jobs_put_back(jobs, job);
    }
    cr_assert_eq(job->state, LCT_JOB_WAITING);
}

Test(jobs, wait_behind_all_others_when_they_are_wanted_again) {
    struct lct_job *one = add("one"), *two = add("two");
    lct_jobs_cancel(jobs, one);
    cr_assert_eq(next(), two);
    cr_assert_eq(lct_jobs_again(jobs, one, &fault), 0);
    cr_assert_eq(next(), two);
    cr_assert_eq(lct_jobs_first(jobs)->next, one);
}

Test(jobs, go_after_a_time) {
    struct lct_job *job = add("one");
    lct_jobs_cancel(jobs, job);
    (void)add("two");
    cr_assert_not(lct_jobs_mend(jobs, calm));
    LCT_FREE char *folder = lct_jobs_folder(jobs, job);
    now += LCT_JOBS_KEPT + LCT_SECOND;
    cr_assert_not(lct_jobs_mend(jobs, calm), "the clock has leapt");
    now += LCT_JOBS_KEPT;
    booted += LCT_JOBS_KEPT;
    cr_assert(lct_jobs_mend(jobs, calm));
    cr_assert(access(folder, F_OK) < 0 && errno == ENOENT);
    cr_assert_null(lct_jobs_first(jobs)->next); /* what waits stays */
}

Test(jobs, are_not_taken_when_there_are_too_many) {
    struct lct_job *job;
    for (unsigned i = 0; i < LCT_JOBS_WAITING_MAX; i++) {
        (void)add("one");
    }
    cr_assert_eq(lct_jobs_add(jobs, json_object(), &job, &fault), -EUSERS);
    lct_jobs_cancel(jobs, lct_jobs_first(jobs));
    (void)add("two");
}

static int sync_nothing(const struct lct_io *io, int fd) {
    (void)io;
    return fd < 0;
}

static int sync_no_folder(const struct lct_io *io, const char *path) {
    (void)io;
    return !*path;
}

Test(jobs, that_are_over_make_room_unless_they_made_a_file) {
    struct lct_io quick = lct_io_system; /* there are many */
    quick.fdatasync = sync_nothing;
    quick.sync_folder = sync_no_folder;
    open_with(&quick);
    struct lct_job *made = add("one");
    cr_assert_eq(lct_jobs_take(jobs, made), 0);
    put(made, "out.mp4");
    lct_jobs_end(jobs, made, json_pack("{s:s}", "file", "out.mp4"), NULL);
    for (unsigned i = 1; i < LCT_JOBS_MAX; i++) {
        lct_jobs_cancel(jobs, add("two"));
    }
    cr_assert_eq(lct_jobs_again(jobs, made->next, &fault), 0,
                 "one that is kept takes no more room");
    lct_jobs_cancel(jobs, next());
    LCT_FREE char *oldest = lct_jobs_folder(jobs, made->next);
    (void)add("three");
    cr_assert(access(oldest, F_OK) < 0 && errno == ENOENT);
    cr_assert(lct_jobs_first(jobs) == made && has(made, "out.mp4"));
}

Test(jobs, half_asked_for_or_damaged_harm_no_other) {
    struct lct_job *job = add("one");
    LCT_FREE char *half = lct_format("%s/jobs/job-20260101-000000-00000000", data);
    LCT_FREE char *bad = lct_format("%s/jobs/job-20260101-000000-00000001", data);
    LCT_FREE char *path = lct_format("%s/job.json", bad);
    cr_assert(mkdir(half, 0750) == 0 && mkdir(bad, 0750) == 0);
    FILE *f = fopen(path, "w");
    cr_assert(f && fputs("{\"state\":\"wai", f) >= 0 && fclose(f) == 0);
    open_with(&lct_io_system);
    job = lct_jobs_first(jobs);
    cr_assert(job && !job->next);
    cr_assert(access(half, F_OK) < 0);
    cr_assert_eq(access(path, F_OK), 0); /* for somebody to look at */
}

Test(jobs, say_that_the_disk_is_full_and_are_written_later) {
    struct lct_test_disk disk;
    lct_test_disk_init(&disk);
    open_with(&disk.io);
    struct lct_job *job = add("one"), *none = NULL;
    disk.full = true;
    cr_assert_eq(lct_jobs_add(jobs, json_object(), &none, &fault), -ENOSPC);
    cr_assert(lct_jobs_first(jobs) == job && !job->next);
    cr_assert_eq(lct_jobs_take(jobs, job), -ENOSPC);
    cr_assert(job->state == LCT_JOB_WAITING && job->tries == 0);
    disk.full = false;
    cr_assert_eq(lct_jobs_take(jobs, job), 0);
    disk.full = true;
    lct_jobs_end(jobs, job, NULL, a_fault());
    cr_assert(job->unwritten);
    disk.full = false;
    (void)lct_jobs_mend(jobs, calm);
    cr_assert_not(job->unwritten);
    open_with(&lct_io_system);
    cr_assert_eq(lct_jobs_first(jobs)->state, LCT_JOB_FAILED);
    lct_test_disk_forget(&disk);
}

/* As a worker whose server could not write that the one before it died. */
Test(jobs, that_run_keep_what_they_make_whatever_was_not_written_before) {
    struct lct_test_disk disk;
    lct_test_disk_init(&disk);
    open_with(&disk.io);
    struct lct_job *job = add("one");
    cr_assert_eq(lct_jobs_take(jobs, job), 0);
    disk.full = true;
    cr_assert(lct_jobs_died(jobs, job));
    cr_assert(job->unwritten);
    disk.full = false;
    cr_assert_eq(lct_jobs_take(jobs, job), 0);
    put(job, "out.mp4.part");
    (void)lct_jobs_mend(jobs, calm);
    cr_assert(has(job, "out.mp4.part"));
    lct_test_disk_forget(&disk);
}

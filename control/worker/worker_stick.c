// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * lectern-worker stick: started by udev when a USB stick is inserted
 * (control/service/lectern-stick@.service). Copies what archive/sticks.h says is wanted, and
 * nothing else: a stick for which nothing is wanted is not even opened.
 *
 *     mount -> child: write -> unmount, mount -> child: compare, name -> unmount -> eject
 *
 * This process mounts, and reads no byte of a lesson or a stick. Its children, which do, are shut
 * in and can mount nothing; how far they are they write down, and when a child dies that is all
 * there is: what is copying still when the stick is unmounted has a name on it, or did not work.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/cut/movie.h"
#include "archive/lesson/lesson.h"
#include "archive/library/metadata.h"
#include "archive/sticks.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "control/command/command.h"
#include "control/settings.h"
#include "control/worker/shut_in.h"
#include "control/worker/stick.h"
#include "control/worker/stick_file.h"
#include "control/worker/worker_jobs.h"

LCT_LOG_TOPIC("stick");

#define SAY_EVERY LCT_SECOND

/* A lesson's file has no bound but the stick's. */
#define FILE_BYTES ((uint64_t)INT64_MAX)

static bool is(const json_t *stick, const char *state) {
    return strcmp(lct_json_text(stick, "state", ""), state) == 0;
}

/* ---- what is said ---- */

/* 0; -ECANCELED: nobody wants it any more. What the disk does not take is logged. */
static int say(const char *data, json_t *stick, const char *state) {
    json_object_set_new(stick, "state", json_string(state));
    int rc = lct_sticks_say(data, stick);
    if (rc < 0 && rc != -ENOENT) {
        lct_warn("it cannot be said how a copy is", "error=%s", strerror(-rc));
    }
    return rc == -ENOENT ? -ECANCELED : 0;
}

static void say_fault(const char *data, json_t *stick, const struct lct_fault *fault) {
    lct_warn("a lesson was not copied to a stick", "lesson=%s why=%s",
             lct_json_text(stick, "item", ""), fault->en);
    json_object_del(stick, "progress");
    json_object_set_new(stick, "fault", lct_json_of_fault(fault));
    (void)say(data, stick, "waiting"); /* wanted no more: nobody asks */
}

struct copy {
    const char *data;
    json_t *stick; /* borrowed */
    lct_ns said;
};

static int on_progress(void *arg, double part) {
    struct copy *copy = arg;
    if (lct_monotonic() - copy->said < SAY_EVERY) {
        return 0;
    }
    copy->said = lct_monotonic();
    json_object_set_new(copy->stick, "progress", json_real(part));
    return say(copy->data, copy->stick, "copying");
}

/* ---- one lesson, in the child ---- */

static void title_of(const char *folder, const struct lct_lesson_info *info, char *out, size_t n) {
    LCT_JSON json_t *metadata = NULL;
    struct lct_fault unused;
    const char *title = info->title;
    if (lct_metadata_load(folder, &metadata, &unused) == 0) {
        title = lct_json_text(metadata, "title", title);
    }
    lct_text_copy(out, n, title);
}

typedef int (*step_fn)(const struct lct_stick_file *file, json_t *stick, struct lct_fault *fault);

static int write_it(const struct lct_stick_file *file, json_t *stick, struct lct_fault *fault) {
    (void)stick;
    return lct_stick_write(file, fault);
}

static int check_it(const struct lct_stick_file *file, json_t *stick, struct lct_fault *fault) {
    char name[LCT_STICK_NAME_SIZE];
    int rc = lct_stick_check(file, name, fault);
    if (rc == 0) {
        json_object_set_new(stick, "file", json_string(name));
    }
    return rc;
}

/* 0; why not with this lesson, with a fault; -ECANCELED; or what is wrong with the stick, without.
 */
static int one(struct copy *copy, step_fn step, struct lct_fault *fault) {
    const char *id = lct_json_text(copy->stick, "item", "");
    LCT_FREE char *folder = lct_format("%s/lessons/%s", copy->data, id);
    char title[LCT_STICK_NAME_SIZE], name[LCT_STICK_NAME_SIZE];
    struct lct_lesson_info info;
    struct lct_movie *movie = NULL;
    int rc = lct_lesson_load(folder, &info, fault);
    rc = rc ? rc : lct_movie_open(folder, NULL, 0, &movie, fault);
    if (rc < 0) {
        return rc;
    }
    title_of(folder, &info, title, sizeof title);
    lct_stick_name(title, id, info.zero_wall, name);
    rc = step(&(struct lct_stick_file){.folder = LCT_STICK_PLACE,
                                       .id = id,
                                       .name = name,
                                       .movie = movie,
                                       .said = on_progress,
                                       .arg = copy},
              copy->stick, fault);
    lct_movie_close(movie);
    return rc;
}

/* One step for each that is in this state, until something is wrong with the stick: that is
 * returned, and what was copied stays as it is said. */
static int each(const char *data, const char *state, step_fn step) {
    LCT_JSON json_t *list = lct_sticks_list(data);
    size_t i;
    json_t *stick;
    int rc = 0;
    json_array_foreach(list, i, stick) {
        struct copy copy = {.data = data, .stick = stick};
        struct lct_fault fault = {.code = 0};
        if (rc < 0 || !is(stick, state)) {
            continue;
        }
        rc = say(data, stick, "copying");
        rc = rc ? rc : one(&copy, step, &fault);
        rc = rc ? rc : say(data, stick, "copying");
        if (fault.code) {
            say_fault(data, stick, &fault);
        }
        rc = fault.code || rc == -ECANCELED ? 0 : rc;
    }
    return rc;
}

/* ---- children ---- */

/* Of what the unit gives, a child keeps this one: where a stick has owners it writes all the same.
 */
static int drop_capabilities(void) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct have[_LINUX_CAPABILITY_U32S_3], keep[_LINUX_CAPABILITY_U32S_3];
    memset(keep, 0, sizeof keep);
    if (syscall(SYS_capget, &head, have) < 0) {
        return -errno;
    }
    keep[0].permitted = keep[0].effective = have[0].permitted & (1U << CAP_DAC_OVERRIDE);
    return syscall(SYS_capset, &head, keep) < 0 ? -errno : 0;
}

/* What reads bytes: 0, or an -errno of the stick. */
static int run_child(const char *data, const char *state, step_fn step) {
    LCT_FREE char *lessons = lct_format("%s/lessons", data), *said = lct_format("%s/sticks", data);
    const char *const reads[] = {lessons, NULL}, *const writes[] = {said, LCT_STICK_PLACE, NULL};
    struct lct_fault fault;
    int rc = prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? -errno : drop_capabilities();
    if (rc < 0 || lct_worker_shut_in(writes, NULL, reads, FILE_BYTES, &fault) < 0) {
        lct_error("what copies to a stick cannot be shut in", "error=%s",
                  rc < 0 ? strerror(-rc) : fault.en);
        return -ECHILD;
    }
    return each(data, state, step);
}

/* The same by a child: what it returned; -ECHILD: it died. */
static int in_child(const char *data, const char *state, step_fn step) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        _exit(-run_child(data, state, step));
    }
    pid_t ended = child;
    while (child > 0 && (ended = waitpid(child, &status, 0)) < 0 && errno == EINTR) {
    }
    return ended < 0 || !WIFEXITED(status) ? -ECHILD : -WEXITSTATUS(status);
}

/* ---- a stick ---- */

static bool any(const json_t *list, const char *state) {
    size_t i;
    const json_t *stick;
    bool found = false;
    json_array_foreach(list, i, stick) { found = found || is(stick, state); }
    return found;
}

static bool any_now(const char *data, const char *state) {
    LCT_JSON json_t *list = lct_sticks_list(data);
    return any(list, state);
}

/* What another stick, or a job that died, left behind is forgotten: all that are wanted wait. */
static void begin(const char *data) {
    LCT_JSON json_t *list = lct_sticks_list(data);
    size_t i;
    json_t *stick;
    json_array_foreach(list, i, stick) {
        if (!is(stick, "done")) {
            json_object_del(stick, "progress");
            json_object_del(stick, "file");
            json_object_del(stick, "fault");
            (void)say(data, stick, "waiting"); /* wanted no more: then it is not taken */
        }
    }
}

/* The stick is unmounted: what has its name on it is done; rc < 0: what else is wanted, and is not
 * said why not, was not copied because of that. */
static void end(const char *data, int rc, const struct lct_fault *fault) {
    LCT_JSON json_t *list = lct_sticks_list(data);
    size_t i;
    json_t *stick;
    json_array_foreach(list, i, stick) {
        const char *file = lct_json_text(stick, "file", "");
        if (is(stick, "copying") && *file) {
            char now[32];
            lct_wall_format(lct_wall(), now, sizeof now);
            json_object_del(stick, "progress");
            json_object_set_new(stick, "at", json_string(now));
            (void)say(data, stick, "done"); /* wanted no more: it is on the stick all the same */
            lct_info("a lesson was copied to a stick", "lesson=%s file=%s",
                     lct_json_text(stick, "item", ""), file);
        } else if (rc < 0 && !is(stick, "done") && !json_object_get(stick, "fault")) {
            say_fault(data, stick, fault);
        }
    }
}

/* One step of all that are in this state, on the stick that is mounted; then it is no more. 0, or
 * -errno with a fault. */
static int take(const char *data, const char *device, const char *state, step_fn step,
                struct lct_fault *fault) {
    int rc = in_child(data, state, step), closed = lct_stick_unmount();
    rc = lct_stick_is_gone(device) ? -ENODEV : rc ? rc : closed;
    if (rc == -ECHILD) {
        return lct_fault_set(fault, rc, "stick", "Copying ended before it was done.",
                             "复制意外中断。");
    }
    return rc < 0 ? lct_stick_fault(rc, fault) : 0;
}

/* What was written is compared and named, even when more could not be written. */
static int copy_all(const char *data, const char *device, struct lct_fault *fault) {
    struct lct_fault second;
    int rc = take(data, device, "waiting", write_it, fault);
    if (any_now(data, "copying")) {
        int checked = lct_stick_mount(device, &second);
        checked = checked ? checked : take(data, device, "copying", check_it, &second);
        if (rc == 0 && checked < 0) {
            rc = checked;
            *fault = second;
        }
    }
    int ejected = lct_stick_eject(device);
    lct_info("a stick may be pulled out", "device=%s ejected=%s", device,
             ejected < 0 ? strerror(-ejected) : "yes");
    return rc;
}

static bool any_fault(const char *data) {
    LCT_JSON json_t *list = lct_sticks_list(data);
    size_t i;
    const json_t *stick;
    bool found = false;
    json_array_foreach(list, i, stick) { found = found || json_object_get(stick, "fault"); }
    return found;
}

/* One stick after the other: a second one gets what the first one left. 0, or 1: something could
 * not be copied, and it is said why. */
static int serve(const char *data, const char *device) {
    if (!any_now(data, "waiting")) {
        return 0;
    }
    int turn = lct_sticks_turn(data), rc = 0;
    if (turn < 0) {
        lct_error("a stick is not served", "error=%s", strerror(-turn));
        return 1;
    }
    /* Another stick may have taken all meanwhile, and what was ejected is there no more. */
    if ((any_now(data, "waiting") || any_now(data, "copying")) && !lct_stick_is_gone(device)) {
        struct lct_fault fault;
        begin(data);
        rc = lct_stick_hide(&fault);
        rc = rc ? rc : lct_stick_mount(device, &fault);
        rc = rc ? rc : copy_all(data, device, &fault);
        end(data, rc, &fault);
        rc = any_fault(data) ? 1 : 0;
    }
    lct_unlock(turn);
    return rc;
}

int lct_worker_stick(int argc, char **argv) {
    static const struct option known[] = {{"config", required_argument, NULL, 'c'},
                                          {NULL, 0, NULL, 0}};
    const char *path = NULL;
    struct lct_config *config = NULL;
    struct lct_fault fault;
    int c, rc = 0;
    while ((c = getopt_long(argc, argv, "", known, NULL)) == 'c') {
        path = optarg;
    }
    if (c != -1 || optind + 1 != argc) {
        (void)fputs("usage: lectern-worker stick DEVICE [--config FILE]\n", stderr);
        return 2;
    }
    if (lct_settings_read(path, &config, &fault) < 0) {
        return lct_command_fail(&fault, false);
    }
    if (lct_config_flag(config, "library", NULL, "sticks")) {
        rc = serve(lct_config_text(config, "disk", NULL, "data"), argv[optind]);
    }
    lct_config_destroy(config);
    return rc;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern rebuild: makes the library's index anew from the lessons' folders, while no server runs.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/library/catalogue.h"
#include "base/lock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "control/command/command.h"
#include "control/programs.h"

/* How it goes is looked at so often. */
#define LOOK (100 * LCT_MS)

struct rebuild {
    struct lct_loop *loop;
    struct lct_catalogue *catalogue;
    struct lct_timer *timer;
};

static int usage(void) {
    (void)fputs(lct_say("usage: lectern rebuild [--data DIR] [--json]\n"
                        "Makes the library's index anew from the folders of its lessons.\n",
                        "用法：lectern rebuild [--data 文件夹] [--json]\n"
                        "根据课程文件夹重新生成资源库索引。\n"),
                stderr);
    return 2;
}

static bool nobody_records(void *arg, const char *lesson) {
    (void)arg;
    (void)lesson;
    return false;
}

/* Nothing but an index is removed. */
static int remove_index(const char *data, struct lct_fault *fault) {
    static const char *const parts[] = {".sum", "-shm", "-wal", ""};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        LCT_FREE char *path = lct_format("%s/library.db%s", data, parts[i]);
        if (unlink(path) < 0 && errno != ENOENT) {
            return lct_fault_set(fault, -errno, "rebuild", "%s cannot be removed: %s.",
                                 "无法删除 %s：%s。", path, strerror(errno));
        }
    }
    return 0;
}

static void look(void *arg) {
    struct rebuild *r = arg;
    LCT_JSON json_t *health = lct_catalogue_health(r->catalogue);
    bool ill = json_object_get(health, "fault") != NULL;
    if (!ill && lct_json_flag(health, "building", true)) {
        lct_timer_set(r->timer, lct_monotonic() + LOOK);
        return;
    }
    lct_loop_stop(r->loop);
}

/* 0, or the fault that stands in health. */
static int build(const char *data, long long *ret_items, struct lct_fault *fault) {
    struct rebuild r = {.loop = lct_loop_create()};
    const struct lct_catalogue_settings settings = {
        .data = data, .loop = r.loop, .is_recording = nobody_records};
    r.catalogue = lct_catalogue_create(&settings);
    r.timer = lct_timer_create(r.loop, look, &r);
    lct_timer_set(r.timer, lct_monotonic() + LOOK);
    lct_loop_run(r.loop);
    LCT_JSON json_t *health = lct_catalogue_health(r.catalogue);
    const json_t *ill = json_object_get(health, "fault");
    int rc = ill ? lct_json_to_fault(ill, "rebuild", fault) : 0;
    *ret_items = lct_json_int(health, "items", 0);
    lct_timer_destroy(r.timer);
    lct_catalogue_end(r.catalogue);
    lct_loop_destroy(r.loop);
    lct_catalogue_destroy(r.catalogue);
    return rc;
}

static int rebuild(const char *data, bool json, struct lct_fault *fault) {
    LCT_FREE char *path = lct_format("%s/server.lock", data);
    long long items = 0;
    int rc = lct_command_folder(data, fault);
    if (rc < 0) {
        return rc;
    }
    int lock = lct_lock_file(path);
    if (lock < 0) {
        return lct_fault_set(fault, lock, "rebuild",
                             "A lectern-server runs on %s, or it cannot be locked. Stop the server "
                             "first: it keeps the index itself.",
                             "%s 正在被 lectern-server 使用或无法锁定。请先停止服务器。", data);
    }
    rc = remove_index(data, fault);
    rc = rc ? rc : build(data, &items, fault);
    lct_unlock(lock);
    if (rc == 0 && json) {
        (void)printf("{\"items\":%lld}\n", items);
    } else if (rc == 0) {
        (void)printf(lct_say("The index has %lld lessons and microlessons.\n",
                             "索引中共有 %lld 个课程和微课。\n"),
                     items);
    }
    return rc;
}

int lct_cmd_rebuild(int argc, char **argv) {
    static const struct option known[] = {{"data", required_argument, NULL, 'd'},
                                          {"json", no_argument, NULL, 'j'},
                                          {NULL, 0, NULL, 0}};
    LCT_FREE char *preset = lct_default_data();
    const char *data = preset;
    struct lct_fault fault;
    bool json = false;
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        data = c == 'd' ? optarg : data;
        json = json || c == 'j';
        if (c == '?') {
            return usage();
        }
    }
    if (optind < argc) {
        return usage();
    }
    return rebuild(data, json, &fault) < 0 ? lct_command_fail(&fault, json) : 0;
}

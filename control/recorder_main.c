// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The program lectern-recorder: one classroom. It connects to the server's link and does what the
 * button says; without a server it goes on with what it does. It never listens.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "control/command.h"
#include "control/remote.h"
#include "control/settings.h"
#include "control/sources.h"

struct options {
    const char *room, *data, *config;
};

static bool has_room(const struct lct_config *config, const char *id) {
    const char *known;
    for (size_t i = 0; (known = lct_config_id(config, "room", i)); i++) {
        if (strcmp(known, id) == 0) {
            return true;
        }
    }
    return false;
}

static int record(const struct options *o, const struct lct_config *config,
                  struct lct_fault *fault) {
    struct lct_sources sources;
    LCT_FREE char *lessons = lct_format("%s/lessons", o->data);
    LCT_FREE char *lock = lct_format("%s/room-%s.lock", o->data, o->room);
    LCT_FREE char *socket = lct_format("%s/link", o->data);
    if (!has_room(config, o->room)) {
        return lct_fault_set(fault, -ENOENT, "config", "There is no section [room %s] in %s.",
                             "缺少配置段 [room %s]（文件 %s）。", o->room,
                             o->config ? o->config : "the defaults");
    }
    int rc = lct_sources_read(config, o->room, &sources, fault);
    if (rc < 0) {
        return rc;
    }
    const struct lct_recorder_settings settings = {
        .room = o->room,
        .name = lct_config_text(config, "room", o->room, "name"),
        .lessons = lessons,
        .lock = lock,
        .specs = sources.specs,
        .spec_count = sources.count,
        .resume_within =
            60 * LCT_SECOND * lct_config_number(config, "recorder", NULL, "resume_minutes"),
    };
    return lct_remote_run(&settings, socket, fault);
}

static int read_options(int argc, char **argv, struct options *o) {
    static const struct option known[] = {{"room", required_argument, NULL, 'r'},
                                          {"data", required_argument, NULL, 'd'},
                                          {"config", required_argument, NULL, 'c'},
                                          {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (c) {
        case 'r':
            o->room = optarg;
            break;
        case 'd':
            o->data = optarg;
            break;
        case 'c':
            o->config = optarg;
            break;
        default:
            return -EINVAL;
        }
    }
    return optind == argc && o->room && o->data ? 0 : -EINVAL;
}

int main(int argc, char **argv) {
    lct_mem_large_apart();
    struct options o = {.room = NULL};
    struct lct_config *config = NULL;
    struct lct_fault fault;
    if (read_options(argc, argv, &o) < 0) {
        (void)fputs("usage: lectern-recorder --room ID --data DIR [--config FILE]\n", stderr);
        return 2;
    }
    int rc = lct_settings_read(o.config, &config, &fault);
    rc = rc ? rc : record(&o, config, &fault);
    lct_config_destroy(config);
    if (rc < 0) {
        (void)lct_command_fail(&fault, false);
        return rc == -EBUSY ? LCT_EXIT_BUSY : 1;
    }
    return 0;
}

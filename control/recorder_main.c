// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The program lectern-recorder: one classroom. It connects to the server's link and does what the
 * button says; without a server it goes on with what it does. It never listens. With a token the
 * server is in another building and is called over TLS.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "control/command/command.h"
#include "control/recorder/remote.h"
#include "control/recorder/sources.h"
#include "control/settings.h"

struct options {
    const char *room, *data, *config, *token_file, *server;
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

/* 1: there is a token, 0: the server is on this machine, or -errno with a fault. */
static int read_token(const struct options *o, const struct lct_config *config,
                      struct lct_room_token *ret_token, struct lct_fault *fault) {
    const char *path =
        o->token_file ? o->token_file : lct_config_text(config, "recorder", NULL, "token_file");
    if (!*path) {
        return o->server ? lct_fault_set(fault, -EINVAL, "recorder",
                                         "--server needs a token: give --token-file, too.",
                                         "--server 需要令牌：请同时指定 --token-file。")
                         : 0;
    }
    int rc = lct_room_token_load(path, o->room, ret_token, fault);
    if (rc == 0 && o->server && lct_room_token_read_place(o->server, ret_token) < 0) {
        rc = lct_fault_set(fault, -EINVAL, "recorder", "--server \"%s\" is no HOST:PORT.",
                           "--server “%s”不是“主机:端口”。", o->server);
    }
    if (rc < 0) {
        return rc;
    }
    return 1;
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
    struct lct_room_token token;
    int rc = lct_sources_read(config, o->room, &sources, fault);
    if (rc == 0 && sources.count == 0) {
        rc =
            lct_fault_set(fault, -EINVAL, "config",
                          "Room %s has no source, so there is nothing to record. Add lines "
                          "source = … to its section.",
                          "教室 %s 没有信号源，无法录制。请在其配置段中添加 source = …。", o->room);
    }
    if (rc < 0 || (rc = read_token(o, config, &token, fault)) < 0) {
        return rc;
    }
    const struct lct_remote_server server = {
        .socket = socket,
        .token = rc > 0 ? &token : NULL,
        .ca = lct_config_text(config, "recorder", NULL, "ca"),
        .copy_bps =
            UINT64_C(1000000) * (uint64_t)lct_config_number(config, "recorder", NULL, "copy_rate"),
        .free_time = 3600 * LCT_SECOND * lct_config_number(config, "recorder", NULL, "free_hours"),
    };
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
    return lct_remote_run(&settings, &server, fault);
}

static int read_options(int argc, char **argv, struct options *o) {
    static const struct option known[] = {
        {"room", required_argument, NULL, 'r'},   {"data", required_argument, NULL, 'd'},
        {"config", required_argument, NULL, 'c'}, {"token-file", required_argument, NULL, 't'},
        {"server", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
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
        case 't':
            o->token_file = optarg;
            break;
        case 's':
            o->server = optarg;
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
        (void)fputs("usage: lectern-recorder --room ID --data DIR [--config FILE]\n"
                    "                        [--token-file FILE [--server HOST:PORT]]\n",
                    stderr);
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

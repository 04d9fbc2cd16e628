// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * lectern up: starts the server and a recorder for each room, and starts again what dies. The
 * server dies with us; a recorder does not: a lesson must not end because its supervisor did. A
 * later "up" finds such a recorder by the room's lock and takes it over. A second "up" on the data
 * folder of one that runs is refused before it touches anything. With a token_file the server is in
 * another building, and its pages with it: then a recorder is all there is to start.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/io.h"
#include "base/json.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "control/command/command.h"
#include "control/programs.h"
#include "control/recorder/sources.h"
#include "control/room_token.h"
#include "control/server/rooms.h"
#include "control/settings.h"

LCT_LOG_TOPIC("up");

/* A program that lived so long is started again at once; one that dies sooner waits, twice as long
 * each time. */
#define LIVED_WELL (5 * LCT_SECOND)
#define WAIT_FIRST (100 * LCT_MS)
#define WAIT_MOST (5 * LCT_SECOND)
/* At the end: so long for lessons to be closed, then the hard way. */
#define END_PATIENCE (15 * LCT_SECOND)

/* So often a recorder that an earlier "up" left is looked at. */
#define LOOK_AGAIN LCT_SECOND
#define LOOK_AT_END (100 * LCT_MS)

#define ARGS_MAX 16
#define SERVER_LINE_MAX 1024

struct program {
    struct up *up;
    char *args[ARGS_MAX];
    bool is_server;
    char *lock;       /* a recorder's room */
    pid_t pid;        /* our child; 0: none runs */
    pid_t taken_over; /* a recorder that an earlier "up" started; 0: none */
    lct_ns started, wait;
    struct lct_timer *again; /* starts it, or looks at the one that was taken over */
};

struct options {
    const char *data, *listen, *config, *web;
    const char *sources[LCT_ROOM_SOURCES_MAX];
    size_t source_count;
    bool json;
};

struct up {
    struct lct_loop *loop;
    struct options options;
    char *data, *config;
    int lock;                                   /* of the data folder; negative: not ours */
    struct program programs[LCT_ROOMS_MAX + 1]; /* the server first */
    size_t count;
    bool elsewhere; /* the server is: none is started */
    struct lct_room_token token;
    int out_fd; /* the server's standard output; -1: none */
    struct lct_watch *out_watch;
    char line[SERVER_LINE_MAX];
    size_t line_n;
    bool ready, ending;
    struct lct_timer *hard;
    int status;
};

/* ---- the server's one line: {"url":…,"code":…} or {"fault":…}; it writes no other ---- */

static void say_ready(const struct up *up, const json_t *line) {
    const char *url = lct_json_text(line, "https", lct_json_text(line, "url", ""));
    const char *code = lct_json_text(line, "code", "");
    if (!up->options.json) {
        (void)printf(lct_say("lectern is ready.\n  page         %s?code=%s\n  access code  %s\n",
                             "lectern 已就绪。\n  网页    %s?code=%s\n  访问码  %s\n"),
                     url, code, code);
    }
}

/* Said once: a server that was started again is where the first one was. */
static void on_line(struct up *up) {
    LCT_JSON json_t *line = NULL;
    struct lct_fault unused;
    if (up->ready || lct_json_parse(up->line, up->line_n, &line, &unused) < 0) {
        return;
    }
    up->ready = json_object_get(line, "url") != NULL;
    if (up->ready) {
        say_ready(up, line);
    }
    if (up->options.json) {
        (void)printf("%.*s\n", (int)up->line_n, up->line);
    }
    (void)fflush(stdout);
}

/* The secret is not shown. */
static void say_elsewhere(const struct up *up) {
    const struct lct_room_token *token = &up->token;
    if (up->options.json) {
        LCT_JSON json_t *json = json_pack("{s:s, s:s, s:i}", "room", token->room, "server",
                                          token->host, "port", token->port);
        LCT_FREE char *text = lct_json_dump(json, NULL);
        (void)puts(text);
    } else {
        (void)printf(
            lct_say("lectern records room %s for the server at %s, port %d.\nIts page is "
                    "there; none is served here (token_file in [recorder]).\n",
                    "lectern 正在为 %2$s（端口 %3$d）的服务器录制教室 %1$s。\n"
                    "网页在那台服务器上；本机不提供网页（[recorder] 中设置了 token_file）。\n"),
            token->room, token->host, token->port);
    }
    (void)fflush(stdout);
}

static void close_output(struct up *up) {
    lct_watch_destroy(up->out_watch);
    up->out_watch = NULL;
    if (up->out_fd >= 0) {
        close(up->out_fd);
    }
    up->out_fd = -1;
    up->line_n = 0;
}

static void read_output(void *opaque, uint32_t events) {
    struct up *up = opaque;
    (void)events;
    ssize_t n = read(up->out_fd, up->line + up->line_n, sizeof up->line - up->line_n);
    up->line_n += n > 0 ? (size_t)n : 0;
    char *end = memchr(up->line, '\n', up->line_n);
    if (end) {
        up->line_n = (size_t)(end - up->line);
        on_line(up);
    }
    if (end || n == 0 || (n < 0 && errno != EAGAIN) || up->line_n == sizeof up->line) {
        close_output(up);
    }
}

/* ---- programs ---- */

static void start_later(struct program *p) {
    lct_ns lived = lct_monotonic() - p->started;
    p->wait = lived > LIVED_WELL ? 0 : p->wait == 0 ? WAIT_FIRST : 2 * p->wait;
    p->wait = p->wait > WAIT_MOST ? WAIT_MOST : p->wait;
    lct_timer_set(p->again, lct_monotonic() + p->wait);
}

/* True while the room's recorder is one that somebody else started. */
static bool take_over(struct program *p) {
    pid_t holder = p->is_server ? 0 : lct_lock_holder(p->lock);
    if (holder > 0 && holder != p->taken_over) {
        lct_info("a recorder that runs already is left to run", "lock=%s pid=%ld", p->lock,
                 (long)holder);
    }
    p->taken_over = holder;
    return holder > 0;
}

static void start(struct program *p) {
    struct up *up = p->up;
    const struct lct_child_options options = {
        .dies_with_us = p->is_server,
        .ret_stdout = p->is_server ? &up->out_fd : NULL,
    };
    if (take_over(p)) {
        lct_timer_set(p->again, lct_monotonic() + LOOK_AGAIN);
        return;
    }
    if (p->is_server) {
        close_output(up); /* of the one before */
    }
    p->started = lct_monotonic();
    pid_t pid = lct_child_start(p->args, &options);
    if (pid < 0) {
        lct_error("cannot start a program", "program=%s error=%s", p->args[0], strerror(-pid));
        start_later(p);
        return;
    }
    p->pid = pid;
    if (p->is_server) {
        up->out_watch = lct_watch_create(up->loop, up->out_fd, EPOLLIN, read_output, up);
    }
}

/* The server stays until the recorders have closed their lessons: somebody may be looking. */
static void end_when_alone(struct up *up) {
    for (size_t i = 1; i < up->count; i++) {
        if (up->programs[i].pid > 0 || up->programs[i].taken_over > 0) {
            return;
        }
    }
    if (up->programs[0].pid > 0) {
        (void)kill(up->programs[0].pid, SIGTERM); /* gone already: reaped next */
    } else {
        lct_loop_stop(up->loop);
    }
}

static void on_again(void *opaque) {
    struct program *p = opaque;
    if (!p->up->ending) {
        start(p);
    } else if (take_over(p)) {
        lct_timer_set(p->again, lct_monotonic() + LOOK_AT_END);
    } else {
        end_when_alone(p->up);
    }
}

/* Ends what we started and, when a person wants it, what we took over. */
static void end_all(struct up *up, bool all) {
    up->ending = true;
    for (size_t i = 1; i < up->count; i++) {
        struct program *p = &up->programs[i];
        p->taken_over = all && p->pid == 0 ? lct_lock_holder(p->lock) : 0;
        pid_t pid = p->pid > 0 ? p->pid : p->taken_over;
        if (pid > 0) {
            (void)kill(pid, SIGTERM); /* gone already: fine */
        }
        lct_timer_set(p->again, p->taken_over > 0 ? lct_monotonic() + LOOK_AT_END : LCT_NS_NONE);
    }
    lct_timer_set(up->programs[0].again, LCT_NS_NONE);
    lct_timer_set(up->hard, lct_monotonic() + END_PATIENCE);
    end_when_alone(up);
}

static void end_hard(void *opaque) {
    struct up *up = opaque;
    for (size_t i = 0; i < up->count; i++) {
        struct program *p = &up->programs[i];
        if (p->pid > 0) {
            lct_error("a program does not end and is killed", "program=%s", p->args[0]);
            (void)kill(p->pid, SIGKILL); /* gone already: fine */
        } else if (p->taken_over > 0) {
            lct_error("a recorder does not end and is left to itself", "pid=%ld",
                      (long)p->taken_over);
            p->taken_over = 0;
            lct_timer_set(p->again, LCT_NS_NONE);
        }
    }
    end_when_alone(up);
}

static void program_ended(struct up *up, struct program *p, int status) {
    p->pid = 0;
    bool refused = WIFEXITED(status) && (WEXITSTATUS(status) == 1 || WEXITSTATUS(status) == 2);
    if (up->ending) {
        end_when_alone(up);
        return;
    }
    if (p->is_server && up->out_fd >= 0) {
        read_output(up, 0); /* its last word */
    }
    if (p->is_server && !up->ready && refused) { /* its own sentence has said why */
        up->status = 1;
        end_all(up, false);
        return;
    }
    bool busy = !p->is_server && WIFEXITED(status) && WEXITSTATUS(status) == LCT_EXIT_BUSY;
    if (!busy) {
        lct_warn("a program ended and is started again", "program=%s status=%d signal=%d",
                 p->args[0], WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                 WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    }
    start_later(p);
}

static void reap(struct up *up) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < up->count; i++) {
            if (up->programs[i].pid == pid) {
                program_ended(up, &up->programs[i], status);
            }
        }
    }
}

static void on_signal(void *opaque, int signal) {
    struct up *up = opaque;
    if (signal == SIGCHLD) {
        reap(up);
    } else if (!up->ending) {
        end_all(up, true);
    }
}

/* ---- what to start ---- */

/* The room of --source. It has no name: each page calls it a classroom in its own language. */
static int write_config(struct up *up, struct lct_fault *fault) {
    char text[LCT_ROOM_SOURCES_MAX * (LCT_CONFIG_VALUE_MAX + 16) + 64];
    size_t n = (size_t)snprintf(text, sizeof text, "[room main]\n");
    for (size_t i = 0; i < up->options.source_count; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "source = %s\n", up->options.sources[i]);
    }
    up->config = lct_format("%s/up.conf", up->data);
    int rc = lct_io_replace(&lct_io_system, up->config, text, n);
    if (rc < 0) {
        return lct_fault_unwritten(fault, rc, "up", up->config);
    }
    return 0;
}

static int find_config(struct up *up, struct lct_fault *fault) {
    const char *system_wide = lct_default_config();
    if (up->options.source_count > 0) {
        return write_config(up, fault);
    }
    if (up->options.config) {
        up->config = lct_strdup(up->options.config);
        return 0;
    }
    if (system_wide) {
        up->config = lct_strdup(system_wide);
        return 0;
    }
    return lct_fault_set(
        fault, -ENOENT, "up",
        "No room is configured. Give --source SPEC ('lectern devices' lists them; "
        "--source demo always works), or write %s.",
        "尚未配置教室。请使用 --source 来源（lectern devices 可列出；--source demo "
        "总可使用），或编写 %s。",
        LCT_CONFIG_PATH);
}

static struct program *add_program(struct up *up, const char *name) {
    char path[LCT_PROGRAM_PATH_SIZE];
    struct program *p = &up->programs[up->count++];
    lct_program_path(name, path);
    *p = (struct program){.up = up, .again = lct_timer_create(up->loop, on_again, p)};
    p->args[0] = lct_strdup(path);
    return p;
}

static void add_arg(struct program *p, const char *option, const char *value) {
    size_t n = 0;
    while (p->args[n]) {
        n++;
    }
    if (value && n + 3 < ARGS_MAX) {
        p->args[n] = lct_strdup(option);
        p->args[n + 1] = lct_strdup(value);
    }
}

/* A room that cannot be recorded is said now: its recorder would only say it again and again. */
static int check_rooms(const struct lct_config *config, struct lct_fault *fault) {
    const char *id;
    for (size_t i = 0; (id = lct_config_id(config, "room", i)); i++) {
        struct lct_sources unused;
        int rc = lct_sources_read(config, id, &unused, fault);
        if (rc < 0) {
            return rc;
        }
        if (i == LCT_ROOMS_MAX) {
            (void)lct_fault_set(fault, -E2BIG, "up", "there may be at most %d rooms.",
                                "最多 %d 间教室。", LCT_ROOMS_MAX);
            return lct_config_blame(config, "room", id, "source", 0, fault);
        }
    }
    return 0;
}

/* With a token, which is of one room: that the rooms with sources here are just this one. */
static int read_token(struct up *up, const struct lct_config *config, struct lct_fault *fault) {
    const char *path = lct_config_text(config, "recorder", NULL, "token_file"), *id;
    size_t rooms = 0;
    int rc = 0;
    up->elsewhere = *path != '\0';
    for (size_t i = 0; up->elsewhere && rc == 0 && (id = lct_config_id(config, "room", i)); i++) {
        if (lct_config_nth(config, "room", id, "source", 0)) {
            rc = lct_room_token_load(path, id, &up->token, fault);
            rooms++;
        }
    }
    if (rc == 0 && up->elsewhere && rooms == 0) {
        rc = lct_fault_set(fault, -EINVAL, "up",
                           "No room has a source here, and token_file in [recorder] says that the "
                           "server is elsewhere: there is nothing to do. Give the room of the "
                           "token its sources, or remove token_file.",
                           "本机没有带信号源的教室，而 [recorder] 的 token_file 表示服务器在别处："
                           "无事可做。请为令牌所属的教室设置信号源，或删除 token_file。");
    }
    return rc;
}

static void add_programs(struct up *up, const struct lct_config *config) {
    struct program *server = add_program(up, "lectern-server");
    server->is_server = true;
    add_arg(server, "--data", up->data);
    add_arg(server, "--config", up->config);
    add_arg(server, "--listen", up->options.listen);
    add_arg(server, "--web", up->options.web);
    size_t n = 0;
    while (server->args[n]) {
        n++;
    }
    server->args[n] = lct_strdup("--json");
    const char *id;
    for (size_t i = 0; (id = lct_config_id(config, "room", i)); i++) {
        if (!lct_config_nth(config, "room", id, "source", 0)) {
            continue; /* recorded by another machine, which calls the server */
        }
        struct program *recorder = add_program(up, "lectern-recorder");
        recorder->lock = lct_format("%s/room-%s.lock", up->data, id);
        add_arg(recorder, "--room", id);
        add_arg(recorder, "--data", up->data);
        add_arg(recorder, "--config", up->config);
    }
}

static int lock_data(struct up *up, struct lct_fault *fault) {
    LCT_FREE char *path = lct_format("%s/up.lock", up->data);
    up->lock = lct_lock_file(path);
    if (up->lock == -EBUSY) {
        return lct_fault_set(
            fault, up->lock, "up",
            "Another \"lectern up\" runs on the folder %s: process %d. Stop it, or "
            "give another folder with --data.",
            "文件夹 %s 已有另一个 lectern up 在运行：进程 %d。请先停止它，"
            "或用 --data 指定其他文件夹。",
            up->data, (int)lct_lock_holder(path));
    }
    if (up->lock < 0) {
        return lct_fault_set(fault, up->lock, "up",
                             "Cannot lock %s: %s. Check the folder, its owner and the free space.",
                             "无法锁定 %s：%s。请检查文件夹、权限和剩余空间。", path,
                             strerror(-up->lock));
    }
    return 0;
}

static int make_data(struct up *up, struct lct_fault *fault) {
    int rc = lct_io_make_folder(up->data);
    if (rc < 0) {
        return lct_fault_set(
            fault, rc, "up", "Cannot use the folder %s: %s. Give another one with --data.",
            "无法使用文件夹 %s：%s。请用 --data 指定其他文件夹。", up->data, strerror(-rc));
    }
    return lock_data(up, fault);
}

/* Where the data lies: as --data says, else as the configuration does; with --source it must be
 * known before. */
static int prepare(struct up *up, struct lct_fault *fault) {
    struct lct_config *config = NULL;
    const char *data = up->options.data;
    int rc = 0;
    if (data || up->options.source_count > 0) {
        up->data = data ? lct_strdup(data) : lct_default_data();
        rc = make_data(up, fault);
    }
    rc = rc ? rc : find_config(up, fault);
    rc = rc ? rc : lct_settings_read(up->config, &config, fault);
    rc = rc ? rc : check_rooms(config, fault);
    rc = rc ? rc : read_token(up, config, fault);
    if (rc == 0 && !up->data) {
        up->data = lct_strdup(lct_config_text(config, "disk", NULL, "data"));
        rc = make_data(up, fault);
    }
    if (rc == 0) {
        add_programs(up, config);
    }
    lct_config_destroy(config);
    return rc;
}

static void clean_up(struct up *up) {
    for (size_t i = 0; i < up->count; i++) {
        struct program *p = &up->programs[i];
        for (size_t k = 0; k < ARGS_MAX; k++) {
            free(p->args[k]);
        }
        free(p->lock);
        lct_timer_destroy(p->again);
    }
    close_output(up);
    lct_timer_destroy(up->hard);
    lct_loop_destroy(up->loop);
    free(up->data);
    free(up->config);
    lct_unlock(up->lock);
}

static int usage(void) {
    (void)fputs(lct_say("usage: lectern up [--data DIR] [--listen ADDR:PORT] [--source SPEC …]\n"
                        "                  [--config FILE] [--web DIR] [--json]\n",
                        "用法：lectern up [--data 文件夹] [--listen 地址:端口] [--source 来源 …]\n"
                        "                 [--config 文件] [--web 文件夹] [--json]\n"),
                stderr);
    return 2;
}

/* What is given here is checked here: later it would be a line of a file that nobody wrote. */
static int add_source(struct options *o, struct lct_sources *parsed, const char *text,
                      struct lct_fault *fault) {
    int rc = lct_sources_add(parsed, text, fault);
    if (rc < 0) {
        return rc;
    }
    char shown[LCT_SPEC_TARGET_SIZE + 16]; /* without passwords */
    lct_spec_show(&parsed->specs[parsed->count - 1], shown, sizeof shown);
    if (strlen(text) > LCT_CONFIG_VALUE_MAX) {
        return lct_fault_set(fault, -E2BIG, "up",
                             "--source \"%.60s…\" has %zu bytes; it may have at most %d.",
                             "--source “%.60s…”长 %zu 字节，最多 %d 字节。", shown, strlen(text),
                             LCT_CONFIG_VALUE_MAX);
    }
    if (!lct_config_keeps(text)) {
        return lct_fault_set(fault, -EINVAL, "up",
                             "--source \"%s\" must be UTF-8, without blanks at its ends and "
                             "without a ';' behind a blank.",
                             "--source “%s”须为 UTF-8 文本，首尾不能有空格，空格后不能有“;”。",
                             shown);
    }
    o->sources[o->source_count++] = text;
    return 0;
}

/* 0, -errno with a fault, or 1: wrong use. */
static int read_options(int argc, char **argv, struct options *o, struct lct_fault *fault) {
    static const struct option known[] = {{"data", required_argument, NULL, 'd'},
                                          {"listen", required_argument, NULL, 'l'},
                                          {"source", required_argument, NULL, 's'},
                                          {"config", required_argument, NULL, 'c'},
                                          {"web", required_argument, NULL, 'w'},
                                          {"json", no_argument, NULL, 'j'},
                                          {NULL, 0, NULL, 0}};
    struct lct_sources parsed = {.count = 0};
    int rc = 0, c;
    while (rc == 0 && (c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (c) {
        case 'd':
            o->data = optarg;
            break;
        case 'l':
            o->listen = optarg;
            break;
        case 's':
            rc = add_source(o, &parsed, optarg, fault);
            break;
        case 'c':
            o->config = optarg;
            break;
        case 'w':
            o->web = optarg;
            break;
        case 'j':
            o->json = true;
            break;
        default:
            return 1;
        }
    }
    return rc ? rc : optind < argc;
}

int lct_cmd_up(int argc, char **argv) {
    struct up up = {.out_fd = -1, .lock = -1};
    struct lct_fault fault;
    int rc = read_options(argc, argv, &up.options, &fault);
    if (rc != 0) {
        return rc < 0 ? lct_command_fail(&fault, up.options.json) : usage();
    }
    up.loop = lct_loop_create();
    up.hard = lct_timer_create(up.loop, end_hard, &up);
    lct_loop_signals(up.loop, (const int[]){SIGINT, SIGTERM, SIGHUP, SIGCHLD, 0}, on_signal, &up);
    rc = prepare(&up, &fault);
    if (rc == 0) {
        for (size_t i = up.elsewhere ? 1 : 0; i < up.count; i++) {
            start(&up.programs[i]);
        }
        if (up.elsewhere) {
            say_elsewhere(&up);
        }
        lct_loop_run(up.loop);
    }
    clean_up(&up);
    return rc < 0 ? lct_command_fail(&fault, up.options.json) : up.status;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern push: where a room's lessons are pushed to. A server that runs sees it by itself. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "control/command/command.h"
#include "control/programs.h"
#include "control/server/pushes.h"

enum { ADD = 'a', LIST = 'l', REMOVE = 'r', ON = 'o', OFF = 'f' };

struct options {
    const char *data, *room, *value, *name, *picture;
    int what; /* one of the above; 0: none, -1: several */
    bool json;
};

static int usage(void) {
    (void)fputs(
        lct_say("usage: lectern push ROOM --add URL [--name NAME] [--picture camera|screen]\n"
                "       lectern push [ROOM] --list\n"
                "       lectern push ROOM --on ID | --off ID | --remove ID\n"
                "  --data DIR   the data folder    --json   for programs\n"
                "URL is rtmp://…, rtmps://… or srt://…; \"-\" reads it from standard input, so\n"
                "that the stream key in it is seen in no list of processes.\n",
                "用法：lectern push 教室 --add 地址 [--name 名称] [--picture camera|screen]\n"
                "      lectern push [教室] --list\n"
                "      lectern push 教室 --on ID | --off ID | --remove ID\n"
                "  --data 文件夹   数据目录    --json   供程序使用\n"
                "地址为 rtmp://…、rtmps://… 或 srt://…；写 - 则从标准输入读取，\n"
                "这样其中的推流码不会出现在进程列表里。\n"),
        stderr);
    return 2;
}

static bool read_options(int argc, char **argv, struct options *o) {
    static const struct option known[] = {
        {"data", required_argument, NULL, 'd'}, {"add", required_argument, NULL, ADD},
        {"list", no_argument, NULL, LIST},      {"remove", required_argument, NULL, REMOVE},
        {"on", required_argument, NULL, ON},    {"off", required_argument, NULL, OFF},
        {"name", required_argument, NULL, 'n'}, {"picture", required_argument, NULL, 'p'},
        {"json", no_argument, NULL, 'j'},       {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == '?') {
            return false;
        }
        o->data = c == 'd' ? optarg : o->data;
        o->name = c == 'n' ? optarg : o->name;
        o->picture = c == 'p' ? optarg : o->picture;
        o->json = o->json || c == 'j';
        if (strchr("alrof", c)) {
            o->what = o->what ? -1 : c;
            o->value = optarg;
        }
    }
    o->room = optind < argc ? argv[optind++] : NULL;
    bool adds = o->what == ADD;
    return optind == argc && o->what > 0 && (o->room || o->what == LIST) &&
           (adds || (!o->name && !o->picture)) &&
           (!o->picture || strcmp(o->picture, "camera") == 0 || strcmp(o->picture, "screen") == 0);
}

static void print_json(json_t *owned) {
    LCT_JSON json_t *json = owned;
    LCT_FREE char *text = lct_json_dump(json, NULL);
    (void)puts(text);
}

/* One line of standard input, or what was given. One that is too long stays so. */
static void read_url(const char *given, char out[LCT_PUSH_URL_SIZE + 1]) {
    if (strcmp(given, "-") != 0) {
        (void)snprintf(out, LCT_PUSH_URL_SIZE + 1, "%s", given);
    } else if (!fgets(out, LCT_PUSH_URL_SIZE + 1, stdin)) {
        out[0] = '\0';
    }
    out[strcspn(out, "\r\n")] = '\0';
}

static int add(const struct options *o, struct lct_pushes *pushes, struct lct_fault *fault) {
    char url[LCT_PUSH_URL_SIZE + 1];
    struct lct_push_address address;
    struct lct_pushes_push push = {.on = true};
    read_url(o->value, url);
    int rc = lct_push_address_read(url, &address, fault); /* before a long one is cut off */
    lct_text_copy(push.room, sizeof push.room, o->room);
    lct_text_copy(push.name, sizeof push.name, o->name ? o->name : "");
    push.screen = o->picture && strcmp(o->picture, "screen") == 0;
    (void)snprintf(push.url, sizeof push.url, "%.*s", LCT_PUSH_URL_SIZE - 1, url);
    rc = rc ? rc : lct_pushes_add(pushes, &push, fault);
    if (rc == 0 && o->json) {
        print_json(lct_pushes_json(&push));
    } else if (rc == 0) {
        (void)printf(lct_say("Lessons of room %s are pushed to %s from now on (ID %s).\n",
                             "教室 %s 的课程今后会推流到 %s（ID %s）。\n"),
                     push.room, push.shown, push.id);
    }
    explicit_bzero(url, sizeof url);
    explicit_bzero(&address, sizeof address);
    explicit_bzero(&push, sizeof push);
    return rc;
}

static void list(const struct options *o, struct lct_pushes *pushes) {
    size_t n;
    struct lct_pushes_push *all = lct_pushes_list(pushes, o->room, &n);
    LCT_JSON json_t *json = json_pack("{s:[]}", "pushes");
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(json_object_get(json, "pushes"), lct_pushes_json(&all[i]));
        if (!o->json) {
            (void)printf("%s  %-12s  %s  %s  %s\n", all[i].id, all[i].room,
                         all[i].on ? lct_say("on ", "开") : lct_say("off", "关"), all[i].shown,
                         all[i].name);
        }
    }
    explicit_bzero(all, n * sizeof *all);
    free(all);
    if (o->json) {
        print_json(json_incref(json));
    } else if (n == 0) {
        (void)puts(lct_say("Nothing is pushed anywhere.", "没有推流地址。"));
    }
}

static int change(const struct options *o, struct lct_pushes *pushes, struct lct_fault *fault) {
    int rc = o->what == REMOVE ? lct_pushes_remove(pushes, o->room, o->value, fault)
                               : lct_pushes_switch(pushes, o->room, o->value, o->what == ON, fault);
    if (rc == 0 && o->json) {
        print_json(json_pack("{s:s}", "id", o->value));
    } else if (rc == 0) {
        (void)puts(o->what == REMOVE ? lct_say("Removed.", "已删除。")
                   : o->what == ON   ? lct_say("Switched on.", "已开启。")
                                     : lct_say("Switched off.", "已关闭。"));
    }
    return rc;
}

static int run(const struct options *o, struct lct_fault *fault) {
    struct lct_pushes *pushes;
    int rc = lct_command_folder(o->data, fault);
    if (rc < 0) {
        return rc;
    }
    pushes = lct_pushes_create(o->data);
    rc = lct_pushes_refresh(pushes, fault);
    if (rc >= 0 && o->what == LIST) {
        list(o, pushes);
    } else if (rc >= 0) {
        rc = o->what == ADD ? add(o, pushes, fault) : change(o, pushes, fault);
    }
    lct_pushes_destroy(pushes);
    return rc;
}

int lct_cmd_push(int argc, char **argv) {
    LCT_FREE char *preset = lct_default_data();
    struct options o = {.data = preset};
    struct lct_fault fault;
    if (!read_options(argc, argv, &o)) {
        return usage();
    }
    return run(&o, &fault) < 0 ? lct_command_fail(&fault, o.json) : 0;
}

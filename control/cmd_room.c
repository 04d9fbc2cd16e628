// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern room: opens a room to everybody who reaches the server, or ends that. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "control/command.h"
#include "control/links.h"
#include "control/programs.h"

struct options {
    const char *data, *room, *is_public;
    bool json;
};

static int usage(void) {
    (void)fputs(lct_say("usage: lectern room ROOM --public on|off [--data DIR] [--json]\n"
                        "A public room is watched live without a link by whoever reaches the "
                        "server.\n",
                        "用法：lectern room 教室 --public on|off [--data 文件夹] [--json]\n"
                        "公开的教室：能访问服务器的人不用链接就能观看直播。\n"),
                stderr);
    return 2;
}

static bool read_options(int argc, char **argv, struct options *o) {
    static const struct option known[] = {{"data", required_argument, NULL, 'd'},
                                          {"public", required_argument, NULL, 'p'},
                                          {"json", no_argument, NULL, 'j'},
                                          {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        o->data = c == 'd' ? optarg : o->data;
        o->is_public = c == 'p' ? optarg : o->is_public;
        o->json = o->json || c == 'j';
        if (c == '?') {
            return false;
        }
    }
    o->room = optind + 1 == argc ? argv[optind] : NULL;
    return o->room && o->is_public &&
           (strcmp(o->is_public, "on") == 0 || strcmp(o->is_public, "off") == 0);
}

static void say_done(const struct options *o, bool on) {
    if (o->json) {
        LCT_JSON json_t *json = json_pack("{s:s, s:b}", "room", o->room, "public", (int)on);
        LCT_FREE char *text = lct_json_dump(json, NULL);
        (void)puts(text);
    } else {
        (void)printf(on ? lct_say("Room %s is public: whoever reaches the server may watch it.\n",
                                  "教室 %s 已公开：能访问服务器的人都可以观看直播。\n")
                        : lct_say("Room %s is not public: watching it needs a link.\n",
                                  "教室 %s 不公开：观看直播需要链接。\n"),
                     o->room);
    }
}

int lct_cmd_room(int argc, char **argv) {
    LCT_FREE char *preset = lct_default_data();
    struct options o = {.data = preset};
    struct lct_fault fault;
    if (!read_options(argc, argv, &o)) {
        return usage();
    }
    bool on = strcmp(o.is_public, "on") == 0;
    struct lct_links *links;
    int rc = lct_command_links(o.data, &links, &fault);
    if (rc < 0) {
        return lct_command_fail(&fault, o.json);
    }
    rc = lct_links_set_public(links, o.room, on, &fault);
    lct_links_destroy(links);
    if (rc < 0) {
        return lct_command_fail(&fault, o.json);
    }
    say_done(&o, on);
    return 0;
}

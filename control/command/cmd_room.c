// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern room: opens a room to everybody who reaches the server, or ends that; makes the token of
 * a room whose recorder is in another building, or ends it. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "control/command/command.h"
#include "control/programs.h"
#include "control/server/door.h"
#include "control/server/links.h"
#include "control/server/room_tokens.h"

struct options {
    const char *data, *room, *is_public, *address;
    bool token, revoke, json;
};

static int usage(void) {
    (void)fputs(lct_say("usage: lectern room ROOM --public on|off [--data DIR] [--json]\n"
                        "       lectern room ROOM --token [--address HOST:PORT]\n"
                        "       lectern room ROOM --revoke-token\n"
                        "A public room is watched live without a link by whoever reaches the "
                        "server.\n"
                        "A token lets one recorder in another building in; a new one ends the one "
                        "before.\n",
                        "用法：lectern room 教室 --public on|off [--data 文件夹] [--json]\n"
                        "      lectern room 教室 --token [--address 主机:端口]\n"
                        "      lectern room 教室 --revoke-token\n"
                        "公开的教室：能访问服务器的人不用链接就能观看直播。\n"
                        "令牌供其他建筑中的一台录制机接入；生成新令牌后旧令牌失效。\n"),
                stderr);
    return 2;
}

static bool read_options(int argc, char **argv, struct options *o) {
    static const struct option known[] = {{"data", required_argument, NULL, 'd'},
                                          {"public", required_argument, NULL, 'p'},
                                          {"token", no_argument, NULL, 't'},
                                          {"address", required_argument, NULL, 'a'},
                                          {"revoke-token", no_argument, NULL, 'r'},
                                          {"json", no_argument, NULL, 'j'},
                                          {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        o->data = c == 'd' ? optarg : o->data;
        o->is_public = c == 'p' ? optarg : o->is_public;
        o->address = c == 'a' ? optarg : o->address;
        o->token = o->token || c == 't';
        o->revoke = o->revoke || c == 'r';
        o->json = o->json || c == 'j';
        if (c == '?') {
            return false;
        }
    }
    o->room = optind + 1 == argc ? argv[optind] : NULL;
    return o->room && (o->is_public != NULL) + o->token + o->revoke == 1 &&
           (o->token || !o->address) &&
           (!o->is_public || strcmp(o->is_public, "on") == 0 || strcmp(o->is_public, "off") == 0);
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

static int set_public(const struct options *o, struct lct_fault *fault) {
    bool on = strcmp(o->is_public, "on") == 0;
    struct lct_links *links;
    int rc = lct_command_links(o->data, &links, fault);
    if (rc < 0) {
        return rc;
    }
    rc = lct_links_set_public(links, o->room, on, fault);
    lct_links_destroy(links);
    if (rc == 0) {
        say_done(o, on);
    }
    return rc;
}

static void say_token(const struct options *o, const char *text) {
    if (o->json) {
        LCT_JSON json_t *json = json_pack("{s:s, s:s}", "room", o->room, "token", text);
        LCT_FREE char *line = lct_json_dump(json, NULL);
        (void)puts(line);
        return;
    }
    (void)puts(text);
    (void)fprintf(
        stderr,
        lct_say("Keep this line secret. Put it into a file on the recorder of room %s, and "
                "name that file by token_file in its [recorder].\nIt is shown only now; "
                "a token made before is good no more.\n",
                "请保密。将此行存入教室 %s 录制机上的文件，并在其 [recorder] 中用 "
                "token_file 指定该文件。\n令牌只显示这一次；之前生成的令牌已失效。\n"),
        o->room);
}

static int make_token(const struct options *o, struct lct_room_tokens *tokens,
                      struct lct_fault *fault) {
    struct lct_room_token token = {.port = 0};
    char text[LCT_ROOM_TOKEN_SIZE];
    int rc = lct_door_find(o->data, &token, fault);
    if (rc < 0) {
        return rc;
    }
    if (o->address && lct_room_token_read_place(o->address, &token) < 0) {
        return lct_fault_set(fault, -EINVAL, "room", "\"%s\" is no HOST:PORT.",
                             "“%s”不是“主机:端口”。", o->address);
    }
    rc = lct_room_tokens_make(tokens, o->room, token.secret, fault);
    if (rc < 0) {
        return rc;
    }
    (void)snprintf(token.room, sizeof token.room, "%s", o->room);
    lct_room_token_write(&token, text);
    say_token(o, text);
    explicit_bzero(text, sizeof text);
    return 0;
}

static int revoke_token(const struct options *o, struct lct_room_tokens *tokens,
                        struct lct_fault *fault) {
    int rc = lct_room_tokens_revoke(tokens, o->room, fault);
    if (rc == 0 && o->json) {
        (void)printf("{\"room\":\"%s\"}\n", o->room);
    } else if (rc == 0) {
        (void)printf(lct_say("The token of room %s is good no more; its recorder is sent away.\n",
                             "教室 %s 的令牌已失效，其录制机将被断开。\n"),
                     o->room);
    }
    return rc;
}

int lct_cmd_room(int argc, char **argv) {
    LCT_FREE char *preset = lct_default_data();
    struct options o = {.data = preset};
    struct lct_fault fault;
    if (!read_options(argc, argv, &o)) {
        return usage();
    }
    int rc;
    if (o.is_public) {
        rc = set_public(&o, &fault);
    } else {
        struct lct_room_tokens *tokens = lct_room_tokens_create(o.data);
        rc = o.token ? make_token(&o, tokens, &fault) : revoke_token(&o, tokens, &fault);
        lct_room_tokens_destroy(tokens);
    }
    return rc < 0 ? lct_command_fail(&fault, o.json) : 0;
}

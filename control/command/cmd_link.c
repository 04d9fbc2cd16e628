// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern link: makes, lists and revokes watch links. A server that runs sees it by itself. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "control/command/command.h"
#include "control/programs.h"
#include "control/server/links.h"
#include "control/server/notice.h"

struct options {
    const char *data, *room, *expires, *revoke;
    bool list, json;
};

static int usage(void) {
    (void)fputs(lct_say("usage: lectern link ROOM [--expires SECONDS]   makes one and prints it\n"
                        "       lectern link --list [ROOM]\n"
                        "       lectern link --revoke ID\n"
                        "  --data DIR   the data folder    --json   for programs\n"
                        "A link is good for 30 days when --expires does not say otherwise.\n",
                        "用法：lectern link 教室 [--expires 秒]   生成并显示一个观看链接\n"
                        "      lectern link --list [教室]\n"
                        "      lectern link --revoke ID\n"
                        "  --data 文件夹   数据目录    --json   供程序使用\n"
                        "不用 --expires 时，链接有效期为 30 天。\n"),
                stderr);
    return 2;
}

static bool read_options(int argc, char **argv, struct options *o) {
    static const struct option known[] = {
        {"data", required_argument, NULL, 'd'}, {"expires", required_argument, NULL, 'e'},
        {"list", no_argument, NULL, 'l'},       {"revoke", required_argument, NULL, 'r'},
        {"json", no_argument, NULL, 'j'},       {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        o->data = c == 'd' ? optarg : o->data;
        o->expires = c == 'e' ? optarg : o->expires;
        o->revoke = c == 'r' ? optarg : o->revoke;
        o->list = o->list || c == 'l';
        o->json = o->json || c == 'j';
        if (c == '?') {
            return false;
        }
    }
    o->room = optind < argc ? argv[optind++] : NULL;
    bool makes = !o->list && !o->revoke;
    return optind == argc && !(o->list && o->revoke) && (o->room != NULL || !makes) &&
           !(o->room && o->revoke) && !(o->expires && !makes);
}

/* What is no number is out of the range, too. */
static int64_t seconds_of(const char *text) {
    char *end = NULL;
    int64_t seconds = text ? strtoll(text, &end, 10) : LCT_LINKS_SECONDS;
    return text && (end == text || *end) ? 0 : seconds;
}

static void print_json(json_t *owned) {
    LCT_JSON json_t *json = owned;
    LCT_FREE char *text = lct_json_dump(json, NULL);
    (void)puts(text);
}

static void format_end(const struct lct_links_link *link, char *out, size_t size) {
    struct tm local;
    time_t end = (time_t)link->expires;
    (void)strftime(out, size, "%Y-%m-%d %H:%M", localtime_r(&end, &local));
}

static void say_made(const struct options *o, const struct lct_links_link *link, const char *base) {
    char end[32];
    LCT_FREE char *lock = lct_format("%s/room-%s.lock", o->data, link->room);
    format_end(link, end, sizeof end);
    (void)fprintf(stderr,
                  lct_say("Whoever has it may watch room %s live until %s.\n"
                          "It ends before by: lectern link --revoke %s\n",
                          "持有此链接者可观看教室 %s 的直播，有效期至 %s。\n"
                          "提前撤销：lectern link --revoke %s\n"),
                  link->room, end, link->id);
    if (access(lock, F_OK) < 0) {
        (void)fprintf(stderr,
                      lct_say("No recorder of a room %s has run here yet: is its ID right?\n",
                              "教室 %s 的录制程序还没有在此运行过，请核对教室 ID。\n"),
                      link->room);
    }
    if (!*base) {
        (void)fputs(lct_say("No server has run on this data folder yet, so the address begins with "
                            "the path. Put the address of the pages before it.\n",
                            "此数据目录还没有运行过服务器，所以网址只有路径部分，请在前面加上网页"
                            "地址。\n"),
                    stderr);
    }
}

static int make(const struct options *o, struct lct_links *links, struct lct_fault *fault) {
    struct lct_links_link link;
    int rc = lct_links_make(links, o->room, seconds_of(o->expires), &link, fault);
    if (rc < 0) {
        return rc;
    }
    LCT_FREE char *base = lct_notice_read(o->data);
    json_t *json = lct_links_json(&link, base);
    if (o->json) {
        print_json(json);
        return 0;
    }
    (void)puts(lct_json_text(json, "url", ""));
    json_decref(json);
    say_made(o, &link, base);
    return 0;
}

static void list(const struct options *o, struct lct_links *links) {
    size_t n;
    LCT_FREE char *base = lct_notice_read(o->data);
    LCT_FREE struct lct_links_link *all = lct_links_list(links, o->room, &n);
    LCT_JSON json_t *json = json_pack("{s:[]}", "links");
    for (size_t i = 0; i < n; i++) {
        json_t *link = lct_links_json(&all[i], base);
        json_array_append_new(json_object_get(json, "links"), link);
        if (!o->json) {
            char end[32];
            format_end(&all[i], end, sizeof end);
            (void)printf("%s  %-12s  %s %s\n  %s\n", all[i].id, all[i].room,
                         lct_say("until", "有效期至"), end, lct_json_text(link, "url", ""));
        }
    }
    if (o->json) {
        print_json(json_incref(json));
    } else if (n == 0) {
        (void)puts(lct_say("There are no watch links.", "没有观看链接。"));
    }
}

static int end_one(const struct options *o, struct lct_links *links, struct lct_fault *fault) {
    int rc = lct_links_revoke(links, NULL, o->revoke, fault);
    if (rc == 0 && o->json) {
        print_json(json_pack("{s:s}", "id", o->revoke));
    } else if (rc == 0) {
        (void)puts(lct_say("Revoked. Who watches by it is ended within some seconds.",
                           "已撤销，正在用它观看的几秒内会断开。"));
    }
    return rc;
}

int lct_cmd_link(int argc, char **argv) {
    LCT_FREE char *preset = lct_default_data();
    struct options o = {.data = preset};
    struct lct_fault fault;
    if (!read_options(argc, argv, &o)) {
        return usage();
    }
    struct lct_links *links;
    int rc = lct_command_links(o.data, &links, &fault);
    if (rc < 0) {
        return lct_command_fail(&fault, o.json);
    }
    if (o.list) {
        list(&o, links);
    } else {
        rc = o.revoke ? end_one(&o, links, &fault) : make(&o, links, &fault);
    }
    lct_links_destroy(links);
    return rc < 0 ? lct_command_fail(&fault, o.json) : 0;
}

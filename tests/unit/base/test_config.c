// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"

static const struct lct_config_item server_items[] = {
    {"listen", LCT_CONFIG_TEXT, "0.0.0.0:8080", 3, 20, "", "Address and port.", "地址和端口。"},
    {"viewers", LCT_CONFIG_NUMBER, "300", 1, 1000, "people", "Most viewers.", "观众上限。"},
    {"quiet", LCT_CONFIG_FLAG, "no", 0, 0, "", "Say less.", "少说话。"},
};
static const struct lct_config_item room_items[] = {
    {"name", LCT_CONFIG_TEXT, NULL, 1, 80, "", "Its name.", "名称。"},
    {"source", LCT_CONFIG_LIST, NULL, 1, 2, "", "A source.", "源。"},
};
static const struct lct_config_section server = {"server", false,     server_items,
                                                 3,        "Server.", "服务器。"};
static const struct lct_config_section room = {"room", true, room_items, 2, "A room.", "教室。"};
static const struct lct_config_section *const sections[] = {&server, &room};

static struct lct_fault fault;

static struct lct_config *good(const char *text) {
    struct lct_config *config = NULL;
    cr_assert_eq(lct_config_parse(text, "x.conf", sections, 2, &config, &fault), 0, "%s", fault.en);
    return config;
}

static void bad(const char *text, const char *en) {
    struct lct_config *config = NULL;
    cr_assert_eq(lct_config_parse(text, "x.conf", sections, 2, &config, &fault), -EINVAL);
    cr_assert(strstr(fault.en, en), "\"%s\" lacks \"%s\"", fault.en, en);
    cr_assert(strncmp(fault.zh, "x.conf 第 ", strlen("x.conf 第 ")) == 0, "%s", fault.zh);
}

Test(config, gives_defaults) {
    struct lct_config *config = good("");
    cr_assert_str_eq(lct_config_text(config, "server", NULL, "listen"), "0.0.0.0:8080");
    cr_assert_eq(lct_config_number(config, "server", NULL, "viewers"), 300);
    cr_assert_not(lct_config_flag(config, "server", NULL, "quiet"));
    cr_assert_null(lct_config_id(config, "room", 0));
    lct_config_destroy(config);
}

Test(config, reads_values_and_rooms) {
    struct lct_config *config =
        good("# a file\n[server]\n  viewers = 7 ; seven\nquiet=Yes\n"
             "[room a-1]\nname = 一班\nsource = demo\nsource = camera:rtsp://u:p@h/x\n"
             "[room b]\nsource=mic:pulse\n");
    cr_assert_eq(lct_config_number(config, "server", NULL, "viewers"), 7);
    cr_assert(lct_config_flag(config, "server", NULL, "quiet"));
    cr_assert_str_eq(lct_config_id(config, "room", 0), "a-1");
    cr_assert_str_eq(lct_config_id(config, "room", 1), "b");
    cr_assert_null(lct_config_id(config, "room", 2));
    cr_assert_str_eq(lct_config_text(config, "room", "a-1", "name"), "一班");
    cr_assert_str_eq(lct_config_nth(config, "room", "a-1", "source", 1), "camera:rtsp://u:p@h/x");
    cr_assert_null(lct_config_nth(config, "room", "a-1", "source", 2));
    cr_assert_str_eq(lct_config_text(config, "room", "b", "name"), "");
    lct_config_destroy(config);
}

Test(config, names_line_and_range) {
    bad("[server]\n\nviewers = 1001\n", "x.conf, line 3: viewers must be a whole number from 1 to "
                                        "1000 people");
    bad("[server]\nviewers = 1e2\n", "line 2");
    bad("[server]\nquiet = maybe\n", "yes or no");
    bad("[server]\nlisten = x\n", "3 to 20 bytes");
    bad("[server]\nlisten = 1:2\nlisten = 1:3\n", "line 3: listen may be given at most 1");
    bad("[server]\nfoo = x\n", "it has: listen viewers quiet");
    bad("[sever]\nfoo = x\n", "there are [server] [room ID]");
    bad("[room A]\nname = x\n", "no section [room A]");
    bad("[server x]\nlisten = 1:2\n", "no section [server x]");
    bad("[room a]\nname = x\n", "needs a line \"source");
    bad("[room a]\nsource=1\nsource=2\nsource=3\n", "line 4: source may be given at most 2");
    bad("[server]\nwhat is this\n", "line 2: this is neither");
    bad("listen = 1:2\n", "line 1");
    char text[400];
    (void)snprintf(text, sizeof text, "[server]\nlisten = %0300d\n", 1);
    bad(text, "line 2: the line is longer");
}

/* A file that an editor saved in GBK. */
Test(config, is_utf8) {
    bad("[room a]\nsource = 1\nname = \xbd\xcc\xca\xd2\n", "line 3: this is no UTF-8 text");
    lct_config_destroy(good("# \xbd\xcc\xca\xd2\n[room a]\nsource = 1\nname = 教室\n"));
}

Test(config, its_sample_is_valid) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    lct_config_print_sample(out, sections, 2);
    cr_assert_eq(fclose(out), 0);
    lct_config_destroy(good(text));
    cr_assert(strstr(text, "#viewers = 300"));
    free(text);
}

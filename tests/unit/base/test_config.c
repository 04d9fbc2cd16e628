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
        good("# a file\n[server]\n  viewers = 7\n ; seven\nquiet=Yes\n"
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

/* What another reader of such files would cut off without a word. */
Test(config, cuts_nothing_off) {
    bad("[server]\nviewers = 7 ; seven\n", "line 2: \" ;\" would begin a comment");
    bad("[room a]\nsource = file:/a\t;b.mp4\n", "line 2: \" ;\"");
    bad("[room a]\nsource = ;b\n", "line 2: \" ;\"");
    struct lct_config *config = good("[room a]\nname = A;B #3\nsource = x=1;y:2\n");
    cr_assert_str_eq(lct_config_text(config, "room", "a", "name"), "A;B #3");
    cr_assert_str_eq(lct_config_nth(config, "room", "a", "source", 0), "x=1;y:2");
    lct_config_destroy(config);
}

/* lct_config_keeps says the same as writing a value and reading it. */
Test(config, keeps_what_it_says) {
    static const char *const values[] = {"demo", "a;b", "A B", "=x",   "教室",     "a ;b",  ";a",
                                         " a",   "a ",  "",    "a\nb", "\xbd\xcc", "a\t;b", "#1"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct lct_config *config = NULL;
        char text[100];
        (void)snprintf(text, sizeof text, "[room a]\nsource = %s\n", values[i]);
        bool same = lct_config_parse(text, "x.conf", sections, 2, &config, &fault) == 0 &&
                    strcmp(lct_config_nth(config, "room", "a", "source", 0), values[i]) == 0;
        cr_expect_eq(lct_config_keeps(values[i]), same && *values[i], "\"%s\"", values[i]);
        lct_config_destroy(config);
    }
    char text[300] = "[server]\nlisten = ";
    char *value = text + strlen(text);
    memset(value, 'x', LCT_CONFIG_VALUE_MAX + 1);
    cr_expect_not(lct_config_keeps(value));
    value[LCT_CONFIG_VALUE_MAX] = '\0';
    cr_expect(lct_config_keeps(value));
    bad(text, "3 to 20 bytes"); /* it was read: not the line is too long */
}

Test(config, blames_a_value) {
    struct lct_config *config = good("[room a]\nsource = 1\n\nsource = 2\n");
    (void)lct_fault_set(&fault, -E2BIG, "source", "Too loud.", "太吵。");
    cr_assert_eq(lct_config_blame(config, "room", "a", "source", 1, &fault), -EINVAL);
    cr_assert_eq(fault.code, -EINVAL);
    cr_assert_str_eq(fault.en, "x.conf, line 4: Too loud.");
    cr_assert_str_eq(fault.zh, "x.conf 第 4 行：太吵。");
    lct_config_destroy(config);
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

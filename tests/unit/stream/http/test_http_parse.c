// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "stream/http/http_parse.h"

static int split(const char *path) {
    struct lct_http_parts parts;
    return lct_http_split(path, strlen(path), &parts);
}

Test(http_parse, splits_good_paths) {
    struct lct_http_parts parts;
    cr_assert_eq(lct_http_split("/", 1, &parts), 0);
    cr_assert_eq(parts.n, 0);
    cr_assert_eq(lct_http_split("/api/v1/rooms/一班", strlen("/api/v1/rooms/一班"), &parts), 0);
    cr_assert_eq(parts.n, 4);
    cr_assert_str_eq(parts.parts[3], "一班");
    cr_assert_eq(split("/.hidden/..x"), 0);
}

Test(http_parse, refuses_bad_paths) {
    static const char *const bad[] = {"",        "a",     "//",
                                      "/a//b",   "/a/",   "/..",
                                      "/a/../b", "/.",    "/a/./b",
                                      "/a\\b",   "/a\nb", "/\xc0\xaf",
                                      "/\xff",   "/\x7f", "/\xed\xa0\x80",
                                      "/a/..",   "/\xc3", "/1/2/3/4/5/6/7/8/9/10/11/12/13"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_lt(split(bad[i]), 0, "%s", bad[i]);
    }
    cr_assert_lt(lct_http_split("/a\0b", 4, &(struct lct_http_parts){0}), 0);
    char long_path[200];
    memset(long_path, 'a', sizeof long_path);
    long_path[0] = '/';
    long_path[130] = '\0';
    cr_assert_lt(split(long_path), 0);
    long_path[129] = '\0';
    cr_assert_eq(split(long_path), 0);
}

Test(http_parse, matches_patterns) {
    struct lct_http_parts parts;
    const char *values[LCT_HTTP_VALUES_MAX] = {NULL};
    cr_assert_eq(lct_http_split("/a/b/c", 6, &parts), 0);
    cr_assert(lct_http_match("/a/{x}/c", &parts, values));
    cr_assert_str_eq(values[0], "b");
    cr_assert(lct_http_match("*", &parts, values));
    cr_assert_not(lct_http_match("/a/{x}", &parts, values));
    cr_assert_not(lct_http_match("/a/{x}/c/d", &parts, values));
    cr_assert_not(lct_http_match("/", &parts, values));
    parts.n = 0;
    cr_assert(lct_http_match("/", &parts, values));
}

static void range(const char *text, uint64_t size, enum lct_http_range_kind kind, uint64_t first,
                  uint64_t last) {
    uint64_t f = 0, l = 0;
    cr_assert_eq(lct_http_range(text, size, &f, &l), kind, "%s", text);
    cr_assert_eq(f, first, "%s", text);
    cr_assert_eq(l, last, "%s", text);
}

static bool piece(const char *text) {
    uint64_t first = 1, last = 0, size = 0;
    bool right = lct_http_content_range(text, &first, &last, &size);
    cr_assert(!right || (first == 5 && last == 9 && size == 10), "%s", text);
    return right;
}

Test(http_parse, reads_where_a_piece_lies) {
    static const char *const wrong[] = {NULL,
                                        "",
                                        "bytes",
                                        "bytes 5-9",
                                        "bytes 5-9/*",
                                        "bytes */10",
                                        "bytes=5-9/10",
                                        "bytes 9-5/10",
                                        "bytes 5-10/10",
                                        "bytes 5-9/10 ",
                                        "bytes -5-9/10",
                                        "bytes 5-9/18446744073709551616"};
    cr_assert(piece("bytes 5-9/10"));
    cr_assert(piece("Bytes 5-9/10"));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert_not(piece(wrong[i]), "%s", wrong[i]);
    }
}

Test(http_parse, reads_ranges) {
    range("bytes=0-0", 10, LCT_HTTP_RANGE_ONE, 0, 0);
    range("Bytes=5-", 10, LCT_HTTP_RANGE_ONE, 5, 9);
    range("bytes=5-100", 10, LCT_HTTP_RANGE_ONE, 5, 9);
    range("bytes=-3", 10, LCT_HTTP_RANGE_ONE, 7, 9);
    range("bytes=-30", 10, LCT_HTTP_RANGE_ONE, 0, 9);
    range("bytes=0-18446744073709551615", 10, LCT_HTTP_RANGE_ONE, 0, 9);
    range("bytes=10-", 10, LCT_HTTP_RANGE_NONE, 0, 0);
    range("bytes=-0", 10, LCT_HTTP_RANGE_NONE, 0, 0);
    range("bytes=0-", 0, LCT_HTTP_RANGE_NONE, 0, 0);
    range("bytes=-1", 0, LCT_HTTP_RANGE_NONE, 0, 0);
    static const char *const all[] = {"bytes=",     "bytes=-",
                                      "bytes=5-4",  "bytes=0-0,2-3",
                                      "items=0-1",  "bytes=a-b",
                                      "bytes=0-1x", "bytes= 0-1",
                                      "",           "bytes=18446744073709551616-",
                                      "bytes=--1"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        range(all[i], 10, LCT_HTTP_RANGE_ALL, 0, 0);
    }
    range(NULL, 10, LCT_HTTP_RANGE_ALL, 0, 0);
}

Test(http_parse, finds_cookies) {
    char value[8];
    cr_assert(lct_http_cookie("a=1; code=xyz; b=2", "code", value, sizeof value));
    cr_assert_str_eq(value, "xyz");
    cr_assert(lct_http_cookie("code=", "code", value, sizeof value));
    cr_assert_str_eq(value, "");
    cr_assert_not(lct_http_cookie("xcode=1; codex=2", "code", value, sizeof value));
    cr_assert_not(lct_http_cookie("code=12345678", "code", value, sizeof value));
    cr_assert_not(lct_http_cookie(NULL, "code", value, sizeof value));
}

Test(http_parse, compares_tags) {
    cr_assert(lct_http_tag_matches("\"a\", \"b\"", "\"b\""));
    cr_assert(lct_http_tag_matches("W/\"b\"", "\"b\""));
    cr_assert(lct_http_tag_matches("*", "\"b\""));
    cr_assert_not(lct_http_tag_matches("\"bb\"", "\"b\""));
    cr_assert_not(lct_http_tag_matches(NULL, "\"b\""));
}

Test(http_parse, knows_its_own_hosts) {
    static const char *const names[] = {"box.school", NULL};
    static const char *const good[] = {"127.0.0.1", "10.1.2.3:8080", "[::1]:80", "LocalHost:1",
                                       "BOX.school:8080"};
    static const char *const bad[] = {
        "evil.example",    "evil.example:80", "", ":80", "box.school:x", "[::1",
        "box.school.evil", "1.2.3.4.evil"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_assert(lct_http_host_is_ours(good[i], names), "%s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_not(lct_http_host_is_ours(bad[i], names), "%s", bad[i]);
    }
    cr_assert(lct_http_origin_is_ours("http://a:80", "a:80"));
    cr_assert_not(lct_http_origin_is_ours("null", "a:80"));
    cr_assert_not(lct_http_origin_is_ours("http://a:81", "a:80"));
    cr_assert_not(lct_http_origin_is_ours("http://", ""));
    cr_assert_not(lct_http_origin_is_ours("ftp://a:80", "a:80"));
}

Test(http_parse, addresses) {
    static const char *const rows[][2] = {{"192.0.2.7", "192.0.2.7"},
                                          {"192.0.2.7:80", "192.0.2.7"},
                                          {"::1", "::1"},
                                          {"2001:DB8:0::7", "2001:db8::7"},
                                          {"[2001:db8::7]", "2001:db8::7"},
                                          {"[2001:db8::7]:443", "2001:db8::7"},
                                          {"::ffff:192.0.2.7", "192.0.2.7"}};
    static const char *const wrong[] = {"",     "unknown",  "_x",         "192.0.2", "192.0.2.7x",
                                        "[::1", "::1%eth0", "1.2.3.4:5a", "a.b.c.d"};
    char out[48], small[4];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect(lct_http_address(rows[i][0], strlen(rows[i][0]), out, sizeof out));
        cr_expect_str_eq(out, rows[i][1]);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_not(lct_http_address(wrong[i], strlen(wrong[i]), out, sizeof out), "%s",
                      wrong[i]);
    }
    cr_expect_not(lct_http_address("192.0.2.7", 9, small, sizeof small));
}

Test(http_parse, forwarded) {
    static const char *const proxies[] = {"127.0.0.1", "2001:db8::1", NULL};
    static const struct {
        const char *header, *client; /* NULL: nobody */
    } rows[] = {
        {"192.0.2.7", "192.0.2.7"},
        {"198.51.100.9, 192.0.2.7", "192.0.2.7"},
        {"evil, 192.0.2.7 ", "192.0.2.7"},
        {"192.0.2.7,127.0.0.1", "192.0.2.7"},
        {"192.0.2.7, [2001:db8::1]:5 ,127.0.0.1", "192.0.2.7"},
        {"198.51.100.9, 2001:db8::7", "2001:db8::7"},
        {"192.0.2.7, unknown", NULL},
        {"192.0.2.7,", NULL},
        {"127.0.0.1", NULL},
        {",", NULL},
        {"", NULL},
        {NULL, NULL},
    };
    char out[48];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool found = lct_http_forwarded(rows[i].header, proxies, out, sizeof out);
        cr_expect_eq(found, rows[i].client != NULL, "row %zu", i);
        cr_expect(!found || strcmp(out, rows[i].client) == 0, "row %zu: %s", i, out);
    }
    cr_expect(lct_http_forwarded("192.0.2.7", NULL, out, sizeof out));
}

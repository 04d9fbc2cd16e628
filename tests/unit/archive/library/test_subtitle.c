// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/library/encoding.h"
#include "archive/library/subtitle.h"
#include "base/mem.h"
#include "tests/support/disk.h"

static struct lct_fault fault;

static struct lct_subtitle parsed(const char *bytes, size_t n) {
    struct lct_subtitle subtitle;
    int rc = lct_subtitle_parse(bytes, n, &subtitle, &fault);
    cr_assert_eq(rc, 0, "%d %s", rc, fault.en);
    return subtitle;
}

/* What is made of it: WebVTT without its first line. Owned. */
static char *as_vtt(const char *bytes, size_t n) {
    struct lct_subtitle subtitle = parsed(bytes, n);
    LCT_FREE char *text = lct_subtitle_vtt(&subtitle, &n);
    lct_subtitle_free(&subtitle);
    cr_assert_eq(strncmp(text, "WEBVTT\n", 7), 0);
    return lct_strdup(text + 7);
}

static void expect_n(const char *bytes, size_t n, const char *expected) {
    LCT_FREE char *vtt = as_vtt(bytes, n);
    cr_assert_str_eq(vtt, expected);
}

static void expect(const char *text, const char *expected) {
    expect_n(text, strlen(text), expected);
}

#define ONE "\n00:00:01.000 --> 00:00:02.500\n"
#define TWO "\n01:02:03.004 --> 01:02:04.000\n"

Test(subtitle, webvtt) {
    expect("WEBVTT", "");
    expect("WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE x\ny\n\n"
           "first\n00:01.000 --> 00:02.500 line:0 align:start\n光的<b>反射</b>\n<v 王老师>定律\n\n"
           "1:02:03.004-->1:02:04.000\nB &amp; C &lt; D\n",
           ONE "光的反射\n定律\n" TWO "B &amp; C &lt; D\n");
    expect("WEBVTT\n\n00:00:01.000 --> 00:00:02.500\na\n01:02:03.004 --> 01:02:04.000\nb",
           ONE "a\n" TWO "b\n");
    expect("WEBVTT\r\r00:01.000 --> 00:02.500\ra\rb\r\rnothing\r", ONE "a\nb\n");
}

Test(subtitle, subrip) {
    expect("1\r\n00:00:01,000 --> 00:00:02,500\r\n<font color=\"#fff\">一</font>\r\n\r\n二\r\n\r\n"
           "2\r\n01:02:03,004 --> 01:02:04,000\r\n{\\an8}三 <3> 4\r\n",
           ONE "一\n二\n" TWO "三 &lt;3&gt; 4\n");
    expect("7\n0:0:1,0 --> 0:0:2,5 X1:1 X2:2\na\n8\n1:2:3.004 --> 1:2:4\n2024\n",
           ONE "a\n" TWO "2024\n");
}

Test(subtitle, what_is_written_is_read_as_the_same) {
    static const char text[] = "WEBVTT\n\n00:01.000 --> 00:02.500\n&lt;b&gt; &amp;amp; --&gt;\n"
                               "99:59:59.999 --> 100:00:00.000\n12\n";
    struct lct_subtitle a = parsed(text, strlen(text));
    size_t n;
    LCT_FREE char *vtt = lct_subtitle_vtt(&a, &n);
    expect_n(vtt, n, vtt + 7);
    cr_assert_str_eq(a.cues[0].text, "<b> &amp; →");
    free(a.cues[0].text);
    a.cues[0].text = lct_strdup("1 < 2\n3");
    LCT_FREE char *srt = lct_subtitle_srt(&a, &n);
    cr_assert_str_eq(srt, "\xef\xbb\xbf"
                          "1\r\n00:00:01,000 --> 00:00:02,500\r\n1 < 2\r\n3\r\n\r\n"
                          "2\r\n99:59:59,999 --> 100:00:00,000\r\n12\r\n\r\n");
    expect_n(srt, n, ONE "1 &lt; 2\n3\n\n99:59:59.999 --> 100:00:00.000\n12\n");
    lct_subtitle_free(&a);
}

/* Each took hours when every tag was looked for up to the end. */
Test(subtitle, hostile_texts_take_no_time, .timeout = 60) {
    static const char *const heads[] = {"WEBVTT\n\n00:01.000 --> 00:02.000\n",
                                        "1\n00:00:01,000 --> 00:00:02,000\n"};
    static const char *const parts[] = {"<", "<b ", "</", "{\\", "--&gt;", "&lt;", "< b"};
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    const size_t most =
        LCT_SUBTITLE_BYTES_MAX / 64; /* they see all of it, at a twentieth of the speed */
#else
    const size_t most = LCT_SUBTITLE_BYTES_MAX / 4;
#endif
    LCT_FREE char *text = lct_new(most + 1);
    for (size_t i = 0; i < 2 * sizeof parts / sizeof *parts; i++) {
        const char *part = parts[i / 2];
        size_t n = (size_t)(stpcpy(text, heads[i % 2]) - text);
        while (n + strlen(part) < most) {
            n = (size_t)(stpcpy(text + n, part) - text);
        }
        struct lct_subtitle subtitle;
        cr_assert_eq(lct_subtitle_parse(text, n, &subtitle, &fault), -EINVAL, "%s", part);
    }
}

/* "1\n00:00:01,000 --> 00:00:02,500\n折射\n" as Windows programs save it. */
Test(subtitle, encodings) {
    static const char times[] = "1\n00:00:01,000 --> 00:00:02,500\n";
    char wide[2 * sizeof times + 8], gb[sizeof times + 8];
    size_t n = 0;
    wide[n++] = '\xff';
    wide[n++] = '\xfe';
    for (size_t i = 0; times[i]; i++) {
        wide[n++] = times[i];
        wide[n++] = 0;
    }
    memcpy(wide + n, "\x98\x62\x04\x5c", 4); /* U+6298 U+5C04 */
    n += 4;
    expect_n(wide, n, ONE "折射\n");
    expect_n(wide + 2, n - 2, ONE "折射\n");
    for (size_t i = 0; i < n; i += 2) {
        char low = wide[i];
        wide[i] = wide[i + 1];
        wide[i + 1] = low;
    }
    expect_n(wide, n, ONE "折射\n");
    n = (size_t)sprintf(gb, "%s\xd5\xdb\xc9\xe4", times);
    expect_n(gb, n, ONE "折射\n");
    expect("\xef\xbb\xbfWEBVTT\n\n00:01.000 --> 00:02.500\n折射", ONE "折射\n");
}

static void refuse(const char *bytes, size_t n, int code) {
    struct lct_subtitle subtitle;
    cr_assert_eq(lct_subtitle_parse(bytes, n, &subtitle, &fault), code);
    cr_assert(fault.en[0] && fault.zh[0]);
}

Test(subtitle, what_is_none_is_refused) {
    refuse("", 0, -EINVAL);
    refuse("hello\n", 6, -EINVAL);
    refuse("WEBVTTX\n", 8, -EINVAL);
    refuse("\x00\x01\x02\x03\xff\xff\xff", 7, -EINVAL);
    refuse("1\n00:00:01,000 --> 00:00:02,500\na\0b\n", 36, -EINVAL);
    refuse("1\n00:00:02,000 --> 00:00:01,000\na\n", 34, -EINVAL);
    LCT_FREE char *large = lct_new(LCT_SUBTITLE_BYTES_MAX + 1);
    memset(large, 'a', LCT_SUBTITLE_BYTES_MAX + 1);
    refuse(large, LCT_SUBTITLE_BYTES_MAX + 1, -EFBIG);
    size_t n = (size_t)sprintf(large, "WEBVTT\n");
    for (int i = 0; i <= LCT_SUBTITLE_CUES_MAX; i++) {
        n += (size_t)sprintf(large + n, "00:01.000 --> 00:02.000\na\n");
    }
    refuse(large, n, -EFBIG);
}

Test(subtitle, cues_that_are_wrong_are_left_out_and_named) {
    static const char text[] = "WEBVTT\n\n00:05.000 --> 00:04.000\nreversed\n\n"
                               "x --> y\nno times\n\n00:61.000 --> 01:62.000\nno seconds\n\n"
                               "100:00:00.001 --> 100:00:00.002\nlate\n\n"
                               "00:03.000 --> 00:09.000\nlast\n\n00:01.000 --> 00:09.000\nfirst\n\n"
                               "00:03.000 --> 00:04.000\nafter last\n";
    struct lct_subtitle s = parsed(text, strlen(text));
    cr_assert_eq(s.count, 3);
    cr_assert_str_eq(s.cues[0].text, "first");
    cr_assert_str_eq(s.cues[1].text, "last");
    cr_assert_str_eq(s.cues[2].text, "after last");
    cr_assert_eq(s.left_out, 4);
    cr_assert(s.left[0] == 3 && s.left[1] == 6 && s.left[2] == 9 && s.left[3] == 12);
    lct_subtitle_free(&s);
}

Test(subtitle, what_steers_a_page_is_text) {
    expect("WEBVTT\n\n00:01.000 --> 00:02.500\n<script>alert(1)</script> <img src=x onerror=y>\n",
           ONE "&lt;script&gt;alert(1)&lt;/script&gt; &lt;img src=x onerror=y&gt;\n");
    expect("WEBVTT\n\n00:01.000 --> 00:02.500\n\xe2\x80\xae"
           "abc\x07\n",
           ONE "abc\n");
}

Test(subtitle, a_range_of_a_lesson) {
    static const char text[] =
        "WEBVTT\n\n00:01.000 --> 00:03.000\na\n\n00:02.000 --> 00:05.000\nb\n\n"
        "00:06.000 --> 00:07.000\nc\n";
    struct lct_subtitle lesson = parsed(text, strlen(text)), clip = {.count = 0};
    lct_subtitle_add_range(&clip, &lesson, 3 * LCT_SECOND, 6 * LCT_SECOND, 0);
    lct_subtitle_add_range(&clip, &lesson, 0, 2 * LCT_SECOND, 3 * LCT_SECOND);
    size_t n;
    LCT_FREE char *vtt = lct_subtitle_vtt(&clip, &n);
    cr_assert_str_eq(vtt, "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nb\n\n"
                          "00:00:04.000 --> 00:00:05.000\na\n");
    lct_subtitle_free(&lesson);
    lct_subtitle_free(&clip);
}

Test(subtitle, files) {
    LCT_FREE char *folder = lct_test_folder();
    struct lct_subtitle none = {.count = 0}, read;
    lct_subtitle_add(&none, LCT_SECOND, LCT_SECOND + 1, "光");
    cr_assert_eq(lct_subtitle_load(folder, "zh", &read, &fault), -ENOENT);
    cr_assert_eq(lct_subtitle_save(&lct_io_system, folder, "zh", &none), 0);
    cr_assert_eq(lct_subtitle_save(&lct_io_system, folder, "en-GB", &none), 0);
    cr_assert_eq(lct_subtitle_load(folder, "zh", &read, &fault), 0);
    cr_assert(read.count == 1 && read.cues[0].to == LCT_SECOND + LCT_MS);
    lct_subtitle_free(&read);
    LCT_FREE char *odd = lct_format("%s/subtitles/x.vtt", folder);
    cr_assert_eq(lct_io_replace(&lct_io_system, odd, "x", 1), 0);
    LCT_JSON json_t *langs = lct_subtitle_langs(folder);
    LCT_FREE char *text = lct_json_dump(langs, NULL);
    cr_assert_str_eq(text, "[\"en-GB\",\"zh\"]");
    LCT_FREE char *zh = lct_format("%s/subtitles/zh.vtt", folder);
    cr_assert_eq(lct_io_replace(&lct_io_system, zh, "x", 1), 0);
    cr_assert_eq(lct_subtitle_load(folder, "zh", &read, &fault), -EBADMSG);
    cr_assert_eq(lct_subtitle_remove(&lct_io_system, folder, "zh"), 0);
    cr_assert_eq(lct_subtitle_remove(&lct_io_system, folder, "zh"), -ENOENT);
    lct_test_remove(folder);
    lct_subtitle_free(&none);
}

Test(subtitle, languages) {
    static const char *const right[] = {"zh", "en", "yue", "zh-Hans-CN", "en-001"};
    static const char *const wrong[] = {
        "",      "z",    "zhcn",         "zh-",
        "zh_CN", "../x", "zh-abcdefghi", "zh-Hans-CN-x-abcdefgh-abcdefgh-abcde",
        "1a",    "zh/.."};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        cr_expect(lct_subtitle_is_lang(right[i]), "%s", right[i]);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect(!lct_subtitle_is_lang(wrong[i]), "%s", wrong[i]);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/words.h"
#include "base/mem.h"

/* The words of a text, joined by blanks; open ones end in '*'. */
static void expect(const char *text, bool asked, const char *expected) {
    char out[512] = "";
    LCT_FREE char *folded = lct_words_fold(text, strlen(text));
    struct lct_words words = lct_words(folded, strlen(folded), asked);
    struct lct_word word;
    while (lct_words_next(&words, &word)) {
        (void)snprintf(out + strlen(out), sizeof out - strlen(out), "%s%.*s%s", *out ? " " : "",
                       (int)word.n, word.text, word.open ? "*" : "");
    }
    cr_assert_str_eq(out, expected, "%s: %s", text, out);
}

Test(words, runs_of_chinese_are_pairs_and_their_last_character) {
    expect("反光镜", false, "反光 光镜 镜");
    expect("光", false, "光");
    expect("光，反射。", false, "光 反射 射");
    expect("", false, "");
    expect("，。 \n", false, "");
    expect("한국 カナ", false, "한국 국 カナ ナ");
}

Test(words, other_scripts_have_words_and_numbers) {
    expect("Newton 1687, G=6.67", false, "newton 1687 g 6 67");
    expect("x光机 与 CT", false, "x 光机 机 与 ct");
    expect("光x", false, "光 x");
    expect("Žluťoučký ΣΊΣΥΦΟΣ", false, "žluťoučký σίσυφοσ");
}

Test(words, width_case_and_forms_do_not_count) {
    expect("ＡＢＣ１２３", false, "abc123");
    expect("⼋年级", false, "八年 年级 级"); /* a Kangxi radical */
    expect("ｶﾅ", false, "カナ ナ");
    expect("H₂O ﬁn", false, "h2o fin");
    expect("😀光学🎓", false, "光学 学");
}

Test(words, what_is_asked_for_is_found_inside_longer_words) {
    expect("反光镜", true, "反光 光镜");
    expect("光镜", true, "光镜");
    expect("光", true, "光*");
    expect("光x", true, "光 x*");
    expect("反光x", true, "反光 光 x*");
    expect("x光", true, "x 光*");
    expect("x光镜", true, "x 光镜");
    expect("pyth", true, "pyth*");
}

Test(words, a_long_word_counts_by_its_beginning) {
    char text[200], expected[LCT_WORD_MAX + 1];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(expected, text, LCT_WORD_MAX);
    expected[LCT_WORD_MAX] = '\0';
    expect(text, false, expected);
    memset(text, '\0', sizeof text);
    for (size_t i = 0; i < 40; i++) {
        strcat(text, "é");
    }
    memcpy(expected, text, LCT_WORD_MAX); /* 30 of two bytes */
    expect(text, false, expected);
}

Test(words, bytes_that_are_no_text_do_no_harm) {
    LCT_FREE char *folded = lct_words_fold("a\xff\x00"
                                           "b\xe5\x85",
                                           6);
    cr_assert_str_eq(folded, "a? b");
    expect("光\x80镜", false, "光 镜");
}

Test(words, a_person_asks_for_several) {
    static const struct {
        const char *text;
        size_t n;
        bool open;
    } expected[] = {{"光的折射", 12, false}, {"x光", 4, true}, {"3", 1, true}};
    const char *asked = " 光的折射，x光-3 ";
    struct lct_word word;
    size_t at = 0, n = 0;
    while (lct_words_asked(asked, &at, &word)) {
        cr_assert_lt(n, 3);
        cr_assert_eq(word.n, expected[n].n);
        cr_assert_eq(memcmp(word.text, expected[n].text, word.n), 0);
        cr_assert_eq(word.open, expected[n].open, "%zu", n);
        n++;
    }
    cr_assert_eq(n, 3);
}

Test(words, are_found_where_they_stand) {
    cr_assert_eq(lct_words_find("光的反射", "反射", 6), 6);
    cr_assert_eq(lct_words_find("光的反射", "折射", 6), -1);
    cr_assert_eq(lct_words_find("reset set", "set", 3), 6);
    cr_assert_eq(lct_words_find("光set", "set", 3), 3);
    cr_assert_eq(lct_words_find("éset", "set", 3), -1);
    cr_assert_eq(lct_words_find("set", "", 0), -1);
}

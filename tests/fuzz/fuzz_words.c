// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Text that strangers wrote, cut into words: they lie in the text, whole characters and in
 * order; and each word a person would ask for is found in the text it was taken from, by its words
 * in a row as by where it stands.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/words.h"
#include "base/mem.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Do the words of what was asked for stand in a row in text from here on? */
static bool follow(struct lct_words text, const struct lct_word *asked) {
    struct lct_words words = lct_words(asked->text, asked->n, true);
    struct lct_word want, have;
    while (lct_words_next(&words, &want)) {
        if (!lct_words_next(&text, &have) || (want.open ? have.n < want.n : have.n != want.n) ||
            memcmp(have.text, want.text, want.n) != 0) {
            return false;
        }
    }
    return true;
}

static bool is_in_a_row(const char *folded, const struct lct_word *asked) {
    struct lct_words text = lct_words(folded, strlen(folded), false);
    struct lct_word unused;
    do {
        if (follow(text, asked)) {
            return true;
        }
    } while (lct_words_next(&text, &unused));
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size = size > 2000 ? 2000 : size;
    LCT_FREE char *folded = lct_words_fold((const char *)data, size);
    struct lct_words words = lct_words(folded, strlen(folded), false);
    struct lct_word word;
    const char *before = folded;
    assert(lct_text_is_utf8(folded, strlen(folded)));
    while (lct_words_next(&words, &word)) {
        assert(word.text >= before && word.n > 0 && word.n <= LCT_WORD_MAX && !word.open);
        assert(word.text + word.n <= folded + strlen(folded));
        assert(lct_text_is_utf8(word.text, word.n));
        before = word.text;
    }
    for (size_t at = 0, n = 0; n < 20 && lct_words_asked(folded, &at, &word); n++) {
        assert(lct_words_find(folded, word.text, word.n) >= 0);
        assert(is_in_a_row(folded, &word));
    }
    return 0;
}

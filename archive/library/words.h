// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Text as search sees it. Chinese has no spaces between words, and words of two characters are the
 * rule; so runs of Chinese (Japanese and Korean too) are cut into all pairs of neighbours, and what
 * was asked for is found where its pairs stand in a row: words of any length, without a dictionary.
 * Letters and numbers of other scripts make words as they are, found by their beginnings. Width,
 * case and compatibility forms do not count: "ＡＢＣ", "abc" and "ABC" are one word (Unicode's NFKC
 * with its case folding, UAX #15). Pure; any thread.
 *
 *     text   "反光镜 ABC"   ->  反光 光镜 镜 abc       (the last character of a run alone too)
 *     asked  "光镜"         ->  光镜
 *     asked  "光", "ab"     ->  光…, ab…               (open: whatever begins so)
 *
 *     char *folded = lct_words_fold(text, n);
 *     struct lct_words words = lct_words(folded, strlen(folded), false);
 *     while (lct_words_next(&words, &word)) … word.text, word.n
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/** Bytes of a word that count: of longer ones the beginning. */
#define LCT_WORD_MAX 60

struct lct_words {
    const char *text;
    size_t n, at;
    bool asked;
    size_t last; /* bytes of the character before, of the same run of Chinese; 0: none */
};

struct lct_word {
    const char *text; /**< where it stands in the folded text */
    size_t n;         /**< bytes */
    bool open;        /**< of what is asked for: whatever begins so is meant */
};

/** n bytes of text (what is no UTF-8 becomes '?') with width, case and compatibility forms folded.
 *  Returns owned (free). */
char *lct_words_fold(const char *text, size_t n) LCT_MUST_USE;

/** The words of n bytes of folded text: of a text, or of one word that is asked for. Borrows it. */
struct lct_words lct_words(const char *folded, size_t n, bool asked);

/** The next word; false: there is none. */
bool lct_words_next(struct lct_words *words, struct lct_word *ret_word);

/**
 * The next word that a person asked for, out of folded text from *at on: a run of letters, numbers
 * and Chinese, up to what is none of these. False: there is none. *ret_word points into the text;
 * *at is moved behind it.
 */
bool lct_words_asked(const char *folded, size_t *at, struct lct_word *ret_word);

/** Where the n bytes of a word that is asked for stand in folded text, in bytes; -1: nowhere. One
 *  that begins with letters or numbers is found at the beginnings of words alone. */
ptrdiff_t lct_words_find(const char *folded, const char *word, size_t n);

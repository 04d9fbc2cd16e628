// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/library/words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/mem.h"
#include "base/text.h"

enum kind { OTHER, LETTER, CHINESE };

/* The character at p, of n bytes (1 and more); its length. Folded text is whole UTF-8. */
static size_t take(const char *p, size_t n, ucs4_t *ret_c) {
    if ((unsigned char)*p < 0x80) {
        *ret_c = (unsigned char)*p;
        return 1;
    }
    int bytes = u8_mbtouc(ret_c, (const uint8_t *)p, n);
    return bytes > 0 ? (size_t)bytes : 1;
}

static bool is_common_chinese(ucs4_t c) { return c >= 0x4e00 && c <= 0x9fff; }

static bool is_of_scripts(ucs4_t c) {
    static const char *const scripts[] = {"Han", "Hiragana", "Katakana", "Bopomofo", "Hangul"};
    const uc_script_t *script = uc_script(c);
    for (size_t i = 0; script && i < sizeof scripts / sizeof *scripts; i++) {
        if (strcmp(script->name, scripts[i]) == 0) {
            return true;
        }
    }
    return false;
}

static enum kind kind_of(ucs4_t c) {
    if (c < 0x80) {
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        return is_letter ? LETTER : OTHER;
    }
    if (is_common_chinese(c)) {
        return CHINESE;
    }
    bool counts = uc_is_general_category(c, UC_LETTER) || uc_is_general_category(c, UC_NUMBER) ||
                  uc_is_general_category(c, UC_MARK);
    return !counts ? OTHER : is_of_scripts(c) ? CHINESE : LETTER;
}

/* Text of which folding would change nothing, as nearly all Chinese is. */
static bool is_folded(const char *text, size_t n) {
    for (size_t at = 0; at < n;) {
        ucs4_t c;
        size_t bytes = take(text + at, n - at, &c);
        bool plain =
            c < 0x80 ? c < 'A' || c > 'Z' : is_common_chinese(c) || (c > 0x3000 && c < 0x3030);
        if (!plain) {
            return false;
        }
        at += bytes;
    }
    return true;
}

char *lct_words_fold(const char *text, size_t n) {
    char *copy = lct_new(n + 1);
    memcpy(copy, text, n);
    for (char *zero = copy; (zero = memchr(zero, '\0', (size_t)(copy + n - zero)));) {
        *zero = ' ';
    }
    if (!lct_text_is_utf8(copy, n)) {
        lct_text_tame(copy);
    }
    size_t length = strlen(copy);
    if (is_folded(copy, length)) {
        return copy;
    }
    size_t folded_n;
    uint8_t *folded =
        u8_casefold((const uint8_t *)copy, length, NULL, UNINORM_NFKC, NULL, &folded_n);
    if (!folded) { /* no memory: as it is */
        return copy;
    }
    free(copy);
    char *out = lct_new(folded_n + 1);
    memcpy(out, folded, folded_n);
    free(folded);
    return out;
}

struct lct_words lct_words(const char *folded, size_t n, bool asked) {
    return (struct lct_words){.text = folded, .n = n, .asked = asked};
}

/* The kind of the character at; OTHER at the end. */
static enum kind look(const struct lct_words *words, size_t at, size_t *ret_bytes) {
    ucs4_t c;
    *ret_bytes = 0;
    if (at >= words->n) {
        return OTHER;
    }
    *ret_bytes = take(words->text + at, words->n - at, &c);
    return kind_of(c);
}

/* Of a run of Chinese: the pair that begins at, or its last character alone. */
static bool take_chinese(struct lct_words *words, size_t bytes, struct lct_word *ret_word) {
    size_t next;
    bool goes_on = look(words, words->at + bytes, &next) == CHINESE;
    bool is_end = words->at + bytes >= words->n;
    bool is_alone = words->last == 0;
    *ret_word =
        (struct lct_word){.text = words->text + words->at, .n = bytes + (goes_on ? next : 0)};
    ret_word->open = words->asked && is_end && is_alone;
    words->at += bytes;
    words->last = goes_on ? bytes : 0;
    /* The last of several is in the pair before it: what is asked for may go on in the text. */
    return goes_on || is_alone || !is_end || !words->asked;
}

static void take_letters(struct lct_words *words, struct lct_word *ret_word) {
    size_t from = words->at, bytes, counted = 0;
    while (look(words, words->at, &bytes) == LETTER) {
        words->at += bytes;
        counted = words->at - from <= LCT_WORD_MAX ? words->at - from : counted;
    }
    *ret_word = (struct lct_word){.text = words->text + from, .n = counted};
    ret_word->open = words->asked && words->at == words->n;
}

bool lct_words_next(struct lct_words *words, struct lct_word *ret_word) {
    while (words->at < words->n) {
        size_t bytes;
        enum kind kind = look(words, words->at, &bytes);
        if (kind == CHINESE) {
            if (take_chinese(words, bytes, ret_word)) {
                return true;
            }
        } else if (kind == LETTER) {
            take_letters(words, ret_word);
            return true;
        } else {
            words->at += bytes;
        }
    }
    return false;
}

bool lct_words_asked(const char *folded, size_t *at, struct lct_word *ret_word) {
    struct lct_words words = lct_words(folded, strlen(folded), true);
    size_t bytes, from = *at;
    while (from < words.n && look(&words, from, &bytes) == OTHER) {
        from += bytes;
    }
    size_t to = from;
    while (look(&words, to, &bytes) != OTHER) {
        to += bytes;
    }
    *at = to;
    *ret_word = (struct lct_word){.text = folded + from, .n = to - from};
    struct lct_words own = lct_words(folded + from, to - from, true);
    struct lct_word last;
    while (lct_words_next(&own, &last)) {
        ret_word->open = last.open;
    }
    return to > from;
}

/* Does a letter or a number stand before at? */
static bool is_inside(const char *folded, size_t at) {
    size_t begin = at;
    ucs4_t c;
    while (begin > 0 && begin + 4 > at && ((unsigned char)folded[begin - 1] & 0xc0) == 0x80) {
        begin--;
    }
    begin -= begin > 0;
    return begin < at && take(folded + begin, at - begin, &c) && kind_of(c) == LETTER;
}

ptrdiff_t lct_words_find(const char *folded, const char *word, size_t n) {
    struct lct_words words = lct_words(word, n, true);
    size_t bytes, length = strlen(folded);
    bool is_letter = look(&words, 0, &bytes) == LETTER;
    const char *at = n > 0 ? memmem(folded, length, word, n) : NULL;
    while (at && is_letter && is_inside(folded, (size_t)(at - folded))) {
        at = memmem(at + 1, length - (size_t)(at + 1 - folded), word, n);
    }
    return at ? at - folded : -1;
}

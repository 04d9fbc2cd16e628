// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/library/plain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uninorm.h>
#include <unistr.h>

#include "base/mem.h"
#include "base/text.h"

/* Invisible, and not of a script or an emoji: what turns the direction (UAX #9), separators,
 * zero-width blanks, controls of C1, annotations, what is no character. */
static bool is_hidden(ucs4_t c) {
    static const struct {
        ucs4_t from, to;
    } ranges[] = {{0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},    {0x200b, 0x200b},
                  {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},  {0xfdd0, 0xfdef},
                  {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe001f}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (c >= ranges[i].from && c <= ranges[i].to) {
            return true;
        }
    }
    return (c & 0xfffe) == 0xfffe;
}

static bool is_blank(char c) { return c == ' ' || c == '\n'; }

static char *trim(char *text) {
    size_t n = strlen(text), from = 0;
    while (n > 0 && is_blank(text[n - 1])) {
        n--;
    }
    while (from < n && is_blank(text[from])) {
        from++;
    }
    memmove(text, text + from, n - from);
    text[n - from] = '\0';
    return text;
}

char *lct_plain(const char *text, bool lines) {
    size_t n = strlen(text), at = 0, composed_n;
    char *out = lct_new(n + 1);
    for (size_t i = 0; i < n;) {
        ucs4_t c;
        int bytes = u8_mbtouc(&c, (const uint8_t *)text + i, n - i);
        size_t step = bytes > 0 ? (size_t)bytes : 1;
        if (c == '\n' && lines) {
            out[at++] = '\n';
        } else if (c < 0x20) { /* "\r\n" is one line end */
            out[at++] = ' ';
            at -= c == '\r' && text[i + 1] == '\n';
        } else if (!is_hidden(c)) {
            memcpy(out + at, text + i, step);
            at += step;
        }
        i += step;
    }
    if (!lct_text_is_utf8(out, at)) {
        lct_text_tame(out);
        return trim(out);
    }
    uint8_t *composed = u8_normalize(UNINORM_NFC, (uint8_t *)out, at, NULL, &composed_n);
    if (!composed) { /* nothing of it, or no memory */
        return trim(out);
    }
    free(out);
    out = lct_new(composed_n + 1);
    memcpy(out, composed, composed_n);
    free(composed);
    return trim(out);
}

static int refuse_kind(const struct lct_plain_field *field, struct lct_fault *fault) {
    return field->list > 0
               ? lct_fault_set(fault, -EINVAL, "metadata", "\"%s\" must be a list of texts.%.0s",
                               "%.0s“%s”必须是文字列表。", field->key, field->zh)
               : lct_fault_set(fault, -EINVAL, "metadata", "\"%s\" must be a text.%.0s",
                               "%.0s“%s”必须是文字。", field->key, field->zh);
}

/* *ret_text is owned. */
static int read_one(const json_t *value, const struct lct_plain_field *field, char **ret_text,
                    struct lct_fault *fault) {
    const char *text = json_string_value(value);
    if (!text) {
        return refuse_kind(field, fault);
    }
    char *plain = lct_plain(text, field->lines);
    size_t n = u8_mbsnlen((const uint8_t *)plain, strlen(plain));
    if (n > field->most) {
        free(plain);
        return lct_fault_set(
            fault, -EINVAL, "metadata", "\"%s\" is too long:%.0s %zu characters of at most %zu.",
            "%.0s“%s”过长：%zu 个字符，最多 %zu 个。", field->key, field->zh, n, field->most);
    }
    *ret_text = plain;
    return 0;
}

static bool has(const json_t *list, const char *text) {
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) {
        if (strcmp(json_string_value(item), text) == 0) {
            return true;
        }
    }
    return false;
}

static int read_list(const json_t *value, const struct lct_plain_field *field, json_t *into,
                     struct lct_fault *fault) {
    LCT_JSON json_t *list = json_array();
    size_t i;
    json_t *item;
    if (!json_is_array(value)) {
        return refuse_kind(field, fault);
    }
    if (json_array_size(value) > field->list) {
        return lct_fault_set(fault, -EINVAL, "metadata",
                             "\"%s\" has too many entries:%.0s %zu of at most %zu.",
                             "%.0s“%s”的条目过多：%zu 个，最多 %zu 个。", field->key, field->zh,
                             json_array_size(value), field->list);
    }
    json_array_foreach(value, i, item) {
        LCT_FREE char *text = NULL;
        int rc = read_one(item, field, &text, fault);
        if (rc < 0) {
            return rc;
        }
        if (*text && !has(list, text)) {
            json_array_append_new(list, json_string(text));
        }
    }
    if (json_array_size(list) > 0) {
        json_object_set(into, field->key, list);
    }
    return 0;
}

int lct_plain_read(const json_t *object, const struct lct_plain_field *field, json_t *into,
                   struct lct_fault *fault) {
    const json_t *value = json_object_get(object, field->key);
    if (!value || json_is_null(value)) {
        return 0;
    }
    if (field->list > 0) {
        return read_list(value, field, into, fault);
    }
    LCT_FREE char *text = NULL;
    int rc = read_one(value, field, &text, fault);
    if (rc == 0 && *text) {
        json_object_set_new(into, field->key, json_string(text));
    }
    return rc;
}

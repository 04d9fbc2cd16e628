// SPDX-License-Identifier: GPL-3.0-or-later
/* What memory holds of the items. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/catalogue_priv.h"
#include "archive/library/words.h"
#include "base/mem.h"
#include "base/text.h"

const char *lct_facet_word(enum lct_facet facet) {
    static const char *const words[] = {"stage",  "subject", "grade",  "edition",
                                        "volume", "type",    "school", "teacher"};
    return words[facet];
}

/* An array of bigger places, zeroed behind the old ones. */
static void *grow(void *old, size_t n, size_t room, size_t size) {
    void *bigger = lct_new(room * size);
    if (n > 0) {
        memcpy(bigger, old, n * size);
    }
    free(old);
    return bigger;
}

static void empty(struct lct_entry *entry) {
    free(entry->id);
    free(entry->title);
    free(entry->key);
    free(entry->teachers);
    *entry = (struct lct_entry){.id = NULL};
}

void lct_entries_clear(struct lct_catalogue *c) {
    for (size_t i = 1; i < c->n; i++) {
        empty(&c->entries[i]);
    }
    free(c->entries);
    free(c->terms);
    json_decref(c->numbers);
    json_decref(c->term_numbers);
    c->entries = NULL;
    c->terms = NULL;
    c->n = 1;
    c->room = c->n_terms = c->terms_room = 0;
    c->numbers = json_object();
    c->term_numbers = json_object();
}

struct lct_entry *lct_entries_find(struct lct_catalogue *c, const char *id) {
    int64_t num = lct_json_int(c->numbers, id, 0);
    return num > 0 ? &c->entries[num] : NULL;
}

uint32_t lct_entries_term(const struct lct_catalogue *c, const char *text) {
    return (uint32_t)lct_json_int(c->term_numbers, text, 0);
}

static uint32_t intern(struct lct_catalogue *c, const char *text) {
    uint32_t number = *text ? lct_entries_term(c, text) : 0;
    if (number || !*text) {
        return number;
    }
    if (c->n_terms + 2 > c->terms_room) {
        size_t room = c->terms_room ? 2 * c->terms_room : 64;
        c->terms = grow(c->terms, c->terms_room ? c->n_terms + 1 : 0, room, sizeof *c->terms);
        c->terms_room = room;
    }
    number = (uint32_t)++c->n_terms;
    json_object_set_new(c->term_numbers, text, json_integer(number));
    c->terms[number] = json_object_iter_key(json_object_iter_at(c->term_numbers, text));
    return number;
}

/* The digits of an RFC 3339 time, as a number. */
static int64_t digits_of(const char *text) {
    int64_t number = 0;
    for (size_t i = 0, n = 0; text[i] && n < 17; i++) {
        if (text[i] >= '0' && text[i] <= '9') {
            number = 10 * number + (text[i] - '0');
            n++;
        }
    }
    return number;
}

static void put_teachers(struct lct_catalogue *c, struct lct_entry *entry, const json_t *teachers) {
    size_t n = json_array_size(teachers), i;
    json_t *teacher;
    entry->teachers = n > 1 ? lct_new((n - 1) * sizeof *entry->teachers) : NULL;
    entry->n_teachers = n > 1 ? (uint8_t)(n - 1) : 0;
    json_array_foreach(teachers, i, teacher) {
        uint32_t number = intern(c, json_string_value(teacher));
        if (i == 0) {
            entry->terms[LCT_FACET_TEACHER] = number;
        } else {
            entry->teachers[i - 1] = number;
        }
    }
}

void lct_entries_put(struct lct_catalogue *c, int64_t num, uint64_t as_of, const json_t *summary) {
    char title[LCT_ENTRY_TITLE_SIZE], key[LCT_TITLE_KEY_SIZE];
    const char *id = lct_json_text(summary, "id", "");
    const char *shown = lct_json_text(summary, "title", "");
    LCT_FREE char *folded = lct_words_fold(shown, strlen(shown));
    size_t at = (size_t)num;
    if (at >= c->room) {
        size_t room = c->room ? 2 * c->room : 64;
        room = room > at ? room : at + 1;
        c->entries = grow(c->entries, c->room, room, sizeof *c->entries);
        c->room = room;
    }
    c->n = at >= c->n ? at + 1 : c->n;
    struct lct_entry *entry = &c->entries[at];
    bool seen = entry->seen;
    empty(entry);
    lct_text_copy(title, sizeof title, folded);
    lct_title_key(c->keys, shown, key);
    *entry = (struct lct_entry){
        .id = lct_strdup(id),
        .title = lct_strdup(title),
        .key = lct_strdup(key),
        .as_of = as_of,
        .created = digits_of(lct_json_text(summary, "created", "")),
        .duration = lct_json_int(summary, "duration_ns", 0),
        .clip = lct_item_is_clip(id),
        .published = strcmp(lct_json_text(summary, "state", ""), "published") == 0,
        .trashed = json_is_string(json_object_get(summary, "trashed")),
        .seen = seen,
    };
    for (int f = 0; f < LCT_FACET_TEACHER; f++) {
        entry->terms[f] = intern(c, lct_json_text(summary, lct_facet_word((enum lct_facet)f), ""));
    }
    put_teachers(c, entry, json_object_get(summary, "teachers"));
    json_object_set_new(c->numbers, id, json_integer(num));
}

void lct_entries_drop(struct lct_catalogue *c, int64_t num) {
    json_object_del(c->numbers, c->entries[num].id);
    empty(&c->entries[num]);
}

const char *lct_catalogue_next(const struct lct_catalogue *c, size_t *at) {
    for (size_t i = *at + 1; i < c->n; i++) {
        if (c->entries[i].id) {
            *at = i;
            return c->entries[i].id;
        }
    }
    return NULL;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Search. The full-text table says in which rows (an item's text of one kind) each word stands; all
 * else, what is chosen, counted and sorted, is done over the memory's entries in one go, and only
 * the items that are shown are read.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/catalogue_priv.h"
#include "archive/library/words.h"
#include "base/mem.h"
#include "base/text.h"

/* What a word is worth where it stands, by kind; and when the title is, or begins with, what was
 * asked for. */
static const int worth[LCT_PASSAGE_KINDS] = {100, 40, 20, 15, 10, 5};
#define WORTH_SAME 400
#define WORTH_BEGIN 200

/* Where an item stands in a list. */
struct place {
    int64_t first, second; /* the less the earlier */
    const char *key;       /* of its title */
    size_t num;            /* newer items have higher ones; the last that counts */
};

struct search {
    struct lct_catalogue *c;
    const struct lct_catalogue_query *query;
    char *asked; /* folded; NULL: no text */
    struct lct_word words[LCT_CATALOGUE_WORDS_MAX];
    size_t n_words;
    /* by number */
    uint8_t *found; /* words of the text that stand in it */
    uint8_t *kinds; /* where, a bit a kind */
    int *score;
    uint32_t *chosen;            /* its place in query->ids, from 1 on; NULL: all are chosen */
    uint32_t terms[LCT_FACETS];  /* wanted; only where query->terms is set */
    uint32_t *counts;            /* of all facets, by term */
    struct place after, *places; /* a part of the list, in order */
    char after_key[LCT_TITLE_KEY_SIZE];
    size_t n_places, total;
};

/* ---- where words stand ---- */

/* Also what of an item another word has found counts once a word. */
static void note_row(struct search *s, int64_t row, uint8_t word, int *best) {
    size_t num = (size_t)(row / LCT_ROWS_AN_ITEM), kind = (size_t)(row % LCT_ROWS_AN_ITEM);
    if (num >= s->c->n || kind >= LCT_PASSAGE_KINDS || s->found[num] < word) {
        return; /* not with the words before */
    }
    if (s->found[num] == word) {
        s->found[num]++;
        best[num] = 0;
    }
    s->kinds[num] |= (uint8_t)(1U << kind);
    if (worth[kind] > best[num]) {
        s->score[num] += worth[kind] - best[num];
        best[num] = worth[kind];
    }
}

static int find_word(struct search *s, size_t i, int *best) {
    const struct lct_word *word = &s->words[i];
    LCT_FREE char *match =
        lct_format("\"%.*s\"%s", (int)word->n, word->text, word->open ? " *" : "");
    struct lct_db_query *query =
        lct_db_query(s->c->db, "SELECT rowid FROM words WHERE words MATCH ?");
    int rc;
    lct_db_set_text(query, 1, match);
    while ((rc = lct_db_next(query)) > 0) {
        note_row(s, lct_db_int(query, 0), (uint8_t)i, best);
    }
    return rc;
}

static int find_words(struct search *s) {
    LCT_FREE int *best = lct_new(s->c->n * sizeof *best);
    int rc = 0;
    for (size_t i = 0; i < s->n_words && rc == 0; i++) {
        rc = find_word(s, i, best);
    }
    return rc;
}

/* ---- what is chosen, and counted ---- */

static bool has_term(const struct lct_entry *entry, int facet, uint32_t term) {
    bool has = entry->terms[facet] == term;
    for (size_t i = 0; facet == LCT_FACET_TEACHER && i < entry->n_teachers && !has; i++) {
        has = entry->teachers[i] == term;
    }
    return has;
}

static bool is_wanted(const struct search *s, size_t num) {
    const struct lct_entry *entry = &s->c->entries[num];
    const struct lct_catalogue_query *q = s->query;
    if (s->asked && (s->n_words == 0 || s->found[num] != s->n_words)) {
        return false; /* first: entries lie far apart in memory */
    }
    return entry->id && entry->trashed == q->trash && (!s->chosen || s->chosen[num]) &&
           (!q->kind || entry->clip == (strcmp(q->kind, "clip") == 0)) &&
           (!q->state || entry->published == (strcmp(q->state, "published") == 0));
}

static void count(struct search *s, const struct lct_entry *entry, int facet) {
    uint32_t *counts = s->counts + (size_t)facet * (s->c->n_terms + 1);
    counts[entry->terms[facet]]++;
    for (size_t i = 0; facet == LCT_FACET_TEACHER && i < entry->n_teachers; i++) {
        counts[entry->teachers[i]]++;
    }
}

/* Counts it where it is found, or would be; true when it is. */
static bool count_facets(struct search *s, const struct lct_entry *entry) {
    int missed = 0, facet = 0;
    for (int f = 0; f < LCT_FACETS; f++) {
        if (s->query->terms[f] && !has_term(entry, f, s->terms[f])) {
            missed++;
            facet = f;
        }
    }
    for (int f = 0; f < LCT_FACETS; f++) {
        if (missed == 0 || (missed == 1 && f == facet)) {
            count(s, entry, f);
        }
    }
    return missed == 0;
}

/* ---- order ---- */

static int compare(const struct place *a, const struct place *b) {
    if (a->first != b->first) {
        return a->first < b->first ? -1 : 1;
    }
    if (a->second != b->second) {
        return a->second < b->second ? -1 : 1;
    }
    int by_title = strcmp(a->key, b->key);
    return by_title ? by_title : a->num < b->num ? 1 : a->num > b->num ? -1 : 0;
}

/* The title itself counts most. */
static int64_t relevance(const struct search *s, const struct lct_entry *entry, size_t num) {
    size_t n = strlen(s->asked);
    int more = strncmp(entry->title, s->asked, n) != 0 ? 0
               : entry->title[n]                       ? WORTH_BEGIN
                                                       : WORTH_SAME;
    return s->score[num] + more;
}

static struct place place_of(const struct search *s, size_t num) {
    const struct lct_entry *entry = &s->c->entries[num];
    struct place place = {.key = "", .num = num};
    switch (s->query->sort) {
    case LCT_SORT_RELEVANCE:
        place.first = s->asked ? -relevance(s, entry, num) : s->chosen ? s->chosen[num] : 0;
        place.second = -entry->created;
        break;
    case LCT_SORT_NEWEST:
        place.first = -entry->created;
        break;
    case LCT_SORT_OLDEST:
        place.first = entry->created;
        break;
    case LCT_SORT_TITLE:
        place.key = entry->key;
        break;
    case LCT_SORT_LONGEST:
        place.first = -entry->duration;
        break;
    }
    return place;
}

/* "first.second.num.key", of the last item of a part, the key in hexadecimal. Owned. */
static char *cursor_of(const struct place *place) {
    char key[2 * LCT_TITLE_KEY_SIZE] = "";
    for (size_t i = 0; place->key[i]; i++) {
        (void)snprintf(key + 2 * i, 3, "%02x", (unsigned)(unsigned char)place->key[i]);
    }
    return lct_format("%lld.%lld.%zu.%s", (long long)place->first, (long long)place->second,
                      place->num, key);
}

static void read_key(const char *hex, char ret_key[LCT_TITLE_KEY_SIZE]) {
    size_t n = 0;
    unsigned byte;
    while (n + 1 < LCT_TITLE_KEY_SIZE && isxdigit((unsigned char)hex[2 * n]) &&
           isxdigit((unsigned char)hex[2 * n + 1]) && sscanf(hex + 2 * n, "%2x", &byte) == 1) {
        ret_key[n++] = (char)byte;
    }
    ret_key[n] = '\0';
}

static int read_cursor(struct search *s, struct lct_fault *fault) {
    const char *text = s->query->after;
    long long first, second;
    int n = 0;
    if (!text) {
        return 0;
    }
    if (sscanf(text, "%lld.%lld.%zu.%n", &first, &second, &s->after.num, &n) != 3 || n == 0) {
        return lct_fault_set(fault, -EINVAL, "catalogue",
                             "\"after\" must be the \"next\" of the list before.",
                             "“after”必须是上一页列表中的“next”。");
    }
    read_key(text + n, s->after_key);
    s->after.first = first;
    s->after.second = second;
    s->after.key = s->after_key;
    return 0;
}

/* One more than is shown, to see whether there is more. */
static void put(struct search *s, size_t num) {
    struct place place = place_of(s, num);
    size_t most = s->query->limit + 1, at = s->n_places;
    if (s->query->after && compare(&place, &s->after) <= 0) {
        return;
    }
    while (at > 0 && compare(&place, &s->places[at - 1]) < 0) {
        at--;
    }
    if (at < most) {
        size_t moved = (s->n_places < most ? s->n_places : most - 1) - at;
        memmove(&s->places[at + 1], &s->places[at], moved * sizeof place);
        s->places[at] = place;
        s->n_places += s->n_places < most;
    }
}

/* The newest first: they are asked for mostly, and find their place at once. */
static void choose(struct search *s) {
    for (size_t num = s->c->n; num-- > 1;) {
        if (is_wanted(s, num) && count_facets(s, &s->c->entries[num])) {
            s->total++;
            put(s, num);
        }
    }
}

/* ---- what is shown ---- */

/* The line around where the word stands. Owned. */
static char *excerpt(const char *line, size_t n, size_t at) {
    size_t from = at > LCT_CATALOGUE_HIT_BYTES / 3 ? at - LCT_CATALOGUE_HIT_BYTES / 3 : 0;
    char *out = lct_new(n + 2 * sizeof "…");
    while (from > 0 && ((unsigned char)line[from] & 0xc0) == 0x80) {
        from--;
    }
    size_t to = n - from > LCT_CATALOGUE_HIT_BYTES ? from + LCT_CATALOGUE_HIT_BYTES : n;
    while (to < n && ((unsigned char)line[to] & 0xc0) == 0x80) {
        to--;
    }
    (void)snprintf(out, n + 2 * sizeof "…", "%s%.*s%s", from > 0 ? "…" : "", (int)(to - from),
                   line + from, to < n ? "…" : "");
    return out;
}

/* Where in the line one of the words stands, as good as can be said: folding may change lengths. */
static ptrdiff_t find_in(const struct search *s, const char *line, size_t n) {
    LCT_FREE char *folded = lct_words_fold(line, n);
    ptrdiff_t found = -1;
    for (size_t i = 0; i < s->n_words && found < 0; i++) {
        found = lct_words_find(folded, s->words[i].text, s->words[i].n);
    }
    return found < 0 ? -1 : found < (ptrdiff_t)n ? found : (ptrdiff_t)n;
}

/* The picture that may stand behind a time (row_of in catalogue.c); NULL: none. Owned. */
static json_t *picture_of(const char *text, const char *own) {
    char *end;
    long long time = *text == ',' ? strtoll(text + 1, &end, 10) : -1;
    const char *lesson = time >= 0 && *end == ',' ? end + 1 : own;
    return time < 0 ? NULL
                    : json_pack("{s:s%, s:I}", "lesson", lesson, strcspn(lesson, " "), "time_ns",
                                (json_int_t)time);
}

static void add_hits(const struct search *s, enum lct_passage_kind kind, const char *text,
                     const char *times, const char *own, json_t *hits) {
    while (*text && json_array_size(hits) < LCT_CATALOGUE_HITS_MAX) {
        size_t n = strcspn(text, "\n");
        char *end;
        long long time = strtoll(times, &end, 10);
        ptrdiff_t at = find_in(s, text, n);
        if (at >= 0) {
            LCT_FREE char *shown = excerpt(text, n, (size_t)at);
            json_t *hit =
                json_pack("{s:o, s:s, s:s}", "time_ns", time < 0 ? json_null() : json_integer(time),
                          "kind", lct_passage_word(kind), "text", shown);
            json_t *picture = picture_of(end, own);
            if (picture) {
                json_object_set_new(hit, "picture", picture);
            }
            if (hit) {
                json_array_append_new(hits, hit);
            }
        }
        times = end + strcspn(end, " ");
        text += n + (text[n] == '\n');
    }
}

static int read_hits(struct search *s, size_t num, json_t *hits) {
    int rc = 0;
    for (int kind = 0; kind < LCT_PASSAGE_KINDS && rc == 0; kind++) {
        if (!(s->kinds[num] & (1U << kind))) {
            continue;
        }
        struct lct_db_query *query =
            lct_db_query(s->c->db, "SELECT text, times FROM words WHERE rowid = ?");
        lct_db_set_int(query, 1, (int64_t)num * LCT_ROWS_AN_ITEM + kind);
        rc = lct_db_next(query);
        if (rc > 0) {
            add_hits(s, (enum lct_passage_kind)kind, lct_db_text(query, 0), lct_db_text(query, 1),
                     s->c->entries[num].id, hits);
            lct_db_end(query);
            rc = 0;
        }
    }
    return rc;
}

static int show_item(struct search *s, size_t num, json_t *items) {
    struct lct_db_query *query = lct_db_query(s->c->db, "SELECT summary FROM items WHERE num = ?");
    LCT_JSON json_t *item = NULL;
    struct lct_fault unused;
    lct_db_set_int(query, 1, (int64_t)num);
    int rc = lct_db_next(query);
    if (rc > 0) {
        const char *text = lct_db_text(query, 0);
        rc = lct_json_parse(text, strlen(text), &item, &unused) < 0 ? -EBADMSG : 0;
        lct_db_end(query);
    } else if (rc == 0) {
        rc = -EBADMSG; /* memory knows of more than there is */
    }
    if (rc < 0) {
        return rc;
    }
    json_t *hits = json_array();
    json_object_set_new(item, "recording",
                        json_boolean(s->c->is_recording(s->c->arg, s->c->entries[num].id)));
    json_object_set_new(item, "hits", hits);
    rc = s->asked ? read_hits(s, num, hits) : 0;
    json_array_append(items, item);
    return rc;
}

struct term {
    uint32_t number, count;
    const char *text;
};

static int more_first(const void *a, const void *b) {
    const struct term *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : strcmp(x->text, y->text);
}

static json_t *facet_json(const struct search *s, int facet) {
    const uint32_t *counts = s->counts + (size_t)facet * (s->c->n_terms + 1);
    LCT_FREE struct term *terms = lct_new((s->c->n_terms + 1) * sizeof *terms);
    json_t *list = json_array();
    size_t n = 0;
    for (size_t i = 1; i <= s->c->n_terms; i++) {
        if (counts[i] > 0) {
            terms[n++] = (struct term){(uint32_t)i, counts[i], s->c->terms[i]};
        }
    }
    qsort(terms, n, sizeof *terms, more_first);
    for (size_t i = 0; i < n && i < LCT_CATALOGUE_TERMS_MAX; i++) {
        json_array_append_new(list, json_pack("{s:s, s:I}", "term", terms[i].text, "count",
                                              (json_int_t)terms[i].count));
    }
    return list;
}

static int show(struct search *s, json_t **ret_json) {
    LCT_JSON json_t *json =
        json_pack("{s:[], s:{}, s:I}", "items", "facets", "total", (json_int_t)s->total);
    size_t shown = s->n_places < s->query->limit ? s->n_places : s->query->limit;
    int rc = 0;
    for (size_t i = 0; i < shown && rc == 0; i++) {
        rc = show_item(s, s->places[i].num, json_object_get(json, "items"));
    }
    for (int f = 0; f < LCT_FACETS; f++) {
        json_object_set_new(json_object_get(json, "facets"), lct_facet_word((enum lct_facet)f),
                            facet_json(s, f));
    }
    LCT_FREE char *next = s->n_places > shown ? cursor_of(&s->places[shown - 1]) : NULL;
    json_object_set_new(json, "next", next ? json_string(next) : json_null());
    json_object_set_new(json, "building", json_boolean(lct_catalogue_is_building(s->c)));
    if (rc == 0) {
        *ret_json = json_incref(json);
    }
    return rc;
}

/* ---- all of it ---- */

static void read_words(struct search *s) {
    size_t at = 0;
    const char *text = s->query->text + strspn(s->query->text, " \t\n");
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\n", text[n - 1])) {
        n--;
    }
    s->asked = lct_words_fold(text, n);
    while (s->n_words < LCT_CATALOGUE_WORDS_MAX &&
           lct_words_asked(s->asked, &at, &s->words[s->n_words])) {
        s->n_words++;
    }
}

static void read_ids(struct search *s) {
    size_t i;
    json_t *id;
    s->chosen = lct_new(s->c->n * sizeof *s->chosen);
    json_array_foreach(s->query->ids, i, id) {
        const char *text = json_string_value(id);
        int64_t num = text ? lct_json_int(s->c->numbers, text, 0) : 0;
        s->chosen[num] = (uint32_t)i + 1; /* 0 is no item's */
    }
}

static bool is_blank(const char *text) { return !text || !text[strspn(text, " \t\n")]; }

static void finish(struct search *s) {
    free(s->asked);
    free(s->found);
    free(s->kinds);
    free(s->score);
    free(s->chosen);
    free(s->counts);
    free(s->places);
}

int lct_catalogue_search(struct lct_catalogue *c, const struct lct_catalogue_query *query,
                         json_t **ret_json, struct lct_fault *fault) {
    struct search s = {.c = c, .query = query};
    int rc = read_cursor(&s, fault);
    if (rc < 0) {
        return rc;
    }
    if (!c->db) {
        return lct_catalogue_not_open(fault);
    }
    s.found = lct_new(c->n);
    s.kinds = lct_new(c->n);
    s.score = lct_new(c->n * sizeof *s.score);
    s.counts = lct_new(LCT_FACETS * (c->n_terms + 1) * sizeof *s.counts);
    s.places = lct_new((query->limit + 2) * sizeof *s.places);
    for (int f = 0; f < LCT_FACETS; f++) {
        s.terms[f] = query->terms[f] ? lct_entries_term(c, query->terms[f]) : 0;
        /* 0, a term that no item has, would be found where there is none. */
        s.terms[f] = query->terms[f] && !s.terms[f] ? UINT32_MAX : s.terms[f];
    }
    if (query->ids) {
        read_ids(&s);
    }
    if (!is_blank(query->text)) {
        read_words(&s);
        rc = find_words(&s);
    }
    if (rc == 0) {
        choose(&s);
        rc = show(&s, ret_json);
    }
    finish(&s);
    return rc < 0 ? lct_catalogue_failed(c, rc, fault) : 0;
}

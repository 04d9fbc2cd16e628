// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/library/catalogue_priv.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/lesson/lesson.h"
#include "base/log.h"
#include "base/mem.h"

LCT_LOG_TOPIC("catalogue");

/* Others of the loop's are served at least so often while folders are looked through. */
#define SLICE (30 * LCT_MS)

/* After the database could not be opened. */
#define OPEN_PAUSE (10 * LCT_SECOND)

/* Plain SQL but for the full-text table, in which a text of an item of one kind is a row: its lines
 * are the passages, "times" their times, joined by blanks. Steps are only ever appended. */
static const char *const steps[] = {
    "CREATE TABLE items (num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, as_of BIGINT NOT NULL,"
    " summary TEXT NOT NULL);"
    "CREATE TABLE uses (clip BIGINT NOT NULL, lesson TEXT NOT NULL, PRIMARY KEY (clip, lesson));"
    "CREATE INDEX uses_lesson ON uses (lesson);"
    "CREATE VIRTUAL TABLE words USING fts5 (text, times UNINDEXED, columnsize = 0,"
    " tokenize = 'lectern')",
};

#define STEPS (sizeof steps / sizeof *steps)

static void open_index(void *arg);
static void go_on(void *arg);

/* ---- how it is ---- */

static void note(struct lct_catalogue *c) {
    pthread_mutex_lock(&c->lock);
    c->count = json_object_size(c->numbers);
    pthread_mutex_unlock(&c->lock);
}

static void set_building(struct lct_catalogue *c, bool building) {
    pthread_mutex_lock(&c->lock);
    c->building = building;
    pthread_mutex_unlock(&c->lock);
}

static void set_fault(struct lct_catalogue *c, const struct lct_fault *fault) {
    pthread_mutex_lock(&c->lock);
    c->fault = *fault;
    pthread_mutex_unlock(&c->lock);
}

/* What is over; that it was made anew is said until the next start. */
static void clear_fault(struct lct_catalogue *c) {
    pthread_mutex_lock(&c->lock);
    if (c->fault.code != -EBADMSG) {
        c->fault.code = 0;
    }
    pthread_mutex_unlock(&c->lock);
}

json_t *lct_catalogue_health(struct lct_catalogue *c) {
    pthread_mutex_lock(&c->lock);
    json_t *json =
        json_pack("{s:I, s:b}", "items", (json_int_t)c->count, "building", (int)c->building);
    if (c->fault.code) {
        json_object_set_new(json, "fault", lct_json_of_fault(&c->fault));
    }
    pthread_mutex_unlock(&c->lock);
    return json;
}

/* ---- an item into the database ---- */

static struct lct_db_query *of_row(struct lct_catalogue *c, const char *sql, int64_t num,
                                   enum lct_passage_kind kind) {
    struct lct_db_query *query = lct_db_query(c->db, sql);
    lct_db_set_int(query, 1, num * LCT_ROWS_AN_ITEM + (int64_t)kind);
    return query;
}

/* The passages of a kind as a row: their lines, and their times: each "TIME", or with a picture
 * "TIME,WHEN" of the item itself, "TIME,WHEN,LESSON" of another. Both owned. */
static void row_of(const struct lct_passages *passages, enum lct_passage_kind kind, char **ret_text,
                   char **ret_times) {
    size_t n;
    FILE *text = open_memstream(ret_text, &n), *times = open_memstream(ret_times, &n);
    for (size_t i = 0; i < passages->n; i++) {
        const struct lct_passage *p = &passages->list[i];
        if (p->kind == kind) {
            (void)fprintf(text, "%s\n", p->text);
            bool seen = p->picture != LCT_NS_NONE;
            (void)fprintf(times, "%lld", p->time == LCT_NS_NONE ? -1LL : (long long)p->time);
            (void)(seen && fprintf(times, ",%lld", (long long)p->picture));
            (void)(seen && p->lesson && fprintf(times, ",%s", p->lesson));
            (void)fputc(' ', times);
        }
    }
    (void)fclose(text); /* memory only */
    (void)fclose(times);
}

/* 1: it stands there so; 0: it does not. */
static int is_same(struct lct_catalogue *c, int64_t num, enum lct_passage_kind kind,
                   const char *text, const char *times, bool *ret_any) {
    struct lct_db_query *query =
        of_row(c, "SELECT text, times FROM words WHERE rowid = ?", num, kind);
    int rc = lct_db_next(query);
    *ret_any = rc > 0;
    if (rc > 0) {
        rc = strcmp(lct_db_text(query, 0), text) == 0 && strcmp(lct_db_text(query, 1), times) == 0;
        lct_db_end(query);
    } else if (rc == 0) {
        rc = !*text;
    }
    return rc;
}

static int write_row(struct lct_catalogue *c, int64_t num, enum lct_passage_kind kind,
                     const char *text, const char *times) {
    bool any;
    int rc = is_same(c, num, kind, text, times, &any);
    if (rc != 0) {
        return rc < 0 ? rc : 0;
    }
    rc = any ? lct_db_run(of_row(c, "DELETE FROM words WHERE rowid = ?", num, kind)) : 0;
    if (rc == 0 && *text) {
        struct lct_db_query *query =
            of_row(c, "INSERT INTO words (rowid, text, times) VALUES (?, ?, ?)", num, kind);
        lct_db_set_text(query, 2, text);
        lct_db_set_text(query, 3, times);
        rc = lct_db_run(query);
    }
    return rc;
}

static int write_words(struct lct_catalogue *c, int64_t num, const struct lct_passages *passages) {
    int rc = 0;
    for (int kind = 0; kind < LCT_PASSAGE_KINDS && rc == 0; kind++) {
        LCT_FREE char *text = NULL;
        LCT_FREE char *times = NULL;
        row_of(passages, (enum lct_passage_kind)kind, &text, &times);
        rc = write_row(c, num, (enum lct_passage_kind)kind, text, times);
    }
    return rc;
}

static int write_uses(struct lct_catalogue *c, int64_t num, const json_t *sources) {
    struct lct_db_query *query = lct_db_query(c->db, "DELETE FROM uses WHERE clip = ?");
    size_t i;
    json_t *source;
    lct_db_set_int(query, 1, num);
    int rc = lct_db_run(query);
    json_array_foreach(sources, i, source) {
        query = lct_db_query(c->db, "INSERT INTO uses (clip, lesson) VALUES (?, ?)");
        lct_db_set_int(query, 1, num);
        lct_db_set_text(query, 2, json_string_value(source));
        rc = rc ? rc : lct_db_run(query);
    }
    return rc;
}

static int write_summary(struct lct_catalogue *c, int64_t num, bool is_new, uint64_t as_of,
                         const json_t *summary) {
    LCT_FREE char *text = lct_json_dump(summary, NULL);
    struct lct_db_query *query = lct_db_query(
        c->db, is_new ? "INSERT INTO items (as_of, summary, id, num) VALUES (?, ?, ?, ?)"
                      : "UPDATE items SET as_of = ?, summary = ? WHERE id = ? AND num = ?");
    lct_db_set_int(query, 1, (int64_t)as_of);
    lct_db_set_text(query, 2, text);
    lct_db_set_text(query, 3, lct_json_text(summary, "id", ""));
    lct_db_set_int(query, 4, num);
    return lct_db_run(query);
}

/* To other threads; summary is NULL when it is gone, sources may be NULL. */
static void show(struct lct_catalogue *c, const char *id, const json_t *summary,
                 const json_t *sources) {
    json_t *lessons = json_object();
    size_t i;
    json_t *source;
    json_array_foreach(sources, i, source) {
        json_object_set_new(lessons, json_string_value(source), json_true());
    }
    pthread_mutex_lock(&c->lock);
    if (summary && !json_is_string(json_object_get(summary, "trashed"))) {
        json_object_set_new(c->open, id, json_true());
    } else {
        json_object_del(c->open, id);
    }
    if (json_object_size(lessons) > 0) {
        json_object_set(c->uses, id, lessons);
    } else {
        json_object_del(c->uses, id);
    }
    pthread_mutex_unlock(&c->lock);
    json_decref(lessons);
}

bool lct_catalogue_is_building(struct lct_catalogue *c) {
    pthread_mutex_lock(&c->lock);
    bool building = c->building;
    pthread_mutex_unlock(&c->lock);
    return building;
}

bool lct_catalogue_is_open(struct lct_catalogue *c, const char *id) {
    pthread_mutex_lock(&c->lock);
    bool open = json_object_get(c->open, id) != NULL;
    pthread_mutex_unlock(&c->lock);
    return open;
}

bool lct_catalogue_uses(struct lct_catalogue *c, const char *clip, const char *lesson) {
    pthread_mutex_lock(&c->lock);
    bool uses = json_object_get(json_object_get(c->uses, clip), lesson) != NULL;
    pthread_mutex_unlock(&c->lock);
    return uses;
}

/* The lessons of a clip as the index has them. *ret_ids is owned. */
static int sources_of(struct lct_catalogue *c, int64_t num, json_t **ret_ids) {
    struct lct_db_query *query = lct_db_query(c->db, "SELECT lesson FROM uses WHERE clip = ?");
    json_t *ids = json_array();
    int rc;
    lct_db_set_int(query, 1, num);
    while ((rc = lct_db_next(query)) > 0) {
        json_array_append_new(ids, json_string(lct_db_text(query, 0)));
    }
    *ret_ids = ids;
    return rc;
}

/* Within a transaction. */
static int keep(struct lct_catalogue *c, const char *id, uint64_t as_of,
                const struct lct_item *item) {
    int64_t known = lct_json_int(c->numbers, id, 0);
    int64_t num = known ? known : (int64_t)c->n;
    int rc = write_summary(c, num, known == 0, as_of, item->summary);
    rc = rc ? rc : write_words(c, num, &item->passages);
    rc = rc ? rc : write_uses(c, num, item->sources);
    if (rc == 0) {
        lct_entries_put(c, num, as_of, item->summary);
        show(c, id, item->summary, item->sources);
    }
    return rc;
}

/* Within a transaction. */
static int forget(struct lct_catalogue *c, const char *id) {
    int64_t num = lct_json_int(c->numbers, id, 0);
    const struct lct_item nothing = {.summary = NULL};
    if (num == 0) {
        return 0;
    }
    struct lct_db_query *query = lct_db_query(c->db, "DELETE FROM items WHERE num = ?");
    lct_db_set_int(query, 1, num);
    int rc = lct_db_run(query);
    rc = rc ? rc : write_words(c, num, &nothing.passages);
    rc = rc ? rc : write_uses(c, num, NULL);
    if (rc == 0) {
        lct_entries_drop(c, num);
        show(c, id, NULL, NULL);
    }
    return rc;
}

/* ---- from the folder ---- */

/* The ids of the clips of a lesson: what stands in it stands in them. *ret_ids is owned. */
static int clips_of(struct lct_catalogue *c, const char *lesson, json_t **ret_ids) {
    struct lct_db_query *query = lct_db_query(
        c->db,
        "SELECT items.id FROM uses JOIN items ON items.num = uses.clip WHERE uses.lesson = ?");
    json_t *ids = json_array();
    int rc;
    lct_db_set_text(query, 1, lesson);
    while ((rc = lct_db_next(query)) > 0) {
        json_array_append_new(ids, json_string(lct_db_text(query, 0)));
    }
    *ret_ids = ids;
    return rc;
}

/* 1: it was read, or is no more; 0: it is as it was; -errno. Within a transaction. */
static int look_at(struct lct_catalogue *c, const char *id, bool anyway) {
    struct lct_item item;
    const struct lct_entry *entry = lct_entries_find(c, id);
    bool recording = c->is_recording(c->arg, id);
    uint64_t as_of = lct_item_as_of(c->data, id, recording); /* first: later changes are seen */
    if (entry && entry->as_of == as_of && !anyway) {
        return 0;
    }
    int rc = lct_item_read(c->data, id, recording, &item);
    if (rc < 0) { /* no lesson, or a damaged one: said when it was one */
        if (!entry) {
            return 0;
        }
        lct_info("is no more", "item=%s", id);
        rc = forget(c, id);
        return rc < 0 ? rc : 1;
    }
    rc = keep(c, id, as_of, &item);
    lct_item_free(&item);
    if (rc == 0 && c->was_read) {
        c->was_read(c->arg, id);
    }
    return rc < 0 ? rc : 1;
}

static int look_with_clips(struct lct_catalogue *c, const char *id) {
    LCT_JSON json_t *clips = NULL;
    size_t i;
    json_t *clip;
    int rc = look_at(c, id, false);
    if (rc <= 0 || lct_item_is_clip(id)) {
        return rc;
    }
    rc = clips_of(c, id, &clips);
    json_array_foreach(clips, i, clip) {
        rc = rc < 0 ? rc : look_at(c, json_string_value(clip), true);
    }
    return rc;
}

static int load(struct lct_catalogue *c);

/* What memory holds is as the database is again. */
static int commit(struct lct_catalogue *c, int rc) {
    rc = rc < 0 ? rc : lct_db_commit(c->db);
    if (rc < 0) {
        lct_db_undo(c->db);
        int again = load(c);
        rc = again == -EBADMSG ? again : rc;
    }
    note(c);
    return rc;
}

void lct_catalogue_look(struct lct_catalogue *c, const char *id) {
    if (!c->db || !lct_lesson_is_id(id)) {
        return;
    }
    int rc = lct_db_begin(c->db);
    rc = rc ? rc : commit(c, look_with_clips(c, id));
    if (rc < 0) {
        (void)lct_catalogue_failed(c, rc, NULL);
    }
}

/* ---- rounds through all folders ---- */

static void add_names(const struct lct_catalogue *c, const char *kind, json_t *names) {
    LCT_FREE char *folder = lct_format("%s/%s", c->data, kind);
    DIR *dir = opendir(folder);
    for (const struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        bool fits = lct_item_is_clip(entry->d_name) == (strcmp(kind, "clips") == 0);
        if (fits && lct_lesson_is_id(entry->d_name)) {
            json_array_append_new(names, json_string(entry->d_name));
        }
    }
    if (dir) {
        (void)closedir(dir);
    }
}

static void begin_round(struct lct_catalogue *c) {
    c->round_began = lct_monotonic();
    c->names = json_array();
    c->at = 0;
    for (size_t i = 1; i < c->n; i++) {
        c->entries[i].seen = false;
    }
    add_names(c, "lessons", c->names); /* first: clips need them */
    add_names(c, "clips", c->names);
    lct_loop_post(c->loop, go_on, c);
}

static void rest(struct lct_catalogue *c) {
    lct_ns took = lct_monotonic() - c->round_began;
    lct_ns pause = LCT_CATALOGUE_SHARE * took;
    lct_timer_set(c->timer,
                  lct_monotonic() + (pause > LCT_CATALOGUE_PAUSE ? pause : LCT_CATALOGUE_PAUSE));
}

static void end_round(struct lct_catalogue *c) {
    int rc = lct_db_begin(c->db);
    for (size_t i = 1; i < c->n && rc == 0; i++) {
        const struct lct_entry *entry = &c->entries[i];
        if (entry->id && !entry->seen) {
            LCT_FREE char *id = lct_strdup(entry->id);
            rc = look_with_clips(c, id); /* it may have come since */
            rc = rc < 0 ? rc : 0;
        }
    }
    rc = commit(c, rc);
    json_decref(c->names);
    c->names = NULL;
    if (rc < 0) {
        (void)lct_catalogue_failed(c, rc, NULL);
    } else {
        pthread_mutex_lock(&c->lock);
        bool first = c->building;
        size_t count = c->count;
        pthread_mutex_unlock(&c->lock);
        if (first) {
            lct_info("is up to date", "items=%zu", count);
        }
        set_building(c, false);
        clear_fault(c);
    }
    rest(c);
}

/* A slice of a round; a transaction of its own when there is anything to write. */
static int look_slice(struct lct_catalogue *c) {
    lct_ns end = lct_monotonic() + SLICE;
    int rc = lct_db_begin(c->db);
    while (rc >= 0 && c->at < json_array_size(c->names) && lct_monotonic() < end) {
        const char *id = json_string_value(json_array_get(c->names, c->at++));
        rc = look_with_clips(c, id);
        struct lct_entry *entry = lct_entries_find(c, id);
        if (entry) {
            entry->seen = true;
        }
    }
    return commit(c, rc);
}

static void go_on(void *arg) {
    struct lct_catalogue *c = arg;
    if (c->ended || !c->db || !c->names) { /* it was put aside meanwhile */
        return;
    }
    if (c->at == json_array_size(c->names)) {
        end_round(c);
        return;
    }
    int rc = look_slice(c);
    if (rc < 0) {
        json_decref(c->names);
        c->names = NULL;
        (void)lct_catalogue_failed(c, rc, NULL);
        rest(c);
        return;
    }
    lct_loop_post(c->loop, go_on, c);
}

static void on_timer(void *arg) {
    struct lct_catalogue *c = arg;
    if (!c->db) {
        open_index(c);
    } else if (!c->names) {
        begin_round(c);
    }
}

/* ---- the database ---- */

/* All items into the memory. */
static int load(struct lct_catalogue *c) {
    struct lct_db_query *query = lct_db_query(c->db, "SELECT num, as_of, summary, id FROM items");
    int rc;
    lct_entries_clear(c);
    while ((rc = lct_db_next(query)) > 0) {
        LCT_JSON json_t *summary = NULL;
        struct lct_fault unused;
        const char *text = lct_db_text(query, 2);
        int64_t num = lct_db_int(query, 0);
        int parsed = lct_json_parse(text, strlen(text), &summary, &unused);
        const char *id = lct_json_text(summary, "id", "");
        if (num < 1 || num >= LCT_ENTRIES_MAX || parsed < 0 || !lct_lesson_is_id(id) ||
            strcmp(id, lct_db_text(query, 3)) != 0 || lct_entries_find(c, id)) {
            lct_db_end(query);
            return -EBADMSG;
        }
        LCT_JSON json_t *sources = NULL;
        int sources_rc = lct_item_is_clip(id) ? sources_of(c, num, &sources) : 0;
        if (sources_rc < 0) {
            lct_db_end(query);
            return sources_rc;
        }
        lct_entries_put(c, num, (uint64_t)lct_db_int(query, 1), summary);
        show(c, id, summary, sources);
    }
    note(c);
    return rc;
}

static void say_made_anew(struct lct_catalogue *c, enum lct_db_found found) {
    struct lct_fault fault;
    const char *as = found == LCT_DB_NEWER ? "newer" : "damaged";
    (void)lct_fault_set(
        &fault, -EBADMSG, "catalogue",
        found == LCT_DB_NEWER
            ? "The library's index was made by a later version. It is made anew from "
              "the lessons; the old one lies in %s.%s."
            : "The library's index was damaged. It is made anew from the lessons, of "
              "which nothing is lost; the old one lies in %s.%s.",
        found == LCT_DB_NEWER
            ? "资源库索引由更新的版本生成，正从课程文件重新生成；旧索引保存在 %s.%s。"
            : "资源库索引已损坏，正从课程文件重新生成，课程没有丢失；旧索引保存在 "
              "%s.%s。",
        c->path, as);
    lct_warn("is made anew", "why=%s", fault.en);
    set_fault(c, &fault);
}

static void shut(struct lct_catalogue *c) {
    lct_db_close(c->db);
    c->db = NULL;
    json_decref(c->names);
    c->names = NULL;
    lct_entries_clear(c);
    note(c);
}

static void open_index(void *arg) {
    struct lct_catalogue *c = arg;
    enum lct_db_found found;
    struct lct_fault fault;
    if (c->ended) {
        return;
    }
    set_building(c, true);
    int rc = lct_db_open(c->path, steps, STEPS, &c->db, &found, &fault);
    if (rc < 0) {
        lct_error("cannot be opened", "why=%s", fault.en);
        set_fault(c, &fault);
        lct_timer_set(c->timer, lct_monotonic() + OPEN_PAUSE);
        return;
    }
    if (found == LCT_DB_DAMAGED || found == LCT_DB_NEWER) {
        say_made_anew(c, found);
    }
    rc = load(c);
    if (rc < 0) {
        (void)lct_catalogue_failed(c, rc, NULL);
        if (rc != -EBADMSG) { /* it may be read the next time */
            shut(c);
            lct_timer_set(c->timer, lct_monotonic() + OPEN_PAUSE);
        }
        return;
    }
    begin_round(c);
}

int lct_catalogue_failed(struct lct_catalogue *c, int rc, struct lct_fault *fault) {
    if (rc == -EBADMSG || rc == -EEXIST) { /* -EEXIST: it has what memory did not find in it */
        shut(c);
        int aside = lct_db_put_aside(c->path);
        say_made_anew(c, LCT_DB_DAMAGED);
        if (aside < 0) {
            lct_error("the damaged index cannot be put aside", "why=%s", strerror(-aside));
        }
        lct_ns now = lct_monotonic();
        bool again = c->made_anew && now - c->made_anew < OPEN_PAUSE; /* not as fast as it can */
        c->made_anew = now;
        lct_timer_set(c->timer, now + (again || aside < 0 ? OPEN_PAUSE : 0));
        rc = -EBADMSG;
        return lct_fault_set(
            fault, rc, "catalogue",
            "The library's index was damaged and is being made anew. Try again in a "
            "moment.",
            "资源库索引已损坏，正在重新生成，请稍后再试。");
    }
    struct lct_fault why;
    (void)lct_fault_set(&why, rc, "catalogue",
                        "The library's index cannot be used: %s. Check the disk's free space.",
                        "资源库索引无法使用：%s。请检查磁盘剩余空间。", strerror(-rc));
    lct_error("cannot be used", "why=%s", strerror(-rc));
    set_fault(c, &why);
    if (fault) {
        *fault = why;
    }
    return rc;
}

int lct_catalogue_not_open(struct lct_fault *fault) {
    return lct_fault_set(fault, -ENOTCONN, "catalogue",
                         "The library's index is not open now. Try again in a moment.",
                         "资源库索引尚未打开，请稍后再试。");
}

int lct_catalogue_users(struct lct_catalogue *c, const char *lesson, json_t **ret_json,
                        struct lct_fault *fault) {
    if (!c->db) {
        return lct_catalogue_not_open(fault);
    }
    struct lct_db_query *query =
        lct_db_query(c->db, "SELECT items.summary FROM uses JOIN items ON items.num = uses.clip"
                            " WHERE uses.lesson = ? ORDER BY items.id");
    LCT_JSON json_t *users = json_array();
    int rc;
    lct_db_set_text(query, 1, lesson);
    while ((rc = lct_db_next(query)) > 0) {
        LCT_JSON json_t *summary = NULL;
        struct lct_fault unused;
        const char *text = lct_db_text(query, 0);
        if (lct_json_parse(text, strlen(text), &summary, &unused) == 0) {
            json_array_append_new(users,
                                  json_pack("{s:O, s:O, s:b}", "id", json_object_get(summary, "id"),
                                            "title", json_object_get(summary, "title"), "trashed",
                                            json_is_string(json_object_get(summary, "trashed"))));
        }
    }
    if (rc < 0) {
        return lct_catalogue_failed(c, rc, fault);
    }
    *ret_json = json_incref(users);
    return 0;
}

/* ---- from begin to end ---- */

struct lct_catalogue *lct_catalogue_create(const struct lct_catalogue_settings *settings) {
    struct lct_catalogue *c = lct_new(sizeof *c);
    c->keys = lct_title_keys_create();
    c->data = lct_strdup(settings->data);
    c->path = lct_format("%s/library.db", settings->data);
    c->loop = settings->loop;
    c->is_recording = settings->is_recording;
    c->was_read = settings->was_read;
    c->arg = settings->arg;
    pthread_mutex_init(&c->lock, NULL);
    c->building = true;
    c->open = json_object();
    c->uses = json_object();
    lct_entries_clear(c);
    c->timer = lct_timer_create(c->loop, on_timer, c);
    lct_loop_post(c->loop, open_index, c);
    return c;
}

void lct_catalogue_end(struct lct_catalogue *c) {
    c->ended = true;
    shut(c);
    lct_timer_destroy(c->timer);
    c->timer = NULL;
}

void lct_catalogue_destroy(struct lct_catalogue *c) {
    if (!c) {
        return;
    }
    json_decref(c->numbers);
    json_decref(c->term_numbers);
    json_decref(c->open);
    json_decref(c->uses);
    pthread_mutex_destroy(&c->lock);
    lct_title_keys_destroy(c->keys);
    free(c->path);
    free(c->data);
    free(c);
}

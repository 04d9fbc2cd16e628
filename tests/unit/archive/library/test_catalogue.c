// SPDX-License-Identifier: GPL-3.0-or-later
/* The library's index beside its folders; what is found by which words, over the real programs:
 * tests/integration/test_catalogue.py. */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/db/db.h"
#include "archive/lesson/lesson.h"
#include "archive/library/catalogue.h"
#include "archive/library/metadata.h"
#include "base/mem.h"
#include "base/thread.h"
#include "tests/support/disk.h"

static char *data;
static struct lct_loop *loop;
static struct lct_catalogue *catalogue;
static struct lct_thread thread;

/* A search handed to the loop, and what came of it. */
static struct {
    struct lct_catalogue_query query;
    const char *look; /* an item that has changed; NULL: none */
    pthread_mutex_t lock;
    pthread_cond_t done;
    json_t *found;
    int rc;
    bool is_done;
} asked = {.lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};

static bool records_nothing(void *arg, const char *lesson) {
    (void)arg;
    (void)lesson;
    return false;
}

static void run(void *arg) { lct_loop_run(arg); }

static void open_catalogue(void) {
    loop = lct_loop_create();
    const struct lct_catalogue_settings settings = {
        .data = data, .loop = loop, .is_recording = records_nothing};
    catalogue = lct_catalogue_create(&settings);
    lct_thread_start(&thread, "catalogue", run, loop);
}

static void end(void *arg) { lct_catalogue_end(arg); }

static void close_catalogue(void) {
    lct_loop_post(loop, end, catalogue);
    lct_loop_stop(loop);
    lct_thread_join(&thread);
    lct_loop_destroy(loop);
    lct_catalogue_destroy(catalogue);
}

static void start(void) {
    data = lct_test_folder();
    open_catalogue();
}

static void stop(void) {
    close_catalogue();
    lct_test_remove(data);
    free(data);
}

TestSuite(catalogue, .init = start, .fini = stop, .timeout = 60);

static void put(const char *id, const char *title, const char *subject) {
    struct lct_lesson_info info;
    LCT_FREE char *folder = lct_format("%s/lessons/%s", data, id);
    LCT_JSON json_t *metadata =
        json_pack("{s:i, s:s, s:s}", "version", 1, "title", title, "subject", subject);
    lct_lesson_new("main", "", &info);
    (void)snprintf(info.id, sizeof info.id, "%s", id);
    info.state = LCT_LESSON_ENDED;
    info.end = 5 * LCT_SECOND;
    cr_assert_eq(lct_io_make_folder(folder), 0);
    cr_assert_eq(lct_lesson_save(&lct_io_system, folder, &info), 0);
    cr_assert_eq(lct_metadata_save(&lct_io_system, folder, metadata), 0);
}

static void search(void *arg) {
    (void)arg;
    struct lct_fault fault;
    json_t *found = NULL;
    if (asked.look) {
        lct_catalogue_look(catalogue, asked.look);
    }
    int rc = lct_catalogue_search(catalogue, &asked.query, &found, &fault);
    pthread_mutex_lock(&asked.lock);
    asked.found = found;
    asked.rc = rc;
    asked.is_done = true;
    pthread_cond_signal(&asked.done);
    pthread_mutex_unlock(&asked.lock);
}

/* The ids found, joined by blanks. Owned. */
static char *ids_of(struct lct_catalogue_query query, const char *look) {
    char *ids = lct_strdup("");
    size_t i;
    json_t *item;
    asked.query = query;
    asked.query.limit = query.limit ? query.limit : 100;
    asked.look = look;
    asked.is_done = false;
    lct_loop_post(loop, search, NULL);
    pthread_mutex_lock(&asked.lock);
    while (!asked.is_done) {
        pthread_cond_wait(&asked.done, &asked.lock);
    }
    pthread_mutex_unlock(&asked.lock);
    json_array_foreach(json_object_get(asked.found, "items"), i, item) {
        char *longer = lct_format("%s%s%s", ids, i ? " " : "", lct_json_text(item, "id", ""));
        free(ids);
        ids = longer;
    }
    json_decref(asked.found);
    return ids;
}

static void expect(struct lct_catalogue_query query, const char *look, const char *expected) {
    LCT_FREE char *ids = ids_of(query, look);
    cr_assert_str_eq(ids, expected, "%s", query.text ? query.text : "");
}

/* Waits for what is in the folders. */
static void until_built(void) {
    while (lct_catalogue_is_building(catalogue)) {
        (void)usleep(1000);
    }
}

Test(catalogue, follows_what_it_is_told) {
    until_built();
    put("a1", "光的折射", "物理");
    expect((struct lct_catalogue_query){.text = "折射"}, "a1", "a1");
    put("a1", "勾股定理", "数学");
    expect((struct lct_catalogue_query){.text = "折射"}, "a1", "");
    expect((struct lct_catalogue_query){.text = "勾股"}, NULL, "a1");
    expect((struct lct_catalogue_query){.terms = {[LCT_FACET_SUBJECT] = "数学"}}, NULL, "a1");
    expect((struct lct_catalogue_query){.terms = {[LCT_FACET_SUBJECT] = "物理"}}, NULL, "");
    LCT_FREE char *folder = lct_format("%s/lessons/a1", data);
    lct_test_remove(folder);
    expect((struct lct_catalogue_query){.text = "勾股"}, "a1", "");
    expect((struct lct_catalogue_query){.text = NULL}, "../../etc", "");
}

/* A file of the item's. */
static void write_file(const char *item, const char *name, const char *text) {
    LCT_FREE char *folder = lct_format("%s/%s", data, item);
    LCT_FREE char *path = lct_format("%s/%s", folder, name);
    cr_assert_eq(lct_io_make_folder(folder), 0);
    cr_assert_eq(lct_io_replace(&lct_io_system, path, text, strlen(text)), 0);
}

Test(catalogue, a_microlesson_says_nothing_of_a_lesson_that_is_gone) {
    LCT_FREE char *folder = lct_format("%s/lessons/a1", data);
    until_built();
    put("a1", "光", "物理");
    write_file("lessons/a1", "chapters.json",
               "{\"version\":1,\"chapters\":[{\"time_ns\":1000000000,\"title\":\"全反射\"}]}");
    expect((struct lct_catalogue_query){.text = "全反射"}, "a1", "a1");
    write_file(
        "clips/clip-1", "0001.json",
        "{\"version\":1,\"pieces\":[{\"lesson\":\"a1\",\"from_ns\":0,\"to_ns\":4000000000}]}");
    expect((struct lct_catalogue_query){.text = "全反射"}, "clip-1", "a1 clip-1");
    lct_test_remove(folder);
    expect((struct lct_catalogue_query){.text = "全反射"}, "a1", "");
    expect((struct lct_catalogue_query){.kind = "clip"}, NULL, "clip-1");
}

Test(catalogue, a_collection_has_an_order) {
    LCT_JSON json_t *chosen = json_pack("[s, s, s]", "a1", "gone", "a3");
    until_built();
    put("a1", "光的折射", "物理");
    put("a2", "光的反射", "物理");
    put("a3", "光的色散", "物理");
    expect((struct lct_catalogue_query){.text = "折射"}, "a1", "a1");
    expect((struct lct_catalogue_query){.text = "反射"}, "a2", "a2");
    expect((struct lct_catalogue_query){.text = "色散"}, "a3", "a3");
    expect((struct lct_catalogue_query){.ids = chosen}, NULL, "a1 a3");
    json_array_append_new(chosen, json_string("a1"));
    expect((struct lct_catalogue_query){.ids = chosen}, NULL, "a3 a1");
}

Test(catalogue, sees_folders_by_itself_and_remembers_them) {
    put("a1", "光的折射", "物理");
    put("a2", "光的反射", "物理");
    close_catalogue();
    open_catalogue();
    until_built();
    expect((struct lct_catalogue_query){.text = "折射"}, NULL, "a1");
    close_catalogue();
    open_catalogue();
    until_built();
    expect((struct lct_catalogue_query){.text = "反射"}, NULL, "a2");
}

Test(catalogue, is_made_anew_when_it_is_damaged) {
    LCT_FREE char *path = lct_format("%s/library.db", data);
    put("a1", "光的折射", "物理");
    close_catalogue();
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    (void)fputs("no database", file);
    (void)fclose(file);
    open_catalogue();
    until_built();
    expect((struct lct_catalogue_query){.text = "折射"}, NULL, "a1");
    LCT_JSON json_t *health = lct_catalogue_health(catalogue);
    cr_assert_not_null(json_object_get(health, "fault"));
}

#define ITEMS 30

/* The index as it was left, without its sum: as after a crash. */
static void put_index(const char *bytes, size_t n) {
    static const char *const others[] = {".sum", "-wal", "-shm"};
    LCT_FREE char *path = lct_format("%s/library.db", data);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        LCT_FREE char *other = lct_format("%s%s", path, others[i]);
        (void)unlink(other);
    }
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, n, file), n);
    (void)fclose(file);
}

/* Opens it; within some time all items are there and found, whatever was wrong. */
static void heals(const char *what) {
    bool all = false;
    open_catalogue();
    for (int tries = 0; tries < 4000 && !all; tries++) {
        LCT_FREE char *ids = ids_of((struct lct_catalogue_query){.kind = "lesson"}, NULL);
        int rc = asked.rc;
        LCT_FREE char *found = ids_of((struct lct_catalogue_query){.text = "折射"}, NULL);
        all = rc == 0 && asked.rc == 0 && strlen(ids) == ITEMS * strlen("a000 ") - 1 &&
              !lct_catalogue_is_building(catalogue);
        (void)usleep(all ? 0 : 5000);
    }
    LCT_JSON json_t *health = lct_catalogue_health(catalogue);
    LCT_FREE char *said = lct_json_dump(health, NULL);
    cr_assert(all, "%s: %s", what, said);
    close_catalogue();
}

/* Keeps the index of some lessons; there is no catalogue then. Owned. */
static char *make_index(size_t *ret_n) {
    LCT_FREE char *path = lct_format("%s/library.db", data);
    char *bytes = NULL;
    for (int i = 0; i < ITEMS; i++) {
        LCT_FREE char *id = lct_format("a%03d", i);
        put(id, "光的折射", "物理");
    }
    close_catalogue();
    open_catalogue();
    until_built();
    close_catalogue();
    cr_assert_eq(lct_io_slurp(path, 64 << 20, &bytes, ret_n), 0);
    return bytes;
}

Test(catalogue, heals_wherever_it_was_cut_off_or_changed, .timeout = 300) {
    size_t n;
    LCT_FREE char *sound = make_index(&n);
    uint32_t chance = 1;
    for (int i = 0; i < 60; i++) {
        LCT_FREE char *bad = lct_new(n);
        chance = chance * 1664525 + 1013904223;
        size_t at = chance % n, left = i % 3 == 0 ? at : n;
        memcpy(bad, sound, n);
        bad[at] = (char)(bad[at] ^ (1 << i % 8));
        for (size_t k = at; i % 3 == 1 && k < n && k < at + 512; k++) {
            bad[k] = 0;
        }
        LCT_FREE char *what = lct_format("%d at %zu of %zu", i % 3, at, n);
        put_index(bad, left);
        heals(what);
    }
    open_catalogue();
}

Test(catalogue, heals_when_its_tables_are_not_what_they_were, .timeout = 300) {
    static const char *const changes[] = {
        "DROP TABLE words",
        "DROP TABLE uses",
        "DROP TABLE items",
        "UPDATE items SET num = 2147483647 WHERE id = 'a003'",
        "UPDATE items SET num = -1 WHERE id = 'a003'",
        "UPDATE items SET id = 'a999' WHERE id = 'a003'",
        "UPDATE items SET id = 'zzz', summary = '[]' WHERE id = 'a003'",
        "INSERT INTO items SELECT num + 100, 'b' || id, as_of, summary FROM items",
        "ALTER TABLE items RENAME COLUMN summary TO abstract",
        "DROP TABLE items; CREATE TABLE items (num TEXT, id, as_of, summary)",
    };
    size_t n;
    LCT_FREE char *sound = make_index(&n);
    LCT_FREE char *path = lct_format("%s/library.db", data);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct lct_db *db;
        enum lct_db_found found;
        struct lct_fault fault;
        put_index(sound, n);
        /* as a step that comes after its own */
        const char *const steps[] = {"", changes[i]};
        cr_assert_eq(lct_db_open(path, steps, 2, &db, &found, &fault), 0, "%s", fault.en);
        cr_assert_eq(lct_db_run(lct_db_query(db, "PRAGMA user_version = 1")), 0);
        lct_db_close(db);
        heals(changes[i]);
    }
    open_catalogue();
}

Test(catalogue, a_cursor_that_is_none_is_refused) {
    static const char *const cursors[] = {"", "x", "1", "1.2", "1.2.3", "1.2.x."};
    until_built();
    put("a1", "光", "物理");
    expect((struct lct_catalogue_query){.text = "光"}, "a1", "a1");
    for (size_t i = 0; i < sizeof cursors / sizeof *cursors; i++) {
        expect((struct lct_catalogue_query){.after = cursors[i]}, NULL, "");
        cr_assert_eq(asked.rc, -EINVAL, "%s", cursors[i]);
    }
    expect((struct lct_catalogue_query){.after = "-9223372036854775807.0.99.zzz"}, NULL, "a1");
}

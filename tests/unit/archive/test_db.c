// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/db/db.h"
#include "base/mem.h"
#include "tests/support/disk.h"

static const char *const steps[] = {
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)",
    "CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'lectern')",
};

static char *folder, *path;
static struct lct_db *db;
static struct lct_fault fault;

static void start(void) {
    folder = lct_test_folder();
    path = lct_format("%s/library.db", folder);
}

static void stop(void) {
    lct_db_close(db);
    lct_test_remove(folder);
    free(path);
    free(folder);
}

TestSuite(db, .init = start, .fini = stop);

static enum lct_db_found open_by(size_t n) {
    enum lct_db_found found;
    lct_db_close(db);
    db = NULL;
    cr_assert_eq(lct_db_open(path, steps, n, &db, &found, &fault), 0, "%s", fault.en);
    return found;
}

static int add(int64_t id, const char *name) {
    struct lct_db_query *query = lct_db_query(db, "INSERT INTO t VALUES (?, ?)");
    lct_db_set_int(query, 1, id);
    lct_db_set_text(query, 2, name);
    return lct_db_run(query);
}

static int64_t count(const char *sql) {
    struct lct_db_query *query = lct_db_query(db, sql);
    cr_assert_eq(lct_db_next(query), 1, "%s", sql);
    int64_t n = lct_db_int(query, 0);
    lct_db_end(query);
    return n;
}

static bool is_there(const char *suffix) {
    LCT_FREE char *name = lct_format("%s%s", path, suffix);
    return access(name, F_OK) == 0;
}

Test(db, is_made_and_kept) {
    cr_assert_eq(open_by(1), LCT_DB_MISSING);
    cr_assert_eq(add(1, "光"), 0);
    cr_assert_eq(open_by(1), LCT_DB_GOOD);
    struct lct_db_query *query = lct_db_query(db, "SELECT id, name FROM t");
    cr_assert_eq(lct_db_next(query), 1);
    cr_assert_eq(lct_db_int(query, 0), 1);
    cr_assert_str_eq(lct_db_text(query, 1), "光");
    cr_assert_eq(lct_db_next(query), 0);
}

Test(db, later_steps_are_run_once) {
    cr_assert_eq(open_by(1), LCT_DB_MISSING);
    cr_assert_eq(add(1, "a"), 0);
    cr_assert_eq(open_by(2), LCT_DB_GOOD);
    cr_assert_eq(count("SELECT count(*) FROM words"), 0);
    cr_assert_eq(open_by(2), LCT_DB_GOOD);
    cr_assert_eq(count("SELECT count(*) FROM t"), 1);
}

Test(db, a_newer_one_is_put_aside) {
    (void)open_by(2);
    cr_assert_eq(add(1, "a"), 0);
    cr_assert_eq(open_by(1), LCT_DB_NEWER);
    cr_assert(is_there(".newer"));
    cr_assert_eq(count("SELECT count(*) FROM t"), 0);
}

Test(db, what_is_undone_is_not_there) {
    (void)open_by(2);
    cr_assert_eq(lct_db_begin(db), 0);
    cr_assert_eq(add(1, "a"), 0);
    lct_db_undo(db);
    cr_assert_eq(lct_db_begin(db), 0);
    cr_assert_eq(add(2, "b"), 0);
    cr_assert_eq(lct_db_commit(db), 0);
    cr_assert_eq(count("SELECT count(*) FROM t"), 1);
}

Test(db, says_what_is_wrong) {
    (void)open_by(2);
    cr_assert_eq(add(1, "a"), 0);
    cr_assert_eq(add(1, "b"), -EEXIST);
    cr_assert_eq(add(2, "a"), -EEXIST);
    cr_assert_eq(lct_db_run(lct_db_query(db, "INSERT INTO nothing VALUES (1)")), -EBADMSG);
    cr_assert_eq(add(2, "b"), 0, "a fault stays");
}

Test(db, words_are_found) {
    (void)open_by(2);
    struct lct_db_query *query = lct_db_query(db, "INSERT INTO words (rowid, text) VALUES (7, ?)");
    lct_db_set_text(query, 1, "光的折射与ＲＥＦＬＥＣＴＩＯＮ");
    cr_assert_eq(lct_db_run(query), 0);
    static const struct {
        const char *match;
        int found;
    } rows[] = {{"\"折射\"", 1}, {"\"的折射\"", 1}, {"\"射折\"", 0}, {"\"光\" *", 1},
                {"\"射\" *", 1}, {"\"refl\" *", 1}, {"\"光折\"", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        query = lct_db_query(db, "SELECT rowid FROM words WHERE words MATCH ?");
        lct_db_set_text(query, 1, rows[i].match);
        cr_assert_eq(lct_db_next(query), rows[i].found, "%s", rows[i].match);
        lct_db_end(query);
    }
}

static void fill(void) {
    (void)open_by(2);
    cr_assert_eq(lct_db_begin(db), 0);
    for (int i = 0; i < 3000; i++) {
        LCT_FREE char *name = lct_format("lesson %d of a school", i);
        cr_assert_eq(add(i, name), 0);
    }
    cr_assert_eq(lct_db_commit(db), 0);
    lct_db_close(db);
    db = NULL;
}

Test(db, a_truncated_one_is_put_aside_and_said) {
    static const off_t sizes[] = {50, 100, 5000, 40000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        LCT_FREE char *sum = lct_format("%s.sum", path);
        lct_db_close(db);
        db = NULL;
        (void)unlink(path);
        (void)unlink(sum);
        fill();
        (void)unlink(sum); /* as after a crash */
        cr_assert_eq(truncate(path, sizes[i]), 0);
        cr_assert_eq(open_by(2), LCT_DB_DAMAGED, "cut to %lld", (long long)sizes[i]);
        cr_assert(is_there(".damaged"));
        cr_assert_eq(count("SELECT count(*) FROM t"), 0);
    }
}

Test(db, one_bit_that_changed_is_found) {
    for (long at = 100; at < 60000; at += 7001) {
        lct_db_close(db);
        db = NULL;
        (void)unlink(path);
        fill();
        FILE *file = fopen(path, "r+b");
        cr_assert_not_null(file);
        (void)fseek(file, at, SEEK_SET);
        int byte = fgetc(file);
        (void)fseek(file, at, SEEK_SET);
        (void)fputc(byte ^ 0x10, file);
        (void)fclose(file);
        cr_assert_eq(open_by(2), LCT_DB_DAMAGED, "at %ld", at);
        cr_assert_eq(count("SELECT count(*) FROM t"), 0);
    }
}

Test(db, an_empty_one_is_filled) {
    fill();
    LCT_FREE char *sum = lct_format("%s.sum", path);
    cr_assert_eq(unlink(sum), 0);
    cr_assert_eq(truncate(path, 0), 0);
    cr_assert_eq(open_by(2), LCT_DB_MISSING);
    cr_assert_eq(add(1, "a"), 0);
}

Test(db, a_tree_whose_pages_are_noise_is_put_aside) {
    LCT_FREE char *sum = lct_format("%s.sum", path);
    fill();
    cr_assert_eq(unlink(sum), 0);
    FILE *file = fopen(path, "r+b");
    cr_assert_not_null(file);
    for (long at = 8192; at < 40000; at += 4096) {
        (void)fseek(file, at, SEEK_SET);
        (void)fputs("\377\377\377\377\377\377\377\377noise", file);
    }
    (void)fclose(file);
    cr_assert_eq(open_by(2), LCT_DB_DAMAGED);
}

Test(db, what_is_no_database_is_put_aside) {
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    for (int i = 0; i < 1000; i++) {
        (void)fputs("this is no database\n", file);
    }
    (void)fclose(file);
    cr_assert_eq(open_by(2), LCT_DB_DAMAGED);
    cr_assert_eq(add(1, "a"), 0);
}

Test(db, a_folder_that_is_not_there_is_said) {
    enum lct_db_found found;
    LCT_FREE char *nowhere = lct_format("%s/nowhere/library.db", folder);
    cr_assert_eq(lct_db_open(nowhere, steps, 2, &db, &found, &fault), -EACCES);
    cr_assert_not_null(strstr(fault.en, nowhere));
    db = NULL;
}

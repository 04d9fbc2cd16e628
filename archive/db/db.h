// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A database of ours: the only place that knows which one it is (SQLite). What stands in it can be
 * made anew from files at any time; therefore a file that is damaged, or was made by a later
 * version, is put aside and an empty one begun, and whoever opened it is told to fill it. Still
 * every commit is durable (WAL, synchronous=FULL): to fill it may take minutes. One thread.
 *
 *     static const char *const steps[] = {"CREATE TABLE …", "ALTER TABLE …"};   // only ever
 * appended rc = lct_db_open("/data/library.db", steps, 2, &db, &found, &fault); rc =
 * lct_db_begin(db); struct lct_db_query *q = lct_db_query(db, "INSERT INTO t VALUES (?, ?)");
 *     lct_db_set_text(q, 1, "…");  lct_db_set_int(q, 2, 7);
 *     rc = lct_db_run(q);
 *     rc = lct_db_commit(db);
 *     for (q = lct_db_query(db, "SELECT a FROM t"); (rc = lct_db_next(q)) > 0;) … lct_db_text(q, 0)
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"

struct lct_db;
struct lct_db_query;

/** Memory for pages, in bytes. */
#define LCT_DB_CACHE (32 << 20)

enum lct_db_found {
    LCT_DB_GOOD,    /**< it was there and is whole */
    LCT_DB_MISSING, /**< there was none, or an empty one */
    LCT_DB_DAMAGED, /**< it was put aside as PATH.damaged */
    LCT_DB_NEWER,   /**< of a later version; it was put aside as PATH.newer */
};

/**
 * Opens the database at path, makes it if it is missing, damaged or newer, and brings it up to the
 * n steps: each is SQL that is run once, in order, in a transaction of its own. The whole file is
 * read for that (some 0.3 s for 100 MB), and when it is closed. Texts in a full-text table (fts5)
 * with "tokenize='lectern'" are cut into words by archive/library/words.h. 0, or -errno with a
 * fault
 * (-EBUSY: another process has it open for writing; -ENOSPC, -EACCES …). *ret_db is owned.
 */
int lct_db_open(const char *path, const char *const *steps, size_t n, struct lct_db **ret_db,
                enum lct_db_found *ret_found, struct lct_fault *fault) LCT_MUST_USE;

/** Closes, and keeps the sum of its bytes as PATH.sum; a transaction that is open is undone. NULL
 * is allowed. */
void lct_db_close(struct lct_db *db);

/** Puts the file at path aside as PATH.damaged, with what belongs to it; nobody has it open. 0 or
 *  -errno. */
int lct_db_put_aside(const char *path) LCT_MUST_USE;

/** Begins a transaction. 0 or -errno, as lct_db_run. */
int lct_db_begin(struct lct_db *db) LCT_MUST_USE;

/** Makes it durable; when that fails it is undone. 0 or -errno, as lct_db_run. */
int lct_db_commit(struct lct_db *db) LCT_MUST_USE;

/** Undoes it. */
void lct_db_undo(struct lct_db *db);

/**
 * A statement, whose values are to be set next: sql is a literal, prepared once and kept. Only one
 * use of it at a time; it ends with lct_db_run, when lct_db_next has no more rows, or with
 * lct_db_end. Never NULL: what cannot be prepared fails when it is run. Borrowed.
 */
struct lct_db_query *lct_db_query(struct lct_db *db, const char *sql) LCT_MUST_USE;

/** Sets the index-th value (1 and up) to a text, which must stay until the use ends; NULL: null. */
void lct_db_set_text(struct lct_db_query *query, int index, const char *text);

/** Sets the index-th value to a number. */
void lct_db_set_int(struct lct_db_query *query, int index, int64_t value);

/**
 * Runs a statement that gives no rows. 0; -EBADMSG: the database is damaged, cannot be read, or its
 * tables are not those that the statement is about; -ENOSPC; -EIO: it cannot be written; -EEXIST: a
 * value that must be the only one is there already; -EBUSY; -ENOMEM.
 */
int lct_db_run(struct lct_db_query *query) LCT_MUST_USE;

/** The next row: 1; 0: there is none, and the use has ended; or -errno as lct_db_run, ended too. */
int lct_db_next(struct lct_db_query *query) LCT_MUST_USE;

/** The index-th column (0 and up) of the row as text, "" for null; borrowed until the next call of
 *  this query's. */
const char *lct_db_text(struct lct_db_query *query, int index);

/** The index-th column as a number. */
int64_t lct_db_int(struct lct_db_query *query, int index);

/** Ends a use before its last row. */
void lct_db_end(struct lct_db_query *query);

// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/db/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "archive/db/tokenizer_priv.h"
#include "base/crc32c.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"

LCT_LOG_TOPIC("db");

/* Another process may read; who waits for it so long has met one that hangs. */
#define BUSY_MS 2000

/* Read at once for a sum. */
#define BLOCK (1U << 20)

struct lct_db_query {
    struct lct_db_query *next;
    struct lct_db *db;
    const char *sql;
    sqlite3_stmt *statement; /* NULL: it could not be prepared */
};

struct lct_db {
    char *path;
    sqlite3 *handle;
    struct lct_db_query *queries;
};

/* What SQLite says, in our words. All SQL is ours: what it takes for none has met tables that are
 * not, and what it cannot read is put aside like what it cannot understand. */
static int code_of(int rc) {
    switch (rc) {
    case SQLITE_IOERR_READ:
    case SQLITE_IOERR_SHORT_READ:
    case SQLITE_IOERR_CORRUPTFS:
    case SQLITE_IOERR_DATA:
        return -EBADMSG;
    case SQLITE_IOERR_NOMEM:
        return -ENOMEM;
    default:
        break;
    }
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_MISMATCH:
    case SQLITE_ERROR:
        return -EBADMSG;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_CONSTRAINT:
        return -EEXIST;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        return -EACCES;
    case SQLITE_NOMEM:
        return -ENOMEM;
    default:
        return -EIO;
    }
}

/* As code_of, of what has just failed: a disk that is full shows in several ways. */
static int code_now(const struct lct_db *db, int rc) {
    int code = code_of(rc == SQLITE_OK ? rc : sqlite3_extended_errcode(db->handle));
    bool full = (code == -EIO || code == -EACCES) && sqlite3_system_errno(db->handle) == ENOSPC;
    if (code < 0) {
        lct_debug("failed", "code=%d why=%s", rc, sqlite3_errmsg(db->handle));
    }
    return full ? -ENOSPC : code;
}

static int run_text(struct lct_db *db, const char *sql) {
    return code_now(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

/* ---- statements ---- */

struct lct_db_query *lct_db_query(struct lct_db *db, const char *sql) {
    struct lct_db_query *query = db->queries;
    while (query && query->sql != sql && strcmp(query->sql, sql) != 0) {
        query = query->next;
    }
    if (!query) {
        query = lct_new(sizeof *query);
        *query = (struct lct_db_query){.next = db->queries, .db = db, .sql = sql};
        db->queries = query;
    }
    if (!query->statement) {
        int rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                    &query->statement, NULL);
        (void)code_now(db, rc);
    }
    lct_db_end(query);
    return query;
}

void lct_db_set_text(struct lct_db_query *query, int index, const char *text) {
    if (query->statement) { /* it fails when it is run: the value is missing then */
        (void)sqlite3_bind_text(query->statement, index, text, -1, SQLITE_STATIC);
    }
}

void lct_db_set_int(struct lct_db_query *query, int index, int64_t value) {
    if (query->statement) {
        (void)sqlite3_bind_int64(query->statement, index, value);
    }
}

int lct_db_next(struct lct_db_query *query) {
    int rc = query->statement ? sqlite3_step(query->statement) : sqlite3_errcode(query->db->handle);
    if (rc == SQLITE_ROW) {
        return 1;
    }
    rc = query->statement && rc == SQLITE_DONE ? 0 : code_now(query->db, rc);
    lct_db_end(query);
    return rc;
}

int lct_db_run(struct lct_db_query *query) {
    int rc = lct_db_next(query);
    lct_db_end(query);
    return rc < 0 ? rc : 0;
}

const char *lct_db_text(struct lct_db_query *query, int index) {
    const unsigned char *text = sqlite3_column_text(query->statement, index);
    return text ? (const char *)text : "";
}

int64_t lct_db_int(struct lct_db_query *query, int index) {
    return sqlite3_column_int64(query->statement, index);
}

void lct_db_end(struct lct_db_query *query) {
    if (query->statement) {
        (void)sqlite3_reset(query->statement);          /* tells again what next told */
        (void)sqlite3_clear_bindings(query->statement); /* nobody's text is kept */
    }
}

/* ---- transactions ---- */

int lct_db_begin(struct lct_db *db) { return run_text(db, "BEGIN IMMEDIATE"); }

int lct_db_commit(struct lct_db *db) {
    int rc = run_text(db, "COMMIT");
    if (rc < 0) {
        lct_db_undo(db);
    }
    return rc;
}

void lct_db_undo(struct lct_db *db) {
    if (!sqlite3_get_autocommit(db->handle)) {
        (void)run_text(db, "ROLLBACK"); /* SQLite may have done it by itself */
    }
}

/* ---- the file ---- */

/* What was closed is remembered by the sum of all its bytes (PATH.sum), so that whatever happens to
 * it meanwhile is found, in places too that SQLite's own check takes for content. While it is open
 * there is no sum: who crashes has that check alone. */
static int sum_of(const char *path, char ret_sum[40]) {
    LCT_FREE uint8_t *block = lct_new(BLOCK);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint32_t crc = 0;
    unsigned long long size = 0;
    ssize_t n = fd < 0 ? -1 : 0;
    while (fd >= 0 && (n = read(fd, block, BLOCK)) > 0) {
        crc = lct_crc32c(crc, block, (size_t)n);
        size += (unsigned long long)n;
    }
    int rc = n < 0 ? -errno : 0;
    if (fd >= 0) {
        (void)close(fd); /* only read */
    }
    (void)snprintf(ret_sum, 40, "%08x %llu\n", crc, size);
    return rc;
}

static void keep_sum(const char *path) {
    char sum[40];
    LCT_FREE char *to = lct_format("%s.sum", path);
    LCT_FREE char *log = lct_format("%s-wal", path);
    if (access(log, F_OK) == 0 || sum_of(path, sum) < 0) {
        return; /* another process has it open, or it is gone: no sum is none that is wrong */
    }
    int rc = lct_io_replace(&lct_io_system, to, sum, strlen(sum));
    if (rc < 0) {
        lct_debug("has no sum", "why=%s", strerror(-rc));
    }
}

/* 1: it is as it was closed; 0: that is not known; -EBADMSG: it is not. The sum is good for once.
 */
static int take_sum(const char *path) {
    char sum[40];
    LCT_FREE char *from = lct_format("%s.sum", path);
    LCT_FREE char *kept = NULL;
    LCT_FREE char *folder = lct_strdup(path);
    size_t n;
    int rc = lct_io_slurp(from, sizeof sum, &kept, &n);
    if (rc < 0) {
        return 0;
    }
    rc = sum_of(path, sum);
    if (rc == 0) {
        rc = strcmp(sum, kept) == 0 ? 1 : -EBADMSG;
    }
    char *slash = strrchr(folder, '/');
    *(slash ? slash : folder) = '\0';
    if (unlink(from) < 0 || lct_io_system.sync_folder(&lct_io_system, slash ? folder : ".") < 0) {
        return -EIO; /* it would be wrong after the next change */
    }
    return rc == -ENOENT ? 0 : rc;
}

/* A log of another file's would be taken for this one's: all three go together, the log first. */
static int put_aside(const char *path, const char *as) {
    static const char *const parts[] = {".sum", "-shm", "-wal", ""};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        LCT_FREE char *from = lct_format("%s%s", path, parts[i]);
        LCT_FREE char *to = lct_format("%s.%s%s", path, as, parts[i]);
        if (rename(from, to) < 0 && errno != ENOENT) {
            return -errno;
        }
    }
    return 0;
}

int lct_db_put_aside(const char *path) { return put_aside(path, "damaged"); }

static int number_of(struct lct_db *db, const char *sql, int64_t *ret_number) {
    struct lct_db_query *query = lct_db_query(db, sql);
    int rc = lct_db_next(query);
    if (rc > 0) {
        *ret_number = lct_db_int(query, 0);
        lct_db_end(query);
    }
    return rc < 0 ? rc : 0;
}

static int check(struct lct_db *db) {
    struct lct_db_query *query = lct_db_query(db, "PRAGMA quick_check(1)");
    int rc = lct_db_next(query);
    bool whole = rc > 0 && strcmp(lct_db_text(query, 0), "ok") == 0;
    lct_db_end(query);
    return rc < 0 ? rc : whole ? 0 : -EBADMSG;
}

/* Its version is the number of steps that have been run. */
static int bring_up(struct lct_db *db, const char *const *steps, size_t n, size_t from) {
    int rc = 0;
    for (size_t i = from; i < n && rc == 0; i++) {
        LCT_FREE char *version = lct_format("PRAGMA user_version = %zu", i + 1);
        rc = lct_db_begin(db);
        rc = rc ? rc : run_text(db, steps[i]);
        rc = rc ? rc : run_text(db, version);
        rc = rc ? rc : lct_db_commit(db);
        lct_db_undo(db);
    }
    return rc;
}

/* Opens what is there; of an empty file the version is 0. 0; -EBADMSG; -ENOTSUP: newer; -errno. */
static int open_file(const char *path, const char *const *steps, size_t n, struct lct_db **ret_db,
                     int64_t *ret_version) {
    LCT_FREE char *settings =
        lct_format("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -%d;"
                   "PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 16777216",
                   LCT_DB_CACHE >> 10);
    struct lct_db *db = lct_new(sizeof *db);
    int64_t version = 0;
    int known = take_sum(path);
    if (known < 0) {
        free(db);
        return known;
    }
    int rc = sqlite3_open_v2(
        path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    rc = code_of(rc);
    if (rc == 0) {
        (void)sqlite3_busy_timeout(db->handle, BUSY_MS);
        (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        rc = lct_db_add_tokenizer(db->handle);
    }
    rc = rc ? rc : run_text(db, settings);
    rc = rc || known ? rc : check(db);
    rc = rc ? rc : number_of(db, "PRAGMA user_version", &version);
    if (rc == 0 && (version < 0 || version > (int64_t)n)) {
        rc = -ENOTSUP;
    }
    rc = rc ? rc : bring_up(db, steps, n, (size_t)version);
    if (rc < 0) {
        lct_db_close(db);
        return rc;
    }
    db->path = lct_strdup(path); /* it is whole */
    *ret_db = db;
    *ret_version = version;
    return 0;
}

int lct_db_open(const char *path, const char *const *steps, size_t n, struct lct_db **ret_db,
                enum lct_db_found *ret_found, struct lct_fault *fault) {
    int64_t version;
    int rc = open_file(path, steps, n, ret_db, &version);
    enum lct_db_found found = rc == 0 && version == 0 ? LCT_DB_MISSING : LCT_DB_GOOD;
    if (rc == -EBADMSG || rc == -ENOTSUP) {
        found = rc == -ENOTSUP ? LCT_DB_NEWER : LCT_DB_DAMAGED;
        rc = put_aside(path, found == LCT_DB_NEWER ? "newer" : "damaged");
        rc = rc ? rc : open_file(path, steps, n, ret_db, &version);
    }
    if (rc < 0) {
        return lct_fault_set(
            fault, rc, "db",
            "The database %s cannot be opened: %s. Check the folder, its owner and "
            "the free space.",
            "无法打开数据库 %s：%s。请检查目录、权限和剩余空间。", path, strerror(-rc));
    }
    *ret_found = found;
    return 0;
}

void lct_db_close(struct lct_db *db) {
    if (!db) {
        return;
    }
    while (db->queries) {
        struct lct_db_query *query = db->queries;
        db->queries = query->next;
        (void)sqlite3_finalize(query->statement); /* tells what its last run told */
        free(query);
    }
    if (sqlite3_close(db->handle) != SQLITE_OK) {
        lct_error("is not closed", "why=%s", sqlite3_errmsg(db->handle));
    } else if (db->path) {
        keep_sum(db->path);
    }
    free(db->path);
    free(db);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* A lesson that grows, and its copy: both real, with what lies between them done by hand, so that
 * either may be begun anew at any step. */
#include "archive/lesson/original.h"
#include "archive/lesson/replica.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "archive/lesson/lesson.h"
#include "archive/lesson/recover.h"
#include "archive/tape/reels.h"
#include "archive/tape/thumbs.h"
#include "base/crc32c.h"
#include "base/digest.h"
#include "base/lock.h"
#include "base/mem.h"
#include "tests/support/disk.h"
#include "tests/support/format.h"
#include "tests/support/reel.h"

#define ROOM "lab"

struct world {
    struct lct_test_disk disk;
    char *root, *here, *there; /* two data folders in one, the lesson in each */
    struct lct_lesson_info info;
    struct lct_replica *replica;
    struct lct_original *original;
    size_t steps;
};

static void begin(struct world *w) {
    *w = (struct world){.root = lct_test_folder()};
    lct_test_disk_init(&w->disk);
    lct_test_disk_remember(&w->disk);
    lct_lesson_new(ROOM, "Copied", &w->info);
    w->info.track_count = 1;
    w->info.tracks[0] = (struct lct_lesson_track){"camera", "camera", 1, "test", 64, 48, 0};
    w->here = lct_format("%s/recorder/%s", w->root, w->info.id);
    w->there = lct_format("%s/lessons/%s", w->root, w->info.id);
    cr_assert_eq(lct_io_make_folder(w->here), 0);
    cr_assert_eq(lct_lesson_save(&lct_io_system, w->here, &w->info), 0);
}

static void end(struct world *w) {
    lct_replica_close(w->replica);
    lct_original_close(w->original);
    lct_test_disk_forget(&w->disk);
    lct_test_remove(w->root);
    free(w->root);
    free(w->here);
    free(w->there);
}

static int open_replica(struct world *w, const char *room, struct lct_fault *fault) {
    lct_replica_close(w->replica);
    w->replica = NULL;
    return lct_replica_open(&w->disk.io, w->root, room, w->info.id, &w->replica, fault);
}

/* The server begins anew; the recorder is told what it has. */
static void join(struct world *w) {
    struct lct_fault fault;
    cr_assert_eq(open_replica(w, ROOM, &fault), 0, "%s", fault.en);
    if (!w->original) {
        w->original = lct_original_open(w->here);
    }
    LCT_JSON json_t *have = lct_replica_have(w->replica);
    cr_assert_eq(lct_original_look(w->original), 0);
    lct_original_take(w->original, have);
}

/* Whatever has happened: each row of the copy is of a chunk that is there, to the byte. */
static size_t read_copy(const struct world *w) {
    LCT_FREE char *track = lct_format("%s/camera", w->there);
    struct lct_reels reels;
    size_t rows = 0;
    lct_reels_load(track, &reels);
    for (size_t i = 0; i < reels.count; i++) {
        char path[LCT_PATH_SIZE];
        LCT_FREE char *bytes = NULL;
        size_t n = 0;
        lct_reel_path(track, reels.views[i].number, ".mp4", path);
        cr_assert(lct_io_slurp(path, 1U << 30, &bytes, &n) == 0 || reels.views[i].count == 0);
        cr_assert_eq(reels.views[i].bad_rows, 0);
        for (size_t k = 0; k < reels.views[i].count; k++, rows++) {
            const struct lct_index_row *row = &reels.views[i].rows[k];
            cr_assert_leq(row->offset + row->n, n);
            cr_assert_eq(lct_crc32c(0, bytes + row->offset, row->n), row->crc);
        }
    }
    lct_reels_free(&reels);
    return rows;
}

/* One step; its kind. */
static int step(struct world *w) {
    struct lct_original_step step;
    struct lct_fault fault;
    int kind = lct_original_next(w->original, &step);
    w->steps++;
    if (kind == LCT_ORIGINAL_BYTES) {
        cr_assert_eq(lct_replica_write(w->replica, &step.piece, &fault), 0, "%s", fault.en);
        (void)read_copy(w);
    } else if (kind == LCT_ORIGINAL_CHECK) {
        int rc = lct_replica_check(w->replica, step.piece.name, step.bytes, step.sum, &fault);
        cr_assert(rc == 0 || rc == -EBADMSG, "%s", fault.en);
        lct_original_checked(w->original, rc == 0);
    }
    cr_assert_geq(kind, 0);
    return kind;
}

/* Looks and copies until there is nothing to do; the last kind. every: both begin anew after so
 * many steps (0: never). */
static int copy(struct world *w, size_t every) {
    int kind;
    cr_assert_eq(lct_original_look(w->original), 0);
    do {
        kind = step(w);
        if (every > 0 && w->steps % every == 0) {
            lct_original_close(w->original);
            w->original = NULL;
            join(w);
        }
    } while (kind == LCT_ORIGINAL_BYTES || kind == LCT_ORIGINAL_CHECK);
    return kind;
}

static void compare(const struct world *w, const char *name) {
    LCT_FREE char *a = lct_format("%s/%s", w->here, name);
    LCT_FREE char *b = lct_format("%s/%s", w->there, name);
    LCT_FREE char *x = NULL, *y = NULL;
    size_t n, m;
    cr_assert_eq(lct_io_slurp(a, 1U << 30, &x, &n), 0, "%s", a);
    cr_assert_eq(lct_io_slurp(b, 1U << 30, &y, &m), 0, "%s", b);
    cr_assert(n == m && memcmp(x, y, n) == 0, "%s", name);
}

/* It is the same, and on the disk. */
static void compare_disk(struct world *w, const char *name) {
    LCT_FREE char *path = lct_format("%s/%s", w->there, name);
    compare(w, name);
    cr_assert_eq(lct_test_disk_unsafe(&w->disk, path), 0, "%s", name);
}

static void compare_all(const struct world *w) {
    static const char *const names[] = {
        "lesson.json",          "marks.jsonl",        "camera/0001.mp4",   "camera/0001.index",
        "camera/0001.init.mp4", "camera/0002.mp4",    "camera/0002.index", "camera/0002.init.mp4",
        "camera/thumbs.mjpg",   "camera/thumbs.index"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        compare(w, names[i]);
    }
}

static void end_lesson(struct world *w) {
    w->info.state = LCT_LESSON_ENDED;
    w->info.end = 5 * LCT_SECOND;
    cr_assert_eq(lct_lesson_save(&lct_io_system, w->here, &w->info), 0);
}

static struct lct_test_run run_of(struct lct_format *format, uint32_t number) {
    return (struct lct_test_run){.format = format,
                                 .number = number,
                                 .tick = (number - 1) * INT64_C(2700000),
                                 .step = 3000,
                                 .count = 900,
                                 .keys = 30};
}

/* A lesson of two reels, marks and thumbnails, copied while it is recorded. */
static void record_and_copy(struct world *w, size_t every) {
    struct lct_format *format = lct_test_picture_format();
    struct lct_test_run run = run_of(format, 1);
    struct lct_fault fault;
    LCT_FREE char *track = lct_format("%s/camera", w->here);
    const struct lct_mark mark = {.time = LCT_SECOND, .wall = LCT_SECOND, .label = "here"};
    join(w);
    cr_assert_eq(copy(w, 0), LCT_ORIGINAL_NOTHING);
    struct lct_reel *reel = lct_test_reel_open(w->here, &run);
    lct_test_reel_append(reel, &run, 500);
    cr_assert_eq(copy(w, every), LCT_ORIGINAL_NOTHING);
    cr_assert_eq(read_copy(w), 500, "a reel that is written is there up to its last row");
    cr_assert_eq(lct_lesson_mark(&lct_io_system, w->here, &mark), 0);
    cr_assert_eq(lct_thumbs_append(track, 0, (const uint8_t *)"jpeg", 4), 0);
    lct_test_reel_append(reel, &run, 400);
    cr_assert_eq(copy(w, every), LCT_ORIGINAL_NOTHING);
    cr_assert_eq(lct_reel_close(reel, 0), 0);
    lct_test_reel(w->here, run_of(format, 2));
    cr_assert_eq(copy(w, every), LCT_ORIGINAL_NOTHING);
    cr_assert_eq(read_copy(w), 1800);
    compare(w, "camera/0001.mp4");
    LCT_JSON json_t *state = lct_replica_state(w->root, w->info.id);
    cr_assert_not(lct_json_flag(state, "complete", true));
    end_lesson(w);
    cr_assert_eq(copy(w, every), LCT_ORIGINAL_DONE);
    cr_assert_eq(lct_replica_finish(w->replica, &fault), 0, "%s", fault.en);
    lct_format_unref(format);
}

Test(replica, is_the_same_whenever_either_side_begins_anew, .timeout = 60) {
    static const size_t every[] = {0, 3, 4, 5, 7, 11, 40}; /* 2 would never come to compare */
    for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
        struct world w;
        begin(&w);
        record_and_copy(&w, every[i]);
        compare_all(&w);
        LCT_JSON json_t *state = lct_replica_state(w.root, w.info.id);
        cr_assert(lct_json_flag(state, "complete", false));
        end(&w);
    }
}

/* The server's disk gave something else back than it was given, or the recorder's was mended. */
Test(replica, is_sent_anew_where_it_differs, .timeout = 20) {
    static const char *const names[] = {"camera/0001.mp4", "camera/0001.index",
                                        "camera/thumbs.mjpg"};
    for (size_t i = 0; i < 3; i++) {
        struct world w;
        struct lct_fault fault;
        begin(&w);
        struct lct_format *format = lct_test_picture_format();
        struct lct_test_run run = run_of(format, 1);
        LCT_FREE char *track = lct_format("%s/camera", w.here);
        struct lct_reel *reel = lct_test_reel_open(w.here, &run);
        lct_test_reel_append(reel, &run, 100);
        cr_assert_eq(lct_thumbs_append(track, 0, (const uint8_t *)"jpeg", 4), 0);
        join(&w);
        (void)copy(&w, 0);
        LCT_FREE char *path = lct_format("%s/%s", w.there, names[i]);
        int fd = open(path, O_WRONLY | O_APPEND);
        cr_assert(pwrite(fd, "x", 1, 2) == 1 && write(fd, "more than there is", 18) == 18);
        close(fd);
        cr_assert_eq(lct_reel_close(reel, 0), 0);
        end_lesson(&w);
        lct_original_close(w.original);
        w.original = NULL;
        join(&w);
        struct lct_original_step unused;
        int kind = LCT_ORIGINAL_BYTES;
        for (int k = 0; k < 1000 && kind != LCT_ORIGINAL_DONE; k++) { /* rows may be wrong now */
            kind = lct_original_next(w.original, &unused);
            if (kind == LCT_ORIGINAL_BYTES) {
                cr_assert_eq(lct_replica_write(w.replica, &unused.piece, &fault), 0);
            } else if (kind == LCT_ORIGINAL_CHECK) {
                lct_original_checked(w.original,
                                     lct_replica_check(w.replica, unused.piece.name, unused.bytes,
                                                       unused.sum, &fault) == 0);
            }
        }
        cr_assert_eq(kind, LCT_ORIGINAL_DONE);
        cr_assert_eq(lct_replica_finish(w.replica, &fault), 0, "%s", fault.en);
        compare(&w, names[i]);
        lct_format_unref(format);
        end(&w);
    }
}

Test(replica, knows_the_names_of_a_lesson) {
    static const char *const right[] = {
        "lesson.json",          "marks.jsonl",        "camera/0001.mp4",    "sound-2/99999.index",
        "screen/0010.init.mp4", "camera/thumbs.mjpg", "camera/thumbs.index"};
    static const char *const wrong[] = {"",
                                        "/",
                                        "lesson.json/",
                                        "../lesson.json",
                                        "camera/../a",
                                        "camera",
                                        "camera/",
                                        "camera/0000.mp4",
                                        "camera/1.mp4",
                                        "camera/00001.mp4",
                                        "camera/100000.mp4",
                                        "/0001.mp4",
                                        "camera//0001.mp4",
                                        "CAMERA/0001.mp4",
                                        "camera/0001.mp4x",
                                        "camera/0001.init.mp4/",
                                        "camera/0001",
                                        "../0001.mp4",
                                        "camera/thumbs",
                                        "a-very-long-name-of-a-tra/0001.mp4"};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        cr_assert(lct_replica_is_name(right[i]), "%s", right[i]);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert_not(lct_replica_is_name(wrong[i]), "%s", wrong[i]);
    }
}

static int write_to(struct world *w, const char *name, uint64_t offset, bool whole,
                    const char *text, struct lct_fault *fault) {
    const struct lct_replica_piece piece = {.name = name,
                                            .offset = offset,
                                            .whole = whole,
                                            .bytes = (const uint8_t *)text,
                                            .n = strlen(text)};
    return lct_replica_write(w->replica, &piece, fault);
}

Test(replica, takes_nothing_that_is_none_of_the_lessons) {
    struct world w;
    struct lct_fault fault;
    begin(&w);
    join(&w);
    cr_assert_eq(write_to(&w, "../x", 0, false, "x", &fault), -EINVAL);
    cr_assert_eq(write_to(&w, "camera/0001.mp4", 1, false, "x", &fault), -EINVAL, "a hole");
    cr_assert_eq(write_to(&w, "camera/0001.mp4", 0, false, "xy", &fault), 0);
    cr_assert_eq(write_to(&w, "camera/0001.mp4", 2, false, "z", &fault), 0);
    cr_assert_eq(write_to(&w, "lesson.json", 0, true, "{\"id\":\"x\",\"room\":\"lab\"}", &fault),
                 -EINVAL);
    cr_assert_eq(write_to(&w, "lesson.json", 0, false, "{}", &fault), -EINVAL);
    LCT_FREE char *foreign = lct_format("{\"id\":\"%s\",\"room\":\"hall\"}", w.info.id);
    LCT_FREE char *own = lct_format("{\"id\":\"%s\",\"room\":\"lab\"}", w.info.id);
    cr_assert_eq(write_to(&w, "lesson.json", 0, true, foreign, &fault), -EINVAL);
    cr_assert_eq(write_to(&w, "lesson.json", 0, true, own, &fault), 0);
    cr_assert_eq(write_to(&w, "lesson.json", 0, true, "", &fault), -EINVAL, "it stays");
    LCT_FREE char *large = lct_new(LCT_REPLICA_INIT_MOST + 2);
    memset(large, 'x', LCT_REPLICA_INIT_MOST + 1);
    cr_assert_eq(write_to(&w, "camera/0001.init.mp4", 0, false, large, &fault), -EFBIG);
    cr_assert_eq(lct_replica_finish(w.replica, &fault), -EBADMSG, "nothing was compared");
    struct lct_replica *none = NULL;
    cr_assert_eq(lct_replica_open(&w.disk.io, w.root, ROOM, "../x", &none, &fault), -EINVAL);
    cr_assert_eq(open_replica(&w, "hall", &fault), -EPERM, "it is another room's");
    end(&w);
}

Test(replica, is_not_made_over_a_lesson_nor_again_after_it_was_deleted) {
    struct world w;
    struct lct_fault fault;
    begin(&w);
    cr_assert_eq(lct_io_make_folder(w.there), 0);
    cr_assert_eq(open_replica(&w, ROOM, &fault), 0, "an empty folder: it was just begun");
    cr_assert_eq(open_replica(&w, ROOM, &fault), 0);
    lct_test_remove(w.there);
    cr_assert_eq(open_replica(&w, ROOM, &fault), -EPERM);
    cr_assert_not_null(strstr(fault.en, "deleted"));
    LCT_FREE char *copies = lct_format("%s/copies", w.root);
    lct_test_remove(copies);
    cr_assert_eq(lct_io_make_folder(w.there), 0);
    cr_assert_eq(lct_lesson_save(&lct_io_system, w.there, &w.info), 0);
    cr_assert_eq(open_replica(&w, ROOM, &fault), -EPERM, "a lesson that is no copy");
    LCT_JSON json_t *state = lct_replica_state(w.root, w.info.id);
    cr_assert_null(state);
    end(&w);
}

/* Whatever call fails: it is said, and the same again leads to the same end. */
Test(replica, goes_on_after_a_disk_that_failed, .timeout = 60) {
    static const enum lct_disk_call calls[] = {LCT_DISK_OPEN, LCT_DISK_PWRITE, LCT_DISK_FDATASYNC,
                                               LCT_DISK_RENAME, LCT_DISK_SYNC_FOLDER};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        for (int after = 0; after < 8; after++) {
            struct world w;
            struct lct_fault fault;
            struct lct_original_step step;
            begin(&w);
            struct lct_format *format = lct_test_picture_format();
            lct_test_reel(w.here, run_of(format, 1));
            lct_format_unref(format);
            end_lesson(&w);
            lct_test_disk_fail(&w.disk, calls[i], after, EIO);
            int kind = LCT_ORIGINAL_BYTES;
            bool joined = false;
            for (int k = 0; k < 1000 && kind != LCT_ORIGINAL_DONE; k++) {
                int rc = joined ? 0 : open_replica(&w, ROOM, &fault);
                if (rc == 0 && !joined) {
                    join(&w);
                    joined = true;
                }
                kind = rc < 0 ? kind : lct_original_next(w.original, &step);
                if (rc == 0 && kind == LCT_ORIGINAL_BYTES) {
                    rc = lct_replica_write(w.replica, &step.piece, &fault);
                } else if (rc == 0 && kind == LCT_ORIGINAL_CHECK) {
                    rc =
                        lct_replica_check(w.replica, step.piece.name, step.bytes, step.sum, &fault);
                    lct_original_checked(w.original, rc == 0);
                    rc = rc == -EBADMSG ? 0 : rc;
                }
                joined = joined && rc == 0;
            }
            cr_assert_eq(kind, LCT_ORIGINAL_DONE, "call %zu after %d", i, after);
            while (lct_replica_finish(w.replica, &fault) < 0) {
                cr_assert_eq(fault.code, -EIO);
            }
            compare_disk(&w, "camera/0001.mp4");
            compare_disk(&w, "camera/0001.index");
            compare_disk(&w, "lesson.json");
            end(&w);
        }
    }
}

Test(replica, has_no_more_files_than_can_be_told_of, .timeout = 60) {
    struct world w;
    struct lct_fault fault;
    begin(&w);
    join(&w);
    LCT_FREE char *track = lct_format("%s/camera", w.there);
    cr_assert_eq(lct_io_make_folder(track), 0);
    for (unsigned i = 1; i <= LCT_REPLICA_FILES_MAX; i++) {
        LCT_FREE char *path = lct_format("%s/%04u.index", track, i);
        int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        cr_assert_geq(fd, 0);
        close(fd);
    }
    cr_assert_eq(open_replica(&w, ROOM, &fault), 0, "%s", fault.en);
    cr_assert_eq(write_to(&w, "camera/0001.mp4", 0, false, "x", &fault), -EFBIG);
    cr_assert_eq(write_to(&w, "camera/0001.index", 0, false, "x", &fault), 0);
    LCT_JSON json_t *have = lct_replica_have(w.replica);
    size_t n;
    LCT_FREE char *text = lct_json_dump(have, &n);
    cr_assert_leq(n, 256U << 10, "a message of the link");
    end(&w);
}

static bool is_there(const struct world *w, const char *name) {
    LCT_FREE char *path = lct_format("%s/%s", w->there, name);
    return access(path, F_OK) == 0;
}

static uint64_t bytes_of(struct world *w, const char *name) {
    LCT_JSON json_t *have = lct_replica_have(w->replica);
    const json_t *file = json_object_get(json_object_get(have, "files"), name);
    return (uint64_t)lct_json_int(file, "bytes", 0);
}

/* A sync that failed is not believed when it is said to have gone well the next time. */
Test(replica, throws_back_what_may_be_missing_on_the_disk) {
    struct world w;
    struct lct_fault fault;
    static const char name[] = "camera/0001.mp4";
    begin(&w);
    join(&w);
    LCT_FREE char *path = lct_format("%s/%s", w.there, name);
    cr_assert_eq(write_to(&w, name, 0, false, "durable", &fault), 0);
    cr_assert_eq(lct_replica_keep(w.replica, 0, &fault), 0);
    cr_assert_eq(write_to(&w, name, 7, false, " and", &fault), 0);
    cr_assert_eq(write_to(&w, name, 11, false, " not", &fault), 0);
    cr_assert_eq(write_to(&w, "camera/0002.mp4", 0, false, "another", &fault), 0);
    cr_assert_eq(lct_test_disk_unsafe(&w.disk, path), 8);
    lct_test_disk_fail(&w.disk, LCT_DISK_FDATASYNC, 0, EIO);
    cr_assert_eq(lct_replica_keep(w.replica, 0, &fault), -EIO);
    cr_assert_eq(open_replica(&w, ROOM, &fault), 0, "%s", fault.en);
    cr_assert_eq(bytes_of(&w, name), 7, "%zu", (size_t)bytes_of(&w, name));
    cr_assert_eq(bytes_of(&w, "camera/0002.mp4"), 7, "what was synced stays");
    cr_assert_eq(lct_test_disk_unsafe(&w.disk, path), 0);
    end(&w);
}

/* The server died, or the link ended, before what it had written was on its disk. */
Test(replica, is_durable_before_it_is_told_of) {
    struct world w;
    struct lct_fault fault;
    begin(&w);
    join(&w);
    cr_assert_eq(write_to(&w, "camera/0001.mp4", 0, false, "xy", &fault), 0);
    lct_test_disk_fail(&w.disk, LCT_DISK_FDATASYNC, 0, EIO);
    cr_assert_eq(open_replica(&w, ROOM, &fault), -EIO);
    cr_assert_eq(open_replica(&w, ROOM, &fault), 0, "%s", fault.en);
    cr_assert_eq(bytes_of(&w, "camera/0001.mp4"), 0, "nobody knows what of it was written");
    lct_test_disk_fail(&w.disk, LCT_DISK_SYNC_FOLDER, 1, EIO);
    cr_assert_eq(write_to(&w, "camera/0002.mp4", 0, false, "xy", &fault), -EIO);
    cr_assert(lct_test_disk_failed(&w.disk) && !is_there(&w, "camera/0002.mp4"), "it has no name");
    end(&w);
}

/* The line was away while reels came and went: what a player has read of the copy stays right. */
Test(replica, is_at_each_moment_the_beginning_of_its_tracks, .timeout = 20) {
    struct world w;
    begin(&w);
    struct lct_format *format = lct_test_picture_format();
    lct_test_reel(w.here, run_of(format, 1));
    struct lct_test_run run = run_of(format, 2);
    struct lct_reel *reel = lct_test_reel_open(w.here, &run);
    lct_test_reel_append(reel, &run, 900);
    join(&w);
    int kind = LCT_ORIGINAL_BYTES;
    LCT_FREE char *track = lct_format("%s/camera", w.there);
    cr_assert_eq(lct_original_look(w.original), 0);
    while (kind != LCT_ORIGINAL_NOTHING) {
        struct lct_reels reels;
        kind = step(&w);
        lct_reels_load(track, &reels);
        cr_assert(reels.count < 2 || reels.views[1].count == 0 || reels.views[0].count == 900);
        lct_reels_free(&reels);
    }
    cr_assert_eq(read_copy(&w), 1800);
    lct_reel_abandon(reel);
    lct_format_unref(format);
    end(&w);
}

/* Bytes that this process has read from disks, not from memory; -1: the system does not say. */
static int64_t read_from_disks(void) {
    LCT_FREE char *text = NULL;
    char *line;
    size_t size = 0;
    FILE *file = fopen("/proc/self/io", "re");
    ssize_t n = file ? getdelim(&text, &size, '\0', file) : -1;
    if (file) {
        (void)fclose(file);
    }
    line = n > 0 ? strstr(text, "read_bytes: ") : NULL;
    return line ? strtoll(line + strlen("read_bytes: "), NULL, 10) : -1;
}

/* Memory may hold what the disk never got. */
Test(replica, compares_what_the_disk_has) {
    enum { BYTES = 1 << 20 };
    static char bytes[BYTES + 1];
    struct world w;
    struct lct_fault fault;
    struct statfs volume;
    uint8_t sum[LCT_DIGEST_SIZE];
    begin(&w);
    join(&w);
    memset(bytes, 'x', BYTES);
    struct lct_digest *digest = lct_digest_create();
    lct_digest_add(digest, bytes, BYTES);
    lct_digest_end(digest, sum);
    cr_assert_eq(write_to(&w, "camera/0001.mp4", 0, false, bytes, &fault), 0);
    int64_t before = read_from_disks();
    cr_assert_eq(lct_replica_check(w.replica, "camera/0001.mp4", BYTES, sum, &fault), 0);
    int64_t after = read_from_disks();
    bool has_disk = statfs(w.root, &volume) == 0 && volume.f_type != TMPFS_MAGIC && before >= 0;
    end(&w);
    if (!has_disk) {
        cr_skip_test("there is no disk");
    }
    cr_assert_geq(after - before, BYTES);
}

/* Of a reel that had no row yet when the recorder lost it only the init was copied. */
Test(replica, has_nothing_of_a_reel_that_came_to_nothing, .timeout = 20) {
    enum { DISCARDED, DISCARDED_BEFORE_IT_BEGAN_ANEW, BURIED };
    for (int how = DISCARDED; how <= BURIED; how++) {
        struct world w;
        struct lct_fault fault;
        begin(&w);
        struct lct_format *format = lct_test_picture_format();
        LCT_FREE char *track = lct_format("%s/camera", w.here);
        struct lct_test_run run = run_of(format, 2);
        lct_test_reel(w.here, run_of(format, 1));
        struct lct_reel *reel = lct_test_reel_open(w.here, &run);
        join(&w);
        cr_assert_eq(copy(&w, 0), LCT_ORIGINAL_NOTHING);
        cr_assert(is_there(&w, "camera/0002.init.mp4"));
        if (how == BURIED) {
            struct lct_recovery report = {.error = 0};
            lct_reel_abandon(reel);
            cr_assert_eq(lct_recover_reel(&lct_io_system, track, 2, &report), 1);
        } else {
            lct_reel_discard(reel, track);
        }
        if (how == DISCARDED_BEFORE_IT_BEGAN_ANEW) {
            lct_original_close(w.original);
            w.original = NULL;
            join(&w);
        }
        end_lesson(&w);
        (void)copy(&w, 0); /* up to where nothing is left to be compared */
        cr_assert_eq(copy(&w, 0), LCT_ORIGINAL_DONE, "%d", how);
        cr_assert_eq(lct_replica_finish(w.replica, &fault), 0, "%s", fault.en);
        cr_assert_not(is_there(&w, "camera/0002.init.mp4"));
        cr_assert_eq(is_there(&w, "camera/0002.index"), how == BURIED);
        lct_format_unref(format);
        end(&w);
    }
}

/* A folder that is moved or a disk that dies must not take the copy with it. */
Test(replica, keeps_what_the_recorder_lost, .timeout = 20) {
    struct world w;
    begin(&w);
    struct lct_format *format = lct_test_picture_format();
    lct_test_reel(w.here, run_of(format, 1));
    join(&w);
    cr_assert_eq(copy(&w, 0), LCT_ORIGINAL_NOTHING);
    LCT_FREE char *track = lct_format("%s/camera", w.here);
    LCT_FREE char *aside = lct_format("%s/aside", w.root);
    cr_assert_eq(rename(track, aside), 0);
    lct_original_close(w.original);
    w.original = NULL;
    join(&w);
    end_lesson(&w);
    (void)copy(&w, 0);
    cr_assert_eq(read_copy(&w), 900);
    cr_assert(is_there(&w, "camera/0001.init.mp4"));
    lct_format_unref(format);
    end(&w);
}

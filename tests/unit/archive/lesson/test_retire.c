// SPDX-License-Identifier: GPL-3.0-or-later
/* Which lesson may be deleted, and that a disk that fails at any step leaves it whole or gone. */
#include "archive/lesson/retire.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/lesson/deleted.h"
#include "archive/lesson/lesson.h"
#include "base/lock.h"
#include "base/mem.h"
#include "tests/support/disk.h"
#include "tests/support/lesson.h"

#define ID "20260301-080000-lab-0001"

static char *root, *lessons, *folder;
static struct lct_retire *retire;
static struct lct_fault fault;

static void say_state(enum lct_lesson_state state) {
    struct lct_lesson_info info;
    cr_assert_eq(lct_lesson_load(folder, &info, &fault), 0);
    info.state = state;
    info.end = 2 * LCT_SECOND;
    strcpy(info.id, ID);
    cr_assert_eq(lct_lesson_save(&lct_io_system, folder, &info), 0);
}

static void start(void) {
    struct lct_lesson_info info;
    root = lct_test_folder();
    lessons = lct_format("%s/lessons", root);
    folder = lct_format("%s/%s", lessons, ID);
    cr_assert_eq(lct_io_make_folder(folder), 0);
    lct_test_lesson_begin(folder, &info);
    struct lct_test_lesson *lesson = lct_test_lesson(2 * LCT_SECOND);
    for (int i = 0; i < 2; i++) {
        struct lct_reel *reel =
            lct_test_lesson_reel(folder, lesson, i ? lesson->sound : lesson->picture);
        cr_assert_eq(lct_reel_close(reel, 0), 0);
    }
    lct_test_lesson_free(lesson);
    say_state(LCT_LESSON_ENDED);
}

static void stop(void) {
    lct_retire_close(retire);
    lct_test_remove(root);
    free(root);
    free(lessons);
    free(folder);
}

TestSuite(retire, .init = start, .fini = stop, .timeout = 20);

static int try_open(void) {
    lct_retire_close(retire);
    retire = NULL;
    return lct_retire_open(lessons, ID, &retire, &fault);
}

static bool is_there(void) { return access(folder, F_OK) == 0; }

/* What a server that has all of it would answer. */
static json_t *answer(void) {
    static const char *const names[] = {
        "lesson.json",    "camera/0001.mp4",  "camera/0001.index",  "camera/0001.init.mp4",
        "sound/0001.mp4", "sound/0001.index", "sound/0001.init.mp4"};
    json_t *files = json_object();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        LCT_FREE char *path = lct_format("%s/%s", folder, names[i]), *bytes = NULL;
        size_t n;
        cr_assert_eq(lct_io_slurp(path, 1U << 24, &bytes, &n), 0, "%s", path);
        free(bytes);
        bytes = NULL;
        json_object_set_new(files, names[i],
                            json_pack("{s:I, s:b}", "bytes", (json_int_t)n, "checked", 1));
    }
    return json_pack("{s:b, s:o}", "complete", 1, "files", files);
}

Test(retire, only_what_the_server_holds_to_the_last_file) {
    struct lct_retire_file file;
    size_t compared = 0;
    cr_assert_eq(try_open(), 0, "%s", fault.en);
    cr_assert_eq(lct_retire_verify(retire, &fault), 0, "%s", fault.en);
    LCT_JSON json_t *all = answer();
    cr_assert_eq(lct_retire_held(retire, all, &fault), 0);
    while (lct_retire_next(retire, &file) == 1) {
        cr_assert(json_object_get(json_object_get(all, "files"), file.name), "%s", file.name);
        compared++;
    }
    cr_assert_eq(compared, 7);
    const char *name;
    json_t *unused;
    json_object_foreach(json_object_get(all, "files"), name, unused) {
        LCT_JSON json_t *less = json_deep_copy(all);
        json_object_del(json_object_get(less, "files"), name);
        cr_assert_eq(lct_retire_held(retire, less, &fault), -ENODATA, "%s", name);
        LCT_JSON json_t *other = json_deep_copy(all);
        json_t *of_it = json_object_get(json_object_get(other, "files"), name);
        json_object_set_new(of_it, "checked", json_false());
        cr_assert_eq(lct_retire_held(retire, other, &fault), -ENODATA, "%s", name);
        json_object_set_new(of_it, "checked", json_true());
        json_object_set_new(of_it, "bytes", json_integer(1));
        cr_assert_eq(lct_retire_held(retire, other, &fault), -ENODATA, "%s", name);
    }
    json_object_set_new(all, "complete", json_false());
    cr_assert_eq(lct_retire_held(retire, all, &fault), -ENODATA);
    cr_assert_eq(lct_retire_delete(&lct_io_system, retire, &fault), 0);
    cr_assert_not(is_there());
}

Test(retire, what_runs_is_marked_or_strange_stays) {
    LCT_FREE char *keep = lct_format("%s/" LCT_RETIRE_KEEP, folder);
    LCT_FREE char *strange = lct_format("%s/camera/notes", folder);
    say_state(LCT_LESSON_RECORDING);
    cr_assert_eq(try_open(), -EAGAIN);
    say_state(LCT_LESSON_ENDED);
    int lock = lct_lock_folder(folder);
    cr_assert_geq(lock, 0);
    cr_assert_eq(try_open(), -EBUSY);
    lct_unlock(lock);
    cr_assert_eq(lct_io_replace(&lct_io_system, keep, "", 0), 0);
    cr_assert_eq(try_open(), -EPERM);
    cr_assert_eq(unlink(keep), 0);
    cr_assert_eq(symlink("/etc", strange), 0);
    cr_assert_eq(try_open(), -EINVAL);
    cr_assert(strstr(fault.en, "camera/notes"), "%s", fault.en);
    cr_assert_eq(unlink(strange), 0);
    cr_assert_eq(try_open(), 0);
    cr_assert_eq(lct_io_replace(&lct_io_system, keep, "", 0), 0);
    cr_assert_eq(lct_retire_delete(&lct_io_system, retire, &fault), -EPERM, "marked meanwhile");
    cr_assert(is_there());
}

Test(retire, what_is_damaged_stays) {
    LCT_FREE char *reel = lct_format("%s/camera/0001.mp4", folder);
    cr_assert_eq(truncate(reel, 3000), 0);
    cr_assert_eq(try_open(), 0);
    cr_assert_eq(lct_retire_verify(retire, &fault), -EBADMSG);
}

Test(retire, a_disk_that_fails_leaves_it_whole_or_gone) {
    static const enum lct_disk_call calls[] = {LCT_DISK_RENAME, LCT_DISK_SYNC_FOLDER};
    LCT_FREE char *deleted = lct_format("%s/deleted", root);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct lct_test_disk disk;
        lct_test_disk_init(&disk);
        lct_test_disk_fail(&disk, calls[i], 0, EIO);
        cr_assert_eq(try_open(), 0, "%s", fault.en);
        cr_assert_eq(lct_retire_delete(&disk.io, retire, &fault), -EIO);
        cr_assert(lct_test_disk_failed(&disk));
        cr_assert_eq(is_there(), calls[i] == LCT_DISK_RENAME);
        cr_assert_eq(access(deleted, F_OK), 0);
    }
    cr_assert_eq(lct_deleted_sweep(lessons), 0);
    cr_assert_neq(access(deleted, F_OK), 0);
}

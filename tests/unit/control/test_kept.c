// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lock.h"
#include "base/mem.h"
#include "control/kept.h"

static char folder[] = "/tmp/lectern-kept-XXXXXX";
static char *path;

static void make(void) {
    cr_assert(mkdtemp(folder));
    path = lct_format("%s/kept.json", folder);
}

static void clean(void) {
    (void)unlink(path);
    (void)rmdir(folder);
    free(path);
}

TestSuite(kept, .init = make, .fini = clean);

static void write_by_hand(const char *text) {
    FILE *file = fopen(path, "w");
    cr_assert(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

static int load(struct stat *stamp, json_t **json, struct lct_fault *fault) {
    *json = NULL;
    return lct_kept_load(path, 64, "test", stamp, json, fault);
}

Test(kept, what_is_saved_is_read_by_nobody_else) {
    struct lct_fault fault = {0};
    struct stat stamp, read;
    LCT_JSON json_t *json = json_pack("{s:i}", "n", 7);
    LCT_JSON json_t *back = NULL;
    cr_assert_eq(load(&stamp, &back, &fault), 0);
    cr_assert_null(back, "there is none");
    cr_assert_eq(lct_kept_changed(path, &stamp, "test", &fault), 0);
    cr_assert_eq(lct_kept_save(path, json, "test", &read, &fault), 0, "%s", fault.en);
    cr_assert_eq(lct_kept_changed(path, &stamp, "test", &fault), 1);
    cr_assert_eq(lct_kept_changed(path, &read, "test", &fault), 0);
    cr_assert_eq(load(&stamp, &back, &fault), 0);
    cr_expect(json_equal(json, back));
    cr_expect_eq(stamp.st_mode & 0777, 0600);
    cr_expect_eq(lct_kept_changed(path, &stamp, "test", &fault), 0);
}

Test(kept, what_is_damaged_is_no_file_that_is_missing) {
    struct lct_fault fault = {0};
    struct stat stamp;
    json_t *json;
    write_by_hand("{\"n\":");
    cr_expect_eq(load(&stamp, &json, &fault), -EBADMSG);
    cr_expect_null(json);
    cr_expect_eq(fault.code, 0, "the caller says it");
    write_by_hand("                                                                 {}");
    cr_expect_eq(load(&stamp, &json, &fault), -EFBIG);
    cr_expect(strstr(fault.en, path) != NULL, "%s", fault.en);
}

Test(kept, one_changes_it_at_a_time) {
    struct lct_fault fault = {0};
    int lock = lct_kept_lock(folder, "test", &fault);
    cr_assert_geq(lock, 0);
    cr_expect_eq(lct_kept_lock(folder, "test", &fault), -EBUSY);
    lct_unlock(lock);
    lock = lct_kept_lock(folder, "test", &fault);
    cr_expect_geq(lock, 0, "%s", fault.en);
    lct_unlock(lock);
    cr_expect_eq(lct_kept_lock(path, "test", &fault), -ENOENT);
    cr_expect(strstr(fault.en, path) != NULL, "%s", fault.en);
}

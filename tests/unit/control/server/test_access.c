// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "control/server/access.h"

static char folder[] = "/tmp/lct-access-XXXXXX";

static struct lct_access *opened(void) {
    struct lct_access *access = NULL;
    struct lct_fault fault;
    cr_assert_eq(lct_access_open(folder, &access, &fault), 0, "%s", fault.en);
    return access;
}

Test(access, is_made_once_and_kept_from_others) {
    cr_assert_not_null(mkdtemp(folder));
    LCT_FREE char *path = lct_format("%s/access-code", folder);
    struct stat info;
    struct lct_access *one = opened();
    char code[LCT_ACCESS_CODE_SIZE];
    strcpy(code, lct_access_code(one));
    cr_assert_eq(strlen(code), 30);
    lct_access_close(one);
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(info.st_mode & 0777U, 0600U);
    cr_assert_eq(chmod(path, 0644), 0);
    struct lct_access *two = opened();
    cr_assert_str_eq(lct_access_code(two), code);
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(info.st_mode & 0777U, 0600U, "an open one is closed");
    lct_access_close(two);
    FILE *damaged = fopen(path, "w");
    cr_assert_not_null(damaged);
    (void)fputs("1234\n", damaged);
    cr_assert_eq(fclose(damaged), 0);
    struct lct_access *three = opened();
    cr_assert_str_neq(lct_access_code(three), code);
    lct_access_close(three);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rmdir(folder), 0);
}

Test(access, compares_and_slows_down_guessing) {
    cr_assert_not_null(mkdtemp(folder));
    LCT_FREE char *path = lct_format("%s/access-code", folder);
    struct lct_access *access = opened();
    char code[LCT_ACCESS_CODE_SIZE];
    strcpy(code, lct_access_code(access));
    cr_assert_eq(lct_access_try(access, "2001:db8:1:2::7", code), LCT_ACCESS_RIGHT);
    code[29] = code[29] == 'a' ? 'b' : 'a';
    for (int i = 0; i < LCT_ACCESS_TRIES; i++) {
        cr_assert_eq(lct_access_try(access, "2001:db8:1:2::7", code), LCT_ACCESS_WRONG);
    }
    cr_assert_eq(lct_access_try(access, "2001:db8:1:2:3::8", ""), LCT_ACCESS_WAIT);
    cr_assert_eq(lct_access_try(access, "2001:db8:1:3::7", "x"), LCT_ACCESS_WRONG,
                 "another network may try");
    cr_assert_eq(lct_access_try(access, "2001:db8:1:2::7", lct_access_code(access)),
                 LCT_ACCESS_RIGHT);
    lct_access_close(access);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rmdir(folder), 0);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/lock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/lectern-lock-XXXXXX";

static void make_folder(void) { cr_assert_not_null(mkdtemp(folder)); }

TestSuite(lock, .init = make_folder);

Test(lock, one_holder_at_a_time_and_it_is_named) {
    char file[64];
    (void)snprintf(file, sizeof file, "%s/lock", folder);
    int (*const take[])(const char *) = {lct_lock_file, lct_lock_folder};
    const char *const what[] = {file, folder};
    for (size_t i = 0; i < 2; i++) {
        int fd = take[i](what[i]);
        cr_assert_geq(fd, 0);
        cr_expect_eq(take[i](what[i]), -EBUSY);
        cr_expect_eq(lct_lock_holder(what[i]), getpid());
        lct_unlock(fd);
        cr_expect_eq(lct_lock_holder(what[i]), 0);
    }
}

Test(lock, dies_with_its_holder) {
    pid_t child = fork();
    if (child == 0) {
        _exit(lct_lock_folder(folder) < 0); /* not given back */
    }
    int status = -1;
    waitpid(child, &status, 0);
    cr_assert_eq(status, 0);
    int fd = lct_lock_folder(folder);
    cr_expect_geq(fd, 0);
    lct_unlock(fd);
}

Test(lock, waits_for_its_turn) {
    char file[64];
    (void)snprintf(file, sizeof file, "%s/turn", folder);
    int first = lct_lock_file(file), status = -1;
    pid_t child = fork();
    if (child == 0) {
        lct_unlock(first); /* the parent's stays: a lock is of the descriptor they share */
        int fd = lct_lock_wait(file);
        _exit(fd < 0 || lct_lock_holder(file) != getpid());
    }
    cr_expect_eq(waitpid(child, &status, WNOHANG), 0);
    lct_unlock(first);
    waitpid(child, &status, 0);
    cr_expect_eq(status, 0);
}

Test(lock, what_is_not_there) {
    cr_expect_eq(lct_lock_folder("/nowhere/at/all"), -ENOENT);
    cr_expect_eq(lct_lock_file("/nowhere/at/all"), -ENOENT);
    cr_expect_eq(lct_lock_wait("/nowhere/at/all"), -ENOENT);
    cr_expect_eq(lct_lock_holder("/nowhere/at/all"), 0);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/calm.h"
#include "base/io.h"
#include "base/mem.h"
#include "tests/support/disk.h"

#define DAY (86400 * LCT_SECOND)

static char *data;
static struct lct_calm *calm;
static lct_ns wall, boot;

static lct_ns read_wall(void) { return wall; }
static lct_ns read_boot(void) { return boot; }

/* A new run, the machine having been off for that time. */
static void restart(lct_ns off) {
    lct_calm_destroy(calm);
    wall += off;
    boot = 7;
    calm = lct_calm_create(data, read_wall, read_boot);
}

static void start(void) {
    data = lct_test_folder();
    wall = 20000 * DAY;
    restart(0);
}

static void stop(void) {
    lct_calm_destroy(calm);
    lct_test_remove(data);
    free(data);
}

TestSuite(calm, .init = start, .fini = stop);

/* Days of a machine that runs, looked at each hour. */
static void run(int days) {
    for (int i = 0; i < 24 * days; i++) {
        wall += DAY / 24;
        boot += DAY / 24;
        lct_calm_look(calm);
    }
}

/* For how many days it is known to be calm. */
static int days(void) {
    int n = 0;
    while (lct_calm_lets_go(calm, (n + 1) * DAY)) {
        n++;
    }
    return n;
}

Test(calm, grows_with_the_days) {
    cr_assert_eq(days(), 0, "where nothing is kept it begins");
    run(10);
    cr_assert_eq(days(), 10);
    restart(2 * DAY);
    cr_assert_eq(days(), 12);
    run(1);
    cr_assert_eq(days(), 13);
}

Test(calm, ends_with_a_leap) {
    run(40);
    wall += 300 * DAY;
    cr_assert_eq(days(), 0);
    run(5);
    wall -= 300 * DAY;
    cr_assert_eq(days(), 5, "set right again");
    run(1);
    cr_assert_eq(days(), 6);
}

Test(calm, ends_with_a_leap_while_it_was_off) {
    run(40);
    restart(300 * DAY);
    cr_assert_eq(days(), 0);
    restart(0);
    cr_assert_eq(days(), 0);
    run(3);
    restart(-300 * DAY);
    cr_assert_eq(days(), 3);
}

Test(calm, is_gained_by_no_leap_but_a_small_one) {
    for (int i = 0; i < 7; i++) {
        restart(LCT_CALM_LEAP + 1);
    }
    cr_assert_eq(days(), 0);
    wall += LCT_CALM_LEAP;
    cr_assert_eq(days(), 0, "no time has passed");
}

Test(calm, begins_anew_with_what_is_damaged) {
    static const char *const texts[] = {"", "{", "[]", "{\"wall_ns\":-1,\"calm_ns\":-1}",
                                        "{\"wall_ns\":\"x\",\"calm_ns\":true}"};
    LCT_FREE char *path = lct_format("%s/clock.json", data);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        run(2);
        cr_assert_eq(lct_io_replace(&lct_io_system, path, texts[i], strlen(texts[i])), 0);
        restart(0);
        cr_assert_eq(days(), 0, "%s", texts[i]);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

LCT_LOG_TOPIC("test");

static char path[] = "/tmp/lectern-log-XXXXXX";

/* Runs what logs in a child, whose standard error is the file. */
static void run(void (*body)(void)) {
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(fd, STDERR_FILENO);
        body();
        exit(0);
    }
    close(fd);
    int status = -1;
    waitpid(child, &status, 0);
    cr_assert_eq(status, 0);
}

/* Lines of the file that end in text. */
static int count(const char *text) {
    char line[2048];
    int n = 0;
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    while (fgets(line, sizeof line, file)) {
        size_t length = strcspn(line, "\n"), end = strlen(text);
        n += length >= end && strncmp(line + length - end, text, end) == 0;
    }
    (void)fclose(file);
    return n;
}

static void flood(int lines) {
    for (int i = 0; i < lines; i++) {
        lct_warn("again", "n=%s", "x");
    }
}

static void flood_and_say(void) {
    flood(LCT_LOG_BURST + 37);
    lct_info("another place", NULL);
}

Test(log, a_place_that_floods_is_counted_and_others_are_not_touched) {
    run(flood_and_say);
    cr_expect_eq(count("warn  test: again n=x"), LCT_LOG_BURST);
    cr_expect_eq(count("info  test: another place"), 1);
    cr_expect_eq(count("warn  test: again … 37 more"), 1, "said at the end");
    unlink(path);
}

static void flood_twice(void) {
    flood(LCT_LOG_BURST + 5);
    lct_log_say_more(lct_monotonic());
    lct_warn("the span is not over", NULL);
    lct_log_say_more(lct_monotonic() + LCT_LOG_SPAN);
    lct_warn("the span is over", NULL);
    flood(LCT_LOG_BURST + 6);
}

Test(log, a_new_span_has_lines_of_its_own) {
    run(flood_twice);
    cr_expect_eq(count("again n=x"), 2 * LCT_LOG_BURST);
    cr_expect_eq(count("again … 5 more"), 1);
    cr_expect_eq(count("again … 6 more"), 1);
    unlink(path);
}

static void debug_lines(void) {
    lct_log_set_level(LCT_LOG_DEBUG);
    for (int i = 0; i < 2 * LCT_LOG_BURST; i++) {
        lct_debug("detail", NULL);
    }
}

Test(log, debug_lines_are_not_held_back) {
    run(debug_lines);
    cr_expect_eq(count("debug test: detail"), 2 * LCT_LOG_BURST);
    unlink(path);
}

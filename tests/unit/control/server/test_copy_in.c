// SPDX-License-Identifier: GPL-3.0-or-later
/* What one recorder may have waiting while the server's disk takes its time. */
#include "control/server/copy_in.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "tests/support/disk.h"

static struct lct_loop *loop;
static struct lct_copy_in *copies;
static char *data;
static int answers, faults;

static void on_answer(void *arg, const char *room, json_t *owned) {
    LCT_JSON json_t *answer = owned;
    const json_t *fault = json_object_get(answer, "fault");
    (void)arg;
    cr_assert_str_eq(room, "lab");
    answers++;
    if (fault) {
        faults++;
        cr_assert_str_eq(lct_json_text(fault, "code", ""), "busy");
    }
}

static void start(void) {
    data = lct_test_folder();
    loop = lct_loop_create();
    copies = lct_copy_in_create(
        &(struct lct_copy_in_settings){.data = data, .loop = loop, .answer = on_answer});
}

static void stop(void) {
    lct_copy_in_stop(copies);
    lct_loop_destroy(loop);
    lct_copy_in_destroy(copies);
    lct_test_remove(data);
    free(data);
}

TestSuite(copy_in, .init = start, .fini = stop, .timeout = 20);

static void quit(void *arg) { lct_loop_stop(arg); }

static void wait_for(const int *count, int wanted) {
    struct lct_timer *timer = lct_timer_create(loop, quit, loop);
    while (*count < wanted) {
        lct_timer_set(timer, lct_monotonic() + 10 * LCT_MS);
        lct_loop_run(loop);
    }
    lct_timer_destroy(timer);
}

static void ask(const char *what, int number) {
    LCT_JSON json_t *question =
        json_pack("{s:s, s:i, s:s, s:s, s:i, s:s}", "do", what, "n", number, "lesson", "L1", "name",
                  "camera/0001.mp4", "bytes", 0, "sha256", "");
    lct_copy_in_message(copies, "lab", question);
}

/* A file that keeps who opens it waiting, as a disk that hangs does. */
static char *make_hanging_file(void) {
    LCT_FREE char *track = lct_format("%s/lessons/L1/camera", data);
    char *path = lct_format("%s/0001.mp4", track);
    cr_assert_eq(lct_io_make_folder(track), 0);
    cr_assert_eq(mkfifo(path, 0600), 0);
    return path;
}

Test(copy_in, bounds_what_waits_of_each_room) {
    static const uint8_t bytes[LCT_LINK_PART_BYTES];
    const struct lct_link_part part = {
        .lesson = "L1", .name = "camera/0001.index", .bytes = bytes, .n = sizeof bytes};
    ask("begin", 1);
    wait_for(&answers, 1);
    cr_assert_eq(faults, 0);
    LCT_FREE char *path = make_hanging_file();
    ask("check", 2);
    size_t parts = 0;
    while (parts < 1000 && lct_copy_in_part(copies, "lab", &part)) {
        parts++;
    }
    cr_assert(parts > 1 && parts * sizeof bytes <= LCT_COPY_WAITING, "%zu", parts);
    cr_assert(lct_copy_in_part(copies, "hall", &part), "another room has its own");
    for (int i = 0; i < 10; i++) {
        ask("begin", 3 + i);
    }
    cr_assert_eq(faults, 11 - LCT_COPY_QUESTIONS);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    close(fd);
    (void)unlink(path);
    wait_for(&answers, 12);
    cr_assert_eq(faults, 11 - LCT_COPY_QUESTIONS);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The sources of a room, from options and from a configuration. */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/tape/tape.h"
#include "control/recorder/sources.h"

static struct lct_fault fault;

Test(sources, are_as_many_as_a_room_may_have) {
    struct lct_sources sources = {.count = 0};
    for (int i = 0; i < LCT_ROOM_SOURCES_MAX; i++) {
        cr_assert_eq(lct_sources_add(&sources, "mic:pulse", &fault), 0, "%s", fault.en);
    }
    cr_assert_eq(lct_sources_add(&sources, "mic:pulse", &fault), -E2BIG);
    cr_assert(strstr(fault.en, "at most 8 sources") && strstr(fault.zh, "8 个来源"), "%s",
              fault.en);
    cr_assert_eq(sources.count, LCT_ROOM_SOURCES_MAX);
}

Test(sources, have_as_many_tracks_as_a_lesson_may_have) {
    struct lct_sources sources = {.count = 0};
    for (int i = 0; i < 5; i++) { /* three tracks each */
        cr_assert_eq(lct_sources_add(&sources, "demo", &fault), 0, "%s", fault.en);
    }
    cr_assert_eq(lct_sources_add(&sources, "file:/film.mp4", &fault), -E2BIG);
    cr_assert_str_eq(fault.en,
                     "A room has at most 16 tracks; with \"file:/film.mp4\" it would have 17.");
    cr_assert(strstr(fault.zh, "最多 16 条轨道"), "%s", fault.zh);
    cr_assert_eq(lct_sources_add(&sources, "mic:alsa", &fault), 0, "the sixteenth");
    cr_assert_eq(lct_sources_add(&sources, "telescope:1", &fault), -EINVAL);
    cr_assert_eq(sources.count, 6);
}

static int read_room(const char *text, struct lct_sources *ret_sources) {
    char path[] = "/tmp/lct-sources-XXXXXX";
    struct lct_config *config = NULL;
    int fd = mkstemp(path);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    cr_assert_eq(close(fd), 0);
    cr_assert_eq(lct_settings_read(path, &config, &fault), 0, "%s", fault.en);
    int rc = lct_sources_read(config, "a", ret_sources, &fault);
    lct_config_destroy(config);
    cr_assert_eq(unlink(path), 0);
    return rc;
}

Test(sources, are_read_from_a_room) {
    struct lct_sources sources;
    cr_assert_eq(read_room("[room b]\nsource = demo\n[room a]\nsource = mic:alsa\n"
                           "source = camera:/dev/video3\n",
                           &sources),
                 0);
    cr_assert_eq(sources.count, 2);
    cr_assert_str_eq(sources.specs[1].target, "/dev/video3");
    cr_assert_eq(read_room("[room a]\nname = x\n\nsource = telescope:1\n", &sources), -EINVAL);
    cr_assert(strstr(fault.en, ", line 4: \"telescope:1\" is not a source"), "%s", fault.en);
    cr_assert_eq(read_room("[room a]\nsource = demo\nsource = demo\nsource = demo\n"
                           "source = demo\nsource = demo\nsource = demo\n",
                           &sources),
                 -EINVAL);
    cr_assert(strstr(fault.en, ", line 7: A room has at most 16 tracks"), "%s", fault.en);
}

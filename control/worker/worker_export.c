// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern-worker export: a lesson as one MP4 file. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "archive/lesson/lesson.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "control/command/command.h"
#include "control/worker/worker_jobs.h"

struct export_options {
    const char *lesson, *out;
    const char *tracks[LCT_TAPE_TRACKS_MAX];
    size_t track_count;
    bool json;
};

static int usage(void) {
    (void)fputs(lct_say("usage: lectern export LESSON -o FILE.mp4 [--track NAME …] [--json]\n",
                        "用法：lectern export 课程文件夹 -o 文件.mp4 [--track 轨道 …] [--json]\n"),
                stderr);
    return 2;
}

static int read_options(int argc, char **argv, struct export_options *o) {
    static const struct option known[] = {{"out", required_argument, NULL, 'o'},
                                          {"track", required_argument, NULL, 't'},
                                          {"json", no_argument, NULL, 'j'},
                                          {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "o:", known, NULL)) != -1) {
        if (c == 'o') {
            o->out = optarg;
        } else if (c == 't' && o->track_count < LCT_TAPE_TRACKS_MAX) {
            o->tracks[o->track_count++] = optarg;
        } else if (c == 'j') {
            o->json = true;
        } else {
            return -EINVAL;
        }
    }
    o->lesson = optind < argc ? argv[optind] : NULL;
    return optind + 1 == argc && o->out ? 0 : -EINVAL;
}

int lct_worker_export(int argc, char **argv) {
    struct export_options o = {.track_count = 0};
    struct lct_fault fault;
    if (read_options(argc, argv, &o) < 0) {
        return usage();
    }
    struct lct_movie *movie = NULL;
    int rc = lct_movie_open(o.lesson, o.tracks, o.track_count, &movie, &fault);
    rc = rc ? rc : lct_worker_write_movie(movie, o.out, &fault);
    if (rc == 0 && o.json) {
        LCT_FREE char *file = lct_strdup(o.out);
        lct_text_tame(file);
        LCT_JSON json_t *json =
            json_pack("{s:s, s:I}", "file", file, "bytes", (json_int_t)lct_movie_size(movie));
        LCT_FREE char *text = lct_json_dump(json, NULL);
        (void)puts(text);
    }
    lct_movie_close(movie);
    return rc < 0 ? lct_command_fail(&fault, o.json) : 0;
}

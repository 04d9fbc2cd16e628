// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The program lectern-worker: one job, one process, one exit status. Only "push" opens the network,
 * and reads nothing there but a protocol's answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/lesson.h"
#include "archive/movie.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "control/command.h"
#include "control/worker_push.h"

#define BLOCK_BYTES (1U << 20)

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

static int copy(const struct lct_movie *movie, int fd) {
    LCT_FREE uint8_t *block = lct_new(BLOCK_BYTES);
    uint64_t size = lct_movie_size(movie), at = 0;
    while (at < size) {
        ssize_t n = lct_movie_read(movie, at, block, BLOCK_BYTES);
        if (n <= 0) {
            return n < 0 ? (int)n : -EIO;
        }
        int rc = lct_io_write_all(&lct_io_system, fd, block, (size_t)n, (off_t)at);
        if (rc < 0) {
            return rc;
        }
        at += (uint64_t)n;
    }
    return 0;
}

/* Written beside the wanted name and renamed when whole: a half file never bears it. */
static int write_movie(const struct lct_movie *movie, const char *out, struct lct_fault *fault) {
    const struct lct_io *io = &lct_io_system;
    LCT_FREE char *fresh = lct_format("%s.part", out);
    int fd = io->open(io, fresh, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    int rc = fd < 0 ? fd : copy(movie, fd);
    if (fd >= 0) {
        rc = rc ? rc : io->fdatasync(io, fd);
        int closed = io->close(io, fd);
        rc = rc ? rc : closed;
        rc = rc ? rc : io->rename(io, fresh, out);
        if (rc < 0) {
            (void)io->remove(io, fresh); /* nothing half is left behind */
        }
    }
    if (rc < 0) {
        return lct_fault_set(fault, rc, "export", "Cannot write %s: %s.", "无法写入 %s：%s。", out,
                             strerror(-rc));
    }
    return 0;
}

static int export(int argc, char **argv) {
    struct export_options o = {.track_count = 0};
    struct lct_fault fault;
    if (read_options(argc, argv, &o) < 0) {
        return usage();
    }
    struct lct_movie *movie = NULL;
    int rc = lct_movie_open(o.lesson, o.tracks, o.track_count, &movie, &fault);
    rc = rc ? rc : write_movie(movie, o.out, &fault);
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

int main(int argc, char **argv) {
    if (argc >= 2 && strcmp(argv[1], "export") == 0) {
        return export(argc - 1, argv + 1);
    }
    if (argc == 2 && strcmp(argv[1], "push") == 0) {
        return lct_worker_push();
    }
    (void)fputs("usage: lectern-worker export … | push\n", stderr);
    return 2;
}

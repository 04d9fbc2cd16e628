// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern record: the recorder's own code, with a terminal instead of a server. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/loop.h"
#include "base/mem.h"
#include "control/command/command.h"
#include "control/recorder/recorder.h"
#include "control/recorder/sources.h"

/* An interrupted lesson goes on when the same command is given within so long. */
#define RESUME_WITHIN (30 * 60 * LCT_SECOND)

struct record {
    struct lct_loop *loop;
    struct lct_timer *tick, *end;
    struct lct_recorder *recorder;
    bool json, terminal;
    lct_ns duration; /* 0: until it is told to end */
    int lines;
};

struct options {
    struct lct_sources sources;
    const char *out, *title;
    double duration;
    bool json;
};

static int usage(void) {
    (void)fputs(lct_say("usage: lectern record --source SPEC [--source SPEC …] --out DIR\n"
                        "                      [--duration SECONDS] [--title TITLE] [--json]\n"
                        "SPEC: screen:x11[:DISPLAY] camera:/dev/videoN hdmi:/dev/videoN "
                        "camera:rtsp://… mic:pulse[:NAME] mic:alsa[:NAME] file:PATH demo\n",
                        "用法：lectern record --source 来源 [--source 来源 …] --out 文件夹\n"
                        "                     [--duration 秒] [--title 标题] [--json]\n"
                        "来源：screen:x11[:DISPLAY] camera:/dev/videoN hdmi:/dev/videoN "
                        "camera:rtsp://… mic:pulse[:名称] mic:alsa[:名称] file:路径 demo\n"),
                stderr);
    return 2;
}

static int read_duration(const char *text, double *ret_seconds, struct lct_fault *fault) {
    char *rest = NULL;
    double seconds = strtod(text, &rest);
    if (rest == text || *rest || !(seconds > 0 && seconds <= 86400 * 7)) {
        return lct_fault_set(fault, -EINVAL, "record",
                             "--duration takes seconds, more than 0 and at most 604800, not '%s'.",
                             "--duration 须为秒数（大于 0，不超过 604800），不能是“%s”。", text);
    }
    *ret_seconds = seconds;
    return 0;
}

/* 0, -errno with a fault, or 1: wrong use. */
static int read_options(int argc, char **argv, struct options *o, struct lct_fault *fault) {
    static const struct option known[] = {
        {"source", required_argument, NULL, 's'},   {"out", required_argument, NULL, 'o'},
        {"duration", required_argument, NULL, 'd'}, {"title", required_argument, NULL, 't'},
        {"json", no_argument, NULL, 'j'},           {NULL, 0, NULL, 0}};
    int rc = 0, c;
    while (rc == 0 && (c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (c) {
        case 's':
            rc = lct_sources_add(&o->sources, optarg, fault);
            break;
        case 'o':
            o->out = optarg;
            break;
        case 'd':
            rc = read_duration(optarg, &o->duration, fault);
            break;
        case 't':
            o->title = optarg;
            break;
        case 'j':
            o->json = true;
            break;
        default:
            return 1;
        }
    }
    return rc ? rc : optind < argc || !o->out || o->sources.count == 0;
}

/* ---- while it runs ---- */

static void print_plain(struct record *r, const json_t *status) {
    char elapsed[24], verified[24];
    const json_t *disk = json_object_get(status, "disk");
    lct_span_format(lct_json_int(status, "elapsed_ns", 0), elapsed, sizeof elapsed);
    lct_span_format(lct_json_int(status, "verified_ns", 0), verified, sizeof verified);
    double peak = -100;
    int64_t drops = 0;
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(status, "sources"), i, item) {
        double db = lct_json_real(item, "peak_db", -100);
        peak = db > peak ? db : peak;
        drops += lct_json_int(item, "drops", 0);
    }
    json_array_foreach(json_object_get(status, "tracks"), i, item) {
        drops += lct_json_int(item, "drops", 0);
    }
    (void)printf(lct_say("%s%s  %s  %.1f MB  level %.0f dB  drops %" PRId64
                         "  saved and verified to %s  disk %" PRId64 " min%s",
                         "%s%s  %s  %.1f MB  电平 %.0f dB  丢失 %" PRId64
                         "  已保存并校验到 %s  磁盘剩余 %" PRId64 " 分钟%s"),
                 r->terminal ? "\r\033[K" : "", elapsed, lct_json_text(status, "state", ""),
                 (double)lct_json_int(status, "bytes", 0) / 1e6, peak, drops, verified,
                 lct_json_int(disk, "minutes_left", 0), r->terminal ? "" : "\n");
    (void)fflush(stdout);
}

static void show(struct record *r) {
    LCT_JSON json_t *status = lct_recorder_status(r->recorder);
    if (r->json) {
        LCT_FREE char *text = lct_json_dump(status, NULL);
        (void)puts(text);
        (void)fflush(stdout);
    } else if (r->terminal || r->lines++ % 10 == 0) { /* plain lines: one in ten seconds */
        print_plain(r, status);
    }
}

static void tick(void *opaque) {
    struct record *r = opaque;
    lct_recorder_tick(r->recorder);
    show(r);
    lct_timer_set(r->tick, lct_monotonic() + LCT_SECOND);
}

static void end(void *opaque) {
    struct record *r = opaque;
    lct_loop_stop(r->loop);
}

static void on_signal(void *opaque, int signal) {
    (void)signal;
    end(opaque);
}

static int begin(struct record *r, const struct options *o, struct lct_fault *fault) {
    const struct lct_recorder_settings settings = {
        .room = "main",
        .name = "main",
        .out = o->out,
        .specs = o->sources.specs,
        .spec_count = o->sources.count,
        .resume_within = RESUME_WITHIN,
        .all_there = true,
    };
    int rc = lct_recorder_create(&settings, &r->recorder, fault);
    if (rc < 0 || lct_recorder_resume(r->recorder)) {
        return rc;
    }
    return lct_recorder_start(r->recorder, o->title, fault);
}

static int finish(struct record *r, struct lct_fault *fault) {
    int rc = lct_recorder_stop(r->recorder, fault);
    const struct lct_lesson_info *lesson = lct_recorder_lesson(r->recorder);
    char length[24];
    lct_span_format(lesson->end, length, sizeof length);
    if (r->terminal) {
        (void)putchar('\n');
    }
    if (rc == 0 && !r->json) {
        (void)printf(lct_say("Lesson %s ended after %s.\n", "课程 %s 已结束，时长 %s。\n"),
                     lesson->id, length);
    }
    return rc;
}

int lct_cmd_record(int argc, char **argv) {
    lct_mem_large_apart();
    struct lct_fault fault;
    struct options o = {.out = NULL};
    int rc = read_options(argc, argv, &o, &fault);
    if (rc != 0) {
        return rc < 0 ? lct_command_fail(&fault, o.json) : usage();
    }
    struct record r = {.json = o.json, .terminal = !o.json && isatty(STDOUT_FILENO)};
    r.loop = lct_loop_create();
    lct_loop_signals(r.loop, (const int[]){SIGINT, SIGTERM, SIGHUP, 0}, on_signal, &r);
    rc = begin(&r, &o, &fault);
    if (rc == 0) {
        r.tick = lct_timer_create(r.loop, tick, &r);
        r.end = lct_timer_create(r.loop, end, &r);
        lct_timer_set(r.tick, lct_monotonic());
        lct_ns zero = lct_lesson_zero(lct_recorder_lesson(r.recorder));
        if (o.duration > 0) {
            lct_timer_set(r.end, zero + (lct_ns)(o.duration * LCT_SECOND));
        }
        lct_loop_run(r.loop);
        rc = finish(&r, &fault);
    }
    lct_recorder_destroy(r.recorder);
    lct_timer_destroy(r.tick);
    lct_timer_destroy(r.end);
    lct_loop_destroy(r.loop);
    return rc < 0 ? lct_command_fail(&fault, o.json) : 0;
}

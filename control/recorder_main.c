// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The program lectern-recorder: one classroom. It connects to the server's link and does what the
 * button says; without a server it goes on with what it does. It never listens.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "control/command.h"
#include "control/recorder.h"
#include "control/settings.h"
#include "stream/link_join.h"

LCT_LOG_TOPIC("recorder");

/* A status at least so often; and at most so often at changes and while somebody looks. */
#define STATUS_SLOW LCT_SECOND
#define STATUS_QUICK (200 * LCT_MS)

struct room {
    struct lct_loop *loop;
    struct lct_timer *tick, *tell;
    struct lct_recorder *recorder;
    struct lct_link_caller *link;
    struct lct_bus_reader *live;
    json_t *hello;
    lct_ns told; /* when the last status was sent */
    bool looked_at;
    bool ended; /* what still lies in the mailbox finds nothing any more */
    atomic_bool news_posted, live_posted;
};

struct options {
    const char *room, *data, *config;
};

/* ---- telling the server ---- */

static void send_status(struct room *room) {
    struct lct_link_peer *peer = lct_link_caller_peer(room->link);
    room->told = lct_monotonic();
    if (peer) {
        LCT_JSON json_t *status = lct_recorder_status(room->recorder);
        (void)lct_link_peer_send(peer, LCT_LINK_STATUS, status); /* a lost link is told by closed */
    }
    lct_timer_set(room->tell, room->told + (room->looked_at ? STATUS_QUICK : STATUS_SLOW));
}

static void tell(void *opaque) { send_status(opaque); }

static void on_news(void *opaque) {
    struct room *room = opaque;
    atomic_store(&room->news_posted, false);
    if (!room->ended) {
        lct_timer_set(room->tell, room->told + STATUS_QUICK);
    }
}

/* From the threads of sources and tape. */
static void changed(void *opaque) {
    struct room *room = opaque;
    if (!atomic_exchange(&room->news_posted, true)) {
        lct_loop_post(room->loop, on_news, room);
    }
}

static void tick(void *opaque) {
    struct room *room = opaque;
    lct_recorder_tick(room->recorder);
    lct_timer_set(room->tick, lct_monotonic() + LCT_SECOND);
}

/* ---- live chunks ---- */

static void send_live(void *opaque) {
    struct room *room = opaque;
    atomic_store(&room->live_posted, false);
    if (room->ended) {
        return;
    }
    struct lct_link_peer *peer = lct_link_caller_peer(room->link);
    struct lct_chunk *chunk;
    while ((chunk = lct_bus_take(room->live, 0, NULL))) {
        if (peer) {
            lct_link_peer_send_chunk(peer, chunk);
        }
        lct_chunk_unref(chunk);
    }
}

/* From the tracks' threads. */
static void live_waits(void *opaque) {
    struct room *room = opaque;
    if (!atomic_exchange(&room->live_posted, true)) {
        lct_loop_post(room->loop, send_live, room);
    }
}

/* ---- commands ---- */

static void reply(struct lct_link_peer *peer, int64_t id, int rc, const struct lct_fault *fault,
                  json_t *more) {
    LCT_JSON json_t *json = json_pack("{s:I}", "id", (json_int_t)id);
    if (rc < 0) {
        json_object_set_new(json, "fault", lct_json_of_fault(fault));
    } else {
        json_object_set_new(json, "ok", json_true());
        if (more) {
            json_object_update(json, more);
        }
    }
    json_decref(more);
    (void)lct_link_peer_send(peer, LCT_LINK_REPLY, json); /* a lost link is told by closed */
}

static int obey(struct room *room, const json_t *command, json_t **ret_more,
                struct lct_fault *fault) {
    const char *what = lct_json_text(command, "do", "");
    if (strcmp(what, "start") == 0) {
        int rc = lct_recorder_start(room->recorder, lct_json_text(command, "title", ""), fault);
        *ret_more =
            rc < 0 ? NULL : json_pack("{s:s}", "lesson", lct_recorder_lesson(room->recorder)->id);
        return rc;
    }
    if (strcmp(what, "stop") == 0) {
        int rc = lct_recorder_stop(room->recorder, fault);
        const struct lct_lesson_info *lesson = lct_recorder_lesson(room->recorder);
        *ret_more = rc < 0 ? NULL
                           : json_pack("{s:s, s:I}", "lesson", lesson->id, "duration_ns",
                                       (json_int_t)lesson->end);
        return rc;
    }
    if (strcmp(what, "mark") == 0) {
        struct lct_mark mark;
        int rc = lct_recorder_mark(room->recorder, lct_json_int(command, "time_ns", LCT_NS_NONE),
                                   lct_json_text(command, "label", ""), &mark, fault);
        *ret_more =
            rc < 0 ? NULL
                   : json_pack("{s:I, s:s}", "time_ns", (json_int_t)mark.time, "label", mark.label);
        return rc;
    }
    if (strcmp(what, "look") == 0) {
        room->looked_at = lct_json_flag(command, "on", false);
        lct_recorder_look(room->recorder, room->looked_at);
        return 0;
    }
    if (strcmp(what, "key") == 0) {
        lct_pipeline_request_key(lct_recorder_pipeline(room->recorder),
                                 (uint32_t)lct_json_int(command, "track", 0));
        return 0;
    }
    return lct_fault_set(fault, -ENOSYS, "recorder",
                         "This recorder does not know the command '%s'. Are recorder and server of "
                         "the same version?",
                         "录制程序不认识命令“%s”。请确认录制程序与服务器版本一致。", what);
}

static void on_message(void *opaque, struct lct_link_peer *peer, enum lct_link_type type,
                       const json_t *message) {
    struct room *room = opaque;
    struct lct_fault fault = {.code = 0};
    json_t *more = NULL;
    if (type != LCT_LINK_COMMAND) {
        return;
    }
    int rc = obey(room, message, &more, &fault);
    lct_recorder_tick(room->recorder);
    reply(peer, lct_json_int(message, "id", 0), rc, &fault, more);
    send_status(room);
}

static void on_opened(void *opaque, struct lct_link_peer *peer, const json_t *hello) {
    (void)peer;
    (void)hello;
    lct_info("the server is there", NULL);
    send_status(opaque);
}

static void on_closed(void *opaque, struct lct_link_peer *peer, const char *why) {
    struct room *room = opaque;
    (void)peer;
    lct_info("the server is away; recording is not touched", "why=%s", why);
    room->looked_at = false;
    lct_recorder_look(room->recorder, false);
}

static const struct lct_link_events events = {
    .opened = on_opened, .message = on_message, .closed = on_closed};

/* ---- start and end ---- */

static void on_signal(void *opaque, int signal) {
    struct room *room = opaque;
    (void)signal;
    lct_loop_stop(room->loop);
}

static int read_specs(const struct lct_config *config, const char *id, struct lct_spec *specs,
                      size_t *ret_count, struct lct_fault *fault) {
    size_t n = 0;
    const char *text;
    while (n < LCT_ROOM_SOURCES_MAX && (text = lct_config_nth(config, "room", id, "source", n))) {
        int rc = lct_spec_parse(text, &specs[n], fault);
        if (rc < 0) {
            return rc;
        }
        n++;
    }
    *ret_count = n;
    if (n == 0) {
        return lct_fault_set(fault, -EINVAL, "config",
                             "Room %s has no source. Add a line 'source = …' to its section.",
                             "教室 %s 没有来源。请在其配置段中加入一行 source = …。", id);
    }
    return 0;
}

static int create_recorder(struct room *room, const struct options *o,
                           const struct lct_config *config, struct lct_fault *fault) {
    struct lct_spec specs[LCT_ROOM_SOURCES_MAX];
    LCT_FREE char *lessons = lct_format("%s/lessons", o->data);
    LCT_FREE char *lock = lct_format("%s/room-%s.lock", o->data, o->room);
    struct lct_recorder_settings settings = {
        .room = o->room,
        .name = lct_config_text(config, "room", o->room, "name"),
        .lessons = lessons,
        .lock = lock,
        .specs = specs,
        .resume_within =
            60 * LCT_SECOND * lct_config_number(config, "recorder", NULL, "resume_minutes"),
        .changed = changed,
        .opaque = room,
    };
    int rc = read_specs(config, o->room, specs, &settings.spec_count, fault);
    return rc ? rc : lct_recorder_create(&settings, &room->recorder, fault);
}

static bool has_room(const struct lct_config *config, const char *id) {
    const char *known;
    for (size_t i = 0; (known = lct_config_id(config, "room", i)); i++) {
        if (strcmp(known, id) == 0) {
            return true;
        }
    }
    return false;
}

static int begin(struct room *room, const struct options *o, struct lct_fault *fault) {
    struct lct_config *config = NULL;
    int rc = lct_settings_read(o->config, &config, fault);
    if (rc == 0 && !has_room(config, o->room)) {
        rc = lct_fault_set(fault, -ENOENT, "config", "There is no section [room %s] in %s.",
                           "缺少配置段 [room %s]（文件 %s）。", o->room,
                           o->config ? o->config : "the defaults");
    }
    rc = rc ? rc : create_recorder(room, o, config, fault);
    lct_config_destroy(config);
    if (rc < 0) {
        return rc;
    }
    (void)lct_recorder_resume(room->recorder);
    LCT_FREE char *socket = lct_format("%s/link", o->data);
    room->hello = json_pack("{s:i, s:s, s:s}", "version", LCT_LINK_VERSION, "program",
                            "lectern-recorder " LCT_VERSION, "room", o->room);
    room->link = lct_link_call(room->loop, socket, room->hello, &events, room);
    const struct lct_bus_limits limits = {2 * LCT_SECOND, 16U << 20, .keep_old = false};
    struct lct_bus *bus = lct_pipeline_bus(lct_recorder_pipeline(room->recorder));
    room->live = lct_bus_subscribe(bus, &limits, live_waits, room);
    room->tick = lct_timer_create(room->loop, tick, room);
    room->tell = lct_timer_create(room->loop, tell, room);
    lct_timer_set(room->tick, lct_monotonic());
    lct_timer_set(room->tell, lct_monotonic());
    return 0;
}

static void finish(struct room *room) {
    room->ended = true;
    lct_link_caller_destroy(room->link);
    lct_bus_unsubscribe(room->live);
    lct_recorder_destroy(room->recorder);
    lct_timer_destroy(room->tick);
    lct_timer_destroy(room->tell);
    json_decref(room->hello);
}

static int read_options(int argc, char **argv, struct options *o) {
    static const struct option known[] = {{"room", required_argument, NULL, 'r'},
                                          {"data", required_argument, NULL, 'd'},
                                          {"config", required_argument, NULL, 'c'},
                                          {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (c) {
        case 'r':
            o->room = optarg;
            break;
        case 'd':
            o->data = optarg;
            break;
        case 'c':
            o->config = optarg;
            break;
        default:
            return -EINVAL;
        }
    }
    return optind == argc && o->room && o->data ? 0 : -EINVAL;
}

int main(int argc, char **argv) {
    lct_mem_large_apart();
    struct options o = {.room = NULL};
    struct lct_fault fault;
    if (read_options(argc, argv, &o) < 0) {
        (void)fputs("usage: lectern-recorder --room ID --data DIR [--config FILE]\n", stderr);
        return 2;
    }
    struct room room = {.loop = lct_loop_create()};
    lct_loop_signals(room.loop, (const int[]){SIGINT, SIGTERM, SIGHUP, 0}, on_signal, &room);
    int rc = begin(&room, &o, &fault);
    if (rc == 0) {
        lct_loop_run(room.loop);
        finish(&room);
    }
    lct_loop_destroy(room.loop);
    if (rc < 0) {
        (void)lct_command_fail(&fault, false);
        return rc == -EBUSY ? LCT_EXIT_BUSY : 1;
    }
    return 0;
}

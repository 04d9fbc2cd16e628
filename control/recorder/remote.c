// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/recorder/remote.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/thread.h"
#include "control/recorder/copy_out.h"
#include "stream/link_join.h"
#include "stream/wishes.h"

LCT_LOG_TOPIC("recorder");

/* A status at least so often; and at most so often at changes and while somebody looks. */
#define STATUS_SLOW LCT_SECOND
#define STATUS_QUICK (200 * LCT_MS)

/* The last status is sent again when there was no new one for so long; and from then on with the
 * word that the recorder is busy (a start alone may wait 3 s for its sources). */
#define STATUS_AGAIN (2 * LCT_SECOND)
#define STATUS_STUCK (6 * LCT_SECOND)

struct remote {
    /* fixed while it runs */
    struct lct_loop *loop; /* the link's */
    struct lct_loop *work; /* the recorder's */
    struct lct_recorder *recorder;
    struct lct_copy_out *copy; /* NULL: the server is on this machine */
    lct_ns free_time;          /* so long a disk whose lessons are copied is to last */
    /* the link's thread only */
    struct lct_link_caller *link;
    unsigned connection; /* how many there were: a reply goes back where its command came from */
    bool there;          /* the server */
    struct lct_bus_reader *live;
    struct lct_timer *again;
    json_t *status; /* the last one */
    json_t *here;   /* what lies on this machine, as the copy says; NULL: the server is here, too */
    lct_ns told;    /* when the recorder gave it */
    /* the recorder's thread only */
    struct lct_timer *tick, *report;
    lct_ns reported;
    bool looked_at;
    /* any thread */
    atomic_bool ended; /* what still lies in the mailboxes finds nothing any more */
    atomic_bool news_posted, live_posted;
};

/* A message on its way from one thread to the other. */
struct parcel {
    struct remote *remote;
    enum lct_link_type type;
    json_t *message; /* owned */
    unsigned connection;
};

/* Takes message. */
static void post(struct remote *remote, struct lct_loop *to, void (*run)(void *),
                 enum lct_link_type type, json_t *message, unsigned connection) {
    struct parcel *parcel = lct_new(sizeof *parcel);
    *parcel = (struct parcel){remote, type, message, connection};
    lct_loop_post(to, run, parcel);
}

static void free_parcel(struct parcel *parcel) {
    json_decref(parcel->message);
    free(parcel);
}

/* ---- the link's thread: to the server ---- */

static void tell(const struct remote *remote, enum lct_link_type type, const json_t *message) {
    struct lct_link_peer *peer = lct_link_caller_peer(remote->link);
    if (peer && message) {
        (void)lct_link_peer_send(peer, type, message); /* a lost link is told by closed */
    }
}

/* What the recorder has to say. */
static void deliver(void *opaque) {
    struct parcel *parcel = opaque;
    struct remote *remote = parcel->remote;
    bool reply = parcel->type == LCT_LINK_REPLY;
    if (!reply && remote->here) {
        json_object_set(parcel->message, "here", remote->here);
    }
    if (!atomic_load(&remote->ended) && (!reply || parcel->connection == remote->connection)) {
        tell(remote, parcel->type, parcel->message);
    }
    if (!atomic_load(&remote->ended) && !reply) {
        json_decref(remote->status);
        remote->status = json_incref(parcel->message);
        remote->told = lct_monotonic();
        lct_timer_set(remote->again, remote->told + STATUS_AGAIN);
    }
    free_parcel(parcel);
}

/* The recorder is busy: its last word, and after a while that it is the last one. */
static void send_again(void *opaque) {
    struct remote *remote = opaque;
    lct_ns silent = lct_monotonic() - remote->told;
    LCT_JSON json_t *status = json_deep_copy(remote->status);
    if (silent >= STATUS_STUCK) {
        struct lct_fault fault;
        (void)lct_fault_set(&fault, -ETIMEDOUT, "recorder",
                            "The recorder has waited for its disk or a device for %d s. It goes on "
                            "by itself as soon as it can.",
                            "录制程序正在等待磁盘或设备（已 %d 秒），恢复后会自动继续。",
                            (int)(silent / LCT_SECOND));
        json_array_append_new(json_object_get(status, "alarms"), lct_json_of_fault(&fault));
    }
    tell(remote, LCT_LINK_STATUS, status);
    lct_timer_set(remote->again, lct_monotonic() + STATUS_AGAIN);
}

static void send_live(void *opaque) {
    struct remote *remote = opaque;
    atomic_store(&remote->live_posted, false);
    if (atomic_load(&remote->ended)) {
        return;
    }
    struct lct_chunk *chunk;
    while ((chunk = lct_bus_take(remote->live, 0, NULL))) {
        struct lct_link_peer *peer = lct_link_caller_peer(remote->link); /* sending may end it */
        if (peer) {
            lct_link_peer_send_chunk(peer, chunk);
        }
        lct_chunk_unref(chunk);
    }
}

/* From the tracks' threads. */
static void live_waits(void *opaque) {
    struct remote *remote = opaque;
    if (!atomic_exchange(&remote->live_posted, true)) {
        lct_loop_post(remote->loop, send_live, remote);
    }
}

/* ---- the recorder's thread ---- */

static void report(void *opaque) {
    struct remote *remote = opaque;
    post(remote, remote->loop, deliver, LCT_LINK_STATUS, lct_recorder_status(remote->recorder), 0);
    remote->reported = lct_monotonic();
    lct_timer_set(remote->report,
                  remote->reported + (remote->looked_at ? STATUS_QUICK : STATUS_SLOW));
}

static void on_news(void *opaque) {
    struct remote *remote = opaque;
    atomic_store(&remote->news_posted, false);
    if (!atomic_load(&remote->ended)) {
        lct_timer_set(remote->report, remote->reported + STATUS_QUICK);
    }
}

/* From the threads of sources and tape. */
static void changed(void *opaque) {
    struct remote *remote = opaque;
    if (!atomic_exchange(&remote->news_posted, true)) {
        lct_loop_post(remote->work, on_news, remote);
    }
}

static void tick(void *opaque) {
    struct remote *remote = opaque;
    lct_recorder_tick(remote->recorder);
    if (remote->copy) {
        lct_copy_out_want(remote->copy, lct_recorder_takes(remote->recorder, remote->free_time));
    }
    lct_timer_set(remote->tick, lct_monotonic() + LCT_SECOND);
}

/* *ret_more: what the reply says beside id and ok, owned. */
static int carry_out(struct remote *remote, const json_t *command, json_t **ret_more,
                     struct lct_fault *fault) {
    struct lct_recorder *recorder = remote->recorder;
    const struct lct_lesson_info *lesson = lct_recorder_lesson(recorder);
    const char *what = lct_json_text(command, "do", "");
    if (strcmp(what, "start") == 0) {
        int rc = lct_recorder_start(recorder, lct_json_text(command, "title", ""), fault);
        *ret_more = json_pack("{s:s}", "lesson", lesson->id);
        return rc;
    }
    if (strcmp(what, "stop") == 0) {
        int rc = lct_recorder_stop(recorder, fault);
        *ret_more =
            json_pack("{s:s, s:I}", "lesson", lesson->id, "duration_ns", (json_int_t)lesson->end);
        return rc;
    }
    if (strcmp(what, "mark") == 0) {
        struct lct_mark mark = {.time = 0};
        int rc = lct_recorder_mark(recorder, lct_json_int(command, "time_ns", LCT_NS_NONE),
                                   lct_json_text(command, "label", ""), &mark, fault);
        *ret_more = json_pack("{s:I, s:s}", "time_ns", (json_int_t)mark.time, "label", mark.label);
        return rc;
    }
    if (strcmp(what, "look") == 0) {
        remote->looked_at = lct_json_flag(command, "on", false);
        lct_recorder_look(recorder, remote->looked_at);
        *ret_more = json_object();
        return 0;
    }
    if (strcmp(what, "key") == 0) {
        lct_pipeline_request_key(lct_recorder_pipeline(recorder),
                                 (uint32_t)lct_json_int(command, "track", 0));
        *ret_more = json_object();
        return 0;
    }
    if (strcmp(what, "small") == 0) {
        lct_pipeline_request_small(lct_recorder_pipeline(recorder),
                                   (uint32_t)lct_json_int(command, "track", 0),
                                   lct_monotonic() + LCT_WISH_LEASE);
        *ret_more = json_object();
        return 0;
    }
    *ret_more = NULL;
    return lct_fault_set(fault, -ENOSYS, "recorder",
                         "This recorder does not know the command '%s'. Are recorder and server of "
                         "the same version?",
                         "录制程序不认识命令“%s”。请确认录制程序与服务器版本一致。", what);
}

/* A command of the server's. */
static void obey(void *opaque) {
    struct parcel *parcel = opaque;
    struct remote *remote = parcel->remote;
    if (!atomic_load(&remote->ended)) {
        struct lct_fault fault;
        LCT_JSON json_t *more = NULL;
        json_t *reply =
            json_pack("{s:I}", "id", (json_int_t)lct_json_int(parcel->message, "id", 0));
        int rc = carry_out(remote, parcel->message, &more, &fault);
        if (rc < 0) {
            json_object_set_new(reply, "fault", lct_json_of_fault(&fault));
        } else {
            json_object_set_new(reply, "ok", json_true());
            json_object_update(reply, more);
        }
        lct_recorder_tick(remote->recorder);
        report(remote); /* first: who has the reply finds the state it speaks of */
        post(remote, remote->loop, deliver, LCT_LINK_REPLY, reply, parcel->connection);
    }
    free_parcel(parcel);
}

static void run_recorder(void *opaque) {
    struct remote *remote = opaque;
    remote->tick = lct_timer_create(remote->work, tick, remote);
    remote->report = lct_timer_create(remote->work, report, remote);
    lct_timer_set(remote->tick, lct_monotonic());
    lct_timer_set(remote->report, lct_monotonic());
    lct_loop_run(remote->work);
    lct_timer_destroy(remote->tick);
    lct_timer_destroy(remote->report);
    lct_recorder_destroy(remote->recorder);
}

/* ---- the link's thread: from the server ---- */

static void on_message(void *opaque, struct lct_link_peer *peer, enum lct_link_type type,
                       const json_t *message) {
    struct remote *remote = opaque;
    (void)peer;
    if (type == LCT_LINK_REFUSED) {
        lct_error("the server does not take this recorder; recording is not touched", "why=%s",
                  lct_json_text(message, "en", ""));
    } else if (type == LCT_LINK_COPY && remote->copy) {
        lct_copy_out_message(remote->copy, message);
    } else if (type == LCT_LINK_COMMAND) { /* copied: JSON is not shared between threads */
        post(remote, remote->work, obey, type, json_deep_copy(message), remote->connection);
    }
}

/* A link begins each track at a key frame: viewers need not wait for the next one by itself. */
static void ask_keys(const struct remote *remote) {
    const json_t *track;
    size_t i;
    json_array_foreach(json_object_get(remote->status, "tracks"), i, track) {
        lct_pipeline_request_key(lct_recorder_pipeline(remote->recorder),
                                 (uint32_t)lct_json_int(track, "id", 0));
    }
}

static void on_opened(void *opaque, struct lct_link_peer *peer, const json_t *hello) {
    struct remote *remote = opaque;
    (void)peer;
    (void)hello;
    lct_info("the server is there", NULL);
    remote->there = true;
    remote->connection++;
    tell(remote, LCT_LINK_STATUS, remote->status);
    ask_keys(remote);
    if (remote->copy) {
        lct_copy_out_opened(remote->copy);
    }
}

static void on_closed(void *opaque, struct lct_link_peer *peer, const char *why) {
    struct remote *remote = opaque;
    (void)peer;
    if (strcmp(why, "certificate") == 0) {
        lct_warn("what answers is not the server of the token; it is called again", "why=%s", why);
        return;
    }
    if (!remote->there) {
        lct_warn("the server does not take this recorder; it is called again", "why=%s", why);
        return;
    }
    lct_info("the server is away; recording is not touched", "why=%s", why);
    remote->there = false;
    remote->connection++;
    if (remote->copy) {
        lct_copy_out_closed(remote->copy);
    }
    post(remote, remote->work, obey, LCT_LINK_COMMAND,
         json_pack("{s:s, s:b}", "do", "look", "on", 0), 0);
}

static const struct lct_link_events events = {
    .opened = on_opened, .message = on_message, .closed = on_closed};

static void on_signal(void *opaque, int signal) {
    struct remote *remote = opaque;
    (void)signal;
    lct_loop_stop(remote->loop);
}

/* ---- both ---- */

static struct lct_link_peer *peer_of(void *arg) {
    const struct remote *remote = arg;
    return atomic_load(&remote->ended) ? NULL : lct_link_caller_peer(remote->link);
}

static void take_here(void *arg, json_t *here) {
    struct remote *remote = arg;
    json_decref(remote->here);
    remote->here = here;
}

/* What a server in another building is sent beside live. */
static void start_copying(struct remote *remote, const struct lct_recorder_settings *settings,
                          const struct lct_remote_server *server) {
    const struct lct_copy_settings copy = {
        .lessons = settings->lessons,
        .room = settings->room,
        .rate_bps = server->copy_bps,
        .link = remote->loop,
        .peer = peer_of,
        .told = take_here,
        .arg = remote,
    };
    remote->free_time = server->free_time;
    remote->copy = server->token ? lct_copy_out_create(&copy) : NULL;
}

/* Takes way. */
static void serve(struct remote *remote, const struct lct_recorder_settings *settings,
                  struct lct_link_way *way, const struct lct_remote_server *server) {
    struct lct_thread thread = {.started = false};
    const struct lct_bus_limits limits = {2 * LCT_SECOND, 16U << 20, .keep_old = false};
    struct lct_bus *bus = lct_pipeline_bus(lct_recorder_pipeline(remote->recorder));
    LCT_JSON json_t *hello = json_pack("{s:i, s:s, s:s}", "version", LCT_LINK_VERSION, "program",
                                       "lectern-recorder " LCT_VERSION, "room", settings->room);
    if (server->token) {
        json_object_set_new(hello, "secret", json_string(server->token->secret));
    }
    remote->again = lct_timer_create(remote->loop, send_again, remote);
    start_copying(remote, settings, server);
    remote->link = lct_link_call(remote->loop, way, hello, &events, remote);
    remote->live = lct_bus_subscribe(bus, &limits, live_waits, remote);
    lct_thread_start(&thread, "button", run_recorder, remote);
    lct_loop_run(remote->loop);
    atomic_store(&remote->ended, true);
    lct_bus_unsubscribe(remote->live);
    lct_loop_stop(remote->work);
    lct_thread_join(&thread); /* first: the lesson's end waits for no name server and no copy */
    lct_link_caller_destroy(remote->link);
    lct_copy_out_destroy(remote->copy);
    lct_timer_destroy(remote->again);
    json_decref(remote->status);
    json_decref(remote->here);
}

/* *ret_tls, which the way needs, is owned; NULL on this machine. */
static int find_way(const struct lct_remote_server *server, struct lct_tls **ret_tls,
                    struct lct_link_way **ret_way, struct lct_fault *fault) {
    const struct lct_room_token *token = server->token;
    if (!token) {
        *ret_way = lct_link_way_unix(server->socket);
        return 0;
    }
    struct lct_tls_trust trust = {.name = token->host,
                                  .ca = *server->ca ? server->ca : NULL,
                                  .pin = token->pinned ? token->sum : NULL};
    int rc = lct_tls_client(&trust, ret_tls, fault);
    if (rc == 0) {
        *ret_way = lct_link_way_tls(token->host, token->port, *ret_tls);
    }
    return rc;
}

int lct_remote_run(const struct lct_recorder_settings *settings,
                   const struct lct_remote_server *server, struct lct_fault *fault) {
    struct lct_tls *tls = NULL;
    struct lct_link_way *way;
    struct remote remote = {.loop = lct_loop_create(), .work = lct_loop_create()};
    struct lct_recorder_settings own = *settings;
    own.on_air = true;
    own.changed = changed;
    own.opaque = &remote;
    lct_loop_signals(remote.loop, (const int[]){SIGINT, SIGTERM, SIGHUP, 0}, on_signal, &remote);
    int rc = find_way(server, &tls, &way, fault);
    if (rc == 0 && (rc = lct_recorder_create(&own, &remote.recorder, fault)) < 0) {
        lct_link_way_destroy(way);
    }
    if (rc == 0) {
        (void)lct_recorder_resume(remote.recorder);
        serve(&remote, settings, way, server);
    }
    lct_loop_destroy(remote.work); /* with what is still in the mailboxes */
    lct_loop_destroy(remote.loop);
    lct_tls_destroy(tls);
    return rc;
}

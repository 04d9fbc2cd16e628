// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/library/collections.h"
#include "base/io.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "control/api/api.h"
#include "control/api/gate.h"
#include "control/programs.h"
#include "control/server/door.h"
#include "control/server/ebb.h"
#include "control/server/listening.h"
#include "control/server/notice.h"
#include "control/server/on_air.h"
#include "control/settings.h"

LCT_LOG_TOPIC("server");

/* What commands changed of the watch links and pushes is seen so soon. */
#define LOOK_INTERVAL (LCT_SECOND / 2)

/* What lies too long in the trash is looked for so often, and so long after the start. */
#define TRASH_INTERVAL (600 * LCT_SECOND)
#define TRASH_BEGIN (3 * LCT_SECOND)

/* Lessons whose slides there was no room to ask for are gone through so often, and no longer at
 * once than this. */
#define SLIDES_INTERVAL (5 * LCT_SECOND)
#define SLIDES_SLICE (20 * LCT_MS)

struct server {
    int lock; /* of the data folder; negative: not ours */
    struct lct_config *config;
    struct lct_listening listening;
    struct lct_api api;
    struct lct_loop *loop;
    struct lct_thread disk_thread, catalogue_thread;
    struct lct_on_air *on_air;
    struct lct_door *door;        /* NULL: closed */
    struct lct_timer *look_timer; /* of the disk loop */
    /* the catalogue's thread */
    struct lct_timer *trash_timer, *slides_timer;
    bool slides_left; /* lessons may lack theirs: at the start, and when there was no room */
    size_t slides_at; /* which items were gone through (lct_catalogue_next) */
    /* the disk's thread */
    bool links_ill, pushes_ill;
    struct lct_ebb ebb;
};

static int fail(const struct lct_fault *fault, bool json) {
    if (json) {
        LCT_JSON json_t *line = json_pack("{s:o}", "fault", lct_json_of_fault(fault));
        LCT_FREE char *text = lct_json_dump(line, NULL);
        (void)puts(text);
    }
    (void)fprintf(stderr, "lectern-server: %s\n", lct_fault_text(fault));
    return 1;
}

/* The folder of the pages: given, configured, or found. NULL: none. */
static char *find_web(const struct server *s, const struct lct_server_options *options) {
    const char *given =
        options->web ? options->web : lct_config_text(s->config, "server", NULL, "web");
    return *given ? lct_strdup(given) : lct_program_data("web");
}

static void run_loop(void *loop) { lct_loop_run(loop); }

static void on_changed(void *arg) {
    struct server *s = arg;
    if (s->on_air) {
        lct_on_air_look(s->on_air);
    }
    if (s->api.pusher) {
        lct_pusher_look(s->api.pusher);
    }
    if (s->api.workers) {
        lct_workers_hold(s->api.workers, lct_rooms_are_short_of_cpu(s->api.rooms));
    }
    if (s->api.events) {
        lct_api_events_changed(s->api.events);
        lct_api_live_changed(s->api.live);
    }
}

static bool is_recording(void *arg, const char *lesson) {
    struct server *s = arg;
    return lct_rooms_is_recording(s->api.rooms, lesson);
}

static void look_at_links(struct server *s) {
    struct lct_fault fault;
    int rc = lct_links_refresh(s->api.links, &fault);
    if (rc > 0) {
        lct_info("who may watch has changed", NULL);
        lct_loop_post(s->loop, on_changed, s);
    }
    if (rc < 0 && !s->links_ill) { /* once, and not each time it is looked at */
        lct_error("watch links stay as they were", "why=%s", fault.en);
    }
    s->links_ill = rc < 0;
}

/* Once: nobody else changes them. */
static void look_at_shares(struct server *s) {
    struct lct_fault fault;
    if (lct_links_refresh(s->api.shares, &fault) < 0) {
        lct_error("no shared link is good", "why=%s", fault.en);
    }
}

/* Once, as shares. */
static void look_at_collections(struct server *s) {
    LCT_JSON json_t *list = NULL;
    struct lct_fault fault;
    if (lct_collections_load(s->api.data, &list, &fault) < 0) {
        lct_error("no shared link of a collection is good", "why=%s", fault.en);
    } else {
        lct_gathered_set(s->api.gathered, list);
    }
}

static void look_at_pushes(struct server *s) {
    struct lct_fault fault;
    int rc = lct_pushes_refresh(s->api.pushes, &fault);
    if (rc > 0) {
        lct_info("where lessons are pushed to has changed", NULL);
        lct_loop_post(s->loop, on_changed, s);
    }
    if (rc < 0 && !s->pushes_ill) {
        lct_error("pushes stay as they were", "why=%s", fault.en);
    }
    s->pushes_ill = rc < 0;
}

static void look_at_clients(struct server *s) {
    struct lct_http_counters http;
    struct lct_rtc_counters rtc;
    lct_http_count(s->api.http, &http);
    lct_rtc_count(s->api.rtc, &rtc);
    if (lct_ebb_look(&s->ebb, http.connections_now + rtc.viewers)) {
        lct_mem_give_back();
    }
}

/* The disk's thread, but for the first time. */
static void look_at_data(void *arg) {
    struct server *s = arg;
    look_at_links(s);
    look_at_pushes(s);
    if (s->door) {
        lct_door_look(s->door);
    }
    if (s->api.http) {
        look_at_clients(s);
    }
    lct_movies_tidy(s->api.movies);
    lct_timer_set(s->look_timer, lct_monotonic() + LOOK_INTERVAL);
}

/* The disk's thread. */
static void end_timers(void *arg) {
    struct server *s = arg;
    lct_timer_destroy(s->look_timer);
    lct_certificate_unwatch(s->api.certificate);
}

/* The catalogue's thread. */
static void empty_trash(void *arg) {
    struct server *s = arg;
    lct_calm_look(s->api.calm);
    lct_api_empty_trash(&s->api);
    lct_api_tidy_uploads(&s->api);
    lct_api_tidy_edits(&s->api);
    lct_timer_set(s->trash_timer, lct_monotonic() + TRASH_INTERVAL);
}

/* The catalogue's thread. */
static void end_catalogue(void *arg) {
    struct server *s = arg;
    lct_timer_destroy(s->trash_timer);
    lct_timer_destroy(s->slides_timer);
    if (s->api.catalogue) {
        lct_catalogue_end(s->api.catalogue);
    }
    if (s->api.workers) {
        lct_workers_end(s->api.workers);
    }
}

/* On its way from the catalogue's loop to the pages. */
struct job_letter {
    struct server *server;
    json_t *job;
};

static void deliver_job(void *arg) {
    struct job_letter *letter = arg;
    if (letter->server->api.events) {
        lct_api_events_job(letter->server->api.events, letter->job);
    }
    json_decref(letter->job);
    free(letter);
}

/* The catalogue's thread; takes job. */
static void on_job_changed(void *arg, json_t *job) {
    struct job_letter *letter = lct_new(sizeof *letter);
    *letter = (struct job_letter){arg, job};
    lct_loop_post(letter->server->loop, deliver_job, letter);
}

/* On its way to the catalogue, or out of it. */
struct item_letter {
    struct server *server;
    char *id;
};

static void deliver_item(void *arg) {
    struct item_letter *letter = arg;
    if (!lct_api_want_slides(&letter->server->api, letter->id)) {
        letter->server->slides_left = true;
        letter->server->slides_at = 0;
    }
    free(letter->id);
    free(letter);
}

static void look_at_item(void *arg) {
    struct item_letter *letter = arg;
    lct_catalogue_look(letter->server->api.catalogue, letter->id);
    free(letter->id);
    free(letter);
}

/* Its recording began or ended: at its next look through all folders the catalogue would see it
 * late. */
static void on_lesson(void *arg, const char *id) {
    struct server *s = arg;
    if (s->api.catalogue_loop) { /* NULL: the server ends */
        struct item_letter *letter = lct_new(sizeof *letter);
        *letter = (struct item_letter){s, lct_strdup(id)};
        lct_loop_post(s->api.catalogue_loop, look_at_item, letter);
    }
}

/* The catalogue's thread, from within the catalogue. */
static void on_item_read(void *arg, const char *id) {
    struct server *s = arg;
    if (lct_api_lacks_slides(&s->api, id)) {
        struct item_letter *letter = lct_new(sizeof *letter);
        *letter = (struct item_letter){s, lct_strdup(id)};
        lct_loop_post(s->api.catalogue_loop, deliver_item, letter);
    }
}

/* The catalogue's thread. */
static void look_for_slides(void *arg) {
    struct server *s = arg;
    lct_ns end = lct_monotonic() + SLIDES_SLICE;
    bool more = s->slides_left;
    while (more && lct_monotonic() < end) {
        size_t at = s->slides_at;
        const char *id = lct_catalogue_next(s->api.catalogue, &at);
        if (!id) {
            s->slides_left = lct_catalogue_is_building(s->api.catalogue);
        }
        more = id && (!lct_api_lacks_slides(&s->api, id) || lct_api_want_slides(&s->api, id));
        s->slides_at = more ? at : s->slides_at; /* no room: here it goes on */
    }
    lct_timer_set(s->slides_timer, lct_monotonic() + (more ? 0 : SLIDES_INTERVAL));
}

/* A push's state is the pages' affair alone. */
static void on_push_changed(void *arg) {
    struct server *s = arg;
    if (s->api.events) {
        lct_api_events_changed(s->api.events);
    }
}

static void on_signal(void *arg, int number) {
    struct server *s = arg;
    if (number == SIGCHLD) {
        if (s->api.pusher) {
            lct_pusher_reap(s->api.pusher);
        }
        return;
    }
    lct_info("ends", "signal=%d", number);
    lct_loop_stop(s->loop);
}

/* ---- what lies on the disk ---- */

/* One server a data folder: link and access code are made by one only. */
static int lock_data(struct server *s, struct lct_fault *fault) {
    LCT_FREE char *path = lct_format("%s/server.lock", s->api.data);
    s->lock = lct_lock_file(path);
    if (s->lock == -EBUSY) {
        return lct_fault_set(fault, s->lock, "server",
                             "Another lectern-server runs on the data folder %s: process %d. Stop "
                             "it, or choose another folder by --data.",
                             "数据目录 %s 已有另一个 lectern-server 在运行：进程 %d。请先停止它，"
                             "或用 --data 指定其他目录。",
                             s->api.data, (int)lct_lock_holder(path));
    }
    if (s->lock < 0) {
        return lct_fault_set(fault, s->lock, "server",
                             "Cannot lock %s: %s. Check the folder, its owner and the free space.",
                             "无法锁定 %s：%s。请检查目录、权限和剩余空间。", path,
                             strerror(-s->lock));
    }
    return 0;
}

static int open_data(struct server *s, struct lct_fault *fault) {
    LCT_FREE char *lessons = lct_format("%s/lessons", s->api.data);
    int rc = lct_io_make_folder(lessons);
    if (rc < 0) {
        return lct_fault_set(
            fault, rc, "server", "The data folder %s cannot be used: %s. Choose another by --data.",
            "数据目录 %s 无法使用：%s。请用 --data 指定其他目录。", s->api.data, strerror(-rc));
    }
    rc = lock_data(s, fault);
    if (rc < 0) {
        return rc;
    }
    s->api.recordings = lct_recordings_create(lessons, is_recording, s);
    s->api.shelf = lct_shelf_create(s->api.recordings);
    s->api.links = lct_links_create(s->api.data, LCT_LINKS_OF_ROOMS, lct_wall);
    s->api.shares = lct_links_create(s->api.data, LCT_LINKS_OF_ITEMS, lct_wall);
    look_at_shares(s);
    s->api.pushes = lct_pushes_create(s->api.data);
    s->api.item_recordings = lct_recordings_create(lessons, is_recording, s);
    const struct lct_catalogue_settings settings = {
        .data = s->api.data,
        .loop = s->api.catalogue_loop,
        .is_recording = is_recording,
        .was_read = on_item_read,
        .arg = s,
    };
    s->api.catalogue = lct_catalogue_create(&settings);
    s->api.gathered = lct_gathered_create();
    look_at_collections(s);
    s->api.calm = lct_calm_create(s->api.data, lct_wall, lct_monotonic);
    s->api.presence = lct_api_presence_create();
    s->api.trash_days = lct_config_number(s->config, "library", NULL, "trash_days");
    s->api.sticks = lct_config_flag(s->config, "library", NULL, "sticks");
    s->trash_timer = lct_timer_create(s->api.catalogue_loop, empty_trash, s);
    lct_timer_set(s->trash_timer, lct_monotonic() + TRASH_BEGIN);
    s->slides_left = true;
    s->slides_timer = lct_timer_create(s->api.catalogue_loop, look_for_slides, s);
    lct_timer_set(s->slides_timer, lct_monotonic() + SLIDES_INTERVAL);
    s->look_timer = lct_timer_create(s->api.disk, look_at_data, s);
    look_at_data(s);
    return lct_access_open(s->api.data, &s->api.access, fault);
}

static int open_jobs(struct server *s, struct lct_fault *fault) {
    const struct lct_workers_settings settings = {.data = s->api.data,
                                                  .loop = s->api.catalogue_loop,
                                                  .calm = s->api.calm,
                                                  .changed = on_job_changed,
                                                  .arg = s};
    LCT_FREE char *presets = lct_program_data("presets");
    int rc = presets ? lct_presets_load(presets, &s->api.presets, fault) : 0;
    if (!presets) {
        lct_warn("no folder of presets found: nothing can be exported", NULL);
        s->api.presets = json_array();
    }
    return rc ? rc : lct_workers_open(&settings, &s->api.workers, fault);
}

static int open_rooms(struct server *s, struct lct_fault *fault) {
    LCT_FREE char *socket = lct_format("%s/link", s->api.data);
    const char *id;
    int rc = lct_rooms_create(s->loop, socket, on_changed, s, &s->api.rooms, fault);
    for (size_t i = 0; rc == 0 && (id = lct_config_id(s->config, "room", i)); i++) {
        (void)lct_rooms_add(s->api.rooms, id, lct_config_text(s->config, "room", id, "name"));
    }
    if (rc == 0) {
        lct_rooms_tell_lessons(s->api.rooms, on_lesson);
        s->api.pusher = lct_pusher_create(s->loop, s->api.rooms, s->api.pushes, s->api.data,
                                          on_push_changed, s);
    }
    return rc;
}

/* ---- the certificate ---- */

/* The disk's thread; takes cert. */
static void on_renewed(void *arg, struct lct_cert *cert) {
    struct server *s = arg;
    if (s->door) {
        lct_door_show(s->door, cert);
    }
    if (s->listening.https.wanted) {
        lct_http_renew(s->api.http, cert);
    } else {
        lct_cert_unref(cert);
    }
}

/* What TLS shows, where it is configured and wanted. */
static int open_certificate(struct server *s, struct lct_fault *fault) {
    const struct lct_listening *l = &s->listening;
    const struct lct_certificate_options options = {
        .certificate = lct_config_text(s->config, "server", NULL, "certificate"),
        .key = lct_config_text(s->config, "server", NULL, "key"),
        .disk = s->api.disk,
        .renewed = on_renewed,
        .arg = s,
    };
    bool given = *options.certificate && *options.key;
    if (l->https.wanted && !given) {
        return lct_fault_set(fault, -EINVAL, "server",
                             "https = %s needs a certificate: set certificate and key to its two "
                             "PEM files.",
                             "https = %s 需要证书：请将 certificate 和 key 设为两个 PEM 文件。",
                             lct_config_text(s->config, "server", NULL, "https"));
    }
    return given && (l->https.wanted || l->door.wanted)
               ? lct_certificate_open(&options, &s->api.certificate, fault)
               : 0;
}

/* Returns owned; NULL: there is none. */
static struct lct_cert *cert_now(struct server *s) {
    return s->api.certificate ? lct_certificate_now(s->api.certificate) : NULL;
}

/* ---- who comes in ---- */

/* For recorders in other buildings, where they are wanted. */
static int open_door(struct server *s, struct lct_fault *fault) {
    if (!s->listening.door.wanted) {
        return 0;
    }
    LCT_FREE char *url = lct_listening_url(&s->listening);
    struct lct_cert *cert = cert_now(s);
    const struct lct_door_settings settings = {
        .data = s->api.data,
        .address = s->listening.door.address,
        .port = s->listening.door.port,
        .cert = cert,
        .url = url,
        .rooms = s->api.rooms,
        .loop = s->loop,
    };
    int rc = lct_door_open(&settings, &s->door, fault);
    lct_cert_unref(cert);
    return rc;
}

static int open_live(struct server *s, struct lct_fault *fault) {
    const struct lct_listening *l = &s->listening;
    const struct lct_on_air_settings settings = {
        .config = s->config,
        .address = l->https.wanted ? l->https.address : l->http.address,
        .port = l->http.port,
        .rooms = s->api.rooms,
        .loop = s->loop,
        .may_watch = lct_api_may_watch,
        .arg = &s->api,
    };
    int rc = lct_on_air_open(&settings, &s->on_air, fault);
    s->api.rtc = rc == 0 ? lct_on_air_rtc(s->on_air) : NULL;
    return rc;
}

static int open_http(struct server *s, struct lct_fault *fault) {
    struct lct_listening *l = &s->listening;
    struct lct_cert *cert = l->https.wanted ? cert_now(s) : NULL;
    struct lct_http_options options = {.address = l->http.address,
                                       .port = l->http.port,
                                       .tls_address = l->https.wanted ? l->https.address : NULL,
                                       .tls_port = l->https.port,
                                       .cert = cert,
                                       .proxies = l->proxies,
                                       .main = s->loop,
                                       .disk = s->api.disk,
                                       .catalogue = s->api.catalogue_loop,
                                       .app = &s->api,
                                       .gate = lct_api_gate,
                                       .names = l->names};
    options.routes = lct_api_routes(&options.n_routes);
    int rc = lct_http_create(&options, &s->api.http, fault);
    lct_cert_unref(cert);
    if (rc == 0) { /* 0 was: any free one */
        l->http.port = lct_http_port(s->api.http);
        l->https.port = lct_http_tls_port(s->api.http);
    }
    return rc;
}

static int load_pages(struct server *s, const struct lct_server_options *options,
                      struct lct_fault *fault) {
    LCT_FREE char *web = find_web(s, options);
    if (!web) {
        lct_warn("no folder of pages found: the API alone is served", NULL);
        return 0;
    }
    return lct_web_load(web, &s->api.web, fault);
}

static int start(struct server *s, const struct lct_server_options *options,
                 struct lct_fault *fault) {
    s->api.data = options->data ? options->data : lct_config_text(s->config, "disk", NULL, "data");
    int rc = lct_listening_read(s->config, options->listen, &s->listening, fault);
    if (rc < 0 || (rc = open_data(s, fault)) < 0 || (rc = open_jobs(s, fault)) < 0 ||
        (rc = open_certificate(s, fault)) < 0 || (rc = open_rooms(s, fault)) < 0 ||
        (rc = open_door(s, fault)) < 0 || (rc = load_pages(s, options, fault)) < 0) {
        return rc;
    }
    s->api.events = lct_api_events_create(s->loop, &s->api);
    s->api.live = lct_api_live_create(s->loop, &s->api);
    if ((rc = open_live(s, fault)) < 0 || (rc = open_http(s, fault)) < 0) {
        return rc;
    }
    if (s->api.certificate) {
        lct_certificate_watch(s->api.certificate);
    }
    lct_on_air_add_http(s->on_air, s->api.http);
    s->api.ws = lct_on_air_ws(s->on_air);
    lct_http_start(s->api.http);
    return 0;
}

/* ---- from begin to end ---- */

static void say_ready(const struct server *s, bool json) {
    const struct lct_listening_place *at = &s->listening.http;
    bool tls = s->listening.https.wanted;
    bool any = strcmp(at->address, "0.0.0.0") == 0 || strcmp(at->address, "::") == 0;
    bool six = strchr(at->address, ':') && !any;
    LCT_FREE char *url = lct_format(six ? "http://[%s]:%d/" : "http://%s:%d/",
                                    any ? "127.0.0.1" : at->address, at->port);
    LCT_FREE char *found = lct_listening_url(&s->listening);
    LCT_FREE char *https = lct_format("%s/", found);
    if (json) {
        LCT_JSON json_t *line =
            json_pack("{s:s, s:s}", "url", url, "code", lct_access_code(s->api.access));
        if (tls) {
            json_object_set_new(line, "https", json_string(https));
        }
        LCT_FREE char *text = lct_json_dump(line, NULL);
        (void)puts(text);
    } else {
        (void)printf("%s %s?code=%s\n",
                     lct_speak_chinese() ? "网页：" : "Pages:", tls ? https : url,
                     lct_access_code(s->api.access));
    }
    (void)fflush(stdout);
}

/* For the commands that make watch links. */
static void keep_url(const struct server *s) {
    LCT_FREE char *url = lct_listening_url(&s->listening);
    int rc = lct_notice_write(s->api.data, url);
    if (rc < 0) {
        lct_warn("the pages' address is not kept", "data=%s why=%s", s->api.data, strerror(-rc));
    }
}

static void stop_loop(void *loop) { lct_loop_stop(loop); }

/* What still lies in its mailbox is done. */
static void end_loop(struct lct_loop *loop, struct lct_thread *thread) {
    if (thread->started) {
        lct_loop_stop(loop);
        lct_thread_join(thread);
    }
    lct_loop_destroy(loop);
}

/* What threads still had in their hands finds its place before anything is freed. */
static void stop(struct server *s) {
    if (s->api.http) {
        lct_http_stop(s->api.http);
    }
    lct_loop_post(s->api.disk, end_timers, s);
    lct_loop_post(s->api.catalogue_loop, end_catalogue, s);
    end_loop(s->api.catalogue_loop, &s->catalogue_thread);
    s->api.catalogue_loop = NULL;
    end_loop(s->api.disk, &s->disk_thread);
    lct_door_stop(s->door);
    lct_on_air_end(s->on_air);
    lct_loop_post(s->loop, stop_loop, s->loop);
    lct_loop_run(s->loop);
    if (s->api.events) {
        lct_api_events_stop(s->api.events);
        lct_api_live_stop(s->api.live);
    }
    lct_on_air_destroy(s->on_air);
    s->on_air = NULL;
    lct_pusher_destroy(s->api.pusher);
    s->api.pusher = NULL;
    lct_rooms_destroy(s->api.rooms);
    lct_door_close(s->door);
    lct_loop_destroy(s->loop);
    lct_api_events_destroy(s->api.events);
    lct_api_live_destroy(s->api.live);
    lct_http_destroy(s->api.http);
    lct_movies_destroy(s->api.movies);
    lct_shelf_destroy(s->api.shelf);
    lct_recordings_destroy(s->api.recordings);
    lct_catalogue_destroy(s->api.catalogue);
    lct_gathered_destroy(s->api.gathered);
    lct_api_presence_destroy(s->api.presence);
    lct_workers_destroy(s->api.workers);
    lct_calm_destroy(s->api.calm);
    json_decref(s->api.presets);
    lct_recordings_destroy(s->api.item_recordings);
    lct_web_free(s->api.web);
    lct_access_close(s->api.access);
    lct_certificate_close(s->api.certificate);
    lct_links_destroy(s->api.links);
    lct_links_destroy(s->api.shares);
    lct_pushes_destroy(s->api.pushes);
    lct_config_destroy(s->config);
    lct_unlock(s->lock); /* last: link and code are nobody's now */
}

int lct_server_run(const struct lct_server_options *options) {
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD, 0};
    struct lct_fault fault = {0};
    struct server *s = lct_new(sizeof *s);
    s->lock = -1;
    int rc = lct_settings_read(options->config, &s->config, &fault);
    if (rc < 0) {
        free(s);
        return fail(&fault, options->json);
    }
    s->loop = lct_loop_create();
    s->api.loop = s->loop;
    s->api.movies = lct_movies_create(LCT_MOVIES_BYTES, LCT_MOVIES_QUIET, lct_monotonic);
    s->api.disk = lct_loop_create();
    s->api.catalogue_loop = lct_loop_create();
    lct_loop_signals(s->loop, signals, on_signal, s);
    rc = start(s, options, &fault);
    if (rc == 0) {
        lct_thread_start(&s->disk_thread, "disk", run_loop, s->api.disk);
        lct_thread_start(&s->catalogue_thread, "catalogue", run_loop, s->api.catalogue_loop);
        keep_url(s);
        say_ready(s, options->json);
        lct_loop_run(s->loop);
    }
    stop(s);
    free(s);
    return rc < 0 ? fail(&fault, options->json) : 0;
}

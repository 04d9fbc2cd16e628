// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * lectern-server: pages, API, the rooms' model, workers that push lessons out. Three threads of
 * work: the main loop (rooms, links, small answers), "disk" (whatever reads lessons), and the HTTP
 * server's own. No device, no media decoding.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "control/api/api.h"
#include "control/door.h"
#include "control/notice.h"
#include "control/settings.h"
#include "stream/http/http_parse.h"

LCT_LOG_TOPIC("server");

#define NAMES_MAX 24
#define NAME_SIZE 260

/* What commands changed of the watch links and pushes is seen so soon. */
#define LOOK_INTERVAL (LCT_SECOND / 2)
#define LIVE_ADDRESSES_MAX 4
#define PROXIES_MAX 8

struct options {
    const char *data, *listen, *web, *config;
    bool json;
};

/* A room as the engines of live viewers know it. */
struct room_of_server {
    struct server *server;
    const char *id;
    bool on_air; /* its recorder said so last */
};

struct server {
    int lock; /* of the data folder; negative: not ours */
    struct lct_config *config;
    struct room_of_server rooms[LCT_ROOMS_MAX];
    size_t n_rooms;
    struct lct_api api;
    struct lct_loop *loop;
    struct lct_thread disk_thread;
    struct lct_door *door;        /* NULL: closed */
    struct lct_timer *look_timer; /* of the disk loop */
    bool links_ill, pushes_ill;
    char names[NAMES_MAX][NAME_SIZE];
    const char *name_list[NAMES_MAX + 1];
    size_t n_names;
    struct place {
        char address[64];
        int port;
    } plain, tls;
    bool has_tls;
    char proxies[PROXIES_MAX][48];
    const char *proxy_list[PROXIES_MAX + 1];
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

/* The disk's thread; takes cert. */
static void on_renewed(void *arg, struct lct_cert *cert) {
    struct server *s = arg;
    if (s->door) {
        lct_door_show(s->door, cert);
    }
    if (s->has_tls) {
        lct_http_renew(s->api.http, cert);
    } else {
        lct_cert_unref(cert);
    }
}

/* "ADDR:PORT", "[ADDR]:PORT" or ":PORT". */
static int read_listen(const char *text, struct place *ret_place, struct lct_fault *fault) {
    char *address = ret_place->address;
    size_t size = sizeof ret_place->address;
    const char *colon = strrchr(text, ':');
    char *end = NULL;
    long port = colon ? strtol(colon + 1, &end, 10) : -1;
    size_t n = colon ? (size_t)(colon - text) : 0;
    if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
    }
    if (!colon || end == colon + 1 || *end || port < 0 || port > 65535 || n >= size) {
        return lct_fault_set(fault, -EINVAL, "server",
                             "\"%s\" is no ADDRESS:PORT, such as 0.0.0.0:8080.",
                             "“%s”不是“地址:端口”，例如 0.0.0.0:8080。", text);
    }
    (void)snprintf(address, size, "%.*s", (int)n, n > 0 ? text : "");
    if (n == 0) {
        (void)snprintf(address, size, "0.0.0.0");
    }
    ret_place->port = (int)port;
    return 0;
}

static void add_name(struct server *s, const char *name) {
    if (s->n_names < NAMES_MAX && *name) {
        (void)snprintf(s->names[s->n_names], NAME_SIZE, "%s", name);
        s->name_list[s->n_names] = s->names[s->n_names];
        s->n_names++;
    }
}

/* What TLS shows, where it is configured and wanted. */
static int open_certificate(struct server *s, struct lct_fault *fault) {
    struct lct_certificate_options options = {
        .certificate = lct_config_text(s->config, "server", NULL, "certificate"),
        .key = lct_config_text(s->config, "server", NULL, "key"),
        .disk = s->api.disk,
        .renewed = on_renewed,
        .arg = s,
    };
    bool wanted = s->has_tls || *lct_config_text(s->config, "server", NULL, "recorders");
    return *options.certificate && *options.key && wanted
               ? lct_certificate_open(&options, &s->api.certificate, fault)
               : 0;
}

/* HTTPS, when it is wanted. */
static int read_https(struct server *s, struct lct_fault *fault) {
    const char *listen = lct_config_text(s->config, "server", NULL, "https");
    s->has_tls = *listen != '\0';
    int rc = s->has_tls ? read_listen(listen, &s->tls, fault) : 0;
    rc = rc ? rc : open_certificate(s, fault);
    if (rc == 0 && s->has_tls && !s->api.certificate) {
        return lct_fault_set(fault, -EINVAL, "server",
                             "https = %s needs a certificate: set certificate and key to its two "
                             "PEM files.",
                             "https = %s 需要证书：请将 certificate 和 key 设为两个 PEM 文件。",
                             listen);
    }
    return rc;
}

static int read_proxies(struct server *s, struct lct_fault *fault) {
    const char *text;
    for (size_t i = 0; (text = lct_config_nth(s->config, "server", NULL, "proxy", i)); i++) {
        if (!lct_http_address(text, strlen(text), s->proxies[i], sizeof s->proxies[i])) {
            return lct_fault_set(fault, -EINVAL, "server",
                                 "proxy = %s: this is no address, such as 127.0.0.1.",
                                 "proxy = %s：不是地址，例如 127.0.0.1。", text);
        }
        s->proxy_list[i] = s->proxies[i];
    }
    return 0;
}

/* What a Host header may say beside addresses: also what a proxy in front is called by. */
static void find_names(struct server *s) {
    char host[250] = "";
    const char *name, *url = lct_config_text(s->config, "server", NULL, "url");
    (void)gethostname(host, sizeof host - 1);
    add_name(s, host);
    LCT_FREE char *local = lct_format("%s.local", host);
    add_name(s, local);
    url += *url ? strcspn(url, "/") + 2 : 0;
    LCT_FREE char *front = lct_format("%.*s", (int)strcspn(url, ":/"), url);
    add_name(s, front);
    for (size_t i = 0; (name = lct_config_nth(s->config, "server", NULL, "name", i)); i++) {
        add_name(s, name);
    }
}

/* The folder of the pages: given, configured, installed, or of the source tree. NULL: none. */
static char *find_web(const struct server *s, const struct options *options) {
    const char *given =
        options->web ? options->web : lct_config_text(s->config, "server", NULL, "web");
    static const char *const beside[] = {"../share/lectern/web", "../../control/web"};
    char own[PATH_MAX];
    if (*given) {
        return lct_strdup(given);
    }
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    own[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(own, '/');
    for (size_t i = 0; slash && i < sizeof beside / sizeof *beside; i++) {
        LCT_FREE char *path = lct_format("%.*s/%s", (int)(slash - own), own, beside[i]);
        LCT_FREE char *page = lct_format("%s/index.html", path);
        if (access(page, R_OK) == 0) {
            return lct_strdup(path);
        }
    }
    return NULL;
}

static void run_disk(void *loop) { lct_loop_run(loop); }

/* Rings the bell where a lesson is over; a recorder that is away may be in the midst of one. */
static void look_for_bells(struct server *s) {
    for (size_t i = 0; i < s->n_rooms; i++) {
        struct room_of_server *room = &s->rooms[i];
        const char *state = lct_rooms_state(s->api.rooms, room->id);
        bool on_air = strcmp(state, "recording") == 0 || strcmp(state, "paused") == 0;
        if (strcmp(state, "away") == 0 || on_air == room->on_air) {
            continue;
        }
        room->on_air = on_air;
        if (!on_air) {
            lct_ws_end(s->api.ws, room->id);
        }
    }
}

static void on_changed(void *arg) {
    struct server *s = arg;
    look_for_bells(s);
    if (s->api.pusher) {
        lct_pusher_look(s->api.pusher);
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

static void tell_changed(void *arg) { on_changed(arg); }

static void look_at_links(struct server *s) {
    struct lct_fault fault;
    int rc = lct_links_refresh(s->api.links, &fault);
    if (rc > 0) {
        lct_info("who may watch has changed", NULL);
        lct_loop_post(s->loop, tell_changed, s);
    }
    if (rc < 0 && !s->links_ill) { /* once, and not each time it is looked at */
        lct_error("watch links stay as they were", "why=%s", fault.en);
    }
    s->links_ill = rc < 0;
}

static void look_at_pushes(struct server *s) {
    struct lct_fault fault;
    int rc = lct_pushes_refresh(s->api.pushes, &fault);
    if (rc > 0) {
        lct_info("where lessons are pushed to has changed", NULL);
        lct_loop_post(s->loop, tell_changed, s);
    }
    if (rc < 0 && !s->pushes_ill) {
        lct_error("pushes stay as they were", "why=%s", fault.en);
    }
    s->pushes_ill = rc < 0;
}

/* The disk's thread. */
static void look_at_data(void *arg) {
    struct server *s = arg;
    look_at_links(s);
    look_at_pushes(s);
    if (s->door) {
        lct_door_look(s->door);
    }
    lct_timer_set(s->look_timer, lct_monotonic() + LOOK_INTERVAL);
}

/* The disk's thread. */
static void end_timers(void *arg) {
    struct server *s = arg;
    lct_timer_destroy(s->look_timer);
    lct_certificate_unwatch(s->api.certificate);
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
    s->api.library = lct_library_create(lessons, is_recording, s);
    s->api.shelf = lct_shelf_create(s->api.library);
    s->api.links = lct_links_create(s->api.data, lct_wall);
    s->api.pushes = lct_pushes_create(s->api.data);
    s->look_timer = lct_timer_create(s->api.disk, look_at_data, s);
    look_at_data(s);
    return lct_access_open(s->api.data, &s->api.access, fault);
}

static int open_rooms(struct server *s, struct lct_fault *fault) {
    LCT_FREE char *socket = lct_format("%s/link", s->api.data);
    const char *id;
    int rc = lct_rooms_create(s->loop, socket, on_changed, s, &s->api.rooms, fault);
    for (size_t i = 0; rc == 0 && (id = lct_config_id(s->config, "room", i)); i++) {
        (void)lct_rooms_add(s->api.rooms, id, lct_config_text(s->config, "room", id, "name"));
    }
    if (rc == 0) {
        s->api.pusher = lct_pusher_create(s->loop, s->api.rooms, s->api.pushes, s->api.data,
                                          on_push_changed, s);
    }
    return rc;
}

/* The pages' address as others reach it. Owned. */
static char *find_url(const struct server *s) {
    struct lct_notice_place place = {
        .is_secure = s->has_tls,
        .address = s->has_tls ? s->tls.address : s->plain.address,
        .port = s->has_tls ? s->tls.port : s->plain.port,
    };
    return lct_notice_find(lct_config_text(s->config, "server", NULL, "url"),
                           lct_config_nth(s->config, "server", NULL, "name", 0), &place);
}

/* For recorders in other buildings, where they are wanted. */
static int open_door(struct server *s, struct lct_fault *fault) {
    const char *listen = lct_config_text(s->config, "server", NULL, "recorders");
    struct place place;
    if (!*listen) {
        return 0;
    }
    int rc = read_listen(listen, &place, fault);
    if (rc < 0) {
        return rc;
    }
    LCT_FREE char *url = find_url(s);
    struct lct_cert *cert = s->api.certificate ? lct_certificate_now(s->api.certificate) : NULL;
    const struct lct_door_settings settings = {
        .data = s->api.data,
        .address = place.address,
        .port = place.port,
        .cert = cert,
        .url = url,
        .rooms = s->api.rooms,
        .loop = s->loop,
    };
    rc = lct_door_open(&settings, &s->door, fault);
    lct_cert_unref(cert);
    return rc;
}

/* What an engine wants of a room's recorder, on its way to the main loop. */
struct wish {
    const struct room_of_server *room;
    const char *what; /* the command's name */
    uint32_t track;
};

static void ignore_reply(void *arg, const json_t *reply, const struct lct_fault *fault) {
    (void)arg;
    (void)reply;
    (void)fault; /* the engine asks again */
}

/* Main loop. */
static void send_wish(void *arg) {
    LCT_FREE struct wish *wish = arg;
    lct_rooms_command(wish->room->server->api.rooms, wish->room->id,
                      json_pack("{s:s, s:I}", "do", wish->what, "track", (json_int_t)wish->track),
                      ignore_reply, NULL);
}

/* The engines' threads. */
static void post_wish(const struct room_of_server *room, const char *what, uint32_t track_id) {
    struct wish *wish = lct_new(sizeof *wish);
    *wish = (struct wish){room, what, track_id};
    lct_loop_post(room->server->loop, send_wish, wish);
}

static void want_key(void *arg, uint32_t track_id) { post_wish(arg, "key", track_id); }

static void want_small(void *arg, uint32_t track_id) { post_wish(arg, "small", track_id); }

static struct lct_wishes wishes_of(struct room_of_server *room) {
    return (struct lct_wishes){.key = want_key, .small = want_small, .arg = room};
}

/* An address in [live], in its proper form. */
static int read_live(const char *key, const char *text, char ret_address[48],
                     struct lct_fault *fault) {
    return lct_http_address(text, strlen(text), ret_address, 48)
               ? 0
               : lct_fault_set(fault, -EINVAL, "live",
                               "[live] %s = %s: this is no address, such as 192.0.2.7.",
                               "[live] %s = %s：不是地址，例如 192.0.2.7。", key, text);
}

static int open_live(struct server *s, struct lct_fault *fault) {
    const char *hosts[LIVE_ADDRESSES_MAX + 1] = {NULL}, *text;
    const char *listen = lct_config_text(s->config, "live", NULL, "listen");
    char own[48], further[LIVE_ADDRESSES_MAX][48];
    int port = (int)lct_config_number(s->config, "live", NULL, "port");
    struct lct_rtc_settings settings = {
        .address = *listen      ? own
                   : s->has_tls ? s->tls.address
                                : s->plain.address,
        .port = port > 0 ? port : s->plain.port,
        .hosts = hosts,
        .viewers_max = (unsigned)lct_config_number(s->config, "live", NULL, "viewers"),
        .may_watch = lct_api_may_watch,
        .arg = &s->api,
    };
    int rc = *listen ? read_live("listen", listen, own, fault) : 0;
    for (size_t i = 0; rc == 0 && (text = lct_config_nth(s->config, "live", NULL, "address", i));
         i++) {
        rc = read_live("address", text, further[i], fault);
        hosts[i] = further[i];
    }
    rc = rc ? rc : lct_rtc_create(&settings, &s->api.rtc, fault);
    const char *id;
    for (size_t i = 0; rc == 0 && (id = lct_config_id(s->config, "room", i)); i++) {
        s->rooms[i] = (struct room_of_server){.server = s, .id = id};
        const struct lct_wishes wishes = wishes_of(&s->rooms[i]);
        lct_rtc_add_room(s->api.rtc, id, lct_rooms_bus(s->api.rooms, id), &wishes);
    }
    return rc;
}

static int open_http(struct server *s, struct lct_fault *fault) {
    struct lct_cert *cert = s->has_tls ? lct_certificate_now(s->api.certificate) : NULL;
    struct lct_http_options options = {.address = s->plain.address,
                                       .port = s->plain.port,
                                       .tls_address = s->has_tls ? s->tls.address : NULL,
                                       .tls_port = s->tls.port,
                                       .cert = cert,
                                       .proxies = s->proxy_list,
                                       .main = s->loop,
                                       .disk = s->api.disk,
                                       .app = &s->api,
                                       .gate = lct_api_gate,
                                       .names = s->name_list};
    options.routes = lct_api_routes(&options.n_routes);
    int rc = lct_http_create(&options, &s->api.http, fault);
    lct_cert_unref(cert);
    if (rc == 0) { /* 0 was: any free one */
        s->plain.port = lct_http_port(s->api.http);
        s->tls.port = lct_http_tls_port(s->api.http);
    }
    if (rc == 0 && s->api.certificate) {
        lct_certificate_watch(s->api.certificate);
    }
    return rc;
}

/* The engine whose viewers come through the HTTP server; then that begins. */
static void start_http(struct server *s) {
    const char *id;
    struct lct_ws_settings settings = {
        .http = s->api.http,
        .viewers_max = (unsigned)lct_config_number(s->config, "live", NULL, "viewers"),
        .may_watch = lct_api_may_watch,
        .arg = &s->api,
    };
    s->api.ws = lct_ws_create(&settings);
    for (size_t i = 0; (id = lct_config_id(s->config, "room", i)); i++) {
        const struct lct_wishes wishes = wishes_of(&s->rooms[i]);
        lct_ws_add_room(s->api.ws, id, lct_rooms_bus(s->api.rooms, id), &wishes);
        s->n_rooms++;
    }
    lct_http_start(s->api.http);
}

static int start(struct server *s, const struct options *options, struct lct_fault *fault) {
    const char *listen =
        options->listen ? options->listen : lct_config_text(s->config, "server", NULL, "listen");
    LCT_FREE char *web = find_web(s, options);
    int rc = read_listen(listen, &s->plain, fault);
    rc = rc ? rc : read_proxies(s, fault);
    rc = rc ? rc : read_https(s, fault);
    rc = rc ? rc : lct_notice_check(lct_config_text(s->config, "server", NULL, "url"), fault);
    s->api.data = options->data ? options->data : lct_config_text(s->config, "disk", NULL, "data");
    find_names(s);
    if (rc < 0 || (rc = open_data(s, fault)) < 0 || (rc = open_rooms(s, fault)) < 0 ||
        (rc = open_door(s, fault)) < 0) {
        return rc;
    }
    if (!web) {
        lct_warn("no folder of pages found: the API alone is served", NULL);
    } else if ((rc = lct_web_load(web, &s->api.web, fault)) < 0) {
        return rc;
    }
    s->api.events = lct_api_events_create(s->loop, &s->api);
    s->api.live = lct_api_live_create(s->loop, &s->api);
    if ((rc = open_live(s, fault)) < 0) {
        return rc;
    }
    if ((rc = open_http(s, fault)) < 0) {
        return rc;
    }
    start_http(s);
    return 0;
}

static void say_ready(const struct server *s, bool json) {
    const char *address = s->plain.address;
    bool any = strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
    bool six = strchr(address, ':') && !any;
    LCT_FREE char *url = lct_format(six ? "http://[%s]:%d/" : "http://%s:%d/",
                                    any ? "127.0.0.1" : address, s->plain.port);
    LCT_FREE char *found = find_url(s);
    LCT_FREE char *https = lct_format("%s/", found);
    if (json) {
        LCT_JSON json_t *line =
            json_pack("{s:s, s:s}", "url", url, "code", lct_access_code(s->api.access));
        if (s->has_tls) {
            json_object_set_new(line, "https", json_string(https));
        }
        LCT_FREE char *text = lct_json_dump(line, NULL);
        (void)puts(text);
    } else {
        (void)printf("%s %s?code=%s\n",
                     lct_speak_chinese() ? "网页：" : "Pages:", s->has_tls ? https : url,
                     lct_access_code(s->api.access));
    }
    (void)fflush(stdout);
}

/* For the commands that make watch links. */
static void keep_url(const struct server *s) {
    LCT_FREE char *url = find_url(s);
    int rc = lct_notice_write(s->api.data, url);
    if (rc < 0) {
        lct_warn("the pages' address is not kept", "data=%s why=%s", s->api.data, strerror(-rc));
    }
}

static void stop_loop(void *loop) { lct_loop_stop(loop); }

/* What threads still had in their hands finds its place before anything is freed. */
static void stop(struct server *s) {
    if (s->api.http) {
        lct_http_stop(s->api.http);
    }
    s->n_rooms = 0; /* no bells any more */
    lct_loop_post(s->api.disk, end_timers, s);
    if (s->disk_thread.started) {
        lct_loop_stop(s->api.disk);
        lct_thread_join(&s->disk_thread);
    }
    lct_loop_destroy(s->api.disk);
    lct_door_stop(s->door);
    lct_rtc_destroy(s->api.rtc);
    lct_loop_post(s->loop, stop_loop, s->loop);
    lct_loop_run(s->loop);
    if (s->api.events) {
        lct_api_events_stop(s->api.events);
        lct_api_live_stop(s->api.live);
    }
    lct_ws_destroy(s->api.ws);
    lct_pusher_destroy(s->api.pusher);
    s->api.pusher = NULL;
    lct_rooms_destroy(s->api.rooms);
    lct_door_close(s->door);
    lct_loop_destroy(s->loop);
    lct_api_events_destroy(s->api.events);
    lct_api_live_destroy(s->api.live);
    lct_http_destroy(s->api.http);
    lct_shelf_destroy(s->api.shelf);
    lct_library_destroy(s->api.library);
    lct_web_free(s->api.web);
    lct_access_close(s->api.access);
    lct_certificate_close(s->api.certificate);
    lct_links_destroy(s->api.links);
    lct_pushes_destroy(s->api.pushes);
    lct_config_destroy(s->config);
    lct_unlock(s->lock); /* last: link and code are nobody's now */
}

static int serve(const struct options *options) {
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
    s->api.disk = lct_loop_create();
    lct_loop_signals(s->loop, signals, on_signal, s);
    rc = start(s, options, &fault);
    if (rc == 0) {
        lct_thread_start(&s->disk_thread, "disk", run_disk, s->api.disk);
        keep_url(s);
        say_ready(s, options->json);
        lct_loop_run(s->loop);
    }
    stop(s);
    free(s);
    return rc < 0 ? fail(&fault, options->json) : 0;
}

static int print_routes(void) {
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
    size_t n;
    const struct lct_http_route *routes = lct_api_routes(&n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(routes[i].pattern, "*") != 0) {
            (void)printf("%s %s\n", methods[routes[i].method], routes[i].pattern);
        }
    }
    return 0;
}

static int help(FILE *out, int status) {
    (void)fputs("usage: lectern-server [--data DIR] [--listen ADDR:PORT] [--web DIR] "
                "[--config FILE] [--json]\n"
                "       lectern-server --print-config | --print-config-manual | --print-routes | "
                "--version\n",
                out);
    return status;
}

int main(int argc, char **argv) {
    enum { DATA = 256, LISTEN, WEB, CONFIG, JSON, PRINT, MANUAL, ROUTES, VERSION, HELP };
    static const struct option table[] = {
        {"data", required_argument, NULL, DATA},
        {"listen", required_argument, NULL, LISTEN},
        {"web", required_argument, NULL, WEB},
        {"config", required_argument, NULL, CONFIG},
        {"json", no_argument, NULL, JSON},
        {"print-config", no_argument, NULL, PRINT},
        {"print-config-manual", no_argument, NULL, MANUAL},
        {"print-routes", no_argument, NULL, ROUTES},
        {"version", no_argument, NULL, VERSION},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    struct options options = {0};
    int option;
    (void)signal(SIGPIPE, SIG_IGN);
    umask(027);
    while ((option = getopt_long(argc, argv, "h", table, NULL)) != -1) {
        switch (option) {
        case DATA:
            options.data = optarg;
            break;
        case LISTEN:
            options.listen = optarg;
            break;
        case WEB:
            options.web = optarg;
            break;
        case CONFIG:
            options.config = optarg;
            break;
        case JSON:
            options.json = true;
            break;
        case PRINT:
            lct_settings_print_sample(stdout);
            return 0;
        case MANUAL:
            lct_settings_print_manual(stdout);
            return 0;
        case ROUTES:
            return print_routes();
        case VERSION:
            (void)puts("lectern-server " LCT_VERSION);
            return 0;
        case HELP:
        case 'h':
            return help(stdout, 0);
        default:
            return help(stderr, 2);
        }
    }
    return optind < argc ? help(stderr, 2) : serve(&options);
}

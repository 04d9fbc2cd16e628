// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/on_air.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "stream/http/http_parse.h"
#include "stream/wishes.h"

#define ADDRESSES_MAX 4
#define ADDRESS_SIZE 48

/* A room as the engines know it. */
struct room {
    struct lct_on_air *on_air;
    const char *id;
    bool lesson; /* its recorder said last that there is one */
};

struct lct_on_air {
    struct lct_on_air_settings settings;
    struct lct_rtc *rtc;
    struct lct_ws *ws;
    struct room rooms[LCT_ROOMS_MAX];
    size_t n_rooms;
    bool ended;
};

/* ---- what the engines wish ---- */

/* On its way to the loop. */
struct wish {
    const struct room *room;
    const char *what; /* the command's name */
    uint32_t track;
};

static void ignore_reply(void *arg, const json_t *reply, const struct lct_fault *fault) {
    (void)arg;
    (void)reply;
    (void)fault; /* the engine asks again */
}

static void send_wish(void *arg) {
    LCT_FREE struct wish *wish = arg;
    lct_rooms_command(wish->room->on_air->settings.rooms, wish->room->id,
                      json_pack("{s:s, s:I}", "do", wish->what, "track", (json_int_t)wish->track),
                      ignore_reply, NULL);
}

/* The engines' threads. */
static void post_wish(const struct room *room, const char *what, uint32_t track_id) {
    struct wish *wish = lct_new(sizeof *wish);
    *wish = (struct wish){room, what, track_id};
    lct_loop_post(room->on_air->settings.loop, send_wish, wish);
}

static void want_key(void *arg, uint32_t track_id) { post_wish(arg, "key", track_id); }

static void want_small(void *arg, uint32_t track_id) { post_wish(arg, "small", track_id); }

/* ---- the engines ---- */

static unsigned viewers_max(const struct lct_on_air *o) {
    return (unsigned)lct_config_number(o->settings.config, "live", NULL, "viewers");
}

static void add_rooms(struct lct_on_air *o) {
    const char *id;
    for (size_t i = 0; i < LCT_ROOMS_MAX && (id = lct_config_id(o->settings.config, "room", i));
         i++) {
        o->rooms[i] = (struct room){.on_air = o, .id = id};
        o->n_rooms++;
        const struct lct_wishes wishes = {want_key, want_small, &o->rooms[i]};
        lct_rtc_add_room(o->rtc, id, lct_rooms_bus(o->settings.rooms, id), &wishes);
    }
}

/* An address in [live], in its proper form. */
static int read_address(const char *key, const char *text, char ret_address[ADDRESS_SIZE],
                        struct lct_fault *fault) {
    return lct_http_address(text, strlen(text), ret_address, ADDRESS_SIZE)
               ? 0
               : lct_fault_set(fault, -EINVAL, "live",
                               "[live] %s = %s: this is no address, such as 192.0.2.7.",
                               "[live] %s = %s：不是地址，例如 192.0.2.7。", key, text);
}

static int open_rtc(struct lct_on_air *o, struct lct_fault *fault) {
    const struct lct_config *config = o->settings.config;
    const char *hosts[ADDRESSES_MAX + 1] = {NULL}, *text;
    const char *listen = lct_config_text(config, "live", NULL, "listen");
    char own[ADDRESS_SIZE], further[ADDRESSES_MAX][ADDRESS_SIZE];
    int port = (int)lct_config_number(config, "live", NULL, "port");
    struct lct_rtc_settings settings = {
        .address = *listen ? own : o->settings.address,
        .port = port > 0 ? port : o->settings.port,
        .hosts = hosts,
        .viewers_max = viewers_max(o),
        .may_watch = o->settings.may_watch,
        .arg = o->settings.arg,
    };
    int rc = *listen ? read_address("listen", listen, own, fault) : 0;
    for (size_t i = 0; rc == 0 && i < ADDRESSES_MAX &&
                       (text = lct_config_nth(config, "live", NULL, "address", i));
         i++) {
        rc = read_address("address", text, further[i], fault);
        hosts[i] = further[i];
    }
    return rc ? rc : lct_rtc_create(&settings, &o->rtc, fault);
}

int lct_on_air_open(const struct lct_on_air_settings *settings, struct lct_on_air **ret_on_air,
                    struct lct_fault *fault) {
    struct lct_on_air *o = lct_new(sizeof *o);
    o->settings = *settings;
    int rc = open_rtc(o, fault);
    if (rc < 0) {
        free(o);
        return rc;
    }
    add_rooms(o);
    *ret_on_air = o;
    return 0;
}

void lct_on_air_add_http(struct lct_on_air *on_air, struct lct_http_server *http) {
    struct lct_on_air *o = on_air;
    struct lct_ws_settings settings = {
        .http = http,
        .viewers_max = viewers_max(o),
        .may_watch = o->settings.may_watch,
        .arg = o->settings.arg,
    };
    o->ws = lct_ws_create(&settings);
    for (size_t i = 0; i < o->n_rooms; i++) {
        const struct lct_wishes wishes = {want_key, want_small, &o->rooms[i]};
        lct_ws_add_room(o->ws, o->rooms[i].id, lct_rooms_bus(o->settings.rooms, o->rooms[i].id),
                        &wishes);
    }
}

struct lct_rtc *lct_on_air_rtc(struct lct_on_air *on_air) {
    return on_air->rtc;
}

struct lct_ws *lct_on_air_ws(struct lct_on_air *on_air) {
    return on_air->ws;
}

/* A recorder that is away may be in the midst of a lesson. */
static void look_at(struct room *room) {
    const char *state = lct_rooms_state(room->on_air->settings.rooms, room->id);
    bool lesson = strcmp(state, "recording") == 0 || strcmp(state, "paused") == 0;
    if (strcmp(state, "away") == 0 || lesson == room->lesson) {
        return;
    }
    room->lesson = lesson;
    if (!lesson && room->on_air->ws) {
        lct_ws_end(room->on_air->ws, room->id);
    }
}

void lct_on_air_look(struct lct_on_air *on_air) {
    for (size_t i = 0; i < on_air->n_rooms && !on_air->ended; i++) {
        look_at(&on_air->rooms[i]);
    }
}

void lct_on_air_end(struct lct_on_air *on_air) {
    if (on_air) {
        on_air->ended = true;
        lct_rtc_destroy(on_air->rtc);
        on_air->rtc = NULL;
    }
}

void lct_on_air_destroy(struct lct_on_air *on_air) {
    if (on_air) {
        lct_ws_destroy(on_air->ws);
        free(on_air);
    }
}

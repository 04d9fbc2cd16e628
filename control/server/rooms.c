// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/rooms.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/lesson.h"
#include "base/config.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "stream/link_join.h"

LCT_LOG_TOPIC("rooms");

struct room {
    char id[40];
    char name[256];
    struct lct_link_peer *peer; /* NULL: away */
    char *secret;               /* by which it came in; NULL: it is on this machine */
    json_t *status;             /* NULL: never heard, or away */
    char *text;                 /* of the status, to see whether it changed */
    bool crowded;               /* a second recorder was sent away, and it was said */
    json_t *refused;            /* of a recorder from outside, until one is taken; NULL: none */
    struct lct_bus *bus;
};

struct command {
    struct command *next;
    int64_t id;
    struct room *room;
    lct_ns deadline;
    lct_rooms_done_fn done;
    void *arg;
};

struct lct_rooms {
    struct lct_loop *loop;
    void (*changed)(void *);
    void (*lesson)(void *, const char *); /* NULL: nobody asks */
    void *arg;
    json_t *hello;
    struct lct_link_listener *listener;
    struct lct_rooms_door door;
    struct lct_link_listener *outer; /* at the door; NULL: there is none */
    struct lct_timer *timer;
    struct room rooms[LCT_ROOMS_MAX];
    size_t n; /* changed under lock; an id is fixed from then on */
    struct command *commands;
    int64_t last_id;
    bool looking;
    bool overfull; /* a recorder was sent away for lack of room, and it was said */
    /* guarded by lock */
    pthread_mutex_t lock;
    struct recording {
        char room[40];
        char lesson[LCT_ROOMS_LESSON_SIZE]; /* "": none */
    } recording[LCT_ROOMS_MAX];
};

static struct room *find(const struct lct_rooms *rooms, const char *id) {
    for (size_t i = 0; i < rooms->n; i++) {
        if (strcmp(rooms->rooms[i].id, id) == 0) {
            return (struct room *)(uintptr_t)&rooms->rooms[i];
        }
    }
    return NULL;
}

static struct room *add(struct lct_rooms *rooms, const char *id, const char *name) {
    if (rooms->n == LCT_ROOMS_MAX || !lct_config_is_id(id)) {
        return NULL;
    }
    struct room *room = &rooms->rooms[rooms->n];
    (void)snprintf(room->id, sizeof room->id, "%s", id);
    lct_text_copy(room->name, sizeof room->name, name);
    room->bus = lct_bus_create();
    pthread_mutex_lock(&rooms->lock);
    rooms->n++;
    pthread_mutex_unlock(&rooms->lock);
    return room;
}

bool lct_rooms_add(struct lct_rooms *rooms, const char *id, const char *name) {
    return find(rooms, id) || add(rooms, id, name);
}

bool lct_rooms_has(struct lct_rooms *rooms, const char *id) {
    pthread_mutex_lock(&rooms->lock);
    bool has = find(rooms, id) != NULL;
    pthread_mutex_unlock(&rooms->lock);
    return has;
}

struct lct_bus *lct_rooms_bus(struct lct_rooms *rooms, const char *room) {
    struct room *found = find(rooms, room);
    return found ? found->bus : NULL;
}

/* Until its recorder has said what it does nobody knows: "idle" would ring the bell. */
static const char *state_of(const struct room *room) {
    return lct_json_text(room->status, "state", "away");
}

const char *lct_rooms_state(struct lct_rooms *rooms, const char *room) {
    const struct room *found = find(rooms, room);
    return found ? state_of(found) : "away";
}

/* Which lesson a room records, for threads that do not see the room. */
static void note_recording(struct lct_rooms *rooms, const struct room *room) {
    const char *state = lct_json_text(room->status, "state", "");
    bool recording = strcmp(state, "recording") == 0 || strcmp(state, "paused") == 0;
    const char *lesson = recording ? lct_json_text(room->status, "lesson", "") : "";
    lesson = lct_lesson_is_id(lesson) ? lesson : ""; /* it becomes part of paths */
    struct recording *noted = &rooms->recording[room - rooms->rooms];
    char before[LCT_ROOMS_LESSON_SIZE];
    memcpy(before, noted->lesson, sizeof before);
    pthread_mutex_lock(&rooms->lock);
    (void)snprintf(noted->room, sizeof noted->room, "%s", room->id);
    (void)snprintf(noted->lesson, sizeof noted->lesson, "%s", lesson);
    pthread_mutex_unlock(&rooms->lock);
    const char *const changed[] = {before, lesson};
    for (size_t i = 0; i < 2 && rooms->lesson && strcmp(before, lesson) != 0; i++) {
        if (*changed[i]) {
            rooms->lesson(rooms->arg, changed[i]);
        }
    }
}

bool lct_rooms_is_recording(struct lct_rooms *rooms, const char *lesson) {
    bool found = false;
    pthread_mutex_lock(&rooms->lock);
    for (size_t i = 0; i < LCT_ROOMS_MAX && *lesson; i++) {
        found = found || strcmp(rooms->recording[i].lesson, lesson) == 0;
    }
    pthread_mutex_unlock(&rooms->lock);
    return found;
}

bool lct_rooms_lesson(struct lct_rooms *rooms, const char *room,
                      char ret_lesson[LCT_ROOMS_LESSON_SIZE]) {
    bool found = false;
    pthread_mutex_lock(&rooms->lock);
    for (size_t i = 0; i < LCT_ROOMS_MAX && !found; i++) {
        const struct recording *noted = &rooms->recording[i];
        found = *noted->lesson && strcmp(noted->room, room) == 0;
        if (found) {
            memcpy(ret_lesson, noted->lesson, LCT_ROOMS_LESSON_SIZE);
        }
    }
    pthread_mutex_unlock(&rooms->lock);
    return found;
}

/* Commands. */

/* Takes the command out of the list and tells its end. */
static void finish(struct lct_rooms *rooms, struct command *command, const json_t *reply,
                   const struct lct_fault *fault) {
    struct command **at = &rooms->commands;
    while (*at != command) {
        at = &(*at)->next;
    }
    *at = command->next;
    command->done(command->arg, reply, fault);
    free(command);
}

static int say_away(struct lct_fault *fault, const struct room *room) {
    return lct_fault_set(fault, -ENOTCONN, "rooms",
                         "The recorder of room %s is not there. Start it, then try again.",
                         "教室 %s 的录制程序不在线。请启动后重试。", room->id);
}

static void fail_all(struct lct_rooms *rooms, const struct room *room) {
    struct lct_fault fault;
    for (struct command *c = rooms->commands, *next; c; c = next) {
        next = c->next;
        if (c->room == room) {
            (void)say_away(&fault, room);
            finish(rooms, c, NULL, &fault);
            next = rooms->commands; /* done may have sent another one */
        }
    }
}

static void on_timer(void *opaque) {
    struct lct_rooms *rooms = opaque;
    lct_ns now = lct_monotonic();
    for (struct command *c = rooms->commands, *next; c; c = next) {
        next = c->next;
        if (c->deadline <= now) {
            struct lct_fault fault;
            (void)lct_fault_set(&fault, -ETIMEDOUT, "rooms",
                                "Room %s is still busy with this after %d s: its disk or a device "
                                "is slow. It goes on with it, and its state tells when it is done.",
                                "教室 %s 在 %d 秒内没有完成：磁盘或设备较慢。"
                                "它会继续处理，完成后状态会更新。",
                                c->room->id, (int)(LCT_ROOMS_REPLY / LCT_SECOND));
            finish(rooms, c, NULL, &fault);
            next = rooms->commands;
        }
    }
    lct_timer_set(rooms->timer, rooms->commands ? now + LCT_SECOND / 2 : LCT_NS_NONE);
}

void lct_rooms_command(struct lct_rooms *rooms, const char *id, json_t *command,
                       lct_rooms_done_fn done, void *arg) {
    LCT_JSON json_t *owned = command;
    struct lct_fault fault;
    struct room *room = find(rooms, id);
    lct_loop_assert_here(rooms->loop);
    if (!room) {
        (void)lct_fault_set(&fault, -ENOENT, "rooms", "There is no room %s.", "没有教室 %s。", id);
        done(arg, NULL, &fault);
        return;
    }
    json_object_set_new(owned, "id", json_integer(++rooms->last_id));
    if (!room->peer || lct_link_peer_send(room->peer, LCT_LINK_COMMAND, owned) < 0) {
        (void)say_away(&fault, room);
        done(arg, NULL, &fault);
        return;
    }
    struct command *waiting = lct_new(sizeof *waiting);
    *waiting = (struct command){.next = rooms->commands,
                                .id = rooms->last_id,
                                .room = room,
                                .deadline = lct_monotonic() + LCT_ROOMS_REPLY,
                                .done = done,
                                .arg = arg};
    rooms->commands = waiting;
    lct_timer_set(rooms->timer, lct_monotonic() + LCT_SECOND / 2);
}

static void on_reply(struct lct_rooms *rooms, const struct room *room, const json_t *reply) {
    int64_t id = lct_json_int(reply, "id", 0);
    for (struct command *c = rooms->commands; c; c = c->next) {
        if (c->id == id && c->room == room) {
            const json_t *trouble = json_object_get(reply, "fault");
            struct lct_fault fault;
            if (trouble) {
                (void)lct_json_to_fault(trouble, "rooms", &fault);
            }
            finish(rooms, c, trouble ? NULL : reply, trouble ? &fault : NULL);
            return;
        }
    }
}

static void ignore_reply(void *arg, const json_t *reply, const struct lct_fault *fault) {
    (void)arg;
    (void)reply;
    (void)fault; /* the next HELLO tells it again */
}

static void tell_look(struct lct_rooms *rooms, const struct room *room) {
    lct_rooms_command(rooms, room->id,
                      json_pack("{s:s, s:b}", "do", "look", "on", (int)rooms->looking),
                      ignore_reply, NULL);
}

void lct_rooms_look(struct lct_rooms *rooms, bool on) {
    rooms->looking = on;
    for (size_t i = 0; i < rooms->n; i++) {
        if (rooms->rooms[i].peer) {
            tell_look(rooms, &rooms->rooms[i]);
        }
    }
}

/* The links. */

/* So that the page shows it: rooms that nobody has heard of are not made for it. */
static void note_refused(struct lct_rooms *rooms, const char *id, const struct lct_fault *fault) {
    struct room *room = find(rooms, id);
    if (room && !room->peer) {
        json_decref(room->refused);
        room->refused = lct_json_of_fault(fault);
        rooms->changed(rooms->arg);
    }
}

static void forget_refused(struct room *room) {
    json_decref(room->refused);
    room->refused = NULL;
}

/* Said once: it calls again and again. */
static void send_away(struct lct_link_peer *peer, const char *id, const char *why, bool *said) {
    if (!*said) {
        lct_warn("a recorder is sent away", "room=%s why=%s", id, why);
    }
    *said = true;
    lct_link_peer_close(peer, why);
}

static void on_opened(void *arg, struct lct_link_peer *peer, const json_t *hello) {
    struct lct_rooms *rooms = arg;
    const char *id = lct_json_text(hello, "room", "");
    struct room *room = find(rooms, id);
    room = room ? room : add(rooms, id, lct_json_text(hello, "name", ""));
    if (!room) {
        send_away(peer, id, "bad-room", &rooms->overfull);
        return;
    }
    if (room->peer && room->secret && lct_link_peer_silence(room->peer) > LCT_ROOMS_LOST) {
        lct_link_peer_close(room->peer, "lost");
    }
    if (room->peer) {
        send_away(peer, id, "second-recorder", &room->crowded);
        return;
    }
    lct_info("recorder is there", "room=%s program=%s from=%s", id,
             lct_json_text(hello, "program", ""), lct_link_peer_from(peer));
    room->peer = peer;
    forget_refused(room);
    lct_link_peer_set_user(peer, room);
    lct_link_peer_set_patience(peer, LCT_ROOMS_SILENCE);
    tell_look(rooms, room); /* by which it knows, too, that it was taken */
    rooms->changed(rooms->arg);
}

/* The same words whatever was wrong, so that nobody learns which rooms there are. */
static void refuse(struct lct_link_peer *peer, const char *id) {
    struct lct_fault fault;
    (void)lct_fault_set(
        &fault, -EACCES, "rooms",
        "The server does not take this recorder: its token is not the one of room "
        "%s, or not any more. Make a new one on the server: lectern room %s "
        "--token.",
        "服务器不接受此录制程序：令牌不属于教室 %s，或已失效。请在服务器上重新生成："
        "lectern room %s --token。",
        id, id);
    LCT_JSON json_t *json = lct_json_of_fault(&fault);
    if (lct_link_peer_send(peer, LCT_LINK_REFUSED, json) == 0) { /* else its line broke just now */
        lct_link_peer_close(peer, "wrong-token");
    }
}

/* From outside. */
static void on_outer_opened(void *arg, struct lct_link_peer *peer, const json_t *hello) {
    struct lct_rooms *rooms = arg;
    const char *id = lct_json_text(hello, "room", "");
    const char *secret = lct_json_text(hello, "secret", "");
    if (!rooms->door.is_right(rooms->door.arg, id, secret)) {
        lct_warn("a recorder's token is wrong", "room=%s from=%s", id, lct_link_peer_from(peer));
        lct_link_listener_blame(rooms->outer, peer);
        refuse(peer, id);
        struct lct_fault fault;
        (void)lct_fault_set(
            &fault, -EACCES, "rooms",
            "A recorder at %s called for this room with a wrong or an old token and "
            "was refused. Make a new one (lectern room %s --token) and put it on "
            "the recorder.",
            "%s 的录制机用错误或失效的令牌连接本教室，已被拒绝。请重新生成令牌"
            "（lectern room %s --token）并存到录制机上。",
            lct_link_peer_from(peer), id);
        note_refused(rooms, id, &fault);
        return;
    }
    on_opened(arg, peer, hello);
    struct room *room = lct_link_peer_user(peer);
    if (room && room->peer == peer) {
        room->secret = lct_strdup(secret);
    }
}

void lct_rooms_look_at_door(struct lct_rooms *rooms) {
    for (size_t i = 0; i < rooms->n; i++) {
        struct room *room = &rooms->rooms[i];
        if (room->secret && !rooms->door.is_right(rooms->door.arg, room->id, room->secret)) {
            refuse(room->peer, room->id);
        }
    }
}

static void on_status(struct lct_rooms *rooms, struct room *room, const json_t *message) {
    char *text = lct_json_dump(message, NULL);
    bool same = room->text && strcmp(room->text, text) == 0;
    free(room->text);
    room->text = text;
    if (same) {
        return;
    }
    json_decref(room->status);
    room->status = json_incref((json_t *)(uintptr_t)message); /* nobody changes it any more */
    const char *name = lct_json_text(message, "name", "");
    if (*name) {
        lct_text_copy(room->name, sizeof room->name, name);
    }
    note_recording(rooms, room);
    rooms->changed(rooms->arg);
}

static void on_message(void *arg, struct lct_link_peer *peer, enum lct_link_type type,
                       const json_t *message) {
    struct room *room = lct_link_peer_user(peer);
    if (room && type == LCT_LINK_STATUS) {
        on_status(arg, room, message);
    } else if (room && type == LCT_LINK_REPLY) {
        on_reply(arg, room, message);
    }
}

/* From outside. */
static void on_outer_message(void *arg, struct lct_link_peer *peer, enum lct_link_type type,
                             const json_t *message) {
    const struct lct_rooms *rooms = arg;
    const struct room *room = lct_link_peer_user(peer);
    if (type != LCT_LINK_COPY) {
        on_message(arg, peer, type, message);
    } else if (room) {
        rooms->door.copy(rooms->door.arg, room->id, message);
    }
}

static void on_part(void *arg, struct lct_link_peer *peer, const struct lct_link_part *part) {
    const struct lct_rooms *rooms = arg;
    const struct room *room = lct_link_peer_user(peer);
    if (room && !rooms->door.part(rooms->door.arg, room->id, part)) {
        lct_link_peer_close(peer, "too-much");
    }
}

void lct_rooms_send_copy(struct lct_rooms *rooms, const char *room, const json_t *message) {
    const struct room *found = find(rooms, room);
    if (found && found->secret) {
        (void)lct_link_peer_send(found->peer, LCT_LINK_COPY, message); /* else asked anew */
    }
}

static void on_chunk(void *arg, struct lct_link_peer *peer, struct lct_chunk *chunk) {
    struct room *room = lct_link_peer_user(peer);
    (void)arg;
    if (room) {
        lct_bus_publish(room->bus, chunk);
    }
}

static void forget(struct lct_rooms *rooms, struct room *room) {
    room->peer = NULL;
    room->crowded = false;
    if (room->secret) {
        explicit_bzero(room->secret, strlen(room->secret));
    }
    free(room->secret);
    room->secret = NULL;
    json_decref(room->status);
    room->status = NULL;
    free(room->text);
    room->text = NULL;
    note_recording(rooms, room);
    fail_all(rooms, room);
}

static void on_closed(void *arg, struct lct_link_peer *peer, const char *why) {
    struct lct_rooms *rooms = arg;
    struct room *room = lct_link_peer_user(peer);
    if (room) {
        lct_warn("recorder is away", "room=%s why=%s", room->id, why);
        forget(rooms, room);
        rooms->changed(rooms->arg);
    }
}

static const struct lct_link_events events = {
    .opened = on_opened, .message = on_message, .chunk = on_chunk, .closed = on_closed};
static const struct lct_link_events outer_events = {.opened = on_outer_opened,
                                                    .message = on_outer_message,
                                                    .chunk = on_chunk,
                                                    .part = on_part,
                                                    .closed = on_closed};

void lct_rooms_tell_lessons(struct lct_rooms *rooms, void (*lesson)(void *arg, const char *id)) {
    rooms->lesson = lesson;
}

int lct_rooms_open_door(struct lct_rooms *rooms, const struct lct_rooms_door *door,
                        struct lct_fault *fault) {
    rooms->door = *door;
    return lct_link_listen_tls(rooms->loop, door->address, door->port, door->tls, rooms->hello,
                               &outer_events, rooms, &rooms->outer, fault);
}

int lct_rooms_door_port(const struct lct_rooms *rooms) {
    return lct_link_listener_port(rooms->outer);
}

int lct_rooms_create(struct lct_loop *loop, const char *path, void (*changed)(void *arg), void *arg,
                     struct lct_rooms **ret_rooms, struct lct_fault *fault) {
    struct lct_rooms *rooms = lct_new(sizeof *rooms);
    rooms->loop = loop;
    rooms->changed = changed;
    rooms->arg = arg;
    rooms->hello = json_pack("{s:i, s:s}", "version", LCT_LINK_VERSION, "program",
                             "lectern-server " LCT_VERSION);
    int rc = lct_link_listen(loop, path, rooms->hello, &events, rooms, &rooms->listener, fault);
    if (rc < 0) {
        json_decref(rooms->hello);
        free(rooms);
        return rc;
    }
    pthread_mutex_init(&rooms->lock, NULL);
    rooms->timer = lct_timer_create(loop, on_timer, rooms);
    *ret_rooms = rooms;
    return 0;
}

void lct_rooms_destroy(struct lct_rooms *rooms) {
    if (!rooms) {
        return;
    }
    lct_link_listener_destroy(rooms->listener);
    lct_link_listener_destroy(rooms->outer);
    for (size_t i = 0; i < rooms->n; i++) {
        forget(rooms, &rooms->rooms[i]);
        forget_refused(&rooms->rooms[i]);
        lct_bus_destroy(rooms->rooms[i].bus);
    }
    assert(!rooms->commands);
    lct_timer_destroy(rooms->timer);
    pthread_mutex_destroy(&rooms->lock);
    json_decref(rooms->hello);
    free(rooms);
}

bool lct_rooms_are_short_of_cpu(const struct lct_rooms *rooms) {
    bool is_short = false;
    for (size_t i = 0; i < rooms->n; i++) {
        const struct room *room = &rooms->rooms[i];
        bool here = room->peer && !room->secret && strcmp(state_of(room), "recording") == 0;
        is_short =
            is_short || (here && lct_json_int(json_object_get(room->status, "cpu"), "step", 0) > 0);
    }
    return is_short;
}

/* What the API shows. */

static json_t *room_json(const struct room *room) {
    const char *state = state_of(room);
    json_t *status = room->status ? json_incref(room->status) : json_null();
    return json_pack("{s:s, s:s, s:b, s:s, s:o, s:O?}", "id", room->id, "name", room->name,
                     "online", room->peer != NULL, "state", state, "status", status, "refused",
                     room->refused);
}

json_t *lct_rooms_json_of(const struct lct_rooms *rooms, const char *id) {
    const struct room *room = find(rooms, id);
    return room ? room_json(room) : NULL;
}

json_t *lct_rooms_json(const struct lct_rooms *rooms) {
    json_t *list = json_array();
    for (size_t i = 0; i < rooms->n; i++) {
        json_array_append_new(list, room_json(&rooms->rooms[i]));
    }
    return list;
}

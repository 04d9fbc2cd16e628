// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/pusher.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/programs.h"

LCT_LOG_TOPIC("push");

#define LINE_MAX_BYTES 2048 /* of a worker */
#define WAIT_FIRST LCT_SECOND
#define LIVED_WELL (30 * LCT_SECOND)
#define REST_PATIENCE (20 * LCT_SECOND) /* for the rest of a lesson that is over */
#define TICK (LCT_SECOND / 2)

enum state { OFF, READY, CONNECTING, SENDING, WAITING };
static const char *const state_names[] = {"off", "ready", "connecting", "sending", "waiting"};

/* One address, and its worker if there is one. */
struct push {
    struct lct_pusher *pusher;
    struct lct_pushes_push what;
    bool gone; /* nobody wants it any more: forgotten when its worker has ended */
    enum state state;
    lct_ns since; /* wall */
    int64_t bytes, bits_per_s, skips;
    json_t *fault; /* of WAITING; NULL: none */
    /* its worker */
    pid_t pid; /* 0: none */
    char lesson[LCT_ROOMS_LESSON_SIZE];
    int out;
    struct lct_watch *watch;
    char line[LINE_MAX_BYTES];
    size_t line_n;
    bool told;      /* it has been sent SIGTERM */
    lct_ns started; /* monotonic, as all below */
    lct_ns end;     /* told, or killed, then; LCT_NS_NONE: never */
    lct_ns again;   /* not started before */
    lct_ns wait;    /* before the next start of one that died */
    struct push *next;
};

struct lct_pusher {
    struct lct_loop *loop;
    struct lct_rooms *rooms;
    struct lct_pushes *pushes;
    char *data;
    void (*changed)(void *arg);
    void *arg;
    struct lct_timer *timer;
    struct push *first; /* in the order of adding */
};

static void turn(struct push *push, enum state state, json_t *owned_fault) {
    json_decref(push->fault);
    push->fault = owned_fault;
    if (push->state != state) {
        push->state = state;
        push->since = lct_wall();
    }
    if (state != SENDING) {
        push->bits_per_s = 0;
    }
    push->pusher->changed(push->pusher->arg);
}

/* ---- what a worker says ---- */

static void on_line(struct push *push, const char *line, size_t n) {
    LCT_JSON json_t *json = NULL;
    if (lct_json_parse(line, n, &json, NULL) < 0 || push->told) {
        return;
    }
    const char *state = lct_json_text(json, "state", "");
    if (strcmp(state, "sending") == 0) {
        bool fresh = push->state != SENDING;
        push->bytes = lct_json_int(json, "bytes", 0);
        push->bits_per_s = lct_json_int(json, "bits_per_s", 0);
        push->skips = lct_json_int(json, "skips", 0);
        turn(push, SENDING, NULL);
        if (fresh) {
            lct_info("a lesson is pushed", "room=%s push=%s lesson=%s", push->what.room,
                     push->what.id, push->lesson);
        }
    } else if (strcmp(state, "waiting") == 0) {
        json_t *fault = json_object_get(json, "fault");
        lct_warn("a push waits", "room=%s push=%s why=%s", push->what.room, push->what.id,
                 lct_json_text(fault, "en", ""));
        turn(push, WAITING, json_incref(fault));
    } else if (strcmp(state, "connecting") == 0 && push->state != WAITING) {
        turn(push, CONNECTING, NULL); /* else the reason stays to be read until it is better */
    }
}

static void close_output(struct push *push) {
    lct_watch_destroy(push->watch);
    push->watch = NULL;
    if (push->out >= 0) {
        close(push->out);
    }
    push->out = -1;
    push->line_n = 0;
}

static void take_lines(struct push *push) {
    char *end;
    while ((end = memchr(push->line, '\n', push->line_n))) {
        size_t n = (size_t)(end - push->line);
        on_line(push, push->line, n);
        push->line_n -= n + 1;
        memmove(push->line, end + 1, push->line_n);
    }
}

static void read_output(void *opaque, uint32_t events) {
    struct push *push = opaque;
    (void)events;
    ssize_t n = read(push->out, push->line + push->line_n, sizeof push->line - push->line_n);
    push->line_n += n > 0 ? (size_t)n : 0;
    take_lines(push);
    if (n == 0 || (n < 0 && errno != EAGAIN) || push->line_n == sizeof push->line) {
        close_output(push);
    }
}

/* ---- workers ---- */

/* There is no worker though there should be. */
static void lack(struct push *push, const char *en, const char *zh) {
    struct lct_fault fault;
    (void)lct_fault_set(&fault, -EIO, "push", "%s%.0s", "%.0s%s", en, zh);
    turn(push, WAITING, lct_json_of_fault(&fault));
}

static void start(struct push *push, const char *lesson) {
    char path[LCT_PROGRAM_PATH_SIZE];
    lct_program_path("lectern-worker", path);
    char *argv[] = {path, (char[]){"push"}, NULL};
    LCT_FREE char *folder = lct_format("%s/lessons/%s", push->pusher->data, lesson);
    LCT_JSON json_t *order =
        json_pack("{s:s, s:s, s:s, s:s}", "url", push->what.url, "lesson", folder, "room",
                  push->what.room, "picture", push->what.screen ? "screen" : "camera");
    size_t n;
    LCT_FREE char *text = lct_json_dump(order, &n);
    push->pid = lct_child_start(
        argv,
        &(struct lct_child_options){.dies_with_us = true, .input = text, .ret_stdout = &push->out});
    explicit_bzero(text, n);
    push->started = lct_monotonic();
    push->end = LCT_NS_NONE;
    push->told = false;
    (void)snprintf(push->lesson, sizeof push->lesson, "%s", lesson);
    if (push->pid < 0) {
        lct_error("cannot start a worker", "program=%s error=%s", path, strerror(-push->pid));
        push->pid = 0;
        push->again = push->started + LCT_PUSHER_WAIT_MOST;
        lack(push,
             "The program that sends the lesson cannot be started: the server's log says why.",
             "无法启动推流程序，原因见服务器日志。");
        return;
    }
    push->watch = lct_watch_create(push->pusher->loop, push->out, EPOLLIN, read_output, push);
    push->bytes = push->skips = 0;
    if (push->state != WAITING) { /* of one that died: the reason stays to be read */
        turn(push, CONNECTING, NULL);
    }
}

/* Asks the worker to end, and if it has been asked before makes it. */
static void end(struct push *push, lct_ns now) {
    (void)kill(push->pid, push->told ? SIGKILL : SIGTERM); /* gone already: reaped next */
    push->told = true;
    push->end = now + LCT_PUSHER_END_PATIENCE;
}

static void ended(struct push *push, int status) {
    lct_ns now = lct_monotonic();
    bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (push->out >= 0) {
        read_output(push, 0); /* its last word */
    }
    close_output(push);
    push->pid = 0;
    push->wait = now - push->started > LIVED_WELL || push->wait == 0 ? WAIT_FIRST : 2 * push->wait;
    push->wait = push->wait > LCT_PUSHER_WAIT_MOST ? LCT_PUSHER_WAIT_MOST : push->wait;
    push->again = now + (well ? WAIT_FIRST : push->wait);
    if (well || push->told) {
        push->wait = 0;
        turn(push, push->what.on ? READY : OFF, NULL);
        return;
    }
    lct_warn("a worker died and is started again", "room=%s push=%s status=%d signal=%d",
             push->what.room, push->what.id, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
             WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    lack(push, "The program that sends the lesson died. It is started again by itself.",
         "推流程序意外退出，会自动重新启动。");
}

/* What the room does now is what the worker is for; what is to be done. */
static void look_at(struct push *push, lct_ns now) {
    char lesson[LCT_ROOMS_LESSON_SIZE];
    struct lct_rooms *rooms = push->pusher->rooms;
    bool runs = lct_rooms_lesson(rooms, push->what.room, lesson);
    bool wanted = push->what.on && !push->gone;
    if (push->pid == 0) {
        if (wanted && runs && now >= push->again) {
            start(push, lesson);
        } else if (!runs || !wanted) {
            enum state state = push->what.on ? READY : OFF;
            push->again = wanted ? push->again : 0;
            if (push->state != state) {
                turn(push, state, NULL);
            }
        }
        return;
    }
    bool other = runs && strcmp(lesson, push->lesson) != 0;
    bool away = strcmp(lct_rooms_state(rooms, push->what.room), "away") == 0;
    if (!push->told && (!wanted || other)) {
        end(push, now);
    } else if (!push->told && !runs && !away && push->end == LCT_NS_NONE) {
        push->end = now + REST_PATIENCE; /* it ends by itself, and is told if it does not */
    } else if (!push->told && runs) {
        push->end = LCT_NS_NONE;
    }
    if (push->end != LCT_NS_NONE && now >= push->end) {
        end(push, now);
    }
    if (push->told && push->state != OFF && !push->what.on) {
        turn(push, OFF, NULL);
    }
}

static void free_push(struct push *push) {
    close_output(push);
    json_decref(push->fault);
    explicit_bzero(&push->what, sizeof push->what);
    free(push);
}

/* Those in the list are there, with what it says of them; others are gone. */
static void take_list(struct lct_pusher *pusher) {
    size_t n;
    struct lct_pushes_push *list = lct_pushes_list(pusher->pushes, NULL, &n);
    for (struct push *push = pusher->first; push; push = push->next) {
        push->gone = true;
    }
    for (size_t i = 0; i < n; i++) {
        struct push **at = &pusher->first;
        while (*at && strcmp((*at)->what.id, list[i].id) != 0) {
            at = &(*at)->next;
        }
        if (!*at) {
            *at = lct_new(sizeof **at);
            **at = (struct push){.pusher = pusher,
                                 .out = -1,
                                 .end = LCT_NS_NONE,
                                 .state = list[i].on ? READY : OFF,
                                 .since = lct_wall()};
        }
        (*at)->what = list[i];
        (*at)->gone = false;
    }
    explicit_bzero(list, n * sizeof *list);
    free(list);
}

void lct_pusher_look(struct lct_pusher *pusher) {
    lct_ns now = lct_monotonic();
    bool any = false;
    take_list(pusher);
    for (struct push **at = &pusher->first; *at;) {
        struct push *push = *at;
        look_at(push, now);
        if (push->gone && push->pid == 0) {
            *at = push->next;
            free_push(push);
            continue;
        }
        any = any || push->pid > 0 || push->state == WAITING || push->again > now;
        at = &push->next;
    }
    lct_timer_set(pusher->timer, any ? now + TICK : LCT_NS_NONE);
}

static void on_timer(void *opaque) { lct_pusher_look(opaque); }

void lct_pusher_reap(struct lct_pusher *pusher) {
    int status;
    for (struct push *push = pusher->first; push; push = push->next) {
        if (push->pid > 0 && waitpid(push->pid, &status, WNOHANG) == push->pid) {
            ended(push, status); /* others' children are theirs to reap */
        }
    }
    lct_pusher_look(pusher);
}

/* ---- from outside ---- */

struct lct_pusher *lct_pusher_create(struct lct_loop *loop, struct lct_rooms *rooms,
                                     struct lct_pushes *pushes, const char *data,
                                     void (*changed)(void *arg), void *arg) {
    struct lct_pusher *pusher = lct_new(sizeof *pusher);
    *pusher = (struct lct_pusher){.loop = loop,
                                  .rooms = rooms,
                                  .pushes = pushes,
                                  .data = lct_strdup(data),
                                  .changed = changed,
                                  .arg = arg};
    pusher->timer = lct_timer_create(loop, on_timer, pusher);
    return pusher;
}

static bool is_one_left(const struct lct_pusher *pusher) {
    for (const struct push *push = pusher->first; push; push = push->next) {
        if (push->pid > 0) {
            return true;
        }
    }
    return false;
}

static void nothing(void *arg) { (void)arg; }

void lct_pusher_destroy(struct lct_pusher *pusher) {
    if (!pusher) {
        return;
    }
    static const struct timespec moment = {0, 20 * LCT_MS};
    lct_ns begun = lct_monotonic();
    pusher->changed = nothing;
    for (struct push *push = pusher->first; push; push = push->next) {
        push->end = LCT_NS_NONE;
        if (push->pid > 0 && !push->told) {
            end(push, begun);
        }
    }
    while (is_one_left(pusher)) {
        for (struct push *push = pusher->first; push; push = push->next) {
            int status;
            bool gone = push->pid > 0 && waitpid(push->pid, &status, WNOHANG) == push->pid;
            push->pid = gone ? 0 : push->pid;
            if (push->pid > 0 && lct_monotonic() - begun > LCT_PUSHER_END_PATIENCE) {
                (void)kill(push->pid, SIGKILL); /* gone already: reaped next */
            }
        }
        (void)nanosleep(&moment, NULL); /* the loop runs no more, so nothing else wakes */
    }
    while (pusher->first) {
        struct push *push = pusher->first;
        pusher->first = push->next;
        free_push(push);
    }
    lct_timer_destroy(pusher->timer);
    free(pusher->data);
    free(pusher);
}

static json_t *json_of(const struct push *push) {
    char since[32];
    lct_wall_format(push->since, since, sizeof since);
    json_t *json = lct_pushes_json(&push->what);
    json_object_update_new(
        json, json_pack("{s:s, s:s, s:I, s:I, s:I, s:o}", "state", state_names[push->state],
                        "since", since, "bytes", (json_int_t)push->bytes, "bits_per_s",
                        (json_int_t)push->bits_per_s, "skips", (json_int_t)push->skips, "fault",
                        push->fault ? json_incref(push->fault) : json_null()));
    return json;
}

json_t *lct_pusher_json(const struct lct_pusher *pusher, const char *room) {
    json_t *list = json_array();
    for (const struct push *push = pusher->first; push; push = push->next) {
        if (!push->gone && strcmp(push->what.room, room) == 0) {
            json_array_append_new(list, json_of(push));
        }
    }
    return list;
}

json_t *lct_pusher_json_of(const struct lct_pusher *pusher, const char *id) {
    for (const struct push *push = pusher->first; push; push = push->next) {
        if (!push->gone && strcmp(push->what.id, id) == 0) {
            return json_of(push);
        }
    }
    return NULL;
}

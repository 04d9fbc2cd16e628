// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/pushes.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "control/kept.h"
#include "control/server/rooms.h"

#define ALL_MAX (LCT_ROOMS_MAX * LCT_PUSHES_ROOM_MAX)
#define FILE_MAX (2U << 20)

/* What the file says. */
struct state {
    struct stat file; /* as it was when it was read; all 0: there was none */
    size_t n;
    struct lct_pushes_push list[ALL_MAX]; /* in the order of adding */
};

struct lct_pushes {
    /* fixed after create */
    char *data, *path;
    /* guarded by lock */
    pthread_mutex_t lock;
    struct state *state;
};

static void free_state(struct state **state) {
    if (*state) {
        explicit_bzero(*state, sizeof **state);
        free(*state);
    }
}

/* ---- the file ---- */

/* Fills in what follows from the rest; 0 or -EINVAL with a fault. */
static int complete(struct lct_pushes_push *push, struct lct_fault *fault) {
    struct lct_push_address address;
    int rc = lct_push_address_read(push->url, &address, fault);
    if (rc == 0) {
        (void)snprintf(push->shown, sizeof push->shown, "%s", address.shown);
    }
    explicit_bzero(&address, sizeof address);
    return rc;
}

static bool read_push(const json_t *json, struct state *state) {
    struct lct_pushes_push push = {.on = lct_json_flag(json, "on", false)};
    const char *id = lct_json_text(json, "id", "");
    const char *room = lct_json_text(json, "room", "");
    const char *url = lct_json_text(json, "url", "");
    if (state->n == ALL_MAX || strlen(id) != LCT_PUSHES_ID_SIZE - 1 ||
        id[strspn(id, "0123456789abcdef")] || !lct_config_is_id(room) ||
        strlen(url) >= sizeof push.url) {
        return false;
    }
    (void)snprintf(push.id, sizeof push.id, "%s", id);
    (void)snprintf(push.room, sizeof push.room, "%s", room);
    (void)snprintf(push.url, sizeof push.url, "%s", url);
    lct_text_copy(push.name, sizeof push.name, lct_json_text(json, "name", ""));
    push.screen = strcmp(lct_json_text(json, "picture", ""), "screen") == 0;
    bool fine = complete(&push, NULL) == 0;
    if (fine) {
        state->list[state->n++] = push;
    }
    return fine;
}

static bool read_state(const json_t *json, struct state *state) {
    const json_t *item;
    size_t i;
    bool fine = json_is_array(json_object_get(json, "pushes"));
    json_array_foreach(json_object_get(json, "pushes"), i, item) {
        fine = fine && read_push(item, state);
    }
    return fine;
}

static int load(const struct lct_pushes *pushes, struct state **ret_state,
                struct lct_fault *fault) {
    LCT_CLEANUP(free_state) struct state *state = lct_new(sizeof *state);
    LCT_JSON json_t *json = NULL;
    int rc = lct_kept_load(pushes->path, FILE_MAX, "push", &state->file, &json, fault);
    if (rc == -EBADMSG || (json && !read_state(json, state))) {
        return lct_fault_set(fault, -EBADMSG, "push",
                             "%s is damaged. Put it back from a copy, or remove it and add the "
                             "addresses anew.",
                             "%s 已损坏。请从备份恢复，或删除它后重新添加推流地址。", pushes->path);
    }
    if (rc < 0) {
        return rc;
    }
    *ret_state = state;
    state = NULL;
    return 0;
}

static const char *picture_of(const struct lct_pushes_push *push) {
    return push->screen ? "screen" : "camera";
}

static json_t *json_of(const struct state *state) {
    json_t *json = json_pack("{s:[]}", "pushes");
    for (size_t i = 0; i < state->n; i++) {
        const struct lct_pushes_push *push = &state->list[i];
        json_array_append_new(json_object_get(json, "pushes"),
                              json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "id", push->id, "room",
                                        push->room, "name", push->name, "url", push->url, "picture",
                                        picture_of(push), "on", (int)push->on));
    }
    return json;
}

/* ---- reading it, changing it ---- */

/* Takes the state. */
static void show(struct lct_pushes *pushes, struct state *state) {
    pthread_mutex_lock(&pushes->lock);
    struct state *before = pushes->state;
    pushes->state = state;
    pthread_mutex_unlock(&pushes->lock);
    free_state(&before);
}

/* What is on the disk now, and a lock (*ret_lock) that keeps it so until finish or drop. */
static int begin(const struct lct_pushes *pushes, struct state **ret_state, int *ret_lock,
                 struct lct_fault *fault) {
    int lock = lct_kept_lock(pushes->data, "push", fault);
    if (lock < 0) {
        return lock;
    }
    int rc = load(pushes, ret_state, fault);
    if (rc < 0) {
        lct_unlock(lock);
        return rc;
    }
    *ret_lock = lock;
    return 0;
}

static void drop(struct state *state, int lock) {
    free_state(&state);
    lct_unlock(lock);
}

/* Takes state and lock. */
static int finish(struct lct_pushes *pushes, struct state *state, int lock,
                  struct lct_fault *fault) {
    LCT_JSON json_t *json = json_of(state);
    int rc = lct_kept_save(pushes->path, json, "push", &state->file, fault);
    if (rc < 0) {
        drop(state, lock);
        return rc;
    }
    lct_unlock(lock);
    show(pushes, state);
    return 0;
}

struct lct_pushes *lct_pushes_create(const char *data) {
    struct lct_pushes *pushes = lct_new(sizeof *pushes);
    pushes->data = lct_strdup(data);
    pushes->path = lct_format("%s/pushes.json", data);
    pthread_mutex_init(&pushes->lock, NULL);
    pushes->state = lct_new(sizeof *pushes->state);
    return pushes;
}

void lct_pushes_destroy(struct lct_pushes *pushes) {
    if (pushes) {
        pthread_mutex_destroy(&pushes->lock);
        free_state(&pushes->state);
        free(pushes->data);
        free(pushes->path);
        free(pushes);
    }
}

int lct_pushes_refresh(struct lct_pushes *pushes, struct lct_fault *fault) {
    struct state *state;
    int rc = lct_kept_changed(pushes->path, &pushes->state->file, "push", fault);
    if (rc <= 0) {
        return rc;
    }
    rc = load(pushes, &state, fault);
    if (rc < 0) {
        return rc;
    }
    show(pushes, state);
    return 1;
}

/* A new one in a room that may have one more. */
static int append(struct state *state, struct lct_pushes_push *push, struct lct_fault *fault) {
    size_t of_room = 0;
    uint64_t id;
    for (size_t i = 0; i < state->n; i++) {
        bool here = strcmp(state->list[i].room, push->room) == 0;
        of_room += here;
        if (here && strcmp(state->list[i].url, push->url) == 0) {
            return lct_fault_set(fault, -EALREADY, "push", "The room is pushed there already.",
                                 "该教室已添加过这个推流地址。");
        }
    }
    if (of_room >= LCT_PUSHES_ROOM_MAX || state->n == ALL_MAX) {
        return lct_fault_set(fault, -EUSERS, "push",
                             "The room has %d addresses already. Remove one.",
                             "该教室已有 %d 个推流地址，请先删除一个。", LCT_PUSHES_ROOM_MAX);
    }
    lct_random(&id, sizeof id);
    (void)snprintf(push->id, sizeof push->id, "%016" PRIx64, id);
    state->list[state->n++] = *push;
    return 0;
}

int lct_pushes_add(struct lct_pushes *pushes, struct lct_pushes_push *push,
                   struct lct_fault *fault) {
    struct state *state;
    int lock;
    if (!lct_config_is_id(push->room)) {
        return lct_fault_set(fault, -EINVAL, "push",
                             "\"%s\" is no room: an ID is made of a-z, 0-9 and '-'.",
                             "“%s”不是教室：ID 由 a-z、0-9 和 - 组成。", push->room);
    }
    int rc = complete(push, fault);
    if (rc < 0 || (rc = begin(pushes, &state, &lock, fault)) < 0) {
        return rc;
    }
    rc = append(state, push, fault);
    if (rc < 0) {
        drop(state, lock);
        return rc;
    }
    return finish(pushes, state, lock, fault);
}

static struct lct_pushes_push *find(struct state *state, const char *room, const char *id,
                                    struct lct_fault *fault) {
    for (size_t i = 0; i < state->n; i++) {
        struct lct_pushes_push *push = &state->list[i];
        if (strcmp(push->id, id) == 0 && (!room || strcmp(push->room, room) == 0)) {
            return push;
        }
    }
    (void)lct_fault_set(fault, -ENOENT, "push", "There is no push of the ID %s.",
                        "没有 ID 为 %s 的推流。", id);
    return NULL;
}

/* Begins a change of one push. */
static int begin_at(struct lct_pushes *pushes, const char *room, const char *id,
                    struct state **ret_state, int *ret_lock, struct lct_pushes_push **ret_push,
                    struct lct_fault *fault) {
    int rc = begin(pushes, ret_state, ret_lock, fault);
    if (rc < 0) {
        return rc;
    }
    *ret_push = find(*ret_state, room, id, fault);
    if (!*ret_push) {
        drop(*ret_state, *ret_lock);
        return -ENOENT;
    }
    return 0;
}

int lct_pushes_remove(struct lct_pushes *pushes, const char *room, const char *id,
                      struct lct_fault *fault) {
    struct state *state;
    struct lct_pushes_push *push;
    int lock;
    int rc = begin_at(pushes, room, id, &state, &lock, &push, fault);
    if (rc < 0) {
        return rc;
    }
    state->n--;
    memmove(push, push + 1, (size_t)(state->list + state->n - push) * sizeof *push);
    return finish(pushes, state, lock, fault);
}

int lct_pushes_switch(struct lct_pushes *pushes, const char *room, const char *id, bool on,
                      struct lct_fault *fault) {
    struct state *state;
    struct lct_pushes_push *push;
    int lock;
    int rc = begin_at(pushes, room, id, &state, &lock, &push, fault);
    if (rc < 0) {
        return rc;
    }
    push->on = on;
    return finish(pushes, state, lock, fault);
}

/* ---- questions ---- */

struct lct_pushes_push *lct_pushes_list(struct lct_pushes *pushes, const char *room,
                                        size_t *ret_n) {
    size_t n = 0;
    pthread_mutex_lock(&pushes->lock);
    struct lct_pushes_push *list = lct_new((pushes->state->n + 1) * sizeof *list);
    for (size_t i = 0; i < pushes->state->n; i++) {
        if (!room || strcmp(pushes->state->list[i].room, room) == 0) {
            list[n++] = pushes->state->list[i];
        }
    }
    pthread_mutex_unlock(&pushes->lock);
    *ret_n = n;
    return list;
}

json_t *lct_pushes_json(const struct lct_pushes_push *push) {
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "id", push->id, "room", push->room, "name",
                     push->name, "address", push->shown, "picture", picture_of(push), "on",
                     (int)push->on);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/room_tokens.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/lock.h"
#include "base/mem.h"
#include "control/kept.h"
#include "control/server/rooms.h"

#define FILE_MAX (64U << 10)

struct entry {
    char room[40];
    uint8_t sum[LCT_DIGEST_SIZE];
};

/* What the file says. */
struct state {
    struct stat file; /* as it was when it was read; all 0: there was none */
    size_t n;
    struct entry entries[LCT_ROOMS_MAX];
};

struct lct_room_tokens {
    char *data, *path; /* fixed after create */
    /* guarded by lock */
    pthread_mutex_t lock;
    struct state state;
};

static size_t find(const struct state *state, const char *room) {
    size_t i = 0;
    while (i < state->n && strcmp(state->entries[i].room, room) != 0) {
        i++;
    }
    return i;
}

struct lct_room_tokens *lct_room_tokens_create(const char *data) {
    struct lct_room_tokens *tokens = lct_new(sizeof *tokens);
    tokens->data = lct_strdup(data);
    tokens->path = lct_format("%s/room-tokens.json", data);
    pthread_mutex_init(&tokens->lock, NULL);
    return tokens;
}

void lct_room_tokens_destroy(struct lct_room_tokens *tokens) {
    if (tokens) {
        pthread_mutex_destroy(&tokens->lock);
        free(tokens->data);
        free(tokens->path);
        free(tokens);
    }
}

bool lct_room_tokens_is_right(struct lct_room_tokens *tokens, const char *room,
                              const char *secret) {
    uint8_t sum[LCT_DIGEST_SIZE], kept[LCT_DIGEST_SIZE] = {0};
    lct_sha256(secret, strlen(secret), sum);
    pthread_mutex_lock(&tokens->lock);
    size_t at = find(&tokens->state, room);
    bool known = at < tokens->state.n;
    if (known) {
        memcpy(kept, tokens->state.entries[at].sum, sizeof kept);
    }
    pthread_mutex_unlock(&tokens->lock);
    return lct_secret_equal(sum, kept, sizeof sum) && known;
}

/* ---- the file ---- */

static bool read_state(const json_t *json, struct state *state) {
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(json, "rooms"), i, item) {
        const char *room = lct_json_text(item, "room", "");
        const char *sum = lct_json_text(item, "sha256", "");
        struct entry *entry = &state->entries[state->n];
        if (state->n == LCT_ROOMS_MAX || !lct_config_is_id(room) || find(state, room) < state->n ||
            !lct_base64_read(sum, strlen(sum), entry->sum, sizeof entry->sum)) {
            return false;
        }
        (void)snprintf(entry->room, sizeof entry->room, "%s", room);
        state->n++;
    }
    return true;
}

static int load(const struct lct_room_tokens *tokens, struct state *ret_state,
                struct lct_fault *fault) {
    struct state state = {.n = 0};
    LCT_JSON json_t *json = NULL;
    int rc = lct_kept_load(tokens->path, FILE_MAX, "tokens", &state.file, &json, fault);
    if (rc == -EBADMSG || (json && !read_state(json, &state))) {
        return lct_fault_set(fault, -EBADMSG, "tokens",
                             "%s is damaged. Put it back from a copy, or remove it and give "
                             "each remote recorder a new token.",
                             "%s 已损坏。请从备份恢复；也可以删除它，并为每台远程录制机生成新令"
                             "牌。",
                             tokens->path);
    }
    if (rc < 0) {
        return rc;
    }
    *ret_state = state;
    return 0;
}

static void show(struct lct_room_tokens *tokens, const struct state *state) {
    pthread_mutex_lock(&tokens->lock);
    tokens->state = *state;
    pthread_mutex_unlock(&tokens->lock);
}

int lct_room_tokens_refresh(struct lct_room_tokens *tokens, struct lct_fault *fault) {
    struct state state;
    int rc = lct_kept_changed(tokens->path, &tokens->state.file, "tokens", fault);
    if (rc <= 0) {
        return rc;
    }
    rc = load(tokens, &state, fault);
    if (rc < 0) {
        return rc;
    }
    show(tokens, &state);
    return 1;
}

static int save(struct lct_room_tokens *tokens, struct state *state, struct lct_fault *fault) {
    LCT_JSON json_t *json = json_pack("{s:[]}", "rooms");
    for (size_t i = 0; i < state->n; i++) {
        char sum[LCT_BASE64_SIZE(LCT_DIGEST_SIZE)];
        lct_base64_write(state->entries[i].sum, LCT_DIGEST_SIZE, sum);
        json_array_append_new(
            json_object_get(json, "rooms"),
            json_pack("{s:s, s:s}", "room", state->entries[i].room, "sha256", sum));
    }
    int rc = lct_kept_save(tokens->path, json, "tokens", &state->file, fault);
    if (rc < 0) {
        return rc;
    }
    show(tokens, state);
    return 0;
}

/* What is on the disk now, and a lock that keeps it so: its descriptor, or -errno with a fault. */
static int begin(const struct lct_room_tokens *tokens, struct state *ret_state,
                 struct lct_fault *fault) {
    int lock = lct_kept_lock(tokens->data, "tokens", fault);
    if (lock < 0) {
        return lock;
    }
    int rc = load(tokens, ret_state, fault);
    if (rc < 0) {
        lct_unlock(lock);
        return rc;
    }
    return lock;
}

static int enter(struct lct_room_tokens *tokens, struct state *state, const char *room,
                 char ret_secret[LCT_ROOM_SECRET_SIZE], struct lct_fault *fault) {
    uint8_t bytes[32];
    size_t at = find(state, room);
    if (at == LCT_ROOMS_MAX) {
        return lct_fault_set(fault, -EUSERS, "tokens",
                             "There are tokens of %d rooms already. Revoke one that nobody needs.",
                             "已有 %d 间教室的令牌，请先撤销不用的。", LCT_ROOMS_MAX);
    }
    lct_random(bytes, sizeof bytes);
    lct_base64_write(bytes, sizeof bytes, ret_secret);
    explicit_bzero(bytes, sizeof bytes);
    (void)snprintf(state->entries[at].room, sizeof state->entries[at].room, "%s", room);
    lct_sha256(ret_secret, strlen(ret_secret), state->entries[at].sum);
    state->n += at == state->n;
    return save(tokens, state, fault);
}

int lct_room_tokens_make(struct lct_room_tokens *tokens, const char *room,
                         char ret_secret[LCT_ROOM_SECRET_SIZE], struct lct_fault *fault) {
    struct state state;
    if (!lct_config_is_id(room)) {
        return lct_fault_set(fault, -EINVAL, "tokens",
                             "\"%s\" is no room: an ID is made of a-z, 0-9 and '-'.",
                             "“%s”不是教室：ID 由 a-z、0-9 和 - 组成。", room);
    }
    int lock = begin(tokens, &state, fault);
    if (lock < 0) {
        return lock;
    }
    int rc = enter(tokens, &state, room, ret_secret, fault);
    lct_unlock(lock);
    return rc;
}

int lct_room_tokens_revoke(struct lct_room_tokens *tokens, const char *room,
                           struct lct_fault *fault) {
    struct state state;
    int lock = begin(tokens, &state, fault);
    if (lock < 0) {
        return lock;
    }
    size_t at = find(&state, room);
    int rc = 0;
    if (at == state.n) {
        rc = lct_fault_set(fault, -ENOENT, "tokens", "Room %s has no token.", "教室 %s 没有令牌。",
                           room);
    } else {
        state.entries[at] = state.entries[--state.n];
        rc = save(tokens, &state, fault);
    }
    lct_unlock(lock);
    return rc;
}

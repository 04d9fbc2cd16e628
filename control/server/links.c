// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/links.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/lesson/lesson.h"
#include "base/config.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/secret.h"
#include "control/kept.h"
#include "control/server/rooms.h"

#define FILE_MAX (1U << 20)
#define LAST_SECOND (INT64_MAX / LCT_SECOND) /* of a lct_ns; in 2262 */

/* What the file says. */
struct state {
    struct stat file; /* as it was when it was read; all 0: there was none */
    bool has_key;     /* the first change makes one */
    uint8_t key[LCT_LINKS_KEY_SIZE];
    size_t n, n_public;
    struct lct_links_link links[LCT_LINKS_MAX]; /* by id */
    char public[LCT_ROOMS_MAX][LCT_LINKS_ROOM_SIZE];
};

static const struct {
    const char *file, *key;
    bool (*is_id)(const char *);
    const char *damaged_en, *damaged_zh;
} kinds[] = {
    [LCT_LINKS_OF_ROOMS] = {"watch-links.json", "room", lct_config_is_id,
                            "%s is damaged. Put it back from a copy, or remove it: then all "
                            "watch links end and no room is public.",
                            "%s 已损坏。请从备份恢复；也可以删除它，但所有观看链接会失效，"
                            "公开的教室不再公开。"},
    [LCT_LINKS_OF_ITEMS] = {"shares.json", "item", lct_lesson_is_id,
                            "%s is damaged. Put it back from a copy, or remove it: then all "
                            "shared links end.",
                            "%s 已损坏。请从备份恢复；也可以删除它，但所有分享链接会失效。"},
};

struct lct_links {
    /* fixed after create */
    enum lct_links_of of;
    char *data, *path;
    lct_clock_fn wall;
    /* guarded by lock */
    pthread_mutex_t lock;
    struct state *state;
};

static int64_t now_of(const struct lct_links *links) { return links->wall() / LCT_SECOND; }

static int by_id(const void *a, const void *b) {
    return strcmp(((const struct lct_links_link *)a)->id, ((const struct lct_links_link *)b)->id);
}

static int by_end(const void *a, const void *b) {
    const struct lct_links_link *x = a, *y = b;
    return x->expires == y->expires ? by_id(a, b) : x->expires < y->expires ? 1 : -1;
}

static struct lct_links_link *find(struct state *state, const char *id) {
    struct lct_links_link wanted;
    (void)snprintf(wanted.id, sizeof wanted.id, "%s", id);
    return strlen(id) == LCT_LINKS_ID_SIZE - 1
               ? bsearch(&wanted, state->links, state->n, sizeof wanted, by_id)
               : NULL;
}

static size_t find_public(const struct state *state, const char *room) {
    size_t i = 0;
    while (i < state->n_public && strcmp(state->public[i], room) != 0) {
        i++;
    }
    return i;
}

/* The whole of a link: its token is not kept, it follows from the rest. */
static void complete(const struct state *state, struct lct_links_link *link, uint64_t id) {
    (void)snprintf(link->id, sizeof link->id, "%016" PRIx64, id);
    lct_links_token_write(state->key, link->room, &(struct lct_links_token){id, link->expires},
                          link->token);
}

/* ---- the file ---- */

static bool read_link(const json_t *json, enum lct_links_of of, struct state *state) {
    struct lct_links_link link = {.expires = lct_json_int(json, "expires", -1)};
    const char *id = lct_json_text(json, "id", "");
    const char *room = lct_json_text(json, kinds[of].key, "");
    if (state->n == LCT_LINKS_MAX || !kinds[of].is_id(room) || link.expires < 0 ||
        link.expires > LAST_SECOND || strlen(id) != LCT_LINKS_ID_SIZE - 1 ||
        id[strspn(id, "0123456789abcdef")]) {
        return false;
    }
    (void)snprintf(link.room, sizeof link.room, "%s", room);
    complete(state, &link, strtoull(id, NULL, 16));
    state->links[state->n++] = link;
    return true;
}

static bool read_public(const json_t *json, struct state *state) {
    const char *room = json_string_value(json);
    if (!room || !lct_config_is_id(room) || state->n_public == LCT_ROOMS_MAX) {
        return false;
    }
    (void)snprintf(state->public[state->n_public++], LCT_LINKS_ROOM_SIZE, "%s", room);
    return true;
}

static bool read_state(const json_t *json, enum lct_links_of of, struct state *state) {
    const char *key = lct_json_text(json, "key", "");
    const json_t *item;
    size_t i;
    bool fine = lct_base64_read(key, strlen(key), state->key, sizeof state->key);
    state->has_key = fine;
    json_array_foreach(json_object_get(json, "links"), i, item) {
        fine = fine && read_link(item, of, state);
    }
    json_array_foreach(json_object_get(json, "public"), i, item) {
        fine = fine && read_public(item, state);
    }
    qsort(state->links, state->n, sizeof *state->links, by_id);
    return fine;
}

static void free_state(struct state **state) {
    if (*state) {
        explicit_bzero(*state, sizeof **state);
        free(*state);
    }
}

static int load(const struct lct_links *links, struct state **ret_state, struct lct_fault *fault) {
    LCT_CLEANUP(free_state) struct state *state = lct_new(sizeof *state);
    LCT_JSON json_t *json = NULL;
    int rc = lct_kept_load(links->path, FILE_MAX, "links", &state->file, &json, fault);
    if (rc == -EBADMSG || (json && !read_state(json, links->of, state))) {
        return lct_fault_set(fault, -EBADMSG, "links", kinds[links->of].damaged_en,
                             kinds[links->of].damaged_zh, links->path);
    }
    if (rc < 0) {
        return rc;
    }
    *ret_state = state;
    state = NULL;
    return 0;
}

static json_t *json_of(const struct state *state, enum lct_links_of of) {
    char key[LCT_BASE64_SIZE(LCT_LINKS_KEY_SIZE)];
    lct_base64_write(state->key, sizeof state->key, key);
    json_t *json = json_pack("{s:s, s:[], s:[]}", "key", key, "public", "links");
    for (size_t i = 0; i < state->n_public; i++) {
        json_array_append_new(json_object_get(json, "public"), json_string(state->public[i]));
    }
    for (size_t i = 0; i < state->n; i++) {
        const struct lct_links_link *link = &state->links[i];
        json_array_append_new(json_object_get(json, "links"),
                              json_pack("{s:s, s:s, s:I}", "id", link->id, kinds[of].key,
                                        link->room, "expires", (json_int_t)link->expires));
    }
    return json;
}

static void forget_expired(struct state *state, int64_t now) {
    size_t kept = 0;
    for (size_t i = 0; i < state->n; i++) {
        if (state->links[i].expires > now) {
            state->links[kept++] = state->links[i];
        }
    }
    state->n = kept;
}

/* ---- reading it, changing it ---- */

/* Takes the state. */
static void show(struct lct_links *links, struct state *state) {
    pthread_mutex_lock(&links->lock);
    struct state *before = links->state;
    links->state = state;
    pthread_mutex_unlock(&links->lock);
    free_state(&before);
}

/* What is on the disk now, and a lock (*ret_lock) that keeps it so until finish. */
static int begin(const struct lct_links *links, struct state **ret_state, int *ret_lock,
                 struct lct_fault *fault) {
    int lock = lct_kept_lock(links->data, "links", fault);
    if (lock < 0) {
        return lock;
    }
    int rc = load(links, ret_state, fault);
    if (rc < 0) {
        lct_unlock(lock);
        return rc;
    }
    if (!(*ret_state)->has_key) {
        lct_random((*ret_state)->key, LCT_LINKS_KEY_SIZE);
        (*ret_state)->has_key = true;
    }
    *ret_lock = lock;
    return 0;
}

static void drop(struct state *state, int lock) {
    free_state(&state);
    lct_unlock(lock);
}

/* Takes state and lock. */
static int finish(struct lct_links *links, struct state *state, int lock, struct lct_fault *fault) {
    LCT_JSON json_t *json = json_of(state, links->of);
    int rc = lct_kept_save(links->path, json, "links", &state->file, fault);
    if (rc < 0) {
        drop(state, lock);
        return rc;
    }
    lct_unlock(lock);
    show(links, state);
    return 0;
}

struct lct_links *lct_links_create(const char *data, enum lct_links_of of, lct_clock_fn wall) {
    struct lct_links *links = lct_new(sizeof *links);
    links->data = lct_strdup(data);
    links->of = of;
    links->path = lct_format("%s/%s", data, kinds[of].file);
    links->wall = wall;
    pthread_mutex_init(&links->lock, NULL);
    links->state = lct_new(sizeof *links->state);
    return links;
}

void lct_links_destroy(struct lct_links *links) {
    if (links) {
        pthread_mutex_destroy(&links->lock);
        free_state(&links->state);
        free(links->data);
        free(links->path);
        free(links);
    }
}

int lct_links_refresh(struct lct_links *links, struct lct_fault *fault) {
    struct state *state;
    int rc = lct_kept_changed(links->path, &links->state->file, "links", fault);
    if (rc <= 0) {
        return rc;
    }
    rc = load(links, &state, fault);
    if (rc < 0) {
        return rc;
    }
    show(links, state);
    return 1;
}

static int check_room(const char *room, struct lct_fault *fault) {
    return lct_config_is_id(room)
               ? 0
               : lct_fault_set(fault, -EINVAL, "links",
                               "\"%s\" is no room: an ID is made of a-z, 0-9 and '-'.",
                               "“%s”不是教室：ID 由 a-z、0-9 和 - 组成。", room);
}

int lct_links_make(struct lct_links *links, const char *room, int64_t seconds,
                   struct lct_links_link *ret_link, struct lct_fault *fault) {
    struct state *state;
    int lock;
    uint64_t id;
    if (seconds < 1 || seconds > LCT_LINKS_SECONDS_MAX) {
        return lct_fault_set(
            fault, -EINVAL, "links", "A link is good for 1 to %lld seconds (ten years).",
            "链接的有效期为 1 到 %lld 秒（十年）。", (long long)LCT_LINKS_SECONDS_MAX);
    }
    int rc = links->of == LCT_LINKS_OF_ROOMS ? check_room(room, fault) : 0;
    if (rc < 0 || (rc = begin(links, &state, &lock, fault)) < 0) {
        return rc;
    }
    if (state->n == LCT_LINKS_MAX) { /* not before: a clock that went wrong forgets nothing */
        forget_expired(state, now_of(links));
    }
    if (state->n == LCT_LINKS_MAX) {
        drop(state, lock);
        return lct_fault_set(fault, -EUSERS, "links",
                             "There are %d links already. Revoke some that nobody needs.",
                             "已有 %d 个链接，请先撤销不用的链接。", LCT_LINKS_MAX);
    }
    int64_t end = now_of(links) + seconds;
    struct lct_links_link link = {.expires = end < LAST_SECOND ? end : LAST_SECOND};
    (void)snprintf(link.room, sizeof link.room, "%s", room);
    do { /* a mark at an address's end is often taken for the sentence's, and left out of the link
          */
        lct_random(&id, sizeof id);
        complete(state, &link, id);
    } while (!isalnum((unsigned char)link.token[LCT_LINKS_TOKEN_SIZE - 2]));
    state->links[state->n++] = link;
    qsort(state->links, state->n, sizeof link, by_id);
    rc = finish(links, state, lock, fault);
    if (rc == 0) {
        *ret_link = link;
    }
    return rc;
}

int lct_links_revoke(struct lct_links *links, const char *room, const char *id,
                     struct lct_fault *fault) {
    struct state *state;
    int lock;
    int rc = begin(links, &state, &lock, fault);
    if (rc < 0) {
        return rc;
    }
    struct lct_links_link *link = find(state, id);
    if (!link || (room && strcmp(link->room, room) != 0)) {
        drop(state, lock);
        return lct_fault_set(fault, -ENOENT, "links",
                             "There is no link %s: it was revoked, or has expired.",
                             "没有链接 %s：已撤销或已过期。", id);
    }
    *link = state->links[--state->n];
    qsort(state->links, state->n, sizeof *link, by_id);
    return finish(links, state, lock, fault);
}

int lct_links_set_public(struct lct_links *links, const char *room, bool on,
                         struct lct_fault *fault) {
    struct state *state;
    int lock;
    int rc = check_room(room, fault);
    if (rc < 0 || (rc = begin(links, &state, &lock, fault)) < 0) {
        return rc;
    }
    size_t at = find_public(state, room);
    if (on && at == LCT_ROOMS_MAX) {
        drop(state, lock);
        return lct_fault_set(fault, -EUSERS, "links", "There are %d public rooms already.",
                             "已有 %d 间公开的教室。", LCT_ROOMS_MAX);
    }
    if (on && at == state->n_public) {
        (void)snprintf(state->public[state->n_public++], LCT_LINKS_ROOM_SIZE, "%s", room);
    } else if (!on && at < state->n_public) {
        memmove(state->public[at], state -> public[--state->n_public], LCT_LINKS_ROOM_SIZE);
    }
    return finish(links, state, lock, fault);
}

/* ---- questions ---- */

bool lct_links_is_good(struct lct_links *links, const char *room, const char *id) {
    int64_t now = now_of(links);
    pthread_mutex_lock(&links->lock);
    const struct lct_links_link *link = find(links->state, id);
    bool good = link && strcmp(link->room, room) == 0 && link->expires > now;
    pthread_mutex_unlock(&links->lock);
    return good;
}

enum lct_links_answer lct_links_try(struct lct_links *links, const char *room, const char *token,
                                    char ret_id[LCT_LINKS_ID_SIZE]) {
    uint8_t key[LCT_LINKS_KEY_SIZE];
    struct lct_links_token read;
    pthread_mutex_lock(&links->lock);
    bool has_key = links->state->has_key;
    memcpy(key, links->state->key, sizeof key);
    pthread_mutex_unlock(&links->lock);
    bool ours = has_key && lct_links_token_read(key, room, token, &read) == 0;
    explicit_bzero(key, sizeof key);
    if (!ours) {
        return LCT_LINKS_WRONG;
    }
    if (read.expires <= now_of(links)) {
        return LCT_LINKS_EXPIRED;
    }
    (void)snprintf(ret_id, LCT_LINKS_ID_SIZE, "%016" PRIx64, read.id);
    return lct_links_is_good(links, room, ret_id) ? LCT_LINKS_GOOD : LCT_LINKS_REVOKED;
}

bool lct_links_is_public(struct lct_links *links, const char *room) {
    pthread_mutex_lock(&links->lock);
    bool open = find_public(links->state, room) < links->state->n_public;
    pthread_mutex_unlock(&links->lock);
    return open;
}

struct lct_links_link *lct_links_list(struct lct_links *links, const char *room, size_t *ret_n) {
    int64_t now = now_of(links);
    size_t n = 0;
    pthread_mutex_lock(&links->lock);
    struct lct_links_link *list = lct_new((links->state->n + 1) * sizeof *list);
    for (size_t i = 0; i < links->state->n; i++) {
        const struct lct_links_link *link = &links->state->links[i];
        if (link->expires > now && (!room || strcmp(link->room, room) == 0)) {
            list[n++] = *link;
        }
    }
    pthread_mutex_unlock(&links->lock);
    qsort(list, n, sizeof *list, by_end);
    *ret_n = n;
    return list;
}

json_t *lct_links_json(const struct lct_links_link *link, const char *base) {
    char expires[32];
    LCT_FREE char *url = lct_format("%s/watch/%s?link=%s", base, link->room, link->token);
    lct_wall_format(link->expires * LCT_SECOND, expires, sizeof expires);
    return json_pack("{s:s, s:s, s:s, s:s}", "id", link->id, "room", link->room, "expires", expires,
                     "url", url);
}

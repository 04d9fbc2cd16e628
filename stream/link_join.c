// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/link_join.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

LCT_LOG_TOPIC("link");

#define RETRY_FIRST (500 * LCT_MS)
#define RETRY_LAST (2 * LCT_SECOND)

/*
 * A socket's address holds 107 bytes, a path may be longer: the folder is opened and named by its
 * descriptor. Fills address, returns the folder's descriptor (to be closed after use) or -errno.
 */
static int address_of(const char *path, struct sockaddr_un *ret_address) {
    const char *name = strrchr(path, '/');
    LCT_FREE char *folder = name ? strndup(path, (size_t)(name - path + 1)) : lct_strdup(".");
    name = name ? name + 1 : path;
    int fd = open(folder ? folder : "", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int n = snprintf(ret_address->sun_path, sizeof ret_address->sun_path, "/proc/self/fd/%d/%s", fd,
                     name);
    if (n < 0 || (size_t)n >= sizeof ret_address->sun_path) {
        close(fd);
        return -ENAMETOOLONG;
    }
    return fd;
}

/* A connected descriptor, or -errno. */
static int dial(const char *path) {
    struct sockaddr_un address;
    int folder = address_of(path, &address);
    if (folder < 0) {
        return folder;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc = fd < 0 ? -errno : 0;
    if (rc == 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        rc = -errno;
        close(fd);
    }
    close(folder);
    return rc < 0 ? rc : fd;
}

/* What both sides begin with. Their peers tell inner, which keeps the list of peers, and then
 * events.
 */
struct side {
    struct lct_loop *loop;
    char *path;
    json_t *hello;
    const struct lct_link_events *events;
    void *arg;
    struct lct_link_events inner;
};

static void pass_opened(const struct side *side, struct lct_link_peer *peer, const json_t *hello) {
    if (side->events->opened) {
        side->events->opened(side->arg, peer, hello);
    }
}

static void pass_message(void *opaque, struct lct_link_peer *peer, enum lct_link_type type,
                         const json_t *message) {
    const struct side *side = opaque;
    if (side->events->message) {
        side->events->message(side->arg, peer, type, message);
    }
}

static void pass_chunk(void *opaque, struct lct_link_peer *peer, struct lct_chunk *chunk) {
    const struct side *side = opaque;
    if (side->events->chunk) {
        side->events->chunk(side->arg, peer, chunk);
    }
}

/* Ends the peer (freed when its own functions have left) and tells it, where there is news. */
static void pass_closed(const struct side *side, struct lct_link_peer *peer, bool tell,
                        const char *why) {
    lct_link_peer_destroy(peer);
    if (tell && side->events->closed) {
        side->events->closed(side->arg, peer, why);
    }
}

static void free_side(struct side *side) {
    json_decref(side->hello);
    free(side->path);
}

/* The server's side. */

struct lct_link_listener {
    struct side side; /* first: what peers are given is both */
    int fd;
    struct lct_watch *watch;
    struct lct_timer *rested; /* accepts again */
    struct lct_link_peer *peers[LCT_LINK_PEERS_MAX];
    bool open[LCT_LINK_PEERS_MAX]; /* told as opened */
};

static size_t place_of(const struct lct_link_listener *listener, const struct lct_link_peer *peer) {
    size_t i = 0;
    while (i < LCT_LINK_PEERS_MAX && listener->peers[i] != peer) {
        i++;
    }
    return i;
}

static void listener_opened(void *opaque, struct lct_link_peer *peer, const json_t *hello) {
    struct lct_link_listener *listener = opaque;
    listener->open[place_of(listener, peer)] = true;
    pass_opened(&listener->side, peer, hello);
}

static void listener_closed(void *opaque, struct lct_link_peer *peer, const char *why) {
    struct lct_link_listener *listener = opaque;
    size_t place = place_of(listener, peer);
    bool was_open = listener->open[place];
    listener->peers[place] = NULL;
    listener->open[place] = false;
    pass_closed(&listener->side, peer, was_open, why);
}

/* Whoever calls goes on calling, so that a loop which tried again at once would do nothing else. */
static void rest(struct lct_link_listener *listener, int error) {
    lct_warn("no recorder can be let in for a while", "error=%s", strerror(error));
    lct_watch_set(listener->watch, 0);
    lct_timer_set(listener->rested, lct_monotonic() + LCT_LINK_ACCEPT_PAUSE);
}

static void on_rested(void *opaque) {
    struct lct_link_listener *listener = opaque;
    lct_watch_set(listener->watch, EPOLLIN);
}

static void on_caller(void *opaque, uint32_t events) {
    struct lct_link_listener *listener = opaque;
    (void)events;
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        bool has_gone = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
        if (!has_gone) { /* EMFILE, ENFILE, ENOBUFS, ENOMEM: it waits, and we cannot */
            rest(listener, errno);
        }
        return;
    }
    for (size_t i = 0; i < LCT_LINK_PEERS_MAX; i++) {
        if (!listener->peers[i]) {
            listener->peers[i] = lct_link_peer_create(listener->side.loop, fd, listener->side.hello,
                                                      &listener->side.inner, listener);
            return;
        }
    }
    close(fd);
}

/* Binds a socket of mode 0600 and listens; the descriptor or -errno. */
static int bind_socket(const char *path) {
    struct sockaddr_un address;
    int folder = address_of(path, &address);
    if (folder < 0) {
        return folder;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc = fd < 0 ? -errno : 0;
    if (rc == 0) {
        mode_t old = umask(0177);
        rc = bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
        umask(old);
        if (rc == 0 && listen(fd, 16) < 0) {
            rc = -errno;
        }
        if (rc < 0) {
            close(fd);
        }
    }
    close(folder);
    return rc < 0 ? rc : fd;
}

/* Removes a socket that a killed server left; what else has that name stays. */
static void remove_stale(const char *path) {
    struct stat info;
    if (lstat(path, &info) == 0 && S_ISSOCK(info.st_mode)) {
        int fd = dial(path);
        if (fd >= 0) {
            close(fd);
        } else if (fd == -ECONNREFUSED) {
            (void)unlink(path); /* if it fails, bind says so */
        }
    }
}

int lct_link_listen(struct lct_loop *loop, const char *path, json_t *hello,
                    const struct lct_link_events *events, void *arg,
                    struct lct_link_listener **ret_listener, struct lct_fault *fault) {
    remove_stale(path);
    int fd = bind_socket(path);
    if (fd == -EADDRINUSE) {
        return lct_fault_set(
            fault, fd, "link",
            "%s is there already: another program listens at it, or it is no "
            "socket. End that program or remove it.",
            "%s 已存在：另一个程序正在使用它，或它不是套接字。请结束该程序或将其删除。", path);
    }
    if (fd < 0) {
        return lct_fault_set(fault, fd, "link", "The socket %s cannot be made: %s.",
                             "无法建立套接字 %s：%s。", path, strerror(-fd));
    }
    struct lct_link_listener *listener = lct_new(sizeof *listener);
    *listener = (struct lct_link_listener){
        .side = {loop,
                 lct_strdup(path),
                 json_incref(hello),
                 events,
                 arg,
                 {listener_opened, pass_message, pass_chunk, listener_closed}},
        .fd = fd,
    };
    listener->watch = lct_watch_create(loop, fd, EPOLLIN, on_caller, listener);
    listener->rested = lct_timer_create(loop, on_rested, listener);
    *ret_listener = listener;
    return 0;
}

void lct_link_listener_destroy(struct lct_link_listener *listener) {
    if (!listener) {
        return;
    }
    for (size_t i = 0; i < LCT_LINK_PEERS_MAX; i++) {
        lct_link_peer_destroy(listener->peers[i]);
    }
    lct_timer_destroy(listener->rested);
    lct_watch_destroy(listener->watch);
    close(listener->fd);
    (void)unlink(listener->side.path); /* only tidiness: a stale one is replaced */
    free_side(&listener->side);
    free(listener);
}

/* The recorder's side. */

struct lct_link_caller {
    struct side side; /* first: what the peer is given is both */
    struct lct_timer *timer;
    lct_ns pause;
    struct lct_link_peer *peer;
    json_t *greeting; /* the server's HELLO, until it has taken us */
    bool open;
    const char *refused; /* why we were not taken last, so that it is told once; NULL: we were */
};

static void caller_greeted(void *opaque, struct lct_link_peer *peer, const json_t *hello) {
    struct lct_link_caller *caller = opaque;
    (void)peer;
    caller->greeting = json_deep_copy(hello);
}

static void caller_message(void *opaque, struct lct_link_peer *peer, enum lct_link_type type,
                           const json_t *message) {
    struct lct_link_caller *caller = opaque;
    if (!caller->open) {
        LCT_JSON json_t *greeting = caller->greeting;
        caller->greeting = NULL;
        caller->open = true;
        caller->refused = NULL;
        caller->pause = RETRY_FIRST;
        pass_opened(&caller->side, peer, greeting);
    }
    pass_message(&caller->side, peer, type, message);
}

static void call_later(struct lct_link_caller *caller) {
    lct_timer_set(caller->timer, lct_monotonic() + caller->pause);
    caller->pause = caller->pause * 2 > RETRY_LAST ? RETRY_LAST : caller->pause * 2;
}

static void caller_closed(void *opaque, struct lct_link_peer *peer, const char *why) {
    struct lct_link_caller *caller = opaque;
    bool tell = caller->open;
    if (!caller->open) {
        why = caller->greeting ? "refused" : why;
        tell = !caller->refused || strcmp(caller->refused, why) != 0;
        caller->refused = why;
    }
    json_decref(caller->greeting);
    caller->greeting = NULL;
    caller->open = false;
    caller->peer = NULL;
    call_later(caller);
    pass_closed(&caller->side, peer, tell, why);
}

static void call_now(void *opaque) {
    struct lct_link_caller *caller = opaque;
    int fd = dial(caller->side.path);
    if (fd < 0) {
        call_later(caller);
        return;
    }
    caller->peer = lct_link_peer_create(caller->side.loop, fd, caller->side.hello,
                                        &caller->side.inner, caller);
}

struct lct_link_caller *lct_link_call(struct lct_loop *loop, const char *path, json_t *hello,
                                      const struct lct_link_events *events, void *arg) {
    struct lct_link_caller *caller = lct_new(sizeof *caller);
    *caller = (struct lct_link_caller){
        .side = {loop,
                 lct_strdup(path),
                 json_incref(hello),
                 events,
                 arg,
                 {caller_greeted, caller_message, pass_chunk, caller_closed}},
        .pause = RETRY_FIRST,
    };
    caller->timer = lct_timer_create(loop, call_now, caller);
    lct_timer_set(caller->timer, lct_monotonic());
    return caller;
}

struct lct_link_peer *lct_link_caller_peer(struct lct_link_caller *caller) {
    return caller->open ? caller->peer : NULL;
}

void lct_link_caller_destroy(struct lct_link_caller *caller) {
    if (!caller) {
        return;
    }
    lct_link_peer_destroy(caller->peer);
    lct_timer_destroy(caller->timer);
    json_decref(caller->greeting);
    free_side(&caller->side);
    free(caller);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/link_join.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/network.h"
#include "stream/link_guard.h"
#include "stream/link_socket.h"

LCT_LOG_TOPIC("link");

#define RETRY_FIRST (500 * LCT_MS)
/* A server or a line that returns is found so soon that live is back within 2 s. */
#define RETRY_LAST LCT_SECOND

/* Who was refused in words calls so often: often enough for a technician who has just mended it,
 * too seldom to use up the tries of its address. */
#define RETRY_REFUSED (10 * LCT_SECOND)

/* A connection that got no answer at all is begun anew, for the kernel would ask less and less
 * often: so a line that returns is found within 1.1 s. */
#define ANSWER_WAIT LCT_SECOND
#define ANSWER_PAUSE (100 * LCT_MS)

/* What both sides begin with. Their peers tell inner, which keeps the list of peers, and then
 * events.
 */
struct side {
    struct lct_loop *loop;
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

static void pass_part(void *opaque, struct lct_link_peer *peer, const struct lct_link_part *part) {
    const struct side *side = opaque;
    if (side->events->part) {
        side->events->part(side->arg, peer, part);
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

/* The server's side. */

/* One who has called. */
struct guest {
    struct lct_link_peer *peer; /* NULL: a free place */
    lct_ns since;
    bool open;  /* told as opened */
    bool taken; /* and not sent away: no stranger any more */
};

struct lct_link_listener {
    struct side side; /* first: what peers are given is both */
    int fd;
    struct lct_watch *watch;
    struct lct_timer *rested; /* accepts again */
    char *path;               /* of a Unix socket; NULL: TCP */
    struct lct_tls *tls;      /* of TCP */
    struct lct_link_guard *guard;
    struct guest guests[LCT_LINK_PEERS_MAX];
};

static struct guest *guest_of(struct lct_link_listener *listener,
                              const struct lct_link_peer *peer) {
    for (size_t i = 0; i < LCT_LINK_PEERS_MAX; i++) {
        if (listener->guests[i].peer == peer) {
            return &listener->guests[i];
        }
    }
    return NULL;
}

static void listener_opened(void *opaque, struct lct_link_peer *peer, const json_t *hello) {
    struct lct_link_listener *listener = opaque;
    struct guest *guest = guest_of(listener, peer);
    guest->open = true;
    pass_opened(&listener->side, peer, hello);
    guest->taken = guest->peer == peer; /* else it was sent away */
}

static void listener_closed(void *opaque, struct lct_link_peer *peer, const char *why) {
    struct lct_link_listener *listener = opaque;
    struct guest *guest = guest_of(listener, peer);
    struct guest was = *guest;
    *guest = (struct guest){.peer = NULL};
    pass_closed(&listener->side, peer, was.open, why);
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

/* Makes room for one more stranger: the one who is there longest goes. False: its address has
 * enough of them, or must wait. */
static bool may_knock(struct lct_link_listener *listener, const char *from) {
    size_t all = 0, same = 0;
    struct guest *oldest = NULL;
    struct lct_network network = lct_network_of(from);
    for (size_t i = 0; i < LCT_LINK_PEERS_MAX; i++) {
        struct guest *guest = &listener->guests[i];
        if (guest->peer && !guest->taken) {
            all++;
            same += lct_network_same(lct_network_of(lct_link_peer_from(guest->peer)), network);
            oldest = !oldest || guest->since < oldest->since ? guest : oldest;
        }
    }
    if (same > LCT_LINK_STRANGERS_OF_ONE ||
        !lct_link_guard_admits(listener->guard, from, lct_monotonic())) {
        return false;
    }
    if (all > LCT_LINK_STRANGERS_MAX) {
        lct_link_peer_close(oldest->peer, "crowded");
    }
    return true;
}

static void let_in(struct lct_link_listener *listener, struct guest *guest,
                   struct lct_stream *stream) {
    *guest = (struct guest){.since = lct_monotonic()};
    guest->peer = lct_link_peer_create(listener->side.loop, stream, listener->side.hello,
                                       &listener->side.inner, listener);
    if (listener->tls && !may_knock(listener, lct_link_peer_from(guest->peer))) {
        lct_link_peer_close(guest->peer, "crowded");
    }
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
    struct guest *free_place = guest_of(listener, NULL);
    if (!free_place) {
        close(fd);
        return;
    }
    if (listener->tls) {
        lct_link_tune(fd);
    }
    let_in(listener, free_place,
           listener->tls ? lct_tls_stream(listener->tls, fd) : lct_stream_plain(fd));
}

/* Takes fd. */
static struct lct_link_listener *begin_listening(struct lct_loop *loop, int fd, json_t *hello,
                                                 const struct lct_link_events *events, void *arg) {
    struct lct_link_listener *listener = lct_new(sizeof *listener);
    *listener = (struct lct_link_listener){
        .side = {loop,
                 json_incref(hello),
                 events,
                 arg,
                 {listener_opened, pass_message, pass_chunk, pass_part, listener_closed}},
        .fd = fd,
    };
    listener->watch = lct_watch_create(loop, fd, EPOLLIN, on_caller, listener);
    listener->rested = lct_timer_create(loop, on_rested, listener);
    return listener;
}

int lct_link_listen(struct lct_loop *loop, const char *path, json_t *hello,
                    const struct lct_link_events *events, void *arg,
                    struct lct_link_listener **ret_listener, struct lct_fault *fault) {
    int fd = lct_link_bind_unix(path);
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
    *ret_listener = begin_listening(loop, fd, hello, events, arg);
    (*ret_listener)->path = lct_strdup(path);
    return 0;
}

int lct_link_listen_tls(struct lct_loop *loop, const char *address, int port, struct lct_tls *tls,
                        json_t *hello, const struct lct_link_events *events, void *arg,
                        struct lct_link_listener **ret_listener, struct lct_fault *fault) {
    int fd = lct_link_bind_tcp(address, port);
    if (fd < 0) {
        return lct_fault_set(fault, fd, "link",
                             "Port %d of %s cannot be opened for recorders: %s. Choose another by "
                             "recorders in [server].",
                             "端口 %d（地址 %s）无法为录制程序打开：%s。请修改 [server] 中的 "
                             "recorders。",
                             port, address, strerror(-fd));
    }
    *ret_listener = begin_listening(loop, fd, hello, events, arg);
    (*ret_listener)->tls = tls;
    (*ret_listener)->guard = lct_link_guard_create();
    return 0;
}

void lct_link_listener_blame(struct lct_link_listener *listener, const struct lct_link_peer *peer) {
    lct_link_guard_blame(listener->guard, lct_link_peer_from(peer), lct_monotonic());
}

int lct_link_listener_port(const struct lct_link_listener *listener) {
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t n = sizeof address;
    (void)getsockname(listener->fd, (struct sockaddr *)&address, &n);
    return address.ss_family == AF_INET6  ? ntohs(((struct sockaddr_in6 *)&address)->sin6_port)
           : address.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&address)->sin_port)
                                          : 0;
}

void lct_link_listener_destroy(struct lct_link_listener *listener) {
    if (!listener) {
        return;
    }
    for (size_t i = 0; i < LCT_LINK_PEERS_MAX; i++) {
        lct_link_peer_destroy(listener->guests[i].peer);
    }
    lct_timer_destroy(listener->rested);
    lct_watch_destroy(listener->watch);
    close(listener->fd);
    if (listener->path) {
        (void)unlink(listener->path); /* only tidiness: a stale one is replaced */
    }
    lct_link_guard_destroy(listener->guard);
    json_decref(listener->side.hello);
    free(listener->path);
    free(listener);
}

/* The recorder's side. */

struct lct_link_caller {
    struct side side; /* first: what the peer is given is both */
    struct lct_link_way *way;
    struct lct_timer *timer;
    lct_ns pause;
    struct lct_stream *stream; /* the peer's; borrowed, to see whether it gets an answer */
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
    if (!caller->open && type == LCT_LINK_REFUSED) {
        caller->pause = RETRY_REFUSED;
        if (!caller->refused) {
            pass_message(&caller->side, peer, type, message);
        }
        return;
    }
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

/* Nobody is there, or the line broke: no reason to say that we are not taken. */
static bool is_away(const char *why) {
    return strcmp(why, "read") == 0 || strcmp(why, "write") == 0 || strcmp(why, "end") == 0 ||
           strcmp(why, "no-answer") == 0;
}

static void caller_closed(void *opaque, struct lct_link_peer *peer, const char *why) {
    struct lct_link_caller *caller = opaque;
    bool tell = caller->open;
    if (!caller->open) {
        why = caller->greeting ? "refused" : why;
        bool away = !caller->greeting && is_away(why);
        tell = !away && (!caller->refused || strcmp(caller->refused, why) != 0);
        caller->refused = away ? caller->refused : why;
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
    if (caller->peer && !lct_link_way_is_silent(caller->stream)) {
        return; /* it was answered: the peer sees to the rest */
    }
    if (caller->peer) {
        caller->pause = ANSWER_PAUSE;
        lct_link_peer_close(caller->peer, "no-answer");
        return;
    }
    if (lct_link_way_try(caller->way, &caller->stream) < 0) {
        call_later(caller);
        return;
    }
    caller->peer = lct_link_peer_create(caller->side.loop, caller->stream, caller->side.hello,
                                        &caller->side.inner, caller);
    lct_timer_set(caller->timer, lct_monotonic() + ANSWER_WAIT);
}

struct lct_link_caller *lct_link_call(struct lct_loop *loop, struct lct_link_way *way,
                                      json_t *hello, const struct lct_link_events *events,
                                      void *arg) {
    struct lct_link_caller *caller = lct_new(sizeof *caller);
    *caller = (struct lct_link_caller){
        .side = {loop,
                 json_incref(hello),
                 events,
                 arg,
                 {caller_greeted, caller_message, pass_chunk, pass_part, caller_closed}},
        .way = way,
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
    lct_link_way_destroy(caller->way);
    json_decref(caller->greeting);
    json_decref(caller->side.hello);
    free(caller);
}

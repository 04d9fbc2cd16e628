// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The least that sending a film's chunks to many viewers by WebSocket can cost, in one thread:
 * epoll and one write (over TLS one SSL_write) a viewer and chunk, and nothing else.
 *
 *     barews FILM PORT VIEWERS [CERTIFICATE KEY]
 *
 * Once so many have shaken hands, the film goes to all of them. Viewers are those of
 * tests/support/ws_client.h: their key is known, and they ask for nothing.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "base/mem.h"
#include "encode/mp4.h"
#include "tests/support/film.h"

#define HELD 64 /* frames: who falls so far behind ends the run */

struct frame {
    uint8_t *bytes; /* header and chunk, behind each other */
    size_t n;
};

struct receiver {
    int fd;
    SSL *tls;        /* NULL: plain */
    uint64_t number; /* of the frame it is at */
    size_t sent;     /* of it */
    bool is_waiting; /* until the socket takes more */
};

static struct {
    struct film *film;
    struct frame frames[HELD];
    uint64_t next; /* frame to come */
    int epoll, count;
    struct receiver *all;
} loop;

static void give_up(const char *what) {
    perror(what);
    exit(1);
}

/* ---- who comes ---- */

static ssize_t hear(struct receiver *r, void *bytes, size_t n) {
    return r->tls ? SSL_read(r->tls, bytes, (int)n) : recv(r->fd, bytes, n, 0);
}

static ssize_t say(struct receiver *r, const void *bytes, size_t n) {
    return r->tls ? SSL_write(r->tls, bytes, (int)n) : send(r->fd, bytes, n, MSG_NOSIGNAL);
}

/* The answer to the key of RFC 6455 sec. 1.3, which is that of all. */
static void shake(struct receiver *r) {
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                 "Connection: Upgrade\r\n"
                                 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    char head[4096] = "";
    size_t n = 0;
    while (!strstr(head, "\r\n\r\n")) {
        ssize_t got = hear(r, head + n, sizeof head - 1 - n);
        if (got <= 0) {
            give_up("a viewer's request");
        }
        n += (size_t)got;
        head[n] = '\0';
    }
    if (say(r, answer, sizeof answer - 1) != sizeof answer - 1) {
        give_up("the answer");
    }
}

static void await(int listener, SSL_CTX *tls) {
    for (int i = 0; i < loop.count; i++) {
        struct receiver *r = &loop.all[i];
        struct epoll_event event = {.events = EPOLLOUT | EPOLLET, .data = {.ptr = r}};
        int on = 1;
        r->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        r->tls = tls ? SSL_new(tls) : NULL;
        if (r->fd < 0 || (tls && (SSL_set_fd(r->tls, r->fd) != 1 || SSL_accept(r->tls) != 1))) {
            give_up("a viewer");
        }
        shake(r);
        (void)setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (fcntl(r->fd, F_SETFL, O_NONBLOCK) < 0 ||
            epoll_ctl(loop.epoll, EPOLL_CTL_ADD, r->fd, &event) < 0) {
            give_up("a viewer");
        }
    }
}

/* ---- the film ---- */

/* RFC 6455 sec. 5.2: whole binary messages of a server are not masked. */
static void add_frame(lct_ns now) {
    const struct film_picture *picture = &loop.film->pictures[loop.next % loop.film->count];
    const struct lct_chunk_info info = {.tfdt = lct_ns_to_ticks(now, 90000),
                                        .duration = 2 * 90000 / FILM_HZ, /* a promise */
                                        .samples = 1,
                                        .key = picture->key,
                                        .sample_bytes = {picture->n}};
    struct lct_chunk *chunk =
        lct_mp4_pack(loop.film->format, &info, (const uint8_t *const[]){picture->sample});
    struct frame *frame = &loop.frames[loop.next++ % HELD];
    size_t head = chunk->n < 126 ? 2 : chunk->n <= UINT16_MAX ? 4 : 10;
    free(frame->bytes);
    frame->n = head + chunk->n;
    frame->bytes = lct_new(frame->n);
    frame->bytes[0] = 0x82;
    frame->bytes[1] = (uint8_t)(head == 2 ? chunk->n : head == 4 ? 126 : 127);
    for (size_t i = 2; i < head; i++) {
        frame->bytes[i] = (uint8_t)(chunk->n >> 8 * (head - 1 - i));
    }
    memcpy(frame->bytes + head, chunk->bytes, chunk->n);
    lct_chunk_unref(chunk);
}

static void send_to(struct receiver *r) {
    while (r->number < loop.next) {
        const struct frame *frame = &loop.frames[r->number % HELD];
        if (loop.next - r->number >= HELD) {
            give_up("a viewer is too slow");
        }
        ssize_t n = say(r, frame->bytes + r->sent, frame->n - r->sent);
        r->is_waiting = n <= 0;
        if (r->is_waiting) { /* a viewer that has left stays so */
            return;
        }
        r->sent += (size_t)n;
        if (r->sent == frame->n) {
            r->sent = 0;
            r->number++;
        }
    }
}

static void serve_until(lct_ns at) {
    struct epoll_event events[64];
    lct_ns left;
    while ((left = at - lct_monotonic()) > 0) {
        int n = epoll_wait(loop.epoll, events, 64, (int)((left + LCT_MS - 1) / LCT_MS));
        for (int i = 0; i < n; i++) {
            struct receiver *r = events[i].data.ptr;
            if (r->is_waiting) {
                send_to(r);
            }
        }
    }
}

static int listen_on(int port) {
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in own = {.sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&own, sizeof own) < 0 || listen(fd, 128) < 0) {
        give_up("barews");
    }
    return fd;
}

static SSL_CTX *open_tls(const char *certificate, const char *key) {
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (!tls || SSL_CTX_use_certificate_chain_file(tls, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1) {
        give_up("certificate or key");
    }
    return tls;
}

int main(int argc, char **argv) {
    if (argc != 4 && argc != 6) {
        (void)fputs("usage: barews FILM PORT VIEWERS [CERTIFICATE KEY]\n", stderr);
        return 2;
    }
    loop.film = film_open(argv[1]);
    loop.count = atoi(argv[3]);
    loop.all = lct_new((size_t)loop.count * sizeof *loop.all);
    loop.epoll = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on(atoi(argv[2]));
    (void)puts("ready");
    (void)fflush(stdout);
    await(listener, argc == 6 ? open_tls(argv[4], argv[5]) : NULL);
    lct_ns start = lct_monotonic();
    for (uint64_t number = 0;; number++) { /* until SIGTERM */
        serve_until(film_due(start, number));
        add_frame(lct_monotonic());
        for (int i = 0; i < loop.count; i++) {
            if (!loop.all[i].is_waiting) {
                send_to(&loop.all[i]);
            }
        }
    }
}

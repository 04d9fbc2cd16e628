// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Many viewers of one room, in one process: each a socket, ICE, DTLS and SRTP of its own, as a
 * browser has them; or, with --kind ws, a WebSocket. Packets (of WebSockets: chunks) are counted
 * and looked at for holes (of WebSockets: what the server says it left out); a sample of packets is
 * opened by libsrtp.
 *
 *     swarm --url http://127.0.0.1:8080 --code CODE --room main --viewers 100 --seconds 20
 *           [--kind whep|ws] [--track camera]… [--sample 50] [--settle 2]
 *
 * Prints one JSON line: viewers that watched, packets, bytes, packets missing in the sequences,
 * packets opened and packets that did not open, milliseconds from POST to the first packet, and the
 * CPU seconds of this process.
 */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/time.h"
#include "tests/support/viewer.h"
#include "tests/support/ws_client.h"

#define STREAMS_MAX 8
#define HANDSHAKES_AT_ONCE 16
#define DEADLINE (20 * LCT_SECOND) /* for all to join */

struct options {
    const char *host, *port, *code, *room, *tracks[VIEWER_TRACKS_MAX];
    size_t n_tracks;
    bool by_socket;
    int viewers, seconds, settle, sample;
};

struct stream {
    uint32_t ssrc;
    uint16_t last;
    bool begun;
    uint64_t missing;
};

struct one {
    struct swarm *swarm;
    struct viewer *viewer;    /* NULL: refused, or */
    struct ws_client *socket; /* by WebSocket */
    struct stream streams[STREAMS_MAX];
    uint64_t packets, bytes, opened, closed; /* closed: did not open */
    lct_ns posted, first;
};

struct swarm {
    struct options o;
    struct one *all;
    int epoll;
    bool counting;
};

static void die(const char *what) {
    (void)fprintf(stderr, "swarm: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double cpu_seconds(void) {
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* ---- WHEP ---- */

static int connect_to(const struct options *o) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_INET}, *found = NULL;
    if (getaddrinfo(o->host, o->port, &hints, &found) != 0) {
        die("address");
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
        die("connect");
    }
    freeaddrinfo(found);
    return fd;
}

/* "?track=…&track=…", owned. */
static char *query_of(const struct options *o) {
    char *query = lct_strdup("");
    for (size_t i = 0; i < o->n_tracks; i++) {
        char *longer = lct_format("%s%strack=%s", query, i > 0 ? "&" : "?", o->tracks[i]);
        free(query);
        query = longer;
    }
    return query;
}

/* Posts an offer; the answer's text, owned, or NULL when it was refused. */
static char *post(const struct swarm *s, const char *offer) {
    const struct options *o = &s->o;
    char *query = query_of(o);
    char *request = lct_format(
        "POST /api/v1/live/%s/whep%s HTTP/1.1\r\nHost: %s:%s\r\nAuthorization: Bearer %s\r\n"
        "Content-Type: application/sdp\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
        o->room, query, o->host, o->port, o->code, strlen(offer), offer);
    int fd = connect_to(o);
    static char answer[64 << 10];
    size_t n = 0;
    ssize_t got = write(fd, request, strlen(request));
    while (got > 0 && n < sizeof answer - 1 &&
           (got = read(fd, answer + n, sizeof answer - 1 - n)) > 0) {
        n += (size_t)got;
    }
    (void)close(fd);
    free(query);
    free(request);
    answer[n] = '\0';
    if (!strstr(answer, " 201 ")) {
        (void)fprintf(stderr, "swarm: refused: %.300s\n", answer);
        return NULL;
    }
    return lct_strdup(answer);
}

/* ---- packets ---- */

static struct stream *stream_of(struct one *one, uint32_t ssrc) {
    for (size_t i = 0; i < STREAMS_MAX; i++) {
        struct stream *s = &one->streams[i];
        if (!s->begun || s->ssrc == ssrc) {
            s->ssrc = ssrc;
            return s;
        }
    }
    return NULL;
}

static void note_sequence(struct stream *s, uint16_t sequence) {
    int16_t step = s->begun ? (int16_t)(sequence - s->last) : 1;
    s->begun = true;
    if (step > 0) {
        s->missing += (uint64_t)(step - 1);
        s->last = sequence;
    } else if (s->missing > 0) {
        s->missing--; /* it came late */
    }
}

static void taken(void *arg, struct viewer *viewer, struct viewer_packet *packet) {
    struct one *one = arg;
    const struct swarm *s = one->swarm;
    if (one->first == 0) {
        one->first = lct_monotonic();
    }
    if (!s->counting) {
        return;
    }
    struct stream *stream = stream_of(one, packet->ssrc);
    one->packets++;
    one->bytes += packet->n;
    if (stream) {
        note_sequence(stream, packet->sequence);
    }
    if (s->o.sample > 0 && one->packets % (uint64_t)s->o.sample == 0) {
        *(viewer_open(viewer, packet) > 0 ? &one->opened : &one->closed) += 1;
    }
}

/* ---- WebSocket ---- */

static void heard(void *arg, const struct ws_client_message *message) {
    struct one *one = arg;
    bool is_chunk = message->kind == WS_CLIENT_BINARY;
    if (one->first == 0 && is_chunk) {
        one->first = lct_monotonic();
    }
    if (!one->swarm->counting) {
        return;
    }
    one->packets += is_chunk ? 1 : 0;
    one->bytes += message->n;
    if (message->kind == WS_CLIENT_TEXT && strstr((const char *)message->bytes, "\"skip\"")) {
        one->streams[0].missing++;
    }
}

static bool join_by_socket(struct swarm *s, struct one *one) {
    const struct options *o = &s->o;
    LCT_FREE char *query = query_of(o);
    LCT_FREE char *path = lct_format("/api/v1/live/%s/ws%s", o->room, query);
    struct ws_client_where where = {
        .host = o->host, .port = atoi(o->port), .path = path, .code = o->code};
    int status;
    one->posted = lct_monotonic();
    one->socket = ws_client_dial(&where, &status);
    if (!one->socket) {
        (void)fprintf(stderr, "swarm: refused: %d\n", status);
        return false;
    }
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = one}};
    return epoll_ctl(s->epoll, EPOLL_CTL_ADD, ws_client_fd(one->socket), &event) == 0;
}

/* ---- the run ---- */

static void serve(struct one *one) {
    if (one->viewer) {
        viewer_serve(one->viewer);
    } else if (one->socket && !ws_client_serve(one->socket, heard, one)) {
        ws_client_destroy(one->socket);
        one->socket = NULL;
    }
}

static bool join(struct swarm *s, struct one *one) {
    one->swarm = s;
    if (s->o.by_socket) {
        return join_by_socket(s, one);
    }
    one->viewer = viewer_create(s->o.tracks, s->o.n_tracks, taken, one);
    one->posted = lct_monotonic();
    LCT_FREE char *offer = viewer_offer(one->viewer);
    LCT_FREE char *answer = post(s, offer);
    if (!answer || !viewer_answer(one->viewer, answer, s->o.host)) {
        viewer_destroy(one->viewer);
        one->viewer = NULL;
        return false;
    }
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = one}};
    return epoll_ctl(s->epoll, EPOLL_CTL_ADD, viewer_fd(one->viewer), &event) == 0;
}

static int watching(const struct swarm *s) {
    int n = 0;
    for (int i = 0; i < s->o.viewers; i++) {
        n += s->all[i].socket ||
             (s->all[i].viewer && viewer_state(s->all[i].viewer) == VIEWER_WATCHING);
    }
    return n;
}

static void pump(struct swarm *s, lct_ns until) {
    static lct_ns serve_due;
    struct epoll_event events[64];
    lct_ns now;
    while ((now = lct_monotonic()) < until) {
        int n = epoll_wait(s->epoll, events, 64, 20);
        for (int i = 0; i < n; i++) {
            serve(events[i].data.ptr);
        }
        for (int i = 0; serve_due <= now && i < s->o.viewers; i++) {
            if (s->all[i].viewer) {
                viewer_serve(s->all[i].viewer);
            }
        }
        serve_due = serve_due <= now ? now + LCT_SECOND / 20 : serve_due;
    }
}

static void join_all(struct swarm *s) {
    lct_ns deadline = lct_monotonic() + DEADLINE;
    int refused = 0;
    for (int i = 0; i < s->o.viewers; i++) {
        refused += join(s, &s->all[i]) ? 0 : 1;
        do {
            pump(s, lct_monotonic() + LCT_MS);
        } while (i - watching(s) - refused >= HANDSHAKES_AT_ONCE && lct_monotonic() < deadline);
    }
    while (watching(s) + refused < s->o.viewers && lct_monotonic() < deadline) {
        pump(s, lct_monotonic() + LCT_SECOND / 50);
    }
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_result(const struct swarm *s, double cpu, double seconds) {
    uint64_t packets = 0, bytes = 0, missing = 0, opened = 0, closed = 0;
    LCT_FREE double *first = lct_new((size_t)s->o.viewers * sizeof *first);
    size_t n = 0;
    for (int i = 0; i < s->o.viewers; i++) {
        const struct one *one = &s->all[i];
        packets += one->packets;
        bytes += one->bytes;
        opened += one->opened;
        closed += one->closed;
        for (size_t k = 0; k < STREAMS_MAX; k++) {
            missing += one->streams[k].missing;
        }
        if (one->first > 0) {
            first[n++] = (double)(one->first - one->posted) / LCT_MS;
        }
    }
    qsort(first, n, sizeof *first, by_value);
    (void)printf("{\"viewers\":%d,\"seconds\":%.2f,\"packets\":%llu,\"bytes\":%llu,"
                 "\"missing\":%llu,\"opened\":%llu,\"not_opened\":%llu,"
                 "\"first_ms\":{\"p50\":%.1f,\"p95\":%.1f},\"cpu_s\":%.3f}\n",
                 watching(s), seconds, (unsigned long long)packets, (unsigned long long)bytes,
                 (unsigned long long)missing, (unsigned long long)opened,
                 (unsigned long long)closed, n ? first[n / 2] : 0, n ? first[n * 95 / 100] : 0,
                 cpu);
}

static void leave_all(struct swarm *s) {
    for (int i = 0; i < s->o.viewers; i++) {
        ws_client_destroy(s->all[i].socket);
        if (s->all[i].viewer) {
            viewer_leave(s->all[i].viewer);
            viewer_destroy(s->all[i].viewer);
        }
    }
    free(s->all);
}

static bool read_options(int argc, char **argv, struct options *o) {
    static const struct option known[] = {
        {"url", required_argument, NULL, 'u'},     {"code", required_argument, NULL, 'c'},
        {"room", required_argument, NULL, 'r'},    {"viewers", required_argument, NULL, 'v'},
        {"seconds", required_argument, NULL, 's'}, {"kind", required_argument, NULL, 'k'},
        {"track", required_argument, NULL, 't'},   {"sample", required_argument, NULL, 'p'},
        {"settle", required_argument, NULL, 'e'},  {NULL, 0, NULL, 0}};
    static char host[128];
    int option;
    *o = (struct options){
        .code = "", .room = "main", .viewers = 1, .seconds = 10, .settle = 2, .sample = 50};
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'u':
            (void)snprintf(host, sizeof host, "%.120s",
                           strstr(optarg, "//") ? strstr(optarg, "//") + 2 : optarg);
            host[strcspn(host, "/")] = '\0';
            o->port = strchr(host, ':') ? strchr(host, ':') + 1 : "80";
            host[strcspn(host, ":")] = '\0';
            o->host = host;
            break;
        case 'c':
            o->code = optarg;
            break;
        case 'r':
            o->room = optarg;
            break;
        case 'v':
            o->viewers = atoi(optarg);
            break;
        case 's':
            o->seconds = atoi(optarg);
            break;
        case 'k':
            o->by_socket = strcmp(optarg, "ws") == 0;
            break;
        case 't':
            if (o->n_tracks < VIEWER_TRACKS_MAX) {
                o->tracks[o->n_tracks++] = optarg;
            }
            break;
        case 'p':
            o->sample = atoi(optarg);
            break;
        case 'e':
            o->settle = atoi(optarg);
            break;
        default:
            return false;
        }
    }
    if (o->n_tracks == 0) {
        o->tracks[o->n_tracks++] = "camera";
    }
    return o->host && o->viewers > 0 && o->seconds > 0;
}

int main(int argc, char **argv) {
    struct swarm s = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
    struct rlimit files = {65536, 65536};
    if (!read_options(argc, argv, &s.o)) {
        (void)fputs("usage: swarm --url URL --code CODE [--room ID] [--viewers N] [--seconds S]\n"
                    "             [--kind whep|ws] [--track NAME]… [--sample N] [--settle S]\n",
                    stderr);
        return 2;
    }
    (void)setrlimit(RLIMIT_NOFILE, &files);
    s.all = lct_new((size_t)s.o.viewers * sizeof *s.all);
    join_all(&s);
    pump(&s, lct_monotonic() + s.o.settle * LCT_SECOND);
    double cpu = cpu_seconds();
    lct_ns begun = lct_monotonic();
    s.counting = true;
    (void)puts("counting");
    (void)fflush(stdout);
    pump(&s, begun + s.o.seconds * LCT_SECOND);
    s.counting = false;
    (void)puts("counted");
    (void)fflush(stdout);
    double seconds = (double)(lct_monotonic() - begun) / LCT_SECOND;
    bool all = watching(&s) == s.o.viewers;
    print_result(&s, cpu_seconds() - cpu, seconds);
    leave_all(&s);
    return all ? 0 : 1;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Many viewers of one room, in one process: each a socket, ICE, DTLS and SRTP of its own, as a
 * browser has them; or, with --kind ws, a WebSocket. Packets (of WebSockets: chunks) are counted
 * and looked at for holes (of WebSockets: what the server says it left out); a sample of packets is
 * opened by libsrtp.
 *
 *     swarm --url http://127.0.0.1:8080 --code CODE --room main --viewers 100 --seconds 20
 *           [--kind whep|ws] [--track camera]… [--sample 50] [--settle 2] [--every S]
 *     swarm --kind ws --url https://127.0.0.1:8443 …                        over TLS (any
 * certificate) swarm --janus MOUNT --media ADDRESS --url http://127.0.0.1:8088 …     by Janus's own
 * HTTP API swarm --bare --url http://127.0.0.1:PORT …                            of
 * tests/bench/bareloop swarm --kind ws --url http://127.0.0.1:PORT …                         or
 * barews
 *
 * Prints "counting", with --every a JSON line of the delays of each so many seconds, "counted", and
 * one JSON line: viewers that watched, packets, bytes, packets
 * missing in the sequences, pictures of the viewer that got fewest, packets opened and packets that
 * did not open; milliseconds from POST to the first packet and to the end of the first whole key
 * picture; of pictures fed by tests/bench/feed, milliseconds until the last viewer's first packet
 * and until the last packet of all (as the kernel got them); and the CPU seconds of this process.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/time.h"
#include "tests/support/call.h"
#include "tests/support/viewer.h"
#include "tests/support/ws_client.h"

#define STREAMS_MAX 8
#define HANDSHAKES_AT_ONCE 16
#define PICTURES_MAX 8192 /* that are timed; a power of two */
#define H264_HZ 90000
#define DEADLINE (20 * LCT_SECOND) /* for all to join */

struct options {
    struct call_server server;
    const char *code, *room, *media, *tracks[VIEWER_TRACKS_MAX];
    size_t n_tracks;
    int viewers, seconds, settle, sample, janus, every;
    bool by_socket, bare, tls;
};

struct stream {
    uint32_t ssrc;
    uint16_t last;
    bool begun;
    uint64_t missing;
    uint32_t picture; /* the one its packets are of */
};

struct one {
    struct swarm *swarm;
    struct viewer *viewer;    /* NULL: refused, or */
    struct ws_client *socket; /* by WebSocket */
    struct stream streams[STREAMS_MAX];
    uint64_t packets, bytes, opened, closed; /* closed: did not open */
    uint64_t pictures;                       /* ends of them */
    lct_ns posted, first, whole;
    bool key; /* the first key picture has begun, that with timestamp key_at */
    uint32_t key_at;
};

/* One picture on its way to all. Times as the kernel tells them. */
struct picture {
    uint32_t timestamp;
    int viewers; /* that have something of it */
    lct_ns last_first, last;
};

struct swarm {
    struct options o;
    struct one *all;
    int epoll;
    bool counting;
    struct picture pictures[PICTURES_MAX];
};

static double cpu_seconds(void) {
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* ---- WHEP ---- */

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
static char *post(const struct options *o, const char *offer) {
    LCT_FREE char *query = query_of(o);
    LCT_FREE char *path = lct_format("/api/v1/live/%s/whep%s", o->room, query);
    LCT_FREE char *headers =
        lct_format("Authorization: Bearer %s\r\nContent-Type: application/sdp\r\n", o->code);
    char *answer = call(&o->server, "POST", path, headers, offer);
    if (!answer || !strstr(answer, " 201 ")) {
        (void)fprintf(stderr, "swarm: refused: %.*s\n", (int)strcspn(answer ? answer : "", "\r"),
                      answer ? answer : "");
        free(answer);
        return NULL;
    }
    return answer;
}

static bool join_by_whep(const struct options *o, struct viewer *viewer) {
    LCT_FREE char *offer = viewer_offer(viewer);
    LCT_FREE char *answer = post(o, offer);
    return answer && viewer_answer(viewer, answer, o->media);
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

/* Type of the NAL unit that stands in a payload, or begins or goes on in it (RFC 6184). */
static unsigned nal_type(const uint8_t *payload, size_t n) {
    unsigned type = n > 4 ? payload[0] & 0x1f : 0;
    return type == 28 ? payload[1] & 0x1f : type == 24 ? payload[3] & 0x1f : type;
}

/* Before the first whole key picture every packet is opened, as a browser does. */
static bool await_key(struct one *one, struct viewer_packet *packet, bool *ret_opens) {
    size_t n = viewer_open(one->viewer, packet), payload_n = 0;
    const uint8_t *payload = viewer_payload(packet, n, &payload_n);
    unsigned type = n > 0 ? nal_type(payload, payload_n) : 0;
    *ret_opens = n > 0;
    if (!one->key && (type == 7 || type == 5)) {
        one->key = true;
        one->key_at = packet->timestamp;
    }
    return one->key && packet->marker && packet->timestamp == one->key_at;
}

static void note_picture(struct swarm *s, struct stream *stream,
                         const struct viewer_packet *packet) {
    struct picture *p = &s->pictures[packet->timestamp / (H264_HZ / 1000) % PICTURES_MAX];
    if (p->timestamp != packet->timestamp) {
        *p = (struct picture){.timestamp = packet->timestamp};
    }
    if (stream->picture != packet->timestamp) {
        stream->picture = packet->timestamp;
        p->viewers++;
        p->last_first = packet->arrived > p->last_first ? packet->arrived : p->last_first;
    }
    p->last = packet->arrived > p->last ? packet->arrived : p->last;
}

static void taken(void *arg, struct viewer *viewer, struct viewer_packet *packet) {
    struct one *one = arg;
    struct swarm *s = one->swarm;
    struct stream *stream = stream_of(one, packet->ssrc);
    bool opens = true, open = one->whole == 0 && one->viewer;
    one->first = one->first > 0 ? one->first : lct_monotonic();
    if (open && await_key(one, packet, &opens)) {
        one->whole = lct_monotonic();
    }
    if (!s->counting) {
        return;
    }
    one->packets++;
    one->bytes += packet->n;
    one->pictures += packet->marker;
    if (stream) {
        note_sequence(stream, packet->sequence);
        note_picture(s, stream, packet);
    }
    if (!open && s->o.sample > 0 && one->packets % (uint64_t)s->o.sample == 0) {
        opens = viewer_open(viewer, packet) > 0;
        open = true;
    }
    *(opens ? &one->opened : &one->closed) += open;
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
    one->packets += is_chunk;
    one->pictures += is_chunk;
    one->bytes += message->n;
    if (message->kind == WS_CLIENT_TEXT && strstr((const char *)message->bytes, "\"skip\"")) {
        one->streams[0].missing++;
    }
}

static bool join_by_socket(struct swarm *s, struct one *one) {
    const struct options *o = &s->o;
    LCT_FREE char *query = query_of(o);
    LCT_FREE char *path = lct_format("/api/v1/live/%s/ws%s", o->room, query);
    struct ws_client_where where = {.host = o->server.host,
                                    .port = atoi(o->server.port),
                                    .tls = o->tls,
                                    .path = path,
                                    .code = o->code};
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
    bool joined = true;
    if (s->o.bare) {
        viewer_call(one->viewer, s->o.server.host, atoi(s->o.server.port));
    } else if (s->o.janus > 0) {
        joined = call_janus(&s->o.server, s->o.janus, s->o.media, one->viewer);
    } else {
        joined = join_by_whep(&s->o, one->viewer);
    }
    if (!joined) {
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

/* Sorts the values and prints where they lie. */
static void print_spread(const char *name, double *values, size_t n) {
    qsort(values, n, sizeof *values, by_value);
    (void)printf(",\"%s\":{\"p50\":%.2f,\"p95\":%.2f,\"p99\":%.2f,\"max\":%.2f}", name,
                 n ? values[n / 2] : 0, n ? values[n * 95 / 100] : 0, n ? values[n * 99 / 100] : 0,
                 n ? values[n - 1] : 0);
}

static void print_joins(const struct swarm *s) {
    LCT_FREE double *first = lct_new((size_t)s->o.viewers * sizeof *first);
    LCT_FREE double *whole = lct_new((size_t)s->o.viewers * sizeof *whole);
    size_t first_n = 0, whole_n = 0;
    for (int i = 0; i < s->o.viewers; i++) {
        const struct one *one = &s->all[i];
        if (one->whole > 0) {
            first[first_n++] = (double)(one->first - one->posted) / LCT_MS;
            whole[whole_n++] = (double)(one->whole - one->posted) / LCT_MS;
        }
    }
    print_spread("first_ms", first, first_n);
    print_spread("whole_ms", whole, whole_n);
}

/* A picture's timestamp says when it was given, on CLOCK_MONOTONIC. */
static void print_lags(const struct swarm *s) {
    LCT_FREE double *first = lct_new(PICTURES_MAX * sizeof *first);
    LCT_FREE double *last = lct_new(PICTURES_MAX * sizeof *last);
    lct_ns shift = lct_wall() - lct_monotonic();
    size_t n = 0;
    for (size_t i = 0; i < PICTURES_MAX; i++) {
        const struct picture *p = &s->pictures[i];
        if (p->viewers == s->o.viewers) {
            int32_t late =
                (int32_t)((uint32_t)lct_ns_to_ticks(p->last_first - shift, H264_HZ) - p->timestamp);
            first[n] = (double)late * 1000 / H264_HZ;
            last[n] = first[n] + (double)(p->last - p->last_first) / LCT_MS;
            n++;
        }
    }
    (void)printf("\"pictures_timed\":%zu", n);
    print_spread("to_all_first_ms", first, n);
    print_spread("to_all_last_ms", last, n);
}

static void print_result(const struct swarm *s, double cpu, double seconds) {
    uint64_t packets = 0, bytes = 0, missing = 0, opened = 0, closed = 0, fewest = UINT64_MAX;
    for (int i = 0; i < s->o.viewers; i++) {
        const struct one *one = &s->all[i];
        packets += one->packets;
        bytes += one->bytes;
        opened += one->opened;
        closed += one->closed;
        fewest = one->pictures < fewest ? one->pictures : fewest;
        for (size_t k = 0; k < STREAMS_MAX; k++) {
            missing += one->streams[k].missing;
        }
    }
    (void)printf("{\"viewers\":%d,\"seconds\":%.2f,\"packets\":%llu,\"bytes\":%llu,"
                 "\"missing\":%llu,\"fewest_pictures\":%llu,\"opened\":%llu,"
                 "\"not_opened\":%llu,\"cpu_s\":%.3f",
                 watching(s), seconds, (unsigned long long)packets, (unsigned long long)bytes,
                 (unsigned long long)missing, (unsigned long long)fewest,
                 (unsigned long long)opened, (unsigned long long)closed, cpu);
    print_joins(s);
    (void)printf(",");
    print_lags(s);
    (void)puts("}");
}

/* Watches until then; with --every tells and forgets the delays at its end. */
static void watch(struct swarm *s, lct_ns until) {
    lct_ns step = s->o.every * LCT_SECOND;
    for (lct_ns next = lct_monotonic() + step; step > 0 && next < until; next += step) {
        pump(s, next);
        (void)printf("{");
        print_lags(s);
        (void)puts("}");
        (void)fflush(stdout);
        memset(s->pictures, 0, sizeof s->pictures);
    }
    pump(s, until);
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
        {"settle", required_argument, NULL, 'e'},  {"janus", required_argument, NULL, 'j'},
        {"media", required_argument, NULL, 'm'},   {"bare", no_argument, NULL, 'b'},
        {"every", required_argument, NULL, 'i'},   {NULL, 0, NULL, 0}};
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
            o->tls = strncmp(optarg, "https:", 6) == 0;
            o->server.port = strchr(host, ':') ? strchr(host, ':') + 1 : "80";
            host[strcspn(host, ":")] = '\0';
            o->server.host = host;
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
        case 'j':
            o->janus = atoi(optarg);
            break;
        case 'm':
            o->media = optarg;
            break;
        case 'b':
            o->bare = true;
            break;
        case 'i':
            o->every = atoi(optarg);
            break;
        default:
            return false;
        }
    }
    if (o->n_tracks == 0) {
        o->tracks[o->n_tracks++] = "camera";
    }
    o->media = o->media ? o->media : o->server.host;
    return o->server.host && o->viewers > 0 && o->seconds > 0;
}

int main(int argc, char **argv) {
    static struct swarm s;
    struct rlimit files = {65536, 65536};
    if (!read_options(argc, argv, &s.o)) {
        (void)fputs(
            "usage: swarm --url URL --code CODE [--room ID] [--viewers N] [--seconds S]\n"
            "             [--kind whep|ws] [--track NAME]… [--sample N] [--settle S] [--every S]\n"
            "             [--janus MOUNT | --bare] [--media ADDRESS]\n",
            stderr);
        return 2;
    }
    s.epoll = epoll_create1(EPOLL_CLOEXEC);
    (void)setrlimit(RLIMIT_NOFILE, &files);
    s.all = lct_new((size_t)s.o.viewers * sizeof *s.all);
    join_all(&s);
    pump(&s, lct_monotonic() + s.o.settle * LCT_SECOND);
    double cpu = cpu_seconds();
    lct_ns begun = lct_monotonic();
    s.counting = true;
    (void)puts("counting");
    (void)fflush(stdout);
    watch(&s, begun + s.o.seconds * LCT_SECOND);
    s.counting = false;
    (void)puts("counted");
    (void)fflush(stdout);
    double seconds = (double)(lct_monotonic() - begun) / LCT_SECOND;
    bool all = watching(&s) == s.o.viewers;
    print_result(&s, cpu_seconds() - cpu, seconds);
    leave_all(&s);
    return all ? 0 : 1;
}

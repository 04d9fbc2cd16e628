// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A bad line for UDP: stands between one server and its clients on loopback, and loses, delays,
 * narrows and cuts what goes through it, either way. For tests.
 *
 *   lossyrelay --to PORT [--loss PERCENT] [--burst PACKETS] [--delay MS] [--jitter MS] [--reorder]
 *              [--rate KBIT/S] [--queue MS] [--cut FROM_MS:FOR_MS]... [--seed N]
 *
 *   --loss     of each packet; with --burst its mean run of lost packets (Gilbert's model)
 *   --delay    of each way; --jitter moves it by as much up or down, evenly
 *   --reorder  a packet that is delayed less may overtake; otherwise it waits for its elder
 *   --rate     of each way, all clients together; what would wait longer than --queue (100) is lost
 *   --cut      nothing goes through from then on, for so long; counted from the start
 *
 * Prints {"port":…} at once, and takes orders on stdin, one a line, "loss 5", "delay 20", "jitter
 * 5", "rate 2000", "cut 30000" (from now; 0: no more). At the end of stdin it prints what it did:
 * {"clients":…,"down":{"taken":…,"bytes":…,"lost":…,"narrow":…,"cut":…,"sent":…},"up":…}, "narrow"
 * being what did not fit into the queue. The same seed loses the same packets of the same row.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/time.h"

#define CLIENTS_MAX 256
#define CUTS_MAX 16
#define DATAGRAM_MAX 2048
#define HELD_MAX 20000 /* packets under way; more are as good as a full queue */
#define SOCKET_BYTES (4 << 20)

enum { DOWN, UP, WAYS }; /* to the client, to the server */

struct packet {
    struct packet *next;
    lct_ns due;
    int fd;
    struct sockaddr_in to; /* of DOWN */
    size_t n;
    uint8_t bytes[];
};

struct way {
    lct_ns free_at; /* when the narrow line has sent what it holds */
    lct_ns newest;  /* when the newest packet is due */
    bool bad;       /* Gilbert's state */
    uint64_t taken, bytes, lost, narrow, cut, sent;
};

struct client {
    struct sockaddr_in address;
    int fd; /* towards the server: each client is an address of its own there */
};

struct relay {
    double loss, burst;                /* 0..1; packets */
    double delay, jitter, rate, queue; /* ms; kbit/s */
    bool reorder;
    struct {
        lct_ns from, to;
    } cuts[CUTS_MAX];
    size_t n_cuts;
    uint64_t random;
    struct sockaddr_in server;
    int fd;
    struct client clients[CLIENTS_MAX];
    size_t n_clients;
    struct way ways[WAYS];
    struct packet *held; /* by due */
    size_t n_held;
};

/* 0..1; xorshift64* */
static double chance(struct relay *r) {
    r->random ^= r->random >> 12;
    r->random ^= r->random << 25;
    r->random ^= r->random >> 27;
    return (double)(r->random * UINT64_C(0x2545f4914f6cdd1d) >> 11) / 9007199254740992.0;
}

static bool is_lost(struct relay *r, struct way *way) {
    if (r->burst <= 1) {
        return chance(r) < r->loss;
    }
    double turn = way->bad ? 1 / r->burst : r->loss / (r->burst * (1 - r->loss));
    way->bad = (chance(r) < turn) != way->bad;
    return way->bad;
}

static bool is_cut(const struct relay *r, lct_ns now) {
    for (size_t i = 0; i < r->n_cuts; i++) {
        if (now >= r->cuts[i].from && now < r->cuts[i].to) {
            return true;
        }
    }
    return false;
}

static lct_ns ms(double n) { return (lct_ns)(n * LCT_MS); }

/* When a packet has passed the narrow line; LCT_NS_NONE: its queue is full. */
static lct_ns narrowed(const struct relay *r, struct way *way, size_t n, lct_ns now) {
    lct_ns from = way->free_at > now ? way->free_at : now;
    if (r->rate <= 0) {
        return now;
    }
    if (from - now > ms(r->queue)) {
        return LCT_NS_NONE;
    }
    way->free_at = from + ms((double)n * 8 / r->rate);
    return way->free_at;
}

static void hold(struct relay *r, struct packet *packet) {
    struct packet **at = &r->held;
    while (*at && (*at)->due <= packet->due) {
        at = &(*at)->next;
    }
    packet->next = *at;
    *at = packet;
    r->n_held++;
}

static void take(struct relay *r, int direction, int fd, const struct sockaddr_in *to,
                 const uint8_t *bytes, size_t n) {
    struct way *way = &r->ways[direction];
    lct_ns now = lct_monotonic();
    way->taken++;
    way->bytes += n;
    if (is_cut(r, now)) {
        way->cut++;
        return;
    }
    if (is_lost(r, way)) {
        way->lost++;
        return;
    }
    lct_ns due = r->n_held < HELD_MAX ? narrowed(r, way, n, now) : LCT_NS_NONE;
    if (due == LCT_NS_NONE) {
        way->narrow++;
        return;
    }
    double late = r->delay + r->jitter * (2 * chance(r) - 1);
    due += ms(late > 0 ? late : 0);
    due = !r->reorder && due < way->newest ? way->newest : due;
    way->newest = due;
    struct packet *packet = lct_new(sizeof *packet + n);
    *packet = (struct packet){.due = due, .fd = fd, .to = to ? *to : r->server, .n = n};
    memcpy(packet->bytes, bytes, n);
    hold(r, packet);
}

/* Sends what is due; how long until the next, in ms, -1: nothing is held. */
static int release(struct relay *r) {
    lct_ns now = lct_monotonic();
    for (struct packet *packet; (packet = r->held) && packet->due <= now;) {
        struct way *way = &r->ways[packet->fd == r->fd ? DOWN : UP];
        ssize_t sent = sendto(packet->fd, packet->bytes, packet->n, 0,
                              (const struct sockaddr *)&packet->to, sizeof packet->to);
        way->sent += sent >= 0 ? 1 : 0; /* who has gone is no fault of the line's */
        r->held = packet->next;
        r->n_held--;
        free(packet);
    }
    return r->held ? (int)((r->held->due - now) / LCT_MS) + 1 : -1;
}

static int open_socket(void) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), bytes = SOCKET_BYTES;
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (const struct sockaddr *)&own, sizeof own) < 0) {
        perror("lossyrelay: socket");
        exit(1);
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    return fd;
}

/* The one with this address, a new one if there is room. */
static struct client *client_of(struct relay *r, const struct sockaddr_in *from) {
    for (size_t i = 0; i < r->n_clients; i++) {
        const struct sockaddr_in *known = &r->clients[i].address;
        if (known->sin_port == from->sin_port && known->sin_addr.s_addr == from->sin_addr.s_addr) {
            return &r->clients[i];
        }
    }
    if (r->n_clients == CLIENTS_MAX) {
        return NULL;
    }
    struct client *client = &r->clients[r->n_clients++];
    *client = (struct client){.address = *from, .fd = open_socket()};
    return client;
}

static void read_client_side(struct relay *r) {
    uint8_t bytes[DATAGRAM_MAX];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    for (ssize_t n;
         (n = recvfrom(r->fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size)) >= 0;) {
        const struct client *client = client_of(r, &from);
        if (client) {
            take(r, UP, client->fd, NULL, bytes, (size_t)n);
        }
    }
}

static void read_server_side(struct relay *r, const struct client *client) {
    uint8_t bytes[DATAGRAM_MAX];
    for (ssize_t n; (n = recv(client->fd, bytes, sizeof bytes, 0)) >= 0;) {
        take(r, DOWN, r->fd, &client->address, bytes, (size_t)n);
    }
}

static bool cut(struct relay *r, lct_ns from, lct_ns span) {
    if (span == 0) {
        r->n_cuts = 0;
    } else if (r->n_cuts < CUTS_MAX) {
        r->cuts[r->n_cuts].from = from;
        r->cuts[r->n_cuts++].to = from + span;
    }
    return true;
}

static bool obey(struct relay *r, const char *order, double value) {
    struct {
        const char *name;
        double *value;
    } knobs[] = {{"delay", &r->delay},
                 {"jitter", &r->jitter},
                 {"rate", &r->rate},
                 {"queue", &r->queue},
                 {"burst", &r->burst}};
    for (size_t i = 0; i < sizeof knobs / sizeof *knobs; i++) {
        if (strcmp(order, knobs[i].name) == 0) {
            *knobs[i].value = value;
            return true;
        }
    }
    if (strcmp(order, "loss") == 0) {
        r->loss = value / 100;
        return true;
    }
    return strcmp(order, "cut") == 0 && cut(r, lct_monotonic(), ms(value));
}

/* False at the end of stdin. */
static bool read_orders(struct relay *r) {
    char line[64], order[16];
    double value;
    if (!fgets(line, sizeof line, stdin)) {
        return false;
    }
    if (sscanf(line, "%15s %lf", order, &value) != 2 || !obey(r, order, value)) {
        fprintf(stderr, "lossyrelay: what is %s", line);
    }
    return true;
}

static void usage(void) {
    fprintf(stderr, "usage: lossyrelay --to PORT [--loss PERCENT] [--burst PACKETS] [--delay MS] "
                    "[--jitter MS] [--reorder] [--rate KBITPS] [--queue MS] [--cut FROM:FOR]... "
                    "[--seed N]\n");
    exit(2);
}

static void read_options(struct relay *r, int argc, char **argv) {
    static const struct option options[] = {
        {"to", 1, NULL, 't'},    {"reorder", 0, NULL, 'o'}, {"cut", 1, NULL, 'c'},
        {"seed", 1, NULL, 's'},  {"loss", 1, NULL, 'x'},    {"burst", 1, NULL, 'x'},
        {"delay", 1, NULL, 'x'}, {"jitter", 1, NULL, 'x'},  {"rate", 1, NULL, 'x'},
        {"queue", 1, NULL, 'x'}, {NULL, 0, NULL, 0}};
    lct_ns start = lct_monotonic();
    double from, span;
    for (int option, i; (option = getopt_long(argc, argv, "", options, &i)) != -1;) {
        if (option == 't') {
            r->server.sin_port = htons((uint16_t)atoi(optarg));
        } else if (option == 'o') {
            r->reorder = true;
        } else if (option == 's') {
            r->random ^= strtoull(optarg, NULL, 10) << 32;
        } else if (option == 'c' && sscanf(optarg, "%lf:%lf", &from, &span) == 2) {
            cut(r, start + ms(from), ms(span));
        } else if (option != 'x' || !obey(r, options[i].name, atof(optarg))) {
            usage();
        }
    }
    if (r->server.sin_port == 0 || optind < argc) {
        usage();
    }
}

static void print_way(const char *name, const struct way *way) {
    printf("\"%s\":{\"taken\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"lost\":%" PRIu64
           ",\"narrow\":%" PRIu64 ",\"cut\":%" PRIu64 ",\"sent\":%" PRIu64 "}",
           name, way->taken, way->bytes, way->lost, way->narrow, way->cut, way->sent);
}

static bool turn(struct relay *r) {
    struct pollfd fds[2 + CLIENTS_MAX] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                          {.fd = r->fd, .events = POLLIN}};
    size_t n = r->n_clients;
    for (size_t i = 0; i < n; i++) {
        fds[2 + i] = (struct pollfd){.fd = r->clients[i].fd, .events = POLLIN};
    }
    if (poll(fds, 2 + n, release(r)) < 0) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (fds[2 + i].revents) {
            read_server_side(r, &r->clients[i]);
        }
    }
    if (fds[1].revents) {
        read_client_side(r);
    }
    return !fds[0].revents || read_orders(r);
}

int main(int argc, char **argv) {
    static struct relay relay = {
        .burst = 1,
        .queue = 100,
        .random = UINT64_C(0x9e3779b97f4a7c15),
        .server = {.sin_family = AF_INET},
    };
    struct sockaddr_in own;
    socklen_t size = sizeof own;
    relay.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    read_options(&relay, argc, argv);
    relay.fd = open_socket();
    if (getsockname(relay.fd, (struct sockaddr *)&own, &size) < 0) {
        perror("lossyrelay");
        return 1;
    }
    setvbuf(stdin, NULL, _IONBF, 0); /* what fgets holds back, poll does not see */
    printf("{\"port\":%d}\n", ntohs(own.sin_port));
    fflush(stdout);
    while (turn(&relay)) {
    }
    printf("{\"clients\":%zu,", relay.n_clients);
    print_way("down", &relay.ways[DOWN]);
    printf(",");
    print_way("up", &relay.ways[UP]);
    printf("}\n");
    return 0;
}

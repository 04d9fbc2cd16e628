// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A film as the live source of a server, in real time, without coding anything:
 *
 *     feed FILM --link DATA/link     to lectern-server, as a recorder of room "main"
 *     feed FILM --rtp PORT           to Janus on this machine, as plain RTP
 *
 * Lesson time is CLOCK_MONOTONIC, so a viewer on this machine can tell from a packet's timestamp
 * when its picture was given. Ends by SIGTERM.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/mem.h"
#include "encode/mp4.h"
#include "stream/link_join.h"
#include "stream/rtc/rtp.h"
#include "tests/support/film.h"

struct feed {
    struct film *film;
    struct lct_loop *loop;
    struct lct_timer *next, *status;
    struct lct_link_caller *link;
    int fd; /* to Janus */
    lct_ns start;
    uint64_t number; /* of the next picture */
    uint16_t sequence;
    uint32_t timestamp;
};

/* ---- to lectern ---- */

static void give_chunk(struct feed *feed, const struct film_picture *picture, lct_ns now) {
    struct lct_link_peer *peer = lct_link_caller_peer(feed->link);
    const struct lct_chunk_info info = {.tfdt = lct_ns_to_ticks(now, 90000),
                                        .duration = 2 * 90000 / FILM_HZ, /* a promise */
                                        .samples = 1,
                                        .key = picture->key,
                                        .sample_bytes = {picture->n}};
    const uint8_t *const samples[] = {picture->sample};
    struct lct_chunk *chunk = lct_mp4_pack(feed->film->format, &info, samples);
    chunk->captured = chunk->published = now;
    if (peer) {
        lct_link_peer_send_chunk(peer, chunk);
    }
    lct_chunk_unref(chunk);
}

/* The server gives up a recorder that says nothing. */
static void say_status(void *arg) {
    struct feed *feed = arg;
    struct lct_link_peer *peer = lct_link_caller_peer(feed->link);
    LCT_JSON json_t *status = json_pack("{s:s, s:[], s:[]}", "state", "idle", "tracks", "alarms");
    if (peer) {
        (void)lct_link_peer_send(peer, LCT_LINK_STATUS, status);
    }
    lct_timer_set(feed->status, lct_monotonic() + LCT_SECOND);
}

/* ---- to Janus ---- */

static void give_packet(void *arg, const uint8_t *head, size_t head_n, const uint8_t *body,
                        size_t body_n, bool last) {
    struct feed *feed = arg;
    uint8_t packet[LCT_RTP_DATAGRAM_MAX];
    const struct lct_rtp_header header = {.marker = last,
                                          .type = 96,
                                          .sequence = feed->sequence++,
                                          .timestamp = feed->timestamp,
                                          .ssrc = 1};
    size_t n = lct_rtp_write_header(packet, &header);
    memcpy(packet + n, head ? head : body, head_n);
    memcpy(packet + n + head_n, body, body_n);
    (void)send(feed->fd, packet, n + head_n + body_n, 0);
}

static void give_packets(struct feed *feed, const struct film_picture *picture, lct_ns now) {
    feed->timestamp = (uint32_t)lct_ns_to_ticks(now, 90000);
    if (lct_rtp_cut_h264(picture->sample, picture->n, LCT_RTP_PAYLOAD_MAX, give_packet, feed) < 0) {
        abort();
    }
}

static int open_rtp(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        perror("feed");
        exit(1);
    }
    return fd;
}

/* ---- both ---- */

static void give(void *arg) {
    struct feed *feed = arg;
    const struct film_picture *picture = &feed->film->pictures[feed->number % feed->film->count];
    (feed->link ? give_chunk : give_packets)(feed, picture, lct_monotonic());
    lct_timer_set(feed->next, film_due(feed->start, ++feed->number));
}

static void on_signal(void *arg, int number) {
    (void)number;
    lct_loop_stop(arg);
}

int main(int argc, char **argv) {
    static const struct lct_link_events events = {.opened = NULL};
    if (argc != 4 || (strcmp(argv[2], "--link") != 0 && strcmp(argv[2], "--rtp") != 0)) {
        (void)fputs("usage: feed FILM --link SOCKET | --rtp PORT\n", stderr);
        return 2;
    }
    struct feed feed = {.film = film_open(argv[1]), .loop = lct_loop_create(), .fd = -1};
    LCT_JSON json_t *hello = json_pack("{s:i, s:s, s:s}", "version", LCT_LINK_VERSION, "program",
                                       "feed", "room", "main");
    lct_loop_signals(feed.loop, (const int[]){SIGTERM, SIGINT, 0}, on_signal, feed.loop);
    feed.next = lct_timer_create(feed.loop, give, &feed);
    feed.status = lct_timer_create(feed.loop, say_status, &feed);
    if (strcmp(argv[2], "--link") == 0) {
        feed.link = lct_link_call(feed.loop, lct_link_way_unix(argv[3]), hello, &events, &feed);
        lct_timer_set(feed.status, lct_monotonic());
    } else {
        feed.fd = open_rtp(atoi(argv[3]));
    }
    feed.start = lct_monotonic();
    lct_timer_set(feed.next, feed.start);
    lct_loop_run(feed.loop);
    lct_link_caller_destroy(feed.link);
    lct_timer_destroy(feed.next);
    lct_timer_destroy(feed.status);
    lct_loop_destroy(feed.loop);
    return 0;
}

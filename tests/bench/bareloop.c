// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The least that sending a film to many viewers by SRTP can cost, in one thread: AES-128-GCM by
 * OpenSSL, UDP GSO, one sendmsg a viewer and burst, and nothing else. Packets and pace are those of
 * stream/rtc.
 *
 *     bareloop FILM PORT VIEWERS     once so many have called, the film goes to all of them
 *
 * A viewer calls by a datagram with its key and salt (viewer_call in tests/support/viewer.h).
 */
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/evp.h>

#include "base/mem.h"
#include "stream/rtc/rtc.h"
#include "stream/rtc/rtp.h"
#include "tests/support/film.h"

#define KEY 16
#define SALT 12
#define TAG 16
#define PACKETS_MAX 1024 /* of a picture */
#define SEGMENTS_MAX 48
#define TICK (5 * LCT_MS)

struct receiver {
    struct sockaddr_in to;
    EVP_CIPHER_CTX *aes;
    uint8_t salt[SALT];
    uint64_t index;
    size_t next; /* packet of this picture */
    int64_t tokens;
    lct_ns refilled;
};

/* The picture that is under way. */
static struct {
    uint8_t bytes[PACKETS_MAX][LCT_RTP_PAYLOAD_MAX];
    size_t n[PACKETS_MAX], count;
    uint32_t timestamp;
    bool key;
} picture;

static void put(void *arg, const uint8_t *head, size_t head_n, const uint8_t *body, size_t body_n,
                bool last) {
    (void)arg;
    (void)last;
    memcpy(picture.bytes[picture.count], head ? head : body, head_n);
    memcpy(picture.bytes[picture.count] + head_n, body, body_n);
    picture.n[picture.count++] = head_n + body_n;
}

static void cut(const struct film_picture *p, lct_ns now) {
    picture.count = 0;
    picture.timestamp = (uint32_t)lct_ns_to_ticks(now, 90000);
    picture.key = p->key;
    if (lct_rtp_cut_h264(p->sample, p->n, LCT_RTP_PAYLOAD_MAX, put, NULL) < 0) {
        abort();
    }
}

/* RFC 3711 sec. 4.3: label 0 the key, 2 the salt. */
static void derive(const uint8_t *master, uint8_t label, uint8_t *out, int n) {
    EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
    uint8_t iv[16] = {0};
    memcpy(iv, master + KEY, SALT);
    iv[7] ^= label;
    memset(out, 0, (size_t)n);
    EVP_EncryptInit_ex(aes, EVP_aes_128_ctr(), NULL, master, iv);
    EVP_EncryptUpdate(aes, out, &n, out, n);
    EVP_CIPHER_CTX_free(aes);
}

static void await(int fd, struct receiver *all, int count) {
    for (int i = 0; i < count; i++) {
        uint8_t call[64], key[KEY];
        socklen_t n = sizeof all[i].to;
        if (recvfrom(fd, call, sizeof call, 0, (struct sockaddr *)&all[i].to, &n) < KEY + SALT) {
            abort();
        }
        derive(call, 0, key, KEY);
        derive(call, 2, all[i].salt, SALT);
        all[i].aes = EVP_CIPHER_CTX_new();
        EVP_EncryptInit_ex(all[i].aes, EVP_aes_128_gcm(), NULL, key, NULL);
        all[i].refilled = lct_monotonic();
    }
}

static size_t protect(struct receiver *r, size_t i, lct_ns now, uint8_t *out) {
    struct lct_rtp_header header = {
        .marker = i + 1 == picture.count,
        .type = 96,
        .sequence = (uint16_t)r->index,
        .timestamp = picture.timestamp,
        .ssrc = 1,
        .send_time_id = 2,
        .send_time = (uint32_t)(((uint64_t)now / 1000 << 18) / 1000000) & 0xffffff,
        .transport_cc_id = 3,
        .transport_cc = (uint16_t)r->index,
        .mid_id = picture.key ? 1 : 0,
        .mid = "0"};
    size_t n = lct_rtp_write_header(out, &header);
    uint8_t iv[SALT];
    int got;
    memcpy(iv, r->salt, SALT);
    iv[5] ^= 1; /* the SSRC */
    for (int k = 0; k < 6; k++) {
        iv[6 + k] ^= (uint8_t)(r->index >> (40 - 8 * k));
    }
    EVP_EncryptInit_ex(r->aes, NULL, NULL, NULL, iv);
    EVP_EncryptUpdate(r->aes, NULL, &got, out, (int)n);
    EVP_EncryptUpdate(r->aes, out + n, &got, picture.bytes[i], (int)picture.n[i]);
    EVP_EncryptFinal_ex(r->aes, out + n + picture.n[i], &got);
    EVP_CIPHER_CTX_ctrl(r->aes, EVP_CTRL_AEAD_GET_TAG, TAG, out + n + picture.n[i]);
    r->index++;
    return n + picture.n[i] + TAG;
}

static void send_run(int fd, struct receiver *r, uint8_t *bytes, size_t n, size_t segment) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(uint16_t))];
    uint16_t size = (uint16_t)segment;
    struct iovec piece = {bytes, n};
    struct msghdr message = {.msg_name = &r->to,
                             .msg_namelen = sizeof r->to,
                             .msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_len = CMSG_LEN(sizeof size);
    c->cmsg_level = SOL_UDP;
    c->cmsg_type = UDP_SEGMENT;
    memcpy(CMSG_DATA(c), &size, sizeof size);
    if (sendmsg(fd, &message, MSG_DONTWAIT) < 0) {
        perror("bareloop"); /* the swarm misses it */
    }
}

/* What the pace allows; true when some of the picture is left. */
static bool send_to(int fd, struct receiver *r, lct_ns now) {
    static uint8_t bytes[SEGMENTS_MAX * LCT_RTP_DATAGRAM_MAX];
    r->tokens += LCT_RTC_PACE * (now - r->refilled) / LCT_SECOND;
    r->tokens = r->tokens > (int64_t)LCT_RTC_BURST ? (int64_t)LCT_RTC_BURST : r->tokens;
    r->refilled = now;
    while (r->next < picture.count && r->tokens > 0) {
        size_t n = 0, segment = 0, segments = 0;
        bool equal = true; /* only the last segment may be smaller */
        while (r->next < picture.count && r->tokens > 0 && segments < SEGMENTS_MAX && equal) {
            size_t ahead = picture.n[r->next];
            if (segments > 0 && ahead > picture.n[r->next - 1]) {
                break;
            }
            size_t packet = protect(r, r->next, now, bytes + n);
            r->tokens -= (int64_t)picture.n[r->next++];
            segment = segments == 0 ? packet : segment;
            equal = packet == segment;
            n += packet;
            segments++;
        }
        send_run(fd, r, bytes, n, segment);
    }
    return r->next < picture.count;
}

static bool send_all(int fd, struct receiver *all, int count) {
    lct_ns now = lct_monotonic();
    bool left = false;
    for (int i = 0; i < count; i++) {
        left = send_to(fd, &all[i], now) || left;
    }
    return left;
}

/* As precisely as the engine's loop does. */
static void sleep_until(lct_ns at) {
    lct_ns left = at - lct_monotonic();
    if (left > 0) {
        (void)poll(NULL, 0, (int)((left + LCT_MS - 1) / LCT_MS));
    }
}

int main(int argc, char **argv) {
    int size = 8 << 20;
    if (argc != 4) {
        (void)fputs("usage: bareloop FILM PORT VIEWERS\n", stderr);
        return 2;
    }
    struct film *film = film_open(argv[1]);
    int count = atoi(argv[3]), fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in own = {.sin_family = AF_INET,
                              .sin_port = htons((uint16_t)atoi(argv[2])),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct receiver *all = lct_new((size_t)count * sizeof *all);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    if (bind(fd, (struct sockaddr *)&own, sizeof own) < 0) {
        perror("bareloop");
        return 1;
    }
    (void)puts("ready");
    (void)fflush(stdout);
    await(fd, all, count);
    lct_ns start = lct_monotonic();
    for (uint64_t number = 0;; number++) { /* until SIGTERM */
        sleep_until(film_due(start, number));
        cut(&film->pictures[number % film->count], lct_monotonic());
        for (int i = 0; i < count; i++) {
            all[i].next = 0;
        }
        while (send_all(fd, all, count)) {
            sleep_until(lct_monotonic() + TICK);
        }
    }
}

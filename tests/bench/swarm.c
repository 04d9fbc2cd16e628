// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Many viewers of one room, in one process: each a socket, ICE, DTLS and SRTP of its own, as a
 * browser has them. Packets are counted and looked at for holes; a sample is opened by libsrtp.
 *
 *     swarm --url http://127.0.0.1:8080 --code CODE --room main --viewers 100 --seconds 20
 *           [--track camera]… [--sample 50] [--settle 2]
 *
 * Prints one JSON line: viewers that watched, packets, bytes, packets missing in the sequences,
 * packets opened and packets that did not open, milliseconds from POST to the first packet, and the
 * CPU seconds of this process.
 */
#include <arpa/inet.h>
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

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <srtp2/srtp.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/time.h"

#define TRACKS_MAX 4
#define STREAMS_MAX 8
#define DATAGRAM 2048
#define CHECK_INTERVAL (2 * LCT_SECOND)
#define REPORT_INTERVAL LCT_SECOND
#define HANDSHAKES_AT_ONCE 16
#define DEADLINE (20 * LCT_SECOND) /* for all to join */
#define GCM_KEY 28                 /* key and salt of AEAD_AES_128_GCM */

struct options {
    const char *host, *port, *code, *room, *tracks[TRACKS_MAX];
    size_t n_tracks;
    int viewers, seconds, settle, sample;
};

struct stream {
    uint32_t ssrc;
    uint16_t last;
    bool begun;
    uint64_t packets, missing;
};

enum state { WAITING, CHECKING, SHAKING, WATCHING, FAILED };

struct viewer {
    enum state state;
    int fd;
    char ufrag[16], password[32]; /* ours */
    char their_ufrag[64], their_password[64];
    struct sockaddr_in server;
    SSL *ssl;
    BIO *in;
    srtp_t srtp;
    struct stream streams[STREAMS_MAX];
    uint64_t packets, bytes, opened, closed; /* closed: did not open */
    lct_ns posted, first;
    lct_ns check_due, report_due;
    uint32_t ssrc; /* of our reports */
};

struct swarm {
    struct options o;
    SSL_CTX *ctx;
    char fingerprint[100];
    struct viewer *viewers;
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

/* ---- the certificate ---- */

static int any_certificate(int fine, X509_STORE_CTX *store) {
    (void)fine;
    (void)store;
    return 1; /* what is measured is the traffic */
}

static void make_certificate(struct swarm *s) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    uint8_t sum[32];
    unsigned n = sizeof sum;
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -86400);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, key);
    X509_sign(x, key, EVP_sha256());
    X509_digest(x, EVP_sha256(), sum, &n);
    for (unsigned i = 0; i < n; i++) {
        (void)snprintf(s->fingerprint + 3 * i, 4, i + 1 < n ? "%02X:" : "%02X", sum[i]);
    }
    s->ctx = SSL_CTX_new(DTLS_client_method());
    SSL_CTX_use_certificate(s->ctx, x);
    SSL_CTX_use_PrivateKey(s->ctx, key);
    SSL_CTX_set_verify(s->ctx, SSL_VERIFY_PEER, any_certificate);
    if (SSL_CTX_set_tlsext_use_srtp(s->ctx, "SRTP_AEAD_AES_128_GCM") != 0) {
        die("use_srtp");
    }
    X509_free(x);
    EVP_PKEY_free(key);
}

/* ---- WHEP ---- */

static char *offer_of(const struct swarm *s, const struct viewer *v) {
    char *text = lct_strdup("");
    char *group = lct_strdup("");
    for (size_t i = 0; i < s->o.n_tracks; i++) {
        bool sound = strncmp(s->o.tracks[i], "sound", 5) == 0;
        char *media = lct_format(
            "m=%s 9 UDP/TLS/RTP/SAVPF %s\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
            "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\na=setup:actpass\r\n"
            "a=mid:%zu\r\na=recvonly\r\n%s"
            "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
            "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
            "a=extmap:3 http://www.ietf.org/id/"
            "draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n",
            sound ? "audio" : "video", sound ? "111" : "96 97", v->ufrag, v->password,
            s->fingerprint, i,
            sound ? "a=rtpmap:111 opus/48000/2\r\n"
                  : "a=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
                    "a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;"
                    "profile-level-id=42e01f\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n");
        char *longer = lct_format("%s%s", text, media);
        char *wider = lct_format("%s %zu", group, i);
        free(media);
        free(text);
        free(group);
        text = longer;
        group = wider;
    }
    char *whole = lct_format("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
                             "a=group:BUNDLE%s\r\n%s",
                             group, text);
    free(text);
    free(group);
    return whole;
}

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

/* Posts an offer; the answer's text, owned, or NULL when it was refused. */
static char *post(const struct swarm *s, const char *offer) {
    const struct options *o = &s->o;
    char *query = lct_strdup("");
    for (size_t i = 0; i < o->n_tracks; i++) {
        char *longer = lct_format("%s%strack=%s", query, i > 0 ? "&" : "?", o->tracks[i]);
        free(query);
        query = longer;
    }
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

static bool copy_line(const char *text, const char *name, char *out, size_t size) {
    const char *at = strstr(text, name);
    if (!at) {
        return false;
    }
    at += strlen(name);
    size_t n = strcspn(at, "\r\n");
    (void)snprintf(out, size, "%.*s", (int)n, at);
    return n < size;
}

/* The candidate that is nearest to the server's own address. */
static bool find_candidate(const struct options *o, const char *answer,
                           struct sockaddr_in *ret_to) {
    bool found = false;
    for (const char *at = answer; (at = strstr(at, "a=candidate:")); at++) {
        char address[64];
        int port;
        if (sscanf(at, "a=candidate:%*s %*d %*s %*u %63s %d", address, &port) == 2) {
            struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
            if (inet_pton(AF_INET, address, &to.sin_addr) == 1 &&
                (!found || strcmp(address, o->host) == 0)) {
                *ret_to = to;
                found = true;
            }
        }
    }
    return found;
}

static bool join(struct swarm *s, struct viewer *v) {
    char *offer = offer_of(s, v);
    v->posted = lct_monotonic();
    char *answer = post(s, offer);
    bool fine = answer &&
                copy_line(answer, "a=ice-ufrag:", v->their_ufrag, sizeof v->their_ufrag) &&
                copy_line(answer, "a=ice-pwd:", v->their_password, sizeof v->their_password) &&
                find_candidate(&s->o, answer, &v->server);
    free(offer);
    free(answer);
    if (!fine) {
        return false;
    }
    v->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int size = 4 << 20;
    (void)setsockopt(v->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    if (v->fd < 0 || connect(v->fd, (struct sockaddr *)&v->server, sizeof v->server) < 0) {
        die("socket");
    }
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = v}};
    (void)epoll_ctl(s->epoll, EPOLL_CTL_ADD, v->fd, &event);
    v->state = CHECKING;
    return true;
}

/* ---- ICE ---- */

static uint32_t crc32_of(const uint8_t *bytes, size_t n) {
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    return ~crc;
}

static void put_attribute(struct lct_writer *w, unsigned type, const void *bytes, size_t n) {
    lct_put_be(w, type, 2);
    lct_put_be(w, n, 2);
    lct_put(w, bytes, n);
    lct_put_be(w, 0, (4 - n % 4) % 4 ? (4 - n % 4) % 4 : 1);
    w->at -= (4 - n % 4) % 4 ? 0 : 1; /* nothing to pad */
}

static void set_length(uint8_t *message, size_t n) {
    message[2] = (uint8_t)((n - 20) >> 8);
    message[3] = (uint8_t)(n - 20);
}

static void send_check(struct viewer *v) {
    uint8_t message[400], mac[20];
    struct lct_writer w = lct_writer(message, sizeof message);
    static uint64_t counter;
    char user[100];
    unsigned n = sizeof mac;
    lct_put_be(&w, 0x0001, 2);
    lct_put_be(&w, 0, 2);
    lct_put_be(&w, 0x2112a442, 4);
    lct_put_be(&w, (uint32_t)getpid(), 4);
    lct_put_be(&w, ++counter, 8);
    (void)snprintf(user, sizeof user, "%s:%s", v->their_ufrag, v->ufrag);
    put_attribute(&w, 0x0006, user, strlen(user));
    put_attribute(&w, 0x0024, "\x6e\x7f\x00\xff", 4); /* PRIORITY */
    put_attribute(&w, 0x802a, "\0\0\0\0\0\0\0\1", 8); /* ICE-CONTROLLING */
    put_attribute(&w, 0x0025, "", 0);                 /* USE-CANDIDATE */
    set_length(message, w.at + 24);
    HMAC(EVP_sha1(), v->their_password, (int)strlen(v->their_password), message, w.at, mac, &n);
    put_attribute(&w, 0x0008, mac, sizeof mac);
    set_length(message, w.at + 8);
    uint32_t crc = crc32_of(message, w.at) ^ 0x5354554e;
    lct_put_be(&w, 0x80280004, 4);
    lct_put_be(&w, crc, 4);
    (void)send(v->fd, message, w.at, 0);
}

/* ---- DTLS ---- */

static void send_dtls(struct viewer *v) {
    uint8_t bytes[16384];
    int n = BIO_read(SSL_get_wbio(v->ssl), bytes, sizeof bytes);
    for (int at = 0; at + 13 <= n;) { /* record by record */
        int length = 13 + (bytes[at + 11] << 8 | bytes[at + 12]);
        (void)send(v->fd, bytes + at, (size_t)length, 0);
        at += length;
    }
}

static void begin_dtls(struct swarm *s, struct viewer *v) {
    v->ssl = SSL_new(s->ctx);
    v->in = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(v->in, -1);
    SSL_set_bio(v->ssl, v->in, BIO_new(BIO_s_mem()));
    SSL_set_connect_state(v->ssl);
    SSL_set_options(v->ssl, SSL_OP_NO_QUERY_MTU);
    DTLS_set_link_mtu(v->ssl, 1200);
    v->state = SHAKING;
    (void)SSL_do_handshake(v->ssl);
    send_dtls(v);
}

static void open_srtp(struct viewer *v) {
    uint8_t keys[2 * GCM_KEY], theirs[GCM_KEY];
    SSL_export_keying_material(v->ssl, keys, sizeof keys, "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0);
    memcpy(theirs, keys + 16, 16); /* server key */
    memcpy(theirs + 16, keys + 32 + 12, 12);
    srtp_policy_t policy = {.ssrc = {.type = ssrc_any_inbound}, .key = theirs, .window_size = 1024};
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    if (srtp_create(&v->srtp, &policy) != srtp_err_status_ok) {
        die("srtp_create");
    }
    v->state = WATCHING;
}

static void take_dtls(struct viewer *v, const uint8_t *bytes, size_t n) {
    if (!v->ssl) {
        return;
    }
    (void)BIO_write(v->in, bytes, (int)n);
    int rc = SSL_do_handshake(v->ssl);
    send_dtls(v);
    if (rc == 1 && v->state == SHAKING) {
        open_srtp(v);
    } else if (rc != 1 && SSL_get_error(v->ssl, rc) == SSL_ERROR_SSL) {
        v->state = FAILED;
    }
}

/* ---- SRTP ---- */

static struct stream *stream_of(struct viewer *v, uint32_t ssrc) {
    for (size_t i = 0; i < STREAMS_MAX; i++) {
        struct stream *s = &v->streams[i];
        if (!s->begun || s->ssrc == ssrc) {
            s->ssrc = ssrc;
            return s;
        }
    }
    return NULL;
}

static void note_sequence(struct stream *s, uint16_t sequence) {
    if (s->begun) {
        int16_t step = (int16_t)(sequence - s->last);
        s->missing += step > 1 ? (uint64_t)(step - 1) : 0;
        if (step <= 0) {
            s->missing -= s->missing > 0 ? 1 : 0; /* came late */
            return;
        }
    }
    s->begun = true;
    s->last = sequence;
}

static void take_media(const struct swarm *swarm, struct viewer *v, uint8_t *bytes, size_t n) {
    if (n < 12 || !v->srtp || (bytes[1] >= 192 && bytes[1] <= 223)) {
        return; /* RTCP */
    }
    if (v->first == 0) {
        v->first = lct_monotonic();
    }
    if (!swarm->counting) {
        return;
    }
    struct lct_reader r = lct_reader(bytes, n);
    (void)lct_get_be(&r, 2);
    uint16_t sequence = (uint16_t)lct_get_be(&r, 2);
    (void)lct_get_be(&r, 4);
    struct stream *s = stream_of(v, (uint32_t)lct_get_be(&r, 4));
    v->packets++;
    v->bytes += n;
    if (s) {
        note_sequence(s, sequence);
        s->packets++;
    }
    if (swarm->o.sample > 0 && v->packets % (uint64_t)swarm->o.sample == 0) {
        int length = (int)n;
        if (srtp_unprotect(v->srtp, bytes, &length) == srtp_err_status_ok) {
            v->opened++;
        } else {
            v->closed++;
        }
    }
}

static void take(struct swarm *s, struct viewer *v) {
    uint8_t bytes[DATAGRAM];
    ssize_t n;
    while ((n = recv(v->fd, bytes, sizeof bytes, 0)) > 0) {
        if (bytes[0] <= 3) {
            if (v->state == CHECKING && bytes[0] == 1 && bytes[1] == 1) {
                begin_dtls(s, v);
            }
        } else if (bytes[0] >= 20 && bytes[0] <= 63) {
            take_dtls(v, bytes, (size_t)n);
        } else {
            take_media(s, v, bytes, (size_t)n);
        }
    }
}

/* ---- the run ---- */

static void keep(struct viewer *v, lct_ns now) {
    if (v->state == WAITING || v->state == FAILED) {
        return;
    }
    if (v->check_due <= now) {
        send_check(v);
        v->check_due = now + (v->state == CHECKING ? LCT_SECOND / 5 : CHECK_INTERVAL);
    }
    if (v->state == SHAKING) {
        (void)DTLSv1_handle_timeout(v->ssl);
        send_dtls(v);
    }
}

static int count_state(const struct swarm *s, enum state state) {
    int n = 0;
    for (int i = 0; i < s->o.viewers; i++) {
        n += s->viewers[i].state == state;
    }
    return n;
}

static void pump(struct swarm *s, lct_ns until) {
    struct epoll_event events[64];
    lct_ns next_keep = 0, now;
    while ((now = lct_monotonic()) < until) {
        int n = epoll_wait(s->epoll, events, 64, 20);
        for (int i = 0; i < n; i++) {
            take(s, events[i].data.ptr);
        }
        if (next_keep <= now) {
            for (int i = 0; i < s->o.viewers; i++) {
                keep(&s->viewers[i], now);
            }
            next_keep = now + LCT_SECOND / 20;
        }
    }
}

static void join_all(struct swarm *s) {
    lct_ns deadline = lct_monotonic() + DEADLINE;
    for (int i = 0; i < s->o.viewers; i++) {
        struct viewer *v = &s->viewers[i];
        (void)snprintf(v->ufrag, sizeof v->ufrag, "swrm%06d", i);
        (void)snprintf(v->password, sizeof v->password, "swarmswarmswarmswarm%06d", i);
        if (!join(s, v)) {
            v->state = FAILED;
        }
        while (i - count_state(s, WATCHING) - count_state(s, FAILED) >= HANDSHAKES_AT_ONCE &&
               lct_monotonic() < deadline) {
            pump(s, lct_monotonic() + LCT_SECOND / 100);
        }
        pump(s, lct_monotonic() + LCT_MS);
    }
    while (count_state(s, WATCHING) + count_state(s, FAILED) < s->o.viewers &&
           lct_monotonic() < deadline) {
        pump(s, lct_monotonic() + LCT_SECOND / 50);
    }
}

static void say_goodbye(struct swarm *s) {
    for (int i = 0; i < s->o.viewers; i++) {
        if (s->viewers[i].state == WATCHING) {
            (void)SSL_shutdown(s->viewers[i].ssl);
            send_dtls(&s->viewers[i]);
        }
    }
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_result(const struct swarm *s, double cpu, double seconds) {
    uint64_t packets = 0, bytes = 0, missing = 0, opened = 0, closed = 0;
    double *first = lct_new((size_t)s->o.viewers * sizeof *first);
    size_t n = 0;
    for (int i = 0; i < s->o.viewers; i++) {
        const struct viewer *v = &s->viewers[i];
        packets += v->packets;
        bytes += v->bytes;
        opened += v->opened;
        closed += v->closed;
        for (size_t k = 0; k < STREAMS_MAX; k++) {
            missing += v->streams[k].missing;
        }
        if (v->first > 0) {
            first[n++] = (double)(v->first - v->posted) / LCT_MS;
        }
    }
    qsort(first, n, sizeof *first, by_value);
    (void)printf("{\"viewers\":%d,\"seconds\":%.2f,\"packets\":%llu,\"bytes\":%llu,"
                 "\"missing\":%llu,\"opened\":%llu,\"not_opened\":%llu,"
                 "\"first_ms\":{\"p50\":%.1f,\"p95\":%.1f},\"cpu_s\":%.3f}\n",
                 count_state(s, WATCHING), seconds, (unsigned long long)packets,
                 (unsigned long long)bytes, (unsigned long long)missing, (unsigned long long)opened,
                 (unsigned long long)closed, n ? first[n / 2] : 0, n ? first[n * 95 / 100] : 0,
                 cpu);
    free(first);
}

static bool read_options(int argc, char **argv, struct options *o) {
    static const struct option known[] = {{"url", required_argument, NULL, 'u'},
                                          {"code", required_argument, NULL, 'c'},
                                          {"room", required_argument, NULL, 'r'},
                                          {"viewers", required_argument, NULL, 'v'},
                                          {"seconds", required_argument, NULL, 's'},
                                          {"track", required_argument, NULL, 't'},
                                          {"sample", required_argument, NULL, 'p'},
                                          {"settle", required_argument, NULL, 'e'},
                                          {NULL, 0, NULL, 0}};
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
        case 't':
            if (o->n_tracks < TRACKS_MAX) {
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
                    "             [--track NAME]… [--sample N] [--settle S]\n",
                    stderr);
        return 2;
    }
    (void)setrlimit(RLIMIT_NOFILE, &files);
    (void)srtp_init();
    make_certificate(&s);
    s.viewers = lct_new((size_t)s.o.viewers * sizeof *s.viewers);
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
    say_goodbye(&s);
    print_result(&s, cpu_seconds() - cpu, seconds);
    return count_state(&s, WATCHING) == s.o.viewers ? 0 : 1;
}

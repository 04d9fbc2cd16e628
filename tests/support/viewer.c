// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/viewer.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <srtp2/srtp.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/time.h"
#include "stream/rtc/stun.h"
#include "tests/support/dtls_client.h"

#define CHECK_INTERVAL (2 * LCT_SECOND)
#define CHECK_HURRY (100 * LCT_MS)

struct viewer {
    enum viewer_state state;
    const char *tracks[VIEWER_TRACKS_MAX];
    size_t n_tracks;
    bool red;
    viewer_taken_fn taken;
    void *arg;
    int fd;
    char ufrag[16], password[32]; /* ours */
    char their_ufrag[64], their_password[64];
    struct sockaddr_in server;
    struct dtls_client *dtls;
    srtp_t in, out;
    lct_ns check_due;
    uint64_t transactions;
};

struct viewer *viewer_create(const char *const *tracks, size_t n, viewer_taken_fn taken,
                             void *arg) {
    static unsigned number;
    struct viewer *v = lct_new(sizeof *v);
    assert(n <= VIEWER_TRACKS_MAX);
    memcpy(v->tracks, tracks, n * sizeof *tracks);
    v->n_tracks = n;
    v->taken = taken;
    v->arg = arg;
    v->fd = -1;
    number++;
    (void)snprintf(v->ufrag, sizeof v->ufrag, "view%06u", number);
    (void)snprintf(v->password, sizeof v->password, "watchwatchwatchwatch%06u", number);
    v->dtls = dtls_client_create("SRTP_AEAD_AES_128_GCM", 1200, true);
    (void)srtp_init();
    return v;
}

void viewer_destroy(struct viewer *viewer) {
    if (!viewer) {
        return;
    }
    if (viewer->fd >= 0) {
        (void)close(viewer->fd);
    }
    if (viewer->in) {
        (void)srtp_dealloc(viewer->in);
        (void)srtp_dealloc(viewer->out);
    }
    dtls_client_destroy(viewer->dtls);
    free(viewer);
}

int viewer_fd(const struct viewer *viewer) { return viewer->fd; }

void viewer_want_red(struct viewer *viewer) { viewer->red = true; }

enum viewer_state viewer_state(const struct viewer *viewer) { return viewer->state; }

/* ---- SDP ---- */

static void add(char *text, size_t size, const char *more) {
    size_t n = strlen(text);
    (void)snprintf(text + n, size - n, "%s", more);
}

/* A media line and what stands below it for any codec. */
static void add_head(const struct viewer *v, const char *media, const char *setup, char *text,
                     size_t size) {
    char sum[100] = "";
    for (size_t k = 0; k < 32; k++) {
        (void)snprintf(sum + 3 * k, 4, k < 31 ? "%02X:" : "%02X",
                       dtls_client_fingerprint(v->dtls)[k]);
    }
    LCT_FREE char *head =
        lct_format("m=%s\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=ice-ufrag:%s\r\n"
                   "a=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\na=setup:%s\r\na=recvonly\r\n",
                   media, v->ufrag, v->password, sum, setup);
    add(text, size, head);
}

static void add_media(const struct viewer *v, size_t i, char *text, size_t size) {
    bool sound = strncmp(v->tracks[i], "sound", 5) == 0;
    add_head(v,
             sound && v->red ? "audio 9 UDP/TLS/RTP/SAVPF 63 111"
             : sound         ? "audio 9 UDP/TLS/RTP/SAVPF 111"
                             : "video 9 UDP/TLS/RTP/SAVPF 96 97",
             "actpass", text, size);
    LCT_FREE char *media = lct_format(
        "a=mid:%zu\r\n%s%s"
        "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
        "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
        "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
        "a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r\n",
        i, sound && v->red ? "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n" : "",
        sound ? "a=rtpmap:111 opus/48000/2\r\n"
              : "a=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
                "a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;"
                "profile-level-id=42e01f\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n");
    add(text, size, media);
}

char *viewer_offer(const struct viewer *viewer) {
    char text[8192] = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE";
    for (size_t i = 0; i < viewer->n_tracks; i++) {
        add(text, sizeof text, (const char *const[]){" 0", " 1", " 2", " 3"}[i]);
    }
    add(text, sizeof text, "\r\n");
    for (size_t i = 0; i < viewer->n_tracks; i++) {
        add_media(viewer, i, text, sizeof text);
    }
    return lct_strdup(text);
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

static bool find_candidate(const char *answer, const char *host, struct sockaddr_in *ret_to) {
    bool found = false;
    for (const char *at = answer; (at = strstr(at, "a=candidate:")); at++) {
        char address[64];
        int port;
        struct sockaddr_in to = {.sin_family = AF_INET};
        if (sscanf(at, "a=candidate:%*s %*d %*s %*u %63s %d", address, &port) == 2 &&
            inet_pton(AF_INET, address, &to.sin_addr) == 1 &&
            (!found || strcmp(address, host) == 0)) {
            to.sin_port = htons((uint16_t)port);
            *ret_to = to;
            found = true;
        }
    }
    return found;
}

static void open_socket(struct viewer *v) {
    int size = 4 << 20, yes = 1;
    v->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert(v->fd >= 0);
    (void)setsockopt(v->fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
    if (setsockopt(v->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0) {
        (void)setsockopt(v->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
    if (connect(v->fd, (struct sockaddr *)&v->server, sizeof v->server) < 0) {
        abort();
    }
}

bool viewer_answer(struct viewer *viewer, const char *answer, const char *host) {
    struct viewer *v = viewer;
    if (!copy_line(answer, "a=ice-ufrag:", v->their_ufrag, sizeof v->their_ufrag) ||
        !copy_line(answer, "a=ice-pwd:", v->their_password, sizeof v->their_password) ||
        !find_candidate(answer, host, &v->server)) {
        return false;
    }
    open_socket(v);
    v->state = VIEWER_CHECKING;
    viewer_serve(v);
    return true;
}

/* Line by line, what the offer says of its picture. */
static void add_offered(const char *offer, char *text, size_t size) {
    static const char *const kept[] = {"a=mid:", "a=rtpmap:96 ", "a=fmtp:96 ", "a=extmap:"};
    const char *line = strstr(offer, "m=video");
    for (size_t n; line && *line; line += n + (line[n] ? 1 : 0)) {
        n = strcspn(line, "\n");
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
            if (strncmp(line, kept[i], strlen(kept[i])) == 0) {
                LCT_FREE char *copy = lct_format("%.*s\r\n", (int)strcspn(line, "\r\n"), line);
                add(text, size, copy);
            }
        }
    }
}

char *viewer_answer_offer(struct viewer *viewer, const char *offer, const char *host) {
    char text[8192] = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", mid[64];
    if (!copy_line(offer, "a=mid:", mid, sizeof mid) || !viewer_answer(viewer, offer, host)) {
        return NULL;
    }
    LCT_FREE char *bundle = lct_format("a=group:BUNDLE %s\r\n", mid);
    add(text, sizeof text, bundle);
    add_head(viewer, "video 9 UDP/TLS/RTP/SAVPF 96", "active", text, sizeof text);
    add_offered(offer, text, sizeof text);
    return lct_strdup(text);
}

void viewer_move(struct viewer *viewer) {
    (void)close(viewer->fd);
    open_socket(viewer);
    viewer->check_due = 0;
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
    lct_put(w, "\0\0\0", (4 - n % 4) % 4);
}

/* The length counts what is signed, as if the attribute that signs it stood there already. */
static void set_length(uint8_t *message, size_t n) {
    message[2] = (uint8_t)((n - 20) >> 8);
    message[3] = (uint8_t)(n - 20);
}

static void send_check(struct viewer *v) {
    uint8_t message[400], mac[20];
    struct lct_writer w = lct_writer(message, sizeof message);
    char user[100];
    unsigned n = sizeof mac;
    lct_put_be(&w, 0x0001, 2); /* Binding request */
    lct_put_be(&w, 0, 2);
    lct_put_be(&w, 0x2112a442, 4);
    lct_put_be(&w, (uintptr_t)v, 4);
    lct_put_be(&w, ++v->transactions, 8);
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
    lct_put_be(&w, 0x80280004, 4); /* FINGERPRINT */
    lct_put_be(&w, crc, 4);
    (void)send(v->fd, message, w.at, 0);
}

/* Janus checks its viewers, too, though it says that it is ICE-lite. */
static void answer_check(const struct viewer *v, const uint8_t *bytes, size_t n) {
    struct lct_stun_check check;
    struct sockaddr_storage from = {0};
    uint8_t out[LCT_STUN_ANSWER_MAX];
    memcpy(&from, &v->server, sizeof v->server);
    if (lct_stun_parse(bytes, n, &check) == 0) {
        n = lct_stun_write_success(out, sizeof out, &check, &from, v->password);
        (void)send(v->fd, out, n, 0);
    }
}

/* ---- DTLS and SRTP ---- */

static void send_dtls(struct viewer *v) {
    uint8_t datagram[DTLS_CLIENT_DATAGRAM_SIZE];
    size_t n;
    while ((n = dtls_client_pull(v->dtls, datagram)) > 0) {
        (void)send(v->fd, datagram, n, 0);
    }
}

static srtp_t make_srtp(srtp_ssrc_type_t direction, uint8_t *key) {
    srtp_policy_t policy = {.ssrc = {.type = direction}, .key = key, .window_size = 1024};
    srtp_t srtp = NULL;
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    if (srtp_create(&srtp, &policy) != srtp_err_status_ok) {
        abort();
    }
    return srtp;
}

static void open_srtp(struct viewer *v) {
    enum lct_srtp_profile profile;
    uint8_t ours[LCT_SRTP_KEY_MAX], theirs[LCT_SRTP_KEY_MAX];
    if (!dtls_client_keys(v->dtls, &profile, ours, theirs)) {
        abort();
    }
    v->in = make_srtp(ssrc_any_inbound, theirs);
    v->out = make_srtp(ssrc_any_outbound, ours);
    v->state = VIEWER_WATCHING;
}

static void take_dtls(struct viewer *v, const uint8_t *bytes, size_t n) {
    dtls_client_push(v->dtls, bytes, n);
    send_dtls(v);
    if (v->state == VIEWER_SHAKING && dtls_client_is_open(v->dtls)) {
        open_srtp(v);
    }
    if (dtls_client_is_closed(v->dtls) || dtls_client_has_failed(v->dtls)) {
        v->state = VIEWER_OVER;
    }
}

static void take_media(struct viewer *v, uint8_t *bytes, size_t n, lct_ns arrived) {
    bool rtcp = n > 1 && bytes[1] >= 192 && bytes[1] <= 223;
    if (n < 12 || v->state != VIEWER_WATCHING || rtcp) {
        return;
    }
    struct lct_reader r = lct_reader(bytes + 1, n - 1);
    struct viewer_packet packet = {.bytes = bytes, .n = n, .arrived = arrived};
    unsigned type = lct_get_u8(&r);
    packet.marker = type & 0x80;
    packet.type = type & 0x7f;
    packet.sequence = (uint16_t)lct_get_be(&r, 2);
    packet.timestamp = (uint32_t)lct_get_be(&r, 4);
    packet.ssrc = (uint32_t)lct_get_be(&r, 4);
    v->taken(v->arg, v, &packet);
}

static void take(struct viewer *v, uint8_t *bytes, size_t n, lct_ns arrived) {
    if (bytes[0] <= 3) {
        if (bytes[0] == 0) {
            answer_check(v, bytes, n);
        }
        if (v->state == VIEWER_CHECKING && bytes[0] == 1 && bytes[1] == 1) {
            v->state = VIEWER_SHAKING;
            send_dtls(v);
        }
    } else if (bytes[0] >= 20 && bytes[0] <= 63) {
        take_dtls(v, bytes, n);
    } else {
        take_media(v, bytes, n, arrived);
    }
}

/* Also when the kernel got it: a viewer among hundreds may look late. */
static ssize_t receive(int fd, uint8_t *bytes, size_t size, lct_ns *ret_arrived) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
    struct iovec piece = {bytes, size};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &message, 0);
    const struct cmsghdr *told = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    struct timespec at;
    *ret_arrived = 0;
    if (told && told->cmsg_type == SCM_TIMESTAMPNS) {
        memcpy(&at, CMSG_DATA(told), sizeof at);
        *ret_arrived = at.tv_sec * LCT_SECOND + at.tv_nsec;
    }
    return n;
}

void viewer_serve(struct viewer *viewer) {
    struct viewer *v = viewer;
    uint8_t bytes[2048];
    ssize_t n;
    lct_ns arrived;
    if (v->state == VIEWER_NEW || v->state == VIEWER_OVER) {
        return;
    }
    while ((n = receive(v->fd, bytes, sizeof bytes, &arrived)) > 0) {
        take(v, bytes, (size_t)n, arrived);
    }
    lct_ns now = lct_monotonic();
    if (v->check_due <= now) {
        send_check(v);
        v->check_due = now + (v->state == VIEWER_CHECKING ? CHECK_HURRY : CHECK_INTERVAL);
    }
    if (v->state == VIEWER_SHAKING) {
        dtls_client_tick(v->dtls);
        send_dtls(v);
    }
}

void viewer_call(struct viewer *viewer, const char *host, int port) {
    struct viewer *v = viewer;
    uint8_t key[LCT_SRTP_KEY_MAX];
    memset(key, 0x5a, sizeof key);
    memcpy(key, v->ufrag, strlen(v->ufrag));
    v->server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &v->server.sin_addr) != 1) {
        abort();
    }
    open_socket(v);
    v->in = make_srtp(ssrc_any_inbound, key);
    v->out = make_srtp(ssrc_any_outbound, key);
    v->check_due = INT64_MAX;
    v->state = VIEWER_WATCHING;
    (void)send(v->fd, key, sizeof key, 0);
}

size_t viewer_open(struct viewer *viewer, struct viewer_packet *packet) {
    int n = (int)packet->n;
    return srtp_unprotect(viewer->in, packet->bytes, &n) == srtp_err_status_ok ? (size_t)n : 0;
}

const uint8_t *viewer_payload(const struct viewer_packet *packet, size_t n, size_t *ret_n) {
    const uint8_t *b = packet->bytes;
    size_t at = 12 + 4 * (size_t)(b[0] & 15);
    if (b[0] & 0x10) {
        at += 4 + 4 * ((size_t)b[at + 2] << 8 | b[at + 3]);
    }
    *ret_n = n > at ? n - at : 0;
    return b + at;
}

const uint8_t *viewer_extension(const struct viewer_packet *packet, unsigned id, size_t *ret_n) {
    const uint8_t *b = packet->bytes, *at = b + 12 + 4 * (size_t)(b[0] & 15);
    size_t n = b[0] & 0x10 ? 4 * ((size_t)at[2] << 8 | at[3]) : 0;
    for (size_t i = 4; i < 4 + n; i += at[i] == 0 ? 1 : 2 + (at[i] & 15U)) {
        if (at[i] >> 4 == id && id > 0) {
            *ret_n = (at[i] & 15U) + 1;
            return at + i + 1;
        }
    }
    return NULL;
}

void viewer_report(struct viewer *viewer, const uint8_t *packet, size_t n) {
    uint8_t out[1100];
    int length = (int)n;
    memcpy(out, packet, n);
    if (srtp_protect_rtcp(viewer->out, out, &length) != srtp_err_status_ok) {
        abort();
    }
    (void)send(viewer->fd, out, (size_t)length, 0);
}

void viewer_leave(struct viewer *viewer) {
    dtls_client_close(viewer->dtls);
    send_dtls(viewer);
}

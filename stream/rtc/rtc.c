// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/rtc/rtc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "stream/rtc/rtc_priv.h"

LCT_LOG_TOPIC("rtc");

/* Datagrams read by one system call. */
#define READ_AT_ONCE 32
/* What waits in the kernel: a burst to some hundred viewers, and their feedback. */
#define SOCKET_BYTES (8 << 20)
/* Handshakes, consent and reports are looked at so often. */
#define KEEP_INTERVAL (100 * LCT_MS)
/* A track that gave nothing for so long is not live: a still screen gives a picture a second. */
#define LIVE_WITHIN (5 * LCT_SECOND)
/* Host candidates in an answer. */
#define CANDIDATES_MAX LCT_SDP_CANDIDATES_MAX
/* Two chunks whose lesson began at moments so far apart are of two lessons. */
#define SAME_LESSON (LCT_SECOND / 2)

/* Characters an ICE credential may have (RFC 8839 sec. 5.4): 6 random bits each. */
static void random_text(char *out, size_t length) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    lct_random(out, length);
    for (size_t i = 0; i < length; i++) {
        out[i] = letters[(uint8_t)out[i] & 63];
    }
    out[length] = '\0';
}

/* An id stands in a URL: hexadecimal. */
static void random_id(char out[LCT_RTC_ID_SIZE]) {
    uint8_t bytes[(LCT_RTC_ID_SIZE - 1) / 2];
    lct_random(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
}

static void tell_counters(struct lct_rtc *rtc) {
    const struct lct_batch_counters *sent = lct_batch_count(rtc->batch);
    rtc->counting.packets = sent->packets;
    rtc->counting.bytes = sent->bytes;
    rtc->counting.sends = sent->sends;
    rtc->counting.dropped = sent->dropped;
    rtc->counting.viewers = rtc->n_viewers;
    pthread_mutex_lock(&rtc->lock);
    rtc->told = rtc->counting;
    pthread_mutex_unlock(&rtc->lock);
}

void lct_rtc_count(struct lct_rtc *rtc, struct lct_rtc_counters *ret_counters) {
    pthread_mutex_lock(&rtc->lock);
    *ret_counters = rtc->told;
    pthread_mutex_unlock(&rtc->lock);
}

/* ---- the clockwork ---- */

/* One round over the viewers of a room (NULL: over all), at most so many packets a stream. True
 * when something is left. */
static bool send_round(struct lct_rtc *rtc, const struct lct_rtc_room *room, lct_ns now,
                       unsigned most) {
    bool left = false;
    for (struct lct_rtc_viewer *v = rtc->viewers; v; v = v->next) {
        left = ((!room || v->room == room) && lct_rtc_send(v, now, most)) || left;
    }
    lct_batch_flush(rtc->batch);
    return left;
}

/* To all viewers of a room (NULL: of all) what is there for them. */
static void send_all(struct lct_rtc *rtc, const struct lct_rtc_room *room) {
    lct_ns now = lct_monotonic();
    if (send_round(rtc, room, now, UINT_MAX)) {
        lct_rtc_pace_later(rtc, now);
    }
}

void lct_rtc_pace_later(struct lct_rtc *rtc, lct_ns now) {
    if (!rtc->pacing_set) { /* else many small chunks would put it off for ever */
        rtc->pacing_set = true;
        lct_timer_set(rtc->pacing, now + LCT_RTC_TICK);
    }
}

static void pace(void *opaque) {
    struct lct_rtc *rtc = opaque;
    rtc->pacing_set = false;
    send_all(rtc, NULL);
}

static void keep(void *opaque) {
    struct lct_rtc *rtc = opaque;
    lct_ns now = lct_monotonic();
    for (struct lct_rtc_viewer *v = rtc->viewers, *next; v; v = next) {
        next = v->next;
        (void)lct_rtc_viewer_keep(v, now);
    }
    lct_batch_flush(rtc->batch);
    tell_counters(rtc);
    lct_timer_set(rtc->keeping, now + KEEP_INTERVAL);
}

static void readable(void *opaque, uint32_t events) {
    struct lct_rtc *rtc = opaque;
    uint8_t bytes[READ_AT_ONCE][LCT_BATCH_PACKET_MAX];
    struct sockaddr_storage from[READ_AT_ONCE];
    struct iovec pieces[READ_AT_ONCE];
    struct mmsghdr headers[READ_AT_ONCE];
    (void)events;
    for (int i = 0; i < READ_AT_ONCE; i++) {
        pieces[i] = (struct iovec){bytes[i], sizeof bytes[i]};
        headers[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &from[i],
                                                  .msg_namelen = sizeof from[i],
                                                  .msg_iov = &pieces[i],
                                                  .msg_iovlen = 1}};
    }
    int got = recvmmsg(rtc->fd, headers, READ_AT_ONCE, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; i++) {
        if (!(headers[i].msg_hdr.msg_flags & MSG_TRUNC)) {
            lct_rtc_take(rtc, &from[i], bytes[i], headers[i].msg_len);
        }
    }
    lct_batch_flush(rtc->batch);
}

/* ---- rooms and their tracks ---- */

static struct lct_rtc_room *find_room(const struct lct_rtc *rtc, const char *id) {
    struct lct_rtc_room *room = rtc->rooms;
    while (room && strcmp(room->id, id) != 0) {
        room = room->next;
    }
    return room;
}

unsigned lct_rtc_viewers(struct lct_rtc *rtc, const char *room) {
    pthread_mutex_lock(&rtc->lock);
    struct lct_rtc_room *found = find_room(rtc, room);
    unsigned viewers = found ? atomic_load(&found->viewers) : 0;
    pthread_mutex_unlock(&rtc->lock);
    return viewers;
}

static void clear_room(struct lct_rtc_room *room) {
    for (struct lct_rtc_viewer *v = room->rtc->viewers, *next; v; v = next) {
        next = v->next;
        if (v->room == room) {
            lct_rtc_viewer_free(v);
        }
    }
}

static void forget_tracks(struct lct_rtc_room *room) {
    for (size_t i = 0; i < room->n_tracks; i++) {
        lct_ring_destroy(room->tracks[i].ring);
    }
    room->n_tracks = 0;
}

static struct lct_rtc_track *track_of(struct lct_rtc_room *room, const struct lct_format *format) {
    for (size_t i = 0; i < room->n_tracks; i++) {
        if (room->tracks[i].id == format->track_id) {
            return &room->tracks[i];
        }
    }
    if (room->n_tracks == LCT_RTC_TRACKS_MAX) {
        return NULL;
    }
    struct lct_rtc_track *track = &room->tracks[room->n_tracks++];
    *track = (struct lct_rtc_track){.id = format->track_id,
                                    .codec = format->codec,
                                    .ring = lct_ring_create(lct_monotonic),
                                    .key_asked = LCT_NS_NONE,
                                    .small_wished = LCT_NS_NONE,
                                    .small_missed = LCT_NS_NONE};
    (void)snprintf(track->name, sizeof track->name, "%s", format->track);
    return track;
}

/* A new lesson has a new clock: its viewers come anew, by the player's own doing. */
static void begin_lesson(struct lct_rtc_room *room, lct_ns zero) {
    if (room->zero != LCT_NS_NONE) {
        clear_room(room);
        forget_tracks(room);
    }
    room->zero = zero;
}

static void feed(struct lct_rtc_room *room, const struct lct_chunk *chunk) {
    if (chunk->format->codec == LCT_CODEC_AAC) {
        return; /* the tape's; here sound is Opus */
    }
    lct_ns zero = chunk->captured - chunk->time;
    if (room->zero == LCT_NS_NONE || llabs(zero - room->zero) > SAME_LESSON) {
        begin_lesson(room, zero);
    }
    struct lct_rtc_track *track = track_of(room, chunk->format);
    if (!track || lct_ring_add(track->ring, chunk) < 0) {
        return; /* a recorder's bytes that are no picture: nothing of it is sent */
    }
    track->fed = lct_monotonic();
}

static void take_chunks(void *opaque) {
    struct lct_rtc_room *room = opaque;
    struct lct_chunk *chunk;
    atomic_store(&room->woken, false);
    while (room->reader && (chunk = lct_bus_take(room->reader, 0, NULL))) {
        feed(room, chunk);
        lct_chunk_unref(chunk);
    }
    if (atomic_load(&room->viewers) >= LCT_RTC_MANY) {
        (void)send_round(room->rtc, room, lct_monotonic(), 1);
    }
    send_all(room->rtc, room);
}

/* From the publisher's thread. */
static void on_chunks(void *opaque) {
    struct lct_rtc_room *room = opaque;
    if (!atomic_exchange(&room->woken, true)) {
        lct_loop_post(room->rtc->loop, take_chunks, room);
    }
}

static void list_room(void *opaque) {
    static const struct lct_bus_limits limits = {2 * LCT_SECOND, 16U << 20, .keep_old = false};
    struct lct_rtc_room *room = opaque;
    pthread_mutex_lock(&room->rtc->lock);
    room->next = room->rtc->rooms;
    room->rtc->rooms = room;
    pthread_mutex_unlock(&room->rtc->lock);
    room->reader = lct_bus_subscribe(room->bus, &limits, on_chunks, room);
}

void lct_rtc_add_room(struct lct_rtc *rtc, const char *room, struct lct_bus *bus,
                      const struct lct_wishes *wishes) {
    struct lct_rtc_room *r = lct_new(sizeof *r);
    r->rtc = rtc;
    (void)snprintf(r->id, sizeof r->id, "%s", room);
    r->bus = bus;
    r->wishes = *wishes;
    r->zero = LCT_NS_NONE;
    lct_loop_post(rtc->loop, list_room, r);
}

bool lct_rtc_ask_key(struct lct_rtc_viewer *viewer, struct lct_rtc_track *track) {
    lct_ns now = lct_monotonic();
    if (track->key_asked != LCT_NS_NONE && now - track->key_asked < LCT_RTC_KEY_INTERVAL) {
        return false;
    }
    track->key_asked = now;
    viewer->rtc->counting.keys_asked++;
    viewer->room->wishes.key(viewer->room->wishes.arg, track->id);
    return true;
}

/* ---- who comes ---- */

struct joining {
    struct lct_rtc *rtc;
    char room[40];
    char tracks[LCT_RTC_STREAMS_MAX][LCT_TRACK_NAME_SIZE];
    size_t n_tracks;
    char pass[LCT_RTC_PASS_SIZE];
    bool near;
    lct_rtc_joined_fn joined;
    void *arg;
    size_t offer_n;
    char offer[];
};

static struct lct_rtc_track *live_track(struct lct_rtc_room *room, const char *name) {
    lct_ns now = lct_monotonic();
    for (size_t i = 0; i < room->n_tracks; i++) {
        struct lct_rtc_track *track = &room->tracks[i];
        if (strcmp(track->name, name) == 0 && now - track->fed < LIVE_WITHIN) {
            return track;
        }
    }
    return NULL;
}

/* The tracks that were asked for and are live, or the usual ones. */
static size_t choose_tracks(struct lct_rtc_room *room, const struct joining *j,
                            struct lct_rtc_track *out[LCT_RTC_STREAMS_MAX]) {
    static const char *const usual[] = {"camera", "screen", "sound"};
    size_t count = j->n_tracks > 0 ? j->n_tracks : sizeof usual / sizeof *usual;
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        out[n] = live_track(room, j->n_tracks > 0 ? j->tracks[i] : usual[i]);
        n += out[n] ? 1 : 0;
    }
    return n;
}

static uint32_t random_ssrc(void) {
    uint32_t ssrc = 0;
    lct_random(&ssrc, sizeof ssrc);
    return ssrc | 1; /* 0 means "none" in our structs */
}

static struct lct_rtc_stream *add_stream(struct lct_rtc_viewer *v, struct lct_rtc_track *track,
                                         const struct lct_sdp_media *media) {
    struct lct_rtc_stream *s = &v->streams[v->n_streams++];
    uint16_t start[2];
    lct_random(start, sizeof start);
    *s = (struct lct_rtc_stream){
        .track = track,
        .full = track,
        .level = LCT_LEVEL_FULL,
        .codec = media->codec,
        .ssrc = random_ssrc(),
        .rtx_ssrc = media->codec.rtx ? random_ssrc() : 0,
        .index = start[0] & 0x7fff, /* the rollover counter begins at 0 on both sides */
        .rtx_index = start[1] & 0x7fff,
    };
    memcpy(s->extensions, media->extensions, sizeof s->extensions);
    memcpy(s->mid, media->mid, sizeof s->mid);
    return s;
}

/* Media line by media line: the next track of its kind. */
static void match(struct lct_rtc_viewer *v, const struct lct_sdp_offer *offer,
                  struct lct_rtc_track **tracks, size_t n, struct lct_sdp_send *send) {
    for (size_t i = 0; i < offer->count; i++) {
        const struct lct_sdp_media *media = &offer->media[i];
        enum lct_codec codec = media->kind == LCT_SDP_AUDIO ? LCT_CODEC_OPUS : LCT_CODEC_H264;
        if (media->kind == LCT_SDP_OTHER || !media->receives || media->codec.type == 0) {
            continue;
        }
        for (size_t k = 0; k < n; k++) {
            if (tracks[k] && tracks[k]->codec == codec) {
                const struct lct_rtc_stream *s = add_stream(v, tracks[k], media);
                send[i] = (struct lct_sdp_send){true, s->ssrc, s->rtx_ssrc, s->track->name};
                tracks[k] = NULL;
                break;
            }
        }
    }
}

static bool is_usable(const struct ifaddrs *a, bool near) {
    if (!a->ifa_addr || !(a->ifa_flags & IFF_UP) || (a->ifa_flags & IFF_LOOPBACK && !near)) {
        return false;
    }
    if (a->ifa_addr->sa_family == AF_INET6) {
        return !IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)a->ifa_addr)->sin6_addr);
    }
    return a->ifa_addr->sa_family == AF_INET;
}

static void set_port(struct sockaddr_storage *a, int port) {
    if (a->ss_family == AF_INET6) {
        ((struct sockaddr_in6 *)a)->sin6_port = htons((uint16_t)port);
    } else {
        ((struct sockaddr_in *)a)->sin_port = htons((uint16_t)port);
    }
}

static bool read_address(const char *text, struct sockaddr_storage *ret_address) {
    struct sockaddr_in *four = (struct sockaddr_in *)ret_address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret_address;
    memset(ret_address, 0, sizeof *ret_address);
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        return true;
    }
    six->sin6_family = AF_INET6;
    return inet_pton(AF_INET6, text, &six->sin6_addr) == 1;
}

/* The addresses of this machine that the socket hears, and those it was told of. */
static size_t find_candidates(const struct lct_rtc *rtc, bool near,
                              struct sockaddr_storage out[CANDIDATES_MAX]) {
    size_t n = 0;
    struct ifaddrs *all = NULL;
    for (size_t i = 0; i < rtc->n_hosts && n < CANDIDATES_MAX; i++) {
        n += read_address(rtc->hosts[i], &out[n]) ? 1 : 0;
    }
    if (!rtc->any) {
        out[n < CANDIDATES_MAX ? n++ : n - 1] = rtc->own;
    } else if (getifaddrs(&all) == 0) {
        for (const struct ifaddrs *a = all; a && n < CANDIDATES_MAX; a = a->ifa_next) {
            if (is_usable(a, near) &&
                (a->ifa_addr->sa_family == AF_INET || rtc->own.ss_family == AF_INET6)) {
                memset(&out[n], 0, sizeof out[n]);
                memcpy(&out[n++], a->ifa_addr,
                       a->ifa_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                          : sizeof(struct sockaddr_in));
            }
        }
        freeifaddrs(all);
    }
    for (size_t i = 0; i < n; i++) {
        set_port(&out[i], rtc->port);
    }
    return n;
}

static size_t write_answer(const struct lct_rtc_viewer *v, const struct lct_sdp_offer *offer,
                           const struct lct_sdp_send *send, bool near,
                           char out[LCT_SDP_ANSWER_MAX]) {
    struct sockaddr_storage candidates[CANDIDATES_MAX];
    struct lct_sdp_answer answer = {
        .ufrag = v->ufrag,
        .password = v->password,
        .fingerprint = lct_dtls_fingerprint(v->rtc->dtls),
        .cname = v->room->id,
        .session = (uint64_t)lct_wall() / LCT_MS,
        .send = send,
        .candidates = candidates,
        .n_candidates = find_candidates(v->rtc, near, candidates),
    };
    return lct_sdp_write_answer(offer, &answer, out, LCT_SDP_ANSWER_MAX);
}

static struct lct_rtc_viewer *new_viewer(struct lct_rtc_room *room,
                                         const struct lct_sdp_offer *offer) {
    struct lct_rtc_viewer *v = lct_new(sizeof *v);
    v->rtc = room->rtc;
    v->room = room;
    v->born = lct_monotonic();
    random_id(v->id);
    random_text(v->ufrag, sizeof v->ufrag - 1);
    random_text(v->password, sizeof v->password - 1);
    memcpy(v->fingerprint, offer->fingerprint, sizeof v->fingerprint);
    return v;
}

static void list_viewer(struct lct_rtc_viewer *v) {
    struct lct_rtc *rtc = v->rtc;
    v->next = rtc->viewers;
    if (v->next) {
        v->next->previous = v;
    }
    rtc->viewers = v;
    rtc->n_viewers++;
    rtc->counting.joins++;
    atomic_fetch_add(&v->room->viewers, 1);
    lct_rtc_viewer_list(v);
}

void lct_rtc_viewer_free(struct lct_rtc_viewer *viewer) {
    struct lct_rtc_viewer *v = viewer;
    struct lct_rtc *rtc = v->rtc;
    lct_dtls_destroy(v->dtls);   /* its goodbye goes into the batch, */
    lct_batch_flush(rtc->batch); /* which points to the viewer's address */
    lct_srtp_destroy(v->srtp);
    lct_rtc_viewer_unlist(v);
    *(v->previous ? &v->previous->next : &rtc->viewers) = v->next;
    if (v->next) {
        v->next->previous = v->previous;
    }
    rtc->n_viewers--;
    atomic_fetch_sub(&v->room->viewers, 1);
    free(v);
}

static int let_in(struct joining *j, struct lct_fault *fault) {
    struct lct_sdp_offer offer;
    struct lct_rtc_track *tracks[LCT_RTC_STREAMS_MAX];
    struct lct_sdp_send send[LCT_SDP_MEDIA_MAX] = {{.on = false}};
    char answer[LCT_SDP_ANSWER_MAX];
    struct lct_rtc_room *room = find_room(j->rtc, j->room);
    if (!room) {
        return lct_fault_set(fault, -ENOENT, "live", "There is no room %s.", "没有教室 %s。",
                             j->room);
    }
    int rc = lct_sdp_read_offer(j->offer, j->offer_n, &offer, fault);
    if (rc < 0) {
        return rc;
    }
    if (j->rtc->n_viewers >= j->rtc->viewers_max) {
        return lct_fault_set(fault, -EUSERS, "live",
                             "This server shows lessons to %u viewers already, which is its limit.",
                             "本服务器已有 %u 个观看端，达到上限。", j->rtc->viewers_max);
    }
    size_t n = choose_tracks(room, j, tracks);
    if (n == 0) {
        return lct_fault_set(fault, -EAGAIN, "live", "Room %s is not on air now.",
                             "教室 %s 当前没有直播。", j->room);
    }
    struct lct_rtc_viewer *v = new_viewer(room, &offer);
    match(v, &offer, tracks, n, send);
    if (v->n_streams == 0) {
        free(v);
        return lct_fault_set(fault, -ENOTSUP, "live",
                             "This client offers no H.264 and no Opus to receive by WebRTC.",
                             "该客户端的 WebRTC 不支持接收 H.264 或 Opus。");
    }
    memcpy(v->pass, j->pass, sizeof v->pass);
    list_viewer(v);
    if (write_answer(v, &offer, send, j->near, answer) == 0) {
        lct_rtc_viewer_free(v);
        return lct_fault_set(fault, -EINVAL, "live", "The offer is too long to be answered.",
                             "该 offer 过长，无法应答。");
    }
    j->joined(j->arg, v->id, answer, NULL);
    return 0;
}

static void join_here(void *opaque) {
    struct joining *j = opaque;
    struct lct_fault fault;
    if (let_in(j, &fault) < 0) {
        j->joined(j->arg, NULL, NULL, &fault);
    }
    free(j);
}

void lct_rtc_join(struct lct_rtc *rtc, const struct lct_rtc_join *join, lct_rtc_joined_fn joined,
                  void *arg) {
    struct joining *j = lct_new(sizeof *j + join->offer_n + 1);
    j->rtc = rtc;
    j->near = join->near;
    j->joined = joined;
    j->arg = arg;
    j->offer_n = join->offer_n;
    memcpy(j->offer, join->offer, join->offer_n);
    (void)snprintf(j->pass, sizeof j->pass, "%s", join->pass ? join->pass : "");
    (void)snprintf(j->room, sizeof j->room, "%s", join->room);
    for (size_t i = 0; i < join->n_tracks && i < LCT_RTC_STREAMS_MAX; i++) {
        (void)snprintf(j->tracks[j->n_tracks++], LCT_TRACK_NAME_SIZE, "%s", join->tracks[i]);
    }
    lct_loop_post(rtc->loop, join_here, j);
}

struct leaving {
    struct lct_rtc *rtc;
    char id[LCT_RTC_ID_SIZE];
    void (*left)(void *arg, bool found);
    void *arg;
};

static void leave_here(void *opaque) {
    struct leaving *l = opaque;
    struct lct_rtc_viewer *v = l->rtc->viewers;
    while (v && strcmp(v->id, l->id) != 0) {
        v = v->next;
    }
    bool found = v != NULL;
    if (v) {
        lct_rtc_viewer_free(v);
    }
    l->left(l->arg, found);
    free(l);
}

void lct_rtc_leave(struct lct_rtc *rtc, const char *id, void (*left)(void *arg, bool found),
                   void *arg) {
    struct leaving *l = lct_new(sizeof *l);
    *l = (struct leaving){.rtc = rtc, .left = left, .arg = arg};
    (void)snprintf(l->id, sizeof l->id, "%s", id);
    lct_loop_post(rtc->loop, leave_here, l);
}

/* ---- start and end ---- */

static int open_socket(struct lct_rtc *rtc, const struct lct_rtc_settings *settings,
                       struct lct_fault *fault) {
    int no = 0, size = SOCKET_BYTES;
    bool fine = read_address(settings->address, &rtc->own);
    set_port(&rtc->own, settings->port);
    socklen_t n =
        rtc->own.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    rtc->any = strcmp(settings->address, "0.0.0.0") == 0 || strcmp(settings->address, "::") == 0;
    rtc->fd = fine ? socket(rtc->own.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
    if (rtc->fd >= 0) {
        (void)setsockopt(rtc->fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
        if (setsockopt(rtc->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0) {
            (void)setsockopt(rtc->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        }
        if (setsockopt(rtc->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0) {
            (void)setsockopt(rtc->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        }
    }
    if (rtc->fd < 0 || bind(rtc->fd, (struct sockaddr *)&rtc->own, n) < 0) {
        int rc = fine ? -errno : -EINVAL;
        return lct_fault_set(
            fault, rc, "live",
            "The UDP port %d on %s for live viewers cannot be opened: %s. Choose another.",
            "无法打开直播用的 UDP 端口 %d（地址 %s）：%s。请更换端口。", settings->port,
            settings->address, strerror(-rc));
    }
    (void)getsockname(rtc->fd, (struct sockaddr *)&rtc->own, &n);
    rtc->port = ntohs(rtc->own.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&rtc->own)->sin6_port
                                                     : ((struct sockaddr_in *)&rtc->own)->sin_port);
    return 0;
}

static void run(void *opaque) {
    struct lct_rtc *rtc = opaque;
    lct_loop_run(rtc->loop);
}

/* The thread's last work. Letters that still come find nobody. */
static void end(void *opaque) {
    struct lct_rtc *rtc = opaque;
    rtc->viewers_max = 0;
    for (struct lct_rtc_room *room = rtc->rooms; room; room = room->next) {
        clear_room(room);
        lct_bus_unsubscribe(room->reader);
        room->reader = NULL;
    }
    lct_watch_destroy(rtc->watch);
    lct_timer_destroy(rtc->pacing);
    lct_timer_destroy(rtc->keeping);
    lct_loop_stop(rtc->loop);
}

static void copy_hosts(struct lct_rtc *rtc, const char *const *hosts) {
    while (hosts && hosts[rtc->n_hosts]) {
        rtc->n_hosts++;
    }
    rtc->hosts = lct_new((rtc->n_hosts + 1) * sizeof *rtc->hosts);
    for (size_t i = 0; i < rtc->n_hosts; i++) {
        (void)snprintf(rtc->hosts[i], sizeof rtc->hosts[i], "%s", hosts[i]);
    }
}

int lct_rtc_create(const struct lct_rtc_settings *settings, struct lct_rtc **ret_rtc,
                   struct lct_fault *fault) {
    struct lct_rtc *rtc = lct_new(sizeof *rtc);
    int rc = open_socket(rtc, settings, fault);
    rc = rc ? rc : lct_dtls_ctx_create(&rtc->dtls, fault);
    if (rc < 0) {
        if (rtc->fd >= 0) {
            (void)close(rtc->fd);
        }
        free(rtc);
        return rc;
    }
    pthread_mutex_init(&rtc->lock, NULL);
    copy_hosts(rtc, settings->hosts);
    lct_random(&rtc->salt, sizeof rtc->salt);
    rtc->viewers_max = settings->viewers_max;
    rtc->may_watch = settings->may_watch;
    rtc->may_watch_arg = settings->arg;
    rtc->batch = lct_batch_create(rtc->fd);
    rtc->loop = lct_loop_create();
    rtc->watch = lct_watch_create(rtc->loop, rtc->fd, EPOLLIN, readable, rtc);
    rtc->pacing = lct_timer_create(rtc->loop, pace, rtc);
    rtc->keeping = lct_timer_create(rtc->loop, keep, rtc);
    lct_timer_set(rtc->keeping, lct_monotonic());
    lct_info("live viewers are awaited", "address=%s udp=%d", settings->address, rtc->port);
    lct_thread_start(&rtc->thread, "rtc", run, rtc);
    *ret_rtc = rtc;
    return 0;
}

int lct_rtc_port(const struct lct_rtc *rtc) { return rtc->port; }

void lct_rtc_destroy(struct lct_rtc *rtc) {
    if (!rtc) {
        return;
    }
    lct_loop_post(rtc->loop, end, rtc);
    lct_thread_join(&rtc->thread);
    lct_loop_destroy(rtc->loop); /* runs its last letters */
    while (rtc->rooms) {
        struct lct_rtc_room *room = rtc->rooms;
        rtc->rooms = room->next;
        forget_tracks(room);
        free(room);
    }
    lct_batch_destroy(rtc->batch);
    lct_dtls_ctx_destroy(rtc->dtls);
    (void)close(rtc->fd);
    pthread_mutex_destroy(&rtc->lock);
    free(rtc->hosts);
    free(rtc);
}

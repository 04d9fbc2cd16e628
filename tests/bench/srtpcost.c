// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * srtpcost gcm|cm VIEWERS [TURNS]: what protecting a packet of 1200 bytes costs.
 *
 * A picture of ten packets goes to each viewer, one after the other as in the fan-out, each with
 * keys of its own: by lct_srtp_protect out of one shared payload, and by libsrtp, which works in
 * place, so that its packet is copied first. In turns, at least 20000 packets each, and while one
 * is measured the other has no sessions: those of libsrtp slow each other down. Prints one JSON
 * object: CPU ns a packet of each turn, and bytes of memory a viewer takes.
 */
#include <malloc.h>
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "stream/rtc/srtp.h"

#define HEAD 20
#define PACKET 1200 /* as it is sent, tag included */
#define BURST 10
#define PACKETS 20000
#define VIEWERS_MOST 10000
#define TURNS_MOST 100
#define SSRC 7

struct viewer {
    struct lct_srtp *ours; /* one of the two */
    srtp_t theirs;
};

/* Who protects. */
struct way {
    int (*open)(struct viewer *viewer, int number, enum lct_srtp_profile profile);
    void (*close)(struct viewer *viewer);
    size_t (*burst)(const struct viewer *viewer, uint64_t first, size_t n);
};

/* What one turn found. */
struct found {
    double ns;
    size_t bytes;
};

static uint8_t payload[BURST][PACKET], out[BURST][PACKET + LCT_SRTP_RTCP_TAIL_MAX];

static void make_key(uint8_t key[LCT_SRTP_KEY_MAX], int viewer) {
    memset(key, 0x5a, LCT_SRTP_KEY_MAX);
    memcpy(key, &viewer, sizeof viewer);
}

static int open_ours(struct viewer *viewer, int number, enum lct_srtp_profile profile) {
    uint8_t key[LCT_SRTP_KEY_MAX];
    make_key(key, number);
    return lct_srtp_create(profile, key, key, &viewer->ours);
}

static int open_theirs(struct viewer *viewer, int number, enum lct_srtp_profile profile) {
    uint8_t key[LCT_SRTP_KEY_MAX];
    srtp_policy_t policy = {.ssrc.type = ssrc_any_outbound, .key = key, .window_size = 128};
    make_key(key, number);
    (void)srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, (srtp_profile_t)profile);
    (void)srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, (srtp_profile_t)profile);
    return srtp_create(&viewer->theirs, &policy) == srtp_err_status_ok ? 0 : -1;
}

static void close_ours(struct viewer *viewer) { lct_srtp_destroy(viewer->ours); }

static void close_theirs(struct viewer *viewer) { (void)srtp_dealloc(viewer->theirs); }

static void write_head(uint8_t *head, uint64_t index) {
    static const uint8_t common[HEAD] = {0x90, 96,   0,    0,    0, 0, 0,    0, 0, 0,
                                         0,    SSRC, 0xbe, 0xde, 0, 1, 0x12, 1, 2, 3};
    memcpy(head, common, HEAD);
    head[2] = (uint8_t)(index >> 8);
    head[3] = (uint8_t)index;
}

static size_t burst_of_ours(const struct viewer *viewer, uint64_t first, size_t n) {
    size_t bytes = 0;
    for (size_t i = 0; i < BURST; i++) {
        uint8_t head[HEAD];
        write_head(head, first + i);
        bytes += lct_srtp_protect(viewer->ours, first + i, head, HEAD, payload[i], n, out[i]);
    }
    return bytes;
}

static size_t burst_of_theirs(const struct viewer *viewer, uint64_t first, size_t n) {
    size_t bytes = 0;
    for (size_t i = 0; i < BURST; i++) {
        int length = (int)(HEAD + n);
        write_head(out[i], first + i);
        memcpy(out[i] + HEAD, payload[i], n);
        bytes += srtp_protect(viewer->theirs, out[i], &length) == srtp_err_status_ok
                     ? (size_t)length
                     : 0;
    }
    return bytes;
}

/* CPU ns a packet; 0 when a packet was not made as it should. */
static double measure(const struct way *way, const struct viewer *viewers, int count, size_t n) {
    int rounds = 1 + PACKETS / (BURST * count);
    uint64_t index = 0;
    bool well = true;
    lct_ns cpu = lct_cpu_time();
    for (int round = 0; round < rounds; round++, index += BURST) {
        for (int i = 0; i < count; i++) {
            well = way->burst(&viewers[i], index, n) == (size_t)BURST * PACKET && well;
        }
    }
    cpu = lct_cpu_time() - cpu;
    return well ? (double)cpu / ((double)rounds * count * BURST) : 0;
}

static struct found turn(const struct way *way, enum lct_srtp_profile profile, int count) {
    struct viewer *viewers = lct_new((size_t)count * sizeof *viewers);
    size_t n = PACKET - HEAD - (profile == LCT_SRTP_AES128_GCM ? 16 : 10);
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < count; i++) {
        if (way->open(&viewers[i], i, profile) < 0) {
            (void)fputs("srtpcost: a viewer could not be made\n", stderr);
            exit(1);
        }
    }
    struct found found = {.bytes = (mallinfo2().uordblks - before) / (size_t)count};
    found.ns = measure(way, viewers, count, n);
    for (int i = 0; i < count; i++) {
        way->close(&viewers[i]);
    }
    free(viewers);
    return found;
}

static void print_list(const char *name, const struct found *found, int count) {
    (void)printf(", \"%s\": [", name);
    for (int i = 0; i < count; i++) {
        (void)printf("%s%.1f", i > 0 ? ", " : "", found[i].ns);
    }
    (void)printf("]");
}

int main(int argc, char **argv) {
    static const struct way our_way = {open_ours, close_ours, burst_of_ours};
    static const struct way their_way = {open_theirs, close_theirs, burst_of_theirs};
    int count = argc > 2 ? atoi(argv[2]) : 0, turns = argc > 3 ? atoi(argv[3]) : 5;
    bool gcm = argc > 1 && strcmp(argv[1], "gcm") == 0;
    if (argc < 3 || (!gcm && strcmp(argv[1], "cm") != 0) || count < 1 || count > VIEWERS_MOST ||
        turns < 1 || turns > TURNS_MOST) {
        (void)fputs("usage: srtpcost gcm|cm VIEWERS [TURNS]\n", stderr);
        return 1;
    }
    enum lct_srtp_profile profile = gcm ? LCT_SRTP_AES128_GCM : LCT_SRTP_AES128_SHA1_80;
    struct found ours[TURNS_MOST], theirs[TURNS_MOST];
    if (srtp_init() != srtp_err_status_ok) {
        return 1;
    }
    (void)turn(&our_way, profile, 1); /* what is made once is made now */
    for (int i = 0; i < turns; i++) {
        ours[i] = turn(&our_way, profile, count);
        theirs[i] = turn(&their_way, profile, count);
    }
    (void)printf("{\"profile\": \"%s\", \"viewers\": %d", argv[1], count);
    print_list("ours_ns", ours, turns);
    print_list("libsrtp_ns", theirs, turns);
    (void)printf(", \"viewer_bytes\": %zu, \"libsrtp_session_bytes\": %zu}\n", ours[0].bytes,
                 theirs[0].bytes);
    return 0;
}

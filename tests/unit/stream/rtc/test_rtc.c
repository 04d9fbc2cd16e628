// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The engine with real viewers on loopback: sockets, DTLS by OpenSSL, SRTP opened by libsrtp. The
 * lesson is published in real time, thirty pictures a second.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <srtp2/srtp.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/thread.h"
#include "encode/mp4.h"
#include "stream/rtc/rtc.h"
#include "stream/rtc/rtp.h"
#include "tests/support/depay.h"
#include "tests/support/format.h"
#include "tests/support/viewer.h"

#define FPS 30
#define PICTURES_A_KEY 60
#define PATIENCE (10 * LCT_SECOND)
#define SEEN_MAX 4096

static struct lct_bus *bus;
static struct lct_rtc *rtc;
static struct lct_format *picture, *sound;
static lct_ns zero;
static atomic_uint keys_wanted;
static atomic_bool over, revoked;
static const char *pass; /* of who joins */
static struct lct_thread publisher;

/* ---- the lesson ---- */

static size_t bytes_of(int64_t number) { return number % PICTURES_A_KEY == 0 ? 9000 : 2500; }

static void fill(int64_t number, uint8_t *sample, size_t n) {
    struct lct_writer w = lct_writer(sample, n);
    lct_put_u32(&w, (uint32_t)n - 4);
    lct_put_u8(&w, number % PICTURES_A_KEY == 0 ? 0x65 : 0x41);
    for (size_t i = 5; i < n; i++) {
        lct_put_u8(&w, (unsigned)(i * 31 + (uint64_t)number * 7) & 0xff);
    }
}

static void publish(int64_t number) {
    size_t n = bytes_of(number);
    LCT_FREE uint8_t *sample = lct_new(n);
    const struct lct_chunk_info info = {.tfdt = number * 90000 / FPS,
                                        .duration = 2 * 90000 / FPS,
                                        .samples = 1,
                                        .key = number % PICTURES_A_KEY == 0,
                                        .sample_bytes = {(uint32_t)n}};
    fill(number, sample, n);
    struct lct_chunk *chunk = lct_mp4_pack(picture, &info, (const uint8_t *const[]){sample});
    chunk->captured = zero + chunk->time;
    lct_bus_publish(bus, chunk);
    lct_chunk_unref(chunk);
}

/* 20 ms of "Opus": its number, again and again. */
static void publish_sound(int64_t number) {
    uint8_t sample[40];
    const struct lct_chunk_info info = {.tfdt = number * 960,
                                        .duration = 960,
                                        .samples = 1,
                                        .key = true,
                                        .sample_bytes = {sizeof sample}};
    memset(sample, (int)number, sizeof sample);
    struct lct_chunk *chunk = lct_mp4_pack(sound, &info, (const uint8_t *const[]){sample});
    chunk->captured = zero + chunk->time;
    lct_bus_publish(bus, chunk);
    lct_chunk_unref(chunk);
}

static void teach(void *arg) {
    int64_t sounds = 0;
    (void)arg;
    for (int64_t number = 0; !atomic_load(&over); number++) {
        publish(number);
        for (; sounds * FPS < number * 50; sounds++) {
            publish_sound(sounds);
        }
        lct_ns wait = zero + (number + 1) * LCT_SECOND / FPS - lct_monotonic();
        if (wait > 0) {
            (void)usleep((useconds_t)(wait / LCT_US));
        }
    }
}

static void want_key(void *arg, uint32_t track_id) {
    (void)arg;
    atomic_fetch_add(&keys_wanted, track_id); /* the camera's is 1 */
}

static void want_small(void *arg, uint32_t track_id) {
    (void)arg;
    (void)track_id; /* there is none */
}

static bool may_watch(void *arg, const char *room, const char *by) {
    return strcmp(room, "main") == 0 && strcmp(by, arg) == 0 && !atomic_load(&revoked);
}

static void open_room(unsigned viewers_max) {
    struct lct_fault fault;
    static char link[] = "a-link";
    const struct lct_rtc_settings settings = {
        .address = "127.0.0.1", .viewers_max = viewers_max, .may_watch = may_watch, .arg = link};
    bus = lct_bus_create();
    picture = lct_test_picture_format();
    sound = lct_test_sound_format();
    sound->codec = LCT_CODEC_OPUS;
    sound->track_id += LCT_TRACK_LIVE_ID;
    zero = lct_monotonic();
    cr_assert_eq(lct_rtc_create(&settings, &rtc, &fault), 0, "%s", fault.en);
    lct_rtc_add_room(rtc, "main", bus, &(struct lct_wishes){want_key, want_small, NULL});
}

static void begin_for(unsigned viewers_max) {
    open_room(viewers_max);
    lct_thread_start(&publisher, "teacher", teach, NULL);
}

static void begin(void) { begin_for(4); }

static void begin_many(void) { begin_for(LCT_RTC_MANY); }

static void end(void) {
    atomic_store(&over, true);
    lct_thread_join(&publisher);
    lct_rtc_destroy(rtc);
    lct_bus_destroy(bus);
    lct_format_unref(picture);
    lct_format_unref(sound);
}

TestSuite(rtc, .init = begin, .fini = end, .timeout = 40);
TestSuite(rtc_many, .init = begin_many, .fini = end, .timeout = 40);

/* ---- who watches ---- */

struct joined {
    sem_t told;
    int code;
    char id[LCT_RTC_ID_SIZE];
    char *answer;
};

static void on_joined(void *arg, const char *id, const char *answer,
                      const struct lct_fault *fault) {
    struct joined *j = arg;
    j->code = fault ? fault->code : 0;
    if (id) {
        memcpy(j->id, id, sizeof j->id);
        j->answer = lct_strdup(answer);
    }
    (void)sem_post(&j->told);
}

static int join(const char *room, const char *track, const char *offer, struct joined *ret_joined) {
    const struct lct_rtc_join wish = {.room = room,
                                      .tracks = {track},
                                      .n_tracks = 1,
                                      .pass = pass,
                                      .offer = offer,
                                      .offer_n = strlen(offer)};
    *ret_joined = (struct joined){.code = 1};
    (void)sem_init(&ret_joined->told, 0, 0);
    lct_rtc_join(rtc, &wish, on_joined, ret_joined);
    while (sem_wait(&ret_joined->told) < 0) {
    }
    return ret_joined->code;
}

/* What one viewer saw. */
struct seat {
    struct viewer *viewer;
    char id[LCT_RTC_ID_SIZE];
    struct depay picture;
    uint32_t timestamp;      /**< of the picture that is coming */
    int64_t pictures, first; /**< seen whole; number of the first, -1 before */
    uint16_t sequences[SEEN_MAX];
    size_t packets;
    uint32_t ssrc;
    uint64_t again_bytes;
    uint64_t unopened, again; /**< again: packets sent again whose number was */
    uint16_t asked;           /**< this (others are sent again unasked, when a stream stands) */
    bool drop;                /**< packets are not looked at */
    int room; /**< what pictures are to wait at least, in 10 ms, as told last; -1: not told */
};

static void judge_picture(struct seat *s) {
    int64_t number = (int64_t)s->timestamp * FPS / 90000;
    size_t n = bytes_of(number);
    LCT_FREE uint8_t *sample = lct_new(n);
    fill(number, sample, n);
    cr_assert_null(s->picture.wrong, "%s", s->picture.wrong);
    cr_assert_eq(s->picture.n, n, "picture %lld has %zu bytes", (long long)number, s->picture.n);
    cr_assert_arr_eq(s->picture.sample, sample, n);
    s->first = s->first < 0 ? number : s->first;
    s->pictures++;
    depay_end(&s->picture);
    s->timestamp = UINT32_MAX;
}

static void taken(void *arg, struct viewer *viewer, struct viewer_packet *packet) {
    struct seat *s = arg;
    size_t plain = viewer_open(viewer, packet), n;
    const uint8_t *payload = viewer_payload(packet, plain, &n);
    s->unopened += plain == 0;
    if (plain == 0 || s->drop) {
        return;
    }
    if (packet->type == VIEWER_RTX) {
        s->again_bytes += n;
        s->again += (payload[0] << 8 | payload[1]) == s->asked;
        return;
    }
    cr_assert_eq(packet->type, VIEWER_H264);
    s->ssrc = packet->ssrc;
    const uint8_t *playout = viewer_extension(packet, VIEWER_PLAYOUT, &(size_t){0});
    s->room = playout ? playout[0] << 4 | playout[1] >> 4 : s->room;
    s->sequences[s->packets++ % SEEN_MAX] = packet->sequence;
    if (s->timestamp != packet->timestamp) {
        cr_assert_eq(s->timestamp, UINT32_MAX, "a picture that does not end");
        s->timestamp = packet->timestamp;
        depay_begin(&s->picture, LCT_RTP_PAYLOAD_MAX, 20000);
    }
    depay_payload(&s->picture, NULL, 0, payload, n, packet->marker);
    if (packet->marker) {
        judge_picture(s);
    }
}

/* The bus gives an engine that comes in mid-lesson the next key frame first. */
static void wait_for_air(const char *offer, struct joined *joined) {
    lct_ns until = lct_monotonic() + PATIENCE;
    while (join("main", "camera", offer, joined) == -EAGAIN && lct_monotonic() < until) {
        (void)usleep(20000);
    }
    cr_assert_eq(joined->code, 0);
}

static void sit_down(struct seat *s) {
    static const char *const tracks[] = {"camera"};
    struct joined joined;
    *s = (struct seat){.first = -1, .timestamp = UINT32_MAX, .room = -1};
    s->viewer = viewer_create(tracks, 1, taken, s);
    LCT_FREE char *offer = viewer_offer(s->viewer);
    wait_for_air(offer, &joined);
    memcpy(s->id, joined.id, sizeof s->id);
    cr_assert(viewer_answer(s->viewer, joined.answer, "127.0.0.1"));
    free(joined.answer);
}

static void get_up(struct seat *s) {
    viewer_destroy(s->viewer);
    if (s->timestamp != UINT32_MAX) {
        depay_end(&s->picture);
    }
}

/* Watches until that many whole pictures are seen in all. */
static void watch_pictures(struct seat *s, int64_t pictures) {
    lct_ns until = lct_monotonic() + PATIENCE;
    while (s->pictures < pictures && lct_monotonic() < until) {
        viewer_serve(s->viewer);
        (void)usleep(1000);
    }
    cr_assert_geq(s->pictures, pictures);
}

static void watch_for(struct seat *s, lct_ns span) {
    lct_ns until = lct_monotonic() + span;
    while (lct_monotonic() < until) {
        viewer_serve(s->viewer);
        (void)usleep(1000);
    }
}

static uint64_t viewers(void) { return lct_rtc_viewers(rtc, "main"); }

static void wait_for_viewers(uint64_t n) {
    lct_ns until = lct_monotonic() + PATIENCE;
    while (viewers() != n && lct_monotonic() < until) {
        (void)usleep(10000);
    }
    cr_assert_eq(viewers(), n);
}

static uint64_t refused(void) {
    struct lct_rtc_counters counters;
    (void)usleep(300000); /* they are told every 100 ms */
    lct_rtc_count(rtc, &counters);
    return counters.refused;
}

static void nack(struct seat *s, uint16_t sequence) {
    uint8_t packet[16];
    s->asked = sequence;
    s->again = 0;
    struct lct_writer w = lct_writer(packet, sizeof packet);
    lct_put_be(&w, 0x81cd0003, 4); /* RTPFB, format 1 */
    lct_put_be(&w, 1, 4);
    lct_put_be(&w, s->ssrc, 4);
    lct_put_be(&w, (uint32_t)sequence << 16, 4);
    viewer_report(s->viewer, packet, w.at);
}

static void ask_key(struct seat *s) {
    uint8_t packet[12];
    struct lct_writer w = lct_writer(packet, sizeof packet);
    lct_put_be(&w, 0x81ce0002, 4); /* PSFB, format 1 */
    lct_put_be(&w, 1, 4);
    lct_put_be(&w, s->ssrc, 4);
    viewer_report(s->viewer, packet, w.at);
}

/* ---- the tests ---- */

Test(rtc, a_viewer_gets_every_picture_from_the_last_key_on) {
    struct seat s;
    (void)usleep(2300000); /* into the second group */
    sit_down(&s);
    watch_pictures(&s, 100);
    cr_assert_eq(s.first % PICTURES_A_KEY, 0, "begins with picture %lld", (long long)s.first);
    cr_assert_eq(s.unopened, 0);
    for (size_t i = 1; i < s.packets; i++) {
        cr_assert_eq((uint16_t)(s.sequences[i] - s.sequences[i - 1]), 1);
    }
    get_up(&s);
}

Test(rtc, what_was_lost_comes_again) {
    struct seat s;
    sit_down(&s);
    watch_pictures(&s, 20);
    nack(&s, s.sequences[s.packets - 5]);
    watch_for(&s, LCT_SECOND / 2);
    cr_assert_eq(s.again, 2, "twice: it may be lost again");
    nack(&s, (uint16_t)(s.sequences[0] - 1)); /* was never sent to this viewer */
    watch_for(&s, LCT_SECOND / 2);
    cr_assert_eq(s.again, 0);
    get_up(&s);
}

Test(rtc, who_misses_something_shows_its_pictures_later) {
    struct seat losing, fine;
    sit_down(&losing);
    sit_down(&fine);
    watch_pictures(&losing, 20);
    watch_pictures(&fine, 20);
    cr_assert_eq(losing.room, 0);
    nack(&losing, losing.sequences[losing.packets - 5]);
    watch_pictures(&losing, losing.pictures + 20);
    cr_assert_geq(losing.room, 20, "time for two questions");
    watch_pictures(&fine, PICTURES_A_KEY + 20); /* a key frame tells it */
    cr_assert_eq(fine.room, 0);
    get_up(&losing);
    get_up(&fine);
}

Test(rtc, many_who_ask_get_one_key_frame) {
    struct seat one, two;
    sit_down(&one);
    sit_down(&two);
    watch_pictures(&one, 5);
    watch_pictures(&two, 5);
    unsigned before = atomic_load(&keys_wanted);
    for (int i = 0; i < 5; i++) {
        ask_key(&one);
        ask_key(&two);
    }
    watch_for(&one, LCT_SECOND / 4);
    cr_assert_eq(atomic_load(&keys_wanted) - before, 1);
    get_up(&one);
    get_up(&two);
}

Test(rtc, who_asks_again_and_again_gets_few_key_frames) {
    struct seat s;
    sit_down(&s);
    watch_pictures(&s, 5);
    unsigned before = atomic_load(&keys_wanted);
    for (int i = 0; i < 50; i++) {
        ask_key(&s);
        watch_for(&s, LCT_SECOND / 10);
    }
    unsigned got = atomic_load(&keys_wanted) - before;
    cr_assert_geq(got, LCT_RTC_KEYS_AT_ONCE);
    cr_assert_leq(got, LCT_RTC_KEYS_AT_ONCE + 5 * LCT_SECOND / LCT_RTC_KEY_PACE + 1);
    get_up(&s);
}

Test(rtc, a_viewer_may_move_to_another_address) {
    struct seat s;
    sit_down(&s);
    watch_pictures(&s, 10);
    viewer_move(s.viewer);
    watch_for(&s, LCT_SECOND / 2); /* what was under way is lost, in mid-picture perhaps */
    if (s.timestamp != UINT32_MAX) {
        depay_end(&s.picture);
        s.timestamp = UINT32_MAX;
    }
    size_t packets = s.packets;
    s.drop = true;
    watch_for(&s, LCT_SECOND / 4);
    cr_assert_gt(packets, 20);
    cr_assert_eq(s.unopened, 0);
    cr_assert_eq(viewers(), 1);
    get_up(&s);
}

Test(rtc, goodbye_frees_at_once) {
    struct seat s;
    sit_down(&s);
    watch_pictures(&s, 5);
    cr_assert_eq(viewers(), 1);
    viewer_leave(s.viewer);
    wait_for_viewers(0);
    get_up(&s);
}

struct left {
    sem_t told;
    bool found;
};

static void on_left(void *arg, bool found) {
    struct left *left = arg;
    left->found = found;
    (void)sem_post(&left->told);
}

Test(rtc, a_viewer_is_ended_by_its_id) {
    struct left left = {.found = false};
    struct seat s;
    sit_down(&s);
    watch_pictures(&s, 5);
    (void)sem_init(&left.told, 0, 0);
    lct_rtc_leave(rtc, s.id, on_left, &left);
    (void)sem_wait(&left.told);
    cr_assert(left.found);
    watch_for(&s, LCT_SECOND / 4);
    cr_assert_eq(viewer_state(s.viewer), VIEWER_OVER, "it is told");
    lct_rtc_leave(rtc, s.id, on_left, &left);
    (void)sem_wait(&left.told);
    cr_assert_not(left.found);
    get_up(&s);
}

Test(rtc, who_may_watch_no_more_is_ended) {
    struct seat free_one, by_link;
    sit_down(&free_one);
    pass = "a-link";
    sit_down(&by_link);
    watch_pictures(&free_one, 40); /* more than a second: it was asked whether both may stay */
    watch_pictures(&by_link, 40);
    cr_assert_eq(viewers(), 2);
    atomic_store(&revoked, true);
    wait_for_viewers(1);
    watch_for(&by_link, LCT_SECOND / 4);
    cr_assert_eq(viewer_state(by_link.viewer), VIEWER_OVER, "it is told");
    watch_pictures(&free_one, free_one.pictures + 40);
    cr_assert_eq(viewers(), 1);
    get_up(&by_link);
    get_up(&free_one);
}

Test(rtc, a_certificate_that_was_not_offered_is_refused) {
    static const char *const tracks[] = {"camera"};
    struct seat s = {.first = -1, .timestamp = UINT32_MAX};
    struct joined joined;
    s.viewer = viewer_create(tracks, 1, taken, &s);
    LCT_FREE char *offer = viewer_offer(s.viewer);
    char *sum = strstr(offer, "sha-256 ") + 8;
    sum[0] = sum[0] == 'A' ? 'B' : 'A';
    wait_for_air(offer, &joined);
    cr_assert(viewer_answer(s.viewer, joined.answer, "127.0.0.1"));
    free(joined.answer);
    watch_for(&s, LCT_SECOND);
    cr_assert_eq(s.packets, 0);
    wait_for_viewers(0);
    get_up(&s);
}

Test(rtc, strangers_and_forgers_are_counted_and_not_heard) {
    struct seat s;
    uint8_t forged[40] = {0x81, 0xc9, 0, 7};
    sit_down(&s);
    watch_pictures(&s, 5);
    uint64_t before = refused();
    for (int i = 0; i < 20; i++) {
        forged[8] = (uint8_t)i;
        (void)send(viewer_fd(s.viewer), forged, sizeof forged, 0);
    }
    int64_t pictures = s.pictures;
    watch_for(&s, LCT_SECOND / 2);
    cr_assert_geq(refused() - before, 20);
    cr_assert_gt(s.pictures, pictures);
    get_up(&s);
}

/* Asks for everything there is, again and again. */
Test(rtc, a_storm_of_nacks_is_answered_within_its_allowance) {
    enum { ENTRIES = 200, STORMS = 500 };
    struct seat one, other;
    uint8_t packet[12 + 4 * ENTRIES];
    sit_down(&one);
    sit_down(&other);
    watch_pictures(&one, 40);
    struct lct_writer w = lct_writer(packet, sizeof packet);
    lct_put_be(&w, 0x81cd0002 + ENTRIES, 4);
    lct_put_be(&w, 1, 4);
    lct_put_be(&w, one.ssrc, 4);
    for (int i = 0; i < ENTRIES; i++) {
        lct_put_u16(&w, (uint16_t)(one.sequences[0] + 17 * i));
        lct_put_u16(&w, 0xffff);
    }
    one.again_bytes = 0;
    lct_ns from = lct_monotonic();
    for (int i = 0; i < STORMS; i++) {
        viewer_report(one.viewer, packet, w.at);
        viewer_serve(one.viewer);
        viewer_serve(other.viewer);
        (void)usleep(1000);
    }
    watch_for(&one, LCT_SECOND / 4);
    double seconds = (double)(lct_monotonic() - from) / 1e9;
    cr_assert_gt(one.again_bytes, 32 << 10, "it is answered");
    cr_assert_lt((double)one.again_bytes, (64 << 10) + seconds * 1500000 / 8 + 2000);
    watch_pictures(&one, one.pictures + 20); /* whole ones, as all here */
    watch_pictures(&other, one.pictures - 40);
    cr_assert_eq(other.again, 0);
    get_up(&one);
    get_up(&other);
}

static void remb(struct seat *s, uint32_t mantissa, unsigned exponent) {
    uint8_t packet[24];
    struct lct_writer w = lct_writer(packet, sizeof packet);
    lct_put_be(&w, 0x8fce0005, 4); /* PSFB, format 15 */
    lct_put_be(&w, 1, 4);
    lct_put_be(&w, 0, 4);
    lct_put(&w, "REMB", 4);
    lct_put_be(&w, 1U << 24 | exponent << 18 | mantissa, 4);
    lct_put_be(&w, s->ssrc, 4);
    viewer_report(s->viewer, packet, w.at);
}

Test(rtc, absurd_remb_changes_nothing) {
    struct lct_rtc_counters counters;
    struct seat s;
    sit_down(&s);
    watch_pictures(&s, 5);
    for (int i = 0; i < 20; i++) { /* a low one has to be said for a while */
        remb(&s, 0, 0);
        remb(&s, 0, 63);
        remb(&s, 1, 0);
        watch_for(&s, LCT_SECOND / 5);
    }
    for (int i = 0; i < 5; i++) {
        remb(&s, 0x20000, 46); /* 2^63 */
        remb(&s, 0x3ffff, 46); /* most there is */
        remb(&s, 0x3ffff, 63); /* more than there is */
        watch_for(&s, LCT_SECOND / 5);
    }
    watch_pictures(&s, s.pictures + 10);
    lct_rtc_count(rtc, &counters);
    cr_assert_eq(counters.smaller, 0);
    cr_assert_eq(counters.skipped, 0);
    get_up(&s);
}

Test(rtc, a_low_remb_harms_its_viewer_alone) {
    struct lct_rtc_counters counters;
    struct seat liar, honest;
    sit_down(&liar);
    sit_down(&honest);
    watch_pictures(&liar, 5);
    for (int i = 0; i < 40; i++) {
        remb(&liar, 110000, 0);
        watch_for(&liar, LCT_SECOND / 20);
        watch_for(&honest, LCT_SECOND / 20);
    }
    (void)usleep(200000); /* they are told every 100 ms */
    lct_rtc_count(rtc, &counters);
    cr_assert_geq(counters.smaller, 1);
    watch_pictures(&honest, 100);
    for (size_t i = 1; i < honest.packets; i++) {
        cr_assert_eq((uint16_t)(honest.sequences[i] - honest.sequences[i - 1]), 1);
    }
    get_up(&liar);
    get_up(&honest);
}

Test(rtc, rtcp_under_another_key_is_refused) {
    uint8_t key[28] = "this was never agreed upon.", packet[64] = {0x81, 0xce, 0, 2, 0, 0, 0, 1};
    srtp_policy_t policy = {.ssrc = {.type = ssrc_any_outbound}, .key = key};
    srtp_t srtp = NULL;
    struct seat s;
    sit_down(&s);
    watch_pictures(&s, 5);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    cr_assert_eq(srtp_create(&srtp, &policy), srtp_err_status_ok);
    uint64_t before = refused();
    unsigned keys = atomic_load(&keys_wanted);
    for (int i = 0; i < 20; i++) {
        int n = 12;
        uint8_t out[64];
        memcpy(out, packet, sizeof out);
        out[8] = (uint8_t)(s.ssrc >> 24);
        out[9] = (uint8_t)(s.ssrc >> 16);
        out[10] = (uint8_t)(s.ssrc >> 8);
        out[11] = (uint8_t)s.ssrc;
        cr_assert_eq(srtp_protect_rtcp(srtp, out, &n), srtp_err_status_ok);
        (void)send(viewer_fd(s.viewer), out, (size_t)n, 0);
    }
    watch_for(&s, LCT_SECOND / 4);
    cr_assert_eq(refused() - before, 20);
    cr_assert_eq(atomic_load(&keys_wanted), keys, "nobody asked for a key frame");
    ask_key(&s); /* the same under the right one */
    watch_for(&s, LCT_SECOND / 4);
    cr_assert_gt(atomic_load(&keys_wanted), keys);
    (void)srtp_dealloc(srtp);
    get_up(&s);
}

/* ---- sound ---- */

#define SOUND_BYTES 40U

struct listener {
    struct viewer *viewer;
    uint64_t packets, heard; /* heard: of those not thrown away */
    uint32_t first, last;    /* sounds' numbers */
    bool got[2 * SEEN_MAX];  /* by number */
};

static void hear(struct listener *l, uint32_t timestamp, const uint8_t *payload, size_t n) {
    uint32_t number = timestamp / 960;
    cr_assert_eq(timestamp % 960, 0);
    cr_assert_eq(n, SOUND_BYTES);
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(payload[i], (uint8_t)number);
    }
    cr_assert_lt(number, 2 * SEEN_MAX);
    l->got[number] = true;
    l->last = number;
}

/* RFC 2198: heads of 4 bytes for what is earlier, one of 1 for its own, then the payloads. */
static void hear_red(struct listener *l, uint32_t timestamp, const uint8_t *payload, size_t n) {
    struct lct_reader heads = lct_reader(payload, n);
    size_t earlier = 0;
    while (payload[4 * earlier] & 0x80) {
        earlier++;
    }
    const uint8_t *body = payload + 4 * earlier + 1;
    for (size_t i = 0; i < earlier; i++) {
        uint32_t head = (uint32_t)lct_get_be(&heads, 4);
        cr_assert_eq(head >> 24 & 0x7f, VIEWER_OPUS);
        hear(l, timestamp - (head >> 10 & 0x3fff), body, head & 0x3ff);
        body += head & 0x3ff;
    }
    cr_assert_eq(lct_get_u8(&heads), VIEWER_OPUS);
    hear(l, timestamp, body, n - (size_t)(body - payload));
}

static void listen_to(void *arg, struct viewer *viewer, struct viewer_packet *packet) {
    struct listener *l = arg;
    size_t n, plain = viewer_open(viewer, packet);
    const uint8_t *payload = viewer_payload(packet, plain, &n);
    cr_assert_eq(packet->type, VIEWER_RED);
    if (plain > 0 && l->packets++ % 3 == 2) { /* the others are lost on the way */
        l->first = l->heard++ == 0 ? packet->timestamp / 960 : l->first;
        hear_red(l, packet->timestamp, payload, n);
    }
}

Test(rtc, sound_with_red_misses_nothing_when_two_of_three_packets_are_lost) {
    static const char *const tracks[] = {"sound"};
    struct listener l = {.packets = 0};
    struct joined joined;
    l.viewer = viewer_create(tracks, 1, listen_to, &l);
    viewer_want_red(l.viewer);
    LCT_FREE char *offer = viewer_offer(l.viewer);
    lct_ns until = lct_monotonic() + PATIENCE;
    while (join("main", "sound", offer, &joined) == -EAGAIN && lct_monotonic() < until) {
        (void)usleep(20000);
    }
    cr_assert_eq(joined.code, 0);
    cr_assert(viewer_answer(l.viewer, joined.answer, "127.0.0.1"));
    free(joined.answer);
    while (l.heard < 40 && lct_monotonic() < until) {
        viewer_serve(l.viewer);
        (void)usleep(1000);
    }
    cr_assert_geq(l.heard, 40);
    for (uint32_t number = l.first; number <= l.last; number++) {
        cr_assert(l.got[number], "sound %u of %u to %u", number, l.first, l.last);
    }
    viewer_destroy(l.viewer);
}

Test(rtc, who_cannot_be_let_in_is_told_why) {
    static const char *const tracks[] = {"camera"};
    struct joined joined;
    struct viewer *v = viewer_create(tracks, 1, taken, NULL);
    LCT_FREE char *offer = viewer_offer(v);
    wait_for_air(offer, &joined);
    free(joined.answer);
    cr_expect_eq(join("nowhere", "camera", offer, &joined), -ENOENT);
    cr_expect_eq(join("main", "screen", offer, &joined), -EAGAIN);
    cr_expect_eq(join("main", "camera", "v=0\r\n", &joined), -EINVAL);
    *strstr(offer, "H264") = 'J';
    cr_expect_eq(join("main", "camera", offer, &joined), -ENOTSUP);
    *strstr(offer, "J264") = 'H';
    for (int i = 1; i < 4; i++) {
        cr_expect_eq(join("main", "camera", offer, &joined), 0);
        free(joined.answer);
    }
    cr_expect_eq(join("main", "camera", offer, &joined), -EUSERS);
    viewer_destroy(v);
}

Test(rtc, the_bell_ends_its_viewers) {
    struct seat s;
    sit_down(&s);
    watch_pictures(&s, 30);
    atomic_store(&over, true);
    lct_thread_join(&publisher);
    zero = lct_monotonic(); /* the next lesson */
    atomic_store(&over, false);
    lct_thread_start(&publisher, "teacher", teach, NULL);
    wait_for_viewers(0);
    get_up(&s);
    sit_down(&s);
    watch_pictures(&s, 5);
    get_up(&s);
}

/* ---- many viewers ---- */

#define TIMED 256

/* A picture on its way to all, by the kernel's clock. */
static struct {
    uint32_t timestamp;
    int begun, ended; /* viewers that have its first packet, its last */
    int64_t last_begun, first_ended;
} timed[TIMED];

static void time_packet(void *arg, struct viewer *viewer, struct viewer_packet *packet) {
    uint32_t *current = arg;
    size_t i = (size_t)((int64_t)packet->timestamp * FPS / 90000 % TIMED);
    (void)viewer;
    if (packet->type != VIEWER_H264) {
        return; /* sent again */
    }
    if (timed[i].timestamp != packet->timestamp) {
        memset(&timed[i], 0, sizeof timed[i]);
        timed[i].timestamp = packet->timestamp;
        timed[i].first_ended = INT64_MAX;
    }
    if (*current != packet->timestamp) {
        *current = packet->timestamp;
        timed[i].begun++;
        timed[i].last_begun =
            packet->arrived > timed[i].last_begun ? packet->arrived : timed[i].last_begun;
    }
    if (packet->marker) {
        timed[i].ended++;
        timed[i].first_ended =
            packet->arrived < timed[i].first_ended ? packet->arrived : timed[i].first_ended;
    }
}

/* A picture that all had begun before one had it whole. (Of two that the engine gets at once the
 * second comes in one piece.) */
static bool went_round(void) {
    for (size_t i = 0; i < TIMED; i++) {
        if (timed[i].begun == LCT_RTC_MANY && timed[i].ended == LCT_RTC_MANY &&
            timed[i].last_begun < timed[i].first_ended) {
            return true;
        }
    }
    return false;
}

Test(rtc_many, everybody_gets_a_little_before_anybody_gets_all) {
    static const char *const tracks[] = {"camera"};
    static struct viewer *all[LCT_RTC_MANY];
    static uint32_t current[LCT_RTC_MANY];
    struct joined joined;
    for (int i = 0; i < LCT_RTC_MANY; i++) {
        for (int k = 0; k < i; k++) { /* on a busy machine the first would be forgotten by now */
            viewer_serve(all[k]);
        }
        all[i] = viewer_create(tracks, 1, time_packet, &current[i]);
        LCT_FREE char *offer = viewer_offer(all[i]);
        wait_for_air(offer, &joined);
        cr_assert(viewer_answer(all[i], joined.answer, "127.0.0.1"));
        free(joined.answer);
    }
    lct_ns until = lct_monotonic() + 2 * PATIENCE;
    while (!went_round() && lct_monotonic() < until) {
        for (int i = 0; i < LCT_RTC_MANY; i++) {
            viewer_serve(all[i]);
        }
        (void)usleep(1000);
    }
    cr_expect(went_round());
    for (int i = 0; i < LCT_RTC_MANY; i++) {
        viewer_destroy(all[i]);
    }
}

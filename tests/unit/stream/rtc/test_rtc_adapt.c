// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A viewer behind a narrow line (tests/tools/lossyrelay) that tells what came when, as browsers do;
 * and a recorder that makes the camera's small twin while somebody wishes it.
 */
#include <criterion/criterion.h>

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/thread.h"
#include "encode/mp4.h"
#include "stream/rtc/rtc.h"
#include "tests/support/format.h"
#include "tests/support/viewer.h"

#define FPS 30
#define PICTURES_A_KEY 60
#define FEEDBACK (100 * LCT_MS)
#define TOLD_MAX 512

/* Bytes of a picture, and of a key frame: 3 Mbit/s and 0.4. */
static const struct { size_t picture, key; } sizes[2] = {{12000, 36000}, {1500, 6000}};

static struct lct_bus *bus;
static struct lct_rtc *rtc;
static struct lct_format *formats[2]; /* the camera, its twin */
static lct_ns zero;
static atomic_bool over, key_wanted[2];
static _Atomic lct_ns small_until;
static atomic_bool has_twin;
static struct lct_thread publisher;

/* ---- the lesson ---- */

static void publish(int which, int64_t number, bool key) {
    size_t n = key ? sizes[which].key : sizes[which].picture;
    LCT_FREE uint8_t *sample = lct_new(n);
    const struct lct_chunk_info info = {.tfdt = number * 90000 / FPS,
                                        .duration = 2 * 90000 / FPS,
                                        .samples = 1,
                                        .key = key,
                                        .sample_bytes = {(uint32_t)n}};
    struct lct_writer w = lct_writer(sample, n);
    lct_put_u32(&w, (uint32_t)n - 4);
    lct_put_u8(&w, key ? 0x65 : 0x41);
    struct lct_chunk *chunk = lct_mp4_pack(formats[which], &info, (const uint8_t *const[]){sample});
    chunk->captured = zero + chunk->time;
    lct_bus_publish(bus, chunk);
    lct_chunk_unref(chunk);
}

static void teach(void *arg) {
    bool small = false;
    (void)arg;
    for (int64_t number = 0; !atomic_load(&over); number++) {
        bool key = number % PICTURES_A_KEY == 0;
        bool wanted = has_twin && lct_monotonic() < atomic_load(&small_until);
        publish(0, number, atomic_exchange(&key_wanted[0], false) || key);
        if (wanted && number > 3) { /* it is late: it is coded after its track */
            publish(1, number - 3, atomic_exchange(&key_wanted[1], false) || key || !small);
        }
        small = wanted;
        lct_ns wait = zero + (number + 1) * LCT_SECOND / FPS - lct_monotonic();
        if (wait > 0) {
            (void)usleep((useconds_t)(wait / LCT_US));
        }
    }
}

static void want_key(void *arg, uint32_t track_id) {
    (void)arg;
    atomic_store(&key_wanted[track_id > LCT_TRACK_SMALL_ID], true);
}

static void want_small(void *arg, uint32_t track_id) {
    (void)arg;
    cr_assert_eq(track_id, 1);
    atomic_store(&small_until, lct_monotonic() + LCT_WISH_LEASE);
}

static void begin(void) {
    struct lct_fault fault;
    const struct lct_rtc_settings settings = {.address = "127.0.0.1", .viewers_max = 4};
    const struct lct_wishes wishes = {want_key, want_small, NULL};
    bus = lct_bus_create();
    has_twin = true;
    formats[0] = lct_test_picture_format();
    formats[1] = lct_test_picture_format();
    formats[1]->track_id = 1 + LCT_TRACK_SMALL_ID;
    (void)snprintf(formats[1]->track, sizeof formats[1]->track, "camera-small");
    zero = lct_monotonic();
    cr_assert_eq(lct_rtc_create(&settings, &rtc, &fault), 0, "%s", fault.en);
    lct_rtc_add_room(rtc, "main", bus, &wishes);
    lct_thread_start(&publisher, "teacher", teach, NULL);
}

static void end(void) {
    atomic_store(&over, true);
    lct_thread_join(&publisher);
    lct_rtc_destroy(rtc);
    lct_bus_destroy(bus);
    lct_format_unref(formats[0]);
    lct_format_unref(formats[1]);
}

TestSuite(rtc_adapt, .init = begin, .fini = end, .timeout = 120);

/* ---- the line ---- */

static FILE *relay;

/* A relay of this rate (kbit/s; 0: any) to the engine; its port. */
static int open_line(int rate) {
    char file[] = "/tmp/lct-relay-XXXXXX";
    int fd = mkstemp(file), port = 0;
    const char *tools = getenv("LCT_TOOLS");
    LCT_FREE char *command =
        lct_format("exec '%s/lossyrelay' --to %d --rate %d --delay 10 > %s",
                   tools ? tools : "build/tests", lct_rtc_port(rtc), rate, file);
    relay = popen(command, "w");
    cr_assert(fd >= 0 && relay);
    for (int i = 0; i < 500 && port == 0; i++) {
        char text[64] = "";
        (void)usleep(10000);
        if (pread(fd, text, sizeof text - 1, 0) > 0) {
            (void)sscanf(text, "{\"port\":%d", &port);
        }
    }
    (void)close(fd);
    (void)unlink(file);
    cr_assert_gt(port, 0);
    return port;
}

static void set_rate(int rate) {
    (void)fprintf(relay, "rate %d\n", rate);
    (void)fflush(relay);
}

/* ---- who watches ---- */

struct seat {
    struct viewer *viewer;
    sem_t told;
    char *answer;
    uint32_t ssrc, timestamp;
    uint16_t sequence;
    uint64_t bytes, pictures, packets;
    uint32_t back; /* pictures older than the one before */
    lct_ns fed_back;
    int64_t arrivals[TOLD_MAX]; /* us, by transport-wide number; 0: none */
    uint16_t first, last;       /* of those not told of yet */
    bool any;
    bool numbered; /* it asked for transport-wide numbers, and tells of them; else by REMB alone */
    unsigned remb_kbps;
};

static void note_arrival(struct seat *s, uint16_t at) {
    s->arrivals[at % TOLD_MAX] = lct_monotonic() / LCT_US;
    s->first = s->any ? s->first : at;
    s->last = at;
    s->any = true;
}

static void taken(void *arg, struct viewer *viewer, struct viewer_packet *packet) {
    struct seat *s = arg;
    size_t n = 0;
    if (viewer_open(viewer, packet) == 0) {
        return;
    }
    const uint8_t *number = viewer_extension(packet, VIEWER_TRANSPORT_CC, &n);
    cr_assert(s->numbered ? number && n == 2 : !number);
    if (s->numbered) {
        note_arrival(s, (uint16_t)(number[0] << 8 | number[1]));
    }
    if (packet->type == VIEWER_RTX) {
        return;
    }
    s->back += s->packets > 0 && (int32_t)(packet->timestamp - s->timestamp) < 0;
    s->ssrc = packet->ssrc;
    s->timestamp = packet->timestamp;
    s->sequence = packet->sequence;
    s->packets++;
    s->bytes += packet->n;
    s->pictures += packet->marker;
}

/* Each status by two bits, each arrival by two bytes: the plainest form there is. */
static void feed_back(struct seat *s) {
    uint8_t packet[1000], deltas[500];
    size_t n_deltas = 0, count = (uint16_t)(s->last - s->first) + 1U;
    count = count > 200 ? 200 : count;
    int64_t now = 0, reference = 0;
    struct lct_writer w = lct_writer(packet, sizeof packet), d = lct_writer(deltas, sizeof deltas);
    lct_put_be(&w, 0x8fcd0000, 4);
    lct_put_be(&w, 1, 4);
    lct_put_be(&w, s->ssrc, 4);
    lct_put_u16(&w, s->first);
    lct_put_u16(&w, (unsigned)count);
    for (size_t i = 0; i < count && reference == 0; i++) {
        reference = s->arrivals[(uint16_t)(s->first + i) % TOLD_MAX] / 64000;
    }
    now = reference * 64000;
    lct_put_be(&w, (uint64_t)reference & 0xffffff, 3);
    lct_put_u8(&w, 0);
    for (size_t i = 0; i < count; i += 7) {
        unsigned chunk = 0xc000;
        for (size_t k = i; k < i + 7 && k < count; k++) {
            int64_t *arrival = &s->arrivals[(uint16_t)(s->first + k) % TOLD_MAX];
            if (*arrival > 0) {
                chunk |= 2U << (12 - 2 * (k - i));
                lct_put_u16(&d, (unsigned)((*arrival - now) / 250) & 0xffff);
                now += (*arrival - now) / 250 * 250;
                n_deltas += 2;
                *arrival = 0;
            }
        }
        lct_put_u16(&w, chunk);
    }
    lct_put(&w, deltas, n_deltas);
    lct_put_zeros(&w, (4 - w.at % 4) % 4);
    packet[2] = (uint8_t)((w.at / 4 - 1) >> 8);
    packet[3] = (uint8_t)(w.at / 4 - 1);
    s->first = (uint16_t)(s->first + count);
    s->any = s->first != (uint16_t)(s->last + 1);
    viewer_report(s->viewer, packet, w.at);
}

/* REMB: 6 bits of exponent, 18 of mantissa. */
static void tell_remb(struct seat *s) {
    uint8_t packet[24];
    struct lct_writer w = lct_writer(packet, sizeof packet);
    lct_put_be(&w, 0x8fce0005, 4);
    lct_put_be(&w, 1, 4);
    lct_put_be(&w, 0, 4);
    lct_put(&w, "REMB", 4);
    lct_put_be(&w, 1U << 24 | 4U << 18 | s->remb_kbps * 1000 / 16, 4);
    lct_put_be(&w, s->ssrc, 4);
    viewer_report(s->viewer, packet, w.at);
}

static void watch_for(struct seat *s, double seconds) {
    lct_ns until = lct_monotonic() + (lct_ns)(seconds * (double)LCT_SECOND);
    for (lct_ns now; (now = lct_monotonic()) < until;) {
        viewer_serve(s->viewer);
        if (s->any && s->ssrc && now - s->fed_back >= FEEDBACK) {
            s->fed_back = now;
            feed_back(s);
        }
        if (!s->numbered && s->ssrc && now - s->fed_back >= LCT_SECOND) {
            s->fed_back = now;
            tell_remb(s);
        }
        (void)usleep(1000);
    }
}

static void on_joined(void *arg, const char *id, const char *answer,
                      const struct lct_fault *fault) {
    struct seat *s = arg;
    (void)fault;
    s->answer = id ? lct_strdup(answer) : NULL;
    (void)sem_post(&s->told);
}

/* No offer of numbers: the attribute is another one then. */
static void want_no_numbers(char *offer) {
    static const char attribute[] = "a=extmap:3 ";
    char *at = strstr(offer, attribute);
    cr_assert(at);
    memcpy(at, "a=x-none:3 ", sizeof attribute - 1);
}

/* Sits down behind the line at this port; remb_kbps 0: tells by transport-wide feedback. */
static void sit_down_telling(struct seat *s, int port, unsigned remb_kbps) {
    static const char *const tracks[] = {"camera"};
    *s = (struct seat){.remb_kbps = remb_kbps, .numbered = remb_kbps == 0};
    (void)sem_init(&s->told, 0, 0);
    s->viewer = viewer_create(tracks, 1, taken, s);
    LCT_FREE char *offer = viewer_offer(s->viewer);
    if (!s->numbered) {
        want_no_numbers(offer);
    }
    const struct lct_rtc_join wish = {.room = "main",
                                      .tracks = {"camera"},
                                      .n_tracks = 1,
                                      .offer = offer,
                                      .offer_n = strlen(offer)};
    for (int i = 0; i < 500 && !s->answer; i++) {
        lct_rtc_join(rtc, &wish, on_joined, s);
        while (sem_wait(&s->told) < 0) {
        }
        (void)usleep(s->answer ? 0 : 20000);
    }
    LCT_FREE char *candidate = lct_format("a=candidate:1 1 udp 1 127.0.0.1 %d typ host", port);
    char *at = strstr(s->answer, "a=candidate:");
    cr_assert(at);
    LCT_FREE char *moved = lct_format("%.*s%s\r\n", (int)(at - s->answer), s->answer, candidate);
    cr_assert(viewer_answer(s->viewer, moved, "127.0.0.1"));
}

static void sit_down(struct seat *s, int port) { sit_down_telling(s, port, 0); }

static void get_up(struct seat *s) {
    viewer_destroy(s->viewer);
    free(s->answer);
    (void)pclose(relay);
}

/* Of the next seconds: kbit/s and pictures a second. */
static void measure(struct seat *s, double seconds, double *ret_kbps, double *ret_fps) {
    uint64_t bytes = s->bytes, pictures = s->pictures;
    watch_for(s, seconds);
    *ret_kbps = (double)(s->bytes - bytes) * 8 / 1000 / seconds;
    *ret_fps = (double)(s->pictures - pictures) / seconds;
}

/* Measures second after second until so many kbit/s come, or for so many seconds. */
static double watch_until(struct seat *s, double least, double most, int seconds) {
    double kbps = -1, fps;
    for (int i = 0; i < seconds && (kbps < least || kbps > most); i++) {
        measure(s, 1, &kbps, &fps);
    }
    return kbps;
}

Test(rtc_adapt, a_wide_line_gets_the_full_picture) {
    struct seat s;
    sit_down(&s, open_line(0));
    watch_for(&s, 3);
    cr_assert_gt(watch_until(&s, 2000, 1e6, 10), 2000);
    cr_assert_eq(atomic_load(&small_until), 0, "nobody wished the small one");
    get_up(&s);
}

Test(rtc_adapt, a_narrow_line_gets_the_small_one_and_a_wide_one_the_full_again) {
    struct seat s;
    double kbps, fps;
    struct lct_rtc_counters counters;
    sit_down(&s, open_line(2000));
    cr_assert_lt(watch_until(&s, 200, 800, 20), 800);
    measure(&s, 2, &kbps, &fps);
    cr_assert_lt(kbps, 800);
    cr_assert_gt(kbps, 200);
    cr_assert_gt(fps, 20, "it plays: %f", fps);
    lct_rtc_count(rtc, &counters);
    uint64_t keys = counters.keys_asked;
    set_rate(0);
    cr_assert_gt(watch_until(&s, 2000, 1e6, 35), 2000, "full again");
    cr_assert_eq(s.back, 0, "time does not go back");
    lct_rtc_count(rtc, &counters);
    cr_assert_eq(counters.smaller, 1);
    cr_assert_eq(counters.larger, 1);
    cr_assert_eq(counters.keys_asked, keys, "it waited for a key frame that came by itself");
    get_up(&s);
}

Test(rtc_adapt, who_tells_by_remb_alone_is_believed) {
    struct seat s;
    double kbps, fps;
    sit_down_telling(&s, open_line(0), 1000);
    cr_assert_lt(watch_until(&s, 200, 800, 20), 800);
    measure(&s, 2, &kbps, &fps);
    cr_assert_lt(kbps, 800);
    cr_assert_gt(kbps, 200);
    get_up(&s);
}

Test(rtc_adapt, without_a_small_one_nothing_is_better_than_half_of_it) {
    struct seat s;
    double kbps, fps;
    has_twin = false;
    sit_down(&s, open_line(1000));
    watch_for(&s, 3);
    cr_assert_lt(watch_until(&s, 0, 100, 20), 100);
    measure(&s, 2, &kbps, &fps);
    cr_assert_lt(kbps, 100, "%f", kbps);
    set_rate(0); /* it was down to 226 kbit/s once */
    cr_assert_gt(watch_until(&s, 2000, 1e6, 60), 2000,
                 "although nothing told that the line is wide again");
    get_up(&s);
}

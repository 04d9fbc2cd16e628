// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "encode/mp4.h"
#include "encode/sound.h"
#include "stream/rtc/ring.h"
#include "tests/support/depay.h"
#include "tests/support/format.h"

static lct_ns now;

static lct_ns the_clock(void) { return now; }

static struct lct_ring *ring;
static struct lct_format *picture;

static void begin(void) {
    now = 1000 * LCT_SECOND;
    ring = lct_ring_create(the_clock);
    picture = lct_test_picture_format();
}

static void end(void) {
    lct_ring_destroy(ring);
    lct_format_unref(picture);
}

TestSuite(ring, .init = begin, .fini = end);

/* A picture of one NAL unit of n bytes, each of which comes of its place and the tick. */
static struct lct_chunk *make_picture(int64_t tick, bool key, size_t n) {
    LCT_FREE uint8_t *sample = lct_new(n + 4);
    struct lct_writer w = lct_writer(sample, n + 4);
    const struct lct_chunk_info info = {.tfdt = tick,
                                        .duration = 3000,
                                        .samples = 1,
                                        .key = key,
                                        .sample_bytes = {(uint32_t)n + 4}};
    lct_put_u32(&w, (uint32_t)n);
    lct_put_u8(&w, key ? 0x65 : 0x41);
    for (size_t i = 1; i < n; i++) {
        lct_put_u8(&w, (unsigned)(i * 31 + (uint64_t)tick * 7));
    }
    struct lct_chunk *chunk = lct_mp4_pack(picture, &info, (const uint8_t *const[]){sample});
    chunk->captured = now - LCT_MS;
    return chunk;
}

static void add_picture(int64_t tick, bool key, size_t n) {
    struct lct_chunk *chunk = make_picture(tick, key, n);
    cr_assert_eq(lct_ring_add(ring, chunk), 0);
    lct_chunk_unref(chunk);
}

/* The packets from number on are those of that picture. Returns the number after them. */
static uint64_t judge_picture(uint64_t number, int64_t tick, bool key, size_t n) {
    struct lct_chunk *chunk = make_picture(tick, key, n);
    struct depay d;
    bool first = true;
    depay_begin(&d, LCT_RTP_PAYLOAD_MAX, n + 4);
    while (!d.ended && !d.wrong) {
        const struct lct_ring_packet *packet = lct_ring_at(ring, number++);
        cr_assert_not_null(packet);
        cr_assert_eq(packet->timestamp, (uint32_t)tick);
        cr_assert_eq(packet->key, key);
        cr_assert_eq(packet->first, first);
        depay_payload(&d, NULL, 0, packet->payload, packet->n, packet->marker);
        first = false;
    }
    cr_assert_null(d.wrong, "%s", d.wrong);
    cr_assert_eq(d.n, n + 4);
    cr_assert_arr_eq(d.sample, chunk->bytes + chunk->payload_at, n + 4);
    depay_end(&d);
    lct_chunk_unref(chunk);
    return number;
}

Test(ring, begins_empty) {
    cr_assert_eq(lct_ring_begin(ring), 0);
    cr_assert_eq(lct_ring_end(ring), 0);
    cr_assert_eq(lct_ring_key(ring), 0);
    cr_assert_null(lct_ring_at(ring, 0));
    cr_assert_eq(lct_ring_rate(ring), 0);
    lct_ring_destroy(NULL);
}

Test(ring, packets_are_those_of_the_pictures) {
    static const size_t sizes[] = {1, 50, 1126, 1127, 9000, 200000, 2};
    uint64_t number = 0;
    for (size_t i = 0; i < 7; i++) {
        add_picture((int64_t)i * 3000 - 3000, i == 0, sizes[i]);
    }
    for (size_t i = 0; i < 7; i++) {
        number = judge_picture(number, (int64_t)i * 3000 - 3000, i == 0, sizes[i]);
    }
    cr_assert_eq(lct_ring_begin(ring), 0);
    cr_assert_eq(lct_ring_end(ring), number);
    cr_assert_null(lct_ring_at(ring, number));
    const struct lct_ring_packet *packet = lct_ring_at(ring, 0);
    cr_assert_eq(packet->added, now);
    cr_assert_eq(packet->captured, now - LCT_MS);
}

Test(ring, packets_fall_out_when_their_time_is_up) {
    for (int i = 0; i < 40; i++) { /* a second each, two packets */
        add_picture(i * 90000, i % 10 == 0, 2000);
        uint64_t oldest = i <= 12 ? 0 : 2 * ((uint64_t)i - 12);
        cr_assert_eq(lct_ring_begin(ring), oldest, "after %d s", i);
        cr_assert_eq(lct_ring_end(ring), 2 * (uint64_t)i + 2);
        cr_assert(oldest == 0 || !lct_ring_at(ring, oldest - 1));
        cr_assert_not_null(lct_ring_at(ring, oldest));
        now += LCT_SECOND;
    }
    judge_picture(lct_ring_begin(ring), 27 * 90000, false, 2000);
    now += 100 * LCT_SECOND;
    add_picture(40 * 90000, true, 2000);
    cr_assert_eq(lct_ring_begin(ring), 80);
    cr_assert_eq(lct_ring_end(ring), 82);
    cr_assert_eq(lct_ring_key(ring), 80);
}

/* Round and round: whatever is kept is right, and no more is kept than there may be. */
Test(ring, memory_has_a_bound) {
    size_t packets = 0, pictures = 0;
    uint64_t first_of[2000];
    for (int round = 0; packets < 50000; round++, pictures++) {
        first_of[pictures] = lct_ring_end(ring);
        add_picture(round * 3000, round % 50 == 0, 40000 + (size_t)round);
        packets = (size_t)lct_ring_end(ring);
        uint64_t kept = packets - lct_ring_begin(ring);
        cr_assert_leq(kept * LCT_RTP_PAYLOAD_MAX, LCT_RING_BYTES_MAX);
        cr_assert(packets < 11000 || kept > 10000, "%zu of %zu", (size_t)kept, packets);
    }
    for (size_t i = 0; i < pictures; i++) {
        if (first_of[i] >= lct_ring_begin(ring)) {
            judge_picture(first_of[i], (int64_t)i * 3000, i % 50 == 0, 40000 + i);
        } else {
            cr_assert_null(lct_ring_at(ring, first_of[i]));
        }
    }
}

Test(ring, a_picture_larger_than_the_ring) {
    add_picture(0, true, LCT_RING_BYTES_MAX + 1000000);
    cr_assert_gt(lct_ring_begin(ring), 0);
    cr_assert_eq(lct_ring_key(ring), lct_ring_end(ring), "nobody can begin here");
    add_picture(3000, true, 5000);
    judge_picture(lct_ring_key(ring), 3000, true, 5000);
}

Test(ring, knows_its_newest_key_frame) {
    add_picture(0, true, 3000);
    cr_assert_eq(lct_ring_key(ring), 0);
    add_picture(3000, false, 3000);
    cr_assert_eq(lct_ring_key(ring), 0);
    add_picture(6000, true, 3000);
    cr_assert_eq(lct_ring_key(ring), 6);
    now += 11 * LCT_SECOND;
    add_picture(9000, false, 3000);
    cr_assert_eq(lct_ring_key(ring), 6);
    now += 2 * LCT_SECOND;
    add_picture(12000, false, 3000);
    cr_assert_eq(lct_ring_begin(ring), 9);
    cr_assert_eq(lct_ring_key(ring), 15, "fallen out: the end");
    add_picture(15000, true, 3000);
    cr_assert_eq(lct_ring_key(ring), 15);
}

/* Numbers go on over a gap, so that nobody asks again for what never was. */
Test(ring, a_gap_is_no_gap_in_numbers) {
    add_picture(0, true, 100);
    struct lct_chunk *chunk = make_picture(900000, true, 100);
    chunk->info.gap_before = true;
    cr_assert_eq(lct_ring_add(ring, chunk), 0);
    lct_chunk_unref(chunk);
    cr_assert_eq(lct_ring_key(ring), 1);
    judge_picture(0, 0, true, 100);
    judge_picture(1, 900000, true, 100);
}

Test(ring, says_its_rate) {
    for (int i = 0; i < 100; i++) { /* 25 kB a second */
        add_picture(i * 3600, i == 0, 1000);
        now += 40 * LCT_MS;
        cr_assert(lct_ring_rate(ring) <= 27000);
        cr_assert(i < 30 || lct_ring_rate(ring) >= 25000, "%f", lct_ring_rate(ring));
    }
    for (int i = 100; i < 500; i++) { /* 50 kB: in 12 s all is new */
        add_picture(i * 3600, false, 2000);
        now += 40 * LCT_MS;
    }
    cr_assert_float_eq(lct_ring_rate(ring), 50000, 500);
}

Test(ring, wrong_lengths_add_nothing) {
    add_picture(0, true, 1000);
    struct lct_chunk *chunk = make_picture(3000, true, 5000);
    chunk->bytes[chunk->payload_at + 2]++;
    cr_assert_eq(lct_ring_add(ring, chunk), -EBADMSG);
    chunk->bytes[chunk->payload_at + 2] -= 2;
    cr_assert_eq(lct_ring_add(ring, chunk), -EBADMSG);
    lct_chunk_unref(chunk);
    cr_assert_eq(lct_ring_end(ring), 1);
    cr_assert_eq(lct_ring_key(ring), 0);
    add_picture(3000, true, 5000);
    judge_picture(1, 3000, true, 5000);
}

Test(ring, other_codecs_and_clocks_are_refused) {
    struct lct_format *aac = lct_test_sound_format();
    struct lct_chunk *chunk = lct_test_chunk(aac, 0, 2048, true, 100);
    cr_assert_eq(lct_ring_add(ring, chunk), -ENOTSUP);
    lct_chunk_unref(chunk);
    lct_format_unref(aac);
    chunk = make_picture(0, true, 100);
    picture->timescale = 1000;
    cr_assert_eq(lct_ring_add(ring, chunk), -ENOTSUP);
    lct_chunk_unref(chunk);
    cr_assert_eq(lct_ring_end(ring), 0);
}

/* ---- sound ---- */

static struct lct_sound_encoder *encoder;
static struct lct_format *opus;

static void open_sound(void) {
    struct lct_fault fault;
    cr_assert_eq(lct_sound_open(LCT_CODEC_OPUS, 64000, &encoder, &fault), 0, "%s", fault.en);
    opus = lct_sound_format(encoder, "sound", 3);
}

static void close_sound(void) {
    lct_format_unref(opus);
    lct_sound_close(encoder);
}

/* Encodes samples frames of noise into a chunk; keeps a copy of the packets. */
static struct lct_chunk *make_sound(int64_t tick, uint8_t samples, uint8_t copy[2][1500]) {
    struct lct_chunk_info info = {
        .tfdt = tick, .duration = 960U * samples, .samples = samples, .key = true};
    for (unsigned i = 0; i < samples; i++) {
        float pcm[960 * 2];
        struct lct_sound_packet packet;
        do {
            for (size_t k = 0; k < sizeof pcm / sizeof *pcm; k++) {
                pcm[k] = (float)(rand() % 1000) / 2000 - 0.25F;
            }
        } while (lct_sound_encode(encoder, pcm, &packet) == 0);
        cr_assert_lt(packet.n, sizeof copy[i]);
        memcpy(copy[i], packet.bytes, packet.n);
        info.sample_bytes[i] = (uint32_t)packet.n;
    }
    struct lct_chunk *chunk = lct_mp4_pack(opus, &info, (const uint8_t *const[]){copy[0], copy[1]});
    chunk->captured = now;
    return chunk;
}

static void judge_sound(uint64_t number, uint32_t timestamp, lct_ns captured, const uint8_t *bytes,
                        size_t n) {
    const struct lct_ring_packet *packet = lct_ring_at(ring, number);
    cr_assert_not_null(packet);
    cr_assert_eq(packet->timestamp, timestamp);
    cr_assert_eq(packet->captured, captured);
    cr_assert_eq(packet->n, n);
    cr_assert_arr_eq(packet->payload, bytes, n);
    cr_assert(packet->first && packet->key && !packet->marker);
}

Test(ring, sound_is_a_packet_a_sample) {
    uint8_t copy[2][1500];
    open_sound();
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t samples = i % 2 ? 1 : 2;
        int64_t tick = (int64_t)(i * 3 + 1) / 2 * 960 - 312;
        struct lct_chunk *chunk = make_sound(tick, samples, copy);
        cr_assert_eq(lct_ring_add(ring, chunk), 0);
        uint64_t number = lct_ring_end(ring) - samples;
        judge_sound(number, (uint32_t)tick, now, copy[0], chunk->info.sample_bytes[0]);
        if (samples == 2) {
            judge_sound(number + 1, (uint32_t)tick + 960, now + 20 * LCT_MS, copy[1],
                        chunk->info.sample_bytes[1]);
        }
        cr_assert_eq(lct_ring_key(ring), lct_ring_end(ring) - 1);
        lct_chunk_unref(chunk);
        now += samples * 20 * LCT_MS;
    }
    cr_assert_eq(lct_ring_end(ring), 1500);
    cr_assert_geq(lct_ring_begin(ring), 1500 - 604);
    cr_assert_leq(lct_ring_begin(ring), 1500 - 598);
    close_sound();
}

Test(ring, sound_that_fits_no_packet_adds_nothing) {
    uint8_t copy[2][1500];
    open_sound();
    struct lct_chunk *chunk = make_sound(0, 2, copy);
    chunk->info.sample_bytes[1] = 0;
    cr_assert_eq(lct_ring_add(ring, chunk), -EBADMSG);
    chunk->info.sample_bytes[1] = LCT_RTP_PAYLOAD_MAX + 1;
    cr_assert_eq(lct_ring_add(ring, chunk), -EBADMSG);
    cr_assert_eq(lct_ring_end(ring), 0);
    lct_chunk_unref(chunk);
    close_sound();
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Tracks on a clock of the test's: minutes of lesson in a second. What is always true of a track:
 * each chunk begins no later than the one before promised, and no earlier than it. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "capture/frame.h"
#include "encode/nal.h"
#include "encode/track_priv.h"

#define WIDTH 160
#define HEIGHT 120
#define TICK (5 * LCT_MS) /* how often the track is stepped */
#define CHUNKS_MAX 20000

static lct_ns now; /* the clock; one test a process */
static lct_ns clock_now(void) { return now; }

static struct lct_bus *bus;
static struct lct_bus_reader *reader;
static struct lct_queue *queue;
static struct lct_track *track;
static struct lct_chunk *chunks[CHUNKS_MAX]; /* of the track */
static size_t count;
static struct lct_chunk *smalls[CHUNKS_MAX]; /* of its small twin */
static size_t small_count;

static void begin(enum lct_track_kind kind, double fps) {
    const struct lct_bus_limits limits = {3600 * LCT_SECOND, 1U << 30, true};
    struct lct_fault fault;
    now = 500 * LCT_SECOND;
    bus = lct_bus_create();
    reader = lct_bus_subscribe(bus, &limits, NULL, NULL);
    queue = lct_queue_create(1000, LCT_QUEUE_DROP_OLDEST, lct_frame_unref_item);
    const struct lct_track_settings settings = {
        .name = "camera",
        .id = 1,
        .kind = kind,
        .zero = now,
        .fps = fps,
        .in = queue,
        .bus = bus,
        .live = true,
        .clock = clock_now,
    };
    cr_assert_eq(lct_track_create(&settings, &track, &fault), 0, "%s", fault.en);
}

static void collect(void) {
    struct lct_chunk *chunk;
    while ((chunk = lct_bus_take(reader, 0, NULL))) {
        cr_assert_lt(count, CHUNKS_MAX);
        if (chunk->format->track_id == 1) {
            chunks[count++] = chunk;
        } else if (chunk->format->track_id == 1 + LCT_TRACK_SMALL_ID) {
            smalls[small_count++] = chunk;
        } else { /* Opus */
            lct_chunk_unref(chunk);
        }
    }
}

static lct_ns lesson_time(void) { return now - 500 * LCT_SECOND; }

static void step(void) {
    now += TICK;
    lct_track_step(track);
    collect();
}

static void wait_for(lct_ns length) {
    for (lct_ns end = now + length; now < end;) {
        step();
    }
}

static struct lct_frame *draw(int number, unsigned changed) {
    struct lct_frame *f = lct_frame_picture(WIDTH, HEIGHT, now);
    for (int plane = 0; plane < 3; plane++) {
        int rows = plane ? HEIGHT / 2 : HEIGHT;
        memset(f->plane[plane], 40 + number * 7 % 150, (size_t)(rows * f->stride[plane]));
    }
    f->changed_permille = changed;
    return f;
}

/* Pictures each interval for so long. */
static void play(lct_ns length, lct_ns interval) {
    static int number;
    lct_ns due = now;
    for (lct_ns end = now + length; now < end;) {
        if (now >= due) {
            (void)lct_queue_push(queue, draw(number++, 10));
            due += interval;
        }
        step();
    }
}

static void lose(void) { (void)lct_queue_push(queue, lct_frame_lost(now)); }

static struct lct_track_status status(void) {
    struct lct_track_status s;
    lct_track_status(track, &s);
    return s;
}

static void judge_promises(void) {
    cr_assert_gt(count, 0);
    for (size_t i = 1; i < count; i++) {
        const struct lct_chunk_info *a = &chunks[i - 1]->info, *b = &chunks[i]->info;
        cr_assert_gt(b->tfdt, a->tfdt, "chunk %zu", i);
        cr_assert_leq(b->tfdt, a->tfdt + a->duration, "chunk %zu at %.3f s comes too late", i,
                      (double)chunks[i]->time / LCT_SECOND);
        if (chunks[i]->format != chunks[i - 1]->format) {
            cr_assert(b->key, "a new format begins with a key");
        }
    }
}

/* Nothing was published that claims to be of the future. */
static void end_track(void) {
    lct_track_destroy(track);
    collect();
    judge_promises();
    for (size_t i = 0; i < count; i++) {
        cr_assert_leq(chunks[i]->time, lesson_time() + 2 * LCT_SECOND);
        lct_chunk_unref(chunks[i]);
    }
    for (size_t i = 0; i < small_count; i++) {
        lct_chunk_unref(smalls[i]);
    }
    count = small_count = 0;
    lct_bus_unsubscribe(reader);
    lct_bus_destroy(bus);
    lct_queue_destroy(queue);
}

static size_t formats(void) {
    size_t different = 0;
    for (size_t i = 0; i < count; i++) {
        different += i == 0 || chunks[i]->format != chunks[i - 1]->format;
    }
    return different;
}

/* ---- encoded ---- */

Test(track, a_camera_goes_through_picture_by_picture, .timeout = 30) {
    begin(LCT_TRACK_CAMERA, 30);
    play(10 * LCT_SECOND, LCT_SECOND / 30);
    cr_assert_geq(count, 295);
    cr_assert_leq(count, 305);
    cr_assert_leq(status().repeats, 2);
    lct_ns last_key = LCT_NS_NONE;
    for (size_t i = 0; i < count; i++) {
        if (chunks[i]->info.key) {
            cr_assert(last_key == LCT_NS_NONE || chunks[i]->time - last_key < 2100 * LCT_MS);
            last_key = chunks[i]->time;
        }
    }
    cr_assert_eq(formats(), 1);
    end_track();
}

Test(track, a_camera_may_stutter_stop_and_return, .timeout = 30) {
    begin(LCT_TRACK_CAMERA, 30);
    play(3 * LCT_SECOND, LCT_SECOND / 30);
    play(3 * LCT_SECOND, LCT_SECOND / 4); /* stutters */
    wait_for(1500 * LCT_MS);              /* hangs */
    play(LCT_SECOND, LCT_SECOND / 30);
    lose();
    wait_for(5 * LCT_SECOND);
    cr_assert(status().slate);
    cr_assert_gt(status().repeats, 5);
    play(3 * LCT_SECOND, LCT_SECOND / 30);
    cr_assert_not(status().slate);
    cr_assert_eq(formats(), 1, "a slate needs no new reel");
    cr_assert_eq(status().fault.code, 0);
    end_track();
}

Test(track, late_pictures_are_counted_and_bend_no_time, .timeout = 30) {
    begin(LCT_TRACK_CAMERA, 30);
    play(2 * LCT_SECOND, LCT_SECOND / 30);
    struct lct_frame *old = draw(1, 10);
    old->time = now - LCT_SECOND;
    (void)lct_queue_push(queue, old);
    step();
    cr_assert_eq(status().late, 1);
    play(LCT_SECOND, LCT_SECOND / 30);
    end_track();
}

/* To the microsecond: a repeat and the picture must not fall on one time. */
Test(track, a_picture_may_come_just_as_the_promise_ends, .timeout = 30) {
    begin(LCT_TRACK_CAMERA, 30);
    play(LCT_SECOND, LCT_SECOND / 30);
    for (int i = 0; i < 60; i++) {
        struct lct_frame *just = draw(i, 10);
        now = 500 * LCT_SECOND + lct_chunk_end(chunks[count - 1]) + i % 8 * LCT_US;
        just->time = now;
        (void)lct_queue_push(queue, just);
        lct_track_step(track);
        collect();
    }
    end_track();
}

/* In a dark room a camera takes its time: each picture is said once, when that is known. */
Test(track, a_slower_camera_is_learned, .timeout = 30) {
    begin(LCT_TRACK_CAMERA, 30);
    play(5 * LCT_SECOND, LCT_SECOND / 10);
    uint64_t repeats = status().repeats;
    play(5 * LCT_SECOND, LCT_SECOND / 10);
    cr_assert_leq(status().repeats - repeats, 2, "%zu repeats", (size_t)status().repeats);
    end_track();
}

Test(track, what_was_wrong_is_over_with_the_next_picture, .timeout = 30) {
    const struct lct_fault fault = {.code = -5};
    begin(LCT_TRACK_CAMERA, 30);
    play(LCT_SECOND, LCT_SECOND / 30);
    lct_track_report(track, &fault);
    cr_assert_eq(status().fault.code, -5);
    play(LCT_SECOND, LCT_SECOND / 30);
    cr_assert_eq(status().fault.code, 0);
    end_track();
}

Test(track, nothing_at_all_becomes_a_slate, .timeout = 30) {
    begin(LCT_TRACK_CAMERA, 30);
    wait_for(6 * LCT_SECOND);
    cr_assert(status().slate);
    cr_assert_geq(count, 3);
    end_track();
}

Test(track, a_still_screen_is_refreshed_each_second, .timeout = 30) {
    begin(LCT_TRACK_SCREEN, 0);
    (void)lct_queue_push(queue, draw(1, 1000));
    wait_for(120 * LCT_SECOND);
    cr_assert_geq(count, 118);
    cr_assert_leq(count, 123);
    lct_ns last_key = 0;
    for (size_t i = 0; i < count; i++) {
        if (chunks[i]->info.key) {
            cr_assert_leq(chunks[i]->time - last_key, 11 * LCT_SECOND);
            last_key = chunks[i]->time;
        }
    }
    end_track();
}

Test(track, a_new_slide_is_a_key, .timeout = 30) {
    begin(LCT_TRACK_SCREEN, 0);
    (void)lct_queue_push(queue, draw(1, 1000));
    wait_for(3 * LCT_SECOND + LCT_SECOND / 3);
    size_t before = count;
    (void)lct_queue_push(queue, draw(2, 20));
    step();
    cr_assert_eq(count, before + 1);
    cr_assert_not(chunks[before]->info.key, "a cursor is none");
    wait_for(LCT_SECOND / 2);
    before = count;
    (void)lct_queue_push(queue, draw(3, 900));
    step();
    cr_assert_eq(count, before + 1);
    cr_assert(chunks[before]->info.key);
    end_track();
}

Test(track, asked_for_keys_are_joined, .timeout = 30) {
    begin(LCT_TRACK_CAMERA, 30);
    play(LCT_SECOND / 2, LCT_SECOND / 30);
    size_t before = count, keys = 0;
    for (int i = 0; i < 60; i++) {
        lct_track_request_key(track);
        play(LCT_SECOND / 60, LCT_SECOND / 60);
    }
    for (size_t i = before; i < count; i++) {
        keys += chunks[i]->info.key;
    }
    cr_assert_geq(keys, 2);
    cr_assert_leq(keys, 3, "%zu keys in a second", keys);
    end_track();
}

/* ---- the small twin ---- */

static void wish(lct_ns length) { lct_track_request_small(track, now + length); }

/* Its chunks keep their promises too, but for rests; each IDR is near the one before. */
static void judge_small(void) {
    lct_ns last_key = 0;
    cr_assert(small_count > 0 && smalls[0]->info.key, "it begins with an IDR");
    for (size_t i = 0; i < small_count; i++) {
        const struct lct_chunk *chunk = smalls[i];
        bool is_hole = i > 0 && chunk->time > lct_chunk_end(smalls[i - 1]);
        cr_assert(i == 0 || chunk->time > smalls[i - 1]->time);
        cr_assert(!is_hole || chunk->info.key, "behind a hole stands an IDR");
        last_key = chunk->info.key ? chunk->time : last_key;
        cr_assert_leq(chunk->time - last_key, 2100 * LCT_MS);
    }
}

Test(track, a_small_twin_comes_with_a_wish_and_goes_with_it, .timeout = 30) {
    begin(LCT_TRACK_CAMERA, 30);
    play(2 * LCT_SECOND, LCT_SECOND / 30);
    cr_assert_eq(small_count, 0, "nobody wished it");
    cr_assert_not(status().small);
    wish(5 * LCT_SECOND);
    play(LCT_SECOND, LCT_SECOND / 30);
    cr_assert_geq(small_count, 29);
    cr_assert(status().small);
    cr_assert_str_eq(smalls[0]->format->track, "camera-small");
    cr_assert_not(lct_format_is_taped(smalls[0]->format));
    wish(2 * LCT_SECOND); /* shortens nothing */
    play(3900 * LCT_MS, LCT_SECOND / 30);
    cr_assert(status().small);
    play(200 * LCT_MS, LCT_SECOND / 30);
    cr_assert_not(status().small);
    size_t then = small_count;
    cr_assert_leq(then, 152);
    play(2 * LCT_SECOND, LCT_SECOND / 30);
    cr_assert_eq(small_count, then);
    wish(LCT_SECOND);
    play(LCT_SECOND, LCT_SECOND / 30);
    cr_assert(smalls[then]->info.key, "after a rest it begins anew");
    judge_small();
    cr_assert_eq(status().chunks, count, "what is not taped is not counted");
    end_track();
}

Test(track, a_small_twin_gives_an_idr_when_asked, .timeout = 30) {
    begin(LCT_TRACK_CAMERA, 30);
    wish(60 * LCT_SECOND);
    play(900 * LCT_MS, LCT_SECOND / 30);
    size_t before = small_count;
    lct_track_request_small_key(track);
    play(100 * LCT_MS, LCT_SECOND / 30);
    size_t keys = 0;
    for (size_t i = before; i < small_count; i++) {
        keys += smalls[i]->info.key;
    }
    cr_assert_eq(keys, 1);
    end_track();
}

Test(track, a_still_screen_is_still_in_small, .timeout = 30) {
    begin(LCT_TRACK_SCREEN, 0);
    (void)lct_queue_push(queue, draw(1, 1000));
    wait_for(3 * LCT_SECOND);
    wish(60 * LCT_SECOND);
    wait_for(1100 * LCT_MS);
    cr_assert_geq(small_count, 1, "there within a refresh");
    wait_for(58 * LCT_SECOND);
    cr_assert_geq(small_count, 57);
    cr_assert_leq(small_count, 61);
    while (smalls[small_count - 1]->info.key) { /* two in a second are one */
        step();
    }
    size_t before = small_count;
    (void)lct_queue_push(queue, draw(2, 900));
    step();
    cr_assert_eq(small_count, before + 1);
    cr_assert(smalls[before]->info.key, "a new slide");
    judge_small();
    end_track();
}

/* A picture of this size, as the twin gives it. */
static void judge_small_size(int width, int height, int small_width, int small_height) {
    begin(LCT_TRACK_CAMERA, 30);
    wish(LCT_SECOND);
    (void)lct_queue_push(queue, lct_frame_picture(width, height, now));
    step();
    cr_assert_eq(small_count, 1);
    cr_assert_eq(smalls[0]->format->width, small_width, "%d", smalls[0]->format->width);
    cr_assert_eq(smalls[0]->format->height, small_height, "%d", smalls[0]->format->height);
    end_track();
}

Test(track, a_small_twin_keeps_the_proportions, .timeout = 30) {
    judge_small_size(1920, 1080, 640, 360);
    judge_small_size(1280, 1024, 450, 360);
    judge_small_size(720, 1280, 202, 360);
    judge_small_size(320, 240, 320, 240);
}

/* Which the track knows by the frames it did not come to in time. */
Test(track, a_small_twin_waits_while_the_track_is_short_of_cpu, .timeout = 30) {
    begin(LCT_TRACK_CAMERA, 30);
    wish(100 * LCT_SECOND);
    play(3 * LCT_SECOND, LCT_SECOND / 30);
    cr_assert(status().small);
    for (int i = 0; i < 1100; i++) { /* more than the queue holds */
        (void)lct_queue_push(queue, draw(i, 10));
    }
    play(3 * LCT_SECOND, LCT_SECOND / 30);
    cr_assert_eq(status().step, 1);
    cr_assert_not(status().small);
    size_t then = small_count;
    play(28 * LCT_SECOND, LCT_SECOND / 30);
    cr_assert_eq(small_count, then);
    play(6 * LCT_SECOND, LCT_SECOND / 30);
    cr_assert_eq(status().step, 0);
    cr_assert(status().small);
    cr_assert_gt(small_count, then);
    judge_small();
    end_track();
}

/* With the threads that it has outside of tests; it ends in the midst of its work. */
Test(track, a_small_twin_has_a_thread_of_its_own, .timeout = 30) {
    const struct lct_bus_limits limits = {3600 * LCT_SECOND, 1U << 30, true};
    struct lct_fault fault;
    unsigned small = 0;
    struct lct_track_settings settings = {
        .name = "camera", .id = 1, .kind = LCT_TRACK_CAMERA, .fps = 30, .live = true};
    settings.zero = lct_monotonic();
    bus = settings.bus = lct_bus_create();
    queue = settings.in = lct_queue_create(4, LCT_QUEUE_DROP_OLDEST, lct_frame_unref_item);
    reader = lct_bus_subscribe(bus, &limits, NULL, NULL);
    cr_assert_eq(lct_track_create(&settings, &track, &fault), 0, "%s", fault.en);
    lct_track_request_small(track, lct_monotonic() + 20 * LCT_SECOND);
    for (int i = 0; small < 20; i++) {
        now = lct_monotonic();
        (void)lct_queue_push(queue, draw(i, 10));
        struct lct_chunk *chunk;
        while ((chunk = lct_bus_take(reader, now + 10 * LCT_MS, NULL))) {
            small += chunk->format->track_id == 1 + LCT_TRACK_SMALL_ID;
            lct_chunk_unref(chunk);
        }
    }
    lct_track_destroy(track);
    lct_bus_unsubscribe(reader);
    lct_bus_destroy(bus);
    lct_queue_destroy(queue);
}

/* ---- passed through ---- */

/* A camera's own encoder. */
static struct lct_video_encoder *camera_encoder(int width) {
    struct lct_video_encoder *encoder = NULL;
    struct lct_fault fault;
    const struct lct_video_settings settings = lct_video_camera(width, HEIGHT, 25);
    cr_assert_eq(lct_video_open(&settings, &encoder, &fault), 0);
    return encoder;
}

static void pass(struct lct_video_encoder *encoder, int number) {
    struct lct_video_packet packet;
    struct lct_frame *picture = draw(number, 10);
    cr_assert_eq(
        lct_video_encode(encoder, picture, (int64_t)number * 3600, number % 25 == 0, &packet), 0);
    struct lct_frame *coded = lct_frame_coded(packet.bytes, packet.n, now);
    coded->key = packet.key;
    coded->width = WIDTH;
    coded->height = HEIGHT;
    lct_frame_unref(picture);
    (void)lct_queue_push(queue, coded);
}

static void pass_for(struct lct_video_encoder *encoder, int pictures) {
    for (int i = 0; i < pictures; i++) {
        pass(encoder, i);
        wait_for(40 * LCT_MS);
    }
}

Test(track, a_lost_passed_camera_is_a_slate_in_reels_of_its_own, .timeout = 30) {
    struct lct_video_encoder *encoder = camera_encoder(WIDTH);
    begin(LCT_TRACK_CAMERA, 25);
    pass_for(encoder, 75);
    cr_assert(status().pass_through);
    cr_assert_eq(formats(), 1);
    cr_assert_geq(count, 74);
    lose();
    wait_for(4 * LCT_SECOND);
    cr_assert(status().slate && !status().pass_through);
    size_t at_slate = formats();
    cr_assert_eq(at_slate, 2, "passed, slate");
    pass_for(encoder, 50);
    cr_assert(status().pass_through && !status().slate);
    cr_assert_eq(formats(), 3, "passed, slate, passed");
    lct_video_close(encoder);
    end_track();
}

Test(track, a_passed_camera_that_freezes_without_a_word_is_a_slate, .timeout = 30) {
    struct lct_video_encoder *encoder = camera_encoder(WIDTH);
    begin(LCT_TRACK_CAMERA, 25);
    pass_for(encoder, 30);
    wait_for(6 * LCT_SECOND);
    cr_assert(status().slate);
    pass_for(encoder, 30);
    cr_assert(status().pass_through);
    lct_video_close(encoder);
    end_track();
}

Test(track, a_passed_camera_has_no_small_twin, .timeout = 30) {
    struct lct_video_encoder *encoder = camera_encoder(WIDTH);
    begin(LCT_TRACK_CAMERA, 25);
    wish(60 * LCT_SECOND);
    pass_for(encoder, 50);
    cr_assert_eq(small_count, 0);
    lose();
    wait_for(3 * LCT_SECOND);
    cr_assert_gt(small_count, 0, "its slate has one");
    cr_assert(status().small);
    pass_for(encoder, 30);
    cr_assert_not(status().small);
    lct_video_close(encoder);
    end_track();
}

/* Firefox keeps ten pictures ready, each until its promise is over: docs/formats/tape.md. */
static void judge_ten_pictures(lct_ns interval) {
    cr_assert_gt(count, 40);
    for (size_t i = 0; i < count; i++) {
        lct_ns promise = lct_chunk_end(chunks[i]) - chunks[i]->time;
        cr_assert_leq(promise, 10 * interval, "chunk %zu promises %.3f s", i,
                      (double)promise / LCT_SECOND);
    }
}

Test(track, what_moves_promises_little, .timeout = 30) {
    begin(LCT_TRACK_SCREEN, 0);
    play(2 * LCT_SECOND, LCT_SECOND / 30);
    judge_ten_pictures(LCT_SECOND / 30);
    wait_for(2 * LCT_SECOND);
    cr_assert_eq(lct_chunk_end(chunks[count - 1]) - chunks[count - 1]->time, 2 * LCT_SECOND,
                 "what stands promises much");
    end_track();
}

Test(track, what_is_passed_promises_little, .timeout = 30) {
    struct lct_video_encoder *encoder = camera_encoder(WIDTH);
    begin(LCT_TRACK_CAMERA, 25);
    pass_for(encoder, 50);
    judge_ten_pictures(40 * LCT_MS);
    lct_video_close(encoder);
    end_track();
}

Test(track, passing_begins_at_a_key, .timeout = 30) {
    struct lct_video_encoder *encoder = camera_encoder(WIDTH);
    begin(LCT_TRACK_CAMERA, 25);
    for (int i = 0; i < 30; i++) {
        pass(encoder, i);
        if (i < 20) { /* the first ones are lost on the way */
            lct_frame_unref(lct_queue_pop(queue, 0));
        }
        wait_for(40 * LCT_MS);
    }
    cr_assert(chunks[0]->info.key);
    cr_assert_leq(count, 5 + 1);
    lct_video_close(encoder);
    end_track();
}

/* ---- sound ---- */

static void hum(lct_ns length) {
    for (lct_ns end = now + length; now < end; step()) {
        struct lct_frame *f = lct_frame_sound(240, now);
        for (size_t i = 0; i < 480; i++) {
            f->sound[i] = i % 20 < 10 ? 0.3F : -0.3F;
        }
        (void)lct_queue_push(queue, f);
    }
}

/* Sound lies without a hole, whatever the device does. */
static void judge_sound(void) {
    for (size_t i = 1; i < count; i++) {
        cr_assert_eq(chunks[i]->info.tfdt, chunks[i - 1]->info.tfdt + chunks[i - 1]->info.duration,
                     "chunk %zu", i);
    }
    cr_assert_gt(count, 0);
    cr_assert_lt(lesson_time() - chunks[count - 1]->time, LCT_SECOND);
}

Test(track, sound_has_no_holes, .timeout = 60) {
    begin(LCT_TRACK_SOUND, 0);
    hum(5 * LCT_SECOND);
    cr_assert_not(status().slate);
    cr_assert_gt(chunks[count - 1]->info.peaks[1], 20);
    wait_for(4 * LCT_SECOND);
    cr_assert(status().slate);
    cr_assert_eq(chunks[count - 1]->info.peaks[1], 0);
    cr_assert_geq(status().gaps, 1);
    hum(5 * LCT_SECOND);
    cr_assert_not(status().slate);
    cr_assert_gt(chunks[count - 1]->info.peaks[1], 20);
    judge_sound();
    end_track();
}

Test(track, sound_that_never_comes_is_silence, .timeout = 60) {
    begin(LCT_TRACK_SOUND, 0);
    wait_for(5 * LCT_SECOND);
    judge_sound();
    end_track();
}

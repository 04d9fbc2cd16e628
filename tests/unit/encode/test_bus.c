// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/thread.h"
#include "encode/bus.h"
#include "tests/support/format.h"

#define STEP 3000 /* ticks: 30 pictures a second */
#define A_KEY 10  /* every tenth is a key */

static struct lct_format *picture, *sound;
static struct lct_bus *bus;

static void begin(void) {
    picture = lct_test_picture_format();
    sound = lct_test_sound_format();
    bus = lct_bus_create();
}

static void end(void) {
    lct_bus_destroy(bus);
    lct_format_unref(picture);
    lct_format_unref(sound);
}

TestSuite(bus, .init = begin, .fini = end, .timeout = 30);

static void publish(struct lct_format *format, int number) {
    bool key = format == sound || number % A_KEY == 0;
    int64_t tick = (int64_t)number * (format == sound ? 2048 : STEP);
    struct lct_chunk *chunk = lct_test_chunk(format, tick, STEP, key, 100);
    lct_bus_publish(bus, chunk);
    lct_chunk_unref(chunk);
}

static struct lct_bus_reader *subscribe(lct_ns span, bool keep_old) {
    const struct lct_bus_limits limits = {.span = span, .bytes = 16 << 20, .keep_old = keep_old};
    return lct_bus_subscribe(bus, &limits, NULL, NULL);
}

/* The number of the next chunk, -1: none; *lost as take says. */
static int take(struct lct_bus_reader *reader, unsigned *lost) {
    struct lct_chunk *chunk = lct_bus_take(reader, 0, lost);
    int number = chunk ? (int)(chunk->info.tfdt / (chunk->format == sound ? 2048 : STEP)) : -1;
    lct_chunk_unref(chunk);
    return number;
}

Test(bus, begins_at_a_key) {
    struct lct_bus_reader *reader = subscribe(LCT_SECOND, false);
    unsigned lost = 99;
    for (int i = 5; i < 15; i++) {
        publish(picture, i);
    }
    cr_assert_eq(take(reader, &lost), 10);
    cr_assert_eq(lost, 5);
    cr_assert_eq(take(reader, &lost), 11);
    cr_assert_eq(lost, 0);
    lct_bus_unsubscribe(reader);
}

Test(bus, a_slow_live_reader_goes_on_at_the_newest_key) {
    struct lct_bus_reader *reader = subscribe(LCT_SECOND, false);
    unsigned lost = 0, got = 0, gaps = 0;
    int last = -1;
    for (int i = 0; i < 100; i++) {
        publish(picture, i);
    }
    for (int number = take(reader, &lost); number >= 0; number = take(reader, &lost)) {
        if (number != last + 1) {
            cr_assert_eq(number % A_KEY, 0, "after a loss comes a key, not %d", number);
            cr_assert_eq((int)lost, number - last - 1);
            gaps++;
        } else {
            cr_assert_eq(lost, 0);
        }
        last = number;
        got++;
    }
    cr_assert_eq(last, 99, "it has the newest");
    cr_assert_gt(gaps, 0);
    cr_assert_leq(got, 41, "no more waits than its span");
    struct lct_bus_stats stats;
    lct_bus_stats(reader, &stats);
    cr_assert_eq(stats.dropped, 100 - got);
    cr_assert_eq(stats.waiting_bytes, 0);
    lct_bus_unsubscribe(reader);
}

Test(bus, the_tape_keeps_what_is_old) {
    struct lct_bus_reader *reader = subscribe(LCT_SECOND, true);
    unsigned lost = 0;
    for (int i = 0; i < 100; i++) {
        publish(picture, i);
    }
    for (int i = 0; i <= 30; i++) {
        cr_assert_eq(take(reader, &lost), i);
        cr_assert_eq(lost, 0);
    }
    cr_assert_eq(take(reader, &lost), -1);
    publish(picture, 101);
    cr_assert_eq(take(reader, &lost), -1, "no key yet");
    publish(picture, 110);
    cr_assert_eq(take(reader, &lost), 110);
    cr_assert_eq(lost, 70);
    lct_bus_unsubscribe(reader);
}

Test(bus, a_track_that_is_slow_costs_no_other) {
    struct lct_bus_reader *reader = subscribe(LCT_SECOND, false);
    unsigned lost = 0;
    publish(sound, 0);
    for (int i = 0; i < 60; i++) {
        publish(picture, i);
    }
    cr_assert_eq(take(reader, &lost), 0);
    cr_assert_eq(lost, 0, "the sound is untouched");
    lct_bus_unsubscribe(reader);
}

Test(bus, limits_bytes_of_all_tracks) {
    const struct lct_bus_limits limits = {.span = 60 * LCT_SECOND, .bytes = 2000, .keep_old = true};
    struct lct_bus_reader *reader = lct_bus_subscribe(bus, &limits, NULL, NULL);
    struct lct_bus_stats stats;
    for (int i = 0; i < 50; i++) {
        publish(picture, i);
    }
    lct_bus_stats(reader, &stats);
    cr_assert_leq(stats.waiting_bytes, 2000);
    cr_assert_gt(stats.dropped, 0);
    lct_bus_unsubscribe(reader);
}

Test(bus, wakes_who_waits) {
    struct lct_bus_reader *reader = subscribe(LCT_SECOND, false);
    lct_bus_wake(reader);
    cr_assert_null(lct_bus_take(reader, LCT_NS_NONE, NULL));
    lct_ns before = lct_monotonic();
    cr_assert_null(lct_bus_take(reader, before + 20 * LCT_MS, NULL));
    cr_assert_geq(lct_monotonic(), before + 20 * LCT_MS);
    lct_bus_unsubscribe(reader);
}

/* ---- threads ---- */

#define MANY 3000

struct reader_thread {
    struct lct_thread thread;
    struct lct_bus_reader *reader;
    bool lazy;
    atomic_int sum; /* chunks taken and said to be lost */
};

static void publish_pictures(void *arg) {
    (void)arg;
    for (int i = 0; i <= MANY; i++) { /* the last is a key: nobody waits for more */
        publish(picture, i);
    }
}

static void publish_sound(void *arg) {
    (void)arg;
    for (int i = 0; i <= MANY; i++) { /* the last is a key: nobody waits for more */
        publish(sound, i);
    }
}

static void read_all(void *arg) {
    struct reader_thread *me = arg;
    int last[2] = {-1, -1};
    while (last[0] < MANY || last[1] < MANY) {
        unsigned lost = 0;
        struct lct_chunk *chunk = lct_bus_take(me->reader, LCT_NS_NONE, &lost);
        if (!chunk) {
            continue;
        }
        int track = chunk->format == sound;
        int number = (int)(chunk->info.tfdt / (track ? 2048 : STEP));
        cr_assert_eq(number, last[track] + 1 + (int)lost);
        cr_assert(lost == 0 || chunk->info.key);
        last[track] = number;
        atomic_fetch_add(&me->sum, 1 + (int)lost);
        lct_chunk_unref(chunk);
        if (me->lazy && number % 100 == 0) {
            sched_yield();
        }
    }
}

Test(bus, gives_every_reader_all_or_says_what_is_lost) {
    struct lct_thread publishers[2] = {{0}};
    struct reader_thread readers[3] = {{.lazy = false}, {.lazy = true}, {.lazy = false}};
    for (int i = 0; i < 3; i++) {
        readers[i].reader = subscribe(i == 2 ? 2 * MANY * LCT_SECOND : LCT_SECOND, i == 2);
    }
    for (int i = 0; i < 3; i++) {
        lct_thread_start(&readers[i].thread, "reader", read_all, &readers[i]);
    }
    lct_thread_start(&publishers[0], "pictures", publish_pictures, NULL);
    lct_thread_start(&publishers[1], "sound", publish_sound, NULL);
    lct_thread_join(&publishers[0]);
    lct_thread_join(&publishers[1]);
    for (int i = 0; i < 3; i++) {
        lct_thread_join(&readers[i].thread);
        cr_assert_eq(atomic_load(&readers[i].sum), 2 * (MANY + 1));
        lct_bus_unsubscribe(readers[i].reader);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* A line on a clock of its own: a film of thirty pictures a second and sound go over it in packets
 * as the engine sends them, and the viewer tells each 100 ms what came when. */
#include <criterion/criterion.h>

#include <string.h>

#include "stream/rtc/estimate.h"

#define PACKET 1200U
#define PICTURE_US 33333
#define SOUND_US 20000
#define PACE_US 640 /* a packet at 15 Mbit/s */
#define FEEDBACK_US 100000
#define UNDER_WAY 4096

/* What stands still is 0. */
static struct line {
    double mbps, loss; /* width; share lost at random */
    int64_t delay, jitter;
    int64_t queue; /* what would wait longer is lost */
    double film;   /* Mbit/s */
    double dozes;  /* share of pictures of which the receiver looks at all packets at once */
} line;

static struct lct_estimate e;
static int64_t now, free_at, newest; /* us */
static uint64_t dice;
static uint16_t number, told;       /* next to be sent; next to be told of */
static int64_t arrivals[UNDER_WAY]; /* by number; -1: lost */
static int64_t theirs;              /* their clock less ours */

static double chance(void) {
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(dice >> 11) / 9007199254740992.0;
}

static void open_line(void) {
    line = (struct line){.mbps = 1000, .delay = 10000, .queue = 100000, .film = 3};
    dice = 1;
    now = 1000000;
    free_at = newest = 0;
    number = told = 65000; /* wraps soon */
    theirs = INT64_C(5000000000);
    lct_estimate_begin(&e, now * LCT_US);
}

TestSuite(estimate, .init = open_line);

static void leave(size_t n, int64_t at) {
    int64_t from = free_at > at ? free_at : at;
    bool lost = from - at > line.queue || chance() < line.loss;
    lct_estimate_sent(&e, number, n, at * LCT_US);
    free_at = from - at > line.queue ? free_at : from + (int64_t)((double)n * 8 / line.mbps);
    int64_t due = free_at + line.delay + (int64_t)((double)line.jitter * (2 * chance() - 1));
    newest = due > newest ? due : newest;
    arrivals[number++ % UNDER_WAY] = lost ? -1 : newest;
}

static void tell(void) {
    bool received[LCT_RTCP_FEEDBACK_MAX];
    int64_t arrival[LCT_RTCP_FEEDBACK_MAX];
    struct lct_rtcp_feedback feedback = {.base = told, .received = received, .arrival_us = arrival};
    while (told != number && arrivals[told % UNDER_WAY] <= now) {
        int64_t at = arrivals[told++ % UNDER_WAY];
        received[feedback.count] = at >= 0;
        arrival[feedback.count++] = at >= 0 ? (at + theirs) / 250 * 250 : 0;
    }
    if (feedback.count > 0) {
        lct_estimate_feedback(&e, &feedback, now * LCT_US);
    }
}

/* A picture: its first packets leave together, the rest paced. */
static void show(void) {
    bool key = now / PICTURE_US % 60 == 0;
    uint16_t first = number;
    double left = line.film * 1e6 / 8 * PICTURE_US / 1e6 * (key ? 4 : 1);
    for (int k = 0; left > 0; k++, left -= PACKET) {
        leave(left < PACKET ? (size_t)left + 1 : PACKET, now + (k < 5 ? 0 : k * PACE_US));
    }
    for (bool doze = chance() < line.dozes; doze && first != number; first++) {
        int64_t *at = &arrivals[first % UNDER_WAY];
        *at = *at < 0 ? -1 : newest;
    }
}

/* Seconds of it; until says when it may end before. How long it took. */
static double watch(double seconds, bool (*until)(void)) {
    int64_t from = now, end = now + (int64_t)(seconds * 1e6);
    for (; now < end && !(until && until()); now += 1000) {
        if (now / PICTURE_US != (now - 1000) / PICTURE_US) {
            show();
        }
        if (now / SOUND_US != (now - 1000) / SOUND_US) {
            leave(200, now);
        }
        if (now / FEEDBACK_US != (now - 1000) / FEEDBACK_US) {
            tell();
        }
    }
    return (double)(now - from) / 1e6;
}

/* Nothing is sent for so long, sound neither. */
static void be_silent(double seconds) {
    int64_t end = now + (int64_t)(seconds * 1e6);
    for (; now < end; now += FEEDBACK_US) {
        tell();
    }
}

static lct_ns clean(void) { return lct_estimate_clean(&e, now * LCT_US); }

static bool is_full(void) { return clean() == 0; }

static double mbps(void) { return lct_estimate_bps(&e) / 1e6; }

Test(estimate, a_wide_line_stays_clean) {
    cr_assert_geq(watch(60, is_full), 60);
    cr_assert_eq(lct_estimate_bps(&e), LCT_ESTIMATE_MAX);
    cr_assert_gt(clean(), 59 * LCT_SECOND);
}

Test(estimate, jitter_and_loss_are_no_narrowness) {
    line.jitter = 15000;
    line.delay = 40000;
    line.loss = 0.1;
    cr_assert_geq(watch(300, is_full), 300);
}

Test(estimate, a_narrow_line_is_known_within_two_seconds) {
    line.mbps = 2;
    cr_assert_lt(watch(60, is_full), 2);
    (void)watch(1, NULL);
    cr_assert_gt(mbps(), 1.4);
    cr_assert_lt(mbps(), 2);
}

/* Slides: five pictures a second without sound, and nothing between them. */
static double show_slides(double seconds, bool (*until)(void)) {
    int64_t from = now, end = now + (int64_t)(seconds * 1e6);
    for (; now < end && !until(); now += FEEDBACK_US) {
        for (int k = 0; (now - from) % 200000 == 0 && k < 50; k++) {
            leave(PACKET, now + k * PACE_US);
        }
        tell();
    }
    return (double)(now - from) / 1e6;
}

Test(estimate, a_queue_that_outlasts_the_pauses_is_known_too) {
    line.mbps = 2; /* they take 2.4 */
    line.queue = 2000000;
    cr_assert_lt(show_slides(10, is_full), 3);
    cr_assert_gt(mbps(), 1.4);
    cr_assert_lt(mbps(), 2);
}

static bool is_pressed(void) { return lct_estimate_is_pressed(&e); }

Test(estimate, a_queue_that_runs_over_is_known_by_one_span) {
    (void)watch(30, NULL);
    line.mbps = 1.5;
    double felt = watch(60, is_pressed), sure = felt + watch(60, is_full);
    cr_assert_lt(felt, 0.5, "%f s until it was felt", felt);
    cr_assert_lt(sure, 0.8, "%f s until it was sure", sure);
}

Test(estimate, jitter_and_loss_are_no_pressure) {
    line.jitter = 15000;
    line.delay = 40000;
    line.loss = 0.1;
    cr_assert_geq(watch(300, is_pressed), 300);
}

/* While much was lost of late, too. */
Test(estimate, a_pause_of_the_sender_makes_the_line_no_narrower) {
    line.mbps = 1;
    for (int i = 0; i < 4; i++) {
        (void)watch(1, NULL);
        be_silent(0.5);
    }
    cr_assert_gt(mbps(), 0.7, "%f", mbps());
}

Test(estimate, one_that_becomes_narrow_too) {
    line.jitter = 15000;
    (void)watch(30, NULL);
    cr_assert_gt(clean(), 0);
    line.mbps = 2;
    cr_assert_lt(watch(60, is_full), 2);
    (void)watch(1, NULL);
    cr_assert_gt(mbps(), 1.2);
    cr_assert_lt(mbps(), 2);
}

/* Mobile lines keep what waits for many seconds before they lose any. */
Test(estimate, one_known_to_be_narrow_that_becomes_narrower_and_loses_nothing) {
    line.mbps = 2;
    (void)watch(3, NULL);
    line.film = 1.5;
    (void)watch(10, NULL);
    cr_assert_gt(clean(), 0);
    line.mbps = 0.6;
    line.queue = 20000000;
    cr_assert_lt(watch(30, is_full), 3);
    cr_assert_lt(mbps(), 0.7);
}

Test(estimate, what_is_sent_less_leaves_it_clean_but_not_wider) {
    line.mbps = 2;
    (void)watch(3, NULL);
    line.film = 0.5;
    (void)watch(3, NULL);
    cr_assert_gt(clean(), LCT_SECOND);
    (void)watch(60, NULL);
    cr_assert_gt(clean(), 60 * LCT_SECOND);
    cr_assert_lt(mbps(), 2.3, "packets that left together say how wide it is: %f", mbps());
}

Test(estimate, a_receiver_that_looks_late_now_and_then_makes_it_no_wider) {
    line.mbps = 2;
    line.dozes = 0.1;
    (void)watch(3, NULL);
    line.film = 0.9;
    for (int i = 0; i < 120; i++) {
        (void)watch(1, NULL);
        cr_assert_lt(mbps(), 2.8);
    }
}

Test(estimate, it_grows_when_the_line_is_wide_again) {
    line.mbps = 2;
    (void)watch(3, NULL);
    line.film = 1;
    (void)watch(5, NULL);
    line.mbps = 20;
    (void)watch(30, NULL);
    cr_assert_gt(mbps(), 4);
    cr_assert_gt(clean(), 29 * LCT_SECOND);
}

Test(estimate, an_outage_is_no_narrowness) {
    (void)watch(10, NULL);
    line.loss = 1;
    (void)watch(30, NULL);
    line.loss = 0;
    cr_assert_geq(watch(30, is_full), 30);
}

Test(estimate, a_longer_way_is_not_taken_for_a_queue_for_long) {
    line.mbps = 2;
    line.film = 1;
    (void)watch(10, NULL);
    cr_assert_gt(clean(), 0);
    line.delay += 100000;
    (void)watch(25, NULL);
    cr_assert_gt(clean(), 2 * LCT_SECOND);
}

Test(estimate, their_clock_may_be_any_and_jump) {
    for (int i = 0; i < 20; i++) {
        theirs = (int64_t)(chance() * 2e12) - INT64_C(1000000000000);
        cr_assert_geq(watch(3, is_full), 3);
    }
}

Test(estimate, lies_do_no_harm) {
    bool received[LCT_RTCP_FEEDBACK_MAX];
    int64_t arrival[LCT_RTCP_FEEDBACK_MAX];
    for (int i = 0; i < 20000; i++) {
        uint16_t count = (uint16_t)(1 + chance() * (LCT_RTCP_FEEDBACK_MAX - 1));
        struct lct_rtcp_feedback feedback = {(uint16_t)(number - chance() * 600), count, (uint8_t)i,
                                             received, arrival};
        for (size_t k = 0; k < count; k++) {
            received[k] = chance() < 0.7;
            arrival[k] = chance() < 0.9 ? (int64_t)(chance() * 1e6) : (int64_t)(chance() * 1e12);
        }
        leave(PACKET, now);
        now += 1000;
        lct_estimate_feedback(&e, &feedback, now * LCT_US);
        cr_assert_geq(lct_estimate_bps(&e), LCT_ESTIMATE_MIN);
        cr_assert_leq(lct_estimate_bps(&e), LCT_ESTIMATE_MAX);
        cr_assert_geq(clean(), 0);
    }
}

/* ---- who has no feedback ---- */

/* The same, with a word a second in its place. */
static void watch_by_word(int seconds, void (*word)(uint64_t), uint64_t value) {
    for (int i = 0; i < seconds; i++) {
        for (int k = 0; k < 100; k++) {
            lct_estimate_sent(&e, LCT_ESTIMATE_NO_NUMBER, 3750, now * LCT_US); /* 3 Mbit/s */
            now += 10000;
        }
        word(value);
    }
}

static void remb(uint64_t bps) { lct_estimate_remb(&e, bps, now * LCT_US); }

static void lost(uint64_t share) { lct_estimate_loss(&e, (uint8_t)share, now * LCT_US); }

Test(estimate, remb_is_believed_after_a_while) {
    watch_by_word(5, remb, 4000000);
    cr_assert_gt(clean(), 0);
    watch_by_word(2, remb, 1000000);
    cr_assert_gt(clean(), 0);
    watch_by_word(2, remb, 1000000);
    cr_assert_eq(clean(), 0);
    cr_assert_lt(mbps(), 1);
    watch_by_word(5, remb, 4000000);
    cr_assert_gt(clean(), 0);
}

Test(estimate, absurd_remb_is_none) {
    watch_by_word(10, remb, 0);
    watch_by_word(10, remb, 1);
    watch_by_word(10, remb, UINT64_C(1) << 63);
    watch_by_word(10, remb, UINT64_MAX);
    cr_assert_eq(lct_estimate_bps(&e), LCT_ESTIMATE_MAX);
    cr_assert_gt(clean(), 39 * LCT_SECOND);
}

Test(estimate, reports_of_much_loss_are_believed_after_a_while) {
    watch_by_word(10, lost, 25); /* 10 % */
    cr_assert_gt(clean(), 0);
    watch_by_word(4, lost, 100);
    cr_assert_eq(clean(), 0);
    cr_assert_lt(mbps(), 2);
}

Test(estimate, who_gives_feedback_is_not_asked_for_words) {
    (void)watch(5, NULL);
    for (int i = 0; i < 10; i++) {
        (void)watch(1, NULL);
        remb(200000);
        lost(255);
    }
    cr_assert_eq(lct_estimate_bps(&e), LCT_ESTIMATE_MAX);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/thread.h"

struct room {
    struct lct_loop *loop;
    struct lct_watch *watch;
    struct lct_timer *first, *second;
    int fds[2];
    int count;
    int order[8];
    int signal;
};

static void count_to_thousand(void *arg) {
    struct room *room = arg;
    if (++room->count == 1000) {
        lct_loop_stop(room->loop);
    }
}

static void post_thousand(void *arg) {
    struct room *room = arg;
    for (int i = 0; i < 500; i++) {
        lct_loop_post(room->loop, count_to_thousand, room);
    }
}

Test(loop, posts_of_threads_all_arrive, .timeout = 20) {
    struct room room = {.loop = lct_loop_create()};
    struct lct_thread threads[2] = {{0}};
    lct_thread_start(&threads[0], "one", post_thousand, &room);
    lct_thread_start(&threads[1], "two", post_thousand, &room);
    lct_loop_run(room.loop);
    lct_thread_join(&threads[0]);
    lct_thread_join(&threads[1]);
    cr_assert_eq(room.count, 1000);
    lct_loop_destroy(room.loop);
}

Test(loop, destroy_runs_what_was_posted) {
    struct room room = {.loop = lct_loop_create()};
    lct_loop_post(room.loop, count_to_thousand, &room);
    lct_loop_destroy(room.loop);
    cr_assert_eq(room.count, 1);
}

static void fire_first(void *arg) {
    struct room *room = arg;
    room->order[room->count++] = 1;
    lct_timer_destroy(room->first);
    room->first = NULL;
}

static void fire_second(void *arg) {
    struct room *room = arg;
    room->order[room->count++] = 2;
    if (room->count == 4) {
        lct_loop_stop(room->loop);
    } else {
        lct_timer_set(room->second, lct_monotonic() + LCT_MS);
    }
}

Test(loop, timers_fire_in_order_and_may_destroy_themselves, .timeout = 10) {
    struct room room = {.loop = lct_loop_create()};
    room.second = lct_timer_create(room.loop, fire_second, &room);
    room.first = lct_timer_create(room.loop, fire_first, &room);
    lct_ns now = lct_monotonic();
    lct_timer_set(room.second, now + 20 * LCT_MS);
    lct_timer_set(room.first, now + 10 * LCT_MS);
    lct_loop_run(room.loop);
    cr_assert_geq(lct_monotonic() - now, 22 * LCT_MS);
    cr_assert_eq(room.order[0], 1);
    cr_assert_eq(room.order[1], 2);
    cr_assert_eq(room.order[3], 2);
    lct_timer_destroy(room.second);
    lct_loop_destroy(room.loop);
}

static void on_bytes(void *arg, uint32_t events) {
    struct room *room = arg;
    char byte;
    if (events & EPOLLIN) {
        cr_assert_eq(read(room->fds[0], &byte, 1), 1);
        room->count++;
    }
    lct_watch_destroy(room->watch);
    lct_loop_stop(room->loop);
}

Test(loop, a_watch_may_destroy_itself, .timeout = 10) {
    struct room room = {.loop = lct_loop_create()};
    cr_assert_eq(pipe(room.fds), 0);
    room.watch = lct_watch_create(room.loop, room.fds[0], EPOLLIN, on_bytes, &room);
    cr_assert_eq(write(room.fds[1], "ab", 2), 2);
    lct_loop_run(room.loop);
    cr_assert_eq(room.count, 1);
    close(room.fds[0]);
    close(room.fds[1]);
    lct_loop_destroy(room.loop);
}

static void on_signal(void *arg, int number) {
    struct room *room = arg;
    room->signal = number;
    lct_loop_stop(room->loop);
}

Test(loop, signals_arrive_as_calls, .timeout = 10) {
    struct room room = {.loop = lct_loop_create()};
    lct_loop_signals(room.loop, (const int[]){SIGTERM, 0}, on_signal, &room);
    cr_assert_eq(kill(getpid(), SIGTERM), 0);
    lct_loop_run(room.loop);
    cr_assert_eq(room.signal, SIGTERM);
    lct_loop_destroy(room.loop);
}

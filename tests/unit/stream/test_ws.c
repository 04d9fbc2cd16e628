// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The engine behind a real server, with viewers over loopback; the lesson's chunks are published by
 * the test, as fast as it likes.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "stream/ws.h"
#include "tests/support/format.h"
#include "tests/support/ws_client.h"

#define PICTURE 3000 /* ticks of 90 kHz */
#define SOUND 2048   /* samples of 48 kHz */
#define PATIENCE (10 * LCT_SECOND)
#define MESSAGES_MAX 4096

static struct lct_bus *bus;
static struct lct_http_server *server;
static struct lct_ws *ws;
static struct lct_format *picture, *small, *sound;
static lct_ns zero;

/* ---- the server ---- */

static void watch(void *app, struct lct_http_request *request) {
    struct lct_fault fault;
    const char *pass = lct_http_query(request, "pass", 0);
    struct lct_ws_join join = {.room = lct_http_value(request, 0), .pass = pass ? pass : ""};
    (void)app;
    join.tracks[0] = lct_http_query(request, "track", 0);
    join.n_tracks = join.tracks[0] ? 1 : 0;
    if (lct_ws_join(ws, request, &join, &fault) < 0) {
        lct_http_answer_fault(request, fault.code == -ENOENT ? 404 : 409, &fault);
    }
}

static atomic_bool revoked;

static bool may_watch(void *arg, const char *room, const char *pass) {
    (void)arg;
    (void)room;
    (void)pass;
    return !atomic_load(&revoked);
}

static atomic_uint small_wanted, key_wanted; /* the last track whose twin, or key frame, was */

static void want_small(void *arg, uint32_t track_id) {
    (void)arg;
    atomic_store(&small_wanted, track_id);
}

static void want_key(void *arg, uint32_t track_id) {
    (void)arg;
    atomic_store(&key_wanted, track_id);
}

static const struct lct_http_route routes[] = {
    {LCT_HTTP_GET, "/{room}/ws", watch, LCT_HTTP_SOCKET, true, 0}};

static void start(void) {
    struct lct_fault fault;
    struct lct_http_options options = {.address = "127.0.0.1", .routes = routes, .n_routes = 1};
    cr_assert_eq(lct_http_create(&options, &server, &fault), 0, "%s", fault.en);
    struct lct_ws_settings settings = {.http = server, .viewers_max = 100, .may_watch = may_watch};
    bus = lct_bus_create();
    ws = lct_ws_create(&settings);
    lct_ws_add_room(ws, "main", bus, &(struct lct_wishes){.key = want_key, .small = want_small});
    lct_http_start(server);
    picture = lct_test_picture_format();
    small = lct_test_picture_format(); /* the picture's twin */
    small->track_id += LCT_TRACK_SMALL_ID;
    (void)snprintf(small->track, sizeof small->track, "camera-small");
    small->init[small->init_bytes - 1] ^= 1;
    sound = lct_test_sound_format();
    zero = lct_monotonic();
}

static void stop(void) {
    lct_http_stop(server);
    lct_ws_destroy(ws);
    lct_http_destroy(server);
    lct_bus_destroy(bus);
    lct_format_unref(picture);
    lct_format_unref(small);
    lct_format_unref(sound);
}

TestSuite(ws, .init = start, .fini = stop);

static void publish(struct lct_format *format, int64_t tick, uint32_t duration, bool key,
                    uint32_t n) {
    struct lct_chunk *chunk = lct_test_chunk(format, tick, duration, key, n);
    chunk->captured = zero + chunk->time;
    lct_bus_publish(bus, chunk);
    lct_chunk_unref(chunk);
}

/* Pictures from number on, a key frame where number is a multiple of ten. */
static void publish_pictures(int64_t number, int count) {
    for (int64_t i = number; i < number + count; i++) {
        publish(picture, i * PICTURE, 2 * PICTURE, i % 10 == 0, 400);
    }
}

/* ---- a viewer ---- */

struct seen {
    struct ws_client *client;
    bool over;
    char text[MESSAGES_MAX]; /* all texts but the greeting, one behind the other */
    char greeting[WS_CLIENT_KEPT + 1];
    int64_t ticks[MESSAGES_MAX]; /* of the chunks that came */
    uint32_t tracks[MESSAGES_MAX];
    size_t n;
    int code; /* it was closed with */
};

/* decode time of a chunk: the tfdt's last eight bytes */
static int64_t tick_of(const struct ws_client_message *message) {
    const uint8_t *at = memmem(message->bytes, message->kept, "tfdt", 4);
    cr_assert_not_null(at);
    uint64_t tick = 0;
    for (int i = 8; i < 16; i++) {
        tick = tick << 8 | at[i];
    }
    return (int64_t)tick;
}

/* its track: the tfhd's, behind version and flags */
static uint32_t track_of(const struct ws_client_message *message) {
    const uint8_t *at = memmem(message->bytes, message->kept, "tfhd", 4);
    cr_assert_not_null(at);
    return (uint32_t)at[8] << 24 | (uint32_t)at[9] << 16 | (uint32_t)at[10] << 8 | at[11];
}

static void take(void *arg, const struct ws_client_message *message) {
    struct seen *seen = arg;
    if (message->kind == WS_CLIENT_CLOSE) {
        seen->code = message->n >= 2 ? message->bytes[0] << 8 | message->bytes[1] : 1005;
    } else if (message->kind == WS_CLIENT_BINARY) {
        cr_assert_lt(seen->n, MESSAGES_MAX);
        seen->tracks[seen->n] = track_of(message);
        seen->ticks[seen->n++] = tick_of(message);
    } else if (message->kind == WS_CLIENT_TEXT && !seen->greeting[0]) {
        memcpy(seen->greeting, message->bytes, message->kept + 1);
    } else if (message->kind == WS_CLIENT_TEXT) {
        size_t at = strlen(seen->text);
        (void)snprintf(seen->text + at, sizeof seen->text - at, "%s", (const char *)message->bytes);
    }
}

static struct seen *join_by(const char *path, int receive_bytes) {
    struct seen *seen = lct_new(sizeof *seen);
    struct ws_client_where where = {.host = "127.0.0.1",
                                    .port = lct_http_port(server),
                                    .path = path,
                                    .receive_bytes = receive_bytes};
    int status = 0;
    lct_ns end = lct_monotonic() + PATIENCE;
    /* what was just published is on its way to the engine */
    while (!(seen->client = ws_client_dial(&where, &status)) && lct_monotonic() < end) {
        cr_assert_eq(status, 409);
        (void)usleep(2000);
    }
    cr_assert_not_null(seen->client);
    return seen;
}

static void leave(struct seen *seen) {
    ws_client_destroy(seen->client);
    free(seen);
}

/* Reads until n chunks are there, or it is over. */
static void hear(struct seen *seen, size_t n) {
    lct_ns end = lct_monotonic() + PATIENCE;
    struct pollfd poll_in = {.fd = ws_client_fd(seen->client), .events = POLLIN};
    while (seen->n < n && !seen->over) {
        cr_assert_lt(lct_monotonic(), end, "%zu of %zu came: %s", seen->n, n, seen->text);
        if (poll(&poll_in, 1, 100) > 0) {
            seen->over = !ws_client_serve(seen->client, take, seen);
        }
    }
}

static void hear_until_over(struct seen *seen) { hear(seen, SIZE_MAX); }

static void wait_for_viewers(unsigned n) {
    lct_ns end = lct_monotonic() + 2 * PATIENCE;
    while (lct_ws_viewers(ws, "main") != n) {
        cr_assert_lt(lct_monotonic(), end, "%u viewers", lct_ws_viewers(ws, "main"));
        (void)usleep(5000);
    }
}

/* ---- tests ---- */

Test(ws, begins_at_the_newest_key_frame, .timeout = 30) {
    publish_pictures(0, 25);
    struct seen *seen = join_by("/main/ws", 0);
    publish_pictures(25, 3);
    hear(seen, 8);
    cr_assert(strstr(seen->greeting, "\"codecs\":\"avc1."), "%s", seen->greeting);
    for (int64_t i = 0; i < 8; i++) {
        cr_assert_eq(seen->ticks[i], (20 + i) * PICTURE);
    }
    cr_assert_str_empty(seen->text);
    leave(seen);
    wait_for_viewers(0);
}

Test(ws, sound_begins_a_little_before_now, .timeout = 30) {
    for (int i = 0; i < 40; i++) {
        publish(sound, i * SOUND, SOUND, true, 300);
    }
    struct seen *seen = join_by("/main/ws?track=sound", 0);
    publish(sound, 40 * SOUND, SOUND, true, 300);
    hear(seen, 1);
    cr_assert_lt(seen->ticks[0], 39 * SOUND);
    leave(seen);
}

Test(ws, refuses_what_is_not_live, .timeout = 30) {
    struct ws_client_where where = {
        .host = "127.0.0.1", .port = lct_http_port(server), .path = "/main/ws"};
    int status;
    cr_assert_null(ws_client_dial(&where, &status));
    cr_assert_eq(status, 409);
    where.path = "/elsewhere/ws";
    cr_assert_null(ws_client_dial(&where, &status));
    cr_assert_eq(status, 404);
}

/* Another init is told before the first chunk that needs it; the same one again is not. */
Test(ws, tells_of_a_new_init, .timeout = 30) {
    publish_pictures(0, 2);
    struct seen *seen = join_by("/main/ws", 0);
    struct lct_format *again = lct_test_picture_format(), *other = lct_test_picture_format();
    other->init[other->init_bytes - 1] ^= 1;
    publish(again, 10 * PICTURE, 2 * PICTURE, true, 400);
    hear(seen, 3);
    cr_assert_null(strstr(seen->text, "init"));
    publish(other, 20 * PICTURE, 2 * PICTURE, true, 400);
    hear(seen, 4);
    cr_assert_not_null(strstr(seen->text, "{\"tracks\":[{\"name\":\"camera\""), "%s", seen->text);
    lct_format_unref(again);
    lct_format_unref(other);
    leave(seen);
}

/* A reader that stops for longer than the bound is moved to the newest key frame, and told. */
Test(ws, moves_ahead_who_is_late, .timeout = 60) {
    struct lct_ws_counters counters;
    publish(picture, 0, 2 * PICTURE, true, 400);
    struct seen *late = join_by("/main/ws", 4096);
    for (int64_t i = 1; i <= 100; i++) { /* more than its line holds */
        publish(picture, i * PICTURE, 2 * PICTURE, i % 10 == 0, 100000);
        (void)usleep(25000);
    }
    for (size_t before = SIZE_MAX; before != late->n;) {
        before = late->n;
        hear(late, late->n + 1);
        if (late->ticks[late->n - 1] == 100 * PICTURE) {
            break;
        }
    }
    cr_assert_eq(late->ticks[late->n - 1], 100 * PICTURE);
    cr_assert_lt(late->n, 101);
    cr_assert_not_null(strstr(late->text, "{\"skip\":{\"track\":\"camera\""), "%s", late->text);
    lct_ws_count(ws, &counters);
    cr_assert_gt(counters.skipped, 0);
    cr_assert_eq(counters.narrowed, 1, "its line was too narrow");
    leave(late);
}

/* Reads what there is, at most so many chunks. */
static void read_some(struct seen *seen, size_t chunks) {
    struct pollfd poll_in = {.fd = ws_client_fd(seen->client), .events = POLLIN};
    for (size_t end = seen->n + chunks; seen->n < end && poll(&poll_in, 1, 0) > 0;) {
        cr_assert(ws_client_serve(seen->client, take, seen));
    }
}

/* Of a screen the next key frame may be ten seconds away. */
Test(ws, who_is_late_and_has_no_key_frame_to_go_on_with_gets_one, .timeout = 60) {
    atomic_store(&key_wanted, 0);
    publish(picture, 0, 2 * PICTURE, true, 400);
    struct seen *late = join_by("/main/ws", 4096);
    lct_ns end = lct_monotonic() + PATIENCE;
    for (int64_t i = 1; atomic_load(&key_wanted) != picture->track_id; i++) {
        cr_assert_lt(lct_monotonic(), end);
        publish(picture, i * PICTURE, 2 * PICTURE, false, 100000);
        (void)usleep(25000);
        read_some(late, i % 4 == 0);
    }
    leave(late);
}

/* Not even the small pictures fit: it is told so. */
Test(ws, who_has_a_hopeless_line_is_told, .timeout = 60) {
    publish(picture, 0, 2 * PICTURE, true, 400);
    struct seen *seen = join_by("/main/ws", 4096);
    lct_ns end = lct_monotonic() + 4 * PATIENCE;
    for (int64_t i = 1; !strstr(seen->text, "{\"narrow\":true}"); i++) {
        cr_assert_lt(lct_monotonic(), end, "%s", seen->text);
        publish(picture, i * PICTURE, 2 * PICTURE, i % 10 == 0, 50000);
        publish(small, i * PICTURE, 2 * PICTURE, i % 10 == 0, 50000);
        (void)usleep(25000);
        read_some(seen, i % 8 == 0);
    }
    leave(seen);
}

/* Full pictures of 100 kB, and small ones while somebody wishes them, as a recorder makes them. */
static void publish_both(int64_t number, uint32_t n) {
    bool wanted = atomic_load(&small_wanted) == 1;
    publish(picture, number * PICTURE, 2 * PICTURE, number % 10 == 0, n);
    if (wanted) {
        publish(small, number * PICTURE, 2 * PICTURE, number % 10 == 0, 400);
    }
}

/* A line that does not take the full pictures takes the small ones, and these without a hole. */
Test(ws, who_has_a_narrow_line_gets_small_pictures, .timeout = 60) {
    struct lct_ws_counters counters;
    uint32_t small_id = picture->track_id + LCT_TRACK_SMALL_ID;
    int64_t number = 0;
    publish_both(number++, 400);
    struct seen *seen = join_by("/main/ws", 4096);
    lct_ns end = lct_monotonic() + PATIENCE;
    while (seen->n == 0 || seen->tracks[seen->n - 1] != small_id) {
        cr_assert_lt(lct_monotonic(), end, "%zu chunks: %s", seen->n, seen->text);
        publish_both(number++, 100000);
        (void)usleep(25000);
        if (number % 4 == 0) {
            read_some(seen, 1);
        }
    }
    cr_assert_eq(atomic_load(&small_wanted), picture->track_id);
    cr_assert_not_null(strstr(seen->text, "{\"tracks\":[{\"name\":\"camera\""), "%s", seen->text);
    cr_assert_not_null(strstr(seen->text, "\"small\":true"), "%s", seen->text);
    size_t first = seen->n - 1;
    for (int i = 0; i < 40; i++) {
        publish_both(number++, 100000);
        (void)usleep(10000);
        read_some(seen, MESSAGES_MAX);
    }
    hear(seen, first + 40);
    for (size_t i = first + 1; i < seen->n; i++) {
        cr_assert_eq(seen->tracks[i], small_id);
        cr_assert_eq(seen->ticks[i], seen->ticks[i - 1] + PICTURE);
    }
    lct_ws_count(ws, &counters);
    cr_assert_eq(counters.narrowed, 1);
    leave(seen);
}

/* Its track may be short of CPU: the full pictures come back, and a key frame is asked for. */
Test(ws, who_gets_small_pictures_gets_full_ones_when_these_end, .timeout = 60) {
    uint32_t small_id = picture->track_id + LCT_TRACK_SMALL_ID;
    int64_t number = 0;
    publish_both(number++, 400);
    struct seen *seen = join_by("/main/ws", 4096);
    lct_ns end = lct_monotonic() + PATIENCE;
    while (seen->n == 0 || seen->tracks[seen->n - 1] != small_id) {
        cr_assert_lt(lct_monotonic(), end);
        publish_both(number++, 100000);
        (void)usleep(25000);
        read_some(seen, number % 4 == 0);
    }
    atomic_store(&key_wanted, 0);
    while (seen->tracks[seen->n - 1] == small_id) {
        bool key = atomic_exchange(&key_wanted, 0) == picture->track_id;
        cr_assert_lt(lct_monotonic(), end);
        publish(picture, number * PICTURE, 2 * PICTURE, key, 400);
        number++;
        (void)usleep(25000);
        read_some(seen, MESSAGES_MAX);
    }
    cr_assert_eq(seen->tracks[seen->n - 1], picture->track_id);
    leave(seen);
}

Test(ws, ends_at_the_bell_and_with_another_lesson, .timeout = 30) {
    for (int round = 0; round < 2; round++) {
        publish_pictures(0, 3);
        struct seen *seen = join_by("/main/ws", 0);
        hear(seen, 3);
        zero += 10 * LCT_SECOND;
        if (round == 0) {
            lct_ws_end(ws, "main");
        } else {
            publish_pictures(0, 1);
        }
        hear_until_over(seen);
        cr_assert_str_eq(seen->text, "{\"end\":true}");
        cr_assert_eq(seen->code, 1000);
        leave(seen);
    }
}

Test(ws, who_may_not_watch_any_more_is_closed, .timeout = 30) {
    atomic_store(&revoked, false);
    publish_pictures(0, 3);
    struct seen *by_link = join_by("/main/ws?pass=link", 0);
    struct seen *by_code = join_by("/main/ws", 0);
    hear(by_link, 3);
    atomic_store(&revoked, true);
    for (int64_t i = 3; !by_link->over; i++) {
        publish_pictures(i, 1);
        (void)usleep(20000);
        by_link->over = !ws_client_serve(by_link->client, take, by_link);
    }
    cr_assert_eq(lct_ws_viewers(ws, "main"), 1);
    leave(by_link);
    leave(by_code);
}

Test(ws, who_says_too_much_is_closed, .timeout = 30) {
    publish_pictures(0, 3);
    struct seen *seen = join_by("/main/ws", 0);
    for (int i = 0; i < 20; i++) {
        ws_client_say(seen->client,
                      "0123456789012345678901234567890123456789012345678901234567890123");
    }
    hear_until_over(seen);
    cr_assert_eq(seen->code, 1009);
    leave(seen);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The server's rooms, spoken to over a real link. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "control/server/rooms.h"
#include "stream/link_join.h"

static struct lct_loop *loop;
static struct lct_rooms *rooms;
static char folder[] = "/tmp/lct-rooms-XXXXXX";
static char *path;
static int changes, replies;
static int last_code;
static bool silent, wrong;
static struct lct_tls *server_tls, *client_tls;
static char last_do[16];

static void on_changed(void *arg) {
    (void)arg;
    changes++;
}

static char lessons[32]; /* that the server was told of */

static void on_lesson(void *arg, const char *id) {
    (void)arg;
    (void)strncat(lessons, id, sizeof lessons - strlen(lessons) - 1);
}

static void quit(void *arg) { lct_loop_stop(arg); }

static void run_for(lct_ns span) {
    struct lct_timer *timer = lct_timer_create(loop, quit, loop);
    lct_timer_set(timer, lct_monotonic() + span);
    lct_loop_run(loop);
    lct_timer_destroy(timer);
}

static void on_done(void *arg, const json_t *reply, const struct lct_fault *fault) {
    (void)arg;
    replies++;
    last_code = reply ? 0 : fault->code;
}

static void on_opened(void *arg, struct lct_link_peer *peer, const json_t *hello) {
    (void)arg;
    (void)hello;
    LCT_JSON json_t *status = json_pack("{s:s, s:s, s:s, s:s}", "room", "main", "name", "Hall",
                                        "state", "recording", "lesson", "L1");
    (void)lct_link_peer_send(peer, LCT_LINK_STATUS, status); /* the server may have hung up */
}

static void on_command(void *arg, struct lct_link_peer *peer, enum lct_link_type type,
                       const json_t *command) {
    (void)arg;
    cr_assert_eq(type, LCT_LINK_COMMAND);
    (void)snprintf(last_do, sizeof last_do, "%s", lct_json_text(command, "do", ""));
    json_int_t id = lct_json_int(command, "id", 0);
    LCT_JSON json_t *reply = strcmp(last_do, "stop") == 0
                                 ? json_pack("{s:I, s:{s:s, s:s, s:s}}", "id", id, "fault", "code",
                                             "not-recording", "en", "No.", "zh", "否。")
                                 : json_pack("{s:I, s:b}", "id", id, "ok", 1);
    if (!silent) {
        (void)lct_link_peer_send(peer, LCT_LINK_REPLY, reply);
    }
}

static const struct lct_link_events recorder = {.opened = on_opened, .message = on_command};

static void start(void) {
    struct lct_fault fault;
    cr_assert_not_null(mkdtemp(folder));
    path = lct_format("%s/link", folder);
    loop = lct_loop_create();
    cr_assert_eq(lct_rooms_create(loop, path, on_changed, NULL, &rooms, &fault), 0);
    cr_assert(lct_rooms_add(rooms, "main", "Room"));
    lct_rooms_tell_lessons(rooms, on_lesson);
}

static void stop(void) {
    lct_rooms_destroy(rooms);
    lct_loop_destroy(loop);
    lct_tls_destroy(server_tls);
    lct_tls_destroy(client_tls);
    cr_assert_eq(rmdir(folder), 0, "the socket is gone too");
    free(path);
}

TestSuite(rooms, .init = start, .fini = stop);

static void send_command(const char *what) {
    lct_rooms_command(rooms, "main", json_pack("{s:s}", "do", what), on_done, NULL);
}

Test(rooms, without_a_recorder_are_away, .timeout = 20) {
    send_command("start");
    cr_assert_eq(replies, 1);
    cr_assert_eq(last_code, -ENOTCONN);
    lct_rooms_command(rooms, "none", json_pack("{s:s}", "do", "start"), on_done, NULL);
    cr_assert_eq(last_code, -ENOENT);
    LCT_JSON json_t *room = lct_rooms_json_of(rooms, "main");
    cr_assert_str_eq(lct_json_text(room, "state", ""), "away");
    cr_assert(json_is_null(json_object_get(room, "status")));
}

Test(rooms, show_what_the_recorder_says_and_pass_commands_on, .timeout = 20) {
    LCT_JSON json_t *hello = json_pack("{s:i, s:s}", "version", 1, "room", "main");
    struct lct_link_caller *caller =
        lct_link_call(loop, lct_link_way_unix(path), hello, &recorder, NULL);
    run_for(200 * LCT_MS);
    cr_assert_gt(changes, 0);
    cr_assert_str_eq(lessons, "L1");
    cr_assert(lct_rooms_is_recording(rooms, "L1"));
    cr_assert_not(lct_rooms_is_recording(rooms, "L2"));
    LCT_JSON json_t *room = lct_rooms_json_of(rooms, "main");
    cr_assert_str_eq(lct_json_text(room, "state", ""), "recording");
    cr_assert_str_eq(lct_json_text(room, "name", ""), "Hall");
    send_command("start");
    run_for(100 * LCT_MS);
    cr_assert_eq(replies, 1);
    cr_assert_eq(last_code, 0);
    send_command("stop");
    run_for(100 * LCT_MS);
    cr_assert_eq(last_code, -ESRCH);
    lct_rooms_look(rooms, true);
    run_for(100 * LCT_MS);
    cr_assert_str_eq(last_do, "look");
    silent = true;
    send_command("mark");
    run_for(100 * LCT_MS);
    cr_assert_eq(replies, 2, "the recorder has not answered");
    lct_link_caller_destroy(caller);
    run_for(100 * LCT_MS);
    cr_assert_eq(replies, 3);
    cr_assert_eq(last_code, -ENOTCONN);
    cr_assert_not(lct_rooms_is_recording(rooms, "L1"));
    cr_assert_str_eq(lessons, "L1L1", "when it was begun and when it was over");
}

Test(rooms, keep_the_first_of_two_recorders, .timeout = 20) {
    LCT_JSON json_t *hello = json_pack("{s:i, s:s}", "version", 1, "room", "main");
    struct lct_link_caller *one =
        lct_link_call(loop, lct_link_way_unix(path), hello, &recorder, NULL);
    run_for(200 * LCT_MS);
    struct lct_link_caller *two =
        lct_link_call(loop, lct_link_way_unix(path), hello, &recorder, NULL);
    run_for(200 * LCT_MS);
    send_command("start");
    run_for(100 * LCT_MS);
    cr_assert_eq(last_code, 0);
    cr_assert_null(lct_link_caller_peer(two));
    lct_link_caller_destroy(one);
    lct_link_caller_destroy(two);
}

static bool is_right(void *arg, const char *room, const char *secret) {
    (void)arg;
    (void)room;
    (void)secret;
    return !wrong;
}

static void open_door(void) {
    struct lct_fault fault;
    struct lct_cert *cert;
    uint8_t sum[LCT_DIGEST_SIZE];
    bool own;
    LCT_FREE char *certificate = lct_format("%s/cert.pem", folder);
    LCT_FREE char *key = lct_format("%s/key.pem", folder);
    cr_assert_eq(lct_cert_make_own(certificate, key, &fault), 0);
    cr_assert_eq(lct_cert_load(certificate, key, &cert, &fault), 0);
    lct_cert_sum(cert, sum, &own);
    cr_assert_eq(lct_tls_server(cert, &server_tls), 0);
    cr_assert_eq(lct_tls_client(&(struct lct_tls_trust){.pin = sum}, &client_tls, &fault), 0);
    lct_cert_unref(cert);
    cr_assert(unlink(certificate) == 0 && unlink(key) == 0);
    const struct lct_rooms_door door = {
        .address = "127.0.0.1", .tls = server_tls, .is_right = is_right};
    cr_assert_eq(lct_rooms_open_door(rooms, &door, &fault), 0, "%s", fault.en);
}

/* A line whose end is not a goodbye: what is sent into it fails. */
static int dial(void) {
    const struct linger no_goodbye = {.l_onoff = 1};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)lct_rooms_door_port(rooms)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &no_goodbye, sizeof no_goodbye), 0);
    return fd;
}

Test(rooms, send_a_recorder_away_whose_line_has_just_broken, .timeout = 20) {
    LCT_JSON json_t *hello =
        json_pack("{s:i, s:s, s:s}", "version", 1, "room", "main", "secret", "s");
    open_door();
    struct lct_link_peer *peer =
        lct_link_peer_create(loop, lct_tls_stream(client_tls, dial()), hello, &recorder, NULL);
    run_for(500 * LCT_MS);
    cr_assert_str_eq(lct_rooms_state(rooms, "main"), "recording");
    lct_link_peer_destroy(peer); /* which the server has not seen when the token is revoked */
    wrong = true;
    lct_rooms_look_at_door(rooms);
    cr_assert_str_eq(lct_rooms_state(rooms, "main"), "away");
}

Test(rooms, record_no_lesson_whose_name_is_a_path, .timeout = 20) {
    char lesson[LCT_ROOMS_LESSON_SIZE];
    LCT_JSON json_t *hello = json_pack("{s:i, s:s}", "version", 1, "room", "main");
    LCT_JSON json_t *status =
        json_pack("{s:s, s:s, s:s}", "room", "main", "state", "recording", "lesson", "../x");
    struct lct_link_caller *caller =
        lct_link_call(loop, lct_link_way_unix(path), hello, &recorder, NULL);
    run_for(200 * LCT_MS);
    cr_assert(lct_rooms_lesson(rooms, "main", lesson));
    cr_assert_eq(lct_link_peer_send(lct_link_caller_peer(caller), LCT_LINK_STATUS, status), 0);
    run_for(200 * LCT_MS);
    cr_assert_not(lct_rooms_lesson(rooms, "main", lesson));
    lct_link_caller_destroy(caller);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Both ends over TLS on loopback: who is taken, who is refused, and who cannot keep others out. */
#include "stream/link_join.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

static char folder[] = "/tmp/lct-join-XXXXXX";
static char *certificate, *key;
static struct lct_loop *loop;
static struct lct_tls *server_tls, *client_tls;
static struct lct_link_listener *listener;
static struct lct_link_peer *taken;
static int opened, refused, closed, messages;
static bool refuse, crowded;

static void on_opened(void *arg, struct lct_link_peer *peer, const json_t *hello) {
    (void)arg;
    LCT_JSON json_t *words = json_pack("{s:s}", "en", "No.");
    if (refuse || strcmp(lct_json_text(hello, "secret", ""), "right") != 0) {
        if (!crowded) {
            lct_link_listener_blame(listener, peer);
        }
        (void)lct_link_peer_send(peer, LCT_LINK_REFUSED, words);
        lct_link_peer_close(peer, crowded ? "second-recorder" : "wrong-token");
        return;
    }
    opened++;
    taken = peer;
    (void)lct_link_peer_send(peer, LCT_LINK_COMMAND, words);
}

static const struct lct_link_events of_server = {.opened = on_opened};

static void on_message(void *arg, struct lct_link_peer *peer, enum lct_link_type type,
                       const json_t *message) {
    (void)arg;
    (void)peer;
    cr_assert_str_eq(lct_json_text(message, "en", ""), "No.");
    refused += type == LCT_LINK_REFUSED;
    messages += type == LCT_LINK_COMMAND;
}

static void on_closed(void *arg, struct lct_link_peer *peer, const char *why) {
    (void)arg;
    (void)peer;
    (void)why;
    closed++;
}

static const struct lct_link_events of_recorder = {.message = on_message, .closed = on_closed};

static void start(void) {
    struct lct_fault fault;
    struct lct_cert *cert;
    uint8_t sum[LCT_DIGEST_SIZE];
    bool own;
    LCT_JSON json_t *hello = json_pack("{s:i}", "version", LCT_LINK_VERSION);
    cr_assert_not_null(mkdtemp(folder));
    certificate = lct_format("%s/cert.pem", folder);
    key = lct_format("%s/key.pem", folder);
    cr_assert_eq(lct_cert_make_own(certificate, key, &fault), 0, "%s", fault.en);
    cr_assert_eq(lct_cert_load(certificate, key, &cert, &fault), 0, "%s", fault.en);
    lct_cert_sum(cert, sum, &own);
    cr_assert_eq(lct_tls_server(cert, &server_tls), 0);
    lct_cert_unref(cert);
    cr_assert_eq(lct_tls_client(&(struct lct_tls_trust){.pin = sum}, &client_tls, &fault), 0);
    loop = lct_loop_create();
    cr_assert_eq(lct_link_listen_tls(loop, "127.0.0.1", 0, server_tls, hello, &of_server, NULL,
                                     &listener, &fault),
                 0, "%s", fault.en);
}

static void stop(void) {
    lct_link_listener_destroy(listener);
    lct_loop_destroy(loop);
    lct_tls_destroy(server_tls);
    lct_tls_destroy(client_tls);
    (void)unlink(certificate);
    (void)unlink(key);
    cr_assert_eq(rmdir(folder), 0);
    free(certificate);
    free(key);
}

TestSuite(link_join_tls, .init = start, .fini = stop, .timeout = 30);

static void quit(void *arg) { lct_loop_stop(arg); }

static void run_for(lct_ns span) {
    struct lct_timer *timer = lct_timer_create(loop, quit, loop);
    lct_timer_set(timer, lct_monotonic() + span);
    lct_loop_run(loop);
    lct_timer_destroy(timer);
}

static struct lct_link_caller *call(const char *host, const char *secret) {
    LCT_JSON json_t *hello = json_pack("{s:i, s:s}", "version", LCT_LINK_VERSION, "secret", secret);
    struct lct_link_way *way = lct_link_way_tls(host, lct_link_listener_port(listener), client_tls);
    return lct_link_call(loop, way, hello, &of_recorder, NULL);
}

Test(link_join_tls, takes_who_has_the_secret) {
    struct lct_link_caller *caller = call("127.0.0.1", "right");
    run_for(300 * LCT_MS);
    cr_assert_eq(opened, 1);
    cr_assert_eq(messages, 1);
    cr_assert_not_null(lct_link_caller_peer(caller));
    cr_assert_str_eq(lct_link_peer_from(taken), "127.0.0.1");
    lct_link_peer_close(taken, "lost");
    run_for(900 * LCT_MS);
    cr_assert_eq(closed, 1);
    cr_assert_eq(opened, 2, "it calls again");
    lct_link_caller_destroy(caller);
}

Test(link_join_tls, finds_a_host_by_its_name) {
    struct lct_link_caller *caller = call("localhost", "right");
    run_for(3 * LCT_SECOND);
    cr_assert_eq(opened, 1);
    lct_link_caller_destroy(caller);
}

Test(link_join_tls, tells_who_is_refused_why_and_once) {
    struct lct_link_caller *caller = call("127.0.0.1", "wrong");
    run_for(3 * LCT_SECOND);
    cr_assert_eq(refused, 1);
    cr_assert_eq(closed, 1);
    cr_assert_eq(opened, 0);
    cr_assert_null(lct_link_caller_peer(caller));
    lct_link_caller_destroy(caller);
}

/* A socket that connects and says nothing. */
static int knock(void) {
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)lct_link_listener_port(listener)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static bool is_closed(int fd) {
    char byte[256];
    ssize_t n = 1;
    while (n > 0) {
        n = recv(fd, byte, sizeof byte, MSG_DONTWAIT);
    }
    return n == 0;
}

Test(link_join_tls, bounds_strangers_of_an_address_and_not_who_was_taken) {
    int fds[LCT_LINK_STRANGERS_OF_ONE + 4];
    struct lct_link_caller *caller = call("127.0.0.1", "right");
    run_for(300 * LCT_MS);
    cr_assert_eq(opened, 1);
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        fds[i] = knock();
    }
    run_for(200 * LCT_MS);
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        cr_assert_eq(is_closed(fds[i]), i >= LCT_LINK_STRANGERS_OF_ONE, "%zu", i);
    }
    run_for(LCT_LINK_HELLO_DEADLINE);
    cr_assert(is_closed(fds[0]), "its time is over");
    cr_assert_eq(closed, 0, "the recorder is still there");
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        close(fds[i]);
    }
    lct_link_caller_destroy(caller);
}

static void be_refused_too_often(void) {
    refuse = true;
    for (int i = 0; i < LCT_LINK_TRIES_MAX; i++) {
        struct lct_link_caller *caller = call("127.0.0.1", "right");
        while (refused == i) {
            run_for(20 * LCT_MS);
        }
        lct_link_caller_destroy(caller);
    }
    refuse = false;
}

Test(link_join_tls, lets_an_address_wait_that_tries_again_and_again) {
    be_refused_too_often();
    struct lct_link_caller *caller = call("127.0.0.1", "right");
    run_for(2 * LCT_SECOND);
    cr_assert_eq(opened, 0);
    lct_link_caller_destroy(caller);
}

/* Many rooms of one building call from one address, and again while their place is still taken. */
Test(link_join_tls, blames_nobody_whose_token_is_right) {
    crowded = true;
    be_refused_too_often();
    struct lct_link_caller *caller = call("127.0.0.1", "right");
    run_for(2 * LCT_SECOND);
    cr_assert_eq(opened, 1);
    lct_link_caller_destroy(caller);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Two ends of TLS over a socket pair, driven by hand: both are tried in turn until they are done.
 */
#include "base/tls.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"

static char folder[] = "/tmp/lct-tls-XXXXXX";
static char *certificate, *key;
static struct lct_cert *cert;
static uint8_t sum[LCT_DIGEST_SIZE];

static struct lct_cert *load(uint8_t ret_sum[LCT_DIGEST_SIZE]) {
    struct lct_cert *loaded = NULL;
    struct lct_fault fault;
    bool own;
    cr_assert_eq(lct_cert_make_own(certificate, key, &fault), 0, "%s", fault.en);
    cr_assert_eq(lct_cert_load(certificate, key, &loaded, &fault), 0, "%s", fault.en);
    lct_cert_sum(loaded, ret_sum, &own);
    cr_assert(own);
    return loaded;
}

static void make_files(void) {
    cr_assert_not_null(mkdtemp(folder));
    certificate = lct_format("%s/cert.pem", folder);
    key = lct_format("%s/key.pem", folder);
    cert = load(sum);
}

static void remove_files(void) {
    lct_cert_unref(cert);
    (void)unlink(certificate);
    (void)unlink(key);
    cr_assert_eq(rmdir(folder), 0);
    free(certificate);
    free(key);
}

TestSuite(tls, .init = make_files, .fini = remove_files, .timeout = 20);

struct pair {
    struct lct_tls *server, *client;
    struct lct_stream *called, *caller;
};

/* Takes client. */
static struct pair join(struct lct_tls *client) {
    struct pair pair = {.client = client};
    int fds[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    cr_assert_eq(lct_tls_server(cert, &pair.server), 0);
    pair.called = lct_tls_stream(pair.server, fds[0]);
    pair.caller = lct_tls_stream(pair.client, fds[1]);
    return pair;
}

static void part(struct pair *pair) {
    lct_stream_destroy(pair->called);
    lct_stream_destroy(pair->caller);
    lct_tls_destroy(pair->server);
    lct_tls_destroy(pair->client);
}

static struct lct_tls *client_of(const char *ca, const uint8_t *pin) {
    struct lct_tls *tls;
    struct lct_fault fault;
    const struct lct_tls_trust trust = {.name = "lectern.test", .ca = ca, .pin = pin};
    cr_assert_eq(lct_tls_client(&trust, &tls, &fault), 0, "%s", fault.en);
    return tls;
}

/* Sends n bytes from one to the other while both go on; what came first that was no -EAGAIN. */
static ssize_t carry(struct lct_stream *from, struct lct_stream *to, const uint8_t *bytes, size_t n,
                     uint8_t *into) {
    size_t sent = 0, got = 0;
    uint8_t unused[16];
    while (got < n) {
        const struct iovec iov[2] = {
            {(void *)(uintptr_t)(bytes + sent), (n - sent) / 2},
            {(void *)(uintptr_t)(bytes + sent + (n - sent) / 2), n - sent - (n - sent) / 2}};
        ssize_t rc = lct_stream_write(from, iov, sent < n ? 2 : 0);
        if (rc < 0 && rc != -EAGAIN) {
            return rc;
        }
        sent += rc > 0 ? (size_t)rc : 0;
        rc = lct_stream_read(to, into + got, n - got);
        if (rc <= 0 && rc != -EAGAIN) {
            return rc;
        }
        got += rc > 0 ? (size_t)rc : 0;
        rc = lct_stream_read(from, unused, sizeof unused); /* the handshake's */
        if (rc != -EAGAIN) {
            return rc;
        }
        rc = lct_stream_write(to, NULL, 0);
        if (rc < 0 && rc != -EAGAIN) {
            return rc;
        }
    }
    return (ssize_t)got;
}

Test(tls, carries_bytes_both_ways_in_pieces) {
    struct pair pair = join(client_of(NULL, sum));
    size_t n = 3U << 20; /* more than any buffer between them */
    uint8_t *bytes = lct_new(n), *got = lct_new(n);
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (uint8_t)(i * 2654435761U >> 24);
    }
    cr_assert_eq(carry(pair.caller, pair.called, bytes, n, got), (ssize_t)n);
    cr_assert_eq(memcmp(bytes, got, n), 0);
    cr_assert_eq(carry(pair.called, pair.caller, bytes, 1000, got), 1000);
    cr_assert_eq(memcmp(bytes, got, 1000), 0);
    lct_stream_destroy(pair.caller);
    pair.caller = NULL;
    cr_assert_eq(lct_stream_read(pair.called, got, 10), 0, "told by close_notify");
    free(bytes);
    free(got);
    part(&pair);
}

Test(tls, what_is_held_is_said_and_waited_for) {
    struct pair pair = join(client_of(NULL, sum));
    uint8_t *bytes = lct_new(LCT_TLS_RECORD), *got = lct_new(LCT_TLS_RECORD);
    cr_assert_eq(carry(pair.caller, pair.called, bytes, 100, got), 100);
    const struct iovec iov = {bytes, LCT_TLS_RECORD};
    ssize_t rc = 1;
    for (int i = 0; i < 1000 && rc > 0; i++) {
        rc = lct_stream_write(pair.caller, &iov, 1);
    }
    cr_assert_eq(rc, -EAGAIN);
    cr_assert(lct_stream_holds(pair.caller));
    cr_assert_eq(lct_stream_events(pair.caller, true), (uint32_t)(EPOLLIN | EPOLLOUT));
    cr_assert_eq(lct_stream_read(pair.called, got, 10), 10);
    cr_assert(lct_stream_has(pair.called), "the rest of a record lies in the stream");
    free(bytes);
    free(got);
    part(&pair);
}

static void be_distrusted(struct lct_tls *client) {
    struct pair pair = join(client);
    uint8_t got[4];
    cr_assert_eq(carry(pair.caller, pair.called, (const uint8_t *)"abcd", 4, got), -EPROTO);
    cr_assert_str_eq(lct_stream_why(pair.caller), "certificate");
    part(&pair);
}

Test(tls, trusts_what_is_pinned_and_nothing_else) {
    uint8_t other[LCT_DIGEST_SIZE];
    memcpy(other, sum, sizeof other);
    other[31] ^= 1;
    be_distrusted(client_of(NULL, other));
    be_distrusted(client_of(NULL, NULL));        /* the system's authorities know nothing of it */
    be_distrusted(client_of(certificate, NULL)); /* vouched for, but made for another name */
}

Test(tls, refuses_what_are_no_authorities) {
    struct lct_tls *tls;
    struct lct_fault fault;
    const struct lct_tls_trust trust = {.name = "lectern.test", .ca = key};
    cr_assert_eq(lct_tls_client(&trust, &tls, &fault), -EINVAL);
    cr_assert_not_null(strstr(fault.en, key));
}

Test(tls, ends_with_one_who_speaks_something_else) {
    struct pair pair = join(client_of(NULL, sum));
    uint8_t byte;
    int fd = lct_stream_fd(pair.caller);
    cr_assert_eq(write(fd, "GET / HTTP/1.1\r\n\r\n", 18), 18);
    cr_assert_eq(lct_stream_read(pair.called, &byte, 1), -EPROTO);
    cr_assert_str_eq(lct_stream_why(pair.called), "tls");
    part(&pair);
}

Test(tls, another_certificate_serves_new_connections) {
    struct pair pair = join(client_of(NULL, sum));
    uint8_t got[4], fresh[LCT_DIGEST_SIZE];
    cr_assert_eq(carry(pair.caller, pair.called, (const uint8_t *)"abcd", 4, got), 4);
    cr_assert_eq(unlink(certificate), 0);
    struct lct_cert *other = load(fresh);
    cr_assert_neq(memcmp(fresh, sum, sizeof sum), 0);
    cr_assert_eq(lct_tls_show(pair.server, other), 0);
    lct_cert_unref(other);
    cr_assert_eq(carry(pair.called, pair.caller, (const uint8_t *)"efgh", 4, got), 4,
                 "the old one goes on");
    struct lct_tls *client = client_of(NULL, fresh);
    int fds[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    struct lct_stream *called = lct_tls_stream(pair.server, fds[0]);
    struct lct_stream *caller = lct_tls_stream(client, fds[1]);
    cr_assert_eq(carry(caller, called, (const uint8_t *)"ijkl", 4, got), 4);
    lct_stream_destroy(called);
    lct_stream_destroy(caller);
    lct_tls_destroy(client);
    part(&pair);
}

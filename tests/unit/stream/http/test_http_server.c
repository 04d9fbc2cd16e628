// SPDX-License-Identifier: GPL-3.0-or-later
/* HTTPS by a real OpenSSL client, certificates that are renewed meanwhile, and what proxies say. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/thread.h"
#include "stream/http/http.h"
#include "stream/http/http_events.h"
#include "stream/http/http_source.h"
#include "tests/support/certificate.h"

#define MEDIA_SIZE (3U * 1000 * 1000 + 7)

#define VIEWERS (LCT_HTTP_CONNECTIONS_MAX + 100) /* of one school */

static struct lct_http_server *server;
static struct lct_loop *loop;
static struct lct_thread thread;
static _Atomic(struct lct_http_stream *) stream;
static struct lct_http_stream *viewers[VIEWERS];
static size_t n_viewers;
static struct lct_http_request *held[LCT_HTTP_PER_ADDRESS_MAX];
static size_t n_held;
static SSL_CTX *client;
static char folder[] = "/tmp/lct-https-XXXXXX";
static char pem[64], key[64];

static void who(void *app, struct lct_http_request *request) {
    const char *cookie = lct_http_header(request, LCT_HTTP_COOKIE);
    (void)app;
    lct_http_answer_json(request, 200,
                         json_pack("{s:s, s:b, s:s}", "client", lct_http_client(request), "secure",
                                   (int)lct_http_is_secure(request), "cookie",
                                   cookie ? cookie : ""));
}

static void prefer(void *app, struct lct_http_request *request) {
    (void)app;
    lct_http_answer(request, 204, "text/plain", "", 0);
}

static void echo(void *app, struct lct_http_request *request) {
    size_t n;
    const char *body = lct_http_body(request, &n);
    (void)app;
    lct_http_answer(request, 200, "text/plain", body, n);
}

static ssize_t read_numbers(void *opaque, uint64_t offset, void *bytes, size_t n) {
    uint8_t *out = bytes;
    (void)opaque;
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)((offset + i) % 251);
    }
    return (ssize_t)n;
}

static void close_numbers(void *opaque) { (void)opaque; }

static void media(void *app, struct lct_http_request *request) {
    struct lct_http_source source = {
        .type = "video/mp4", .size = MEDIA_SIZE, .read = read_numbers, .close = close_numbers};
    (void)app;
    lct_http_answer_source(request, &source);
}

static void on_stream_closed(void *arg) {
    (void)arg;
    lct_http_stream_end(stream);
    stream = NULL;
}

static void events(void *app, struct lct_http_request *request) {
    (void)app;
    stream = lct_http_answer_events(request, on_stream_closed, NULL);
    lct_http_stream_send(stream, "first", "1");
}

static void hold(void *app, struct lct_http_request *request) {
    (void)app;
    held[n_held++] = request;
}

static void on_viewer_gone(void *arg) { lct_http_stream_end(*(struct lct_http_stream **)arg); }

static void view(void *app, struct lct_http_request *request) {
    (void)app;
    struct lct_http_stream **viewer = &viewers[n_viewers++];
    *viewer = lct_http_answer_events(request, on_viewer_gone, viewer);
    lct_http_stream_send(*viewer, "first", "1");
}

static const struct lct_http_route routes[] = {
    {LCT_HTTP_GET, "/hold", hold, LCT_HTTP_HERE, false, 0},
    {LCT_HTTP_GET, "/who", who, LCT_HTTP_HERE, false, 0},
    {LCT_HTTP_POST, "/for/all", who, LCT_HTTP_HERE, false, 0},
    {LCT_HTTP_OPTIONS, "/for/all", prefer, LCT_HTTP_HERE, true, 0},
    {LCT_HTTP_POST, "/echo", echo, LCT_HTTP_HERE, false, 0},
    {LCT_HTTP_GET, "/media", media, LCT_HTTP_HERE, false, 0},
    {LCT_HTTP_GET, "/events", events, LCT_HTTP_MAIN, false, 0},
    {LCT_HTTP_GET, "/view", view, LCT_HTTP_MAIN, false, 0},
};

static void run_loop(void *arg) { lct_loop_run(arg); }

static struct lct_cert *load(void) {
    struct lct_cert *cert = NULL;
    struct lct_fault fault;
    cr_assert_eq(lct_cert_load(pem, key, &cert, &fault), 0, "%s", fault.en);
    return cert;
}

static void start(void) {
    static const char *const proxies[] = {"127.0.0.2", NULL};
    struct lct_fault fault;
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(pem, sizeof pem, "%s/cert.pem", folder);
    (void)snprintf(key, sizeof key, "%s/key.pem", folder);
    make_certificate(pem, key, -1, 90);
    struct lct_cert *cert = load();
    loop = lct_loop_create();
    lct_thread_start(&thread, "loop", run_loop, loop);
    struct lct_http_options options = {.address = "::",
                                       .tls_address = "127.0.0.1",
                                       .cert = cert,
                                       .routes = routes,
                                       .n_routes = sizeof routes / sizeof *routes,
                                       .main = loop,
                                       .proxies = proxies};
    cr_assert_eq(lct_http_create(&options, &server, &fault), 0, "%s", fault.en);
    lct_cert_unref(cert);
    lct_http_start(server);
    client = SSL_CTX_new(TLS_client_method());
}

static void stop(void) {
    SSL_CTX_free(client);
    lct_http_stop(server);
    for (size_t i = 0; i < n_held; i++) {
        lct_http_answer(held[i], 200, "text/plain", "", 0);
    }
    lct_loop_stop(loop);
    lct_thread_join(&thread);
    lct_loop_destroy(loop);
    lct_http_destroy(server);
    (void)unlink(pem);
    (void)unlink(key);
    (void)rmdir(folder);
}

TestSuite(http_server, .init = start, .fini = stop);

/* A connection from an address to a port here. */
static int dial(const char *from, int port) {
    struct sockaddr_in own = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    struct timeval patience = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(inet_pton(AF_INET, from, &own.sin_addr), 1);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)port);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    cr_assert_eq(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0, "%s", strerror(errno));
    return fd;
}

static void await_connections(uint64_t n) {
    struct lct_http_counters counters;
    do {
        usleep(10000);
        lct_http_count(server, &counters);
    } while (counters.connections_now != n);
}

/* Asks by hand from an address; the answer, until the connection ends (owned). */
static char *ask(const char *from, const char *request) {
    char *answer = lct_new(5001);
    size_t n = 0;
    ssize_t got;
    int fd = dial(from, lct_http_port(server));
    cr_assert_eq(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    while (n < 5000 && (got = recv(fd, answer + n, 5000 - n, 0)) > 0) {
        n += (size_t)got;
    }
    close(fd);
    return answer;
}

static void expect(char *answer, const char *status, const char *part) {
    cr_expect(strncmp(answer, status, strlen(status)) == 0 && strstr(answer, part),
              "\"%s\" is not %s with %s", answer, status, part);
    free(answer);
}

/* Shakes hands over TLS on a connection (taken); NULL when it fails. */
static SSL *shake_on(int fd) {
    SSL *ssl = SSL_new(client);
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) != 1) {
        SSL_free(ssl);
        close(fd);
        return NULL;
    }
    return ssl;
}

static SSL *shake(void) { return shake_on(dial("127.0.0.1", lct_http_tls_port(server))); }

static void hang_up(SSL *ssl) {
    int fd = SSL_get_fd(ssl);
    (void)SSL_shutdown(ssl);
    SSL_free(ssl);
    close(fd);
}

static void say(SSL *ssl, const char *text) {
    cr_assert_eq(SSL_write(ssl, text, (int)strlen(text)), (int)strlen(text));
}

/* Reads until text has come (true), or the end. */
static bool hear(SSL *ssl, const char *text) {
    char heard[20001] = "";
    size_t n = 0;
    while (!strstr(heard, text) && n + 1 < sizeof heard) {
        int got = SSL_read(ssl, heard + n, (int)(sizeof heard - 1 - n));
        if (got <= 0) {
            return false;
        }
        n += (size_t)got;
    }
    return strstr(heard, text) != NULL;
}

#define HOST " HTTP/1.1\r\nHost: localhost\r\n"

Test(http_server, speaks_https, .timeout = 60) {
    SSL *ssl = shake();
    cr_assert_not_null(ssl);
    for (int i = 0; i < 3; i++) { /* on one connection */
        say(ssl, "GET /who" HOST "\r\n");
        cr_expect(hear(ssl, "\"secure\":true"));
    }
    say(ssl, "POST /echo" HOST "Content-Length: 5\r\n\r\nhello"); /* in one record */
    cr_expect(hear(ssl, "hello"));
    say(ssl, "POST /echo" HOST "Content-Length: 5\r\n\r\n");
    say(ssl, "again");
    cr_expect(hear(ssl, "again"));
    hang_up(ssl);
    expect(ask("127.0.0.1", "GET /who" HOST "Connection: close\r\n\r\n"), "HTTP/1.1 200",
           "\"secure\":false");
}

Test(http_server, sends_much_by_tls, .timeout = 60) {
    static char heard[MEDIA_SIZE + 2000];
    SSL *ssl = shake();
    size_t n = 0;
    int got;
    cr_assert_not_null(ssl);
    say(ssl, "GET /media" HOST "Connection: close\r\n\r\n");
    while (n < sizeof heard && (got = SSL_read(ssl, heard + n, (int)(sizeof heard - n))) > 0) {
        n += (size_t)got;
    }
    char *body = strstr(heard, "\r\n\r\n");
    cr_assert(body && n == (size_t)(body + 4 - heard) + MEDIA_SIZE, "%zu", n);
    for (size_t i = 0; i < MEDIA_SIZE; i++) {
        cr_assert_eq((uint8_t)body[4 + i], i % 251, "at %zu", i);
    }
    hang_up(ssl);
}

Test(http_server, speaks_no_other_tls, .timeout = 60) {
    static const unsigned char protocols[] = "\x02h2\x08http/1.1";
    const unsigned char *chosen;
    unsigned n;
    SSL_CTX_set_alpn_protos(client, protocols, sizeof protocols - 1);
    SSL *ssl = shake();
    cr_assert_not_null(ssl);
    SSL_get0_alpn_selected(ssl, &chosen, &n);
    cr_expect(n == 8 && memcmp(chosen, "http/1.1", 8) == 0);
    say(ssl, "GET /who" HOST "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
             "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n");
    cr_expect_not(hear(ssl, "101"));
    hang_up(ssl);
    ssl = shake();
    cr_assert_not_null(ssl);
    say(ssl, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    cr_expect_not(hear(ssl, "200"));
    hang_up(ssl);
    LCT_FREE char *answer = ask("127.0.0.1", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    cr_expect(!*answer || strstr(answer, " 403 "), "%s", answer);
    SSL_CTX_set_security_level(client, 0);
    SSL_CTX_set_min_proto_version(client, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(client, TLS1_1_VERSION);
    cr_expect_null(shake(), "TLS 1.1");
    SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
    ssl = shake();
    cr_assert_not_null(ssl, "TLS 1.2");
    cr_expect(SSL_renegotiate(ssl) != 1 || SSL_do_handshake(ssl) != 1, "renegotiated");
    hang_up(ssl);
}

Test(http_server, renews_without_dropping_anybody, .timeout = 60) {
    SSL *early = shake();
    cr_assert_not_null(early);
    say(early, "GET /events" HOST "\r\n");
    cr_assert(hear(early, "data: 1"));
    make_certificate(pem, key, -1, 300);
    lct_http_renew(server, load());
    SSL *late = shake();
    cr_assert_not_null(late);
    X509 *before = SSL_get1_peer_certificate(early), *after = SSL_get1_peer_certificate(late);
    cr_expect_neq(X509_cmp(before, after), 0, "the new one is shown");
    X509_free(before);
    X509_free(after);
    lct_http_stream_send(stream, "second", "2");
    cr_expect(hear(early, "data: 2"), "who was there stays");
    hang_up(late);
    hang_up(early);
    while (stream) { /* its end is noticed though nothing is sent: a goodbye stands before it */
        usleep(20000);
    }
}

/* Of what kind the key is that a client is shown (taken), who would take each. */
static int kind_shown(SSL *ssl) {
    cr_assert_not_null(ssl);
    X509 *shown = SSL_get1_peer_certificate(ssl);
    int kind = EVP_PKEY_get_base_id(X509_get0_pubkey(shown));
    X509_free(shown);
    hang_up(ssl);
    return kind;
}

Test(http_server, shows_no_old_certificate_of_another_kind, .timeout = 60) {
    int called_before = dial("127.0.0.1", lct_http_tls_port(server));
    await_connections(1);
    make_certificate_of(EVP_RSA_gen(2048), pem, key, -1, 300);
    lct_http_renew(server, load());
    cr_expect_eq(kind_shown(shake()), EVP_PKEY_RSA);
    cr_expect_eq(kind_shown(shake_on(called_before)), EVP_PKEY_RSA);
    make_certificate(pem, key, -1, 300);
    lct_http_renew(server, load());
    cr_expect_eq(kind_shown(shake()), EVP_PKEY_EC);
}

Test(http_server, does_not_wait_for_slow_hands, .timeout = 60) {
    char byte;
    int silent = dial("127.0.0.1", lct_http_tls_port(server));
    int slow = dial("127.0.0.1", lct_http_tls_port(server));
    int wrong = dial("127.0.0.1", lct_http_tls_port(server));
    cr_assert_eq(send(slow, "\x16\x03\x01\x02", 4, 0), 4); /* the beginning of a handshake */
    cr_assert_gt(send(wrong, "GET /who" HOST "\r\n", 33, 0), 0);
    cr_expect_leq(recv(wrong, &byte, 1, 0), 0);
    SSL *ssl = shake();
    cr_assert_not_null(ssl, "others are served meanwhile");
    hang_up(ssl);
    cr_expect_eq(recv(silent, &byte, 1, 0), 0, "closed");
    cr_expect_leq(recv(slow, &byte, 1, 0), 0, "closed");
    close(silent);
    close(slow);
    close(wrong);
    await_connections(0);
}

Test(http_server, limits_each_address_over_tls_too, .timeout = 60) {
    int fds[LCT_HTTP_PER_ADDRESS_MAX];
    for (size_t i = 0; i < LCT_HTTP_PER_ADDRESS_MAX; i++) {
        fds[i] = dial("127.0.0.1", lct_http_tls_port(server));
    }
    await_connections(LCT_HTTP_PER_ADDRESS_MAX);
    cr_expect_null(shake(), "one too many");
    expect(ask("127.0.0.3", "GET /who" HOST "Connection: close\r\n\r\n"), "HTTP/1.1 200",
           "127.0.0.3");
    for (size_t i = 0; i < LCT_HTTP_PER_ADDRESS_MAX; i++) {
        close(fds[i]);
    }
    SSL *ssl;
    while (!(ssl = shake())) {
        usleep(20000);
    }
    hang_up(ssl);
}

Test(http_server, keeps_no_connections_of_a_crowd, .timeout = 60) {
    int fds[LCT_HTTP_PER_ADDRESS_MAX / 2];
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        fds[i] = dial("127.0.0.1", lct_http_port(server));
    }
    await_connections(sizeof fds / sizeof *fds);
    expect(ask("127.0.0.1", "GET /who" HOST "\r\n"), "HTTP/1.1 200", "Connection: close\r\n");
    char answer[2000] = "";
    int alone = dial("127.0.0.3", lct_http_port(server));
    cr_assert_gt(send(alone, "GET /who" HOST "\r\n", strlen("GET /who" HOST "\r\n"), 0), 0);
    cr_assert_gt(recv(alone, answer, sizeof answer - 1, 0), 0);
    cr_expect(strstr(answer, "Connection: keep-alive\r\n"), "%s", answer);
    close(alone);
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        close(fds[i]);
    }
}

Test(http_server, lets_a_whole_school_watch, .timeout = 60) {
    static int fds[VIEWERS];
    char answer[2000];
    for (size_t i = 0; i < VIEWERS; i++) {
        fds[i] = dial("127.0.0.1", lct_http_port(server));
        cr_assert_gt(send(fds[i], "GET /view" HOST "\r\n", strlen("GET /view" HOST "\r\n"), 0), 0);
        ssize_t n = recv(fds[i], answer, sizeof answer - 1, 0);
        cr_assert_gt(n, 0, "viewer %zu is sent away", i);
        answer[n] = '\0';
        cr_assert_eq(strncmp(answer, "HTTP/1.1 200", 12), 0, "viewer %zu: %s", i, answer);
    }
    expect(ask("127.0.0.1", "GET /who" HOST "Connection: close\r\n\r\n"), "HTTP/1.1 200", "client");
    for (size_t i = 0; i < VIEWERS; i++) {
        close(fds[i]);
    }
    await_connections(0);
}

Test(http_server, believes_its_proxies_only, .timeout = 60) {
#define SAID "X-Forwarded-For: 198.51.100.9, 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"
    expect(ask("127.0.0.2", "GET /who" HOST SAID "Connection: close\r\n\r\n"), "HTTP/1.1 200",
           "{\"client\":\"192.0.2.7\",\"secure\":true");
    expect(ask("127.0.0.1", "GET /who" HOST SAID "Connection: close\r\n\r\n"), "HTTP/1.1 200",
           "{\"client\":\"127.0.0.1\",\"secure\":false");
    expect(ask("127.0.0.2", "GET /who" HOST "Connection: close\r\n\r\n"), "HTTP/1.1 200",
           "{\"client\":\"127.0.0.2\",\"secure\":false");
    expect(ask("127.0.0.2", "GET /who" HOST "X-Forwarded-For: unknown\r\n"
                            "Connection: close\r\n\r\n"),
           "HTTP/1.1 200", "{\"client\":\"127.0.0.2\"");
    char much[4000] =
        "GET /who" HOST "X-Forwarded-For: "; /* a client's own words, and the proxy's */
    while (strlen(much) < 3000) {
        strcat(much, "198.51.100.9, ");
    }
    strcat(much, "192.0.2.7\r\nConnection: close\r\n\r\n");
    expect(ask("127.0.0.2", much), "HTTP/1.1 200", "{\"client\":\"192.0.2.7\"");
}

Test(http_server, counts_whom_a_proxy_speaks_for, .timeout = 60) {
    static const char request[] = "GET /hold" HOST "X-Forwarded-For: 192.0.2.7\r\n\r\n";
    static const char one[] = "GET /who" HOST "X-Forwarded-For: 192.0.2.7\r\n"
                              "Connection: close\r\n\r\n";
    int fds[LCT_HTTP_PER_ADDRESS_MAX];
    struct lct_http_counters counters;
    for (size_t i = 0; i < LCT_HTTP_PER_ADDRESS_MAX; i++) {
        fds[i] = dial("127.0.0.2", lct_http_port(server));
        cr_assert_gt(send(fds[i], request, sizeof request - 1, 0), 0);
    }
    do {
        usleep(10000);
        lct_http_count(server, &counters);
    } while (counters.requests < LCT_HTTP_PER_ADDRESS_MAX);
    expect(ask("127.0.0.2", one), "HTTP/1.1 429", "Retry-After");
    expect(ask("127.0.0.2", "GET /who" HOST "X-Forwarded-For: 192.0.2.8\r\n"
                            "Connection: close\r\n\r\n"),
           "HTTP/1.1 200", "192.0.2.8");
    close(fds[0]);
    bool comes_in = false;
    while (!comes_in) { /* the end is noticed within a second */
        LCT_FREE char *answer = ask("127.0.0.2", one);
        comes_in = strncmp(answer, "HTTP/1.1 200", 12) == 0;
        usleep(20000);
    }
    for (size_t i = 1; i < LCT_HTTP_PER_ADDRESS_MAX; i++) {
        close(fds[i]);
    }
}

Test(http_server, lets_foreign_pages_in_where_a_route_says_so, .timeout = 60) {
#define FOREIGN "Origin: https://elsewhere.example\r\nCookie: a=b\r\nContent-Length: 0\r\n"
    char *answer = ask("127.0.0.1", "POST /for/all" HOST FOREIGN "Connection: close\r\n\r\n");
    cr_expect(strstr(answer, "Access-Control-Allow-Origin: *\r\n") &&
                  strstr(answer, "\"cookie\":\"\""),
              "%s", answer);
    free(answer);
    expect(ask("127.0.0.1", "POST /for/all" HOST "Origin: http://localhost\r\nCookie: a=b\r\n"
                            "Content-Length: 0\r\nConnection: close\r\n\r\n"),
           "HTTP/1.1 200", "\"cookie\":\"a=b\"");
    expect(ask("127.0.0.1", "OPTIONS /for/all" HOST "Connection: close\r\n\r\n"),
           "HTTP/1.1 204 No Content", "Access-Control-Allow-Origin: *");
    expect(
        ask("127.0.0.1", "PATCH /for/all" HOST "Connection: close\r\nContent-Length: 1\r\n\r\nx"),
        "HTTP/1.1 405", "Allow: POST, OPTIONS\r\n");
    answer = ask("127.0.0.1", "POST /echo" HOST FOREIGN "Connection: close\r\n\r\n");
    cr_expect_null(strstr(answer, "Access-Control"));
    expect(answer, "HTTP/1.1 403", "forbidden");
}

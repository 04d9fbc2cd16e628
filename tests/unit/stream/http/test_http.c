// SPDX-License-Identifier: GPL-3.0-or-later
/* The server over loopback, asked by hand. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/thread.h"
#include "stream/http/http.h"
#include "stream/http/http_events.h"
#include "stream/http/http_source.h"

#define BODY_SIZE (3U * 1000 * 1000 + 7)

static struct lct_http_server *server;
static struct lct_loop *loop, *slow;
static struct lct_thread thread, slow_thread;
static struct lct_http_stream *stream;
static atomic_int closed_sources, closed_streams;
static struct lct_http_request *late;

static void echo(void *app, struct lct_http_request *request) {
    size_t n;
    const char *body = lct_http_body(request, &n);
    const char *q = lct_http_query(request, "q", 0);
    (void)app;
    lct_loop_assert_here(loop);
    lct_http_answer_json(request, 200,
                         json_pack("{s:s, s:s, s:s%}", "value", lct_http_value(request, 0), "q",
                                   q ? q : "", "body", body, n));
}

static ssize_t read_numbers(void *opaque, uint64_t offset, void *bytes, size_t n) {
    uint8_t *out = bytes;
    (void)opaque;
    n = n > 100000 ? 100000 : n;
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)((offset + i) % 251);
    }
    return (ssize_t)n;
}

static ssize_t read_broken(void *opaque, uint64_t offset, void *bytes, size_t n) {
    return offset >= 1000000 ? -EIO : read_numbers(opaque, offset, bytes, n);
}

static void close_numbers(void *opaque) {
    (void)opaque;
    atomic_fetch_add(&closed_sources, 1);
}

/* What may be longer, in the loop that may wait for the disk. */
static void keep(void *app, struct lct_http_request *request) {
    const char *match = lct_http_header(request, LCT_HTTP_IF_MATCH);
    size_t n;
    (void)app;
    (void)lct_http_body(request, &n);
    lct_loop_assert_here(slow);
    lct_http_answer_json(request, 412,
                         json_pack("{s:I, s:s?}", "n", (json_int_t)n, "match", match));
}

static void media(void *app, struct lct_http_request *request) {
    struct lct_http_source source = {.type = "video/mp4",
                                     .size = BODY_SIZE,
                                     .tag = "\"t1\"",
                                     .file_name = "数学 1.mp4",
                                     .read = lct_http_query(request, "broken", 0) ? read_broken
                                                                                  : read_numbers,
                                     .close = close_numbers};
    (void)app;
    lct_http_answer_source(request, &source);
}

static void on_stream_closed(void *arg) {
    (void)arg;
    lct_http_stream_end(stream);
    stream = NULL;
    atomic_fetch_add(&closed_streams, 1);
}

static void events(void *app, struct lct_http_request *request) {
    (void)app;
    stream = lct_http_answer_events(request, on_stream_closed, NULL);
    lct_http_stream_send(stream, "rooms", "{\"n\":1}");
    lct_http_stream_send(stream, "rooms", "{\"n\":2}");
}

static void later(void *app, struct lct_http_request *request) {
    (void)app;
    late = request;
}

static void answer_late(void *arg) {
    (void)arg;
    if (late) {
        lct_http_answer(late, 200, "text/plain", "late", 4);
        late = NULL;
    }
}

static void file(void *app, struct lct_http_request *request) {
    static const struct lct_http_file page = {"text/html", "<p>", 3, "\"p\"", "no-cache"};
    (void)app;
    lct_http_let_frame(request);
    lct_http_answer_file(request, &page);
}

static bool gate(void *app, struct lct_http_request *request) {
    (void)app;
    if (lct_http_query(request, "deny", 0)) {
        struct lct_fault fault;
        (void)lct_fault_set(&fault, -EACCES, "t", "No.", "否。");
        lct_http_answer_fault(request, 401, &fault);
        return false;
    }
    return true;
}

static const struct lct_http_route routes[] = {
    {LCT_HTTP_GET, "/echo/{x}", echo, LCT_HTTP_MAIN, false, 0},
    {LCT_HTTP_POST, "/echo/{x}", echo, LCT_HTTP_MAIN, false, 0},
    {LCT_HTTP_PUT, "/keep", keep, LCT_HTTP_CATALOGUE, false, 100000},
    {LCT_HTTP_GET, "/media", media, LCT_HTTP_MAIN, false, 0},
    {LCT_HTTP_GET, "/events", events, LCT_HTTP_MAIN, false, 0},
    {LCT_HTTP_GET, "/late", later, LCT_HTTP_MAIN, false, 0},
    {LCT_HTTP_GET, "*", file, LCT_HTTP_HERE, false, 0},
};

static void run_loop(void *arg) { lct_loop_run(arg); }

static void start(void) {
    struct lct_fault fault;
    loop = lct_loop_create();
    slow = lct_loop_create();
    lct_thread_start(&thread, "loop", run_loop, loop);
    lct_thread_start(&slow_thread, "slow", run_loop, slow);
    struct lct_http_options options = {.address = "127.0.0.1",
                                       .routes = routes,
                                       .n_routes = sizeof routes / sizeof *routes,
                                       .main = loop,
                                       .catalogue = slow,
                                       .gate = gate};
    cr_assert_eq(lct_http_create(&options, &server, &fault), 0, "%s", fault.en);
    lct_http_start(server);
}

static void stop(void) {
    lct_http_stop(server);
    lct_loop_stop(loop);
    lct_loop_stop(slow);
    lct_thread_join(&thread);
    lct_thread_join(&slow_thread);
    lct_loop_destroy(loop);
    lct_loop_destroy(slow);
    lct_http_destroy(server);
}

TestSuite(http, .init = start, .fini = stop);

static int dial(void) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)lct_http_port(server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = 8};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *text) {
    size_t n = strlen(text);
    cr_assert_eq(send(fd, text, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* Reads until the end of the connection or until size bytes are there. */
static size_t hear(int fd, char *out, size_t size) {
    size_t got = 0;
    while (got < size) {
        ssize_t n = recv(fd, out + got, size - got, 0);
        if (n <= 0) {
            break;
        }
        got += (size_t)n;
    }
    return got;
}

/* One request on a connection of its own; the whole answer as text (owned). */
static char *ask(const char *format, ...) LCT_PRINTF(1, 2);

static char *ask(const char *format, ...) {
    char request[100000];
    char *answer = lct_new(400001);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(request, sizeof request, format, args);
    va_end(args);
    int fd = dial();
    say(fd, request);
    (void)hear(fd, answer, 400000);
    close(fd);
    return answer;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"

static void expect(char *answer, const char *status, const char *part) {
    cr_assert(strncmp(answer, status, strlen(status)) == 0, "got \"%.60s\", not %s with %s", answer,
              status, part);
    cr_assert(strstr(answer, part), "\"%s\" lacks %s", answer, part);
    free(answer);
}

Test(http, answers_and_decodes, .timeout = 30) {
    expect(ask(GET("/echo/a%%20b?q=%%E6%%95%%B0&x") "\r\n"), "HTTP/1.1 200 OK",
           "{\"value\":\"a b\",\"q\":\"数\",\"body\":\"\"}");
    expect(ask(GET("/echo/1") "\r\n"), "HTTP/1.1 200", "frame-ancestors 'none'");
    expect(ask(GET("/echo/1") "\r\n"), "HTTP/1.1 200", "nosniff");
    expect(ask(GET("/anything") "\r\n"), "HTTP/1.1 200", "frame-ancestors *");
    expect(ask("HEAD /echo/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
           "HTTP/1.1 200", "Content-Length: 30");
    expect(ask(GET("/echo/1?deny") "\r\n"), "HTTP/1.1 401", "\"zh\":\"否。\"");
}

Test(http, a_route_may_take_longer_bodies, .timeout = 30) {
    char body[90001];
    memset(body, 'x', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    expect(ask("PUT /keep HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
               "If-Match: \"a\"\r\nContent-Length: 90000\r\n\r\n%s",
               body),
           "HTTP/1.1 412 Precondition Failed", "{\"n\":90000,\"match\":\"\\\"a\\\"\"}");
    expect(ask("PUT /keep HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100001\r\n\r\n"),
           "HTTP/1.1 413", "97 KiB");
}

Test(http, reads_bodies, .timeout = 30) {
    expect(ask("POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
               "Content-Length: 5\r\n\r\nhello"),
           "HTTP/1.1 200", "\"body\":\"hello\"");
    expect(ask("POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
               "Content-Length: 0\r\n\r\n"),
           "HTTP/1.1 200", "\"body\":\"\"");
    expect(ask("POST /echo/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"), "HTTP/1.1 200",
           "Connection: close");
    expect(ask("POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n\r\n"),
           "HTTP/1.1 413", "too-large");
    expect(ask("POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n"),
           "HTTP/1.1 400", "Content-Length");
    expect(ask("POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
               "Content-Length: 2\r\n\r\nab"),
           "HTTP/1.1 400", "Content-Length");
    expect(ask("POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
               "1\r\na\r\n0\r\n\r\n"),
           "HTTP/1.1 501", "Content-Length");
}

Test(http, a_body_may_come_in_pieces, .timeout = 30) {
    char answer[4096] = "";
    int fd = dial();
    say(fd, "POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n");
    usleep(50000);
    say(fd, "Connection: close\r\n\r\nab");
    usleep(50000);
    say(fd, "cd");
    usleep(50000);
    say(fd, "ef");
    (void)hear(fd, answer, sizeof answer - 1);
    close(fd);
    cr_assert(strstr(answer, "\"body\":\"abcdef\""), "%s", answer);
}

Test(http, refuses_foreign_and_strange, .timeout = 30) {
    expect(ask("GET /echo/1 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
           "HTTP/1.1 421", "name");
    expect(ask("GET /echo/1 HTTP/1.1\r\nConnection: close\r\n\r\n"), "HTTP/1.1 421", "name");
    expect(ask("POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n"
               "Content-Length: 0\r\nConnection: close\r\n\r\n"),
           "HTTP/1.1 403", "forbidden");
    expect(ask("POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n"
               "Content-Length: 0\r\nConnection: close\r\n\r\n"),
           "HTTP/1.1 403", "forbidden");
    expect(ask("POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
               "Connection: close\r\nContent-Length: 0\r\n\r\n"),
           "HTTP/1.1 200", "value");
    expect(ask("DELETE /echo/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
           "HTTP/1.1 405", "Allow: GET, HEAD, POST\r\n");
    expect(ask("OPTIONS /echo/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
           "HTTP/1.1 405", "Allow: ");
    expect(ask(GET("/echo/%%c0%%ae") "\r\n"), "HTTP/1.1 404", "not-found");
    expect(ask(GET("/echo/..%%5c..") "\r\n"), "HTTP/1.1 404", "not-found");
    expect(ask(GET("/echo/a%%0ab") "\r\n"), "HTTP/1.1 4", "fault");
    expect(ask(GET("/echo/1?q=%%00") "\r\n"), "", "");
    expect(ask(GET("/echo/1?q=%%ff") "\r\n"), "HTTP/1.1 400", "invalid");
    expect(ask(GET("/echo/%%00") "\r\n"), "", "");
    expect(ask("CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n"), "", "");
    expect(ask("\r\n\r\n\x01\x02"), "", "");
    expect(ask(GET("/%s") "\r\n", "../../../../../etc/passwd"), "HTTP/1.1 200", "<p>");
    char *huge = lct_new(60001);
    memset(huge, 'a', 2000);
    expect(ask(GET("/echo/1?q=%s") "\r\n", huge), "HTTP/1.1 400", "invalid");
    memset(huge, 'a', 60000);
    char *answer = ask(GET("/echo/1") "X: %s\r\n\r\n", huge);
    cr_assert(strncmp(answer, "HTTP/1.1 200", 12) != 0);
    free(answer);
    free(huge);
}

Test(http, every_upgrade_closes, .timeout = 60) {
    static const char *const kinds[] = {"h2c", "websocket", "foo"};
    for (int i = 0; i < 60; i++) {
        char answer[3000] = "";
        int fd = dial();
        say(fd, "GET /echo/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"); /* a kept connection */
        size_t n = 0;
        while (!strstr(answer, "\"body\":\"\"}") && n + 1 < sizeof answer) {
            ssize_t got = recv(fd, answer + n, sizeof answer - 1 - n, 0);
            cr_assert_gt(got, 0);
            n += (size_t)got;
        }
        char upgrade[200];
        (void)snprintf(upgrade, sizeof upgrade,
                       "GET /echo/1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                       "Upgrade: %s\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
                       kinds[i % 3]);
        say(fd, upgrade);
        memset(answer, 0, sizeof answer);
        (void)hear(fd, answer, sizeof answer - 1);
        cr_assert_null(strstr(answer, "101"), "%s", answer);
        close(fd);
    }
}

/* Reads one answer of echo's, to the end of its body. */
static void hear_echo(int fd, char *out, size_t size) {
    size_t n = 0;
    memset(out, 0, size);
    while (!strstr(out, "\"}") && n + 1 < size) {
        ssize_t got = recv(fd, out + n, size - 1 - n, 0);
        cr_assert_gt(got, 0, "after %s", out);
        n += (size_t)got;
    }
}

Test(http, keeps_connections, .timeout = 30) {
    char answer[3000];
    int fd = dial();
    for (int i = 0; i < 3; i++) {
        say(fd, "GET /echo/k HTTP/1.1\r\nHost: localhost\r\n\r\n");
        hear_echo(fd, answer, sizeof answer);
        cr_assert(strstr(answer, "Connection: keep-alive"), "%s", answer);
        say(fd, "POST /echo/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nxy");
        hear_echo(fd, answer, sizeof answer);
        cr_assert(strstr(answer, "\"body\":\"xy\""), "%s", answer);
    }
    close(fd);
}

/* Whatever is sent in one piece with a request and behind it: the request is answered, the
 * connection ends, and the thread goes on. */
Test(http, what_is_sent_behind_a_request_is_not_answered, .timeout = 60) {
    static const char *const heads[] = {
        "GET /echo/k HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /echo/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nxy"};
    static const char *const behind[] = {
        "GET /echo/k HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /echo/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nzz",
        "PUT /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n",
        "POST /echo/k HTTP/1.1\r\nHost: localhost\r\n\r\n", "junk"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        for (size_t k = 0; k < sizeof behind / sizeof *behind; k++) {
            char *answer = ask("%s%s", heads[i], behind[k]);
            cr_assert_not_null(strstr(answer, "Connection: close"), "%zu %zu %s", i, k, answer);
            expect(answer, "HTTP/1.1 200", "");
            expect(ask(GET("/echo/1") "\r\n"), "HTTP/1.1 200", "value");
        }
    }
    char *answer = ask("%s%s", heads[0], behind[0]);
    cr_assert_null(strstr(strstr(answer, "HTTP/1.1") + 1, "HTTP/1.1"), "%s", answer);
    free(answer);
}

static void check_numbers(const char *bytes, size_t n, uint64_t first) {
    for (size_t i = 0; i < n; i++) {
        if ((uint8_t)bytes[i] != (uint8_t)((first + i) % 251)) {
            cr_assert_fail("byte %zu is wrong", i);
        }
    }
}

Test(http, sends_media_whole_and_in_ranges, .timeout = 60) {
    char *answer = lct_new(BODY_SIZE + 5000);
    int fd = dial();
    say(fd, GET("/media") "\r\n");
    size_t n = hear(fd, answer, BODY_SIZE + 4999);
    close(fd);
    char *body = strstr(answer, "\r\n\r\n") + 4;
    cr_assert(strstr(answer, "filename*=UTF-8''%E6%95%B0%E5%AD%A6%201.mp4"), "%s", answer);
    cr_assert_eq(n - (size_t)(body - answer), BODY_SIZE);
    check_numbers(body, BODY_SIZE, 0);
    memset(answer, 0, 5000);
    fd = dial();
    say(fd, GET("/media") "Range: bytes=300000-599999\r\n\r\n");
    n = hear(fd, answer, BODY_SIZE + 4999);
    close(fd);
    body = strstr(answer, "\r\n\r\n") + 4;
    cr_assert(strncmp(answer, "HTTP/1.1 206", 12) == 0);
    cr_assert(strstr(answer, "Content-Range: bytes 300000-599999/3000007\r\n"));
    cr_assert_eq(n - (size_t)(body - answer), 300000);
    check_numbers(body, 300000, 300000);
    free(answer);
    expect(ask(GET("/media") "Range: bytes=3000007-\r\n\r\n"), "HTTP/1.1 416",
           "Content-Range: bytes */3000007");
    expect(ask(GET("/media") "Range: bytes=0-0\r\nIf-Range: \"t0\"\r\n\r\n"), "HTTP/1.1 200", "");
    expect(ask(GET("/media") "If-None-Match: \"t1\"\r\n\r\n"), "HTTP/1.1 304", "ETag: \"t1\"");
    expect(ask("HEAD /media HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
           "HTTP/1.1 200", "Content-Length: 3000007");
    expect(ask(GET("/") "If-None-Match: \"p\"\r\n\r\n"), "HTTP/1.1 304", "no-cache");
}

Test(http, a_source_is_closed_once_however_it_ends, .timeout = 60) {
    for (int i = 0; i < 10; i++) { /* clients that leave early */
        char some[100];
        int fd = dial();
        say(fd, GET("/media") "\r\n");
        (void)hear(fd, some, sizeof some);
        close(fd);
    }
    char *answer = ask(GET("/media?broken=1") "\r\n");
    free(answer);
    for (int i = 0; i < 100 && atomic_load(&closed_sources) < 11; i++) {
        usleep(50000);
    }
    cr_assert_eq(atomic_load(&closed_sources), 11);
}

Test(http, streams_events_until_the_client_leaves, .timeout = 60) {
    char answer[3000] = "";
    size_t n = 0;
    int fd = dial();
    say(fd, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (!strstr(answer, "event: rooms\ndata: {\"n\":2}\n\n") && n + 1 < sizeof answer) {
        ssize_t got = recv(fd, answer + n, sizeof answer - 1 - n, 0);
        cr_assert_gt(got, 0, "%s", answer);
        n += (size_t)got;
    }
    cr_assert(strstr(answer, "text/event-stream"));
    close(fd);
    for (int i = 0; i < 100 && atomic_load(&closed_streams) == 0; i++) {
        usleep(50000);
    }
    cr_assert_eq(atomic_load(&closed_streams), 1);
}

Test(http, answers_that_come_late_find_their_client_or_nobody, .timeout = 60) {
    char answer[3000] = "";
    int fd = dial();
    say(fd, GET("/late") "\r\n");
    usleep(200000);
    lct_loop_post(loop, answer_late, NULL);
    (void)hear(fd, answer, sizeof answer - 1);
    close(fd);
    cr_assert(strstr(answer, "late"));
    fd = dial();
    say(fd, GET("/late") "\r\n");
    usleep(200000);
    close(fd);
    usleep(1500000);
    lct_loop_post(loop, answer_late, NULL);
    usleep(100000);
    struct lct_http_counters counters;
    lct_http_count(server, &counters);
    cr_assert_eq(counters.connections_now, 0);
}

Test(http, stop_with_a_handler_at_work, .timeout = 60) {
    int fd = dial();
    say(fd, GET("/late") "\r\n");
    int other = dial();
    say(other, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    usleep(200000);
    lct_http_stop(server);
    lct_loop_post(loop, answer_late, NULL);
    close(fd);
    close(other);
}

Test(http, a_taken_port_is_said_in_words, .timeout = 30) {
    struct lct_http_server *second = NULL;
    struct lct_fault fault;
    struct lct_http_options options = {
        .address = "127.0.0.1", .port = lct_http_port(server), .routes = routes, .n_routes = 1};
    cr_assert_eq(lct_http_create(&options, &second, &fault), -EADDRINUSE);
    cr_assert(strstr(fault.en, "taken by another program"));
    options.address = "no-address";
    cr_assert_eq(lct_http_create(&options, &second, &fault), -EINVAL);
}

/* What a client sends behind a request that is not answered yet must not keep the thread busy. */
Test(http, junk_behind_a_request_costs_no_cpu, .timeout = 60) {
    static const char *const paths[] = {"/events", "/late"};
    int fds[2];
    for (size_t i = 0; i < 2; i++) {
        char request[400];
        (void)snprintf(
            request, sizeof request,
            "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
            paths[i]);
        fds[i] = dial();
        say(fds[i], request);
    }
    usleep(300000);
    (void)send(fds[0], "junk", 4, MSG_NOSIGNAL);
    (void)send(fds[1], "junk", 4, MSG_NOSIGNAL);
    lct_ns before = lct_cpu_time();
    usleep(2000000);
    cr_assert_lt(lct_cpu_time() - before, LCT_SECOND / 2);
    lct_loop_post(loop, answer_late, NULL);
    usleep(100000);
    close(fds[0]);
    close(fds[1]);
}

/* Without descriptors nobody can be let in: that is not tried again and again, and it ends. */
Test(http, callers_wait_while_there_are_no_descriptors, .timeout = 60) {
    char answer[3000] = "";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)lct_http_port(server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct rlimit before, none;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int next = dup(fd);
    close(next);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){(rlim_t)next, before.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    say(fd, GET("/echo/1") "\r\n");
    usleep(100000);
    lct_ns cpu = lct_cpu_time();
    usleep(2000000);
    cpu = lct_cpu_time() - cpu;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    cr_assert_lt(cpu, LCT_SECOND / 2);
    (void)hear(fd, answer, sizeof answer - 1);
    close(fd);
    cr_assert(strstr(answer, "HTTP/1.1 200"), "%s", answer);
}

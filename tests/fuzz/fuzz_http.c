// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a client writes to the server, over a real connection: of an odd first byte the rest is what
 * comes behind a WebSocket's handshake, else it is all the connection carries. The server answers
 * in HTTP or not at all, ends the connection when the client does, and serves the next one.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "stream/http/http.h"
#include "stream/http/http_socket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char handshake[] = "GET /socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

static struct lct_http_server *server;

/* ---- the server ---- */

struct speaker {
    bool has_spoken;
    uint8_t message[LCT_HTTP_HEADROOM + 2];
};

static enum lct_http_said look(void *arg, struct lct_http_message *ret_message) {
    struct speaker *speaker = arg;
    *ret_message = (struct lct_http_message){speaker->message + LCT_HTTP_HEADROOM, 2, true};
    return speaker->has_spoken ? LCT_HTTP_SILENT : LCT_HTTP_SAY;
}

static void took(void *arg) { ((struct speaker *)arg)->has_spoken = true; }

static void speak(void *app, struct lct_http_request *request) {
    static const struct lct_http_socket_kind kind = {look, took, free};
    struct speaker *speaker = lct_new(sizeof *speaker);
    (void)app;
    memcpy(speaker->message + LCT_HTTP_HEADROOM, "{}", 2);
    (void)lct_http_answer_socket(request, &kind, speaker);
}

static void echo(void *app, struct lct_http_request *request) {
    size_t n;
    const char *body = lct_http_body(request, &n), *q = lct_http_query(request, "q", 0);
    LCT_JSON json_t *json = NULL;
    struct lct_fault fault;
    (void)app;
    assert(n <= LCT_HTTP_BODY_MAX && body[n] == '\0');
    int rc = lct_http_json(request, &json, &fault);
    lct_http_answer_json(request, 200, json_pack("{s:s, s:i}", "q", q ? q : "", "rc", rc));
}

static bool gate(void *app, struct lct_http_request *request) {
    (void)app;
    (void)request;
    return true;
}

static void stop(void) { lct_http_destroy(server); }

static void start(void) {
    static const struct lct_http_route routes[] = {
        {LCT_HTTP_GET, "/socket", speak, LCT_HTTP_SOCKET, false, 0},
        {LCT_HTTP_GET, "/echo/{x}", echo, LCT_HTTP_HERE, false, 0},
        {LCT_HTTP_POST, "/echo/{x}", echo, LCT_HTTP_HERE, false, 0}};
    static const char *const names[] = {NULL};
    struct lct_fault fault;
    const struct lct_http_options options = {.address = "127.0.0.1",
                                             .routes = routes,
                                             .n_routes = sizeof routes / sizeof *routes,
                                             .gate = gate,
                                             .names = names};
    if (lct_http_create(&options, &server, &fault) < 0) {
        abort();
    }
    lct_http_start(server);
    (void)atexit(stop);
}

/* ---- the client ---- */

static int dial(void) {
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)lct_http_port(server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        abort();
    }
    return fd;
}

/* The server may have ended it already. */
static void say(int fd, const void *bytes, size_t n) { (void)send(fd, bytes, n, MSG_NOSIGNAL); }

/* Until the server says no more: without end, libFuzzer calls it a hang. */
static void hear_out(int fd, const char *begin) {
    char bytes[4096];
    size_t n = 0;
    ssize_t got;
    while ((got = recv(fd, bytes + n, sizeof bytes - n, 0)) > 0) {
        n += (size_t)got;
        assert(n < strlen(begin) || memcmp(bytes, begin, strlen(begin)) == 0);
        n = n > strlen(begin) ? strlen(begin) : n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!server) {
        start();
    }
    if (size == 0) {
        return 0;
    }
    int fd = dial();
    if (data[0] & 1) {
        say(fd, handshake, sizeof handshake - 1);
    }
    say(fd, data + 1, size - 1);
    (void)shutdown(fd, SHUT_WR);
    hear_out(fd, data[0] & 1 ? "HTTP/1.1 101" : "HTTP/1."); /* the library itself says 1.0 */
    (void)close(fd);
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/ws_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "base/mem.h"

#define HEADER_MAX 10

struct ws_client {
    int fd;
    SSL *tls; /* NULL: plain */
    uint8_t header[HEADER_MAX];
    size_t header_n;       /* of it that is there */
    uint64_t length, came; /* of the message's bytes */
    uint8_t kept[WS_CLIENT_KEPT + 1];
};

int ws_client_fd(const struct ws_client *client) { return client->fd; }

void ws_client_destroy(struct ws_client *client) {
    if (client) {
        SSL_free(client->tls);
        (void)close(client->fd);
        free(client);
    }
}

static bool set_address(struct sockaddr_in *address, const char *host, int port) {
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return inet_pton(AF_INET, host, &address->sin_addr) == 1;
}

static bool reach(int fd, const struct ws_client_where *where) {
    struct sockaddr_in from, to;
    struct timeval patience = {.tv_sec = 10};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (where->receive_bytes > 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &where->receive_bytes,
                         sizeof where->receive_bytes);
    }
    if (where->source && (!set_address(&from, where->source, 0) ||
                          bind(fd, (struct sockaddr *)&from, sizeof from) < 0)) {
        return false;
    }
    return set_address(&to, where->host, where->port) &&
           connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
}

static bool open_tls(struct ws_client *client) {
    static SSL_CTX *ctx;
    ctx = ctx ? ctx : SSL_CTX_new(TLS_client_method());
    client->tls = SSL_new(ctx);
    return client->tls && SSL_set_fd(client->tls, client->fd) == 1 && SSL_connect(client->tls) == 1;
}

static ssize_t get(struct ws_client *client, void *bytes, size_t n, int flags) {
    return client->tls ? SSL_read(client->tls, bytes, (int)n) : recv(client->fd, bytes, n, flags);
}

static void put(struct ws_client *client, const void *bytes, size_t n) {
    (void)(client->tls ? SSL_write(client->tls, bytes, (int)n)
                       : send(client->fd, bytes, n, MSG_NOSIGNAL));
}

/* Byte by byte: what comes behind the head is the first message's. */
static int read_status(struct ws_client *client) {
    char head[4096];
    size_t n = 0;
    while (n < sizeof head - 1 && get(client, head + n, 1, 0) == 1) {
        head[++n] = '\0';
        if (n >= 4 && strcmp(head + n - 4, "\r\n\r\n") == 0) {
            return atoi(head + strcspn(head, " "));
        }
    }
    return 0;
}

struct ws_client *ws_client_dial(const struct ws_client_where *where, int *ret_status) {
    struct ws_client *client = lct_new(sizeof *client);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *ret_status = 0;
    if (client->fd >= 0 && reach(client->fd, where) && (!where->tls || open_tls(client))) {
        LCT_FREE char *request = lct_format(
            "GET %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s%s\r\n",
            where->path, where->host, where->port, where->code ? "Authorization: Bearer " : "",
            where->code ? where->code : "", where->code ? "\r\n" : "");
        put(client, request, strlen(request));
        *ret_status = read_status(client);
    }
    if (*ret_status != 101 || (client->tls && fcntl(client->fd, F_SETFL, O_NONBLOCK) < 0)) {
        ws_client_destroy(client);
        return NULL;
    }
    return client;
}

/* Bytes of the frame's header, as far as it is known. */
static size_t header_size(const struct ws_client *client) {
    unsigned length = client->header_n < 2 ? 0 : client->header[1] & 127;
    return 2 + (length == 126 ? 2U : length == 127 ? 8U : 0U);
}

static void read_length(struct ws_client *client) {
    client->length = client->header_n == 2 ? client->header[1] & 127 : 0;
    for (size_t i = 2; i < client->header_n; i++) {
        client->length = client->length << 8 | client->header[i];
    }
    client->came = 0;
}

static void end_message(struct ws_client *client, ws_client_taken_fn taken, void *arg) {
    size_t kept = client->length < WS_CLIENT_KEPT ? (size_t)client->length : WS_CLIENT_KEPT;
    struct ws_client_message message = {client->header[0] & 15, client->kept, kept,
                                        (size_t)client->length};
    client->kept[kept] = 0;
    client->header_n = 0;
    taken(arg, &message);
}

/* Takes some of the bytes: of a header, or of a message. Returns how many. */
static size_t take(struct ws_client *client, const uint8_t *bytes, size_t n,
                   ws_client_taken_fn taken, void *arg) {
    size_t used = 0;
    while (used < n && client->header_n < header_size(client)) {
        client->header[client->header_n++] = bytes[used++];
        if (client->header_n >= 2 && client->header_n == header_size(client)) {
            read_length(client);
        }
    }
    if (client->header_n < 2 || client->header_n < header_size(client)) {
        return used;
    }
    uint64_t missing = client->length - client->came;
    size_t here = n - used < missing ? n - used : (size_t)missing;
    if (client->came < WS_CLIENT_KEPT) {
        size_t room = WS_CLIENT_KEPT - (size_t)client->came;
        memcpy(client->kept + client->came, bytes + used, here < room ? here : room);
    }
    client->came += here;
    if (client->came == client->length) {
        end_message(client, taken, arg);
    }
    return used + here;
}

/* Without waiting. 0: over, -1: nothing there. */
static ssize_t get_some(struct ws_client *client, void *bytes, size_t n) {
    ssize_t got = get(client, bytes, n, MSG_DONTWAIT);
    bool waits =
        client->tls && got <= 0 && SSL_get_error(client->tls, (int)got) == SSL_ERROR_WANT_READ;
    return waits ? -1 : client->tls && got < 0 ? 0 : got;
}

bool ws_client_serve(struct ws_client *client, ws_client_taken_fn taken, void *arg) {
    static _Thread_local uint8_t bytes[256 << 10];
    ssize_t n;
    do {
        n = get_some(client, bytes, sizeof bytes);
        for (ssize_t used = 0; used < n;) {
            used += (ssize_t)take(client, bytes + used, (size_t)(n - used), taken, arg);
        }
    } while (n > 0 && client->tls); /* a record each */
    return n != 0;
}

void ws_client_say(struct ws_client *client, const char *text) {
    size_t n = strlen(text);
    uint8_t frame[6 + 125] = {0x81, (uint8_t)(0x80 | n)}; /* masked with zeros */
    memcpy(frame + 6, text, n);
    put(client, frame, 6 + n);
}

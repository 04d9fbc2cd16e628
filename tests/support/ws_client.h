// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A viewer by WebSocket on a socket of its own. It keeps the beginning of each message, which is
 * all of a text and enough of a chunk to know it by. One thread.
 *
 *     struct ws_client *c = ws_client_dial(&where, &status);      // status 101
 *     while (ws_client_serve(c, taken, me)) { poll ws_client_fd(c) … }
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Of a message so much is kept. */
#define WS_CLIENT_KEPT 8192

enum ws_client_kind {
    WS_CLIENT_TEXT = 1,
    WS_CLIENT_BINARY = 2,
    WS_CLIENT_CLOSE = 8,
    WS_CLIENT_PING
};

struct ws_client;

struct ws_client_where {
    const char *host; /**< an IPv4 address */
    int port;
    bool tls;           /**< whatever the certificate says */
    const char *source; /**< of the client; NULL: as the system likes */
    const char *path;
    const char *code;  /**< bearer token; NULL: none */
    int receive_bytes; /**< SO_RCVBUF; 0: as it is */
};

/** A message: its first kept bytes (a zero behind them), and its length. */
struct ws_client_message {
    enum ws_client_kind kind;
    const uint8_t *bytes;
    size_t kept, n;
};

typedef void (*ws_client_taken_fn)(void *arg, const struct ws_client_message *message);

/** Connects and shakes hands, waiting. NULL when it is refused; *ret_status is what was answered,
 *  0 when nothing was. Owned. */
struct ws_client *ws_client_dial(const struct ws_client_where *where, int *ret_status);

/** Takes what has come, without waiting; false: the connection is over. */
bool ws_client_serve(struct ws_client *client, ws_client_taken_fn taken, void *arg);

/** Its socket. */
int ws_client_fd(const struct ws_client *client);

/** Sends a text of at most 125 bytes. */
void ws_client_say(struct ws_client *client, const char *text);

/** Closes the socket without a word, frees; NULL is allowed. */
void ws_client_destroy(struct ws_client *client);

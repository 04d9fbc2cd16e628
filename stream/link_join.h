// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * How the two ends of the link find each other: the server listens at a Unix socket (mode 0600)
 * and, for recorders in other buildings, at a TCP port over TLS; a recorder connects, and again for
 * ever, 0.5 to 1 s after each end. One loop, its thread.
 *
 * Whoever calls by TCP is a stranger until its owner has kept it open beyond opened: strangers are
 * bounded as stream/link_guard.h says, so that they cannot keep recorders out.
 *
 * The server greets before it knows who calls. That it takes the caller is known by its first word
 * after HELLO, so only with that the caller's opened is told and its pauses are short again.
 *
 *     rc = lct_link_listen(loop, "/data/link", hello, &events, server, &listener, &fault);
 *     caller = lct_link_call(loop, lct_link_way_unix("/data/link"), hello, &events, recorder);
 *     struct lct_link_peer *peer = lct_link_caller_peer(caller);   // NULL while the server is away
 */
#pragma once

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/tls.h"
#include "stream/link_guard.h"
#include "stream/link_peer.h"
#include "stream/link_socket.h"

struct lct_link_listener;
struct lct_link_caller;

/** Connections a listener holds at most: of recorders that were taken and of strangers; the next
 * one is closed at once. */
#define LCT_LINK_PEERS_MAX (64 + LCT_LINK_STRANGERS_MAX)

/** When the system has no descriptors left, callers wait so long for the next try. */
#define LCT_LINK_ACCEPT_PAUSE LCT_SECOND

/**
 * Listens at path; a socket that nobody serves any more is replaced. Peers are made and destroyed
 * by the listener; events tell of them. 0, -EADDRINUSE or another -errno with a fault.
 * *ret_listener is owned; hello is shared; events and arg must outlive it.
 */
int lct_link_listen(struct lct_loop *loop, const char *path, json_t *hello,
                    const struct lct_link_events *events, void *arg,
                    struct lct_link_listener **ret_listener, struct lct_fault *fault) LCT_MUST_USE;

/**
 * The same at a TCP port of an address (0: any port) over TLS; tls must outlive it. 0, -EADDRINUSE
 * or another -errno with a fault.
 */
int lct_link_listen_tls(struct lct_loop *loop, const char *address, int port, struct lct_tls *tls,
                        json_t *hello, const struct lct_link_events *events, void *arg,
                        struct lct_link_listener **ret_listener,
                        struct lct_fault *fault) LCT_MUST_USE;

/** The peer's token is wrong: its address has one try less (stream/link_guard.h). Of a listener
 * over TLS; a peer that is sent away for another reason has none less. */
void lct_link_listener_blame(struct lct_link_listener *listener, const struct lct_link_peer *peer);

/** The TCP port it listens at; 0: none. */
int lct_link_listener_port(const struct lct_link_listener *listener);

/** Closes all connections (without closed being told) and removes the socket. NULL is allowed. */
void lct_link_listener_destroy(struct lct_link_listener *listener);

/**
 * Connects by way (takes it), now and after each end of the connection, until it is destroyed. The
 * peer is made and destroyed by the caller; events tell of it: opened when the server's first
 * message is there, closed at the end, and closed without opened when the server does not take us,
 * once for each reason (its own word "wrong-version", "certificate" or "refused"; the server's
 * REFUSED comes before as a message, once, and then it is called each 10 s). hello is shared;
 * events and arg must outlive it. Returns owned.
 */
struct lct_link_caller *lct_link_call(struct lct_loop *loop, struct lct_link_way *way,
                                      json_t *hello, const struct lct_link_events *events,
                                      void *arg) LCT_MUST_USE;

/** The peer that has taken us, NULL while there is none. Borrows. */
struct lct_link_peer *lct_link_caller_peer(struct lct_link_caller *caller);

/** Ends it; NULL is allowed. */
void lct_link_caller_destroy(struct lct_link_caller *caller);

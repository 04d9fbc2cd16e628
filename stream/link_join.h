// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * How the two ends of the link find each other over a Unix socket: the server listens (socket of
 * mode 0600), a recorder connects, and again for ever, 0.5 to 2 s after each end. One loop, its
 * thread.
 *
 * The server greets before it knows who calls. That it takes the caller is known by its first word
 * after HELLO, so only with that the caller's opened is told and its pauses are short again.
 *
 *     rc = lct_link_listen(loop, "/data/link", hello, &events, server, &listener, &fault);
 *     struct lct_link_caller *caller = lct_link_call(loop, "/data/link", hello, &events, recorder);
 *     struct lct_link_peer *peer = lct_link_caller_peer(caller);   // NULL while the server is away
 */
#pragma once

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/loop.h"
#include "stream/link_peer.h"

struct lct_link_listener;
struct lct_link_caller;

/** Connections a listener holds at most; the next one is closed at once. */
#define LCT_LINK_PEERS_MAX 64

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

/** Closes all connections (without closed being told) and removes the socket. NULL is allowed. */
void lct_link_listener_destroy(struct lct_link_listener *listener);

/**
 * Connects to path, now and after each end of the connection, until it is destroyed. The peer is
 * made and destroyed by the caller; events tell of it: opened when the server's first message is
 * there, closed at the end, and closed without opened when the server does not take us, once for
 * each reason (its own word "wrong-version", or "refused"). hello is shared; events and arg must
 * outlive it. Returns owned.
 */
struct lct_link_caller *lct_link_call(struct lct_loop *loop, const char *path, json_t *hello,
                                      const struct lct_link_events *events, void *arg) LCT_MUST_USE;

/** The peer that has taken us, NULL while there is none. Borrows. */
struct lct_link_peer *lct_link_caller_peer(struct lct_link_caller *caller);

/** Ends it; NULL is allowed. */
void lct_link_caller_destroy(struct lct_link_caller *caller);

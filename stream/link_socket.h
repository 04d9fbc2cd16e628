// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The sockets of the link: a Unix socket in a folder, or TCP on a port of its own, over which TLS
 * is spoken. Nothing here waits but for the disk's folder; a host's name is looked up by a thread.
 *
 *     int fd = lct_link_bind_unix("/data/link");  …  fd = lct_link_bind_tcp("0.0.0.0", 8443);
 *     struct lct_link_way *way = lct_link_way_tls("school.example.org", 8443, tls);
 *     rc = lct_link_way_try(way, &stream);        // again later when it fails
 */
#pragma once

#include "base/attr.h"
#include "base/stream.h"
#include "base/tls.h"

/** Sent bytes that the other machine does not confirm for so long end the connection. A line that
 * was down for three seconds is found up by TCP itself, one that was down for longer by a new call.
 */
#define LCT_LINK_UNCONFIRMED_MS 4000

/** Bytes that may lie unsent in the kernel: what is sent live waits behind no more of a copy. */
#define LCT_LINK_UNSENT (32 << 10)

/** Binds a socket of mode 0600 at path and listens; a socket there that nobody serves any more is
 * replaced. The descriptor, -EADDRINUSE or another -errno. */
int lct_link_bind_unix(const char *path) LCT_MUST_USE;

/** Binds a TCP port of an address of this machine (IPv4 or IPv6; 0: any port) and listens. The
 * descriptor or -errno. */
int lct_link_bind_tcp(const char *address, int port) LCT_MUST_USE;

/** Tunes a connected TCP socket (RFC 9293 sec. 3.8.3: the user timeout); another one: nothing. */
void lct_link_tune(int fd);

/** A way to the server, tried again and again. One thread. */
struct lct_link_way;

/** To a Unix socket (the path is copied). Returns owned. */
struct lct_link_way *lct_link_way_unix(const char *path) LCT_MUST_USE;

/** To a host, by name or address (copied), over TLS. tls must outlive it. Returns owned. */
struct lct_link_way *lct_link_way_tls(const char *host, int port, struct lct_tls *tls) LCT_MUST_USE;

/**
 * Begins a connection, by the host's next address each time. When each had its turn its name is
 * looked up again, and meanwhile, as when that fails, those known before are used. 0; -EAGAIN: none
 * is known yet; or another -errno. *ret_stream is owned; what becomes of it shows when it is used.
 */
int lct_link_way_try(struct lct_link_way *way, struct lct_stream **ret_stream) LCT_MUST_USE;

/** True while a stream's connection has got no answer at all. */
bool lct_link_way_is_silent(const struct lct_stream *stream);

/** Frees; a look-up that is under way ends by itself. NULL is allowed. */
void lct_link_way_destroy(struct lct_link_way *way);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A connected byte stream that never waits: a plain descriptor, or TLS over one (base/tls.h). Both
 * are read and written in the same way, from one thread: that of the loop which watches the
 * descriptor. TLS shakes hands by itself while it is read and written.
 *
 *     struct lct_stream *stream = lct_stream_plain(fd);
 *     ssize_t n = lct_stream_read(stream, bytes, size);        // -EAGAIN: later
 *     n = lct_stream_write(stream, iov, count);
 *     lct_watch_set(watch, lct_stream_events(stream, more_to_write));
 *     lct_stream_destroy(stream);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/attr.h"

struct lct_stream;

/** A stream over a connected socket as it is: its bytes go out from where they lie. Takes fd, which
 * is not blocking. Returns owned. */
struct lct_stream *lct_stream_plain(int fd) LCT_MUST_USE;

/** The descriptor, for a watch. Stays the stream's. */
int lct_stream_fd(const struct lct_stream *stream);

/** Reads up to n bytes. How many; 0: the other side has ended it; -EAGAIN: none now; or -errno
 * (-EPROTO: TLS was broken, lct_stream_why says how). */
ssize_t lct_stream_read(struct lct_stream *stream, void *bytes, size_t n) LCT_MUST_USE;

/**
 * Writes from count pieces (at most 64), as many bytes as are taken now. How many; -EAGAIN: none;
 * or -errno as above. With count 0 it only goes on with what it still holds: 0, -EAGAIN or -errno.
 */
ssize_t lct_stream_write(struct lct_stream *stream, const struct iovec *pieces,
                         size_t count) LCT_MUST_USE;

/** True while it holds bytes that it took and that are not on their way: write again. */
bool lct_stream_holds(const struct lct_stream *stream);

/** True while bytes that came lie in the stream and not in the descriptor, which therefore will
 * not say that there is something: read again. */
bool lct_stream_has(const struct lct_stream *stream);

/** The events (EPOLLIN, EPOLLOUT) to wait for; more: there is something to be written. Whatever
 * comes, both read and write are worth trying. */
uint32_t lct_stream_events(const struct lct_stream *stream, bool more);

/** Why it failed, as one word for the log ("read", "certificate" …). Borrows. */
const char *lct_stream_why(const struct lct_stream *stream);

/** Says goodbye where the protocol has a word for it, closes the descriptor, frees. NULL is
 * allowed. */
void lct_stream_destroy(struct lct_stream *stream);

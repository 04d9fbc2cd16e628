// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/stream_priv.h"

/* ---- a descriptor as it is ---- */

static ssize_t plain_read(struct lct_stream *stream, void *bytes, size_t n) {
    ssize_t got = recv(stream->fd, bytes, n, MSG_DONTWAIT);
    return got < 0 ? (errno == EINTR ? -EAGAIN : -errno) : got;
}

static ssize_t plain_write(struct lct_stream *stream, const struct iovec *pieces, size_t count) {
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)pieces, .msg_iovlen = count};
    ssize_t sent;
    do {
        sent = sendmsg(stream->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

static bool plain_keeps_nothing(const struct lct_stream *stream) {
    (void)stream;
    return false;
}

static uint32_t plain_events(const struct lct_stream *stream, bool more) {
    (void)stream;
    return EPOLLIN | (more ? (uint32_t)EPOLLOUT : 0U);
}

static void plain_destroy(struct lct_stream *stream) { free(stream); }

static const struct lct_stream_kind plain = {plain_read,          plain_write,  plain_keeps_nothing,
                                             plain_keeps_nothing, plain_events, plain_destroy};

struct lct_stream *lct_stream_plain(int fd) {
    struct lct_stream *stream = lct_new(sizeof *stream);
    *stream = (struct lct_stream){.kind = &plain, .fd = fd};
    return stream;
}

/* ---- any kind ---- */

int lct_stream_fd(const struct lct_stream *stream) { return stream->fd; }

ssize_t lct_stream_read(struct lct_stream *stream, void *bytes, size_t n) {
    ssize_t got = stream->kind->read(stream, bytes, n);
    if (got < 0 && got != -EAGAIN && !stream->why) {
        stream->why = "read";
    }
    return got;
}

ssize_t lct_stream_write(struct lct_stream *stream, const struct iovec *pieces, size_t count) {
    ssize_t sent = stream->kind->write(stream, pieces, count);
    if (sent < 0 && sent != -EAGAIN && !stream->why) {
        stream->why = "write";
    }
    return sent;
}

bool lct_stream_holds(const struct lct_stream *stream) { return stream->kind->holds(stream); }

bool lct_stream_has(const struct lct_stream *stream) { return stream->kind->has(stream); }

uint32_t lct_stream_events(const struct lct_stream *stream, bool more) {
    return stream->kind->events(stream, more);
}

const char *lct_stream_why(const struct lct_stream *stream) {
    return stream->why ? stream->why : "end";
}

void lct_stream_destroy(struct lct_stream *stream) {
    if (stream) {
        int fd = stream->fd;
        stream->kind->destroy(stream);
        close(fd);
    }
}

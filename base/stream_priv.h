// SPDX-License-Identifier: GPL-3.0-or-later
/** What each kind of stream is made of: its struct begins with this one. */
#pragma once

#include "base/stream.h"

struct lct_stream_kind {
    ssize_t (*read)(struct lct_stream *stream, void *bytes, size_t n);
    ssize_t (*write)(struct lct_stream *stream, const struct iovec *pieces, size_t count);
    bool (*holds)(const struct lct_stream *stream);
    bool (*has)(const struct lct_stream *stream);
    uint32_t (*events)(const struct lct_stream *stream, bool more);
    /** Goodbye, and frees; the descriptor is closed afterwards. */
    void (*destroy)(struct lct_stream *stream);
};

struct lct_stream {
    const struct lct_stream_kind *kind;
    int fd;
    const char *why; /* static; NULL: nothing is wrong */
};

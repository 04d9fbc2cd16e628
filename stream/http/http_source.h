// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * An answer that is read while it is sent: media. Reader threads fetch blocks ahead of what the
 * network takes; ranges (RFC 9110 sec. 14) are served here.
 *
 *     struct lct_http_source source = {.type = "video/mp4", .size = n, .read = read_movie,
 *                                      .close = close_movie, .opaque = movie};
 *     lct_http_answer_source(request, &source);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "stream/http/http_request.h"

/** A block that is read at once, and how many of them may wait for the network, per answer. */
#define LCT_HTTP_BLOCK (256U << 10)
#define LCT_HTTP_BLOCKS_AHEAD 2

/** A body of known length that is read while it is sent. */
struct lct_http_source {
    const char *type;      /**< static */
    uint64_t size;         /**< bytes in all */
    char tag[80];          /**< ETag, quotes included; "" for none */
    const char *file_name; /**< UTF-8, for "save as"; NULL: shown in place. Borrowed */
    /** Reads up to n bytes at offset; bytes or -errno. A reader thread, one call at a time. */
    ssize_t (*read)(void *opaque, uint64_t offset, void *bytes, size_t n);
    void (*close)(void *opaque); /**< called once, in any thread */
    void *opaque;                /**< taken */
};

/** Answers with the source, whole or the one range that was asked for (206, 416), or 304. Takes the
 * request. Any thread. */
void lct_http_answer_source(struct lct_http_request *request, const struct lct_http_source *source);

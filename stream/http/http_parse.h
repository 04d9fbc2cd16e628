// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What strangers write into an HTTP request, read by pure functions: paths, ranges, cookies, hosts,
 * addresses.
 * Any thread. tests/fuzz/fuzz_http_path.c and fuzz_http_range.c feed them.
 *
 *     if (lct_http_split(path, strlen(path), &parts) < 0) …                 // 404
 *     if (lct_http_match("/api/v1/rooms/{room}", &parts, values)) …     // values[0] is the room
 *     switch (lct_http_range("bytes=0-99", size, &first, &last)) …
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/** Most parts of a path, and most bytes of one. */
#define LCT_HTTP_PARTS_MAX 12
#define LCT_HTTP_PART_MAX 128

/** Most values a pattern has: "{room}" and the like. */
#define LCT_HTTP_VALUES_MAX 4

struct lct_http_parts {
    size_t n; /**< 0 for "/" */
    char parts[LCT_HTTP_PARTS_MAX][LCT_HTTP_PART_MAX + 1];
};

/**
 * Splits a path that was percent-decoded once already. 0, or -EINVAL: no slash at its head, an
 * empty part ("//", a slash at the end), "." or "..", a backslash, a control character, no UTF-8,
 * too many or too long parts.
 */
int lct_http_split(const char *path, size_t n, struct lct_http_parts *ret_parts) LCT_MUST_USE;

/**
 * True when the parts fit the pattern ("/a/{x}/b"); a part in braces fits anything and is borrowed
 * into values, in order. The pattern "*" fits everything.
 */
bool lct_http_match(const char *pattern, const struct lct_http_parts *parts,
                    const char *values[LCT_HTTP_VALUES_MAX]);

enum lct_http_range_kind {
    LCT_HTTP_RANGE_ALL,  /**< none asked for, or of a form we need not serve: 200 with everything */
    LCT_HTTP_RANGE_ONE,  /**< 206 with first to last, both within size */
    LCT_HTTP_RANGE_NONE, /**< 416: nothing of it lies within size */
};

/**
 * Reads a Range header (RFC 9110 sec. 14.2; NULL: none). Several ranges, another unit or bad syntax
 * count as no range, as the RFC allows.
 */
enum lct_http_range_kind lct_http_range(const char *text, uint64_t size, uint64_t *ret_first,
                                        uint64_t *ret_last);

/**
 * Reads a Content-Range header of a piece that a client sends, "bytes FIRST-LAST/SIZE" (RFC 9110
 * sec. 14.4). False: it is none, or not within itself: FIRST <= LAST < SIZE.
 */
bool lct_http_content_range(const char *text, uint64_t *ret_first, uint64_t *ret_last,
                            uint64_t *ret_size);

/** Copies the value of a cookie into out; false when it is missing or does not fit. */
bool lct_http_cookie(const char *header, const char *name, char *out, size_t size);

/** True when an If-None-Match header names the tag (quotes included in both) or "*". */
bool lct_http_tag_matches(const char *header, const char *tag);

/**
 * True when a Host header ("name:port") may be answered: an address, "localhost", or one of names
 * (a list ended by NULL). Others come from a page that had its own name point at us (DNS
 * rebinding).
 */
bool lct_http_host_is_ours(const char *host, const char *const *names);

/** True when an Origin header is the server's own: its scheme followed by the Host header. */
bool lct_http_origin_is_ours(const char *origin, const char *host);

/**
 * Reads an address as others write it: IPv4, IPv6, IPv4 within IPv6, with a port ("192.0.2.7:80",
 * "[2001:db8::7]:80") or without. Writes it in its one proper form, IPv4 within IPv6 as IPv4; false
 * when it is none, or does not fit size (48 is enough).
 */
bool lct_http_address(const char *text, size_t n, char *ret_address, size_t size);

/**
 * Whom a proxy speaks for: the last address of an X-Forwarded-For header that is none of proxies (a
 * list ended by NULL, each in its proper form); only that one was written by a proxy that is
 * believed. False: the header (NULL: none) names nobody.
 */
bool lct_http_forwarded(const char *header, const char *const *proxies, char *ret_address,
                        size_t size);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * By which address others reach a server's pages: found out by the server, kept in the file
 * DATA/address (one line) for the commands that make watch links; it stays when the server ends.
 *
 *     LCT_FREE char *url = lct_notice_find("", NULL, &place);   // "http://192.0.2.7:8080"
 *     rc = lct_notice_write("/data", url);
 *     LCT_FREE char *base = lct_notice_read("/data");                    // "" where none has run
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"

/** Checks an address that somebody configured; "" is right. 0, or -EINVAL with a fault. */
int lct_notice_check(const char *url, struct lct_fault *fault) LCT_MUST_USE;

/** Where a server listens. */
struct lct_notice_place {
    bool is_secure; /**< HTTPS */
    const char *address;
    int port;
};

/**
 * The address, without a slash at its end: as configured ("": not), else by this machine's name
 * (NULL: none), else by the address it listens on, or one of this machine's when it listens on all.
 * Returns owned (free).
 */
char *lct_notice_find(const char *configured, const char *name,
                      const struct lct_notice_place *place) LCT_MUST_USE;

/** Keeps the address. 0 or -errno. It may block on the disk. */
int lct_notice_write(const char *data, const char *url) LCT_MUST_USE;

/** The address as it was kept; "" when there is none. Returns owned (free). */
char *lct_notice_read(const char *data) LCT_MUST_USE;

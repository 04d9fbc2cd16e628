// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Sockets that listen, and who calls on them. They are ours, because the library does not say why
 * it could not listen, and spins when it cannot accept.
 *
 *     rc = lct_http_listen("::", 8080, &fd, &port, &fault);
 *     called = lct_http_accept(fd, &caller);                 // until it is negative
 */
#pragma once

#include "base/attr.h"
#include "base/fault.h"

/**
 * Listens on an address of this machine ("::": both families) and a port (0: any free one). 0; or
 * -EINVAL, -EADDRINUSE, -EACCES, -EADDRNOTAVAIL or another -errno with a fault. *ret_fd is owned.
 */
int lct_http_listen(const char *address, int port, int *ret_fd, int *ret_port,
                    struct lct_fault *fault) LCT_MUST_USE;

/** Lets one caller in: its descriptor (owned); -EAGAIN: nobody waits; or what the system lacks, as
 * -errno. */
int lct_http_accept(int fd) LCT_MUST_USE;

/** The address at the other end as text; IPv4 within IPv6 (RFC 4291 sec. 2.5.5.2) as IPv4. "" when
 * it has gone. */
void lct_http_peer(int fd, char *ret_address, unsigned size);

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What counts as one caller where callers are limited by where they come from: of IPv4 the address,
 * of IPv6 its first 64 bits, for one household is given these and has every address behind them
 * (RFC 4291 sec. 2.5.4, RFC 6177). Pure; any thread.
 *
 *     struct lct_network network = lct_network_of("2001:db8:1:2::7");
 *     if (lct_network_same(network, tries->network)) …
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** Plain data, to be kept and compared. */
struct lct_network {
    uint8_t bytes[16];
};

/** The network of an address as text, without port. IPv4 within IPv6 (::ffff:192.0.2.7, RFC 4291
 *  sec. 2.5.5.2) is IPv4. Everything that is no address is one network. */
struct lct_network lct_network_of(const char *address);

/** True when two are one. */
bool lct_network_same(struct lct_network a, struct lct_network b);

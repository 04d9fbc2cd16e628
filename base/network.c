// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define V4_AT 12    /* in an IPv6 address that holds one */
#define HOUSEHOLD 8 /* bytes of an IPv6 address */

struct lct_network lct_network_of(const char *address) {
    struct lct_network network = {{0}};
    struct in6_addr six;
    if (inet_pton(AF_INET6, address, &six) == 1) {
        memcpy(network.bytes, &six, IN6_IS_ADDR_V4MAPPED(&six) ? sizeof six : HOUSEHOLD);
    } else if (inet_pton(AF_INET, address, network.bytes + V4_AT) == 1) {
        memset(network.bytes + V4_AT - 2, 0xff, 2);
    }
    return network;
}

bool lct_network_same(struct lct_network a, struct lct_network b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

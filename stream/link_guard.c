// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/link_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* What stands for an address: IPv4 whole, of IPv6 the network that one household is given. */
struct who {
    uint8_t bytes[16];
};

struct tries {
    struct who who;
    unsigned n; /* 0: a free place */
    lct_ns since;
};

struct lct_link_guard {
    struct tries tries[LCT_LINK_TRIES_ADDRESSES];
};

static struct who who_is(const char *from) {
    struct who who = {{0}};
    struct in6_addr six;
    if (inet_pton(AF_INET6, from, &six) == 1) {
        memcpy(who.bytes, &six, IN6_IS_ADDR_V4MAPPED(&six) ? 16 : 8);
    } else {
        (void)inet_pton(AF_INET, from, who.bytes); /* others are one */
    }
    return who;
}

bool lct_link_guard_same(const char *a, const char *b) {
    struct who x = who_is(a), y = who_is(b);
    return memcmp(&x, &y, sizeof x) == 0;
}

struct lct_link_guard *lct_link_guard_create(void) {
    return lct_new(sizeof(struct lct_link_guard));
}

static bool is_of(const struct tries *tries, const struct who *who, lct_ns now) {
    return tries->n > 0 && now - tries->since < LCT_LINK_TRIES_SPAN &&
           memcmp(&tries->who, who, sizeof *who) == 0;
}

bool lct_link_guard_admits(const struct lct_link_guard *guard, const char *from, lct_ns now) {
    struct who who = who_is(from);
    for (size_t i = 0; i < LCT_LINK_TRIES_ADDRESSES; i++) {
        if (is_of(&guard->tries[i], &who, now)) {
            return guard->tries[i].n < LCT_LINK_TRIES_MAX;
        }
    }
    return true;
}

void lct_link_guard_blame(struct lct_link_guard *guard, const char *from, lct_ns now) {
    struct who who = who_is(from);
    struct tries *place = &guard->tries[0];
    for (size_t i = 0; i < LCT_LINK_TRIES_ADDRESSES; i++) {
        struct tries *tries = &guard->tries[i];
        if (is_of(tries, &who, now)) {
            tries->n++;
            return;
        }
        bool better = tries->n == 0 ? place->n > 0 : place->n > 0 && tries->since < place->since;
        place = better ? tries : place;
    }
    *place = (struct tries){who, 1, now};
}

void lct_link_guard_destroy(struct lct_link_guard *guard) { free(guard); }

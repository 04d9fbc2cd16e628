// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/link_guard.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/network.h"

struct tries {
    struct lct_network from;
    unsigned n; /* 0: a free place */
    lct_ns since;
};

struct lct_link_guard {
    struct tries tries[LCT_LINK_TRIES_ADDRESSES];
};

struct lct_link_guard *lct_link_guard_create(void) {
    return lct_new(sizeof(struct lct_link_guard));
}

static bool is_of(const struct tries *tries, struct lct_network from, lct_ns now) {
    return tries->n > 0 && now - tries->since < LCT_LINK_TRIES_SPAN &&
           lct_network_same(tries->from, from);
}

bool lct_link_guard_admits(const struct lct_link_guard *guard, const char *from, lct_ns now) {
    struct lct_network network = lct_network_of(from);
    for (size_t i = 0; i < LCT_LINK_TRIES_ADDRESSES; i++) {
        if (is_of(&guard->tries[i], network, now)) {
            return guard->tries[i].n < LCT_LINK_TRIES_MAX;
        }
    }
    return true;
}

void lct_link_guard_blame(struct lct_link_guard *guard, const char *from, lct_ns now) {
    struct lct_network network = lct_network_of(from);
    struct tries *place = &guard->tries[0];
    for (size_t i = 0; i < LCT_LINK_TRIES_ADDRESSES; i++) {
        struct tries *tries = &guard->tries[i];
        if (is_of(tries, network, now)) {
            tries->n++;
            return;
        }
        bool better = tries->n == 0 ? place->n > 0 : place->n > 0 && tries->since < place->since;
        place = better ? tries : place;
    }
    *place = (struct tries){network, 1, now};
}

void lct_link_guard_destroy(struct lct_link_guard *guard) { free(guard); }

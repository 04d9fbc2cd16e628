// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/http/http_places_priv.h"

#include <assert.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/network.h"
#include "stream/http/http.h"

struct lct_http_places {
    struct client {
        struct lct_network network;
        unsigned taken;
    } clients[LCT_HTTP_CONNECTIONS_MAX];
};

/* The entry of an address' network, a free one when it has none yet, NULL when there is none. */
static struct client *client_of(struct lct_http_places *places, const char *address) {
    struct client *free_entry = NULL;
    struct lct_network network = lct_network_of(address);
    for (size_t i = 0; i < LCT_HTTP_CONNECTIONS_MAX; i++) {
        struct client *client = &places->clients[i];
        if (client->taken > 0 && lct_network_same(client->network, network)) {
            return client;
        }
        if (client->taken == 0 && !free_entry) {
            free_entry = client;
        }
    }
    return free_entry;
}

struct lct_http_places *lct_http_places_create(void) {
    return lct_new(sizeof(struct lct_http_places));
}

bool lct_http_places_any(struct lct_http_places *places, const char *address) {
    const struct client *client = client_of(places, address);
    return client && client->taken < LCT_HTTP_PER_ADDRESS_MAX;
}

bool lct_http_places_take(struct lct_http_places *places, const char *address) {
    if (!lct_http_places_any(places, address)) {
        return false;
    }
    struct client *client = client_of(places, address);
    client->network = lct_network_of(address);
    client->taken++;
    return true;
}

bool lct_http_places_crowded(struct lct_http_places *places, const char *address) {
    const struct client *client = client_of(places, address);
    return client && client->taken > LCT_HTTP_PER_ADDRESS_MAX / 2;
}

void lct_http_places_leave(struct lct_http_places *places, const char *address) {
    struct client *client = client_of(places, address);
    assert(client && client->taken > 0);
    client->taken--;
}

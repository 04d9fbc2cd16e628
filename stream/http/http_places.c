// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/http/http_places_priv.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "stream/http/http.h"

struct lct_http_places {
    struct client {
        char address[LCT_HTTP_CLIENT_SIZE];
        unsigned taken;
    } clients[LCT_HTTP_CONNECTIONS_MAX];
};

/* The entry of an address, a free one when it has none yet, NULL when there is none. */
static struct client *client_of(struct lct_http_places *places, const char *address) {
    struct client *free_entry = NULL;
    for (size_t i = 0; i < LCT_HTTP_CONNECTIONS_MAX; i++) {
        struct client *client = &places->clients[i];
        if (client->taken > 0 && strcmp(client->address, address) == 0) {
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
    (void)snprintf(client->address, sizeof client->address, "%s", address);
    client->taken++;
    return true;
}

void lct_http_places_leave(struct lct_http_places *places, const char *address) {
    struct client *client = client_of(places, address);
    assert(client && client->taken > 0);
    client->taken--;
}

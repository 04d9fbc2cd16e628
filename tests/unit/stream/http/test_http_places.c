// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "stream/http/http.h"
#include "stream/http/http_places_priv.h"

Test(http_places, of_one_address_end) {
    struct lct_http_places *places = lct_http_places_create();
    for (int i = 0; i < LCT_HTTP_PER_ADDRESS_MAX; i++) {
        cr_assert(lct_http_places_any(places, "192.0.2.7"));
        cr_assert(lct_http_places_take(places, "192.0.2.7"));
    }
    cr_expect_not(lct_http_places_any(places, "192.0.2.7"));
    cr_expect_not(lct_http_places_take(places, "192.0.2.7"));
    cr_expect(lct_http_places_crowded(places, "192.0.2.7"));
    cr_expect_not(lct_http_places_crowded(places, "192.0.2.8"));
    cr_expect(lct_http_places_take(places, "192.0.2.8"), "another one has its own");
    lct_http_places_leave(places, "192.0.2.7");
    cr_expect(lct_http_places_take(places, "192.0.2.7"));
    free(places);
}

Test(http_places, of_one_network_are_those_of_one_address) {
    struct lct_http_places *places = lct_http_places_create();
    char address[LCT_HTTP_CLIENT_SIZE];
    for (unsigned i = 0; i < LCT_HTTP_PER_ADDRESS_MAX; i++) {
        (void)snprintf(address, sizeof address, "2001:db8:1:2:%x::%x", i, i);
        cr_assert(lct_http_places_take(places, address));
    }
    cr_expect_not(lct_http_places_any(places, "2001:db8:1:2::99"));
    cr_expect(lct_http_places_any(places, "2001:db8:1:3::99"), "a neighbour");
    lct_http_places_leave(places, address);
    cr_expect(lct_http_places_any(places, "2001:db8:1:2::99"));
    free(places);
}

Test(http_places, of_many_addresses_end_too) {
    struct lct_http_places *places = lct_http_places_create();
    char address[LCT_HTTP_CLIENT_SIZE];
    for (unsigned i = 0; i < LCT_HTTP_CONNECTIONS_MAX; i++) {
        (void)snprintf(address, sizeof address, "198.51.%u.%u", i / 256, i % 256);
        cr_assert(lct_http_places_take(places, address));
    }
    cr_expect_not(lct_http_places_any(places, "192.0.2.7"));
    cr_expect(lct_http_places_take(places, address), "who is here may have more");
    lct_http_places_leave(places, address);
    lct_http_places_leave(places, address);
    cr_expect(lct_http_places_take(places, "192.0.2.7"), "who has none left makes room");
    free(places);
}

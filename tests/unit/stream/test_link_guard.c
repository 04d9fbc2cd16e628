// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/link_guard.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(link_guard, lets_an_address_wait_after_too_many_wrong_tokens) {
    struct lct_link_guard *guard = lct_link_guard_create();
    lct_ns now = 1000 * LCT_SECOND;
    for (int i = 0; i < LCT_LINK_TRIES_MAX; i++) {
        cr_assert(lct_link_guard_admits(guard, "192.0.2.1", now));
        lct_link_guard_blame(guard, "192.0.2.1", now);
    }
    cr_assert_not(lct_link_guard_admits(guard, "192.0.2.1", now));
    cr_assert(lct_link_guard_admits(guard, "192.0.2.2", now), "others need not");
    cr_assert(lct_link_guard_admits(guard, "192.0.2.1", now + LCT_LINK_TRIES_SPAN));
    lct_link_guard_destroy(guard);
}

Test(link_guard, forgets_whoever_tried_longest_ago) {
    struct lct_link_guard *guard = lct_link_guard_create();
    char from[32];
    for (int i = 0; i < LCT_LINK_TRIES_MAX; i++) {
        lct_link_guard_blame(guard, "198.51.100.1", 2 * LCT_SECOND);
    }
    lct_link_guard_blame(guard, "198.51.100.2", LCT_SECOND);
    for (int i = 0; i < LCT_LINK_TRIES_ADDRESSES - 1; i++) {
        (void)snprintf(from, sizeof from, "10.0.%d.%d", i / 250, i % 250);
        lct_link_guard_blame(guard, from, 3 * LCT_SECOND);
    }
    cr_assert_not(lct_link_guard_admits(guard, "198.51.100.1", 4 * LCT_SECOND));
    lct_link_guard_destroy(guard);
}

Test(link_guard, takes_a_network_of_ipv6_for_one) {
    struct lct_link_guard *guard = lct_link_guard_create();
    char from[40];
    for (unsigned i = 0; i < LCT_LINK_TRIES_MAX; i++) {
        (void)snprintf(from, sizeof from, "2001:db8:1:2::%x", i + 1);
        lct_link_guard_blame(guard, from, LCT_SECOND);
    }
    cr_assert_not(lct_link_guard_admits(guard, "2001:db8:1:2:3:4:5:6", LCT_SECOND));
    cr_assert(lct_link_guard_admits(guard, "2001:db8:1:3::1", LCT_SECOND));
    lct_link_guard_destroy(guard);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include "base/network.h"

static bool same(const char *a, const char *b) {
    return lct_network_same(lct_network_of(a), lct_network_of(b));
}

Test(network, of_ipv4_is_the_address) {
    cr_expect(same("192.0.2.1", "192.0.2.1"));
    cr_expect_not(same("192.0.2.1", "192.0.2.2"));
    cr_expect_not(same("0.0.0.0", "::"));
}

Test(network, of_ipv6_is_what_one_household_has) {
    cr_expect(same("2001:db8:1:2::7", "2001:db8:1:2:3:4:5:6"));
    cr_expect_not(same("2001:db8:1:2::7", "2001:db8:1:3::7"));
    cr_expect_not(same("2001:db8:1:2::7", "2001:db9:1:2::7"));
}

Test(network, of_ipv4_within_ipv6_is_that_of_ipv4) {
    cr_expect(same("::ffff:192.0.2.1", "192.0.2.1"));
    cr_expect(same("::FFFF:c000:201", "192.0.2.1"));
    cr_expect_not(same("::ffff:192.0.2.1", "::ffff:192.0.2.2"));
}

Test(network, of_what_is_no_address_is_one) {
    cr_expect(same("", "192.0.2.256"));
    cr_expect(same("192.0.2.1:80", "[2001:db8::1]"));
    cr_expect_not(same("", "192.0.2.1"));
    cr_expect_not(same("nobody", "2001:db8::1"));
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include "control/server/ebb.h"

/* What it says when it is shown these numbers one after the other: a letter each. */
static void expect(const char *said, const uint64_t *clients) {
    struct lct_ebb ebb = {0};
    for (size_t i = 0; said[i]; i++) {
        cr_expect_eq(lct_ebb_look(&ebb, clients[i]), said[i] == 'y', "look %zu of %s", i, said);
    }
}

Test(ebb, is_over_when_nobody_leaves_any_more) {
    expect("nnnnny", (uint64_t[]){0, 300, 200, 100, 5, 5});
    expect("nnny", (uint64_t[]){300, 5, 4, 6});
}

Test(ebb, is_said_once) {
    expect("nnnynnn", (uint64_t[]){300, 300, 5, 5, 5, 4, 5});
    expect("nnynny", (uint64_t[]){100, 0, 0, 100, 0, 0});
}

Test(ebb, of_few_is_none) {
    expect("nnnn", (uint64_t[]){LCT_EBB_CLIENTS - 1, 0, 0, 0});
    expect("nny", (uint64_t[]){LCT_EBB_CLIENTS, 0, 0});
    expect("nnnny", (uint64_t[]){100, 90, 80, 68, 68});
}

Test(ebb, few_at_a_time_are_many_in_the_end) {
    expect("nnnnnnny", (uint64_t[]){40, 30, 30, 20, 20, 10, 8, 8});
}

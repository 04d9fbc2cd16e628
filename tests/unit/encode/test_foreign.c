// SPDX-License-Identifier: GPL-3.0-or-later
/* What files say of themselves at the edges of what a number holds; whole files are imported in
 * tests/integration/test_import.py. */
#include "encode/foreign_priv.h"

#include <criterion/criterion.h>

static const AVRational base = {1, 90000};

Test(foreign, a_time_is_believed_where_sums_of_it_fit) {
    static const int64_t wild[] = {INT64_MIN, INT64_MIN + 1, -INT64_MAX / 2, INT64_MAX / 2,
                                   INT64_MAX};
    cr_assert_eq(lct_foreign_ns(90000, base), LCT_SECOND);
    cr_assert_eq(lct_foreign_ns(-45000, base), -LCT_SECOND / 2);
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
        cr_assert_eq(lct_foreign_ns(wild[i], base), LCT_NS_NONE, "%zu", i);
        cr_assert_eq(lct_foreign_ns(wild[i], (AVRational){1, 1}), LCT_NS_NONE, "%zu", i);
        cr_assert_eq(lct_foreign_ns(wild[i], (AVRational){INT32_MAX, 1}), LCT_NS_NONE, "%zu", i);
    }
    cr_assert_eq(lct_foreign_ns(1, (AVRational){0, 1}), LCT_NS_NONE);
    cr_assert_eq(lct_foreign_ns(1, (AVRational){1, 0}), LCT_NS_NONE);
}

Test(foreign, a_time_of_a_packet_is_near_the_file) {
    const struct lct_foreign file = {.zero = -1000000}; /* it begins a second before 0 */
    const AVStream stream = {.time_base = base};
    cr_assert_eq(lct_foreign_time(&file, &stream, 90000), 2 * LCT_SECOND);
    cr_assert_eq(lct_foreign_time(&file, &stream, AV_NOPTS_VALUE), LCT_NS_NONE);
    cr_assert_eq(lct_foreign_time(&file, &stream, INT64_MAX), LCT_NS_NONE);
    cr_assert_eq(lct_foreign_time(&file, &stream, -INT64_MAX), LCT_NS_NONE);
    cr_assert_eq(lct_foreign_time(&file, &stream, INT64_C(90000) * 3600 * 25), LCT_NS_NONE);
}

/* As memory leaves it that ran short between the two. */
Test(foreign, what_has_no_input_yet_is_closed) {
    struct lct_foreign_reader reader = {.av = avformat_alloc_context()};
    lct_foreign_read_close(&reader);
    cr_assert_null(reader.av);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <string.h>

#include "base/time.h"

Test(time, ticks_and_back) {
    cr_assert_eq(lct_ns_to_ticks(LCT_SECOND, 90000), 90000);
    cr_assert_eq(lct_ns_to_ticks(5556, 90000), 1, "rounded to the nearest");
    cr_assert_eq(lct_ns_to_ticks(5555, 90000), 0);
    cr_assert_eq(lct_ns_to_ticks(-5556, 90000), -1);
    cr_assert_eq(lct_ns_to_ticks(-5555, 90000), 0);
    cr_assert_eq(lct_ns_to_ticks(-LCT_SECOND, 48000), -48000);
    cr_assert_eq(lct_ticks_to_ns(48000, 48000), LCT_SECOND);
    cr_assert_eq(lct_ticks_to_ns(1, 90000), 11111);
}

/* Days of both timescales, each tick there and back: no tick may move. */
Test(time, is_exact_for_days) {
    static const uint32_t scales[] = {48000, 90000};
    int64_t days = INT64_C(30) * 24 * 3600;
    for (int s = 0; s < 2; s++) {
        int64_t most = days * scales[s];
        for (int64_t tick = 0; tick < most; tick += most / 9973 + 1) {
            cr_assert_eq(lct_ns_to_ticks(lct_ticks_to_ns(tick, scales[s]), scales[s]), tick);
        }
    }
}

Test(time, formats) {
    char out[32];
    lct_span_format(0, out, sizeof out);
    cr_assert_str_eq(out, "0:00.000");
    lct_span_format(3723 * LCT_SECOND + 456 * LCT_MS, out, sizeof out);
    cr_assert_str_eq(out, "1:02:03.456");
    lct_wall_format(INT64_C(1772352000123456789), out, sizeof out);
    cr_assert_str_eq(out, "2026-03-01T08:00:00.123Z");
    char small[8];
    lct_wall_format(INT64_C(1772352000123456789), small, sizeof small);
    cr_assert_lt(strlen(small), sizeof small);
}

Test(time, clocks_run) {
    lct_ns one = lct_monotonic();
    lct_ns two = lct_monotonic();
    char boot[LCT_BOOT_ID_SIZE], again[LCT_BOOT_ID_SIZE];
    cr_assert_geq(two, one);
    cr_assert_gt(lct_wall(), INT64_C(1700000000) * LCT_SECOND);
    cr_assert_geq(lct_cpu_time(), 0);
    lct_boot_id(boot);
    lct_boot_id(again);
    cr_assert_str_eq(boot, again);
    cr_assert_eq(strlen(boot), 36);
}

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

/* A picture belongs to a range when FROM <= its time < TO: in ticks as in nanoseconds. */
Test(time, pictures_of_a_range_are_the_same_in_ticks) {
    static const struct {
        int64_t pictures, seconds;
    } rates[] = {{24, 1}, {25, 1}, {30000, 1001}, {30, 1}, {50, 1}, {60, 1}};
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
        for (int64_t i = 1; i < 10 * 24 * 3600 * INT64_C(60); i += i / 997 + 1) {
            int64_t tick = (i * rates[r].seconds * 90000 + i % 2) / rates[r].pictures;
            lct_ns time = lct_ticks_to_ns(tick, 90000);
            cr_assert_eq(lct_ticks_from(time, 90000), tick);
            cr_assert_eq(lct_ticks_from(time - 1, 90000), tick);
            cr_assert_eq(lct_ticks_from(time + 1, 90000), tick + 1);
        }
    }
    for (int64_t tick = 0; tick < 200000; tick++) {
        cr_assert_eq(lct_ticks_from(lct_ticks_to_ns(tick, 48000), 48000), tick);
    }
}

/* The player's numbers, too (tests/integration/test_player.mjs). */
Test(time, the_first_tick_that_is_not_before) {
    static const struct {
        lct_ns time;
        int64_t tick;
    } all[] = {{0, 0},
               {1, 1},
               {11111, 1},
               {11112, 2},
               {33333333, 3000},
               {33366667, 3003},
               {66666666, 6000},
               {66666667, 6000},
               {66666668, 6001},
               {66677777, 6001},
               {7777777, 700},
               {863999999988889, INT64_C(77759999999)},
               {863999999988890, INT64_C(77760000000)}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        cr_assert_eq(lct_ticks_from(all[i].time, 90000), all[i].tick, "%zu", i);
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
    lct_ns mine = lct_thread_cpu_time();
    cr_assert_gt(mine, 0);
    cr_assert_geq(lct_cpu_time(), mine);
    lct_boot_id(boot);
    lct_boot_id(again);
    cr_assert_str_eq(boot, again);
    cr_assert_eq(strlen(boot), 36);
}

static lct_ns parsed(const char *text, const char *rest) {
    lct_ns span = -1;
    const char *end = lct_span_parse(text, &span);
    cr_assert_not_null(end, "%s", text);
    cr_assert_str_eq(end, rest);
    return span;
}

Test(time, spans_are_read) {
    cr_assert_eq(parsed("93.5-", "-"), 93500 * LCT_MS);
    cr_assert_eq(parsed("1:02:03.456", ""), 3723456 * LCT_MS);
    cr_assert_eq(parsed("2:03", ""), 123 * LCT_SECOND);
    cr_assert_eq(parsed("0.123456789x", "x"), 123456789);
    cr_assert_eq(parsed("9999:59:59.9", ""), (10000 * 3600 - 1) * LCT_SECOND + 900 * LCT_MS);
    static const char *const none[] = {"",
                                       "x",
                                       "-1",
                                       "1.",
                                       ":5",
                                       "1:60",
                                       "1:2:3:4x:",
                                       "1.1234567890",
                                       "10000:00:00",
                                       "1:",
                                       "36000000",
                                       "99999999999999999999"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        lct_ns span = -1;
        const char *end = lct_span_parse(none[i], &span);
        cr_assert(!end || *end == ':', "%s", none[i]);
    }
}

Test(time, spans_there_and_back) {
    char text[24];
    lct_ns span = 0;
    for (lct_ns ms = 0; ms < 400000000; ms = 3 * ms + 1) {
        lct_span_format(ms * LCT_MS, text, sizeof text);
        cr_assert_not_null(lct_span_parse(text, &span));
        cr_assert_eq(span, ms * LCT_MS, "%s", text);
    }
}

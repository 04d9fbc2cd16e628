// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/tape/thumbs.h"
#include "base/mem.h"
#include "tests/support/disk.h"

static char *folder;

static void begin(void) {
    folder = lct_test_folder();
    for (int i = 0; i < 5; i++) {
        char jpeg[64];
        int n = snprintf(jpeg, sizeof jpeg, "picture %d of five", i);
        cr_assert_eq(lct_thumbs_append(folder, i * 10 * LCT_SECOND, (uint8_t *)jpeg, (size_t)n), 0);
    }
}

static void end(void) {
    lct_test_remove(folder);
    free(folder);
}

TestSuite(thumbs, .init = begin, .fini = end);

static int nearest(lct_ns time, char text[64], lct_ns *ret_time) {
    uint8_t *jpeg = NULL;
    size_t n = 0;
    int rc = lct_thumbs_nearest(folder, time, &jpeg, &n, ret_time);
    if (rc == 0) {
        (void)snprintf(text, 64, "%.*s", (int)n, (char *)jpeg);
        free(jpeg);
    }
    return rc;
}

Test(thumbs, gives_the_last_one_before) {
    char text[64];
    lct_ns time = 0;
    cr_assert_eq(nearest(29 * LCT_SECOND, text, &time), 0);
    cr_assert_str_eq(text, "picture 2 of five");
    cr_assert_eq(time, 20 * LCT_SECOND);
    cr_assert_eq(nearest(-5, text, &time), 0);
    cr_assert_str_eq(text, "picture 0 of five");
    cr_assert_eq(nearest(INT64_MAX, text, &time), 0);
    cr_assert_str_eq(text, "picture 4 of five");
}

Test(thumbs, lists_times) {
    lct_ns *times = NULL;
    cr_assert_eq(lct_thumbs_times(folder, &times), 5);
    cr_assert_eq(times[4], 40 * LCT_SECOND);
    free(times);
}

Test(thumbs, says_when_there_is_none) {
    char text[64];
    lct_ns time;
    LCT_FREE char *index = lct_format("%s/thumbs.index", folder);
    cr_assert_eq(unlink(index), 0);
    cr_assert_eq(nearest(0, text, &time), -ENOENT);
}

Test(thumbs, a_damaged_picture_is_not_shown_and_hides_no_other) {
    char text[64];
    lct_ns time;
    LCT_FREE char *pictures = lct_format("%s/thumbs.mjpg", folder);
    LCT_FREE char *index = lct_format("%s/thumbs.index", folder);
    FILE *f = fopen(pictures, "r+");
    cr_assert(f && fputc('P', f) == 'P' && fclose(f) == 0);
    cr_assert_eq(nearest(0, text, &time), -EBADMSG);
    cr_assert_eq(nearest(10 * LCT_SECOND, text, &time), 0);
    f = fopen(index, "r+");
    cr_assert(f && fseek(f, 28 + 3, SEEK_SET) == 0 && fputc('x', f) == 'x' && fclose(f) == 0);
    cr_assert_eq(nearest(20 * LCT_SECOND, text, &time), 0);
    cr_assert_str_eq(text, "picture 2 of five");
    cr_assert_eq(truncate(index, 28 * 4 + 10), 0);
    lct_ns *times = NULL;
    cr_assert_eq(lct_thumbs_times(folder, &times), 3, "one damaged, one torn");
    free(times);
    cr_assert_eq(lct_thumbs_append(folder, 50 * LCT_SECOND, (const uint8_t *)"after", 5), 0);
    cr_assert_eq(nearest(60 * LCT_SECOND, text, &time), 0);
    cr_assert_str_eq(text, "after", "a torn row hides none that comes later");
}

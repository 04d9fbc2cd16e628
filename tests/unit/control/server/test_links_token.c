// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>

#include "control/server/links_token.h"

static const uint8_t key[LCT_LINKS_KEY_SIZE] = "a key of thirty-two bytes, no 1";
static const struct lct_links_token given = {0x0123456789abcdef, 1800000000};
static char text[LCT_LINKS_TOKEN_SIZE];
static struct lct_links_token got;

static void write_it(void) { lct_links_token_write(key, "main", &given, text); }

Test(links_token, comes_back_whole, .init = write_it) {
    cr_assert_eq(strlen(text), 40);
    cr_assert_eq(text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789-_")],
                 '\0');
    cr_assert_eq(lct_links_token_read(key, "main", text, &got), 0);
    cr_assert(got.id == given.id && got.expires == given.expires);
    /* Links that were given away stay good: version 1 is written so for ever. */
    cr_assert_str_eq(text, "AQBrSdIAASNFZ4mrze97ICaBNqkab7mbdOMJj472");
}

Test(links_token, ends_of_all_times) {
    static const int64_t times[] = {0, 1, (INT64_C(1) << 40) - 1};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct lct_links_token token = {UINT64_MAX, times[i]};
        lct_links_token_write(key, "a", &token, text);
        cr_assert_eq(lct_links_token_read(key, "a", text, &got), 0);
        cr_assert(got.expires == times[i] && got.id == UINT64_MAX);
    }
}

Test(links_token, is_good_for_its_room_and_key_alone, .init = write_it) {
    static const uint8_t rotated[LCT_LINKS_KEY_SIZE] = "a key of thirty-two bytes, no 2";
    static const char *const rooms[] = {
        "mai", "main2", "lab", "", "Main", "../main", "main-main-main-main-main-main-main"};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        cr_assert_eq(lct_links_token_read(key, rooms[i], text, &got), -EINVAL, "%s", rooms[i]);
    }
    cr_assert_eq(lct_links_token_read(rotated, "main", text, &got), -EINVAL);
}

Test(links_token, no_bit_may_differ, .init = write_it) {
    for (size_t i = 0; i < 40; i++) {
        char kept = text[i];
        for (int bit = 0; bit < 8; bit++) {
            text[i] = (char)(kept ^ 1 << bit);
            cr_assert_eq(lct_links_token_read(key, "main", text, &got), -EINVAL, "letter %zu", i);
        }
        text[i] = kept;
    }
}

Test(links_token, no_other_length, .init = write_it) {
    char longer[LCT_LINKS_TOKEN_SIZE + 1];
    for (size_t n = 0; n < 40; n++) {
        memcpy(longer, text, n);
        longer[n] = '\0';
        cr_assert_eq(lct_links_token_read(key, "main", longer, &got), -EINVAL);
    }
    memcpy(longer, text, 40);
    longer[40] = 'A';
    longer[41] = '\0';
    cr_assert_eq(lct_links_token_read(key, "main", longer, &got), -EINVAL);
}

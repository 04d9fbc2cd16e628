// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include "encode/aac.h"
#include "encode/silence.h"

Test(aac, window_of_a_pair_and_of_a_single_channel) {
    /* element 3, tag 4, common window 1, reserved 1, sequence 2, shape 1 */
    const uint8_t pair[] = {0x21, 0x50, 0x00}; /* EIGHT_SHORT, KBD */
    const uint8_t apart[] = {0x20, 0x50, 0x00};
    const uint8_t single[] = {0x01, 0xfe, 0x60}; /* gain, then LONG_START, KBD */
    cr_assert_eq(lct_aac_window(pair, 3), 5);
    cr_assert_eq(lct_aac_window(apart, 3), -1, "each channel has a window of its own");
    cr_assert_eq(lct_aac_window(single, 3), 3);
    cr_assert_eq(lct_aac_window(pair, 2), -1, "too short");
}

Test(aac, silence_is_a_long_window) {
    const uint8_t *bytes;
    size_t n;
    lct_sound_silence(&bytes, &n);
    cr_assert_eq(lct_aac_window(bytes, n), 1, "ONLY_LONG, KBD");
}

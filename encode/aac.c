// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/aac.h"

enum { ELEMENT_SINGLE = 0, ELEMENT_PAIR = 1 };

static unsigned bits(const uint8_t *bytes, unsigned at, unsigned count) {
    unsigned value = 0;
    for (unsigned i = at; i < at + count; i++) {
        value = value << 1 | ((unsigned)bytes[i / 8] >> (7 - i % 8) & 1U);
    }
    return value;
}

int lct_aac_window(const uint8_t *frame, size_t n) {
    /* id_syn_ele 3, element_instance_tag 4, then of a pair common_window 1, of a single channel
     * global_gain 8; ics_info: ics_reserved_bit 1, window_sequence 2, window_shape 1 */
    if (n < 3) {
        return -1;
    }
    unsigned element = bits(frame, 0, 3);
    if (element == ELEMENT_PAIR && bits(frame, 7, 1)) {
        return (int)bits(frame, 9, 3);
    }
    return element == ELEMENT_SINGLE ? (int)bits(frame, 16, 3) : -1;
}

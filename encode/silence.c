// SPDX-License-Identifier: GPL-3.0-or-later
/* Apart from sound.c, so that programs which only mux need no libav. */
#include "encode/silence.h"

void lct_sound_silence(const uint8_t **ret_bytes, size_t *ret_n) {
    /* raw_data_block (ISO 14496-3 table 4.3): one channel pair element with common window, max_sfb
     * 0 and no spectrum, then END. A test decodes it. */
    static const uint8_t frame[] = {0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c};
    *ret_bytes = frame;
    *ret_n = sizeof frame;
}

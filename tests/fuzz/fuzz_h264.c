// SPDX-License-Identifier: GPL-3.0-or-later
/* Access units as a camera sends them: what we read from them, and the frames made of them. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/h264.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct lct_h264_sets sets = {0};
    struct lct_h264_unit unit;
    for (int round = 0; round < 2; round++) {
        lct_h264_look(data, size, &unit);
        if (unit.has_sps) {
            assert(unit.sps.width >= 2 && unit.sps.width <= LCT_PICTURE_SIDE_MAX);
            assert(unit.sps.height >= 2 && unit.sps.height <= 2 * LCT_PICTURE_SIDE_MAX);
            assert(unit.sps.reorder >= -1 && unit.sps.reorder <= 16);
        }
        struct lct_frame *frame = lct_h264_frame(&sets, &unit, data, size, 0);
        assert(!frame || frame->coded_bytes >= size);
        lct_frame_unref(frame);
    }
    return 0;
}

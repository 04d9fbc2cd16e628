// SPDX-License-Identifier: GPL-3.0-or-later
/* Two avcC records, the first as long as the first byte says, made one; and a frame of AAC. */
#include <assert.h>

#include "encode/aac.h"
#include "encode/nal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t both[4096], again[4096];
    if (size < 1) {
        return 0;
    }
    int window = lct_aac_window(data, size);
    assert(window >= -1 && window < 8);
    size_t first = data[0] < size - 1 ? data[0] : size - 1;
    const uint8_t *a = data + 1, *b = a + first;
    size_t b_bytes = size - 1 - first;
    size_t n = lct_nal_merge_avcc(a, first, b, b_bytes, both, sizeof both);
    if (n > 0) {
        uint32_t ids = lct_nal_avcc_ids(a, first) | lct_nal_avcc_ids(b, b_bytes);
        assert(lct_nal_avcc_ids(both, n) == ids);
        assert(lct_nal_merge_avcc(both, n, b, b_bytes, again, sizeof again) == n && "nothing new");
    }
    return 0;
}
